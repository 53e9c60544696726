/* Floor in C: one keep-alive socket, a request made beforehand, no parsing beyond Content-Length. Its headers are a
 * copy of a constant, the floor of the hot path; the first call fetches. No OAuth client. FLOOR_SECOND set: each fetch
 * is the second one over a connection of its own. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections that are made ready together, as ours are. */
#define READY 20

typedef struct {
  int fd;
  /* With FLOOR_SECOND: `ready[left - 1]` is the next one. */
  int ready[READY], left, second;
  struct sockaddr_in address;
  char request[2048], header[8192];
  size_t request_size, header_size;
} floor_client;

static int dial(const floor_client *client) {
  int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return connect(fd, (const struct sockaddr *)&client->address, sizeof client->address) ? -1 : fd;
}

static void *be_make(const char *url, const char *id, const char *secret, const char *ca) {
  char host[64], path[512], body[512];
  int port;
  if (ca || sscanf(url, "http://%63[^:]:%d%511s", host, &port, path) != 3) return NULL;
  floor_client *client = calloc(1, sizeof *client);
  int body_size = snprintf(body, sizeof body, "grant_type=client_credentials&client_id=%s&client_secret=%s&scope=api", id, secret);
  client->request_size = (size_t)snprintf(
      client->request, sizeof client->request,
      "POST %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", path,
      host, port, body_size, body);
  client->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  inet_pton(AF_INET, host, &client->address.sin_addr);
  client->second = getenv("FLOOR_SECOND") != NULL;
  client->fd = dial(client);
  return client->fd < 0 ? NULL : client;
}

/* Whether the answer in the buffer is whole. */
static int is_whole(const char *answer, size_t size) {
  const char *end = strstr(answer, "\r\n\r\n"), *length = strcasestr(answer, "content-length:");
  return end && length && size >= (size_t)(end + 4 - answer) + (size_t)atoi(length + 15);
}

static int be_refresh(void *argument, char *out, size_t size) {
  floor_client *client = argument;
  char answer[16384] = "";
  size_t got = 0;
  if (write(client->fd, client->request, client->request_size) != (ssize_t)client->request_size)
    return snprintf(out, size, "the request could not be written"), 1;
  while (!is_whole(answer, got)) {
    ssize_t more = read(client->fd, answer + got, sizeof answer - 1 - got);
    if (more <= 0) return snprintf(out, size, "the connection was closed"), 1;
    got += (size_t)more;
    answer[got] = 0;
  }
  const char *token = strstr(answer, "\"access_token\":\"");
  if (!token) return snprintf(out, size, "no token"), 1;
  token += 16;
  int token_size = (int)strcspn(token, "\"");
  client->header_size = (size_t)snprintf(client->header, sizeof client->header, "Bearer %.*s", token_size, token);
  memcpy(out, client->header, client->header_size + 1);
  return 0;
}

static int be_before_refresh(void *argument) {
  floor_client *client = argument;
  char out[8192];
  if (!client->second) return 0;
  if (client->left > 0) close(client->ready[--client->left]);
  for (int i = READY - 1; client->left == 0 && i >= 0; i--) {
    client->fd = client->ready[i] = dial(client);
    if (client->fd < 0 || be_refresh(client, out, sizeof out)) return 1;
  }
  if (client->left == 0) client->left = READY;
  client->fd = client->ready[client->left - 1];
  return 0;
}

static int be_headers(void *argument, char *out, size_t size) {
  floor_client *client = argument;
  if (!client->header_size) return be_refresh(argument, out, size);
  memcpy(out, client->header, client->header_size + 1);
  __asm__ volatile("" ::: "memory");
  return 0;
}

#define BE_BEFORE_REFRESH be_before_refresh
#include "driver.h"
