#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include "core/jose/jwk.h"
#include "worker/base/file.h"
#include "ctl.h"
#include "options.h"
#include "output.h"
#include "say.h"

#define KEYS_MAX_SIZE (64 * 1024) /* as in jwk.h */
#define KEYS_NEW ".new"           /* what is written stands in FILE.new first */
#define KEYS_ROTATED 2            /* new keys that a rotation makes */

#define KEYS_OPTION "keys", "FILE", "key set (or SLUICE_KEYS)"


typedef char *(*keys_change_t)(const char *json, size_t len, const char *kid,
                               char *err, size_t err_size);

static jwa_t keys_access_alg(const char *name);
static const char *keys_options(int argc, char **argv, int *as_json);
static int keys_write(int fd, const char *text);
static int keys_change(const char *path, const char *kid, keys_change_t change);
static char *keys_changed(const char *path, const char *kid,
                          keys_change_t change);
static int keys_replace(int fd, const char *from, const char *to,
                        const char *text);
static int keys_keep_owner(int fd, const char *path);
static char *keys_rotated(const char *json, size_t len, const char *kid,
                          char *err, size_t err_size);
static char *keys_added(const char *json, size_t len, const char *kid,
                        char *err, size_t err_size);
static char *keys_promoted(const char *json, size_t len, const char *kid,
                           char *err, size_t err_size);
static int keys_print(const char *path, size_t most, int as_json);
static json_t *keys_row(const jwk_set_t *set, const jwk_t *key);


int
ctl_keys_init(int argc, char **argv)
{
    int fd, rc;
    char *text;
    jwa_t access;
    const char *path, *alg = NULL;
    const ctl_option_t options[] = {
        { "alg", "ALG", "of access tokens: ES256 unless given, or EdDSA",
          &alg },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, &path);
    access = keys_access_alg(alg);

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1) {
        if (errno == EEXIST) {
            return say_fail("%s exists already and is left as it is", path);
        }
        return say_fail("%s: %s", path, strerror(errno));
    }

    text = jwk_set_generate(access);
    rc = text ? keys_write(fd, text) : -1;
    close(fd);

    if (text != NULL) {
        OPENSSL_cleanse(text, strlen(text));
        free(text);
    }

    if (rc != 0) {
        unlink(path);
        return say_fail("%s could not be written", path);
    }

    return CTL_OK;
}


static jwa_t
keys_access_alg(const char *name)
{
    unsigned bit;

    if (name == NULL) {
        return JWA_ES256;
    }

    bit = jwa_bit(name, strlen(name));

    if ((bit & JWA_ACCESS) == 0) {
        say_usage("--alg is ES256 or EdDSA, not \"%s\"", name);
    }

    return jwa_only(bit);
}


static int
keys_write(int fd, const char *text)
{
    return file_write_open(fd, text, strlen(text)) == 0 ? fsync(fd) : -1;
}


int
ctl_keys_rotate(int argc, char **argv)
{
    int as_json, rc;
    const char *path;

    path = keys_options(argc, argv, &as_json);
    rc = keys_change(path, NULL, keys_rotated);

    return (rc == CTL_OK) ? keys_print(path, KEYS_ROTATED, as_json) : rc;
}


int
ctl_keys_add(int argc, char **argv)
{
    int as_json, rc;
    const char *path;

    path = keys_options(argc, argv, &as_json);
    rc = keys_change(path, NULL, keys_added);

    return (rc == CTL_OK) ? keys_print(path, SIZE_MAX, as_json) : rc;
}


int
ctl_keys_promote(int argc, char **argv)
{
    int as_json, rc;
    const char *path;

    path = keys_options(argc, argv, &as_json);
    rc = keys_change(path, NULL, keys_promoted);

    return (rc == CTL_OK) ? keys_print(path, SIZE_MAX, as_json) : rc;
}


int
ctl_keys_remove(int argc, char **argv)
{
    const char *kid, *path = NULL;
    const ctl_option_t options[] = { { KEYS_OPTION, &path },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, &kid);
    path = say_need(path, "keys", "SLUICE_KEYS");

    return keys_change(path, kid, jwk_set_remove);
}


int
ctl_keys_list(int argc, char **argv)
{
    int as_json;
    const char *path;

    path = keys_options(argc, argv, &as_json);

    return keys_print(path, SIZE_MAX, as_json);
}


/* The file, as operand, option or from the environment. */
static const char *
keys_options(int argc, char **argv, int *as_json)
{
    const char *path = NULL, *file = NULL, *json = NULL;
    const ctl_option_t options[] = { { KEYS_OPTION, &file },
                                     { "json", NULL, "for machines", &json },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, &path);
    *as_json = (json != NULL);

    return say_need(path ? path : file, "keys", "SLUICE_KEYS");
}


