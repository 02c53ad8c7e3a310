#include "originals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>
#include "core/base/sha256.h"
#include "core/bucket/bucket_object.h"
#include "worker/base/clock.h"
#include "worker/base/file.h"
#include "remote.h"
#include "room.h"

#define ORIGINALS_FOLDER "originals"
#define ORIGINALS_SLASH ',' /* what stands for one in a copy's name */
#define ORIGINALS_PART ".part"
#define ORIGINALS_TAG 40           /* characters of an ETag */
#define ORIGINALS_STEP (32U << 20) /* bytes of a request */
#define ORIGINALS_DAY 86400        /* seconds: then who does not use it */
#define ORIGINALS_HELD_MAX 64
#define ORIGINALS_WAIT_MS 200 /* for who fetches the same */
#define ORIGINALS_TRIES 3
#define ORIGINALS_BACK_DAYS 3 /* that a restored one stays readable */
#define ORIGINALS_BLOCK 512   /* of st_blocks: stat(2) */
#define ORIGINALS_READ 65536

/* A copy that may leave. */
typedef struct {
    char name[NAME_MAX + 1];
    time_t used;
    uint64_t size;
} originals_copy_t;

static struct {
    int fd; /* locked; 0: none */
    char path[PATH_MAX];
} originals_held[ORIGINALS_HELD_MAX];


static int
originals_folder(const config_t *config, char folder[PATH_MAX])
{
    return file_join(folder, config->work, ORIGINALS_FOLDER) == 0
                   && (mkdir(folder, 0755) == 0 || errno == EEXIST)
               ? 0
               : -1;
}


static int
originals_path(const config_t *config, const char *name, const char *end,
               char path[PATH_MAX])
{
    char *p, file[NAME_MAX + 1], folder[PATH_MAX];

    if (snprintf(file, sizeof(file), "%s%s", name, end) > NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }

    for (p = file; *p != '\0'; p++) {
        *p = *p == '/' ? ORIGINALS_SLASH : *p;
    }

    return originals_folder(config, folder) == 0 ? file_join(path, folder, file)
                                                 : -1;
}


/* Whether the path still leads to the open file. */
static int
originals_is_named(int fd, const char *path)
{
    struct stat held, named;

    return fstat(fd, &held) == 0 && stat(path, &named) == 0
           && held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}


/* A copy that is there is held: 0. Who makes room locks before he removes. */
static int
originals_hold(const char *path)
{
    int fd;
    size_t i;

    for (i = 0; i < ORIGINALS_HELD_MAX && originals_held[i].fd != 0; i++) {
        if (strcmp(originals_held[i].path, path) == 0
            && originals_is_named(originals_held[i].fd, path)) {
            return 0;
        }
    }
    if (i == ORIGINALS_HELD_MAX) {
        errno = EMFILE;
        return -1;
    }

    fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    if (flock(fd, LOCK_SH) != 0 || !originals_is_named(fd, path)) {
        close(fd);
        errno = ENOENT;
        return -1;
    }

    (void) futimens(fd, NULL); /* used now */
    originals_held[i].fd = fd;
    snprintf(originals_held[i].path, PATH_MAX, "%s", path);
    return 0;
}


void
originals_release(const char *path)
{
    size_t i, kept = 0;

    for (i = 0; i < ORIGINALS_HELD_MAX && originals_held[i].fd != 0; i++) {
        if (path != NULL && strcmp(originals_held[i].path, path) != 0) {
            originals_held[kept++] = originals_held[i];
        } else {
            close(originals_held[i].fd);
        }
    }

    for (/* void */; kept < i; kept++) {
        originals_held[kept].fd = 0;
    }
}


/* ---- making room ---- */

/* 0 when it is gone; -1 when somebody uses it. */
static int
originals_drop(const char *path)
{
    int fd, rc;

    fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1) {
        return errno == ENOENT ? 0 : -1;
    }

    rc = flock(fd, LOCK_EX | LOCK_NB) == 0 ? unlink(path) : -1;
    close(fd);
    return rc;
}


static int
originals_older(const void *a, const void *b)
{
    const originals_copy_t *one = a, *other = b;

    return (one->used > other->used) - (one->used < other->used);
}


