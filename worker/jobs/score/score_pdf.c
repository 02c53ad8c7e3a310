#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/base/clock.h"
#include "worker/base/file.h"
#include "worker/media/words.h"
#include "worker/score/pdfinfo.h"
#include "score_pages.h"

#define SCORE_INFO_SECONDS 20
#define SCORE_TEXT_SECONDS 60
#define SCORE_JOB_SECONDS 1800        /* for all pages */
#define SCORE_TEXT_FILE (1024 * 1024) /* bytes that pdftotext may write */
#define SCORE_TAGS_MAX 32
#define SCORE_TEXT_NAME "text"


static job_outcome_t
score_pdf_info(job_t *job, const char *path, pdfinfo_t *info)
{
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *const argv[] = { "pdfinfo",
                                 "-enc",
                                 "UTF-8",
                                 "-f",
                                 "1",
                                 "-l",
                                 SCORE_STRING(PDFINFO_PAGES_MAX),
                                 path,
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
score_pdf_render(job_t *job, const char *path, int number, const char *side,
                 const char *name)
{
    char page[16], refused[64], too_long[96];
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *argv[] = { "pdftoppm",    "-png", "-cropbox", "-scale-to", side,
                           "-singlefile", "-f",   page,       "-l",        page,
                           path,          name,   NULL };
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
score_pdf_page(job_t *job, const char *path, int number, int as,
               const pdfinfo_page_t *page)
{
    size_t i;
    score_names_t names = { "", "" };
    job_outcome_t outcome = JOB_DONE;
    static const char *const sides[] = { SCORE_STRING(SCORE_PAGE_SIDE),
                                         SCORE_STRING(SCORE_THUMB_SIDE) };
    const char *const files[] = { names.page, names.thumb };

    score_pages_names(as, &names);

    for (i = 0; i < 2 && outcome == JOB_DONE; i++) {
        outcome = score_pdf_render(job, path, number, sides[i], files[i]);
        if (outcome == JOB_DONE) {
            outcome = score_pages_check(job, number, files[i], page->width,
                                        page->height);
        }
    }

    return outcome;
}


static job_outcome_t
score_pdf_pages(job_t *job, const score_t *score, const char *path,
                const pdfinfo_t *info)
{
    int i;
    job_outcome_t outcome = JOB_DONE;
    const int64_t start = clock_now();

    for (i = 1; i <= info->pages && outcome == JOB_DONE; i++) {
        if (clock_since(start) > SCORE_JOB_SECONDS) {
            return job_end(job, JOB_BAD,
                           "Rendering took longer than %d s; %d of %d pages "
                           "were done.",
                           SCORE_JOB_SECONDS, i - 1, info->pages);
        }

        outcome = score_pdf_page(job, path, i, score->first + i - 1,
                                 &info->page[i - 1]);

        job->progress = 99.0 * i / info->pages;
        if (outcome == JOB_DONE && job_beat(job) != 0) {
            outcome = job->interrupted;
        }
    }

    return outcome;
}


static char *
score_pdf_words(const job_t *job)
{
    char path[PATH_MAX], *bytes, *text;
    size_t len;

    if (file_join(path, job->work, SCORE_TEXT_NAME) != 0) {
        return NULL;
    }

    bytes = file_read(path, SCORE_TEXT_FILE, &len);
    text = malloc(SCORE_TEXT_MAX);

    if (bytes != NULL && text != NULL) {
        /* the last character may have been cut in two */
        while (len > 0 && (bytes[len - 1] & 0x80) != 0) {
            len--;
        }
        words_clean(text, SCORE_TEXT_MAX, bytes, len);
    } else {
        free(text);
        text = NULL;
    }

    free(bytes);
    return text;
}


/* A score without its text is a score all the same: whatever pdftotext wrote
   until it was stopped is taken. */
static job_outcome_t
score_pdf_text(job_t *job, score_t *score, const char *path)
{
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *const argv[] = { "pdftotext", "-enc",
                                 "UTF-8",     "-nopgbrk",
                                 "-l",        SCORE_STRING(PDFINFO_PAGES_MAX),
                                 path,        SCORE_TEXT_NAME,
                                 NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_TEXT_SECONDS,
        .file_size = SCORE_TEXT_FILE,
        .refused = "The text of the PDF cannot be read.",
        .too_long = "The text of the PDF takes too long to read.",
    };

    outcome = job_tool(job, &tool, &result);
    free(result.output);

    if (outcome == JOB_BAD) {
        job->error[0] = '\0';
        outcome = JOB_DONE;
    }
    if (outcome == JOB_DONE) {
        score->text = score_pdf_words(job);
    }

    return outcome;
}


/* "song, easy; school" */
static void
score_pdf_tags(json_t *about, const char *keywords)
{
    char tag[PDFINFO_TEXT_SIZE];
    size_t len;
    json_t *tags = json_array();

    for (; *keywords != '\0'; keywords += len + (keywords[len] != '\0')) {
        len = strcspn(keywords, ",;");
        if (words_clean(tag, sizeof(tag), keywords, len) > 0
            && json_array_size(tags) < SCORE_TAGS_MAX) {
            json_array_append_new(tags, json_string(tag));
        }
    }

    if (json_array_size(tags) > 0) {
        json_object_set(about, "tags", tags);
    }
    json_decref(tags);
}


/* Readers of scores keep the composer as author, and tags as keywords. */
static void
score_pdf_about(json_t *about, const pdfinfo_t *info)
{
    char text[PDFINFO_TEXT_SIZE];

    if (words_copy(text, sizeof(text), info->title) > 0) {
        json_object_set_new(about, "title", json_string(text));
    }
    if (words_copy(text, sizeof(text), info->author) > 0) {
        json_object_set_new(about, "composer", json_string(text));
    }
    score_pdf_tags(about, info->keywords);
}


job_outcome_t
score_draw_pdf(job_t *job, score_t *score, const char *path)
{
    pdfinfo_t *info;
    job_outcome_t outcome;

    info = malloc(sizeof(*info));
    if (info == NULL) {
        return job_errno(job, "reading the PDF");
    }

    outcome = score_pdf_info(job, path, info);
    if (outcome == JOB_DONE) {
        outcome = score_pages_count(job, score, info->pages);
    }
    if (outcome == JOB_DONE && score->draw) {
        outcome = score_pdf_pages(job, score, path, info);
    }
    if (outcome == JOB_DONE) {
        outcome = score_pdf_text(job, score, path);
    }
    if (outcome == JOB_DONE) {
        score->pages = info->pages;
        score_pdf_about(score->about, info);
    }

    free(info);
    return outcome;
}


job_outcome_t
score_pdf(job_t *job, score_t *score)
{
    return score_draw_pdf(job, score, SANDBOX_INPUT);
}
