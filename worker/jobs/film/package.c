#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/jobs/base/media_tool.h"
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

#define PACKAGE_LONG_SIDE 1920
#define PACKAGE_SHORT_SIDE 1080

#define PACKAGE_PLAYLIST_MAX (8U << 20) /* bytes; a day has 1 MiB */
#define PACKAGE_INIT_MAX (1U << 20)

/* Seconds that the result may differ without a word, and the part of the film
   that may be missing before it counts as cut off. */
#define PACKAGE_TOLERANCE 0.1
#define PACKAGE_MISSING_PART 0.05
#define PACKAGE_MISSING_MIN 1.0

#define PACKAGE_CODECS "abcdefghijklmnopqrstuvwxyz0123456789.,"
#define PACKAGE_MASTER "hls/master.m3u8"
#define PACKAGE_WORDS 112

/* As many pictures go out as come in, however far apart: the muxer would have
   its gaps filled. It believes that a fragment's last picture lasts as long as
   the encoder says, which knows only the rate: so it is told. Without B
   pictures none is held back, which in a film of few pictures is seconds. */
#define PACKAGE_GAPS \
    "setts=duration=if(isnan(NEXT_DTS)\\,DURATION\\,NEXT_DTS-DTS)"

typedef struct {
    job_t *job;
    ffprobe_t probe;
    int video, audio; /* there is such a stream */
    int copy_video, copy_audio;
    int width, height;           /* of the result */
    double duration;             /* seconds that the result should last */
    char name[32];               /* "720p", "audio" */
    char playlist[48], file[48]; /* hls/720p.m3u8, hls/720p.mp4 */
    char map_video[16], map_audio[16], filter[96];
    playlist_t checked;
    playlist_variant_t variant;
} package_t;


