/* Lists the models of a workspace with libcurl. The credential comes from the environment, BL_API_KEY for one. */
#include <beamlit_auth.hpp>
#include <curl/curl.h>

#include <iostream>
#include <memory>
#include <string>

/* Sends the request and prints the answer. */
static int get(const std::string &url, const beamlit::Headers &headers) {
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  curl_slist *lines = nullptr;
  for (std::size_t i = 0; i < headers.size(); i++) lines = curl_slist_append(lines, headers.line(i));
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, lines);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  /* No CURLOPT_FOLLOWLOCATION: the headers are for this URL, and have to be asked for again at each hop. */
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) std::cerr << url << ": " << curl_easy_strerror(code) << '\n';
  curl_slist_free_all(lines);
  return code == CURLE_OK ? 0 : 4;
}

int main() try {
  const auto session = beamlit::Session::open();
  const auto url = std::string(session.api_url()) + "/models";
  return get(url, session.headers(url));
} catch (const beamlit::Error &error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
