#include "check.hpp"

#include <exception>
#include <thread>

static_assert(std::is_nothrow_copy_constructible_v<beamlit::Error> && std::is_base_of_v<std::exception, beamlit::Error>);

static void test_error__is_thrown_and_is_an_exception() {
  try {
    (void)beamlit::Session::open();
    CHECK(!"a session without a credential");
  } catch (const std::exception &error) {
    CHECK_HAS(error.what(), "BL_API_KEY");
  }
}

static void test_error__of_the_usage_family() {
  try {
    (void)beamlit::Session::open(service().api_url("gopher://x"));
    CHECK(!"a session with that URL");
  } catch (const beamlit::Error &error) {
    CHECK(error.kind() == beamlit::ErrorKind::InvalidConfig && error.exit_code() == 2);
    CHECK(error.capi() != nullptr && beamlit_error_status(error.capi()) == BEAMLIT_INVALID_CONFIG);
    CHECK(error.reason().empty() && error.oauth_error().empty() && error.oauth_error_description().empty());
    CHECK(!error.http_status() && !error.retry_after());
  }
}

static void test_error__of_the_login_family() {
  const auto opened = beamlit::Session::try_open();
  CHECK(opened.error().kind() == beamlit::ErrorKind::LoginRequired && opened.error().exit_code() == 3);
  CHECK(opened.error().reason() == "no_credential");
}

/* The emulator knows no such client. */
static void test_error__of_the_denied_family() {
  const auto credential =
      beamlit::Credential("client_credentials").set("client_id", "nobody").set("client_secret", "CANARY-secret");
  auto session = beamlit::Session::open(service().credential(credential));
  try {
    session.renew();
    CHECK(!"a token");
  } catch (const beamlit::Error &error) {
    CHECK(error.kind() == beamlit::ErrorKind::InvalidClient && error.exit_code() == 6);
    CHECK(error.oauth_error() == "invalid_client" && !error.oauth_error_description().empty());
    CHECK(error.http_status() == 400);
    CHECK(std::strstr(error.what(), "CANARY") == nullptr);
  }
}

/* The driver makes the token endpoint answer 503 and ask for a pause of 7 s. */
static void test_error__of_the_service_family() {
  auto session = beamlit::Session::open(service());
  const auto renewed = session.try_renew();
  CHECK(renewed.error().kind() == beamlit::ErrorKind::ServerUnavailable && renewed.error().exit_code() == 4);
  CHECK(renewed.error().http_status() == 503);
  CHECK(renewed.error().retry_after() > 0ms && renewed.error().retry_after() <= 7s);
}

static void test_error__each_kind_has_its_name() {
  CHECK(name(beamlit::ErrorKind::LoginRequired) == "login_required");
  CHECK(name(beamlit::ErrorKind::Cancelled) == "cancelled");
  CHECK(name(static_cast<beamlit::ErrorKind>(4999)).empty());
}

static void test_error__copies_share_what_they_say() {
  std::optional<beamlit::Error> copy;
  {
    auto opened = beamlit::Session::try_open();
    beamlit::Error moved = std::move(*const_cast<beamlit::Error *>(&opened.error()));
    CHECK_TEXT(moved.what(), opened.error().what());
    copy = moved;
  }
  CHECK(copy->reason() == "no_credential");
  *copy = beamlit::Error(beamlit::ErrorKind::Closed, "closed");
  CHECK(copy->capi() == nullptr && copy->reason().empty());
  CHECK_TEXT(copy->what(), "closed");
}

static void test_error__goes_from_thread_to_thread() {
  std::exception_ptr carried;
  std::thread([&] {
    try {
      (void)beamlit::Session::open();
    } catch (...) {
      carried = std::current_exception();
    }
  }).join();
  try {
    std::rethrow_exception(carried);
  } catch (const beamlit::Error &error) {
    CHECK(error.kind() == beamlit::ErrorKind::LoginRequired);
  }
}

static void test_error__a_result_is_a_value_or_an_error() {
  auto opened = beamlit::Session::try_open(service());
  CHECK(opened && opened.has_value());
  const auto &same = opened;
  CHECK(opened->capi() == (*same).capi() && same->capi() == opened->capi());
  const beamlit::Session session = *std::move(opened);
  CHECK(session.capi() != nullptr);
  const beamlit::Session other = beamlit::Session::try_open(service()).value();
  CHECK(other.capi() != nullptr);
  int thrown = 0;
  try {
    (void)beamlit::Session::try_open().value();
  } catch (const beamlit::Error &) {
    thrown++;
  }
  try {
    session.try_renew(beamlit::Call{}.timeout(-2ms)).value();
  } catch (const beamlit::Error &) {
    thrown++;
  }
  CHECK(thrown == 2);
}

static const struct test tests[] = {
    {"is_thrown_and_is_an_exception", test_error__is_thrown_and_is_an_exception, 0},
    {"of_the_usage_family", test_error__of_the_usage_family, 0},
    {"of_the_login_family", test_error__of_the_login_family, 0},
    {"of_the_denied_family", test_error__of_the_denied_family, 0},
    {"of_the_service_family", test_error__of_the_service_family, 1},
    {"each_kind_has_its_name", test_error__each_kind_has_its_name, 0},
    {"copies_share_what_they_say", test_error__copies_share_what_they_say, 0},
    {"goes_from_thread_to_thread", test_error__goes_from_thread_to_thread, 0},
    {"a_result_is_a_value_or_an_error", test_error__a_result_is_a_value_or_an_error, 0},
};
CHECK_MAIN(tests)
