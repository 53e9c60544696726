#include "check.hpp"

static void test_text__a_nul_does_not_cut_it() {
  auto session = beamlit::Session::open(service());
  const std::string url = models(session);
  const std::string cut = url + std::string("\0.evil.example", 14);
  CHECK_ERROR(session.try_headers(cut), InvalidArgument, "url is not UTF-8");
  CHECK_ERROR(session.try_headers(std::string_view(cut)), InvalidArgument, "url is not UTF-8");
  const std::string_view name("ac\0me", 5);
  CHECK_ERROR(beamlit::Session::try_open(service().workspace(name)), InvalidArgument, "workspace is not UTF-8");
  CHECK_ERROR(session.try_headers(url, beamlit::Call{}.method(std::string_view("GET\0", 4))), InvalidArgument, "method");
}

static void test_text__a_part_of_another_is_what_it_is() {
  const std::string_view list = "elsewhere,acme,other";
  auto session = beamlit::Session::open(key().workspace(list.substr(10, 4)));
  CHECK(session.workspace() == "acme");
  const std::string secret = std::string(fixture("TEST_API_KEY")) + "XXXX";
  const std::string_view part = std::string_view(secret).substr(0, secret.size() - 4);
  const auto credential = beamlit::Credential("api_key").set("api_key", part);
  CHECK(beamlit::Session::open(service().credential(credential)).token().reveal() == part);
}

static void test_text__null_is_refused() {
  const char *nothing = nullptr;
  CHECK_ERROR(beamlit::Session::try_open(service().workspace(nothing)), InvalidArgument, "workspace is NULL");
  auto session = beamlit::Session::open(service());
  CHECK_ERROR(session.try_headers(nothing), InvalidArgument, "url is NULL");
  CHECK_ERROR(beamlit::Session::try_open(beamlit::Config{}.credential(beamlit::Credential(nothing))), InvalidArgument, "NULL");
}

static void test_text__that_is_not_utf8_is_refused() {
  CHECK_ERROR(beamlit::Session::try_open(service().workspace("\xc3\x28")), InvalidArgument, "workspace is not UTF-8");
}

static const struct test tests[] = {
    {"a_nul_does_not_cut_it", test_text__a_nul_does_not_cut_it, 0},
    {"a_part_of_another_is_what_it_is", test_text__a_part_of_another_is_what_it_is, 0},
    {"null_is_refused", test_text__null_is_refused, 0},
    {"that_is_not_utf8_is_refused", test_text__that_is_not_utf8_is_refused, 0},
};
CHECK_MAIN(tests)
