/* What nginx announces on the Redis channel sluice:issuers: a token named a
   key that is not in its issuer's set. */

#ifndef SLUICE_ISSUER_MESSAGE_H
#define SLUICE_ISSUER_MESSAGE_H

#include "core/jose/jwk.h"
#include "worker/config/issuer_line.h"

#define ISSUER_MESSAGE_CHANNEL "sluice:issuers"

typedef struct {
    char issuer[ISSUER_LINE_NAME_SIZE]; /* as in worker.conf */
    char kid[JWK_KID_MAX + 1];          /* printable ASCII, not empty */
} issuer_message_t;

/* Reads {"v":1,"issuer":"<url or ARN>","kid":"..."} with nothing besides. 0,
   or -1. */
int issuer_message_parse(const char *text, size_t len,
                         issuer_message_t *message);

#endif
