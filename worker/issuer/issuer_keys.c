#define _GNU_SOURCE /* ppoll() */
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "worker/base/child.h"
#include "worker/base/clock.h"
#include "worker/base/http.h"
#include "worker/base/log.h"
#include "issuer_fetch.h"
#include "issuer_file.h"
#include "issuer_keys.h"
#include "issuer_listen.h"
#include "issuer_plan.h"

#define ISSUER_KEYS_AT_ONCE 8 /* kids of a load balancer in one go */
#define ISSUER_KEYS_ERR_SIZE (URL_SIZE + 512)
#define ISSUER_KEYS_WAIT_MAX 3600000 /* ms, for poll()'s int */

static volatile sig_atomic_t issuer_keys_stop;

typedef struct {
    const issuer_line_t *line;
    issuer_plan_t plan;
} issuer_keys_issuer_t;

typedef struct {
    issuer_keys_issuer_t issuers[CONFIG_ISSUERS_MAX];
    size_t count;
    issuer_listen_t *listen;
} issuer_keys_t;


static void
issuer_keys_on_signal(int number)
{
    if (number == SIGUSR1) {
        log_reopen();
    } else {
        issuer_keys_stop = 1;
    }
}


/* Only so that machines do not come all at once. */
static uint32_t
issuer_keys_chance(void)
{
    uint32_t chance = 0;

    return getrandom(&chance, sizeof(chance), GRND_NONBLOCK) == sizeof(chance)
               ? chance
               : (uint32_t) getpid();
}


static void
issuer_keys_hear(issuer_keys_t *keys, const issuer_message_t *message)
{
    size_t i;
    int64_t now = clock_now();
    issuer_keys_issuer_t *issuer;

    for (i = 0; i < keys->count; i++) {
        issuer = &keys->issuers[i];
        if (strcmp(issuer->line->name, message->issuer) == 0) {
            break;
        }
    }

    if (i == keys->count
        || (issuer->line->kind == ISSUER_LOAD_BALANCER
            && !issuer_fetch_plain(message->kid))
        || issuer_file_has(issuer->line->file, message->kid)) {
        return;
    }

    if (issuer_plan_ask(&issuer->plan, message->kid, now)
        == ISSUER_PLAN_LATER) {
        log_write(LOG_INFO,
                  "issuer %s: kid \"%s\" is unknown; the next fetch for such "
                  "is in %d s",
                  issuer->line->name, message->kid,
                  (int) ((issuer->plan.due - now) / 1000));
    }
}


static void
issuer_keys_complain(const issuer_keys_issuer_t *issuer, const char *why)
{
    if (issuer_keys_stop) {
        return; /* it was broken off */
    }

    log_write(LOG_WARN, "issuer %s: %s; %s", issuer->line->name, why,
              issuer_file_age(issuer->line->file) >= 0
                  ? "the last good keys stay"
                  : "there are no good keys yet");
}


/* 1 when the file has it now, 0 when there is no such key, -1 when that could
   not be found out. */
static int
issuer_keys_fetch_one(issuer_keys_issuer_t *issuer, const char *kid)
{
    int rc = -1;
    char err[ISSUER_KEYS_ERR_SIZE] = "out of memory", *jwk = NULL, *text;

    switch (issuer_fetch_key(issuer->line, kid, &issuer_keys_stop, &jwk, err,
                             sizeof(err))) {
    case HTTPS_OK:
        break;
    case HTTPS_REFUSED:
        log_write(LOG_INFO, "issuer %s: there is no kid \"%s\": %s",
                  issuer->line->name, kid, err);
        return 0;
    default:
        issuer_keys_complain(issuer, err);
        return -1;
    }

    text = issuer_file_with(issuer->line->file, jwk, kid);
    free(jwk);
    if (text != NULL) {
        rc = issuer_file_keep(issuer->line->file, text, strlen(text), err,
                              sizeof(err));
        free(text);
    }

    if (rc == -1) {
        issuer_keys_complain(issuer, err);
        return -1;
    }

    log_write(LOG_INFO, "issuer %s: new key \"%s\"", issuer->line->name, kid);
    return 1;
}


/* 1 when each kid was found, or found to be absent. */
static int
issuer_keys_fetch_asked(issuer_keys_issuer_t *issuer)
{
    int i, rc;
    const char *kid;

    for (i = 0; i < ISSUER_KEYS_AT_ONCE && !issuer_keys_stop; i++) {
        kid = issuer_plan_asked(&issuer->plan, clock_now());
        if (kid == NULL) {
            break;
        }

        rc = issuer_keys_fetch_one(issuer, kid);
        if (rc == -1) {
            return 0;
        }
        issuer_plan_settle(&issuer->plan, kid, rc, clock_now());
    }

    return 1;
}


