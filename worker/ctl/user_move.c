/* Users who come from another place, and go to one: import, export. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "core/account/address.h"
#include "core/account/password.h"
#include "core/base/uuid.h"
#include "core/grant/access.h"
#include "core/jose/json_strict.h"
#include "ctl.h"
#include "database.h"
#include "move_factors.h"
#include "options.h"
#include "say.h"

#define MOVE_BATCH 1000       /* users that are added together, or not at all */
#define MOVE_LINE (64 * 1024) /* bytes */

typedef struct {
    PGconn *conn;
    FILE *in;
    const char *name; /* of the file, for messages */
    uint64_t line;    /* the one that was read last, from 1 */
    uint64_t from;    /* the first that counts */
    uint64_t first;   /* of the batch */
    uint64_t taken;
    const jwk_set_t *keys; /* NULL: no second factors */
    json_t *batch;
} user_import_t;


/* What is wrong with a member, or NULL: a text of so many bytes where it is
   there. */
static const char *
move_text(json_t *user, const char *name, size_t max, const char *wrong)
{
    json_t *text = json_object_get(user, name);

    return text == NULL || json_is_null(text)
                   || (json_is_string(text) && json_string_length(text) > 0
                       && json_string_length(text) <= max)
               ? NULL
               : wrong;
}


/* As mail is sent to it, and as it is compared. 0 or -1. */
static int
move_address(json_t *user, const char *email)
{
    address_t address;

    return address_read(email, strlen(email), &address) == NULL
                   && json_object_set_new(user, "email",
                                          json_string(address.text))
                          == 0
                   && json_object_set_new(user, "email_key",
                                          json_string(address.key))
                          == 0
               ? 0
               : -1;
}


/* What is wrong with a user, or NULL. */
static const char *
move_wrong(json_t *user)
{
    size_t i;
    const char *wrong, *email, *id, *hash, *key, *role;
    json_t *value;

    static const char *const known[] = {
        "id",       "email",  "name",          "role",     "plan",
        "locale",   "issuer", "subject",       "disabled", "created_at",
        "password", "totp",   "recovery_codes"
    };
    static const struct {
        const char *name;
        size_t max;
        const char *wrong;
    } texts[] = { { "name", 800, "\"name\" is a text of 200 characters" },
                  { "plan", 100, "\"plan\" is the name of a plan" },
                  { "locale", 35, "\"locale\" is a language tag" },
                  { "issuer", 255, "\"issuer\" is a URL" },
                  { "subject", 255, "\"subject\" is a text of 255 bytes" },
                  { "created_at", 40, "\"created_at\" is a time (RFC 3339)" } };

    if (!json_is_object(user)) {
        return "a line is an object of JSON";
    }

    json_object_foreach(user, key, value)
    {
        for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            if (strcmp(key, known[i]) == 0) {
                break;
            }
        }
        if (i == sizeof(known) / sizeof(known[0])) {
            return "there is a member that users do not have";
        }
    }

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        wrong = move_text(user, texts[i].name, texts[i].max, texts[i].wrong);
        if (wrong != NULL) {
            return wrong;
        }
    }

    email = json_string_value(json_object_get(user, "email"));
    hash = json_string_value(json_object_get(user, "password"));
    id = json_string_value(json_object_get(user, "id"));

    if (email == NULL ? json_object_get(user, "email") != NULL
                            || json_object_get(user, "issuer") == NULL
                      : move_address(user, email) != 0) {
        return "\"email\" is an e-mail address";
    }

    role = json_string_value(json_object_get(user, "role"));

    if (json_object_get(user, "role") != NULL
        && (role == NULL || role_from_name(role, strlen(role)) == ROLE_NONE)) {
        return "\"role\" is viewer, editor or admin";
    }

    if (json_object_get(user, "id") != NULL
        && (id == NULL || !uuid_valid(id, strlen(id)))) {
        return "\"id\" is a UUID";
    }

    if (json_object_get(user, "disabled") != NULL
        && !json_is_boolean(json_object_get(user, "disabled"))) {
        return "\"disabled\" is true or false";
    }

    if (json_object_get(user, "password") != NULL
        && (hash == NULL || !password_known(hash))) {
        return "\"password\" is a hash of argon2, bcrypt, scrypt, yescrypt, "
               "SHA-crypt or PBKDF2 whose cost is bounded";
    }

    return NULL;
}


