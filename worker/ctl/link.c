#define _GNU_SOURCE /* strptime() */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <jansson.h>
#include "core/base/uuid.h"
#include "core/grant/grant.h"
#include "core/grant/grant_claims.h"
#include "core/jose/jwk.h"
#include "ctl.h"
#include "options.h"
#include "output.h"
#include "say.h"

#define LINK_TTL_DEFAULT "3600"
#define LINK_TTL_MAX (10L * 366 * 24 * 3600) /* ten years, in seconds */

/* What stands for itself in a path: RFC 3986, 3.3. */
#define LINK_PCHAR                                                   \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" \
    "-._~!$&'()*+,;=:@/"

/* The command line, as it was written. */
typedef struct {
    const char *path, *ttl, *not_before, *methods, *ip, *uses, *bytes, *rate;
    const char *filename, *type, *sub, *sid, *jti, *origin, *keys, *json;
} link_args_t;

/* The claims, with the memory that they point into. */
typedef struct {
    grant_claims_t claims;
    const char *ip[GRANT_IP_MAX];
    char *addresses;
    char jti[UUID_TEXT_SIZE];
} link_t;


static int link_sign(const link_args_t *args, const link_t *link);
static void link_times(const link_args_t *args, grant_claims_t *claims);
static int64_t link_not_before(const char *text);
static void link_limits(const link_args_t *args, grant_claims_t *claims);
static void link_texts(const link_args_t *args, link_t *link);
static const char *link_text(const char *option, const char *text, size_t max);
static unsigned link_methods(const char *list);
static void link_addresses(const char *list, link_t *link);
static json_t *link_object(const char *origin, const grant_claims_t *claims,
                           const char *grant);
static char *link_encode(const char *path);


int
ctl_link_sign(int argc, char **argv)
{
    int rc;
    link_t link = { 0 };
    link_args_t args = { .ttl = LINK_TTL_DEFAULT };
    const ctl_option_t options[] = {
        { "path", "P", "the path; all below it when it ends in /", &args.path },
        { "expires-in", "S", "seconds, 3600 unless given", &args.ttl },
        { "not-before", "TIME", "2026-01-31T12:00:00Z or seconds since 1970",
          &args.not_before },
        { "method", "M,...", "GET (the default), HEAD, POST, PUT, PATCH, ...",
          &args.methods },
        { "ip", "CIDR,...", "addresses and ranges it is good for, at most 8",
          &args.ip },
        { "uses", "N", "how many times it opens", &args.uses },
        { "bytes", "N", "how many bytes it gives in all", &args.bytes },
        { "rate", "N", "bytes per second", &args.rate },
        { "filename", "NAME", "what it is saved as", &args.filename },
        { "type", "TYPE", "media type, such as video/mp4", &args.type },
        { "sub", "X", "the user it ends with", &args.sub },
        { "sid", "X", "the session it ends with", &args.sid },
        { "jti", "X", "the link's id, made up unless given", &args.jti },
        { "url", "ORIGIN", "such as https://media.example", &args.origin },
        { "keys", "FILE", "key set (or SLUICE_KEYS)", &args.keys },
        { "json", NULL, "for machines", &args.json },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, NULL);
    args.path = say_need(args.path, "path", NULL);
    args.keys = say_need(args.keys, "keys", "SLUICE_KEYS");

    link_times(&args, &link.claims);
    link_limits(&args, &link.claims);
    link_texts(&args, &link);

    if (args.methods != NULL) {
        link.claims.methods = link_methods(args.methods);
    }
    if (args.ip != NULL) {
        link_addresses(args.ip, &link);
    }

    rc = link_sign(&args, &link);
    free(link.addresses);

    return rc;
}


static int
link_sign(const link_args_t *args, const link_t *link)
{
    int rc = CTL_FAILED;
    char err[256], *grant = NULL;
    json_t *object = NULL;
    jwk_set_t *keys;

    keys = jwk_set_read(args->keys, JWK_OWN, err, sizeof(err));
    if (keys == NULL) {
        return say_fail("%s: %s", args->keys, err);
    }

    if (jwk_set_signer(keys, JWA_BIT(JWA_HS256), 0) == NULL) {
        say_fail("%s holds no key that signs grants", args->keys);
        goto done;
    }

    grant = grant_sign(keys, 0, &link->claims);
    if (grant == NULL) {
        say_fail("the grant would be too long, or memory is out");
        goto done;
    }

    object = link_object(args->origin ? args->origin : "", &link->claims,
                         grant);
    if (object == NULL) {
        say_fail("out of memory");
        goto done;
    }

    output_object(object, args->json != NULL);
    rc = CTL_OK;

done:

    json_decref(object);
    free(grant);
    jwk_set_free(keys);
    return rc;
}


