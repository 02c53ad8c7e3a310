#define _GNU_SOURCE /* strndup */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/base/sha256.h"
#include "ctl.h"
#include "database.h"
#include "options.h"
#include "output.h"
#include "promise.h"
#include "say.h"
#include "sql.h"


/* Any number will do, as long as all use it: "sluice" in ASCII. */
#define DB_LOCK "select pg_advisory_xact_lock(126943987098469)"
#define DB_LOCK_LONG "select pg_advisory_lock(126943987098469)"

/* A statement that waits for a table holds up all that come behind it: it gives
   up soon, and the whole begins anew. */
#define DB_PATIENCE "set local lock_timeout = '2s'"
#define DB_TRIES 40
#define DB_PAUSE 1              /* seconds */
#define DB_LOCK_NOT_HAD "55P03" /* PostgreSQL's Appendix A */

#define DB_TABLE                                            \
    "create table if not exists public.sluice_migrations (" \
    "name text primary key, digest text not null, "         \
    "applied_at timestamptz not null default now())"

/* Functions that were made anew have lost what was granted. */
#define DB_RIGHTS "select sluice.grant_rights()"

#define DB_APPLIED                                                 \
    "select name, digest, to_char(applied_at at time zone 'UTC', " \
    "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as applied_at "             \
    "from public.sluice_migrations order by name"


static json_t *
db_applied(PGconn *conn)
{
    int absent;
    PGresult *result;

    result = database_query(
        conn, "select to_regclass('public.sluice_migrations') is null", 0,
        NULL);
    if (result == NULL) {
        return NULL;
    }
    absent = *PQgetvalue(result, 0, 0) == 't';
    PQclear(result);

    return absent ? json_array() : database_rows(conn, DB_APPLIED, 0, NULL);
}


static int
db_known(const json_t *row)
{
    const char *name = json_string_value(json_object_get(row, "name"));
    const sql_file_t *file;

    for (file = sql_files; file->name != NULL; file++) {
        if (strcmp(file->name, name) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
db_digest(const char *text, char digest[SHA256_HEX_SIZE])
{
    unsigned char raw[SHA256_SIZE];
    sha256_t sha;

    sha256_init(&sha);
    sha256_update(&sha, text, strlen(text));
    sha256_digest(&sha, raw);
    sha256_hex(raw, digest);
}


static const json_t *
db_find(const json_t *applied, const char *name)
{
    size_t i;
    const json_t *row;

    json_array_foreach(applied, i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "name")), name)
            == 0) {
            return row;
        }
    }

    return NULL;
}


static int
db_same(const json_t *row, const char *digest)
{
    return strcmp(json_string_value(json_object_get(row, "digest")), digest)
           == 0;
}


static int
db_run(PGconn *conn, const char *sql)
{
    PGresult *result = database_query(conn, sql, 0, NULL);

    PQclear(result);
    return result != NULL ? 0 : -1;
}


/* Of a build that was interrupted an index is left that is kept up to date and
   never used; "if not exists" would take it for the one that is wanted. */
static int
db_drop_invalid(PGconn *conn, const sql_file_t *file)
{
    int i, rc = 0;
    PGresult *found;
    const char *params[] = { file->text };

    found = database_query(
        conn,
        "select format('drop index concurrently %s', i.indexrelid::regclass) "
        "from pg_index i join pg_class c on c.oid = i.indexrelid "
        "where not i.indisvalid and c.relnamespace = 'sluice'::regnamespace "
        "and strpos($1, c.relname) > 0",
        1, params);
    if (found == NULL) {
        return -1;
    }

    for (i = 0; i < PQntuples(found) && rc == 0; i++) {
        rc = db_run(conn, PQgetvalue(found, i, 0));
    }

    PQclear(found);
    return rc;
}


/* One statement after the other: several at once would be a transaction. */
static int
db_run_each(PGconn *conn, const char *text)
{
    int rc;
    char *statement;
    const char *end;

    for (; (end = strstr(text, ";\n")) != NULL; text = end + 1) {
        statement = strndup(text, (size_t) (end - text));
        rc = statement != NULL ? db_run(conn, statement) : -1;
        free(statement);

        if (rc != 0) {
            return -1;
        }
    }

    return 0;
}


