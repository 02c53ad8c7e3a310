#define _GNU_SOURCE /* memfd_create, nftw, O_TMPFILE */
#include "store_side.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/base/media_type.h"
#include "worker/base/carrier.h"
#include "worker/base/file.h"
#include "say.h"

#define SIDE_MEDIA "media/"
#define SIDE_ASIDE ".copy."  /* how a file that is not whole begins */
#define SIDE_STEP (8U << 20) /* bytes of a request */
#define SIDE_OPEN 32         /* folders at a time */
#define SIDE_OTHER "application/octet-stream"


static side_rc_t
side_errno(store_side_t *side, const char *name)
{
    const int failed = errno;

    snprintf(side->why, sizeof(side->why), "%.300s: %s", name,
             strerror(failed));
    return failed == ENOENT ? SIDE_MISSING : SIDE_FAILED;
}


static side_rc_t
side_judge(store_side_t *side, bucket_rc_t rc)
{
    snprintf(side->why, sizeof(side->why), "%s", bucket_said(side->bucket));

    return rc == BUCKET_OK ? SIDE_OK
           : rc == BUCKET_MISSING && !bucket_is_none(side->bucket)
               ? SIDE_MISSING
               : SIDE_FAILED;
}


/* ---- opening ---- */

void
store_side_read(location_t *location, const char *option, const char *text)
{
    int count = 0;
    char *copy = strdup(text);
    const char *words[LOCATION_WORDS_MAX];
    char err[LOCATION_ERROR_SIZE];

    if (copy != NULL) {
        count = location_words(copy, words);
    }
    if (count == -1) {
        say_usage("--%s has too many words", option);
    }
    if (location_read(location, words, (size_t) count, err, sizeof(err)) != 0) {
        say_usage("--%s: %s", option, err);
    }

    free(copy);
}


int
store_side_open(store_side_t *side, const char *option, const char *words)
{
    char media[PATH_MAX];

    memset(side, 0, sizeof(*side));
    store_side_read(&side->location, option, words);

    if (side->location.folder[0] != '\0') {
        if (file_join(media, side->location.folder, "media") != 0
            || access(media, R_OK | W_OK | X_OK) != 0) {
            (void) side_errno(side, media);
            return -1;
        }
        return 0;
    }

    if (credentials_find(&side->who, &side->location, side->why,
                         sizeof(side->why))
        != 0) {
        return -1;
    }

    side->bucket = bucket_open(&carrier, &side->location, &side->who);
    if (side->bucket == NULL) {
        snprintf(side->why, sizeof(side->why), "no memory");
        return -1;
    }

    return 0;
}


void
store_side_close(store_side_t *side)
{
    bucket_close(side->bucket);
    credentials_forget(&side->who);
}


/* A session's credentials may end while all is copied: read again, of a file
   that somebody renews. */
static bucket_t *
side_bucket(store_side_t *side)
{
    char err[SIDE_WHY_SIZE];
    credentials_t fresh;

    if (side->location.credentials[0] != '\0'
        && credentials_find(&fresh, &side->location, err, sizeof(err)) == 0) {
        side->who = fresh;
        credentials_forget(&fresh);
    }

    return side->bucket;
}


/* ---- what is there ---- */

/* Of a bucket's names, those that lead to a file below the folder of media. */
static int
side_is_ours(const char *name)
{
    size_t len;

    if (strncmp(name, SIDE_MEDIA, strlen(SIDE_MEDIA)) != 0) {
        return 0;
    }

    for (/* void */; *name != '\0'; name += len + (name[len] == '/')) {
        len = strcspn(name, "/");
        if (len == 0 || (len <= 2 && strncmp(name, "..", len) == 0)
            || strncmp(name, SIDE_ASIDE, strlen(SIDE_ASIDE)) == 0
            || (name[len] == '/' && name[len + 1] == '\0')) {
            return 0;
        }
    }

    return 1;
}


/* nftw() has no room for the caller's. */
static struct {
    size_t skip; /* of a path: the folder's */
    int (*found)(void *data, const char *name, uint64_t size);
    void *data;
    int ended;
} side_walk;


static int
side_visit(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void) where;

    if (type == FTW_F && S_ISREG(st->st_mode)
        && side_is_ours(path + side_walk.skip)) {
        side_walk.ended = side_walk.found(side_walk.data, path + side_walk.skip,
                                          (uint64_t) st->st_size);
    }

    return side_walk.ended;
}


static int
side_each_file(store_side_t *side,
               int (*found)(void *data, const char *name, uint64_t size),
               void *data)
{
    char media[PATH_MAX];

    if (file_join(media, side->location.folder, "media") != 0) {
        (void) side_errno(side, side->location.folder);
        return -1;
    }

    side_walk.skip = strlen(side->location.folder) + 1;
    side_walk.found = found;
    side_walk.data = data;
    side_walk.ended = 0;

    if (nftw(media, side_visit, SIDE_OPEN, FTW_PHYS) != 0 && !side_walk.ended) {
        (void) side_errno(side, media);
        return -1;
    }

    return 0;
}


