/*
 * beamlit_auth.hpp: login and credentials for the Beamlit platform, and for any other OAuth 2.0 server, in C++17.
 *
 * A header over beamlit_auth.h: there is nothing to link but the C library. A Config holds a Credential and settings;
 * Session::open gives a Session; a session gives Headers for a URL, or a Token. Login::start begins a login, which a
 * person approves in a browser and which gives a session too. What a call does, when it waits and what it fails with
 * is said at the C function that it names; what is said here is what C++ adds.
 *
 * Ownership: objects own their handle and free it; they are moved, not copied, but for Error and Call. Nothing that is
 * passed in is taken over. One that was moved from is empty: its texts and ranges are, its numbers are zero, and calls
 * of it fail with ErrorKind::InvalidArgument. capi() is the handle of the C face, which stays the object's.
 *
 * Texts: those that come out are string_views into the object they came from, are good for as long as its handle
 * lives, and end in a NUL, so that data() is a C string; what is absent is empty. Those that go in are Text.
 *
 * Errors: what can fail is there twice. `name` throws an Error; `try_name` gives a Result of the same, and throws nothing
 * but what the standard library throws when memory runs out. With -fno-exceptions only the latter is there, and both
 * kinds of translation unit go into one program.
 *
 * Waiting: a duration of -1 ms (timeout_default) is what the config says, 0 does not wait, more than 24 hours is 24 hours.
 *
 * Threads: a const member function may be called by any number of threads at once; an object that is changed, moved or
 * destroyed is used by nobody else meanwhile.
 */

#ifndef BEAMLIT_AUTH_HPP
#define BEAMLIT_AUTH_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <beamlit_auth.h>

/** Everything of this header. */
namespace beamlit {

/** As a time limit: what the config says, which is 30 seconds unless it says otherwise. */
inline constexpr std::chrono::milliseconds timeout_default{BEAMLIT_TIMEOUT_DEFAULT};

/** What went wrong, in one word: the statuses of the C face that are failures. Others may be added; meet an unknown one by
 * its family, the number divided by 1000. */
enum class ErrorKind : beamlit_status {
  InternalError = BEAMLIT_INTERNAL_ERROR,           /**< A bug of the library; the handle that met it is closed. */
  InvalidArgument = BEAMLIT_INVALID_ARGUMENT,       /**< An argument that cannot be used. */
  InvalidConfig = BEAMLIT_INVALID_CONFIG,           /**< A setting or a variable that cannot be used. */
  OriginRefused = BEAMLIT_ORIGIN_REFUSED,           /**< The URL is no origin of this session. */
  Unsupported = BEAMLIT_UNSUPPORTED,                /**< The server or this library lacks what was asked for. */
  Closed = BEAMLIT_CLOSED,                          /**< The handle is closed, or the login was cancelled. */
  LoginRequired = BEAMLIT_LOGIN_REQUIRED,           /**< Nobody is logged in; Error::reason says why. */
  LoginExpired = BEAMLIT_LOGIN_EXPIRED,             /**< The code of a login ran out. */
  NetworkError = BEAMLIT_NETWORK_ERROR,             /**< Name lookup, connect, reset, or an answer cut off. */
  TlsError = BEAMLIT_TLS_ERROR,                     /**< The certificate or the TLS version was refused. */
  ProxyError = BEAMLIT_PROXY_ERROR,                 /**< The proxy refused, or wants credentials. */
  DeadlineExceeded = BEAMLIT_DEADLINE_EXCEEDED,     /**< The caller's time limit passed. */
  RateLimited = BEAMLIT_RATE_LIMITED,               /**< The server asked for fewer requests. */
  ServerUnavailable = BEAMLIT_SERVER_UNAVAILABLE,   /**< The server cannot answer now. */
  InvalidResponse = BEAMLIT_INVALID_RESPONSE,       /**< An answer that the RFC does not allow. */
  VerificationFailed = BEAMLIT_VERIFICATION_FAILED, /**< An issuer or a token is not the expected one. An alert. */
  OauthError = BEAMLIT_OAUTH_ERROR,                 /**< Any other OAuth error of the server. */
  StoreUnavailable = BEAMLIT_STORE_UNAVAILABLE,     /**< The store cannot be used now. */
  StoreLocked = BEAMLIT_STORE_LOCKED,               /**< The store's own key is missing, locked or wrong. */
  StoreBusy = BEAMLIT_STORE_BUSY,                   /**< Another holder outlasted the wait. */
  StoreCorrupt = BEAMLIT_STORE_CORRUPT,             /**< An entry of the store fails its check. */
  AccessDenied = BEAMLIT_ACCESS_DENIED,             /**< The person refused, or the server answered 403. */
  InvalidClient = BEAMLIT_INVALID_CLIENT,           /**< The client or the API key is not accepted. */
  InvalidGrant = BEAMLIT_INVALID_GRANT,             /**< The caller's own code or token was refused. */
  InvalidScope = BEAMLIT_INVALID_SCOPE,             /**< The scope or the resource is not granted. */
  Cancelled = BEAMLIT_CANCELLED,                    /**< The wait was given up by Session::cancel or Login::cancel. */
};

/** The word of a kind, such as `login_required`; empty for a number that the library does not know. Static. */
inline std::string_view name(ErrorKind kind) { return beamlit_status_name(static_cast<beamlit_status>(kind)); }

/** Why a call failed (beamlit_error). Immutable; copies share one handle. No text of it ever holds a secret. */
class Error : public std::exception {
 public:
  /** Takes over what a call of the C face has failed with; NULL is fine. */
  explicit Error(beamlit_status status, beamlit_error *owned = nullptr)
      : Error(static_cast<ErrorKind>(status), beamlit_status_name(status)) {
    if (owned != nullptr) handle_ = std::shared_ptr<beamlit_error>(owned, beamlit_error_free);
  }
  /** An error without a handle. `what` is static, and one line. */
  Error(ErrorKind kind, const char *what) noexcept : kind_(kind), what_(what) {}
  /** Shares the handle; so does whatever looks like a move, because nobody wants an error that is empty. */
  Error(const Error &) noexcept = default;
  /** Shares the handle. */
  Error &operator=(const Error &) noexcept = default;
  /** Frees the handle with its last error. */
  ~Error() override = default;

