#define _GNU_SOURCE /* mkostemp */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "worker/base/file.h"
#include "worker/base/pulse.h"
#include "disk.h"

#define DISK_TRIAL "trial.XXXXXX"   /* mkostemp() fills it in */
#define DISK_TRIAL_SIZE (64 * 1024) /* bytes, as tools write at once */
#define DISK_TRIALS 3 /* one that fails now and then fails one of these */
#define DISK_FULL (1024 * 1024) /* bytes that are next to nothing */


static int disk_try_once(const char *folder);


int
disk_try(const char *folder)
{
    int i, rc = 0;

    for (i = 0; i < DISK_TRIALS && rc == 0; i++) {
        pulse_beat(); /* a slow disk is no hung slot */
        rc = disk_try_once(folder);
    }

    return rc;
}


static int
disk_try_once(const char *folder)
{
    int fd, rc, failed;
    char path[PATH_MAX];
    ssize_t n;
    static const char bytes[DISK_TRIAL_SIZE] = { 1 };

    if (file_join(path, folder, DISK_TRIAL) != 0) {
        return -1;
    }

    fd = mkostemp(path, O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    unlink(path); /* whatever happens to us */

    n = write(fd, bytes, sizeof(bytes));
    if (n != -1 && n != (ssize_t) sizeof(bytes)) {
        errno = ENOSPC;
    }
    rc = n == (ssize_t) sizeof(bytes) ? fsync(fd) : -1;
    failed = errno;

    close(fd);
    errno = failed;
    return rc;
}


int
disk_full(const char *folder)
{
    struct statvfs fs;

    return statvfs(folder, &fs) == 0
           && ((uint64_t) fs.f_bavail * fs.f_frsize < DISK_FULL
               || (fs.f_files > 0 && fs.f_favail == 0));
}


int
disk_blamed(const char *said)
{
    size_t i;
    static const int numbers[] = { ENOSPC, EDQUOT, EROFS };

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strstr(said, strerror(numbers[i])) != NULL) {
            return 1;
        }
    }

    return 0;
}
