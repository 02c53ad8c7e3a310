/* Captions that are within the pictures themselves (CEA-608, in the user data
   that ATSC A/53 part 4 puts beside each picture): ffmpeg takes them out as its
   filter `movie` decodes the pictures, all of them. Of the two fields it reads
   the first (CC1). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/jobs/base/argv.h"
#include "worker/jobs/base/media_tool.h"
#include "captions.h"
#include "film_clock.h"
#include "texts.h"

#define CAPTIONS_NAME "cc1"
#define CAPTIONS_TITLE "CC1"
#define CAPTIONS_FILE CAPTIONS_NAME ".ass"
#define CAPTIONS_BYTES (16U << 20)

#define CAPTIONS_SOURCE                                            \
    ":f=%s:si=%d:discontinuity=%d:dec_threads=" MEDIA_TOOL_THREADS \
    ":format_opts=protocol_whitelist=file[out0+subcc]"

static argv_t captions_argv; /* large */


/* A path as the value of a filter's option, which is read twice: once as part
   of the graph, once as part of the options. */
static void
captions_value(FILE *out, const char *path)
{
    for (/* void */; *path != '\0'; path++) {
        if (strchr("\\':,;[]= ", *path) != NULL) {
            fputs("\\\\\\", out);
        }
        fputc(*path, out);
    }
}


static void
captions_source(const film_t *film)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        captions_argv.full = 1;
        return;
    }

    fputs("movie=filename=", out);
    captions_value(out, sandbox_input(film->job->input));
    fprintf(out, CAPTIONS_SOURCE, film->job->sniff->demuxer,
            film->probe.video.index,
            film_clock_is_joined(film) ? FILM_CLOCK_HOLE : 0);
    fclose(out);

    argv_format(&captions_argv, "%s", text);
    free(text);
}


static void
captions_words(const film_t *film)
{
    argv_t *argv = &captions_argv;

    argv_clear(argv);
    argv_add(argv, MEDIA_TOOL_FFMPEG, "-copyts", "-f", "lavfi", "-i");
    captions_source(film);
    argv_add(argv, "-map", "0:s", "-c:s", "ass", "-f", "ass", CAPTIONS_FILE);
}


static job_outcome_t
captions_take(film_t *film)
{
    const job_tool_t tool = {
        .argv = captions_argv.words,
        .seconds = film_decoding(film),
        .file_size = CAPTIONS_BYTES,
        .refused = "The captions in the film cannot be read.",
        .too_long = "Reading the captions in the film took too long.",
    };

    captions_words(film);
    if (captions_argv.full) {
        return job_end(film->job, JOB_BAD, "%s", tool.refused);
    }

    return job_tool(film->job, &tool, NULL);
}


/* Seconds of what comes at which the film begins: for the filter an origin that
   is far away is a jump from 0, where its pictures begin then. */
static double
captions_zero(const film_t *film)
{
    return film->plan.start
           + (film->origin < FILM_CLOCK_HOLE ? film->origin
                                             : -film->probe.video.start);
}


job_outcome_t
captions_add(film_t *film)
{
    job_outcome_t outcome;

    outcome = captions_take(film);

    return outcome == JOB_DONE ? texts_inside(
               film, CAPTIONS_NAME, CAPTIONS_FILE, captions_zero(film),
               json_pack("{s:s, s:s, s:b}", "title", CAPTIONS_TITLE, "purpose",
                         "hearing-impaired", "default", 0))
                               : outcome;
}


void
captions_follow(job_t *job)
{
    film_follow(job, json_pack("{s:s, s:{s:b}}", "kind", "subtitles", "params",
                               "captions", 1));
}
