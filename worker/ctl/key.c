/* Service accounts' keys: by the same functions as POST /api/keys and its
   like. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "core/base/uuid.h"
#include "core/grant/service.h"
#include "ctl.h"
#include "database.h"
#include "key_set.h"
#include "notify.h"
#include "options.h"
#include "output.h"
#include "say.h"

#define KEY_SECONDS_MIN 3600 /* as api.refuse_key() has it */
#define KEY_SECONDS_MAX 31622400
#define KEY_SIGNS 86400 /* s that links of nginx live: as of old sessions */


static json_t *key_scopes(const char *names);
static json_t *key_call(PGconn *conn, const char *name, json_t *args);
static json_t *key_made(PGconn *conn, const jwk_set_t *keys, json_t *args);


int
ctl_key_add(int argc, char **argv)
{
    json_t *args, *key = NULL;
    PGconn *conn;
    jwk_set_t *keys;
    const char *name, *scopes = NULL, *role = "viewer", *seconds = NULL;
    const char *conninfo = NULL, *as_json = NULL;
    const ctl_option_t options[] = {
        { "scope", "SCOPE,...", "what it opens: links:mint, media:read, …",
          &scopes },
        { "role", "ROLE",
          "of its account: viewer (unless given), editor or admin", &role },
        { "expires-in", "SECONDS", "90 days unless given, a year at most",
          &seconds },
        { DATABASE_OPTION, &conninfo },
        { "json", NULL, "for machines", &as_json },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, &name);
    scopes = say_need(scopes, "scope", NULL);

    args = json_pack("{s:s, s:s, s:o, s:{s:i}}", "name", name, "role", role,
                     "scopes", key_scopes(scopes), "nginx", "signs", KEY_SIGNS);
    if (args == NULL) {
        say_usage("NAME \"%s\" is no UTF-8", name);
    }
    if (seconds != NULL) {
        json_object_set_new(
            args, "expires_in",
            json_integer((json_int_t) options_number(
                "expires-in", seconds, KEY_SECONDS_MIN, KEY_SECONDS_MAX)));
    }

    keys = key_set_read(JWA_ACCESS);
    conn = keys ? database_open(conninfo) : NULL;

    if (conn != NULL) {
        key = key_made(conn, keys, args);
        PQfinish(conn);
    }

    jwk_set_free(keys);
    json_decref(args);

    if (key == NULL) {
        return CTL_FAILED;
    }

    output_object(key, as_json != NULL);
    json_decref(key);

    return CTL_OK;
}


int
ctl_key_list(int argc, char **argv)
{
    const char *conninfo = NULL, *as_json = NULL;
    static const char *const columns[] = { "id",         "name",
                                           "role",       "scopes",
                                           "expires_at", "last_used_at",
                                           "kid",        NULL };
    const ctl_option_t options[] = { { DATABASE_OPTION, &conninfo },
                                     { "json", NULL, "for machines", &as_json },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, NULL);

    return database_print(
        conninfo,
        "select k.id, u.name, u.id as account, u.role, "
        "array_to_string(k.scopes, ',') as scopes, k.kid, k.made_by, "
        "date_trunc('second', k.expires_at) as expires_at, "
        "date_trunc('second', k.last_used_at) as last_used_at "
        "from sluice.keys k join sluice.users u on u.id = k.user_id "
        "where k.removed_at is null order by k.id desc",
        0, NULL, columns, as_json != NULL);
}


/* One that was found somewhere is told by its text. */
int
ctl_key_remove(int argc, char **argv)
{
    int rc;
    char digest[SERVICE_DIGEST_SIZE];
    json_t *body;
    PGconn *conn;
    const char *key, *redis = NULL, *conninfo = NULL;
    const ctl_option_t options[] = { { NOTIFY_OPTION, &redis },
                                     { DATABASE_OPTION, &conninfo },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, &key);

    if (!uuid_valid(key, strlen(key)) && !service_key_whole(key, strlen(key))) {
        say_usage("KEY is neither an id nor the whole text of a key");
    }

    service_digest(key, strlen(key), digest);

    conn = database_open(conninfo);
    if (conn == NULL) {
        return CTL_FAILED;
    }

    body = key_call(conn, "delete_key",
                    uuid_valid(key, strlen(key))
                        ? json_pack("{s:s}", "id", key)
                        : json_pack("{s:s}", "digest", digest));
    PQfinish(conn);
    if (body == NULL) {
        return CTL_FAILED;
    }

    rc = notify_revoked(redis, json_object_get(body, "revoked"));
    json_decref(body);

    return rc;
}


static json_t *
key_scopes(const char *names)
{
    size_t len;
    json_t *scopes = json_array();

    for (;;) {
        len = strcspn(names, ",");
        json_array_append_new(scopes, json_stringn(names, len));

        if (names[len] == '\0') {
            return scopes;
        }

        names += len + 1;
    }
}


/* What api.<name>(null, args) answers; NULL after saying why not. The reference
   to `args` is taken over. */
static json_t *
key_call(PGconn *conn, const char *name, json_t *args)
{
    char sql[128], *text;
    json_t *body;
    PGresult *result;
    const char *params[1];

    snprintf(sql, sizeof(sql), "select body from api.%s(null, $1)", name);
    text = args ? json_dumps(args, JSON_COMPACT) : NULL;
    json_decref(args);
    params[0] = text;
    result = text ? database_query(conn, sql, 1, params) : NULL;
    free(text);

    if (result == NULL) {
        return NULL;
    }

    body = json_loads(PQgetvalue(result, 0, 0), 0, NULL);
    PQclear(result);

    if (json_object_get(body, "problem") != NULL) {
        say_fail("%s: %s", json_string_value(json_object_get(body, "problem")),
                 json_object_get(body, "detail")
                     ? json_string_value(json_object_get(body, "detail"))
                     : "there is no such key");
        json_decref(body);
        return NULL;
    }

    return body;
}


/* Asked for, made, and recorded: its row, with `key`. */
static json_t *
key_made(PGconn *conn, const jwk_set_t *keys, json_t *args)
{
    char text[SERVICE_KEY_SIZE];
    json_t *body, *made;

    body = key_call(conn, "create_key", json_incref(args));
    if (body == NULL) {
        return NULL;
    }

    made = service_make(
        keys, 0, json_object_get(json_object_get(body, "need"), "key"), text);
    json_decref(body);

    if (made == NULL) {
        say_fail("the key could not be made");
        return NULL;
    }

    json_object_set_new(json_object_get(args, "nginx"), "key", made);
    body = key_call(conn, "create_key", json_incref(args));

    if (body != NULL) {
        json_object_set_new(body, "key", json_string(text));
    }
    OPENSSL_cleanse(text, sizeof(text));

    return body;
}
