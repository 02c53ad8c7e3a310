#define _GNU_SOURCE /* ppoll() */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include "core/base/fail.h"
#include "worker/base/child.h"
#include "worker/base/file.h"
#include "worker/base/http.h"
#include "worker/base/log.h"
#include "role.h"
#include "role_fetch.h"
#include "role_plan.h"

#define ROLE_MODE 0640
#define ROLE_NONE ((time_t) 0)

static volatile sig_atomic_t role_stop;


static void
role_on_signal(int number)
{
    if (number == SIGUSR1) {
        log_reopen();
    } else {
        role_stop = 1;
    }
}


static uint32_t
role_chance(void)
{
    uint32_t chance = 0;

    return getrandom(&chance, sizeof(chance), GRND_NONBLOCK) == sizeof(chance)
               ? chance
               : (uint32_t) getpid();
}


int
role_keep(const char *path, const credentials_t *found, char *err,
          size_t err_size)
{
    int rc;
    char text[CREDENTIALS_TEXT_SIZE], why[256];
    size_t len;
    credentials_t old;

    rc = credentials_read(&old, path, why, sizeof(why)) == 0
         && credentials_same(&old, found);
    credentials_forget(&old);
    if (rc) {
        return 0;
    }

    len = credentials_text(found, text);
    rc = file_replace(path, text, len, ROLE_MODE);
    OPENSSL_cleanse(text, sizeof(text));

    return rc == 0 ? 1
                   : fail_because(err, err_size, "%.300s: %s", path,
                                  strerror(errno));
}


static int
role_once(credentials_t *found, char name[ROLE_ANSWER_NAME_MAX + 1], char *err,
          size_t err_size)
{
    role_source_t source;

    return role_source_find(&source, err, err_size) == 0
               ? role_fetch(&source, &role_stop, found, name, err, err_size)
               : -1;
}


int
role_try(credentials_t *found, char *err, size_t err_size)
{
    char name[ROLE_ANSWER_NAME_MAX + 1];

    memset(found, 0, sizeof(*found));

    return http_init() == 0 ? role_once(found, name, err, err_size)
                            : fail_because(err, err_size, "no memory");
}


/* Those of before stay as long as they live. */
static void
role_complain(const char *why, time_t ends)
{
    const long left = (long) (ends - time(NULL));

    if (role_stop) {
        return; /* it was broken off */
    }

    if (ends == ROLE_NONE || left <= 0) {
        log_write(LOG_ERROR, "role: %s; there are no good credentials", why);
        return;
    }

    log_write(LOG_WARN, "role: %s; those at hand are good for %ld s", why,
              left);
}


/* 0 when the file has what is good now, and `ends` says until when. */
static int
role_renew(const char *path, time_t *ends)
{
    int rc;
    char err[ROLE_FETCH_ERR_SIZE], name[ROLE_ANSWER_NAME_MAX + 1];
    credentials_t found;

    rc = role_once(&found, name, err, sizeof(err));
    if (rc == 0) {
        rc = role_keep(path, &found, err, sizeof(err));
    }

    if (rc == -1) {
        role_complain(err, *ends);
    } else {
        *ends = found.expires;
    }
    if (rc == 1) {
        log_write(LOG_INFO, "role%s%s: credentials for %ld s", *name ? " " : "",
                  name, (long) (found.expires - time(NULL)));
    }

    credentials_forget(&found);
    return rc == -1 ? -1 : 0;
}


/* A signal that comes in between the look at the flag and the wait ends the
   wait. */
static void
role_wait(int64_t ms)
{
    sigset_t ending, before;
    const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

    sigemptyset(&ending);
    sigaddset(&ending, SIGQUIT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    sigprocmask(SIG_BLOCK, &ending, &before);

    if (!role_stop) {
        (void) ppoll(NULL, 0, &time, &before);
    }

    sigprocmask(SIG_SETMASK, &before, NULL);
}


/* Of those that an earlier process left, until when they are good. */
static time_t
role_left(const char *path)
{
    char why[256];
    credentials_t old;
    time_t ends = ROLE_NONE;

    if (credentials_read(&old, path, why, sizeof(why)) == 0) {
        ends = old.expires;
    }
    credentials_forget(&old);

    return ends;
}


int
role_run(const config_t *config)
{
    const char *path = config->store.credentials;
    unsigned failures = 0;
    time_t ends;

    prctl(PR_SET_NAME, "sluice-role"); /* as ps shows it */
    child_signals(role_on_signal);

    if (http_init() != 0) {
        return EXIT_FAILURE;
    }

    ends = role_left(path);

    while (!role_stop) {
        failures = role_renew(path, &ends) == 0 ? 0 : failures + 1;
        role_wait(failures == 0
                      ? role_plan_renewal(ends - time(NULL), role_chance())
                      : role_plan_retry(failures, role_chance()));
    }

    return EXIT_SUCCESS;
}
