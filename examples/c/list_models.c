/* Lists models with the credential of the environment, once under each header name.
 *
 * list_models METHOD NAME…: METHOD is api_key (variable BL_API_KEY), client_secret_basic or client_secret_post
 * (variable BL_CLIENT_CREDENTIALS, id:secret), or login (what `bl login` stored). Prints each name with the status of
 * the answer. */
#include <beamlit_auth.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static beamlit_credential *credential_of_environment(const char *method) {
  beamlit_credential *credential;
  if (strcmp(method, "login") == 0)
    return NULL; /* nothing of ours: the chain finds the login */
  if (strcmp(method, "api_key") == 0) {
    credential = beamlit_credential_new("api_key");
    beamlit_credential_set(credential, "api_key", getenv("BL_API_KEY"));
    return credential;
  }
  const char *pair = getenv("BL_CLIENT_CREDENTIALS");
  const char *colon = pair ? strchr(pair, ':') : NULL;
  char client_id[256];
  snprintf(client_id, sizeof client_id, "%.*s", colon ? (int)(colon - pair) : 0, pair ? pair : "");
  credential = beamlit_credential_new("client_credentials");
  beamlit_credential_set(credential, "client_id", client_id);
  beamlit_credential_set(credential, "client_secret", colon ? colon + 1 : NULL);
  beamlit_credential_set(credential, "token_endpoint_auth_method", method);
  return credential;
}

static size_t ignore(char *data, size_t size, size_t count, void *user) {
  (void)data, (void)user;
  return size * count;
}

static long get(const char *url, const beamlit_headers *headers) {
  long status = 0;
  struct curl_slist *list = NULL;
  CURL *curl = curl_easy_init();
  for (size_t i = 0; i < beamlit_headers_count(headers); i++)
    list = curl_slist_append(list, beamlit_headers_line(headers, i));
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list); /* no FOLLOWLOCATION: headers are asked for at each hop */
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
  if (curl_easy_perform(curl) == CURLE_OK)
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(curl);
  curl_slist_free_all(list);
  return status;
}

static long list_models(const beamlit_credential *credential, const char *name, beamlit_error **error) {
  beamlit_session *session = NULL;
  beamlit_headers *headers = NULL;
  char url[1024];
  long status = -1;
  beamlit_config *config = beamlit_config_new();
  if (credential)
    beamlit_config_set_credential(config, credential);
  beamlit_config_set_header(config, name);
  if (beamlit_session_open(config, &session, error) == BEAMLIT_OK) {
    snprintf(url, sizeof url, "%s/models", beamlit_session_api_url(session));
    if (beamlit_session_headers(session, "GET", url, 0, BEAMLIT_TIMEOUT_DEFAULT, &headers, error) == BEAMLIT_OK)
      status = get(url, headers);
  }
  beamlit_headers_free(headers);
  beamlit_session_free(session);
  beamlit_config_free(config);
  return status;
}

int main(int argc, char **argv) {
  beamlit_error *error = NULL;
  if (argc < 3)
    return fprintf(stderr, "usage: list_models METHOD NAME...\n"), 2;
  beamlit_credential *credential = credential_of_environment(argv[1]);
  for (int i = 2; i < argc && error == NULL; i++) {
    long status = list_models(credential, argv[i], &error);
    printf("%s%s %ld", i > 2 ? ", " : "", argv[i], status);
  }
  printf("\n");
  if (error)
    fprintf(stderr, "%s\n", beamlit_error_message(error));
  int code = error ? beamlit_error_status(error) / 1000 : 0;
  beamlit_error_free(error);
  beamlit_credential_free(credential);
  return code;
}
