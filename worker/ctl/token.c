#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <jansson.h>
#include "core/jose/claim.h"
#include "core/jose/jwk.h"
#include "core/jose/jwt.h"
#include "ctl.h"
#include "options.h"
#include "output.h"
#include "say.h"


static int token_check(const jwk_set_t *keys, const char *token, size_t len,
                       int raw);
static int token_refuse(jwt_result_t result);
static int token_print_payload(const jwt_t *jwt);
static int token_print_claims(const jwt_t *jwt);
static const char *token_out_of_time(const json_t *claims);


int
ctl_token_verify(int argc, char **argv)
{
    int rc;
    char err[256];
    /* one more than a token may have and one for the newline, so that a longer
       one is seen */
    char token[JWT_MAX_SIZE + 2];
    size_t len;
    jwk_set_t *keys;
    const char *file = NULL, *raw = NULL;
    const ctl_option_t options[] = {
        { "jwks", "FILE", "JWK set with the keys that may have signed it",
          &file },
        { "raw", NULL, "checks the JWS alone and writes its payload", &raw },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, NULL);
    file = say_need(file, "jwks", NULL);

    keys = jwk_set_read(file, JWK_ANY, err, sizeof(err));
    if (keys == NULL) {
        return say_fail("%s: %s", file, err);
    }

    len = fread(token, 1, sizeof(token), stdin);
    if (len > 0 && token[len - 1] == '\n') {
        len--;
    }

    rc = token_check(keys, token, len, raw != NULL);
    jwk_set_free(keys);

    return rc;
}


static int
token_check(const jwk_set_t *keys, const char *token, size_t len, int raw)
{
    int rc;
    jwt_t jwt;
    jwt_result_t result;

    result = jwt_open(keys, &jws_any, token, len, &jwt);
    if (result != JWT_OK) {
        return token_refuse(result);
    }

    result = jwt_check(&jwt);
    if (result != JWT_OK) {
        rc = token_refuse(result);

    } else if (raw) {
        rc = token_print_payload(&jwt);

    } else {
        rc = token_print_claims(&jwt);
    }

    jwt_close(&jwt);

    return rc;
}


static int
token_refuse(jwt_result_t result)
{
    return say_fail("the token is refused: %s", jwt_result_word(result));
}


static int
token_print_payload(const jwt_t *jwt)
{
    char *bytes;
    size_t len;
    jwt_result_t result;

    result = jwt_payload(jwt, &bytes, &len);
    if (result != JWT_OK) {
        return token_refuse(result);
    }

    fwrite(bytes, 1, len, stdout);
    free(bytes);

    return fflush(stdout) == 0 ? CTL_OK : say_fail("writing failed");
}


static int
token_print_claims(const jwt_t *jwt)
{
    int rc;
    json_t *claims;
    const char *why;
    jwt_result_t result;

    result = jwt_claims(jwt, &claims);
    if (result != JWT_OK) {
        return token_refuse(result);
    }

    why = token_out_of_time(claims);
    if (why != NULL) {
        rc = say_fail("the token is refused: %s", why);

    } else {
        output_object(claims, 1);
        rc = fflush(stdout) == 0 ? CTL_OK : say_fail("writing failed");
    }

    json_decref(claims);

    return rc;
}


/* NULL when it holds now, and else why not: RFC 7519, 4.1.4 and 4.1.5. */
static const char *
token_out_of_time(const json_t *claims)
{
    int64_t exp = INT64_MAX, nbf = INT64_MIN, now = (int64_t) time(NULL);

    if (claim_time(claims, "exp", &exp) == -1
        || claim_time(claims, "nbf", &nbf) == -1) {
        return "exp or nbf is no time";
    }

    if (now >= exp) {
        return "expired";
    }

    return (now < nbf) ? "not_yet_valid" : NULL;
}
