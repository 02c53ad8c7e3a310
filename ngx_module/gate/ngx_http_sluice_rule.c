/* Whether what was verified lets this request pass. */

#include "ngx_http_sluice_rule.h"

#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/grant/cidr.h"
#include "core/grant/grant.h"


/* By what a token can be taken back; `iat` is seconds, 0 when it has none. */

typedef struct {
    ngx_str_t jti, sid, sub;
    time_t iat;
} ngx_http_sluice_rule_ids_t;


/* A character of a path as it came over the wire, percent-encoded or not; the
   bytes that it takes. */

static size_t
ngx_http_sluice_rule_char(const u_char *p, const u_char *end, u_char *c)
{
    ngx_int_t code;

    if (*p == '%' && end - p > 2) {
        code = ngx_hextoi((u_char *) p + 1, 2);

        if (code != NGX_ERROR) {
            *c = (u_char) code;
            return 3;
        }
    }

    *c = *p;

    return 1;
}


/*
 * A link is a path that somebody signed: whoever spells it otherwise ("..",
 * "//", an encoded slash or dot) is not following the link. All else that a
 * name may have is spelled as RFC 3986 has it: there is no other way to write
 * "%25". Some that stand behind us take a backslash for a slash: between two of
 * them ".." is what it is between slashes.
 */

static ngx_uint_t
ngx_http_sluice_rule_canonical(ngx_http_request_t *r)
{
    size_t len;
    u_char *p, *end, c;
    ngx_uint_t dots, others, slash;

    end = r->unparsed_uri.data + r->unparsed_uri.len;
    dots = 0;
    others = 0;
    slash = 0;

    for (p = r->unparsed_uri.data; p < end && *p != '?'; p += len) {
        len = ngx_http_sluice_rule_char(p, end, &c);

        if ((len > 1 && (c == '.' || c == '/')) || (slash && c == '/')) {
            return 0;
        }

        slash = (c == '/');

        if (c == '/' || c == '\\') {

            if (!others && (dots == 1 || dots == 2)) {
                return 0;
            }

            dots = 0;
            others = 0;

        } else if (c == '.') {
            dots++;

        } else {
            others = 1;
        }
    }

    return others || (dots != 1 && dots != 2);
}


static unsigned
ngx_http_sluice_rule_method(ngx_uint_t method)
{
    switch (method) {
    case NGX_HTTP_GET:
        return GRANT_GET;
    case NGX_HTTP_HEAD:
        return GRANT_HEAD;
    case NGX_HTTP_POST:
        return GRANT_POST;
    case NGX_HTTP_PUT:
        return GRANT_PUT;
    case NGX_HTTP_PATCH:
        return GRANT_PATCH;
    case NGX_HTTP_DELETE:
        return GRANT_DELETE;
    case NGX_HTTP_OPTIONS:
        return GRANT_OPTIONS;
    default:
        return 0;
    }
}


sluice_status_t
ngx_http_sluice_rule_link(ngx_http_request_t *r,
                          ngx_http_sluice_gate_ctx_t *ctx, const token_t *token)
{
    u_char address[CIDR_SIZE];
    const grant_t *grant = &token->u.grant;

    if ((r->complex_uri || r->quoted_uri
         || memchr(ctx->path.data, '\\', ctx->path.len))
        && !ngx_http_sluice_rule_canonical(r)) {
        return SLUICE_GRANT_PATH;
    }

    return grant_decide(
        grant, (const char *) ctx->path.data, ctx->path.len,
        ngx_http_sluice_rule_method(r->method),
        grant->ip_count && cidr_address(r->connection->sockaddr, address) == 0
            ? address
            : NULL,
        ngx_time());
}


sluice_status_t
ngx_http_sluice_rule_user(const token_t *token,
                          const ngx_http_sluice_rule_t *rule)
{
    role_t least;
    sluice_status_t status;
    const access_t *access = &token->u.access;

    least = rule->enrolling && access->role == ROLE_ENROLLING ? ROLE_ENROLLING
                                                              : rule->role;

    status = access_decide(access, least, ngx_time());

    return status == SLUICE_OK && rule->fresh
               ? access_fresh(access, rule->fresh, ngx_time())
               : status;
}


static void
ngx_http_sluice_rule_ids(token_t *token, ngx_http_sluice_rule_ids_t *ids)
{
    grant_t *grant;
    access_t *access;

    ngx_memzero(ids, sizeof(ngx_http_sluice_rule_ids_t));

    if (token->kind == TOKEN_GRANT) {
        grant = &token->u.grant;

        ids->jti.data = (u_char *) grant_text(grant, grant->jti);
        ids->jti.len = grant->jti.len;
        ids->sid.data = (u_char *) grant_text(grant, grant->sid);
        ids->sid.len = grant->sid.len;
        ids->sub.data = (u_char *) grant_text(grant, grant->sub);
        ids->sub.len = grant->sub.len;
        ids->iat = grant->iat;

        return;
    }

    access = &token->u.access;

    ids->sid.data = (u_char *) access->sid;
    ids->sid.len = ngx_strlen(access->sid);
    ids->sub.data = (u_char *) access->sub;
    ids->sub.len = ngx_strlen(access->sub);
    ids->iat = access->iat;
}


static ngx_uint_t
ngx_http_sluice_rule_listed(revocation_kind_t kind, ngx_str_t *id, time_t iat)
{
    return id->len
           && ngx_http_sluice_zone_revoked(kind, (char *) id->data, id->len,
                                           iat);
}


sluice_status_t
ngx_http_sluice_rule_not_revoked(token_t *token, sluice_status_t revoked)
{
    uint64_t generation;
    ngx_http_sluice_rule_ids_t ids;

    generation = ngx_http_sluice_zone_generation();

    if (token->revocations == generation) {
        return SLUICE_OK;
    }

    ngx_http_sluice_rule_ids(token, &ids);

    if (ids.jti.len + ids.sid.len + ids.sub.len) {

        if (!ngx_http_sluice_zone_known()) {
            return SLUICE_REVOCATIONS_UNKNOWN;
        }

        if (ngx_http_sluice_rule_listed(REVOCATION_JTI, &ids.jti, 0)
            || ngx_http_sluice_rule_listed(REVOCATION_SID, &ids.sid, 0)
            || ngx_http_sluice_rule_listed(REVOCATION_SUB, &ids.sub, ids.iat)) {
            return revoked;
        }
    }

    token->revocations = generation;

    return SLUICE_OK;
}
