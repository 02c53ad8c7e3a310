/*
 * Files that no row knows. A pass looks at all there is in the spool and the
 * store and notes in the record what nobody knows; what was noted a day ago, is
 * as it was and still unknown, goes. Why nothing goes that somebody needs:
 *
 * - nginx makes a row first, and the file follows. A row ends while a request
 *   still holds the lock of the file where the record was away for long; here
 *   the row is asked for, and the file removed, under that lock. Nobody holds a
 *   file and has no row for a day, or the bytes still come: then it is young.
 * - Jobs publish for media that have a row, and an attachment has its row
 *   before its file comes to the store.
 * - `remove` takes the files before the row: they are known until they are
 *   gone.
 * - Ids are never used twice: a folder without a row never gets one again, but
 *   from a backup of the record. Hence the brake in orphans_judge().
 *
 * Whoever is killed here leaves notes, which the next pass goes on with.
 */

#define _GNU_SOURCE /* nftw */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "worker/base/clock.h"
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/store/orphan.h"
#include "worker/store/spool.h"
#include "house.h"

#define ORPHANS_MANY 200 /* files told to the record at a time */
#define ORPHANS_MANY_TEXT "200"
#define ORPHANS_HOURS 24 /* between the looks, unless `hours` says so */
#define ORPHANS_HOURS_MIN 1
#define ORPHANS_SECONDS 600    /* then what is left waits for the next pass */
#define ORPHANS_OPEN 16        /* folders at a time, in a tree */
#define ORPHANS_STRANGE_MAX 10 /* names in the result */
#define ORPHANS_SHARDS 256
#define ORPHANS_DOUBT 16 /* fewer unknown folders are no sign */

typedef struct {
    job_t *job;
    char host[64];
    json_t *batch;      /* files that the record was not asked about yet */
    json_int_t folders; /* of media files */
    json_int_t unknown; /* of these */
} orphans_t;


/* One that was noted long enough ago. */
typedef struct {
    const char *name, *mark;
    char path[PATH_MAX]; /* where it is */
    int is_folder;
    int same; /* it is as it was then */
} orphans_ripe_t;


static job_outcome_t orphans_walk(orphans_t *orphans, const char *path);


/* Where "spool/…" or "media/…" is. */
static int
orphans_path(const orphans_t *orphans, const char *name, char path[PATH_MAX])
{
    int n;
    const config_t *config = orphans->job->config;
    const size_t len = strcspn(name, "/");

    n = snprintf(path, PATH_MAX, "%s%s",
                 strncmp(name, ORPHAN_SPOOL, len) == 0 ? config->spool
                                                       : config->media,
                 name + len);
    return n > 0 && n < PATH_MAX ? 0 : -1;
}


static void
orphans_strange(orphans_t *orphans, const char *path)
{
    json_t *names = json_object_get(orphans->job->result, "names");

    house_count(orphans->job, "strange", 1);

    if (names == NULL) {
        names = json_array();
        json_object_set_new(orphans->job->result, "names", names);
    }
    if (json_array_size(names) < ORPHANS_STRANGE_MAX) {
        /* what is not UTF-8 is counted */
        (void) json_array_append_new(names, json_string(path));
    }
}


static job_outcome_t
orphans_note(orphans_t *orphans)
{
    char *files;
    json_t *unknown;
    const char *params[] = { orphans->host, orphans->job->id, NULL };
    job_outcome_t outcome;

    files = json_dumps(orphans->batch, JSON_COMPACT);
    params[2] = files;
    outcome = job_ask(orphans->job,
                      "select queue.note_orphans($1, $2::uuid, $3::jsonb)", 3,
                      params, &unknown);

    orphans->unknown += json_integer_value(unknown);
    json_array_clear(orphans->batch);
    json_decref(unknown);
    free(files);

    return outcome;
}


static job_outcome_t
orphans_add(orphans_t *orphans, const char *path, const orphan_t *orphan,
            const struct stat *st)
{
    char mark[ORPHAN_MARK_SIZE];

    if (!orphan_old(st, time(NULL))) {
        return JOB_DONE;
    }

    orphan_mark(st, mark);
    json_array_append_new(
        orphans->batch,
        json_pack("{s:s, s:s, s:s, s:s?, s:s}", "path", path, "kind",
                  orphan_word(orphan->kind), "id", orphan->id, "media",
                  *orphan->media ? orphan->media : NULL, "mark", mark));

    return json_array_size(orphans->batch) < ORPHANS_MANY
               ? JOB_DONE
               : orphans_note(orphans);
}


