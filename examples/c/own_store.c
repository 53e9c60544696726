/* Keeps a login in a store of one's own: here a table in memory, as it might be a vault that hosts share.
 *
 * own_store [WORKSPACE] */
#include <beamlit_auth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS = 16 };

struct record { char key[201], version[24]; uint8_t *data; size_t size; };
struct table { struct record records[RECORDS]; unsigned long writes; };

static struct record *kv_get(struct table *kv, const char *key) {
  for (size_t i = 0; i < RECORDS; i++)
    if (kv->records[i].data && strcmp(kv->records[i].key, key) == 0) return &kv->records[i];
  return NULL;
}

static struct record *kv_free(struct table *kv) {
  for (size_t i = 0; i < RECORDS; i++)
    if (!kv->records[i].data) return &kv->records[i];
  return NULL;
}

/* Whoever writes names the version that is replaced, "" for none. A table that threads share would need a mutex. */
static bool is_version(const struct record *r, const char *version) {
  return strcmp(r ? r->version : "", version) == 0;
}

static beamlit_status kv_read(void *kv, const char *key, beamlit_store_entry *entry) {
  const struct record *r = kv_get(kv, key);
  if (r) beamlit_store_entry_set(entry, r->data, r->size, r->version);
  return BEAMLIT_OK;
}

static beamlit_status kv_write(void *user, const char *key, const uint8_t *data, size_t size, const char *version) {
  struct table *kv = user;
  struct record *r = kv_get(kv, key);
  if (!is_version(r, version)) return BEAMLIT_STORE_BUSY;
  uint8_t *copy = malloc(size + 1);
  if (!r) r = kv_free(kv);
  if (!copy || !r) return free(copy), BEAMLIT_STORE_UNAVAILABLE;
  memcpy(copy, data, size);
  free(r->data);
  r->data = copy;
  r->size = size;
  snprintf(r->key, sizeof r->key, "%s", key);
  snprintf(r->version, sizeof r->version, "%lu", ++kv->writes);
  return BEAMLIT_OK;
}

static beamlit_status kv_delete(void *kv, const char *key, const char *version) {
  struct record *r = kv_get(kv, key);
  if (!r || !is_version(r, version)) return BEAMLIT_STORE_BUSY;
  free(r->data);
  r->data = NULL;
  return BEAMLIT_OK;
}

/* Called when the last session and config that have the store are gone. */
static void kv_drop(void *user) {
  struct table *kv = user;
  for (size_t i = 0; i < RECORDS; i++) free(kv->records[i].data);
  free(kv);
}

static beamlit_status log_in(const beamlit_config *config, beamlit_session **session, beamlit_error **error) {
  beamlit_login *login = NULL;
  beamlit_status status = beamlit_login_start(config, BEAMLIT_TIMEOUT_DEFAULT, &login, error);
  if (status == BEAMLIT_OK) {
    printf("open %s and enter %s\n", beamlit_login_verification_uri(login), beamlit_login_user_code(login));
    fflush(stdout);
    status = beamlit_login_wait(login, BEAMLIT_TIMEOUT_DEFAULT, session, error);
  }
  beamlit_login_free(login);
  return status;
}

int main(int argc, char **argv) {
  beamlit_session *session = NULL;
  beamlit_error *error = NULL;
  beamlit_config *config = beamlit_config_new();
  if (argc > 1) beamlit_config_set_workspace(config, argv[1]);
  struct table *kv = calloc(1, sizeof *kv);
  if (!kv) return perror("own_store"), 1;
  beamlit_store *store = beamlit_store_new_custom("vault", kv, kv_read, kv_write, kv_delete, kv_drop);
  beamlit_config_set_store(config, store);
  beamlit_store_free(store);
  beamlit_status status = log_in(config, &session, &error);
  beamlit_session_free(session);
  session = NULL;
  if (status == BEAMLIT_OK) status = beamlit_session_open(config, &session, &error); /* with what the store has */
  if (status == BEAMLIT_OK) printf("logged in to %s\n", beamlit_session_workspace(session));
  beamlit_session_free(session);
  beamlit_config_free(config);
  beamlit_shutdown(BEAMLIT_TIMEOUT_DEFAULT); /* so that no answer of the server is lost */
  if (status == BEAMLIT_OK) return 0;
  fprintf(stderr, "%s\n", beamlit_error_message(error));
  beamlit_error_free(error);
  return (int)status / 1000;
}
