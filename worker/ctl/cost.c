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

/* All of it is numeric: no amount is ever a float. A month's first day counts
   as a whole one, so that its first minutes forecast nothing absurd. Tiers are
   of all that was sent; each owner bears of it what his bytes are of them. */
#define COST_SQL                                                         \
    "with clock as (select greatest(extract(epoch from now() "           \
    "- api.this_month()::timestamp at time zone 'utc'), 86400) "         \
    "/ extract(epoch from api.next_month() "                             \
    "- api.this_month()::timestamp at time zone 'utc') as gone), "       \
    "used as (select case $2::text when 'plan' "                         \
    "then coalesce(u.plan, '(none)') else coalesce(u.email::text, "      \
    "u.id::text) end as name, "                                          \
    "sum(coalesce(k.bytes, 0) + coalesce(r.bytes, 0)) as stored, "       \
    "sum(coalesce(s.bytes, 0)) as sent "                                 \
    "from sluice.users u left join sluice.kept k on k.owner = u.id "     \
    "left join (select m.owner, sum(r.bytes) as bytes from "             \
    "sluice.renditions r join sluice.media m on m.id = r.media group "   \
    "by 1) r on r.owner = u.id left join sluice.sent s on s.user_id = "  \
    "u.id "                                                              \
    "and s.month = api.this_month() group by 1), "                       \
    "whole as (select coalesce(sum(stored), 0) as stored, "              \
    "coalesce(sum(sent), 0) as sent from used), "                        \
    "tiers as (select (t.value->>'price')::numeric as price, "           \
    "coalesce(lag((t.value->>'up_to')::numeric) over (order by t.n), "   \
    "0) "                                                                \
    "* 1073741824 as low, "                                              \
    "(t.value->>'up_to')::numeric * 1073741824 as high "                 \
    "from jsonb_array_elements($1::jsonb->'egress_gib') "                \
    "with ordinality t(value, n)), "                                     \
    "egress as (select "                                                 \
    "sum(greatest(least(w.sent, t.high) - t.low, 0) * t.price) "         \
    "/ 1073741824 as now, "                                              \
    "sum(greatest(least(w.sent / c.gone, t.high) - t.low, 0) * "         \
    "t.price) "                                                          \
    "/ 1073741824 as then from tiers t, whole w, clock c), "             \
    "each as (select u.name, u.stored, u.sent, "                         \
    "u.stored / 1073741824 * p.price as storage, "                       \
    "coalesce(u.sent / nullif(w.sent, 0), 0) as share "                  \
    "from used u, whole w, (select "                                     \
    "($1::jsonb->>'storage_gib_month')::numeric as price) p), "          \
    "parts as (select 1 as place, $2::text as part, e.name, e.stored, "  \
    "e.sent, e.storage * least(c.gone, 1) + e.share * g.now as now, "    \
    "e.storage + e.share * g.then as then "                              \
    "from each e, egress g, clock c where $2::text <> 'kind' "           \
    "union all select 1, 'kind', 'storage', w.stored, 0, "               \
    "sum(e.storage) * least(c.gone, 1), sum(e.storage) "                 \
    "from each e, whole w, clock c where $2::text = 'kind' "             \
    "group by w.stored, c.gone "                                         \
    "union all select 1, 'kind', 'egress', 0, w.sent, g.now, g.then "    \
    "from egress g, whole w where $2::text = 'kind' "                    \
    "union all select 0, 'fixed', f.key, 0, 0, "                         \
    "f.value::numeric * least(c.gone, 1), f.value::numeric "             \
    "from jsonb_each_text($1::jsonb->'fixed_month') f, clock c), "       \
    "placed as (select *, row_number() over "                            \
    "(partition by place order by parts.then desc, name) as n from "     \
    "parts), "                                                           \
    "shown as (select place, part, name, stored, sent, placed.now, "     \
    "placed.then from placed where place = 0 or n <= $3::integer "       \
    "union all select 2, 'others', count(*)::text, sum(stored), "        \
    "sum(sent), "                                                        \
    "sum(placed.now), sum(placed.then) from placed "                     \
    "where place = 1 and n > $3::integer having count(*) > 0 "           \
    "union all select 3, 'total', $1::jsonb->>'currency', sum(stored), " \
    "sum(sent), sum(parts.now), sum(parts.then) from parts) "            \
    "select part, name, stored::bigint as stored, sent::bigint as "      \
    "sent, "                                                             \
    "round(shown.now, 2)::text as so_far, "                              \
    "round(shown.then, 2)::text as forecast, "                           \
    "coalesce(place = 3 and shown.then * 100 >= $4::numeric "            \
    "* ($1::jsonb->>'budget')::numeric, false) as over "                 \
    "from shown order by place, shown.then desc, name"


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
