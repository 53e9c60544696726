/* The shortest program: headers for libcurl. The credential is that of the environment, or the login of this person. */
#include <beamlit_auth.h>
#include <curl/curl.h>
int main(void) {
  const char *url = "https://api.beamlit.com/v0/models";
  beamlit_session *s = NULL; beamlit_headers *h = NULL; beamlit_error *e = NULL;
  if (beamlit_session_open(NULL, &s, &e) || beamlit_session_headers(s, "GET", url, 0, -1, &h, &e))
    return fprintf(stderr, "%s\n", beamlit_error_message(e)), beamlit_error_status(e) / 1000;
  struct curl_slist *list = NULL; CURL *curl = curl_easy_init();
  for (size_t i = 0; i < beamlit_headers_count(h); i++) list = curl_slist_append(list, beamlit_headers_line(h, i));
  curl_easy_setopt(curl, CURLOPT_URL, url); curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);  /* no FOLLOWLOCATION: ask for headers at each hop */
  CURLcode rc = curl_easy_perform(curl); curl_easy_cleanup(curl); curl_slist_free_all(list); beamlit_headers_free(h); beamlit_session_free(s);
  return (int)rc;
}
