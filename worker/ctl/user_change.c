/* What changes for a user who is there: role, plan, disabled, enabled,
   second factors. */

#include <string.h>
#include "core/account/address.h"
#include "core/base/uuid.h"
#include "core/grant/access.h"
#include "ctl.h"
#include "database.h"
#include "notify.h"
#include "options.h"
#include "output.h"
#include "say.h"


static void user_check_role(const char *role);
static int user_change(int argc, char **argv, const char *sql, int n,
                       void (*check)(const char *value));
static json_t *user_change_apply(const char *conninfo, const char *sql, int n,
                                 const char *const *params);


int
ctl_user_role(int argc, char **argv)
{
    return user_change(argc, argv, "select api.set_role($1, $2)", 2,
                       user_check_role);
}


int
ctl_user_plan(int argc, char **argv)
{
    return user_change(argc, argv, "select api.set_plan($1, $2)", 2, NULL);
}


int
ctl_user_disable(int argc, char **argv)
{
    return user_change(argc, argv, "select api.disable_user($1)", 1, NULL);
}


int
ctl_user_enable(int argc, char **argv)
{
    return user_change(argc, argv, "select api.enable_user($1)", 1, NULL);
}


int
ctl_user_reset_factors(int argc, char **argv)
{
    return user_change(argc, argv, "select api.reset_factors($1)", 1, NULL);
}


static void
user_check_role(const char *role)
{
    if (role_from_name(role, strlen(role)) == ROLE_NONE) {
        say_usage("ROLE is viewer, editor or admin, not \"%s\"", role);
    }
}


/* The operands are the `n` parameters; what was left out is null. */
static int
user_change(int argc, char **argv, const char *sql, int n,
            void (*check)(const char *value))
{
    int rc;
    json_t *user;
    address_t address;
    const char *operands[2] = { NULL, NULL };
    const char *conninfo = NULL, *redis = NULL, *as_json = NULL;
    const ctl_option_t options[] = { { NOTIFY_OPTION, &redis },
                                     { DATABASE_OPTION, &conninfo },
                                     { "json", NULL, "for machines", &as_json },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, operands);

    if (address_read(operands[0], strlen(operands[0]), &address) == NULL) {
        operands[0] = address.key;
    } else if (!uuid_valid(operands[0], strlen(operands[0]))) {
        say_usage("USER \"%s\" is no e-mail address and no id", operands[0]);
    }
    if (check != NULL) {
        check(operands[1]);
    }

    user = user_change_apply(conninfo, sql, n, operands);
    if (user == NULL) {
        return CTL_FAILED;
    }

    rc = notify_revoked(redis, json_object_get(user, "revoked"));
    json_object_del(user, "revoked");
    output_object(user, as_json != NULL);
    json_decref(user);

    return rc;
}


/* The user as he is now, with what was revoked; NULL after saying why not. */
static json_t *
user_change_apply(const char *conninfo, const char *sql, int n,
                  const char *const *params)
{
    json_t *user = NULL;
    PGconn *conn;
    PGresult *result;

    conn = database_open(conninfo);
    if (conn == NULL) {
        return NULL;
    }

    result = database_query(conn, sql, n, params);
    if (result == NULL) {
        goto done;
    }

    if (PQgetisnull(result, 0, 0)) {
        say_fail("there is no user %s", params[0]);
    } else {
        user = json_loads(PQgetvalue(result, 0, 0), 0, NULL);
    }
    PQclear(result);

done:

    PQfinish(conn);
    return user;
}
