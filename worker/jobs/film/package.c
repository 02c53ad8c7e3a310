#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/jobs/base/media_tool.h"
#include "worker/media/plan.h"
#include "worker/media/playlist.h"
#include "film.h"

#define PACKAGE_PROBE_SECONDS 60
#define PACKAGE_READ_SECONDS 10

/* What an hour of film may take, and what its result may weigh: the encoder is
   held to 8 Mbit/s. What a file claims counts no more than what came in: see
   job_tool() for the time. */
#define PACKAGE_SECONDS_BASE 600.0
#define PACKAGE_SECONDS_SECOND 60.0
#define PACKAGE_BYTES_BASE (64.0 * 1024 * 1024)
#define PACKAGE_BYTES_SECOND (2.0 * 1024 * 1024)
#define PACKAGE_BYTES_FACTOR 32.0 /* of what came in */

#define PACKAGE_PLAYLIST_MAX (8U << 20) /* bytes; a day has 1 MiB */
#define PACKAGE_INIT_MAX (1U << 20)

/* Seconds that the result may differ without a word, and the part of the film
   that may be missing before it counts as cut off. */
#define PACKAGE_TOLERANCE 0.1
#define PACKAGE_MISSING_PART 0.05
#define PACKAGE_MISSING_MIN 1.0

#define PACKAGE_RATE_MAX 60.0 /* pictures a second, of what is encoded */
#define PACKAGE_RATE_TEXT "60"

#define PACKAGE_CODECS "abcdefghijklmnopqrstuvwxyz0123456789.,"
#define PACKAGE_MASTER "hls/master.m3u8"
#define PACKAGE_WORDS 128

/* Where a stream begins stands in the times of its samples: Media Source takes
   no empty edit, which is what the muxer would write; one that says how much
   later a picture is shown than decoded it takes. Sound has nothing before 0:
   there is what warms the decoder up, or what an edit list hides. */
#define PACKAGE_TIMES                                         \
    "-avoid_negative_ts", "disabled", "-hls_segment_options", \
        "movflags=+frag_discont"
#define PACKAGE_SOUND "noise=drop=lt(pts\\,0)"

/* As many pictures go out as come in, however far apart: the muxer would have
   its gaps filled. It believes that a fragment's last picture lasts as long as
   the encoder says, which knows only the rate: so it is told. Without B
   pictures none is held back, which in a film of few pictures is seconds. */
#define PACKAGE_GAPS \
    "setts=duration=if(isnan(NEXT_DTS)\\,DURATION\\,NEXT_DTS-DTS)"

typedef struct {
    job_t *job;
    ffprobe_t probe;
    plan_t plan;
    char name[32];               /* "720p", "audio" */
    char playlist[48], file[48]; /* hls/720p.m3u8, hls/720p.mp4 */
    char map_video[16], map_audio[16];
    playlist_t checked;
    playlist_variant_t variant;
} package_t;


/* What is made, and where from. */
static void
package_names(package_t *package)
{
    const plan_t *plan = &package->plan;

    snprintf(package->map_video, sizeof(package->map_video), "0:%d",
             package->probe.video.index);
    snprintf(package->map_audio, sizeof(package->map_audio), "0:%d",
             package->probe.audio.index);

    snprintf(package->name, sizeof(package->name), "audio");
    if (plan->video) {
        snprintf(package->name, sizeof(package->name), "%dp", plan->height);
    }
    snprintf(package->playlist, sizeof(package->playlist), "hls/%s.m3u8",
             package->name);
    snprintf(package->file, sizeof(package->file), "hls/%s.mp4", package->name);
}


static void
package_progress(void *data, const char *line)
{
    job_t *job = data;
    double seconds = media_tool_time(line), duration = film_duration(job);

    /* the last percent is for checking and publishing */
    if (duration > 0 && seconds > 0) {
        job->progress = fmin(99, 99 * seconds / duration);
    }
}


