#include <stdio.h>
#include <string.h>
#include "core/base/text.h"
#include "claim.h"
#include "jwk_internal.h"

#define LEFT_OUT 1

typedef int (*reader_t)(const json_t *item, jwk_t *key, jwk_complaint_t *err);


static int
kid_is_printable(const char *kid, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (kid[i] < ' ' || kid[i] > '~') {
            return 0;
        }
    }

    return len > 0 && len <= JWK_KID_MAX;
}


/* One that we sign with is written into token headers as it stands. */
static int
kid_is_plain(const char *kid, size_t len)
{
    return kid_is_printable(kid, len) && text_is_plain(kid, len);
}


static int
read_kid(const json_t *item, jwk_origin_t origin, jwk_t *key,
         jwk_complaint_t *err)
{
    const char *text;
    const json_t *kid;
    size_t len;

    kid = json_object_get(item, "kid");
    if (kid == NULL) {
        return (origin == JWK_OWN) ? jwk_complain(err, "\"kid\" is missing")
                                   : 0;
    }

    text = json_string_value(kid);
    len = json_string_length(kid);

    if (origin == JWK_OWN && (text == NULL || !kid_is_plain(text, len))) {
        return jwk_complain(err,
                            "\"kid\" must be a string of 1 to %d printable "
                            "ASCII characters without spaces, quotes and "
                            "backslashes",
                            JWK_KID_MAX);
    }

    if (text == NULL || !kid_is_printable(text, len)) {
        return jwk_complain(err,
                            "\"kid\" must be a string of 1 to %d printable "
                            "ASCII characters",
                            JWK_KID_MAX);
    }

    key->kid = strdup(text);
    if (key->kid == NULL) {
        return jwk_complain(err, "out of memory");
    }

    key->kid_len = len;
    key->signs = kid_is_plain(text, len);
    (void) snprintf(err->key, sizeof(err->key), "key \"%s\"", key->kid);

    return 0;
}


static int
refuse_secrets(const json_t *item, jwk_complaint_t *err)
{
    const char *secret;

    secret = jwk_secret(item);

    return (secret == NULL)
               ? 0
               : jwk_complain(err, "\"%s\" is secret and must not be published",
                              secret);
}


/* Of RFC 7517, 4.3: 0 when all of them are strings and none stands twice. */
static int
check_operations(const json_t *list, jwk_complaint_t *err)
{
    const json_t *item;
    size_t i, j;

    if (!json_is_array(list)) {
        return jwk_complain(err, "\"key_ops\" must be an array");
    }

    for (i = 0; i < json_array_size(list); i++) {
        item = json_array_get(list, i);

        if (!json_is_string(item)) {
            return jwk_complain(err, "\"key_ops\" must hold strings");
        }

        for (j = 0; j < i; j++) {
            if (json_equal(item, json_array_get(list, j))) {
                return jwk_complain(err, "\"key_ops\" has \"%s\" twice",
                                    json_string_value(item));
            }
        }
    }

    return 0;
}


static int
has_operation(const json_t *list, const char *name)
{
    size_t i;

    for (i = 0; i < json_array_size(list); i++) {
        if (claim_is(json_array_get(list, i), name)) {
            return 1;
        }
    }

    return 0;
}


static int
read_operations(const json_t *list, jwk_origin_t origin, jwk_t *key,
                jwk_complaint_t *err)
{
    int signs, verifies;

    if (check_operations(list, err) != 0) {
        return -1;
    }

    signs = has_operation(list, "sign");
    verifies = has_operation(list, "verify");
    key->signs &= signs;

    if (verifies || (signs && origin != JWK_PUBLIC)) {
        return 0;
    }

    return (origin == JWK_OWN) ? jwk_complain(
               err, "\"key_ops\" must have \"verify\" or \"sign\"")
                               : LEFT_OUT;
}


/* What the key is for: "use", "key_ops" and "alg". */
static int
read_purpose(const json_t *item, jwk_origin_t origin, jwk_t *key,
             jwk_complaint_t *err)
{
    const json_t *use, *list, *alg;
    int rc;

    use = json_object_get(item, "use");
    list = json_object_get(item, "key_ops");
    alg = json_object_get(item, "alg");

    if (list != NULL) {
        rc = read_operations(list, origin, key, err);
        if (rc != 0) {
            return rc;
        }
    }

    if (use != NULL && !claim_is(use, "sig")) {
        return (origin == JWK_OWN || !json_is_string(use))
                   ? jwk_complain(err, "\"use\" must be \"sig\"")
                   : LEFT_OUT;
    }

    if (alg == NULL) {
        key->algs = ~0u;
        return (origin == JWK_OWN) ? jwk_complain(err, "\"alg\" is missing")
                                   : 0;
    }

    if (!json_is_string(alg)) {
        return jwk_complain(err, "\"alg\" must be a string");
    }

    key->algs = jwa_bit(json_string_value(alg), json_string_length(alg));

    /* a kty's own complaint names the algorithms that there are for it */
    return (key->algs == 0 && origin != JWK_OWN) ? LEFT_OUT : 0;
}


/* NULL when we do not know the kind of key, and why. */
static reader_t
find_reader(const json_t *item, const char **why)
{
    const json_t *kty, *crv;

    kty = json_object_get(item, "kty");
    crv = json_object_get(item, "crv");

    if (claim_is(kty, "oct")) {
        return jwk_oct_read;
    }

    if (claim_is(kty, "RSA")) {
        return jwk_rsa_read;
    }

    if (claim_is(kty, "EC")) {
        *why = "\"crv\" must be \"P-256\" or \"P-384\"";
        return jwk_curve(json_string_value(crv)) ? jwk_ec_read : NULL;
    }

    if (claim_is(kty, "OKP")) {
        *why = "\"crv\" must be \"Ed25519\"";
        return claim_is(crv, "Ed25519") ? jwk_okp_read : NULL;
    }

    *why = "\"kty\" must be \"oct\", \"EC\", \"OKP\" or \"RSA\"";

    return NULL;
}


int
jwk_read(const json_t *item, jwk_origin_t origin, jwk_t *key,
         jwk_complaint_t *err)
{
    const char *why = "";
    reader_t reader;
    int rc;

    if (!json_is_object(item)) {
        return jwk_complain(err, "a key must be an object");
    }

    if (read_kid(item, origin, key, err) != 0
        || (origin == JWK_PUBLIC && refuse_secrets(item, err) != 0)) {
        return -1;
    }

    rc = read_purpose(item, origin, key, err);
    if (rc != 0) {
        return rc;
    }

    reader = find_reader(item, &why);
    if (reader == NULL) {
        return (origin == JWK_OWN) ? jwk_complain(err, "%s", why) : LEFT_OUT;
    }

    if (key->kid == NULL && origin != JWK_ANY) {
        return jwk_complain(err, "\"kid\" is missing");
    }

    if (reader(item, key, err) != 0) {
        return -1;
    }

    if (key->pkey != NULL
        && jwk_thumbprint_of(key->pkey, key->thumbprint) != 0) {
        return jwk_complain(err, "out of memory");
    }

    key->signs &= (key->mac != NULL || key->private);

    return 0;
}
