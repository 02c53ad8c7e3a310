/* Whether what was copied plays as its source does: all of it is decoded. What
   is damaged, or changes where a player is told that it does not, is encoded
   after all, pictures in pieces, and takes the place of the copy. Of pictures
   the copy is decoded, as players will; of sounds the source, since a copy does
   not say that its channels or its rate change. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/base/log.h"
#include "worker/jobs/base/argv.h"
#include "worker/jobs/base/media_tool.h"
#include "film.h"
#include "film_clock.h"

#define VERIFY_FRAGMENTS "fragments-"

/* What ffmpeg says of a packet, and of a picture that it made the best of, with
   the stream's number behind it. */
#define VERIFY_ERROR "Error while decoding stream #0:"
#define VERIFY_CORRUPT "corrupt decoded frame in stream "

/* How it tells of each picture and each piece of sound: filters whose names end
   with the number of the output. */
#define VERIFY_PICTURE "showinfo@%d=checksum=0"
#define VERIFY_SOUND "ashowinfo@%d"
#define VERIFY_SHOWN "showinfo@"

#define VERIFY_FORM 48 /* bytes of what must stay as it is */

typedef struct {
    plan_output_t *output;
    const char *why;        /* it is no copy that plays; NULL: it is */
    char form[VERIFY_FORM]; /* of its beginning; empty: none was seen */
} verify_copy_t;

typedef struct {
    film_t film;
    verify_copy_t copy[PLAN_OUTPUTS_MAX];
    int n;
    double zero;    /* of the clock that is told, in seconds */
    double at;      /* seconds that are decoded by now */
    double damaged; /* seconds until the first damage; < 0: none */
    int from, to;   /* the copies at hand: streams in this order, of sounds */
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
            verify->copy[verify->n++] =
                (verify_copy_t){ .output = &plan->outputs[i] };
        }
    }
}


/* A reason that is known stays. */
static void
verify_blame(verify_copy_t *copy, const char *why)
{
    if (copy->why == NULL) {
        copy->why = why;
    }
}


