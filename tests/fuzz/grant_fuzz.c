/* A line of claims and a line with a path: what a grant opens lies at or below
   the path it names, and what one grant says can be signed and read again. The
   path is then tried as what else a stranger may write: an id, an address. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/text.h"
#include "core/grant/disposition.h"
#include "core/grant/grant.h"
#include "core/grant/grant_claims.h"
#include "core/grant/link_id.h"
#include "core/jose/jwt.h"
#include "keys.h"
#include "must.h"

#define ANY_USER "01931c5a-0000-7000-8000-000000000001"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *
text_or_null(const grant_t *grant, grant_span_t span)
{
    return span.len ? grant_text(grant, span) : NULL;
}


static void
check_text(const grant_t *grant, grant_span_t span)
{
    const char *text = grant_text(grant, span);

    must(strlen(text) == span.len);
    must(text_is_utf8(text, span.len));
    must(span.len == 0 || (size_t) span.at + span.len < grant->text_len);
}


/* What goes into a header is ASCII, whatever the name was. */
static void
check_header(const char *name, size_t len)
{
    char text[disposition_size(GRANT_TEXT_MAX)];
    size_t i, n = disposition_attachment(text, name, len);

    must(n <= sizeof(text));
    for (i = 0; i < n; i++) {
        must(text[i] >= ' ' && text[i] <= '~');
    }
}


static void
check(const grant_t *grant)
{
    const char *path = grant_text(grant, grant->path);

    check_text(grant, grant->path);
    check_text(grant, grant->jti);
    check_text(grant, grant->sub);
    check_text(grant, grant->sid);
    check_text(grant, grant->filename);
    check_text(grant, grant->type);

    must(grant->text_len <= GRANT_TEXT_MAX);
    must(path[0] == '/' && strstr(path, "/../") == NULL
         && strstr(path, "//") == NULL);
    must(strpbrk(grant_text(grant, grant->filename), "/\r\n") == NULL);
    must(strpbrk(grant_text(grant, grant->type), "\r\n") == NULL);
    check_header(grant_text(grant, grant->filename), grant->filename.len);
    must(grant->methods != 0 && grant->ip_count <= GRANT_IP_MAX);
    must(!(grant->limits & GRANT_RATE) || grant->rate > 0);
}


/* Signs what was read; the addresses are not kept as text. */
static void
sign_again(const grant_t *grant)
{
    const jwk_set_t *keys = the_keys();
    grant_claims_t claims = { .path = grant_text(grant, grant->path),
                              .path_len = grant->path.len,
                              .exp = grant->exp,
                              .nbf = grant->nbf,
                              .iat = grant->iat,
                              .jti = text_or_null(grant, grant->jti),
                              .sub = text_or_null(grant, grant->sub),
                              .sid = text_or_null(grant, grant->sid),
                              .filename = text_or_null(grant, grant->filename),
                              .type = text_or_null(grant, grant->type),
                              .methods = grant->methods,
                              .limits = grant->limits,
                              .uses = grant->uses,
                              .bytes = grant->bytes,
                              .rate = grant->rate };
    json_t *json;
    grant_t again;
    char *token;

    token = grant_sign(keys, 0, &claims);
    if (token == NULL) {
        return; /* too long */
    }

    must(jwt_verify(keys, &jwt_grant, token, strlen(token), &json) == JWT_OK);
    must(grant_parse(json, &again) == SLUICE_OK);
    must(again.exp == grant->exp && again.nbf == grant->nbf
         && again.iat == grant->iat && again.methods == grant->methods
         && again.limits == grant->limits && again.uses == grant->uses
         && again.bytes == grant->bytes && again.rate == grant->rate);
    must(again.text_len == grant->text_len
         && memcmp(again.text, grant->text, grant->text_len) == 0);

    json_decref(json);
    free(token);
}


/* Bytes that were never JSON: what passes is UTF-8 all the same. */
static void
check_rules(const char *text, size_t len)
{
    cidr_t cidr;

    must(!grant_claims_filename(text, len) || text_is_clean(text, len));
    must(!grant_claims_type(text, len) || text_is_utf8(text, len));
    must(cidr_parse(text, len, &cidr) != 0 || cidr.bits <= 8 * CIDR_SIZE);
    must(link_id_exp(the_keys(), text, len) == -1);
    must(!link_id_owner(the_keys(), text, len, ANY_USER));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char address[CIDR_SIZE];
    const uint8_t *end;
    const char *path, *granted;
    size_t path_len;
    json_t *claims;
    grant_t grant;

    end = (size > 0) ? memchr(data, '\n', size) : NULL;
    if (end == NULL) {
        return 0;
    }

    path = (const char *) end + 1;
    path_len = size - (size_t) (end - data) - 1;
    check_rules(path, path_len);

    claims = json_loadb((const char *) data, (size_t) (end - data),
                        JSON_REJECT_DUPLICATES, NULL);

    if (grant_parse(claims, &grant) == SLUICE_OK) {
        check(&grant);
        sign_again(&grant);

        granted = grant_text(&grant, grant.path);

        if (grant_decide(&grant, path, path_len, GRANT_GET, address,
                         grant.exp - 1)
            == SLUICE_OK) {
            must(path_len >= grant.path.len
                 && memcmp(path, granted, grant.path.len) == 0
                 && (path_len == grant.path.len
                     || granted[grant.path.len - 1] == '/'));
        }
    }

    json_decref(claims);

    return 0;
}
