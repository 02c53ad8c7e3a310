/* Where a request carries its tokens: in the path, the query, a header or a
   cookie. */

#include "ngx_http_sluice.h"


static ngx_uint_t ngx_http_sluice_carrier_looks(u_char *p, u_char *end);
static ngx_uint_t ngx_http_sluice_carrier_token_char(u_char c);
static u_char *ngx_http_sluice_carrier_log(ngx_http_request_t *r,
                                           ngx_http_request_t *sr, u_char *buf,
                                           size_t len);
static ngx_uint_t ngx_http_sluice_carrier_within(ngx_str_t *part,
                                                 ngx_str_t *whole);
static void ngx_http_sluice_carrier_mask_text(ngx_str_t *text);
static u_char *ngx_http_sluice_carrier_token_end(u_char *p, u_char *end);
static u_char *ngx_http_sluice_carrier_mask_token(u_char *p, u_char *end);
static ngx_uint_t ngx_http_sluice_carrier_find(ngx_http_request_t *r,
                                               ngx_http_sluice_ctx_t *ctx,
                                               ngx_str_t *token);
static ngx_uint_t ngx_http_sluice_carrier_arg(ngx_str_t *args,
                                              ngx_str_t *token);


/*
 * Before anything is rewritten: what the client asks for is kept, since that is
 * what a grant must cover, and /~<grant>/media/x becomes /media/x. Only a
 * carrier at the very start of the URI as it came over the wire counts, so that
 * normalization cannot make one.
 */

