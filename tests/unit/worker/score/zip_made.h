/* Zips made by hand, lies included: for the tests of zip.c and mxl.c. */

#ifndef SLUICE_ZIP_MADE_H
#define SLUICE_ZIP_MADE_H

#include <string.h>
#include <zlib.h>
#include "tests/unit/suite.h"
#include "worker/score/zip.h"

static unsigned char made[1 << 20], made_directory[8192];
static size_t made_len, made_directory_len, made_entries;


__attribute__((unused)) static void
made_put(unsigned char *to, size_t value, int size)
{
    int i;

    for (i = 0; i < size; i++) {
        to[i] = (unsigned char) (value >> 8 * i);
    }
}


__attribute__((unused)) static void
made_begin(void)
{
    memset(made, 0, sizeof(made));
    memset(made_directory, 0, sizeof(made_directory));
    made_len = made_directory_len = made_entries = 0;
}


/* Adds a file, and answers where its directory entry is. */
__attribute__((unused)) static unsigned char *
made_add(const char *name, const void *data, size_t size, int deflated)
{
    unsigned char *local = made + made_len;
    unsigned char *entry = made_directory + made_directory_len;
    size_t name_len = strlen(name), packed = size;
    z_stream stream;

    memcpy(local, "PK\3\4", 4);
    made_put(local + 26, name_len, 2);
    made_put(local + 28, 3, 2); /* an extra field */
    memcpy(local + 30, name, name_len);

    memset(&stream, 0, sizeof(stream));
    if (deflated) {
        deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, 0);
        stream.next_in = (unsigned char *) data;
        stream.avail_in = (uInt) size;
        stream.next_out = local + 33 + name_len;
        stream.avail_out = (uInt) (sizeof(made) - made_len - 33 - name_len);
        ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
        packed = stream.total_out;
        deflateEnd(&stream);
    } else {
        memcpy(local + 33 + name_len, data, size);
    }

    memcpy(entry, "PK\1\2", 4);
    made_put(entry + 10, deflated ? 8 : 0, 2);
    made_put(entry + 16, crc32(0, data, (uInt) size), 4);
    made_put(entry + 20, packed, 4);
    made_put(entry + 24, size, 4);
    made_put(entry + 28, name_len, 2);
    made_put(entry + 42, made_len, 4);
    memcpy(entry + 46, name, name_len);

    made_len += 33 + name_len + packed;
    made_directory_len += 46 + name_len;
    made_entries++;
    return entry;
}


__attribute__((unused)) static unsigned char *
made_text(const char *name, const char *text)
{
    return made_add(name, text, strlen(text), 1);
}


/* The same with its sizes and its place in an extra field of zip64, behind
   another. */
__attribute__((unused)) static void
made_add64(const char *name, const void *data, size_t size)
{
    size_t at = made_len;
    unsigned char *entry = made_add(name, data, size, 0);
    unsigned char *extra = entry + 46 + strlen(name);

    made_put(entry + 20, 0xffffffff, 4);
    made_put(entry + 24, 0xffffffff, 4);
    made_put(entry + 42, 0xffffffff, 4);
    made_put(entry + 30, 34, 2);
    made_put(extra, 0x5455, 2); /* a time */
    made_put(extra + 2, 2, 2);
    made_put(extra + 6, 1, 2);
    made_put(extra + 8, 24, 2);
    made_put(extra + 10, size, 8);
    made_put(extra + 18, size, 8);
    made_put(extra + 26, at, 8);
    made_directory_len += 34;
}


__attribute__((unused)) static void
made_end(void)
{
    unsigned char *p = made + made_len + made_directory_len;

    memcpy(made + made_len, made_directory, made_directory_len);
    memcpy(p, "PK\5\6", 4);
    made_put(p + 10, made_entries, 2);
    made_put(p + 12, made_directory_len, 4);
    made_put(p + 16, made_len, 4);
    made_put(p + 20, 4, 2);
    memcpy(p + 22, "note", 4);
    made_len += made_directory_len + 26;
}


__attribute__((unused)) static void
made_end64(void)
{
    unsigned char *p = made + made_len + made_directory_len;

    memcpy(made + made_len, made_directory, made_directory_len);
    memcpy(p, "PK\6\6", 4);
    made_put(p + 40, made_directory_len, 8);
    made_put(p + 48, made_len, 8);
    memcpy(p + 56, "PK\6\7", 4);
    made_put(p + 64, made_len + made_directory_len, 8);
    memcpy(p + 76, "PK\5\6", 4);
    made_put(p + 86, 0xffff, 2);
    made_put(p + 88, 0xffffffff, 4);
    made_put(p + 92, 0xffffffff, 4);
    made_len += made_directory_len + 98;
}

#endif