  /** The kind. */
  ErrorKind kind() const noexcept { return kind_; }
  /** One line for people: what failed, where, and what to do next. */
  const char *what() const noexcept override { return handle_ ? beamlit_error_message(capi()) : what_; }
  /** Why a login is required, such as `no_credential`; empty for every other kind. */
  std::string_view reason() const { return beamlit_error_reason(capi()); }
  /** The `error` member of the server's answer (RFC 6749 §5.2), made printable; empty if there was none. */
  std::string_view oauth_error() const { return beamlit_error_oauth_error(capi()); }
  /** The `error_description` member of the server's answer, made printable; empty if there was none. */
  std::string_view oauth_error_description() const { return beamlit_error_oauth_error_description(capi()); }
  /** The HTTP status of the answer that failed, if there was an answer. */
  std::optional<int> http_status() const {
    const int status = beamlit_error_http_status(capi());
    return status == 0 ? std::nullopt : std::optional<int>(status);
  }
  /** How long to wait before the same call can succeed: zero is now, nothing is never. */
  std::optional<std::chrono::milliseconds> retry_after() const {
    if (!handle_ && kind_ == ErrorKind::DeadlineExceeded) return std::chrono::milliseconds::zero();
    const std::int64_t delay = beamlit_error_retry_after_ms(capi());
    return delay < 0 ? std::nullopt : std::optional<std::chrono::milliseconds>(delay);
  }
  /** What a program exits with for this error: the kind's family. */
  int exit_code() const noexcept { return static_cast<int>(kind_) / 1000; }
  /** The handle; NULL if the error is one of C++ alone, such as Login::wait has. */
  const beamlit_error *capi() const noexcept { return handle_.get(); }

 private:
  std::shared_ptr<beamlit_error> handle_;
  ErrorKind kind_;
  const char *what_;
};

/** A value, or the Error that there is instead. */
template <class T>
class [[nodiscard]] Result {
 public:
  /** What succeeded. */
  Result(T value) : either_(std::in_place_index<0>, std::move(value)) {}
  /** What failed. */
  Result(Error error) : either_(std::in_place_index<1>, std::move(error)) {}

  /** Whether there is a value. */
  bool has_value() const noexcept { return either_.index() == 0; }
  /** Whether there is a value. */
  explicit operator bool() const noexcept { return has_value(); }
  /** The value, which has to be there: see to it first. */
  T &operator*() & { return *std::get_if<0>(&either_); }
  /** The value, which has to be there: see to it first. */
  const T &operator*() const & { return *std::get_if<0>(&either_); }
  /** The value, to be moved out; it has to be there: see to it first. */
  T &&operator*() && { return std::move(**this); }
  /** A member of the value, which has to be there: see to it first. */
  T *operator->() { return std::get_if<0>(&either_); }
  /** A member of the value, which has to be there: see to it first. */
  const T *operator->() const { return std::get_if<0>(&either_); }
  /** The error, which has to be there: see to it first. */
  const Error &error() const { return *std::get_if<1>(&either_); }
#ifdef __cpp_exceptions
  /** The value, moved out. Throws the error if there is none. */
  T value() && {
    if (!has_value()) throw error();
    return std::move(**this);
  }
#endif

