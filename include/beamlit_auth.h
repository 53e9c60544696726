/*
 * beamlit_auth.h: login and credentials for the Beamlit platform, and for any other OAuth 2.0 server.
 *
 * Generated from bindings/c/src by `cargo xtask header`.
 *
 * A config holds a credential and settings; `beamlit_session_open` gives a session; a session gives headers for a URL,
 * or a token. `beamlit_login_start` begins a login, which a person approves in a browser and which gives a session too;
 * it is stored, and every program of the machine uses it from then on.
 *
 * Ownership: a handle is made by a `_new` function or comes out of a call, is the caller's, and ends in the `_free`
 * function of its name, which takes NULL. No call takes over a handle or a string that is passed in: what is needed
 * later is copied. Sessions, tokens, headers, explanations and errors may be freed in any order.
 *
 * NULL: every pointer may be NULL. As a handle or as the place of an output it is `BEAMLIT_INVALID_ARGUMENT`, as the
 * argument of an accessor it gives the empty answer, and as what a setter sets it is a bad value; a setter of a NULL
 * handle does nothing. Where a config is `const`, NULL is the one in which nothing is set.
 *
 * Strings: strings that are passed in are NUL-terminated UTF-8. So are those that come out; they belong to the handle
 * they came from and are never NULL: what is absent is the empty string. Names ending in `_s` are Unix seconds, in
 * `_ms` milliseconds.
 *
 * Errors: a call that can fail answers a `beamlit_status`. Its outputs are written only on `BEAMLIT_OK`. Its last
 * parameter may be NULL; otherwise an error is written there if, and only if, the call fails. New numbers may be added:
 * meet an unknown one by its family, `status / 1000`. After a `BEAMLIT_INTERNAL_ERROR` the handle answers
 * `BEAMLIT_CLOSED`.
 *
 * Waiting: calls with `timeout_ms` wait for the network, at most that long; `BEAMLIT_TIMEOUT_DEFAULT` is what the config
 * says, 0 answers from memory or fails with `BEAMLIT_DEADLINE_EXCEEDED`, more than 24 hours is 24 hours, other negative
 * numbers are refused. The limit ends the caller's wait, never the renewal under way. No other call waits.
 *
 * Threads: a `const` handle may be used by any number of threads at once; any other one by one thread at a time.
 *
 * fork: handles work in the child too, which opens its own connections. No call may be made in a signal handler.
 *
 * Until 1.0 a minor version may change any of this, and then the library's file name changes with it.
 */

#ifndef BEAMLIT_AUTH_H
#define BEAMLIT_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The version of this header; that of the library is `beamlit_version`.
 */
#define BEAMLIT_VERSION "0.1.0"

/**
 * The version of this header as one number, `0xMMmmpp`, for `beamlit_version_check`.
 */
#define BEAMLIT_VERSION_NUMBER 0x000100

/**
 * As `timeout_ms`: wait as long as the config says, which is 30 seconds unless it says otherwise.
 */
#define BEAMLIT_TIMEOUT_DEFAULT (-1)

/**
 * Whether a status is a failure.
 */
#define BEAMLIT_IS_ERROR(status) ((status) >= 1000)

/**
 * In the outcome of a logout: the server revoked the refresh token (RFC 7009).
 */
#define BEAMLIT_LOGOUT_REVOKED 1

/**
 * In the outcome of a logout: the login was in the store, and is not any more.
 */
#define BEAMLIT_LOGOUT_DELETED 2

/**
 * A renewal or a call failed for good.
 */
#define BEAMLIT_LOG_ERROR 1

/**
 * Something failed that is tried again, or looks like a mistake.
 */
#define BEAMLIT_LOG_WARN 2

/**
 * What was done.
 */
#define BEAMLIT_LOG_INFO 3

/**
 * Everything that a session is opened with, or a login started. What is left unset comes from the process environment,
 * then from the default.
 *
 * Setters answer nothing. The first bad value stays with the config and is the error of each `beamlit_session_open`,
 * `beamlit_login_start` and `beamlit_config_explain` with it; the error names the setting. What a setter is given is
 * copied.
 */
typedef struct beamlit_config beamlit_config;

/**
 * A credential of any kind: what the caller holds. Made field by field, then copied into a config.
 *
 * The first bad field stays with it, and is the error of the next call that uses a config which has it.
 */
typedef struct beamlit_credential beamlit_credential;

/**
 * Why a call failed. Immutable; no text of it ever holds a secret.
 *
 * A call with an `error` parameter writes one there if, and only if, it fails, and does not free what was there
 * before. Pass NULL to get none. Free it with `beamlit_error_free`.
 */
typedef struct beamlit_error beamlit_error;