/* All copies, the one first that was used the longest ago; to free(). */
static originals_copy_t *
originals_list(const char *folder, size_t *count)
{
    DIR *dir;
    struct stat st;
    size_t room = 0;
    char path[PATH_MAX];
    const struct dirent *entry;
    originals_copy_t *copies = NULL, *more;

    *count = 0;
    dir = opendir(folder);

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (file_join(path, folder, entry->d_name) != 0 || lstat(path, &st) != 0
            || !S_ISREG(st.st_mode)) {
            continue;
        }
        if (*count == room) {
            room = room ? 2 * room : 64;
            more = realloc(copies, room * sizeof(*copies));
            if (more == NULL) {
                break;
            }
            copies = more;
        }
        snprintf(copies[*count].name, sizeof(copies->name), "%s",
                 entry->d_name);
        copies[*count].used = st.st_mtim.tv_sec;
        copies[*count].size = (uint64_t) st.st_blocks * ORIGINALS_BLOCK;
        (*count)++;
    }

    if (dir != NULL) {
        closedir(dir);
    }
    if (*count > 0) {
        qsort(copies, *count, sizeof(*copies), originals_older);
    }
    return copies;
}


/* Copies leave that nobody used for a day, and then, the oldest first, until
   what stays has no more than so many bytes. */
static void
originals_evict(const char *folder, uint64_t bound)
{
    uint64_t all = 0;
    size_t i, count;
    char path[PATH_MAX];
    const time_t now = time(NULL);
    originals_copy_t *copies = originals_list(folder, &count);

    for (i = 0; i < count; i++) {
        all += copies[i].size;
    }

    for (i = 0; i < count; i++) {
        if ((all > bound || copies[i].used < now - ORIGINALS_DAY)
            && file_join(path, folder, copies[i].name) == 0
            && originals_drop(path) == 0) {
            all -= copies[i].size;
        }
    }

    free(copies);
}


/* For all of the file, before any of it comes. */
static int
originals_room(const config_t *config, int fd, uint64_t size)
{
    char folder[PATH_MAX];

    if (originals_folder(config, folder) != 0) {
        return -1;
    }

    originals_evict(folder,
                    config->originals > size ? config->originals - size : 0);

    if (room_take(config, fd, size) == 0) {
        return 0;
    }
    if (errno != ENOSPC) {
        return -1;
    }

    originals_evict(folder, 0);
    return room_take(config, fd, size);
}


/* ---- fetching ---- */

/* What a machine that went down was writing then may have holes. */
static int
originals_begun(int fd, uint64_t size, uint64_t *done)
{
    struct stat st;
    struct sysinfo info;

    if (fstat(fd, &st) != 0 || sysinfo(&info) != 0) {
        return -1;
    }

    *done = (uint64_t) st.st_size;

    if (*done > size || st.st_mtim.tv_sec <= time(NULL) - info.uptime) {
        *done = 0;
        return ftruncate(fd, 0);
    }

    return 0;
}


/* The digest that the bucket has of it, if it has one. */
static int
originals_compare(int fd, const bucket_head_t *head)
{
    sha256_t sha;
    ssize_t n;
    off_t at = 0;
    char hex[SHA256_HEX_SIZE], *bytes;
    unsigned char digest[SHA256_SIZE];

    if (head->sha256[0] == '\0') {
        return 0;
    }

    bytes = malloc(ORIGINALS_READ);
    if (bytes == NULL) {
        return -1;
    }

    sha256_init(&sha);
    while ((n = pread(fd, bytes, ORIGINALS_READ, at)) > 0) {
        sha256_update(&sha, bytes, (size_t) n);
        at += n;
    }
    free(bytes);

    sha256_digest(&sha, digest);
    sha256_hex(digest, hex);
    if (n == 0 && strcmp(hex, head->sha256) == 0) {
        return 0;
    }

    errno = EIO;
    return -1;
}


/* What lies in an archive is asked back, each time anew: that is free while it
   is on its way. */
static int
originals_judge(bucket_t *bucket, const char *name, bucket_rc_t rc)
{
    if (rc == BUCKET_ARCHIVED) {
        rc = bucket_restore(bucket, name, ORIGINALS_BACK_DAYS);
        rc = rc == BUCKET_OK ? BUCKET_ARCHIVED : rc;
    }

    return remote_judge(bucket, rc);
}


static int
originals_get_some(bucket_t *bucket, const char *name,
                   const bucket_head_t *head, uint64_t from, uint64_t size,
                   int fd)
{
    return originals_judge(bucket, name,
                           bucket_get_same(bucket, name, head, from, size, fd));
}


/* Its first byte is asked for: what is told of a file is told of one in an
   archive, too. */
int
originals_reach(const config_t *config, const char *name)
{
    int fd, rc;
    bucket_t *bucket;

    bucket = remote_bucket(config);
    if (bucket == NULL) {
        return -1;
    }

    fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    rc = originals_judge(bucket, name, bucket_get(bucket, name, 0, 1, fd));
    close(fd);

    return rc;
}


