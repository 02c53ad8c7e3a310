#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "job.h"
#include "log.h"
#include "media_tool.h"
#include "pdfinfo.h"
#include "picture.h"
#include "store.h"

#define SCORE_INFO_SECONDS 20
#define SCORE_PAGE_SECONDS 20  /* of processor time, a page */
#define SCORE_JOB_SECONDS 1800 /* for all pages */

#define SCORE_PAGE_SIDE 2000 /* pixels: a page's longer side */
#define SCORE_THUMB_SIDE 400

#define SCORE_PNG_MAX (64U << 20)  /* bytes of one page */
#define SCORE_RAW_MAX (256U << 20) /* bytes of an uploaded picture */

#define SCORE_STRING(x) SCORE_STRING_OF(x)
#define SCORE_STRING_OF(x) #x

/* A page in the job's folder: its picture and its thumbnail, without .png as
   pdftoppm wants it. */
typedef struct {
    char page[32];  /* pages/0001 */
    char thumb[32]; /* pages/0001.thumb */
} score_names_t;


static job_outcome_t score_pdf(job_t *job);
static job_outcome_t score_pdf_info(job_t *job, pdfinfo_t *info);
static job_outcome_t score_pdf_pages(job_t *job, const pdfinfo_t *info);
static job_outcome_t score_pdf_render(job_t *job, int number, const char *side,
                                      const char *name);
static job_outcome_t score_picture(job_t *job);
static job_outcome_t score_picture_size(job_t *job, picture_t *picture);
static job_outcome_t score_picture_scale(job_t *job, int width, int height,
                                         const char *name);
static job_outcome_t score_check(job_t *job, int number, const char *name,
                                 double width, double height);
static job_outcome_t score_publish(job_t *job, int pages);
static void score_names(int number, score_names_t *names);


job_outcome_t
job_score(job_t *job)
{
    char path[PATH_MAX];
    job_outcome_t outcome;

    outcome = job_open(job);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    /* The name promised something else than what is inside. */
    if (job->sniff->kind != MEDIA_SCORE) {
        json_object_set_new(job->patch, "kind",
                            json_string(media_kind_name(job->sniff->kind)));
        job_follow(job, "probe");
        return JOB_DONE;
    }

    if (store_join(path, job->work, "pages") != 0 || mkdir(path, 0755) != 0) {
        return job_errno(job, "making a folder to work in");
    }

    if (strcmp(job->sniff->extension, "pdf") == 0) {
        return score_pdf(job);
    }
    if (job->sniff->demuxer != NULL) {
        return score_picture(job);
    }

    return job_end(job, JOB_BAD,
                   "%s has no pages to show yet: upload the score as PDF, PNG "
                   "or JPEG.",
                   job->sniff->name);
}


static job_outcome_t
score_pdf(job_t *job)
{
    pdfinfo_t *info;
    job_outcome_t outcome;

    info = malloc(sizeof(*info));
    if (info == NULL) {
        return job_errno(job, "reading the PDF");
    }

    outcome = score_pdf_info(job, info);
    if (outcome == JOB_DONE) {
        outcome = score_pdf_pages(job, info);
    }
    if (outcome == JOB_DONE) {
        outcome = score_publish(job, info->pages);
    }

    /* json_string() is NULL for what is not UTF-8, and sets nothing then. */
    if (outcome == JOB_DONE && info->author[0] != '\0') {
        json_object_set_new(job->patch, "author", json_string(info->author));
    }
    if (outcome == JOB_DONE && info->title[0] != '\0') {
        json_object_set_new(job->result, "title", json_string(info->title));
    }

    free(info);
    return outcome;
}


