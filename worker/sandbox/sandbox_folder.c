#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sandbox_folder.h"

#define SANDBOX_FOLDER_BLOCK 512 /* what st_blocks counts, stat(3) */


static void sandbox_folder_walk(int fd, int depth, sandbox_folder_t *folder);


void
sandbox_folder_measure(const char *path, sandbox_folder_t *folder)
{
    int fd;

    memset(folder, 0, sizeof(*folder));
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd != -1) {
        sandbox_folder_walk(fd, 0, folder);
    }
}


/* Closes `fd`. */
static void
sandbox_folder_walk(int fd, int depth, sandbox_folder_t *folder)
{
    int below;
    DIR *dir;
    struct stat st;
    const struct dirent *entry;

    dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return;
    }

    while (!folder->beyond && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0
            || fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }

        folder->entries++;
        folder->bytes += (uint64_t) st.st_blocks * SANDBOX_FOLDER_BLOCK;
        if (S_ISREG(st.st_mode) && (uint64_t) st.st_size > folder->largest) {
            folder->largest = (uint64_t) st.st_size;
        }

        if (folder->entries > SANDBOX_FOLDER_ENTRIES
            || (S_ISDIR(st.st_mode) && depth == SANDBOX_FOLDER_DEPTH)) {
            folder->beyond = 1;
        } else if (S_ISDIR(st.st_mode)) {
            below = openat(fd, entry->d_name,
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
            if (below != -1) {
                sandbox_folder_walk(below, depth + 1, folder);
            }
        }
    }

    closedir(dir);
}
