#include <stdlib.h>
#include "worker/base/file.h"
#include "film.h"


job_outcome_t
film_picture(job_t *job, const char *name, size_t max, const char *refused,
             picture_t *picture)
{
    int rc = -1;
    char path[PATH_MAX], *bytes;
    size_t len;

    if (file_join(path, job->work, name) != 0) {
        return job_errno(job, "checking a picture");
    }

    bytes = file_read(path, max, &len);
    if (bytes != NULL) {
        rc = picture_jpeg(bytes, len, picture);
    }
    free(bytes);

    return rc == 0 && picture->complete ? JOB_DONE
                                        : job_end(job, JOB_BAD, "%s", refused);
}
