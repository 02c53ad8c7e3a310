/*
 * Logs keep what a link was for, and nothing that opens: behind "/~", "grant="
 * and CloudFront's "Signature=" a token loses its signature, and what a mailed
 * link carries is left out. What nginx tells at level info of requests that it
 * cannot read, it tells before any module.
 */

#include "ngx_http_sluice_gate.h"
#include "ngx_http_sluice_redact.h"
#include "ngx_http_sluice_verifier.h"

#include "ngx_module/http/ngx_http_sluice_request.h"


static u_char *ngx_http_sluice_redact_line(ngx_http_request_t *r,
                                           ngx_http_request_t *sr, u_char *buf,
                                           size_t len);
static void ngx_http_sluice_redact_around(ngx_str_t *line, ngx_str_t *grant);
static void ngx_http_sluice_redact_copy(ngx_http_request_t *r, ngx_str_t *text);
static void ngx_http_sluice_redact_duplicate(ngx_http_request_t *r,
                                             ngx_str_t *text);
static void ngx_http_sluice_redact_text(u_char *start, u_char *end);
static void ngx_http_sluice_redact_tickets(u_char *start, u_char *end);
static u_char *ngx_http_sluice_redact_find(u_char *start, u_char *sign,
                                           u_char *end, ngx_uint_t *path);
static ngx_uint_t ngx_http_sluice_redact_follows(u_char *start, u_char *p,
                                                 const ngx_str_t *word);
static u_char *ngx_http_sluice_redact_token(u_char *p, u_char *end,
                                            ngx_uint_t path);
static void ngx_http_sluice_redact_signature(u_char *p, u_char *end,
                                             ngx_uint_t path);


void
ngx_http_sluice_redact_errors(ngx_http_request_t *r,
                              ngx_http_sluice_gate_ctx_t *ctx)
{
    ctx->log_handler = r->log_handler;
    r->log_handler = ngx_http_sluice_redact_line;
}


/*
 * nginx ends each line of the error log with the request as it came, what was
 * asked upstream, and the Referer. What stands in front of that may have the
 * path, too: nginx writes a line into NGX_MAX_ERROR_STR bytes, of which `len`
 * are left.
 */

static u_char *
ngx_http_sluice_redact_line(ngx_http_request_t *r, ngx_http_request_t *sr,
                            u_char *buf, size_t len)
{
    u_char *end;
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);
    end = ctx->log_handler(r, sr, buf, len);

    ngx_http_sluice_redact_text(buf + len - NGX_MAX_ERROR_STR, end);

    return end;
}


/* Some cookies of one name may have been brought. */

static void
ngx_http_sluice_redact_headers(ngx_http_request_t *r,
                               ngx_http_sluice_gate_ctx_t *ctx)
{
    ngx_str_t *text;
    ngx_http_sluice_headers_t headers;

    static const ngx_str_t cookie = ngx_string("cookie");

    text = &ctx->link.text;

    if (ctx->link.kind == NGX_HTTP_SLUICE_CREDENTIAL_GRANT
        && ctx->link.carrier == NGX_HTTP_SLUICE_CARRIER_HEADER) {
        (void) ngx_http_sluice_redact_token(text->data, text->data + text->len,
                                            0);
    }

    if (ctx->link.kind == NGX_HTTP_SLUICE_CREDENTIAL_NONE
        || ctx->link.carrier != NGX_HTTP_SLUICE_CARRIER_COOKIE) {
        return;
    }

    ngx_http_sluice_headers(r, &headers);

    while ((text = ngx_http_sluice_headers_next(&headers, &cookie))) {
        ngx_http_sluice_redact_text(text->data, text->data + text->len);
    }
}


/*
 * In a plain request of HTTP/1 path and arguments are parts of the request
 * line. Others may be the configuration's own text, after an internal redirect,
 * and that is not ours to write to.
 */

