/* Every text that is a parameter is once no UTF-8, once empty and once a megabyte long. The driver reads this file: each
 * text of the header has its line here, which begins with the function's name and the parameter's. */
#include "check.h"

enum { LONG = 1 << 20 };
static char long_text[LONG + 1];

static void check_answer(const char *function, const char *text, beamlit_status status, beamlit_error *error, const char *name) {
  const char *message = beamlit_error_message(error);
  if (beamlit_error_status(error) != status || strlen(message) > 1000) check_failed(__FILE__, __LINE__, function, message);
  if (text[0] == '\xff') {
    CHECK_STATUS(status, BEAMLIT_INVALID_ARGUMENT);
    CHECK_HAS(message, name);
    CHECK_HAS(message, " is not UTF-8");
  }
  beamlit_error_free(error);
}

/* The call gets `text` and `&error`; the name is what the error calls the text. Empty and long ones may be taken. */
#define HOSTILE(function, parameter, call, name) \
  do { \
    CHECK_HAS(#call, #function); \
    const char *const texts[] = {"\xff\xfe", "", long_text}; \
    for (int hostile = 0; hostile < 3; hostile++) { \
      const char *text = texts[hostile]; \
      beamlit_error *error = NULL; \
      beamlit_status status = (call); \
      check_answer(#function, text, status, error, name); \
    } \
  } while (0)

/* Opens a session with the config, then frees both. */
static beamlit_status opened(beamlit_config *config, beamlit_error **error) {
  beamlit_session *session = NULL;
  beamlit_status status = beamlit_session_open(config, &session, error);
  beamlit_session_free(session);
  beamlit_config_free(config);
  return status;
}

static beamlit_status with_setting(void (*set)(beamlit_config *, const char *), const char *text, beamlit_error **error) {
  beamlit_config *config = key_config();
  set(config, text);
  return opened(config, error);
}

static void test_text__of_a_config(void) {
  HOSTILE(beamlit_config_set_workspace, workspace, with_setting(beamlit_config_set_workspace, text, &error), "workspace");
  HOSTILE(beamlit_config_set_platform, name_or_issuer, with_setting(beamlit_config_set_platform, text, &error), "platform");
  HOSTILE(beamlit_config_set_api_url, url, with_setting(beamlit_config_set_api_url, text, &error), "api_url");
  HOSTILE(beamlit_config_allow_origin, origin, with_setting(beamlit_config_allow_origin, text, &error), "allow_origin");
  HOSTILE(beamlit_config_set_header, name, with_setting(beamlit_config_set_header, text, &error), "header");
  HOSTILE(beamlit_config_set_passphrase, passphrase, with_setting(beamlit_config_set_passphrase, text, &error), "passphrase");
  HOSTILE(beamlit_config_set_rotation, rotation, with_setting(beamlit_config_set_rotation, text, &error), "rotation");
  HOSTILE(beamlit_config_set_ca_file, path, with_setting(beamlit_config_set_ca_file, text, &error), "ca_file");
  HOSTILE(beamlit_config_set_proxy, url_or_none, with_setting(beamlit_config_set_proxy, text, &error), "proxy");
  HOSTILE(beamlit_config_set_user_agent, name_and_version, with_setting(beamlit_config_set_user_agent, text, &error), "user_agent");
}

static beamlit_status with_store(beamlit_store *store, beamlit_error **error) {
  beamlit_config *config = key_config();
  beamlit_config_set_store(config, store);
  beamlit_store_free(store);
  return opened(config, error);
}

static const char *version_of_entry;

static beamlit_status read_entry(void *user, const char *key, beamlit_store_entry *entry) {
  (void)user, (void)key;
  beamlit_store_entry_set(entry, (const uint8_t *)"CANARY", 6, version_of_entry);
  return BEAMLIT_OK;
}

static beamlit_status write_none(void *user, const char *key, const uint8_t *data, size_t size, const char *version) {
  (void)user, (void)key, (void)data, (void)size, (void)version;
  return BEAMLIT_STORE_BUSY;
}

static beamlit_status remove_none(void *user, const char *key, const char *version) {
  (void)user, (void)key, (void)version;
  return BEAMLIT_STORE_BUSY;
}

static beamlit_store *store_of_functions(const char *name) {
  return beamlit_store_new_custom(name, NULL, read_entry, write_none, remove_none, NULL);
}

/* Looks for a login in a store whose entries have that version; a text that is no UTF-8 is not what the caller passed, so
 * it is an error of the store. */
static beamlit_status with_version(const char *version, beamlit_error **error) {
  beamlit_config *config = login_config();
  beamlit_store *store = store_of_functions("functions");
  version_of_entry = version;
  beamlit_config_set_store(config, store);
  beamlit_store_free(store);
  beamlit_status status = opened(config, error);
  if (version[0] != '\xff') return status;
  CHECK_STATUS(status, BEAMLIT_STORE_UNAVAILABLE);
  CHECK_HAS(beamlit_error_message(*error), "version is not UTF-8");
  beamlit_error_free(*error);
  *error = NULL;
  return with_store(store_of_functions("\xff"), error);
}

static void test_text__of_a_store(void) {
  HOSTILE(beamlit_store_new_custom, name, ((void)beamlit_store_new_custom, with_store(store_of_functions(text), &error)), "name");
  HOSTILE(beamlit_store_entry_set, version, ((void)beamlit_store_entry_set, with_version(text, &error)), "name");
  HOSTILE(beamlit_store_new, uri, with_store(beamlit_store_new(text), &error), "store uri");
}

/* Opens a session with the credential, then frees both. */
static beamlit_status with_credential(beamlit_credential *credential, beamlit_error **error) {
  beamlit_config *config = beamlit_config_new();
  beamlit_config_set_credential(config, credential);
  beamlit_credential_free(credential);
  return opened(config, error);
}

static beamlit_status with_field(const char *field, const char *value, beamlit_error **error) {
  beamlit_credential *credential = beamlit_credential_new("api_key");
  beamlit_credential_set(credential, field, value);
  return with_credential(credential, error);
}

/* The comma keeps the function's name beside the call that makes it. */
static void test_text__of_a_credential(void) {
  HOSTILE(beamlit_credential_new, kind, with_credential(beamlit_credential_new(text), &error), "kind");
  HOSTILE(beamlit_credential_set, field, ((void)beamlit_credential_set, with_field(text, "CANARY", &error)), "field");
  HOSTILE(beamlit_credential_set, text, ((void)beamlit_credential_set, with_field("api_key", text, &error)), "api_key");
}

static beamlit_status with_request(const char *method, const char *url, beamlit_error **error) {
  beamlit_session *session = open_session(key_config());
  beamlit_headers *headers = NULL;
  if (url == NULL) url = models_url(session);
  beamlit_status status = beamlit_session_headers(session, method, url, 0, -1, &headers, error);
  beamlit_headers_free(headers);
  beamlit_session_free(session);
  return status;
}

static void test_text__of_a_request(void) {
  HOSTILE(beamlit_session_headers, method, ((void)beamlit_session_headers, with_request(text, NULL, &error)), "method");
  HOSTILE(beamlit_session_headers, url, ((void)beamlit_session_headers, with_request("GET", text, &error)), "url");
}

static const struct test tests[] = {
    {"of_a_config", test_text__of_a_config, 0},
    {"of_a_store", test_text__of_a_store, 0},
    {"of_a_credential", test_text__of_a_credential, 0},
    {"of_a_request", test_text__of_a_request, 0},
};

int main(int argc, char **argv) {
  memset(long_text, 'a', LONG);
  return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
