/* flock(2) as Holdfast tests it, in plain C without a helper: one file for each key in the folder of the run. The kernel
 * frees it when the process ends; there is no lease and no deadline. Who waits tries again every millisecond. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define MOST 4096
#define LINE (1 << 21)

static struct { int open, waiting, fd; long id; long long began, until; char lease[208]; } slots[MOST];
static char folder[1024], line[LINE];

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* The text of a field as it stands in the line, without quotes; the worker writes "id" and "cmd" first. */
static const char *field(const char *name, char *out, size_t size) {
  char wanted[64];
  snprintf(wanted, sizeof wanted, "\"%s\":", name);
  const char *at = strstr(line, wanted);
  size_t n = 0;
  if (at != NULL) {
    at += strlen(wanted);
    int quoted = *at == '"';
    if (quoted) at++;
    while (*at && n + 1 < size && *at != (quoted ? '"' : ',') && (quoted || *at != '}')) {
      if (quoted && *at == '\\' && at[1] && n + 2 < size) out[n++] = *at++;
      out[n++] = *at++;
    }
  }
  out[n] = 0;
  return out;
}

static void answer(long id, long long began, const char *rest) {
  printf("{\"id\":%ld,\"t\":[\"%lld\",\"%lld\"],%s}\n", id, began, now(), rest);
  fflush(stdout);
}

static int slot_of(const char *lease) {
  for (int i = 0; i < MOST; i++)
    if (slots[i].open && strcmp(slots[i].lease, lease) == 0) return i;
  return -1;
}

static void forget(int i) {
  close(slots[i].fd);
  slots[i].open = slots[i].waiting = 0;
}

static void attempt(int i) {
  if (flock(slots[i].fd, LOCK_EX | LOCK_NB) == 0) {
    slots[i].waiting = 0;
    answer(slots[i].id, slots[i].began, "\"ok\":true");
  } else if (now() >= slots[i].until) {
    answer(slots[i].id, slots[i].began, "\"ok\":false,\"code\":\"timeout\",\"outcome\":\"definite\"");
    forget(i);
  }
}

static void acquire(long id, long long began) {
  char key[1024], lease[208], wait[32], path[4200];
  int i = 0;
  while (i < MOST && slots[i].open) i++;
  /* Each byte that a name may not have, and the dot, by its number. */
  char *to = path + snprintf(path, sizeof path, "%s/", folder);
  for (const char *c = field("key", key, sizeof key); *c; c++)
    to += snprintf(to, 4, strchr("/.%", *c) ? "%%%02x" : "%c", (unsigned char)*c);
  int fd = i < MOST ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
  if (fd < 0) return answer(id, began, "\"ok\":false,\"code\":\"unavailable\",\"outcome\":\"definite\"");
  slots[i].open = slots[i].waiting = 1;
  slots[i].fd = fd, slots[i].id = id, slots[i].began = began;
  slots[i].until = began + (long long)(atof(field("waitMs", wait, sizeof wait)) * 1e6);
  strcpy(slots[i].lease, field("lease", lease, sizeof lease));
  attempt(i);
}

static int obey(void) {
  char cmd[32], text[208];
  long long began = now();
  long id = atol(field("id", text, sizeof text));
  field("cmd", cmd, sizeof cmd);
  if (strcmp(cmd, "bye") == 0) return 0;
  if (strcmp(cmd, "hello") == 0) {
    field("folder", folder, sizeof folder);
    answer(id, began, "\"ok\":true,\"protocol\":1,\"name\":\"flock\",\"language\":\"c\",\"clock\":\"monotonic\","
                      "\"features\":[\"abort\",\"held\"]");
  } else if (strcmp(cmd, "ping") == 0) {
    answer(id, began, "\"ok\":true");
  } else if (strcmp(cmd, "acquire") == 0) {
    acquire(id, began);
  } else if (strcmp(cmd, "abort") == 0) {
    long of = atol(field("of", text, sizeof text));
    for (int i = 0; i < MOST; i++)
      if (slots[i].waiting && slots[i].id == of) {
        answer(of, slots[i].began, "\"ok\":false,\"code\":\"aborted\",\"outcome\":\"definite\"");
        forget(i);
      }
    answer(id, began, "\"ok\":true");
  } else if (strcmp(cmd, "release") == 0 || strcmp(cmd, "held") == 0) {
    int i = slot_of(field("lease", text, sizeof text)), known = i >= 0 && !slots[i].waiting;
    if (cmd[0] == 'h') answer(id, began, known ? "\"ok\":true,\"held\":true" : "\"ok\":true,\"held\":false");
    if (cmd[0] == 'r' && known) forget(i);
    if (cmd[0] == 'r') answer(id, began, known ? "\"ok\":true,\"outcome\":\"released\"" : "\"ok\":true,\"outcome\":\"lost\"");
  } else answer(id, began, "\"ok\":false,\"code\":\"unsupported\"");
  return 1;
}

int main(void) {
  size_t had = 0;
  for (;;) {
    int waiting = 0;
    for (int i = 0; i < MOST; i++)
      if (slots[i].waiting) attempt(i), waiting |= slots[i].waiting;
    struct pollfd in = {0, POLLIN, 0};
    if (poll(&in, 1, waiting ? 1 : -1) <= 0) continue;
    ssize_t n = read(0, line + had, LINE - 1 - had);
    if (n <= 0) return 0;
    had += n, line[had] = 0;
    for (char *end; (end = strchr(line, '\n')) != NULL;) {
      *end = 0;
      if (!obey()) return 0;
      had -= end + 1 - line;
      memmove(line, end + 1, had + 1);
    }
  }
}
