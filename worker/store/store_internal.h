/*
 * What the files of the store know of each other:
 *
 *     store.c         folders that jobs work in, and which form there is
 *     store_folder.c  files in a folder, published by a rename
 *     store_bucket.c  objects in a bucket, with the same names
 *     originals.c     what this machine has of a bucket's files
 *     remote.c        the bucket that this process speaks to
 */

#ifndef SLUICE_STORE_INTERNAL_H
#define SLUICE_STORE_INTERNAL_H

#include "originals.h"
#include "remote.h"
#include "store.h"

#define STORE_ORIGINAL "original."
#define STORE_ATTACHMENTS "attachments"

/* See store.h. */
typedef struct {
    int (*find_original)(const config_t *config, const char *media,
                         char path[PATH_MAX]);
    int (*find_attachment)(const config_t *config, const char *media,
                           const char *attachment, char path[PATH_MAX]);
    int (*find_file)(const config_t *config, const char *media,
                     const char *name, char path[PATH_MAX]);

    /* Of what came in as `upload`, and is at `from`, under this name. */
    int (*keep)(const config_t *config, const char *media, const char *upload,
                const char *from, const char *name);

    int (*publish)(const config_t *config, const char *media, const char *from,
                   const char *name);
    int (*unpublish)(const config_t *config, const char *media,
                     const char *name);
    int (*remove_attachment)(const config_t *config, const char *media,
                             const char *attachment);
    int (*remove_upload)(const config_t *config, const char *upload);
    int (*remove)(const config_t *config, const char *media);
} store_form_t;

extern const store_form_t store_folder;
extern const store_form_t store_bucket;

#endif
