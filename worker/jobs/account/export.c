/*
 * A zip of all that is somebody's own. It is made aside, in the job's folder,
 * and published in one step when it is whole; then the record tells of it, and
 * its owner has a mail. Whoever is killed on the way leaves nothing that shows:
 * the folder aside is swept, and what was published without the record knowing
 * is made anew by the next try, or goes with the export's row.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "worker/base/file.h"
#include "worker/store/room.h"
#include "worker/store/store.h"
#include "export.h"

#define EXPORT_MISSING_ASIDE "missing.txt"
#define EXPORT_NUMBER_SIZE 24


/* `*begun` is an object to json_decref() when it is JOB_DONE. */
static job_outcome_t
export_begin(export_t *export, json_t **begun)
{
    const char *params[] = { export->job->id, export->id };
    job_outcome_t outcome;

    outcome = job_ask(export->job,
                      "select queue.begin_export($1::uuid, $2::uuid)", 2,
                      params, begun);

    if (outcome == JOB_DONE && !json_is_object(*begun)) {
        json_decref(*begun);
        return job_end(export->job, JOB_BAD, "Nobody wants it any more.");
    }

    return outcome;
}


/* A try before this one may have published, and was killed then. */
static int
export_clear(void *data)
{
    const export_t *export = data;

    return store_unpublish(export->job->config, export->id, EXPORT_ZIP);
}


static int
export_reserve(void *data)
{
    export_t *export = data;

    return room_take(export->job->config, export->fd, export->reserved);
}


/* Room for all of the files is asked before the first byte is written. */
static job_outcome_t
export_open(export_t *export)
{
    job_t *job = export->job;
    job_outcome_t outcome;

    export->all = (uint64_t) json_integer_value(
        json_object_get(export->begun, "bytes"));

    if (file_join(export->path, job->work, EXPORT_ZIP) != 0) {
        return job_errno(job, "making a file for the export");
    }

    export->fd = open(export->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                      0600);
    export->missing = export_text(export, EXPORT_MISSING_ASIDE);

    if (export->fd == -1 || export->missing == NULL) {
        return job_errno(job, "making a file for the export");
    }

    outcome = job_disk(job, export_clear, export, "removing the one before");
    if (outcome != JOB_DONE) {
        return outcome;
    }

    export->reserved = export->all;
    outcome = job_disk(job, export_reserve, export,
                       "looking for room on the disk");
    if (outcome != JOB_DONE) {
        return outcome;
    }

    export->zip = zip_write_open(export->fd);

    return export->zip != NULL
               ? JOB_DONE
               : job_end(job, JOB_AGAIN, "There is no memory for it.");
}


static int
export_finish(void *data)
{
    const export_t *export = data;

    return zip_write_finish(export->zip) == 0 ? room_trim(export->fd) : -1;
}


static int
export_publish(void *data)
{
    const export_t *export = data;

    return store_publish(export->job->config, export->id, export->job->work,
                         EXPORT_ZIP);
}


static int
export_remove(void *data)
{
    const export_t *export = data;

    return store_remove(export->job->config, export->id);
}


/* From here on it can be fetched. */
static job_outcome_t
export_tell(export_t *export)
{
    char bytes[EXPORT_NUMBER_SIZE], lost[EXPORT_NUMBER_SIZE];
    int wanted;
    json_t *answer;
    struct stat st;
    const char *params[] = { export->job->id, export->id, bytes, lost };
    job_outcome_t outcome;

    if (fstat(export->fd, &st) != 0) {
        return job_errno(export->job, "looking at the export");
    }

    snprintf(bytes, sizeof(bytes), "%lld", (long long) st.st_size);
    snprintf(lost, sizeof(lost), "%lld", (long long) export->lost);

    outcome = job_ask(export->job,
                      "select queue.finish_export($1::uuid, $2::uuid, "
                      "$3::bigint, $4::bigint)",
                      4, params, &answer);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    wanted = json_is_true(answer);
    json_decref(answer);

    if (wanted) {
        json_object_set_new(export->job->result, "bytes",
                            json_integer(st.st_size));
        json_object_set_new(export->job->result, "entries",
                            json_integer(export->entries));
        json_object_set_new(export->job->result, "missing",
                            json_integer(export->lost));
        return JOB_DONE;
    }

    outcome = job_disk(export->job, export_remove, export,
                       "removing what nobody wants");

    return outcome == JOB_DONE
               ? job_end(export->job, JOB_BAD, "Nobody wants it any more.")
               : outcome;
}


static job_outcome_t
export_steps(export_t *export)
{
    job_t *job = export->job;
    job_outcome_t outcome = export_open(export);

    if (outcome == JOB_DONE) {
        outcome = export_account(export);
    }
    if (outcome == JOB_DONE) {
        outcome = export_media(export);
    }
    if (outcome == JOB_DONE) {
        outcome = export_readme(export);
    }
    if (outcome == JOB_DONE) {
        outcome = job_disk(job, export_finish, export, "writing the export");
    }
    if (outcome == JOB_DONE) {
        outcome = job_settle(job, EXPORT_ZIP);
    }
    if (outcome == JOB_DONE) {
        outcome = job_confirm(job);
    }
    if (outcome == JOB_DONE) {
        outcome = job_disk(job, export_publish, export, "publishing");
    }

    return outcome == JOB_DONE ? export_tell(export) : outcome;
}


job_outcome_t
export_run(job_t *job)
{
    json_t *begun;
    export_t export = { .job = job, .fd = -1, .now = time(NULL) };
    job_outcome_t outcome;

    export.id = json_string_value(
        json_object_get(json_object_get(job->row, "params"), "export"));

    if (export.id == NULL || !uuid_valid(export.id, strlen(export.id))) {
        return job_end(job, JOB_BAD, "The job does not say which export.");
    }

    outcome = export_begin(&export, &begun);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    export.begun = begun;

    if (!json_is_true(json_object_get(begun, "ready"))) {
        outcome = export_steps(&export);
    }

    zip_write_free(export.zip);
    job_close(job, export.fd);
    if (export.missing != NULL) {
        fclose(export.missing);
    }
    json_decref(begun);

    return outcome;
}
