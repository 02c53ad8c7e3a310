#include <stdint.h>
#include <string.h>
#include <expat.h>
#include <zlib.h>
#include "mxl.h"

#define MXL_CONTAINER "META-INF/container.xml"
#define MXL_MUSICXML "application/vnd.recordare.musicxml+xml"

/* Sizes of the records, without what follows them: APPNOTE 4.3.7, 4.3.12 and
   4.3.16. */
#define MXL_LOCAL 30
#define MXL_CENTRAL 46
#define MXL_END 22
#define MXL_COMMENT_MAX 65535

#define MXL_ENCRYPTED 1
#define MXL_STORED 0
#define MXL_DEFLATED 8
#define MXL_CHUNK (64 * 1024)
#define MXL_RATIO_FREE (1024 * 1024) /* bytes that may come of anything */

static const char mxl_damaged[] =
    "The compressed MusicXML cannot be read: it is damaged or cut off.";
static const char mxl_missing[] =
    "The compressed MusicXML cannot be read: it holds no score.";
static const char mxl_odd[] =
    "The compressed MusicXML is packed in a way that is not taken.";
static const char mxl_bomb[] =
    "The compressed MusicXML unpacks to more than any score is.";

typedef struct {
    const unsigned char *bytes;
    size_t len;
} mxl_zip_t;

typedef struct {
    XML_Parser parser;
    char name[MXL_NAME_SIZE]; /* of the score; empty: not seen */
} mxl_container_t;

typedef struct {
    int (*sink)(void *data, const char *bytes, size_t len);
    void *data;
    size_t max;
    uLong crc;
    size_t written;
} mxl_output_t;


static int mxl_find(const mxl_zip_t *zip, const char *name, mxl_entry_t *entry,
                    const char **complaint);
static const unsigned char *mxl_end(const mxl_zip_t *zip);
static int mxl_open(const mxl_zip_t *zip, const unsigned char *central,
                    mxl_entry_t *entry, const char **complaint);
static int mxl_inflate(const mxl_entry_t *entry, mxl_output_t *output,
                       const char **complaint);
static int mxl_write(const mxl_entry_t *entry, mxl_output_t *output,
                     const unsigned char *bytes, size_t len,
                     const char **complaint);
static int mxl_container(void *data, const char *bytes, size_t len);
static void mxl_element(void *data, const char *name, const char **attrs);
static void mxl_entity(void *data, const char *name, int is_parameter,
                       const char *value, int len, const char *base,
                       const char *system, const char *public,
                       const char *notation);
static unsigned mxl_16(const unsigned char *p);
static uint32_t mxl_32(const unsigned char *p);


int
mxl_score(const void *bytes, size_t len, mxl_entry_t *score,
          const char **complaint)
{
    int rc;
    mxl_entry_t entry;
    mxl_container_t container = { NULL, "" };
    const mxl_zip_t zip = { bytes, len };

    rc = mxl_find(&zip, MXL_CONTAINER, &entry, complaint);
    if (rc != 0) {
        return -1;
    }

    *complaint = mxl_damaged;
    container.parser = XML_ParserCreate(NULL);
    if (container.parser == NULL) {
        return -1;
    }
    XML_SetUserData(container.parser, &container);
    XML_SetStartElementHandler(container.parser, mxl_element);
    XML_SetEntityDeclHandler(container.parser, mxl_entity);

    rc = mxl_unpack(&entry, MXL_CONTAINER_MAX, mxl_container, &container,
                    complaint);
    if (rc == 0 && XML_Parse(container.parser, "", 0, 1) != XML_STATUS_OK) {
        rc = -1;
    }
    if (rc != 0 && *complaint == NULL) {
        *complaint = mxl_damaged;
    }
    XML_ParserFree(container.parser);

    if (rc == 0 && container.name[0] == '\0') {
        *complaint = mxl_missing;
        rc = -1;
    }

    return rc == 0 ? mxl_find(&zip, container.name, score, complaint) : -1;
}


int
mxl_unpack(const mxl_entry_t *entry, size_t max,
           int (*sink)(void *data, const char *bytes, size_t len), void *data,
           const char **complaint)
{
    int rc;
    mxl_output_t output = { sink, data, max, crc32(0, NULL, 0), 0 };

    *complaint = mxl_damaged;

    if (entry->full > max) {
        *complaint = mxl_bomb;
        return -1;
    }

    rc = entry->method == MXL_STORED
             ? mxl_write(entry, &output, entry->data, entry->size, complaint)
             : mxl_inflate(entry, &output, complaint);

    if (rc == 0
        && (output.written != entry->full || output.crc != entry->crc)) {
        rc = -1;
    }

    return rc;
}


/* The directory says where the entries are; what else is between them does not
   count. */
static int
mxl_find(const mxl_zip_t *zip, const char *name, mxl_entry_t *entry,
         const char **complaint)
{
    unsigned i, count;
    size_t at, size, left, name_len = strlen(name);
    const unsigned char *end, *p;

    *complaint = mxl_damaged;

    end = mxl_end(zip);
    if (end == NULL) {
        return -1;
    }

    count = mxl_16(end + 10);
    at = mxl_32(end + 16);
    left = (size_t) (end - zip->bytes);
    if (at > left) {
        return -1;
    }
    left -= at;

    for (i = 0; i < count && i < MXL_ENTRIES_MAX; i++) {
        p = zip->bytes + at;
        if (left < MXL_CENTRAL || memcmp(p, "PK\1\2", 4) != 0) {
            return -1;
        }
        size = (size_t) MXL_CENTRAL + mxl_16(p + 28) + mxl_16(p + 30)
               + mxl_16(p + 32);
        if (size > left) {
            return -1;
        }
        if (mxl_16(p + 28) == name_len
            && memcmp(p + MXL_CENTRAL, name, name_len) == 0) {
            return mxl_open(zip, p, entry, complaint);
        }
        at += size;
        left -= size;
    }

    *complaint = mxl_missing;
    return -1;
}


