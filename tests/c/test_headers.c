#include "check.h"

static void test_headers__of_a_token_are_bearer_and_workspace(void) {
  beamlit_config *config = client_config();
  beamlit_config_set_workspace(config, "acme");
  beamlit_session *session = open_session(config);
  beamlit_headers *headers = get_headers(session);
  CHECK(beamlit_headers_count(headers) == 2);
  CHECK_TEXT(beamlit_headers_name(headers, 0), "Authorization");
  CHECK(strncmp(beamlit_headers_value(headers, 0), "Bearer ", 7) == 0);
  CHECK_TEXT(beamlit_headers_name(headers, 1), "X-Beamlit-Workspace");
  CHECK_TEXT(beamlit_headers_value(headers, 1), "acme");
  CHECK_TEXT(beamlit_headers_line(headers, 1), "X-Beamlit-Workspace: acme");
  CHECK(beamlit_headers_generation(headers) > 0);
  beamlit_headers_free(headers);
  beamlit_session_free(session);
}

static void test_headers__each_line_is_name_and_value(void) {
  beamlit_config *config = client_config();
  beamlit_config_set_workspace(config, "acme");
  beamlit_session *session = open_session(config);
  beamlit_headers *headers = get_headers(session);
  for (size_t i = 0; i < beamlit_headers_count(headers); i++) {
    char line[8192];
    int length = snprintf(line, sizeof line, "%s: %s", beamlit_headers_name(headers, i), beamlit_headers_value(headers, i));
    CHECK(length > 0 && (size_t)length < sizeof line);
    CHECK(strcmp(beamlit_headers_line(headers, i), line) == 0);
  }
  beamlit_headers_free(headers);
  beamlit_session_free(session);
}

static void test_headers__past_the_last_one_are_empty(void) {
  beamlit_session *session = open_session(key_config());
  beamlit_headers *headers = get_headers(session);
  const size_t past[] = {beamlit_headers_count(headers), SIZE_MAX};
  for (int i = 0; i < 2; i++) {
    CHECK_TEXT(beamlit_headers_name(headers, past[i]), "");
    CHECK_TEXT(beamlit_headers_value(headers, past[i]), "");
    CHECK_TEXT(beamlit_headers_line(headers, past[i]), "");
  }
  beamlit_headers_free(headers);
  beamlit_session_free(session);
}

static void test_headers__bear_every_name_that_the_platform_knows(void) {
  const char *const names[] = {"Authorization", "X-Beamlit-Authorization", "Api-Key", "X-Beamlit-Api-Key", "X-Other"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    beamlit_config *config = key_config();
    beamlit_config_set_header(config, names[i]);
    beamlit_session *session = open_session(config);
    beamlit_headers *headers = get_headers(session);
    CHECK(beamlit_headers_count(headers) == 1);
    CHECK_TEXT(beamlit_headers_name(headers, 0), names[i]);
    const char *value = beamlit_headers_value(headers, 0);
    if (i < 2) CHECK(strncmp(value, "Bearer ", 7) == 0 && (value += 7));
    CHECK(strcmp(value, fixture("TEST_API_KEY")) == 0);
    beamlit_headers_free(headers);
    beamlit_session_free(session);
  }
}

static void test_headers__that_are_held_already_are_not_modified(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_headers *held = get_headers(session);
  uint64_t generation = beamlit_headers_generation(held);
  beamlit_headers *headers = UNTOUCHED(beamlit_headers);
  beamlit_error *error = UNTOUCHED(beamlit_error);
  const char *url = models_url(session);
  for (int i = 0; i < 3; i++)
    CHECK_STATUS(beamlit_session_headers(session, NULL, url, generation, -1, &headers, &error), BEAMLIT_NOT_MODIFIED);
  CHECK(headers == UNTOUCHED(beamlit_headers) && error == UNTOUCHED(beamlit_error));
  CHECK(beamlit_session_invalidate(session, generation));
  CHECK_STATUS(beamlit_session_headers(session, NULL, url, generation, -1, &headers, &error), BEAMLIT_OK);
  CHECK(beamlit_headers_generation(headers) > generation);
  beamlit_headers_free(headers);
  beamlit_headers_free(held);
  beamlit_session_free(session);
}

