/* Files, as all rooms handle them. */

#ifndef SLUICE_FILE_H
#define SLUICE_FILE_H

#include <limits.h>
#include <stddef.h>

/* "<folder>/<name>". 0, or -1 with errno ENAMETOOLONG. */
int file_join(char path[PATH_MAX], const char *folder, const char *name);

/* Opens a plain file for reading, without following a link or waiting. The
   descriptor, or -1 with errno set (EINVAL: no plain file). */
int file_open(const char *path);

/* Reads a file of at most `max` bytes into memory, terminated; free() it. NULL
   with errno set (EFBIG when it is larger). */
char *file_read(const char *path, size_t max, size_t *len);

/* The same for one that is open, a pipe for example. */
char *file_read_open(int fd, size_t max, size_t *len);

/* Creates a file with these bytes. 0, or -1 with errno set. */
int file_write(const char *path, const void *bytes, size_t len);

/* Writes all of them into one that is open. The same. */
int file_write_open(int fd, const void *bytes, size_t len);

/* Waits until a file, or the names in a folder, are on disk. 0, or -1 with
   errno set. */
int file_sync(const char *path);

/* The same for the names in the folder that a file is in. */
int file_sync_above(const char *path);

/* Removes a file or a folder with all that is in it, however deep and whatever
   its modes. 0 also when there was nothing; -1 with errno set. */
int file_erase(const char *path);

#endif
