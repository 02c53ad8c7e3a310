#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/base/file.h"
#include "worker/jobs/base/media_tool.h"
#include "worker/media/heifinfo.h"
#include "worker/media/picture.h"
#include "worker/media/tiff.h"
#include "score_pages.h"

#define SCORE_PICTURE_SECONDS 60         /* of processor time, for unpacking */
#define SCORE_PICTURE_FILE (512UL << 20) /* bytes of what is unpacked */

/* What the tools are told to make of TIFF and HEIC. */
#define SCORE_TIFF_PDF "tiff.pdf"
#define SCORE_HEIC_PNG "heic.png"

/* Dots an inch of a TIFF that does not say: those of most scanners. */
#define SCORE_TIFF_DPI "300"


/* Before anything is decoded: what does the file claim? */
static job_outcome_t
score_picture_size(job_t *job, picture_t *picture)
{
    int rc, is_png;
    char *bytes;
    size_t len;
    job_outcome_t outcome;

    is_png = strcmp(job->sniff->extension, "png") == 0;

    bytes = file_read(job->input, SCORE_RAW_MAX, &len);
    if (bytes == NULL) {
        return job_errno(job, "reading the picture");
    }

    rc = is_png ? picture_png(bytes, len, picture)
                : picture_jpeg(bytes, len, picture);
    free(bytes);

    if (rc != 0) {
        return job_end(job, JOB_BAD, SCORE_DAMAGED);
    }

    outcome = score_pages_pixels(job, picture->width, picture->height);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    /* A JPEG may carry a second picture or notes behind its end. */
    if (is_png && !picture->complete) {
        return job_end(job, JOB_BAD, "The picture is cut off.");
    }

    return JOB_DONE;
}


static job_outcome_t
score_picture_side(job_t *job, const char *path, const char *demuxer, int side,
                   const char *name, const picture_t *picture)
{
    int width, height;
    char filter[96], file[40];
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *argv[] = { MEDIA_TOOL_FFMPEG,
                           "-xerror",
                           MEDIA_TOOL_INPUT(demuxer),
                           "-i",
                           path,
                           "-map_metadata",
                           "-1",
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
                           file,
                           NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_PAGE_SECONDS,
        .refused = SCORE_DAMAGED,
        .too_long = "Reading the picture took too long.",
    };

    picture_bound(picture, side, &width, &height);
    snprintf(filter, sizeof(filter), "scale=%d:%d:flags=area,format=rgb24",
             width, height);
    snprintf(file, sizeof(file), "%s.png", name);

    outcome = job_tool(job, &tool, &result);
    free(result.output);

    return outcome == JOB_DONE ? score_pages_check(job, 1, name, picture->width,
                                                   picture->height)
                               : outcome;
}


static job_outcome_t
score_picture_scale(job_t *job, const char *path, const char *demuxer,
                    int number, const picture_t *picture)
{
    score_names_t names = { "", "" };
    job_outcome_t outcome;

    score_pages_names(number, &names);

    outcome = score_picture_side(job, path, demuxer, SCORE_PAGE_SIDE,
                                 names.page, picture);
    if (outcome == JOB_DONE) {
        outcome = score_picture_side(job, path, demuxer, SCORE_THUMB_SIDE,
                                     names.thumb, picture);
    }

    return outcome;
}


job_outcome_t
score_picture(job_t *job, score_t *score)
{
    picture_t picture;
    job_outcome_t outcome;

    outcome = score_picture_size(job, &picture);
    if (outcome == JOB_DONE && score->draw) {
        outcome = score_picture_scale(job, SANDBOX_INPUT, job->sniff->demuxer,
                                      score->first, &picture);
    }
    if (outcome == JOB_DONE) {
        score->pages = 1;
        score->width = (int) picture.width;
        score->height = (int) picture.height;
    }

    return outcome;
}


static job_outcome_t
score_tiff_look(job_t *job, score_t *score, tiff_t *tiff)
{
    int rc;
    char *bytes;
    size_t len;
    job_outcome_t outcome;

    bytes = file_read(job->input, SCORE_RAW_MAX, &len);
    if (bytes == NULL) {
        return job_errno(job, "reading the picture");
    }

    rc = tiff_parse(bytes, len, tiff);
    free(bytes);

    if (rc != 0 || tiff->pages == 0 || tiff->pixels == 0) {
        return job_end(job, JOB_BAD, SCORE_DAMAGED);
    }

    outcome = score_pages_pixels(job, tiff->wide, tiff->high);
    return outcome == JOB_DONE ? score_pages_count(job, score, tiff->pages)
                               : outcome;
}


static job_outcome_t
score_tiff_pdf(job_t *job)
{
    job_outcome_t outcome;
    sandbox_result_t result;
    static const char *const argv[] = {
        "tiff2pdf", "-z",           "-u",          "i",
        "-x",       SCORE_TIFF_DPI, "-y",          SCORE_TIFF_DPI,
        "-o",       SCORE_TIFF_PDF, SANDBOX_INPUT, NULL
    };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_PICTURE_SECONDS,
        .file_size = SCORE_PICTURE_FILE,
        .refused = SCORE_DAMAGED,
        .too_long = "Reading the picture took too long.",
    };

    outcome = job_tool(job, &tool, &result);
    free(result.output);
    return outcome;
}


