/* Files that are written and removed; reading is core's. */

#ifndef SLUICE_FILE_H
#define SLUICE_FILE_H

#include <limits.h>
#include <stddef.h>
#include "core/base/file.h"

/* "<folder>/<name>". 0, or -1 with errno ENAMETOOLONG. */
int file_join(char path[PATH_MAX], const char *folder, const char *name);

/* Makes the folders of this path below another one, where they are not there.
   0, or -1 with errno set: ENOTDIR when one of them is anything else, such as a
   link. */
int file_folders(const char *folder, const char *names);

/* Creates a file with these bytes. 0, or -1 with errno set. */
int file_write(const char *path, const void *bytes, size_t len);

/* Writes all of them into one that is open. The same. */
int file_write_open(int fd, const void *bytes, size_t len);

/* Makes these bytes the file's, of that mode, whatever the umask is: by a
   rename of what is complete and on disk, so that nobody reads half of it. 0,
   or -1 with errno set and the file as it was. */
int file_replace(const char *path, const void *bytes, size_t len, int mode);

/* Waits until a file, or the names in a folder, are on disk. 0, or -1 with
   errno set. */
int file_sync(const char *path);

/* The same for the names in the folder that a file is in. */
int file_sync_above(const char *path);

/* Removes a file or a folder with all that is in it, however deep and whatever
   its modes. 0 also when there was nothing; -1 with errno set. */
int file_erase(const char *path);

#endif
