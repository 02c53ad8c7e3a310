#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "film.h"

#define PACKAGE_FRAGMENTS "fragments-"

/* Seconds that the result may differ without a word, and the part of the film
   that may be missing before it counts as cut off. */
#define PACKAGE_TOLERANCE 0.1
#define PACKAGE_MISSING_PART 0.05
#define PACKAGE_MISSING_MIN 1.0

typedef struct {
    film_t film;
    const plan_output_t *outputs[PLAN_OUTPUTS_MAX]; /* that play first */
    int n;
    double duration, longest; /* of what was made; of its copied segments */
    double rate;              /* pictures a second where they are the most */
    double gap[PLAN_OUTPUTS_MAX]; /* in each, of sound */
    const char *why; /* the picture cannot be a copy; NULL: it may be */
    int split;       /* `probe` has had it follow already */
} package_t;


static void
package_choose(package_t *package)
{
    int i;
    const plan_t *plan = &package->film.plan;

    package->n = 0;
    for (i = 0; i < plan->noutputs; i++) {
        if (plan->outputs[i].first) {
            package->outputs[package->n++] = &plan->outputs[i];
        }
    }
}


/* Sounds, which come last, first: pictures last as long as they do. */
static job_outcome_t
package_tracks(package_t *package)
{
    int i;
    char fragments[64];
    const char *const names[] = { fragments };
    film_track_t track;
    job_outcome_t outcome = JOB_DONE;

    package->duration = package->longest = package->film.end = 0;
    package->rate = 0;
    json_array_clear(package->film.rows);

    for (i = package->n - 1; i >= 0 && outcome == JOB_DONE; i--) {
        snprintf(fragments, sizeof(fragments), PACKAGE_FRAGMENTS "%s.mp4",
                 package->outputs[i]->name);
        outcome = film_track(&package->film, package->outputs[i], names, 1,
                             &track);
        package->duration = fmax(package->duration, track.duration);
        package->gap[i] = track.gap;
        if (!package->outputs[i]->is_video) {
            package->film.end = package->duration;
        }
        if (package->outputs[i]->is_video) {
            package->longest = fmax(package->longest, track.longest);
            package->rate = fmax(package->rate, track.rate);
        }
    }

    return outcome;
}


static job_outcome_t
package_make(package_t *package)
{
    job_outcome_t outcome;
    const film_part_t all = { .whole = 1 };

    package_choose(package);

    outcome = film_make(&package->film, package->outputs, package->n, &all,
                        FILM_KEYS_GRID, PACKAGE_FRAGMENTS);

    return outcome == JOB_DONE ? package_tracks(package) : outcome;
}


/* Why what was made would not play as the source does: only what came out tells
   how long its segments are, and whether it has times. NULL: it would. */
static const char *
package_why(package_t *package, job_outcome_t outcome)
{
    const plan_t *plan = &package->film.plan;
    const int copied = plan->nvideos > 0 && plan->outputs[0].recode == NULL;

    return outcome == JOB_BAD && copied ? "not whole as a copy"
           : outcome != JOB_DONE || package->longest <= PLAN_SEGMENT_MAX ? NULL
           : copied                            ? "of few key frames"
           : !(package->film.probe.slides > 0) ? "of few pictures"
                                               : NULL;
}


/* A browser plays samples of sound one behind the other: where one is missing,
   all that follow come too early. Encoded, there is silence. Whether there is
   such a copy that nobody knew of. */
static int
package_gaps(package_t *package)
{
    int i, found = 0;
    ffprobe_t *probe = &package->film.probe;

    for (i = 0; i < package->n; i++) {
        if (!package->outputs[i]->is_video
            && package->outputs[i]->recode == NULL && package->gap[i] > 0) {
            found |= ffprobe_gaps(probe, package->outputs[i]->source->index);
        }
    }
    if (found) {
        json_object_set(package->film.job->patch, "facts", probe->facts);
    }

    return found;
}


/* What a try before made is not among what is published. */
static job_outcome_t
package_drop(const film_t *film)
{
    char path[PATH_MAX];

    return file_join(path, film->job->work, film->folder) == 0
                   && file_erase(path) == 0
               ? JOB_DONE
               : job_errno(film->job, "dropping what was made before");
}


