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


/* A new key at the place `at`; one that waits verifies only, and says so. */
static int
insert(json_t *keys, size_t at, jwa_t alg, int waits)
{
    json_t *key = jwk_generate(alg);

    if (key != NULL && waits
        && json_object_set_new(key, "key_ops", json_pack("[s]", "verify"))
               != 0) {
        jwk_wipe(key);
        json_decref(key);
        return -1;
    }

    return json_array_insert_new(keys, at, key);
}


/* Two new keys: in front of the others, or behind, where they wait. */
static char *
bring(const char *json, size_t len, int wait, char *err, size_t err_size)
{
    const jwk_t *signer;
    jwk_set_t *set;
    json_t *root, *keys;
    char *text = NULL;
    size_t at;
    jwa_t alg;

    if (load(json, len, &root, &set, err, err_size) != 0) {
        return NULL;
    }

    signer = jwk_set_signer(set, JWA_ACCESS, 0);
    alg = (signer != NULL) ? jwa_only(signer->algs) : JWA_ES256;
    keys = json_object_get(root, "keys");
    at = wait ? json_array_size(keys) : 0;

    if (insert(keys, at, alg, wait) == 0
        && insert(keys, at, JWA_HS256, wait) == 0) {
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


char *
jwk_set_rotate(const char *json, size_t len, char *err, size_t err_size)
{
    return bring(json, len, 0, err, err_size);
}


char *
jwk_set_add(const char *json, size_t len, char *err, size_t err_size)
{
    return bring(json, len, 1, err, err_size);
}


/* It has what it takes to sign, and only its key_ops keep it from that. */
static int
waits(const json_t *key)
{
    const json_t *ops = json_object_get(key, "key_ops");
    const char *op = json_string_value(json_array_get(ops, 0));

    return json_array_size(ops) == 1 && op != NULL && strcmp(op, "verify") == 0
           && (json_object_get(key, "k") != NULL
               || json_object_get(key, "d") != NULL);
}


char *
jwk_set_promote(const char *json, size_t len, char *err, size_t err_size)
{
    jwk_complaint_t complaint = { err, err_size, "" };
    jwk_set_t *set;
    json_t *root, *keys, *key;
    char *text = NULL;
    size_t i, lifted = 0;

    if (load(json, len, &root, &set, err, err_size) != 0) {
        return NULL;
    }

    keys = json_object_get(root, "keys");

    for (i = 0; i < json_array_size(keys); i++) {
        key = json_array_get(keys, i);

        if (waits(key)) {
            json_incref(key);
            (void) json_object_del(key, "key_ops");
            (void) json_array_remove(keys, i);
            lifted += json_array_insert_new(keys, 0, key) == 0;
        }
    }

    if (lifted == 0) {
        (void) jwk_complain(&complaint, "no key waits to sign: add some first");
    } else {
        text = finish(root, err, err_size);
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
