/* What this month costs, by a price list and by what the record knows. */

#include <stdlib.h>
#include <string.h>
#include "ctl.h"
#include "database.h"
#include "options.h"
#include "output.h"
#include "prices.h"
#include "say.h"

#define COST_LIMIT_DEFAULT "50"

#define COST_SQL                                                   \
    "select * from sluice.month_cost($1::jsonb, $2, $3::integer, " \
    "$4::numeric)"


static int cost_print(const json_t *rows, const char *alarm, int as_json);


int
ctl_cost_show(int argc, char **argv)
{
    int rc;
    char *list;
    json_t *prices, *rows;
    PGconn *conn;
    const char *file = NULL, *conninfo = NULL, *as_json = NULL;
    const char *by = "kind", *limit = COST_LIMIT_DEFAULT, *alarm = NULL;
    const char *params[4];
    const ctl_option_t options[] = {
        { "prices", "FILE", "the price list", &file },
        { "by", "WHAT", "kind, owner or plan: kind unless given", &by },
        { "limit", "N", "at most so many of them, 50 unless given", &limit },
        { "alarm", "PERCENT",
          "fails when the forecast is so much of the budget", &alarm },
        { DATABASE_OPTION, &conninfo },
        { "json", NULL, "for machines", &as_json },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, NULL);
    file = say_need(file, "prices", "SLUICE_PRICES");
    options_check_limit(limit);
    if (strcmp(by, "kind") != 0 && strcmp(by, "owner") != 0
        && strcmp(by, "plan") != 0) {
        say_usage("--by \"%s\" is none of kind, owner and plan", by);
    }
    if (alarm != NULL) {
        options_number("alarm", alarm, 1, 1000);
    }

    prices = prices_read(file);
    if (prices == NULL) {
        return CTL_FAILED;
    }
    if (alarm != NULL && json_object_get(prices, "budget") == NULL) {
        json_decref(prices);
        return say_fail("%s: --alarm needs a \"budget\", such as \"200\"",
                        file);
    }

    list = json_dumps(prices, 0);
    json_decref(prices);
    conn = list == NULL ? NULL : database_open(conninfo);
    if (conn == NULL) {
        free(list);
        return CTL_FAILED;
    }

    params[0] = list;
    params[1] = by;
    params[2] = limit;
    params[3] = alarm;
    rows = database_rows(conn, COST_SQL, 4, params);
    PQfinish(conn);
    free(list);
    if (rows == NULL) {
        return CTL_FAILED;
    }

    rc = cost_print(rows, alarm, as_json != NULL);
    json_decref(rows);
    return rc;
}


static int
cost_print(const json_t *rows, const char *alarm, int as_json)
{
    size_t i;
    json_t *row;
    int over = 0;
    static const char *const columns[] = { "part", "name",   "stored",
                                           "sent", "so_far", "forecast",
                                           NULL };

    json_array_foreach(rows, i, row)
    {
        over |= json_is_true(json_object_get(row, "over"));
        json_object_del(row, "over");
    }

    output_rows(rows, columns, as_json);

    return over ? say_fail("the month will cost %s %% of its budget or more",
                           alarm)
                : CTL_OK;
}
