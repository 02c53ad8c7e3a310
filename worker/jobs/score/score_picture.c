/* Pictures: sluice-picture reads all kinds of them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/base/log.h"
#include "worker/jobs/base/media_tool.h"
#include "score_pages.h"

#define SCORE_LOOK_SECONDS 60
#define SCORE_DRAW_SECONDS                            \
    60 /* of processor time, a batch that ends itself \
        */
#define SCORE_NUMBER_SIZE 16

typedef struct {
    score_pages_t pages;
    int orientation; /* of the first page */
    int cut;         /* pages behind the last are gone */
} score_picture_t;


/* A page of the file by its header, or why it is none. */
static job_outcome_t
score_picture_take(score_picture_t *picture, const drawn_t *drawn)
{
    score_pages_t *pages = &picture->pages;

    switch (drawn->kind) {
    case DRAWN_REFUSED:
        return job_end(pages->job, JOB_BAD, "%s", drawn->sentence);

    case DRAWN_CUT:
        picture->cut = 1;
        return JOB_DONE;

    default:
        break;
    }

    if (drawn->index != pages->count + 1 || drawn->index > SCORE_PAGES_MAX) {
        return job_end(pages->job, JOB_BAD, SCORE_DAMAGED);
    }

    pages->count++;
    if (drawn->kind == DRAWN_LOST) {
        score_pages_lose(pages, drawn->index, drawn->sentence);
        return JOB_DONE;
    }

    pages->page[drawn->index - 1].width = drawn->width;
    pages->page[drawn->index - 1].height = drawn->height;
    if (drawn->index == 1) {
        picture->orientation = drawn->orientation;
    }
    return JOB_DONE;
}


static job_outcome_t
score_picture_look(score_picture_t *picture)
{
    job_t *job = picture->pages.job;
    drawn_t drawn;
    const char *at;
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *const argv[] = { SANDBOX_PICTURE, "look", job->sniff->extension,
                                 SANDBOX_INPUT, NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_LOOK_SECONDS,
        .refused = SCORE_DAMAGED,
        .too_long = "Looking into the picture took too long.",
    };

    outcome = job_tool(job, &tool, &result);
    for (at = result.output;
         outcome == JOB_DONE && (at = drawn_next(at, &drawn)) != NULL;) {
        outcome = score_picture_take(picture, &drawn);
    }
    free(result.output);

    if (outcome == JOB_DONE && picture->pages.count == 0) {
        outcome = job_end(job, JOB_BAD, SCORE_DAMAGED);
    }
    return outcome;
}


/* What it says until it is stopped holds; the page it was at is lost. */
static job_outcome_t
score_picture_draw(void *data, int first, int last)
{
    int next = first;
    score_picture_t *picture = data;
    score_pages_t *pages = &picture->pages;
    char words[3][SCORE_NUMBER_SIZE];
    drawn_t drawn;
    const char *at;
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *const argv[] = { SANDBOX_PICTURE,
                                 "draw",
                                 pages->job->sniff->extension,
                                 words[0],
                                 words[1],
                                 words[2],
                                 SCORE_STRING(SCORE_PAGE_SIDE),
                                 SANDBOX_INPUT,
                                 NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_DRAW_SECONDS,
        .refused = SCORE_DAMAGED,
        .too_long = "Reading the picture took too long.",
    };

    snprintf(words[0], sizeof(words[0]), "%d", first);
    snprintf(words[1], sizeof(words[1]), "%d", last);
    snprintf(words[2], sizeof(words[2]), "%d", pages->score->first + first - 1);

    outcome = job_tool(pages->job, &tool, &result);

    for (at = result.output; (at = drawn_next(at, &drawn)) != NULL
                             && drawn.index == next && next <= last;
         next++) {
        if (pages->page[next - 1].state == SCORE_LOST) {
            continue;
        }
        if (drawn.kind == DRAWN_LOST) {
            score_pages_lose(pages, next, drawn.sentence);
        } else if (drawn.kind == DRAWN_PAGE) {
            pages->page[next - 1].state = SCORE_DRAWN;
        }
    }
    if (result.err[0] != '\0' && outcome == JOB_DONE) {
        log_write(LOG_INFO, "job score %s: %s", pages->job->id, result.err);
    }
    free(result.output);

    return next <= last ? score_pages_forgive(pages, next, outcome) : outcome;
}


