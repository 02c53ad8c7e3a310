/*
 * What a disk and a clock do on a bad day, for processes that are started with
 * LD_PRELOAD: writes and syncs below $SLUICE_STATE/{spool,media,work} fail or
 * take their time, and the time of day jumps. The file in $SLUICE_SHIM says
 * what happens now; it is shared memory, so that it holds for all of them at
 * once, and shim.mjs writes it. There it is also noted what was synced, so that
 * power.mjs can take the rest away.
 */

#define _GNU_SOURCE /* RTLD_NEXT, renameat2 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SHIM_FILES (1 << 18)          /* more than any run syncs */
#define SHIM_HASH 0x9e3779b97f4a7c15U /* Fibonacci's */

/* What a power cut leaves of a file or folder. As shim.mjs has it. */
typedef struct {
    uint64_t file;   /* shim_key(); 0: none */
    uint64_t folder; /* in which it had its name when that was synced last */
    char name[64];
    int64_t durable;    /* bytes */
    uint8_t start[168]; /* the first of them: small files are written over */
} shim_file_t;

/* As shim.mjs has it. */
typedef struct {
    int64_t write_errno; /* 0: writes work */
    int64_t sync_errno;
    int64_t folder_errno; /* of syncs of folders alone */
    int64_t odds;         /* one call in so many fails */
    int64_t delay_us;     /* of each write and sync */
    int64_t clock_s;      /* the time of day is wrong by so much */
    int64_t writes_failed, syncs_failed, delayed, clocks_read;
    int64_t calls;
    shim_file_t files[SHIM_FILES];
} shim_t;

static shim_t shim_idle;
static shim_t *shim = &shim_idle;
static char shim_control[PATH_MAX]; /* $SLUICE_SHIM */
static char shim_state[PATH_MAX];
static size_t shim_state_len;

/* name##_real is the C library's. */
#define SHIM_REAL(name)                                             \
    static __typeof__(name) *name##_real;                           \
    if (name##_real == NULL) {                                      \
        name##_real = (__typeof__(name) *) dlsym(RTLD_NEXT, #name); \
    }

#define SHIM_COUNT(field) __atomic_add_fetch(&shim->field, 1, __ATOMIC_RELAXED)


__attribute__((constructor)) static void
shim_open(void)
{
    int fd;
    void *page;
    const char *path = getenv("SLUICE_SHIM"), *state = getenv("SLUICE_STATE");

    if (path == NULL || state == NULL
        || (fd = open(path, O_RDWR | O_CLOEXEC)) == -1) {
        return;
    }

    page = mmap(NULL, sizeof(shim_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                0);
    close(fd);

    if (page != MAP_FAILED) {
        snprintf(shim_control, sizeof(shim_control), "%s", path);
        shim_state_len = (size_t) snprintf(shim_state, sizeof(shim_state),
                                           "%s/", state);
        shim = page;
    }
}


static int
shim_below(const char *path)
{
    size_t i, len;
    static const char *const folders[] = { "spool", "media", "work" };

    if (shim_state_len == 0 || strncmp(path, shim_state, shim_state_len) != 0) {
        return 0;
    }
    path += shim_state_len;

    for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        len = strlen(folders[i]);
        if (strncmp(path, folders[i], len) == 0
            && (path[len] == '/' || path[len] == '\0')) {
            return 1;
        }
    }

    return 0;
}


static int
shim_holds(int fd)
{
    int saved = errno;
    char name[32], path[PATH_MAX];
    ssize_t n;

    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    n = readlink(name, path, sizeof(path) - 1);
    errno = saved;
    if (n < 0) {
        return 0;
    }

    path[n] = '\0';
    return shim_below(path);
}


static int
shim_turn(void)
{
    uint64_t n = (uint64_t) SHIM_COUNT(calls);

    return shim->odds <= 1
           || (n * SHIM_HASH >> 32) % (uint64_t) shim->odds == 0;
}


static void
shim_wait(void)
{
    int64_t us = shim->delay_us;
    struct timespec pause = { us / 1000000, us % 1000000 * 1000 };

    if (us > 0) {
        SHIM_COUNT(delayed);
        nanosleep(&pause, NULL);
    }
}


/* Nonzero: the call fails, and errno is set. */
static int
shim_write_fails(int here)
{
    int64_t number = shim->write_errno;

    if ((number == 0 && shim->delay_us == 0) || !here) {
        return 0;
    }

    shim_wait();
    if (number == 0 || !shim_turn()) {
        return 0;
    }

    SHIM_COUNT(writes_failed);
    errno = (int) number;
    return 1;
}

#define shim_fd_fails(fd)                            \
    ((shim->write_errno != 0 || shim->delay_us != 0) \
     && shim_write_fails(shim_holds(fd)))


ssize_t
write(int fd, const void *buf, size_t n)
{
    SHIM_REAL(write)
    return shim_fd_fails(fd) ? -1 : write_real(fd, buf, n);
}


ssize_t
pwrite(int fd, const void *buf, size_t n, off_t at)
{
    SHIM_REAL(pwrite)
    return shim_fd_fails(fd) ? -1 : pwrite_real(fd, buf, n, at);
}


