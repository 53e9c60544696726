#include "check.h"

static void test_error__each_status_has_its_name(void) {
  CHECK_TEXT(beamlit_status_name(BEAMLIT_OK), "ok");
  CHECK_TEXT(beamlit_status_name(BEAMLIT_NOT_MODIFIED), "not_modified");
  CHECK_TEXT(beamlit_status_name(BEAMLIT_PENDING), "pending");
  CHECK_TEXT(beamlit_status_name(BEAMLIT_INTERNAL_ERROR), "internal_error");
  CHECK_TEXT(beamlit_status_name(BEAMLIT_LOGIN_REQUIRED), "login_required");
  CHECK_TEXT(beamlit_status_name(BEAMLIT_CANCELLED), "cancelled");
  CHECK_TEXT(beamlit_status_name(-1), "");
  CHECK_TEXT(beamlit_status_name(INT32_MIN), "");
  CHECK_TEXT(beamlit_status_name(4999), "");
}

static void test_error__a_failure_is_at_least_1000(void) {
  CHECK(!BEAMLIT_IS_ERROR(BEAMLIT_OK) && !BEAMLIT_IS_ERROR(BEAMLIT_NOT_MODIFIED) && !BEAMLIT_IS_ERROR(BEAMLIT_PENDING));
  CHECK(BEAMLIT_IS_ERROR(BEAMLIT_INTERNAL_ERROR) && BEAMLIT_IS_ERROR(BEAMLIT_CANCELLED));
}

static void test_error__of_the_usage_family(void) {
  beamlit_error *error = NULL;
  CHECK_STATUS(beamlit_session_open(NULL, NULL, &error), BEAMLIT_INVALID_ARGUMENT);
  CHECK(beamlit_error_status(error) / 1000 == 2);
  CHECK_TEXT(beamlit_error_message(error), "session is NULL");
  CHECK_TEXT(beamlit_error_reason(error), "");
  CHECK_TEXT(beamlit_error_oauth_error(error), "");
  CHECK_TEXT(beamlit_error_oauth_error_description(error), "");
  CHECK(beamlit_error_http_status(error) == 0);
  CHECK(beamlit_error_retry_after_ms(error) == -1);
  beamlit_error_free(error);
}

static void test_error__of_the_login_family(void) {
  beamlit_session *session = UNTOUCHED(beamlit_session);
  beamlit_error *error = NULL;
  CHECK_STATUS(beamlit_session_open(NULL, &session, &error), BEAMLIT_LOGIN_REQUIRED);
  CHECK(session == UNTOUCHED(beamlit_session));
  CHECK_TEXT(beamlit_error_reason(error), "no_credential");
  CHECK_HAS(beamlit_error_message(error), "BL_API_KEY");
  beamlit_error_free(error);
}

/* A folder cannot be below a file. */
static void test_error__of_the_store_family(void) {
  char uri[4096];
  FILE *file;
  snprintf(uri, sizeof uri, "file:%s/file", fixture("HOME"));
  file = fopen(uri + strlen("file:"), "w");
  CHECK(file != NULL && fclose(file) == 0);
  strcat(uri, "/auth");
  beamlit_store *store = beamlit_store_new(uri);
  beamlit_config *config = client_config();
  beamlit_config_set_workspace(config, "acme");
  beamlit_config_set_store(config, store);
  beamlit_login *login = UNTOUCHED(beamlit_login);
  beamlit_error *error = NULL;
  CHECK_STATUS(beamlit_login_start(config, -1, &login, &error), BEAMLIT_STORE_UNAVAILABLE);
  CHECK(login == UNTOUCHED(beamlit_login));
  CHECK_HAS(beamlit_error_message(error), "file/auth");
  CHECK(beamlit_error_retry_after_ms(error) == 0);
  beamlit_error_free(error);
  beamlit_store_free(store);
  beamlit_config_free(config);
}

/* The emulator knows no such client. */
static void test_error__of_the_denied_family(void) {
  beamlit_credential *credential = beamlit_credential_new("client_credentials");
  beamlit_credential_set(credential, "client_id", "nobody");
  beamlit_credential_set(credential, "client_secret", "CANARY-secret");
  beamlit_config *config = client_config();
  beamlit_config_set_credential(config, credential);
  beamlit_session *session = open_session(config);
  beamlit_error *error = NULL;
  CHECK_STATUS(beamlit_session_renew(session, -1, &error), BEAMLIT_INVALID_CLIENT);
  CHECK_TEXT(beamlit_error_oauth_error(error), "invalid_client");
  CHECK(strlen(beamlit_error_oauth_error_description(error)) > 0);
  CHECK(beamlit_error_http_status(error) == 400);
  CHECK(strstr(beamlit_error_message(error), "CANARY") == NULL);
  beamlit_error_free(error);
  beamlit_credential_free(credential);
  beamlit_session_free(session);
}

/* The driver makes the token endpoint answer 503 and ask for a pause of 7 s. */
static void test_error__of_the_service_family(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_error *error = NULL;
  CHECK_STATUS(beamlit_session_renew(session, -1, &error), BEAMLIT_SERVER_UNAVAILABLE);
  CHECK(beamlit_error_http_status(error) == 503);
  CHECK(beamlit_error_retry_after_ms(error) > 0 && beamlit_error_retry_after_ms(error) <= 7000);
  beamlit_error_free(error);
  beamlit_session_free(session);
}

static void test_error__is_written_on_failure_alone(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_error *error = UNTOUCHED(beamlit_error);
  CHECK_STATUS(beamlit_session_renew(session, -1, &error), BEAMLIT_OK);
  CHECK(error == UNTOUCHED(beamlit_error));
  CHECK_STATUS(beamlit_session_renew(session, -2, &error), BEAMLIT_INVALID_ARGUMENT);
  CHECK(error != UNTOUCHED(beamlit_error));
  beamlit_error_free(error);
  CHECK_STATUS(beamlit_session_renew(session, -2, NULL), BEAMLIT_INVALID_ARGUMENT);
  beamlit_session_free(session);
}

static void test_error__outlives_its_session(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_error *error = NULL;
  CHECK_STATUS(beamlit_session_renew(session, -2, &error), BEAMLIT_INVALID_ARGUMENT);
  beamlit_session_free(session);
  CHECK_TEXT(beamlit_error_message(error), "timeout_ms is negative");
  beamlit_error_free(error);
}

static const struct test tests[] = {
    {"each_status_has_its_name", test_error__each_status_has_its_name, 0},
    {"a_failure_is_at_least_1000", test_error__a_failure_is_at_least_1000, 0},
    {"of_the_usage_family", test_error__of_the_usage_family, 0},
    {"of_the_login_family", test_error__of_the_login_family, 0},
    {"of_the_store_family", test_error__of_the_store_family, 0},
    {"of_the_denied_family", test_error__of_the_denied_family, 0},
    {"of_the_service_family", test_error__of_the_service_family, 1},
    {"is_written_on_failure_alone", test_error__is_written_on_failure_alone, 0},
    {"outlives_its_session", test_error__outlives_its_session, 0},
};
CHECK_MAIN(tests)