static job_outcome_t
orphans_look(orphans_t *orphans, const char *path)
{
    int is_folder;
    char real[PATH_MAX], inner[PATH_MAX];
    orphan_t orphan;
    struct stat st;
    job_t *job = orphans->job;
    job_outcome_t outcome;

    if (job_beat(job) != 0) {
        return job->interrupted;
    }
    if (orphans_path(orphans, path, real) != 0 || lstat(real, &st) != 0) {
        return JOB_DONE;
    }

    if (orphan_parse(path, &orphan) == ORPHAN_HOUSE) {
        return JOB_DONE;
    }

    is_folder = orphan.kind == ORPHAN_FOLDER || orphan.kind == ORPHAN_FILES;

    if (orphan.kind == ORPHAN_STRANGE
        || !(is_folder ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode))) {
        orphans_strange(orphans, path);
        return JOB_DONE;
    }

    if (orphan.kind == ORPHAN_FOLDER) {
        job->progress += job->progress < 99 ? 99.0 / ORPHANS_SHARDS : 0;
        return orphans_walk(orphans, path);
    }

    outcome = orphans_add(orphans, path, &orphan, &st);

    /* Of what else lies in a media file's folder no row tells. */
    if (orphan.kind == ORPHAN_FILES && outcome == JOB_DONE
        && file_join(inner, path, ORPHAN_ATTACHMENTS) == 0) {
        orphans->folders++;
        outcome = orphans_walk(orphans, inner);
    }

    return outcome;
}


/* At most three levels of folders. One that is gone was removed meanwhile. */
static job_outcome_t
orphans_walk(orphans_t *orphans, const char *path)
{
    char real[PATH_MAX], inner[PATH_MAX];
    DIR *dir;
    const struct dirent *entry;
    job_outcome_t outcome = JOB_DONE;

    if (orphans_path(orphans, path, real) != 0) {
        return job_errno(orphans->job, "looking for orphans");
    }

    dir = opendir(real);
    if (dir == NULL) {
        return errno == ENOENT && strchr(path, '/') != NULL
                   ? JOB_DONE
                   : job_errno(orphans->job, "looking for orphans");
    }

    while (outcome == JOB_DONE && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0
            || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (file_join(inner, path, entry->d_name) == 0) {
            outcome = orphans_look(orphans, inner);
        }
    }

    closedir(dir);
    return outcome;
}


/* A record that knows but few of the files that there are is another store's,
   or was brought back from a time when they were not there. */
static job_outcome_t
orphans_judge(orphans_t *orphans)
{
    json_t *left;
    const json_t *params = json_object_get(orphans->job->row, "params");
    const char *names[] = { orphans->host, orphans->job->id };
    job_outcome_t outcome;

    outcome = job_ask(orphans->job, "select queue.forget_orphans($1, $2::uuid)",
                      2, names, &left);
    house_count(orphans->job, "unknown", json_integer_value(left));
    json_decref(left);

    if (outcome == JOB_DONE && orphans->unknown >= ORPHANS_DOUBT
        && orphans->unknown > orphans->folders / 2
        && !json_is_true(json_object_get(params, "anyway"))) {
        return job_end(orphans->job, JOB_BAD,
                       "The record knows nothing of %lld of the store's %lld "
                       "folders: nothing was removed.",
                       (long long) orphans->unknown,
                       (long long) orphans->folders);
    }

    return outcome;
}


static int
orphans_young(const char *path, const struct stat *st, int type,
              struct FTW *where)
{
    (void) path;
    (void) where;

    return type == FTW_DNR || type == FTW_NS || !orphan_old(st, time(NULL));
}


/* Of all that is below, too: what cannot be looked at is young. */
static int
orphans_tree_old(const char *path)
{
    return nftw(path, orphans_young, ORPHANS_OPEN, FTW_PHYS) == 0;
}


static int
orphans_same(const char *path, const char *mark, int is_folder)
{
    char now[ORPHAN_MARK_SIZE];
    struct stat st;

    if (lstat(path, &st) != 0) {
        return 0;
    }

    orphan_mark(&st, now);
    return strcmp(now, mark) == 0 && orphan_old(&st, time(NULL))
           && (!is_folder || orphans_tree_old(path));
}


static int
orphans_look_again(void *data)
{
    orphans_ripe_t *ripe = data;

    ripe->same = orphans_same(ripe->path, ripe->mark, ripe->is_folder);
    return 0;
}