/* Others of this bucket are asked meanwhile: a page is read to its end first.
 */
typedef struct {
    size_t count;
    struct {
        char name[BUCKET_VERSION_SIZE];
        uint64_t size;
    } item[BUCKET_PAGE];
} side_names_t;


static int
side_note(void *data, const char *name, uint64_t size)
{
    side_names_t *names = data;

    if (names->count < BUCKET_PAGE) {
        snprintf(names->item[names->count].name, BUCKET_VERSION_SIZE, "%s",
                 name);
        names->item[names->count++].size = size;
    }

    return 0;
}


static int
side_each_object(store_side_t *side,
                 int (*found)(void *data, const char *name, uint64_t size),
                 void *data)
{
    size_t i;
    int more = 1, ended = 0;
    side_rc_t rc = SIDE_OK;
    char after[BUCKET_VERSION_SIZE] = "";
    side_names_t *names = malloc(sizeof(*names));

    if (names == NULL) {
        snprintf(side->why, sizeof(side->why), "no memory");
        return -1;
    }

    while (rc == SIDE_OK && more && !ended) {
        names->count = 0;
        rc = side_judge(side, bucket_list(side_bucket(side), SIDE_MEDIA, after,
                                          side_note, names, &more));

        for (i = 0; rc == SIDE_OK && i < names->count && !ended; i++) {
            if (side_is_ours(names->item[i].name)) {
                ended = found(data, names->item[i].name, names->item[i].size);
            }
            memcpy(after, names->item[i].name, sizeof(after));
        }
        more = more && names->count > 0;
    }

    free(names);
    return rc == SIDE_OK ? 0 : -1;
}


int
store_side_each(store_side_t *side,
                int (*found)(void *data, const char *name, uint64_t size),
                void *data)
{
    return side->bucket != NULL ? side_each_object(side, found, data)
                                : side_each_file(side, found, data);
}


side_rc_t
store_side_size(store_side_t *side, const char *name, uint64_t *size)
{
    struct stat st;
    char path[PATH_MAX];

    if (side->bucket != NULL) {
        return side_judge(side, bucket_size(side_bucket(side), name, size));
    }

    if (file_join(path, side->location.folder, name) != 0
        || lstat(path, &st) != 0) {
        return errno == ENOTDIR ? SIDE_MISSING : side_errno(side, name);
    }

    *size = (uint64_t) st.st_size;
    return SIDE_OK;
}


/* ---- bytes ---- */

/* Of an open file, at whose beginning they stand. */
static side_rc_t
side_hash(store_side_t *side, const char *name, int fd, sha256_t *sha)
{
    ssize_t n;
    off_t at = 0;
    static char bytes[1 << 18];

    while ((n = pread(fd, bytes, sizeof(bytes), at)) > 0) {
        sha256_update(sha, bytes, (size_t) n);
        at += n;
    }

    return n == 0 ? SIDE_OK : side_errno(side, name);
}


static side_rc_t
side_digest_object(store_side_t *side, const char *name, sha256_t *sha,
                   char hex[SHA256_HEX_SIZE])
{
    int fd;
    uint64_t from, step;
    side_rc_t rc;
    bucket_head_t head;

    rc = side_judge(side, bucket_head(side_bucket(side), name, &head));
    if (rc != SIDE_OK || head.sha256[0] != '\0') {
        memcpy(hex, head.sha256, SHA256_HEX_SIZE);
        return rc;
    }

    fd = memfd_create("copy", MFD_CLOEXEC);
    if (fd == -1) {
        return side_errno(side, name);
    }

    for (from = 0; from < head.size && rc == SIDE_OK; from += step) {
        step = head.size - from < SIDE_STEP ? head.size - from : SIDE_STEP;
        rc = side_judge(side,
                        bucket_get(side_bucket(side), name, from, step, fd));
        if (rc == SIDE_OK && ftruncate(fd, (off_t) step) != 0) {
            rc = side_errno(side, name);
        }
        if (rc == SIDE_OK) {
            rc = side_hash(side, name, fd, sha);
        }
    }

    close(fd);
    return rc;
}


