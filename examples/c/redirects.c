/* Follows redirects, and sends a session's headers to the origins that they are for, and nowhere else.
 *
 * redirects METHOD URL [NAME]: NAME is that of the header which carries the credential. Prints the status of the last
 * answer. CURL_CA_BUNDLE is a file of certificate authorities, as it is for curl.
 *
 * libcurl must not follow by itself (CURLOPT_FOLLOWLOCATION): to another host it leaves out Authorization and Cookie, and
 * sends every other header that is set, X-Beamlit-Api-Key for one. */
#include <beamlit_auth.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOPS = 10 };

static int report(beamlit_error *error) {
  int family = beamlit_error_status(error) / 1000;
  fprintf(stderr, "%s\n", beamlit_error_message(error));
  beamlit_error_free(error);
  return family;
}

static size_t ignore(char *data, size_t size, size_t count, void *user) {
  (void)data, (void)user;
  return size * count;
}

static CURL *client(void) {
  CURL *curl = curl_easy_init();
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https"); /* or a redirect reads files */
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
  if (getenv("CURL_CA_BUNDLE")) curl_easy_setopt(curl, CURLOPT_CAINFO, getenv("CURL_CA_BUNDLE"));
  return curl;
}

/* Sends one request with the headers, if there are any, and gives the status of its answer, or 0. */
static long send_once(CURL *curl, const char *method, const char *url, const beamlit_headers *headers) {
  struct curl_slist *lines = NULL;
  long status = 0;
  for (size_t i = 0; i < beamlit_headers_count(headers); i++)
    lines = curl_slist_append(lines, beamlit_headers_line(headers, i));
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
  if (curl_easy_perform(curl) == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
  curl_slist_free_all(lines);
  return status;
}

/* Sends a request, and those that redirects make of it. */
static beamlit_status follow(CURL *curl, const beamlit_session *session, const char *method, const char *url,
                             long *status, beamlit_error **error) {
  int ours = 1;
  for (int hop = 0; url != NULL && hop < HOPS; hop++) {
    beamlit_headers *headers = NULL;
    beamlit_status asked = BEAMLIT_OK;
    if (ours) asked = beamlit_session_headers(session, method, url, 0, BEAMLIT_TIMEOUT_DEFAULT, &headers, error);
    if (hop > 0 && asked == BEAMLIT_ORIGIN_REFUSED) {
      ours = 0; /* nor on the way back: it would be others who choose what is asked in our name */
      beamlit_error_free(*error);
      *error = NULL;
    } else if (asked != BEAMLIT_OK) {
      return asked;
    }
    *status = send_once(curl, method, url, headers);
    beamlit_headers_free(headers);
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &url);
    if (*status != 307 && *status != 308) method = "GET";
  }
  return BEAMLIT_OK;
}

int main(int argc, char **argv) {
  beamlit_session *session = NULL;
  beamlit_error *error = NULL;
  long status = 0;
  if (argc < 3) return fprintf(stderr, "usage: redirects METHOD URL [NAME]\n"), 2;
  beamlit_config *config = beamlit_config_new();
  if (argc > 3) beamlit_config_set_header(config, argv[3]);
  CURL *curl = client();
  beamlit_status outcome = beamlit_session_open(config, &session, &error);
  if (outcome == BEAMLIT_OK) outcome = follow(curl, session, argv[1], argv[2], &status, &error);
  curl_easy_cleanup(curl);
  beamlit_session_free(session);
  beamlit_config_free(config);
  if (outcome != BEAMLIT_OK) return report(error);
  printf("%ld\n", status);
  return status == 0 ? 4 : 0;
}