/* The new file is made first: of two that change a set, one gives up before
   either has read it. */
static int
keys_change(const char *path, const char *kid, keys_change_t change)
{
    int fd, rc = CTL_FAILED;
    char *real, *text, beside[PATH_MAX + sizeof(KEYS_NEW)];

    /* a symbolic link stays one */
    real = realpath(path, NULL);
    if (real == NULL) {
        return say_fail("%s: %s", path, strerror(errno));
    }

    snprintf(beside, sizeof(beside), "%s" KEYS_NEW, real);

    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1) {
        rc = (errno == EEXIST)
                 ? say_fail("%s is there: another change of the set is under "
                            "way, or was broken off and left it behind",
                            beside)
                 : say_fail("%s: %s", beside, strerror(errno));
        free(real);
        return rc;
    }

    text = keys_changed(real, kid, change);
    if (text != NULL) {
        rc = keys_replace(fd, beside, real, text);
        OPENSSL_cleanse(text, strlen(text));
        free(text);
    }

    close(fd);
    if (rc != CTL_OK) {
        unlink(beside);
    }
    free(real);

    return rc;
}


/* The text of the changed set, or NULL after saying why not. */
static char *
keys_changed(const char *path, const char *kid, keys_change_t change)
{
    char *json, *text, err[256];
    size_t len;
    jwk_set_t *set;

    /* as nginx reads it, with a look at the file's mode */
    set = jwk_set_read(path, JWK_OWN, err, sizeof(err));
    if (set == NULL) {
        say_fail("%s: %s", path, err);
        return NULL;
    }
    jwk_set_free(set);

    json = file_read(path, KEYS_MAX_SIZE, &len);
    if (json == NULL) {
        say_fail("%s: %s", path, strerror(errno));
        return NULL;
    }

    text = change(json, len, kid, err, sizeof(err));
    OPENSSL_cleanse(json, len);
    free(json);
    if (text == NULL) {
        say_fail("%s: %s", path, err);
    }

    return text;
}


static char *
keys_rotated(const char *json, size_t len, const char *kid, char *err,
             size_t err_size)
{
    (void) kid;

    return jwk_set_rotate(json, len, err, err_size);
}


static char *
keys_added(const char *json, size_t len, const char *kid, char *err,
           size_t err_size)
{
    (void) kid;

    return jwk_set_add(json, len, err, err_size);
}


static char *
keys_promoted(const char *json, size_t len, const char *kid, char *err,
              size_t err_size)
{
    (void) kid;

    return jwk_set_promote(json, len, err, err_size);
}


static int
keys_replace(int fd, const char *from, const char *to, const char *text)
{
    if (keys_keep_owner(fd, to) != 0) {
        return say_fail("%s belongs to somebody else: run this as its owner, "
                        "or as root",
                        to);
    }

    if (keys_write(fd, text) != 0 || rename(from, to) != 0
        || file_sync_above(to) != 0) {
        return say_fail("%s: %s", to, strerror(errno));
    }

    return CTL_OK;
}


static int
keys_keep_owner(int fd, const char *path)
{
    struct stat old, new;

    if (stat(path, &old) != 0 || fstat(fd, &new) != 0) {
        return -1;
    }

    if (old.st_uid == new.st_uid && old.st_gid == new.st_gid) {
        return 0;
    }

    return fchown(fd, old.st_uid, old.st_gid);
}


static int
keys_print(const char *path, size_t most, int as_json)
{
    size_t i;
    char err[256];
    json_t *rows;
    jwk_set_t *set;
    static const char *const columns[] = { "kid", "alg", "use", "signs", NULL };

    set = jwk_set_read(path, JWK_OWN, err, sizeof(err));
    if (set == NULL) {
        return say_fail("%s: %s", path, err);
    }

    rows = json_array();
    for (i = 0; i < jwk_set_count(set) && i < most; i++) {
        json_array_append_new(rows, keys_row(set, jwk_set_key(set, i)));
    }

    output_rows(rows, columns, as_json);
    json_decref(rows);
    jwk_set_free(set);

    return CTL_OK;
}


static json_t *
keys_row(const jwk_set_t *set, const jwk_t *key)
{
    const char *use = NULL;
    int signs = 0;

    if (key->algs & JWA_BIT(JWA_HS256)) {
        use = "grants";
        signs = jwk_set_signer(set, JWA_BIT(JWA_HS256), 0) == key;

    } else if (key->algs & JWA_ACCESS) {
        use = "access tokens";
        signs = jwk_set_signer(set, JWA_ACCESS, 0) == key;
    }

    return json_pack("{s:s, s:s, s:s?, s:b}", "kid", key->kid, "alg",
                     jwa_name(jwa_only(key->algs)), "use", use, "signs", signs);
}
