/* A Redis that plays what a test has written down, on a socket of its own: what
   no real one says on demand. */

#ifndef TEST_REDIS_SCRIPT_H
#define TEST_REDIS_SCRIPT_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <check.h>

/* One step: `command` (its words with blanks between them) is awaited, or NULL,
   then `reply` is sent as it is; NULL: the connection is closed, and the next
   step is another connection's. Who asks for its role is told that it is the
   primary, unless that is a step. */
typedef struct {
    const char *command, *reply;
} redis_step_t;

typedef struct {
    char folder[64], path[96], address[112];
    const redis_step_t *steps;
    size_t count;
    int listener;
    pthread_t thread;
    char wrong[512]; /* what came instead, and of what */
} redis_script_t;


/* Reads one command, "*2\r\n$4\r\nPING\r\n…", into `words`. */
static inline int
redis_script_read(FILE *in, char *words, size_t size)
{
    int i, n;
    long len;
    char line[64];
    size_t used = 0;

    if (fgets(line, sizeof(line), in) == NULL) {
        return -1;
    }

    n = atoi(line + 1);
    words[0] = '\0';
    for (i = 0; i < n; i++) {
        if (fgets(line, sizeof(line), in) == NULL) {
            return -1;
        }
        len = atol(line + 1);
        if (used + (size_t) len + 2 > size) {
            return -1;
        }
        if (i > 0) {
            words[used++] = ' ';
        }
        if (fread(words + used, 1, (size_t) len, in) != (size_t) len
            || fgets(line, sizeof(line), in) == NULL) {
            return -1;
        }
        used += (size_t) len;
        words[used] = '\0';
    }

    return 0;
}


/* The command that is awaited, or what came instead, is in `words`. */
static inline int
redis_script_await(FILE *in, int fd, const char *command, char *words,
                   size_t size)
{
    static const char role[] = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";

    do {
        words[0] = '\0';
        if (redis_script_read(in, words, size) != 0) {
            return -1;
        }
        if (strcmp(words, command) == 0) {
            return 0;
        }
    } while (strcmp(words, "ROLE") == 0
             && write(fd, role, sizeof(role) - 1) > 0);

    return -1;
}


static inline void *
redis_script_thread(void *data)
{
    int fd = -1;
    char words[4096];
    size_t i;
    FILE *in = NULL;
    redis_script_t *script = data;
    const redis_step_t *step;

    for (i = 0; i < script->count; i++) {
        step = &script->steps[i];

        if (fd == -1) {
            fd = accept(script->listener, NULL, NULL);
            in = fdopen(dup(fd), "r");
        }

        if (step->command != NULL
            && redis_script_await(in, fd, step->command, words, sizeof(words))
                   != 0) {
            snprintf(script->wrong, sizeof(script->wrong),
                     "step %zu: \"%.200s\" instead of \"%.200s\"", i, words,
                     step->command);
            break;
        }

        if (step->reply != NULL) {
            (void) !write(fd, step->reply, strlen(step->reply));
            continue;
        }

        fclose(in);
        close(fd);
        fd = -1;
    }

    if (fd != -1) {
        fclose(in);
        shutdown(fd, SHUT_RDWR);
        close(fd);
    }
    close(script->listener);
    return NULL;
}


static inline void
redis_script_open(redis_script_t *script)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    memset(script, 0, sizeof(*script));
    strcpy(script->folder, "/tmp/sluice-redis-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(script->folder));
    snprintf(script->path, sizeof(script->path), "%s/sock", script->folder);
    snprintf(script->address, sizeof(script->address), "unix:%s", script->path);
    strcpy(address.sun_path, script->path);

    script->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(
        bind(script->listener, (struct sockaddr *) &address, sizeof(address)),
        0);
    ck_assert_int_eq(listen(script->listener, 8), 0);
}


/* Plays the steps to a client that connects to script->address. */
static inline void
redis_script_play(redis_script_t *script, const redis_step_t *steps,
                  size_t count)
{
    redis_script_open(script);
    script->steps = steps;
    script->count = count;
    ck_assert_int_eq(
        pthread_create(&script->thread, NULL, redis_script_thread, script), 0);
}


/* All steps were played, and each command was what was written down. */
static inline void
redis_script_end(redis_script_t *script)
{
    pthread_join(script->thread, NULL);
    unlink(script->path);
    rmdir(script->folder);
    ck_assert_str_eq(script->wrong, "");
}

#endif
