/*
 * What the files of the job `orphans` know of each other:
 *
 *     orphans.c         what lies in folders
 *     orphans_bucket.c  what lies in a bucket
 *     orphans_notes.c   the record of both, and what is to go
 */

#ifndef SLUICE_ORPHANS_H
#define SLUICE_ORPHANS_H

#include <limits.h>
#include <time.h>
#include "worker/store/orphan.h"
#include "house.h"

typedef struct orphans_s orphans_t;

/* One that was noted long enough ago. */
typedef struct {
    const orphans_t *orphans;
    const char *name, *mark;
    char path[PATH_MAX]; /* where it is */
    int is_folder;
    int same; /* it is as it was then */
} orphans_ripe_t;

struct orphans_s {
    job_t *job;
    const char *place;  /* whose notes these are: a machine, or a bucket */
    int is_folder;      /* uploads have locks there */
    json_t *batch;      /* files that the record was not asked about yet */
    json_int_t folders; /* of media files */
    json_int_t unknown; /* of these */

    /* Of an orphans_ripe_t, in a thread: sets `same`; removes it. */
    int (*look)(void *ripe);
    int (*erase)(void *ripe);
};

/* Counts a file that is none of ours. */
void orphans_strange(orphans_t *orphans, const char *path);

/* Notes a file, unless it was changed of late. */
job_outcome_t orphans_add(orphans_t *orphans, const char *path,
                          const orphan_t *orphan, const char *mark,
                          time_t changed);

/* When all were added: what a pass before has noted, and is ripe, goes. */
job_outcome_t orphans_end(orphans_t *orphans);

/* The same for a bucket, from its beginning. */
job_outcome_t orphans_in_bucket(job_t *job);

#endif