 private:
  std::variant<T, Error> either_;
};

/** Nothing, or the Error that there is instead. */
template <>
class [[nodiscard]] Result<void> {
 public:
  /** What succeeded. */
  Result() = default;
  /** What failed. */
  Result(Error error) : error_(std::move(error)) {}

  /** Whether there is no error. */
  bool has_value() const noexcept { return !error_; }
  /** Whether there is no error. */
  explicit operator bool() const noexcept { return has_value(); }
  /** The error, which has to be there: see to it first. */
  const Error &error() const { return *error_; }
#ifdef __cpp_exceptions
  /** Throws the error if there is one. */
  void value() && {
    if (!has_value()) throw error();
  }
#endif

 private:
  std::optional<Error> error_;
};

/** A text that goes in, for as long as the call lasts: UTF-8 without a NUL in it, else the call refuses it.
 *
 * A C string and a std::string are passed on as they are; a string_view, which ends in no NUL, is copied, and the copy is
 * wiped. NULL is a text that every call refuses. */
class Text {
 public:
  /** A C string. */
  Text(const char *text) noexcept : text_(text) {}
  /** A string. */
  Text(const std::string &text) : text_(text.c_str()) {
    if (text.find('\0') != std::string::npos) copy(text);
  }
  /** A string that need not end in a NUL. */
  Text(std::string_view text) { copy(text); }
  /** Lent, not copied. */
  Text(const Text &) = delete;
  /** Lent, not copied. */
  Text &operator=(const Text &) = delete;
  /** Wipes the copy, which may be of a secret. */
  ~Text() {
    volatile char *text = copy_.data();
    for (std::size_t i = 0; i < copy_.size(); i++) text[i] = '\0';
  }
  /** The text for C. */
  const char *c_str() const noexcept { return text_; }

 private:
  void copy(std::string_view text) {
    copy_ = text;
    // C would read up to the NUL and take that for the whole; what is not UTF-8 it refuses by name.
    std::replace(copy_.begin(), copy_.end(), '\0', '\xff');
    text_ = copy_.c_str();
  }
  std::string copy_;
  const char *text_;
};

/** What every object has: a handle of the C face, moved and never copied. */
template <class T, void (*Free)(T *)>
class Handle {
 public:
  /** Takes over a handle of the C face. */
  explicit Handle(T *owned) noexcept : handle_(owned) {}
  /** The handle, which stays the object's; NULL once that was moved from. */
  T *capi() const noexcept { return handle_.get(); }

 private:
  struct Deleter {
    void operator()(T *handle) const noexcept { Free(handle); }
  };
  std::unique_ptr<T, Deleter> handle_;
};

/** A credential of any kind (beamlit_credential_new): a kind and its fields, by the names of the RFCs.
 *
 * The first bad field stays with it, and is the error of the next call that uses a config which has it. */
class Credential : public Handle<beamlit_credential, beamlit_credential_free> {
 public:
  using Handle::Handle;
  /** A credential of that kind, such as `api_key`, without fields yet. */
  explicit Credential(const Text &kind) : Handle(beamlit_credential_new(kind.c_str())) {}

  /** Sets a field (beamlit_credential_set). */
  Credential &set(const Text &field, const Text &text) & {
    beamlit_credential_set(capi(), field.c_str(), text.c_str());
    return *this;
  }
  Credential set(const Text &field, const Text &text) && { return std::move(set(field, text)); }
};

/** What lies under a key of a store of one's own: data, which is secret, and its version. */
struct StoreEntry {
  std::string data;    /**< Opaque bytes. */
  std::string version; /**< The store's own text, never empty, and never the same twice for a key. */
};

/** A store of one's own (beamlit_store_new_custom): what a program derives from this can hold logins.
 *
 * The functions are called on any thread, several at once, and must not call back into a session of the store. What they
 * answer besides BEAMLIT_OK and BEAMLIT_STORE_BUSY, or throw, fails the call that needed them. */
class CustomStore {
 public:
  /** One that holds nothing yet. */
  CustomStore() = default;
  CustomStore(const CustomStore &) = delete;
  /** A store is there once. */
  CustomStore &operator=(const CustomStore &) = delete;
  /** Called when neither the program nor a config or session has it any more. */
  virtual ~CustomStore() = default;

