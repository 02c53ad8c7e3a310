#define _GNU_SOURCE /* strcasestr() */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <jansson.h>
#include "core/grant/grant.h"
#include "core/grant/grant_claims.h"
#include "core/jose/base64url.h"
#include "core/jose/json_strict.h"
#include "core/jose/jwk.h"
#include "core/jose/jwt.h"
#include "ctl.h"
#include "options.h"
#include "output.h"
#include "say.h"

#define LINK_SHOW_MAX 65536 /* bytes of text to look for a grant in */

#define LINK_SHOW_TOKEN                                              \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" \
    "-_."

#define LINK_SHOW_MINUTE 60
#define LINK_SHOW_HOUR (60 * LINK_SHOW_MINUTE)
#define LINK_SHOW_DAY (24 * LINK_SHOW_HOUR)

typedef struct {
    const char *token;
    size_t len;
    json_t *header, *claims;
    const char *signature; /* "good", why not, or NULL: not checked */
    sluice_status_t status;
    grant_t grant; /* unless the status is SLUICE_GRANT_INVALID */
} link_show_t;


static const char *link_show_stdin(void);
static int link_show_find(const char *text, link_show_t *show);
static json_t *link_show_part(const char *part, size_t len);
static const char *link_show_signature(const char *file,
                                       const link_show_t *show);
static sluice_status_t link_show_status(link_show_t *show);
static json_t *link_show_machine(const link_show_t *show);
static json_t *link_show_words(const link_show_t *show);
static void link_show_grant(json_t *words, const grant_t *grant);
static void link_show_text(json_t *words, const char *name,
                           const grant_t *grant, grant_span_t span);
static json_t *link_show_plain(const char *text);
static json_t *link_show_ascii(const json_t *value);
static void link_show_limit(json_t *words, const char *name,
                            const grant_t *grant, unsigned bit, uint64_t n,
                            const char *unit);
static void link_show_time(json_t *words, const char *name, int64_t t);
static json_t *link_show_methods(unsigned methods);


int
ctl_link_show(int argc, char **argv)
{
    int rc = CTL_FAILED;
    const char *file = NULL, *as_json = NULL, *text = NULL;
    link_show_t show = { 0 };
    json_t *object;
    const ctl_option_t options[] = {
        { "keys", "FILE", "checks with this key set (or SLUICE_KEYS)", &file },
        { "json", NULL, "for machines", &as_json },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, &text);
    file = file ? file : getenv("SLUICE_KEYS");
    file = file && *file ? file : NULL;
    text = text ? text : link_show_stdin();

    if (text == NULL || link_show_find(text, &show) != 0) {
        say_fail("there is no grant in this");
        goto done;
    }

    show.status = link_show_status(&show);

    if (file != NULL) {
        show.signature = link_show_signature(file, &show);
        if (show.signature == NULL) {
            goto done;
        }
    }

    object = as_json ? link_show_machine(&show) : link_show_words(&show);
    output_object(object, as_json != NULL);
    json_decref(object);

    if (file == NULL
        || (strcmp(show.signature, "good") == 0 && show.status == SLUICE_OK)) {
        rc = CTL_OK;
    }

done:

    json_decref(show.header);
    json_decref(show.claims);
    return rc;
}


/* NULL when it is too long. */
static const char *
link_show_stdin(void)
{
    static char text[LINK_SHOW_MAX + 1];
    size_t len;

    len = fread(text, 1, sizeof(text), stdin);
    if (len == sizeof(text)) {
        return NULL;
    }

    text[len] = '\0';

    return text;
}


/* Looks behind each mark of a carrier, and at the text as it is. */
static int
link_show_find(const char *text, link_show_t *show)
{
    static const char *const marks[] = { "/~", "grant=", "Sluice-Grant:", "" };
    const char *p, *dot;
    size_t i, first;

    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        p = strcasestr(text, marks[i]);
        if (p == NULL) {
            continue;
        }

        p += strlen(marks[i]);
        p += strspn(p, " \t\r\n");

        show->token = p;
        show->len = strspn(p, LINK_SHOW_TOKEN);
        first = strcspn(p, ".");
        dot = (first < show->len) ? strchr(p + first + 1, '.') : NULL;

        if (dot == NULL || dot >= p + show->len) {
            continue;
        }

        show->header = link_show_part(p, first);
        show->claims = link_show_part(p + first + 1,
                                      (size_t) (dot - p) - first - 1);
        if (show->header != NULL && show->claims != NULL) {
            return 0;
        }

        json_decref(show->header);
        json_decref(show->claims);
        show->header = show->claims = NULL;
    }

    return -1;
}


/* A new object, or NULL. */
static json_t *
link_show_part(const char *part, size_t len)
{
    char text[base64url_decoded_size(JWT_MAX_SIZE)];
    ssize_t n;
    json_t *json;

    if (len > JWT_MAX_SIZE) {
        return NULL;
    }

    n = base64url_decode(text, part, len);
    json = (n == -1) ? NULL : json_strict_load(text, (size_t) n, 0, NULL);

    if (json != NULL && !json_is_object(json)) {
        json_decref(json);
        return NULL;
    }

    return json;
}


/* NULL, and a complaint, when the key set cannot be read. */
static const char *
link_show_signature(const char *file, const link_show_t *show)
{
    char err[256];
    jwk_set_t *keys;
    json_t *claims;
    jwt_result_t result;

    keys = jwk_set_read(file, JWK_OWN, err, sizeof(err));
    if (keys == NULL) {
        say_fail("%s: %s", file, err);
        return NULL;
    }

    result = jwt_verify(keys, &jwt_grant, show->token, show->len, &claims);
    json_decref(claims);
    jwk_set_free(keys);

    return (result == JWT_OK) ? "good" : jwt_result_word(result);
}


