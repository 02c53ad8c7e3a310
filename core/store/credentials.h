/*
 * Who comes to a bucket, by a file of lines: people write two of them, and a
 * worker that asks for a role's (worker/role) all four.
 *
 *     AKIAIOSFODNN7EXAMPLE
 *     wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
 *     the token of a session
 *     2026-11-30T12:00:00Z     when they end
 */

#ifndef SLUICE_CREDENTIALS_H
#define SLUICE_CREDENTIALS_H

#include <stddef.h>
#include <time.h>
#include "location.h"

#define CREDENTIALS_ID_MAX 128 /* "AccessKey" in IAM's API reference */
#define CREDENTIALS_SECRET_MAX 128
#define CREDENTIALS_TOKEN_MAX 4096
#define CREDENTIALS_FILE_MAX 8192

/* Bytes of the text of any of them. */
#define CREDENTIALS_TEXT_SIZE                                                \
    (CREDENTIALS_ID_MAX + CREDENTIALS_SECRET_MAX + CREDENTIALS_TOKEN_MAX + 3 \
     + sizeof("2026-11-30T12:00:00Z\n"))

typedef struct {
    char id[CREDENTIALS_ID_MAX + 1];
    char secret[CREDENTIALS_SECRET_MAX + 1];
    char token[CREDENTIALS_TOKEN_MAX + 1]; /* empty: no session's */
    time_t expires;                        /* 0: they do not end */
} credentials_t;

/* Reads a text of `len` bytes. 0, or -1 with a sentence in `err` that has
   nothing of it; then nothing stays in `credentials`. To be wiped, both. */
int credentials_parse(credentials_t *credentials, const char *text, size_t len,
                      char *err, size_t err_size);

/* The text that is read as these, terminated: `out` has room for
   CREDENTIALS_TEXT_SIZE. Its length. To be wiped. */
size_t credentials_text(const credentials_t *credentials, char *out);

/* A time as line 4 has it, in UTC (RFC 3339). 0, or -1 for none. */
int credentials_time(const char *text, time_t *time);

/* 1 when both are the same. */
int credentials_same(const credentials_t *one, const credentials_t *other);

/* 1 when there are some that have ended. */
int credentials_ended(const credentials_t *credentials, time_t now);

/* The same of a file that its owner and group alone may read. */
int credentials_read(credentials_t *credentials, const char *path, char *err,
                     size_t err_size);

/* The same of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN in
   the environment, for a store that names no file. */
int credentials_environment(credentials_t *credentials, char *err,
                            size_t err_size);

/* The one of them that the bucket's words ask for; also of a role, whose file a
   worker writes. */
int credentials_find(credentials_t *credentials, const location_t *location,
                     char *err, size_t err_size);

/* Wipes them. */
void credentials_forget(credentials_t *credentials);

#endif