/**
 * Which credential is used and why: each link of the chain, what was looked at, what was picked. Holds no secret.
 */
typedef struct beamlit_explanation beamlit_explanation;

/**
 * The headers of a request: an immutable copy that outlives its session.
 */
typedef struct beamlit_headers beamlit_headers;

/**
 * A login under way: start it, show the code, then poll it from a timer or wait for it. Any number of threads may do so
 * at once.
 *
 * Nothing is stored before the person has approved.
 */
typedef struct beamlit_login beamlit_login;

/**
 * A credential that is kept alive, and the headers it gives. One session serves any number of threads.
 */
typedef struct beamlit_session beamlit_session;

/**
 * A place for logins. Made from its URI or from functions, then copied into a config.
 */
typedef struct beamlit_store beamlit_store;

/**
 * What the read function of a store fills in.
 */
typedef struct beamlit_store_entry beamlit_store_entry;

/**
 * An access token, or an API key: an immutable snapshot that outlives its session.
 */
typedef struct beamlit_token beamlit_token;

/**
 * What a call answers: 0 on success, 1 to 999 for what is no failure, and 1000 and up for failures.
 *
 * The family of a failure is `status / 1000`: 1 internal, 2 usage, 3 login required, 4 network or server, 5 store,
 * 6 denied, 130 cancelled. It is also the exit code of the command line. Numbers are never reused and new ones are
 * added at the end of their family: treat an unknown number as its family.
 */
typedef int32_t beamlit_status;

/**
 * Reads an entry: calls `beamlit_store_entry_set`, or leaves `entry` as it is where there is none, and gives
 * `BEAMLIT_OK`.
 */
typedef beamlit_status (*beamlit_store_read_fn)(void *user, const char *key, beamlit_store_entry *entry);

/**
 * Puts data in the place of the entry of that version, "" for none; durable when it returns. `BEAMLIT_STORE_BUSY` if the
 * version is another one now.
 */
typedef beamlit_status (*beamlit_store_write_fn)(void *user,
                                                 const char *key,
                                                 const uint8_t *data,
                                                 size_t size,
                                                 const char *version);

/**
 * Removes the entry of that version. `BEAMLIT_STORE_BUSY` if the version is another one now.
 */
typedef beamlit_status (*beamlit_store_delete_fn)(void *user, const char *key, const char *version);

/**
 * Called with the pointer of a store that is used no more.
 */
typedef void (*beamlit_store_drop_fn)(void *user);

/**
 * Waits for the lock of a key, so many milliseconds at most. `BEAMLIT_STORE_BUSY` if somebody held it all the time.
 */
typedef beamlit_status (*beamlit_store_lock_fn)(void *user, const char *key, int64_t timeout_ms);

/**
 * Lets go of the lock of a key.
 */
typedef void (*beamlit_store_unlock_fn)(void *user, const char *key);

/**
 * Success.
 */
#define BEAMLIT_OK 0

/**
 * The headers are still those of the generation that was passed. No failure; the output is untouched.
 */
#define BEAMLIT_NOT_MODIFIED 1

/**
 * The login is not approved yet. No failure; the output is untouched.
 */
#define BEAMLIT_PENDING 2

/**
 * A bug or a panic of the library; the handle that met it is closed.
 */
#define BEAMLIT_INTERNAL_ERROR 1000

/**
 * An argument that cannot be used: NULL, not UTF-8, a bad URL or name, an unknown field.
 */
#define BEAMLIT_INVALID_ARGUMENT 2000

/**
 * A setting or a variable that cannot be used, or two that contradict each other.
 */
#define BEAMLIT_INVALID_CONFIG 2001

/**
 * The URL is no origin of this session (`beamlit_config_allow_origin`), or an emulator's token would leave the
 * machine.
 */
#define BEAMLIT_ORIGIN_REFUSED 2002

/**
 * The server or this library lacks what was asked for, or header and library differ.
 */
#define BEAMLIT_UNSUPPORTED 2003

/**
 * The handle met an internal error before and is closed, or the login was cancelled.
 */
#define BEAMLIT_CLOSED 2004

/**
 * Nobody is logged in, or the login is of no use any more; `beamlit_error_reason` says which.
 */
#define BEAMLIT_LOGIN_REQUIRED 3000

/**
 * The code of a login, or the wait for the browser, ran out.
 */
#define BEAMLIT_LOGIN_EXPIRED 3001

/**
 * Name lookup, connect, reset, or an answer that was cut off.
 */
#define BEAMLIT_NETWORK_ERROR 4000

/**
 * The server's certificate or TLS version was refused; the message says which check failed.
 */
#define BEAMLIT_TLS_ERROR 4001