static void
package_words(const package_t *package, const char **argv)
{
    size_t i, n = 0;
    const plan_t *plan = &package->plan;

#define PACKAGE_ADD(...)                                         \
    do {                                                         \
        const char *const words[] = { __VA_ARGS__ };             \
                                                                 \
        for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) { \
            argv[n++] = words[i];                                \
        }                                                        \
    } while (0)

    PACKAGE_ADD(MEDIA_TOOL_FFMPEG, "-progress", "pipe:1", "-stats_period", "1",
                MEDIA_TOOL_INPUT(package->job->sniff->demuxer), "-i",
                SANDBOX_INPUT);

    if (plan->video) {
        PACKAGE_ADD("-map", package->map_video);
    }
    if (plan->audio) {
        PACKAGE_ADD("-map", package->map_audio);
    }
    PACKAGE_ADD("-map_metadata", "-1", "-map_chapters", "-1");

    if (plan->video && plan->recode_video == NULL) {
        PACKAGE_ADD("-c:v", "copy");
    } else if (plan->video) {
        PACKAGE_ADD("-c:v", "libx264", "-preset", "veryfast", "-crf", "21",
                    "-maxrate", "8M", "-bufsize", "16M", "-vf", plan->filter,
                    "-fpsmax", PACKAGE_RATE_TEXT, "-fps_mode", "vfr", "-bf",
                    "0", "-bsf:v", PACKAGE_GAPS, "-force_key_frames",
                    "expr:gte(t,n_forced*2)");
    }

    if (plan->bt709) {
        PACKAGE_ADD("-colorspace", "bt709", "-color_primaries", "bt709",
                    "-color_trc", "bt709");
    }

    /* takes the ADTS headers off that AAC has outside of MP4 */
    if (plan->audio && plan->recode_audio == NULL) {
        PACKAGE_ADD("-c:a", "copy", "-bsf:a", "aac_adtstoasc," PACKAGE_SOUND);
    } else if (plan->audio) {
        PACKAGE_ADD("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar",
                    package->probe.audio.sample_rate == 44100 ? "44100"
                                                              : "48000",
                    "-af", "aresample=async=1", "-bsf:a", PACKAGE_SOUND);
    }

    PACKAGE_ADD("-threads", MEDIA_TOOL_THREADS, "-f", "hls",
                "-hls_segment_type", "fmp4", PACKAGE_TIMES, "-hls_flags",
                "single_file", "-hls_playlist_type", "vod", "-hls_time", "6",
                "-hls_segment_filename", package->file, package->playlist,
                NULL);

#undef PACKAGE_ADD
}


static job_outcome_t
package_make(package_t *package)
{
    double seconds, bytes;
    char path[PATH_MAX];
    job_t *job = package->job;
    const char *argv[PACKAGE_WORDS];
    job_outcome_t outcome;
    sandbox_result_t result;
    job_tool_t tool = {
        .argv = argv,
        .line = package_progress,
        .refused = "The file cannot be converted: it is damaged or cut off.",
        .too_long = "Converting the file took longer than any film of its "
                    "length should.",
    };

    package_names(package);
    if (file_join(path, job->work, "hls") != 0 || file_erase(path) != 0
        || mkdir(path, 0755) != 0) {
        return job_errno(job, "making a folder to work in");
    }

    seconds = PACKAGE_SECONDS_BASE
              + PACKAGE_SECONDS_SECOND * package->probe.duration;
    bytes = PACKAGE_BYTES_BASE + 1.2 * (double) job->input_size
            + fmin(PACKAGE_BYTES_SECOND * package->probe.duration,
                   PACKAGE_BYTES_FACTOR * (double) job->input_size);
    tool.seconds = (int) seconds;
    tool.file_size = (uint64_t) bytes;

    package_words(package, argv);
    outcome = job_tool(job, &tool, &result);
    free(result.output);

    return outcome;
}


static job_outcome_t
package_broken(job_t *job, const char *why)
{
    log_write(LOG_WARN, "job package %s: refused what was made: %s", job->id,
              why);
    return job_end(job, JOB_BAD,
                   "The file could not be made playable: what "
                   "came out of converting it is not whole.");
}


/* The playlist, with what sound has alone; NULL with errno set. To free(). */
static char *
package_playlist(const char *path, const plan_t *plan, size_t *len)
{
    char *text, *stretched;

    text = file_read(path, PACKAGE_PLAYLIST_MAX, len);
    if (text == NULL || (plan->head <= 0 && plan->tail <= 0)) {
        return text;
    }

    stretched = playlist_stretch(text, plan->head, plan->tail);
    free(text);
    if (stretched == NULL) {
        return NULL;
    }

    *len = strlen(stretched);
    if (file_erase(path) != 0 || file_write(path, stretched, *len) != 0) {
        free(stretched);
        return NULL;
    }

    return stretched;
}


static job_outcome_t
package_check_ranges(package_t *package)
{
    int rc;
    char path[PATH_MAX], file[PATH_MAX], err[256], *text;
    size_t len;
    job_t *job = package->job;
    struct stat st;

    if (file_join(path, job->work, package->playlist) != 0
        || file_join(file, job->work, package->file) != 0
        || lstat(file, &st) != 0 || !S_ISREG(st.st_mode)) {
        return package_broken(job, "no file came out");
    }

    text = package_playlist(path, &package->plan, &len);
    if (text == NULL) {
        return package_broken(job, "no playlist came out");
    }

    rc = playlist_check(text, len, package->file + strlen("hls/"),
                        (uint64_t) st.st_size, &package->checked, err,
                        sizeof(err));
    free(text);

    return rc == 0 ? JOB_DONE : package_broken(job, err);
}


