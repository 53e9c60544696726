#include "check.hpp"

#include <atomic>
#include <thread>
#include <type_traits>
#include <vector>

static_assert(!std::is_copy_constructible_v<beamlit::Session> && std::is_nothrow_move_constructible_v<beamlit::Session>);
static_assert(!std::is_copy_assignable_v<beamlit::Config> && std::is_nothrow_move_assignable_v<beamlit::Config>);
static_assert(sizeof(beamlit::Session) == sizeof(void *) && sizeof(beamlit::Token) == sizeof(void *));

static void test_session__opens_with_the_environment_alone() {
  setenv("BL_API_KEY", fixture("TEST_API_KEY"), 1);
  setenv("BL_API_URL", fixture("TEST_API_URL"), 1);
  setenv("BL_WORKSPACE", "acme", 1);
  auto session = beamlit::Session::open();
  unsetenv("BL_API_KEY");
  unsetenv("BL_API_URL");
  unsetenv("BL_WORKSPACE");
  CHECK(session.workspace() == "acme");
  CHECK(session.api_url() == fixture("TEST_API_URL"));
  CHECK(session.capi() != nullptr);
}

static void test_session__gives_a_token() {
  auto session = beamlit::Session::open(service());
  auto token = session.token();
  CHECK(token.reveal().size() > 20 && std::strlen(token.reveal().data()) == token.reveal().size());
  CHECK(token.token_type() == "Bearer");
  CHECK(token.generation() > 0);
  CHECK(token.expires_at() && *token.expires_at() > std::chrono::system_clock::now() + 1min);
  CHECK(session.token(beamlit::Call{}.min_valid(1min).timeout(0ms)).generation() == token.generation());
}

static void test_session__gives_a_key_that_does_not_expire() {
  auto token = beamlit::Session::open(key()).token();
  CHECK(token.reveal() == fixture("TEST_API_KEY"));
  CHECK(token.token_type().empty() && token.scope().empty() && !token.expires_at());
}

static void test_session__without_a_wait_answers_from_memory() {
  auto session = beamlit::Session::open(service());
  CHECK_ERROR(session.try_token(beamlit::Call{}.timeout(0ms)), DeadlineExceeded, "time limit");
  session.renew();
  CHECK(session.try_token(beamlit::Call{}.timeout(0ms)));
}

static void test_session__refuses_times_below_the_default() {
  auto session = beamlit::Session::open(service());
  CHECK_ERROR(session.try_renew(beamlit::Call{}.timeout(-2ms)), InvalidArgument, "timeout_ms");
  CHECK_ERROR(session.try_token(beamlit::Call{}.min_valid(-1h)), InvalidArgument, "min_valid_ms");
  CHECK_ERROR(beamlit::Session::try_open(service().timeout(-3ms)), InvalidArgument, "timeout_ms");
  session.renew(beamlit::Call{}.timeout(std::chrono::hours(1000)));
}

static void test_session__invalidates_that_generation_and_no_other() {
  auto session = beamlit::Session::open(service());
  const auto first = session.token().generation();
  CHECK(!session.invalidate(first + 1));
  CHECK(session.invalidate(first));
  CHECK(session.token().generation() > first);
}

static void test_session__explains_itself() {
  auto config = service();
  const auto before = config.explain();
  const auto explanation = beamlit::Session::open(config).explain();
  CHECK_HAS(explanation.json().data(), "\"picked\":{");
  CHECK(explanation.text().find("client_credentials") != std::string_view::npos);
  CHECK(before.json() == explanation.json());
}

static void test_session__takes_every_setting() {
  beamlit::Config config;
  config.workspace("acme").platform("beamlit").api_url(fixture("TEST_API_URL")).header("X-Other").timeout(5s);
  config.allow_origin("https://api.example.com").rotation("none").share(false).background_refresh(true).proxy("none").user_agent("test/1");
  config.store(beamlit::Store("memory")).ca_file("/etc/ssl/certs/ca-certificates.crt");
  config.credential(beamlit::Credential("api_key").set("api_key", fixture("TEST_API_KEY")));
  auto session = beamlit::Session::open(config);
  CHECK((*session.headers(models(session)).begin()).first == "X-Other");
  CHECK(session.try_headers("https://api.example.com/x").error().kind() == beamlit::ErrorKind::OriginRefused);
}

