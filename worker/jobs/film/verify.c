/* Whether what was copied plays as its source does: all of it is decoded. What
   is damaged, or changes where a player is told that it does not, is encoded
   after all, and takes the place of the copy. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/base/log.h"
#include "worker/jobs/base/argv.h"
#include "worker/jobs/base/media_tool.h"
#include "film.h"
#include "straight.h"

#define VERIFY_FRAGMENTS "fragments-"

/* Of processor time: decoding alone. */
#define VERIFY_SECONDS_BASE 300.0
#define VERIFY_SECONDS_SECOND 4.0

/* What ffmpeg says: of a packet or a picture, with the stream's number behind
   it; and of filters that were told what comes before it came. */
#define VERIFY_ERROR "Error while decoding stream #0:"
#define VERIFY_CORRUPT "corrupt decoded frame in stream "
#define VERIFY_CHANGED "Changing video frame properties"

#define VERIFY_DAMAGED "damaged"
#define VERIFY_CHANGES "of changing size"

typedef struct {
    film_t film;
    plan_output_t *outputs[PLAN_OUTPUTS_MAX]; /* that were copied */
    const char *why[PLAN_OUTPUTS_MAX];        /* of each; NULL: it is well */
    int n;
    double at;      /* seconds that are decoded by now */
    double damaged; /* seconds until the first damage; < 0: none */
    int changed;    /* a sound was found to change */
} verify_t;

static argv_t verify_argv; /* large */


static void
verify_choose(verify_t *verify)
{
    int i;
    plan_t *plan = &verify->film.plan;

    verify->n = 0;
    for (i = 0; i < plan->noutputs; i++) {
        if (plan->outputs[i].first && plan->outputs[i].recode == NULL) {
            verify->why[verify->n] = NULL;
            verify->outputs[verify->n++] = &plan->outputs[i];
        }
    }
}


/* A reason that is known stays. */
static void
verify_blame(verify_t *verify, long stream, const char *why)
{
    int i;

    for (i = 0; i < verify->n; i++) {
        if (verify->outputs[i]->source->index == stream && !verify->why[i]) {
            verify->why[i] = why;
        }
    }
}


static int
verify_finds(const char *line, const char *words, long *stream)
{
    const char *at = strstr(line, words);

    if (at == NULL) {
        return 0;
    }

    *stream = strtol(at + strlen(words), NULL, 10);
    return 1;
}


static void
verify_line(void *data, const char *line)
{
    long stream;
    verify_t *verify = data;
    film_t *film = &verify->film;
    const double seconds = media_tool_time(line);

    if (seconds >= 0) {
        verify->at = fmax(seconds - film->plan.start, 0);
        return;
    }

    if (verify_finds(line, VERIFY_ERROR, &stream)
        || verify_finds(line, VERIFY_CORRUPT, &stream)) {
        verify_blame(verify, stream, VERIFY_DAMAGED);
        if (verify->damaged < 0 || verify->at < verify->damaged) {
            verify->damaged = verify->at;
        }
    } else if (strstr(line, VERIFY_CHANGED) != NULL) {
        verify_blame(verify, film->probe.video.index, VERIFY_CHANGES);
    } else {
        stream = straight_finds(film, line);
        verify_blame(verify, stream, PLAN_CHANGES);
        verify->changed |= stream != -1;
    }
}


/* The pictures, or those sounds of which nothing is known yet. Returns how many
   streams there are to decode. */
static int
verify_words(const verify_t *verify, int pictures)
{
    int i, streams = 0, last = -1;
    argv_t *argv = &verify_argv;
    const plan_output_t *output;

    argv_clear(argv);
    argv_add(argv, MEDIA_TOOL_FFMPEG, "-v", "repeat+level+warning", "-progress",
             "pipe:1", "-stats_period", "0.02", "-copyts", "-max_error_rate",
             "1", "-reinit_filter", "0");
    argv_add(argv, MEDIA_TOOL_INPUT(verify->film.job->sniff->demuxer), "-i",
             SANDBOX_INPUT);

    for (i = 0; i < verify->n; i++) {
        output = verify->outputs[i];
        if (output->is_video == pictures && verify->why[i] == NULL
            && output->source->index != last) {
            last = output->source->index;
            argv_add(argv, "-map");
            argv_format(argv, "0:%d", last);
            streams++;
        }
    }

    argv_add(argv, "-fps_mode", "passthrough", "-f", "null", "-");
    return streams;
}


/* What cannot be done to this file leaves it as it is. */
static job_outcome_t
verify_forgive(const verify_t *verify, job_outcome_t outcome)
{
    job_t *job = verify->film.job;

    if (outcome != JOB_BAD) {
        return outcome;
    }

    log_write(LOG_WARN, "job verify %s: the copies stay: %s", job->id,
              job->error);
    *job->error = '\0';
    return JOB_DONE;
}


