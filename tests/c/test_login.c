/* The driver is the person: it approves and denies the codes that a test asks for. It lets the server be polled once a
 * second. */
#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Lets other threads go on for a moment inside of a bounded loop. */
static void breathe(void) {
  struct timespec moment = {0, 5000000};
  nanosleep(&moment, NULL);
}

/* What opening a session with this config fails with; frees the config. */
static beamlit_status open_only(beamlit_config *config, beamlit_error **error) {
  beamlit_session *session = NULL;
  beamlit_status status = beamlit_session_open(config, &session, error);
  beamlit_session_free(session);
  beamlit_config_free(config);
  return status;
}

/* Waits until the login is done, and frees it. */
static beamlit_session *finish(beamlit_login *login) {
  beamlit_session *session = NULL;
  beamlit_error *error = NULL;
  if (beamlit_login_wait(login, -1, &session, &error) != BEAMLIT_OK)
    check_failed(__FILE__, __LINE__, "finish", beamlit_error_message(error));
  beamlit_login_free(login);
  return session;
}

/* A login that the person approves at once. */
static beamlit_session *log_in(beamlit_config *config) {
  beamlit_login *login = start_login(config);
  check_ask("approve", beamlit_login_user_code(login));
  return finish(login);
}

static void use(const beamlit_session *session) {
  beamlit_headers *headers = get_headers(session);
  CHECK_TEXT(beamlit_headers_name(headers, 0), "Authorization");
  CHECK(strncmp(beamlit_headers_value(headers, 0), "Bearer ", 7) == 0);
  beamlit_headers_free(headers);
}

static void test_login__is_shown_and_polled_from_a_timer(void) {
  beamlit_login *login = start_login(login_config());
  CHECK(strlen(beamlit_login_user_code(login)) >= 8);
  CHECK_HAS(beamlit_login_verification_uri(login), "http://127.0.0.1:");
  CHECK_HAS(beamlit_login_verification_uri_complete(login), beamlit_login_user_code(login));
  CHECK_TEXT(beamlit_login_url(login), beamlit_login_verification_uri_complete(login));
  int64_t left = beamlit_login_expires_at_s(login) * 1000 - now_ms(CLOCK_REALTIME);
  CHECK(left > 500000 && left <= 600000);
  CHECK(beamlit_login_interval_ms(login) == 1000);
  beamlit_session *session = UNTOUCHED(beamlit_session);
  CHECK_STATUS(beamlit_login_poll(login, 0, &session, NULL), BEAMLIT_PENDING);
  CHECK_STATUS(beamlit_login_poll(login, -1, &session, NULL), BEAMLIT_PENDING);
  CHECK(session == UNTOUCHED(beamlit_session));
  check_ask("approve", beamlit_login_user_code(login));
  int64_t until = now_ms(CLOCK_MONOTONIC) + 20000;
  beamlit_error *error = NULL;
  for (;;) {
    int64_t start = now_ms(CLOCK_MONOTONIC);
    beamlit_status status = beamlit_login_poll(login, 0, &session, &error);
    CHECK(now_ms(CLOCK_MONOTONIC) - start < 1000 && start < until);
    if (status == BEAMLIT_OK) break;
    CHECK_STATUS(status, BEAMLIT_PENDING);
    CHECK(session == UNTOUCHED(beamlit_session) && error == NULL);
    breathe();
  }
  CHECK_TEXT(beamlit_session_workspace(session), "acme");
  CHECK_TEXT(beamlit_session_api_url(session), fixture("TEST_API_URL"));
  beamlit_session *again = NULL;
  CHECK_STATUS(beamlit_login_poll(login, 0, &again, NULL), BEAMLIT_OK);
  beamlit_login_cancel(login); /* Too late to change anything. */
  beamlit_session_free(again);
  CHECK_STATUS(beamlit_login_wait(login, 0, &again, NULL), BEAMLIT_OK);
  beamlit_login_free(login);
  beamlit_session_free(again);
  use(session);
  beamlit_session_free(session);
}