static void test_session__names_the_first_bad_value() {
  CHECK_ERROR(beamlit::Session::try_open(service().api_url("gopher://x")), InvalidConfig, "api_url");
  const auto config = service().header("\xff").workspace("\xff");
  CHECK_ERROR(beamlit::Session::try_open(config), InvalidArgument, "header");
  CHECK_ERROR(config.try_explain(), InvalidArgument, "header");
  const auto credential = beamlit::Credential("api_key").set("colour", "CANARY");
  CHECK_ERROR(beamlit::Session::try_open(beamlit::Config{}.credential(credential)), InvalidArgument, "colour");
  CHECK_ERROR(beamlit::Session::try_open(beamlit::Config{}.store(beamlit::Store("attic"))), InvalidConfig, "store");
}

static void test_session__serves_many_threads() {
  const auto session = beamlit::Session::open(service());
  std::atomic<std::uint64_t> generation{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; i++)
    threads.emplace_back([&] {
      for (int call = 0; call < 200; call++) {
        const auto headers = session.headers(models(session));
        std::uint64_t first = 0;
        generation.compare_exchange_strong(first, headers.generation());
        CHECK(headers.generation() == generation && headers.size() == 1);
      }
    });
  for (auto &thread : threads) thread.join();
}

static void test_session__what_it_gives_outlives_it() {
  auto session = std::make_unique<beamlit::Session>(beamlit::Session::open(service()));
  const auto token = session->token();
  const auto headers = session->headers(models(*session));
  session.reset();
  CHECK(std::string((*headers.begin()).second) == "Bearer " + std::string(token.reveal()));
}

static void test_session__takes_over_a_handle_of_c() {
  beamlit_session *raw = nullptr;
  CHECK_STATUS(beamlit_session_open(service().capi(), &raw, nullptr), BEAMLIT_OK);
  const beamlit::Session session(raw);
  CHECK(session.capi() == raw && session.token().generation() > 0);
}

static void test_session__fits_the_library() {
  beamlit::check_version();
  CHECK(beamlit::version() == BEAMLIT_VERSION);
  CHECK(beamlit::shutdown());
  CHECK(beamlit::shutdown_spending());
}

/* The driver lets the token endpoint hang. */
static void test_session__cancel_wakes_whoever_waits() {
  const auto session = beamlit::Session::open(service());
  std::atomic<bool> ended{false};
  std::thread waiter([&] {
    CHECK_ERROR(session.try_renew(beamlit::Call{}.timeout(20s)), Cancelled, "");
    ended = true;
  });
  const auto until = std::chrono::steady_clock::now() + 10s;
  /* Nobody outside can see whether it waits yet, so it is cancelled until it ends. */
  while (!ended && std::chrono::steady_clock::now() < until) {
    session.cancel();
    std::this_thread::sleep_for(5ms);
  }
  waiter.join();
  CHECK(std::chrono::steady_clock::now() < until);
  CHECK_ERROR(session.try_renew(beamlit::Call{}.timeout(100ms)), DeadlineExceeded, "");
}

static const struct test tests[] = {
    {"opens_with_the_environment_alone", test_session__opens_with_the_environment_alone, 0},
    {"gives_a_token", test_session__gives_a_token, 0},
    {"gives_a_key_that_does_not_expire", test_session__gives_a_key_that_does_not_expire, 0},
    {"without_a_wait_answers_from_memory", test_session__without_a_wait_answers_from_memory, 0},
    {"refuses_times_below_the_default", test_session__refuses_times_below_the_default, 0},
    {"invalidates_that_generation", test_session__invalidates_that_generation_and_no_other, 0},
    {"explains_itself", test_session__explains_itself, 0},
    {"takes_every_setting", test_session__takes_every_setting, 0},
    {"names_the_first_bad_value", test_session__names_the_first_bad_value, 0},
    {"serves_many_threads", test_session__serves_many_threads, 0},
    {"what_it_gives_outlives_it", test_session__what_it_gives_outlives_it, 0},
    {"takes_over_a_handle_of_c", test_session__takes_over_a_handle_of_c, 0},
    {"fits_the_library", test_session__fits_the_library, 0},
    {"cancel_wakes_whoever_waits", test_session__cancel_wakes_whoever_waits, 1},
};
CHECK_MAIN(tests)
