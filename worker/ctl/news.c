#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <hiredis/hiredis.h>
#include "core/table/revocation_message.h"
#include "ctl.h"
#include "news.h"

#define NEWS_KEY "sluice:revoked" /* scored by expiry */
#define NEWS_CHANNEL "sluice:revocations"
#define NEWS_STREAM "sluice:jobs MAXLEN ~ 100000"
#define NEWS_TIMEOUT_S 5
#define NEWS_LATER "nginx learns of it within a minute"


static redisContext *news_connect(const char *address);
static int news_publish(redisContext *redis, const json_t *news);
static int news_send(redisContext *redis, const json_t *revocation);


int
news_tell(const char *address, const json_t *revoked)
{
    int rc = CTL_OK;
    size_t i;
    json_t *revocation;
    redisContext *redis;

    if (json_array_size(revoked) == 0) {
        return CTL_OK;
    }

    if (address == NULL) {
        address = getenv("SLUICE_REDIS");
    }
    if (address == NULL || *address == '\0') {
        fputs("Without --redis (or SLUICE_REDIS) " NEWS_LATER ".\n", stderr);
        return CTL_OK;
    }

    redis = news_connect(address);
    if (redis == NULL || redis->err != 0) {
        rc = ctl_fail("Redis is away, so " NEWS_LATER ": %s",
                      redis ? redis->errstr : "out of memory");
        goto done;
    }

    json_array_foreach(revoked, i, revocation)
    {
        if (news_send(redis, revocation) != 0) {
            rc = ctl_fail("Redis did not take it, so " NEWS_LATER ": %s",
                          redis->err ? redis->errstr : "it answers an error");
            break;
        }
    }

done:

    if (redis != NULL) {
        redisFree(redis);
    }
    return rc;
}


int
news_of_job(const char *address, const json_t *news)
{
    int rc = CTL_OK;
    redisContext *redis;

    if (address == NULL) {
        address = getenv("SLUICE_REDIS");
    }
    if (address == NULL || *address == '\0') {
        return CTL_OK;
    }

    redis = news_connect(address);
    if (redis == NULL || redis->err != 0 || news_publish(redis, news) != 0) {
        rc = ctl_fail("Redis did not take it, so workers learn of it within "
                      "seconds: %s",
                      redis ? redis->errstr : "out of memory");
    }

    if (redis != NULL) {
        redisFree(redis);
    }
    return rc;
}


static int
news_publish(redisContext *redis, const json_t *news)
{
    char *text;
    size_t i;
    json_t *entry;
    redisReply *reply;

    json_array_foreach(json_object_get(news, "publish"), i, entry)
    {
        text = json_dumps(json_object_get(entry, "message"), JSON_COMPACT);
        reply = text ? redisCommand(
                    redis, "PUBLISH %s %s",
                    json_string_value(json_object_get(entry, "channel")), text)
                     : NULL;
        free(text);
        if (reply == NULL) {
            return -1;
        }
        freeReplyObject(reply);
    }

    json_array_foreach(json_object_get(news, "wake"), i, entry)
    {
        reply = redisCommand(redis, "XADD " NEWS_STREAM " * v 1 id %s",
                             json_string_value(entry));
        if (reply == NULL) {
            return -1;
        }
        freeReplyObject(reply);
    }

    return 0;
}


/* Like the worker's addresses: "unix:path" or "host:port". */
static redisContext *
news_connect(const char *address)
{
    char *host;
    const char *colon;
    redisContext *redis;
    struct timeval timeout = { NEWS_TIMEOUT_S, 0 };

    if (strncmp(address, "unix:", 5) == 0) {
        redis = redisConnectUnixWithTimeout(address + 5, timeout);

    } else {
        colon = strrchr(address, ':');
        if (colon == NULL || colon == address || atoi(colon + 1) <= 0) {
            ctl_usage("--redis is host:port or unix:path, not \"%s\"", address);
        }

        host = strndup(address, (size_t) (colon - address));
        redis = host ? redisConnectWithTimeout(host, atoi(colon + 1), timeout)
                     : NULL;
        free(host);
    }

    if (redis != NULL && redis->err == 0) {
        redisSetTimeout(redis, timeout);
    }

    return redis;
}


/* The set first: who hears of it and looks there finds it. */
static int
news_send(redisContext *redis, const json_t *revocation)
{
    int i, rc = 0;
    char text[REVOCATION_MESSAGE_SIZE_MAX];
    size_t len;
    redisReply *reply;
    revocation_message_t message;

    if (revocation_message_read(revocation, &message)
        != REVOCATION_MESSAGE_OK) {
        return -1;
    }

    len = revocation_message_write(&message, text, sizeof(text));

    for (i = 0; i < 2 && rc == 0; i++) {
        reply = i == 0 ? redisCommand(redis, "ZADD " NEWS_KEY " %lld %b",
                                      (long long) message.exp, text, len)
                       : redisCommand(redis, "PUBLISH " NEWS_CHANNEL " %b",
                                      text, len);
        if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
            rc = -1;
        }
        freeReplyObject(reply);
    }

    return rc;
}