static void test_login__a_wait_that_runs_out_is_pending(void) {
  beamlit_login *login = start_login(login_config());
  beamlit_session *session = UNTOUCHED(beamlit_session);
  CHECK_STATUS(beamlit_login_wait(login, 0, &session, NULL), BEAMLIT_PENDING);
  int64_t start = now_ms(CLOCK_MONOTONIC);
  CHECK_STATUS(beamlit_login_wait(login, 1200, &session, NULL), BEAMLIT_PENDING);
  int64_t took = now_ms(CLOCK_MONOTONIC) - start;
  CHECK(took >= 1200 && took < 6000);
  CHECK(session == UNTOUCHED(beamlit_session));
  check_ask("approve", beamlit_login_user_code(login));
  CHECK_STATUS(beamlit_login_wait(login, 20000, &session, NULL), BEAMLIT_OK);
  beamlit_login_free(login);
  use(session);
  beamlit_session_free(session);
}

static void *waiter_thread(void *argument) {
  beamlit_session *session = NULL;
  beamlit_error *error = NULL;
  beamlit_login_wait(argument, -1, &session, &error);
  CHECK(session == NULL);
  return error;
}

static void test_login__cancel_is_final(void) {
  beamlit_login *login = start_login(login_config());
  pthread_t waiter;
  CHECK(pthread_create(&waiter, NULL, waiter_thread, login) == 0);
  beamlit_session *session = UNTOUCHED(beamlit_session);
  CHECK_STATUS(beamlit_login_wait(login, 200, &session, NULL), BEAMLIT_PENDING);
  int64_t start = now_ms(CLOCK_MONOTONIC);
  beamlit_login_cancel(login);
  void *answer = NULL;
  CHECK(pthread_join(waiter, &answer) == 0);
  CHECK(now_ms(CLOCK_MONOTONIC) - start < 1500);
  CHECK(beamlit_error_status(answer) == BEAMLIT_CANCELLED);
  beamlit_error_free(answer);
  check_ask("approve", beamlit_login_user_code(login));
  CHECK_FAILS(beamlit_login_poll(login, -1, &session, &error), BEAMLIT_CLOSED, "cancelled");
  CHECK_FAILS(beamlit_login_wait(login, -1, &session, &error), BEAMLIT_CLOSED, "cancelled");
  CHECK(session == UNTOUCHED(beamlit_session));
  beamlit_login_cancel(login);
  beamlit_login_free(login);
}

/* The driver lets the answer to a poll come late. */
static void test_login__free_gives_it_up(void) {
  beamlit_login *login = start_login(login_config());
  check_ask("approve", beamlit_login_user_code(login));
  beamlit_session *session = UNTOUCHED(beamlit_session);
  CHECK_STATUS(beamlit_login_wait(login, 1500, &session, NULL), BEAMLIT_PENDING); /* A poll is under way. */
  CHECK(session == UNTOUCHED(beamlit_session));
  beamlit_login_free(login);
  CHECK(beamlit_shutdown(-1)); /* Its answer has come. */
  CHECK_FAILS(open_only(login_config(), &error), BEAMLIT_LOGIN_REQUIRED, "nobody is logged in");
}

static void test_login__a_denial_ends_it(void) {
  beamlit_login *login = start_login(login_config());
  beamlit_session *session = UNTOUCHED(beamlit_session);
  check_ask("deny", beamlit_login_user_code(login));
  CHECK_FAILS(beamlit_login_wait(login, -1, &session, &error), BEAMLIT_ACCESS_DENIED, "denied");
  CHECK_FAILS(beamlit_login_poll(login, 0, &session, &error), BEAMLIT_ACCESS_DENIED, "denied");
  CHECK(session == UNTOUCHED(beamlit_session));
  beamlit_login_free(login);
}

/* The driver lets codes live for one second. */
static void test_login__its_code_expires(void) {
  beamlit_login *login = start_login(login_config());
  beamlit_session *session = UNTOUCHED(beamlit_session);
  CHECK_FAILS(beamlit_login_wait(login, -1, &session, &error), BEAMLIT_LOGIN_EXPIRED, "in time");
  CHECK_FAILS(beamlit_login_poll(login, 0, &session, &error), BEAMLIT_LOGIN_EXPIRED, "in time");
  CHECK(session == UNTOUCHED(beamlit_session));
  beamlit_login_free(login);
}