/* What the gate says to who brings it now, from the right place and with the
   right request; what others counted so far is not known here. */
static sluice_status_t
link_show_status(link_show_t *show)
{
    grant_t *grant = &show->grant;
    sluice_status_t status;

    status = grant_parse(show->claims, grant);
    if (status != SLUICE_OK) {
        return status;
    }

    status = grant_decide(
        grant, grant_text(grant, grant->path), grant->path.len, grant->methods,
        grant->ip_count ? grant->ip[0].address : NULL, (int64_t) time(NULL));

    if (status == SLUICE_OK && (grant->limits & GRANT_USES)
        && grant->uses == 0) {
        return SLUICE_GRANT_USED;
    }

    return status;
}


static json_t *
link_show_machine(const link_show_t *show)
{
    return json_pack(
        "{s:O, s:O, s:s?, s:b, s:s*}", "header", show->header, "claims",
        show->claims, "signature", show->signature, "open",
        show->status == SLUICE_OK, "reason",
        show->status == SLUICE_OK ? NULL : status_problem(show->status)->word);
}


static json_t *
link_show_words(const link_show_t *show)
{
    const json_t *kid = json_object_get(show->header, "kid");
    json_t *words;

    words = json_pack(
        "{s:s, s:s}", "signature",
        show->signature ? show->signature : "not checked: --keys was not given",
        "now",
        show->status == SLUICE_OK ? "open"
                                  : status_problem(show->status)->title);

    if (json_is_string(kid)) {
        json_object_set_new(words, "key",
                            link_show_plain(json_string_value(kid)));
    }

    if (show->status == SLUICE_GRANT_INVALID) {
        json_object_set_new(words, "header", link_show_ascii(show->header));
        json_object_set_new(words, "claims", link_show_ascii(show->claims));

    } else {
        link_show_grant(words, &show->grant);
        json_object_set(words, "addresses",
                        json_object_get(show->claims, "ip"));
    }

    return words;
}


static void
link_show_grant(json_t *words, const grant_t *grant)
{
    link_show_text(words, grant->prefix ? "opens all below" : "opens", grant,
                   grant->path);
    json_object_set_new(words, "methods", link_show_methods(grant->methods));

    if (grant->iat != 0) {
        link_show_time(words, "issued", grant->iat);
    }
    if (grant->nbf != 0) {
        link_show_time(words, "from", grant->nbf);
    }
    link_show_time(words, "until", grant->exp);

    link_show_limit(words, "uses", grant, GRANT_USES, grant->uses, "");
    link_show_limit(words, "bytes", grant, GRANT_BYTES, grant->bytes, "");
    link_show_limit(words, "rate", grant, GRANT_RATE, grant->rate,
                    " bytes per second");
    link_show_text(words, "file name", grant, grant->filename);
    link_show_text(words, "type", grant, grant->type);
    link_show_text(words, "id", grant, grant->jti);
    link_show_text(words, "user", grant, grant->sub);
    link_show_text(words, "session", grant, grant->sid);
}


static void
link_show_text(json_t *words, const char *name, const grant_t *grant,
               grant_span_t span)
{
    if (span.len > 0) {
        json_object_set_new(words, name,
                            link_show_plain(grant_text(grant, span)));
    }
}


/* What a stranger wrote gives no orders to the terminal. */
static json_t *
link_show_plain(const char *text)
{
    json_t *string, *plain;

    string = json_string(text);

    if (grant_claims_text(text, strlen(text), SIZE_MAX)) {
        return string;
    }

    plain = link_show_ascii(string);
    json_decref(string);

    return plain;
}


static json_t *
link_show_ascii(const json_t *value)
{
    char *text;
    json_t *string;

    text = json_dumps(value,
                      JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
    string = json_string(text);
    free(text);

    return string;
}


static void
link_show_limit(json_t *words, const char *name, const grant_t *grant,
                unsigned bit, uint64_t n, const char *unit)
{
    if (grant->limits & bit) {
        json_object_set_new(words, name,
                            json_sprintf("%" PRIu64 "%s", n, unit));
    }
}


/* "2026-01-31T12:00:00Z, in 5 min" */
static void
link_show_time(json_t *words, const char *name, int64_t t)
{
    char when[sizeof("-2147483648-01-01T00:00:00Z")] = "far away";
    const char *unit;
    int64_t size, away = t - (int64_t) time(NULL), n = llabs(away);
    struct tm tm;
    time_t seconds = (time_t) t;

    if (gmtime_r(&seconds, &tm) != NULL) {
        strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
    }

    size = n < 2 * LINK_SHOW_MINUTE ? 1
           : n < 2 * LINK_SHOW_HOUR ? LINK_SHOW_MINUTE
           : n < 2 * LINK_SHOW_DAY  ? LINK_SHOW_HOUR
                                    : LINK_SHOW_DAY;
    unit = size == 1                  ? "s"
           : size == LINK_SHOW_MINUTE ? "min"
           : size == LINK_SHOW_HOUR   ? "h"
                                      : "days";

    json_object_set_new(words, name,
                        json_sprintf("%s, %s%" PRId64 " %s%s", when,
                                     away > 0 ? "in " : "", n / size, unit,
                                     away > 0 ? "" : " ago"));
}


static json_t *
link_show_methods(unsigned methods)
{
    char text[sizeof("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")] = "";
    unsigned bit;

    for (bit = 1; bit <= methods; bit <<= 1) {
        if (methods & bit) {
            if (text[0] != '\0') {
                strcat(text, ", ");
            }
            strcat(text, grant_method_name(bit));
        }
    }

    return json_string(text);
}