/* Such a picture is encoded; and one that was, and has no others for long, is
   repeated, which those that encode the rest of it are to know. */
static void
package_recode(package_t *package, const char *why)
{
    film_t *film = &package->film;

    log_write(LOG_INFO,
              "job package %s: the picture is encoded, since it is %s",
              film->job->id, why);

    if (strcmp(why, "of few pictures") == 0) {
        film->probe.slides = fmax(ceil(package->rate), 1);
        json_object_set_new(film->probe.facts, "slides",
                            json_real(film->probe.slides));
        json_object_set(film->job->patch, "facts", film->probe.facts);
    }
    package->why = why;
}


static job_outcome_t
package_try(package_t *package)
{
    int gaps;
    const char *why;
    film_t *film = &package->film;
    job_outcome_t outcome;

    for (;;) {
        outcome = package_make(package);
        gaps = outcome == JOB_DONE && package_gaps(package);
        why = package_why(package, outcome);
        if (why == NULL && !gaps) {
            return outcome;
        }

        if (why != NULL) {
            package_recode(package, why);
        }
        if (package->why != NULL) {
            plan_recode(&film->plan, &film->probe,
                        film->job->config->film_lines, package->why);
        } else {
            plan_make(&film->plan, &film->probe, film->job->config->film_lines);
        }

        outcome = package_drop(film);
        if (outcome != JOB_DONE) {
            return outcome;
        }
    }
}


/* Formats without a duration of their own: ffprobe guesses from bit rates. */
static int
package_estimates(const char *demuxer)
{
    return strcmp(demuxer, "mp3") == 0 || strcmp(demuxer, "aac") == 0
           || strcmp(demuxer, "mpegts") == 0 || strcmp(demuxer, "mpeg") == 0;
}


/* What is there of a film that is cut off plays, and its owner is told. */
static job_outcome_t
package_compare(package_t *package)
{
    job_t *job = package->film.job;
    const double promised = package->film.plan.duration;
    const double missing = promised - package->duration;

    if (!(package->duration > 0)) {
        return job_end(job, JOB_BAD,
                       "The file is cut off or damaged: nothing in it can be "
                       "played.");
    }

    if (!package_estimates(job->sniff->demuxer) && missing > PACKAGE_MISSING_MIN
        && missing > PACKAGE_MISSING_PART * promised) {
        film_cut_off(job, promised, package->duration);
        json_object_set_new(package->film.probe.facts, "cut", json_true());
        json_object_set(job->patch, "facts", package->film.probe.facts);
    }

    if (fabs(missing) > PACKAGE_TOLERANCE) {
        log_write(LOG_INFO, "job package %s: %.3f s promised, %.3f s made",
                  job->id, promised, package->duration);
    }

    return JOB_DONE;
}


/* How each is made, and why. */
static void
package_report(package_t *package)
{
    int i;
    json_t *plan = json_array();
    const plan_output_t *output;
    const film_t *film = &package->film;
    job_t *job = film->job;

    for (i = 0; i < film->plan.noutputs; i++) {
        output = &film->plan.outputs[i];
        json_array_append_new(
            plan, json_pack("{s:s, s:s, s:s*}", "name", output->name, "how",
                            output->recode ? "encoded" : "copied", "why",
                            output->recode));
    }

    json_object_set_new(job->result, "plan", plan);
    json_object_set_new(job->patch, "duration", json_real(package->duration));

    film_verify(&package->film);
    if (!package->split) {
        film_split(job, &film->plan);
    }
}


job_outcome_t
package_run(job_t *job)
{
    package_t package = { .why = NULL };
    job_outcome_t outcome;

    outcome = film_open(&package.film, job);

    if (outcome == JOB_DONE) {
        package.split = package.film.plan.recode_video != NULL;
        outcome = package_try(&package);
    }
    if (outcome == JOB_DONE) {
        outcome = package_compare(&package);
    }
    if (outcome == JOB_DONE) {
        outcome = film_publish(&package.film, NULL);
    }
    if (outcome == JOB_DONE) {
        package_report(&package);
        film_texts(job, &package.film.probe);
    }

    film_close(&package.film);
    return outcome;
}
