#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/jose/json_strict.h"
#include "core/jose/jwk.h"
#include "worker/base/log.h"
#include "issuer_fetch.h"

#define ISSUER_FETCH_WELL_KNOWN "/.well-known/openid-configuration"
#define ISSUER_FETCH_KID_MAX 64
#define ISSUER_FETCH_REASON_SIZE 256
#define ISSUER_FETCH_PLAIN       \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
    "abcdefghijklmnopqrstuvwxyz" \
    "0123456789-"


static int issuer_fetch_discover(const issuer_line_t *line,
                                 const volatile sig_atomic_t *stop,
                                 char uri[URL_SIZE], char *err,
                                 size_t err_size);
static int issuer_fetch_allowed(const issuer_line_t *line, const char *uri);
static int issuer_fetch_usable(const issuer_line_t *line, const char *text,
                               size_t len, char *reason, size_t reason_size);


char *
issuer_fetch_set(const issuer_line_t *line, const volatile sig_atomic_t *stop,
                 size_t *len, char *err, size_t err_size)
{
    char uri[URL_SIZE], reason[ISSUER_FETCH_REASON_SIZE];
    char *text = NULL;

    if (line->keys[0] != '\0') {
        strcpy(uri, line->keys);
    } else if (issuer_fetch_discover(line, stop, uri, err, err_size) != 0) {
        return NULL;
    }

    if (https_get(uri, line->ca, stop, &text, len, err, err_size) != HTTPS_OK) {
        return NULL;
    }

    if (!issuer_fetch_usable(line, text, *len, reason, sizeof(reason))) {
        snprintf(err, err_size, "%s: %s", uri, reason);
        free(text);
        return NULL;
    }

    return text;
}


/* Section 4.1: a slash at the end is taken off first. */
static int
issuer_fetch_discover(const issuer_line_t *line,
                      const volatile sig_atomic_t *stop, char uri[URL_SIZE],
                      char *err, size_t err_size)
{
    int rc;
    char url[ISSUER_LINE_NAME_SIZE + sizeof(ISSUER_FETCH_WELL_KNOWN)];
    char reason[ISSUER_FETCH_REASON_SIZE], *document = NULL;
    size_t len = strlen(line->name);

    len -= line->name[len - 1] == '/';
    snprintf(url, sizeof(url), "%.*s" ISSUER_FETCH_WELL_KNOWN, (int) len,
             line->name);

    if (https_get(url, line->ca, stop, &document, &len, err, err_size)
        != HTTPS_OK) {
        return -1;
    }

    rc = issuer_fetch_uri(line, document, len, uri, reason, sizeof(reason));
    if (rc != 0) {
        snprintf(err, err_size, "%s: %s", url, reason);
    }

    free(document);
    return rc;
}


int
issuer_fetch_uri(const issuer_line_t *line, const char *document, size_t len,
                 char uri[URL_SIZE], char *err, size_t err_size)
{
    int rc = -1;
    char authority[URL_AUTHORITY_SIZE];
    json_t *root;
    const char *issuer, *jwks;

    root = json_strict_load(document, len, 0, NULL);
    issuer = json_string_value(json_object_get(root, "issuer"));
    jwks = json_string_value(json_object_get(root, "jwks_uri"));

    if (root == NULL) {
        snprintf(err, err_size, "this is not strict JSON");
    } else if (issuer == NULL || strcmp(issuer, line->name) != 0) {
        snprintf(err, err_size, "\"issuer\" is not the issuer's URL");
    } else if (jwks == NULL || url_authority(jwks, authority) != 0) {
        snprintf(err, err_size, "\"jwks_uri\" is not an https URL");
    } else if (!issuer_fetch_allowed(line, authority)) {
        snprintf(err, err_size,
                 "\"jwks_uri\" is at %.128s, which the issuer's line does not "
                 "allow with host=",
                 authority);
    } else {
        strcpy(uri, jwks);
        rc = 0;
    }

    json_decref(root);
    return rc;
}


static int
issuer_fetch_allowed(const issuer_line_t *line, const char *authority)
{
    char own[URL_AUTHORITY_SIZE];
    size_t i;

    if (url_authority(line->name, own) == 0 && strcmp(own, authority) == 0) {
        return 1;
    }

    for (i = 0; i < line->host_count; i++) {
        if (strcmp(line->hosts[i], authority) == 0) {
            return 1;
        }
    }

    return 0;
}


/* What nginx would refuse does not get into its file; what it leaves out of it
   is told. */
static int
issuer_fetch_usable(const issuer_line_t *line, const char *text, size_t len,
                    char *reason, size_t reason_size)
{
    int usable;
    size_t i;
    jwk_set_t *set;
    const char *why;

    set = jwk_set_parse(text, len, JWK_PUBLIC, reason, reason_size);
    if (set == NULL) {
        return 0;
    }

    for (i = 0; (why = jwk_set_left_out(set, i)) != NULL; i++) {
        log_write(LOG_WARN, "issuer %s: %s; it is left out", line->name, why);
    }

    usable = jwk_set_count(set) > 0;
    if (!usable) {
        snprintf(reason, reason_size, "there is no key that we can use");
    }

    jwk_set_free(set);
    return usable;
}


https_rc_t
issuer_fetch_key(const issuer_line_t *line, const char *kid,
                 const volatile sig_atomic_t *stop, char **jwk, char *err,
                 size_t err_size)
{
    char url[URL_SIZE + ISSUER_FETCH_KID_MAX];
    char reason[ISSUER_FETCH_REASON_SIZE], *pem = NULL;
    size_t len;
    jwk_t *key;
    https_rc_t rc;

    snprintf(url, sizeof(url), "%s%s", line->keys, kid);

    rc = https_get(url, line->ca, stop, &pem, &len, err, err_size);
    if (rc != HTTPS_OK) {
        return rc;
    }

    key = jwk_from_pem(pem, len, reason, sizeof(reason));
    free(pem);
    if (key == NULL) {
        snprintf(err, err_size, "%s: %s", url, reason);
        return HTTPS_REFUSED;
    }

    *jwk = jwk_public_json(key, kid);
    jwk_free(key);
    if (*jwk == NULL) {
        snprintf(err, err_size, "out of memory");
        return HTTPS_FAILED;
    }

    return HTTPS_OK;
}


int
issuer_fetch_plain(const char *kid)
{
    size_t len = strlen(kid);

    return len > 0 && len <= ISSUER_FETCH_KID_MAX
           && strspn(kid, ISSUER_FETCH_PLAIN) == len;
}
