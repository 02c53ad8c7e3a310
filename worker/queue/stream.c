#include <stdlib.h>
#include <string.h>
#include "worker/base/log.h"
#include "worker/base/redis.h"
#include "stream.h"

#define STREAM_KEY "sluice:jobs"
#define STREAM_GROUP "workers"
#define STREAM_VERSION "1"
#define STREAM_KEEP "100000" /* entries, more or less */
#define STREAM_TIMEOUT_MS 2000
#define STREAM_UNANSWERED_MAX 64
#define STREAM_IDLE_MS 3600000L /* a slot looks each second, between jobs */
#define STREAM_TIDY_MAX 100     /* consumers that go at a time */

struct stream_s {
    redisContext *redis;
    char *address;
    char *consumer;
    int unanswered; /* commands whose answers were not read yet */
    int away;       /* said so in the log */
};


void
stream_free(stream_t *stream)
{
    if (stream == NULL) {
        return;
    }

    if (stream->redis != NULL) {
        redisFree(stream->redis);
    }
    free(stream->address);
    free(stream->consumer);
    free(stream);
}


stream_t *
stream_create(const char *address, const char *consumer)
{
    stream_t *stream;

    stream = calloc(1, sizeof(*stream));
    if (stream == NULL) {
        return NULL;
    }

    stream->address = strdup(address);
    stream->consumer = strdup(consumer);
    if (stream->address == NULL || stream->consumer == NULL) {
        stream_free(stream);
        return NULL;
    }

    return stream;
}


static void
stream_lose(stream_t *stream, const char *why)
{
    if (!stream->away) {
        log_write(LOG_WARN, "redis: away: %s", why);
        stream->away = 1;
    }

    if (stream->redis != NULL) {
        redisFree(stream->redis);
        stream->redis = NULL;
    }
}


static redisReply *
stream_check(stream_t *stream, void *reply)
{
    if (reply == NULL) {
        stream_lose(stream, stream->redis->errstr);
    }

    return reply;
}


/* From the stream's beginning, since what was added before the group existed
   is meant for it too. */
static int
stream_create_group(stream_t *stream)
{
    redisReply *reply;

    reply = stream_check(stream, redisCommand(stream->redis,
                                              "XGROUP CREATE " STREAM_KEY
                                              " " STREAM_GROUP " 0 MKSTREAM"));
    if (reply == NULL) {
        return -1;
    }

    if (reply->type == REDIS_REPLY_ERROR
        && strncmp(reply->str, "BUSYGROUP", 9) != 0) {
        stream_lose(stream, reply->str);
        freeReplyObject(reply);
        return -1;
    }

    freeReplyObject(reply);

    if (stream->away) {
        log_write(LOG_INFO, "redis: back again");
        stream->away = 0;
    }

    return 0;
}


static int
stream_connect(stream_t *stream)
{
    if (stream->redis != NULL) {
        return 0;
    }

    stream->redis = redis_connect(stream->address, STREAM_TIMEOUT_MS);

    if (stream->redis == NULL || stream->redis->err != 0) {
        stream_lose(stream,
                    stream->redis ? stream->redis->errstr : "out of memory");
        return -1;
    }

    stream->unanswered = 0;
    return stream_create_group(stream);
}


/* Lets the answers in that nobody waited for. 0, or -1 when Redis is away. */
static int
stream_answers(stream_t *stream)
{
    void *reply;

    while (stream->unanswered > 0) {
        if (redisGetReply(stream->redis, &reply) != REDIS_OK) {
            stream_lose(stream, stream->redis->errstr);
            return -1;
        }
        freeReplyObject(reply);
        stream->unanswered--;
    }

    return 0;
}