static void test_headers__of_a_generation_that_never_was_are_new(void) {
  beamlit_session *session = open_session(key_config());
  const uint64_t generations[] = {0, 999, UINT64_MAX};
  for (int i = 0; i < 3; i++) {
    beamlit_headers *headers = NULL;
    CHECK_STATUS(beamlit_session_headers(session, NULL, models_url(session), generations[i], -1, &headers, NULL), BEAMLIT_OK);
    CHECK(beamlit_headers_count(headers) == 1);
    beamlit_headers_free(headers);
  }
  beamlit_session_free(session);
}

static void test_headers__take_any_method_of_http(void) {
  beamlit_session *session = open_session(key_config());
  const char *const good[] = {NULL, "GET", "POST", "PURGE"};
  for (int i = 0; i < 4; i++) {
    beamlit_headers *headers = NULL;
    CHECK_STATUS(beamlit_session_headers(session, good[i], models_url(session), 0, -1, &headers, NULL), BEAMLIT_OK);
    beamlit_headers_free(headers);
  }
  const char *const bad[] = {"", "GET ", "G\r\nX", "\xff"};
  for (int i = 0; i < 4; i++) {
    beamlit_headers *headers = UNTOUCHED(beamlit_headers);
    CHECK_FAILS(beamlit_session_headers(session, bad[i], models_url(session), 0, -1, &headers, &error),
                BEAMLIT_INVALID_ARGUMENT, "method");
    CHECK(headers == UNTOUCHED(beamlit_headers));
  }
  beamlit_session_free(session);
}

/* The credential was issued for api.beamlit.com and run.beamlit.com. */
static void test_headers__go_to_no_other_origin(void) {
  const char *const refused[] = {
      "https://api.beamlit.com.evil.example/v0/models",
      "https://evil.example/?api.beamlit.com",
      "https://evil.example/#https://api.beamlit.com",
      "https://api.beamlit.com:8443/",
      "https://xapi.beamlit.com/",
      "https://beamlit.com/",
      "https://api.blaxel.ai/v0/models",
      "http://127.0.0.1:1/",
  };
  const char *const unreadable[] = {
      "https://api.beamlit.com@evil.example/",
      "https://user@api.beamlit.com/",
      "https://api.beamlit.com\\@evil.example/",
      "https://api.beamlit.com#@evil.example",
      "https://api.beamlit.com./",
      "https://api%2ebeamlit.com/",
      "https://api.be\xd0\xb0mlit.com/",
      " https://api.beamlit.com/",
      "https://api.beamlit.com/\r\nX-Other: 1",
      "//api.beamlit.com/",
      "api.beamlit.com",
      "file:///etc/passwd",
      "",
  };
  beamlit_credential *credential = beamlit_credential_new("api_key");
  beamlit_credential_set(credential, "api_key", "CANARY-key");
  beamlit_config *config = beamlit_config_new();
  beamlit_config_set_credential(config, credential);
  beamlit_credential_free(credential);
  beamlit_session *session = open_session(config);
  beamlit_headers *headers = UNTOUCHED(beamlit_headers);
  /* Holding the current generation is no way around the check. */
  for (uint64_t generation = 0; generation < 2; generation++) {
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
      CHECK_FAILS(beamlit_session_headers(session, NULL, refused[i], generation, -1, &headers, &error),
                  BEAMLIT_ORIGIN_REFUSED, "origin");
    for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++)
      CHECK_FAILS(beamlit_session_headers(session, NULL, unreadable[i], generation, -1, &headers, &error),
                  BEAMLIT_INVALID_ARGUMENT, "cannot give headers");
  }
  CHECK_FAILS(beamlit_session_headers(session, NULL, "http://api.beamlit.com/", 0, -1, &headers, &error),
              BEAMLIT_ORIGIN_REFUSED, "plain http");
  CHECK(headers == UNTOUCHED(beamlit_headers));
  const char *const own[] = {"https://api.beamlit.com",        "https://API.Beamlit.COM/v0",   "https://api.beamlit.com:443/x",
                             "https://run.beamlit.com/a?b#c", "wss://run.beamlit.com/acme/x"};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    CHECK_STATUS(beamlit_session_headers(session, NULL, own[i], 0, -1, &headers, NULL), BEAMLIT_OK);
    beamlit_headers_free(headers);
  }
  beamlit_session_free(session);
}

