#include <ctype.h>
#include <string.h>
#include <openssl/crypto.h>
#include "core/account/recovery.h"
#include "core/account/seal.h"
#include "core/account/totp.h"
#include "core/base/base32.h"
#include "key_set.h"
#include "move_factors.h"
#include "say.h"

/* What all authenticators do, and ours alone take. */
#define FACTORS_DIGITS 6
#define FACTORS_ALGORITHM "SHA1"

#define FACTORS_SECRET_MIN 10 /* bytes: the shortest that are about */
#define FACTORS_NAME_MAX 800  /* bytes */

#define FACTORS_TEXT_SIZE (base32_encoded_size(SEAL_SECRET_MAX) + 1)


jwk_set_t *
move_factors_keys(const char *path)
{
    char err[256];
    jwk_set_t *keys;

    if (path == NULL) {
        return key_set_read(JWA_BIT(JWA_HS256));
    }

    keys = jwk_set_read(path, JWK_OWN, err, sizeof(err));
    if (keys == NULL) {
        say_fail("%s: %s", path, err);
    } else if (jwk_set_signer(keys, JWA_BIT(JWA_HS256), 0) == NULL) {
        say_fail("%s: no HS256 key signs", path);
        jwk_set_free(keys);
        keys = NULL;
    }

    return keys;
}


/* Left out, or this number. */
static int
factors_number(const json_t *factor, const char *name, json_int_t number)
{
    const json_t *value = json_object_get(factor, name);

    return value == NULL
           || (json_is_integer(value) && json_integer_value(value) == number);
}


static const char *
factors_wrong(const json_t *factor)
{
    const json_t *name = json_object_get(factor, "name");
    const json_t *algorithm = json_object_get(factor, "algorithm");

    if (!json_is_object(factor)
        || !json_is_string(json_object_get(factor, "secret"))) {
        return "\"totp\" is a list of objects with a \"secret\"";
    }

    if (name != NULL && !json_is_null(name)
        && (!json_is_string(name)
            || json_string_length(name) > FACTORS_NAME_MAX)) {
        return "\"name\" in \"totp\" is a text of 200 characters";
    }

    return factors_number(factor, "digits", FACTORS_DIGITS)
                   && factors_number(factor, "period", TOTP_STEP)
                   && (algorithm == NULL
                       || (json_is_string(algorithm)
                           && strcmp(json_string_value(algorithm),
                                     FACTORS_ALGORITHM)
                                  == 0))
               ? NULL
               : "\"totp\" has 6 digits every 30 seconds by SHA1 here";
}


/* base32 as people have it, with padding or without. The length, or -1. */
static ssize_t
factors_secret(const json_t *factor, unsigned char secret[SEAL_SECRET_MAX])
{
    const json_t *value = json_object_get(factor, "secret");
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    ssize_t n;

    while (len > 0 && text[len - 1] == '=') {
        len--;
    }

    n = base32_decode(secret, SEAL_SECRET_MAX, text, len);

    return n >= FACTORS_SECRET_MIN ? n : -1;
}


static void
factors_wipe(json_t *factor)
{
    json_t *value = json_object_get(factor, "secret");

    if (value != NULL && json_is_string(value)) {
        OPENSSL_cleanse((char *) json_string_value(value),
                        json_string_length(value));
    }
}


static const char *
factors_seal(json_t *user, json_t *factor, const jwk_set_t *keys)
{
    int rc;
    char text[SEAL_SIZE];
    ssize_t len;
    unsigned char secret[SEAL_SECRET_MAX];

    len = factors_secret(factor, secret);
    factors_wipe(factor);

    if (len == -1) {
        return "\"secret\" in \"totp\" is base32 of 10 to 64 bytes";
    }

    rc = seal_write(keys, 0, json_string_value(json_object_get(user, "id")),
                    secret, (size_t) len, text);
    OPENSSL_cleanse(secret, sizeof(secret));

    return rc == 0
                   && json_object_set_new(user, "sealed", json_string(text))
                          == 0
               ? NULL
               : "its secret could not be sealed";
}


/* SHA-256 in hex, each with its owner's id in it. */
static const char *
factors_codes_wrong(const json_t *user, const json_t *codes, int has_id)
{
    size_t i, k;
    const char *hex;
    const json_t *code;

    if (!json_is_array(codes) || json_array_size(codes) > RECOVERY_CODES) {
        return "\"recovery_codes\" is a list of 10 digests at most";
    }

    if (!has_id || json_object_get(user, "sealed") == NULL) {
        return "\"recovery_codes\" are those of an \"id\", beside \"totp\"";
    }

    json_array_foreach(codes, i, code)
    {
        hex = json_string_value(code);

        for (k = 0; hex != NULL && isxdigit((unsigned char) hex[k]); k++) {
            /* void */
        }
        if (hex == NULL || hex[k] != '\0' || k != 2 * SHA256_SIZE) {
            return "\"recovery_codes\" are SHA-256 digests in hex";
        }
    }

    return NULL;
}


const char *
move_factors_seal(json_t *user, int has_id, const jwk_set_t *keys)
{
    const char *wrong = NULL;
    json_t *totp = json_object_get(user, "totp");
    const json_t *codes = json_object_get(user, "recovery_codes");

    if (keys == NULL) {
        return totp == NULL && codes == NULL
                   ? NULL
                   : "\"totp\" and \"recovery_codes\" are taken with --factors";
    }

    if (totp != NULL) {
        if (!json_is_array(totp) || json_array_size(totp) > 1) {
            return "\"totp\" is a list of one authenticator at most";
        }

        if (json_object_get(user, "issuer") != NULL) {
            return "\"totp\" is asked for where users sign in: not here";
        }

        if (json_array_size(totp) == 1) {
            wrong = factors_wrong(json_array_get(totp, 0));
            wrong = wrong ? wrong
                          : factors_seal(user, json_array_get(totp, 0), keys);
        }
    }

    if (wrong == NULL && codes != NULL) {
        wrong = factors_codes_wrong(user, codes, has_id);
    }

    (void) json_object_del(user, "totp");

    return wrong;
}


int
move_factors_open(json_t *user, const jwk_set_t *keys)
{
    char text[FACTORS_TEXT_SIZE];
    ssize_t len;
    json_t *totp;
    unsigned char secret[SEAL_SECRET_MAX];
    const char *sealed = json_string_value(json_object_get(user, "sealed"));

    if (sealed == NULL) {
        return 0;
    }

    len = seal_read(keys, sealed,
                    json_string_value(json_object_get(user, "id")), secret);
    (void) json_object_del(user, "sealed");

    if (len == -1) {
        (void) json_object_del(user, "recovery_codes");
        return -1;
    }

    text[base32_encode(text, secret, (size_t) len)] = '\0';
    totp = json_pack("[{s:s, s:i, s:i, s:s}]", "secret", text, "digits",
                     FACTORS_DIGITS, "period", TOTP_STEP, "algorithm",
                     FACTORS_ALGORITHM);
    OPENSSL_cleanse(secret, sizeof(secret));
    OPENSSL_cleanse(text, sizeof(text));

    return json_object_set_new(user, "totp", totp) == 0 ? 0 : -1;
}
