#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "worker/base/clock.h"
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/media/picture.h"
#include "score_pages.h"

#define SCORE_CHECK_SECONDS 60 /* of processor time, a batch */
#define SCORE_NUMBER_SIZE 16
#define SCORE_CHECK "check"
#define SCORE_MISSING_MAX 64 /* entries that tell of pages */

/* A page that stands for one whose size is not known: A4. */
#define SCORE_MARK_WIDTH 210.0
#define SCORE_MARK_HEIGHT 297.0


job_outcome_t
score_pages_count(job_t *job, const score_t *score, int pages)
{
    return score->most == 0 || pages <= score->most
               ? JOB_DONE
               : job_end(job, JOB_BAD, "A page is one picture; this %s has %d.",
                         job->sniff->name, pages);
}


void
score_pages_names(int number, score_names_t *names)
{
    snprintf(names->page, sizeof(names->page), "pages/%04d", number);
    snprintf(names->thumb, sizeof(names->thumb), "pages/%04d.thumb", number);
}


/* {"page":2,"last":4,"error":"…"}: neighbours with one reason are one entry,
   and the last entry that there is room for has the rest. */
static void
score_pages_tell(json_t *missing, int number, const char *why)
{
    const size_t count = json_array_size(missing);
    json_t *entry = count > 0 ? json_array_get(missing, count - 1) : NULL;
    const int full = count == SCORE_MISSING_MAX;

    if (entry != NULL
        && (full
            || (json_integer_value(json_object_get(entry, "last")) == number - 1
                && strcmp(json_string_value(json_object_get(entry, "error")),
                          why)
                       == 0))) {
        json_object_set_new(entry, "last", json_integer(number));
        if (full) {
            json_object_set_new(
                entry, "error",
                json_string("Not all pages from here on could be drawn."));
        }
        return;
    }

    json_array_append_new(missing, json_pack("{s:i, s:i, s:s}", "page", number,
                                             "last", number, "error", why));
}


void
score_pages_miss(score_t *score, int number, const char *why)
{
    json_t *missing;

    missing = json_object_get(score->about, "missing");
    if (missing == NULL) {
        missing = json_array();
        json_object_set_new(score->about, "missing", missing);
    }
    score_pages_tell(missing, number, why);
}


void
score_pages_lose(score_pages_t *pages, int index, const char *why)
{
    pages->page[index - 1].state = SCORE_LOST;
    score_pages_miss(pages->score, pages->score->first + index - 1, why);
    log_write(LOG_WARN, "job score %s: page %d: %s", pages->job->id, index,
              why);
}


job_outcome_t
score_pages_forgive(score_pages_t *pages, int index, job_outcome_t outcome)
{
    char why[JOB_ERROR_SIZE];
    job_t *job = pages->job;

    if (outcome != JOB_BAD || job->disk_failed) {
        return outcome;
    }

    snprintf(why, sizeof(why), "%s", job->error);
    job->error[0] = '\0';
    score_pages_lose(pages, index, why);
    return JOB_DONE;
}


static int
score_pages_first(const score_pages_t *pages, int from, score_state_t state)
{
    while (from <= pages->count && pages->page[from - 1].state != state) {
        from++;
    }

    return from;
}


/* Is what was made of it a page of the shape that it should have? */
static void
score_pages_judge(score_pages_t *pages, const drawn_t *drawn)
{
    char why[96];
    picture_t picture = { .width = (uint32_t) drawn->width,
                          .height = (uint32_t) drawn->height };

    if (drawn->index > pages->count
        || pages->page[drawn->index - 1].state != SCORE_DRAWN) {
        return;
    }

    if (drawn->kind == DRAWN_DIFFERS) {
        log_write(LOG_ERROR,
                  "job score %s: page %d is another one to a second program",
                  pages->job->id, drawn->index);
        snprintf(why, sizeof(why),
                 "Two programs that read page %d do not agree about it.",
                 drawn->index);
        score_pages_lose(pages, drawn->index, why);

    } else if (drawn->kind == DRAWN_BROKEN
               || !picture_fits(&picture, pages->page[drawn->index - 1].width,
                                pages->page[drawn->index - 1].height)) {
        snprintf(why, sizeof(why), "Page %d cannot be rendered.", drawn->index);
        score_pages_lose(pages, drawn->index, why);

    } else if (drawn->kind == DRAWN_ALONE) {
        json_object_set_new(
            pages->job->result, "unchecked",
            json_integer(1
                         + json_integer_value(json_object_get(
                             pages->job->result, "unchecked"))));
    }
}