static void
link_times(const link_args_t *args, grant_claims_t *claims)
{
    int64_t now = (int64_t) time(NULL);

    claims->exp = now
                  + (int64_t) options_number("expires-in", args->ttl, 1,
                                             LINK_TTL_MAX);

    if (args->not_before != NULL) {
        claims->nbf = link_not_before(args->not_before);

        if (claims->nbf >= claims->exp) {
            say_usage("the link would end before --not-before \"%s\"",
                      args->not_before);
        }
    }

    if (args->sub != NULL) {
        /* a user's links are revoked by when they were issued */
        claims->iat = now;
    }
}


static int64_t
link_not_before(const char *text)
{
    const char *end;
    struct tm tm = { 0 };

    end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

    if (end != NULL && *end == '\0') {
        return (int64_t) timegm(&tm);
    }

    if (strspn(text, "0123456789") != strlen(text)) {
        say_usage("--not-before is a time such as 2026-01-31T12:00:00Z, or "
                  "seconds since 1970, not \"%s\"",
                  text);
    }

    return (int64_t) options_number("not-before", text, 1, GRANT_NUMBER_MAX);
}


static void
link_limits(const link_args_t *args, grant_claims_t *claims)
{
    if (args->uses != NULL) {
        claims->limits |= GRANT_USES;
        claims->uses = options_number("uses", args->uses, 0, GRANT_NUMBER_MAX);
    }

    if (args->bytes != NULL) {
        claims->limits |= GRANT_BYTES;
        claims->bytes = options_number("bytes", args->bytes, 0,
                                       GRANT_NUMBER_MAX);
    }

    if (args->rate != NULL) {
        claims->limits |= GRANT_RATE;
        claims->rate = options_number("rate", args->rate, 1, GRANT_NUMBER_MAX);
    }
}


/* What the gate would refuse is not signed. */
static void
link_texts(const link_args_t *args, link_t *link)
{
    grant_claims_t *claims = &link->claims;

    claims->path = args->path;
    claims->path_len = strlen(args->path);

    if (!grant_claims_path(claims->path, claims->path_len)) {
        say_usage("--path \"%s\" is not a normalized path of at most %d bytes",
                  args->path, GRANT_PATH_MAX - 1);
    }

    if (args->filename != NULL
        && !grant_claims_filename(args->filename, strlen(args->filename))) {
        say_usage("--filename has 1 to %d bytes of UTF-8, none of them \"/\" "
                  "or a control character",
                  GRANT_FILENAME_MAX - 1);
    }

    if (args->type != NULL
        && !grant_claims_type(args->type, strlen(args->type))) {
        say_usage("--type \"%s\" is no media type of at most %d characters",
                  args->type, GRANT_TYPE_MAX - 1);
    }

    claims->filename = args->filename;
    claims->type = args->type;
    claims->sub = link_text("sub", args->sub, GRANT_SUB_MAX);
    claims->sid = link_text("sid", args->sid, GRANT_SID_MAX);
    claims->jti = link_text("jti", args->jti, GRANT_JTI_MAX);

    if (claims->jti == NULL && uuid_v7(link->jti) == 0) {
        claims->jti = link->jti;
    }
}


static const char *
link_text(const char *option, const char *text, size_t max)
{
    if (text != NULL && !grant_claims_text(text, strlen(text), max)) {
        say_usage("--%s has 1 to %zu bytes of UTF-8, none of them a control "
                  "character",
                  option, max - 1);
    }

    return text;
}


static unsigned
link_methods(const char *list)
{
    size_t len;
    unsigned bits, methods = 0;

    for (;;) {
        len = strcspn(list, ",");
        bits = grant_method(list, len);

        if (bits == 0) {
            say_usage("--method is GET, HEAD, POST, PUT, PATCH, DELETE or "
                      "OPTIONS, not \"%.*s\"",
                      (int) len, list);
        }

        methods |= bits;

        if (list[len] == '\0') {
            return methods;
        }

        list += len + 1;
    }
}


static void
link_addresses(const char *list, link_t *link)
{
    char *rest, *text;
    cidr_t cidr;

    rest = link->addresses = strdup(list);

    while ((text = strsep(&rest, ",")) != NULL) {
        if (cidr_parse(text, strlen(text), &cidr) != 0) {
            say_usage("--ip \"%s\" is no address and no range such as "
                      "10.0.0.0/8",
                      text);
        }
        if (link->claims.ip_count == GRANT_IP_MAX) {
            say_usage("--ip names more than %d addresses and ranges",
                      GRANT_IP_MAX);
        }

        link->ip[link->claims.ip_count++] = text;
    }

    link->claims.ip = link->ip;
}


static json_t *
link_object(const char *origin, const grant_claims_t *claims, const char *grant)
{
    char *encoded, when[sizeof("2026-01-01T00:00:00Z")];
    size_t len = strlen(origin);
    struct tm tm;
    time_t t = (time_t) claims->exp;
    json_t *object;

    encoded = link_encode(claims->path);
    if (encoded == NULL) {
        return NULL;
    }

    if (len > 0 && origin[len - 1] == '/') {
        len--;
    }

    gmtime_r(&t, &tm);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);

    object = json_pack("{s:s, s:s?, s:s}", "grant", grant, "jti", claims->jti,
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
