#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "core/jose/json_strict.h"
#include "core/jose/jwk.h"
#include "worker/base/file.h"
#include "issuer_file.h"

#define ISSUER_FILE_REASON_SIZE 256


static json_t *issuer_file_keys(const char *text, size_t len);
static json_t *issuer_file_load(const char *path);
static int issuer_file_same(const json_t *one, const json_t *other);


int64_t
issuer_file_age(const char *path)
{
    char reason[ISSUER_FILE_REASON_SIZE];
    time_t now = time(NULL);
    jwk_set_t *set;
    struct stat st;

    set = jwk_set_read(path, JWK_PUBLIC, reason, sizeof(reason));
    if (set == NULL) {
        return -1;
    }
    jwk_set_free(set);

    return stat(path, &st) == 0 && st.st_mtime <= now ? now - st.st_mtime : -1;
}


int
issuer_file_has(const char *path, const char *kid)
{
    int found;
    char reason[ISSUER_FILE_REASON_SIZE];
    jwk_set_t *set;

    set = jwk_set_read(path, JWK_PUBLIC, reason, sizeof(reason));
    if (set == NULL) {
        return 0;
    }

    found = jwk_set_kid(set, kid, strlen(kid)) != NULL;
    jwk_set_free(set);
    return found;
}


int
issuer_file_keep(const char *path, const char *text, size_t len, char *err,
                 size_t err_size)
{
    int same;
    json_t *fresh, *old;

    fresh = issuer_file_keys(text, len);
    old = issuer_file_load(path);
    same = issuer_file_same(fresh, old);
    json_decref(fresh);
    json_decref(old);

    if (same && utimensat(AT_FDCWD, path, NULL, 0) == 0) {
        return 0;
    }

    /* nginx's processes are another user's */
    if (file_replace(path, text, len, 0644) != 0) {
        snprintf(err, err_size, "%s could not be written: %s", path,
                 strerror(errno));
        return -1;
    }

    return 1;
}


char *
issuer_file_with(const char *path, const char *jwk, const char *kid)
{
    char *text;
    size_t i, count = 1;
    json_t *root, *keys, *old, *key;
    const char *name;

    keys = json_array();
    json_array_append_new(keys, json_loads(jwk, 0, NULL));

    old = issuer_file_load(path);
    json_array_foreach(old, i, key)
    {
        name = json_string_value(json_object_get(key, "kid"));
        if (name != NULL && strcmp(name, kid) != 0
            && count < ISSUER_FILE_KEYS) {
            json_array_append(keys, key);
            count++;
        }
    }
    json_decref(old);

    root = json_pack("{s:o}", "keys", keys);
    text = json_array_size(keys) == count ? json_dumps(root, JSON_INDENT(2))
                                          : NULL;
    json_decref(root);
    return text;
}


/* The array "keys" of a set, or NULL. */
static json_t *
issuer_file_keys(const char *text, size_t len)
{
    json_t *root, *keys;

    root = json_strict_load(text, len, 0, NULL);
    keys = json_object_get(root, "keys");
    keys = json_is_array(keys) ? json_incref(keys) : NULL;
    json_decref(root);

    return keys;
}


static json_t *
issuer_file_load(const char *path)
{
    char *text;
    size_t len;
    json_t *keys;

    text = file_read(path, ISSUER_FILE_MAX, &len);
    keys = text != NULL ? issuer_file_keys(text, len) : NULL;
    free(text);

    return keys;
}


static int
issuer_file_holds(const json_t *other, const json_t *one)
{
    size_t i, k;
    json_t *key;

    json_array_foreach(one, i, key)
    {
        for (k = 0; k < json_array_size(other); k++) {
            if (json_equal(key, json_array_get(other, k))) {
                break;
            }
        }
        if (k == json_array_size(other)) {
            return 0;
        }
    }

    return 1;
}


/* Some issuers shuffle their keys. */
static int
issuer_file_same(const json_t *one, const json_t *other)
{
    return one != NULL && other != NULL
           && json_array_size(one) == json_array_size(other)
           && issuer_file_holds(other, one) && issuer_file_holds(one, other);
}
