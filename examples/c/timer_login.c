/* A login in a program that has a timer, such as one with windows: started, shown, polled at any rate. */
#define _POSIX_C_SOURCE 200809L
#include <beamlit_auth.h>
#include <stdio.h>
#include <time.h>

static beamlit_session *s;
static beamlit_login *login;

static int report(beamlit_error *e) {
  int family = beamlit_error_status(e) / 1000;
  fprintf(stderr, "%s\n", beamlit_error_message(e));
  beamlit_error_free(e);
  return family;
}

static void show(const char *verification_uri, const char *user_code) {
  fprintf(stderr, "open %s and enter %s\n", verification_uri, user_code);
}

static void use(const beamlit_session *session) { printf("logged in to %s\n", beamlit_session_workspace(session)); }

static int start(void) {
  beamlit_error *e = NULL;
  if (beamlit_login_start(NULL, -1, &login, &e)) return report(e);               /* device login in a GUI: start, show, poll from a timer */
  show(beamlit_login_verification_uri(login), beamlit_login_user_code(login));
  return 0;
}

/* What the timer calls. */
static int tick(void) {
  beamlit_error *e = NULL;
  switch (beamlit_login_poll(login, 500, &s, &e)) { case BEAMLIT_OK: use(s); break; case BEAMLIT_PENDING: break; default: return report(e); }
  return 0;
}

int main(void) {
  int code = start();
  while (code == 0 && s == NULL) {
    struct timespec tenth = {0, 100000000};
    nanosleep(&tenth, NULL); /* the window system's timer in a program that has one */
    code = tick();
  }
  beamlit_login_free(login);
  beamlit_session_free(s);
  beamlit_shutdown(BEAMLIT_TIMEOUT_DEFAULT);
  return code;
}