/**
 * The proxy refused, or wants credentials (407).
 */
#define BEAMLIT_PROXY_ERROR 4002

/**
 * The caller's time limit passed.
 */
#define BEAMLIT_DEADLINE_EXCEEDED 4003

/**
 * The server asked for fewer requests (429).
 */
#define BEAMLIT_RATE_LIMITED 4004

/**
 * The server cannot answer now: 5xx or 408.
 */
#define BEAMLIT_SERVER_UNAVAILABLE 4005

/**
 * An answer that the RFC does not allow: HTML, malformed, too large, a redirect.
 */
#define BEAMLIT_INVALID_RESPONSE 4006

/**
 * An issuer, state, nonce, signature or token type is not the expected one. Worth an alert.
 */
#define BEAMLIT_VERIFICATION_FAILED 4007

/**
 * Any other OAuth `error` of the server (RFC 6749 §5.2).
 */
#define BEAMLIT_OAUTH_ERROR 4008

/**
 * The store cannot be used now: permission, full disk, no connection.
 */
#define BEAMLIT_STORE_UNAVAILABLE 5000

/**
 * The store's own key is missing, locked or wrong.
 */
#define BEAMLIT_STORE_LOCKED 5001

/**
 * Another holder outlasted the wait, or another host wrote first.
 */
#define BEAMLIT_STORE_BUSY 5002

/**
 * An entry of the store fails its check and could not be set aside.
 */
#define BEAMLIT_STORE_CORRUPT 5003

/**
 * The person refused, or the server answered 403.
 */
#define BEAMLIT_ACCESS_DENIED 6000

/**
 * The client or the API key is not accepted.
 */
#define BEAMLIT_INVALID_CLIENT 6001

/**
 * The caller's own code, assertion or token was refused.
 */
#define BEAMLIT_INVALID_GRANT 6002

/**
 * The scope or the resource is not granted.
 */
#define BEAMLIT_INVALID_SCOPE 6003

/**
 * The wait was given up by `beamlit_session_cancel`.
 */
#define BEAMLIT_CANCELLED 130000

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library, such as `0.1.0`; that of the header is `BEAMLIT_VERSION`.
 *
 * The string is static.
 */
const char *beamlit_version(void);

/**
 * Whether a program that was compiled with this header works with the library that is loaded: pass
 * `BEAMLIT_VERSION_NUMBER`.
 *
 * Answers `BEAMLIT_OK`, or `BEAMLIT_UNSUPPORTED` if the two differ in the first two numbers, or the header is the
 * newer one.
 */
beamlit_status beamlit_version_check(uint32_t header_version_number, beamlit_error **error);

/**
 * The name of a status, such as `login_required`; the empty string for a number that this library does not know.
 *
 * The string is static.
 */
const char *beamlit_status_name(beamlit_status status);

/**
 * The status of the call that failed; `BEAMLIT_OK` for NULL.
 */
beamlit_status beamlit_error_status(const beamlit_error *error);

/**
 * One line for people: what failed, where, and what to do next. The empty string for NULL.
 *
 * The string belongs to the error and lives as long.
 */
const char *beamlit_error_message(const beamlit_error *error);

/**
 * Why a login is required, such as `no_credential` or `expired`; the empty string for every other status and for
 * NULL.
 *
 * The string belongs to the error and lives as long. New reasons may be added.
 */
const char *beamlit_error_reason(const beamlit_error *error);

/**
 * The `error` member of the server's answer (RFC 6749 §5.2), made printable; the empty string if there was none and
 * for NULL.
 *
 * The string belongs to the error and lives as long.
 */
const char *beamlit_error_oauth_error(const beamlit_error *error);

/**
 * The `error_description` member of the server's answer (RFC 6749 §5.2), made printable and cut at 512 characters;
 * the empty string if there was none and for NULL.
 *
 * The string belongs to the error and lives as long.
 */
const char *beamlit_error_oauth_error_description(const beamlit_error *error);

/**
 * The HTTP status of the answer that failed; 0 if there was no answer and for NULL.
 */
int32_t beamlit_error_http_status(const beamlit_error *error);

/**
 * How many milliseconds to wait before the same call can succeed: 0 is now, -1 is never. -1 for NULL.
 */
int64_t beamlit_error_retry_after_ms(const beamlit_error *error);

/**
 * Frees an error and the strings that came from it. NULL is fine.
 */
void beamlit_error_free(beamlit_error *error);

