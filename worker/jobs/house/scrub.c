/* Reads originals again, those first that were not read for the longest time,
   and compares them with what came: disks forget. Who is killed in the middle
   of a file has recorded nothing of it. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "core/base/sha256.h"
#include "worker/base/clock.h"
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/store/store.h"
#include "house.h"
#include "scrub_bucket.h"

#define SCRUB_MANY "32"                    /* rows at a time */
#define SCRUB_DAYS 30                      /* until a file is read again */
#define SCRUB_SECONDS 1800                 /* of a job */
#define SCRUB_RATE ((json_int_t) 32 << 20) /* bytes a second */
#define SCRUB_READ (256 * 1024)            /* bytes */
#define SCRUB_NAP_MS 100                   /* between two looks at the clock */

typedef struct {
    job_t *job;
    json_int_t rate;
    json_int_t bytes; /* read by now */
    double seconds;   /* then no other file is begun */
    int64_t began;    /* clock_now() */
    char days[24];
    unsigned char *buf;
} scrub_t;

/* One file. */
typedef struct {
    const char *id;
    const char *of; /* the media in whose folder an attachment is, or NULL */
    char digest[SHA256_HEX_SIZE];
    char trouble[JOB_ERROR_SIZE]; /* why it cannot be read */
} scrub_file_t;


static int
scrub_open(const scrub_t *scrub, const scrub_file_t *file)
{
    int rc;
    char path[PATH_MAX];
    const config_t *config = scrub->job->config;

    rc = file->of ? store_find_attachment(config, file->of, file->id, path)
                  : store_find_original(config, file->id, path);
    return rc == 0 ? file_open(path) : -1;
}


static int
scrub_store_is_there(const config_t *config)
{
    int found = 0;
    DIR *dir;
    const struct dirent *entry;

    dir = opendir(config->media);
    if (dir == NULL) {
        return 0;
    }

    while (!found && (entry = readdir(dir)) != NULL) {
        found = strlen(entry->d_name) == 2 && strcmp(entry->d_name, "..") != 0;
    }

    closedir(dir);
    return found;
}


/* What the machine lacks comes back; all else is the file's trouble, and rot. A
   store of which nothing is there is not mounted. */
static job_outcome_t
scrub_trouble(scrub_t *scrub, scrub_file_t *file)
{
    size_t i;
    const int error = errno;
    static const int passing[] = { EMFILE, ENFILE, ENOMEM,   EINTR,
                                   EAGAIN, ESTALE, ETIMEDOUT };

    for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
        if (error == passing[i]) {
            return job_errno(scrub->job, "reading an original");
        }
    }

    if (error == ENOENT && !scrub_store_is_there(scrub->job->config)) {
        return job_end(scrub->job, JOB_AGAIN,
                       "The store is empty. Is it mounted?");
    }

    snprintf(file->trouble, sizeof(file->trouble), "It cannot be read: %s.",
             strerror(error));
    return JOB_DONE;
}


/* Until the bytes that were read are no more than the rate allows. */
static job_outcome_t
scrub_wait(scrub_t *scrub)
{
    job_t *job = scrub->job;
    const double due = (double) scrub->bytes / (double) scrub->rate;

    for (;;) {
        job->progress = fmin(99,
                             100 * clock_since(scrub->began) / scrub->seconds);
        if (job_beat(job) != 0) {
            return job->interrupted;
        }
        if (clock_since(scrub->began) >= due) {
            return JOB_DONE;
        }
        clock_sleep(SCRUB_NAP_MS);
    }
}


static job_outcome_t
scrub_read(scrub_t *scrub, int fd, scrub_file_t *file)
{
    off_t done = 0;
    ssize_t n;
    sha256_t sha;
    unsigned char digest[SHA256_SIZE];
    job_outcome_t outcome = JOB_DONE;

    /* What is in memory already says nothing of the disk; what comes there by
       this shall not push out what is served. */
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    sha256_init(&sha);

    while ((n = read(fd, scrub->buf, SCRUB_READ)) > 0) {
        sha256_update(&sha, scrub->buf, (size_t) n);
        posix_fadvise(fd, done, n, POSIX_FADV_DONTNEED);
        done += n;
        scrub->bytes += n;

        outcome = scrub_wait(scrub);
        if (outcome != JOB_DONE) {
            return outcome;
        }
    }

    if (n < 0) {
        return scrub_trouble(scrub, file);
    }

    house_count(scrub->job, "bytes", done);
    sha256_digest(&sha, digest);
    sha256_hex(digest, file->digest);
    return JOB_DONE;
}


