/* Plans: what many users may keep and bring. */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"
#include "database.h"
#include "options.h"
#include "output.h"

#define PLAN_DIGITS_MAX 20 /* of a number of bytes, with a terminator */


static const char *plan_bytes(const char *text, const char *option,
                              char bytes[PLAN_DIGITS_MAX]);


/* The whole of a plan: what is not named has no bound. */
int
ctl_plan_set(int argc, char **argv)
{
    char quota[PLAN_DIGITS_MAX], size[PLAN_DIGITS_MAX], many[PLAN_DIGITS_MAX];
    json_t *rows;
    PGconn *conn;
    const char *params[4] = { NULL };
    const char *conninfo = NULL, *as_json = NULL;
    const ctl_option_t options[] = {
        { "quota", "SIZE", "what a user keeps and has announced, e.g. 10g",
          &params[1] },
        { "uploads", "N", "uploads at once", &params[2] },
        { "upload-size", "SIZE", "the longest of them, e.g. 2g", &params[3] },
        { DATABASE_OPTION, &conninfo },
        { "json", NULL, "for machines", &as_json },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, params);

    params[1] = plan_bytes(params[1], "quota", quota);
    params[2] = plan_bytes(params[2], "uploads", many);
    params[3] = plan_bytes(params[3], "upload-size", size);

    conn = database_open(conninfo);
    if (conn == NULL) {
        return CTL_FAILED;
    }

    rows = database_rows(conn,
                         "select * from api.make_plan(row($1::text, "
                         "$2::bigint, $3::integer, $4::bigint))",
                         4, params);
    PQfinish(conn);
    if (rows == NULL) {
        return CTL_FAILED;
    }

    output_object(json_array_get(rows, 0), as_json != NULL);
    json_decref(rows);

    return CTL_OK;
}


int
ctl_plan_list(int argc, char **argv)
{
    const char *conninfo = NULL, *as_json = NULL;
    static const char *const columns[] = { "name",        "quota_bytes",
                                           "uploads_max", "upload_bytes_max",
                                           "users",       NULL };
    const ctl_option_t options[] = { { DATABASE_OPTION, &conninfo },
                                     { "json", NULL, "for machines", &as_json },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, NULL);

    return database_print(conninfo,
                          "select p.*, (select count(*) from sluice.users "
                          "where plan = p.name) as users "
                          "from sluice.plans p order by name",
                          0, NULL, columns, as_json != NULL);
}


/* "10g", as nginx has sizes, in digits alone; NULL stays NULL. */
static const char *
plan_bytes(const char *text, const char *option, char bytes[PLAN_DIGITS_MAX])
{
    int shift;
    char *end;
    uintmax_t n;
    const char *unit;
    static const char units[] = "kmgt";

    if (text == NULL) {
        return NULL;
    }

    errno = 0;
    n = strtoumax(text, &end, 10);
    unit = *end ? strchr(units, tolower((unsigned char) *end)) : NULL;
    shift = unit ? 10 * (int) (unit - units + 1) : 0;

    if (!isdigit((unsigned char) text[0]) || errno != 0
        || end[unit != NULL] != '\0' || n > (uintmax_t) INT64_MAX >> shift) {
        ctl_usage("--%s is a number, with k, m, g or t behind it, not \"%s\"",
                  option, text);
    }

    snprintf(bytes, PLAN_DIGITS_MAX, "%ju", n << shift);

    return bytes;
}
