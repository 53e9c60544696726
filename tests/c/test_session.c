#include "check.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Lets other threads go on for a moment inside of a bounded loop. */
static void breathe(void) {
  struct timespec moment = {0, 5000000};
  nanosleep(&moment, NULL);
}

static uint64_t current_generation(const beamlit_session *session) {
  beamlit_headers *headers = get_headers(session);
  uint64_t generation = beamlit_headers_generation(headers);
  beamlit_headers_free(headers);
  return generation;
}

static void test_session__opens_with_the_environment_alone(void) {
  setenv("BL_API_KEY", fixture("TEST_API_KEY"), 1);
  setenv("BL_API_URL", fixture("TEST_API_URL"), 1);
  setenv("BL_WORKSPACE", "acme", 1);
  beamlit_session *session = open_session(NULL);
  unsetenv("BL_API_KEY");
  unsetenv("BL_API_URL");
  unsetenv("BL_WORKSPACE");
  CHECK_TEXT(beamlit_session_workspace(session), "acme");
  CHECK_TEXT(beamlit_session_api_url(session), fixture("TEST_API_URL"));
  beamlit_headers *headers = get_headers(session);
  CHECK_TEXT(beamlit_headers_name(headers, 0), "X-Beamlit-Api-Key");
  beamlit_headers_free(headers);
  beamlit_session_free(session);
}

static void test_session__renews_only_what_is_due(void) {
  beamlit_session *session = open_session(client_config());
  CHECK_STATUS(beamlit_session_renew(session, -1, NULL), BEAMLIT_OK);
  uint64_t generation = current_generation(session);
  CHECK_STATUS(beamlit_session_renew(session, -1, NULL), BEAMLIT_OK);
  CHECK(current_generation(session) == generation);
  beamlit_session_free(session);
}

static void test_session__invalidates_that_generation_and_no_other(void) {
  beamlit_session *session = open_session(client_config());
  CHECK(!beamlit_session_invalidate(session, 1));
  uint64_t first = current_generation(session);
  CHECK(!beamlit_session_invalidate(session, first + 1));
  CHECK(beamlit_session_invalidate(session, first));
  uint64_t second = current_generation(session);
  CHECK(second > first);
  CHECK(beamlit_session_invalidate(session, first));
  CHECK(current_generation(session) == second);
  /* It came of a 401 just now; a server that refuses it too will not like the next one better. */
  CHECK(!beamlit_session_invalidate(session, second));
  beamlit_session_free(session);
}

static void test_session__of_an_api_key_has_nothing_to_invalidate(void) {
  beamlit_session *session = open_session(key_config());
  CHECK(!beamlit_session_invalidate(session, current_generation(session)));
  beamlit_session_free(session);
}

static void test_session__refuses_times_below_the_default(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_headers *headers = UNTOUCHED(beamlit_headers);
  beamlit_token *token = UNTOUCHED(beamlit_token);
  const char *url = models_url(session);
  CHECK_FAILS(beamlit_session_headers(session, NULL, url, 0, -2, &headers, &error), BEAMLIT_INVALID_ARGUMENT, "timeout_ms");
  CHECK_FAILS(beamlit_session_token(session, 0, INT64_MIN, &token, &error), BEAMLIT_INVALID_ARGUMENT, "timeout_ms");
  CHECK_FAILS(beamlit_session_token(session, -1, -1, &token, &error), BEAMLIT_INVALID_ARGUMENT, "min_valid_ms");
  CHECK_FAILS(beamlit_session_renew(session, -3, &error), BEAMLIT_INVALID_ARGUMENT, "timeout_ms");
  CHECK(headers == UNTOUCHED(beamlit_headers) && token == UNTOUCHED(beamlit_token));
  beamlit_session_free(session);
}

static void test_session__takes_the_longest_times(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_token *token = NULL;
  CHECK_STATUS(beamlit_session_renew(session, INT64_MAX, NULL), BEAMLIT_OK);
  CHECK_STATUS(beamlit_session_token(session, INT64_MAX, INT64_MAX, &token, NULL), BEAMLIT_OK);
  beamlit_token_free(token);
  beamlit_session_free(session);
}

