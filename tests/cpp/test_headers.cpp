#include "check.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

static_assert(std::is_same_v<decltype(*std::declval<beamlit::Headers>().begin()),
                             std::pair<std::string_view, std::string_view>>);
#if __cplusplus >= 202002L
#include <ranges>
static_assert(std::ranges::forward_range<beamlit::Headers>);
#endif

static void test_headers__are_a_range_of_names_and_values() {
  auto session = beamlit::Session::open(service().workspace("acme"));
  std::vector<std::string> names;
  for (auto [name, value] : session.headers(models(session))) {
    names.emplace_back(name);
    CHECK(!value.empty() && value.data()[value.size()] == '\0');
  }
  CHECK((names == std::vector<std::string>{"Authorization", "X-Beamlit-Workspace"}));
}

static void test_headers__work_with_algorithms() {
  auto session = beamlit::Session::open(service().workspace("acme"));
  const auto headers = session.headers(models(session));
  CHECK(std::distance(headers.begin(), headers.end()) == 2 && headers.size() == 2);
  const auto found =
      std::find_if(headers.begin(), headers.end(), [](auto header) { return header.first == "X-Beamlit-Workspace"; });
  CHECK(found != headers.end() && (*found).second == "acme");
  auto at = headers.begin();
  CHECK((*at++).first == "Authorization" && at == found && ++at == headers.end());
}

static void test_headers__are_lines_for_libcurl() {
  auto session = beamlit::Session::open(service().workspace("acme"));
  const auto headers = session.headers(models(session));
  CHECK_TEXT(headers.line(1), "X-Beamlit-Workspace: acme");
  CHECK_TEXT(headers.line(2), "");
}

static void test_headers__since_a_generation() {
  auto session = beamlit::Session::open(service());
  const auto url = models(session);
  const auto held = session.headers_since(url, 0);
  CHECK(held && held->generation() > 0);
  CHECK(!session.headers_since(url, held->generation()));
  CHECK(session.invalidate(held->generation()));
  const auto next = session.headers_since(url, held->generation());
  CHECK(next && next->generation() > held->generation());
}

static void test_headers__go_to_no_other_origin() {
  auto session = beamlit::Session::open(service());
  CHECK_ERROR(session.try_headers("https://evil.example/x?CANARY"), OriginRefused, "evil.example");
  CHECK_ERROR(session.try_headers_since("https://evil.example/x", 1), OriginRefused, "evil.example");
}

static void test_headers__take_any_method_of_http() {
  auto session = beamlit::Session::open(service());
  CHECK(session.headers(models(session), beamlit::Call{}.method("DELETE")).size() == 1);
  CHECK_ERROR(session.try_headers(models(session), beamlit::Call{}.method("")), InvalidArgument, "method");
  CHECK_ERROR(session.try_headers(models(session), beamlit::Call{}.method("GET /")), InvalidArgument, "method");
}

static const struct test tests[] = {
    {"are_a_range_of_names_and_values", test_headers__are_a_range_of_names_and_values, 0},
    {"work_with_algorithms", test_headers__work_with_algorithms, 0},
    {"are_lines_for_libcurl", test_headers__are_lines_for_libcurl, 0},
    {"since_a_generation", test_headers__since_a_generation, 0},
    {"go_to_no_other_origin", test_headers__go_to_no_other_origin, 0},
    {"take_any_method_of_http", test_headers__take_any_method_of_http, 0},
};
CHECK_MAIN(tests)
