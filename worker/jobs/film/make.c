#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/jobs/base/argv.h"
#include "worker/jobs/base/media_tool.h"
#include "film.h"
#include "film_clock.h"
#include "make.h"
#include "straight.h"

/* What an hour of film may take, and what its result may weigh. What a file
   claims counts no more than what came in: see job_tool() for the time. */
#define MAKE_SECONDS_BASE 600.0
#define MAKE_SECONDS_SECOND 60.0
#define MAKE_BYTES_SECOND (4.0 * 1024 * 1024)
#define MAKE_BYTES_FACTOR 32.0 /* of what came in */

/* As many pictures go out as come in, at their own times; a clock of their own
   keeps decoding times above 0 (film_clock_shift). Fragments begin with key
   frames; what an edit list would say is in the times of the samples. */
#define MAKE_FRAGMENTS \
    "-avoid_negative_ts", "disabled", "-use_editlist", "0", "-f", "mp4"
#define MAKE_FLAGS "empty_moov+default_base_moof+frag_discont+delay_moov"
#define MAKE_SOUND_FRAGMENT "2000000" /* microseconds */

/* Key frames at the first picture of each two seconds, wherever encoding
   begins. */
#define MAKE_GRID                                             \
    "expr:if(isnan(prev_forced_t),1,gt(floor((t-%f+1e-6)/2)," \
    "floor((prev_forced_t-%f+1e-6)/2)))"

static argv_t make_argv; /* large */


/* What ffmpeg is at, and of how many seconds. */
typedef struct {
    film_t *film;
    double seconds;
} make_t;


static void
make_progress(void *data, const char *line)
{
    const make_t *make = data;
    double seconds = media_tool_time(line);

    if (strncmp(line, "frame=", 6) == 0) {
        make->film->pictures = strtol(line + 6, NULL, 10);
    }

    /* the last percent is for checking and publishing */
    if (make->seconds > 0 && seconds > 0) {
        make->film->job->progress = fmin(99, 99 * seconds / make->seconds);
    }
}


/* The highest rung that is encoded, and the others made of it. */
static void
make_graph(film_t *film, const plan_output_t *const *outputs, int n,
           const film_part_t *part)
{
    int i, rungs = 0;
    char *text = NULL;
    size_t size;
    FILE *graph = open_memstream(&text, &size);

    if (graph == NULL) {
        make_argv.full = 1;
        return;
    }

    fprintf(graph, "[0:%d]", film->probe.video.index);
    if (!part->whole) {
        fprintf(graph, "trim=start=%.6f:end=%.6f,", part->from, part->to);
    }
    fputs(film->plan.filter, graph);
    if (film_clock_lift(&film->plan) > 0) {
        fprintf(graph, ",setpts=PTS+%.0f/TB", film_clock_lift(&film->plan));
    }

    for (i = 0; i < n; i++) {
        rungs += outputs[i]->is_video && outputs[i]->recode != NULL;
    }
    fprintf(graph, ",split=%d", rungs);
    for (i = 0; i < n; i++) {
        if (outputs[i]->is_video && outputs[i]->recode != NULL) {
            fprintf(graph, "[s%d]", i);
        }
    }
    for (i = 0; i < n; i++) {
        if (outputs[i]->is_video && outputs[i]->recode != NULL) {
            fprintf(graph, ";[s%d]scale=%d:%d,setsar=1[v%d]", i,
                    outputs[i]->width, outputs[i]->height, i);
        }
    }
    fclose(graph);

    if (rungs > 0) {
        argv_add(&make_argv, "-filter_complex");
        argv_format(&make_argv, "%s", text);
    }
    free(text);
}


static void
make_picture(film_t *film, const plan_output_t *output, int i, film_keys_t keys)
{
    const ffprobe_stream_t *video = output->source;
    const double start = film->plan.start + film_clock_lift(&film->plan);
    argv_t *argv = &make_argv;

    argv_add(argv, "-map");
    if (output->recode == NULL) {
        argv_format(argv, "0:%d", video->index);
        argv_add(argv, "-c:v", "copy", "-strict", "unofficial");
        if (strcmp(video->codec, "hevc") == 0) {
            argv_add(argv, "-tag:v", "hvc1");
        }
        return;
    }

    argv_format(argv, "[v%d]", i);
    argv_add(argv, "-c:v", "libx264", "-preset", "veryfast", "-crf", "22",
             "-a53cc", "0", "-maxrate");
    argv_format(argv, "%.0f", output->rate);
    argv_add(argv, "-bufsize");
    argv_format(argv, "%.0f", 2 * output->rate);
    argv_add(argv, "-g", "1000", "-sc_threshold", "0", "-force_key_frames");
    if (keys == FILM_KEYS_SOURCE) {
        argv_add(argv, "source");
    } else {
        argv_format(argv, MAKE_GRID, start, start);
    }
    argv_add(argv, "-fps_mode", "vfr");
    if (video->tick_den > 0) {
        argv_add(argv, "-enc_time_base");
        argv_format(argv, "%d:%d", video->tick_num, video->tick_den);
    }
    if (film->plan.bt709) {
        argv_add(argv, "-colorspace", "bt709", "-color_primaries", "bt709",
                 "-color_trc", "bt709");
    }
}


