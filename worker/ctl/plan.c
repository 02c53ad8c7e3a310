/* Plans: what many users may keep and bring. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "ctl.h"
#include "database.h"
#include "options.h"
#include "output.h"
#include "say.h"

#define PLAN_DIGITS_MAX 20 /* of a bigint, with a terminator */
#define PLAN_NAME_MAX 64   /* as sluice.plans has it, and its characters */
#define PLAN_LETTERS             \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
    "abcdefghijklmnopqrstuvwxyz" \
    "0123456789"


static void plan_check_name(const char *name);
static void plan_digits(const char **param, uint64_t n,
                        char digits[PLAN_DIGITS_MAX]);


/* The whole of a plan: what is not named has no bound. */
int
ctl_plan_set(int argc, char **argv)
{
    char quota[PLAN_DIGITS_MAX], size[PLAN_DIGITS_MAX], many[PLAN_DIGITS_MAX],
        files[PLAN_DIGITS_MAX], sessions[PLAN_DIGITS_MAX],
        month[PLAN_DIGITS_MAX], streams[PLAN_DIGITS_MAX];
    json_t *rows;
    PGconn *conn;
    const char *params[8] = { NULL };
    const char *conninfo = NULL, *as_json = NULL;
    const ctl_option_t options[] = {
        { "quota", "SIZE", "what a user keeps and has announced, e.g. 10g",
          &params[1] },
        { "uploads", "N", "uploads at once", &params[2] },
        { "upload-size", "SIZE", "the longest of them, e.g. 2g", &params[3] },
        { "files", "N", "files that a user keeps", &params[4] },
        { "sessions", "N", "sessions at once: one more ends the oldest",
          &params[5] },
        { "bytes-month", "SIZE", "what a user is sent in a month, e.g. 500g",
          &params[6] },
        { "streams", "N", "films and sound that play at once", &params[7] },
        { DATABASE_OPTION, &conninfo },
        { "json", NULL, "for machines", &as_json },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, params);
    plan_check_name(params[0]);

    if (params[1] != NULL) {
        plan_digits(&params[1], options_size("quota", params[1]), quota);
    }
    if (params[2] != NULL) {
        plan_digits(&params[2],
                    options_number("uploads", params[2], 0, INT32_MAX), many);
    }
    if (params[3] != NULL) {
        plan_digits(&params[3], options_size("upload-size", params[3]), size);
    }
    if (params[4] != NULL) {
        plan_digits(&params[4],
                    options_number("files", params[4], 0, INT32_MAX), files);
    }

    if (params[5] != NULL) {
        plan_digits(&params[5],
                    options_number("sessions", params[5], 1, INT32_MAX),
                    sessions);
    }

    if (params[6] != NULL) {
        plan_digits(&params[6], options_size("bytes-month", params[6]), month);
    }
    if (params[7] != NULL) {
        plan_digits(&params[7],
                    options_number("streams", params[7], 1, INT32_MAX),
                    streams);
    }

    conn = database_open(conninfo);
    if (conn == NULL) {
        return CTL_FAILED;
    }

    rows = database_rows(conn,
                         "select * from api.make_plan(row($1::text, "
                         "$2::bigint, $3::integer, $4::bigint, $5::integer, "
                         "$6::integer, $7::bigint, $8::integer))",
                         8, params);
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
                                           "files_max",   "sessions_max",
                                           "bytes_month", "streams_max",
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


static void
plan_check_name(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > PLAN_NAME_MAX
        || strspn(name, PLAN_LETTERS "._-") != len
        || strchr("._-", name[0]) != NULL) {
        say_usage("NAME is 1 to %d letters, digits, \".\", \"_\" and \"-\", "
                  "and begins with a letter or a digit: not \"%s\"",
                  PLAN_NAME_MAX, name);
    }
}


static void
plan_digits(const char **param, uint64_t n, char digits[PLAN_DIGITS_MAX])
{
    snprintf(digits, PLAN_DIGITS_MAX, "%" PRIu64, n);
    *param = digits;
}