side_rc_t
store_side_digest(store_side_t *side, const char *name,
                  char hex[SHA256_HEX_SIZE])
{
    int fd;
    char path[PATH_MAX];
    unsigned char digest[SHA256_SIZE];
    side_rc_t rc;
    sha256_t sha;

    hex[0] = '\0';
    sha256_init(&sha);

    if (side->bucket != NULL) {
        rc = side_digest_object(side, name, &sha, hex);

    } else {
        fd = file_join(path, side->location.folder, name) == 0 ? file_open(path)
                                                               : -1;
        if (fd == -1) {
            return side_errno(side, name);
        }
        rc = side_hash(side, name, fd, &sha);
        close(fd);
    }

    if (rc == SIDE_OK && hex[0] == '\0') {
        sha256_digest(&sha, digest);
        sha256_hex(digest, hex);
    }

    return rc;
}


/* ---- copying ---- */

/* An object's bytes into an open file. */
static side_rc_t
side_fetch(store_side_t *side, const char *name, int fd)
{
    uint64_t from, step;
    bucket_head_t head;
    side_rc_t rc;

    rc = side_judge(side, bucket_head(side_bucket(side), name, &head));

    for (from = 0; rc == SIDE_OK && from < head.size; from += step) {
        step = head.size - from < SIDE_STEP ? head.size - from : SIDE_STEP;
        rc = side_judge(side, bucket_get_same(side_bucket(side), name, &head,
                                              from, step, fd));
    }

    return rc;
}


/* A file's bytes into another one. */
static side_rc_t
side_pour(store_side_t *side, const char *name, int fd)
{
    int in;
    ssize_t n;
    char path[PATH_MAX];
    side_rc_t rc = SIDE_OK;
    static char bytes[1 << 18];

    in = file_join(path, side->location.folder, name) == 0 ? file_open(path)
                                                           : -1;
    if (in == -1) {
        return side_errno(side, name);
    }

    while ((n = read(in, bytes, sizeof(bytes))) > 0 && rc == SIDE_OK) {
        if (file_write_open(fd, bytes, (size_t) n) != 0) {
            rc = side_errno(side, name);
        }
    }
    if (n < 0) {
        rc = side_errno(side, name);
    }

    close(in);
    return rc;
}


/* Aside first; then, on disk, under its name. */
static side_rc_t
side_copy_to_folder(store_side_t *from, store_side_t *to, const char *name)
{
    int fd;
    char inner[PATH_MAX], folder[PATH_MAX], aside[PATH_MAX], path[PATH_MAX];
    side_rc_t rc;

    snprintf(inner, sizeof(inner), "%.*s", (int) (strrchr(name, '/') - name),
             name);
    if (file_folders(to->location.folder, inner) != 0
        || file_join(path, to->location.folder, name) != 0
        || file_join(folder, to->location.folder, inner) != 0
        || file_join(aside, folder, SIDE_ASIDE "XXXXXX") != 0) {
        (void) side_errno(to, name);
        return SIDE_FAILED;
    }

    fd = mkostemp(aside, O_CLOEXEC);
    if (fd == -1) {
        (void) side_errno(to, aside);
        return SIDE_FAILED;
    }

    rc = from->bucket != NULL ? side_fetch(from, name, fd)
                              : side_pour(from, name, fd);
    if (rc == SIDE_OK
        && (fchmod(fd, 0644) != 0 || fsync(fd) != 0 || rename(aside, path) != 0
            || file_sync(folder) != 0)) {
        (void) side_errno(to, name);
        rc = SIDE_FAILED;
    }
    if (rc != SIDE_OK) {
        (void) unlink(aside);
    }

    close(fd);
    return rc;
}


static const char *
side_type(const char *name)
{
    const char *dot = strrchr(name, '.');
    const char *type = dot ? media_type(dot + 1, strlen(dot + 1)) : NULL;

    return type ? type : SIDE_OTHER;
}


static side_rc_t
side_copy_to_bucket(store_side_t *from, store_side_t *to, const char *name)
{
    int fd;
    struct stat st;
    char path[PATH_MAX];
    side_rc_t rc = SIDE_OK;

    if (from->bucket != NULL) {
        fd = open("/var/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
        rc = fd != -1 ? side_fetch(from, name, fd) : SIDE_FAILED;
    } else {
        fd = file_join(path, from->location.folder, name) == 0 ? file_open(path)
                                                               : -1;
    }

    if (fd == -1 || (rc == SIDE_OK && fstat(fd, &st) != 0)) {
        rc = side_errno(from, name);
    }
    if (rc == SIDE_OK) {
        rc = side_judge(to,
                        bucket_put_file(side_bucket(to), name, side_type(name),
                                        fd, (uint64_t) st.st_size, NULL));
        rc = rc == SIDE_MISSING ? SIDE_FAILED : rc;
    }

    if (fd != -1) {
        close(fd);
    }
    return rc;
}


side_rc_t
store_side_copy(store_side_t *from, store_side_t *to, const char *name)
{
    from->why[0] = to->why[0] = '\0';

    return to->bucket != NULL ? side_copy_to_bucket(from, to, name)
                              : side_copy_to_folder(from, to, name);
}
