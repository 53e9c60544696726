/* What the C++ tests share, beside what they share with the C tests: checks, and configs for the emulator that the driver
 * has started. */
#ifndef CHECK_HPP
#define CHECK_HPP

#include <beamlit_auth.hpp>

#include "../c/check.h"

#include <string>
#include <string_view>

using namespace std::chrono_literals;

/* A result that failed, and how. */
#define CHECK_ERROR(call, expected, part) \
  do { \
    auto check_result = (call); \
    CHECK(!check_result && !check_result.has_value()); \
    if (check_result.error().kind() != beamlit::ErrorKind::expected) \
      check_failed(__FILE__, __LINE__, #call, beamlit::name(check_result.error().kind()).data()); \
    CHECK_HAS(check_result.error().what(), part); \
  } while (0)

/* A config for the emulator's service account. */
inline beamlit::Config service() {
  const auto credential = beamlit::Credential("client_credentials")
                              .set("client_id", fixture("TEST_CLIENT_ID"))
                              .set("client_secret", fixture("TEST_CLIENT_SECRET"));
  return beamlit::Config{}.credential(credential).api_url(fixture("TEST_API_URL"));
}

/* A config for the emulator's API key. */
inline beamlit::Config key() {
  const auto credential = beamlit::Credential("api_key").set("api_key", fixture("TEST_API_KEY"));
  return beamlit::Config{}.credential(credential).api_url(fixture("TEST_API_URL"));
}

/* A config for the login of a person. */
inline beamlit::Config person() { return beamlit::Config{}.workspace("acme").api_url(fixture("TEST_API_URL")); }

inline std::string models(const beamlit::Session &session) { return std::string(session.api_url()) + "/models"; }

#endif