/* The driver lets no device login begin. */
static void test_login__a_time_limit_ends_the_start(void) {
  beamlit_config *config = login_config();
  beamlit_login *login = UNTOUCHED(beamlit_login);
  int64_t start = now_ms(CLOCK_MONOTONIC);
  CHECK_FAILS(beamlit_login_start(config, 300, &login, &error), BEAMLIT_DEADLINE_EXCEEDED, "before the server answered");
  int64_t took = now_ms(CLOCK_MONOTONIC) - start;
  CHECK(took >= 300 && took < 3000);
  CHECK(login == UNTOUCHED(beamlit_login));
  /* The config's own limit, where the call has none. */
  beamlit_config_set_timeout_ms(config, 300);
  start = now_ms(CLOCK_MONOTONIC);
  CHECK_FAILS(beamlit_login_start(config, -1, &login, &error), BEAMLIT_DEADLINE_EXCEEDED, "before the server answered");
  took = now_ms(CLOCK_MONOTONIC) - start;
  CHECK(took >= 300 && took < 3000);
  CHECK(login == UNTOUCHED(beamlit_login));
  beamlit_config_free(config);
}

/* The driver lets no poll be answered. */
static void test_login__a_poll_has_the_limit_of_the_config(void) {
  beamlit_config *config = login_config();
  beamlit_config_set_timeout_ms(config, 300);
  beamlit_login *login = start_login(config);
  beamlit_session *session = UNTOUCHED(beamlit_session);
  CHECK_STATUS(beamlit_login_wait(login, 1200, &session, NULL), BEAMLIT_PENDING); /* A poll is under way. */
  int64_t start = now_ms(CLOCK_MONOTONIC);
  CHECK_STATUS(beamlit_login_poll(login, -1, &session, NULL), BEAMLIT_PENDING);
  int64_t took = now_ms(CLOCK_MONOTONIC) - start;
  CHECK(took >= 300 && took < 3000);
  CHECK(session == UNTOUCHED(beamlit_session));
  beamlit_login_free(login);
}

static void test_login__refuses_times_below_the_default(void) {
  beamlit_config *config = login_config();
  beamlit_login *login = UNTOUCHED(beamlit_login);
  CHECK_FAILS(beamlit_login_start(config, -2, &login, &error), BEAMLIT_INVALID_ARGUMENT, "timeout_ms");
  CHECK(login == UNTOUCHED(beamlit_login));
  login = start_login(config);
  beamlit_session *session = UNTOUCHED(beamlit_session);
  CHECK_FAILS(beamlit_login_poll(login, INT64_MIN, &session, &error), BEAMLIT_INVALID_ARGUMENT, "timeout_ms");
  CHECK_FAILS(beamlit_login_wait(login, -3, &session, &error), BEAMLIT_INVALID_ARGUMENT, "timeout_ms");
  CHECK_STATUS(beamlit_login_poll(login, INT64_MAX, &session, NULL), BEAMLIT_PENDING);
  CHECK(session == UNTOUCHED(beamlit_session));
  beamlit_login_free(login);
}

static void test_login__of_a_key_needs_no_person(void) {
  beamlit_config *const configs[] = {key_config(), client_config()};
  for (int i = 0; i < 2; i++) {
    beamlit_config_set_workspace(configs[i], "acme");
    beamlit_login *login = start_login(configs[i]);
    CHECK_TEXT(beamlit_login_url(login), "");
    CHECK_TEXT(beamlit_login_user_code(login), "");
    CHECK_TEXT(beamlit_login_verification_uri(login), "");
    CHECK_TEXT(beamlit_login_verification_uri_complete(login), "");
    CHECK(beamlit_login_interval_ms(login) == 0);
    beamlit_session *session = NULL;
    CHECK_STATUS(beamlit_login_poll(login, 0, &session, NULL), BEAMLIT_OK);
    beamlit_headers_free(get_headers(session));
    beamlit_session_free(session);
    beamlit_login_free(login);
    session = open_session(login_config());
    beamlit_headers_free(get_headers(session));
    beamlit_session_free(session);
  }
}

static void test_login__a_key_that_is_not_accepted_is_not_stored(void) {
  beamlit_credential *credential = beamlit_credential_new("api_key");
  beamlit_credential_set(credential, "api_key", "BL_CANARY0123456789");
  beamlit_config *config = login_config();
  beamlit_config_set_credential(config, credential);
  beamlit_credential_free(credential);
  beamlit_config_set_workspace(config, "elsewhere");
  beamlit_login *login = UNTOUCHED(beamlit_login);
  beamlit_error *error = NULL;
  CHECK_STATUS(beamlit_login_start(config, -1, &login, &error), BEAMLIT_INVALID_CLIENT);
  CHECK(strstr(beamlit_error_message(error), "CANARY") == NULL);
  CHECK(login == UNTOUCHED(beamlit_login));
  beamlit_error_free(error);
  beamlit_config_free(config);
  config = login_config();
  beamlit_config_set_workspace(config, "elsewhere");
  CHECK_STATUS(open_only(config, NULL), BEAMLIT_LOGIN_REQUIRED);
}