static job_outcome_t
score_pdf_info(job_t *job, pdfinfo_t *info)
{
    job_outcome_t outcome;
    sandbox_result_t result;
    static const char *const argv[] = { "pdfinfo",
                                        "-enc",
                                        "UTF-8",
                                        "-f",
                                        "1",
                                        "-l",
                                        SCORE_STRING(PDFINFO_PAGES_MAX),
                                        SANDBOX_INPUT,
                                        NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_INFO_SECONDS,
        .refused = "The PDF cannot be read: it is damaged or cut off.",
        .too_long = "The PDF is built so that looking into it takes too long.",
    };

    outcome = job_tool(job, &tool, &result);

    if (outcome == JOB_BAD && strstr(result.err, "Incorrect password")) {
        job_end(job, JOB_BAD, "The PDF is protected by a password.");
    }
    if (outcome == JOB_DONE && pdfinfo_parse(result.output, info) != 0) {
        outcome = job_end(job, JOB_BAD, "%s", tool.refused);
    }
    if (outcome == JOB_DONE
        && pdfinfo_complaint(info, job->error, sizeof(job->error)) != 0) {
        outcome = JOB_BAD;
    }

    free(result.output);
    return outcome;
}


static job_outcome_t
score_pdf_pages(job_t *job, const pdfinfo_t *info)
{
    int i;
    score_names_t names = { "", "" };
    job_outcome_t outcome = JOB_DONE;
    const pdfinfo_page_t *page;
    struct timespec start, now;

    clock_gettime(CLOCK_MONOTONIC, &start);

    for (i = 1; i <= info->pages && outcome == JOB_DONE; i++) {
        page = &info->page[i - 1];
        score_names(i, &names);

        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - start.tv_sec > SCORE_JOB_SECONDS) {
            return job_end(job, JOB_BAD,
                           "Rendering took longer than %d s; %d of %d pages "
                           "were done.",
                           SCORE_JOB_SECONDS, i - 1, info->pages);
        }

        outcome = score_pdf_render(job, i, SCORE_STRING(SCORE_PAGE_SIDE),
                                   names.page);
        if (outcome == JOB_DONE) {
            outcome = score_check(job, i, names.page, page->width,
                                  page->height);
        }
        if (outcome == JOB_DONE) {
            outcome = score_pdf_render(job, i, SCORE_STRING(SCORE_THUMB_SIDE),
                                       names.thumb);
        }
        if (outcome == JOB_DONE) {
            outcome = score_check(job, i, names.thumb, page->width,
                                  page->height);
        }

        job->progress = 99.0 * i / info->pages;
        if (outcome == JOB_DONE && job_beat(job) != 0) {
            outcome = job->interrupted;
        }
    }

    return outcome;
}


static job_outcome_t
score_pdf_render(job_t *job, int number, const char *side, const char *name)
{
    char page[16], refused[64], too_long[96];
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *argv[] = { "pdftoppm",    "-png", "-cropbox", "-scale-to", side,
                           "-singlefile", "-f",   page,       "-l",        page,
                           SANDBOX_INPUT, name,   NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_PAGE_SECONDS,
        .refused = refused,
        .too_long = too_long,
    };

    snprintf(page, sizeof(page), "%d", number);
    snprintf(refused, sizeof(refused), "Page %d of the PDF cannot be rendered.",
             number);
    snprintf(too_long, sizeof(too_long),
             "Rendering took longer than %d s at page %d.", SCORE_PAGE_SECONDS,
             number);

    outcome = job_tool(job, &tool, &result);
    free(result.output);
    return outcome;
}


static job_outcome_t
score_picture(job_t *job)
{
    int width, height;
    score_names_t names = { "", "" };
    picture_t picture;
    job_outcome_t outcome;
    size_t i;
    const int sides[] = { SCORE_PAGE_SIDE, SCORE_THUMB_SIDE };
    const char *const files[] = { names.page, names.thumb };

    outcome = score_picture_size(job, &picture);
    score_names(1, &names);

    for (i = 0; i < 2 && outcome == JOB_DONE; i++) {
        picture_bound(&picture, sides[i], &width, &height);
        outcome = score_picture_scale(job, width, height, files[i]);
        if (outcome == JOB_DONE) {
            outcome = score_check(job, 1, files[i], picture.width,
                                  picture.height);
        }
    }

    if (outcome == JOB_DONE) {
        outcome = score_publish(job, 1);
    }
    if (outcome == JOB_DONE) {
        json_object_set_new(job->patch, "width", json_integer(picture.width));
        json_object_set_new(job->patch, "height", json_integer(picture.height));
    }

    return outcome;
}