ssize_t
writev(int fd, const struct iovec *vec, int n)
{
    SHIM_REAL(writev)
    return shim_fd_fails(fd) ? -1 : writev_real(fd, vec, n);
}


int
rename(const char *from, const char *to)
{
    SHIM_REAL(rename)
    return shim_write_fails(shim_below(to)) ? -1 : rename_real(from, to);
}


int
renameat2(int old, const char *from, int new, const char *to, unsigned flags)
{
    SHIM_REAL(renameat2)
    return shim_write_fails(shim_below(to))
               ? -1
               : renameat2_real(old, from, new, to, flags);
}


static uint64_t
shim_key(const struct stat *st)
{
    return ((uint64_t) st->st_dev << 48 | st->st_ino) + 1;
}


/* The place of a file that is there or has just been taken. */
static shim_file_t *
shim_file(const struct stat *st)
{
    shim_file_t *file;
    uint64_t was, key = shim_key(st), place = key * SHIM_HASH >> 32;

    for (;; place++) {
        file = &shim->files[place & (SHIM_FILES - 1)];
        was = 0;
        if (__atomic_compare_exchange_n(&file->file, &was, key, 0,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
            || was == key) {
            return file;
        }
    }
}


static int
shim_open_again(int fd, int flags)
{
    char name[32];

    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    return open(name, flags | O_CLOEXEC);
}


static void
shim_note_bytes(int fd, const struct stat *st)
{
    int in = shim_open_again(fd, O_RDONLY);
    shim_file_t *file = shim_file(st);

    file->durable = st->st_size;
    (void) !pread(in, file->start, sizeof(file->start), 0);
    close(in);
}


/* One at a time, lest an older look is noted over a newer one. */
static void
shim_note_names(int fd, const struct stat *folder)
{
    int lock = open(shim_control, O_RDONLY | O_CLOEXEC);
    DIR *dir;
    struct stat st;
    const struct dirent *entry;
    shim_file_t *file;

    flock(lock, LOCK_EX);
    dir = fdopendir(shim_open_again(fd, O_RDONLY | O_DIRECTORY));

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[strspn(entry->d_name, ".")] != '\0'
            && fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
            file = shim_file(&st);
            file->folder = shim_key(folder);
            snprintf(file->name, sizeof(file->name), "%.63s", entry->d_name);
        }
    }

    if (dir != NULL) {
        closedir(dir);
    }
    close(lock);
}


/* What is there now is durable soon. */
static void
shim_note(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return;
    }

    if (S_ISDIR(st.st_mode)) {
        shim_note_names(fd, &st);
    } else if (S_ISREG(st.st_mode)) {
        shim_note_bytes(fd, &st);
    }
}


/* A kernel that could not write pages back calls them clean and may drop them:
   what was written since the last good sync is gone, and the next sync says
   that all is well. */
static void
shim_drop(int fd)
{
    int out;
    int64_t at;
    static const char zeros[65536];
    struct stat st;

    SHIM_REAL(pwrite)

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return;
    }

    out = shim_open_again(fd, O_WRONLY);
    for (at = shim_file(&st)->durable; out != -1 && at < st.st_size;
         at += sizeof(zeros)) {
        (void) !pwrite_real(out, zeros,
                            (size_t) (st.st_size - at < (int64_t) sizeof(zeros)
                                          ? st.st_size - at
                                          : (int64_t) sizeof(zeros)),
                            at);
    }
    if (out != -1) {
        close(out);
    }
}


static int64_t
shim_sync_errno(int fd)
{
    struct stat st;

    if (shim->sync_errno != 0 || shim->folder_errno == 0) {
        return shim->sync_errno;
    }

    return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? shim->folder_errno : 0;
}


static int
shim_sync(int fd, int (*real)(int))
{
    int64_t number;

    if (!shim_holds(fd)) {
        return real(fd);
    }

    shim_wait();
    number = shim_sync_errno(fd);
    if (number != 0 && shim_turn()) {
        SHIM_COUNT(syncs_failed);
        shim_drop(fd);
        errno = (int) number;
        return -1;
    }

    shim_note(fd);
    return real(fd);
}


int
fsync(int fd)
{
    SHIM_REAL(fsync)
    return shim_sync(fd, fsync_real);
}


int
fdatasync(int fd)
{
    SHIM_REAL(fdatasync)
    return shim_sync(fd, fdatasync_real);
}


int
clock_gettime(clockid_t clock, struct timespec *now)
{
    int rc;

    SHIM_REAL(clock_gettime)

    rc = clock_gettime_real(clock, now);
    if (rc == 0 && shim->clock_s != 0
        && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        SHIM_COUNT(clocks_read);
        now->tv_sec += shim->clock_s;
    }

    return rc;
}


int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int rc;

    SHIM_REAL(gettimeofday)

    rc = gettimeofday_real(now, zone);
    if (rc == 0 && shim->clock_s != 0) {
        SHIM_COUNT(clocks_read);
        now->tv_sec += shim->clock_s;
    }

    return rc;
}


time_t
time(time_t *at)
{
    struct timeval now;

    gettimeofday(&now, NULL);
    if (at != NULL) {
        *at = now.tv_sec;
    }

    return now.tv_sec;
}