/* A config whose logins are in a folder of that name below the home folder. */
static beamlit_config *config_with_folder(const char *name) {
  char uri[4096];
  snprintf(uri, sizeof uri, "file:%s/%s", fixture("HOME"), name);
  beamlit_store *store = beamlit_store_new(uri);
  beamlit_config *config = login_config();
  beamlit_config_set_store(config, store);
  beamlit_store_free(store);
  return config;
}

static void test_login__lives_in_its_store_alone(void) {
  beamlit_session *session = log_in(config_with_folder("one"));
  beamlit_session_free(session);
  CHECK_STATUS(open_only(config_with_folder("one"), NULL), BEAMLIT_OK);
  CHECK_FAILS(open_only(config_with_folder("other"), &error), BEAMLIT_LOGIN_REQUIRED, "nobody is logged in");
}

static beamlit_config *config_with_scope(const char *scope) {
  beamlit_credential *credential = beamlit_credential_new("device_code");
  beamlit_credential_set(credential, "scope", scope);
  beamlit_config *config = config_with_folder("scope");
  beamlit_config_set_credential(config, credential);
  beamlit_credential_free(credential);
  return config;
}

static void test_login__has_the_scope_that_it_asked_for(void) {
  beamlit_session_free(log_in(config_with_scope("models:read")));
  CHECK_STATUS(open_only(config_with_scope("models:read"), NULL), BEAMLIT_OK);
  CHECK_STATUS(open_only(config_with_folder("scope"), NULL), BEAMLIT_OK);
  beamlit_error *error = NULL;
  CHECK_STATUS(open_only(config_with_scope("models:read models:write"), &error), BEAMLIT_LOGIN_REQUIRED);
  CHECK_TEXT(beamlit_error_reason(error), "insufficient_scope");
  CHECK_HAS(beamlit_error_message(error), "the scope models:write;");
  beamlit_error_free(error);
}

static void test_login__has_the_rotation_that_it_was_made_with(void) {
  beamlit_session_free(log_in(config_with_folder("rotation")));
  beamlit_config *config = config_with_folder("rotation");
  beamlit_config_set_rotation(config, "none");
  CHECK_STATUS(open_only(config, NULL), BEAMLIT_OK);
  config = config_with_folder("rotation");
  beamlit_config_set_rotation(config, "strict");
  CHECK_FAILS(open_only(config, &error), BEAMLIT_INVALID_CONFIG, "rotation is strict");
}

static void test_login__a_logout_deletes_where_the_server_cannot_revoke(void) {
  beamlit_session *session = log_in(config_with_folder("logout"));
  beamlit_session *other = open_session(config_with_folder("logout"));
  uint32_t outcome = 7;
  CHECK_FAILS(beamlit_session_logout(session, -2, &outcome, &error), BEAMLIT_INVALID_ARGUMENT, "timeout_ms");
  CHECK(outcome == 7);
  CHECK_STATUS(beamlit_session_logout(session, -1, &outcome, NULL), BEAMLIT_OK);
  CHECK(outcome == BEAMLIT_LOGOUT_DELETED);
  CHECK_STATUS(beamlit_session_logout(other, -1, &outcome, NULL), BEAMLIT_OK);
  CHECK(outcome == 0);
  beamlit_error *error = NULL;
  CHECK_STATUS(beamlit_session_renew(session, -1, &error), BEAMLIT_LOGIN_REQUIRED);
  CHECK_TEXT(beamlit_error_reason(error), "logged_out");
  beamlit_error_free(error);
  CHECK_STATUS(open_only(config_with_folder("logout"), &error), BEAMLIT_LOGIN_REQUIRED);
  CHECK_TEXT(beamlit_error_reason(error), "logged_out");
  beamlit_error_free(error);
  beamlit_session_free(session);
  beamlit_session_free(other);
}

/* The driver's server is an issuer that follows the RFCs to the letter. */
static beamlit_config *issuer_config(void) {
  beamlit_credential *credential = beamlit_credential_new("device_code");
  beamlit_credential_set(credential, "client_id", "beamlit");
  beamlit_config *config = login_config();
  beamlit_config_set_platform(config, fixture("TEST_API_URL"));
  beamlit_config_set_credential(config, credential);
  beamlit_credential_free(credential);
  return config;
}

