/* Where a request carries its credentials: in the path, the query, a header or
   a cookie. */

#include "ngx_http_sluice_carrier.h"
#include "ngx_http_sluice_gate_conf.h"

#include "ngx_module/http/ngx_http_sluice_request.h"
#include "core/grant/service_key.h"
#include "core/grant/cloudfront.h"


#define NGX_HTTP_SLUICE_CARRIER_COOKIES 4 /* of one name that are tried */


/* One place where a kind of credential may be. */

typedef struct ngx_http_sluice_carrier_row_s ngx_http_sluice_carrier_row_t;

struct ngx_http_sluice_carrier_row_s {
    ngx_http_sluice_credential_kind_t kind;
    ngx_http_sluice_carrier_t carrier;

    /* 1, and `text` or `parts`, when something is there */
    ngx_uint_t (*find)(ngx_http_request_t *r, ngx_http_sluice_gate_ctx_t *ctx,
                       const ngx_str_t *name,
                       ngx_http_sluice_credential_t *credential);
    ngx_str_t name;
};


/* the grant in the path, which is taken out before anything is rewritten */

/* base64url and the dot between a token's parts */

static ngx_uint_t
ngx_http_sluice_carrier_token_char(u_char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
           || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}


/* A home folder (/~alice/) is none of ours: three parts are. */

static ngx_uint_t
ngx_http_sluice_carrier_looks(u_char *p, u_char *end)
{
    ngx_uint_t dots;

    for (dots = 0; p < end; p++) {
        if (!ngx_http_sluice_carrier_token_char(*p)) {
            return 0;
        }

        dots += (*p == '.');
    }

    return dots == 2;
}


/*
 * Before anything is rewritten: what the client asks for is kept, since that is
 * what a grant must cover, and /~<grant>/media/x becomes /media/x. Only a
 * carrier at the very start of the URI as it came over the wire counts, so that
 * normalization cannot make one.
 */

void
ngx_http_sluice_carrier_take(ngx_http_request_t *r,
                             ngx_http_sluice_gate_ctx_t *ctx)
{
    u_char *p, *wire;
    size_t len, encoded;

    if (r->uri.len < 3 || r->uri.data[0] != '/' || r->uri.data[1] != '~') {
        return;
    }

    p = ngx_strlchr(r->uri.data + 1, r->uri.data + r->uri.len, '/');
    len = p ? (size_t) (p - r->uri.data) : r->uri.len;

    if (!ngx_http_sluice_carrier_looks(r->uri.data + 2, r->uri.data + len)) {
        return;
    }

    /* "/~", which RFC 3986, 2.3 lets clients write as "/%7E" */

    wire = r->unparsed_uri.data;
    encoded = r->unparsed_uri.len > 3
                      && ngx_strncasecmp(wire, (u_char *) "/%7e", 4) == 0
                  ? 2
                  : 0;

    if (r->unparsed_uri.len < len + encoded
        || (!encoded && ngx_memcmp(wire, "/~", 2) != 0)
        || ngx_memcmp(wire + 2 + encoded, r->uri.data + 2, len - 2) != 0
        || (p && wire[len + encoded] != '/')) {
        return;
    }

    ctx->path_grant.data = r->uri.data + 2;
    ctx->path_grant.len = len - 2;
    ctx->path_wire = len + encoded;

    r->uri.data += len;
    r->uri.len -= len;

    if (r->uri.len == 0) {
        ngx_str_set(&r->uri, "/");
    }

    r->valid_unparsed_uri = 0;

    ctx->path = r->uri;
}


/* the carriers */

static ngx_uint_t
ngx_http_sluice_carrier_path(ngx_http_request_t *r,
                             ngx_http_sluice_gate_ctx_t *ctx,
                             const ngx_str_t *name,
                             ngx_http_sluice_credential_t *credential)
{
    credential->text = ctx->path_grant;

    return ctx->path_grant.len != 0;
}


/* ngx_http_arg() compares byte by byte, and a grant has hundreds of them. */

