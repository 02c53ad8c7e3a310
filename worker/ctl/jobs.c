#include <string.h>
#include "core/base/uuid.h"
#include "ctl.h"
#include "database.h"
#include "notify.h"
#include "options.h"
#include "output.h"
#include "say.h"

#define JOBS_LIMIT_DEFAULT "50"

static const char *const jobs_states[] = { "queued", "running", "retrying",
                                           "done",   "dead",    "cancelled",
                                           NULL };


static int jobs_change(int argc, char **argv, const char *sql,
                       const char *refusal);
static void jobs_check_state(const char *state);


int
ctl_jobs_list(int argc, char **argv)
{
    const char *conninfo = NULL, *state = NULL, *kind = NULL;
    const char *as_json = NULL;
    const char *limit = JOBS_LIMIT_DEFAULT;
    const char *params[3];
    static const char *const columns[] = { "id",         "kind",     "state",
                                           "attempt",    "progress", "media",
                                           "created_at", "error",    NULL };
    const ctl_option_t options[] = {
        { "state", "STATE", "only those that are queued, running, …", &state },
        { "kind", "KIND", "only those that are probe, package, …", &kind },
        { "limit", "N", "at most so many, 50 unless given", &limit },
        { DATABASE_OPTION, &conninfo },
        { "json", NULL, "for machines", &as_json },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, NULL);
    jobs_check_state(state);
    options_check_limit(limit);

    params[0] = state;
    params[1] = limit;
    params[2] = kind;

    return database_print(conninfo,
                          "select id, kind, state, attempt, progress, media, "
                          "date_trunc('second', created_at) as created_at, "
                          "error from sluice.jobs "
                          "where ($1::text is null or state = $1::text) "
                          "and ($3::text is null or kind = $3::text) "
                          "order by id desc limit $2::integer",
                          3, params, columns, as_json != NULL);
}


int
ctl_jobs_show(int argc, char **argv)
{
    int rc = CTL_OK;
    json_t *rows;
    PGconn *conn;
    const char *id, *conninfo = NULL, *as_json = NULL;
    const ctl_option_t options[] = { { DATABASE_OPTION, &conninfo },
                                     { "json", NULL, "for machines", &as_json },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, &id);
    if (!uuid_valid(id, strlen(id))) {
        say_usage("ID \"%s\" is not a job's id", id);
    }

    conn = database_open(conninfo);
    if (conn == NULL) {
        return CTL_FAILED;
    }

    rows = database_rows(conn, "select * from sluice.jobs where id = $1::uuid",
                         1, &id);
    PQfinish(conn);
    if (rows == NULL) {
        return CTL_FAILED;
    }

    if (json_array_size(rows) == 0) {
        rc = say_fail("there is no job %s", id);
    } else {
        output_object(json_array_get(rows, 0), as_json != NULL);
    }

    json_decref(rows);
    return rc;
}


int
ctl_jobs_retry(int argc, char **argv)
{
    return jobs_change(argc, argv,
                       "select jsonb_build_object("
                       "'wake', jsonb_build_array(j.id), "
                       "'publish', jsonb_build_array(jsonb_build_object("
                       "'channel', 'sluice:progress', "
                       "'message', api.job_event(j)))) as change "
                       "from queue.retry($1::uuid) j where j.id is not null",
                       "is neither dead nor cancelled");
}


int
ctl_jobs_cancel(int argc, char **argv)
{
    return jobs_change(argc, argv,
                       "select jsonb_build_object("
                       "'publish', jsonb_build_array(jsonb_build_object("
                       "'channel', 'sluice:cancel', 'message', "
                       "jsonb_build_object('v', 1, 'job', j.id)), "
                       "jsonb_build_object('channel', 'sluice:progress', "
                       "'message', api.job_event(j)))) as change "
                       "from queue.cancel($1::uuid) j where j.id is not null",
                       "is over, or cannot be cancelled");
}


static int
jobs_change(int argc, char **argv, const char *sql, const char *refusal)
{
    int rc;
    json_t *rows;
    PGconn *conn;
    const char *id, *conninfo = NULL, *address = NULL;
    const ctl_option_t options[] = { { DATABASE_OPTION, &conninfo },
                                     { NOTIFY_OPTION, &address },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, &id);
    if (!uuid_valid(id, strlen(id))) {
        say_usage("ID \"%s\" is not a job's id", id);
    }

    conn = database_open(conninfo);
    if (conn == NULL) {
        return CTL_FAILED;
    }

    rows = database_rows(conn, sql, 1, &id);
    PQfinish(conn);
    if (rows == NULL) {
        return CTL_FAILED;
    }

    rc = json_array_size(rows) == 0
             ? say_fail("job %s %s, or there is none", id, refusal)
             : notify_job(address,
                          json_object_get(json_array_get(rows, 0), "change"));
    json_decref(rows);
    return rc;
}


static void
jobs_check_state(const char *state)
{
    int i;

    if (state == NULL) {
        return;
    }

    for (i = 0; jobs_states[i] != NULL; i++) {
        if (strcmp(state, jobs_states[i]) == 0) {
            return;
        }
    }

    say_usage("--state \"%s\" is none that a job can be in", state);
}
