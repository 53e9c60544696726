/* Every pointer that is a parameter is NULL once. The driver reads this file: each parameter of the header has its line
 * here, which begins with the function's name and the parameter's. */
#include "check.h"

/* A status that says which parameter is NULL. The call passes `&error`. */
#define REFUSES(function, parameter, call) \
  CHECK_HAS(#call, #function); \
  CHECK_FAILS(call, BEAMLIT_INVALID_ARGUMENT, #parameter " is NULL")

/* An empty text. */
#define EMPTY(function, parameter, call) \
  CHECK_HAS(#call, #function); \
  CHECK_TEXT(call, "")

/* A number, or a status that is none of the above. */
#define ANSWERS(function, parameter, call, answer) \
  CHECK_HAS(#call, #function); \
  CHECK((call) == (answer))

/* Nothing at all. */
#define NOTHING(function, parameter, call) \
  CHECK_HAS(#call, #function); \
  call

/* The first bad value of a config; what it is called differs from the parameter for some. */
#define REMEMBERS(function, parameter, call, setting) \
  do { \
    beamlit_config *config = key_config(); \
    CHECK_HAS(#call, #function); \
    call; \
    CHECK_FAILS(beamlit_session_open(config, &session, &error), BEAMLIT_INVALID_ARGUMENT, setting " is NULL"); \
    CHECK(session == UNTOUCHED(beamlit_session)); \
    beamlit_config_free(config); \
  } while (0)

static void test_null__version_and_error(void) {
  ANSWERS(beamlit_version_check, error, beamlit_version_check(0, NULL), BEAMLIT_UNSUPPORTED);
  ANSWERS(beamlit_error_status, error, beamlit_error_status(NULL), BEAMLIT_OK);
  EMPTY(beamlit_error_message, error, beamlit_error_message(NULL));
  EMPTY(beamlit_error_reason, error, beamlit_error_reason(NULL));
  EMPTY(beamlit_error_oauth_error, error, beamlit_error_oauth_error(NULL));
  EMPTY(beamlit_error_oauth_error_description, error, beamlit_error_oauth_error_description(NULL));
  ANSWERS(beamlit_error_http_status, error, beamlit_error_http_status(NULL), 0);
  ANSWERS(beamlit_error_retry_after_ms, error, beamlit_error_retry_after_ms(NULL), -1);
  NOTHING(beamlit_error_free, error, beamlit_error_free(NULL));
}

static void test_null__credential(void) {
  beamlit_session *session = UNTOUCHED(beamlit_session);
  beamlit_credential *credential = beamlit_credential_new("api_key");
  NOTHING(beamlit_credential_set, credential, beamlit_credential_set(NULL, "api_key", "CANARY"));
  beamlit_credential_set(credential, "api_key", "CANARY");
  REMEMBERS(beamlit_credential_set, field,
            (beamlit_credential_set(credential, NULL, "CANARY"), beamlit_config_set_credential(config, credential)), "field");
  beamlit_credential_free(credential);
  credential = beamlit_credential_new("api_key");
  REMEMBERS(beamlit_credential_set, text,
            (beamlit_credential_set(credential, "api_key", NULL), beamlit_config_set_credential(config, credential)), "api_key");
  beamlit_credential_free(credential);
  REMEMBERS(beamlit_credential_new, kind,
            beamlit_config_set_credential(config, credential = beamlit_credential_new(NULL)), "kind");
  beamlit_credential_free(credential);
  NOTHING(beamlit_credential_free, credential, beamlit_credential_free(NULL));
}

static beamlit_status no_entry(void *user, const char *key, beamlit_store_entry *entry) {
  beamlit_store_entry_set(entry, NULL, 0, "1");
  NOTHING(beamlit_store_entry_set, entry, beamlit_store_entry_set(NULL, NULL, 0, "1"));
  return user == NULL && key != NULL ? BEAMLIT_STORE_LOCKED : BEAMLIT_INTERNAL_ERROR;
}

static beamlit_status no_data(void *user, const char *key, beamlit_store_entry *entry) {
  (void)user, (void)key;
  NOTHING(beamlit_store_entry_set, data, beamlit_store_entry_set(entry, NULL, 1, "1"));
  return BEAMLIT_OK;
}

static beamlit_status no_version(void *user, const char *key, beamlit_store_entry *entry) {
  (void)user, (void)key;
  NOTHING(beamlit_store_entry_set, version, beamlit_store_entry_set(entry, (const uint8_t *)"1", 1, NULL));
  return BEAMLIT_OK;
}

static beamlit_status no_write(void *user, const char *key, const uint8_t *data, size_t size, const char *version) {
  (void)user, (void)key, (void)data, (void)size, (void)version;
  return BEAMLIT_STORE_BUSY;
}

static beamlit_status no_remove(void *user, const char *key, const char *version) {
  (void)user, (void)key, (void)version;
  return BEAMLIT_STORE_BUSY;
}

static beamlit_status no_lock(void *user, const char *key, int64_t timeout_ms) {
  (void)user, (void)key, (void)timeout_ms;
  return BEAMLIT_STORE_BUSY;
}

static void no_unlock(void *user, const char *key) { (void)user, (void)key; }

/* What looking for a login in the store fails with; frees the store. */
static beamlit_status look_into(beamlit_store *store, beamlit_error **error) {
  beamlit_config *config = login_config();
  beamlit_session *session = NULL;
  beamlit_config_set_store(config, store);
  beamlit_store_free(store);
  beamlit_status status = beamlit_session_open(config, &session, error);
  beamlit_config_free(config);
  return status;
}

static void test_null__store_of_functions(void) {
  beamlit_store *store = NULL;
  beamlit_session *session = UNTOUCHED(beamlit_session);
  REMEMBERS(beamlit_store_new_custom, name,
            (store = beamlit_store_new_custom(NULL, NULL, no_entry, no_write, no_remove, NULL), beamlit_config_set_store(config, store)), "name");
  beamlit_store_free(store);
  REMEMBERS(beamlit_store_new_custom, read,
            (store = beamlit_store_new_custom("n", NULL, NULL, no_write, no_remove, NULL), beamlit_config_set_store(config, store)), "read");
  beamlit_store_free(store);
  REMEMBERS(beamlit_store_new_custom, write,
            (store = beamlit_store_new_custom("n", NULL, no_entry, NULL, no_remove, NULL), beamlit_config_set_store(config, store)), "write");
  beamlit_store_free(store);
  REMEMBERS(beamlit_store_new_custom, remove,
            (store = beamlit_store_new_custom("n", NULL, no_entry, no_write, NULL, NULL), beamlit_config_set_store(config, store)), "remove");
  beamlit_store_free(store);
  REMEMBERS(beamlit_store_set_lock, unlock,
            (store = beamlit_store_new_custom("n", NULL, no_entry, no_write, no_remove, NULL), beamlit_store_set_lock(store, no_lock, NULL), beamlit_config_set_store(config, store)), "unlock");
  beamlit_store_free(store);
  REMEMBERS(beamlit_store_set_lock, lock,
            (store = beamlit_store_new_custom("n", NULL, no_entry, no_write, no_remove, NULL), beamlit_store_set_lock(store, NULL, no_unlock), beamlit_config_set_store(config, store)), "lock");
  beamlit_store_free(store);
  NOTHING(beamlit_store_set_lock, store, beamlit_store_set_lock(NULL, no_lock, no_unlock));
  NOTHING(beamlit_store_new_custom, user, store = beamlit_store_new_custom("n", NULL, no_entry, no_write, no_remove, NULL));
  CHECK_FAILS(look_into(store, &error), BEAMLIT_STORE_LOCKED, "n: its read function");
  NOTHING(beamlit_store_new_custom, drop, store = beamlit_store_new_custom("n", NULL, no_data, no_write, no_remove, NULL));
  CHECK_FAILS(look_into(store, &error), BEAMLIT_STORE_UNAVAILABLE, "data is NULL");
  store = beamlit_store_new_custom("n", NULL, no_version, no_write, no_remove, NULL);
  CHECK_FAILS(look_into(store, &error), BEAMLIT_STORE_UNAVAILABLE, "version is NULL");
}

static void test_null__store(void) {
  beamlit_session *session = UNTOUCHED(beamlit_session);
  beamlit_store *store = NULL;
  REMEMBERS(beamlit_store_new, uri, beamlit_config_set_store(config, store = beamlit_store_new(NULL)), "store uri");
  beamlit_store_free(store);
  NOTHING(beamlit_store_free, store, beamlit_store_free(NULL));
}

static void test_null__config(void) {
  NOTHING(beamlit_config_set_workspace, config, beamlit_config_set_workspace(NULL, "acme"));
  NOTHING(beamlit_config_set_credential, config, beamlit_config_set_credential(NULL, NULL));
  NOTHING(beamlit_config_set_platform, config, beamlit_config_set_platform(NULL, "beamlit"));
  NOTHING(beamlit_config_set_api_url, config, beamlit_config_set_api_url(NULL, "https://api.example.com"));
  NOTHING(beamlit_config_allow_origin, config, beamlit_config_allow_origin(NULL, "https://api.example.com"));
  NOTHING(beamlit_config_set_header, config, beamlit_config_set_header(NULL, "Authorization"));
  NOTHING(beamlit_config_set_store, config, beamlit_config_set_store(NULL, NULL));
  NOTHING(beamlit_config_set_passphrase, config, beamlit_config_set_passphrase(NULL, "CANARY"));
  NOTHING(beamlit_config_set_rotation, config, beamlit_config_set_rotation(NULL, "strict"));
  NOTHING(beamlit_config_set_share, config, beamlit_config_set_share(NULL, true));
  NOTHING(beamlit_config_set_background_refresh, config, beamlit_config_set_background_refresh(NULL, true));
  NOTHING(beamlit_config_set_timeout_ms, config, beamlit_config_set_timeout_ms(NULL, 1000));
  NOTHING(beamlit_config_set_ca_file, config, beamlit_config_set_ca_file(NULL, "ca.pem"));
  NOTHING(beamlit_config_set_proxy, config, beamlit_config_set_proxy(NULL, "none"));
  NOTHING(beamlit_config_set_user_agent, config, beamlit_config_set_user_agent(NULL, "test/1"));
  NOTHING(beamlit_config_free, config, beamlit_config_free(NULL));

  beamlit_session *session = UNTOUCHED(beamlit_session);
  REMEMBERS(beamlit_config_set_workspace, workspace, beamlit_config_set_workspace(config, NULL), "workspace");
  REMEMBERS(beamlit_config_set_credential, credential, beamlit_config_set_credential(config, NULL), "credential");
  REMEMBERS(beamlit_config_set_platform, name_or_issuer, beamlit_config_set_platform(config, NULL), "platform");
  REMEMBERS(beamlit_config_set_api_url, url, beamlit_config_set_api_url(config, NULL), "api_url");
  REMEMBERS(beamlit_config_allow_origin, origin, beamlit_config_allow_origin(config, NULL), "allow_origin");
  REMEMBERS(beamlit_config_set_header, name, beamlit_config_set_header(config, NULL), "header");
  REMEMBERS(beamlit_config_set_store, store, beamlit_config_set_store(config, NULL), "store");
  REMEMBERS(beamlit_config_set_passphrase, passphrase, beamlit_config_set_passphrase(config, NULL), "passphrase");
  REMEMBERS(beamlit_config_set_rotation, rotation, beamlit_config_set_rotation(config, NULL), "rotation");
  REMEMBERS(beamlit_config_set_ca_file, path, beamlit_config_set_ca_file(config, NULL), "ca_file");
  REMEMBERS(beamlit_config_set_proxy, url_or_none, beamlit_config_set_proxy(config, NULL), "proxy");
  REMEMBERS(beamlit_config_set_user_agent, name_and_version, beamlit_config_set_user_agent(config, NULL), "user_agent");
}

static void test_null__explanation(void) {
  beamlit_explanation *explanation = NULL;
  ANSWERS(beamlit_config_explain, config, beamlit_config_explain(NULL, &explanation, NULL), BEAMLIT_OK);
  beamlit_explanation_free(explanation);
  explanation = UNTOUCHED(beamlit_explanation);
  beamlit_config *config = key_config();
  beamlit_session *session = open_session(key_config());
  REFUSES(beamlit_config_explain, explanation, beamlit_config_explain(config, NULL, &error));
  ANSWERS(beamlit_config_explain, error, beamlit_config_explain(config, NULL, NULL), BEAMLIT_INVALID_ARGUMENT);
  REFUSES(beamlit_session_explain, session, beamlit_session_explain(NULL, &explanation, &error));
  REFUSES(beamlit_session_explain, explanation, beamlit_session_explain(session, NULL, &error));
  ANSWERS(beamlit_session_explain, error, beamlit_session_explain(NULL, &explanation, NULL), BEAMLIT_INVALID_ARGUMENT);
  CHECK(explanation == UNTOUCHED(beamlit_explanation));
  EMPTY(beamlit_explanation_json, explanation, beamlit_explanation_json(NULL));
  EMPTY(beamlit_explanation_text, explanation, beamlit_explanation_text(NULL));
  NOTHING(beamlit_explanation_free, explanation, beamlit_explanation_free(NULL));
  beamlit_config_free(config);
  beamlit_session_free(session);
}

static void test_null__session(void) {
  beamlit_session *session = UNTOUCHED(beamlit_session);
  ANSWERS(beamlit_session_open, config, beamlit_session_open(NULL, &session, NULL), BEAMLIT_LOGIN_REQUIRED);
  ANSWERS(beamlit_session_open, error, beamlit_session_open(NULL, &session, NULL), BEAMLIT_LOGIN_REQUIRED);
  CHECK(session == UNTOUCHED(beamlit_session));
  beamlit_config *config = key_config();
  REFUSES(beamlit_session_open, session, beamlit_session_open(config, NULL, &error));
  beamlit_config_free(config);
  REFUSES(beamlit_session_renew, session, beamlit_session_renew(NULL, -1, &error));
  ANSWERS(beamlit_session_renew, error, beamlit_session_renew(NULL, -1, NULL), BEAMLIT_INVALID_ARGUMENT);
  ANSWERS(beamlit_session_invalidate, session, beamlit_session_invalidate(NULL, 1), false);
  uint32_t outcome = 7;
  REFUSES(beamlit_session_logout, session, beamlit_session_logout(NULL, -1, &outcome, &error));
  ANSWERS(beamlit_session_logout, error, beamlit_session_logout(NULL, -1, &outcome, NULL), BEAMLIT_INVALID_ARGUMENT);
  CHECK(outcome == 7);
  session = open_session(key_config());
  REFUSES(beamlit_session_logout, outcome, beamlit_session_logout(session, -1, NULL, &error));
  beamlit_session_free(session);
  NOTHING(beamlit_session_cancel, session, beamlit_session_cancel(NULL));
  EMPTY(beamlit_session_workspace, session, beamlit_session_workspace(NULL));
  EMPTY(beamlit_session_api_url, session, beamlit_session_api_url(NULL));
  NOTHING(beamlit_session_free, session, beamlit_session_free(NULL));
}

static void test_null__login(void) {
  beamlit_login *login = UNTOUCHED(beamlit_login);
  beamlit_session *session = UNTOUCHED(beamlit_session);
  beamlit_config *config = login_config();
  REFUSES(beamlit_login_start, login, beamlit_login_start(config, -1, NULL, &error));
  ANSWERS(beamlit_login_start, error, beamlit_login_start(config, -1, NULL, NULL), BEAMLIT_INVALID_ARGUMENT);
  CHECK(login == UNTOUCHED(beamlit_login));
  beamlit_config_free(config);
  setenv("BL_API_URL", fixture("TEST_API_URL"), 1);
  ANSWERS(beamlit_login_start, config, beamlit_login_start(NULL, -1, &login, NULL), BEAMLIT_OK);
  unsetenv("BL_API_URL");
  REFUSES(beamlit_login_poll, login, beamlit_login_poll(NULL, -1, &session, &error));
  REFUSES(beamlit_login_poll, session, beamlit_login_poll(login, -1, NULL, &error));
  ANSWERS(beamlit_login_poll, error, beamlit_login_poll(login, -1, NULL, NULL), BEAMLIT_INVALID_ARGUMENT);
  REFUSES(beamlit_login_wait, login, beamlit_login_wait(NULL, -1, &session, &error));
  REFUSES(beamlit_login_wait, session, beamlit_login_wait(login, -1, NULL, &error));
  ANSWERS(beamlit_login_wait, error, beamlit_login_wait(login, -1, NULL, NULL), BEAMLIT_INVALID_ARGUMENT);
  CHECK(session == UNTOUCHED(beamlit_session));
  EMPTY(beamlit_login_url, login, beamlit_login_url(NULL));
  EMPTY(beamlit_login_user_code, login, beamlit_login_user_code(NULL));
  EMPTY(beamlit_login_verification_uri, login, beamlit_login_verification_uri(NULL));
  EMPTY(beamlit_login_verification_uri_complete, login, beamlit_login_verification_uri_complete(NULL));
  ANSWERS(beamlit_login_expires_at_s, login, beamlit_login_expires_at_s(NULL), 0);
  ANSWERS(beamlit_login_interval_ms, login, beamlit_login_interval_ms(NULL), 0);
  NOTHING(beamlit_login_cancel, login, beamlit_login_cancel(NULL));
  NOTHING(beamlit_login_free, login, beamlit_login_free(NULL));
  beamlit_login_free(login);
}

static void test_null__headers(void) {
  beamlit_session *session = open_session(key_config());
  const char *url = models_url(session);
  beamlit_headers *headers = UNTOUCHED(beamlit_headers);
  REFUSES(beamlit_session_headers, session, beamlit_session_headers(NULL, "GET", url, 0, -1, &headers, &error));
  REFUSES(beamlit_session_headers, url, beamlit_session_headers(session, "GET", NULL, 0, -1, &headers, &error));
  REFUSES(beamlit_session_headers, headers, beamlit_session_headers(session, "GET", url, 0, -1, NULL, &error));
  ANSWERS(beamlit_session_headers, error, beamlit_session_headers(session, "GET", NULL, 0, -1, &headers, NULL),
          BEAMLIT_INVALID_ARGUMENT);
  CHECK(headers == UNTOUCHED(beamlit_headers));
  ANSWERS(beamlit_session_headers, method, beamlit_session_headers(session, NULL, url, 0, -1, &headers, NULL), BEAMLIT_OK);
  beamlit_headers_free(headers);
  ANSWERS(beamlit_headers_count, headers, beamlit_headers_count(NULL), 0);
  EMPTY(beamlit_headers_name, headers, beamlit_headers_name(NULL, 0));
  EMPTY(beamlit_headers_value, headers, beamlit_headers_value(NULL, 0));
  EMPTY(beamlit_headers_line, headers, beamlit_headers_line(NULL, 0));
  ANSWERS(beamlit_headers_generation, headers, beamlit_headers_generation(NULL), 0);
  NOTHING(beamlit_headers_free, headers, beamlit_headers_free(NULL));
  beamlit_session_free(session);
}

static void test_null__token(void) {
  beamlit_session *session = open_session(key_config());
  beamlit_token *token = UNTOUCHED(beamlit_token);
  REFUSES(beamlit_session_token, session, beamlit_session_token(NULL, 0, -1, &token, &error));
  REFUSES(beamlit_session_token, token, beamlit_session_token(session, 0, -1, NULL, &error));
  ANSWERS(beamlit_session_token, error, beamlit_session_token(session, 0, -1, NULL, NULL), BEAMLIT_INVALID_ARGUMENT);
  CHECK(token == UNTOUCHED(beamlit_token));
  EMPTY(beamlit_token_reveal, token, beamlit_token_reveal(NULL));
  EMPTY(beamlit_token_type, token, beamlit_token_type(NULL));
  EMPTY(beamlit_token_scope, token, beamlit_token_scope(NULL));
  ANSWERS(beamlit_token_expires_at_s, token, beamlit_token_expires_at_s(NULL), 0);
  ANSWERS(beamlit_token_generation, token, beamlit_token_generation(NULL), 0);
  NOTHING(beamlit_token_free, token, beamlit_token_free(NULL));
  beamlit_session_free(session);
}

static void ignore(void *user, int32_t level, const char *line) {
  CHECK(user == NULL && level > 0 && line != NULL);
}

static void test_null__log(void) {
  NOTHING(beamlit_log_set, user, beamlit_log_set(ignore, NULL, BEAMLIT_LOG_INFO));
  NOTHING(beamlit_log_set, sink, beamlit_log_set(NULL, NULL, BEAMLIT_LOG_INFO));
}

static const struct test tests[] = {
    {"version_and_error", test_null__version_and_error, 0},
    {"credential", test_null__credential, 0},
    {"store", test_null__store, 0},
    {"store_of_functions", test_null__store_of_functions, 0},
    {"config", test_null__config, 0},
    {"explanation", test_null__explanation, 0},
    {"session", test_null__session, 0},
    {"login", test_null__login, 0},
    {"headers", test_null__headers, 0},
    {"token", test_null__token, 0},
    {"log", test_null__log, 0},
};
CHECK_MAIN(tests)
