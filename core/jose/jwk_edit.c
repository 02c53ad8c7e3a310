#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "json_strict.h"
#include "jwk_internal.h"


/* JSON and the set in it, both to be given back; 0, or -1 after a
   complaint. */
static int
load(const char *json, size_t len, json_t **root, jwk_set_t **set, char *err,
     size_t err_size)
{
    *root = NULL;

    *set = jwk_set_parse(json, len, JWK_OWN, err, err_size);
    if (*set == NULL) {
        return -1;
    }

    *root = json_strict_load(json, len, 0, NULL);

    if (*root == NULL) {
        jwk_complaint_t complaint = { err, err_size, "" };

        jwk_set_free(*set);
        return jwk_complain(&complaint, "out of memory");
    }

    return 0;
}


/* The text, if it is a set that can be read again. */
static char *
finish(json_t *root, char *err, size_t err_size)
{
    jwk_complaint_t complaint = { err, err_size, "" };
    jwk_set_t *set;
    char *text;

    text = json_dumps(root, JSON_INDENT(2));
    if (text == NULL) {
        (void) jwk_complain(&complaint, "out of memory");
        return NULL;
    }

    set = jwk_set_parse(text, strlen(text), JWK_OWN, err, err_size);
    if (set == NULL) {
        OPENSSL_cleanse(text, strlen(text));
        free(text);
        return NULL;
    }

    jwk_set_free(set);

    return text;
}


char *
jwk_set_rotate(const char *json, size_t len, char *err, size_t err_size)
{
    const jwk_t *signer;
    jwk_set_t *set;
    json_t *root, *keys;
    char *text = NULL;
    jwa_t alg;

    if (load(json, len, &root, &set, err, err_size) != 0) {
        return NULL;
    }

    signer = jwk_set_signer(set, JWA_ACCESS, 0);
    alg = (signer != NULL) ? jwa_only(signer->algs) : JWA_ES256;
    keys = json_object_get(root, "keys");

    if (json_array_insert_new(keys, 0, jwk_generate(alg)) == 0
        && json_array_insert_new(keys, 0, jwk_generate(JWA_HS256)) == 0) {
        text = finish(root, err, err_size);

    } else {
        jwk_complaint_t complaint = { err, err_size, "" };

        (void) jwk_complain(&complaint, "no random bytes, or no memory");
    }

    jwk_set_wipe(root);
    json_decref(root);
    jwk_set_free(set);

    return text;
}


/* 1 when nothing but `key` signs with `algs`. */
static int
is_last(const jwk_set_t *set, const jwk_t *key, unsigned algs)
{
    return jwk_set_signer(set, algs, 0) == key
           && jwk_set_signer(set, algs, 1) == key;
}


char *
jwk_set_remove(const char *json, size_t len, const char *kid, char *err,
               size_t err_size)
{
    jwk_complaint_t complaint = { err, err_size, "" };
    const jwk_t *key;
    jwk_set_t *set;
    json_t *root, *keys;
    char *text = NULL;
    size_t i;

    if (load(json, len, &root, &set, err, err_size) != 0) {
        return NULL;
    }

    key = jwk_set_kid(set, kid, strlen(kid));

    if (key == NULL) {
        (void) jwk_complain(&complaint, "there is no key \"%s\"", kid);

    } else if (is_last(set, key, JWA_BIT(JWA_HS256))) {
        (void) jwk_complain(&complaint, "no other key signs grants; rotate "
                                        "first");

    } else if (is_last(set, key, JWA_ACCESS)) {
        (void) jwk_complain(&complaint, "no other key signs access tokens; "
                                        "rotate first");

    } else {
        /* our own sets leave nothing out */
        i = (size_t) (key - set->keys);
        keys = json_object_get(root, "keys");
        jwk_wipe(json_array_get(keys, i));
        (void) json_array_remove(keys, i);
        text = finish(root, err, err_size);
    }

    jwk_set_wipe(root);
    json_decref(root);
    jwk_set_free(set);

    return text;
}