static int
orphans_erase(void *data)
{
    const orphans_ripe_t *ripe = data;

    return file_erase(ripe->path);
}


static job_outcome_t
orphans_take(orphans_t *orphans, orphans_ripe_t *ripe)
{
    json_t *taken;
    job_t *job = orphans->job;
    const char *params[] = { orphans->host, ripe->name };
    job_outcome_t outcome;

    outcome = job_ask(job, "select queue.take_orphan($1, $2)", 2, params,
                      &taken);

    if (outcome == JOB_DONE && json_is_true(taken)) {
        outcome = job_disk(job, orphans_erase, ripe, "removing it");
        if (outcome == JOB_AGAIN) {
            log_write(LOG_ERROR, "the orphan %s stays: %s", ripe->path,
                      job->error);
            job->error[0] = '\0';
            outcome = JOB_DONE;
        } else {
            log_write(LOG_INFO, "the orphan %s was removed", ripe->path);
            house_count(job, "removed", 1);
        }
    }

    json_decref(taken);
    return outcome;
}


/* A .state file has no lock: that is its upload's. */
static job_outcome_t
orphans_remove_one(orphans_t *orphans, const char *name, const char *mark)
{
    int fd = -1;
    orphan_t orphan;
    orphans_ripe_t ripe = { .name = name, .mark = mark };
    job_outcome_t outcome;

    orphan_parse(name, &orphan);
    if (orphan_word(orphan.kind) == NULL
        || orphans_path(orphans, name, ripe.path) != 0) {
        return JOB_DONE;
    }
    ripe.is_folder = orphan.kind == ORPHAN_FILES;

    if (orphan.kind == ORPHAN_PART || orphan.kind == ORPHAN_UPLOAD) {
        fd = spool_hold(orphans->job->config, orphan.id);
        if (fd == -1 && errno != ENOENT) {
            return JOB_DONE; /* a request is at it */
        }
    }

    outcome = job_disk(orphans->job, orphans_look_again, &ripe,
                       "looking at an orphan");
    if (outcome == JOB_DONE && ripe.same) {
        outcome = orphans_take(orphans, &ripe);
    }

    job_close(orphans->job, fd);
    return outcome;
}


static job_outcome_t
orphans_remove(orphans_t *orphans)
{
    size_t i, many;
    char hours[24], behind[PATH_MAX] = "";
    json_t *ripe, *item;
    const char *path, *mark;
    const char *params[] = { orphans->host, orphans->job->id, hours, behind,
                             ORPHANS_MANY_TEXT };
    const int64_t began = clock_now();
    const double seconds = (double) house_number(orphans->job, "seconds",
                                                 ORPHANS_SECONDS, 0);
    job_outcome_t outcome;

    snprintf(hours, sizeof(hours), "%lld",
             (long long) house_number(orphans->job, "hours", ORPHANS_HOURS,
                                      ORPHANS_HOURS_MIN));

    do {
        outcome = job_ask(orphans->job,
                          "select queue.ripe_orphans($1, $2::uuid, $3::int, "
                          "$4, $5::int)",
                          5, params, &ripe);
        many = json_array_size(ripe);

        for (i = 0;
             i < many && outcome == JOB_DONE && clock_since(began) < seconds;
             i++) {
            item = json_array_get(ripe, i);
            path = json_string_value(json_object_get(item, "path"));
            mark = json_string_value(json_object_get(item, "mark"));
            if (path != NULL && mark != NULL) {
                snprintf(behind, sizeof(behind), "%s", path);
                outcome = orphans_remove_one(orphans, path, mark);
            }
        }
        json_decref(ripe);
    } while (many > 0 && outcome == JOB_DONE && clock_since(began) < seconds);

    return outcome;
}


job_outcome_t
orphans_run(job_t *job)
{
    orphans_t orphans = { .job = job };
    job_outcome_t outcome;

    gethostname(orphans.host, sizeof(orphans.host) - 1);
    orphans.batch = json_array();
    house_count(job, "strange", 0);
    house_count(job, "removed", 0);

    outcome = orphans_walk(&orphans, ORPHAN_SPOOL);
    if (outcome == JOB_DONE) {
        outcome = orphans_walk(&orphans, ORPHAN_MEDIA);
    }
    if (outcome == JOB_DONE) {
        outcome = orphans_note(&orphans);
    }
    if (outcome == JOB_DONE) {
        outcome = orphans_judge(&orphans);
    }
    if (outcome == JOB_DONE) {
        outcome = orphans_remove(&orphans);
    }

    json_decref(orphans.batch);
    return outcome;
}
