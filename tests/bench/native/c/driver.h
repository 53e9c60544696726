/* The driver protocol (see ../../README.md) for a C implementation under test. Include it once, after these:
 *   static void *be_make(const char *url, const char *id, const char *secret, const char *ca);
 *   static int be_headers(void *client, char *out, size_t size);   0: out is "Bearer ..."; else it says what failed
 *   static int be_refresh(void *client, char *out, size_t size);   the same, with a new token from the server
 * and, if they differ from nothing and be_headers, BE_BEFORE_REFRESH(client), which is not timed and gives 0, and
 * BE_HOT(client, out, size). It needs _GNU_SOURCE and brings main(). */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef BE_BEFORE_REFRESH
#define BE_BEFORE_REFRESH(client) 0
#endif
#ifndef BE_HOT
#define BE_HOT be_headers
#endif
#define HEADER_MAX 8192

typedef unsigned long long u64;

/* One thread of those that begin together. */
typedef struct {
  void *client;
  double seconds;
  pthread_barrier_t *barrier;
  u64 calls, errors, done_ns;
  char header[HEADER_MAX];
} worker;

static u64 now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (u64)time.tv_sec * 1000000000ull + (u64)time.tv_nsec;
}

static void print_json(const char *text) {
  putchar('"');
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') putchar('\\');
    putchar((unsigned char)*text < 32 ? ' ' : *text);
  }
  putchar('"');
}

static void call(void *client) {
  static char out[HEADER_MAX];
  u64 start = now_ns();
  int failed = be_headers(client, out, sizeof out);
  printf("{\"ok\":%s,\"ns\":%llu,\"%s\":", failed ? "false" : "true", now_ns() - start, failed ? "err" : "hdr");
  print_json(out);
  puts("}");
}

static void refresh(void *client, u64 count, double seconds) {
  static char out[HEADER_MAX];
  u64 end = now_ns() + (u64)(seconds * 1e9), errors = 0;
  printf("{\"lat_ns\":[");
  for (u64 i = 0; i < count && now_ns() < end; i++) {
    int unready = BE_BEFORE_REFRESH(client);
    u64 start = now_ns();
    if (unready || be_refresh(client, out, sizeof out)) errors++;
    printf("%s%llu", i ? "," : "", now_ns() - start);
  }
  printf("],\"errors\":%llu,\"err\":", errors);
  print_json(errors ? out : "");
  puts("}");
}

static void *hot(void *argument) {
  worker *self = argument;
  pthread_barrier_wait(self->barrier);
  u64 end = now_ns() + (u64)(self->seconds * 1e9);
  while (now_ns() < end) {
    for (int i = 0; i < 64; i++)
      if (BE_HOT(self->client, self->header, sizeof self->header)) self->errors++;
    self->calls += 64;
  }
  self->done_ns = now_ns();
  return NULL;
}

static void *herd(void *argument) {
  worker *self = argument;
  pthread_barrier_wait(self->barrier);
  if (be_headers(self->client, self->header, sizeof self->header)) self->errors++;
  self->calls = 1;
  self->done_ns = now_ns();
  return NULL;
}

static int is_new(const worker *all, int at) {
  for (int i = 0; i < at; i++)
    if (strcmp(all[i].header, all[at].header) == 0) return 0;
  return 1;
}

static void report(const worker *all, int threads, u64 start) {
  u64 calls = 0, errors = 0, last = start;
  int distinct = 0;
  const char *error = "";
  for (int i = 0; i < threads; i++) {
    calls += all[i].calls;
    errors += all[i].errors;
    if (all[i].done_ns > last) last = all[i].done_ns;
    if (all[i].errors) error = all[i].header;
    distinct += is_new(all, i);
  }
  printf("{\"ops\":%llu,\"wall_ns\":%llu,\"errors\":%llu,\"distinct\":%d,\"err\":", calls, last - start, errors, distinct);
  print_json(error);
  puts("}");
}

static void spread(void *client, int threads, double seconds, void *(*work)(void *)) {
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, NULL, (unsigned)threads + 1);
  worker *all = calloc((size_t)threads, sizeof *all);
  pthread_t *handles = calloc((size_t)threads, sizeof *handles);
  for (int i = 0; i < threads; i++) {
    all[i].client = client;
    all[i].seconds = seconds;
    all[i].barrier = &barrier;
    pthread_create(&handles[i], NULL, work, &all[i]);
  }
  pthread_barrier_wait(&barrier);
  u64 start = now_ns();
  for (int i = 0; i < threads; i++) pthread_join(handles[i], NULL);
  report(all, threads, start);
  free(all);
  free(handles);
}

static int serve(void *client) {
  char line[256];
  puts("{\"ready\":true}");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    char command[32] = "";
    double count = 0, seconds = 0;
    sscanf(line, "%31s %lf %lf", command, &count, &seconds);
    if (strcmp(command, "call") == 0) call(client);
    else if (strcmp(command, "refresh") == 0) refresh(client, (u64)count, seconds);
    else if (strcmp(command, "hot") == 0) spread(client, (int)count, seconds, hot);
    else if (strcmp(command, "herd") == 0) spread(client, (int)count, seconds, herd);
    else return 0;
    fflush(stdout);
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 6) return fprintf(stderr, "usage: %s cold|serve URL ID SECRET CA|-\n", argv[0]), 2;
  void *client = be_make(argv[2], argv[3], argv[4], strcmp(argv[5], "-") ? argv[5] : NULL);
  if (!client) return 1;
  if (strcmp(argv[1], "cold")) return serve(client);
  static char out[HEADER_MAX];
  int failed = be_headers(client, out, sizeof out);
  puts(out);
  return failed;
}