/* Thumbnails, and a look at each page beside what the second program drew. */
static job_outcome_t
score_pages_check(score_pages_t *pages, int first, int last)
{
    int i;
    char words[3][SCORE_NUMBER_SIZE];
    drawn_t drawn;
    const char *at;
    job_outcome_t outcome;
    sandbox_result_t result;
    const char *const argv[] = { SANDBOX_PICTURE,
                                 "check",
                                 pages->kind,
                                 words[0],
                                 words[1],
                                 words[2],
                                 SCORE_STRING(SCORE_THUMB_SIDE),
                                 NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_CHECK_SECONDS,
        .refused = "The pages cannot be looked at.",
        .too_long = "Looking at the pages takes too long.",
    };

    snprintf(words[0], sizeof(words[0]), "%d", first);
    snprintf(words[1], sizeof(words[1]), "%d", last);
    snprintf(words[2], sizeof(words[2]), "%d", pages->score->first + first - 1);

    outcome = job_tool(pages->job, &tool, &result);
    for (at = result.output;
         outcome == JOB_DONE && (at = drawn_next(at, &drawn)) != NULL;) {
        score_pages_judge(pages, &drawn);
        if (drawn.kind == DRAWN_DIFFERS) {
            log_write(LOG_ERROR, "job score %s: %s", pages->job->id,
                      result.err);
        }
    }
    free(result.output);

    if (outcome == JOB_BAD) {
        for (i = first; i <= last && outcome == JOB_BAD; i++) {
            if (pages->page[i - 1].state == SCORE_DRAWN) {
                outcome = score_pages_forgive(pages, i, outcome);
            }
        }
    }

    return outcome;
}


/* Bytes of a page that was drawn. */
static uint64_t
score_pages_size(const score_pages_t *pages, int index)
{
    char name[40], path[PATH_MAX];
    struct stat st;
    score_names_t names = { "", "" };

    score_pages_names(pages->score->first + index - 1, &names);
    snprintf(name, sizeof(name), "%s.png", names.page);

    return file_join(path, pages->job->work, name) == 0 && stat(path, &st) == 0
               ? (uint64_t) st.st_size
               : 0;
}


/* Draws a batch from the first page on that is left; what of it was drawn is
   checked. */
static job_outcome_t
score_pages_batch(score_pages_t *pages, int first, uint64_t *bytes)
{
    int i, last = first + SCORE_BATCH - 1, drawn = 0;
    char folder[PATH_MAX];
    job_outcome_t outcome;

    last = last < pages->count ? last : pages->count;
    if (file_join(folder, pages->job->work, SCORE_CHECK) != 0
        || mkdir(folder, 0755) != 0) {
        return job_errno(pages->job, "making a folder to work in");
    }

    outcome = pages->draw(pages->data, first, last);

    while (last > first && pages->page[last - 1].state == SCORE_LEFT) {
        last--;
    }
    if (outcome == JOB_DONE && pages->page[first - 1].state == SCORE_LEFT) {
        score_pages_lose(pages, first, SCORE_DAMAGED);
    }
    for (i = first; i <= last; i++) {
        drawn += pages->page[i - 1].state == SCORE_DRAWN;
        *bytes += score_pages_size(pages, i);
    }

    if (outcome == JOB_DONE && drawn > 0 && pages->second != NULL) {
        outcome = pages->second(pages->data, first, last);
        /* it is missed, and told: DRAWN_ALONE */
        if (outcome == JOB_BAD && !pages->job->disk_failed) {
            outcome = JOB_DONE;
        }
    }
    if (outcome == JOB_DONE && drawn > 0) {
        outcome = score_pages_check(pages, first, last);
    }
    if (file_erase(folder) != 0 && outcome == JOB_DONE) {
        outcome = job_errno(pages->job, "clearing up");
    }

    return outcome;
}


