/*
 * What a mailed link carries: a ticket of the record by its UUID, with a
 * MAC, so that whoever reads the record, or a copy of it, can make no link.
 * What it is good for, for whom and until when, the record knows.
 *
 *   1 byte   the form, 1
 *   16       the ticket's UUID
 */

#ifndef SLUICE_TICKET_H
#define SLUICE_TICKET_H

#include "core/account/mac.h"
#include "core/base/uuid.h"

#define TICKET_BYTES (1 + UUID_SIZE)
#define TICKET_LEN MAC_TEXT_LEN(TICKET_BYTES)
#define TICKET_SIZE (TICKET_LEN + 1)

/* Writes the token of a ticket, terminated: see mac_write(). -1 also when it
   is no UUID. */
int ticket_write(const jwk_set_t *keys, unsigned nth,
                 const char id[UUID_TEXT_SIZE], char token[TICKET_SIZE]);

/* Reads a token: the ticket's UUID in lower case, terminated. 0, or -1 when it
   is none of ours; then nothing is written. */
int ticket_read(const jwk_set_t *keys, const char *token, size_t len,
                char id[UUID_TEXT_SIZE]);

#endif