static void
make_sound(film_t *film, const plan_output_t *output, int input)
{
    const ffprobe_stream_t *sound = output->source;
    argv_t *argv = &make_argv;
    const int rate = plan_sample_rate(sound);

    argv_add(argv, "-map");
    argv_format(argv, "%d:%d", input, input > 0 ? 0 : sound->index);

    /* takes the ADTS headers off that AAC has outside of MP4 */
    if (output->recode == NULL) {
        argv_add(argv, "-c:a", "copy", "-bsf:a", "aac_adtstoasc");
        return;
    }

    argv_add(argv, "-c:a", "aac", "-ac");
    argv_format(argv, "%d", output->channels);
    argv_add(argv, "-b:a",
             output->channels > 2            ? "384k"
             : film->probe.video.index == -1 ? "192k"
             : output->channels == 1         ? "96k"
                                             : "128k",
             "-af");
    /* silence where there is none, so that it begins with the film */
    argv_format(argv, "aresample=%d:" MAKE_SYNC ":first_pts=%.0f", rate,
                film->plan.start * rate);
}


static void
make_fragments(const film_t *film, const plan_output_t *output)
{
    const int lifted = output->is_video && output->recode != NULL;
    argv_t *argv = &make_argv;

    argv_add(argv, MAKE_FRAGMENTS, "-output_ts_offset");
    argv_format(argv, "%.0f",
                film_clock_shift(&film->plan)
                    - (lifted ? film_clock_lift(&film->plan) : 0));

    if (output->is_video) {
        argv_add(argv, "-movflags", MAKE_FLAGS "+frag_keyframe");
    } else {
        argv_add(argv, "-movflags", MAKE_FLAGS, "-frag_duration",
                 MAKE_SOUND_FRAGMENT);
    }
}


static void
make_words(film_t *film, const plan_output_t *const *outputs, int n,
           const film_part_t *part, film_keys_t keys, const char *prefix)
{
    int i, encoded = 0;
    argv_t *argv = &make_argv;

    argv_clear(argv);
    argv_add(argv, MEDIA_TOOL_FFMPEG, "-progress", "pipe:1", "-stats_period",
             "1");
    film_clock_words(argv, film);
    if (!part->whole && part->seek >= 0) {
        argv_add(argv, "-seek_timestamp", "1", "-noaccurate_seek", "-ss");
        argv_format(argv, "%.6f", part->seek);
    }
    argv_add(argv, "-reinit_filter:a", "0",
             MEDIA_TOOL_INPUT(film->job->sniff->demuxer), "-i", SANDBOX_INPUT);
    straight_inputs(argv, film, outputs, n);

    for (i = 0; i < n; i++) {
        encoded |= outputs[i]->is_video && outputs[i]->recode != NULL;
    }
    if (encoded) {
        make_graph(film, outputs, n, part);
    }

    for (i = 0; i < n; i++) {
        if (outputs[i]->is_video) {
            make_picture(film, outputs[i], i, keys);
        } else {
            make_sound(film, outputs[i], straight_input(outputs, i));
        }
        argv_add(argv, "-map_metadata", "-1", "-map_chapters", "-1", "-threads",
                 MEDIA_TOOL_THREADS);
        make_fragments(film, outputs[i]);
        argv_format(argv, "%s%s.mp4", prefix, outputs[i]->name);
    }
    film_clock_beside(argv, film);
}


uint64_t
make_bytes(const job_t *job, double seconds)
{
    return (uint64_t) (MAKE_BYTES_BASE + 1.2 * (double) job->input_size
                       + fmin(MAKE_BYTES_SECOND * seconds,
                              MAKE_BYTES_FACTOR * (double) job->input_size));
}


static double
make_seconds(const plan_t *plan, const film_part_t *part)
{
    const double end = plan->start + plan->duration;

    return part->whole
               ? plan->duration
               : fmax(fmin(part->to, end) - fmax(part->from, plan->start), 0);
}


static job_outcome_t
make_run(film_t *film, const plan_output_t *const *outputs, int n,
         const film_part_t *part, film_keys_t keys, const char *prefix,
         int *again)
{
    job_t *job = film->job;
    job_outcome_t outcome;
    sandbox_result_t result;
    make_t make = { film, make_seconds(&film->plan, part) };
    job_tool_t tool = {
        .argv = make_argv.words,
        .line = make_progress,
        .data = &make,
        .refused = MAKE_REFUSED,
        .too_long = MAKE_TOO_LONG,
    };

    make_words(film, outputs, n, part, keys, prefix);
    if (make_argv.full) {
        return job_end(job, JOB_BAD, "The file has too many streams.");
    }

    film->pictures = 0;
    tool.seconds = (int) (MAKE_SECONDS_BASE
                          + MAKE_SECONDS_SECOND * make.seconds);
    tool.file_size = make_bytes(job, make.seconds);

    outcome = job_tool(job, &tool, &result);
    free(result.output);
    *again = outcome == JOB_BAD && straight_finds(film, result.err) != -1;

    return outcome;
}


job_outcome_t
film_make(film_t *film, const plan_output_t *const *outputs, int n,
          const film_part_t *part, film_keys_t keys, const char *prefix)
{
    int again;
    job_outcome_t outcome;

    do {
        again = 0;
        outcome = straight_make(film, outputs, n);
        if (outcome == JOB_DONE) {
            outcome = make_run(film, outputs, n, part, keys, prefix, &again);
        }
    } while (again);

    return outcome;
}
