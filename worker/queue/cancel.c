#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/job_message.h"
#include "worker/base/clock.h"
#include "worker/base/redis.h"
#include "cancel.h"

#define CANCEL_CHANNEL "sluice:cancel"
#define CANCEL_TIMEOUT_MS 500
#define CANCEL_RETRY_MS 2000 /* between two tries to connect */
#define CANCEL_BEAT_MS                                    \
    1000 /* of silence, until it is asked for a sign; and \
            until that has to be there */

/* times are clock_now()'s */
struct cancel_s {
    redisContext *redis;
    char *address;
    int64_t not_before;
    int64_t heard; /* something, whatever it was */
    int64_t asked; /* for a sign of life; 0: not since */
};


void
cancel_free(cancel_t *cancel)
{
    if (cancel == NULL) {
        return;
    }

    if (cancel->redis != NULL) {
        redisFree(cancel->redis);
    }
    free(cancel->address);
    free(cancel);
}


cancel_t *
cancel_create(const char *address)
{
    cancel_t *cancel;

    cancel = calloc(1, sizeof(*cancel));
    if (cancel == NULL) {
        return NULL;
    }

    cancel->address = strdup(address);
    if (cancel->address == NULL) {
        cancel_free(cancel);
        return NULL;
    }

    return cancel;
}


static void
cancel_lose(cancel_t *cancel)
{
    if (cancel->redis != NULL) {
        redisFree(cancel->redis);
        cancel->redis = NULL;
    }
}


static int
cancel_connect(cancel_t *cancel)
{
    if (cancel->redis != NULL) {
        return 0;
    }

    if (clock_now() < cancel->not_before) {
        return -1;
    }
    cancel->not_before = clock_now() + CANCEL_RETRY_MS;

    cancel->heard = clock_now();
    cancel->asked = 0;
    cancel->redis = redis_connect(cancel->address, CANCEL_TIMEOUT_MS);
    if (cancel->redis == NULL || cancel->redis->err != 0
        || redisAppendCommand(cancel->redis, "SUBSCRIBE " CANCEL_CHANNEL)
               != REDIS_OK
        || redisBufferWrite(cancel->redis, NULL) != REDIS_OK) {
        cancel_lose(cancel);
        return -1;
    }

    return 0;
}


/* ["message", channel, text] */
static int
cancel_names(const redisReply *reply, const char *job)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 3
           && reply->element[2]->type == REDIS_REPLY_STRING
           && job_message_cancels(reply->element[2]->str,
                                  (size_t) reply->element[2]->len, job);
}


/* What came, which may be several messages or a part of one. */
static int
cancel_read(cancel_t *cancel, const char *job)
{
    int heard = 0;
    void *reply = NULL;

    cancel->heard = clock_now();
    cancel->asked = 0;

    if (redisBufferRead(cancel->redis) != REDIS_OK) {
        cancel_lose(cancel);
        return 0;
    }

    do {
        if (redisGetReplyFromReader(cancel->redis, &reply) != REDIS_OK) {
            cancel_lose(cancel);
            return heard;
        }
        if (reply != NULL) {
            heard |= cancel_names(reply, job);
            freeReplyObject(reply);
        }
    } while (reply != NULL);

    return heard;
}


/* Of a machine that is off nobody tells: it has to say something. */
static void
cancel_beat(cancel_t *cancel)
{
    int64_t now = clock_now();

    if (cancel->redis == NULL) {
        return;
    }

    if (cancel->asked != 0) {
        if (now - cancel->asked >= CANCEL_BEAT_MS) {
            cancel_lose(cancel);
        }
        return;
    }

    if (now - cancel->heard < CANCEL_BEAT_MS) {
        return;
    }

    cancel->asked = now;
    if (redisAppendCommand(cancel->redis, "PING") != REDIS_OK
        || redisBufferWrite(cancel->redis, NULL) != REDIS_OK) {
        cancel_lose(cancel);
    }
}


int
cancel_heard(cancel_t *cancel, const char *job)
{
    int heard = 0;
    struct pollfd polled = { .events = POLLIN };

    if (cancel == NULL || cancel_connect(cancel) != 0) {
        return 0;
    }

    polled.fd = cancel->redis->fd;
    while (cancel->redis != NULL && poll(&polled, 1, 0) > 0) {
        heard |= cancel_read(cancel, job);
    }

    cancel_beat(cancel);

    return heard;
}