/* What was asked for and is not among the fresh keys is some stranger's. */
static void
issuer_keys_settle(issuer_keys_issuer_t *issuer)
{
    int present;
    int64_t now = clock_now();
    const char *kid;

    while ((kid = issuer_plan_asked(&issuer->plan, now)) != NULL) {
        present = issuer_file_has(issuer->line->file, kid);
        if (!present) {
            log_write(LOG_INFO, "issuer %s: there is no kid \"%s\"",
                      issuer->line->name, kid);
        }
        issuer_plan_settle(&issuer->plan, kid, present, now);
    }
}


static int
issuer_keys_fetch_set(issuer_keys_issuer_t *issuer)
{
    int rc = -1;
    char err[ISSUER_KEYS_ERR_SIZE], *text;
    size_t len;

    text = issuer_fetch_set(issuer->line, &issuer_keys_stop, &len, err,
                            sizeof(err));
    if (text != NULL) {
        rc = issuer_file_keep(issuer->line->file, text, len, err, sizeof(err));
        free(text);
    }

    if (rc == -1) {
        issuer_keys_complain(issuer, err);
        return 0;
    }

    log_write(LOG_INFO, "issuer %s: %s", issuer->line->name,
              rc == 1 ? "new keys" : "the same keys");
    issuer_keys_settle(issuer);
    return 1;
}


static void
issuer_keys_fetch(issuer_keys_issuer_t *issuer)
{
    int ok;

    issuer_plan_begin(&issuer->plan, clock_now());

    ok = issuer->line->kind == ISSUER_LOAD_BALANCER
             ? issuer_keys_fetch_asked(issuer)
             : issuer_keys_fetch_set(issuer);

    issuer_plan_end(&issuer->plan, ok, clock_now(), issuer_keys_chance());
}


/* Until something is announced, or something is due. A signal that comes in
   between the look at the flag and the wait ends the wait. */
static void
issuer_keys_wait(issuer_keys_t *keys, int fd)
{
    size_t i;
    int64_t due = issuer_listen_due(keys->listen), ms;
    sigset_t ending, before;
    struct pollfd polled = { .fd = fd, .events = POLLIN };
    struct timespec time;

    for (i = 0; i < keys->count; i++) {
        due = keys->issuers[i].plan.due < due ? keys->issuers[i].plan.due : due;
    }

    ms = due - clock_now();
    ms = ms < 0 ? 0 : ms > ISSUER_KEYS_WAIT_MAX ? ISSUER_KEYS_WAIT_MAX : ms;
    time = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };

    sigemptyset(&ending);
    sigaddset(&ending, SIGQUIT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    sigprocmask(SIG_BLOCK, &ending, &before);

    if (!issuer_keys_stop && ppoll(&polled, 1, &time, &before) > 0) {
        issuer_listen_read(keys->listen, clock_now());
    }

    sigprocmask(SIG_SETMASK, &before, NULL);
}


static void
issuer_keys_loop(issuer_keys_t *keys)
{
    int fd;
    size_t i;
    issuer_message_t message;

    while (!issuer_keys_stop) {
        fd = issuer_listen_open(keys->listen, clock_now());

        while (issuer_listen_next(keys->listen, clock_now(), &message)) {
            issuer_keys_hear(keys, &message);
        }

        for (i = 0; i < keys->count && !issuer_keys_stop; i++) {
            if (keys->issuers[i].plan.due <= clock_now()) {
                issuer_keys_fetch(&keys->issuers[i]);
            }
        }

        issuer_keys_wait(keys, fd);
    }
}


int
issuer_keys_run(const config_t *config)
{
    int rc = EXIT_FAILURE;
    size_t i;
    issuer_keys_t *keys;
    issuer_keys_issuer_t *issuer;

    child_signals(issuer_keys_on_signal);
    umask(022);

    keys = calloc(1, sizeof(*keys));
    if (keys == NULL) {
        return EXIT_FAILURE;
    }

    for (i = 0; i < config->issuer_count; i++) {
        issuer = &keys->issuers[keys->count++];
        issuer->line = &config->issuers[i];
        issuer_plan_init(&issuer->plan, issuer->line->every,
                         issuer_file_age(issuer->line->file), clock_now(),
                         issuer_keys_chance());
    }

    keys->listen = issuer_listen_create(config->redis);

    if (keys->listen != NULL && http_init() == 0) {
        issuer_keys_loop(keys);
        rc = EXIT_SUCCESS;
    }

    issuer_listen_free(keys->listen);
    free(keys);
    return rc;
}
