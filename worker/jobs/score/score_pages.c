#include <stdio.h>
#include <stdlib.h>
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/jobs/base/media_tool.h"
#include "worker/media/picture.h"
#include "score_pages.h"

#define SCORE_PNG_MAX (64U << 20) /* bytes of one page */


job_outcome_t
score_pages_count(job_t *job, const score_t *score, int pages)
{
    return score->most == 0 || pages <= score->most
               ? JOB_DONE
               : job_end(job, JOB_BAD, "A page is one picture; this %s has %d.",
                         job->sniff->name, pages);
}


job_outcome_t
score_pages_pixels(job_t *job, uint64_t width, uint64_t height)
{
    return width <= PICTURE_PIXELS_MAX && height <= PICTURE_PIXELS_MAX
                   && width * height <= PICTURE_PIXELS_MAX
               ? JOB_DONE
               : job_end(job, JOB_BAD, MEDIA_TOOL_PIXELS, (unsigned) width,
                         (unsigned) height);
}


/* pdftoppm writes broken files at times, with exit code 0. */
job_outcome_t
score_pages_check(job_t *job, int number, const char *name, double width,
                  double height)
{
    int rc;
    char path[PATH_MAX], file[40], *bytes;
    size_t len;
    picture_t picture;

    snprintf(file, sizeof(file), "%s.png", name);
    if (file_join(path, job->work, file) != 0) {
        return job_errno(job, "checking a page");
    }

    bytes = file_read(path, SCORE_PNG_MAX, &len);
    rc = bytes ? picture_png(bytes, len, &picture) : -1;
    free(bytes);

    if (rc != 0 || !picture.complete
        || !picture_fits(&picture, width, height)) {
        log_write(LOG_WARN, "job score %s: refused %s", job->id, file);
        return job_end(job, JOB_BAD, "Page %d cannot be rendered.", number);
    }

    return JOB_DONE;
}


void
score_pages_names(int number, score_names_t *names)
{
    snprintf(names->page, sizeof(names->page), "pages/%04d", number);
    snprintf(names->thumb, sizeof(names->thumb), "pages/%04d.thumb", number);
}
