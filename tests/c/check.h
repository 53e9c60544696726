/* What the C tests share: checks that name themselves, and the emulator that the driver has started.
 *
 * A program runs the tests that are named as its arguments, and without arguments all that need nothing but a healthy
 * emulator. Its environment has TEST_API_URL, TEST_CLIENT_ID, TEST_CLIENT_SECRET and TEST_API_KEY. */
#ifndef CHECK_H
#define CHECK_H

#include <beamlit_auth.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) \
  do { \
    if (!(condition)) check_failed(__FILE__, __LINE__, #condition, ""); \
  } while (0)

/* The status is shown by its name. */
#define CHECK_STATUS(call, expected) \
  do { \
    beamlit_status check_status = (call); \
    if (check_status != (expected)) check_failed(__FILE__, __LINE__, #call, beamlit_status_name(check_status)); \
  } while (0)

/* Neither text may be a secret, because both are shown. */
#define CHECK_TEXT(text, expected) \
  do { \
    const char *check_text = (text); \
    if (strcmp(check_text, (expected)) != 0) check_failed(__FILE__, __LINE__, #text, check_text); \
  } while (0)

#define CHECK_HAS(text, part) \
  do { \
    const char *check_text = (text); \
    if (strstr(check_text, (part)) == NULL) check_failed(__FILE__, __LINE__, #text " has " #part, check_text); \
  } while (0)

/* The call fails, and its error says so. The call passes `&error`. */
#define CHECK_FAILS(call, expected, part) \
  do { \
    beamlit_error *error = NULL; \
    CHECK_STATUS(call, expected); \
    CHECK(beamlit_error_status(error) == (expected)); \
    CHECK_HAS(beamlit_error_message(error), part); \
    CHECK(strchr(beamlit_error_message(error), '\n') == NULL); \
    beamlit_error_free(error); \
  } while (0)

/* An address that no call may write to, to see that none does. */
#define UNTOUCHED(type) ((type *)(uintptr_t)0xa5a5a5a5)

static inline void check_failed(const char *file, int line, const char *what, const char *found) {
  fprintf(stderr, "%s:%d: failed: %s %s\n", file, line, what, found);
  exit(1);
}

struct test {
  const char *name;
  void (*run)(void);
  /* Needs more of the driver than a healthy emulator, and therefore runs by name only. */
  int by_name_only;
};

static inline int check_run(const struct test *tests, size_t count, int argc, char **argv) {
  int ran = 0;
  for (size_t i = 0; i < count; i++) {
    int wanted = argc == 1 && !tests[i].by_name_only;
    for (int argument = 1; argument < argc; argument++) wanted |= strcmp(argv[argument], tests[i].name) == 0;
    if (!wanted) continue;
    fprintf(stderr, "%s\n", tests[i].name);
    tests[i].run();
    ran++;
  }
  return ran > 0 ? 0 : 2;
}

#define CHECK_MAIN(tests) \
  int main(int argc, char **argv) { return check_run(tests, sizeof tests / sizeof *tests, argc, argv); }

/* Tells the driver that the program is as far as that, and waits until it has done its part. */
static inline void check_pause(void) {
  puts("paused");
  fflush(stdout);
  CHECK(getchar() == '\n');
}

/* Asks the driver to do something with a text, and waits until it has done it. */
static inline void check_ask(const char *what, const char *text) {
  printf("%s %s\n", what, text);
  fflush(stdout);
  CHECK(getchar() == '\n');
}

static inline const char *fixture(const char *name) {
  const char *value = getenv(name);
  if (value == NULL) check_failed(__FILE__, __LINE__, name, "is not set; run the tests by: cargo xtask test c");
  return value;
}

/* A config for the emulator's service account. */
static inline beamlit_config *client_config(void) {
  beamlit_credential *credential = beamlit_credential_new("client_credentials");
  beamlit_credential_set(credential, "client_id", fixture("TEST_CLIENT_ID"));
  beamlit_credential_set(credential, "client_secret", fixture("TEST_CLIENT_SECRET"));
  beamlit_config *config = beamlit_config_new();
  beamlit_config_set_credential(config, credential);
  beamlit_config_set_api_url(config, fixture("TEST_API_URL"));
  beamlit_credential_free(credential);
  return config;
}

/* A config for the emulator's API key. */
static inline beamlit_config *key_config(void) {
  beamlit_credential *credential = beamlit_credential_new("api_key");
  beamlit_credential_set(credential, "api_key", fixture("TEST_API_KEY"));
  beamlit_config *config = beamlit_config_new();
  beamlit_config_set_credential(config, credential);
  beamlit_config_set_api_url(config, fixture("TEST_API_URL"));
  beamlit_credential_free(credential);
  return config;
}

/* A config for the login of a person. */
static inline beamlit_config *login_config(void) {
  beamlit_config *config = beamlit_config_new();
  beamlit_config_set_workspace(config, "acme");
  beamlit_config_set_api_url(config, fixture("TEST_API_URL"));
  return config;
}

/* Starts a login and frees the config. */
static inline beamlit_login *start_login(beamlit_config *config) {
  beamlit_login *login = NULL;
  beamlit_error *error = NULL;
  if (beamlit_login_start(config, -1, &login, &error) != BEAMLIT_OK)
    check_failed(__FILE__, __LINE__, "start_login", beamlit_error_message(error));
  beamlit_config_free(config);
  return login;
}

/* Opens a session and frees the config. */
static inline beamlit_session *open_session(beamlit_config *config) {
  beamlit_session *session = NULL;
  beamlit_error *error = NULL;
  if (beamlit_session_open(config, &session, &error) != BEAMLIT_OK)
    check_failed(__FILE__, __LINE__, "open_session", beamlit_error_message(error));
  beamlit_config_free(config);
  return session;
}

/* The URL of the models; good until the next call. */
static inline const char *models_url(const beamlit_session *session) {
  static char url[256];
  snprintf(url, sizeof url, "%s/models", beamlit_session_api_url(session));
  return url;
}

/* The headers for the models, which have to be there. */
static inline beamlit_headers *get_headers(const beamlit_session *session) {
  beamlit_headers *headers = NULL;
  beamlit_error *error = NULL;
  if (beamlit_session_headers(session, NULL, models_url(session), 0, -1, &headers, &error) != BEAMLIT_OK)
    check_failed(__FILE__, __LINE__, "get_headers", beamlit_error_message(error));
  return headers;
}

#endif
