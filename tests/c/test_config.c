#include "check.h"

typedef void (*setter)(beamlit_config *config, const char *text);

/* Every setter of a text, the name that its error has, and a text that it cannot use. */
static const struct {
  setter set;
  const char *setting;
  const char *bad;
} SETTERS[] = {
    {beamlit_config_set_workspace, "workspace", "https://acme"},
    {beamlit_config_set_platform, "platform", "elsewhere"},
    {beamlit_config_set_api_url, "api_url", "http://api.example.com"},
    {beamlit_config_allow_origin, "allow_origin", "https://api.example.com/path"},
    {beamlit_config_set_header, "header", "Two Words"},
    {beamlit_config_set_rotation, "rotation", "sometimes"},
    {beamlit_config_set_ca_file, "ca_file", NULL},
    {beamlit_config_set_proxy, "proxy", NULL},
    {beamlit_config_set_user_agent, "user_agent", "line\nbreak"},
};
enum { SETTER_COUNT = sizeof SETTERS / sizeof *SETTERS };

static beamlit_status open_only(const beamlit_config *config, beamlit_error **error) {
  beamlit_session *session = NULL;
  beamlit_status status = beamlit_session_open(config, &session, error);
  beamlit_session_free(session);
  return status;
}

static beamlit_status explain_only(const beamlit_config *config, beamlit_error **error) {
  beamlit_explanation *explanation = NULL;
  beamlit_status status = beamlit_config_explain(config, &explanation, error);
  beamlit_explanation_free(explanation);
  return status;
}

static void test_config__a_bad_value_is_the_error_of_every_open_and_names_its_setting(void) {
  for (int i = 0; i < SETTER_COUNT; i++) {
    const char *const texts[] = {NULL, "\xff\xfe", SETTERS[i].bad};
    for (int text = 0; text < 3; text++) {
      beamlit_config *config = key_config();
      SETTERS[i].set(config, texts[text]);
      for (int again = 0; again < 2; again++) {
        beamlit_error *error = NULL;
        beamlit_status status = open_only(config, &error);
        CHECK(status / 1000 == 2);
        CHECK_HAS(beamlit_error_message(error), SETTERS[i].setting);
        beamlit_error_free(error);
      }
      beamlit_config_free(config);
    }
  }
}

static void test_config__a_text_that_cannot_be_read_fails_explain_too(void) {
  for (int i = 0; i < SETTER_COUNT; i++) {
    beamlit_config *config = key_config();
    SETTERS[i].set(config, "\xff");
    CHECK_FAILS(explain_only(config, &error), BEAMLIT_INVALID_ARGUMENT, SETTERS[i].setting);
    beamlit_config_free(config);
  }
}

static void test_config__the_first_bad_value_stays(void) {
  beamlit_config *config = key_config();
  beamlit_config_set_header(config, NULL);
  beamlit_config_set_workspace(config, NULL);
  beamlit_config_set_header(config, "Authorization");
  CHECK_FAILS(open_only(config, &error), BEAMLIT_INVALID_ARGUMENT, "header is NULL");
  beamlit_config_free(config);
}

static void test_config__an_empty_text_is_no_unset_one(void) {
  beamlit_config *config = key_config();
  beamlit_config_set_workspace(config, "");
  CHECK_FAILS(open_only(config, &error), BEAMLIT_INVALID_ARGUMENT, "workspace");
  beamlit_config_free(config);
  config = key_config();
  beamlit_config_set_api_url(config, "");
  CHECK_FAILS(open_only(config, &error), BEAMLIT_INVALID_CONFIG, "api_url");
  beamlit_config_free(config);
}

static void test_config__a_null_credential_is_refused(void) {
  beamlit_config *config = beamlit_config_new();
  beamlit_config_set_credential(config, NULL);
  CHECK_FAILS(open_only(config, &error), BEAMLIT_INVALID_ARGUMENT, "credential is NULL");
  beamlit_config_free(config);
}

static void test_config__a_store_that_cannot_be_is_named(void) {
  const char *const uris[] = {"elsewhere", "file:relative", "redis://user:CANARY@cache:6379"};
  for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
    beamlit_store *store = beamlit_store_new(uris[i]);
    beamlit_config *config = key_config();
    beamlit_config_set_store(config, store);
    beamlit_store_free(store);
    beamlit_error *error = NULL;
    /* The last one is good, but this library was built without it. */
    CHECK_STATUS(open_only(config, &error), i == 2 ? BEAMLIT_UNSUPPORTED : BEAMLIT_INVALID_CONFIG);
    CHECK_HAS(beamlit_error_message(error), "store");
    CHECK(strstr(beamlit_error_message(error), "CANARY") == NULL);
    beamlit_error_free(error);
    beamlit_config_free(config);
  }
}