/* Formats without a duration of their own: ffprobe guesses from bit rates. */
static int
package_estimates(const char *demuxer)
{
    return strcmp(demuxer, "mp3") == 0 || strcmp(demuxer, "aac") == 0
           || strcmp(demuxer, "mpegts") == 0 || strcmp(demuxer, "mpeg") == 0;
}


static job_outcome_t
package_check_duration(package_t *package)
{
    double got = package->checked.duration, missing;
    job_t *job = package->job;

    missing = package->plan.duration - got;

    if (!package_estimates(job->sniff->demuxer) && missing > PACKAGE_MISSING_MIN
        && missing > PACKAGE_MISSING_PART * package->plan.duration) {
        return job_end(job, JOB_BAD,
                       "The file is cut off or damaged: of %.1f s, only %.1f s "
                       "can be played.",
                       package->plan.duration, got);
    }

    if (fabs(missing) > PACKAGE_TOLERANCE) {
        log_write(LOG_INFO, "job package %s: %.3f s promised, %.3f s made",
                  job->id, package->plan.duration, got);
    }

    return JOB_DONE;
}


static job_outcome_t
package_check_streams(package_t *package)
{
    int ok;
    char path[64];
    ffprobe_t made;
    job_outcome_t outcome;
    const ffprobe_stream_t *video = &made.video;

    snprintf(path, sizeof(path), SANDBOX_JOB "/%s", package->file);

    outcome = media_tool_probe(package->job, "mov", path, PACKAGE_PROBE_SECONDS,
                               &made);
    if (outcome != JOB_DONE) {
        return outcome == JOB_BAD
                   ? package_broken(package->job, "it cannot be read")
                   : outcome;
    }
    json_decref(made.streams);

    ok = package->plan.video == (made.video.index != -1)
         && package->plan.audio == (made.audio.index != -1)
         && (!package->plan.video
             || (strcmp(video->codec, "h264") == 0
                 && abs(video->width - package->plan.width) <= 1
                 && abs(video->height - package->plan.height) <= 1))
         && (!package->plan.audio || strcmp(made.audio.codec, "aac") == 0);
    if (!ok) {
        return package_broken(package->job, "it holds other streams");
    }

    /* of what was made it is a guess, when it does not begin at 0 */
    package->variant.frame_rate = package->probe.video.frame_rate > 0
                                      ? package->probe.video.frame_rate
                                      : made.video.frame_rate;
    if (package->plan.recode_video != NULL) {
        package->variant.frame_rate = fmin(package->variant.frame_rate,
                                           PACKAGE_RATE_MAX);
    }
    return JOB_DONE;
}


static job_outcome_t
package_check(package_t *package)
{
    job_outcome_t outcome;

    outcome = package_check_ranges(package);
    if (outcome == JOB_DONE) {
        outcome = package_check_duration(package);
    }
    if (outcome == JOB_DONE) {
        outcome = package_check_streams(package);
    }

    return outcome;
}


static job_outcome_t
package_codecs(package_t *package)
{
    int ok;
    char path[PATH_MAX], map_size[24];
    json_t *found;
    job_outcome_t outcome;
    const char *codecs;
    const char *const words[] = { map_size,
                                  !package->plan.video   ? "a"
                                  : !package->plan.audio ? "v"
                                                         : "va",
                                  NULL };
    const job_reader_t reader = {
        .kind = "codecs",
        .words = words,
        .path = path,
        .seconds = PACKAGE_READ_SECONDS,
        .refused = "The codecs are unknown.",
        .too_long = "Looking for the codecs took too long.",
    };

    if (package->checked.map_size > PACKAGE_INIT_MAX
        || file_join(path, package->job->work, package->file) != 0) {
        return package_broken(package->job, "its first part is too long");
    }
    snprintf(map_size, sizeof(map_size), "%llu",
             (unsigned long long) package->checked.map_size);

    outcome = job_read(package->job, &reader, &found);
    if (outcome != JOB_DONE) {
        return outcome == JOB_BAD
                   ? package_broken(package->job, "its codecs are unknown")
                   : outcome;
    }

    /* it goes into a playlist */
    codecs = json_string_value(json_object_get(found, "codecs"));
    ok = codecs != NULL && *codecs != '\0'
         && codecs[strspn(codecs, PACKAGE_CODECS)] == '\0';
    if (ok) {
        snprintf(package->variant.codecs, sizeof(package->variant.codecs), "%s",
                 codecs);
    }
    json_decref(found);

    return ok ? JOB_DONE
              : package_broken(package->job, "its codecs are unknown");
}


