/* Uploads that nobody came back for in time: their rows go, then their files.
   A request that is at one holds the file's lock, and the upload is left to it.
   Whoever is killed between row and files leaves orphans. And exports and
   downloads whose time is over, pieces of films that nobody will join, and
   tracks that others took the place of: their files go, and then their rows say
   so. And what uploads have left in a bucket. */

#include <errno.h>
#include <string.h>
#include "worker/base/log.h"
#include "worker/media/cuts.h"
#include "worker/store/objects.h"
#include "worker/store/spool.h"
#include "worker/store/store.h"
#include "house.h"

#define EXPIRE_MANY "100" /* rows at a time */
#define EXPIRE_TRACK 20   /* bytes of a track's name */
#define EXPIRE_NAME (sizeof("spool/") + UUID_TEXT_SIZE)
#define EXPIRE_FIRST "00000000-0000-0000-0000-000000000000"


typedef struct {
    const job_t *job;
    const char *id;
} expire_t;


static int
expire_forget(void *data)
{
    const expire_t *expire = data;

    return spool_forget(expire->job->config, expire->id);
}


static job_outcome_t
expire_locked(job_t *job, const char *id)
{
    json_t *gone;
    expire_t expire = { job, id };
    job_outcome_t outcome;

    outcome = job_ask(job, "select queue.expire_upload($1::uuid)", 1, &id,
                      &gone);

    if (outcome == JOB_DONE && json_is_true(gone)) {
        house_count(job, "expired", 1);
        outcome = job_disk(job, expire_forget, &expire, "removing them");
        if (outcome == JOB_AGAIN) {
            log_write(LOG_WARN, "the files of upload %s stay: %s", id,
                      job->error);
            job->error[0] = '\0';
            outcome = JOB_DONE;
        }
    }

    json_decref(gone);
    return outcome;
}


/* Without a file there is no lock: the row's file is lost, or on a machine
   whose spool is its own. There it is an orphan from now on. */
static job_outcome_t
expire_one(job_t *job, const char *id)
{
    int fd;
    job_outcome_t outcome;

    fd = spool_hold(job->config, id);
    if (fd == -1 && errno == EAGAIN) {
        house_count(job, "held", 1);
        return JOB_DONE;
    }
    if (fd == -1 && errno != ENOENT) {
        return job_errno(job, "looking for an upload that expired");
    }

    outcome = expire_locked(job, id);
    job_close(job, fd);
    return outcome;
}


static job_outcome_t
expire_uploads(job_t *job)
{
    size_t i, many;
    char behind[UUID_TEXT_SIZE] = EXPIRE_FIRST;
    json_t *ids;
    const char *id;
    const char *params[] = { behind, EXPIRE_MANY };
    job_outcome_t outcome;

    do {
        outcome = job_ask(job,
                          "select queue.expired_uploads($1::uuid, $2::int)", 2,
                          params, &ids);
        many = json_array_size(ids);

        for (i = 0; i < many && outcome == JOB_DONE; i++) {
            id = json_string_value(json_array_get(ids, i));
            if (id != NULL && uuid_valid(id, strlen(id))) {
                memcpy(behind, id, sizeof(behind));
                outcome = expire_one(job, id);
            }
        }
        json_decref(ids);
    } while (many > 0 && outcome == JOB_DONE);

    return outcome;
}


static int
expire_remove(void *data)
{
    const expire_t *expire = data;

    return store_remove(expire->job->config, expire->id);
}


static job_outcome_t
expire_export(job_t *job, const json_t *row)
{
    json_t *gone;
    const char *id = json_string_value(row);
    expire_t expire = { job, id };
    job_outcome_t outcome;

    if (id == NULL || !uuid_valid(id, strlen(id))) {
        return JOB_DONE;
    }

    outcome = job_disk(job, expire_remove, &expire, "removing an export");

    if (outcome == JOB_DONE) {
        outcome = job_ask(job, "select queue.drop_export($1::uuid)", 1, &id,
                          &gone);
        json_decref(gone);
        house_count(job, "exports", 1);
    }

    return outcome;
}


/* Something in a media's folder. */
typedef struct {
    const job_t *job;
    const char *media, *id;
    char name[STORE_PIECE_SIZE];
} expire_part_t;


static int
expire_unpublish(void *data)
{
    const expire_part_t *part = data;

    return store_unpublish(part->job->config, part->media, part->name);
}


/* {"media", "id"}. */
static int
expire_part(expire_part_t *part, job_t *job, const json_t *row)
{
    part->job = job;
    part->media = json_string_value(json_object_get(row, "media"));
    part->id = json_string_value(json_object_get(row, "id"));

    return part->media != NULL && part->id != NULL
                   && uuid_valid(part->media, strlen(part->media))
                   && uuid_valid(part->id, strlen(part->id))
               ? 0
               : -1;
}


static job_outcome_t
expire_download(job_t *job, const json_t *row)
{
    json_t *gone;
    expire_part_t download;
    job_outcome_t outcome;

    if (expire_part(&download, job, row) != 0) {
        return JOB_DONE;
    }

    snprintf(download.name, sizeof(download.name), "downloads/%s.mp4",
             download.id);
    outcome = job_disk(job, expire_unpublish, &download, "removing a download");

    if (outcome == JOB_DONE) {
        outcome = job_ask(job, "select queue.drop_download($1::uuid)", 1,
                          &download.id, &gone);
        json_decref(gone);
        house_count(job, "downloads", 1);
    }

    return outcome;
}