/**
 * Makes a credential of a kind, without fields yet. Never NULL; free it with `beamlit_credential_free`.
 *
 * | kind | required fields | optional fields | RFC |
 * |---|---|---|---|
 * | `api_key` | `api_key` | | |
 * | `client_credentials` | `client_id`, `client_secret` | `scope`, `audience`, `resource`, `token_endpoint_auth_method` | 6749 §4.4 |
 * | `device_code` | | `client_id`, `scope` | 8628 |
 * | `refresh_token` | `refresh_token` | `client_id`, `scope` | 6749 §6 |
 *
 * `beamlit_session_open` with a `device_code` finds the login that is stored for it; `beamlit_login_start` makes one.
 *
 * An unknown kind is reported by the next call that uses the credential.
 */
beamlit_credential *beamlit_credential_new(const char *kind);

/**
 * Sets a field. Both strings are copied; the copies are wiped when they go.
 *
 * A field that the kind does not have, and a text that is NULL or not UTF-8, are reported by the next call that uses
 * the credential. Does nothing if `credential` is NULL.
 */
void beamlit_credential_set(beamlit_credential *credential, const char *field, const char *text);

/**
 * Frees a credential; the configs that it was copied into keep their copies. NULL is fine.
 */
void beamlit_credential_free(beamlit_credential *credential);

/**
 * Makes a store from its URI. Never NULL; free it with `beamlit_store_free`. Opens nothing.
 *
 * | URI | where logins live |
 * |---|---|
 * | `file` | below the platform's folder in the home folder |
 * | `file:PATH` | in that folder; the path is absolute |
 * | `encrypted-file:PATH` | in that folder, sealed with `beamlit_config_set_passphrase` |
 * | `memory` | in the session that comes of the login, and no longer than it |
 * | `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://` with TLS, `redis+unix:///PATH[?db=DATABASE]` | in Redis, for the programs of many hosts; in a library that was built with the feature `redis` only, else `BEAMLIT_UNSUPPORTED` |
 *
 * With Redis the tokens of client credentials are shared (`beamlit_config_set_share`). A login whose refresh tokens the
 * server spends is refused there with `BEAMLIT_INVALID_CONFIG` unless the URI ends in `?rotating=1`, which accepts a weaker
 * promise: one primary with `appendfsync always`, and a fail-over or a crash that loses writes may cost the login or send
 * its refresh token twice. Each operation takes 2 seconds at most, and a server that cannot be reached is left alone for 5.
 *
 * Any other URI is reported by the next call that uses a config which has the store.
 */
beamlit_store *beamlit_store_new(const char *uri);

/**
 * Makes a store of one's own from its functions. Never NULL; free it with `beamlit_store_free`. A NULL is reported by
 * the next call that uses a config which has the store; `drop` may be NULL.
 *
 * `name` is what errors call it. A key is of letters, digits, `-`, `_` and `.`, 200 at most, and no secret; data is
 * opaque, secret, and 1 MiB at most. A version is the store's own text, "" stands for no entry, and no version comes
 * twice for a key. Write and remove are a compare-and-set on it: everything rests on that, also between several hosts. No
 * function tells a new version: the library reads again.
 *
 * What a function answers besides `BEAMLIT_OK` and `BEAMLIT_STORE_BUSY` fails the call that needed it: with its own
 * status if that is `BEAMLIT_STORE_LOCKED`, `BEAMLIT_STORE_CORRUPT` or `BEAMLIT_UNSUPPORTED`, else with
 * `BEAMLIT_STORE_UNAVAILABLE`.
 *
 * Functions get `user`. They are called on the thread of a call and on threads of the library, several at once, also in a
 * child after a fork; they must not throw, and must not call back into a session of the store. Their strings are good for
 * the call only. `drop` gets `user` when neither the store nor any config or session has the store any more.
 */
beamlit_store *beamlit_store_new_custom(const char *name,
                                        void *user,
                                        beamlit_store_read_fn read,
                                        beamlit_store_write_fn write,
                                        beamlit_store_delete_fn remove,
                                        beamlit_store_drop_fn drop);

/**
 * Gives a store of one's own a lock. It only queues those who would renew the same login at once; without it, the programs
 * of this user on this host queue by a file, and versions catch those of other hosts. The configs that the store was
 * copied into before keep theirs.
 *
 * Both functions have to be there: else, and for a store of a URI, the next call that uses a config which has the store
 * says so. `unlock` is called once for each `lock` that gave `BEAMLIT_OK`, maybe on another thread.
 */
void beamlit_store_set_lock(beamlit_store *store,
                            beamlit_store_lock_fn lock,
                            beamlit_store_unlock_fn unlock);

/**
 * Fills in, in a read function, what was read: data, which is copied, and its version. NULL data of size 0 is no data.
 */
void beamlit_store_entry_set(beamlit_store_entry *entry, const uint8_t *data, size_t size, const char *version);

/**
 * Frees a store; the configs that it was copied into keep their copies. NULL is fine.
 */
