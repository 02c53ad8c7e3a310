/* The subscription of sluice:issuers. Losing it costs speed and nothing else:
   what is still unknown is announced again. */

#ifndef SLUICE_ISSUER_LISTEN_H
#define SLUICE_ISSUER_LISTEN_H

#include <stdint.h>
#include "issuer_message.h"

typedef struct issuer_listen_s issuer_listen_t;

/* `address` is as redis_connect() takes it. NULL without memory. */
issuer_listen_t *issuer_listen_create(const char *address);
void issuer_listen_free(issuer_listen_t *listen);

/* Connects when it is time to; `now` in ms of a clock that does not jump. The
   descriptor to poll for reading, or -1 while Redis is away. */
int issuer_listen_open(issuer_listen_t *listen, int64_t now);

/* When to call issuer_listen_open() again: to connect, or, while it is silent,
   to ask it for a sign of life. */
int64_t issuer_listen_due(const issuer_listen_t *listen);

/* Reads what has come, after poll() said that there is something. */
void issuer_listen_read(issuer_listen_t *listen, int64_t now);

/* 1 with the next of the messages that were read; 0 when there is none. What
   makes no sense is passed over. */
int issuer_listen_next(issuer_listen_t *listen, int64_t now,
                       issuer_message_t *message);

#endif