static job_outcome_t
package_master(package_t *package)
{
    int n;
    char text[1024], path[PATH_MAX];
    struct stat st;
    job_outcome_t outcome;
    playlist_variant_t *variant = &package->variant;

    variant->uri = package->playlist + strlen("hls/");
    variant->peak_rate = package->checked.peak_rate;
    variant->average_rate = package->checked.average_rate;
    variant->width = package->plan.width;
    variant->height = package->plan.height;

    outcome = package_codecs(package);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    /* A tool may have put a link in the place of the folder. */
    if (file_join(path, package->job->work, "hls") != 0 || lstat(path, &st) != 0
        || !S_ISDIR(st.st_mode)) {
        return package_broken(package->job, "its folder is gone");
    }

    n = playlist_master(variant, text, sizeof(text));
    if (n < 0 || file_join(path, package->job->work, PACKAGE_MASTER) != 0
        || file_write(path, text, (size_t) n) != 0) {
        return job_errno(package->job, "writing the playlist");
    }

    return JOB_DONE;
}


static job_outcome_t
package_publish(package_t *package)
{
    size_t i;
    job_outcome_t outcome = JOB_DONE;
    const char *const files[] = { package->file, package->playlist,
                                  PACKAGE_MASTER };

    for (i = 0; i < 3 && outcome == JOB_DONE; i++) {
        outcome = job_settle(package->job, files[i]);
    }

    return outcome == JOB_DONE ? job_publish_folder(package->job, "hls", 3)
                               : outcome;
}


/* A picture whose copy would not play as the source does is encoded: only what
   came out tells how long its segments are, and whether it has times. */
static job_outcome_t
package_try(package_t *package)
{
    const char *why = NULL;
    job_outcome_t outcome;

    outcome = package_make(package);
    if (outcome == JOB_DONE) {
        outcome = package_check(package);
    }

    if (!package->plan.video || package->plan.recode_video != NULL) {
        return outcome;
    }

    if (outcome == JOB_BAD) {
        why = "not whole as a copy";
    } else if (outcome == JOB_DONE
               && package->checked.longest > PLAN_SEGMENT_MAX) {
        why = "of few key frames";
    }
    if (why == NULL) {
        return outcome;
    }

    log_write(LOG_INFO,
              "job package %s: the picture is encoded, since it is %s",
              package->job->id, why);
    plan_recode(&package->plan, &package->probe, why);

    outcome = package_make(package);
    return outcome == JOB_DONE ? package_check(package) : outcome;
}


/* How it was made, and why. */
static void
package_report(json_t *result, const char *kind, int there, const char *why)
{
    char name[32];

    json_object_set_new(result, kind,
                        !there ? json_null()
                               : json_string(why ? "encoded" : "copied"));
    if (there && why != NULL) {
        snprintf(name, sizeof(name), "%s_why", kind);
        json_object_set_new(result, name, json_string(why));
    }
}


job_outcome_t
package_run(job_t *job)
{
    package_t package = { .job = job };
    job_outcome_t outcome;

    outcome = job_open(job);
    if (outcome == JOB_DONE) {
        outcome = media_tool_probe_input(job, PACKAGE_PROBE_SECONDS,
                                         film_duration(job), &package.probe);
    }
    if (outcome != JOB_DONE) {
        return outcome;
    }
    json_decref(package.probe.streams);

    if (ffprobe_complaint(&package.probe, job->input_size) != NULL) {
        return job_end(job, JOB_BAD, "%s",
                       ffprobe_complaint(&package.probe, job->input_size));
    }

    plan_make(&package.plan, &package.probe);

    outcome = package_try(&package);
    if (outcome == JOB_DONE) {
        outcome = package_master(&package);
    }
    if (outcome == JOB_DONE) {
        outcome = package_publish(&package);
    }
    if (outcome != JOB_DONE) {
        return outcome;
    }

    json_object_set_new(job->patch, "duration",
                        json_real(package.checked.duration));
    json_object_set_new(job->result, "rendition", json_string(package.name));
    json_object_set_new(job->result, "segments",
                        json_integer(package.checked.segments));
    package_report(job->result, "video", package.plan.video,
                   package.plan.recode_video);
    package_report(job->result, "audio", package.plan.audio,
                   package.plan.recode_audio);

    return JOB_DONE;
}