void beamlit_store_free(beamlit_store *store);

/**
 * Makes a config in which nothing is set. Never NULL; free it with `beamlit_config_free`.
 */
beamlit_config *beamlit_config_new(void);

/**
 * Sets the workspace, by its name. Variable `BL_WORKSPACE`.
 */
void beamlit_config_set_workspace(beamlit_config *config, const char *workspace);

/**
 * Copies a credential into the config, with the fields that it has now. Variables `BL_API_KEY`, then
 * `BL_CLIENT_CREDENTIALS`; default the login that is stored.
 */
void beamlit_config_set_credential(beamlit_config *config, const beamlit_credential *credential);

/**
 * Sets the platform: `beamlit`, `blaxel`, or the URL of any other issuer (RFC 8414 §2). Variable `BL_PLATFORM`;
 * default `beamlit`.
 */
void beamlit_config_set_platform(beamlit_config *config, const char *name_or_issuer);

/**
 * Sets the API's base URL: https, or http on loopback. Variable `BL_API_URL`; default the platform's.
 */
void beamlit_config_set_api_url(beamlit_config *config, const char *url);

/**
 * Adds an origin that headers may be given for, such as `https://api.example.com`. Default: that of `api_url` alone
 * if it is set, else the platform's own; none for an issuer URL.
 */
void beamlit_config_allow_origin(beamlit_config *config, const char *origin);

/**
 * Sets the name of the header that carries the credential. `…Authorization` carries it as `Bearer`, `…Api-Key` as it
 * is; under other names tokens travel as `Bearer` and keys as they are. Default `Authorization`, and the platform's
 * `X-…-Api-Key` for keys.
 */
void beamlit_config_set_header(beamlit_config *config,
                               const char *name);

/**
 * Copies a store into the config: where logins live. Variable `BL_STORE`, which takes its URI; default `file`.
 */
void beamlit_config_set_store(beamlit_config *config, const beamlit_store *store);

/**
 * Sets what an `encrypted-file` store is sealed with. Variable `BL_STORE_PASSPHRASE`.
 */
void beamlit_config_set_passphrase(beamlit_config *config, const char *passphrase);

/**
 * Sets what the server does to a refresh token at a renewal: `none` (it stays good), `grace:SECONDS` (it stays good for
 * so long) or `strict` (it is spent). Default what the platform does, and `strict` for an issuer URL.
 */
void beamlit_config_set_rotation(beamlit_config *config, const char *rotation);

/**
 * Sets whether the tokens of client credentials go to the store too, so that the programs of this machine, or of a fleet
 * with one Redis server, make one request at each expiry together; never the secret. Where the store cannot be used, each
 * goes on by itself. Variable `BL_SHARE`;
 * default no, but yes with Redis.
 */
void beamlit_config_set_share(beamlit_config *config,
                              bool on);

/**
 * Sets whether the token is renewed when it is due even if nobody asks for it then, so that no call waits for a server as
 * long as a valid token is there. One thread of the library serves all sessions that want this: it begins with the first
 * and ends with the last, and at `beamlit_shutdown`, and has the signal mask of the thread whose call begins it: block what
 * your program waits for by `sigwait` before that. An API key renews nothing. Default no.
 */
void beamlit_config_set_background_refresh(beamlit_config *config,
                                           bool on);

/**
 * Sets what a call that passes `BEAMLIT_TIMEOUT_DEFAULT` waits at most, in milliseconds: 0 does not wait, more than
 * 24 hours is 24 hours. Default 30 seconds. `BEAMLIT_TIMEOUT_DEFAULT` changes nothing here; other negative numbers are
 * refused.
 */
void beamlit_config_set_timeout_ms(beamlit_config *config, int64_t timeout_ms);

/**
 * Sets a PEM file of certificate authorities, trusted beside the system's. Variable `SSL_CERT_FILE`, which stands in
 * the place of the system's.
 */
void beamlit_config_set_ca_file(beamlit_config *config, const char *path);

/**
 * Sets the proxy for https requests: a URL, or `none`. Variables `HTTPS_PROXY` and `NO_PROXY`. Never used for
 * loopback.
 */
void beamlit_config_set_proxy(beamlit_config *config, const char *url_or_none);

/**
 * Sets the program's `name/version`, put before the library's own in `User-Agent`.
 */
void beamlit_config_set_user_agent(beamlit_config *config, const char *name_and_version);

/**
 * Explains which credential this config would use and why; NULL is the config in which nothing is set. Local: asks
 * nobody, opens nothing.
 *
 * Fails with the first bad value of the config. That there is no credential to use is no failure but an explanation.
 */
