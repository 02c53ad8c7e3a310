#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "file.h"


static int
file_erase_is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}


/* 0 when it is gone; 1 when it is a folder, which is open to us then; -1. */
static int
file_erase_one(int folder, const char *name)
{
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }

    if (errno != EISDIR || fchmodat(folder, name, 0700, 0) != 0) {
        return -1;
    }

    return 1;
}


static int
file_erase_move_up(int folder, const char *name, int top, unsigned *moved)
{
    int rc;
    char fresh[16];

    do {
        snprintf(fresh, sizeof(fresh), "%u", (*moved)++);
        rc = renameat(folder, name, top, fresh);
    } while (rc != 0
             && (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR));

    return rc;
}


static int
file_erase_folder(int top, const char *name, unsigned *moved)
{
    int fd, rc = 0;
    DIR *dir;
    const struct dirent *entry;

    fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return -1;
    }

    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (file_erase_is_dots(entry->d_name)) {
            continue;
        }
        rc = file_erase_one(fd, entry->d_name);
        if (rc == 1) {
            rc = file_erase_move_up(fd, entry->d_name, top, moved);
        }
    }

    closedir(dir);
    return rc == 0 ? unlinkat(top, name, AT_REMOVEDIR) : -1;
}


/* Folders come up into the topmost one before they are emptied: so neither
   paths nor open descriptors grow with the depth of what a tool has nested. */
static int
file_erase_contents(DIR *top)
{
    int rc, left;
    unsigned moved = 0;
    const struct dirent *entry;

    do {
        left = 0;
        rewinddir(top);

        while ((entry = readdir(top)) != NULL) {
            if (file_erase_is_dots(entry->d_name)) {
                continue;
            }

            left = 1;
            rc = file_erase_one(dirfd(top), entry->d_name);
            if (rc == 1) {
                rc = file_erase_folder(dirfd(top), entry->d_name, &moved);
            }
            if (rc != 0) {
                return -1;
            }
        }
    } while (left);

    return 0;
}


int
file_erase(const char *path)
{
    int rc;
    DIR *dir;

    rc = file_erase_one(AT_FDCWD, path);
    if (rc <= 0) {
        return rc;
    }

    dir = opendir(path);
    if (dir == NULL) {
        return -1;
    }

    rc = file_erase_contents(dir);
    closedir(dir);

    return rc == 0 ? rmdir(path) : -1;
}
