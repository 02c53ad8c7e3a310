#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <jansson.h>
#include "grant.h"
#include "jwk.h"
#include "uuid.h"
#include "ctl.h"
#include "options.h"
#include "output.h"

#define LINK_TTL_DEFAULT "3600"
#define LINK_TTL_MAX (10L * 366 * 24 * 3600) /* ten years, in seconds */

/* What stands for itself in a path: RFC 3986, 3.3. */
#define LINK_PCHAR                                                   \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" \
    "-._~!$&'()*+,;=:@/"


static int64_t link_expiry(const char *seconds);
static int link_claims_valid(const char *path, int64_t exp, const char *jti);
static char *link_encode(const char *path);
static json_t *link_object(const char *origin, const char *path,
                           const char *grant, const char *jti, int64_t exp);


int
ctl_link_sign(int argc, char **argv)
{
    int rc = CTL_FAILED;
    char err[256], fresh[UUID_TEXT_SIZE], *grant = NULL;
    int64_t exp;
    json_t *object = NULL;
    jwk_set_t *keys;
    grant_claims_t claims = { 0 };
    const char *file = NULL, *path = NULL, *ttl = LINK_TTL_DEFAULT;
    const char *origin = NULL, *jti = NULL, *as_json = NULL;
    const ctl_option_t options[] = {
        { "path", "P", "the path; all below it when it ends in /", &path },
        { "expires-in", "S", "seconds, 3600 unless given", &ttl },
        { "url", "ORIGIN", "such as https://media.example", &origin },
        { "jti", "X", "the link's id, made up unless given", &jti },
        { "keys", "FILE", "key set (or SLUICE_KEYS)", &file },
        { "json", NULL, "for machines", &as_json },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, NULL);
    path = ctl_need(path, "path", NULL);
    file = ctl_need(file, "keys", "SLUICE_KEYS");
    exp = link_expiry(ttl);

    if (!link_claims_valid(path, exp, NULL)) {
        ctl_usage("--path \"%s\" is not a normalized path of at most %d bytes",
                  path, GRANT_PATH_MAX);
    }
    if (jti != NULL && !link_claims_valid("/", exp, jti)) {
        ctl_usage("--jti has 1 to %d bytes of UTF-8, none of them a control "
                  "character",
                  GRANT_JTI_MAX - 1);
    }
    if (jti == NULL && uuid_v7(fresh) == 0) {
        jti = fresh;
    }

    keys = jwk_set_read(file, JWK_OWN, err, sizeof(err));
    if (keys == NULL) {
        return ctl_fail("%s: %s", file, err);
    }

    claims.path = path;
    claims.path_len = strlen(path);
    claims.exp = exp;
    claims.jti = jti;

    grant = grant_sign(keys, 0, &claims);
    if (grant == NULL) {
        ctl_fail("%s holds no key that signs grants", file);
        goto done;
    }

    object = link_object(origin ? origin : "", path, grant, jti, exp);
    if (object == NULL) {
        ctl_fail("out of memory");
        goto done;
    }

    output_object(object, as_json != NULL);
    rc = CTL_OK;

done:

    json_decref(object);
    free(grant);
    jwk_set_free(keys);
    return rc;
}


static int64_t
link_expiry(const char *seconds)
{
    char *end;
    long ttl;

    errno = 0;
    ttl = strtol(seconds, &end, 10);

    if (errno != 0 || end == seconds || *end != '\0' || ttl < 1
        || ttl > LINK_TTL_MAX) {
        ctl_usage("--expires-in is 1 to %ld seconds, not \"%s\"", LINK_TTL_MAX,
                  seconds);
    }

    return (int64_t) time(NULL) + ttl;
}


/* What the gate would refuse is not signed. */
static int
link_claims_valid(const char *path, int64_t exp, const char *jti)
{
    int ok;
    grant_t grant;
    json_t *claims;

    claims = json_pack("{s:I, s:s, s:s*}", "exp", (json_int_t) exp, "path",
                       path, "jti", jti);
    ok = claims != NULL && grant_parse(claims, &grant) == SLUICE_OK;
    json_decref(claims);

    return ok;
}


static json_t *
link_object(const char *origin, const char *path, const char *grant,
            const char *jti, int64_t exp)
{
    char *encoded, when[sizeof("2026-01-01T00:00:00Z")];
    size_t len = strlen(origin);
    struct tm tm;
    time_t t = (time_t) exp;
    json_t *object;

    encoded = link_encode(path);
    if (encoded == NULL) {
        return NULL;
    }

    if (len > 0 && origin[len - 1] == '/') {
        len--;
    }

    gmtime_r(&t, &tm);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);

    object = json_pack("{s:s, s:s?, s:s}", "grant", grant, "jti", jti,
                       "expires_at", when);
    json_object_set_new(
        object, "url",
        json_sprintf("%.*s%s?grant=%s", (int) len, origin, encoded, grant));
    json_object_set_new(
        object, "path_url",
        json_sprintf("%.*s/~%s%s", (int) len, origin, grant, encoded));
    free(encoded);

    return object;
}


static char *
link_encode(const char *path)
{
    char *encoded, *p;

    encoded = malloc(3 * strlen(path) + 1);
    if (encoded == NULL) {
        return NULL;
    }

    for (p = encoded; *path != '\0'; path++) {
        if (strchr(LINK_PCHAR, *path) != NULL) {
            *p++ = *path;
        } else {
            p += sprintf(p, "%%%02X", (unsigned char) *path);
        }
    }
    *p = '\0';

    return encoded;
}