  /** What errors call it. */
  virtual std::string name() const = 0;
  /** Reads the entry of `key` into `entry`, which is left empty where there is none. */
  virtual beamlit_status read(std::string_view key, std::optional<StoreEntry> &entry) = 0;
  /** Puts data in the place of the entry of `version`, "" for none; durable when it returns. BEAMLIT_STORE_BUSY if the
   * version is another one now. */
  virtual beamlit_status write(std::string_view key, std::string_view data, std::string_view version) = 0;
  /** Removes the entry of `version`. BEAMLIT_STORE_BUSY if the version is another one now. */
  virtual beamlit_status remove(std::string_view key, std::string_view version) = 0;
};

/** A place for logins: one of the library's by its URI, or a program's own. */
class Store : public Handle<beamlit_store, beamlit_store_free> {
 public:
  using Handle::Handle;
  /** The store of that URI (beamlit_store_new): `file`, `file:PATH`, `encrypted-file:PATH`, `memory`, or `redis://HOST` in a
   * library that was built with it; a bad one is the error of the next call that uses a config which has it. */
  explicit Store(const Text &uri) : Handle(beamlit_store_new(uri.c_str())) {}
  /** A store of one's own, which is kept as long as a config or a session has it. */
  explicit Store(std::shared_ptr<CustomStore> own) : Handle(made_of(std::move(own))) {}

 private:
  using Owner = std::shared_ptr<CustomStore>;

  static beamlit_store *made_of(Owner own) {
    if (own == nullptr) return beamlit_store_new_custom(nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
    const std::string name = own->name();
    return beamlit_store_new_custom(name.c_str(), new Owner(std::move(own)), on_read, on_write, on_remove, on_drop);
  }

  static CustomStore &owned(void *user) { return **static_cast<Owner *>(user); }

  /** No exception crosses into the library. */
  template <class Function>
  static beamlit_status caught(Function function) noexcept {
#ifdef __cpp_exceptions
    try {
      return function();
    } catch (const Error &error) {
      return static_cast<beamlit_status>(error.kind());
    } catch (...) {
      return BEAMLIT_STORE_UNAVAILABLE;
    }
#else
    return function();
#endif
  }

  static beamlit_status on_read(void *user, const char *key, beamlit_store_entry *place) {
    return caught([&] {
      std::optional<StoreEntry> entry;
      const beamlit_status status = owned(user).read(key, entry);
      if (status == BEAMLIT_OK && entry) {
        const auto *data = reinterpret_cast<const std::uint8_t *>(entry->data.data());
        beamlit_store_entry_set(place, data, entry->data.size(), entry->version.c_str());
      }
      return status;
    });
  }

  static beamlit_status on_write(void *user, const char *key, const std::uint8_t *data, std::size_t size,
                                 const char *version) {
    return caught([&] {
      const std::string_view text(reinterpret_cast<const char *>(data), size);
      return owned(user).write(key, text, version);
    });
  }

  static beamlit_status on_remove(void *user, const char *key, const char *version) {
    return caught([&] { return owned(user).remove(key, version); });
  }

  static void on_drop(void *user) { delete static_cast<Owner *>(user); }
};

/** Which credential is used and why (beamlit_explanation). Holds no secret. */
class Explanation : public Handle<beamlit_explanation, beamlit_explanation_free> {
 public:
  using Handle::Handle;
  /** One JSON object with `version`, `picked` and `links`. */
  std::string_view json() const { return beamlit_explanation_json(capi()); }
  /** For people, several lines without a final line end. */
  std::string_view text() const { return beamlit_explanation_text(capi()); }
};

/** Everything that a session is opened with, or a login started (beamlit_config). What is left unset comes from the
 * process environment, then from the default.
 *
 * Setters give the config, so that they can be chained. The first bad value stays with it and is the error of each call
 * that uses it; the error names the setting. */
class Config : public Handle<beamlit_config, beamlit_config_free> {
 public:
  using Handle::Handle;
  /** Nothing is set. */
  Config() : Handle(beamlit_config_new()) {}

