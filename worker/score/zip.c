#include <string.h>
#include <zlib.h>
#include "zip.h"

/* Sizes of the records, without what follows them: APPNOTE 4.3.7, 4.3.12,
   4.3.14 to 4.3.16. */
#define ZIP_LOCAL 30
#define ZIP_CENTRAL 46
#define ZIP_END64 56
#define ZIP_LOCATOR64 20
#define ZIP_END 22
#define ZIP_BEHIND 65536 /* bytes behind the end record: a comment, or more */

#define ZIP_IS_ENCRYPTED 0x0001
#define ZIP_IS_STRONG 0x0040
#define ZIP_STORED 0
#define ZIP_DEFLATED 8
#define ZIP_AES 99
#define ZIP_EXTRA64 0x0001
#define ZIP_NOT_HERE 0xffffffff /* but in the extra field */
#define ZIP_CHUNK (64 * 1024)
#define ZIP_RATIO_FREE (1024 * 1024) /* bytes that may come of anything */

typedef struct {
    int (*sink)(void *data, const char *bytes, size_t len);
    void *data;
    uint64_t max, packed;
    uLong crc;
    uint64_t written;
} zip_output_t;


static unsigned
zip_16(const unsigned char *p)
{
    return (unsigned) p[1] << 8 | p[0];
}


static uint32_t
zip_32(const unsigned char *p)
{
    return (uint32_t) p[3] << 24 | (uint32_t) p[2] << 16 | (uint32_t) p[1] << 8
           | p[0];
}


static uint64_t
zip_64(const unsigned char *p)
{
    return (uint64_t) zip_32(p + 4) << 32 | zip_32(p);
}


/* "PK\6\7" (4), disk (4), offset of the end record of zip64 (8), disks (4): in
   front of the end record. There "PK\6\6" (4), …, size (8 at 40) and offset (8
   at 48) of the directory. */
static int
zip_end64(const zip_t *zip, size_t end, uint64_t *size, uint64_t *at)
{
    uint64_t record;
    const unsigned char *p;

    if (end < ZIP_LOCATOR64) {
        return -1;
    }

    p = zip->bytes + end - ZIP_LOCATOR64;
    if (memcmp(p, "PK\6\7", 4) != 0) {
        return -1;
    }

    record = zip_64(p + 8);
    if (record > end || end - record < ZIP_END64 + ZIP_LOCATOR64) {
        return -1;
    }

    p = zip->bytes + record;
    if (memcmp(p, "PK\6\6", 4) != 0) {
        return -1;
    }

    *size = zip_64(p + 40);
    *at = zip_64(p + 48);
    return 0;
}


/* "PK\5\6" (4), …, entries (2 at 10), size (4) and offset (4 at 16) of the
   directory, length of a comment (2). A directory that is not where it should
   be is no directory. */
static int
zip_end(zip_t *zip, size_t end)
{
    uint64_t size, at;
    const unsigned char *p = zip->bytes + end;

    size = zip_32(p + 12);
    at = zip_32(p + 16);

    if ((size == ZIP_NOT_HERE || at == ZIP_NOT_HERE || zip_16(p + 10) == 0xffff)
        && zip_end64(zip, end, &size, &at) != 0
        && (size == ZIP_NOT_HERE || at == ZIP_NOT_HERE)) {
        return -1;
    }

    if (at > end || size > end - at
        || (size >= 4 && memcmp(zip->bytes + at, "PK\1\2", 4) != 0)) {
        return -1;
    }

    zip->at = (size_t) at;
    zip->end = (size_t) (at + size);
    return 0;
}


int
zip_open(zip_t *zip, const void *bytes, size_t len)
{
    size_t behind;

    zip->bytes = bytes;
    zip->len = len;

    for (behind = 0; behind <= ZIP_BEHIND && behind + ZIP_END <= len;
         behind++) {
        if (memcmp(zip->bytes + len - behind - ZIP_END, "PK\5\6", 4) == 0
            && zip_end(zip, len - behind - ZIP_END) == 0) {
            return 0;
        }
    }

    return -1;
}


/* Fields of an id (2), a length (2) and that many bytes: of zip64 those of size
   unpacked, packed and offset (8 each) that the entry itself has no room for.
 */
static int
zip_extra(zip_entry_t *entry, const unsigned char *p, size_t len)
{
    size_t i, size, at;
    uint64_t *const fields[] = { &entry->full, &entry->size, &entry->local };

    for (; len >= 4; p += size + 4, len -= size + 4) {
        size = zip_16(p + 2);
        if (size > len - 4) {
            return -1;
        }
        if (zip_16(p) != ZIP_EXTRA64) {
            continue;
        }

        for (i = 0, at = 0; i < 3; i++) {
            if (*fields[i] != ZIP_NOT_HERE) {
                continue;
            }
            if (size - at < 8) {
                return -1;
            }
            *fields[i] = zip_64(p + 4 + at);
            at += 8;
        }
        return 0;
    }

    return 0;
}


/* "PK\1\2" (4), …, flags (2 at 8), method (2), …, CRC (4 at 16), size packed
   (4), unpacked (4), lengths of name, extra field and comment (2 each), …,
   offset of the local header (4 at 42), name, extra field, comment */
