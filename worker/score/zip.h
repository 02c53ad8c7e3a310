/*
 * The directory of a zip (APPNOTE 6.3, zip64 included), read in one pass in its
 * order, and its files, unpacked into memory alone and within bounds. What lies
 * between the files, twice, or in zips within does not count: only what is
 * asked for is unpacked. Pure but for zlib.
 */

#ifndef SLUICE_ZIP_H
#define SLUICE_ZIP_H

#include <stddef.h>
#include <stdint.h>

/* Unpacked bytes of any file may be so many times the packed ones; notation
   packs to a fortieth. */
#define ZIP_RATIO_MAX 250

typedef enum {
    ZIP_OK,
    ZIP_DAMAGED,
    ZIP_ENCRYPTED,
    ZIP_ODD,   /* packed in a way that is not taken */
    ZIP_LARGE, /* unpacks to more than it may */
    ZIP_ENOUGH /* the sink wants no more */
} zip_rc_t;

typedef struct {
    const unsigned char *bytes;
    size_t len;
    size_t at, end; /* of what is left of the directory */
} zip_t;

typedef struct {
    const char *name; /* not terminated */
    size_t name_len;
    uint64_t size, full, local; /* packed, unpacked; where it begins */
    unsigned flags, method;
    uint32_t crc;
} zip_entry_t;

/* Finds the directory in a zip's bytes, which have to last. 0, or -1. */
int zip_open(zip_t *zip, const void *bytes, size_t len);

/* The next entry: 1, or 0 at the end, or -1: the directory is damaged. */
int zip_next(zip_t *zip, zip_entry_t *entry);

/* Unpacks one, to `max` bytes at most, and calls sink() with the bytes as they
   come, until it returns nonzero. */
zip_rc_t zip_unpack(const zip_t *zip, const zip_entry_t *entry, uint64_t max,
                    int (*sink)(void *data, const char *bytes, size_t len),
                    void *data);

#endif