static void test_headers__go_to_an_origin_that_is_allowed(void) {
  beamlit_config *config = client_config();
  beamlit_config_allow_origin(config, "http://127.0.0.1:9");
  beamlit_session *session = open_session(config);
  beamlit_headers *headers = NULL;
  CHECK_STATUS(beamlit_session_headers(session, NULL, "http://127.0.0.1:9/x", 0, -1, &headers, NULL), BEAMLIT_OK);
  beamlit_headers_free(headers);
  beamlit_session_free(session);
}

/* The emulator marks what it issues. */
static void test_headers__of_an_emulator_stay_on_this_machine(void) {
  beamlit_config *config = client_config();
  beamlit_config_allow_origin(config, "https://api.example.com");
  beamlit_session *session = open_session(config);
  beamlit_headers *headers = UNTOUCHED(beamlit_headers);
  beamlit_headers_free(get_headers(session));
  CHECK_FAILS(beamlit_session_headers(session, NULL, "https://api.example.com/x", 0, -1, &headers, &error),
              BEAMLIT_ORIGIN_REFUSED, "emulator");
  CHECK(headers == UNTOUCHED(beamlit_headers));
  beamlit_session_free(session);
}

static void test_headers__a_query_is_in_no_message(void) {
  beamlit_session *session = open_session(key_config());
  const char *const urls[] = {"https://evil.example/x?access_token=CANARY", "https://a b/?CANARY", "https://u:CANARY@api.beamlit.com/"};
  for (int i = 0; i < 3; i++) {
    beamlit_headers *headers = NULL;
    beamlit_error *error = NULL;
    CHECK(beamlit_session_headers(session, NULL, urls[i], 0, -1, &headers, &error) / 1000 == 2);
    CHECK(strstr(beamlit_error_message(error), "CANARY") == NULL);
    beamlit_error_free(error);
  }
  beamlit_session_free(session);
}

static void test_headers__outlive_their_session(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_headers *headers = get_headers(session);
  beamlit_session_free(session);
  CHECK(strlen(beamlit_headers_value(headers, 0)) > 20);
  beamlit_headers_free(headers);
}

static const struct test tests[] = {
    {"of_a_token_are_bearer_and_workspace", test_headers__of_a_token_are_bearer_and_workspace, 0},
    {"each_line_is_name_and_value", test_headers__each_line_is_name_and_value, 0},
    {"past_the_last_one_are_empty", test_headers__past_the_last_one_are_empty, 0},
    {"bear_every_name_that_the_platform_knows", test_headers__bear_every_name_that_the_platform_knows, 0},
    {"that_are_held_already_are_not_modified", test_headers__that_are_held_already_are_not_modified, 0},
    {"of_a_generation_that_never_was_are_new", test_headers__of_a_generation_that_never_was_are_new, 0},
    {"take_any_method_of_http", test_headers__take_any_method_of_http, 0},
    {"go_to_no_other_origin", test_headers__go_to_no_other_origin, 0},
    {"go_to_an_origin_that_is_allowed", test_headers__go_to_an_origin_that_is_allowed, 0},
    {"of_an_emulator_stay_on_this_machine", test_headers__of_an_emulator_stay_on_this_machine, 0},
    {"a_query_is_in_no_message", test_headers__a_query_is_in_no_message, 0},
    {"outlive_their_session", test_headers__outlive_their_session, 0},
};
CHECK_MAIN(tests)
