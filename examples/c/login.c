/* Logs a person in, and prints the headers for the list of models. Every program of the machine uses that login from then
 * on: models.c for one.
 *
 * login [WORKSPACE] */
#include <beamlit_auth.h>
#include <stdio.h>

static int report(beamlit_error *error) {
  int family = beamlit_error_status(error) / 1000;
  fprintf(stderr, "%s\n", beamlit_error_message(error));
  beamlit_error_free(error);
  return family;
}

/* A program with a timer polls instead of waiting: beamlit_login_poll(login, 0, ...) is BEAMLIT_PENDING until then. */
static beamlit_status log_in(const beamlit_config *config, beamlit_session **session, beamlit_error **error) {
  beamlit_login *login = NULL;
  beamlit_status status = beamlit_login_start(config, BEAMLIT_TIMEOUT_DEFAULT, &login, error);
  if (status == BEAMLIT_OK) {
    fprintf(stderr, "open %s and enter %s\n", beamlit_login_verification_uri(login), beamlit_login_user_code(login));
    status = beamlit_login_wait(login, BEAMLIT_TIMEOUT_DEFAULT, session, error);
  }
  beamlit_login_free(login);
  return status;
}

/* The headers hold the token, and are for whoever may use the login. */
static beamlit_status print_headers(const beamlit_session *session, beamlit_error **error) {
  beamlit_headers *headers = NULL;
  char url[256];
  snprintf(url, sizeof url, "%s/models", beamlit_session_api_url(session));
  beamlit_status status =
      beamlit_session_headers(session, "GET", url, 0, BEAMLIT_TIMEOUT_DEFAULT, &headers, error);
  for (size_t i = 0; i < beamlit_headers_count(headers); i++) puts(beamlit_headers_line(headers, i));
  beamlit_headers_free(headers);
  return status;
}

int main(int argc, char **argv) {
  beamlit_session *session = NULL;
  beamlit_error *error = NULL;
  beamlit_config *config = beamlit_config_new();
  if (argc > 1) beamlit_config_set_workspace(config, argv[1]);
  beamlit_status status = log_in(config, &session, &error);
  if (status == BEAMLIT_OK) status = print_headers(session, &error);
  beamlit_session_free(session);
  beamlit_config_free(config);
  beamlit_shutdown(BEAMLIT_TIMEOUT_DEFAULT); /* so that no answer of the server is lost */
  return status == BEAMLIT_OK ? 0 : report(error);
}
