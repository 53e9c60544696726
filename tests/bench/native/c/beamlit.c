/* This project's library. BEAMLIT_HELD set: the hot path asks for headers only if they have changed. */
#define _GNU_SOURCE
#include <beamlit_auth.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sessions that are made ready together: the thread of the last one's first fetch has ended before its second is
 * timed. */
#define READY 20

typedef struct {
  beamlit_config *config;
  beamlit_session *session;
  /* Those that the next fetches are forced from: `ready[left - 1]` is the next one. */
  beamlit_session *ready[READY];
  int left;
  char url[512];
  bool since;
} client;

/* The generation of the headers that this thread holds. */
static _Thread_local uint64_t held;

static int failed(beamlit_error *error, char *out, size_t size) {
  snprintf(out, size, "%s", beamlit_error_message(error));
  beamlit_error_free(error);
  return 1;
}

static void *be_make(const char *url, const char *id, const char *secret, const char *ca) {
  client *self = calloc(1, sizeof *self);
  char base[256];
  snprintf(base, sizeof base, "%.*s", (int)(strlen(url) - strlen("/oauth/token")), url);
  snprintf(self->url, sizeof self->url, "%s/models", base);
  self->since = getenv("BEAMLIT_HELD") != NULL;
  beamlit_credential *credential = beamlit_credential_new("client_credentials");
  beamlit_credential_set(credential, "client_id", id);
  beamlit_credential_set(credential, "client_secret", secret);
  beamlit_credential_set(credential, "scope", "api");
  self->config = beamlit_config_new();
  beamlit_config_set_credential(self->config, credential);
  beamlit_credential_free(credential);
  beamlit_config_set_api_url(self->config, base);
  if (ca) beamlit_config_set_ca_file(self->config, ca);
  beamlit_error *error = NULL;
  char message[512];
  if (!beamlit_session_open(self->config, &self->session, &error)) return self;
  failed(error, message, sizeof message);
  return fprintf(stderr, "%s\n", message), NULL;
}

static int headers_of(const client *self, const beamlit_session *session, char *out, size_t size) {
  beamlit_headers *headers = NULL;
  beamlit_error *error = NULL;
  if (beamlit_session_headers(session, "GET", self->url, 0, BEAMLIT_TIMEOUT_DEFAULT, &headers, &error))
    return failed(error, out, size);
  const char *value = beamlit_headers_value(headers, 0);
  size_t length = strlen(value);
  memcpy(out, value, length < size ? length + 1 : size);
  held = beamlit_headers_generation(headers);
  beamlit_headers_free(headers);
  return 0;
}

static int be_headers(void *argument, char *out, size_t size) {
  const client *self = argument;
  return headers_of(self, self->session, out, size);
}

static int be_hot(void *argument, char *out, size_t size) {
  const client *self = argument;
  beamlit_headers *headers = NULL;
  if (!self->since || held == 0) return be_headers(argument, out, size);
  return beamlit_session_headers(self->session, "GET", self->url, held, BEAMLIT_TIMEOUT_DEFAULT, &headers, NULL) !=
         BEAMLIT_NOT_MODIFIED;
}

/* A token is never renewed by force, only after a 401, and for that once a minute at most: so each fetch is the second
 * one of a session of its own, over the connection that the first has opened. */
static int be_before_refresh(void *argument) {
  client *self = argument;
  char out[8192];
  /* The last one's connection is closed before, not while the fetch is timed. */
  if (self->left > 0) beamlit_session_free(self->ready[--self->left]);
  if (self->left > 0) return 0;
  for (int i = READY - 1; i >= 0; i--) {
    if (beamlit_session_open(self->config, &self->ready[i], NULL)) return 1;
    if (headers_of(self, self->ready[i], out, sizeof out)) return 1;
  }
  self->left = READY;
  return 0;
}

static int be_refresh(void *argument, char *out, size_t size) {
  const client *self = argument;
  const beamlit_session *next = self->ready[self->left - 1];
  beamlit_session_invalidate(next, 1);
  return headers_of(self, next, out, size);
}

#define BE_BEFORE_REFRESH be_before_refresh
#define BE_HOT be_hot
#include "driver.h"