ngx_int_t
ngx_http_sluice_carrier_take(ngx_http_request_t *r)
{
    u_char *p;
    size_t len;
    ngx_http_sluice_ctx_t *ctx;

    ctx = ngx_http_sluice_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->log_handler = r->log_handler;
    r->log_handler = ngx_http_sluice_carrier_log;

    if (r->uri.len < 3 || r->uri.data[0] != '/' || r->uri.data[1] != '~') {
        return NGX_DECLINED;
    }

    p = ngx_strlchr(r->uri.data + 1, r->uri.data + r->uri.len, '/');
    len = p ? (size_t) (p - r->uri.data) : r->uri.len;

    if (!ngx_http_sluice_carrier_looks(r->uri.data + 2, r->uri.data + len)) {
        return NGX_DECLINED;
    }

    if (r->unparsed_uri.len < len
        || ngx_memcmp(r->unparsed_uri.data, r->uri.data, len) != 0
        || (p && r->unparsed_uri.data[len] != '/')) {
        return NGX_DECLINED;
    }

    ctx->path_grant.data = r->uri.data + 2;
    ctx->path_grant.len = len - 2;

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


/*
 * nginx ends each line of the error log with the request as it came, and with
 * what was asked upstream; grants, and the signatures of CloudFront's links,
 * are taken out of that: /~***, grant=***, Signature=***
 */

static u_char *
ngx_http_sluice_carrier_log(ngx_http_request_t *r, ngx_http_request_t *sr,
                            u_char *buf, size_t len)
{
    u_char *src, *dst, *end, *token;
    ngx_http_sluice_ctx_t *ctx;

    ctx = ngx_http_sluice_find_ctx(r);
    end = ctx->log_handler(r, sr, buf, len);

    for (src = dst = buf; src < end; /* void */) {
        *dst++ = *src++;

        if (!(dst - buf >= 2 && ngx_memcmp(dst - 2, "/~", 2) == 0)
            && !(dst - buf >= 6
                 && ngx_strncasecmp(dst - 6, (u_char *) "grant=", 6) == 0)
            && !(dst - buf >= 10
                 && ngx_memcmp(dst - 10, "Signature=", 10) == 0)) {
            continue;
        }

        token = src;

        while (src < end
               && (ngx_http_sluice_carrier_token_char(*src) || *src == '~'
                   || *src == '%')) {
            src++;
        }

        dst = ngx_cpymem(dst, "***", ngx_min(src - token, 3));
    }

    return dst;
}


ngx_int_t
ngx_http_sluice_carrier_mask(ngx_http_request_t *r)
{
    ngx_http_sluice_ctx_t *ctx;

    ctx = ngx_http_sluice_find_ctx(r);

    if (ctx && ctx->brought.len) {
        ngx_http_sluice_carrier_mask_token(
            ctx->brought.data, ctx->brought.data + ctx->brought.len);
    }

    ngx_http_sluice_carrier_mask_text(&r->request_line);

    /* mostly these are parts of the request line, in its memory */

    if (!ngx_http_sluice_carrier_within(&r->unparsed_uri, &r->request_line)) {
        ngx_http_sluice_carrier_mask_text(&r->unparsed_uri);
    }

    if (!ngx_http_sluice_carrier_within(&r->args, &r->request_line)) {
        ngx_http_sluice_carrier_mask_text(&r->args);
    }

    if (r->headers_in.referer) {
        ngx_http_sluice_carrier_mask_text(&r->headers_in.referer->value);
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_sluice_carrier_within(ngx_str_t *part, ngx_str_t *whole)
{
    return part->data >= whole->data
           && part->data + part->len <= whole->data + whole->len;
}


static void
ngx_http_sluice_carrier_mask_text(ngx_str_t *text)
{
    u_char *p, *end;

    end = text->data + text->len;

    /* /~<grant>; a home folder has no two dots */

    for (p = text->data; (p = memchr(p, '~', (size_t) (end - p))); /* void */) {
        p++;

        if (p - text->data >= 2 && p[-2] == '/'
            && ngx_http_sluice_carrier_looks(
                p, ngx_http_sluice_carrier_token_end(p, end))) {
            p = ngx_http_sluice_carrier_mask_token(
                p, ngx_http_sluice_carrier_token_end(p, end));
        }
    }

    /* grant=<grant>, and CloudFront's Signature= */

    for (p = text->data; (p = memchr(p, '=', (size_t) (end - p))); /* void */) {
        p++;

        if ((p - text->data >= 6 && ngx_memcmp(p - 6, "grant=", 6) == 0)
            || (p - text->data >= 10
                && ngx_memcmp(p - 10, "Signature=", 10) == 0)) {
            p = ngx_http_sluice_carrier_mask_token(
                p, ngx_http_sluice_carrier_token_end(p, end));
        }
    }
}


static u_char *
ngx_http_sluice_carrier_token_end(u_char *p, u_char *end)
{
    while (p < end && *p != '&' && *p != ' ' && *p != '/') {
        p++;
    }

    return p;
}


/* What is behind a token's last dot: the rest tells what the link was for, and
   opens nothing; all of what has no dots. Returns its end. */

static u_char *
ngx_http_sluice_carrier_mask_token(u_char *p, u_char *end)
{
    u_char *dot;

    dot = memrchr(p, '.', (size_t) (end - p));
    p = dot ? dot + 1 : p;

    ngx_memset(p, '*', (size_t) (end - p));

    return end;
}


ngx_uint_t
ngx_http_sluice_carrier_grant(ngx_http_request_t *r, ngx_http_sluice_ctx_t *ctx,
                              ngx_str_t *token)
{
    if (!ngx_http_sluice_carrier_find(r, ctx, token)) {
        return 0;
    }

    ctx->brought = *token;

    return 1;
}


static ngx_uint_t
ngx_http_sluice_carrier_find(ngx_http_request_t *r, ngx_http_sluice_ctx_t *ctx,
                             ngx_str_t *token)
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
                return 1;
            }
        }
    }

    return ngx_http_sluice_carrier_cookie(r, &cookie, token);
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
ngx_http_sluice_carrier_take_arg(ngx_http_request_t *r, ngx_str_t *token)
{
    u_char *p, *start, *end, *last;

    static const size_t name = sizeof("grant=") - 1;

    start = r->args.data;
    end = start + r->args.len;

    if (token->data < start + name || token->data >= end) {
        return NGX_OK;
    }

    last = token->data + token->len;
    p = token->data - name;

    /* the '&' behind it goes with it, or else the one in front */

    if (last < end) {
        last++;

    } else if (p > start) {
        p--;
    }

    r->valid_unparsed_uri = 0;

    if (p == start) {
        r->args.data = last;
        r->args.len = (size_t) (end - last);
        return NGX_OK;
    }

    r->args.len -= (size_t) (last - p);

    if (last == end) {
        return NGX_OK;
    }

    r->args.data = ngx_pnalloc(r->pool, r->args.len);
    if (r->args.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(ngx_cpymem(r->args.data, start, (size_t) (p - start)), last,
               (size_t) (end - last));

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