static job_outcome_t
scrub_record(scrub_t *scrub, const scrub_file_t *file)
{
    json_t *answer;
    const char *verdict;
    const char *params[] = { file->id, file->of,
                             *file->digest ? file->digest : NULL,
                             *file->trouble ? file->trouble : NULL };
    job_outcome_t outcome;

    outcome = job_ask(scrub->job,
                      "select queue.scrubbed($1::uuid, $2::uuid, $3, $4)", 4,
                      params, &answer);
    verdict = json_string_value(answer);

    if (verdict != NULL && strcmp(verdict, "gone") != 0) {
        house_count(scrub->job, "files", 1);

        if (strcmp(verdict, "rot") == 0) {
            house_count(scrub->job, "rot", 1);
            log_write(LOG_ERROR, "the original of %s %s has rotted: %s",
                      file->of ? "attachment" : "media", file->id,
                      *file->trouble ? file->trouble
                                     : "its SHA-256 is another one.");
        }
    }

    json_decref(answer);
    return outcome;
}


static job_outcome_t
scrub_pace(void *data, json_int_t bytes)
{
    scrub_t *scrub = data;

    scrub->bytes += bytes;
    return scrub_wait(scrub);
}


static job_outcome_t
scrub_file(scrub_t *scrub, scrub_file_t *file)
{
    int fd;
    job_outcome_t outcome;

    if (config_has_bucket(scrub->job->config)) {
        outcome = scrub_in_bucket(scrub->job, file->id, file->of, scrub_pace,
                                  scrub, file->digest, file->trouble);
        return outcome == JOB_DONE ? scrub_record(scrub, file) : outcome;
    }

    fd = scrub_open(scrub, file);
    if (fd == -1) {
        outcome = scrub_trouble(scrub, file);
    } else {
        outcome = scrub_read(scrub, fd, file);
        job_close(scrub->job, fd);
    }

    return outcome == JOB_DONE ? scrub_record(scrub, file) : outcome;
}


static job_outcome_t
scrub_some(scrub_t *scrub, size_t *many)
{
    size_t i;
    json_t *rows;
    const json_t *row;
    const char *params[] = { scrub->days, SCRUB_MANY };
    job_outcome_t outcome;

    outcome = job_ask(scrub->job, "select queue.scrub_next($1::int, $2::int)",
                      2, params, &rows);
    *many = json_array_size(rows);

    for (i = 0; i < *many && outcome == JOB_DONE
                && clock_since(scrub->began) < scrub->seconds;
         i++) {
        scrub_file_t file = { .id = NULL };

        row = json_array_get(rows, i);
        file.id = json_string_value(json_object_get(row, "id"));
        file.of = json_string_value(json_object_get(row, "of"));
        outcome = scrub_file(scrub, &file);
    }

    json_decref(rows);
    return outcome;
}


job_outcome_t
scrub_run(job_t *job)
{
    size_t many = 0;
    scrub_t scrub = { .job = job };
    job_outcome_t outcome;

    scrub.rate = house_number(job, "rate", SCRUB_RATE, 1);
    scrub.seconds = (double) house_number(job, "seconds", SCRUB_SECONDS, 1);
    snprintf(scrub.days, sizeof(scrub.days), "%lld",
             (long long) house_number(job, "days", SCRUB_DAYS, 1));
    scrub.began = clock_now();

    scrub.buf = malloc(SCRUB_READ);
    if (scrub.buf == NULL) {
        return job_errno(job, "making room to read into");
    }

    house_count(job, "files", 0);
    house_count(job, "bytes", 0);
    house_count(job, "rot", 0);

    do {
        outcome = scrub_some(&scrub, &many);
    } while (outcome == JOB_DONE && many > 0
             && clock_since(scrub.began) < scrub.seconds);

    free(scrub.buf);
    return outcome;
}