beamlit_status beamlit_config_explain(const beamlit_config *config,
                                      beamlit_explanation **explanation,
                                      beamlit_error **error);

/**
 * Frees a config; the sessions that were opened with it stay. NULL is fine.
 */
void beamlit_config_free(beamlit_config *config);

/**
 * Opens a session: settles the config with the process environment and finds the credential. NULL is the config in
 * which nothing is set. Local and quick: no network, no prompt.
 *
 * Fails with the first bad value of the config, or `BEAMLIT_LOGIN_REQUIRED` if no credential is found. Free the
 * session with `beamlit_session_free`; the config may be freed at once.
 */
beamlit_status beamlit_session_open(const beamlit_config *config, beamlit_session **session, beamlit_error **error);

/**
 * Gives the headers for a request to `url`.
 *
 * `method` is the request's method; NULL is GET. `generation` is that of the headers that the caller holds, or 0: if
 * they are still the right ones, the answer is `BEAMLIT_NOT_MODIFIED` and `headers` is left alone. Otherwise `headers`
 * is the caller's to free with `beamlit_headers_free`.
 *
 * Refuses a URL that the credential was not issued for with `BEAMLIT_ORIGIN_REFUSED`: pass the URL of each request,
 * and ask again at each redirect. libcurl must not follow those by itself (`CURLOPT_FOLLOWLOCATION`): to another host it
 * leaves out `Authorization` alone; `examples/c/redirects.c` follows by hand.
 *
 * Answers from memory while the token is fresh; otherwise waits for the one renewal under way, at most `timeout_ms`, and
 * fails with what that failed with once no valid token is left.
 */
beamlit_status beamlit_session_headers(const beamlit_session *session,
                                       const char *method,
                                       const char *url,
                                       uint64_t generation,
                                       int64_t timeout_ms,
                                       beamlit_headers **headers,
                                       beamlit_error **error);

/**
 * Gives the access token, or the API key, for whoever cannot take headers. It is good for no other service than the
 * one it was issued for, and that is the caller's to see to.
 *
 * `min_valid_ms` is how long the token must still be good for, in milliseconds; it is cut to what a new token has.
 * Waits as `beamlit_session_headers` does. Free the token with `beamlit_token_free`.
 */
beamlit_status beamlit_session_token(const beamlit_session *session,
                                     int64_t min_valid_ms,
                                     int64_t timeout_ms,
                                     beamlit_token **token,
                                     beamlit_error **error);

/**
 * Renews the token if that is due, never by force, and waits for it.
 *
 * Fails with what the renewal failed with, even though a valid token may be left.
 */
beamlit_status beamlit_session_renew(const beamlit_session *session, int64_t timeout_ms, beamlit_error **error);

/**
 * Discards the token of `generation`, because a server answered 401 to it; no other one. Whether asking again gives
 * another token: false for an API key, for a token that itself came of a 401 less than a minute ago, and for NULL.
 */
bool beamlit_session_invalidate(const beamlit_session *session, uint64_t generation);

/**
 * Explains which credential this session uses and why. Local: asks nobody. Free the explanation with
 * `beamlit_explanation_free`.
 */
beamlit_status beamlit_session_explain(const beamlit_session *session,
                                       beamlit_explanation **explanation,
                                       beamlit_error **error);

/**
 * Ends the stored login: revokes its refresh token where the server can, then deletes it, and writes which of the two
 * happened to `outcome`, as the sum of `BEAMLIT_LOGOUT_REVOKED` and `BEAMLIT_LOGOUT_DELETED`. Sessions
 * of this process that share the login's tokens end with it, those of other processes with their token.
 *
 * Sends one request, and waits at most `timeout_ms` for its end; past that, and after `beamlit_session_cancel`, the
 * logout itself goes on, 20 seconds at most. A server that cannot be reached does not keep the login. Fails with `BEAMLIT_INVALID_ARGUMENT` if the session has no stored login: a
 * credential that the caller holds is none.
 */
beamlit_status beamlit_session_logout(const beamlit_session *session,
                                      int64_t timeout_ms,
                                      uint32_t *outcome,
                                      beamlit_error **error);

/**
 * Ends whatever waits on this session now with `BEAMLIT_CANCELLED`. A renewal under way goes on, and later calls are
 * unaffected. May be called from any thread, but not from a signal handler, and the session must outlive the call.
 */
void beamlit_session_cancel(const beamlit_session *session);

/**
 * The workspace; the empty string if none is set and for NULL.
 *
 * The string belongs to the session and lives as long.
 */
const char *beamlit_session_workspace(const beamlit_session *session);

/**
 * The API's base URL without a trailing slash; the empty string for an issuer whose API nobody named and for NULL.
 *
 * The string belongs to the session and lives as long.
 */
