#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include "core/account/address.h"
#include "core/account/password.h"
#include "core/account/policy.h"
#include "core/base/uuid.h"
#include "core/grant/access.h"
#include "ctl.h"
#include "database.h"
#include "options.h"
#include "output.h"
#include "say.h"

/* What the caller sees of a violated unique index: SQLSTATE 23505. */
#define USER_DUPLICATE "23505"

typedef struct {
    char text[PASSWORD_MAX_SIZE + 2]; /* with newline and terminator */
    size_t len;
} user_password_t;


static int user_insert(PGconn *conn, const address_t *address, const char *role,
                       const char *name, const char *hash, json_t **user);
static int user_read_password(user_password_t *password,
                              const char *const *known, int from_stdin);
static int user_prompt(user_password_t *password, const char *prompt);
static int user_line(user_password_t *password);


int
ctl_user_add(int argc, char **argv)
{
    int rc;
    char hash[PASSWORD_HASH_SIZE];
    json_t *user = NULL;
    PGconn *conn;
    address_t address;
    user_password_t password;
    const char *email, *wrong, *conninfo = NULL, *role = "viewer", *name = NULL;
    const char *from_stdin = NULL, *as_json = NULL, *known[3] = { NULL };
    const ctl_option_t options[] = {
        { "role", "ROLE", "viewer (unless given), editor or admin", &role },
        { "name", "NAME", "as the others see the user", &name },
        { "password-stdin", NULL, "reads one line instead of asking",
          &from_stdin },
        { DATABASE_OPTION, &conninfo },
        { "json", NULL, "for machines", &as_json },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, &email);

    wrong = address_read(email, strlen(email), &address);
    if (wrong != NULL) {
        say_usage("EMAIL \"%s\": %s", email, wrong);
    }
    if (role_from_name(role, strlen(role)) == ROLE_NONE) {
        say_usage("--role is viewer, editor or admin, not \"%s\"", role);
    }

    conn = database_open(conninfo);
    if (conn == NULL) {
        return CTL_FAILED;
    }

    known[0] = email;
    known[1] = name; /* may be the end */

    rc = user_read_password(&password, known, from_stdin != NULL);
    if (rc == CTL_OK && password_hash(hash, password.text, password.len) != 0) {
        rc = say_fail("the password could not be hashed: out of memory");
    }
    OPENSSL_cleanse(&password, sizeof(password));

    if (rc == CTL_OK) {
        rc = user_insert(conn, &address, role, name, hash, &user);
    }
    if (rc == CTL_OK) {
        output_object(user, as_json != NULL);
    }

    json_decref(user);
    PQfinish(conn);
    return rc;
}


static int
user_insert(PGconn *conn, const address_t *address, const char *role,
            const char *name, const char *hash, json_t **user)
{
    int duplicate;
    char id[UUID_TEXT_SIZE];
    PGresult *result;
    const char *state;
    const char *params[] = {
        id, address->text, hash, role, name, address->key
    };

    if (uuid_v7(id) != 0) {
        return say_fail("no random numbers can be had");
    }

    result = PQexecParams(conn,
                          "with made as (insert into sluice.users "
                          "(id, email, password, role, name, email_key) "
                          "values ($1, $2, $3, $4, $5, $6) "
                          "returning id, role) "
                          "select sluice.note(null, 'user-added', id::text, "
                          "jsonb_build_object('role', role)) from made",
                          6, NULL, params, NULL, NULL, 0);
    state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    duplicate = state != NULL && strcmp(state, USER_DUPLICATE) == 0;

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        PQclear(result);
        if (duplicate) {
            return say_fail("there is a user with the address %s already",
                            address->text);
        }
        return say_fail("%.*s", (int) strcspn(PQerrorMessage(conn), "\n"),
                        PQerrorMessage(conn));
    }

    PQclear(result);
    *user = json_pack("{s:s, s:s, s:s, s:s?}", "id", id, "email", address->text,
                      "role", role, "name", name);

    return *user ? CTL_OK : say_fail("--name is not UTF-8");
}


int
ctl_user_list(int argc, char **argv)
{
    const char *conninfo = NULL, *as_json = NULL;
    static const char *const columns[] = {
        "id",       "email",      "role", "name", "plan", "second_factor",
        "disabled", "created_at", NULL
    };
    const ctl_option_t options[] = { { DATABASE_OPTION, &conninfo },
                                     { "json", NULL, "for machines", &as_json },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, NULL);

    return database_print(conninfo,
                          "select id, email, role, name, plan, "
                          "exists (select from sluice.factors where "
                          "user_id = users.id and confirmed_at is not null) "
                          "as second_factor, "
                          "disabled_at is not null as disabled, "
                          "date_trunc('second', created_at) as created_at "
                          "from sluice.users order by id",
                          0, NULL, columns, as_json != NULL);
}


static int
user_read_password(user_password_t *password, const char *const *known,
                   int from_stdin)
{
    int rc;
    const char *refused;
    user_password_t again;

    if (from_stdin || !isatty(STDIN_FILENO)) {
        if (!from_stdin) {
            say_usage("without a terminal, --password-stdin is needed");
        }
        rc = user_line(password);

    } else {
        rc = user_prompt(password, "Password: ");
        if (rc == 0) {
            rc = user_prompt(&again, "Once more: ");
            if (rc == 0 && strcmp(password->text, again.text) != 0) {
                OPENSSL_cleanse(&again, sizeof(again));
                return say_fail("the two passwords differ");
            }
            OPENSSL_cleanse(&again, sizeof(again));
        }
    }

    if (rc != 0) {
        return say_fail("no password came");
    }

    refused = policy_refuse(password->text, password->len, known);

    return refused ? say_fail("%s", refused) : CTL_OK;
}


static int
user_prompt(user_password_t *password, const char *prompt)
{
    int rc;
    struct termios shown, hidden;

    if (tcgetattr(STDIN_FILENO, &shown) != 0) {
        return -1;
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t) ECHO;

    fputs(prompt, stderr);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    rc = user_line(password);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);

    return rc;
}


static int
user_line(user_password_t *password)
{
    if (fgets(password->text, sizeof(password->text), stdin) == NULL) {
        return -1;
    }

    password->len = strcspn(password->text, "\r\n");
    password->text[password->len] = '\0';
    return 0;
}
