/* Stores: sealed files, and one that the program has written itself. The driver is the person. */
#include "check.h"

#include <pthread.h>

enum { ENTRIES = 8, LARGEST = 16 * 1024 };

/* A vault as anybody might write it: a table under a mutex. */
struct vault {
  pthread_mutex_t mutex;
  struct {
    char key[201];
    uint8_t data[LARGEST];
    size_t size;
    unsigned long version;
  } entries[ENTRIES];
  unsigned long writes;
  int reads, locked, unlocked, dropped;
  beamlit_status refusal;
};

static int find(struct vault *vault, const char *key) {
  for (int i = 0; i < ENTRIES; i++)
    if (vault->entries[i].version != 0 && strcmp(vault->entries[i].key, key) == 0) return i;
  return -1;
}

static int is_version(struct vault *vault, int at, const char *version) {
  return at < 0 ? version[0] == '\0' : strtoul(version, NULL, 10) == vault->entries[at].version;
}

static beamlit_status vault_read(void *user, const char *key, beamlit_store_entry *entry) {
  struct vault *vault = user;
  pthread_mutex_lock(&vault->mutex);
  vault->reads++;
  int at = find(vault, key);
  if (at >= 0) {
    char version[32];
    snprintf(version, sizeof version, "%lu", vault->entries[at].version);
    beamlit_store_entry_set(entry, vault->entries[at].data, vault->entries[at].size, version);
  }
  beamlit_status status = vault->refusal;
  pthread_mutex_unlock(&vault->mutex);
  return status;
}

static beamlit_status vault_write(void *user, const char *key, const uint8_t *data, size_t size, const char *version) {
  struct vault *vault = user;
  pthread_mutex_lock(&vault->mutex);
  int at = find(vault, key);
  beamlit_status status = is_version(vault, at, version) ? vault->refusal : BEAMLIT_STORE_BUSY;
  if (status == BEAMLIT_OK) {
    for (int i = 0; at < 0 && i < ENTRIES; i++)
      if (vault->entries[i].version == 0) at = i;
    CHECK(at >= 0 && size <= LARGEST && strlen(key) <= 200);
    snprintf(vault->entries[at].key, sizeof vault->entries[at].key, "%s", key);
    memcpy(vault->entries[at].data, data, size);
    vault->entries[at].size = size;
    vault->entries[at].version = ++vault->writes;
  }
  pthread_mutex_unlock(&vault->mutex);
  return status;
}

static beamlit_status vault_remove(void *user, const char *key, const char *version) {
  struct vault *vault = user;
  pthread_mutex_lock(&vault->mutex);
  int at = find(vault, key);
  beamlit_status status = at >= 0 && is_version(vault, at, version) ? BEAMLIT_OK : BEAMLIT_STORE_BUSY;
  if (status == BEAMLIT_OK) vault->entries[at].version = 0;
  pthread_mutex_unlock(&vault->mutex);
  return status;
}

static beamlit_status vault_lock(void *user, const char *key, int64_t timeout_ms) {
  CHECK(key[0] != '\0' && timeout_ms > 0);
  ((struct vault *)user)->locked++;
  return BEAMLIT_OK;
}

static void vault_unlock(void *user, const char *key) {
  CHECK(key[0] != '\0');
  ((struct vault *)user)->unlocked++;
}

static void vault_drop(void *user) { ((struct vault *)user)->dropped++; }

static beamlit_store *store_of(struct vault *vault) {
  return beamlit_store_new_custom("vault", vault, vault_read, vault_write, vault_remove, vault_drop);
}

static beamlit_config *config_with(beamlit_store *store) {
  beamlit_config *config = login_config();
  beamlit_config_set_store(config, store);
  beamlit_store_free(store);
  return config;
}

static beamlit_session *log_in(beamlit_config *config) {
  beamlit_login *login = start_login(config);
  beamlit_session *session = NULL;
  beamlit_error *error = NULL;
  check_ask("approve", beamlit_login_user_code(login));
  if (beamlit_login_wait(login, -1, &session, &error) != BEAMLIT_OK)
    check_failed(__FILE__, __LINE__, "log_in", beamlit_error_message(error));
  beamlit_login_free(login);
  return session;
}

static beamlit_status open_only(beamlit_config *config, beamlit_error **error) {
  beamlit_session *session = NULL;
  beamlit_status status = beamlit_session_open(config, &session, error);
  beamlit_session_free(session);
  beamlit_config_free(config);
  return status;
}

