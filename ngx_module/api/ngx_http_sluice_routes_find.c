#include "ngx_http_sluice_routes.h"

#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "core/account/ticket.h"
#include "core/base/status.h"
#include "core/base/text.h"
#include "core/base/uuid.h"
#include "core/grant/grant.h"


/* What a mail program has made of a token is a token, and none of ours. */
#define NGX_HTTP_SLUICE_ROUTES_TOKEN (2 * TICKET_LEN)


/* How much of the path stands for a {name}, or 0: {jti} is what a grant's may
   be, {token} what a mailed link carries, any other name a UUID. */

static size_t
ngx_http_sluice_routes_part(ngx_str_t *name, u_char *u, u_char *end)
{
    u_char *p;
    size_t len;

    p = ngx_strlchr(u, end, '/');
    len = (size_t) ((p ? p : end) - u);

    if (name->len == 3 && ngx_strncmp(name->data, "jti", 3) == 0) {
        return len < GRANT_JTI_MAX && text_is_clean((char *) u, len) ? len : 0;
    }

    if (name->len == 5 && ngx_strncmp(name->data, "token", 5) == 0) {
        return len != UUID_TEXT_LEN && len <= NGX_HTTP_SLUICE_ROUTES_TOKEN
                       && text_is_plain((char *) u, len)
                   ? len
                   : 0;
    }

    return len == UUID_TEXT_LEN && uuid_valid((char *) u, UUID_TEXT_LEN)
               ? UUID_TEXT_LEN
               : 0;
}


/* Part by part; what stands for a {name} goes into `parts` unless NULL. */

static ngx_uint_t
ngx_http_sluice_routes_match(const ngx_http_sluice_route_t *route,
                             ngx_str_t *uri, json_t *parts)
{
    u_char *p, *u, *pend, *uend;
    size_t len;
    ngx_str_t name;

    p = route->path.data;
    pend = p + route->path.len;
    u = uri->data;
    uend = u + uri->len;

    while (p < pend && u < uend) {

        if (*p != '{') {
            if (*p++ != *u++) {
                return 0;
            }

            continue;
        }

        name.data = p + 1;
        p = ngx_strlchr(p, pend, '}');
        name.len = (size_t) (p++ - name.data);

        len = ngx_http_sluice_routes_part(&name, u, uend);

        if (len == 0
            || (parts
                && json_object_setn_new(parts, (char *) name.data, name.len,
                                        json_stringn((char *) u, len))
                       != 0)) {
            return 0;
        }

        u += len;
    }

    if ((route->around & NGX_HTTP_SLUICE_ROUTE_SLASH) && u + 1 == uend
        && *u == '/') {
        u++;
    }

    return p == pend && u == uend;
}


static const char *
ngx_http_sluice_routes_method(ngx_uint_t method)
{
    switch (method) {
    case NGX_HTTP_GET:
        return "GET, HEAD";
    case NGX_HTTP_POST:
        return "POST";
    case NGX_HTTP_PATCH:
        return "PATCH";
    case NGX_HTTP_OPTIONS:
        return "OPTIONS";
    default:
        return "DELETE";
    }
}


/* Allow (RFC 9110, 10.2.1) */

static ngx_int_t
ngx_http_sluice_routes_allowed(ngx_http_request_t *r)
{
    u_char buf[64], *p;
    ngx_str_t value;
    const ngx_http_sluice_route_t *route;

    p = buf;

    for (route = ngx_http_sluice_routes; route->method; route++) {
        if (ngx_http_sluice_routes_match(route, &r->uri, NULL)) {
            p = ngx_slprintf(p, buf + sizeof(buf), "%s%s", p == buf ? "" : ", ",
                             ngx_http_sluice_routes_method(route->method));
        }
    }

    value.len = (size_t) (p - buf);
    value.data = ngx_pnalloc(r->pool, value.len);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(value.data, buf, value.len);

    return ngx_http_sluice_header(r, "Allow", &value);
}


ngx_int_t
ngx_http_sluice_routes_find(ngx_http_request_t *r,
                            const ngx_http_sluice_route_t **found,
                            json_t *parts)
{
    ngx_uint_t method, exists;
    const ngx_http_sluice_route_t *route;

    exists = 0;
    method = r->method == NGX_HTTP_HEAD ? NGX_HTTP_GET : r->method;

    for (route = ngx_http_sluice_routes; route->method; route++) {

        if (!ngx_http_sluice_routes_match(route, &r->uri, parts)) {
            continue;
        }

        if (route->method == method) {
            *found = route;
            return NGX_DECLINED;
        }

        exists = 1;
    }

    if (!exists) {
        return ngx_http_sluice_problem(r, SLUICE_NOT_FOUND, NULL, NULL);
    }

    if (ngx_http_sluice_routes_allowed(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_problem(r, SLUICE_METHOD_NOT_ALLOWED, NULL, NULL);
}


role_t
ngx_http_sluice_routes_least(ngx_http_request_t *r)
{
    ngx_uint_t method;
    const ngx_http_sluice_route_t *route;

    if (r->method == NGX_HTTP_OPTIONS) {
        return ROLE_NONE;
    }

    method = r->method == NGX_HTTP_HEAD ? NGX_HTTP_GET : r->method;

    for (route = ngx_http_sluice_routes; route->method; route++) {
        if (route->method == method && route->role < ROLE_VIEWER
            && ngx_http_sluice_routes_match(route, &r->uri, NULL)) {
            return route->role;
        }
    }

    return ROLE_VIEWER;
}


unsigned
ngx_http_sluice_routes_scope(ngx_http_request_t *r)
{
    ngx_uint_t method;
    const ngx_http_sluice_route_t *route;

    if (r->method == NGX_HTTP_PUT) {
        return SCOPE_MEDIA_WRITE;
    }

    method = r->method == NGX_HTTP_HEAD ? NGX_HTTP_GET : r->method;

    for (route = ngx_http_sluice_routes; route->method; route++) {
        if (route->method == method
            && ngx_http_sluice_routes_match(route, &r->uri, NULL)) {
            return route->scope;
        }
    }

    return SCOPE_NONE;
}
