/* Where a request carries its tokens: in the path, the query, a header or a
   cookie. */

#include "ngx_http_sluice_carrier.h"
#include "ngx_http_sluice_gate.h"
#include "ngx_http_sluice_redact.h"


static ngx_uint_t ngx_http_sluice_carrier_looks(u_char *p, u_char *end);
static ngx_uint_t ngx_http_sluice_carrier_token_char(u_char c);
static ngx_uint_t ngx_http_sluice_carrier_find(ngx_http_request_t *r,
                                               ngx_http_sluice_gate_ctx_t *ctx,
                                               ngx_str_t *token);
static ngx_uint_t ngx_http_sluice_carrier_arg(ngx_str_t *args,
                                              ngx_str_t *token);
static ngx_int_t
ngx_http_sluice_carrier_clean_args(ngx_http_request_t *r,
                                   ngx_http_sluice_gate_ctx_t *ctx);
static ngx_int_t ngx_http_sluice_carrier_copy_args(ngx_http_request_t *r);
static ngx_int_t
ngx_http_sluice_carrier_clean_unparsed(ngx_http_request_t *r,
                                       ngx_http_sluice_gate_ctx_t *ctx);


/*
 * Before anything is rewritten: what the client asks for is kept, since that is
 * what a grant must cover, and /~<grant>/media/x becomes /media/x. Only a
 * carrier at the very start of the URI as it came over the wire counts, so that
 * normalization cannot make one.
 */

ngx_int_t
ngx_http_sluice_carrier_take(ngx_http_request_t *r)
{
    u_char *p, *wire;
    size_t len, encoded;
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_sluice_redact_errors(r, ctx);

    if (r->uri.len < 3 || r->uri.data[0] != '/' || r->uri.data[1] != '~') {
        return NGX_DECLINED;
    }

    p = ngx_strlchr(r->uri.data + 1, r->uri.data + r->uri.len, '/');
    len = p ? (size_t) (p - r->uri.data) : r->uri.len;

    if (!ngx_http_sluice_carrier_looks(r->uri.data + 2, r->uri.data + len)) {
        return NGX_DECLINED;
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
        return NGX_DECLINED;
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

    return NGX_DECLINED;
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


/* base64url and the dot between a token's parts */

static ngx_uint_t
ngx_http_sluice_carrier_token_char(u_char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
           || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}


ngx_uint_t
ngx_http_sluice_carrier_grant(ngx_http_request_t *r,
                              ngx_http_sluice_gate_ctx_t *ctx, ngx_str_t *token)
{
    if (!ngx_http_sluice_carrier_find(r, ctx, token)) {
        return 0;
    }

    ctx->brought = *token;

    return 1;
}


static ngx_uint_t
ngx_http_sluice_carrier_find(ngx_http_request_t *r,
                             ngx_http_sluice_gate_ctx_t *ctx, ngx_str_t *token)
{
    ngx_uint_t i;
    ngx_list_part_t *part;
    ngx_table_elt_t *h;

    static ngx_str_t cookie = ngx_string("sluice_grant");
    static u_char name[] = "sluice-grant";

    if (ctx->path_grant.len) {
        *token = ctx->path_grant;
        return 1;
    }

    if (ngx_http_sluice_carrier_arg(&r->args, token)) {
        return 1;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == sizeof(name) - 1
                && ngx_strncmp(h[i].lowcase_key, name, sizeof(name) - 1) == 0) {
                *token = h[i].value;
                ctx->by_header = 1;
                return 1;
            }
        }
    }

    ctx->by_header = ngx_http_sluice_carrier_cookie(r, &cookie, token);

    return ctx->by_header;
}


/* ngx_http_arg() compares byte by byte, and a grant has hundreds of them. */

