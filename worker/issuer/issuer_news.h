/* The subscription of sluice:issuers. Losing it costs speed and nothing else:
   what is still unknown is announced again. */

#ifndef SLUICE_ISSUER_NEWS_H
#define SLUICE_ISSUER_NEWS_H

#include <stdint.h>
#include "issuer_message.h"

typedef struct issuer_news_s issuer_news_t;

/* `address` is "unix:path" or "host:port". NULL without memory. */
issuer_news_t *issuer_news_create(const char *address);
void issuer_news_free(issuer_news_t *news);

/* Connects when it is time to; `now` in ms of a clock that does not jump. The
   descriptor to poll for reading, or -1 while Redis is away. */
int issuer_news_open(issuer_news_t *news, int64_t now);

/* When to call issuer_news_open() again; INT64_MAX while connected. */
int64_t issuer_news_due(const issuer_news_t *news);

/* Reads what has come, after poll() said that there is something. */
void issuer_news_read(issuer_news_t *news, int64_t now);

/* 1 with the next of the messages that were read; 0 when there is none. What
   makes no sense is passed over. */
int issuer_news_next(issuer_news_t *news, int64_t now,
                     issuer_message_t *message);

#endif
