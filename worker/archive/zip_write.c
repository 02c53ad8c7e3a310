#define _GNU_SOURCE /* newlocale */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>
#include "zip_write.h"

#define ZIP_WRITE_BLOCK (256 * 1024) /* bytes at a time to the file */
#define ZIP_WRITE_MODE 0644
#define ZIP_WRITE_LOCALE "C.UTF-8"

struct zip_write_s {
    struct archive *archive;
    struct archive_entry *entry;
    int fd;
    int dropped;    /* what is still written goes nowhere */
    locale_t names; /* in which libarchive takes names as they are */
};


/* What libarchive failed of; it sets none where it ran out of memory. */
static int
zip_write_rc(zip_write_t *zip, int rc)
{
    if (rc >= ARCHIVE_WARN) {
        return 0;
    }

    errno = archive_errno(zip->archive);
    if (errno <= 0) {
        errno = EIO;
    }

    return -1;
}


static la_ssize_t
zip_write_out(struct archive *archive, void *data, const void *bytes,
              size_t len)
{
    ssize_t n;
    const zip_write_t *zip = data;

    if (zip->dropped) {
        return (la_ssize_t) len;
    }

    do {
        n = write(zip->fd, bytes, len);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        archive_set_error(archive, errno, "write");
    }

    return n;
}


zip_write_t *
zip_write_open(int fd)
{
    zip_write_t *zip = calloc(1, sizeof(*zip));

    if (zip == NULL) {
        return NULL;
    }

    zip->fd = fd;
    zip->archive = archive_write_new();
    zip->entry = archive_entry_new();
    zip->names = newlocale(LC_CTYPE_MASK, ZIP_WRITE_LOCALE, (locale_t) 0);

    if (zip->archive == NULL || zip->entry == NULL || zip->names == (locale_t) 0
        || archive_write_set_format_zip(zip->archive) != ARCHIVE_OK
        || archive_write_set_bytes_per_block(zip->archive, ZIP_WRITE_BLOCK)
               != ARCHIVE_OK
        || archive_write_set_bytes_in_last_block(zip->archive, 1) != ARCHIVE_OK
        || archive_write_open(zip->archive, zip, NULL, zip_write_out, NULL)
               != ARCHIVE_OK) {
        zip_write_free(zip);
        return NULL;
    }

    return zip;
}


int
zip_write_begin(zip_write_t *zip, const char *name, uint64_t size,
                time_t changed, int deflate)
{
    int rc;
    locale_t before;

    rc = deflate ? archive_write_zip_set_compression_deflate(zip->archive)
                 : archive_write_zip_set_compression_store(zip->archive);
    if (zip_write_rc(zip, rc) != 0) {
        return -1;
    }

    archive_entry_clear(zip->entry);
    archive_entry_set_pathname(zip->entry, name);
    archive_entry_set_filetype(zip->entry, AE_IFREG);
    archive_entry_set_perm(zip->entry, ZIP_WRITE_MODE);
    archive_entry_set_size(zip->entry, (la_int64_t) size);
    archive_entry_set_mtime(zip->entry, changed, 0);

    before = uselocale(zip->names);
    rc = zip_write_rc(zip, archive_write_header(zip->archive, zip->entry));
    uselocale(before);

    return rc;
}


int
zip_write_bytes(zip_write_t *zip, const void *bytes, size_t len)
{
    return archive_write_data(zip->archive, bytes, len) >= 0
               ? 0
               : zip_write_rc(zip, ARCHIVE_FATAL);
}


uint64_t
zip_write_size(const zip_write_t *zip)
{
    return (uint64_t) archive_filter_bytes(zip->archive, -1);
}


int
zip_write_finish(zip_write_t *zip)
{
    return zip_write_rc(zip, archive_write_close(zip->archive));
}


/* libarchive finishes what was not, or it would leak. */
void
zip_write_free(zip_write_t *zip)
{
    if (zip == NULL) {
        return;
    }

    if (zip->archive != NULL) {
        zip->dropped = 1;
        archive_write_free(zip->archive);
    }
    if (zip->entry != NULL) {
        archive_entry_free(zip->entry);
    }
    if (zip->names != (locale_t) 0) {
        freelocale(zip->names);
    }

    free(zip);
}