static void test_config__a_key_as_the_workspace_is_not_repeated(void) {
  beamlit_config *config = key_config();
  beamlit_config_set_workspace(config, "BL_CANARY0123456789abcdefghijklmnop");
  beamlit_error *error = NULL;
  CHECK_STATUS(open_only(config, &error), BEAMLIT_INVALID_ARGUMENT);
  CHECK(strstr(beamlit_error_message(error), "CANARY") == NULL);
  beamlit_error_free(error);
  beamlit_config_free(config);
}

static void test_config__a_proxy_password_is_not_repeated(void) {
  beamlit_config *config = key_config();
  beamlit_config_set_proxy(config, "http://user:CANARY@[bad");
  beamlit_error *error = NULL;
  CHECK(open_only(config, &error) / 1000 == 2);
  CHECK(strstr(beamlit_error_message(error), "CANARY") == NULL);
  beamlit_error_free(error);
  beamlit_config_free(config);
}

static void test_config__timeouts(void) {
  const int64_t good[] = {BEAMLIT_TIMEOUT_DEFAULT, 0, 1, INT64_MAX};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    beamlit_config *config = key_config();
    beamlit_config_set_timeout_ms(config, good[i]);
    CHECK_STATUS(open_only(config, NULL), BEAMLIT_OK);
    beamlit_config_free(config);
  }
  const int64_t bad[] = {-2, INT64_MIN};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    beamlit_config *config = key_config();
    beamlit_config_set_timeout_ms(config, bad[i]);
    CHECK_FAILS(open_only(config, &error), BEAMLIT_INVALID_ARGUMENT, "timeout_ms");
    beamlit_config_free(config);
  }
}

static void test_config__its_timeout_is_the_default_of_calls(void) {
  beamlit_config *config = client_config();
  beamlit_config_set_timeout_ms(config, 0);
  beamlit_session *session = open_session(config);
  CHECK_FAILS(beamlit_session_renew(session, -1, &error), BEAMLIT_DEADLINE_EXCEEDED, "time limit");
  CHECK_STATUS(beamlit_session_renew(session, 10000, NULL), BEAMLIT_OK);
  beamlit_session_free(session);
}

static void test_config__settings_arrive(void) {
  beamlit_config *config = key_config();
  beamlit_config_set_platform(config, "blaxel");
  beamlit_config_set_workspace(config, "acme");
  beamlit_config_set_header(config, "X-Blaxel-Authorization");
  beamlit_config_allow_origin(config, "https://extra.example.com");
  beamlit_config_set_proxy(config, "none");
  beamlit_config_set_user_agent(config, "test/1");
  beamlit_session *session = open_session(config);
  CHECK_TEXT(beamlit_session_workspace(session), "acme");
  CHECK_TEXT(beamlit_session_api_url(session), fixture("TEST_API_URL"));
  beamlit_headers *headers = get_headers(session);
  CHECK_TEXT(beamlit_headers_name(headers, 0), "X-Blaxel-Authorization");
  CHECK_TEXT(beamlit_headers_line(headers, 1), "X-Blaxel-Workspace: acme");
  beamlit_headers_free(headers);
  beamlit_session_free(session);
}

static void test_config__serves_any_number_of_sessions(void) {
  beamlit_config *config = key_config();
  beamlit_session *first = NULL, *second = NULL;
  CHECK_STATUS(beamlit_session_open(config, &first, NULL), BEAMLIT_OK);
  beamlit_config_set_workspace(config, "globex");
  CHECK_STATUS(beamlit_session_open(config, &second, NULL), BEAMLIT_OK);
  beamlit_config_free(config);
  CHECK_TEXT(beamlit_session_workspace(first), "");
  CHECK_TEXT(beamlit_session_workspace(second), "globex");
  beamlit_session_free(first);
  beamlit_session_free(second);
}

static const struct test tests[] = {
    {"a_bad_value_is_the_error_of_every_open",
     test_config__a_bad_value_is_the_error_of_every_open_and_names_its_setting, 0},
    {"a_text_that_cannot_be_read", test_config__a_text_that_cannot_be_read_fails_explain_too, 0},
    {"the_first_bad_value_stays", test_config__the_first_bad_value_stays, 0},
    {"an_empty_text_is_no_unset_one", test_config__an_empty_text_is_no_unset_one, 0},
    {"a_null_credential_is_refused", test_config__a_null_credential_is_refused, 0},
    {"a_store_that_cannot_be", test_config__a_store_that_cannot_be_is_named, 0},
    {"a_key_as_the_workspace", test_config__a_key_as_the_workspace_is_not_repeated, 0},
    {"a_proxy_password", test_config__a_proxy_password_is_not_repeated, 0},
    {"timeouts", test_config__timeouts, 0},
    {"its_timeout_is_the_default_of_calls", test_config__its_timeout_is_the_default_of_calls, 0},
    {"settings_arrive", test_config__settings_arrive, 0},
    {"serves_any_number_of_sessions", test_config__serves_any_number_of_sessions, 0},
};
CHECK_MAIN(tests)
