#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "database.h"
#include "promise.h"
#include "say.h"


#define PROMISE_NOBODY "[]"

/* Each function that is called, with what it takes (`least` may be left out
   from there on) and what it gives. */
#define PROMISE_FUNCTIONS                                                     \
    "select n.nspname || '.' || p.proname as name, "                          \
    "array(select format_type(t.type, null) from "                            \
    "unnest(p.proargtypes::oid[]) with ordinality t(type, i) order by t.i) "  \
    "as args, p.pronargs - p.pronargdefaults as least, "                      \
    "jsonb_build_object('returns', format_type(p.prorettype, null), 'set', "  \
    "p.proretset, 'columns', coalesce((select jsonb_agg(p.proargnames[m.i]) " \
    "from unnest(p.proargmodes) with ordinality m(mode, i) "                  \
    "where m.mode in ('o', 't', 'b')), '[]')) as gives "                      \
    "from pg_proc p join pg_namespace n on n.oid = p.pronamespace "           \
    "where n.nspname || '.' || p.proname = any (sluice.called())"


#define PROMISE_ALL \
    "select coalesce(jsonb_agg(f), '[]') from (" PROMISE_FUNCTIONS ") f"


static char *
promise_text(PGconn *conn, const char *sql)
{
    char *text;
    PGresult *result;

    result = database_query(conn, sql, 0, NULL);
    if (result == NULL) {
        return NULL;
    }

    text = strdup(PQgetvalue(result, 0, 0));
    PQclear(result);

    return text;
}


/* One of before 0.1.0 does not tell who is of before. */

char *
promise_read(PGconn *conn)
{
    char *tells, *promised;

    tells = promise_text(
        conn, "select case when to_regprocedure('sluice.called()') is null "
              "then 'nothing' when to_regprocedure('sluice.called_before()') "
              "is null then 'called' else 'before' end");
    if (tells == NULL) {
        return NULL;
    }

    if (strcmp(tells, "nothing") == 0) {
        promised = strdup(PROMISE_NOBODY);

    } else if (strcmp(tells, "called") == 0) {
        promised = promise_text(conn, PROMISE_ALL);

    } else {
        promised = promise_text(
            conn, PROMISE_ALL " where f.name <> all (sluice.called_before())");
    }

    free(tells);
    return promised;
}


int
promise_keep(PGconn *conn, const char *promised)
{
    int i, broken;
    PGresult *result;
    const char *params[] = { promised };

    result = database_query(
        conn,
        "select format('%s(%s)', o.name, array_to_string(o.args, ', ')) "
        "from jsonb_to_recordset($1::jsonb) as "
        "o(name text, args text[], least integer, gives jsonb) "
        "where not exists (select from (" PROMISE_FUNCTIONS ") f "
        "where f.name = o.name and f.args[1:cardinality(o.args)] = o.args "
        "and f.least <= o.least and f.gives @> o.gives) order by 1",
        1, params);
    if (result == NULL) {
        return -1;
    }

    broken = PQntuples(result);

    for (i = 0; i < broken; i++) {
        fprintf(stderr, "%s goes, or is called otherwise\n",
                PQgetvalue(result, i, 0));
    }

    PQclear(result);

    if (broken == 0) {
        return 0;
    }

    say_fail("that would break nginx and workers of the release that runs: "
             "nothing was changed. Bring the release in between first; or end "
             "all of them, and write --alone");
    return -1;
}
