#include "check.h"

#include <pthread.h>

/* Lines may come on any thread. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

struct lines {
  int count;
  int32_t least_severe;
  int secrets;
};

static void sink(void *user, int32_t level, const char *line) {
  struct lines *lines = user;
  pthread_mutex_lock(&mutex);
  lines->count++;
  if (level > lines->least_severe) lines->least_severe = level;
  lines->secrets += strstr(line, "CANARY") != NULL || strstr(line, "EMULATOR") != NULL || strchr(line, '\n') != NULL;
  pthread_mutex_unlock(&mutex);
}

static struct lines so_far(struct lines *lines) {
  pthread_mutex_lock(&mutex);
  struct lines copy = *lines;
  pthread_mutex_unlock(&mutex);
  return copy;
}

/* The driver makes the token endpoint answer 503; the failure is worth a line at most levels. */
static void fail(void) {
  beamlit_session *session = open_session(client_config());
  CHECK_STATUS(beamlit_session_renew(session, -1, NULL), BEAMLIT_SERVER_UNAVAILABLE);
  beamlit_session_free(session);
}

static void test_log__lines_go_to_the_sink_and_hold_no_secret(void) {
  struct lines lines = {0, 0, 0};
  beamlit_log_set(sink, &lines, INT32_MAX);
  fail();
  CHECK(so_far(&lines).count > 0);
  CHECK(so_far(&lines).secrets == 0);
  /* What is below is not even compiled. */
  CHECK(so_far(&lines).least_severe <= BEAMLIT_LOG_INFO);
  beamlit_log_set(NULL, NULL, 0);
}

static void test_log__a_level_below_the_first_and_no_sink_are_silence(void) {
  struct lines lines = {0, 0, 0};
  beamlit_log_set(sink, &lines, 0);
  fail();
  beamlit_log_set(sink, &lines, INT32_MIN);
  fail();
  beamlit_log_set(NULL, &lines, BEAMLIT_LOG_INFO);
  fail();
  CHECK(so_far(&lines).count == 0);
}

static void test_log__another_sink_takes_over(void) {
  struct lines first = {0, 0, 0}, second = {0, 0, 0};
  beamlit_log_set(sink, &first, BEAMLIT_LOG_INFO);
  beamlit_log_set(sink, &second, BEAMLIT_LOG_INFO);
  fail();
  CHECK(so_far(&first).count == 0 && so_far(&second).count > 0);
  beamlit_log_set(NULL, NULL, 0);
}

static const struct test tests[] = {
    {"lines_go_to_the_sink_and_hold_no_secret", test_log__lines_go_to_the_sink_and_hold_no_secret, 1},
    {"a_level_below_the_first", test_log__a_level_below_the_first_and_no_sink_are_silence, 1},
    {"another_sink_takes_over", test_log__another_sink_takes_over, 1},
};
CHECK_MAIN(tests)
