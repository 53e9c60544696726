/* libcurl with one handle, which keeps its connection: what a C program would use. It caches no token. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  CURL *curl;
  char body[16384];
  size_t size;
} curl_client;

static size_t receive(char *data, size_t size, size_t count, void *argument) {
  curl_client *client = argument;
  if (client->size + size * count >= sizeof client->body) return 0;
  memcpy(client->body + client->size, data, size * count);
  client->size += size * count;
  client->body[client->size] = 0;
  return size * count;
}

static void *be_make(const char *url, const char *id, const char *secret, const char *ca) {
  char user[512];
  curl_global_init(CURL_GLOBAL_DEFAULT);
  curl_client *client = calloc(1, sizeof *client);
  client->curl = curl_easy_init();
  snprintf(user, sizeof user, "%s:%s", id, secret);
  curl_easy_setopt(client->curl, CURLOPT_URL, url);
  curl_easy_setopt(client->curl, CURLOPT_USERPWD, user);
  curl_easy_setopt(client->curl, CURLOPT_COPYPOSTFIELDS, "grant_type=client_credentials&scope=api");
  curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, client);
  curl_easy_setopt(client->curl, CURLOPT_TIMEOUT, 30L);
  curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
  if (ca) curl_easy_setopt(client->curl, CURLOPT_CAINFO, ca);
  return client;
}

static int be_refresh(void *argument, char *out, size_t size) {
  curl_client *client = argument;
  client->size = 0;
  CURLcode code = curl_easy_perform(client->curl);
  if (code) return snprintf(out, size, "%s", curl_easy_strerror(code)), 1;
  const char *token = strstr(client->body, "\"access_token\":\"");
  if (!token) return snprintf(out, size, "no token"), 1;
  token += 16;
  snprintf(out, size, "Bearer %.*s", (int)strcspn(token, "\""), token);
  return 0;
}

static int be_headers(void *client, char *out, size_t size) { return be_refresh(client, out, size); }

#include "driver.h"
