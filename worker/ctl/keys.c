#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include "jwk.h"
#include "ctl.h"
#include "options.h"
#include "output.h"


static int keys_write(int fd, const char *text);
static json_t *keys_rows(const char *path);


int
ctl_keys_init(int argc, char **argv)
{
    int fd, rc;
    char *text;
    const char *path;
    static const ctl_option_t options[] = { { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, &path);

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1) {
        if (errno == EEXIST) {
            return ctl_fail("%s exists already and is left as it is", path);
        }
        return ctl_fail("%s: %s", path, strerror(errno));
    }

    text = jwk_set_generate();
    rc = text ? keys_write(fd, text) : -1;
    close(fd);

    if (text != NULL) {
        OPENSSL_cleanse(text, strlen(text));
        free(text);
    }

    if (rc != 0) {
        unlink(path);
        return ctl_fail("%s could not be written", path);
    }

    return CTL_OK;
}


static int
keys_write(int fd, const char *text)
{
    ssize_t n;
    size_t len = strlen(text);

    while (len > 0) {
        n = write(fd, text, len);
        if (n <= 0) {
            return -1;
        }
        text += n;
        len -= (size_t) n;
    }

    return fsync(fd);
}


int
ctl_keys_list(int argc, char **argv)
{
    const char *path, *as_json = NULL;
    char err[256];
    json_t *rows;
    jwk_set_t *set;
    static const char *const columns[] = { "kid", "alg", "use", "signs", NULL };
    const ctl_option_t options[] = { { "json", NULL, "for machines", &as_json },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, &path);

    set = jwk_set_read(path, JWK_OWN, err, sizeof(err));
    if (set == NULL) {
        return ctl_fail("%s: %s", path, err);
    }
    jwk_set_free(set);

    rows = keys_rows(path);
    if (rows == NULL) {
        return ctl_fail("%s cannot be read", path);
    }

    output_rows(rows, columns, as_json != NULL);
    json_decref(rows);

    return CTL_OK;
}


/* The set is known to be good; what it may show is picked member by member. */
static json_t *
keys_rows(const char *path)
{
    int hmac, signs, seen[2] = { 0, 0 };
    size_t i;
    json_t *set, *key, *rows;
    const char *kty;

    set = json_load_file(path, 0, NULL);
    rows = json_array();

    json_array_foreach(json_object_get(set, "keys"), i, key)
    {
        kty = json_string_value(json_object_get(key, "kty"));
        hmac = kty != NULL && strcmp(kty, "oct") == 0;
        signs = !seen[hmac] && (hmac || json_object_get(key, "d") != NULL);
        seen[hmac] |= signs;

        json_array_append_new(
            rows, json_pack("{s:O?, s:s, s:s, s:b}", "kid",
                            json_object_get(key, "kid"), "alg",
                            hmac ? "HS256" : "ES256", "use",
                            hmac ? "grants" : "access tokens", "signs", signs));
    }

    json_decref(set);
    return rows;
}