const char *beamlit_session_api_url(const beamlit_session *session);

/**
 * Frees a session and forgets its tokens; the tokens, headers and explanations that it gave stay. NULL is fine. No
 * other call on it may be under way.
 */
void beamlit_session_free(beamlit_session *session);

/**
 * Starts a login with what the config says: a device login (RFC 8628), unless the config has another credential. An API
 * key and client credentials are verified and stored at once, and the first poll gives their session. NULL is the config
 * in which nothing is set. The variables of credentials are ignored.
 *
 * Sends one request, or a few for another issuer, and waits at most `timeout_ms`; `BEAMLIT_TIMEOUT_DEFAULT` is the
 * config's time limit. Past it the requests go on, 20 seconds at most, but what they give is not kept: neither a code
 * nor a credential that was found good. Free the login with `beamlit_login_free`; the config may be freed at once.
 */
beamlit_status beamlit_login_start(const beamlit_config *config,
                                   int64_t timeout_ms,
                                   beamlit_login **login,
                                   beamlit_error **error);

/**
 * The link to open: with the code in it where the server offers that (RFC 8628 §3.3.1). The empty string if there is
 * nothing to approve and for NULL.
 *
 * The string belongs to the login and lives as long.
 */
const char *beamlit_login_url(const beamlit_login *login);

/**
 * The code that the person enters, or compares with the one in the browser (RFC 8628 §3.3): printable ASCII, 64
 * characters at most. The empty string if there is nothing to approve and for NULL.
 *
 * The string belongs to the login and lives as long.
 */
const char *beamlit_login_user_code(const beamlit_login *login);

/**
 * Where the person enters the code. The empty string if there is nothing to approve and for NULL.
 *
 * The string belongs to the login and lives as long.
 */
const char *beamlit_login_verification_uri(const beamlit_login *login);

/**
 * The link that has the code in it. The empty string if the server offers none and for NULL.
 *
 * The string belongs to the login and lives as long.
 */
const char *beamlit_login_verification_uri_complete(const beamlit_login *login);

/**
 * When the code expires, in Unix seconds. 0 for NULL.
 */
int64_t beamlit_login_expires_at_s(const beamlit_login *login);

/**
 * How many milliseconds there are between two polls of the server, now: it may ask for more later (RFC 8628 §3.5). For
 * display; the calls below keep to it themselves. 0 if there is nothing to approve and for NULL.
 */
int64_t beamlit_login_interval_ms(const beamlit_login *login);

/**
 * Asks the server whether the person has approved, if that is due: one request at most. May be called at any rate, as
 * from a timer.
 *
 * Answers `BEAMLIT_OK` and the session, which is the caller's to free with `beamlit_session_free`; `BEAMLIT_PENDING` if
 * it is not yet approved, or the answer is not there after `timeout_ms`: it is for a later poll then, so that 0 never
 * waits. `BEAMLIT_TIMEOUT_DEFAULT` is the config's time limit, 20 seconds at most. Later polls give another handle of
 * the same session.
 *
 * Fails with `BEAMLIT_ACCESS_DENIED` if the person refused, `BEAMLIT_LOGIN_EXPIRED` if the code's time is over,
 * `BEAMLIT_CLOSED` after `beamlit_login_cancel`; and then every time. `BEAMLIT_CANCELLED` if that ended this very
 * call. A server that cannot be reached is asked again,
 * until the code expires.
 */
beamlit_status beamlit_login_poll(const beamlit_login *login,
                                  int64_t timeout_ms,
                                  beamlit_session **session,
                                  beamlit_error **error);

/**
 * Waits until the person has approved, polling the server as often as it allows.
 *
 * Answers as `beamlit_login_poll` does, and `BEAMLIT_PENDING` if only the wait of `timeout_ms` ran out: waiting can then
 * go on. `BEAMLIT_TIMEOUT_DEFAULT` waits until the code expires.
 */
beamlit_status beamlit_login_wait(const beamlit_login *login,
                                  int64_t timeout_ms,
                                  beamlit_session **session,
                                  beamlit_error **error);

/**
 * Gives the login up for good: whatever waits on it now fails with `BEAMLIT_CANCELLED`, every later call with
 * `BEAMLIT_CLOSED`, and an approval that comes later is not stored. Changes nothing if the login has ended before, or is
 * being stored. May be called from any thread, but not from a signal handler.
 */
void beamlit_login_cancel(const beamlit_login *login);

/**
 * Frees a login; the sessions that came of it stay. A login that has not ended is given up: nobody polls for it any more,
 * and an approval that comes later is not stored. NULL is fine. No other call on it may be under way.
 */
void beamlit_login_free(beamlit_login *login);

