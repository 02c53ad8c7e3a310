#include <stddef.h>
#include <string.h>
#include "sqlstate.h"


sqlstate_t
sqlstate_read(const char *state)
{
    size_t i;

    /* the first that begins so */

    static const struct {
        const char *begin;
        sqlstate_t means;
    } states[] = {
        { "08", SQLSTATE_GOING },         /* the connection */
        { "22", SQLSTATE_VALUE },         /* data */
        { "23", SQLSTATE_CONFLICT },      /* constraints */
        { "25006", SQLSTATE_READ_ONLY },  /* read_only_sql_transaction */
        { "25P", SQLSTATE_GOING },        /* a transaction that idles */
        { "26000", SQLSTATE_NO_SESSION }, /* invalid_sql_statement_name */
        { "40", SQLSTATE_AGAIN },         /* rolled back: a deadlock */
        { "42P05", SQLSTATE_NO_SESSION }, /* duplicate_prepared_statement */
        { "53", SQLSTATE_TROUBLE },       /* resources */
        { "55P03", SQLSTATE_AGAIN },      /* lock_not_available */
        { "57014", SQLSTATE_CANCELED },   /* query_canceled */
        { "57P", SQLSTATE_GOING },        /* shut down, crashed, starting */
        { "58", SQLSTATE_TROUBLE }        /* files */
    };

    if (state == NULL) {
        return SQLSTATE_GOING;
    }

    for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (strncmp(state, states[i].begin, strlen(states[i].begin)) == 0) {
            return states[i].means;
        }
    }

    return SQLSTATE_REFUSED;
}


int
sqlstate_passes(sqlstate_t means)
{
    return means != SQLSTATE_REFUSED && means != SQLSTATE_VALUE
           && means != SQLSTATE_CONFLICT;
}
