/* Compiled without exceptions and without run-time types, and linked with throws.cpp, which has both. */
#include "check.hpp"

#include "throws.hpp"

#ifdef __cpp_exceptions
#error "this is about a program without exceptions"
#endif

static void test_result__is_all_that_there_is_without_exceptions() {
  auto session = beamlit::Session::try_open(service().workspace("acme"));
  CHECK(session);
  const auto url = models(*session);
  auto headers = session->try_headers(url);
  CHECK(headers && headers->size() == 2);
  const auto unchanged = session->try_headers_since(url, headers->generation());
  CHECK(unchanged && !*unchanged);
  CHECK(session->try_token()->reveal().size() > 20);
  CHECK(session->try_renew() && session->try_explain() && service().try_explain() && beamlit::try_check_version());
}

static void test_result__has_the_error() {
  CHECK_ERROR(beamlit::Session::try_open(), LoginRequired, "BL_API_KEY");
  CHECK_ERROR(beamlit::Session::try_open(key())->try_logout(), InvalidArgument, "no stored login");
  auto login = beamlit::Login::try_start(person());
  CHECK(login && !*login->try_poll(0ms));
  CHECK_ERROR(login->try_wait(0ms), DeadlineExceeded, "it goes on");
  login->cancel();
  CHECK_ERROR(login->try_poll(0ms), Closed, "cancelled");
}

/* Errors and results go from one unit to the other. */
static void test_result__goes_with_units_that_throw() {
  CHECK(exit_code_of_what_is_thrown(key().api_url("gopher://x")) == 2);
  auto session = beamlit::Session::try_open(key());
  CHECK(count_headers(*session) == 1);
  CHECK(exit_code(beamlit::Session::try_open().error()) == 3);
}

static const struct test tests[] = {
    {"is_all_that_there_is", test_result__is_all_that_there_is_without_exceptions, 0},
    {"has_the_error", test_result__has_the_error, 0},
    {"goes_with_units_that_throw", test_result__goes_with_units_that_throw, 0},
};
CHECK_MAIN(tests)