int
stream_next(stream_t *stream, int wait_ms)
{
    int found;
    redisReply *reply;

    if (stream_connect(stream) != 0 || stream_answers(stream) != 0) {
        return -1;
    }

    reply = stream_check(
        stream,
        redisCommand(stream->redis,
                     "XREADGROUP GROUP " STREAM_GROUP
                     " %s COUNT 1 BLOCK %d NOACK STREAMS " STREAM_KEY " >",
                     stream->consumer, wait_ms));
    if (reply == NULL) {
        return -1;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        /* someone emptied Redis: "NOGROUP No such key …" */
        if (strncmp(reply->str, "NOGROUP", 7) == 0) {
            freeReplyObject(reply);
            return stream_create_group(stream) == 0 ? 0 : -1;
        }
        stream_lose(stream, reply->str);
        freeReplyObject(reply);
        return -1;
    }

    /* [[key, [[entry, [field, value, …]]]]]; nil when the time is up */
    found = reply->type == REDIS_REPLY_ARRAY && reply->elements == 1;
    freeReplyObject(reply);
    return found;
}


int
stream_append(redisContext *redis, const char *job)
{
    return redisAppendCommand(redis,
                              "XADD " STREAM_KEY " MAXLEN ~ " STREAM_KEEP
                              " * v " STREAM_VERSION " id %s",
                              job);
}


/* The answers are read before the next question, or when there are many. */
static int
stream_ready(stream_t *stream)
{
    return stream_connect(stream) != 0
                   || (stream->unanswered >= STREAM_UNANSWERED_MAX
                       && stream_answers(stream) != 0)
               ? -1
               : 0;
}


/* Sends the command that was appended, if it was. */
static void
stream_flush(stream_t *stream, int rc)
{
    int done = 0;

    while (rc == REDIS_OK && !done) {
        rc = redisBufferWrite(stream->redis, &done);
    }
    if (rc != REDIS_OK) {
        stream_lose(stream, stream->redis->errstr);
        return;
    }

    stream->unanswered++;
}


void
stream_add(stream_t *stream, const char *job)
{
    if (stream_ready(stream) == 0) {
        stream_flush(stream, stream_append(stream->redis, job));
    }
}


void
stream_publish(stream_t *stream, const char *channel, const char *text)
{
    if (stream_ready(stream) == 0) {
        stream_flush(stream, redisAppendCommand(stream->redis, "PUBLISH %s %s",
                                                channel, text));
    }
}


/* [name, <name>, pending, <number>, idle, <ms>, …] of each. Its name when it
   has long been gone. */
static const redisReply *
stream_gone(const redisReply *consumer)
{
    size_t i;
    long long pending = 1, idle = 0;
    const redisReply *name = NULL, *value;

    for (i = 0; i + 1 < consumer->elements; i += 2) {
        value = consumer->element[i + 1];

        if (consumer->element[i]->type != REDIS_REPLY_STRING) {
            return NULL;
        }
        if (strcmp(consumer->element[i]->str, "name") == 0
            && value->type == REDIS_REPLY_STRING) {
            name = value;
        } else if (strcmp(consumer->element[i]->str, "pending") == 0) {
            pending = value->integer;
        } else if (strcmp(consumer->element[i]->str, "idle") == 0) {
            idle = value->integer;
        }
    }

    return pending == 0 && idle >= STREAM_IDLE_MS ? name : NULL;
}


void
stream_tidy(stream_t *stream)
{
    int gone = 0;
    size_t i;
    redisReply *all, *reply;
    const redisReply *name;

    if (stream_connect(stream) != 0 || stream_answers(stream) != 0) {
        return;
    }

    all = stream_check(stream,
                       redisCommand(stream->redis, "XINFO CONSUMERS " STREAM_KEY
                                                   " " STREAM_GROUP));

    for (i = 0; all != NULL && all->type == REDIS_REPLY_ARRAY
                && i < all->elements && gone < STREAM_TIDY_MAX;
         i++) {
        name = stream_gone(all->element[i]);
        if (name == NULL) {
            continue;
        }

        gone++;
        reply = stream_check(stream,
                             redisCommand(stream->redis,
                                          "XGROUP DELCONSUMER " STREAM_KEY
                                          " " STREAM_GROUP " %b",
                                          name->str, name->len));
        if (reply == NULL) {
            break;
        }
        freeReplyObject(reply);
    }

    if (all != NULL) {
        freeReplyObject(all);
    }
}