/* "PK\5\6" (4), …, entries (2 at 10), size (4) and offset (4 at 16) of the
   directory, length of the comment (2), which ends the file */
static const unsigned char *
mxl_end(const mxl_zip_t *zip)
{
    size_t comment;
    const unsigned char *p;

    for (comment = 0;
         comment <= MXL_COMMENT_MAX && comment + MXL_END <= zip->len;
         comment++) {
        p = zip->bytes + zip->len - comment - MXL_END;
        if (memcmp(p, "PK\5\6", 4) == 0 && mxl_16(p + 20) == comment) {
            return p;
        }
    }

    return NULL;
}


/* "PK\1\2" (4), …, flags (2 at 8), method (2), …, CRC (4 at 16), size packed
   (4), unpacked (4), lengths of name, extra field and comment (2 each), …,
   offset of the local header (4 at 42); there again lengths of name and extra
   field (2 each at 26), and behind them the data */
static int
mxl_open(const mxl_zip_t *zip, const unsigned char *central, mxl_entry_t *entry,
         const char **complaint)
{
    size_t at, skip;
    const unsigned char *local;

    entry->method = mxl_16(central + 10);
    entry->crc = mxl_32(central + 16);
    entry->size = mxl_32(central + 20);
    entry->full = mxl_32(central + 24);
    at = mxl_32(central + 42);

    if ((mxl_16(central + 8) & MXL_ENCRYPTED)
        || (entry->method != MXL_STORED && entry->method != MXL_DEFLATED)) {
        *complaint = mxl_odd;
        return -1;
    }

    if (at > zip->len || zip->len - at < MXL_LOCAL) {
        return -1;
    }

    local = zip->bytes + at;
    skip = (size_t) MXL_LOCAL + mxl_16(local + 26) + mxl_16(local + 28);
    if (memcmp(local, "PK\3\4", 4) != 0 || skip > zip->len - at
        || entry->size > zip->len - at - skip) {
        return -1;
    }

    entry->data = local + skip;
    return 0;
}


static int
mxl_inflate(const mxl_entry_t *entry, mxl_output_t *output,
            const char **complaint)
{
    int rc, status = Z_OK;
    unsigned char chunk[MXL_CHUNK];
    z_stream stream;

    memset(&stream, 0, sizeof(stream));
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
        return -1;
    }

    stream.next_in = (unsigned char *) entry->data;
    stream.avail_in = (uInt) entry->size;

    do {
        stream.next_out = chunk;
        stream.avail_out = sizeof(chunk);
        status = inflate(&stream, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END) {
            rc = -1;
            break;
        }
        rc = mxl_write(entry, output, chunk, sizeof(chunk) - stream.avail_out,
                       complaint);
    } while (rc == 0 && status != Z_STREAM_END);

    inflateEnd(&stream);
    return rc;
}


static int
mxl_write(const mxl_entry_t *entry, mxl_output_t *output,
          const unsigned char *bytes, size_t len, const char **complaint)
{
    if (len > output->max - output->written
        || (output->written + len > MXL_RATIO_FREE
            && (output->written + len) / MXL_RATIO_MAX > entry->size)) {
        *complaint = mxl_bomb;
        return -1;
    }

    output->written += len;
    output->crc = crc32(output->crc, bytes, (uInt) len);

    if (output->sink(output->data, (const char *) bytes, len) != 0) {
        *complaint = NULL;
        return -1;
    }

    return 0;
}


static int
mxl_container(void *data, const char *bytes, size_t len)
{
    const mxl_container_t *container = data;

    return XML_Parse(container->parser, bytes, (int) len, 0) == XML_STATUS_OK
               ? 0
               : -1;
}


/* <rootfile full-path="score.xml" media-type="…"/>: the first is the score,
   others are other forms of it. */
static void
mxl_element(void *data, const char *name, const char **attrs)
{
    size_t len;
    const char *path = "", *type = MXL_MUSICXML;
    mxl_container_t *container = data;

    if (strcmp(name, "rootfile") != 0 || container->name[0] != '\0') {
        return;
    }

    for (; attrs[0] != NULL; attrs += 2) {
        if (strcmp(attrs[0], "full-path") == 0) {
            path = attrs[1];
        } else if (strcmp(attrs[0], "media-type") == 0) {
            type = attrs[1];
        }
    }

    len = strlen(path);
    if (strcmp(type, MXL_MUSICXML) == 0 && len < sizeof(container->name)) {
        memcpy(container->name, path, len + 1);
    }
}


static void
mxl_entity(void *data, const char *name, int is_parameter, const char *value,
           int len, const char *base, const char *system, const char *public,
           const char *notation)
{
    const mxl_container_t *container = data;

    (void) name;
    (void) is_parameter;
    (void) value;
    (void) len;
    (void) base;
    (void) system;
    (void) public;
    (void) notation;

    XML_StopParser(container->parser, XML_FALSE);
}


static unsigned
mxl_16(const unsigned char *p)
{
    return (unsigned) p[1] << 8 | p[0];
}


static uint32_t
mxl_32(const unsigned char *p)
{
    return (uint32_t) p[3] << 24 | (uint32_t) p[2] << 16 | (uint32_t) p[1] << 8
           | p[0];
}
