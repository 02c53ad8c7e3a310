#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "log.h"
#include "redis.h"
#include "stream.h"

#define STREAM_KEY "sluice:jobs"
#define STREAM_GROUP "workers"
#define STREAM_VERSION "1"
#define STREAM_KEEP "100000" /* entries, more or less */
#define STREAM_TIMEOUT_MS 2000

struct stream_s {
    redisContext *redis;
    char *address;
    char *consumer;
    int inherited; /* the entries of our predecessor are read */
    int away;      /* said so in the log */
};


static int stream_connect(stream_t *stream);
static int stream_create_group(stream_t *stream);
static redisReply *stream_read(stream_t *stream, int wait_ms);
static int stream_parse(const redisReply *reply, stream_wake_t *wake);
static redisReply *stream_check(stream_t *stream, void *reply);
static void stream_lose(stream_t *stream, const char *why);


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


int
stream_next(stream_t *stream, int wait_ms, stream_wake_t *wake)
{
    int found;
    redisReply *reply;

    if (stream_connect(stream) != 0) {
        return -1;
    }

    reply = stream_read(stream, wait_ms);
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

    found = stream_parse(reply, wake);
    freeReplyObject(reply);

    if (!found && !stream->inherited) {
        stream->inherited = 1;
        return stream_next(stream, wait_ms, wake);
    }

    return found;
}


/* "0" means what was given to this consumer and not acknowledged, ">" what
   was given to nobody yet. */
static redisReply *
stream_read(stream_t *stream, int wait_ms)
{
    if (!stream->inherited) {
        return stream_check(stream,
                            redisCommand(stream->redis,
                                         "XREADGROUP GROUP " STREAM_GROUP
                                         " %s COUNT 1 STREAMS " STREAM_KEY " 0",
                                         stream->consumer));
    }

    return stream_check(
        stream, redisCommand(stream->redis,
                             "XREADGROUP GROUP " STREAM_GROUP
                             " %s COUNT 1 BLOCK %d STREAMS " STREAM_KEY " >",
                             stream->consumer, wait_ms));
}


/* [[key, [[entry, [field, value, …]]]]]; nil when the time is up. The fields
   are nil when the entry was trimmed away meanwhile. */
static int
stream_parse(const redisReply *reply, stream_wake_t *wake)
{
    size_t i;
    const redisReply *entries, *entry, *fields, *value;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1
        || reply->element[0]->elements != 2) {
        return 0;
    }

    entries = reply->element[0]->element[1];
    if (entries->type != REDIS_REPLY_ARRAY || entries->elements == 0
        || entries->element[0]->elements != 2) {
        return 0;
    }

    entry = entries->element[0]->element[0];
    fields = entries->element[0]->element[1];
    snprintf(wake->entry, sizeof(wake->entry), "%s", entry->str);
    wake->job[0] = '\0';

    for (i = 0; fields->type == REDIS_REPLY_ARRAY && i + 1 < fields->elements;
         i += 2) {
        value = fields->element[i + 1];

        if (strcmp(fields->element[i]->str, "v") == 0
            && strcmp(value->str, STREAM_VERSION) != 0) {
            wake->job[0] = '\0';
            break;
        }

        if (strcmp(fields->element[i]->str, "id") == 0
            && uuid_valid(value->str, (size_t) value->len)) {
            memcpy(wake->job, value->str, UUID_TEXT_SIZE);
        }
    }

    return 1;
}


void
stream_ack(stream_t *stream, const char *entry)
{
    redisReply *reply;

    if (stream->redis == NULL) {
        return;
    }

    reply = stream_check(
        stream, redisCommand(stream->redis,
                             "XACK " STREAM_KEY " " STREAM_GROUP " %s", entry));
    if (reply != NULL) {
        freeReplyObject(reply);
    }
}


void
stream_add(stream_t *stream, const char *job)
{
    redisReply *reply;

    if (stream_connect(stream) != 0) {
        return;
    }

    reply = stream_check(stream, redisCommand(stream->redis,
                                              "XADD " STREAM_KEY
                                              " MAXLEN ~ " STREAM_KEEP
                                              " * v " STREAM_VERSION " id %s",
                                              job));
    if (reply != NULL) {
        freeReplyObject(reply);
    }
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

    stream->inherited = 0;
    return stream_create_group(stream);
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


static redisReply *
stream_check(stream_t *stream, void *reply)
{
    if (reply == NULL) {
        stream_lose(stream, stream->redis->errstr);
    }

    return reply;
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