  /** The workspace, by its name. Variable `BL_WORKSPACE`. */
  Config &workspace(const Text &name) & { return set(beamlit_config_set_workspace, name); }
  Config workspace(const Text &name) && { return std::move(workspace(name)); }
  /** A copy of the credential, with the fields that it has now. Variables `BL_API_KEY`, then `BL_CLIENT_CREDENTIALS`;
   * default the login that is stored. */
  Config &credential(const Credential &given) & {
    beamlit_config_set_credential(capi(), given.capi());
    return *this;
  }
  Config credential(const Credential &given) && { return std::move(credential(given)); }
  /** The platform: `beamlit`, `blaxel`, or the URL of any other issuer. Variable `BL_PLATFORM`; default `beamlit`. */
  Config &platform(const Text &name_or_issuer) & { return set(beamlit_config_set_platform, name_or_issuer); }
  Config platform(const Text &name_or_issuer) && { return std::move(platform(name_or_issuer)); }
  /** The API's base URL. Variable `BL_API_URL`; default the platform's. */
  Config &api_url(const Text &url) & { return set(beamlit_config_set_api_url, url); }
  Config api_url(const Text &url) && { return std::move(api_url(url)); }
  /** One more origin that headers may be given for (beamlit_config_allow_origin). */
  Config &allow_origin(const Text &origin) & { return set(beamlit_config_allow_origin, origin); }
  Config allow_origin(const Text &origin) && { return std::move(allow_origin(origin)); }
  /** The name of the header that carries the credential (beamlit_config_set_header). */
  Config &header(const Text &name) & { return set(beamlit_config_set_header, name); }
  Config header(const Text &name) && { return std::move(header(name)); }
  /** A copy of the store: where logins live. Variable `BL_STORE`; default `file`. */
  Config &store(const Store &place) & {
    beamlit_config_set_store(capi(), place.capi());
    return *this;
  }
  Config store(const Store &place) && { return std::move(store(place)); }
  /** What an `encrypted-file` store is sealed with. Variable `BL_STORE_PASSPHRASE`. */
  Config &passphrase(const Text &text) & { return set(beamlit_config_set_passphrase, text); }
  Config passphrase(const Text &text) && { return std::move(passphrase(text)); }
  /** What the server does to a refresh token at a renewal: `none`, `grace:SECONDS` or `strict`. */
  Config &rotation(const Text &rule) & { return set(beamlit_config_set_rotation, rule); }
  Config rotation(const Text &rule) && { return std::move(rotation(rule)); }
  /** Whether the tokens of client credentials go to the store too (beamlit_config_set_share). Variable `BL_SHARE`. */
  Config &share(bool on) & {
    beamlit_config_set_share(capi(), on);
    return *this;
  }
  Config share(bool on) && { return std::move(share(on)); }
  /** Whether the token is renewed when it is due even if nobody asks (beamlit_config_set_background_refresh). */
  Config &background_refresh(bool on) & {
    beamlit_config_set_background_refresh(capi(), on);
    return *this;
  }
  Config background_refresh(bool on) && { return std::move(background_refresh(on)); }
  /** What a call that passes timeout_default waits at most. Default 30 seconds. */
  Config &timeout(std::chrono::milliseconds limit) & {
    beamlit_config_set_timeout_ms(capi(), limit.count());
    return *this;
  }
  Config timeout(std::chrono::milliseconds limit) && { return std::move(timeout(limit)); }
  /** A PEM file of certificate authorities, trusted beside the system's. Variable `SSL_CERT_FILE`. */
  Config &ca_file(const Text &path) & { return set(beamlit_config_set_ca_file, path); }
  Config ca_file(const Text &path) && { return std::move(ca_file(path)); }
  /** The proxy for https requests: a URL, or `none`. Variables `HTTPS_PROXY` and `NO_PROXY`. */
  Config &proxy(const Text &url_or_none) & { return set(beamlit_config_set_proxy, url_or_none); }
  Config proxy(const Text &url_or_none) && { return std::move(proxy(url_or_none)); }
  /** The program's `name/version`, put before the library's own in `User-Agent`. */
  Config &user_agent(const Text &name_and_version) & { return set(beamlit_config_set_user_agent, name_and_version); }
  Config user_agent(const Text &name_and_version) && { return std::move(user_agent(name_and_version)); }

  /** Which credential this config would use and why (beamlit_config_explain). Local: asks nobody. */
  Result<Explanation> try_explain() const;
#ifdef __cpp_exceptions
  /** The same; throws. */
  Explanation explain() const { return try_explain().value(); }
#endif

 private:
  Config &set(void (*setter)(beamlit_config *, const char *), const Text &text) {
    setter(capi(), text.c_str());
    return *this;
  }
};

/** How one call differs from the others: `session.token(Call{}.min_valid(1min))`. */
class Call {
 public:
  /** How long the call waits at most; default what the config says. */
  Call &timeout(std::chrono::milliseconds limit) & {
    timeout_ms_ = limit.count();
    return *this;
  }
  Call timeout(std::chrono::milliseconds limit) && { return std::move(timeout(limit)); }
  /** How long a token must still be good for. Headers, renew and logout do not look at it. */
  Call &min_valid(std::chrono::milliseconds rest) & {
    min_valid_ms_ = rest.count();
    return *this;
  }
  Call min_valid(std::chrono::milliseconds rest) && { return std::move(min_valid(rest)); }
  /** The request's method, which headers are asked for; default GET. */
  Call &method(std::string_view name) & {
    method_ = name;
    return *this;
  }
  Call method(std::string_view name) && { return std::move(method(name)); }

 private:
  friend class Session;
  std::int64_t timeout_ms_ = BEAMLIT_TIMEOUT_DEFAULT;
  std::int64_t min_valid_ms_ = 0;
  std::string method_ = "GET";
};

/** The headers of a request (beamlit_headers): an immutable snapshot that outlives its session, and a range of pairs of
 * name and value. The value of the first one is a secret, wiped when the object goes. */
class Headers : public Handle<beamlit_headers, beamlit_headers_free> {
 public:
  using Handle::Handle;
  /** A header: its name and its value. */
  using value_type = std::pair<std::string_view, std::string_view>;