static void test_login__a_logout_revokes_where_the_server_can(void) {
  beamlit_session *session = log_in(issuer_config());
  uint32_t outcome = 7;
  CHECK_STATUS(beamlit_session_logout(session, 20000, &outcome, NULL), BEAMLIT_OK);
  CHECK(outcome == (BEAMLIT_LOGOUT_REVOKED | BEAMLIT_LOGOUT_DELETED));
  beamlit_session_free(session);
}

static void *logout_thread(void *argument) {
  uint32_t outcome = 7;
  beamlit_error *error = NULL;
  beamlit_session_logout(argument, -1, &outcome, &error);
  CHECK(outcome == 7);
  return error;
}

/* The driver lets a revocation be answered after a second and a half. */
static void test_login__a_logout_goes_on_without_its_caller(void) {
  beamlit_session *session = log_in(issuer_config());
  uint32_t outcome = 7;
  int64_t start = now_ms(CLOCK_MONOTONIC);
  CHECK_FAILS(beamlit_session_logout(session, 300, &outcome, &error), BEAMLIT_DEADLINE_EXCEEDED, "goes on");
  int64_t took = now_ms(CLOCK_MONOTONIC) - start;
  CHECK(took >= 300 && took < 1500);
  CHECK(outcome == 7);
  beamlit_session_free(session);
  CHECK(beamlit_shutdown(-1));
  beamlit_error *error = NULL;
  CHECK_STATUS(open_only(issuer_config(), &error), BEAMLIT_LOGIN_REQUIRED);
  CHECK_TEXT(beamlit_error_reason(error), "logged_out");
  beamlit_error_free(error);
}

/* The same server. */
static void test_login__a_logout_is_waited_for_until_it_is_cancelled(void) {
  beamlit_session *session = log_in(issuer_config());
  pthread_t waiter;
  CHECK(pthread_create(&waiter, NULL, logout_thread, session) == 0);
  breathe();
  void *answer = NULL;
  int64_t start = now_ms(CLOCK_MONOTONIC);
  for (;;) {
    beamlit_session_cancel(session);
    if (pthread_tryjoin_np(waiter, &answer) == 0) break;
    CHECK(now_ms(CLOCK_MONOTONIC) - start < 1400);
    breathe();
  }
  CHECK(beamlit_error_status(answer) == BEAMLIT_CANCELLED);
  beamlit_error_free(answer);
  beamlit_session_free(session);
  CHECK(beamlit_shutdown(-1));
}

static void test_login__a_session_without_one_has_no_logout(void) {
  beamlit_session *session = open_session(key_config());
  uint32_t outcome = 7;
  CHECK_FAILS(beamlit_session_logout(session, -1, &outcome, &error), BEAMLIT_INVALID_ARGUMENT, "no stored login");
  CHECK(outcome == 7);
  beamlit_headers_free(get_headers(session));
  beamlit_session_free(session);
}

static void test_login__a_refresh_token_from_elsewhere_is_renewed(void) {
  beamlit_credential *credential = beamlit_credential_new("refresh_token");
  beamlit_credential_set(credential, "refresh_token", fixture("TEST_REFRESH_TOKEN"));
  beamlit_config *config = login_config();
  beamlit_config_set_credential(config, credential);
  beamlit_credential_free(credential);
  beamlit_session *session = open_session(config);
  use(session);
  beamlit_session_free(session);
}

/* One login, several programs. */

static void test_login__is_made(void) {
  beamlit_session *session = log_in(login_config());
  use(session);
  beamlit_session_free(session);
}

static void test_login__is_there_already(void) {
  beamlit_session *session = open_session(login_config());
  use(session);
  beamlit_session_free(session);
  /* Whoever names the kind finds it too. */
  beamlit_credential *credential = beamlit_credential_new("device_code");
  beamlit_config *config = login_config();
  beamlit_config_set_credential(config, credential);
  beamlit_credential_free(credential);
  session = open_session(config);
  use(session);
  beamlit_session_free(session);
}

/* The driver lets tokens live for a few seconds, says how often they are to expire, and counts requests. */
static uint64_t expiries(void) {
  return strtoull(fixture("TEST_EXPIRIES"), NULL, 10);
}

static beamlit_config *strict_config(void) {
  beamlit_config *config = login_config();
  beamlit_config_set_rotation(config, "strict");
  return config;
}

