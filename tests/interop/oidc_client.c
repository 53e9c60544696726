/* Asks for headers through the C library and prints what it was told, one NAME=VALUE a line, no secret among them.
 * The settings are variables of the environment, because others can read a program's arguments. */
#include <beamlit_auth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *setting(const char *name) { return getenv(name); }

static void set_field(beamlit_credential *credential, const char *field) {
  if (setting(field)) beamlit_credential_set(credential, field, setting(field));
}

static beamlit_session *open_session(beamlit_error **error) {
  static const char *fields[] = {"client_id", "client_secret", "scope", "resource", "token_endpoint_auth_method"};
  beamlit_credential *credential = beamlit_credential_new("client_credentials");
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) set_field(credential, fields[i]);
  beamlit_config *config = beamlit_config_new();
  beamlit_config_set_credential(config, credential);
  beamlit_config_set_platform(config, setting("issuer"));
  beamlit_config_allow_origin(config, setting("origin"));
  if (setting("ca_file")) beamlit_config_set_ca_file(config, setting("ca_file"));
  beamlit_session *session = NULL;
  beamlit_session_open(config, &session, error);
  beamlit_config_free(config);
  beamlit_credential_free(credential);
  return session;
}

static beamlit_headers *headers_of(const beamlit_session *session, beamlit_error **error) {
  beamlit_headers *headers = NULL;
  beamlit_session_headers(session, "GET", setting("url"), 0, BEAMLIT_TIMEOUT_DEFAULT, &headers, error);
  return headers;
}

/* Headers, and with the setting "again" others after a 401. */
static beamlit_headers *last_headers(const beamlit_session *session, unsigned long long *first, beamlit_error **error) {
  beamlit_headers *headers = headers_of(session, error);
  *first = beamlit_headers_generation(headers);
  if (!headers || !setting("again")) return headers;
  beamlit_session_invalidate(session, beamlit_headers_generation(headers));
  beamlit_headers_free(headers);
  return headers_of(session, error);
}

static int is_header_of(const beamlit_headers *headers, const beamlit_token *token) {
  const char *value = beamlit_headers_value(headers, 0);
  return strncmp(value, "Bearer ", 7) == 0 && strcmp(value + 7, beamlit_token_reveal(token)) == 0;
}

static void print_token(const beamlit_headers *headers, const beamlit_token *token, unsigned long long first) {
  unsigned long long last = beamlit_headers_generation(headers);
  printf("kind=%s\n", is_header_of(headers, token) ? "ok" : "the header is not the token's");
  printf("header=%s\n", beamlit_headers_count(headers) == 1 ? beamlit_headers_name(headers, 0) : "not one");
  printf("token_type=%s\nscope=%s\n", beamlit_token_type(token), beamlit_token_scope(token));
  if (first == last) printf("generations=%llu\n", first);
  else printf("generations=%llu %llu\n", first, last);
}

static void print_error(const beamlit_error *error) {
  printf("kind=%s\n", beamlit_status_name(beamlit_error_status(error)));
  printf("message=%s\n", beamlit_error_message(error));
  printf("oauth_error=%s\n", beamlit_error_oauth_error(error));
  printf("http_status=%d\n", (int)beamlit_error_http_status(error));
}

int main(void) {
  unsigned long long first = 0;
  beamlit_error *error = NULL;
  beamlit_token *token = NULL;
  beamlit_session *session = open_session(&error);
  beamlit_headers *headers = session ? last_headers(session, &first, &error) : NULL;
  if (headers) beamlit_session_token(session, 0, BEAMLIT_TIMEOUT_DEFAULT, &token, &error);
  if (token) print_token(headers, token, first);
  else print_error(error);
  beamlit_token_free(token);
  beamlit_headers_free(headers);
  beamlit_session_free(session);
  beamlit_error_free(error);
  return 0;
}