/* Before anything is decoded: what does the file claim? */
static job_outcome_t
score_picture_size(job_t *job, picture_t *picture)
{
    int rc, is_png;
    char *bytes;
    size_t len;

    is_png = strcmp(job->sniff->extension, "png") == 0;

    bytes = store_read(job->input, SCORE_RAW_MAX, &len);
    if (bytes == NULL) {
        return job_errno(job, "reading the picture");
    }

    rc = is_png ? picture_png(bytes, len, picture)
                : picture_jpeg(bytes, len, picture);
    free(bytes);

    if (rc != 0) {
        return job_end(job, JOB_BAD,
                       "The picture cannot be read: it is damaged or cut off.");
    }

    if ((unsigned long long) picture->width * picture->height
        > PICTURE_PIXELS_MAX) {
        return job_end(job, JOB_BAD, MEDIA_TOOL_PIXELS, (int) picture->width,
                       (int) picture->height);
    }

    /* A JPEG may carry a second picture or notes behind its end. */
    if (is_png && !picture->complete) {
        return job_end(job, JOB_BAD, "The picture is cut off.");
    }

    return JOB_DONE;
}


static job_outcome_t
score_picture_scale(job_t *job, int width, int height, const char *name)
{
    char filter[96], file[40];
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *argv[] = { MEDIA_TOOL_FFMPEG,
                           "-xerror",
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
                           file,
                           NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_PAGE_SECONDS,
        .refused = "The picture cannot be read: it is damaged or cut off.",
        .too_long = "Reading the picture took too long.",
    };

    snprintf(filter, sizeof(filter), "scale=%d:%d:flags=area,format=rgb24",
             width, height);
    snprintf(file, sizeof(file), "%s.png", name);

    outcome = job_tool(job, &tool, &result);
    free(result.output);
    return outcome;
}


/* pdftoppm writes broken files at times, with exit code 0. */
static job_outcome_t
score_check(job_t *job, int number, const char *name, double width,
            double height)
{
    int rc;
    char path[PATH_MAX], file[40], *bytes;
    size_t len;
    picture_t picture;

    snprintf(file, sizeof(file), "%s.png", name);
    if (store_join(path, job->work, file) != 0) {
        return job_errno(job, "checking a page");
    }

    bytes = store_read(path, SCORE_PNG_MAX, &len);
    rc = bytes ? picture_png(bytes, len, &picture) : -1;
    free(bytes);

    if (rc != 0 || !picture.complete
        || !picture_fits(&picture, width, height)) {
        log_write(LOG_WARN, "job score %s: refused %s", job->id, file);
        return job_end(job, JOB_BAD, "Page %d cannot be rendered.", number);
    }

    return JOB_DONE;
}


static job_outcome_t
score_publish(job_t *job, int pages)
{
    int i;
    char file[40];
    score_names_t names = { "", "" };
    job_outcome_t outcome = JOB_DONE;

    for (i = 1; i <= pages && outcome == JOB_DONE; i++) {
        score_names(i, &names);
        snprintf(file, sizeof(file), "%s.png", names.page);
        outcome = job_settle(job, file);
        if (outcome == JOB_DONE) {
            snprintf(file, sizeof(file), "%s.png", names.thumb);
            outcome = job_settle(job, file);
        }
        if (outcome == JOB_DONE && job_beat(job) != 0) {
            outcome = job->interrupted;
        }
    }

    if (outcome == JOB_DONE) {
        outcome = job_publish_folder(job, "pages", 2 * pages);
    }
    if (outcome != JOB_DONE) {
        return outcome;
    }

    if (store_keep_original(job->config, job->media, job->input,
                            job->sniff->extension)
        != 0) {
        return job_errno(job, "moving the file into the store");
    }

    json_object_set_new(job->patch, "kind", json_string("score"));
    json_object_set_new(job->patch, "extension",
                        json_string(job->sniff->extension));
    json_object_set_new(job->patch, "pages", json_integer(pages));
    return JOB_DONE;
}


static void
score_names(int number, score_names_t *names)
{
    snprintf(names->page, sizeof(names->page), "pages/%04d", number);
    snprintf(names->thumb, sizeof(names->thumb), "pages/%04d.thumb", number);
}
