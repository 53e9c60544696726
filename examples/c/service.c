/* A service account, and what to do about a 401.
 *
 * service CLIENT_ID, with the secret on standard input: arguments can be read by everybody on the machine. */
#include <beamlit_auth.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static int report(beamlit_error *e) {
  int family = beamlit_error_status(e) / 1000;
  fprintf(stderr, "%s\n", beamlit_error_message(e));
  beamlit_error_free(e);
  return family;
}

/* Sends a request with those headers, and gives the status of the answer. */
static long get(const char *url, const beamlit_headers *h) {
  long status = 0;
  struct curl_slist *list = NULL;
  CURL *curl = curl_easy_init();
  for (size_t i = 0; i < beamlit_headers_count(h); i++) list = curl_slist_append(list, beamlit_headers_line(h, i));
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  if (curl_easy_perform(curl) == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(curl);
  curl_slist_free_all(list);
  return status;
}

int main(int argc, char **argv) {
  char secret[256] = "";
  const char *id = argc > 1 ? argv[1] : "";
  beamlit_session *s = NULL; beamlit_headers *h = NULL; beamlit_error *e = NULL;
  if (fgets(secret, sizeof secret, stdin) != NULL) secret[strcspn(secret, "\n")] = '\0';
  beamlit_credential *c = beamlit_credential_new("client_credentials");          /* service; "api_key" and every other kind alike */
  beamlit_credential_set(c, "client_id", id); beamlit_credential_set(c, "client_secret", secret);
  beamlit_config *cfg = beamlit_config_new(); beamlit_config_set_credential(cfg, c);
  if (beamlit_session_open(cfg, &s, &e)) return report(e);                       /* the one check: a bad setter above is reported here, by name */
  beamlit_credential_free(c);
  beamlit_config_free(cfg);
  char url[256];
  snprintf(url, sizeof url, "%s/models", beamlit_session_api_url(s));
  if (beamlit_session_headers(s, "GET", url, 0, -1, &h, &e)) return report(e);
  long http_status = get(url, h);
  if (http_status == 401) beamlit_session_invalidate(s, beamlit_headers_generation(h));   /* then ask for headers again, once */
  if (http_status == 401) {
    beamlit_headers_free(h);
    h = NULL;
    if (beamlit_session_headers(s, "GET", url, 0, -1, &h, &e)) return report(e);
    http_status = get(url, h);
  }
  beamlit_headers_free(h);
  beamlit_session_free(s);
  return http_status == 200 ? 0 : 4;
}