/* The token as it is in memory or in the store; it is not renewed if it is valid. */
static beamlit_token *get_token(const beamlit_session *session) {
  beamlit_token *token = NULL;
  beamlit_error *error = NULL;
  if (beamlit_session_token(session, 0, -1, &token, &error) != BEAMLIT_OK)
    check_failed(__FILE__, __LINE__, "get_token", beamlit_error_message(error));
  return token;
}

/* Waits until the token has expired, and frees it. */
static void let_expire(beamlit_token *token) {
  struct timespec until = {(time_t)beamlit_token_expires_at_s(token) + 1, 0};
  CHECK((int64_t)until.tv_sec * 1000 - now_ms(CLOCK_REALTIME) < 10000);
  CHECK(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL) == 0);
  beamlit_token_free(token);
}

/* Asks for a token whenever the last one has expired, until there is the generation. */
static void follow(const beamlit_session *session, uint64_t last) {
  beamlit_token *token = get_token(session);
  while (beamlit_token_generation(token) < last) {
    let_expire(token);
    token = get_token(session);
  }
  beamlit_token_free(token);
}

struct follower {
  const beamlit_session *session;
  uint64_t last;
};

static void *follower_thread(void *argument) {
  struct follower *follower = argument;
  follow(follower->session, follower->last);
  return NULL;
}