/* The copies of this stream of what is decoded. */
static void
verify_damage(verify_t *verify, long stream)
{
    int i;
    verify_copy_t *copy;

    for (i = verify->from; i < verify->to; i++) {
        copy = &verify->copy[i];
        if (copy->output->is_video || copy->output->source->index == stream) {
            verify_blame(copy, "damaged");
        }
    }

    if (verify->damaged < 0 || verify->at < verify->damaged) {
        verify->damaged = verify->at;
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


/* Appends what stands behind a name of the line, to the next blank. */
static void
verify_field(const char *line, const char *name, char form[VERIFY_FORM])
{
    const char *at = strstr(line, name);
    const size_t used = strlen(form);

    if (at != NULL) {
        at += strlen(name);
        snprintf(form + used, VERIFY_FORM - used, "%.*s ",
                 (int) strcspn(at, " "), at);
    }
}


/* Both say that pixels are square. */
static void
verify_square(char form[VERIFY_FORM])
{
    if (strncmp(form, "0/1 ", 4) == 0) {
        *form = '1';
    }
}


/* n: 3 pts: 144000 pts_time:1.6 … sar:1/1 s:640x360 i:P … */
static void
verify_picture(verify_copy_t *copy, const char *line)
{
    char form[VERIFY_FORM] = "", fields[VERIFY_FORM] = "";

    verify_field(line, " sar:", form);
    verify_field(line, " s:", form);
    verify_field(line, " i:", fields);
    verify_square(form);

    if (copy->form[0] == '\0') {
        memcpy(copy->form, form, sizeof(form));
    }
    if (strcmp(copy->form, form) != 0) {
        verify_blame(copy, "of changing size");
    }
    if (strcmp(fields, "P ") != 0) {
        verify_blame(copy, PLAN_FIELDS);
    }
}


/* n:3 pts:67316 pts_time:1.52 … channels:2 chlayout:stereo rate:44100 … */
static void
verify_sound(verify_t *verify, verify_copy_t *copy, const char *line)
{
    char form[VERIFY_FORM] = "";
    const int stream = copy->output->source->index;

    verify_field(line, " channels:", form);
    verify_field(line, " rate:", form);

    if (copy->form[0] == '\0') {
        memcpy(copy->form, form, sizeof(form));
    }
    if (strcmp(copy->form, form) != 0) {
        verify_blame(copy, PLAN_CHANGES);
        if (ffprobe_changes(&verify->film.probe, stream)) {
            json_object_set(verify->film.job->patch, "facts",
                            verify->film.probe.facts);
        }
    }
}


static void
verify_shown(verify_t *verify, const char *line, long output)
{
    const char *time = strstr(line, " pts_time:");
    verify_copy_t *copy;

    if (output < verify->from || output >= verify->to || time == NULL) {
        return;
    }

    copy = &verify->copy[output];
    verify->at = fmax(strtod(time + strlen(" pts_time:"), NULL) - verify->zero,
                      0);
    if (verify->film.plan.duration > 0) {
        verify->film.job->progress = fmin(99, 99 * verify->at
                                                  / verify->film.plan.duration);
    }

    if (copy->output->is_video) {
        verify_picture(copy, line);
    } else {
        verify_sound(verify, copy, line);
    }
}


static void
verify_line(void *data, const char *line)
{
    long number;
    verify_t *verify = data;

    if (verify_finds(line, VERIFY_SHOWN, &number)) {
        verify_shown(verify, line, number);
    }
    if (verify_finds(line, VERIFY_ERROR, &number)
        || verify_finds(line, VERIFY_CORRUPT, &number)) {
        verify_damage(verify, number);
    }
}


static void
verify_begin(void)
{
    argv_clear(&verify_argv);
    argv_add(&verify_argv, MEDIA_TOOL_FFMPEG, "-v", "repeat+level+info",
             "-max_error_rate", "1");
}


static void
verify_picture_words(int copy)
{
    argv_t *argv = &verify_argv;

    verify_begin();
    argv_add(argv, "-copyts");
    argv_add(argv, MEDIA_TOOL_INPUT("mov"), "-i", SANDBOX_INPUT, "-map", "0:v",
             "-vf");
    argv_format(argv, VERIFY_PICTURE, copy);
    argv_add(argv, "-fps_mode", "passthrough", "-f", "null", "-");
}


static void
verify_sound_words(const verify_t *verify)
{
    int i;
    argv_t *argv = &verify_argv;
    const ffprobe_stream_t *source, *last = NULL;

    verify_begin();
    film_clock_input(argv, &verify->film);

    for (i = verify->from; i < verify->to; i++) {
        source = verify->copy[i].output->source;
        if (source != last) {
            argv_add(argv, "-map");
            argv_format(argv, "0:%d", source->index);
            argv_add(argv, "-af");
            argv_format(argv, VERIFY_SOUND, i);
            argv_add(argv, "-f", "null", "-");
            last = source;
        }
    }
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


static job_outcome_t
verify_decode(verify_t *verify, double zero)
{
    job_outcome_t outcome;
    const job_tool_t tool = {
        .argv = verify_argv.words,
        .seconds = film_decoding(&verify->film),
        .joined = 1,
        .line = verify_line,
        .data = verify,
        .refused = "The file cannot be read: it is damaged or cut off.",
        .too_long = "Reading the file took too long.",
    };

    verify->at = 0;
    verify->zero = zero;
    outcome = job_tool(verify->film.job, &tool, NULL);

    return verify_forgive(verify, outcome);
}


/* The job's input is the track meanwhile. */
static job_outcome_t
verify_picture_copy(verify_t *verify, const char *folder)
{
    char name[128], input[PATH_MAX];
    job_t *job = verify->film.job;
    job_outcome_t outcome;

    memcpy(input, job->input, sizeof(input));
    snprintf(name, sizeof(name), "%s/%s.mp4", folder,
             verify->copy[verify->from].output->name);

    outcome = job_find_file(job, name, job->input);
    if (outcome == JOB_DONE) {
        verify_picture_words(verify->from);
        outcome = verify_decode(verify, 0);
    }

    memcpy(job->input, input, sizeof(input));
    return outcome;
}


/* They come first. */
static job_outcome_t
verify_pictures(verify_t *verify)
{
    job_outcome_t outcome = JOB_DONE;
    const json_t *params = json_object_get(verify->film.job->row, "params");
    const char *folder = json_string_value(json_object_get(params, "folder"));

    for (verify->from = 0; outcome == JOB_DONE && verify->from < verify->n
                           && verify->copy[verify->from].output->is_video;
         verify->from++) {
        verify->to = verify->from + 1;
        outcome = folder != NULL
                      ? verify_picture_copy(verify, folder)
                      : job_end(verify->film.job, JOB_BAD,
                                "The job does not say what was copied.");
    }

    return outcome;
}


static job_outcome_t
verify_sounds(verify_t *verify)
{
    verify->to = verify->n;
    if (verify->from == verify->to) {
        return JOB_DONE;
    }

    verify_sound_words(verify);
    return verify_decode(verify, verify->film.plan.start);
}


/* A copy beside the ladder is one that players can do without. */
static int
verify_is_beside(const plan_t *plan, const plan_output_t *output)
{
    return output->is_video && plan->recode_video != NULL;
}


/* Sounds that are encoded instead. Pictures are by a job of their own, in
   pieces; names of those that nobody needs go into `gone`. */
static int
verify_instead(verify_t *verify, const plan_output_t *instead[], json_t *gone)
{
    int i, n = 0;
    const verify_copy_t *copy;
    plan_t *plan = &verify->film.plan;

    for (i = 0; i < verify->n; i++) {
        copy = &verify->copy[i];
        if (copy->why == NULL) {
            continue;
        }
        log_write(LOG_INFO, "job verify %s: %s is no copy that plays: it is %s",
                  verify->film.job->id, copy->output->name, copy->why);
        if (verify_is_beside(plan, copy->output)) {
            json_array_append_new(gone, json_string(copy->output->name));
        } else if (copy->output->is_video) {
            film_split_instead(verify->film.job, plan, copy->output->name,
                               copy->why);
        } else {
            plan_encode(plan, copy->output, copy->why);
            instead[n++] = copy->output;
        }
    }

    return n;
}


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

    outcome = film_make(film, instead, n, &all, FILM_KEYS_SOURCE,
                        VERIFY_FRAGMENTS);

    for (i = 0; i < n && outcome == JOB_DONE; i++) {
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
                                              verify->copy[i].output->name,
                                              "why", verify->copy[i].why));
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
        outcome = verify_pictures(&verify);
    }
    if (outcome == JOB_DONE) {
        outcome = verify_sounds(&verify);
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
film_verify(film_t *film)
{
    int i, copies = 0;
    const plan_t *plan = &film->plan;

    for (i = 0; i < plan->noutputs; i++) {
        copies += plan->outputs[i].first && plan->outputs[i].recode == NULL;
    }

    if (copies > 0) {
        film_follow(film->job, json_pack("{s:s, s:{s:s, s:s*}}", "kind",
                                         "verify", "params", "folder",
                                         film->folder, "why", film_why(plan)));
    }
}
