#include "check.h"

#include <time.h>

static beamlit_token *get_token(const beamlit_session *session, int64_t min_valid_ms) {
  beamlit_token *token = NULL;
  beamlit_error *error = NULL;
  if (beamlit_session_token(session, min_valid_ms, -1, &token, &error) != BEAMLIT_OK)
    check_failed(__FILE__, __LINE__, "get_token", beamlit_error_message(error));
  return token;
}

static void test_token__of_a_service_account(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_token *token = get_token(session, 0);
  CHECK(strlen(beamlit_token_reveal(token)) > 20);
  CHECK_TEXT(beamlit_token_type(token), "Bearer");
  CHECK_TEXT(beamlit_token_scope(token), "");
  int64_t left = beamlit_token_expires_at_s(token) - (int64_t)time(NULL);
  CHECK(left > 7000 && left <= 7200);
  CHECK(beamlit_token_generation(token) > 0);
  beamlit_token_free(token);
  beamlit_session_free(session);
}

static void test_token__of_an_api_key_is_the_key(void) {
  beamlit_session *session = open_session(key_config());
  beamlit_token *token = get_token(session, 3600000);
  CHECK(strcmp(beamlit_token_reveal(token), fixture("TEST_API_KEY")) == 0);
  CHECK_TEXT(beamlit_token_type(token), "");
  CHECK(beamlit_token_expires_at_s(token) == -1);
  beamlit_token_free(token);
  beamlit_session_free(session);
}

static void test_token__is_the_one_of_the_headers(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_token *token = get_token(session, 0);
  beamlit_headers *headers = get_headers(session);
  CHECK(beamlit_headers_generation(headers) == beamlit_token_generation(token));
  CHECK(strcmp(beamlit_headers_value(headers, 0) + strlen("Bearer "), beamlit_token_reveal(token)) == 0);
  beamlit_headers_free(headers);
  beamlit_token_free(token);
  beamlit_session_free(session);
}

static void test_token__that_is_valid_for_long_enough_is_the_same(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_token *first = get_token(session, 0);
  beamlit_token *second = get_token(session, 3600000);
  CHECK(beamlit_token_generation(first) == beamlit_token_generation(second));
  beamlit_token_free(first);
  beamlit_token_free(second);
  beamlit_session_free(session);
}

static void test_token__outlives_its_session(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_token *token = get_token(session, 0);
  beamlit_session_free(session);
  CHECK(strlen(beamlit_token_reveal(token)) > 20);
  beamlit_token_free(token);
}

static const struct test tests[] = {
    {"of_a_service_account", test_token__of_a_service_account, 0},
    {"of_an_api_key_is_the_key", test_token__of_an_api_key_is_the_key, 0},
    {"is_the_one_of_the_headers", test_token__is_the_one_of_the_headers, 0},
    {"that_is_valid_for_long_enough_is_the_same", test_token__that_is_valid_for_long_enough_is_the_same, 0},
    {"outlives_its_session", test_token__outlives_its_session, 0},
};
CHECK_MAIN(tests)
