#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "worker/base/clock.h"
#include "worker/store/disk.h"
#include "worker/store/store.h"
#include "job.h"


int
job_init(job_t *job, const config_t *config, queue_t *queue,
         const volatile sig_atomic_t *stop, const json_t *row)
{
    const char *id, *media, *kind;

    id = json_string_value(json_object_get(row, "id"));
    kind = json_string_value(json_object_get(row, "kind"));
    media = json_string_value(
        json_object_get(json_object_get(row, "media"), "id"));

    if (id == NULL || kind == NULL || !uuid_valid(id, strlen(id))
        || (media != NULL && !uuid_valid(media, strlen(media)))) {
        return -1;
    }

    memset(job, 0, sizeof(*job));
    job->config = config;
    job->queue = queue;
    job->stop = stop;
    job->row = row;
    job->kind = kind;
    job->share = 1;
    job->patch = json_object();
    job->result = json_object();
    snprintf(job->id, sizeof(job->id), "%s", id);
    snprintf(job->media, sizeof(job->media), "%s", media ? media : "");
    job->version = json_integer_value(json_object_get(row, "version"));
    job->seconds_max = json_number_value(json_object_get(row, "seconds"));
    job->began_at = clock_now();
    job->beat_at = job->told_at = job->began_at;

    return 0;
}


void
job_free(job_t *job)
{
    json_decref(job->patch);
    json_decref(job->result);
}


job_outcome_t
job_in_folder(job_t *job, job_outcome_t (*run)(job_t *job))
{
    int lock;
    job_outcome_t outcome;

    lock = store_work_create(job->config, job->id, job->work);
    if (lock == -1) {
        return job_errno(job, "making a folder to work in");
    }

    outcome = run(job);

    /* Not the file's fault, as far as anyone can tell. */
    if (outcome == JOB_BAD && (job->disk_failed || disk_try(job->work) != 0)) {
        outcome = job_end(job, JOB_AGAIN,
                          "The disk was full or broken meanwhile.");
    }

    job_erase(job);
    store_release(NULL);
    close(lock);
    return outcome;
}


job_outcome_t
job_open(job_t *job)
{
    job_outcome_t outcome;

    outcome = job_find_original(job, job->media, job->input, NULL);

    return outcome == JOB_DONE ? job_look(job) : outcome;
}


/* The bytes that tell, and what they do: of a file behind tags, which may hold
   pictures, those behind them. */
static const sniff_t *
job_sniff(int fd, char bytes[SNIFF_SIZE], ssize_t *n)
{
    int tags;
    off_t at = 0;
    size_t size;

    for (tags = 0; tags < SNIFF_TAGS_MAX; tags++) {
        *n = pread(fd, bytes, SNIFF_SIZE, at);
        size = *n > 0 ? sniff_tag(bytes, (size_t) *n) : 0;
        if (size == 0) {
            break;
        }
        at += (off_t) size;
    }

    return *n < 0    ? NULL
           : at == 0 ? sniff(bytes, (size_t) *n)
                     : sniff_behind_tag(bytes, (size_t) *n);
}


job_outcome_t
job_look(job_t *job)
{
    int fd;
    char bytes[SNIFF_SIZE];
    ssize_t n;
    const sniff_t *found;
    struct stat st;

    fd = open(job->input, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return job_errno(job, "opening the uploaded file");
    }

    found = job_sniff(fd, bytes, &n);
    if (n < 0 || fstat(fd, &st) != 0) {
        close(fd);
        return job_errno(job, "reading the uploaded file");
    }
    close(fd);

    job->input_size = (uint64_t) st.st_size;
    job->sniff = found;

    if (job->sniff == NULL) {
        return job_end(job, JOB_BAD,
                       "This file is not a film or a score that Sluice knows: "
                       "%s.",
                       job_unknown(bytes, (size_t) n));
    }

    return JOB_DONE;
}


const char *
job_unknown(const void *bytes, size_t len)
{
    size_t i;
    const unsigned char *p = bytes;

    if (len == 0) {
        return "it is empty";
    }
    if (len >= 7 && memcmp(p, "#EXTM3U", 7) == 0) {
        return "it is a playlist, which only points at other files";
    }

    for (i = 0; i < len; i++) {
        if (p[i] == '\0' || (p[i] < ' ' && strchr("\t\n\f\r", p[i]) == NULL)) {
            return "its contents are in no format that is taken";
        }
    }

    return "it is a text";
}
