/* Lists the models of a workspace with libcurl. The credential comes from the environment, BL_API_KEY for one. */
#include <beamlit_auth.h>
#include <curl/curl.h>
#include <stdio.h>

static int report(beamlit_error *error) {
  int family = beamlit_error_status(error) / 1000;
  fprintf(stderr, "%s\n", beamlit_error_message(error));
  beamlit_error_free(error);
  return family;
}

/* Sends the request and prints the answer. */
static int get(const char *url, const beamlit_headers *headers) {
  CURL *curl = curl_easy_init();
  struct curl_slist *lines = NULL;
  for (size_t i = 0; i < beamlit_headers_count(headers); i++)
    lines = curl_slist_append(lines, beamlit_headers_line(headers, i));
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  /* No CURLOPT_FOLLOWLOCATION: the headers are for this URL, and have to be asked for again at each hop. */
  CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) fprintf(stderr, "%s: %s\n", url, curl_easy_strerror(code));
  curl_easy_cleanup(curl);
  curl_slist_free_all(lines);
  return code == CURLE_OK ? 0 : 4;
}

int main(void) {
  beamlit_session *session = NULL;
  beamlit_headers *headers = NULL;
  beamlit_error *error = NULL;
  if (beamlit_session_open(NULL, &session, &error)) return report(error);
  char url[256];
  snprintf(url, sizeof url, "%s/models", beamlit_session_api_url(session));
  beamlit_status status =
      beamlit_session_headers(session, "GET", url, 0, BEAMLIT_TIMEOUT_DEFAULT, &headers, &error);
  int exit_code = status == BEAMLIT_OK ? get(url, headers) : report(error);
  beamlit_headers_free(headers);
  beamlit_session_free(session);
  return exit_code;
}
