/*
 * The file that nginx reads an issuer's keys from: a JWK Set of public keys.
 * It is replaced by rename when complete and on disk, and its bytes stay as
 * they are while the keys are the same: nginx watches it.
 */

#ifndef SLUICE_ISSUER_FILE_H
#define SLUICE_ISSUER_FILE_H

#include <stddef.h>
#include <stdint.h>

#define ISSUER_FILE_MAX 65536 /* bytes, as jwk_set_parse() takes */
#define ISSUER_FILE_KEYS 16   /* kept of keys that come one by one */

/* Seconds since the keys were last found to be right; -1 when there is no file
   that nginx would take, or one of the future. */
int64_t issuer_file_age(const char *path);

/* 1 when the file holds a key with this kid. */
int issuer_file_has(const char *path, const char *kid);

/* Makes `text`, a JWK Set that jwk_set_parse() took, the file's. 1 when it was
   written, with mode 0644; 0 when the file's keys are the same, in whatever
   order: then only its time is set to now; -1 with a sentence in `err`, and
   the file as it was. */
int issuer_file_keep(const char *path, const char *text, size_t len, char *err,
                     size_t err_size);

/* The file's set with one more key in front, `jwk` in JSON under `kid`, and
   the oldest ones dropped past ISSUER_FILE_KEYS. free() it; NULL without
   memory. What is no set counts as empty. */
char *issuer_file_with(const char *path, const char *jwk, const char *kid);

#endif
