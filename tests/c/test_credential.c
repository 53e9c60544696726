#include "check.h"

/* What opening a session with this credential fails with. */
static beamlit_status open_with(const beamlit_credential *credential, beamlit_error **error) {
  beamlit_config *config = beamlit_config_new();
  beamlit_config_set_credential(config, credential);
  beamlit_session *session = NULL;
  beamlit_status status = beamlit_session_open(config, &session, error);
  beamlit_session_free(session);
  beamlit_config_free(config);
  return status;
}

static void test_credential__an_unknown_kind_is_refused_and_the_known_ones_named(void) {
  beamlit_credential *credential = beamlit_credential_new("password");
  CHECK(credential != NULL);
  CHECK_FAILS(open_with(credential, &error), BEAMLIT_INVALID_ARGUMENT, "client_credentials");
  beamlit_credential_free(credential);
}

static void test_credential__a_null_kind_is_refused(void) {
  beamlit_credential *credential = beamlit_credential_new(NULL);
  CHECK(credential != NULL);
  beamlit_credential_set(credential, "api_key", "CANARY");
  CHECK_FAILS(open_with(credential, &error), BEAMLIT_INVALID_ARGUMENT, "kind is NULL");
  beamlit_credential_free(credential);
}

static void test_credential__an_unknown_field_is_named(void) {
  beamlit_credential *credential = beamlit_credential_new("api_key");
  beamlit_credential_set(credential, "api_key", "CANARY");
  beamlit_credential_set(credential, "client_id", "CANARY");
  CHECK_FAILS(open_with(credential, &error), BEAMLIT_INVALID_ARGUMENT, "client_id");
  beamlit_credential_free(credential);
}

static void test_credential__a_missing_field_is_named(void) {
  beamlit_credential *credential = beamlit_credential_new("client_credentials");
  beamlit_credential_set(credential, "client_id", "id");
  CHECK_FAILS(open_with(credential, &error), BEAMLIT_INVALID_ARGUMENT, "client_secret is missing");
  beamlit_credential_free(credential);
}

static void test_credential__a_null_text_names_its_field(void) {
  beamlit_credential *credential = beamlit_credential_new("client_credentials");
  beamlit_credential_set(credential, "client_id", "id");
  beamlit_credential_set(credential, "client_secret", NULL);
  beamlit_credential_set(credential, "client_secret", "later is too late");
  CHECK_FAILS(open_with(credential, &error), BEAMLIT_INVALID_ARGUMENT, "client_secret is NULL");
  beamlit_credential_free(credential);
}

/* An easy slip, and then the secret is where names of fields are shown. */
static void test_credential__swapped_arguments_show_no_secret(void) {
  const char *const secrets[] = {"CANARY-secret-0123456789", "BL_CANARY0123456789"};
  const char *const texts[] = {"client_secret", NULL, "\xff"};
  for (size_t secret = 0; secret < 2; secret++)
    for (size_t text = 0; text < 3; text++) {
      beamlit_credential *credential = beamlit_credential_new("client_credentials");
      beamlit_credential_set(credential, secrets[secret], texts[text]);
      beamlit_error *error = NULL;
      CHECK_STATUS(open_with(credential, &error), BEAMLIT_INVALID_ARGUMENT);
      CHECK(strstr(beamlit_error_message(error), "CANARY") == NULL);
      beamlit_error_free(error);
      beamlit_credential_free(credential);
    }
}

static void test_credential__a_secret_that_cannot_travel_is_not_repeated(void) {
  beamlit_credential *credential = beamlit_credential_new("api_key");
  beamlit_credential_set(credential, "api_key", "CANARY\r\nX-Other: 1");
  beamlit_error *error = NULL;
  CHECK_STATUS(open_with(credential, &error), BEAMLIT_INVALID_ARGUMENT);
  CHECK_HAS(beamlit_error_message(error), "api_key");
  CHECK(strstr(beamlit_error_message(error), "CANARY") == NULL);
  beamlit_error_free(error);
  beamlit_credential_free(credential);
}

static void test_credential__the_last_value_of_a_field_counts(void) {
  beamlit_credential *credential = beamlit_credential_new("api_key");
  beamlit_credential_set(credential, "api_key", "first");
  beamlit_credential_set(credential, "api_key", "second");
  beamlit_config *config = beamlit_config_new();
  beamlit_config_set_credential(config, credential);
  beamlit_credential_free(credential);
  beamlit_session *session = open_session(config);
  beamlit_token *token = NULL;
  CHECK_STATUS(beamlit_session_token(session, 0, -1, &token, NULL), BEAMLIT_OK);
  CHECK_TEXT(beamlit_token_reveal(token), "second");
  beamlit_token_free(token);
  beamlit_session_free(session);
}

static void test_credential__a_config_keeps_a_copy_of_that_moment(void) {
  beamlit_credential *credential = beamlit_credential_new("api_key");
  beamlit_credential_set(credential, "api_key", "before");
  beamlit_config *config = beamlit_config_new();
  beamlit_config_set_credential(config, credential);
  beamlit_credential_set(credential, "api_key", "after");
  beamlit_credential_set(credential, "nonsense", "after");
  beamlit_credential_free(credential);
  beamlit_session *session = open_session(config);
  beamlit_headers *headers = NULL;
  CHECK_STATUS(beamlit_session_headers(session, NULL, "https://api.beamlit.com", 0, -1, &headers, NULL), BEAMLIT_OK);
  CHECK_TEXT(beamlit_headers_value(headers, 0), "before");
  beamlit_headers_free(headers);
  beamlit_session_free(session);
}

static const struct test tests[] = {
    {"an_unknown_kind_is_refused", test_credential__an_unknown_kind_is_refused_and_the_known_ones_named, 0},
    {"a_null_kind_is_refused", test_credential__a_null_kind_is_refused, 0},
    {"an_unknown_field_is_named", test_credential__an_unknown_field_is_named, 0},
    {"a_missing_field_is_named", test_credential__a_missing_field_is_named, 0},
    {"a_null_text_names_its_field", test_credential__a_null_text_names_its_field, 0},
    {"swapped_arguments_show_no_secret", test_credential__swapped_arguments_show_no_secret, 0},
    {"a_secret_that_cannot_travel", test_credential__a_secret_that_cannot_travel_is_not_repeated, 0},
    {"the_last_value_of_a_field_counts", test_credential__the_last_value_of_a_field_counts, 0},
    {"a_config_keeps_a_copy_of_that_moment", test_credential__a_config_keeps_a_copy_of_that_moment, 0},
};
CHECK_MAIN(tests)
