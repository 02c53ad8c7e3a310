/* Small pictures of a film for its seek bar: of key frames, where these are
   close enough to each other, so that hardly anything is decoded. Whether they
   have captions in them is seen by the way. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "worker/base/file.h"
#include "worker/jobs/base/media_tool.h"
#include "worker/media/board.h"
#include "worker/media/plan.h"
#include "captions.h"

#define STORYBOARD_FOLDER "storyboard"
#define STORYBOARD_FILE STORYBOARD_FOLDER "/storyboard.vtt"
#define STORYBOARD_SECONDS 3600
#define STORYBOARD_SHEET_MAX (4U << 20) /* bytes */
#define STORYBOARD_SPARSE 8 /* of so many tiles that are wanted, one */
#define STORYBOARD_CAPTIONS "captions.txt" /* a line for each that has some */

#define STORYBOARD_REFUSED "No storyboard could be made of the film."

typedef struct {
    job_t *job;
    const ffprobe_t *probe;
    board_t board;
    int tiles; /* that came out */
    double times[BOARD_TILES_MAX + BOARD_SIDE];
} storyboard_t;


/* The first frame behind each step, from a quarter of it before. */
static void
storyboard_filter(const storyboard_t *story, char *filter, size_t size)
{
    char tone[PLAN_TONE_SIZE];
    const board_t *board = &story->board;

    plan_tone_map(&story->probe->video, tone);
    snprintf(filter, size,
             "split[all][told];[told]sidedata=select:A53_CC,"
             "metadata=add:key=captions:value=1,"
             "metadata=print:file=" STORYBOARD_CAPTIONS ",nullsink;"
             "[all]select='gte(t,%f*(selected_n-0.25))',scale=%d:%d:flags=area,"
             "%sformat=yuvj420p,metadata=add:key=tile:value=1,"
             "metadata=print:key=tile:file=-,tile=%dx%d",
             board->step, board->width, board->height, tone, BOARD_SIDE,
             board->rows);
}


/* `frames`: those that ffmpeg is to pass over. */
static job_outcome_t
storyboard_draw(storyboard_t *story, const char *frames)
{
    char map[16], sheets[16], filter[800], path[PATH_MAX];
    job_t *job = story->job;
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *const argv[] = { MEDIA_TOOL_FFMPEG,
                                 "-max_error_rate",
                                 "1",
                                 "-skip_frame",
                                 frames,
                                 "-skip_loop_filter",
                                 "all",
                                 MEDIA_TOOL_INPUT(job->sniff->demuxer),
                                 "-i",
                                 SANDBOX_INPUT,
                                 "-map",
                                 map,
                                 "-vf",
                                 filter,
                                 "-fps_mode",
                                 "passthrough",
                                 "-frames:v",
                                 sheets,
                                 "-q:v",
                                 "5",
                                 "-f",
                                 "image2",
                                 STORYBOARD_FOLDER "/sheet-%d.jpg",
                                 NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = STORYBOARD_SECONDS,
        .refused = STORYBOARD_REFUSED,
        .too_long = "Making a storyboard of the film took too long.",
    };

    snprintf(map, sizeof(map), "0:%d", story->probe->video.index);
    snprintf(sheets, sizeof(sheets), "%d", story->board.sheets);
    storyboard_filter(story, filter, sizeof(filter));

    if (file_join(path, job->work, STORYBOARD_FOLDER) != 0
        || file_erase(path) != 0 || mkdir(path, 0755) != 0) {
        return job_errno(job, "making a folder to work in");
    }

    outcome = job_tool(job, &tool, &result);
    story->tiles = board_times(result.output, story->times,
                               BOARD_SIDE * story->board.rows
                                   * story->board.sheets);
    free(result.output);

    return outcome;
}


/* Key frames; where there are too few of them, any that others need. */
static job_outcome_t
storyboard_make(storyboard_t *story)
{
    job_outcome_t outcome;

    outcome = storyboard_draw(story, "nokey");

    if ((outcome == JOB_DONE || outcome == JOB_BAD)
        && story->tiles * STORYBOARD_SPARSE <= story->board.tiles) {
        outcome = storyboard_draw(story, "noref");
    }

    return outcome == JOB_DONE && story->tiles == 0
               ? job_end(story->job, JOB_BAD, STORYBOARD_REFUSED)
               : outcome;
}


static job_outcome_t
storyboard_check(const storyboard_t *story, const char *name)
{
    picture_t picture;
    job_outcome_t outcome;
    const board_t *board = &story->board;

    outcome = film_picture(story->job, name, STORYBOARD_SHEET_MAX,
                           STORYBOARD_REFUSED, &picture);

    return outcome == JOB_DONE
                   && (picture.width != (uint32_t) (BOARD_SIDE * board->width)
                       || picture.height
                              != (uint32_t) (board->rows * board->height))
               ? job_end(story->job, JOB_BAD, STORYBOARD_REFUSED)
               : outcome;
}


static job_outcome_t
storyboard_write(const storyboard_t *story)
{
    char *text;
    job_outcome_t outcome;

    text = board_vtt(&story->board, story->times, story->tiles,
                     story->probe->duration);
    outcome = job_write(story->job, STORYBOARD_FILE, text,
                        "writing the storyboard");
    free(text);

    return outcome;
}


static job_outcome_t
storyboard_publish(const storyboard_t *story)
{
    int i, sheets;
    char name[64];
    job_t *job = story->job;
    job_outcome_t outcome;
    const int of_sheet = BOARD_SIDE * story->board.rows;

    sheets = (story->tiles + of_sheet - 1) / of_sheet;
    outcome = storyboard_write(story);

    for (i = 1; i <= sheets && outcome == JOB_DONE; i++) {
        snprintf(name, sizeof(name), STORYBOARD_FOLDER "/sheet-%d.jpg", i);
        outcome = storyboard_check(story, name);
        if (outcome == JOB_DONE) {
            outcome = job_settle(job, name);
        }
    }
    if (outcome == JOB_DONE) {
        outcome = job_settle(job, STORYBOARD_FILE);
    }
    if (outcome == JOB_DONE) {
        outcome = job_publish_folder(job, STORYBOARD_FOLDER, sheets + 1);
    }
    if (outcome == JOB_DONE) {
        json_object_set_new(job->patch, "beside",
                            json_pack("{s:s}", "storyboard", STORYBOARD_FILE));
        json_object_set_new(job->result, "tiles", json_integer(story->tiles));
    }

    return outcome;
}


static void
storyboard_captions(const storyboard_t *story)
{
    char path[PATH_MAX];
    struct stat st;

    if (file_join(path, story->job->work, STORYBOARD_CAPTIONS) == 0
        && lstat(path, &st) == 0 && st.st_size > 0) {
        captions_follow(story->job);
    }
}


job_outcome_t
storyboard_run(job_t *job)
{
    film_t film;
    storyboard_t story = { .job = job, .probe = &film.probe };
    job_outcome_t outcome;

    outcome = film_open(&film, job);
    if (outcome == JOB_DONE) {
        board_plan(&story.board, film.probe.duration, film.probe.video.width,
                   film.probe.video.height);
        outcome = storyboard_make(&story);
    }
    if (outcome == JOB_DONE) {
        outcome = storyboard_publish(&story);
    }
    if (outcome == JOB_DONE) {
        storyboard_captions(&story);
    }

    film_close(&film);
    return outcome;
}
