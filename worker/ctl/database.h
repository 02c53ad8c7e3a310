/* PostgreSQL for a command that waits. */

#ifndef SLUICE_DATABASE_H
#define SLUICE_DATABASE_H

#include <jansson.h>
#include <libpq-fe.h>

#define DATABASE_OPTION \
    "database", "CONNINFO", "PostgreSQL (or SLUICE_DATABASE)"

/* Connects to --database or SLUICE_DATABASE. NULL after saying why not; ends
   the program with CTL_USAGE when neither is given. PQfinish() it. */
PGconn *database_open(const char *conninfo);

/* Runs one statement, parameters as text. NULL after saying why not; a result
   to PQclear() otherwise. */
PGresult *database_query(PGconn *conn, const char *sql, int n,
                         const char *const *params);

/* SQLSTATE of what failed last, "" when it has none. */
const char *database_state(void);

/* The rows of a select, as an array of objects to json_decref(); NULL after
   saying why not. */
json_t *database_rows(PGconn *conn, const char *sql, int n,
                      const char *const *params);

/* Connects, and prints the rows of a select as output_rows() does. CTL_OK, or
   CTL_FAILED after saying why. */
int database_print(const char *conninfo, const char *sql, int n,
                   const char *const *params, const char *const *columns,
                   int as_json);

#endif
