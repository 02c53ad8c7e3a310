#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <openssl/crypto.h>
#include "core/base/redis_address.h"
#include "redis.h"


static void
redis_fail(redisContext *redis, const char *why)
{
    redis->err = REDIS_ERR_OTHER;
    snprintf(redis->errstr, sizeof(redis->errstr), "%.*s",
             (int) sizeof(redis->errstr) - 1, why);
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


/* AUTH [user] password; SELECT db */
static void
redis_greet(redisContext *redis, const redis_address_t *to)
{
    char password[REDIS_PASSWORD_MAX + 1], why[REDIS_ADDRESS_ERROR_SIZE];

    if (*to->password_file != '\0') {
        if (redis_password_read(to->password_file, password, why, sizeof(why))
            != 0) {
            redis_fail(redis, why);
            return;
        }
        redis_must(redis,
                   *to->user != '\0'
                       ? redisCommand(redis, "AUTH %s %s", to->user, password)
                       : redisCommand(redis, "AUTH %s", password));
        OPENSSL_cleanse(password, sizeof(password));
    }

    if (redis->err == 0 && to->db != 0) {
        redis_must(redis, redisCommand(redis, "SELECT %u", to->db));
    }
}


redisContext *
redis_connect(const char *address, int timeout_ms)
{
    char why[REDIS_ADDRESS_ERROR_SIZE];
    redisContext *redis;
    struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
    redis_address_t to;

    if (redis_address_read(&to, address, why, sizeof(why)) != 0) {
        redis = redisConnectUnixWithTimeout("", timeout);
        if (redis != NULL) {
            redis_fail(redis, why);
        }
        return redis;
    }

    redis = to.port != 0
                ? redisConnectWithTimeout(to.host, (int) to.port, timeout)
                : redisConnectUnixWithTimeout(to.host, timeout);

    if (redis == NULL || redis->err != 0) {
        return redis;
    }

    redisSetTimeout(redis, timeout);
    if (to.port != 0) {
        redisEnableKeepAlive(redis);
    }

    redis_greet(redis, &to);
    return redis;
}
