/*
 * Names of files that strangers gave, as they may stand in an archive which is
 * unpacked anywhere: one part of a path, no folder above it, none of the
 * characters and names that Windows refuses (MS-FSCC 2.1.5), none that turns
 * what is read around, and no two alike in a folder, even where case does not
 * count.
 */

#ifndef SLUICE_ENTRY_NAME_H
#define SLUICE_ENTRY_NAME_H

#include <stddef.h>

#define ENTRY_NAME_SIZE 256 /* NAME_MAX, terminated */

/* The names that a folder has; zeroed to begin with. */
typedef struct {
    char (*names)[ENTRY_NAME_SIZE];
    size_t count, room;
} entry_names_t;

/* What a file of this name (UTF-8) is called there. */
void entry_name_safe(const char *name, char safe[ENTRY_NAME_SIZE]);

/* The same, and no other's in the folder: "song (2).mp3". 0, or -1 without
   memory. */
int entry_name_add(entry_names_t *names, const char *name,
                   char safe[ENTRY_NAME_SIZE]);

/* Empties the folder, for the next one; or frees it. */
void entry_names_clear(entry_names_t *names);
void entry_names_free(entry_names_t *names);

#endif
