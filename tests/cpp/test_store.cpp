/* A store that the program has written itself. The driver is the person. */
#include "check.hpp"

#include <map>
#include <memory>
#include <mutex>

/* A vault as anybody might write it. */
class Vault : public beamlit::CustomStore {
 public:
  std::string name() const override { return "vault"; }

  beamlit_status read(std::string_view key, std::optional<beamlit::StoreEntry> &entry) override {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (fails) throw std::runtime_error("CANARY");
    const auto found = entries_.find(std::string(key));
    if (found != entries_.end()) entry = found->second;
    return BEAMLIT_OK;
  }

  beamlit_status write(std::string_view key, std::string_view data, std::string_view version) override {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (version_of(key) != version) return BEAMLIT_STORE_BUSY;
    entries_[std::string(key)] = {std::string(data), std::to_string(++writes)};
    return BEAMLIT_OK;
  }

  beamlit_status remove(std::string_view key, std::string_view version) override {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (version.empty() || version_of(key) != version) return BEAMLIT_STORE_BUSY;
    entries_.erase(std::string(key));
    return BEAMLIT_OK;
  }

  bool fails = false;
  int writes = 0;

 private:
  std::string version_of(std::string_view key) const {
    const auto found = entries_.find(std::string(key));
    return found == entries_.end() ? std::string() : found->second.version;
  }

  std::mutex mutex_;
  std::map<std::string, beamlit::StoreEntry> entries_;
};

static void test_store__of_a_program_keeps_a_login() {
  const auto vault = std::make_shared<Vault>();
  auto login = beamlit::Login::start(person().store(beamlit::Store(vault)));
  check_ask("approve", login.user_code().data());
  {
    const auto session = login.wait();
    const auto token = session.token();
    CHECK(session.invalidate(token.generation()));
    CHECK(session.token().reveal() != token.reveal());
    CHECK(vault->writes > 2 && vault.use_count() > 1);
  }
  CHECK(beamlit::Session::open(person().store(beamlit::Store(vault))).logout().deleted);
  vault->fails = true;
  const auto refused = beamlit::Session::try_open(person().store(beamlit::Store(vault)));
  CHECK(refused.error().kind() == beamlit::ErrorKind::StoreUnavailable);
  CHECK(std::string_view(refused.error().what()).find("CANARY") == std::string_view::npos);
}

static void test_store__goes_when_nobody_has_it() {
  const auto vault = std::make_shared<Vault>();
  { const auto store = beamlit::Store(vault); }
  CHECK(vault.use_count() == 1);
  CHECK_ERROR(beamlit::Session::try_open(person().store(beamlit::Store(std::shared_ptr<Vault>()))), InvalidArgument, "name");
}

static void test_store__is_sealed_with_a_passphrase() {
  const auto sealed = [](const char *passphrase) {
    return person().store(beamlit::Store(std::string("encrypted-file:") + fixture("HOME") + "/sealed")).passphrase(passphrase);
  };
  auto login = beamlit::Login::start(sealed("CANARY right"));
  check_ask("approve", login.user_code().data());
  (void)login.wait();
  (void)beamlit::Session::open(sealed("CANARY right"));
  CHECK_ERROR(beamlit::Session::try_open(sealed("CANARY wrong")), StoreLocked, "another passphrase");
}

static const struct test tests[] = {
    {"of_a_program_keeps_a_login", test_store__of_a_program_keeps_a_login, 0},
    {"goes_when_nobody_has_it", test_store__goes_when_nobody_has_it, 0},
    {"is_sealed_with_a_passphrase", test_store__is_sealed_with_a_passphrase, 0},
};
CHECK_MAIN(tests)