static void test_login__one_request_serves_the_herd_at_each_expiry(void) {
  beamlit_session *session = log_in(strict_config());
  beamlit_token *token = get_token(session);
  struct follower follower = {session, beamlit_token_generation(token) + expiries()};
  beamlit_token_free(token);
  pthread_t threads[64];
  for (int i = 0; i < 64; i++) CHECK(pthread_create(&threads[i], NULL, follower_thread, &follower) == 0);
  for (int i = 0; i < 64; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  use(session);
  beamlit_session_free(session);
}

static void test_login__is_made_on_a_strict_server(void) {
  beamlit_session_free(log_in(strict_config()));
}

/* One of many processes; the driver lets all of them begin with the same token. */
static void test_login__is_shared_by_processes(void) {
  beamlit_session *session = open_session(strict_config());
  /* The record of a login has its number, which is the same in every process. */
  follow(session, 1 + expiries());
  beamlit_session_free(session);
}

/* Children share what the parent has, and the login stays one. */
static void test_login__is_shared_by_forked_children(void) {
  beamlit_session *session = log_in(strict_config());
  beamlit_login *login = start_login(config_with_folder("child"));
  beamlit_token *token = get_token(session);
  uint64_t last = beamlit_token_generation(token) + expiries();
  beamlit_token_free(token);
  pid_t children[4];
  for (int i = 0; i < 4; i++) {
    children[i] = fork();
    CHECK(children[i] >= 0);
    if (children[i] == 0) {
      alarm(60);
      follow(session, last);
      beamlit_session_free(session);
      beamlit_login_free(login);
      CHECK(beamlit_shutdown(-1));
      _exit(0);
    }
  }
  follow(session, last);
  for (int i = 0; i < 4; i++) {
    int status = -1;
    CHECK(waitpid(children[i], &status, 0) == children[i]);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  /* What the parent has started, a child finishes. */
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    alarm(60);
    check_ask("approve", beamlit_login_user_code(login));
    beamlit_session *own = finish(login);
    use(own);
    beamlit_session_free(own);
    beamlit_session_free(session);
    _exit(0);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  beamlit_login_free(login);
  beamlit_session_free(session);
  session = open_session(config_with_folder("child"));
  use(session);
  beamlit_session_free(session);
}

/* The end of a process. */

static void test_login__a_shutdown_with_nothing_under_way(void) {
  CHECK(beamlit_shutdown(-1)); /* What the tests before have left. */
  int64_t start = now_ms(CLOCK_MONOTONIC);
  CHECK(beamlit_shutdown(0));
  CHECK(beamlit_shutdown(-2));
  CHECK(beamlit_shutdown(INT64_MAX));
  CHECK(beamlit_shutdown_spending(-1));
  CHECK(beamlit_shutdown_spending(INT64_MIN));
  CHECK(now_ms(CLOCK_MONOTONIC) - start < 1000);
}

/* The driver answers renewals after a second and a half. */
static void test_login__a_shutdown_waits_for_the_renewal_under_way(void) {
  beamlit_session *session = log_in(strict_config());
  let_expire(get_token(session));
  CHECK_STATUS(beamlit_session_renew(session, 200, NULL), BEAMLIT_DEADLINE_EXCEEDED);
  beamlit_session_free(session);
  CHECK(!beamlit_shutdown(0));
  CHECK(!beamlit_shutdown(-2));
  CHECK(!beamlit_shutdown(100));
  CHECK(!beamlit_shutdown_spending(100));
  beamlit_shutdown_spending(-1); /* The thread of the renewal may not have ended quite. */
  session = open_session(strict_config());
  beamlit_token *token = NULL;
  CHECK_STATUS(beamlit_session_token(session, 0, 0, &token, NULL), BEAMLIT_OK);
  beamlit_token_free(token);
  beamlit_session_free(session);
  CHECK(beamlit_shutdown(-1));
}

/* The driver answers no request for codes. */
static void test_login__a_shutdown_after_ctrl_c_waits_for_what_spends_alone(void) {
  beamlit_config *config = login_config();
  beamlit_login *login = UNTOUCHED(beamlit_login);
  CHECK_STATUS(beamlit_login_start(config, 100, &login, NULL), BEAMLIT_DEADLINE_EXCEEDED);
  beamlit_config_free(config);
  int64_t start = now_ms(CLOCK_MONOTONIC);
  CHECK(!beamlit_shutdown_spending(-1));
  CHECK(now_ms(CLOCK_MONOTONIC) - start < 1000);
  CHECK(!beamlit_shutdown(300));
  CHECK(now_ms(CLOCK_MONOTONIC) - start >= 300);
}

static const struct test tests[] = {
    {"is_shown_and_polled_from_a_timer", test_login__is_shown_and_polled_from_a_timer, 0},
    {"a_wait_that_runs_out_is_pending", test_login__a_wait_that_runs_out_is_pending, 0},
    {"a_denial_ends_it", test_login__a_denial_ends_it, 0},
    {"refuses_times_below_the_default", test_login__refuses_times_below_the_default, 0},
    {"of_a_key_needs_no_person", test_login__of_a_key_needs_no_person, 0},
    {"a_key_that_is_not_accepted", test_login__a_key_that_is_not_accepted_is_not_stored, 0},
    {"lives_in_its_store_alone", test_login__lives_in_its_store_alone, 0},
    {"has_the_scope", test_login__has_the_scope_that_it_asked_for, 0},
    {"has_the_rotation", test_login__has_the_rotation_that_it_was_made_with, 0},
    {"a_logout_deletes", test_login__a_logout_deletes_where_the_server_cannot_revoke, 0},
    {"a_session_without_one_has_no_logout", test_login__a_session_without_one_has_no_logout, 0},
    {"a_shutdown_with_nothing_under_way", test_login__a_shutdown_with_nothing_under_way, 0},
    {"cancel_is_final", test_login__cancel_is_final, 1},
    {"free_gives_it_up", test_login__free_gives_it_up, 1},
    {"its_code_expires", test_login__its_code_expires, 1},
    {"a_time_limit_ends_the_start", test_login__a_time_limit_ends_the_start, 1},
    {"a_poll_has_the_limit_of_the_config", test_login__a_poll_has_the_limit_of_the_config, 1},
    {"a_logout_revokes", test_login__a_logout_revokes_where_the_server_can, 1},
    {"a_logout_goes_on_without_its_caller", test_login__a_logout_goes_on_without_its_caller, 1},
    {"a_logout_is_waited_for_until", test_login__a_logout_is_waited_for_until_it_is_cancelled, 1},
    {"a_refresh_token_from_elsewhere", test_login__a_refresh_token_from_elsewhere_is_renewed, 1},
    {"is_made", test_login__is_made, 1},
    {"is_there_already", test_login__is_there_already, 1},
    {"one_request_serves_the_herd", test_login__one_request_serves_the_herd_at_each_expiry, 1},
    {"is_made_on_a_strict_server", test_login__is_made_on_a_strict_server, 1},
    {"is_shared_by_processes", test_login__is_shared_by_processes, 1},
    {"is_shared_by_forked_children", test_login__is_shared_by_forked_children, 1},
    {"a_shutdown_after_ctrl_c", test_login__a_shutdown_after_ctrl_c_waits_for_what_spends_alone, 1},
    {"a_shutdown_waits_for_the_renewal", test_login__a_shutdown_waits_for_the_renewal_under_way, 1},
};
CHECK_MAIN(tests)
