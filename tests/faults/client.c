/* The client of the fault tests in C: does what its arguments say and ends, or without arguments what each line of its
 * input says. A line of output answers; see client.py for the words. SIGINT cancels what it is waiting for. */
#include <beamlit_auth.h>

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What SIGINT cancels. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static beamlit_session *waiting_session;
static beamlit_login *waiting_login;

static void wait_on(beamlit_session *session, beamlit_login *login) {
  pthread_mutex_lock(&lock);
  waiting_session = session;
  waiting_login = login;
  pthread_mutex_unlock(&lock);
}

static void *cancel_on_interrupt(void *signals) {
  int number;
  while (sigwait(signals, &number) == 0) {
    pthread_mutex_lock(&lock);
    beamlit_session_cancel(waiting_session);
    if (waiting_login) beamlit_login_cancel(waiting_login);
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}

static void answer_error(beamlit_error *error) {
  printf("%s\t%s\t%s\n", beamlit_status_name(beamlit_error_status(error)), beamlit_error_reason(error),
         beamlit_error_message(error));
  beamlit_error_free(error);
}

static void answer_token(beamlit_token *token) {
  printf("ok\t%s\n", beamlit_token_reveal(token));
  beamlit_token_free(token);
}

static beamlit_config *settings(void) {
  beamlit_config *config = beamlit_config_new();
  const char *workspace = getenv("TEST_WORKSPACE");
  beamlit_config_set_workspace(config, workspace ? workspace : "acme");
  beamlit_config_set_background_refresh(config, getenv("TEST_BACKGROUND_REFRESH") != NULL);
  if (getenv("TEST_CLIENT_ID")) {
    beamlit_credential *credential = beamlit_credential_new("device_code");
    beamlit_credential_set(credential, "client_id", getenv("TEST_CLIENT_ID"));
    beamlit_config_set_credential(config, credential);
    beamlit_credential_free(credential);
  }
  return config;
}

static beamlit_session *open_session(beamlit_error **error) {
  beamlit_config *config = settings();
  beamlit_session *session = NULL;
  beamlit_session_open(config, &session, error);
  beamlit_config_free(config);
  return session;
}

static void token(int64_t timeout_ms) {
  beamlit_error *error = NULL;
  beamlit_token *token = NULL;
  beamlit_session *session = open_session(&error);
  if (session) {
    wait_on(session, NULL);
    beamlit_session_token(session, 0, timeout_ms, &token, &error);
    wait_on(NULL, NULL);
  }
  if (token) answer_token(token);
  else answer_error(error);
  beamlit_session_free(session);
}

/* As `token`, by a session that is kept for the next time. Refused: a server has answered 401 to its token. */
static void keep(bool refused) {
  static beamlit_session *session;
  beamlit_error *error = NULL;
  beamlit_token *token = NULL;
  if (!session) session = open_session(&error);
  if (session) beamlit_session_token(session, 0, BEAMLIT_TIMEOUT_DEFAULT, &token, &error);
  if (token && refused) {
    beamlit_session_invalidate(session, beamlit_token_generation(token));
    beamlit_token_free(token);
    token = NULL;
    beamlit_session_token(session, 0, BEAMLIT_TIMEOUT_DEFAULT, &token, &error);
  }
  if (token) answer_token(token);
  else answer_error(error);
}

struct member {
  pthread_t thread;
  pthread_barrier_t *start;
  beamlit_session *session;
  beamlit_token *token;
  beamlit_error *error;
};

static void *member_thread(void *argument) {
  struct member *member = argument;
  pthread_barrier_wait(member->start);
  beamlit_session_token(member->session, 0, BEAMLIT_TIMEOUT_DEFAULT, &member->token, &member->error);
  return NULL;
}

static void herd(unsigned count, bool own) {
  struct member *members = calloc(count, sizeof *members);
  pthread_barrier_t start;
  pthread_barrier_init(&start, NULL, count);
  beamlit_error *error = NULL;
  beamlit_session *shared = own ? NULL : open_session(&error);
  for (unsigned i = 0; i < count; i++) {
    members[i].start = &start;
    members[i].session = own ? open_session(&error) : shared;
    if (!members[i].session || pthread_create(&members[i].thread, NULL, member_thread, &members[i]) != 0) abort();
  }
  bool same = true;
  for (unsigned i = 0; i < count; i++) {
    pthread_join(members[i].thread, NULL);
    if (!error) error = members[i].error;
    else beamlit_error_free(members[i].error);
    same = same && strcmp(beamlit_token_reveal(members[i].token), beamlit_token_reveal(members[0].token)) == 0;
    if (i > 0) beamlit_token_free(members[i].token);
    if (own) beamlit_session_free(members[i].session);
  }
  if (error) answer_error(error);
  else if (same) answer_token(members[0].token);
  else puts("different tokens\t\t");
  beamlit_session_free(shared);
  pthread_barrier_destroy(&start);
  free(members);
}

static void login(const char *rotation) {
  beamlit_config *config = settings();
  if (*rotation) beamlit_config_set_rotation(config, rotation);
  beamlit_error *error = NULL;
  beamlit_login *login = NULL;
  beamlit_session *session = NULL;
  beamlit_login_start(config, BEAMLIT_TIMEOUT_DEFAULT, &login, &error);
  beamlit_config_free(config);
  if (login) {
    printf("code\t%s\n", beamlit_login_user_code(login));
    fflush(stdout);
    wait_on(NULL, login);
    beamlit_login_wait(login, BEAMLIT_TIMEOUT_DEFAULT, &session, &error);
    wait_on(NULL, NULL);
  }
  beamlit_token *token = NULL;
  if (session) beamlit_session_token(session, 0, BEAMLIT_TIMEOUT_DEFAULT, &token, &error);
  if (token) answer_token(token);
  else answer_error(error);
  beamlit_session_free(session);
  beamlit_login_free(login);
}

static void logout(void) {
  beamlit_error *error = NULL;
  uint32_t outcome = 0;
  beamlit_session *session = open_session(&error);
  if (session) {
    wait_on(session, NULL);
    beamlit_session_logout(session, BEAMLIT_TIMEOUT_DEFAULT, &outcome, &error);
    wait_on(NULL, NULL);
  }
  if (error) answer_error(error);
  else puts("ok\t");
  beamlit_session_free(session);
}

static void act(const char *command, const char *first, const char *second) {
  if (strcmp(command, "token") == 0) token(*first ? strtoll(first, NULL, 10) : BEAMLIT_TIMEOUT_DEFAULT);
  else if (strcmp(command, "keep") == 0) keep(false);
  else if (strcmp(command, "refused") == 0) keep(true);
  else if (strcmp(command, "herd") == 0) herd((unsigned)strtoul(first, NULL, 10), strcmp(second, "own") == 0);
  else if (strcmp(command, "login") == 0) login(first);
  else if (strcmp(command, "logout") == 0) logout();
  else puts("unknown command\t\t");
  fflush(stdout);
}

int main(int argc, char **argv) {
  static sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
  pthread_t listener;
  if (pthread_create(&listener, NULL, cancel_on_interrupt, &signals) != 0) return 1;
  if (argc > 1) act(argv[1], argc > 2 ? argv[2] : "", argc > 3 ? argv[3] : "");
  char line[128];
  while (argc == 1 && fgets(line, sizeof line, stdin)) {
    char command[32] = "", first[32] = "", second[32] = "";
    sscanf(line, "%31s %31s %31s", command, first, second);
    act(command, first, second);
  }
  return beamlit_shutdown(20000) ? 0 : 1;
}