static void test_session__without_a_wait_answers_from_memory(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_headers *headers = UNTOUCHED(beamlit_headers);
  const char *url = models_url(session);
  CHECK_FAILS(beamlit_session_headers(session, NULL, url, 0, 0, &headers, &error), BEAMLIT_DEADLINE_EXCEEDED, "time limit");
  CHECK(headers == UNTOUCHED(beamlit_headers));
  CHECK_STATUS(beamlit_session_renew(session, -1, NULL), BEAMLIT_OK);
  CHECK_STATUS(beamlit_session_headers(session, NULL, url, 0, 0, &headers, NULL), BEAMLIT_OK);
  beamlit_headers_free(headers);
  beamlit_session_free(session);
}

/* 64 threads at once. */

enum { HERD = 64 };

struct herd {
  const beamlit_session *session;
  pthread_mutex_t mutex;
  pthread_cond_t begin;
  int begun;
};

static void *herd_thread(void *argument) {
  struct herd *herd = argument;
  char url[256];
  snprintf(url, sizeof url, "%s/models", beamlit_session_api_url(herd->session));
  pthread_mutex_lock(&herd->mutex);
  while (!herd->begun) pthread_cond_wait(&herd->begin, &herd->mutex);
  pthread_mutex_unlock(&herd->mutex);
  beamlit_headers *headers = NULL;
  beamlit_error *error = NULL;
  if (beamlit_session_headers(herd->session, "GET", url, 0, -1, &headers, &error) != BEAMLIT_OK)
    check_failed(__FILE__, __LINE__, "herd", beamlit_error_message(error));
  uint64_t *generation = malloc(sizeof *generation);
  CHECK(generation != NULL);
  *generation = beamlit_headers_generation(headers);
  beamlit_headers_free(headers);
  return generation;
}