ngx_uint_t
ngx_http_sluice_carrier_arg(const ngx_str_t *args, ngx_str_t *value)
{
    u_char *p, *end, *next;

    static const u_char name[] = "grant=";

    end = args->data + args->len;

    for (p = args->data; p < end; p = next + 1) {
        next = memchr(p, '&', (size_t) (end - p));

        if (next == NULL) {
            next = end;
        }

        if (next - p >= (ssize_t) sizeof(name) - 1
            && ngx_memcmp(p, name, sizeof(name) - 1) == 0) {
            value->data = p + sizeof(name) - 1;
            value->len = (size_t) (next - value->data);
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_sluice_carrier_query(ngx_http_request_t *r,
                              ngx_http_sluice_gate_ctx_t *ctx,
                              const ngx_str_t *name,
                              ngx_http_sluice_credential_t *credential)
{
    return ngx_http_sluice_carrier_arg(&r->args, &credential->text);
}


/* Of two with one name, one is not what it says: none of them is good. */

static ngx_uint_t
ngx_http_sluice_carrier_header_once(ngx_http_request_t *r,
                                    ngx_http_sluice_gate_ctx_t *ctx,
                                    const ngx_str_t *name,
                                    ngx_http_sluice_credential_t *credential)
{
    ngx_uint_t found;

    found = ngx_http_sluice_request_header(r, name, &credential->text);

    if (found > 1) {
        credential->text.len = 0;
    }

    return found > 0;
}


static ngx_uint_t
ngx_http_sluice_carrier_header(ngx_http_request_t *r,
                               ngx_http_sluice_gate_ctx_t *ctx,
                               const ngx_str_t *name,
                               ngx_http_sluice_credential_t *credential)
{
    return ngx_http_sluice_request_header(r, name, &credential->text) > 0;
}


/* Authorization: Bearer (RFC 6750, 2.1) */

static ngx_uint_t
ngx_http_sluice_carrier_bearer(ngx_http_request_t *r,
                               ngx_http_sluice_gate_ctx_t *ctx,
                               const ngx_str_t *name,
                               ngx_http_sluice_credential_t *credential)
{
    ngx_str_t *value, *text;

    if (r->headers_in.authorization == NULL) {
        return 0;
    }

    value = &r->headers_in.authorization->value;

    if (value->len <= name->len
        || ngx_strncasecmp(value->data, name->data, name->len) != 0) {
        return 0;
    }

    text = &credential->text;
    text->data = value->data + name->len;
    text->len = value->len - name->len;

    while (text->len && text->data[0] == ' ') {
        text->data++;
        text->len--;
    }

    return 1;
}


/* The same, of a service account's key, which is told by how it begins. */

static ngx_uint_t
ngx_http_sluice_carrier_key(ngx_http_request_t *r,
                            ngx_http_sluice_gate_ctx_t *ctx,
                            const ngx_str_t *name,
                            ngx_http_sluice_credential_t *credential)
{
    return ngx_http_sluice_carrier_bearer(r, ctx, name, credential)
           && credential->text.len > SERVICE_KEY_PREFIX_LEN
           && ngx_memcmp(credential->text.data, SERVICE_KEY_PREFIX,
                         SERVICE_KEY_PREFIX_LEN)
                  == 0;
}


static ngx_uint_t
ngx_http_sluice_carrier_cookie(ngx_http_request_t *r,
                               ngx_http_sluice_gate_ctx_t *ctx,
                               const ngx_str_t *name,
                               ngx_http_sluice_credential_t *credential)
{
    return ngx_http_sluice_request_cookie(r, name, credential->nth,
                                          &credential->text)
           > credential->nth;
}


/* CloudFront's links are in several parts. What was signed is the target as it
   came, whatever was rewritten since. */

static ngx_uint_t
ngx_http_sluice_carrier_parts(ngx_http_request_t *r,
                              const cloudfront_link_t *found,
                              ngx_http_sluice_credential_t *credential)
{
    cloudfront_link_t *parts;

    parts = ngx_palloc(r->pool, sizeof(cloudfront_link_t));
    if (parts == NULL) {
        return 0;
    }

    *parts = *found;

    credential->text = r->unparsed_uri;
    credential->parts = parts;

    return 1;
}


static ngx_uint_t
ngx_http_sluice_carrier_cloudfront_query(
    ngx_http_request_t *r, ngx_http_sluice_gate_ctx_t *ctx,
    const ngx_str_t *name, ngx_http_sluice_credential_t *credential)
{
    u_char *query, *end;
    cloudfront_link_t found;

    end = r->unparsed_uri.data + r->unparsed_uri.len;
    query = ngx_strlchr(r->unparsed_uri.data, end, '?');

    return query
           && cloudfront_query((char *) query + 1, (size_t) (end - query - 1),
                               &found)
           && ngx_http_sluice_carrier_parts(r, &found, credential);
}


static ngx_uint_t
ngx_http_sluice_carrier_cloudfront_cookies(
    ngx_http_request_t *r, ngx_http_sluice_gate_ctx_t *ctx,
    const ngx_str_t *name, ngx_http_sluice_credential_t *credential)
{
    ngx_uint_t i;
    ngx_str_t value;
    cloudfront_link_t found;

    static const ngx_str_t cookies[CLOUDFRONT_PARTS] = {
        ngx_string("CloudFront-Expires"), ngx_string("CloudFront-Policy"),
        ngx_string("CloudFront-Signature"),
        ngx_string("CloudFront-Key-Pair-Id"),
        ngx_string("CloudFront-Hash-Algorithm")
    };

    if (ngx_http_sluice_request_cookie(r, name, credential->nth, &value)
        <= credential->nth) {
        return 0;
    }

    ngx_memzero(&found, sizeof(cloudfront_link_t));

    /* of what stands there less often, the last */

    for (i = 0; i < CLOUDFRONT_PARTS; i++) {
        if (ngx_http_sluice_request_cookie(r, &cookies[i], credential->nth,
                                           &value)) {
            found.part[i].data = (char *) value.data;
            found.part[i].len = value.len;
        }
    }

    return ngx_http_sluice_carrier_parts(r, &found, credential);
}


/* Where they are looked for, in this order. Ours go before CloudFront's, and
   there a signed URL before cookies, as at CloudFront. A cookie whose name
   begins with "__Host-" is one that no other host can have set (RFC 6265bis,
   4.1.3.2). */

static const ngx_http_sluice_carrier_row_t ngx_http_sluice_carrier_links[] = {

    { NGX_HTTP_SLUICE_CREDENTIAL_GRANT, NGX_HTTP_SLUICE_CARRIER_PATH,
      ngx_http_sluice_carrier_path, ngx_null_string },

    { NGX_HTTP_SLUICE_CREDENTIAL_GRANT, NGX_HTTP_SLUICE_CARRIER_QUERY,
      ngx_http_sluice_carrier_query, ngx_null_string },

    { NGX_HTTP_SLUICE_CREDENTIAL_GRANT, NGX_HTTP_SLUICE_CARRIER_HEADER,
      ngx_http_sluice_carrier_header, ngx_string("sluice-grant") },

    { NGX_HTTP_SLUICE_CREDENTIAL_GRANT, NGX_HTTP_SLUICE_CARRIER_COOKIE,
      ngx_http_sluice_carrier_cookie, ngx_string("__Host-sluice_grant") },

    { NGX_HTTP_SLUICE_CREDENTIAL_GRANT, NGX_HTTP_SLUICE_CARRIER_COOKIE,
      ngx_http_sluice_carrier_cookie, ngx_string("sluice_grant") },

    { NGX_HTTP_SLUICE_CREDENTIAL_CLOUDFRONT, NGX_HTTP_SLUICE_CARRIER_QUERY,
      ngx_http_sluice_carrier_cloudfront_query, ngx_null_string },

    { NGX_HTTP_SLUICE_CREDENTIAL_CLOUDFRONT, NGX_HTTP_SLUICE_CARRIER_COOKIE,
      ngx_http_sluice_carrier_cloudfront_cookies,
      ngx_string("CloudFront-Signature") },

    { 0, 0, NULL, ngx_null_string }
};

static const ngx_http_sluice_carrier_row_t ngx_http_sluice_carrier_users[] = {

    { NGX_HTTP_SLUICE_CREDENTIAL_KEY, NGX_HTTP_SLUICE_CARRIER_HEADER,
      ngx_http_sluice_carrier_key, ngx_string("Bearer ") },

    { NGX_HTTP_SLUICE_CREDENTIAL_ACCESS, NGX_HTTP_SLUICE_CARRIER_HEADER,
      ngx_http_sluice_carrier_bearer, ngx_string("Bearer ") },

    { NGX_HTTP_SLUICE_CREDENTIAL_ACCESS, NGX_HTTP_SLUICE_CARRIER_COOKIE,
      ngx_http_sluice_carrier_cookie, ngx_string("__Host-sluice_session") },

    { NGX_HTTP_SLUICE_CREDENTIAL_ACCESS, NGX_HTTP_SLUICE_CARRIER_COOKIE,
      ngx_http_sluice_carrier_cookie, ngx_string("sluice_session") },

    { NGX_HTTP_SLUICE_CREDENTIAL_BALANCER, NGX_HTTP_SLUICE_CARRIER_HEADER,
      ngx_http_sluice_carrier_header_once, ngx_string("x-amzn-oidc-data") },

    { 0, 0, NULL, ngx_null_string }
};


/* The next of some cookies of one name, which a browser sends of several paths
   and domains; other places have one credential. */

static ngx_uint_t
ngx_http_sluice_carrier_next(ngx_http_request_t *r,
                             ngx_http_sluice_gate_ctx_t *ctx,
                             ngx_http_sluice_credential_t *credential)
{
    const ngx_http_sluice_carrier_row_t *row = credential->place;

    if (credential->carrier != NGX_HTTP_SLUICE_CARRIER_COOKIE
        || credential->nth + 1 == NGX_HTTP_SLUICE_CARRIER_COOKIES) {
        return 0;
    }

    credential->nth++;

    return row->find(r, ctx, &row->name, credential);
}


static ngx_uint_t
ngx_http_sluice_carrier_find(ngx_http_request_t *r,
                             ngx_http_sluice_gate_ctx_t *ctx,
                             const ngx_http_sluice_carrier_row_t *row,
                             ngx_uint_t cookies,
                             ngx_http_sluice_credential_t *credential)
{
    if (credential->kind != NGX_HTTP_SLUICE_CREDENTIAL_NONE) {
        return ngx_http_sluice_carrier_next(r, ctx, credential);
    }

    credential->nth = 0;

    for (/* void */; row->find; row++) {
        if ((cookies || row->carrier != NGX_HTTP_SLUICE_CARRIER_COOKIE)
            && row->find(r, ctx, &row->name, credential)) {
            credential->kind = row->kind;
            credential->carrier = row->carrier;
            credential->place = row;

            /* a balancer that signs people in has a cookie of its own */
            credential->unasked = row->carrier == NGX_HTTP_SLUICE_CARRIER_COOKIE
                                  || row->kind
                                         == NGX_HTTP_SLUICE_CREDENTIAL_BALANCER;
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_sluice_carrier_link(ngx_http_request_t *r,
                             ngx_http_sluice_gate_ctx_t *ctx,
                             ngx_http_sluice_credential_t *credential)
{
    ngx_http_sluice_gate_conf_t *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_gate_module);

    return ngx_http_sluice_carrier_find(r, ctx, ngx_http_sluice_carrier_links,
                                        !glcf->leaves_cookies, credential);
}


ngx_uint_t
ngx_http_sluice_carrier_user(ngx_http_request_t *r,
                             ngx_http_sluice_gate_ctx_t *ctx,
                             ngx_http_sluice_credential_t *credential)
{
    return ngx_http_sluice_carrier_find(r, ctx, ngx_http_sluice_carrier_users,
                                        1, credential);
}
