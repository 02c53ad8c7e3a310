/* A bucket's files come in the order of their names, so those of one media file
   stand together: what is noted of them is a sum. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/store/objects.h"
#include "orphans.h"

#define ORPHANS_PLACE_SIZE \
    (sizeof("s3://") + LOCATION_BUCKET_MAX + 1 + LOCATION_PREFIX_MAX)

/* media/<xx>/<id> */
#define ORPHANS_FOLDER_LEN (sizeof(ORPHAN_MEDIA "/xx/") - 1 + UUID_TEXT_LEN)

typedef struct {
    orphans_t orphans;
    char place[ORPHANS_PLACE_SIZE];
    const char *begin; /* of the names that are looked at */
    object_t *page;
    int count;
    char after[OBJECTS_NAME_SIZE];       /* the last that was looked at */
    char folder[ORPHANS_FOLDER_LEN + 1]; /* whose sum it is; empty: none */
    objects_sum_t sum;
} orphans_bucket_t;


static int
orphans_bucket_page(void *data)
{
    orphans_bucket_t *bucket = data;

    bucket->count = objects_page(bucket->orphans.job->config, bucket->begin,
                                 bucket->after, bucket->page);
    return bucket->count == -1 ? -1 : 0;
}


static job_outcome_t
orphans_bucket_add(orphans_bucket_t *bucket, const char *path,
                   const objects_sum_t *sum)
{
    orphan_t orphan;
    char mark[OBJECTS_MARK_SIZE];

    if (orphan_word(orphan_parse(path, &orphan)) == NULL) {
        orphans_strange(&bucket->orphans, path);
        return JOB_DONE;
    }

    bucket->orphans.folders += orphan.kind == ORPHAN_FILES;
    objects_mark(sum, mark);
    return orphans_add(&bucket->orphans, path, &orphan, mark, sum->newest);
}


/* All files of a media file have been seen. */
static job_outcome_t
orphans_bucket_close(orphans_bucket_t *bucket)
{
    job_outcome_t outcome = JOB_DONE;

    if (bucket->folder[0] != '\0') {
        outcome = orphans_bucket_add(bucket, bucket->folder, &bucket->sum);
    }

    bucket->folder[0] = '\0';
    memset(&bucket->sum, 0, sizeof(bucket->sum));
    return outcome;
}


/* The media file's whose it is, and, of an attachment, by itself. */
static job_outcome_t
orphans_bucket_look(orphans_bucket_t *bucket, const object_t *object)
{
    orphan_t orphan;
    objects_sum_t sum = { .count = 0 };
    char folder[ORPHANS_FOLDER_LEN + 1];
    job_outcome_t outcome = JOB_DONE;

    snprintf(folder, sizeof(folder), "%.*s", (int) ORPHANS_FOLDER_LEN,
             object->name);
    objects_add(&sum, object);

    if (orphan_parse(folder, &orphan) != ORPHAN_FILES
        || object->name[ORPHANS_FOLDER_LEN] != '/') {
        return orphans_bucket_add(bucket, object->name, &sum);
    }

    if (strcmp(folder, bucket->folder) != 0) {
        outcome = orphans_bucket_close(bucket);
        memcpy(bucket->folder, folder, sizeof(folder));
    }
    objects_add(&bucket->sum, object);

    return outcome == JOB_DONE
                   && orphan_parse(object->name, &orphan) == ORPHAN_ATTACHMENT
               ? orphans_bucket_add(bucket, object->name, &sum)
               : outcome;
}


static job_outcome_t
orphans_bucket_walk(orphans_bucket_t *bucket, const char *begin)
{
    int i;
    job_t *job = bucket->orphans.job;
    job_outcome_t outcome;

    bucket->begin = begin;
    bucket->after[0] = '\0';

    do {
        outcome = job_disk(job, orphans_bucket_page, bucket,
                           "listing the bucket");

        for (i = 0; i < bucket->count && outcome == JOB_DONE; i++) {
            outcome = orphans_bucket_look(bucket, &bucket->page[i]);
            memcpy(bucket->after, bucket->page[i].name, sizeof(bucket->after));
        }
    } while (outcome == JOB_DONE && bucket->count == OBJECTS_MANY);

    return outcome == JOB_DONE ? orphans_bucket_close(bucket) : outcome;
}


static int
orphans_bucket_again(void *data)
{
    orphans_ripe_t *ripe = data;
    objects_sum_t sum;
    char now[OBJECTS_MARK_SIZE];

    if (objects_look(ripe->orphans->job->config, ripe->name, &sum) != 0) {
        return -1;
    }

    objects_mark(&sum, now);
    ripe->same = strcmp(now, ripe->mark) == 0
                 && orphan_old(sum.newest, time(NULL));
    return 0;
}


static int
orphans_bucket_erase(void *data)
{
    const orphans_ripe_t *ripe = data;

    return objects_remove(ripe->orphans->job->config, ripe->name);
}


job_outcome_t
orphans_in_bucket(job_t *job)
{
    const location_t *store = &job->config->store;
    orphans_bucket_t *bucket = calloc(1, sizeof(*bucket));
    job_outcome_t outcome;

    if (bucket == NULL) {
        return job_errno(job, "looking for orphans");
    }

    snprintf(bucket->place, sizeof(bucket->place), "s3://%s/%s", store->bucket,
             store->prefix);
    bucket->orphans = (orphans_t){ .job = job,
                                   .place = bucket->place,
                                   .batch = json_array(),
                                   .look = orphans_bucket_again,
                                   .erase = orphans_bucket_erase };
    bucket->page = calloc(OBJECTS_MANY, sizeof(*bucket->page));

    outcome = bucket->page != NULL
                  ? orphans_bucket_walk(bucket, ORPHAN_SPOOL "/")
                  : job_errno(job, "looking for orphans");
    if (outcome == JOB_DONE) {
        outcome = orphans_bucket_walk(bucket, ORPHAN_MEDIA "/");
    }
    if (outcome == JOB_DONE) {
        outcome = orphans_end(&bucket->orphans);
    }

    json_decref(bucket->orphans.batch);
    free(bucket->page);
    free(bucket);
    return outcome;
}
