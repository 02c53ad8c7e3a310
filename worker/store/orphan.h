/*
 * What a file in the spool or the store is by its name, and when it may be
 * taken for one that nobody needs. Pure. Paths are relative, and begin with the
 * folder's name in worker.conf:
 *
 *   spool/<id>.part, .state         an upload that is coming in
 *   spool/<id>.tail                 in a bucket: the end of what has come
 *   spool/<id>                      one that is whole
 *   spool/.room                     what all who reserve lock
 *   spool/.node                     whose spool it is
 *   media/<xx>/<id>                 the folder of a media file
 *   media/<xx>/<id>/attachments/<id>.<extension>
 */

#ifndef SLUICE_ORPHAN_H
#define SLUICE_ORPHAN_H

#include <time.h>
#include <sys/stat.h>
#include "core/base/uuid.h"

#define ORPHAN_SPOOL "spool"
#define ORPHAN_MEDIA "media"
#define ORPHAN_ATTACHMENTS "attachments"
#define ORPHAN_ROOM ".room" /* ngx_module/spool/ngx_sluice_spool_room.c */
#define ORPHAN_NODE ".node" /* ngx_module/spool/ngx_sluice_spool_node.c */

/* No file that changed in the last day is an orphan, whatever a job is told. */
#define ORPHAN_AGE 86400 /* seconds */

#define ORPHAN_MARK_SIZE 128

typedef enum {
    ORPHAN_STRANGE, /* not ours: left alone */
    ORPHAN_HOUSE,   /* the spool's own */
    ORPHAN_FOLDER,  /* one to look into: media/<xx> */
    ORPHAN_PART,    /* files that rows know: see queue.is_known() */
    ORPHAN_UPLOAD,
    ORPHAN_FILES, /* the media file's folder */
    ORPHAN_ATTACHMENT
} orphan_kind_t;

typedef struct {
    orphan_kind_t kind;
    char id[UUID_TEXT_SIZE];    /* whose row would know it */
    char media[UUID_TEXT_SIZE]; /* of an attachment: in whose folder it is */
} orphan_t;

/* Reads a path into `orphan`, and returns the kind. */
orphan_kind_t orphan_parse(const char *path, orphan_t *orphan);

/* The word for those kinds that rows know, or NULL. */
const char *orphan_word(orphan_kind_t kind);

/* A text that is another one when the file is another, or was changed. */
void orphan_mark(const struct stat *st, char mark[ORPHAN_MARK_SIZE]);

/* 1 when a file that was changed then was not for ORPHAN_AGE. */
int orphan_old(time_t changed, time_t now);

#endif
