#include <stdlib.h>
#include <string.h>
#include "worker/base/log.h"
#include "worker/base/redis.h"
#include "issuer_listen.h"

#define ISSUER_LISTEN_TIMEOUT_MS 2000
#define ISSUER_LISTEN_BACKOFF_MS 1000
#define ISSUER_LISTEN_BEAT_MS                                                  \
    1000                          /* of silence, until it is asked for a sign; \
                                     and until that has to be there */
#define ISSUER_LISTEN_DOUBLINGS 5 /* up to 32 s between two tries */
#define ISSUER_LISTEN_UNREAD_MAX 1048576 /* bytes of an unfinished reply */

struct issuer_listen_s {
    redisContext *redis;
    char *address;
    int64_t due;   /* ms: the next try, or the next look at its silence */
    int64_t asked; /* for a sign of life; -1: not since it said something */
    int failures;
};


issuer_listen_t *
issuer_listen_create(const char *address)
{
    issuer_listen_t *listen;

    listen = calloc(1, sizeof(*listen));
    if (listen == NULL) {
        return NULL;
    }

    listen->address = strdup(address);
    if (listen->address == NULL) {
        free(listen);
        return NULL;
    }

    return listen;
}


void
issuer_listen_free(issuer_listen_t *listen)
{
    if (listen == NULL) {
        return;
    }

    if (listen->redis != NULL) {
        redisFree(listen->redis);
    }
    free(listen->address);
    free(listen);
}


static void
issuer_listen_lose(issuer_listen_t *listen, int64_t now, const char *why)
{
    if (listen->failures == 0) {
        log_write(LOG_WARN, "redis: away: %s", why);
    }

    listen->due = now
                  + ((int64_t) ISSUER_LISTEN_BACKOFF_MS << listen->failures);
    listen->failures += listen->failures < ISSUER_LISTEN_DOUBLINGS;

    if (listen->redis != NULL) {
        redisFree(listen->redis);
        listen->redis = NULL;
    }
}


static void
issuer_listen_heard(issuer_listen_t *listen, int64_t now)
{
    listen->asked = -1;
    listen->due = now + ISSUER_LISTEN_BEAT_MS;
}


/* Of a machine that is off nobody tells: it has to say something. */
static void
issuer_listen_beat(issuer_listen_t *listen, int64_t now)
{
    if (now < listen->due) {
        return;
    }

    if (listen->asked >= 0) {
        issuer_listen_lose(listen, now, "no answer in time");
        return;
    }

    listen->asked = now;
    listen->due = now + ISSUER_LISTEN_BEAT_MS;
    if (redisAppendCommand(listen->redis, "PING") != REDIS_OK
        || redisBufferWrite(listen->redis, NULL) != REDIS_OK) {
        issuer_listen_lose(listen, now, listen->redis->errstr);
    }
}


int
issuer_listen_open(issuer_listen_t *listen, int64_t now)
{
    redisReply *reply;

    if (listen->redis != NULL) {
        issuer_listen_beat(listen, now);
        return listen->redis != NULL ? listen->redis->fd : -1;
    }
    if (now < listen->due) {
        return -1;
    }

    listen->redis = redis_connect(listen->address, ISSUER_LISTEN_TIMEOUT_MS);
    if (listen->redis == NULL || listen->redis->err != 0) {
        issuer_listen_lose(listen, now,
                           listen->redis ? listen->redis->errstr
                                         : "out of memory");
        return -1;
    }

    reply = redisCommand(listen->redis, "SUBSCRIBE " ISSUER_MESSAGE_CHANNEL);
    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY) {
        issuer_listen_lose(listen, now,
                           reply ? reply->str : listen->redis->errstr);
        freeReplyObject(reply);
        return -1;
    }
    freeReplyObject(reply);

    issuer_listen_heard(listen, now);

    if (listen->failures > 0) {
        log_write(LOG_INFO, "redis: back again");
        listen->failures = 0;
    }

    return listen->redis->fd;
}


int64_t
issuer_listen_due(const issuer_listen_t *listen)
{
    return listen->due;
}


void
issuer_listen_read(issuer_listen_t *listen, int64_t now)
{
    if (listen->redis == NULL) {
        return;
    }

    issuer_listen_heard(listen, now);

    if (redisBufferRead(listen->redis) != REDIS_OK) {
        issuer_listen_lose(listen, now, listen->redis->errstr);
    } else if (listen->redis->reader->len > ISSUER_LISTEN_UNREAD_MAX) {
        issuer_listen_lose(listen, now, "a message is too large");
    }
}


/* ["message", channel, text] */
static int
issuer_listen_parse(const redisReply *reply, issuer_message_t *message)
{
    const redisReply *text;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) {
        return 0;
    }

    text = reply->element[2];
    if (text->type != REDIS_REPLY_STRING) {
        return 0;
    }

    if (issuer_message_parse(text->str, (size_t) text->len, message) != 0) {
        log_write(LOG_WARN,
                  "a message on " ISSUER_MESSAGE_CHANNEL " makes no sense");
        return 0;
    }

    return 1;
}


int
issuer_listen_next(issuer_listen_t *listen, int64_t now,
                   issuer_message_t *message)
{
    int rc = 0;
    void *reply;

    while (rc == 0 && listen->redis != NULL) {
        if (redisGetReplyFromReader(listen->redis, &reply) != REDIS_OK) {
            issuer_listen_lose(listen, now, listen->redis->errstr);
            break;
        }
        if (reply == NULL) {
            break;
        }

        rc = issuer_listen_parse(reply, message);
        freeReplyObject(reply);
    }

    return rc;
}