static int
originals_fill(const config_t *config, const char *name,
               const bucket_head_t *head, int fd)
{
    bucket_t *bucket;
    uint64_t done, step;

    if (originals_begun(fd, head->size, &done) != 0
        || originals_room(config, fd, head->size) != 0) {
        return -1;
    }

    for (/* void */; done < head->size; done += step) {
        bucket = remote_bucket(config);
        step = head->size - done < ORIGINALS_STEP ? head->size - done
                                                  : ORIGINALS_STEP;

        if (remote_stopped()) {
            errno = ECANCELED;
            return -1;
        }
        if (bucket == NULL
            || originals_get_some(bucket, name, head, done, step, fd) != 0) {
            return -1;
        }
    }

    if (originals_compare(fd, head) != 0) {
        return -1;
    }

    return fchmod(fd, 0644) == 0 ? fsync(fd) : -1;
}


/* What is being fetched, alone. One that is somebody else's is waited for: it
   may become the copy meanwhile. */
static int
originals_part(const char *part, const char *path)
{
    int fd;

    for (;;) {
        fd = open(part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd == -1) {
            return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && originals_is_named(fd, part)) {
            return fd;
        }
        close(fd);

        if (remote_stopped()) {
            errno = ECANCELED;
            return -1;
        }
        if (access(path, F_OK) == 0) {
            errno = EEXIST;
            return -1;
        }
        clock_sleep(ORIGINALS_WAIT_MS);
    }
}


/* Of an ETag, what may stand in a file's name. */
static void
originals_tag(const bucket_head_t *head, char tag[ORIGINALS_TAG + 8])
{
    size_t n = 1;
    const char *p;

    tag[0] = '.';
    for (p = head->etag; *p != '\0' && n < ORIGINALS_TAG; p++) {
        if ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z')) {
            tag[n++] = *p;
        }
    }
    memcpy(tag + n, ORIGINALS_PART, sizeof(ORIGINALS_PART));
}


/* 0 when there is a copy now. */
static int
originals_fetch(const config_t *config, const char *name, const char *path)
{
    int fd, rc, failed;
    bucket_head_t head;
    bucket_t *bucket = remote_bucket(config);
    char part[PATH_MAX], tag[ORIGINALS_TAG + 8];

    if (bucket == NULL
        || remote_judge(bucket, bucket_head(bucket, name, &head)) != 0) {
        return -1;
    }

    originals_tag(&head, tag);
    if (originals_path(config, name, tag, part) != 0) {
        return -1;
    }

    fd = originals_part(part, path);
    if (fd == -1) {
        return errno == EEXIST ? 0 : -1;
    }

    rc = originals_fill(config, name, &head, fd) == 0 ? rename(part, path) : -1;
    failed = errno;

    /* What others need the room of, or is not what it should be. */
    if (rc != 0 && (failed == ENOSPC || failed == EIO)) {
        (void) unlink(part);
    }

    close(fd);
    errno = failed;
    return rc;
}


int
originals_get(const config_t *config, const char *name, char path[PATH_MAX])
{
    int tries;

    if (originals_path(config, name, "", path) != 0) {
        return -1;
    }

    for (tries = 0; tries < ORIGINALS_TRIES; tries++) {
        if (originals_hold(path) == 0) {
            return 0;
        }
        if (errno != ENOENT || originals_fetch(config, name, path) != 0) {
            return -1;
        }
    }

    return originals_hold(path);
}


int
originals_take(const config_t *config, const char *from, const char *name)
{
    char path[PATH_MAX];

    if (originals_path(config, name, "", path) != 0) {
        return -1;
    }
    if (strcmp(from, path) == 0) {
        return 0;
    }

    if (rename(from, path) == 0) {
        (void) utimensat(AT_FDCWD, path, NULL, 0); /* used now */
        return 0;
    }

    /* on another file system it is fetched again, if anybody wants it */
    return unlink(from) == 0 || errno == ENOENT ? 0 : -1;
}


int
originals_forget(const config_t *config, const char *name)
{
    DIR *dir;
    int rc = 0;
    size_t len;
    char path[PATH_MAX], folder[PATH_MAX];
    const char *begin;
    const struct dirent *entry;

    if (originals_path(config, name, "", path) != 0
        || originals_folder(config, folder) != 0) {
        return -1;
    }

    begin = path + strlen(folder) + 1;
    len = strlen(begin);
    dir = opendir(folder);
    if (dir == NULL) {
        return -1;
    }

    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, begin, len) == 0
            && strchr(",.", entry->d_name[len]) != NULL
            && file_join(path, folder, entry->d_name) == 0 && unlink(path) != 0
            && errno != ENOENT) {
            rc = -1;
        }
    }

    closedir(dir);
    return rc;
}
