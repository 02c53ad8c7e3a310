/* The texts of a film, those that are inside and those that somebody brought,
   as WebVTT beside its playlists. Pictures of text stay in the original. */

#include <stdio.h>
#include <string.h>
#include "worker/jobs/base/argv.h"
#include "worker/jobs/base/media_tool.h"
#include "worker/media/language.h"
#include "brought.h"
#include "captions.h"
#include "film_clock.h"
#include "texts.h"

#define SUBTITLES_SECONDS 1800
#define SUBTITLES_BYTES (16U << 20)

static argv_t subtitles_argv; /* large */


/* How ffmpeg writes a stream so that least of it is lost; NULL: it is no text
   that is known. */
static const char *
subtitles_form_of(const char *codec)
{
    static const char *const forms[][2] = {
        { "ass", "ass" },       { "ssa", "ass" },        { "webvtt", "webvtt" },
        { "subrip", "srt" },    { "srt", "srt" },        { "mov_text", "srt" },
        { "text", "srt" },      { "eia_608", "srt" },    { "microdvd", "srt" },
        { "subviewer", "srt" }, { "subviewer1", "srt" }, { "ttml", NULL },
    };
    size_t i;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strcmp(forms[i][0], codec) == 0) {
            return forms[i][1];
        }
    }

    return NULL;
}


static int
subtitles_count(const ffprobe_t *probe)
{
    int i, n = 0;

    for (i = 0; i < probe->ntexts; i++) {
        n += subtitles_form_of(probe->texts[i].codec) != NULL;
    }

    return n;
}


static void
subtitles_words(const film_t *film)
{
    int i;
    const char *form;
    argv_t *argv = &subtitles_argv;

    argv_clear(argv);
    argv_add(argv, MEDIA_TOOL_FFMPEG);
    film_clock_input(argv, film);

    for (i = 0; i < film->probe.ntexts; i++) {
        form = subtitles_form_of(film->probe.texts[i].codec);
        if (form == NULL) {
            continue;
        }
        argv_add(argv, "-map");
        argv_format(argv, "0:%d", film->probe.texts[i].index);
        argv_add(argv, "-c:s", strcmp(form, "srt") == 0 ? "subrip" : "copy",
                 "-f", form);
        argv_format(argv, "s%d.txt", i + 1);
    }
}


/* Takes all of them out in one run over the film: s<n>.txt. */
static job_outcome_t
subtitles_take(film_t *film)
{
    const job_tool_t tool = {
        .argv = subtitles_argv.words,
        .seconds = SUBTITLES_SECONDS,
        .file_size = SUBTITLES_BYTES,
        .refused = "The subtitles in the film cannot be read.",
        .too_long = "Reading the subtitles in the film took too long.",
    };

    subtitles_words(film);
    if (subtitles_argv.full) {
        return job_end(film->job, JOB_BAD, "%s", tool.refused);
    }

    return job_tool(film->job, &tool, NULL);
}


/* What is told of one from inside. */
static json_t *
subtitles_about(const ffprobe_stream_t *text)
{
    char language[LANGUAGE_SIZE];
    const char *purpose = text->is_forced    ? "forced"
                          : text->is_hearing ? "hearing-impaired"
                          : text->is_comment ? "commentary"
                                             : NULL;

    language_tag(language, text->language);

    return json_pack("{s:s*, s:s*, s:s*, s:b}", "language",
                     *language ? language : NULL, "title",
                     *text->title ? text->title : NULL, "purpose", purpose,
                     "default", text->is_default);
}


static job_outcome_t
subtitles_inside_one(film_t *film, int i)
{
    char name[16], file[16];

    snprintf(name, sizeof(name), "s%d", i + 1);
    snprintf(file, sizeof(file), "s%d.txt", i + 1);

    return texts_inside(film, name, file, film->plan.start,
                        subtitles_about(&film->probe.texts[i]));
}


static job_outcome_t
subtitles_inside(film_t *film)
{
    int i;
    job_outcome_t outcome;

    outcome = subtitles_take(film);
    for (i = 0; i < film->probe.ntexts && outcome == JOB_DONE; i++) {
        if (subtitles_form_of(film->probe.texts[i].codec) != NULL) {
            outcome = subtitles_inside_one(film, i);
        }
    }

    json_object_set_new(film->job->result, "texts",
                        json_integer((json_int_t) json_array_size(film->rows)));

    return outcome;
}


void
film_texts(job_t *job, const ffprobe_t *probe)
{
    if (subtitles_count(probe) > 0) {
        job_follow(job, "subtitles");
    }
}


static job_outcome_t
subtitles_make(film_t *film, const json_t *params)
{
    return json_object_get(params, "attachment") != NULL
               ? brought_take(film, params)
           : json_object_get(params, "captions") != NULL
               ? captions_add(film)
               : subtitles_inside(film);
}


job_outcome_t
subtitles_run(job_t *job)
{
    film_t film;
    job_outcome_t outcome;
    const json_t *params = json_object_get(job->row, "params");

    outcome = film_open(&film, job);
    if (outcome == JOB_DONE) {
        outcome = subtitles_make(&film, params);
    }
    if (outcome == JOB_DONE
        && (json_array_size(film.rows) > 0
            || json_object_get(params, "attachment") != NULL)) {
        outcome = film_publish(&film, NULL);
    }

    film_close(&film);
    return outcome;
}