/* A PDF holds its pages in every compression and colour that a TIFF may have,
   and we draw PDFs anyway. */
job_outcome_t
score_tiff(job_t *job, score_t *score)
{
    tiff_t tiff = { .pages = 0 };
    job_outcome_t outcome;

    outcome = score_tiff_look(job, score, &tiff);
    if (outcome == JOB_DONE && score->draw) {
        outcome = score_tiff_pdf(job);
    }
    if (outcome == JOB_DONE && score->draw) {
        outcome = score_draw_pdf(job, score, SCORE_TIFF_PDF);
    }
    if (outcome != JOB_DONE) {
        return outcome;
    }

    /* the PDF is ours: what it says is the tool's */
    json_object_del(score->about, "title");
    json_object_del(score->about, "composer");
    json_object_del(score->about, "tags");

    if (!score->draw) {
        score->pages = tiff.pages;
    }
    if (score->pages == 1) {
        score->width = (int) (tiff_turned(tiff.orientation) ? tiff.height
                                                            : tiff.width);
        score->height = (int) (tiff_turned(tiff.orientation) ? tiff.width
                                                             : tiff.height);
    }

    return JOB_DONE;
}


static job_outcome_t
score_heic_look(job_t *job, score_t *score, heifinfo_t *info)
{
    job_outcome_t outcome;
    sandbox_result_t result;
    static const char *const argv[] = { "heif-info", SANDBOX_INPUT, NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_PAGE_SECONDS,
        .refused = SCORE_DAMAGED,
        .too_long = "Reading the picture took too long.",
    };

    memset(info, 0, sizeof(*info));

    outcome = job_tool(job, &tool, &result);
    if (outcome == JOB_DONE && heifinfo_parse(result.output, info) != 0) {
        outcome = job_end(job, JOB_BAD, "%s", tool.refused);
    }
    free(result.output);

    if (outcome == JOB_DONE) {
        outcome = score_pages_pixels(job, info->wide, info->high);
    }

    return outcome == JOB_DONE ? score_pages_count(job, score, info->pictures)
                               : outcome;
}


static job_outcome_t
score_heic_unpack(job_t *job)
{
    job_outcome_t outcome;
    sandbox_result_t result;
    static const char *const argv[] = { "heif-convert", "--quiet",
                                        SANDBOX_INPUT, SCORE_HEIC_PNG, NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_PICTURE_SECONDS,
        .file_size = SCORE_PICTURE_FILE,
        .refused = SCORE_DAMAGED,
        .too_long = "Reading the picture took too long.",
    };

    outcome = job_tool(job, &tool, &result);
    free(result.output);
    return outcome;
}


/* One picture comes as heic.png, several as heic-1.png and so on. */
static job_outcome_t
score_heic_page(job_t *job, int i, int count, int as)
{
    int rc;
    char name[32], path[PATH_MAX], *bytes;
    size_t len;
    picture_t picture;
    job_outcome_t outcome;

    snprintf(name, sizeof(name), "%s", SCORE_HEIC_PNG);
    if (count > 1) {
        snprintf(name, sizeof(name), "%.*s-%d.png",
                 (int) (sizeof(SCORE_HEIC_PNG) - sizeof(".png")),
                 SCORE_HEIC_PNG, i);
    }

    if (file_join(path, job->work, name) != 0) {
        return job_errno(job, "reading the picture");
    }

    bytes = file_read(path, SCORE_PICTURE_FILE, &len);
    rc = bytes ? picture_png(bytes, len, &picture) : -1;
    free(bytes);

    if (rc != 0 || !picture.complete) {
        return job_end(job, JOB_BAD, SCORE_DAMAGED);
    }

    outcome = score_pages_pixels(job, picture.width, picture.height);

    return outcome == JOB_DONE
               ? score_picture_scale(job, name, "png_pipe", as, &picture)
               : outcome;
}


/* A telephone's file may hold several pictures: each is a page. */
job_outcome_t
score_heic(job_t *job, score_t *score)
{
    int i;
    heifinfo_t info;
    job_outcome_t outcome;

    outcome = score_heic_look(job, score, &info);
    if (outcome == JOB_DONE && score->draw) {
        outcome = score_heic_unpack(job);
    }

    for (i = 1; i <= info.pictures && outcome == JOB_DONE && score->draw; i++) {
        outcome = score_heic_page(job, i, info.pictures, score->first + i - 1);
        job->progress = 99.0 * i / info.pictures;
        if (outcome == JOB_DONE && job_beat(job) != 0) {
            outcome = job->interrupted;
        }
    }

    if (outcome == JOB_DONE) {
        score->pages = info.pictures;
        if (info.pictures == 1) {
            score->width = (int) info.width;
            score->height = (int) info.height;
        }
    }

    return outcome;
}
