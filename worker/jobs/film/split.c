#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "worker/base/file.h"
#include "worker/jobs/base/argv.h"
#include "worker/jobs/base/media_tool.h"
#include "worker/media/cuts.h"
#include "film.h"

#define SPLIT_SECONDS 600 /* of processor time, for reading all packets */
#define SPLIT_GRID 6.0    /* of a segment: pieces hold whole ones */

/* Pieces: so many that slots end at about the same time, but each long enough
   that beginning it costs next to nothing; one that is lost is soon made anew.
   In seconds of film. */
#define SPLIT_PIECES 32
#define SPLIT_PIECE_MIN 12.0
#define SPLIT_PIECE_MAX 60.0
#define SPLIT_WHOLE 24.0 /* a shorter film is one piece */

/* The first pass: so many samples of so many seconds, as the lowest rung would
   have them without a ceiling. */
#define SPLIT_SAMPLES 5
#define SPLIT_SAMPLE_SECONDS 2.0
#define SPLIT_SAMPLE_TEXT "2"
#define SPLIT_SAMPLE_FILE "sample.264"
#define SPLIT_SAMPLE_BYTES (64U << 20)

typedef struct {
    film_t film;
    cuts_t cuts;
} split_t;

static argv_t split_argv; /* large */


/* packet|pts_time=1.040000|flags=K_ */
static void
split_line(void *data, const char *line)
{
    char *end;
    double shown;
    split_t *split = data;
    const char *flags = strstr(line, "|flags=");

    if (strncmp(line, "packet|pts_time=", 16) != 0 || flags == NULL) {
        return;
    }

    shown = strtod(line + 16, &end);
    /* D: what it holds is not shown */
    if (strchr(flags, 'D') == NULL) {
        cuts_picture(&split->cuts, end == flags ? shown : (double) NAN,
                     flags[7] == 'K');
    }
}


static job_outcome_t
split_packets(split_t *split)
{
    job_t *job = split->film.job;
    argv_t *argv = &split_argv;
    const job_tool_t tool = {
        .argv = argv->words,
        .seconds = SPLIT_SECONDS,
        .line = split_line,
        .data = split,
        .refused = "The file cannot be read: it is damaged or cut off.",
        .too_long = "Reading the file took too long.",
    };

    argv_clear(argv);
    argv_add(argv, "ffprobe", "-hide_banner", "-v", "error", "-of",
             "compact=nokey=0", "-select_streams");
    argv_format(argv, "%d", split->film.probe.video.index);
    argv_add(argv, "-show_entries", "packet=pts_time,flags",
             MEDIA_TOOL_INPUT(job->sniff->demuxer), SANDBOX_INPUT);

    return job_tool(job, &tool, NULL);
}


/* Where each packet is one picture with its own time, and reading may begin at
   any key frame. */