/* How long it takes until all of them have their headers. */
static int64_t run_herd(const beamlit_session *session) {
  struct herd herd = {session, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
  pthread_t threads[HERD];
  for (int i = 0; i < HERD; i++) CHECK(pthread_create(&threads[i], NULL, herd_thread, &herd) == 0);
  pthread_mutex_lock(&herd.mutex);
  herd.begun = 1;
  int64_t start = now_ms();
  pthread_cond_broadcast(&herd.begin);
  pthread_mutex_unlock(&herd.mutex);
  uint64_t first = 0;
  for (int i = 0; i < HERD; i++) {
    void *answer = NULL;
    CHECK(pthread_join(threads[i], &answer) == 0);
    uint64_t generation = *(uint64_t *)answer;
    free(answer);
    if (i == 0) first = generation;
    CHECK(generation == first);
  }
  return now_ms() - start;
}

/* The driver delays each token by half a second, and counts three requests. */
static void test_session__one_request_serves_the_herd(void) {
  beamlit_session *session = open_session(client_config());
  int64_t start = now_ms();
  uint64_t generation = current_generation(session);
  int64_t one = now_ms() - start;
  CHECK(beamlit_session_invalidate(session, generation));
  int64_t herd = run_herd(session);
  fprintf(stderr, "one caller: %d ms, %d callers: %d ms\n", (int)one, HERD, (int)herd);
  CHECK(herd * 10 <= one * 12);
  beamlit_session_free(session);
  /* The same from nothing. */
  session = open_session(client_config());
  run_herd(session);
  beamlit_session_free(session);
}

/* 8 threads that want headers all the time. */

struct crowd {
  const beamlit_session *session;
  uint64_t generation;
  int64_t until;
};

static void *crowd_thread(void *argument) {
  struct crowd *crowd = argument;
  char url[256];
  snprintf(url, sizeof url, "%s/models", beamlit_session_api_url(crowd->session));
  while (now_ms() < crowd->until) {
    beamlit_headers *headers = NULL;
    beamlit_error *error = NULL;
    if (beamlit_session_headers(crowd->session, NULL, url, 0, -1, &headers, &error) != BEAMLIT_OK)
      check_failed(__FILE__, __LINE__, "crowd", beamlit_error_message(error));
    CHECK(beamlit_headers_generation(headers) == crowd->generation);
    beamlit_headers_free(headers);
    breathe();
  }
  return NULL;
}

/* The driver lets tokens live for 12 s, so that they are due for renewal after 9.6 s, and lets every renewal fail in one
 * way or another. Everybody is served the token that is there. */
static void test_session__serves_a_valid_token_while_the_server_is_down(void) {
  beamlit_session *session = open_session(client_config());
  int64_t start = now_ms();
  struct crowd crowd = {session, current_generation(session), start + 11000};
  check_pause();
  pthread_t threads[8];
  for (int i = 0; i < 8; i++) CHECK(pthread_create(&threads[i], NULL, crowd_thread, &crowd) == 0);
  for (int i = 0; i < 8; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  beamlit_session_free(session);
}

/* The token endpoint hangs; both tests need a wait to end. */

static void *waiter_thread(void *argument) {
  beamlit_error *error = NULL;
  beamlit_session_renew(argument, 20000, &error);
  return error;
}

static void test_session__cancel_wakes_whoever_waits(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_session_cancel(session);
  pthread_t waiter;
  CHECK(pthread_create(&waiter, NULL, waiter_thread, session) == 0);
  int64_t start = now_ms();
  void *answer = NULL;
  /* Nobody outside can see whether it waits yet, so it is cancelled until it ends. */
  while (pthread_tryjoin_np(waiter, &answer) != 0) {
    CHECK(now_ms() < start + 10000);
    beamlit_session_cancel(session);
    breathe();
  }
  CHECK(beamlit_error_status(answer) == BEAMLIT_CANCELLED);
  beamlit_error_free(answer);
  CHECK_STATUS(beamlit_session_renew(session, 100, NULL), BEAMLIT_DEADLINE_EXCEEDED);
  beamlit_session_free(session);
}

static void test_session__a_time_limit_ends_the_wait(void) {
  beamlit_session *session = open_session(client_config());
  int64_t start = now_ms();
  CHECK_FAILS(beamlit_session_renew(session, 300, &error), BEAMLIT_DEADLINE_EXCEEDED, "time limit");
  int64_t took = now_ms() - start;
  CHECK(took >= 300 && took < 2000);
  beamlit_session_free(session);
}

/* The driver redirects the token endpoint, and sees that nobody follows. */
static void test_session__follows_no_redirect_of_the_token_endpoint(void) {
  beamlit_session *session = open_session(client_config());
  beamlit_error *error = NULL;
  CHECK_STATUS(beamlit_session_renew(session, -1, &error), BEAMLIT_INVALID_RESPONSE);
  CHECK_HAS(beamlit_error_message(error), "redirect");
  beamlit_error_free(error);
  beamlit_session_free(session);
}

/* The driver counts one request. */
static void test_session__shares_its_token_where_that_is_asked_for(void) {
  for (int i = 0; i < 2; i++) {
    beamlit_config *config = client_config();
    beamlit_config_set_share(config, true);
    beamlit_session *session = open_session(config);
    current_generation(session);
    beamlit_session_free(session);
  }
}

/* How many threads of this process the timer has. */
static int timers(void) {
  DIR *threads = opendir("/proc/self/task");
  CHECK(threads != NULL);
  int count = 0;
  for (struct dirent *entry; (entry = readdir(threads)) != NULL;) {
    char path[300], name[32] = "";
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
    FILE *file = fopen(path, "r");
    if (file == NULL) continue;
    if (fgets(name, sizeof name, file) && strcmp(name, "beamlit-timer\n") == 0) count++;
    fclose(file);
  }
  closedir(threads);
  return count;
}

static void wait_for_timers(int count) {
  for (int64_t end = now_ms() + 20000; timers() != count;) {
    CHECK(now_ms() < end);
    breathe();
  }
}

static beamlit_session *open_with_timer(void) {
  beamlit_config *config = client_config();
  beamlit_config_set_background_refresh(config, true);
  return open_session(config);
}

static void test_session__has_one_timer_for_all_that_want_one(void) {
  beamlit_session *plain = open_session(client_config());
  CHECK(timers() == 0);
  beamlit_session *first = open_with_timer(), *second = open_with_timer();
  wait_for_timers(1);
  beamlit_session_free(first);
  current_generation(second);
  CHECK(timers() == 1);
  CHECK(beamlit_shutdown(1000));
  wait_for_timers(0);
  beamlit_session_free(second);
  beamlit_session_free(plain);
}

/* The driver counts two requests: that of the first call, and the timer's. */
static void test_session__renews_before_anybody_asks(void) {
  beamlit_session *session = open_with_timer();
  uint64_t generation = current_generation(session);
  check_pause();
  /* The driver has seen the request; its answer is on the way. */
  for (int64_t end = now_ms() + 20000; current_generation(session) == generation; breathe()) CHECK(now_ms() < end);
  CHECK(current_generation(session) == generation + 1);
  beamlit_session_free(session);
}

/* fork, while other threads are in the middle of things. */

static void *busy_thread(void *argument) {
  struct crowd *crowd = argument;
  while (now_ms() < crowd->until) {
    beamlit_session_invalidate(crowd->session, current_generation(crowd->session));
    beamlit_explanation *explanation = NULL;
    beamlit_session_explain(crowd->session, &explanation, NULL);
    beamlit_explanation_free(explanation);
  }
  return NULL;
}

static void test_session__works_in_a_forked_child(void) {
  beamlit_session *session = open_session(client_config());
  uint64_t generation = current_generation(session);
  for (int i = 0; i < 20; i++) {
    struct crowd crowd = {session, 0, now_ms() + 50};
    pthread_t busy;
    CHECK(pthread_create(&busy, NULL, busy_thread, &crowd) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      alarm(20);
      uint64_t held = current_generation(session);
      CHECK(held >= generation);
      /* A new token takes a connection of the child's own; that a 401 came twice may forbid it. */
      if (beamlit_session_invalidate(session, held)) CHECK(current_generation(session) > held);
      beamlit_session *own = open_session(client_config());
      current_generation(own);
      beamlit_session_free(own);
      beamlit_session_free(session);
      _exit(0);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(pthread_join(busy, NULL) == 0);
  }
  current_generation(session);
  beamlit_session_free(session);
}

static const struct test tests[] = {
    {"opens_with_the_environment_alone", test_session__opens_with_the_environment_alone, 0},
    {"renews_only_what_is_due", test_session__renews_only_what_is_due, 0},
    {"invalidates_that_generation", test_session__invalidates_that_generation_and_no_other, 0},
    {"of_an_api_key_has_nothing_to_invalidate", test_session__of_an_api_key_has_nothing_to_invalidate, 0},
    {"refuses_times_below_the_default", test_session__refuses_times_below_the_default, 0},
    {"takes_the_longest_times", test_session__takes_the_longest_times, 0},
    {"without_a_wait_answers_from_memory", test_session__without_a_wait_answers_from_memory, 0},
    {"one_request_serves_the_herd", test_session__one_request_serves_the_herd, 1},
    {"serves_a_valid_token_while_the_server_is_down", test_session__serves_a_valid_token_while_the_server_is_down, 1},
    {"cancel_wakes_whoever_waits", test_session__cancel_wakes_whoever_waits, 1},
    {"a_time_limit_ends_the_wait", test_session__a_time_limit_ends_the_wait, 1},
    {"follows_no_redirect_of_the_token_endpoint", test_session__follows_no_redirect_of_the_token_endpoint, 1},
    {"shares_its_token", test_session__shares_its_token_where_that_is_asked_for, 1},
    {"has_one_timer", test_session__has_one_timer_for_all_that_want_one, 0},
    {"renews_before_anybody_asks", test_session__renews_before_anybody_asks, 1},
    {"works_in_a_forked_child", test_session__works_in_a_forked_child, 1},
};
CHECK_MAIN(tests)
