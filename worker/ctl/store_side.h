/* One of two places for media, a folder or a bucket, for who copies them from
   one to the other. Names are "media/<xx>/<id>/…" in both. */

#ifndef SLUICE_STORE_SIDE_H
#define SLUICE_STORE_SIDE_H

#include <stdint.h>
#include "core/base/sha256.h"
#include "core/bucket/bucket_object.h"
#include "core/store/credentials.h"
#include "core/store/location.h"

#define SIDE_WHY_SIZE BUCKET_SAID_SIZE

typedef struct {
    location_t location;
    credentials_t who;
    bucket_t *bucket; /* NULL: a folder */
    char why[SIDE_WHY_SIZE];
} store_side_t;

typedef enum {
    SIDE_OK,
    SIDE_MISSING, /* there is no such file */
    SIDE_FAILED   /* `why` says it */
} side_rc_t;

/* Reads an option's words. Ends the program with CTL_USAGE when they make no
   sense. */
void store_side_read(location_t *location, const char *option,
                     const char *words);

/* Opens what the words say. Ends the program with CTL_USAGE when they make no
   sense. 0, or -1 with `why`. */
int store_side_open(store_side_t *side, const char *option, const char *words);
void store_side_close(store_side_t *side);

/* Calls `found` for each file, until it returns another number than 0. What is
   no file of ours is passed over. 0, or -1 with `why`. */
int store_side_each(store_side_t *side,
                    int (*found)(void *data, const char *name, uint64_t size),
                    void *data);

side_rc_t store_side_size(store_side_t *side, const char *name, uint64_t *size);

/* SHA-256 of all its bytes; the bucket is asked for what it keeps, first. */
side_rc_t store_side_digest(store_side_t *side, const char *name,
                            char hex[SHA256_HEX_SIZE]);

/* Copies a file: it is whole and on disk in `to`, or not there. */
side_rc_t store_side_copy(store_side_t *from, store_side_t *to,
                          const char *name);

#endif
