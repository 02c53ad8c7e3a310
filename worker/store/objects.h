/*
 * A bucket's files one by one, for who looks after them: what is there, and
 * what is in one. All calls may take as long as the network does. -1 comes with
 * errno as remote_judge() has it, and with ECANCELED.
 */

#ifndef SLUICE_OBJECTS_H
#define SLUICE_OBJECTS_H

#include <stdint.h>
#include <time.h>
#include "core/bucket/bucket_object.h"
#include "worker/config/config.h"

#define OBJECTS_NAME_SIZE 512
#define OBJECTS_MANY 1000 /* on a page */
#define OBJECTS_MARK_SIZE 128

typedef struct {
    char name[OBJECTS_NAME_SIZE]; /* "media/…" or "spool/…" */
    uint64_t size;
    uint32_t tag; /* of its ETag */
    time_t modified;
} object_t;

/* A page of those whose names begin so, behind `after`: OBJECTS_MANY of them,
   or fewer when there are no others. How many, or -1. */
int objects_page(const config_t *config, const char *begin, const char *after,
                 object_t objects[OBJECTS_MANY]);

/* What is told of several by a text that is another one when one of them is. */
typedef struct {
    uint64_t count, size;
    uint32_t tags;
    time_t newest;
} objects_sum_t;

void objects_add(objects_sum_t *sum, const object_t *object);
void objects_mark(const objects_sum_t *sum, char mark[OBJECTS_MARK_SIZE]);

/* The sum of the file of that name and of those below it. 0 or -1. */
int objects_look(const config_t *config, const char *name, objects_sum_t *sum);

/* Removes them; where the bucket has versions, those stay. 0 or -1. */
int objects_remove(const config_t *config, const char *name);

/* Aborts an upload in parts of that name; of one that is over it is fine, too.
   0 or -1. */
int objects_abort(const config_t *config, const char *name,
                  const char *multipart);

/* The first whose name begins so, and what the bucket knows of it. 0 or -1. */
int objects_head(const config_t *config, const char *begin,
                 char name[OBJECTS_NAME_SIZE], bucket_head_t *head);

/* Writes a range of it into a descriptor, at the same place. 0 or -1. */
int objects_read(const config_t *config, const char *name,
                 const bucket_head_t *head, uint64_t from, uint64_t size,
                 int fd);

#endif