int
zip_next(zip_t *zip, zip_entry_t *entry)
{
    size_t size, left = zip->end - zip->at;
    const unsigned char *p = zip->bytes + zip->at;

    if (left == 0) {
        return 0;
    }
    if (left < ZIP_CENTRAL || memcmp(p, "PK\1\2", 4) != 0) {
        return -1;
    }

    size = (size_t) ZIP_CENTRAL + zip_16(p + 28) + zip_16(p + 30)
           + zip_16(p + 32);
    if (size > left) {
        return -1;
    }

    entry->flags = zip_16(p + 8);
    entry->method = zip_16(p + 10);
    entry->crc = zip_32(p + 16);
    entry->size = zip_32(p + 20);
    entry->full = zip_32(p + 24);
    entry->local = zip_32(p + 42);
    entry->name = (const char *) p + ZIP_CENTRAL;
    entry->name_len = zip_16(p + 28);
    zip->at += size;

    return zip_extra(entry, p + ZIP_CENTRAL + entry->name_len, zip_16(p + 30))
                   == 0
               ? 1
               : -1;
}


static zip_rc_t
zip_write(zip_output_t *output, const unsigned char *bytes, size_t len)
{
    if (len > output->max - output->written
        || (output->written + len > ZIP_RATIO_FREE
            && (output->written + len) / ZIP_RATIO_MAX > output->packed)) {
        return ZIP_LARGE;
    }

    output->written += len;
    output->crc = crc32(output->crc, bytes, (uInt) len);

    return output->sink(output->data, (const char *) bytes, len) == 0
               ? ZIP_OK
               : ZIP_ENOUGH;
}


static zip_rc_t
zip_stored(zip_output_t *output, const unsigned char *bytes, size_t len)
{
    size_t n;
    zip_rc_t rc = ZIP_OK;

    for (; len > 0 && rc == ZIP_OK; bytes += n, len -= n) {
        n = len < ZIP_CHUNK ? len : ZIP_CHUNK;
        rc = zip_write(output, bytes, n);
    }

    return rc;
}


static zip_rc_t
zip_inflate(zip_output_t *output, const unsigned char *bytes, size_t len)
{
    int status = Z_OK;
    zip_rc_t rc = ZIP_OK;
    unsigned char chunk[ZIP_CHUNK];
    z_stream stream;

    memset(&stream, 0, sizeof(stream));
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
        return ZIP_DAMAGED;
    }

    stream.next_in = (unsigned char *) bytes;
    stream.avail_in = (uInt) len;

    while (rc == ZIP_OK && status != Z_STREAM_END) {
        stream.next_out = chunk;
        stream.avail_out = sizeof(chunk);
        status = inflate(&stream, Z_NO_FLUSH);
        rc = status == Z_OK || status == Z_STREAM_END
                 ? zip_write(output, chunk, sizeof(chunk) - stream.avail_out)
                 : ZIP_DAMAGED;
    }

    inflateEnd(&stream);
    return rc;
}


/* In the local header, "PK\3\4" (4), lengths of name and extra field (2 each at
   26); behind these the data */
static const unsigned char *
zip_data(const zip_t *zip, const zip_entry_t *entry)
{
    size_t left, skip;
    const unsigned char *local;

    if (entry->local > zip->len || zip->len - entry->local < ZIP_LOCAL) {
        return NULL;
    }

    left = zip->len - (size_t) entry->local;
    local = zip->bytes + entry->local;
    skip = (size_t) ZIP_LOCAL + zip_16(local + 26) + zip_16(local + 28);

    return memcmp(local, "PK\3\4", 4) == 0 && skip <= left
                   && entry->size <= left - skip && entry->size < ZIP_NOT_HERE
               ? local + skip
               : NULL;
}


zip_rc_t
zip_unpack(const zip_t *zip, const zip_entry_t *entry, uint64_t max,
           int (*sink)(void *data, const char *bytes, size_t len), void *data)
{
    zip_rc_t rc;
    const unsigned char *bytes;
    zip_output_t output = {
        .sink = sink, .data = data, .max = max, .packed = entry->size
    };

    if ((entry->flags & (ZIP_IS_ENCRYPTED | ZIP_IS_STRONG)) != 0
        || entry->method == ZIP_AES) {
        return ZIP_ENCRYPTED;
    }
    if (entry->method != ZIP_STORED && entry->method != ZIP_DEFLATED) {
        return ZIP_ODD;
    }
    if (entry->full > max) {
        return ZIP_LARGE;
    }

    bytes = zip_data(zip, entry);
    if (bytes == NULL) {
        return ZIP_DAMAGED;
    }

    output.crc = crc32(0, NULL, 0);
    rc = entry->method == ZIP_STORED
             ? zip_stored(&output, bytes, (size_t) entry->size)
             : zip_inflate(&output, bytes, (size_t) entry->size);

    return rc == ZIP_OK
                   && (output.written != entry->full
                       || output.crc != entry->crc)
               ? ZIP_DAMAGED
               : rc;
}
