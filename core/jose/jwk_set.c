#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include "core/base/file.h"
#include "json_strict.h"
#include "jwk_internal.h"


/* In our own set a kid stands once, else once for an algorithm. */
static int
kid_is_taken(const jwk_set_t *set, const jwk_t *key, jwk_origin_t origin)
{
    const jwk_t *other;

    for (other = set->keys; other < key; other++) {
        if (other->kid != NULL && strcmp(other->kid, key->kid) == 0
            && (origin != JWK_PUBLIC || (other->algs & key->algs))) {
            return 1;
        }
    }

    return 0;
}


/* As jwk_read(): what it says of a key is left out of somebody else's set. */
static int
read_key(const json_t *item, jwk_origin_t origin, const jwk_set_t *set,
         jwk_t *key, jwk_complaint_t *err)
{
    int rc;

    rc = jwk_read(item, origin, key, err);

    return (rc == 0 && key->kid != NULL && kid_is_taken(set, key, origin))
               ? jwk_complain(err, "\"kid\" stands twice in the set")
               : rc;
}


static int
leave_out(jwk_set_t *set, jwk_complaint_t *err)
{
    char *why;

    if (err->size == 0) {
        return 0;
    }

    why = strdup(err->text);
    if (why == NULL) {
        return -1;
    }

    set->left[set->left_count++] = why;
    err->text[0] = '\0';

    return 0;
}


static int
read_keys(const json_t *items, jwk_origin_t origin, jwk_set_t *set,
          jwk_complaint_t *err)
{
    size_t i;
    jwk_t *key;
    json_t *item;
    const char *secret;
    int rc;

    json_array_foreach(items, i, item)
    {
        key = &set->keys[set->count++];
        (void) snprintf(err->key, sizeof(err->key), "key %zu", i + 1);

        rc = read_key(item, origin, set, key, err);
        secret = (origin == JWK_PUBLIC) ? jwk_secret(item) : NULL;

        if (rc == -1 && origin == JWK_PUBLIC && secret == NULL) {
            rc = leave_out(set, err) == 0 ? 1 : -1;
        }

        if (rc == -1) {
            return -1;
        }

        if (rc != 0) {
            jwk_clear(key);
            set->count--;
        }
    }

    err->key[0] = '\0';

    if (set->count == 0 && set->left_count > 0) {
        return jwk_complain(err, "%s", set->left[0]);
    }

    return 0;
}


/* A secret and a key whose private half is elsewhere. */
static int
is_mixed(const jwk_set_t *set)
{
    const jwk_t *key;
    int secrets = 0, publics = 0;

    for (key = set->keys; key < set->keys + set->count; key++) {
        secrets |= (key->mac != NULL);
        publics |= (key->pkey != NULL && !key->private);
    }

    return secrets && publics;
}


static jwk_set_t *
read_set(const json_t *root, jwk_origin_t origin, jwk_complaint_t *err)
{
    const json_t *items;
    jwk_set_t *set;
    size_t n;

    items = json_object_get(root, "keys");
    n = json_array_size(items);

    if (!json_is_array(items)) {
        (void) jwk_complain(err, "\"keys\" must be an array");
        return NULL;
    }

    if (n > JWK_SET_MAX_KEYS) {
        (void) jwk_complain(err, "a key set takes at most %d keys",
                            JWK_SET_MAX_KEYS);
        return NULL;
    }

    set = calloc(1, sizeof(jwk_set_t) + n * sizeof(jwk_t));
    if (set != NULL) {
        set->left = calloc(n + 1, sizeof(char *));
    }

    if (set == NULL || set->left == NULL) {
        free(set);
        (void) jwk_complain(err, "out of memory");
        return NULL;
    }

    if (read_keys(items, origin, set, err) != 0) {
        goto failed;
    }

    if (origin == JWK_ANY && is_mixed(set)) {
        (void) jwk_complain(err, "secrets stand beside public keys");
        goto failed;
    }

    return set;

failed:

    jwk_set_free(set);

    return NULL;
}


static int
too_large(jwk_complaint_t *complaint)
{
    return jwk_complain(complaint, "a key set takes at most %d bytes",
                        JWK_SET_MAX_SIZE);
}


