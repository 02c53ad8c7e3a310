/* The picture of a film: the best of several frames, or the one at the second
   that its owner chose. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/base/file.h"
#include "worker/jobs/base/media_tool.h"
#include "worker/media/frame.h"
#include "worker/media/plan.h"
#include "worker/store/store.h"
#include "film.h"

#define POSTER_SECONDS 60
#define POSTER_WIDTH "1280"
#define POSTER_BYTES_MAX (16U << 20)
#define POSTER_REFUSED "No picture could be taken from the film."
#define POSTER_FILTER 640
#define POSTER_WORDS 192
#define POSTER_NUMBER_MAX 1000000000
#define POSTER_OLD 16 /* of those before that are looked for to be removed */

/* Where key frames are looked at, as parts of the film; and, where these show
   next to nothing or there are none, any frames. Of large pictures fewer at a
   time: each has a decoder of its own. */
static const double poster_places[] = { 0.08, 0.2, 0.33, 0.47, 0.62, 0.78 };

#define POSTER_PLACES (sizeof(poster_places) / sizeof(poster_places[0]))
#define POSTER_LARGE 9000000.0 /* pixels */
#define POSTER_LARGE_PLACES 2

typedef struct {
    job_t *job;
    const ffprobe_stream_t *video;
    double length; /* seconds */
    char name[32]; /* of the file */
    int number;    /* of one that somebody asked for; 0: none did */
    double at;     /* seconds that he chose; < 0: none */
} poster_t;

/* A run over some places: what it says to ffmpeg. */
typedef struct {
    const char *argv[POSTER_WORDS];
    size_t n;
    char from[POSTER_PLACES][32], map[POSTER_PLACES][16];
    char file[POSTER_PLACES][16], filter[POSTER_FILTER];
} poster_words_t;


static void
poster_add(poster_words_t *words, const char *const *more)
{
    for (/* void */; *more != NULL; more++) {
        words->argv[words->n++] = *more;
    }
    words->argv[words->n] = NULL;
}


#define POSTER_ADD(words, ...) \
    poster_add(words, (const char *const[]){ __VA_ARGS__, NULL })


/* `keys`: key frames alone, the one before the place; else the frame there. */
static void
poster_words(poster_words_t *words, const poster_t *poster, size_t first,
             size_t many, int keys)
{
    size_t i;
    char tone[PLAN_TONE_SIZE];
    const char *demuxer = poster->job->sniff->demuxer;

    words->n = 0;
    plan_tone_map(poster->video, tone);
    snprintf(words->filter, sizeof(words->filter),
             "scale=%d:%d:flags=area,%sformat=gray", FRAME_WIDTH, FRAME_HEIGHT,
             tone);

    POSTER_ADD(words, MEDIA_TOOL_FFMPEG);
    for (i = first; i < first + many; i++) {
        snprintf(words->from[i], sizeof(words->from[i]), "%.3f",
                 poster->length * poster_places[i]);
        if (keys) {
            POSTER_ADD(words, "-noaccurate_seek", "-skip_frame", "nokey");
        }
        POSTER_ADD(words, "-ss", words->from[i], MEDIA_TOOL_INPUT(demuxer),
                   "-i", SANDBOX_INPUT);
    }
    for (i = first; i < first + many; i++) {
        snprintf(words->map[i], sizeof(words->map[i]), "%zu:%d", i - first,
                 poster->video->index);
        snprintf(words->file[i], sizeof(words->file[i]), "place-%zu", i);
        POSTER_ADD(words, "-map", words->map[i], "-vf", words->filter,
                   "-frames:v", "1", "-f", "rawvideo", words->file[i]);
    }
}


/* 0 when there is no such frame. */
static double
poster_score(const poster_t *poster, const char *file)
{
    char path[PATH_MAX], *pixels;
    size_t len;
    double score = 0;

    if (file_join(path, poster->job->work, file) != 0) {
        return 0;
    }

    pixels = file_read(path, FRAME_SIZE, &len);
    if (pixels != NULL && len == FRAME_SIZE) {
        score = frame_score((const unsigned char *) pixels);
    }
    free(pixels);

    return score;
}


/* Looks at some places, and moves `best` to one that is better. */
static job_outcome_t
poster_look(const poster_t *poster, size_t first, size_t many, int keys,
            double *score, double *best)
{
    size_t i;
    double found;
    poster_words_t words;
    job_outcome_t outcome;
    const job_tool_t tool = {
        .argv = words.argv,
        .seconds = POSTER_SECONDS,
        .refused = POSTER_REFUSED,
        .too_long = "Taking a picture from the film took too long.",
    };

    poster_words(&words, poster, first, many, keys);
    outcome = job_tool(poster->job, &tool, NULL);

    if (outcome != JOB_DONE && outcome != JOB_BAD) {
        return outcome;
    }

    for (i = first; i < first + many; i++) {
        found = poster_score(poster, words.file[i]);
        if (found > *score) {
            *score = found;
            *best = poster->length * poster_places[i];
        }
    }

    return JOB_DONE;
}


