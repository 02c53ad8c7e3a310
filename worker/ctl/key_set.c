#include <stdio.h>
#include <openssl/crypto.h>
#include "key_set.h"
#include "say.h"

#define KEY_SET_MAX_SIZE (64 * 1024) /* as in jwk.h */


jwk_set_t *
key_set_read(unsigned algs)
{
    char err[256];
    size_t len;
    jwk_set_t *keys;
    static char text[KEY_SET_MAX_SIZE + 1];

    len = fread(text, 1, sizeof(text), stdin);
    keys = jwk_set_parse(text, len, JWK_OWN, err, sizeof(err));
    OPENSSL_cleanse(text, sizeof(text));

    if (keys == NULL) {
        say_fail("key set on standard input: %s", err);
    } else if (jwk_set_signer(keys, algs, 0) == NULL) {
        say_fail("key set on standard input: no %s key signs",
                 algs == JWA_BIT(JWA_HS256) ? "HS256" : "ES256 or EdDSA");
        jwk_set_free(keys);
        keys = NULL;
    }

    return keys;
}