static int
db_apply(PGconn *conn, const sql_file_t *file, const char *digest)
{
    int rc;
    PGresult *result;
    const char *params[] = { file->name, digest };

    rc = file->how == SQL_CONCURRENT
             ? db_drop_invalid(conn, file) || db_run_each(conn, file->text)
             : db_run(conn, file->text);
    if (rc != 0) {
        say_fail(file->how == SQL_CONCURRENT
                     ? "%s could not be applied; db migrate goes on there"
                     : "%s could not be applied; nothing was changed",
                 file->name);
        return -1;
    }

    result = database_query(
        conn,
        "insert into public.sluice_migrations (name, digest) values ($1, $2) "
        "on conflict (name) do update set digest = $2, applied_at = now()",
        2, params);
    if (result == NULL) {
        return -1;
    }
    PQclear(result);

    printf("applied %s\n", file->name);
    return 0;
}


/* Applies a file, unless it is as it was. */
static int
db_bring(PGconn *conn, const json_t *known, const sql_file_t *file,
         int *applied)
{
    char digest[SHA256_HEX_SIZE];
    const json_t *row;

    db_digest(file->text, digest);
    row = db_find(known, file->name);

    if (row != NULL && db_same(row, digest)) {
        return 0;
    }

    if (row != NULL && file->how != SQL_REPEATABLE) {
        say_fail("%s was changed after it was applied; a change to the schema "
                 "needs a new migration",
                 file->name);
        return -1;
    }

    if (db_apply(conn, file, digest) != 0) {
        return -1;
    }

    (*applied)++;
    return 0;
}


/* The files of which `concurrent` is true, or all others. */
static int
db_bring_all(PGconn *conn, const json_t *known, int concurrent, int *applied)
{
    const sql_file_t *file;

    for (file = sql_files; file->name != NULL; file++) {
        if ((file->how == SQL_CONCURRENT) == concurrent
            && db_bring(conn, known, file, applied) != 0) {
            return -1;
        }
    }

    return 0;
}


/* Behind all others, which are there then. It waits for whoever is at work, and
   nobody waits for it. */
static int
db_migrate_concurrently(PGconn *conn, int *applied)
{
    int rc = CTL_FAILED;
    json_t *rows;

    if (db_run(conn, "set lock_timeout = 0") != 0
        || db_run(conn, DB_LOCK_LONG) != 0) {
        return CTL_FAILED;
    }

    rows = db_applied(conn);

    if (rows != NULL && db_bring_all(conn, rows, 1, applied) == 0) {
        rc = CTL_OK;
    }

    json_decref(rows);
    return rc;
}


/* What was promised is kept. Who runs beside no other release needs none. */
static int
db_keep(PGconn *conn, const char *promised, int applied)
{
    return promised == NULL || applied == 0 ? 0 : promise_keep(conn, promised);
}


/* No file that this does not know itself. */
static int
db_all_known(const json_t *rows)
{
    size_t n;
    const json_t *row;

    json_array_foreach(rows, n, row)
    {
        if (!db_known(row)) {
            say_fail("the database is newer than this sluicectl: it has %s",
                     json_string_value(json_object_get(row, "name")));
            return -1;
        }
    }

    return 0;
}


/* All or nothing: leaving without a commit rolls back. */
static int
db_migrate(PGconn *conn, int alone, int *applied)
{
    int i, rc = CTL_FAILED;
    char *promised = NULL;
    json_t *rows = NULL;
    static const char *const prologue[] = { "begin", DB_PATIENCE, DB_LOCK,
                                            DB_TABLE, NULL };

    for (i = 0; prologue[i] != NULL; i++) {
        if (db_run(conn, prologue[i]) != 0) {
            goto done;
        }
    }

    rows = db_applied(conn);
    if (rows == NULL) {
        goto done;
    }

    if (db_all_known(rows) != 0) {
        goto done;
    }

    promised = alone ? NULL : promise_read(conn);
    if (!alone && promised == NULL) {
        goto done;
    }

    if (db_bring_all(conn, rows, 0, applied) == 0
        && db_keep(conn, promised, *applied) == 0
        && (*applied == 0 || db_run(conn, DB_RIGHTS) == 0)
        && db_run(conn, "commit") == 0) {
        rc = CTL_OK;
    }

    if (rc == CTL_OK && *applied && promised && strcmp(promised, "[]") != 0) {
        puts("nginx and workers of the release before go on with it");
    }

done:

    free(promised);
    json_decref(rows);
    return rc;
}


