#define _GNU_SOURCE /* asprintf */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker/queue/postgres.h"
#include "ctl.h"
#include "database.h"
#include "output.h"
#include "say.h"


#define DATABASE_STATE_SIZE 6 /* SQLSTATE, terminated */


static char database_failed[DATABASE_STATE_SIZE];

static void database_complain(const char *message);


PGconn *
database_open(const char *conninfo)
{
    PGconn *conn;

    conninfo = say_need(conninfo, "database", "SLUICE_DATABASE");

    conn = postgres_connect(conninfo, "sluicectl", 0);
    if (PQstatus(conn) != CONNECTION_OK) {
        database_complain(PQerrorMessage(conn));
        PQfinish(conn);
        return NULL;
    }

    PQclear(PQexec(conn, "set client_min_messages to warning"));
    return conn;
}


const char *
database_state(void)
{
    return database_failed;
}


PGresult *
database_query(PGconn *conn, const char *sql, int n, const char *const *params)
{
    PGresult *result;
    const char *state;

    /* Only the simple protocol takes several statements at once. */
    result = n ? PQexecParams(conn, sql, n, NULL, params, NULL, NULL, 0)
               : PQexec(conn, sql);

    if (PQresultStatus(result) != PGRES_TUPLES_OK
        && PQresultStatus(result) != PGRES_COMMAND_OK) {
        state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        snprintf(database_failed, sizeof(database_failed), "%s",
                 state ? state : "");
        database_complain(PQerrorMessage(conn));
        PQclear(result);
        return NULL;
    }

    return result;
}


json_t *
database_rows(PGconn *conn, const char *sql, int n, const char *const *params)
{
    char *wrapped;
    json_t *rows;
    PGresult *result;

    if (asprintf(&wrapped,
                 "select coalesce(json_agg(to_json(q)), '[]') from (%s) q", sql)
        == -1) {
        return NULL;
    }

    result = database_query(conn, wrapped, n, params);
    free(wrapped);
    if (result == NULL) {
        return NULL;
    }

    rows = json_loads(PQgetvalue(result, 0, 0), 0, NULL);
    PQclear(result);
    return rows;
}


int
database_print(const char *conninfo, const char *sql, int n,
               const char *const *params, const char *const *columns,
               int as_json)
{
    json_t *rows;
    PGconn *conn;

    conn = database_open(conninfo);
    if (conn == NULL) {
        return CTL_FAILED;
    }

    rows = database_rows(conn, sql, n, params);
    PQfinish(conn);
    if (rows == NULL) {
        return CTL_FAILED;
    }

    output_rows(rows, columns, as_json);
    json_decref(rows);
    return CTL_OK;
}


static void
database_complain(const char *message)
{
    say_fail("%.*s", (int) strcspn(message, "\n"), message);
}