ngx_int_t
ngx_http_sluice_redact(ngx_http_request_t *r)
{
    u_char *p;
    ngx_str_t *line, *grant;
    ngx_table_elt_t *referer;
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);
    line = &r->request_line;
    referer = r->headers_in.referer;

    if (line->data == NULL && r->request_start) {

        /* it could not be parsed; $request takes it from there */

        for (p = r->request_start; p < r->header_in->last; p++) {
            if (*p == CR || *p == LF) {
                break;
            }
        }

        line->data = r->request_start;
        line->len = (size_t) (p - r->request_start);
    }

    if (r == r->main) {
        grant = ctx && ctx->link_passed
                        && ctx->link.kind == NGX_HTTP_SLUICE_CREDENTIAL_GRANT
                    ? &ctx->link.text
                    : NULL;

        ngx_http_sluice_redact_around(line, grant);

    } else {
        /* log_subrequest: the request goes on, and may need its grant */
        ngx_http_sluice_redact_duplicate(r, line);
    }

    ngx_http_sluice_redact_copy(r, &r->unparsed_uri);
    ngx_http_sluice_redact_copy(r, &r->args);
    ngx_http_sluice_redact_copy(r, &r->uri);

    if (referer) {
        ngx_http_sluice_redact_text(referer->value.data,
                                    referer->value.data + referer->value.len);
    }

    if (ctx && r == r->main) {
        ngx_http_sluice_redact_headers(r, ctx);
    }

    return NGX_OK;
}


/*
 * In a grant that passed no other one is hidden: what stands in front of the
 * sign before it and what stands behind it is enough to look through. Behind a
 * space comes the protocol.
 */

static void
ngx_http_sluice_redact_around(ngx_str_t *line, ngx_str_t *grant)
{
    u_char *start, *end, *behind;

    start = line->data;
    end = start + line->len;

    if (grant && grant->len && grant->data > start
        && grant->data + grant->len <= end) {
        behind = grant->data + grant->len;

        ngx_http_sluice_redact_text(start, grant->data - 1);
        ngx_http_sluice_redact_signature(grant->data, behind, 0);

        if (behind == end || *behind == ' ') {
            return;
        }

        start = behind;
    }

    ngx_http_sluice_redact_text(start, end);
}


static void
ngx_http_sluice_redact_copy(ngx_http_request_t *r, ngx_str_t *text)
{
    ngx_str_t *line;

    line = &r->request_line;

    if (text->len == 0
        || (r == r->main && text->data >= line->data
            && text->data + text->len <= line->data + line->len)) {
        return;
    }

    ngx_http_sluice_redact_duplicate(r, text);
}


static void
ngx_http_sluice_redact_duplicate(ngx_http_request_t *r, ngx_str_t *text)
{
    u_char *copy;

    copy = ngx_pstrdup(r->pool, text);

    if (copy == NULL) {
        text->len = 0;
        return;
    }

    text->data = copy;
    ngx_http_sluice_redact_text(copy, copy + text->len);
}


static void
ngx_http_sluice_redact_text(u_char *start, u_char *end)
{
    u_char *p, *token;
    ngx_uint_t i, path;

    /* one of them is in all that stands in front of a token */
    static const u_char signs[] = { '~', '%', '=' };

    for (i = 0; i < sizeof(signs); i++) {

        for (p = start; p < end; /* void */) {
            p = memchr(p, signs[i], (size_t) (end - p));

            if (p == NULL) {
                break;
            }

            token = ngx_http_sluice_redact_find(start, p, end, &path);
            p = token ? ngx_http_sluice_redact_token(token, end, path) : p + 1;
        }
    }

    ngx_http_sluice_redact_tickets(start, end);
}


/* All of what stands in these paths of the API, but for an id, which is
   shorter. */

static void
ngx_http_sluice_redact_tickets(u_char *start, u_char *end)
{
    u_char *p, *last;
    const ngx_str_t *path;

    static const ngx_str_t paths[] = { ngx_string("/api/email-verifications/"),
                                       ngx_string("/api/password-resets/"),
                                       ngx_string("/api/invitations/"),
                                       ngx_null_string };

    for (p = start; (p = memmem(p, (size_t) (end - p), "/api/", 5)); p++) {

        for (path = paths; path->len; path++) {
            last = p + path->len;

            if (last > end || ngx_memcmp(p, path->data, path->len) != 0) {
                continue;
            }

            while (last < end
                   && (isalnum(*last) || *last == '-' || *last == '_')) {
                last++;
            }

            if ((size_t) (last - p) > path->len + UUID_TEXT_LEN) {
                ngx_memset(p + path->len, '*', (size_t) (last - p) - path->len);
            }
        }
    }
}


