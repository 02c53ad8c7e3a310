#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/base/file.h"
#include "worker/media/words.h"
#include "worker/score/pdfinfo.h"
#include "score_pages.h"

#define SCORE_INFO_SECONDS 20
#define SCORE_TEXT_SECONDS 60
#define SCORE_TEXT_FILE (1024 * 1024) /* bytes that pdftotext may write */
#define SCORE_TAGS_MAX 32
#define SCORE_TEXT_NAME "text"

typedef struct {
    score_pages_t pages;
    pdfinfo_t info;
    const char *path; /* for the tools */
} score_pdf_t;


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


/* A page's picture; the thumbnail is made of that. */
static job_outcome_t
score_pdf_page(score_pages_t *pages, const char *path, int number)
{
    char page[16], refused[64], too_long[96];
    score_names_t names = { "", "" };
    const char *argv[] = { "pdftoppm",
                           "-png",
                           "-cropbox",
                           "-scale-to",
                           SCORE_STRING(SCORE_PAGE_SIDE),
                           "-singlefile",
                           "-f",
                           page,
                           "-l",
                           page,
                           path,
                           names.page,
                           NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_PAGE_SECONDS,
        .refused = refused,
        .too_long = too_long,
    };

    score_pages_names(pages->score->first + number - 1, &names);
    snprintf(page, sizeof(page), "%d", number);
    snprintf(refused, sizeof(refused), "Page %d of the PDF cannot be rendered.",
             number);
    snprintf(too_long, sizeof(too_long), "Rendering page %d took too long.",
             number);

    return job_tool(pages->job, &tool, NULL);
}


static job_outcome_t
score_pdf_draw(void *data, int first, int last)
{
    int i;
    char why[160];
    score_pdf_t *pdf = data;
    score_pages_t *pages = &pdf->pages;
    job_outcome_t outcome = JOB_DONE;

    for (i = first; i <= last && outcome == JOB_DONE; i++) {
        if (pdfinfo_page_complaint(&pdf->info, i, why, sizeof(why)) != 0) {
            score_pages_lose(pages, i, why);
            continue;
        }

        outcome = score_pdf_page(pages, pdf->path, i);
        if (outcome == JOB_DONE) {
            pages->page[i - 1].state = SCORE_DRAWN;
        } else {
            outcome = score_pages_forgive(pages, i, outcome);
        }
        pages->job->progress = 99.0 * i / pages->count;
        if (outcome == JOB_DONE && job_beat(pages->job) != 0) {
            outcome = pages->job->interrupted;
        }
    }

    return outcome;
}


/* MuPDF beside poppler: two programs of nothing in common. */
static job_outcome_t
score_pdf_second(void *data, int first, int last)
{
    const score_pdf_t *pdf = data;
    char range[40];
    const char *argv[] = { "mutool",
                           "draw",
                           "-q",
                           "-F",
                           "ppm",
                           "-w",
                           SCORE_STRING(SCORE_CHECK_SIDE),
                           "-h",
                           SCORE_STRING(SCORE_CHECK_SIDE),
                           "-o",
                           "check/%04d.ppm",
                           pdf->path,
                           range,
                           NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_PAGE_SECONDS,
        .refused = "The PDF cannot be read once more.",
        .too_long = "Reading the PDF once more took too long.",
    };

    snprintf(range, sizeof(range), "%d-%d", first, last);

    return job_tool(pdf->pages.job, &tool, NULL);
}


static job_outcome_t
score_pdf_pages(score_pdf_t *pdf)
{
    int i;

    pdf->pages.count = pdf->info.pages;
    for (i = 0; i < pdf->info.pages; i++) {
        pdf->pages.page[i].width = pdf->info.page[i].width;
        pdf->pages.page[i].height = pdf->info.page[i].height;
    }

    return score_pages_draw(&pdf->pages);
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

    outcome = job_tool(job, &tool, NULL);

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


static job_outcome_t
score_pdf_read(score_pdf_t *pdf)
{
    job_outcome_t outcome;
    job_t *job = pdf->pages.job;
    score_t *score = pdf->pages.score;

    outcome = score_pdf_info(job, pdf->path, &pdf->info);
    if (outcome == JOB_DONE) {
        outcome = score_pages_count(job, score, pdf->info.pages);
    }
    if (outcome == JOB_DONE && score->draw) {
        outcome = score_pdf_pages(pdf);
    }
    if (outcome == JOB_DONE) {
        outcome = score_pdf_text(job, score, pdf->path);
    }
    if (outcome == JOB_DONE) {
        score->pages = pdf->info.pages;
        score_pdf_about(score->about, &pdf->info);
    }

    return outcome;
}


job_outcome_t
score_pdf(job_t *job, score_t *score)
{
    score_pdf_t *pdf;
    job_outcome_t outcome;

    pdf = calloc(1, sizeof(*pdf));
    if (pdf == NULL) {
        return job_errno(job, "reading the PDF");
    }

    pdf->path = SANDBOX_INPUT;
    pdf->pages = (score_pages_t){ .job = job,
                                  .score = score,
                                  .kind = "drawn",
                                  .draw = score_pdf_draw,
                                  .second = score_pdf_second,
                                  .data = pdf };
    outcome = score_pdf_read(pdf);
    free(pdf);
    return outcome;
}