/* libtiff beside libvips. */
static job_outcome_t
score_picture_second_tiff(void *data, int first, int last)
{
    score_pages_t *pages = &((score_picture_t *) data)->pages;
    char words[2][SCORE_NUMBER_SIZE];
    const char *const argv[] = { SANDBOX_PICTURE,
                                 "second",
                                 words[0],
                                 words[1],
                                 SCORE_STRING(SCORE_CHECK_SIDE),
                                 SANDBOX_INPUT,
                                 NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_DRAW_SECONDS,
        .refused = SCORE_DAMAGED,
        .too_long = "Reading the picture once more took too long.",
    };

    snprintf(words[0], sizeof(words[0]), "%d", first);
    snprintf(words[1], sizeof(words[1]), "%d", last);

    return job_tool(pages->job, &tool, NULL);
}


/* ffmpeg's own readers of JPEG and PNG, which are to say so when they fail. */
static job_outcome_t
score_picture_second(void *data, int first, int last)
{
    const score_picture_t *picture = data;
    job_t *job = picture->pages.job;
    char filter[160];
    /* by Exif's orientation, from 1 */
    static const char *const turns[] = { "",
                                         "hflip,",
                                         "hflip,vflip,",
                                         "vflip,",
                                         "transpose=0,",
                                         "transpose=1,",
                                         "transpose=3,",
                                         "transpose=2," };
    const char *argv[] = { MEDIA_TOOL_FFMPEG,
                           "-noautorotate",
                           "-xerror",
                           "-err_detect",
                           "explode",
                           MEDIA_TOOL_INPUT(job->sniff->demuxer),
                           "-i",
                           SANDBOX_INPUT,
                           "-vf",
                           filter,
                           "-frames:v",
                           "1",
                           "-threads",
                           "1",
                           "-f",
                           "image2",
                           "-update",
                           "1",
                           "check/0001.png",
                           NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_PAGE_SECONDS,
        .refused = SCORE_DAMAGED,
        .too_long = "Reading the picture once more took too long.",
    };

    (void) first, (void) last;
    snprintf(filter, sizeof(filter),
             "format=gbrap,premultiply=inplace=1,"
             "scale=" SCORE_STRING(SCORE_CHECK_SIDE) ":" SCORE_STRING(
                 SCORE_CHECK_SIDE) ":flags=area,%sformat=rgba",
             turns[picture->orientation - 1]);

    return job_tool(job, &tool, NULL);
}


static job_outcome_t
score_picture_pages(score_picture_t *picture, score_t *score)
{
    score_pages_t *pages = &picture->pages;
    job_outcome_t outcome;

    outcome = score_picture_look(picture);
    if (outcome == JOB_DONE) {
        outcome = score_pages_count(pages->job, score, pages->count);
    }
    if (outcome == JOB_DONE && score->draw) {
        outcome = score_pages_draw(pages);
    }
    if (outcome != JOB_DONE) {
        return outcome;
    }

    score->pages = pages->count;
    if (pages->count == 1) {
        score->width = (int) pages->page[0].width;
        score->height = (int) pages->page[0].height;
    }
    if (picture->cut) { /* no page stands for what was never there for us */
        score_pages_miss(score, score->first + pages->count,
                         "The file is cut off or damaged here: if more pages "
                         "followed, they are gone.");
    }
    return JOB_DONE;
}


job_outcome_t
score_picture(job_t *job, score_t *score)
{
    score_picture_t *picture;
    const char *format = job->sniff->extension;
    job_outcome_t outcome;

    picture = calloc(1, sizeof(*picture));
    if (picture == NULL) {
        return job_errno(job, "reading the picture");
    }

    picture->pages = (score_pages_t){
        .job = job,
        .score = score,
        .kind = "sampled",
        .draw = score_picture_draw,
        .second = job->sniff->demuxer != NULL  ? score_picture_second
                  : strcmp(format, "tif") == 0 ? score_picture_second_tiff
                                               : NULL,
        .data = picture,
    };
    picture->orientation = 1;

    outcome = score_picture_pages(picture, score);
    free(picture);
    return outcome;
}
