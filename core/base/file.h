/* Files that are read whole: keys, playlists, what a tool said. */

#ifndef SLUICE_CORE_FILE_H
#define SLUICE_CORE_FILE_H

#include <stddef.h>

/* Opens a plain file for reading, without following a link or waiting. The
   descriptor, or -1 with errno set (EINVAL: no plain file). */
int file_open(const char *path);

/* Reads a file of at most `max` bytes into memory, terminated; free() it. NULL
   with errno set (EFBIG when it is larger), and then nothing of it stays in
   memory. */
char *file_read(const char *path, size_t max, size_t *len);

/* The same for one that is open, a pipe for example. */
char *file_read_open(int fd, size_t max, size_t *len);

#endif