/* The best place for a poster; `keys` says of what kind it is. */
static job_outcome_t
poster_choose(const poster_t *poster, double *best, int *keys)
{
    size_t i, step = POSTER_PLACES;
    double score = 0;
    job_outcome_t outcome = JOB_DONE;

    if ((double) poster->video->coded_width * poster->video->coded_height
        > POSTER_LARGE) {
        step = POSTER_LARGE_PLACES;
    }

    for (*keys = 1; *keys >= 0; (*keys)--) {
        for (i = 0; i < POSTER_PLACES && outcome == JOB_DONE; i += step) {
            outcome = poster_look(poster, i, step, *keys, &score, best);
        }
        if (outcome != JOB_DONE || score > FRAME_POOR) {
            return outcome;
        }
        if (*keys == 1 && score > 0) {
            score = FRAME_POOR; /* others have to be better than that */
        }
    }

    *keys = 1;
    return JOB_DONE;
}


/* Writes the frame at a place, or the key frame before it. */
static job_outcome_t
poster_take(const poster_t *poster, double seconds, int key)
{
    char from[32], map[16], tone[PLAN_TONE_SIZE], filter[POSTER_FILTER];
    poster_words_t words = { .n = 0 };
    const job_tool_t tool = {
        .argv = words.argv,
        .seconds = POSTER_SECONDS,
        .refused = POSTER_REFUSED,
        .too_long = "Taking a picture from the film took too long.",
    };

    snprintf(from, sizeof(from), "%.3f", seconds);
    snprintf(map, sizeof(map), "0:%d", poster->video->index);
    plan_tone_map(poster->video, tone);
    snprintf(filter, sizeof(filter),
             "%sscale=w='max(2,min(" POSTER_WIDTH ",iw*sar))':"
             "h='max(2,ow/dar)',%ssetsar=1,format=yuvj420p",
             plan_deinterlace(poster->video), tone);

    POSTER_ADD(&words, MEDIA_TOOL_FFMPEG);
    if (key) {
        POSTER_ADD(&words, "-noaccurate_seek");
    }
    POSTER_ADD(&words, "-ss", from,
               MEDIA_TOOL_INPUT(poster->job->sniff->demuxer), "-i",
               SANDBOX_INPUT, "-map", map, "-vf", filter, "-frames:v", "1",
               "-q:v", "4", "-threads", "1", "-f", "image2", "-update", "1",
               poster->name);

    return job_tool(poster->job, &tool, NULL);
}


/* The frame that is wanted; where none is, the one before it; and where there
   is none, either, the first. */
static job_outcome_t
poster_make(const poster_t *poster)
{
    int i, keys = 0;
    double best = poster->at;
    picture_t picture;
    job_outcome_t outcome = JOB_DONE;

    if (poster->at < 0) {
        best = 0;
        outcome = poster_choose(poster, &best, &keys);
    }

    for (i = 0; i < 3 && outcome == JOB_DONE; i++) {
        outcome = poster_take(poster, i == 2 ? 0 : best, i == 0 ? keys : 1);
        if (outcome == JOB_DONE) {
            outcome = film_picture(poster->job, poster->name, POSTER_BYTES_MAX,
                                   POSTER_REFUSED, &picture);
        }
        if (outcome != JOB_BAD || i == 2) {
            return outcome;
        }
        outcome = JOB_DONE;
    }

    return outcome;
}


/* Of those that were asked for before, the one that is shown may be on some
   page. */
static int
poster_forget(void *data)
{
    int n;
    char name[32];
    const poster_t *poster = data;
    const job_t *job = poster->job;
    const char *shown = json_string_value(json_object_get(
        json_object_get(json_object_get(job->row, "media"), "beside"),
        "poster"));

    for (n = poster->number - 1; n > 0 && n >= poster->number - POSTER_OLD;
         n--) {
        snprintf(name, sizeof(name), "poster-%d.jpg", n);
        if ((shown == NULL || strcmp(shown, name) != 0)
            && store_unpublish(job->config, job->media, name) != 0) {
            return -1;
        }
    }

    return 0;
}


static job_outcome_t
poster_publish(poster_t *poster)
{
    job_t *job = poster->job;
    job_outcome_t outcome;

    outcome = job_publish_file(job, poster->name);
    if (outcome == JOB_DONE && poster->number > 0) {
        outcome = job_disk(job, poster_forget, poster,
                           "removing posters of before");
    }
    if (outcome == JOB_DONE) {
        json_object_set_new(job->patch, "poster", json_true());
        json_object_set_new(job->patch, "beside",
                            json_pack("{s:s}", "poster", poster->name));
    }

    return outcome;
}


/* The second that was asked for, and the name that it gets. */
static void
poster_params(poster_t *poster)
{
    const json_t *params = json_object_get(poster->job->row, "params");
    const json_t *at = json_object_get(params, "at");
    json_int_t number = json_integer_value(json_object_get(params, "number"));

    poster->at = json_is_number(at) ? fmax(json_number_value(at), 0) : -1;
    poster->number = number > 0 && number <= POSTER_NUMBER_MAX ? (int) number
                                                               : 0;
    snprintf(poster->name, sizeof(poster->name), "poster.jpg");
    if (poster->number > 0) {
        snprintf(poster->name, sizeof(poster->name), "poster-%d.jpg",
                 poster->number);
    }
}


job_outcome_t
poster_run(job_t *job)
{
    film_t film;
    poster_t poster = { .job = job, .video = &film.probe.video };
    job_outcome_t outcome;

    outcome = film_open(&film, job);
    if (outcome == JOB_DONE) {
        poster_params(&poster);
        poster.length = film.probe.video.duration > 0
                            ? film.probe.video.duration
                            : film.probe.duration;
        outcome = poster_make(&poster);
    }
    if (outcome == JOB_DONE) {
        outcome = poster_publish(&poster);
    }

    film_close(&film);
    return outcome;
}
