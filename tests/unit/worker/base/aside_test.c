#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/base/aside.h"

static atomic_int beats;
static pthread_t caller;


static void
beat(void *data)
{
    ck_assert_ptr_eq(data, &beats);
    ck_assert(pthread_equal(pthread_self(), caller));
    atomic_fetch_add(&beats, 1);
}


/* What a disk does that has much to do. */
static int
until_two_beats(void *data)
{
    sigset_t blocked;

    ck_assert_ptr_eq(data, &caller);
    ck_assert(!pthread_equal(pthread_self(), caller));
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    ck_assert(sigismember(&blocked, SIGTERM));

    while (atomic_load(&beats) < 2) {
        usleep(1000);
    }
    return 7;
}


static int
fail_for_space(void *data)
{
    (void) data;
    errno = ENOSPC;
    return -1;
}


START_TEST(the_caller_is_awake_until_the_work_is_over)
{
    caller = pthread_self();
    ck_assert_int_eq(aside_run(until_two_beats, &caller, beat, &beats), 7);
    ck_assert_int_ge(atomic_load(&beats), 2);
}
END_TEST


START_TEST(what_went_wrong_comes_along)
{
    caller = pthread_self();
    errno = 0;
    ck_assert_int_eq(aside_run(fail_for_space, NULL, beat, &beats), -1);
    ck_assert_int_eq(errno, ENOSPC);
}
END_TEST


RUN("worker/aside", the_caller_is_awake_until_the_work_is_over,
    what_went_wrong_comes_along)
