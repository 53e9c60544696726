#include "check.h"

/* Neither text holds what the caller has to hide. */
static void check_no_secret(const beamlit_explanation *explanation) {
  const char *const secrets[] = {"CANARY", fixture("TEST_CLIENT_SECRET"), fixture("TEST_API_KEY")};
  for (int i = 0; i < 3; i++) {
    CHECK(strstr(beamlit_explanation_json(explanation), secrets[i]) == NULL);
    CHECK(strstr(beamlit_explanation_text(explanation), secrets[i]) == NULL);
  }
}

static void test_explanation__of_a_session_names_what_was_picked(void) {
  beamlit_config *config = client_config();
  beamlit_config_set_workspace(config, "acme");
  beamlit_session *session = open_session(config);
  beamlit_headers_free(get_headers(session));
  beamlit_explanation *explanation = NULL;
  CHECK_STATUS(beamlit_session_explain(session, &explanation, NULL), BEAMLIT_OK);
  beamlit_session_free(session);
  const char *json = beamlit_explanation_json(explanation);
  CHECK_HAS(json, "\"version\":1");
  CHECK_HAS(json, "\"credential\":\"client_credentials\"");
  CHECK_HAS(json, "\"workspace\":\"acme\"");
  CHECK_HAS(json, "\"links\":[");
  CHECK_HAS(beamlit_explanation_text(explanation), "client_credentials");
  check_no_secret(explanation);
  beamlit_explanation_free(explanation);
}

static void test_explanation__of_no_credential_is_no_failure(void) {
  beamlit_explanation *explanation = NULL;
  CHECK_STATUS(beamlit_config_explain(NULL, &explanation, NULL), BEAMLIT_OK);
  CHECK_HAS(beamlit_explanation_json(explanation), "\"picked\":null");
  CHECK_HAS(beamlit_explanation_text(explanation), "BL_API_KEY");
  beamlit_explanation_free(explanation);
}

static void test_explanation__of_a_variable_that_cannot_be_used(void) {
  setenv("BL_API_KEY", "CANARY\nkey", 1);
  setenv("BL_CLIENT_CREDENTIALS", "id:CANARY-secret", 1);
  beamlit_explanation *explanation = NULL;
  CHECK_STATUS(beamlit_config_explain(NULL, &explanation, NULL), BEAMLIT_OK);
  unsetenv("BL_API_KEY");
  unsetenv("BL_CLIENT_CREDENTIALS");
  CHECK_HAS(beamlit_explanation_json(explanation), "\"outcome\":\"invalid\"");
  check_no_secret(explanation);
  beamlit_explanation_free(explanation);
}

static void test_explanation__of_a_config_opens_nothing(void) {
  beamlit_config *config = client_config();
  beamlit_explanation *explanation = NULL;
  CHECK_STATUS(beamlit_config_explain(config, &explanation, NULL), BEAMLIT_OK);
  beamlit_config_free(config);
  CHECK_HAS(beamlit_explanation_json(explanation), "\"expires_at\":null");
  check_no_secret(explanation);
  beamlit_explanation_free(explanation);
}

static const struct test tests[] = {
    {"of_a_session_names_what_was_picked", test_explanation__of_a_session_names_what_was_picked, 0},
    {"of_no_credential_is_no_failure", test_explanation__of_no_credential_is_no_failure, 0},
    {"of_a_variable_that_cannot_be_used", test_explanation__of_a_variable_that_cannot_be_used, 0},
    {"of_a_config_opens_nothing", test_explanation__of_a_config_opens_nothing, 0},
};
CHECK_MAIN(tests)
