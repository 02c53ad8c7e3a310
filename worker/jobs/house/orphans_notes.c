#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/base/clock.h"
#include "worker/base/log.h"
#include "worker/store/spool.h"
#include "orphans.h"

#define ORPHANS_MANY 200 /* files told to the record at a time */
#define ORPHANS_MANY_TEXT "200"
#define ORPHANS_HOURS 24 /* between the looks, unless `hours` says so */
#define ORPHANS_HOURS_MIN 1
#define ORPHANS_SECONDS 600    /* then what is left waits for the next pass */
#define ORPHANS_STRANGE_MAX 10 /* names in the result */
#define ORPHANS_DOUBT 16       /* fewer unknown folders are no sign */


void
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
    const char *params[] = { orphans->place, orphans->job->id, NULL };
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


job_outcome_t
orphans_add(orphans_t *orphans, const char *path, const orphan_t *orphan,
            const char *mark, time_t changed)
{
    if (!orphan_old(changed, time(NULL))) {
        return JOB_DONE;
    }

    json_array_append_new(
        orphans->batch,
        json_pack("{s:s, s:s, s:s, s:s?, s:s}", "path", path, "kind",
                  orphan_word(orphan->kind), "id", orphan->id, "media",
                  *orphan->media ? orphan->media : NULL, "mark", mark));

    return json_array_size(orphans->batch) < ORPHANS_MANY
               ? JOB_DONE
               : orphans_note(orphans);
}


/* A record that knows but few of the files that there are is another store's,
   or was brought back from a time when they were not there. */
static job_outcome_t
orphans_judge(orphans_t *orphans)
{
    json_t *left;
    const json_t *params = json_object_get(orphans->job->row, "params");
    const char *names[] = { orphans->place, orphans->job->id };
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


static job_outcome_t
orphans_take(orphans_t *orphans, orphans_ripe_t *ripe)
{
    json_t *taken;
    job_t *job = orphans->job;
    const char *params[] = { orphans->place, ripe->name };
    job_outcome_t outcome;

    outcome = job_ask(job, "select queue.take_orphan($1, $2)", 2, params,
                      &taken);

    if (outcome == JOB_DONE && json_is_true(taken)) {
        outcome = job_disk(job, orphans->erase, ripe, "removing it");
        if (outcome == JOB_AGAIN) {
            log_write(LOG_ERROR, "the orphan %s stays: %s", ripe->name,
                      job->error);
            job->error[0] = '\0';
            outcome = JOB_DONE;
        } else {
            log_write(LOG_INFO, "the orphan %s was removed", ripe->name);
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
    orphans_ripe_t ripe = { .orphans = orphans, .name = name, .mark = mark };
    job_outcome_t outcome;

    orphan_parse(name, &orphan);
    if (orphan_word(orphan.kind) == NULL) {
        return JOB_DONE;
    }
    ripe.is_folder = orphan.kind == ORPHAN_FILES;

    if (orphans->is_folder
        && (orphan.kind == ORPHAN_PART || orphan.kind == ORPHAN_UPLOAD)) {
        fd = spool_hold(orphans->job->config, orphan.id);
        if (fd == -1 && errno != ENOENT) {
            return JOB_DONE; /* a request is at it */
        }
    }

    outcome = job_disk(orphans->job, orphans->look, &ripe,
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
    const char *params[] = { orphans->place, orphans->job->id, hours, behind,
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
orphans_end(orphans_t *orphans)
{
    job_outcome_t outcome;

    outcome = orphans_note(orphans);
    if (outcome == JOB_DONE) {
        outcome = orphans_judge(orphans);
    }

    return outcome == JOB_DONE ? orphans_remove(orphans) : outcome;
}