static void renew(const beamlit_session *session) {
  beamlit_token *token = NULL, *other = NULL;
  CHECK_STATUS(beamlit_session_token(session, 0, -1, &token, NULL), BEAMLIT_OK);
  CHECK(beamlit_session_invalidate(session, beamlit_token_generation(token)));
  CHECK_STATUS(beamlit_session_token(session, 0, -1, &other, NULL), BEAMLIT_OK);
  CHECK(strcmp(beamlit_token_reveal(token), beamlit_token_reveal(other)) != 0);
  beamlit_token_free(token);
  beamlit_token_free(other);
}

static void test_store__of_functions_keeps_a_login(void) {
  static struct vault vault = {.mutex = PTHREAD_MUTEX_INITIALIZER};
  beamlit_session *session = log_in(config_with(store_of(&vault)));
  renew(session);
  CHECK(vault.reads > 0 && vault.writes > 2 && vault.locked == 0);
  beamlit_store *store = store_of(&vault);
  beamlit_store_set_lock(store, vault_lock, vault_unlock);
  beamlit_session *other = open_session(config_with(store));
  renew(other);
  uint32_t outcome = 0;
  CHECK_STATUS(beamlit_session_logout(other, -1, &outcome, NULL), BEAMLIT_OK);
  CHECK(outcome == BEAMLIT_LOGOUT_DELETED);
  beamlit_error *error = NULL;
  CHECK_STATUS(open_only(config_with(store_of(&vault)), &error), BEAMLIT_LOGIN_REQUIRED);
  CHECK_TEXT(beamlit_error_reason(error), "logged_out");
  beamlit_error_free(error);
  beamlit_session_free(session);
  beamlit_session_free(other);
  CHECK(beamlit_shutdown(10000));
  CHECK(vault.locked > 0 && vault.locked == vault.unlocked);
  CHECK(vault.dropped == 3);
}

static void test_store__that_fails_says_how(void) {
  static struct vault vault = {.mutex = PTHREAD_MUTEX_INITIALIZER};
  const beamlit_status refusals[][2] = {
      {BEAMLIT_STORE_LOCKED, BEAMLIT_STORE_LOCKED}, {BEAMLIT_STORE_CORRUPT, BEAMLIT_STORE_CORRUPT},
      {BEAMLIT_STORE_BUSY, BEAMLIT_STORE_BUSY},     {BEAMLIT_UNSUPPORTED, BEAMLIT_UNSUPPORTED},
      {BEAMLIT_PENDING, BEAMLIT_STORE_UNAVAILABLE}, {-7, BEAMLIT_STORE_UNAVAILABLE},
  };
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    vault.refusal = refusals[i][0];
    CHECK_STATUS(open_only(config_with(store_of(&vault)), NULL), refusals[i][1]);
  }
  CHECK(vault.dropped == 6);
}

static beamlit_config *sealed_config(const char *passphrase) {
  char uri[4096];
  snprintf(uri, sizeof uri, "encrypted-file:%s/sealed", fixture("HOME"));
  beamlit_config *config = config_with(beamlit_store_new(uri));
  if (passphrase != NULL) beamlit_config_set_passphrase(config, passphrase);
  return config;
}

static void test_store__is_sealed_with_a_passphrase(void) {
  beamlit_session_free(log_in(sealed_config("CANARY right")));
  CHECK_STATUS(open_only(sealed_config("CANARY right"), NULL), BEAMLIT_OK);
  CHECK_FAILS(open_only(sealed_config("CANARY wrong"), &error), BEAMLIT_STORE_LOCKED, "another passphrase");
  CHECK_FAILS(open_only(sealed_config(NULL), &error), BEAMLIT_STORE_LOCKED, "BL_STORE_PASSPHRASE");
  setenv("BL_STORE_PASSPHRASE", "CANARY right", 1);
  CHECK_STATUS(open_only(sealed_config(NULL), NULL), BEAMLIT_OK);
}

static const struct test tests[] = {
    {"of_functions_keeps_a_login", test_store__of_functions_keeps_a_login, 0},
    {"that_fails_says_how", test_store__that_fails_says_how, 0},
    {"is_sealed_with_a_passphrase", test_store__is_sealed_with_a_passphrase, 0},
};
CHECK_MAIN(tests)
