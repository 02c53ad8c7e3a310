/*
 * A revocation as the machines tell each other, on the Redis channel
 * "sluice:revocations" and in the sorted set "sluice:revoked":
 *
 *   {"v":1,"kind":"jti","id":"…","before":0,"exp":1790000000}
 *
 * or that the uses of a link are spent, by the kind "use".
 */

#ifndef SLUICE_REVOCATION_MESSAGE_H
#define SLUICE_REVOCATION_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "revocation.h"

#define REVOCATION_MESSAGE_ID_MAX 255    /* bytes, the longest `sub` */
#define REVOCATION_MESSAGE_SIZE_MAX 2048 /* bytes; an id may be escaped */

typedef enum {
    REVOCATION_MESSAGE_OK,
    REVOCATION_MESSAGE_UNKNOWN,  /* a version or kind of a later day */
    REVOCATION_MESSAGE_MALFORMED /* no JSON object, a member is missing, of the
                                    wrong type or beyond its bounds */
} revocation_message_result_t;

typedef struct {
    revocation_kind_t kind;
    int64_t before; /* seconds since 1970; 0: tokens of any age */
    int64_t exp;    /* seconds since 1970, > 0: nothing lives longer */
    size_t id_len;  /* 1..REVOCATION_MESSAGE_ID_MAX */
    char id[REVOCATION_MESSAGE_ID_MAX + 1]; /* terminated; UTF-8, no NUL */
} revocation_message_t;

/* A kind by its name; 0, or -1 when there is none such. */
int revocation_message_kind(const char *name, size_t len,
                            revocation_kind_t *kind);

/* Reads a message as it came. Without `before` all tokens are meant; members
   that it does not know are passed over. */
revocation_message_result_t
revocation_message_parse(const char *text, size_t len,
                         revocation_message_t *message);

/* Reads an object as SQL answers it: as above, but without "v". */
revocation_message_result_t
revocation_message_read(const json_t *object, revocation_message_t *message);

/* Fills in a message from values. 0, or -1 when they are out of bounds. */
int revocation_message_set(revocation_message_t *message,
                           revocation_kind_t kind, const char *id, size_t len,
                           int64_t before, int64_t exp);

/* Writes a message, not terminated. Its length, always the same text for the
   same message; 0 when it does not fit (REVOCATION_MESSAGE_SIZE_MAX does), or
   its id is not UTF-8. */
size_t revocation_message_write(const revocation_message_t *message, char *text,
                                size_t size);

#endif
