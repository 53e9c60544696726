/* What is left of an object that was moved from: an empty one, which may be used, assigned and destroyed. */
#include "check.hpp"

template <class T>
static T take(T &from) {
  T taken = std::move(from);
  CHECK(taken.capi() != nullptr && from.capi() == nullptr);
  return taken;
}

static void test_moved__config() {
  auto config = service();
  auto taken = take(config);
  config.workspace("acme").timeout(1s).store(beamlit::Store("memory"));
  CHECK_ERROR(beamlit::Session::try_open(config), InvalidArgument, "config was moved from");
  CHECK_ERROR(beamlit::Login::try_start(config), InvalidArgument, "config was moved from");
  CHECK_ERROR(config.try_explain(), InvalidArgument, "config was moved from");
  config = std::move(taken);
  CHECK(beamlit::Session::try_open(config));
}

static void test_moved__credential_and_store() {
  beamlit::Credential credential("api_key");
  beamlit::Store store("memory");
  take(credential);
  take(store);
  credential.set("api_key", "CANARY");
  CHECK_ERROR(beamlit::Session::try_open(beamlit::Config{}.credential(credential)), InvalidArgument, "credential is NULL");
  CHECK_ERROR(beamlit::Session::try_open(beamlit::Config{}.store(store)), InvalidArgument, "store is NULL");
}

static void test_moved__session() {
  auto session = beamlit::Session::open(service());
  const auto url = models(session);
  auto taken = take(session);
  CHECK_ERROR(session.try_headers(url), InvalidArgument, "session is NULL");
  CHECK_ERROR(session.try_headers_since(url, 1), InvalidArgument, "session is NULL");
  CHECK_ERROR(session.try_token(), InvalidArgument, "session is NULL");
  CHECK_ERROR(session.try_renew(), InvalidArgument, "session is NULL");
  CHECK_ERROR(session.try_explain(), InvalidArgument, "session is NULL");
  CHECK_ERROR(session.try_logout(), InvalidArgument, "session is NULL");
  CHECK(!session.invalidate(1) && session.workspace().empty() && session.api_url().empty());
  session.cancel();
  session = std::move(taken);
  CHECK(session.try_headers(url));
}

static void test_moved__what_a_session_gives() {
  auto session = beamlit::Session::open(service());
  auto headers = session.headers(models(session));
  auto token = session.token();
  auto explanation = session.explain();
  take(headers);
  take(token);
  take(explanation);
  CHECK(headers.begin() == headers.end() && headers.size() == 0 && headers.generation() == 0);
  CHECK_TEXT(headers.line(0), "");
  CHECK(token.reveal().empty() && token.token_type().empty() && token.scope().empty() && token.generation() == 0);
  CHECK(explanation.json().empty() && explanation.text().empty());
}

static void test_moved__login() {
  auto login = beamlit::Login::start(person());
  take(login).cancel();
  CHECK_ERROR(login.try_poll(), InvalidArgument, "login is NULL");
  CHECK_ERROR(login.try_wait(), InvalidArgument, "login is NULL");
  CHECK(login.url().empty() && login.user_code().empty() && login.verification_uri().empty());
  CHECK(login.verification_uri_complete().empty() && login.interval() == 0ms);
  login.cancel();
}

static void test_moved__onto_itself() {
  auto session = beamlit::Session::open(service());
  auto &same = session;
  session = std::move(same);
  CHECK(session.try_token());
}

static const struct test tests[] = {
    {"config", test_moved__config, 0},
    {"credential_and_store", test_moved__credential_and_store, 0},
    {"session", test_moved__session, 0},
    {"what_a_session_gives", test_moved__what_a_session_gives, 0},
    {"login", test_moved__login, 0},
    {"onto_itself", test_moved__onto_itself, 0},
};
CHECK_MAIN(tests)
