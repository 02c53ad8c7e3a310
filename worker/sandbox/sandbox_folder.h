/* How much lies in a folder that a stranger's tool writes to. */

#ifndef SLUICE_SANDBOX_FOLDER_H
#define SLUICE_SANDBOX_FOLDER_H

#include <stdint.h>

#define SANDBOX_FOLDER_ENTRIES 10000 /* files and folders at most */
#define SANDBOX_FOLDER_DEPTH 8

typedef struct {
    uint64_t bytes;   /* on disk, of all files */
    uint64_t largest; /* the length of the longest file */
    int entries;
    int beyond; /* more entries or deeper than the above: not all was seen */
} sandbox_folder_t;

/* Follows no link. A folder that is not there is empty. */
void sandbox_folder_measure(const char *path, sandbox_folder_t *folder);

#endif