/* "file, line 7: …", and how to go on. CTL_FAILED. */
static int
move_fault(const user_import_t *import, uint64_t line, const char *what)
{
    return say_fail("%s, line %llu: %s. Of the lines from %llu on none was "
                    "taken, %llu users before were; mend it, and go on with "
                    "--from %llu",
                    import->name, (unsigned long long) line, what,
                    (unsigned long long) import->first,
                    (unsigned long long) import->taken,
                    (unsigned long long) import->first);
}


/* The batch, in one transaction. */
static int
move_flush(user_import_t *import)
{
    int rc = CTL_OK;
    char *text;
    json_t *fault;
    PGresult *result;
    const char *params[1];
    size_t count = json_array_size(import->batch);

    if (count == 0) {
        return CTL_OK;
    }

    text = json_dumps(import->batch, JSON_COMPACT);
    if (text == NULL) {
        return say_fail("there is no memory for %zu users", count);
    }

    params[0] = text;
    result = database_query(import->conn, "select api.import_users($1)", 1,
                            params);
    OPENSSL_cleanse(text, strlen(text));
    free(text);

    if (result == NULL) {
        return CTL_FAILED;
    }

    if (!PQgetisnull(result, 0, 0)) {
        fault = json_loads(PQgetvalue(result, 0, 0), 0, NULL);
        rc = move_fault(
            import,
            (uint64_t) json_integer_value(json_object_get(fault, "line")),
            json_string_value(json_object_get(fault, "detail")));
        json_decref(fault);

    } else {
        import->taken += count;
        import->first = import->line + 1;
        json_array_clear(import->batch);
    }

    PQclear(result);

    return rc;
}


static int
move_line(user_import_t *import, const char *line, size_t len)
{
    int has_id;
    char id[UUID_TEXT_SIZE];
    json_t *user;
    const char *wrong;
    json_error_t error;

    user = json_strict_load(line, len, 0, &error);
    if (user == NULL) {
        return move_fault(import, import->line, error.text);
    }

    wrong = move_wrong(user);
    has_id = json_object_get(user, "id") != NULL;
    if (wrong == NULL && !has_id) {
        wrong = uuid_v7(id) != 0
                        || json_object_set_new(user, "id", json_string(id)) != 0
                    ? "no random numbers can be had"
                    : NULL;
    }

    if (wrong == NULL) {
        wrong = move_factors_seal(user, has_id, import->keys);
    }

    if (wrong != NULL) {
        json_decref(user);
        return move_fault(import, import->line, wrong);
    }

    json_object_set_new(user, "line", json_integer((json_int_t) import->line));
    json_array_append_new(import->batch, user);

    return json_array_size(import->batch) == MOVE_BATCH ? move_flush(import)
                                                        : CTL_OK;
}


static int
move_read(user_import_t *import)
{
    int rc = CTL_OK;
    char *line = malloc(MOVE_LINE + 2);
    size_t len;

    if (line == NULL) {
        return say_fail("there is no memory for a line");
    }

    while (rc == CTL_OK && fgets(line, MOVE_LINE + 2, import->in) != NULL) {
        import->line++;
        len = strlen(line);

        if (len == MOVE_LINE + 1 && line[len - 1] != '\n') {
            rc = move_fault(import, import->line,
                            "a line has 65,536 bytes at most");
            break;
        }

        len -= (line[len - 1] == '\n');

        if (import->line >= import->from && len > 0) {
            rc = move_line(import, line, len);
        }
    }

    OPENSSL_cleanse(line, MOVE_LINE + 2);
    free(line);

    if (rc == CTL_OK && ferror(import->in)) {
        return say_fail("%s cannot be read", import->name);
    }

    return rc == CTL_OK ? move_flush(import) : rc;
}


/* Users and keys do not come by the same way. */
static jwk_set_t *
move_import_keys(const char *factors, const char *keys, int from_stdin)
{
    if (factors == NULL) {
        return NULL;
    }

    if (keys == NULL && from_stdin) {
        say_usage("--factors needs --keys, or the users in a FILE and the key "
                  "set on standard input");
    }

    return move_factors_keys(keys);
}


