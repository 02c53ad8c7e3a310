#define _GNU_SOURCE /* pthread_clockjoin_np */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include "aside.h"

#define ASIDE_BEAT_NS 250000000L
#define ASIDE_SECOND_NS 1000000000L

typedef struct {
    int (*work)(void *data);
    void *data;
    int rc, error; /* errno */
} aside_t;


static void *
aside_thread(void *data)
{
    aside_t *aside = data;

    aside->rc = aside->work(aside->data);
    aside->error = errno;
    return NULL;
}


static int
aside_joined(pthread_t thread)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ASIDE_BEAT_NS;
    until.tv_sec += until.tv_nsec / ASIDE_SECOND_NS;
    until.tv_nsec %= ASIDE_SECOND_NS;

    return pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) == 0;
}


int
aside_run(int (*work)(void *data), void *data, void (*beat)(void *beats),
          void *beats)
{
    int rc;
    pthread_t thread;
    sigset_t all, before;
    aside_t aside = { .work = work, .data = data };

    /* Signals are the caller's: its handlers set what it looks at. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&thread, NULL, aside_thread, &aside);
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (rc == 0) {
        while (!aside_joined(thread)) {
            beat(beats);
        }
    } else {
        aside_thread(&aside);
    }

    errno = aside.error;
    return aside.rc;
}
