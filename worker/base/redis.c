#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include "redis.h"

#define REDIS_HOST_SIZE 256


int
redis_address_valid(const char *address)
{
    char *end;
    long port;
    const char *colon;

    if (strncmp(address, "unix:", 5) == 0) {
        return address[5] == '/';
    }

    colon = strrchr(address, ':');
    if (colon == NULL || colon == address) {
        return 0;
    }

    port = strtol(colon + 1, &end, 10);
    return *end == '\0' && port > 0 && port < 65536;
}


redisContext *
redis_connect(const char *address, int timeout_ms)
{
    char host[REDIS_HOST_SIZE];
    const char *colon;
    redisContext *redis;
    struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };

    if (strncmp(address, "unix:", 5) == 0) {
        redis = redisConnectUnixWithTimeout(address + 5, timeout);
    } else {
        colon = strrchr(address, ':');
        snprintf(host, sizeof(host), "%.*s", (int) (colon - address), address);
        redis = redisConnectWithTimeout(host, atoi(colon + 1), timeout);
    }

    if (redis == NULL || redis->err != 0) {
        return redis;
    }

    redisSetTimeout(redis, timeout);
    if (strncmp(address, "unix:", 5) != 0) {
        redisEnableKeepAlive(redis);
    }

    return redis;
}