/* What every player decodes, and what needs no turning. */
static int
package_copies_video(const ffprobe_stream_t *video)
{
    size_t i;
    static const char *const profiles[] = { "Constrained Baseline", "Baseline",
                                            "Main", "High" };

    if (strcmp(video->codec, "h264") != 0 || video->rotation != 0
        || (strcmp(video->pix_fmt, "yuv420p") != 0
            && strcmp(video->pix_fmt, "yuvj420p") != 0)) {
        return 0;
    }

    for (i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        if (strcmp(video->profile, profiles[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
package_copies_audio(const ffprobe_stream_t *audio)
{
    return strcmp(audio->codec, "aac") == 0
           && (strcmp(audio->profile, "LC") == 0
               || strncmp(audio->profile, "HE-AAC", 6) == 0)
           && audio->channels >= 1 && audio->channels <= 6
           && audio->sample_rate <= 48000;
}


/* Into 1920 × 1080, standing or lying; never larger; even. */
static void
package_scale(const ffprobe_stream_t *video, int *width, int *height)
{
    double scale = 1, longer, shorter;

    longer = video->width > video->height ? video->width : video->height;
    shorter = video->width > video->height ? video->height : video->width;

    if (longer > PACKAGE_LONG_SIDE) {
        scale = PACKAGE_LONG_SIDE / longer;
    }
    if (shorter * scale > PACKAGE_SHORT_SIDE) {
        scale = PACKAGE_SHORT_SIDE / shorter;
    }

    *width = 2 * (int) lround(video->width * scale / 2);
    *height = 2 * (int) lround(video->height * scale / 2);
    *width = *width < 2 ? 2 : *width;
    *height = *height < 2 ? 2 : *height;
}


static void
package_plan(package_t *package)
{
    const ffprobe_stream_t *video = &package->probe.video;
    const ffprobe_stream_t *audio = &package->probe.audio;

    package->video = video->index != -1;
    package->audio = audio->index != -1;
    package->copy_video = package->video && package_copies_video(video);
    package->copy_audio = package->audio && package_copies_audio(audio);
    package->duration = package->probe.duration;

    snprintf(package->name, sizeof(package->name), "audio");

    if (package->video) {
        package->width = video->width;
        package->height = video->height;
        if (!package->copy_video) {
            package_scale(video, &package->width, &package->height);
        }
        if (video->duration > 0) {
            package->duration = video->duration;
        }
        snprintf(package->name, sizeof(package->name), "%dp", package->height);
    }

    snprintf(package->playlist, sizeof(package->playlist), "hls/%s.m3u8",
             package->name);
    snprintf(package->file, sizeof(package->file), "hls/%s.mp4", package->name);
    snprintf(package->map_video, sizeof(package->map_video), "0:%d",
             video->index);
    snprintf(package->map_audio, sizeof(package->map_audio), "0:%d",
             audio->index);
    snprintf(package->filter, sizeof(package->filter),
             "scale=%d:%d,setsar=1,format=yuv420p", package->width,
             package->height);
}


/* out_time_us=1234567 */
static void
package_progress(void *data, const char *line)
{
    double seconds, duration;
    job_t *job = data;

    if (strncmp(line, "out_time_us=", 12) != 0) {
        return;
    }

    seconds = strtod(line + 12, NULL) / 1e6;
    duration = json_number_value(
        json_object_get(json_object_get(job->row, "media"), "duration"));

    /* the last percent is for checking and publishing */
    if (duration > 0 && seconds > 0) {
        job->progress = fmin(99, 99 * seconds / duration);
    }
}


static void
package_words(const package_t *package, const char **argv)
{
    size_t i, n = 0;

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

    if (package->video) {
        PACKAGE_ADD("-map", package->map_video);
    }
    if (package->audio) {
        PACKAGE_ADD("-map", package->map_audio);
    }
    PACKAGE_ADD("-map_metadata", "-1", "-map_chapters", "-1");

    if (package->copy_video) {
        PACKAGE_ADD("-c:v", "copy");
    } else if (package->video) {
        PACKAGE_ADD("-c:v", "libx264", "-preset", "veryfast", "-crf", "21",
                    "-maxrate", "8M", "-bufsize", "16M", "-vf", package->filter,
                    "-fpsmax", "60", "-fps_mode", "vfr", "-bf", "0", "-bsf:v",
                    PACKAGE_GAPS, "-force_key_frames",
                    "expr:gte(t,n_forced*2)");
    }

    /* takes the ADTS headers off that AAC has outside of MP4 */
    if (package->copy_audio) {
        PACKAGE_ADD("-c:a", "copy", "-bsf:a", "aac_adtstoasc");
    } else if (package->audio) {
        PACKAGE_ADD("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar",
                    package->probe.audio.sample_rate == 44100 ? "44100"
                                                              : "48000",
                    "-af", "aresample=async=1");
    }

    PACKAGE_ADD("-threads", MEDIA_TOOL_THREADS, "-f", "hls",
                "-hls_segment_type", "fmp4", "-hls_flags", "single_file",
                "-hls_playlist_type", "vod", "-hls_time", "6",
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

    if (file_join(path, job->work, "hls") != 0 || mkdir(path, 0755) != 0) {
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

    text = file_read(path, PACKAGE_PLAYLIST_MAX, &len);
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

    missing = package->duration - got;

    if (!package_estimates(job->sniff->demuxer) && missing > PACKAGE_MISSING_MIN
        && missing > PACKAGE_MISSING_PART * package->duration) {
        return job_end(job, JOB_BAD,
                       "The file is cut off or damaged: of %.1f s, only %.1f s "
                       "can be played.",
                       package->duration, got);
    }

    if (fabs(missing) > PACKAGE_TOLERANCE) {
        log_write(LOG_INFO, "job package %s: %.3f s promised, %.3f s made",
                  job->id, package->duration, got);
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

    ok = package->video == (made.video.index != -1)
         && package->audio == (made.audio.index != -1)
         && (!package->video
             || (strcmp(video->codec, "h264") == 0
                 && abs(video->width - package->width) <= 1
                 && abs(video->height - package->height) <= 1))
         && (!package->audio || strcmp(made.audio.codec, "aac") == 0);
    if (!ok) {
        return package_broken(package->job, "it holds other streams");
    }

    package->variant.frame_rate = made.video.frame_rate;
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
                                  !package->video   ? "a"
                                  : !package->audio ? "v"
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
    variant->width = package->width;
    variant->height = package->height;

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


job_outcome_t
package_run(job_t *job)
{
    package_t package = { .job = job };
    job_outcome_t outcome;

    outcome = job_open(job);
    if (outcome == JOB_DONE) {
        outcome = media_tool_probe(job, job->sniff->demuxer, SANDBOX_INPUT,
                                   PACKAGE_PROBE_SECONDS, &package.probe);
    }
    if (outcome != JOB_DONE) {
        return outcome;
    }
    json_decref(package.probe.streams);

    if (ffprobe_complaint(&package.probe, job->input_size) != NULL) {
        return job_end(job, JOB_BAD, "%s",
                       ffprobe_complaint(&package.probe, job->input_size));
    }

    package_plan(&package);

    outcome = package_make(&package);
    if (outcome == JOB_DONE) {
        outcome = package_check(&package);
    }
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
    json_object_update_new(job->result,
                           json_pack("{s:s, s:s?, s:s?, s:i}", "rendition",
                                     package.name, "video",
                                     !package.video       ? NULL
                                     : package.copy_video ? "copied"
                                                          : "encoded",
                                     "audio",
                                     !package.audio       ? NULL
                                     : package.copy_audio ? "copied"
                                                          : "encoded",
                                     "segments", package.checked.segments));

    return JOB_DONE;
}
