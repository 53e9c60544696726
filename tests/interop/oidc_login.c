/* Logs in, uses a stored login and ends it through the C library; as oidc_login.rs says. */
#define _POSIX_C_SOURCE 200112L
#include <beamlit_auth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LIMIT_S = 40 };

static beamlit_config *config(void) {
  beamlit_credential *credential = beamlit_credential_new("device_code");
  beamlit_credential_set(credential, "client_id", getenv("CLIENT_ID"));
  beamlit_config *config = beamlit_config_new();
  beamlit_config_set_credential(config, credential);
  beamlit_config_set_platform(config, getenv("ISSUER"));
  beamlit_config_allow_origin(config, getenv("ORIGIN"));
  beamlit_credential_free(credential);
  return config;
}

static beamlit_session *open_session(beamlit_error **error) {
  beamlit_config *settings = config();
  beamlit_session *session = NULL;
  beamlit_session_open(settings, &session, error);
  beamlit_config_free(settings);
  return session;
}

static beamlit_token *get_token(const beamlit_session *session, beamlit_error **error) {
  beamlit_token *token = NULL;
  beamlit_session_token(session, 0, BEAMLIT_TIMEOUT_DEFAULT, &token, error);
  return token;
}

/* Prints headers, or leaves the error. */
static void print_headers(const beamlit_session *session, beamlit_error **error) {
  beamlit_headers *headers = NULL;
  beamlit_session_headers(session, "GET", getenv("URL"), 0, BEAMLIT_TIMEOUT_DEFAULT, &headers, error);
  beamlit_token *token = headers ? get_token(session, error) : NULL;
  if (token && strncmp(beamlit_headers_value(headers, 0), "Bearer ", 7) == 0) {
    printf("kind=ok\ngeneration=%llu\n", (unsigned long long)beamlit_headers_generation(headers));
    printf("token=%s\n", beamlit_headers_value(headers, 0) + 7);
    printf("expires_at_s=%lld\n", (long long)beamlit_token_expires_at_s(token));
  }
  beamlit_token_free(token);
  beamlit_headers_free(headers);
}

static beamlit_session *log_in(beamlit_error **error) {
  beamlit_config *settings = config();
  beamlit_session *session = NULL;
  beamlit_login *login = NULL;
  if (beamlit_login_start(settings, BEAMLIT_TIMEOUT_DEFAULT, &login, error) == BEAMLIT_OK) {
    printf("user_code=%s\nurl=%s\n", beamlit_login_user_code(login), beamlit_login_url(login));
    fflush(stdout);
    beamlit_login_wait(login, BEAMLIT_TIMEOUT_DEFAULT, &session, error);
  }
  beamlit_login_free(login);
  beamlit_config_free(settings);
  return session;
}

/* Whether one more expiry took one renewal. */
static int outlive(const beamlit_session *session, beamlit_error **error) {
  beamlit_token *token = get_token(session, error);
  if (!token) return 0;
  unsigned long long wanted = beamlit_token_generation(token) + 1;
  time_t begun = time(NULL);
  /* Their second is over only then. */
  while (time(NULL) <= beamlit_token_expires_at_s(token) && time(NULL) < begun + LIMIT_S) {
    struct timespec moment = {0, 20000000};
    nanosleep(&moment, NULL);
  }
  beamlit_token_free(token);
  token = get_token(session, error);
  int once = beamlit_token_generation(token) == wanted;
  beamlit_token_free(token);
  return once;
}

static void log_out(const beamlit_session *session, beamlit_error **error) {
  uint32_t outcome = 0;
  if (beamlit_session_logout(session, BEAMLIT_TIMEOUT_DEFAULT, &outcome, error) != BEAMLIT_OK) return;
  printf("revoked=%d\n", (outcome & BEAMLIT_LOGOUT_REVOKED) != 0);
  printf("deleted=%d\n", (outcome & BEAMLIT_LOGOUT_DELETED) != 0);
}

static void print_error(const beamlit_error *error) {
  printf("kind=%s\n", beamlit_status_name(beamlit_error_status(error)));
  printf("reason=%s\nmessage=%s\n", beamlit_error_reason(error), beamlit_error_message(error));
}

int main(int argc, char **argv) {
  const char *command = argc > 1 ? argv[1] : "";
  beamlit_error *error = NULL;
  beamlit_session *session = strcmp(command, "login") == 0 ? log_in(&error) : open_session(&error);
  int expiries = strcmp(command, "outlive") == 0 && argc > 2 ? atoi(argv[2]) : 0, once = 1;
  while (session && once && expiries-- > 0) once = outlive(session, &error);
  if (session && strcmp(command, "logout") == 0) log_out(session, &error);
  if (session && once && !error) print_headers(session, &error);
  if (error) print_error(error);
  beamlit_session_free(session);
  beamlit_error_free(error);
  beamlit_shutdown(BEAMLIT_TIMEOUT_DEFAULT);
  return once || error ? 0 : 1;
}
