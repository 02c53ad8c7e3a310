#include <stdio.h>
#include <string.h>
#include "worker/jobs/account/account.h"
#include "worker/jobs/film/film.h"
#include "worker/jobs/house/house.h"
#include "worker/jobs/score/score.h"
#include "kinds.h"
#include "noop.h"

static const kind_t kinds[] = {
    { "probe", probe_run, KIND_MEDIA | KIND_FOLDER },
    { "package", package_run, KIND_MEDIA | KIND_FOLDER | KIND_LONG },
    { "verify", verify_run, KIND_MEDIA | KIND_FOLDER | KIND_BULK | KIND_LONG },
    { "split", split_run, KIND_MEDIA | KIND_FOLDER | KIND_LONG },
    { "encode", encode_run, KIND_MEDIA | KIND_FOLDER | KIND_BULK | KIND_LONG },
    { "join", join_run, KIND_MEDIA | KIND_FOLDER | KIND_LONG },
    { "poster", poster_run, KIND_MEDIA | KIND_FOLDER },
    { "storyboard", storyboard_run,
      KIND_MEDIA | KIND_FOLDER | KIND_BULK | KIND_LONG },
    { "subtitles", subtitles_run, KIND_MEDIA | KIND_FOLDER },
    { "withdraw", withdraw_run, KIND_MEDIA | KIND_FOLDER },
    { "download", download_run, KIND_MEDIA | KIND_FOLDER | KIND_LONG },
    { "chapters", chapters_run, KIND_MEDIA | KIND_FOLDER },
    { "cover", cover_run, KIND_MEDIA | KIND_FOLDER },
    { "listen", listen_run, KIND_MEDIA | KIND_FOLDER | KIND_BULK | KIND_LONG },
    { "score", score_run, KIND_MEDIA | KIND_FOLDER },
    { "attach", attach_run, KIND_MEDIA | KIND_FOLDER },
    { "detach", detach_run, KIND_MEDIA | KIND_FOLDER },
    { "remove", remove_run, KIND_MEDIA | KIND_FOLDER },
    { "expire", expire_run, 0 },
    { "orphans", orphans_run, 0 },
    { "prune", prune_run, 0 },
    { "restore", restore_run, KIND_MEDIA },
    { "scrub", scrub_run, 0 },
    { "mail", mail_run, 0 },
    { "leave", leave_run, 0 },
    { "export", export_run, KIND_FOLDER },
    { "noop", noop_run, 0 },
};


const kind_t *
kinds_find(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }

    return NULL;
}


void
kinds_line(int are_long, char line[KINDS_LINE_SIZE])
{
    size_t i, len = 0;

    line[0] = '\0';

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (((kinds[i].needs & KIND_LONG) != 0) == are_long
            && kinds[i].run != noop_run && kinds[i].run != mail_run
            && len < KINDS_LINE_SIZE) {
            len += (size_t) snprintf(line + len, KINDS_LINE_SIZE - len, "%s%s",
                                     len > 0 ? ", " : "", kinds[i].name);
        }
    }
}


int
kinds_init(job_t *job, const config_t *config, queue_t *queue,
           const volatile sig_atomic_t *stop, const json_t *row)
{
    const kind_t *kind;

    if (job_init(job, config, queue, stop, row) != 0) {
        return -1;
    }

    kind = kinds_find(job->kind);
    if (kind != NULL && (kind->needs & KIND_MEDIA) && job->media[0] == '\0') {
        job_free(job);
        return -1;
    }

    return 0;
}


job_outcome_t
kinds_run(job_t *job)
{
    const char *misfit;
    const kind_t *kind;

    misfit = json_string_value(json_object_get(job->row, "misfit"));
    if (misfit != NULL) {
        return job_end(job, JOB_BAD, "%s", misfit);
    }

    kind = kinds_find(job->kind);
    if (kind == NULL) {
        return job_end(job, JOB_AGAIN, "This worker knows no job of kind %s.",
                       job->kind);
    }

    job->bulk = (kind->needs & KIND_BULK) != 0;

    return kind->needs & KIND_FOLDER ? job_in_folder(job, kind->run)
                                     : kind->run(job);
}