  /** Goes over the headers; good for as long as they are neither moved nor destroyed. */
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using iterator_concept = std::forward_iterator_tag;
    using value_type = Headers::value_type;
    using difference_type = std::ptrdiff_t;
    using reference = value_type;
    using pointer = void;
    /** Of no headers. */
    iterator() = default;
    /** The header. */
    value_type operator*() const {
      return {beamlit_headers_name(headers_, index_), beamlit_headers_value(headers_, index_)};
    }
    /** The next one. */
    iterator &operator++() {
      ++index_;
      return *this;
    }
    /** The next one. */
    iterator operator++(int) {
      iterator before = *this;
      ++index_;
      return before;
    }
    /** Whether both are at the same header. */
    friend bool operator==(const iterator &one, const iterator &other) noexcept { return one.index_ == other.index_; }
    /** Whether they are at different headers. */
    friend bool operator!=(const iterator &one, const iterator &other) noexcept { return one.index_ != other.index_; }

   private:
    friend class Headers;
    iterator(const beamlit_headers *headers, std::size_t index) : headers_(headers), index_(index) {}
    const beamlit_headers *headers_ = nullptr;
    std::size_t index_ = 0;
  };

  /** The first header. */
  iterator begin() const { return {capi(), 0}; }
  /** Past the last one. */
  iterator end() const { return {capi(), size()}; }
  /** How many headers there are. */
  std::size_t size() const { return beamlit_headers_count(capi()); }
  /** A header as one line `Name: value` without a line end, as libcurl takes it; empty past the last one. */
  const char *line(std::size_t index) const { return beamlit_headers_line(capi(), index); }
  /** The number of the token in the headers, for Session::headers_since and Session::invalidate. */
  std::uint64_t generation() const { return beamlit_headers_generation(capi()); }
};

/** An access token, or an API key (beamlit_token): an immutable snapshot that outlives its session. */
class Token : public Handle<beamlit_token, beamlit_token_free> {
 public:
  using Handle::Handle;
  /** The secret text, wiped when the object goes. Copies are the caller's to protect. */
  std::string_view reveal() const { return beamlit_token_reveal(capi()); }
  /** `Bearer` for an access token (RFC 6750); empty for an API key. */
  std::string_view token_type() const { return beamlit_token_type(capi()); }
  /** The scope that the server granted, words separated by blanks. */
  std::string_view scope() const { return beamlit_token_scope(capi()); }
  /** When the token expires; nothing if it does not. */
  std::optional<std::chrono::system_clock::time_point> expires_at() const {
    const std::int64_t time = beamlit_token_expires_at_s(capi());
    if (time < 0) return std::nullopt;
    return std::chrono::system_clock::time_point(std::chrono::seconds(time));
  }
  /** The number of this token, for Session::invalidate. */
  std::uint64_t generation() const { return beamlit_token_generation(capi()); }
};

/** What a logout did. */
struct Logout {
  /** The server revoked the refresh token (RFC 7009). */
  bool revoked;
  /** The login was in the store, and is not any more. */
  bool deleted;
};

/** A credential that is kept alive, and the headers it gives (beamlit_session). One serves any number of threads. */
class Session : public Handle<beamlit_session, beamlit_session_free> {
 public:
  using Handle::Handle;
  /** Opens a session (beamlit_session_open). Local and quick: no network, no prompt. */
  static Result<Session> try_open(const Config &config = {});
  /** The headers for a request to `url` (beamlit_session_headers): ask for each URL, and again at each redirect. */
  Result<Headers> try_headers(const Text &url, const Call &call = {}) const;
  /** The headers, or nothing if those of `generation` are still the right ones. */
  Result<std::optional<Headers>> try_headers_since(const Text &url, std::uint64_t generation, const Call &call = {}) const;
  /** The access token, or the API key, for whoever cannot take headers (beamlit_session_token). */
  Result<Token> try_token(const Call &call = {}) const;
  /** Renews the token if that is due, and waits for it (beamlit_session_renew). */
  Result<void> try_renew(const Call &call = {}) const;
  /** Which credential this session uses and why (beamlit_session_explain). Local: asks nobody. */
  Result<Explanation> try_explain() const;
  /** Ends the stored login, on the server too where that is possible (beamlit_session_logout). */
  Result<Logout> try_logout(const Call &call = {}) const;
#ifdef __cpp_exceptions
  /** As try_open; throws. */
  static Session open(const Config &config = {}) { return try_open(config).value(); }
  /** As try_headers; throws. */
  Headers headers(const Text &url, const Call &call = {}) const { return try_headers(url, call).value(); }
  /** As try_headers_since; throws. */
  std::optional<Headers> headers_since(const Text &url, std::uint64_t generation, const Call &call = {}) const {
    return try_headers_since(url, generation, call).value();
  }
  /** As try_token; throws. */
  Token token(const Call &call = {}) const { return try_token(call).value(); }
  /** As try_renew; throws. */
  void renew(const Call &call = {}) const { try_renew(call).value(); }
  /** As try_explain; throws. */
  Explanation explain() const { return try_explain().value(); }
  /** As try_logout; throws. */
  Logout logout(const Call &call = {}) const { return try_logout(call).value(); }
#endif
  /** Discards the token of `generation`, because a server answered 401 to it. Whether asking again gives another one. */
  bool invalidate(std::uint64_t generation) const { return beamlit_session_invalidate(capi(), generation); }
  /** Ends whatever waits on this session now with ErrorKind::Cancelled. Later calls are unaffected. */
  void cancel() const { beamlit_session_cancel(capi()); }
  /** The workspace; empty if none is set. */
  std::string_view workspace() const { return beamlit_session_workspace(capi()); }
  /** The API's base URL without a trailing slash; empty for an issuer whose API nobody named. */
  std::string_view api_url() const { return beamlit_session_api_url(capi()); }
};

/** A login under way (beamlit_login): start it, show the code, then poll it from a timer or wait for it. */
class Login : public Handle<beamlit_login, beamlit_login_free> {
 public:
  using Handle::Handle;
  /** Starts a login (beamlit_login_start); `limit` is for the requests that this takes. */
  static Result<Login> try_start(const Config &config = {}, std::chrono::milliseconds limit = timeout_default);
  /** The session if the person has approved, else nothing (beamlit_login_poll): one request at most, at any rate. */
  Result<std::optional<Session>> try_poll(std::chrono::milliseconds limit = timeout_default) const;
  /** Waits until the person has approved (beamlit_login_wait). Fails with ErrorKind::DeadlineExceeded if only the wait of
   * `limit` ran out: waiting can then go on. Default until the code expires. */
  Result<Session> try_wait(std::chrono::milliseconds limit = timeout_default) const;
#ifdef __cpp_exceptions
  /** As try_start; throws. */
  static Login start(const Config &config = {}, std::chrono::milliseconds limit = timeout_default) {
    return try_start(config, limit).value();
  }
  /** As try_poll; throws. */
  std::optional<Session> poll(std::chrono::milliseconds limit = timeout_default) const { return try_poll(limit).value(); }
  /** As try_wait; throws. */
  Session wait(std::chrono::milliseconds limit = timeout_default) const { return try_wait(limit).value(); }
#endif
  /** Gives the login up for good. An approval that comes later is not stored. */
  void cancel() const { beamlit_login_cancel(capi()); }
  /** The link to open: with the code in it where the server offers that. Empty if there is nothing to approve. */
  std::string_view url() const { return beamlit_login_url(capi()); }
  /** The code that the person enters, or compares (RFC 8628 §3.3). Empty if there is nothing to approve. */
  std::string_view user_code() const { return beamlit_login_user_code(capi()); }
  /** Where the person enters the code. Empty if there is nothing to approve. */
  std::string_view verification_uri() const { return beamlit_login_verification_uri(capi()); }
  /** The link that has the code in it. Empty if the server offers none. */
  std::string_view verification_uri_complete() const { return beamlit_login_verification_uri_complete(capi()); }
  /** When the code expires. */
  std::chrono::system_clock::time_point expires_at() const {
    return std::chrono::system_clock::time_point(std::chrono::seconds(beamlit_login_expires_at_s(capi())));
  }
  /** How long there is between two polls of the server, now. For display; the calls keep to it themselves. */
  std::chrono::milliseconds interval() const { return std::chrono::milliseconds(beamlit_login_interval_ms(capi())); }
};

/** Waits for what this process has under way (beamlit_shutdown); call it before the process ends. Whether nothing is
 * left. */
inline bool shutdown(std::chrono::milliseconds limit = timeout_default) { return beamlit_shutdown(limit.count()); }

/** The same for a program that ends at once, after Ctrl-C say (beamlit_shutdown_spending). */
inline bool shutdown_spending(std::chrono::milliseconds limit = timeout_default) {
  return beamlit_shutdown_spending(limit.count());
}

/** The version of the library that is loaded, such as `0.1.0`. */
inline std::string_view version() { return beamlit_version(); }

/** Whether the library that is loaded works with this header (beamlit_version_check). */
inline Result<void> try_check_version() {
  beamlit_error *error = nullptr;
  const beamlit_status status = beamlit_version_check(BEAMLIT_VERSION_NUMBER, &error);
  return status == BEAMLIT_OK ? Result<void>() : Error(status, error);
}

#ifdef __cpp_exceptions
/** As try_check_version; throws. */
inline void check_version() { try_check_version().value(); }
#endif

/** What is the header's own business. */
namespace detail {

/** A NULL config is the one in which nothing is set, which is not what somebody meant who has moved from theirs. */
inline Error moved_from() { return Error(ErrorKind::InvalidArgument, "config was moved from; make another"); }

/** Calls C with a place for a handle and one for an error. */
template <class T, class Raw, class Function>
Result<T> make(Function call) {
  Raw *made = nullptr;
  beamlit_error *error = nullptr;
  const beamlit_status status = call(&made, &error);
  if (status == BEAMLIT_OK) return T(made);
  return Error(status, error);
}

/** The same, where `nothing` is no failure. */
template <class T, class Raw, class Function>
Result<std::optional<T>> make_unless(beamlit_status nothing, Function call) {
  Raw *made = nullptr;
  beamlit_error *error = nullptr;
  const beamlit_status status = call(&made, &error);
  if (status == BEAMLIT_OK) return std::optional<T>(T(made));
  if (status == nothing) return std::optional<T>();
  return Error(status, error);
}

}  // namespace detail

inline Result<Explanation> Config::try_explain() const {
  if (capi() == nullptr) return detail::moved_from();
  return detail::make<Explanation, beamlit_explanation>(
      [&](auto explanation, auto error) { return beamlit_config_explain(capi(), explanation, error); });
}

inline Result<Session> Session::try_open(const Config &config) {
  if (config.capi() == nullptr) return detail::moved_from();
  return detail::make<Session, beamlit_session>(
      [&](auto session, auto error) { return beamlit_session_open(config.capi(), session, error); });
}

inline Result<std::optional<Headers>> Session::try_headers_since(const Text &url, std::uint64_t generation,
                                                                 const Call &call) const {
  const Text method(call.method_);
  return detail::make_unless<Headers, beamlit_headers>(BEAMLIT_NOT_MODIFIED, [&](auto headers, auto error) {
    return beamlit_session_headers(capi(), method.c_str(), url.c_str(), generation, call.timeout_ms_, headers, error);
  });
}

inline Result<Headers> Session::try_headers(const Text &url, const Call &call) const {
  const Text method(call.method_);
  return detail::make<Headers, beamlit_headers>([&](auto headers, auto error) {
    return beamlit_session_headers(capi(), method.c_str(), url.c_str(), 0, call.timeout_ms_, headers, error);
  });
}

inline Result<Token> Session::try_token(const Call &call) const {
  return detail::make<Token, beamlit_token>([&](auto token, auto error) {
    return beamlit_session_token(capi(), call.min_valid_ms_, call.timeout_ms_, token, error);
  });
}

inline Result<void> Session::try_renew(const Call &call) const {
  beamlit_error *error = nullptr;
  const beamlit_status status = beamlit_session_renew(capi(), call.timeout_ms_, &error);
  return status == BEAMLIT_OK ? Result<void>() : Error(status, error);
}

inline Result<Explanation> Session::try_explain() const {
  return detail::make<Explanation, beamlit_explanation>(
      [&](auto explanation, auto error) { return beamlit_session_explain(capi(), explanation, error); });
}

inline Result<Logout> Session::try_logout(const Call &call) const {
  std::uint32_t outcome = 0;
  beamlit_error *error = nullptr;
  const beamlit_status status = beamlit_session_logout(capi(), call.timeout_ms_, &outcome, &error);
  if (status != BEAMLIT_OK) return Error(status, error);
  return Logout{(outcome & BEAMLIT_LOGOUT_REVOKED) != 0, (outcome & BEAMLIT_LOGOUT_DELETED) != 0};
}

inline Result<Login> Login::try_start(const Config &config, std::chrono::milliseconds limit) {
  if (config.capi() == nullptr) return detail::moved_from();
  return detail::make<Login, beamlit_login>(
      [&](auto login, auto error) { return beamlit_login_start(config.capi(), limit.count(), login, error); });
}

inline Result<std::optional<Session>> Login::try_poll(std::chrono::milliseconds limit) const {
  return detail::make_unless<Session, beamlit_session>(BEAMLIT_PENDING, [&](auto session, auto error) {
    return beamlit_login_poll(capi(), limit.count(), session, error);
  });
}

inline Result<Session> Login::try_wait(std::chrono::milliseconds limit) const {
  auto waited = detail::make_unless<Session, beamlit_session>(BEAMLIT_PENDING, [&](auto session, auto error) {
    return beamlit_login_wait(capi(), limit.count(), session, error);
  });
  if (!waited) return waited.error();
  if (!*waited) {
    return Error(ErrorKind::DeadlineExceeded,
                 "the login was not approved within the time limit; it goes on, wait again");
  }
  return *std::move(*waited);
}

}  // namespace beamlit

#endif  // BEAMLIT_AUTH_HPP