/**
 * How many headers there are; 0 for NULL.
 */
size_t beamlit_headers_count(const beamlit_headers *headers);

/**
 * The name of a header, the first one has index 0; the empty string past the last one and for NULL.
 *
 * The string belongs to the headers and lives as long.
 */
const char *beamlit_headers_name(const beamlit_headers *headers, size_t index);

/**
 * The value of a header; the empty string past the last one and for NULL.
 *
 * The string belongs to the headers, and is wiped when they are freed. That of the first header is a secret.
 */
const char *beamlit_headers_value(const beamlit_headers *headers, size_t index);

/**
 * A header as one line `Name: value` without a line end, as libcurl takes it; the empty string past the last one and
 * for NULL.
 *
 * The string belongs to the headers, and is wiped when they are freed. That of the first header is a secret.
 */
const char *beamlit_headers_line(const beamlit_headers *headers, size_t index);

/**
 * The number of the token in the headers, for `beamlit_session_headers` and `beamlit_session_invalidate`; 0 for
 * NULL.
 */
uint64_t beamlit_headers_generation(const beamlit_headers *headers);

/**
 * Frees headers and wipes them. NULL is fine.
 */
void beamlit_headers_free(beamlit_headers *headers);

/**
 * The secret text; the empty string for NULL.
 *
 * The string belongs to the token, and is wiped when that is freed. Copies are the caller's to protect.
 */
const char *beamlit_token_reveal(const beamlit_token *token);

/**
 * `Bearer` (RFC 6750) for an access token; the empty string for an API key and for NULL.
 *
 * The string belongs to the token and lives as long.
 */
const char *beamlit_token_type(const beamlit_token *token);

/**
 * The scope that the server granted, words separated by blanks; the empty string if it said nothing and none was
 * asked for, and for NULL.
 *
 * The string belongs to the token and lives as long.
 */
const char *beamlit_token_scope(const beamlit_token *token);

/**
 * When the token expires, in Unix seconds; -1 does not expire. 0 for NULL.
 */
int64_t beamlit_token_expires_at_s(const beamlit_token *token);

/**
 * The number of this token, for `beamlit_session_invalidate`; each new token of a session has a higher one. 0 for
 * NULL.
 */
uint64_t beamlit_token_generation(const beamlit_token *token);

/**
 * Frees a token and wipes it. NULL is fine.
 */
void beamlit_token_free(beamlit_token *token);

/**
 * The explanation as one JSON object with `version`, `picked` (null if nothing was) and `links`; the empty string for
 * NULL. Members may be added; ignore those that are unknown.
 *
 * The string belongs to the explanation and lives as long.
 */
const char *beamlit_explanation_json(const beamlit_explanation *explanation);

/**
 * The explanation for people, several lines without a final line end; the empty string for NULL.
 *
 * The string belongs to the explanation and lives as long.
 */
const char *beamlit_explanation_text(const beamlit_explanation *explanation);

/**
 * Frees an explanation. NULL is fine.
 */
void beamlit_explanation_free(beamlit_explanation *explanation);

/**
 * Hands the library's events to `sink`: those of `max_level` and the more severe ones. One sink serves the process; a
 * later call replaces it, and NULL, or a level below `BEAMLIT_LOG_ERROR`, ends it.
 *
 * `sink` gets `user`, the level and one line, which is good for the call only and never holds a secret. It is called
 * on the thread that the event is of, which may be one of the library's own, and on several at once. It must not
 * throw, and must not call back into the session that the event is of. `user` must outlive every call that is under
 * way when the sink is replaced.
 */
void beamlit_log_set(void (*sink)(void *user, int32_t level, const char *line), void *user, int32_t max_level);

/**
 * Waits for what this process has under way, `timeout_ms` at most: a renewal that has sent a refresh token which the
 * server spends as long as that says, which needs 20 seconds at most, and anything else (rotation `none` among it) no
 * longer than 5 seconds. Whether nothing is left.
 *
 * Call it before the process ends, so that no answer is lost that the server will not give again; nothing does so by
 * itself. `BEAMLIT_TIMEOUT_DEFAULT` is 30 seconds here; other negative numbers do not wait. Handles stay good, but for 2
 * seconds no renewal sends a refresh token that is spent by that.
 */
bool beamlit_shutdown(int64_t timeout_ms);

/**
 * `beamlit_shutdown` for a program that ends at once, after Ctrl-C say, and keeps nothing of what it asked for: waits for
 * renewals that have sent a refresh token which the server spends, `timeout_ms` at most, and for nothing else. Whether
 * nothing is left, of any kind.
 */
bool beamlit_shutdown_spending(int64_t timeout_ms);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* BEAMLIT_AUTH_H */
