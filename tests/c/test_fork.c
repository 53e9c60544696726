/* A child outlives its parent, which was killed in the middle of a renewal. The driver is the person, lets the server
 * hang when it is asked to, and kills the parent. */
#include "check.h"

#include <time.h>
#include <unistd.h>

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static beamlit_config *config(void) {
  beamlit_config *config = login_config();
  beamlit_config_set_rotation(config, fixture("TEST_ROTATION"));
  return config;
}

static void test_fork__leaves_a_child_behind(void) {
  beamlit_login *login = start_login(config());
  check_ask("approve", beamlit_login_user_code(login));
  beamlit_session *session = NULL;
  CHECK_STATUS(beamlit_login_wait(login, -1, &session, NULL), BEAMLIT_OK);
  check_ask("hang", "");
  beamlit_headers *headers = get_headers(session);
  CHECK(beamlit_session_invalidate(session, beamlit_headers_generation(headers)));
  CHECK_STATUS(beamlit_session_renew(session, 0, NULL), BEAMLIT_DEADLINE_EXCEEDED);
  check_ask("sent", "");
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    close(0), close(1), close(2);
    alarm(120);
    pause();
    _exit(1);
  }
  char pids[64];
  snprintf(pids, sizeof pids, "%ld %ld", (long)getpid(), (long)child);
  check_ask("kill", pids);
  check_failed(__FILE__, __LINE__, "killed", "the driver let it live");
}

/* Waiting for the lock would take twenty seconds. A request whose end nobody wrote down rests for five, and whoever has a
 * token that is not over yet is told so. */
static void test_fork__nobody_waits_for_the_child(void) {
  beamlit_session *session = open_session(config());
  beamlit_headers *headers = get_headers(session);
  int64_t start = now_ms();
  CHECK(beamlit_session_invalidate(session, beamlit_headers_generation(headers)));
  beamlit_headers_free(headers);
  beamlit_error *error = NULL;
  beamlit_status status = beamlit_session_renew(session, 60000, &error);
  while (status == BEAMLIT_NETWORK_ERROR && now_ms() - start < 10000) {
    CHECK(beamlit_error_retry_after_ms(error) <= 5000);
    beamlit_error_free(error);
    error = NULL;
    status = beamlit_session_renew(session, 60000, &error);
  }
  CHECK(now_ms() - start < 10000);
  if (strcmp(fixture("TEST_ROTATION"), "none") == 0) {
    CHECK_STATUS(status, BEAMLIT_OK);
  } else {
    CHECK_STATUS(status, BEAMLIT_LOGIN_REQUIRED);
    CHECK_TEXT(beamlit_error_reason(error), "refresh_outcome_unknown");
  }
  beamlit_error_free(error);
  beamlit_session_free(session);
}

static const struct test tests[] = {
    {"leaves_a_child_behind", test_fork__leaves_a_child_behind, 1},
    {"nobody_waits_for_the_child", test_fork__nobody_waits_for_the_child, 1},
};
CHECK_MAIN(tests)
