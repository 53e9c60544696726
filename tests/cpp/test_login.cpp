/* The driver is the person: it approves and denies the codes that a test asks for. It lets the server be polled once a
 * second. */
#include "check.hpp"

#include <thread>

static void approve(const beamlit::Login &login) { check_ask("approve", login.user_code().data()); }

static void use(const beamlit::Session &session) {
  const auto headers = session.headers(models(session));
  CHECK((*headers.begin()).first == "Authorization");
  CHECK((*headers.begin()).second.substr(0, 7) == "Bearer ");
}

static void test_login__is_shown_and_polled_from_a_timer() {
  auto login = beamlit::Login::start(person());
  CHECK(login.user_code().size() >= 8);
  CHECK_HAS(login.verification_uri().data(), "http://127.0.0.1:");
  CHECK_HAS(login.verification_uri_complete().data(), login.user_code().data());
  CHECK(login.url() == login.verification_uri_complete());
  CHECK(login.interval() == 1s);
  const auto left = login.expires_at() - std::chrono::system_clock::now();
  CHECK(left > 500s && left <= 600s);
  CHECK(!login.poll(0ms));
  CHECK(!login.poll());
  approve(login);
  const auto until = std::chrono::steady_clock::now() + 20s;
  auto session = login.poll(0ms);
  while (!session) {
    CHECK(std::chrono::steady_clock::now() < until);
    std::this_thread::sleep_for(5ms);
    session = login.poll(0ms);
  }
  CHECK(session->workspace() == "acme");
  use(*session);
  use(login.wait(0ms));
  use(beamlit::Session::open(person()));
}

static void test_login__a_wait_that_runs_out_can_go_on() {
  auto login = beamlit::Login::start(person(), 20s);
  CHECK_ERROR(login.try_wait(0ms), DeadlineExceeded, "it goes on");
  try {
    (void)login.wait(100ms);
    CHECK(!"approved by nobody");
  } catch (const beamlit::Error &error) {
    CHECK(error.kind() == beamlit::ErrorKind::DeadlineExceeded && error.exit_code() == 4);
    CHECK(error.retry_after() == 0ms && error.capi() == nullptr);
    CHECK(error.oauth_error().empty() && !error.http_status());
  }
  approve(login);
  use(login.wait());
}

static void test_login__a_denial_ends_it() {
  auto login = beamlit::Login::start(person());
  check_ask("deny", login.user_code().data());
  CHECK_ERROR(login.try_wait(), AccessDenied, "denied");
  CHECK_ERROR(login.try_poll(), AccessDenied, "denied");
}

static void test_login__cancel_wakes_whoever_waits_for_good() {
  const auto login = beamlit::Login::start(person());
  std::thread waiter([&] { CHECK_ERROR(login.try_wait(), Cancelled, "cancelled"); });
  CHECK_ERROR(login.try_wait(200ms), DeadlineExceeded, "");
  login.cancel();
  waiter.join();
  CHECK_ERROR(login.try_poll(), Closed, "cancelled");
}

static void test_login__of_a_key_needs_no_person() {
  auto login = beamlit::Login::start(key().workspace("keyed"));
  CHECK(login.url().empty() && login.interval() == 0ms);
  auto session = login.poll(0ms);
  CHECK(session && session->workspace() == "keyed");
}

static void test_login__ends_with_a_logout() {
  auto login = beamlit::Login::start(person().workspace("ending"));
  approve(login);
  const auto session = login.wait();
  const auto outcome = session.logout();
  CHECK(outcome.deleted && !outcome.revoked);
  const auto renewed = session.try_renew();
  CHECK(renewed.error().kind() == beamlit::ErrorKind::LoginRequired && renewed.error().reason() == "logged_out");
  CHECK_ERROR(beamlit::Session::open(key()).try_logout(), InvalidArgument, "no stored login");
}

static const struct test tests[] = {
    {"is_shown_and_polled_from_a_timer", test_login__is_shown_and_polled_from_a_timer, 0},
    {"a_wait_that_runs_out_can_go_on", test_login__a_wait_that_runs_out_can_go_on, 0},
    {"a_denial_ends_it", test_login__a_denial_ends_it, 0},
    {"cancel_wakes_whoever_waits_for_good", test_login__cancel_wakes_whoever_waits_for_good, 0},
    {"of_a_key_needs_no_person", test_login__of_a_key_needs_no_person, 0},
    {"ends_with_a_logout", test_login__ends_with_a_logout, 0},
};
CHECK_MAIN(tests)
