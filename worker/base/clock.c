#include "clock.h"


static int64_t
clock_ask(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}


static void
clock_wait(int ms)
{
    const struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

    nanosleep(&time, NULL);
}


int64_t (*clock_now)(void) = clock_ask;
void (*clock_sleep)(int ms) = clock_wait;


time_t
clock_seconds(void)
{
    return (time_t) (clock_now() / 1000);
}


double
clock_since(int64_t then)
{
    return (double) (clock_now() - then) / 1000;
}
