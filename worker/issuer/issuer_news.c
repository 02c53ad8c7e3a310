#include <stdlib.h>
#include <string.h>
#include "issuer_news.h"
#include "worker/base/log.h"
#include "worker/queue/redis.h"

#define ISSUER_NEWS_TIMEOUT_MS 2000
#define ISSUER_NEWS_BACKOFF_MS 1000
#define ISSUER_NEWS_DOUBLINGS 5        /* up to 32 s between two tries */
#define ISSUER_NEWS_UNREAD_MAX 1048576 /* bytes of an unfinished reply */

struct issuer_news_s {
    redisContext *redis;
    char *address;
    int64_t due; /* ms */
    int failures;
};


static void issuer_news_lose(issuer_news_t *news, int64_t now, const char *why);
static int issuer_news_parse(const redisReply *reply,
                             issuer_message_t *message);


issuer_news_t *
issuer_news_create(const char *address)
{
    issuer_news_t *news;

    news = calloc(1, sizeof(*news));
    if (news == NULL) {
        return NULL;
    }

    news->address = strdup(address);
    if (news->address == NULL) {
        free(news);
        return NULL;
    }

    return news;
}


void
issuer_news_free(issuer_news_t *news)
{
    if (news == NULL) {
        return;
    }

    if (news->redis != NULL) {
        redisFree(news->redis);
    }
    free(news->address);
    free(news);
}


int
issuer_news_open(issuer_news_t *news, int64_t now)
{
    redisReply *reply;

    if (news->redis != NULL) {
        return news->redis->fd;
    }
    if (now < news->due) {
        return -1;
    }

    news->redis = redis_connect(news->address, ISSUER_NEWS_TIMEOUT_MS);
    if (news->redis == NULL || news->redis->err != 0) {
        issuer_news_lose(news, now,
                         news->redis ? news->redis->errstr : "out of memory");
        return -1;
    }

    reply = redisCommand(news->redis, "SUBSCRIBE " ISSUER_MESSAGE_CHANNEL);
    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY) {
        issuer_news_lose(news, now, reply ? reply->str : news->redis->errstr);
        freeReplyObject(reply);
        return -1;
    }
    freeReplyObject(reply);

    if (news->failures > 0) {
        log_write(LOG_INFO, "redis: back again");
        news->failures = 0;
    }

    return news->redis->fd;
}


int64_t
issuer_news_due(const issuer_news_t *news)
{
    return news->redis != NULL ? INT64_MAX : news->due;
}


void
issuer_news_read(issuer_news_t *news, int64_t now)
{
    if (news->redis == NULL) {
        return;
    }

    if (redisBufferRead(news->redis) != REDIS_OK) {
        issuer_news_lose(news, now, news->redis->errstr);
    } else if (news->redis->reader->len > ISSUER_NEWS_UNREAD_MAX) {
        issuer_news_lose(news, now, "a message is too large");
    }
}


int
issuer_news_next(issuer_news_t *news, int64_t now, issuer_message_t *message)
{
    int rc = 0;
    void *reply;

    while (rc == 0 && news->redis != NULL) {
        if (redisGetReplyFromReader(news->redis, &reply) != REDIS_OK) {
            issuer_news_lose(news, now, news->redis->errstr);
            break;
        }
        if (reply == NULL) {
            break;
        }

        rc = issuer_news_parse(reply, message);
        freeReplyObject(reply);
    }

    return rc;
}


/* ["message", channel, text] */
static int
issuer_news_parse(const redisReply *reply, issuer_message_t *message)
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


static void
issuer_news_lose(issuer_news_t *news, int64_t now, const char *why)
{
    if (news->failures == 0) {
        log_write(LOG_WARN, "redis: away: %s", why);
    }

    news->due = now + ((int64_t) ISSUER_NEWS_BACKOFF_MS << news->failures);
    news->failures += news->failures < ISSUER_NEWS_DOUBLINGS;

    if (news->redis != NULL) {
        redisFree(news->redis);
        news->redis = NULL;
    }
}
