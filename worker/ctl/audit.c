#include "ctl.h"
#include "database.h"
#include "options.h"

#define AUDIT_LIMIT_DEFAULT "50"


int
ctl_audit_list(int argc, char **argv)
{
    const char *conninfo = NULL, *action = NULL, *as_json = NULL;
    const char *limit = AUDIT_LIMIT_DEFAULT;
    const char *params[2];
    static const char *const columns[] = { "at",     "actor",  "action",
                                           "target", "detail", NULL };
    const ctl_option_t options[] = {
        { "action", "ACTION", "only user-role, media-deleted, rot-found, …",
          &action },
        { "limit", "N", "at most so many, 50 unless given", &limit },
        { DATABASE_OPTION, &conninfo },
        { "json", NULL, "for machines", &as_json },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, NULL);
    options_check_limit(limit);

    params[0] = action;
    params[1] = limit;

    return database_print(conninfo,
                          "select id, date_trunc('second', at) as at, actor, "
                          "action, target, detail from sluice.audit "
                          "where $1::text is null or action = $1::text "
                          "order by id desc limit $2::integer",
                          2, params, columns, as_json != NULL);
}
