#include <string.h>
#include "postgres.h"

#define POSTGRES_CONNECT_TEXT "2"    /* seconds with each host */
#define POSTGRES_SILENCE_TEXT "3000" /* ms without a sign of its kernel */


static int
postgres_has_several(const char *conninfo)
{
    int several = 0;
    PQconninfoOption *options, *o;

    options = PQconninfoParse(conninfo, NULL);

    for (o = options; o != NULL && o->keyword != NULL; o++) {
        several |= (strcmp(o->keyword, "host") == 0
                    || strcmp(o->keyword, "hostaddr") == 0)
                   && o->val != NULL && strchr(o->val, ',') != NULL;
    }

    PQconninfoFree(options);
    return several;
}


PGconn *
postgres_connect(const char *conninfo, const char *name, int writes)
{
    const char *attrs = writes || postgres_has_several(conninfo) ? "read-write"
                                                                 : "any";

    /* what stands in the string, which is "dbname", counts more than what is in
       front of it, and less than what is behind */

    const char *keywords[] = { "target_session_attrs",
                               "connect_timeout",
                               "tcp_user_timeout",
                               "gssencmode",
                               "dbname",
                               "client_encoding",
                               "application_name",
                               NULL };
    const char *values[] = { attrs,
                             POSTGRES_CONNECT_TEXT,
                             POSTGRES_SILENCE_TEXT,
                             "disable",
                             conninfo,
                             "UTF8",
                             name,
                             NULL };

    return PQconnectdbParams(keywords, values, 1);
}
