#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <openssl/crypto.h>
#include "core/base/redis_address.h"
#include "core/base/redis_role.h"
#include "redis.h"

#define REDIS_ASK_MS 1000 /* for a Sentinel */


static void
redis_fail(redisContext *redis, const char *why)
{
    if (redis != NULL && redis->err == 0) {
        redis->err = REDIS_ERR_OTHER;
        snprintf(redis->errstr, sizeof(redis->errstr), "%.*s",
                 (int) sizeof(redis->errstr) - 1, why);
    }
}


/* What failed before there was a connection. */
static redisContext *
redis_failed(const char *why)
{
    redisContext *redis;

    redis = redisConnectUnixNonBlock("");
    if (redis != NULL) {
        redis->err = 0;
        redis_fail(redis, why);
    }

    return redis;
}


/* The answer to the last command, which is let go. */
static void
redis_must(redisContext *redis, redisReply *reply)
{
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR) {
        redis_fail(redis, reply->str);
    }
    freeReplyObject(reply);
}


/* AUTH [user] password */
static void
redis_auth(redisContext *redis, const char *user, const char *file)
{
    char password[REDIS_PASSWORD_MAX + 1], why[REDIS_ADDRESS_ERROR_SIZE];

    if (redis->err != 0 || *file == '\0') {
        return;
    }

    if (redis_password_read(file, password, why, sizeof(why)) != 0) {
        redis_fail(redis, why);
        return;
    }

    redis_must(redis, *user != '\0'
                          ? redisCommand(redis, "AUTH %s %s", user, password)
                          : redisCommand(redis, "AUTH %s", password));
    OPENSSL_cleanse(password, sizeof(password));
}


/* ["master", offset, replicas], or ["slave", …]; who may not ask finds out when
   he writes. */
static void
redis_role(redisContext *redis)
{
    redisReply *reply;

    if (redis->err != 0) {
        return;
    }

    reply = redisCommand(redis, "ROLE");

    if (reply != NULL && reply->type == REDIS_REPLY_ERROR) {
        if (!redis_role_untold(reply->str)) {
            redis_fail(redis, reply->str);
        }
    } else if (reply != NULL
               && (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0
                   || reply->element[0]->type != REDIS_REPLY_STRING
                   || !redis_role_primary(reply->element[0]->str))) {
        redis_fail(redis, "it is a replica");
    }

    freeReplyObject(reply);
}


static redisContext *
redis_open(const char *host, unsigned port, int timeout_ms)
{
    redisContext *redis;
    struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };

    redis = port != 0 ? redisConnectWithTimeout(host, (int) port, timeout)
                      : redisConnectUnixWithTimeout(host, timeout);

    if (redis != NULL && redis->err == 0) {
        redisSetTimeout(redis, timeout);
        if (port != 0) {
            redisEnableKeepAlive(redis);
        }
    }

    return redis;
}


/* SELECT and ROLE behind AUTH. */
static redisContext *
redis_primary(const redis_address_t *to, const char *host, unsigned port,
              int timeout_ms)
{
    redisContext *redis;

    redis = redis_open(host, port, timeout_ms);
    if (redis == NULL) {
        return NULL;
    }

    redis_auth(redis, to->user, to->password_file);
    if (redis->err == 0 && to->db != 0) {
        redis_must(redis, redisCommand(redis, "SELECT %u", to->db));
    }
    redis_role(redis);

    return redis;
}


/* [host, port], or nil when it knows no primary of that name */
static int
redis_told(const redisReply *reply, char host[REDIS_NAME_SIZE], unsigned *port)
{
    return reply != NULL && reply->type == REDIS_REPLY_ARRAY
                   && reply->elements == 2
                   && reply->element[0]->type == REDIS_REPLY_STRING
                   && reply->element[1]->type == REDIS_REPLY_STRING
                   && snprintf(host, REDIS_NAME_SIZE, "%s",
                               reply->element[0]->str)
                          < REDIS_NAME_SIZE
                   && sscanf(reply->element[1]->str, "%5u", port) == 1
                   && *port > 0
               ? 0
               : -1;
}


/* Whom one Sentinel names; one that was lost says so. */
static redisContext *
redis_by_sentinel(const redis_address_t *to, const redis_sentinel_t *sentinel,
                  int timeout_ms)
{
    int rc;
    char host[REDIS_NAME_SIZE];
    unsigned port;
    redisReply *reply = NULL;
    redisContext *redis;

    redis = redis_open(sentinel->host, sentinel->port,
                       timeout_ms < REDIS_ASK_MS ? timeout_ms : REDIS_ASK_MS);
    if (redis == NULL) {
        return NULL;
    }

    redis_auth(redis, to->sentinel_user, to->sentinel_password_file);
    if (redis->err == 0) {
        reply = redisCommand(redis, "SENTINEL get-master-addr-by-name %s",
                             to->primary);
    }

    rc = redis_told(reply, host, &port);
    if (rc != 0) {
        redis_fail(redis, reply != NULL && reply->type == REDIS_REPLY_ERROR
                              ? reply->str
                              : "Sentinel knows no primary of that name");
    }
    freeReplyObject(reply);

    if (rc != 0) {
        return redis;
    }

    redisFree(redis);
    return redis_primary(to, host, port, timeout_ms);
}


redisContext *
redis_connect(const char *address, int timeout_ms)
{
    char why[REDIS_ADDRESS_ERROR_SIZE];
    size_t i;
    redisContext *redis = NULL;
    redis_address_t to;

    if (redis_address_read(&to, address, why, sizeof(why)) != 0) {
        return redis_failed(why);
    }

    if (to.sentinel_count == 0) {
        return redis_primary(&to, to.host, to.port, timeout_ms);
    }

    for (i = 0; i < to.sentinel_count; i++) {
        if (redis != NULL) {
            redisFree(redis);
        }

        redis = redis_by_sentinel(&to, &to.sentinels[i], timeout_ms);
        if (redis == NULL || redis->err == 0) {
            break;
        }
    }

    return redis;
}