static void
score_pages_rest(score_pages_t *pages, const char *why)
{
    int i;

    for (i = 1; i <= pages->count; i++) {
        if (pages->page[i - 1].state == SCORE_LEFT) {
            score_pages_lose(pages, i, why);
        }
    }
}


static job_outcome_t
score_pages_all(score_pages_t *pages)
{
    int first = 1;
    uint64_t bytes = 0;
    job_t *job = pages->job;
    job_outcome_t outcome = JOB_DONE;
    const int64_t start = clock_now();

    for (;;) {
        first = score_pages_first(pages, first, SCORE_LEFT);
        if (first > pages->count || outcome != JOB_DONE) {
            return outcome;
        }
        if (clock_since(start) > SCORE_JOB_SECONDS) {
            score_pages_rest(pages, "The pages before it took all the time "
                                    "that there is for one score.");
            return JOB_DONE;
        }
        if (bytes > SCORE_JOB_BYTES) {
            score_pages_rest(pages, "The pages before it took all the room "
                                    "that there is for one score.");
            return JOB_DONE;
        }

        outcome = score_pages_batch(pages, first, &bytes);
        job->progress = 99.0 * first / pages->count;
        if (outcome == JOB_DONE && job_beat(job) != 0) {
            outcome = job->interrupted;
        }
    }
}


/* Those from `first` to `last` are lost. */
static job_outcome_t
score_pages_mark(score_pages_t *pages, int first, int last)
{
    double width = pages->page[first - 1].width,
           height = pages->page[first - 1].height, scale;
    char words[4][SCORE_NUMBER_SIZE];
    const char *const argv[] = { SANDBOX_PICTURE,
                                 "mark",
                                 words[0],
                                 words[1],
                                 words[2],
                                 words[3],
                                 SCORE_STRING(SCORE_THUMB_SIDE),
                                 NULL };
    const job_tool_t tool = {
        .argv = argv,
        .seconds = SCORE_CHECK_SECONDS,
        .refused = "The pages that are missing cannot be marked.",
        .too_long = "Marking the pages that are missing takes too long.",
    };

    /* nothing is longer than twenty times as wide but by mistake */
    if (!(width > 0) || !(height > 0) || width > 20 * height
        || height > 20 * width) {
        width = SCORE_MARK_WIDTH;
        height = SCORE_MARK_HEIGHT;
    }
    scale = SCORE_PAGE_SIDE / (width > height ? width : height);

    snprintf(words[0], sizeof(words[0]), "%d", pages->score->first + first - 1);
    snprintf(words[1], sizeof(words[1]), "%d", pages->score->first + last - 1);
    snprintf(words[2], sizeof(words[2]), "%.0f", width * scale);
    snprintf(words[3], sizeof(words[3]), "%.0f", height * scale);

    return job_tool(pages->job, &tool, NULL);
}


static job_outcome_t
score_pages_mark_all(score_pages_t *pages)
{
    int first = 1, last;
    job_outcome_t outcome = JOB_DONE;

    for (; outcome == JOB_DONE; first = last + 1) {
        first = score_pages_first(pages, first, SCORE_LOST);
        if (first > pages->count) {
            break;
        }
        for (last = first; last < pages->count && last < first + SCORE_BATCH
                           && pages->page[last].state == SCORE_LOST;
             last++) {
        }
        outcome = score_pages_mark(pages, first, last);
    }

    return outcome;
}


job_outcome_t
score_pages_draw(score_pages_t *pages)
{
    const json_t *first;
    job_outcome_t outcome;

    outcome = score_pages_all(pages);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    if (score_pages_first(pages, 1, SCORE_DRAWN) > pages->count) {
        first = json_array_get(json_object_get(pages->score->about, "missing"),
                               0);
        return job_end(pages->job, JOB_BAD, "%s",
                       json_string_value(json_object_get(first, "error")));
    }

    pages->score->pages = pages->count;
    return score_pages_mark_all(pages);
}
