#include <stdio.h>
#include <string.h>
#include "worker/base/file.h"
#include "job.h"


job_outcome_t
job_write(job_t *job, const char *name, const char *text, const char *doing)
{
    char path[PATH_MAX], folders[PATH_MAX];
    const char *slash = strrchr(name, '/');

    snprintf(folders, sizeof(folders), "%.*s", slash ? (int) (slash - name) : 0,
             name);

    return text != NULL
                   && (slash == NULL || file_folders(job->work, folders) == 0)
                   && file_join(path, job->work, name) == 0
                   && file_erase(path) == 0
                   && file_write(path, text, strlen(text)) == 0
               ? JOB_DONE
               : job_errno(job, doing);
}