static int
split_pieces(const split_t *split)
{
    size_t i;
    const film_t *film = &split->film;
    static const char *const codecs[] = { "h264", "hevc",  "vp8",   "vp9",
                                          "av1",  "mpeg4", "mjpeg", "prores" };

    if (film->plan.whole || film->plan.fields
        || film->plan.duration < SPLIT_WHOLE
        || *plan_deinterlace(&film->probe.video) != '\0'
        || (strcmp(film->job->sniff->demuxer, "mov") != 0
            && strcmp(film->job->sniff->demuxer, "matroska") != 0)) {
        return 0;
    }

    for (i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
        if (strcmp(film->probe.video.codec, codecs[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Where there are none, the film is one piece. */
static void
split_report_pieces(split_t *split, int n, const cuts_piece_t *pieces)
{
    int i;
    json_t *list = json_array();

    for (i = 0; i < n; i++) {
        json_array_append_new(
            list, json_pack("{s:f, s:f, s:f, s:I}", "from", pieces[i].from,
                            "to", pieces[i].to, "seek", pieces[i].seek,
                            "pictures", (json_int_t) pieces[i].pictures));
    }
    if (n == 0) {
        json_array_append_new(list, json_object());
    }

    json_object_set_new(split->film.job->result, "pieces", list);
}


static job_outcome_t
split_cut(split_t *split)
{
    int n = 0;
    cuts_piece_t pieces[CUTS_MAX];
    job_outcome_t outcome = JOB_DONE;
    const plan_t *plan = &split->film.plan;

    if (split_pieces(split)) {
        cuts_begin(&split->cuts, plan->start, plan->duration,
                   fmin(fmax(plan->duration / SPLIT_PIECES, SPLIT_PIECE_MIN),
                        SPLIT_PIECE_MAX),
                   SPLIT_GRID, plan->recode_video == NULL);
        outcome = split_packets(split);
        if (outcome == JOB_DONE) {
            n = cuts_end(&split->cuts, pieces);
        }
    }

    split_report_pieces(split, n, pieces);
    return outcome;
}


/* Bits a second that the lowest rung takes from `seconds` on; 0: nothing is
   there. */
static job_outcome_t
split_sample(split_t *split, const plan_output_t *lowest, double seconds,
             double *rate)
{
    char path[PATH_MAX];
    struct stat st;
    job_t *job = split->film.job;
    job_outcome_t outcome;
    argv_t *argv = &split_argv;
    const job_tool_t tool = {
        .argv = argv->words,
        .seconds = SPLIT_SECONDS,
        .file_size = SPLIT_SAMPLE_BYTES,
        .refused = "The file cannot be read: it is damaged or cut off.",
        .too_long = "Reading the file took too long.",
    };

    argv_clear(argv);
    argv_add(argv, MEDIA_TOOL_FFMPEG, "-ss");
    argv_format(argv, "%.3f", seconds);
    argv_add(argv, MEDIA_TOOL_INPUT(job->sniff->demuxer), "-i", SANDBOX_INPUT,
             "-t", SPLIT_SAMPLE_TEXT, "-map");
    argv_format(argv, "0:%d", split->film.probe.video.index);
    argv_add(argv, "-vf");
    argv_format(argv, "%sscale=%d:%d,format=yuv420p",
                plan_deinterlace(&split->film.probe.video), lowest->width,
                lowest->height);
    argv_add(argv, "-c:v", "libx264", "-preset", "veryfast", "-crf", "22",
             "-threads", MEDIA_TOOL_THREADS, "-f", "h264", SPLIT_SAMPLE_FILE);

    *rate = 0;
    if (file_join(path, job->work, SPLIT_SAMPLE_FILE) != 0
        || file_erase(path) != 0) {
        return job_errno(job, "making room for a sample");
    }

    outcome = job_tool(job, &tool, NULL);

    if (outcome == JOB_DONE && lstat(path, &st) == 0) {
        *rate = (double) st.st_size * 8 / SPLIT_SAMPLE_SECONDS;
    }

    return outcome == JOB_BAD ? JOB_DONE : outcome; /* encoding will tell */
}


/* A film that needs little gets no more: the mean of the samples, and half of
   the hungriest. */
static job_outcome_t
split_measure(split_t *split)
{
    int i;
    double rate, sum = 0, most = 0;
    plan_t *plan = &split->film.plan;
    const plan_output_t *lowest = &plan->outputs[plan->nvideos - 1];
    job_outcome_t outcome;

    for (i = 0; i < SPLIT_SAMPLES; i++) {
        outcome = split_sample(
            split, lowest, plan->duration * (i + 0.5) / SPLIT_SAMPLES, &rate);
        if (outcome != JOB_DONE) {
            return outcome;
        }
        sum += rate;
        most = fmax(most, rate);
    }

    if (sum > 0) {
        plan_measure(plan, (double) lowest->width * lowest->height,
                     (sum / SPLIT_SAMPLES + most) / 2);
    }
    json_object_set_new(split->film.job->result, "sampled",
                        json_integer((json_int_t) (sum / SPLIT_SAMPLES)));
    return JOB_DONE;
}


static void
split_report_rungs(split_t *split)
{
    int i, n;
    json_t *list = json_array();
    const plan_output_t *rungs[PLAN_RUNGS_MAX];

    n = film_rungs(&split->film, rungs);
    for (i = 0; i < n; i++) {
        json_array_append_new(list,
                              json_pack("{s:s, s:f}", "name", rungs[i]->name,
                                        "rate", round(rungs[i]->rate)));
    }

    json_object_set_new(split->film.job->result, "rungs", list);
}


job_outcome_t
split_run(job_t *job)
{
    split_t split;
    job_outcome_t outcome;

    outcome = film_open(&split.film, job);
    if (outcome == JOB_DONE) {
        outcome = split_cut(&split);
    }
    if (outcome == JOB_DONE) {
        outcome = split_measure(&split);
    }
    if (outcome == JOB_DONE) {
        split_report_rungs(&split);
    }

    film_close(&split.film);
    return outcome;
}