/* Of one run. */
static job_outcome_t
expire_pieces(job_t *job, const json_t *row)
{
    int i;
    json_t *gone;
    expire_part_t run;
    job_outcome_t outcome = JOB_DONE;
    const json_int_t of = json_integer_value(json_object_get(row, "of"));

    if (expire_part(&run, job, row) != 0) {
        return JOB_DONE;
    }

    for (i = 0; i < of && i < CUTS_MAX && outcome == JOB_DONE; i++) {
        store_piece(run.name, run.id, i);
        outcome = job_disk(job, expire_unpublish, &run, "removing pieces");
    }

    if (outcome == JOB_DONE) {
        outcome = job_ask(job, "select queue.drop_pieces($1::uuid)", 1, &run.id,
                          &gone);
        json_decref(gone);
        house_count(job, "pieces", 1);
    }

    return outcome;
}


/* A name as the record has them: "1a2b3c4d", "v1080-hevc". */
static int
expire_is_name(const char *name)
{
    return name != NULL && *name != '\0' && strlen(name) < EXPIRE_TRACK
           && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")]
                  == '\0';
}


static job_outcome_t
expire_rendition(job_t *job, const json_t *row)
{
    size_t i;
    json_t *gone;
    expire_part_t track = { .job = job };
    job_outcome_t outcome = JOB_DONE;
    static const char *const ends[] = { ".m3u8", ".iframes.m3u8", ".mp4" };
    const char *params[3] = {
        track.media = json_string_value(json_object_get(row, "media")),
        json_string_value(json_object_get(row, "folder")),
        json_string_value(json_object_get(row, "name")),
    };

    if (track.media == NULL || !uuid_valid(track.media, strlen(track.media))
        || !expire_is_name(params[1]) || !expire_is_name(params[2])) {
        return job_end(job, JOB_AGAIN, "A track is of no name that we give.");
    }

    for (i = 0; i < sizeof(ends) / sizeof(ends[0]) && outcome == JOB_DONE;
         i++) {
        snprintf(track.name, sizeof(track.name), "hls/%s/%s%s", params[1],
                 params[2], ends[i]);
        outcome = job_disk(job, expire_unpublish, &track, "removing a track");
    }

    if (outcome == JOB_DONE) {
        outcome = job_ask(job, "select queue.drop_rendition($1::uuid, $2, $3)",
                          3, params, &gone);
        json_decref(gone);
        house_count(job, "renditions", 1);
    }

    return outcome;
}


/* What an upload has left in the bucket. */
typedef struct {
    const job_t *job;
    char name[EXPIRE_NAME];
    const char *multipart;
    int kept;
} expire_stray_t;


static int
expire_stray_clear(void *data)
{
    char tail[EXPIRE_NAME + sizeof(".tail")];
    const expire_stray_t *stray = data;
    const config_t *config = stray->job->config;

    snprintf(tail, sizeof(tail), "%s.tail", stray->name);

    return (stray->multipart[0] == '\0'
            || objects_abort(config, stray->name, stray->multipart) == 0)
                   && (stray->kept || objects_remove(config, stray->name) == 0)
               ? objects_remove(config, tail)
               : -1;
}


static job_outcome_t
expire_stray(job_t *job, const json_t *row)
{
    json_t *gone;
    const char *id = json_string_value(json_object_get(row, "id"));
    expire_stray_t stray = {
        .job = job,
        .multipart = json_string_value(json_object_get(row, "multipart")),
        .kept = json_is_true(json_object_get(row, "kept"))
    };
    job_outcome_t outcome;

    if (id == NULL || !uuid_valid(id, strlen(id)) || stray.multipart == NULL) {
        return JOB_DONE;
    }

    snprintf(stray.name, sizeof(stray.name), "spool/%s", id);
    outcome = job_disk(job, expire_stray_clear, &stray, "removing a stray");

    if (outcome == JOB_DONE) {
        outcome = job_ask(job, "select queue.drop_stray($1::uuid)", 1, &id,
                          &gone);
        json_decref(gone);
        house_count(job, "strays", 1);
    }

    return outcome;
}


/* All that the statement tells of, some at a time, until it tells of none. */
static job_outcome_t
expire_each(job_t *job, const char *sql,
            job_outcome_t (*one)(job_t *job, const json_t *row))
{
    size_t i, many;
    json_t *rows;
    const char *params[] = { EXPIRE_MANY };
    job_outcome_t outcome;

    do {
        outcome = job_ask(job, sql, 1, params, &rows);
        many = json_array_size(rows);

        for (i = 0; i < many && outcome == JOB_DONE; i++) {
            outcome = one(job, json_array_get(rows, i));
        }
        json_decref(rows);
    } while (many > 0 && outcome == JOB_DONE);

    return outcome;
}


job_outcome_t
expire_run(job_t *job)
{
    size_t i;
    job_outcome_t outcome;
    static const struct {
        const char *sql;
        job_outcome_t (*one)(job_t *job, const json_t *row);
    } all[] = {
        { "select queue.expired_exports($1::int)", expire_export },
        { "select queue.expired_downloads($1::int)", expire_download },
        { "select queue.expired_pieces($1::int)", expire_pieces },
        { "select queue.expired_renditions($1::int)", expire_rendition },
    };

    house_count(job, "expired", 0);
    house_count(job, "held", 0);

    outcome = expire_uploads(job);
    for (i = 0; i < sizeof(all) / sizeof(all[0]) && outcome == JOB_DONE; i++) {
        outcome = expire_each(job, all[i].sql, all[i].one);
    }

    return outcome == JOB_DONE && config_has_bucket(job->config)
               ? expire_each(job, "select queue.strays($1::int)", expire_stray)
               : outcome;
}
