/*
 * A zip (APPNOTE 6.3, ISO/IEC 21320-1) as it is written, by libarchive: from
 * front to end, so that a file may have any size, and that of the whole is
 * known when it is over. What needs more than 32 bits, in a size, a place or a
 * count, is told as zip64 has it. Names are UTF-8. In memory is what the
 * directory at the end will say: some 150 bytes and a name for each entry.
 */

#ifndef SLUICE_ZIP_WRITE_H
#define SLUICE_ZIP_WRITE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

typedef struct zip_write_s zip_write_t;

/* Begins one in a file that is open and stays its caller's. NULL without
   memory. */
zip_write_t *zip_write_open(int fd);

/* Begins an entry, whose size is known; what comes less is told as it came.
   `deflate`: it is made smaller, else stored as it is. 0, or -1 with errno set;
   so do the next. */
int zip_write_begin(zip_write_t *zip, const char *name, uint64_t size,
                    time_t changed, int deflate);

/* Some bytes of that entry; what is beyond its size is left out. */
int zip_write_bytes(zip_write_t *zip, const void *bytes, size_t len);

/* The bytes that went into the file by now, but for some that still wait. */
uint64_t zip_write_size(const zip_write_t *zip);

/* Writes the directory, without which none of it can be read. */
int zip_write_finish(zip_write_t *zip);

/* Frees what is held, whole or not. NULL is fine. */
void zip_write_free(zip_write_t *zip);

#endif
