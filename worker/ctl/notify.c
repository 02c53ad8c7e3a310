#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/redis_address.h"
#include "core/table/revocation_message.h"
#include "worker/base/redis.h"
#include "worker/queue/stream.h"
#include "ctl.h"
#include "notify.h"
#include "say.h"

#define NOTIFY_KEY "sluice:revoked" /* scored by expiry */
#define NOTIFY_CHANNEL "sluice:revocations"
#define NOTIFY_TIMEOUT_MS 5000
#define NOTIFY_LATER "nginx learns of it within two seconds"


/* --redis, or what the environment has; NULL: none. */
static const char *
notify_address(const char *address)
{
    char why[REDIS_ADDRESS_ERROR_SIZE];
    redis_address_t read;

    if (address == NULL) {
        address = getenv("SLUICE_REDIS");
    }
    if (address == NULL || *address == '\0') {
        return NULL;
    }

    if (redis_address_read(&read, address, why, sizeof(why)) != 0) {
        say_usage("--redis: %s", why);
    }

    return address;
}


/* The next answer: 0, or -1 when Redis did not take it. */
static int
notify_taken(redisContext *redis)
{
    int rc;
    void *reply = NULL;

    if (redisGetReply(redis, &reply) != REDIS_OK) {
        return -1;
    }

    rc = ((redisReply *) reply)->type == REDIS_REPLY_ERROR ? -1 : 0;
    freeReplyObject(reply);
    return rc;
}


static int
notify_publish(redisContext *redis, const char *channel, const char *text,
               size_t len)
{
    return redisAppendCommand(redis, "PUBLISH %s %b", channel, text, len)
                   == REDIS_OK
               ? notify_taken(redis)
               : -1;
}


/* The set first: who hears of it and looks there finds it. */
static int
notify_revocation(redisContext *redis, const json_t *revocation)
{
    char text[REVOCATION_MESSAGE_SIZE_MAX];
    size_t len;
    revocation_message_t message;

    if (revocation_message_read(revocation, &message)
        != REVOCATION_MESSAGE_OK) {
        return -1;
    }

    len = revocation_message_write(&message, text, sizeof(text));

    if (redisAppendCommand(redis, "ZADD " NOTIFY_KEY " %lld %b",
                           (long long) message.exp, text, len)
            != REDIS_OK
        || notify_taken(redis) != 0) {
        return -1;
    }

    return notify_publish(redis, NOTIFY_CHANNEL, text, len);
}


static int
notify_revocations(redisContext *redis, const json_t *revoked)
{
    size_t i;
    json_t *revocation;

    json_array_foreach(revoked, i, revocation)
    {
        if (notify_revocation(redis, revocation) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
notify_change(redisContext *redis, const json_t *change)
{
    int rc;
    char *text;
    size_t i;
    json_t *entry;

    json_array_foreach(json_object_get(change, "publish"), i, entry)
    {
        text = json_dumps(json_object_get(entry, "message"), JSON_COMPACT);
        rc = text ? notify_publish(
                 redis, json_string_value(json_object_get(entry, "channel")),
                 text, strlen(text))
                  : -1;
        free(text);
        if (rc != 0) {
            return -1;
        }
    }

    json_array_foreach(json_object_get(change, "wake"), i, entry)
    {
        if (stream_append(redis, json_string_value(entry)) != REDIS_OK
            || notify_taken(redis) != 0) {
            return -1;
        }
    }

    return 0;
}


/* Connects, sends, and says `later` when that did not work out. */
static int
notify_send(const char *address, const json_t *what,
            int (*send)(redisContext *redis, const json_t *what),
            const char *later)
{
    int rc = CTL_OK;
    redisContext *redis;

    redis = redis_connect(address, NOTIFY_TIMEOUT_MS);

    if (redis == NULL || redis->err != 0) {
        rc = say_fail("Redis is away, so %s: %s", later,
                      redis ? redis->errstr : "out of memory");
    } else if (send(redis, what) != 0) {
        rc = say_fail("Redis did not take it, so %s: %s", later,
                      redis->err ? redis->errstr : "it answers an error");
    }

    if (redis != NULL) {
        redisFree(redis);
    }
    return rc;
}


int
notify_revoked(const char *address, const json_t *revoked)
{
    if (json_array_size(revoked) == 0) {
        return CTL_OK;
    }

    address = notify_address(address);
    if (address == NULL) {
        fputs("Without --redis (or SLUICE_REDIS) " NOTIFY_LATER ".\n", stderr);
        return CTL_OK;
    }

    return notify_send(address, revoked, notify_revocations, NOTIFY_LATER);
}


int
notify_job(const char *address, const json_t *change)
{
    address = notify_address(address);
    if (address == NULL) {
        return CTL_OK;
    }

    return notify_send(address, change, notify_change,
                       "workers learn of it within seconds");
}