/* At a sound that changes ffmpeg leaves: it goes on without that one. */
static job_outcome_t
verify_decode(verify_t *verify, int pictures)
{
    job_outcome_t outcome;
    sandbox_result_t result;
    const job_tool_t tool = {
        .argv = verify_argv.words,
        .seconds = (int) (VERIFY_SECONDS_BASE
                          + VERIFY_SECONDS_SECOND * verify->film.plan.duration),
        .joined = 1,
        .line = verify_line,
        .data = verify,
        .refused = "The file cannot be read: it is damaged or cut off.",
        .too_long = "Reading the file took too long.",
    };

    do {
        verify->at = 0;
        verify->changed = 0;
        if (verify_words(verify, pictures) == 0) {
            return JOB_DONE;
        }
        outcome = job_tool(verify->film.job, &tool, &result);
        free(result.output);
    } while (outcome == JOB_BAD && verify->changed);

    return verify_forgive(verify, outcome);
}


/* A copy beside the ladder is one that players can do without. */
static int
verify_is_beside(const plan_t *plan, const plan_output_t *output)
{
    return output->is_video && plan->recode_video != NULL;
}


/* Those that are encoded instead. Names of the others go into `gone`. */
static int
verify_instead(verify_t *verify, const plan_output_t *instead[], json_t *gone)
{
    int i, n = 0;
    plan_t *plan = &verify->film.plan;

    for (i = 0; i < verify->n; i++) {
        if (verify->why[i] == NULL) {
            continue;
        }
        log_write(LOG_INFO, "job verify %s: %s is no copy that plays: it is %s",
                  verify->film.job->id, verify->outputs[i]->name,
                  verify->why[i]);
        if (verify_is_beside(plan, verify->outputs[i])) {
            json_array_append_new(gone, json_string(verify->outputs[i]->name));
        } else {
            plan_encode(plan, verify->outputs[i], verify->why[i]);
            instead[n++] = verify->outputs[i];
        }
    }

    return n;
}


/* Key frames stay where the source has them: the other rungs have theirs there.
   Sounds, which come last, first: pictures last as long as they do. */
static job_outcome_t
verify_encode(verify_t *verify, const plan_output_t *const instead[], int n)
{
    int i;
    char fragments[64];
    const char *const names[] = { fragments };
    film_t *film = &verify->film;
    film_track_t track;
    job_outcome_t outcome;
    const film_part_t all = { .whole = 1 };

    film->end = film_duration(film->job);
    outcome = film_make(film, instead, n, &all, FILM_KEYS_SOURCE,
                        VERIFY_FRAGMENTS);

    for (i = n - 1; i >= 0 && outcome == JOB_DONE; i--) {
        snprintf(fragments, sizeof(fragments), VERIFY_FRAGMENTS "%s.mp4",
                 instead[i]->name);
        outcome = film_track(film, instead[i], names, 1, &track);
    }

    return outcome;
}


/* Who was told that the file is cut off knows. */
static void
verify_notice(const verify_t *verify)
{
    char sentence[JOB_ERROR_SIZE];
    const int seconds = (int) verify->damaged;

    if (verify->damaged < 0
        || json_is_true(json_object_get(verify->film.probe.facts, "cut"))) {
        return;
    }

    snprintf(sentence, sizeof(sentence),
             "The file is damaged, first near %d:%02d:%02d: what can be read "
             "of it there is played.",
             seconds / 3600, seconds / 60 % 60, seconds % 60);
    film_notice(verify->film.job, sentence);
}


static job_outcome_t
verify_replace(verify_t *verify)
{
    int n;
    const plan_output_t *instead[PLAN_OUTPUTS_MAX];
    job_outcome_t outcome = JOB_DONE;
    json_t *gone = json_array();

    n = verify_instead(verify, instead, gone);
    if (n > 0) {
        outcome = verify_encode(verify, instead, n);
    }
    if (outcome == JOB_DONE && (n > 0 || json_array_size(gone) > 0)) {
        outcome = film_publish(&verify->film, gone);
    }
    json_decref(gone);
    outcome = verify_forgive(verify, outcome);

    return outcome;
}


/* What was found of each, for the job's result. */
static void
verify_report(const verify_t *verify)
{
    int i;
    json_t *list = json_array();

    for (i = 0; i < verify->n; i++) {
        json_array_append_new(list, json_pack("{s:s, s:s*}", "name",
                                              verify->outputs[i]->name, "why",
                                              verify->why[i]));
    }

    json_object_set_new(verify->film.job->result, "copies", list);
}


job_outcome_t
verify_run(job_t *job)
{
    verify_t verify = { .damaged = -1 };
    job_outcome_t outcome;

    outcome = film_open(&verify.film, job);
    if (outcome == JOB_DONE) {
        verify_choose(&verify);
        outcome = verify_decode(&verify, 1);
    }
    if (outcome == JOB_DONE) {
        outcome = verify_decode(&verify, 0);
    }
    if (outcome == JOB_DONE) {
        verify_notice(&verify);
        verify_report(&verify);
        outcome = verify_replace(&verify);
    }

    film_close(&verify.film);
    return outcome;
}


void
film_verify(job_t *job, const plan_t *plan)
{
    int i, copies = 0;

    for (i = 0; i < plan->noutputs; i++) {
        copies += plan->outputs[i].first && plan->outputs[i].recode == NULL;
    }

    if (copies > 0) {
        job_follow(job, "verify");
    }
}