jwk_set_t *
jwk_set_parse(const char *json, size_t len, jwk_origin_t origin, char *err,
              size_t err_size)
{
    jwk_complaint_t complaint = { err, err_size, "" };
    json_error_t error;
    json_t *root;
    jwk_set_t *set;

    if (len > JWK_SET_MAX_SIZE) {
        (void) too_large(&complaint);
        return NULL;
    }

    root = json_strict_load(json, len, 0, &error);
    if (root == NULL) {
        /* error.text may quote the line, and with it a secret */
        (void) jwk_complain(&complaint, "not strict JSON at line %d, column %d",
                            error.line, error.column);
        return NULL;
    }

    set = read_set(root, origin, &complaint);

    /* what stays in the queue, nginx would blame on a TLS connection */
    ERR_clear_error();
    jwk_set_wipe(root);
    json_decref(root);

    return set;
}


jwk_set_t *
jwk_set_read(const char *path, jwk_origin_t origin, char *err, size_t err_size)
{
    jwk_complaint_t complaint = { err, err_size, "" };
    char *text = NULL;
    jwk_set_t *set = NULL;
    struct stat st;
    size_t len;
    int fd;

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd == -1 || fstat(fd, &st) == -1) {
        (void) jwk_complain(&complaint, "%s", strerror(errno));
        goto done;
    }

    if (!S_ISREG(st.st_mode)) {
        (void) jwk_complain(&complaint, "not a regular file");
        goto done;
    }

    if (origin == JWK_OWN
        && (st.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH))) {
        (void) jwk_complain(&complaint,
                            "group or others may use the file (mode %04o); "
                            "run chmod 600 on it",
                            (unsigned) (st.st_mode & 07777));
        goto done;
    }

    text = file_read_open(fd, JWK_SET_MAX_SIZE, &len);

    if (text != NULL) {
        set = jwk_set_parse(text, len, origin, err, err_size);
        OPENSSL_cleanse(text, len);

    } else if (errno == EFBIG) {
        (void) too_large(&complaint);

    } else {
        (void) jwk_complain(&complaint, "%s", strerror(errno));
    }

done:

    free(text);

    if (fd != -1) {
        (void) close(fd);
    }

    return set;
}


void
jwk_set_free(jwk_set_t *set)
{
    size_t i;

    if (set == NULL) {
        return;
    }

    for (i = 0; i < set->count; i++) {
        jwk_clear(&set->keys[i]);
    }

    for (i = 0; i < set->left_count; i++) {
        free(set->left[i]);
    }

    free(set->left);
    free(set);
}


const char *
jwk_set_left_out(const jwk_set_t *set, size_t i)
{
    return i < set->left_count ? set->left[i] : NULL;
}


size_t
jwk_set_count(const jwk_set_t *set)
{
    return set->count;
}


const jwk_t *
jwk_set_key(const jwk_set_t *set, size_t i)
{
    return &set->keys[i];
}


static const jwk_t *
find(const jwk_set_t *set, const char *kid, size_t kid_len, unsigned algs)
{
    const jwk_t *key;

    for (key = set->keys; key < set->keys + set->count; key++) {
        if (key->kid != NULL && key->kid_len == kid_len && (key->algs & algs)
            && memcmp(key->kid, kid, kid_len) == 0) {
            return key;
        }
    }

    return NULL;
}


const jwk_t *
jwk_set_kid(const jwk_set_t *set, const char *kid, size_t kid_len)
{
    return find(set, kid, kid_len, ~0u);
}


const jwk_t *
jwk_set_find(const jwk_set_t *set, const char *kid, size_t kid_len, jwa_t alg)
{
    return find(set, kid, kid_len, JWA_BIT(alg));
}


const jwk_t *
jwk_set_signer(const jwk_set_t *set, unsigned algs, unsigned nth)
{
    const jwk_t *key, *last = NULL;

    for (key = set->keys; key < set->keys + set->count; key++) {
        if (!key->signs || (key->algs & algs) == 0) {
            continue;
        }

        last = key;

        if (nth-- == 0) {
            break;
        }
    }

    return last;
}
