/*
 * The headers of the tus protocol 1.0.0 (https://tus.io), as a client may send
 * them: everything here is hostile. Texts are not terminated.
 */

#ifndef SLUICE_TUS_H
#define SLUICE_TUS_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>

#include "uuid.h"

#define TUS_VERSION "1.0.0"
#define TUS_EXTENSIONS                                                 \
    "creation,creation-with-upload,creation-defer-length,termination," \
    "checksum,expiration,concatenation"
#define TUS_ALGORITHMS "sha1,sha256,crc32"

#define TUS_METADATA_MAX 4096 /* bytes of Upload-Metadata, encoded */
#define TUS_METADATA_KEYS_MAX 32
#define TUS_PARTS_MAX 64                /* parts of a final upload */
#define TUS_SIZE_MAX (INT64_C(1) << 53) /* what JSON can say without loss */


/* A length or an offset: decimal digits alone, at most TUS_SIZE_MAX. 0, or
   -1. */
int tus_size(const char *text, size_t len, int64_t *size);

/* Upload-Metadata: pairs of key and base64 with commas between. 0; -1 when it
   is too long, a key is empty, doubled or not printable ASCII, or a value is
   not base64. */
int tus_metadata_check(const char *text, size_t len);

/* The decoded value of `key`, of at most `size` bytes, not terminated. Its
   length; -1 when there is no such key, or it does not fit. */
long tus_metadata_find(const char *text, size_t len, const char *key,
                       void *value, size_t size);


/* Upload-Concat */

typedef enum {
    TUS_WHOLE,
    TUS_PARTIAL,
    TUS_FINAL
} tus_concat_t;

typedef struct {
    tus_concat_t kind;
    unsigned count; /* of a final upload */
    char ids[TUS_PARTS_MAX][UUID_TEXT_SIZE];
} tus_parts_t;

/* "partial", or "final;" and URLs with blanks between, each of which ends with
   `path`, '/' and an upload's id. 0, or -1; naming a part twice is allowed by
   the protocol and refused here. */
int tus_concat(const char *text, size_t len, const char *path,
               tus_parts_t *parts);


/* Upload-Checksum */

typedef enum {
    TUS_SHA1,
    TUS_SHA256,
    TUS_CRC32
} tus_algorithm_t;

typedef struct {
    tus_algorithm_t algorithm;
    unsigned char expected[EVP_MAX_MD_SIZE]; /* CRC-32: big-endian */
    size_t size;
    EVP_MD_CTX *md; /* NULL for CRC-32 */
    uint32_t crc;
} tus_checksum_t;

/* An algorithm's name, a blank, and the digest in base64. Begins the sum, which
   tus_checksum_free() ends. 0; -1 when it cannot be read, the algorithm is not
   of TUS_ALGORITHMS, or memory is short: then there is nothing to free. */
int tus_checksum_begin(const char *text, size_t len, tus_checksum_t *sum);

/* 0, or -1 when OpenSSL failed. */
int tus_checksum_update(tus_checksum_t *sum, const void *bytes, size_t len);

/* 1 when it is the sum that was announced. Once. */
int tus_checksum_good(tus_checksum_t *sum);

void tus_checksum_free(tus_checksum_t *sum);

#endif
