/*
 * What a browser proves by that somebody has signed in with it: a cookie, for
 * one account, that serves to count his tries apart from those of others. It
 * opens nothing.
 *
 *   1 byte   the form, 1
 *   16       the beginning of the account's digest
 *   16       random: the browser's
 *
 * with a MAC behind it, as text: core/account/mac.h.
 */

#ifndef SLUICE_DEVICE_H
#define SLUICE_DEVICE_H

#include "core/account/mac.h"
#include "core/base/sha256.h"

#define DEVICE_BYTES 33
#define DEVICE_LEN MAC_TEXT_LEN(DEVICE_BYTES)
#define DEVICE_SIZE (DEVICE_LEN + 1)

/* Writes one for the account of this digest, terminated: see mac_write(). -1
   also without random bytes. */
int device_write(const jwk_set_t *keys, unsigned nth,
                 const unsigned char account[SHA256_SIZE],
                 char text[DEVICE_SIZE]);

/* Reads one: what it is known by. 0, or -1 when it is none of ours, or another
   account's. */
int device_read(const jwk_set_t *keys, const char *text, size_t len,
                const unsigned char account[SHA256_SIZE],
                unsigned char device[DEVICE_BYTES]);

#endif
