/* Secrets of second factors, sealed anew with the key that signs first. */

#include <string.h>
#include <openssl/crypto.h>
#include "core/account/seal.h"
#include "core/jose/jwk.h"
#include "ctl.h"
#include "database.h"
#include "key_set.h"
#include "options.h"
#include "output.h"
#include "say.h"

typedef struct {
    json_int_t resealed;
    json_int_t unreadable; /* their key is not in the set */
} factors_count_t;


static int factors_reseal(PGconn *conn, const jwk_set_t *keys,
                          factors_count_t *count);
static int factors_reseal_one(PGconn *conn, const jwk_set_t *keys,
                              const char *id, const char *user,
                              const char *sealed, factors_count_t *count);


int
ctl_user_reseal_factors(int argc, char **argv)
{
    int rc;
    json_t *row;
    PGconn *conn;
    jwk_set_t *keys;
    factors_count_t count = { 0, 0 };
    const char *conninfo = NULL, *as_json = NULL;
    const ctl_option_t options[] = { { DATABASE_OPTION, &conninfo },
                                     { "json", NULL, "for machines", &as_json },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, NULL);

    conn = database_open(conninfo);
    if (conn == NULL) {
        return CTL_FAILED;
    }

    keys = key_set_read(JWA_BIT(JWA_HS256));
    rc = keys ? factors_reseal(conn, keys, &count) : CTL_FAILED;

    if (keys != NULL) {
        row = json_pack("{s:I, s:I}", "resealed", count.resealed, "unreadable",
                        count.unreadable);
        output_object(row, as_json != NULL);
        json_decref(row);
    }

    jwk_set_free(keys);
    PQfinish(conn);

    return rc;
}


/* All that are there: as many as users have. */
static int
factors_reseal(PGconn *conn, const jwk_set_t *keys, factors_count_t *count)
{
    int i, rc = CTL_OK;
    PGresult *rows;

    rows = database_query(
        conn, "select id, user_id, sealed from sluice.factors", 0, NULL);
    if (rows == NULL) {
        return CTL_FAILED;
    }

    for (i = 0; i < PQntuples(rows) && rc == CTL_OK; i++) {
        rc = factors_reseal_one(conn, keys, PQgetvalue(rows, i, 0),
                                PQgetvalue(rows, i, 1), PQgetvalue(rows, i, 2),
                                count);
    }

    PQclear(rows);

    return rc == CTL_OK && count->unreadable > 0
               ? say_fail("some cannot be read: their key is not in the set")
               : rc;
}


/* What nginx has sealed meanwhile stays as that is. */
static int
factors_reseal_one(PGconn *conn, const jwk_set_t *keys, const char *id,
                   const char *user, const char *sealed, factors_count_t *count)
{
    int rc;
    ssize_t len;
    char text[SEAL_SIZE];
    PGresult *done;
    unsigned char secret[SEAL_SECRET_MAX];
    const char *params[] = { id, sealed, text };

    if (seal_is_current(keys, 0, sealed)) {
        return CTL_OK;
    }

    len = seal_read(keys, sealed, user, secret);

    if (len == -1) {
        count->unreadable++;
        return CTL_OK;
    }

    rc = seal_write(keys, 0, user, secret, (size_t) len, text);
    OPENSSL_cleanse(secret, sizeof(secret));

    if (rc != 0) {
        return say_fail("OpenSSL could not seal");
    }

    done = database_query(conn,
                          "update sluice.factors set sealed = $3 "
                          "where id = $1 and sealed = $2",
                          3, params);
    if (done == NULL) {
        return CTL_FAILED;
    }

    PQclear(done);
    count->resealed++;

    return CTL_OK;
}