static ngx_uint_t
ngx_http_sluice_carrier_arg(ngx_str_t *args, ngx_str_t *token)
{
    u_char *p, *end, *next;

    static u_char name[] = "grant=";

    end = args->data + args->len;

    for (p = args->data; p < end; p = next + 1) {
        next = memchr(p, '&', (size_t) (end - p));

        if (next == NULL) {
            next = end;
        }

        if (next - p >= (ssize_t) sizeof(name) - 1
            && ngx_memcmp(p, name, sizeof(name) - 1) == 0) {
            token->data = p + sizeof(name) - 1;
            token->len = (size_t) (next - token->data);
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_sluice_carrier_clean(ngx_http_request_t *r,
                              ngx_http_sluice_gate_ctx_t *ctx)
{
    ngx_uint_t path;

    /* it was not rewritten */
    path = r->uri.data == ctx->path.data && r->uri.len == ctx->path.len;

    if (ngx_http_sluice_carrier_clean_args(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    return path && !r->valid_unparsed_uri
               ? ngx_http_sluice_carrier_clean_unparsed(r, ctx)
               : NGX_OK;
}


/* In front of the others it goes without a copy, and the first one is known
   where nobody has rewritten the arguments. */

static ngx_int_t
ngx_http_sluice_carrier_clean_args(ngx_http_request_t *r,
                                   ngx_http_sluice_gate_ctx_t *ctx)
{
    u_char *end;
    ngx_str_t token;

    static const size_t name = sizeof("grant=") - 1;

    end = r->args.data + r->args.len;
    token = ctx->brought;

    while (r->args.len
           && (token.data == r->args.data + name
               || ngx_http_sluice_carrier_arg(&r->args, &token))) {
        r->valid_unparsed_uri = 0;

        if (token.data != r->args.data + name) {
            return ngx_http_sluice_carrier_copy_args(r);
        }

        r->args.data = ngx_min(token.data + token.len + 1, end);
        r->args.len = (size_t) (end - r->args.data);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_carrier_copy_args(ngx_http_request_t *r)
{
    u_char *p, *end, *next, *dst;
    ngx_str_t arg, args, token;

    args.data = ngx_pnalloc(r->pool, r->args.len);
    if (args.data == NULL) {
        return NGX_ERROR;
    }

    dst = args.data;
    end = r->args.data + r->args.len;

    for (p = r->args.data; p <= end; p = next + 1) {
        next = p < end ? memchr(p, '&', (size_t) (end - p)) : NULL;

        if (next == NULL) {
            next = end;
        }

        arg.data = p;
        arg.len = (size_t) (next - p);

        if (ngx_http_sluice_carrier_arg(&arg, &token)) {
            continue;
        }

        if (p > r->args.data) {
            *dst++ = '&';
        }

        dst = ngx_cpymem(dst, arg.data, arg.len);
    }

    args.len = (size_t) (dst - args.data);
    r->args = args;

    return NGX_OK;
}


/* As the client wrote it: nginx would encode fewer characters than clients do,
   and to some applications '+' and %2B are two. */

static ngx_int_t
ngx_http_sluice_carrier_clean_unparsed(ngx_http_request_t *r,
                                       ngx_http_sluice_gate_ctx_t *ctx)
{
    u_char *p, *end;
    ngx_str_t path;

    end = r->unparsed_uri.data + r->unparsed_uri.len;
    path.data = r->unparsed_uri.data + ctx->path_wire;
    p = memchr(path.data, '?', (size_t) (end - path.data));
    path.len = (size_t) ((p ? p : end) - path.data);

    if (path.len == 0) {
        /* "/~<grant>": the root */
        return NGX_OK;
    }

    if (r->args.len) {
        p = ngx_pnalloc(r->pool, path.len + 1 + r->args.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        end = ngx_cpymem(p, path.data, path.len);
        *end++ = '?';
        end = ngx_cpymem(end, r->args.data, r->args.len);

        path.data = p;
        path.len = (size_t) (end - p);
    }

    r->unparsed_uri = path;
    r->valid_unparsed_uri = 1;

    return NGX_OK;
}


/*
 * A link is a path that somebody signed: whoever spells it otherwise ("..",
 * "//", an encoded slash or dot) is not following the link.
 */

ngx_uint_t
ngx_http_sluice_carrier_canonical(ngx_http_request_t *r)
{
    u_char *p, *end, c;

    end = r->unparsed_uri.data + r->unparsed_uri.len;

    for (p = r->unparsed_uri.data; p < end && *p != '?'; p++) {

        if (*p == '/' && end - p > 1) {

            if (p[1] == '/') {
                return 0;
            }

            /* "/./" and "/../", also at the end */

            if (p[1] == '.') {
                c = end - p > 2 ? p[2] : '/';

                if (c == '.') {
                    c = end - p > 3 ? p[3] : '/';
                }

                if (c == '/' || c == '?') {
                    return 0;
                }
            }
        }

        /* %2e, %2f, %5c, and %25, which hides another of them */

        if (*p == '%' && end - p > 2) {
            c = (u_char) ngx_hextoi(p + 1, 2);

            if (c == '.' || c == '/' || c == '\\' || c == '%') {
                return 0;
            }
        }
    }

    return 1;
}


ngx_uint_t
ngx_http_sluice_carrier_user(ngx_http_request_t *r, ngx_str_t *token)
{
    ngx_str_t *value;

    static ngx_str_t cookie = ngx_string("sluice_session");

    if (r->headers_in.authorization) {
        value = &r->headers_in.authorization->value;

        if (value->len > 7
            && ngx_strncasecmp(value->data, (u_char *) "Bearer ", 7) == 0) {
            token->data = value->data + 7;
            token->len = value->len - 7;

            while (token->len && token->data[0] == ' ') {
                token->data++;
                token->len--;
            }

            return 1;
        }
    }

    return ngx_http_sluice_carrier_cookie(r, &cookie, token);
}


ngx_uint_t
ngx_http_sluice_carrier_cookie(ngx_http_request_t *r, ngx_str_t *name,
                               ngx_str_t *value)
{
#if (nginx_version >= 1029006)

    return ngx_http_parse_cookie_lines(r, r->headers_in.cookie, name, value)
           != NULL;

#elif (nginx_version >= 1023000)

    return ngx_http_parse_multi_header_lines(r, r->headers_in.cookie, name,
                                             value)
           != NULL;

#else

    return ngx_http_parse_multi_header_lines(&r->headers_in.cookies, name,
                                             value)
           != NGX_DECLINED;

#endif
}