/* As often as somebody holds what it wants to change. */
static int
db_migrate_patiently(PGconn *conn, int alone, int *applied)
{
    int tries, rc;

    for (tries = 1;; tries++) {
        *applied = 0;

        rc = db_migrate(conn, alone, applied);
        if (rc == CTL_OK || strcmp(database_state(), DB_LOCK_NOT_HAD) != 0) {
            return rc;
        }

        PQclear(PQexec(conn, "rollback"));

        if (tries == DB_TRIES) {
            return say_fail("others hold what this changes, for minutes: "
                            "pg_stat_activity tells who");
        }

        fprintf(stderr,
                "Others hold what this changes: trying again (%d of "
                "%d).\n",
                tries + 1, DB_TRIES);
        sleep(DB_PAUSE);
    }
}


int
ctl_db_migrate(int argc, char **argv)
{
    int rc, applied = 0;
    PGconn *conn;
    const char *conninfo = NULL, *alone = NULL;
    const ctl_option_t options[] = { { DATABASE_OPTION, &conninfo },
                                     { "alone", NULL,
                                       "no nginx and no worker runs", &alone },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, NULL);

    conn = database_open(conninfo);
    if (conn == NULL) {
        return CTL_FAILED;
    }

    rc = db_migrate_patiently(conn, alone != NULL, &applied);
    if (rc == CTL_OK) {
        rc = db_migrate_concurrently(conn, &applied);
    }
    PQfinish(conn);

    if (rc == CTL_OK && applied == 0) {
        puts("The database is up to date.");
    }

    return rc;
}


/* All that nginx and the worker need, who come as that role. */
int
ctl_db_grant(int argc, char **argv)
{
    PGconn *conn;
    PGresult *result;
    const char *role, *conninfo = NULL;
    const ctl_option_t options[] = { { DATABASE_OPTION, &conninfo },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, &role);

    conn = database_open(conninfo);
    if (conn == NULL) {
        return CTL_FAILED;
    }

    result = database_query(conn, "select sluice.add_application($1)", 1,
                            &role);
    PQclear(result);
    PQfinish(conn);

    return result != NULL ? CTL_OK : CTL_FAILED;
}


static json_t *
db_status(const json_t *applied)
{
    size_t i;
    char digest[SHA256_HEX_SIZE];
    const char *state;
    json_t *rows = json_array();
    const json_t *row;
    const sql_file_t *file;

    for (file = sql_files; file->name != NULL; file++) {
        db_digest(file->text, digest);
        row = db_find(applied, file->name);
        state = row == NULL                   ? "pending"
                : db_same(row, digest)        ? "applied"
                : file->how == SQL_REPEATABLE ? "pending"
                                              : "changed";

        json_array_append_new(rows,
                              json_pack("{s:s, s:s, s:O?}", "name", file->name,
                                        "state", state, "applied_at",
                                        json_object_get(row, "applied_at")));
    }

    json_array_foreach(applied, i, row)
    {
        if (!db_known(row)) {
            json_array_append_new(
                rows,
                json_pack("{s:O?, s:s, s:O?}", "name",
                          json_object_get(row, "name"), "state", "unknown",
                          "applied_at", json_object_get(row, "applied_at")));
        }
    }

    return rows;
}


int
ctl_db_status(int argc, char **argv)
{
    PGconn *conn;
    json_t *applied, *rows;
    const char *conninfo = NULL, *as_json = NULL;
    static const char *const columns[] = { "name", "state", "applied_at",
                                           NULL };
    const ctl_option_t options[] = { { DATABASE_OPTION, &conninfo },
                                     { "json", NULL, "for machines", &as_json },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, NULL);

    conn = database_open(conninfo);
    if (conn == NULL) {
        return CTL_FAILED;
    }

    applied = db_applied(conn);
    PQfinish(conn);
    if (applied == NULL) {
        return CTL_FAILED;
    }

    rows = db_status(applied);
    output_rows(rows, columns, as_json != NULL);
    json_decref(rows);
    json_decref(applied);

    return CTL_OK;
}