int
ctl_user_import(int argc, char **argv)
{
    int rc;
    jwk_set_t *keys;
    const char *conninfo = NULL, *file = NULL, *from = NULL;
    const char *factors = NULL, *key_file = NULL;
    user_import_t import = { .in = stdin, .name = "standard input" };
    const ctl_option_t options[] = {
        { "from", "LINE", "begins there: where the last one stopped", &from },
        { "factors", NULL, "with second factors, sealed with the key set",
          &factors },
        { "keys", "FILE", "key set, else on standard input", &key_file },
        { DATABASE_OPTION, &conninfo },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, &file);
    import.from = from ? options_number("from", from, 1, UINT32_MAX) : 1;
    import.first = import.from;

    if (file != NULL && strcmp(file, "-") != 0) {
        import.name = file;
        import.in = fopen(file, "re");
        if (import.in == NULL) {
            return say_fail("%s cannot be opened", file);
        }
    }

    keys = move_import_keys(factors, key_file, import.in == stdin);
    import.keys = keys;
    import.conn = factors == NULL || keys != NULL ? database_open(conninfo)
                                                  : NULL;
    import.batch = json_array();

    rc = import.conn == NULL ? CTL_FAILED : move_read(&import);

    if (rc == CTL_OK) {
        printf("%llu users were taken.\n", (unsigned long long) import.taken);
    }

    json_decref(import.batch);
    jwk_set_free(keys);
    PQfinish(import.conn);
    if (import.in != stdin) {
        fclose(import.in);
    }

    return rc;
}


/* A line; with keys, second factors stand open in it. How many could not be
   read, or -1 without memory. */
static int
move_print(const char *text, const jwk_set_t *keys)
{
    int rc;
    char *line;
    json_t *user;

    if (keys == NULL) {
        puts(text);
        return 0;
    }

    user = json_loads(text, 0, NULL);
    rc = user != NULL && move_factors_open(user, keys) != 0;
    line = user != NULL ? json_dumps(user, JSON_COMPACT) : NULL;
    json_decref(user);

    if (line == NULL) {
        return -1;
    }

    puts(line);
    OPENSSL_cleanse(line, strlen(line));
    free(line);

    return rc;
}


/* All of them. `unread` counts whose second factor nobody can read. */
static int
move_write(PGconn *conn, const char *hashes, const jwk_set_t *keys,
           unsigned *unread)
{
    int i, rows, rc = 0;
    char behind[UUID_TEXT_SIZE];
    PGresult *result;
    const char *params[] = { NULL, hashes, "1000", keys ? "true" : "false" };

    do {
        result = database_query(conn,
                                "select u, u->>'id' "
                                "from api.export_users($1, $2, $3, $4) u",
                                4, params);
        if (result == NULL) {
            return CTL_FAILED;
        }

        rows = PQntuples(result);
        for (i = 0; i < rows && rc != -1; i++) {
            rc = move_print(PQgetvalue(result, i, 0), keys);
            *unread += rc == 1;
        }

        if (rows > 0) {
            snprintf(behind, sizeof(behind), "%s",
                     PQgetvalue(result, rows - 1, 1));
            params[0] = behind;
        }

        PQclear(result);
    } while (rows > 0 && rc != -1);

    return rc != -1 ? CTL_OK : say_fail("there is no memory for a line");
}


int
ctl_user_export(int argc, char **argv)
{
    int rc;
    PGconn *conn;
    jwk_set_t *keys = NULL;
    unsigned unread = 0;
    const char *conninfo = NULL, *hashes = NULL, *factors = NULL;
    const char *key_file = NULL;
    const ctl_option_t options[] = {
        { "hashes", NULL, "with the passwords' hashes: keep it secret",
          &hashes },
        { "factors", NULL, "beside these, second factors' secrets in the clear",
          &factors },
        { "keys", "FILE", "key set, else on standard input", &key_file },
        { DATABASE_OPTION, &conninfo },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, NULL);

    if (factors != NULL && hashes == NULL) {
        say_usage("--factors goes with --hashes");
    }

    if (factors != NULL) {
        keys = move_factors_keys(key_file);
        if (keys == NULL) {
            return CTL_FAILED;
        }
    }

    conn = database_open(conninfo);
    rc = conn ? move_write(conn, hashes ? "true" : "false", keys, &unread)
              : CTL_FAILED;

    jwk_set_free(keys);
    PQfinish(conn);

    if (rc == CTL_OK && (fflush(stdout) != 0 || ferror(stdout))) {
        return say_fail("the users could not be written");
    }

    return rc == CTL_OK && unread > 0
               ? say_fail("second factors of %u users cannot be read: their "
                          "key is not in the set",
                          unread)
               : rc;
}
