/*
 * Files that no row knows. A pass looks at all there is in the spool and the
 * store and notes in the record what nobody knows; what was noted a day ago, is
 * as it was and still unknown, goes. Why nothing goes that somebody needs:
 *
 * - nginx makes a row first, and the file follows. A row ends while a request
 *   still holds the lock of the file where the record was away for long; here
 *   the row is asked for, and the file removed, under that lock. Nobody holds a
 *   file and has no row for a day, or the bytes still come: then it is young.
 * - Jobs publish for media that have a row, and an attachment has its row
 *   before its file comes to the store.
 * - `remove` takes the files before the row: they are known until they are
 *   gone.
 * - Ids are never used twice: a folder without a row never gets one again, but
 *   from a backup of the record. Hence the brake in orphans_judge().
 *
 * Whoever is killed here leaves notes, which the next pass goes on with.
 */

#define _GNU_SOURCE /* nftw */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "worker/base/file.h"
#include "orphans.h"

#define ORPHANS_OPEN 16 /* folders at a time, in a tree */
#define ORPHANS_SHARDS 256


static job_outcome_t orphans_walk(orphans_t *orphans, const char *path);


/* Where "spool/…" or "media/…" is. */
static int
orphans_path(const orphans_t *orphans, const char *name, char path[PATH_MAX])
{
    int n;
    const config_t *config = orphans->job->config;
    const size_t len = strcspn(name, "/");

    n = snprintf(path, PATH_MAX, "%s%s",
                 strncmp(name, ORPHAN_SPOOL, len) == 0 ? config->spool
                                                       : config->media,
                 name + len);
    return n > 0 && n < PATH_MAX ? 0 : -1;
}


static job_outcome_t
orphans_look(orphans_t *orphans, const char *path)
{
    int is_folder;
    char real[PATH_MAX], inner[PATH_MAX], mark[ORPHAN_MARK_SIZE];
    orphan_t orphan;
    struct stat st;
    job_t *job = orphans->job;
    job_outcome_t outcome;

    if (job_beat(job) != 0) {
        return job->interrupted;
    }
    if (orphans_path(orphans, path, real) != 0 || lstat(real, &st) != 0) {
        return JOB_DONE;
    }

    if (orphan_parse(path, &orphan) == ORPHAN_HOUSE) {
        return JOB_DONE;
    }

    is_folder = orphan.kind == ORPHAN_FOLDER || orphan.kind == ORPHAN_FILES;

    if (orphan.kind == ORPHAN_STRANGE
        || !(is_folder ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode))) {
        orphans_strange(orphans, path);
        return JOB_DONE;
    }

    if (orphan.kind == ORPHAN_FOLDER) {
        job->progress += job->progress < 99 ? 99.0 / ORPHANS_SHARDS : 0;
        return orphans_walk(orphans, path);
    }

    orphan_mark(&st, mark);
    outcome = orphans_add(orphans, path, &orphan, mark, st.st_mtim.tv_sec);

    /* Of what else lies in a media file's folder no row tells. */
    if (orphan.kind == ORPHAN_FILES && outcome == JOB_DONE
        && file_join(inner, path, ORPHAN_ATTACHMENTS) == 0) {
        orphans->folders++;
        outcome = orphans_walk(orphans, inner);
    }

    return outcome;
}


/* At most three levels of folders. One that is gone was removed meanwhile. */
static job_outcome_t
orphans_walk(orphans_t *orphans, const char *path)
{
    char real[PATH_MAX], inner[PATH_MAX];
    DIR *dir;
    const struct dirent *entry;
    job_outcome_t outcome = JOB_DONE;

    if (orphans_path(orphans, path, real) != 0) {
        return job_errno(orphans->job, "looking for orphans");
    }

    dir = opendir(real);
    if (dir == NULL) {
        return errno == ENOENT && strchr(path, '/') != NULL
                   ? JOB_DONE
                   : job_errno(orphans->job, "looking for orphans");
    }

    while (outcome == JOB_DONE && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0
            || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (file_join(inner, path, entry->d_name) == 0) {
            outcome = orphans_look(orphans, inner);
        }
    }

    closedir(dir);
    return outcome;
}


static int
orphans_young(const char *path, const struct stat *st, int type,
              struct FTW *where)
{
    (void) path;
    (void) where;

    return type == FTW_DNR || type == FTW_NS
           || !orphan_old(st->st_mtim.tv_sec, time(NULL));
}


/* Of all that is below, too: what cannot be looked at is young. */
static int
orphans_tree_old(const char *path)
{
    return nftw(path, orphans_young, ORPHANS_OPEN, FTW_PHYS) == 0;
}


static int
orphans_same(const char *path, const char *mark, int is_folder)
{
    char now[ORPHAN_MARK_SIZE];
    struct stat st;

    if (lstat(path, &st) != 0) {
        return 0;
    }

    orphan_mark(&st, now);
    return strcmp(now, mark) == 0 && orphan_old(st.st_mtim.tv_sec, time(NULL))
           && (!is_folder || orphans_tree_old(path));
}


static int
orphans_look_again(void *data)
{
    orphans_ripe_t *ripe = data;

    if (orphans_path(ripe->orphans, ripe->name, ripe->path) != 0) {
        return 0;
    }

    ripe->same = orphans_same(ripe->path, ripe->mark, ripe->is_folder);
    return 0;
}


static int
orphans_erase(void *data)
{
    const orphans_ripe_t *ripe = data;

    return file_erase(ripe->path);
}


static job_outcome_t
orphans_in_folders(job_t *job)
{
    char host[64] = "";
    orphans_t orphans = { .job = job,
                          .place = host,
                          .is_folder = 1,
                          .look = orphans_look_again,
                          .erase = orphans_erase };
    job_outcome_t outcome;

    gethostname(host, sizeof(host) - 1);
    orphans.batch = json_array();

    outcome = orphans_walk(&orphans, ORPHAN_SPOOL);
    if (outcome == JOB_DONE && !config_has_bucket(job->config)) {
        outcome = orphans_walk(&orphans, ORPHAN_MEDIA);
    }
    if (outcome == JOB_DONE) {
        outcome = orphans_end(&orphans);
    }

    json_decref(orphans.batch);
    return outcome;
}


job_outcome_t
orphans_run(job_t *job)
{
    job_outcome_t outcome;

    house_count(job, "strange", 0);
    house_count(job, "removed", 0);

    outcome = orphans_in_folders(job);

    return outcome == JOB_DONE && config_has_bucket(job->config)
               ? orphans_in_bucket(job)
               : outcome;
}