/* A character, percent-encoded or not; the bytes that it takes. */

static size_t
ngx_http_sluice_redact_char(u_char *p, u_char *end, u_char *c)
{
    ngx_int_t code;

    if (*p == '%' && end - p > 2) {
        code = ngx_hextoi(p + 1, 2);

        if (code != NGX_ERROR) {
            *c = (u_char) code;
            return 3;
        }
    }

    *c = *p;

    return 1;
}


/* Where the token behind a sign begins, or NULL: behind "/~", and behind a
   secret's name with a "=", each character as it is or percent-encoded. */

static u_char *
ngx_http_sluice_redact_find(u_char *start, u_char *sign, u_char *end,
                            ngx_uint_t *path)
{
    u_char c;
    size_t len;
    const ngx_str_t *secret;

    static const ngx_str_t slash = ngx_string("/");

    len = ngx_http_sluice_redact_char(sign, end, &c);
    *path = (c == '~');

    if (c == '=') {
        for (secret = ngx_http_sluice_verifier_secrets; secret->len; secret++) {
            if (ngx_http_sluice_redact_follows(start, sign, secret)) {
                return sign + len;
            }
        }
    }

    return c == '~' && ngx_http_sluice_redact_follows(start, sign, &slash)
               ? sign + len
               : NULL;
}


static ngx_uint_t
ngx_http_sluice_redact_follows(u_char *start, u_char *p, const ngx_str_t *word)
{
    u_char c;
    size_t i;

    for (i = word->len; i > 0; i--) {

        if (p - start >= 3 && ngx_http_sluice_redact_char(p - 3, p, &c) == 3) {
            p -= 3;

        } else if (p > start) {
            c = *--p;

        } else {
            return 0;
        }

        if (c != word->data[i - 1]) {
            return 0;
        }
    }

    return 1;
}


/* Returns the token's end, which a character in front of which no token goes on
   makes, encoded or not: of a URL within another it is encoded. */

static u_char *
ngx_http_sluice_redact_token(u_char *p, u_char *end, ngx_uint_t path)
{
    u_char *last, *q, c;
    ngx_uint_t i;

    /* in front of a token's end stands none of them */
    static const u_char ends[] = { ' ', '&', '/', '?', '"', ';' };

    last = end;

    for (i = 0; i < sizeof(ends); i++) {
        end = memchr(p, ends[i], (size_t) (last - p));
        last = end ? end : last;
    }

    for (q = memchr(p, '%', (size_t) (last - p)); q;
         q = memchr(q + 1, '%', (size_t) (last - q - 1))) {

        if (ngx_http_sluice_redact_char(q, last, &c) == 3
            && memchr(ends, c, sizeof(ends))) {
            last = q;
            break;
        }
    }

    ngx_http_sluice_redact_signature(p, last, path);

    return last;
}


/* How many dots there are, and where the text behind the last one begins. */

static ngx_uint_t
ngx_http_sluice_redact_dots(u_char *p, u_char *end, u_char **behind)
{
    u_char c;
    size_t len;
    ngx_uint_t n;

    *behind = p;

    for (n = 0; p < end; p += len) {
        len = ngx_http_sluice_redact_char(p, end, &c);

        if (c == '.') {
            *behind = p + len;
            n++;
        }
    }

    return n;
}


/* What is behind the last dot becomes asterisks: the rest opens nothing; all of
   it where it has no dots. In a path three parts are a token, and all else may
   be a home folder (/~alice/). */

static void
ngx_http_sluice_redact_signature(u_char *p, u_char *end, ngx_uint_t path)
{
    u_char *dot, *signature;
    ngx_uint_t dots;

    if (memchr(p, '%', (size_t) (end - p))) {
        dots = ngx_http_sluice_redact_dots(p, end, &signature);

    } else {
        dot = memrchr(p, '.', (size_t) (end - p));
        signature = dot ? dot + 1 : p;
        dots = dot ? 1 + (memchr(p, '.', (size_t) (dot - p)) != NULL) : 0;
    }

    if (path && dots < 2) {
        return;
    }

    ngx_memset(signature, '*', (size_t) (end - signature));
}
