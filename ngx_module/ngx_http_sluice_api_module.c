/*
 * The JSON API. A catalogue endpoint is one row in the table below and one SQL
 * function api.<name>(actor uuid, args jsonb) that answers (status, body):
 * query arguments, the body's members and path parts arrive merged in `args`,
 * where later ones win. C is only what must be: passwords, links, bytes.
 */

#include "ngx_http_sluice.h"


typedef struct {
    ngx_uint_t method;
    ngx_str_t path;                 /* a part {id} matches a UUID */
    role_t role;                    /* least role; ROLE_NONE: anyone */
    ngx_sluice_pg_statement_t call; /* the SQL function, or */
    ngx_http_handler_pt handler;    /* a content handler */
    unsigned links : 1;             /* sign the paths in `links` */
} ngx_http_sluice_route_t;


static ngx_int_t ngx_http_sluice_api_find(ngx_http_request_t *r,
                                          ngx_http_sluice_route_t **route,
                                          json_t *parts);
static ngx_uint_t ngx_http_sluice_api_match(ngx_str_t *pattern, ngx_str_t *uri,
                                            json_t *parts);
static ngx_int_t ngx_http_sluice_api_allowed(ngx_http_request_t *r);
static ngx_int_t ngx_http_sluice_api_call(ngx_http_request_t *r);
static ngx_int_t ngx_http_sluice_api_query_args(ngx_http_request_t *r,
                                                json_t *args);
static ngx_int_t ngx_http_sluice_api_submit(ngx_http_request_t *r,
                                            ngx_http_sluice_route_t *route,
                                            json_t *args);
static void ngx_http_sluice_api_done(ngx_http_request_t *r, void *data,
                                     const ngx_sluice_pg_result_t *result);
static char *ngx_http_sluice_api(ngx_conf_t *cf, ngx_command_t *cmd,
                                 void *conf);


static ngx_command_t ngx_http_sluice_api_commands[] = {

    { ngx_string("sluice_api"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
      ngx_http_sluice_api, 0, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_api_module_ctx = {
    NULL, /* preconfiguration */
    NULL, /* postconfiguration */

    NULL, /* create main configuration */
    NULL, /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_api_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_api_module_ctx, /* module context */
    ngx_http_sluice_api_commands,    /* module directives */
    NGX_HTTP_MODULE,                 /* module type */
    NULL,                            /* init master */
    NULL,                            /* init module */
    NULL,                            /* init process */
    NULL,                            /* init thread */
    NULL,                            /* exit thread */
    NULL,                            /* exit process */
    NULL,                            /* exit master */
    NGX_MODULE_V1_PADDING
};


#define SQL(name)                                                             \
    {                                                                         \
#name, "select status, body from api." #name "($1::uuid, $2::jsonb)", \
            2                                                                 \
    }
#define NO_SQL        \
    {                 \
        NULL, NULL, 0 \
    }

static ngx_http_sluice_route_t ngx_http_sluice_routes[] = {

    { NGX_HTTP_POST, ngx_string("/api/sessions"), ROLE_NONE, NO_SQL,
      ngx_http_sluice_sign_in_handler, 0 },

    { NGX_HTTP_POST, ngx_string("/api/sessions/refresh"), ROLE_NONE, NO_SQL,
      ngx_http_sluice_refresh_handler, 0 },

    { NGX_HTTP_DELETE, ngx_string("/api/sessions/current"), ROLE_VIEWER, NO_SQL,
      ngx_http_sluice_sign_out_handler, 0 },

    { NGX_HTTP_GET, ngx_string("/api/me"), ROLE_VIEWER, SQL(get_me), NULL, 0 },

    { NGX_HTTP_POST, ngx_string("/api/media"), ROLE_VIEWER, NO_SQL,
      ngx_http_sluice_upload_handler, 0 },

    { NGX_HTTP_GET, ngx_string("/api/media"), ROLE_VIEWER, SQL(list_media),
      NULL, 1 },

    { NGX_HTTP_GET, ngx_string("/api/media/{id}"), ROLE_VIEWER, SQL(get_media),
      NULL, 1 },

    { NGX_HTTP_DELETE, ngx_string("/api/media/{id}"), ROLE_VIEWER,
      SQL(delete_media), NULL, 0 },

    { NGX_HTTP_GET, ngx_string("/api/jobs/{id}"), ROLE_VIEWER, SQL(get_job),
      NULL, 0 },

    { 0, ngx_null_string, ROLE_NONE, NO_SQL, NULL, 0 }
};


ngx_int_t
ngx_http_sluice_api_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_sluice_ctx_t *ctx;
    ngx_http_sluice_route_t *route;

    rc = ngx_http_sluice_api_find(r, &route, NULL);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    ctx = ngx_http_sluice_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->access.role < route->role) {
        return ngx_http_sluice_problem(r,
                                       ctx->access.role == ROLE_NONE
                                           ? SLUICE_UNAUTHENTICATED
                                           : SLUICE_ROLE_TOO_LOW,
                                       NULL, NULL);
    }

    if (route->handler) {
        return route->handler(r);
    }

    return ngx_http_sluice_with_body(r, ngx_http_sluice_api_call);
}


/* NGX_DECLINED and the route, or the answer that there is none. */

static ngx_int_t
ngx_http_sluice_api_find(ngx_http_request_t *r, ngx_http_sluice_route_t **found,
                         json_t *parts)
{
    ngx_uint_t method, exists;
    ngx_http_sluice_route_t *route;

    exists = 0;
    method = r->method == NGX_HTTP_HEAD ? NGX_HTTP_GET : r->method;

    for (route = ngx_http_sluice_routes; route->method; route++) {

        if (!ngx_http_sluice_api_match(&route->path, &r->uri, parts)) {
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

    if (ngx_http_sluice_api_allowed(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_problem(r, SLUICE_METHOD_NOT_ALLOWED, NULL, NULL);
}


/* Part by part; what stands for a {name} goes into `parts` unless NULL. */

static ngx_uint_t
ngx_http_sluice_api_match(ngx_str_t *pattern, ngx_str_t *uri, json_t *parts)
{
    u_char *p, *u, *pend, *uend;
    ngx_str_t name;

    p = pattern->data;
    pend = p + pattern->len;
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

        if (uend - u < UUID_TEXT_LEN
            || !uuid_valid((char *) u, UUID_TEXT_LEN)) {
            return 0;
        }

        if (parts
            && json_object_setn_new(parts, (char *) name.data, name.len,
                                    json_stringn((char *) u, UUID_TEXT_LEN))
                   != 0) {
            return 0;
        }

        u += UUID_TEXT_LEN;
    }

    return p == pend && u == uend;
}


/* Allow (RFC 9110, 10.2.1) */

static ngx_int_t
ngx_http_sluice_api_allowed(ngx_http_request_t *r)
{
    u_char buf[64], *p;
    ngx_str_t value;
    ngx_http_sluice_route_t *route;

    p = buf;

    for (route = ngx_http_sluice_routes; route->method; route++) {
        if (ngx_http_sluice_api_match(&route->path, &r->uri, NULL)) {
            p = ngx_slprintf(p, buf + sizeof(buf), "%s%s", p == buf ? "" : ", ",
                             route->method == NGX_HTTP_GET    ? "GET, HEAD"
                             : route->method == NGX_HTTP_POST ? "POST"
                                                              : "DELETE");
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


static ngx_int_t
ngx_http_sluice_api_call(ngx_http_request_t *r)
{
    json_t *args, *body;
    ngx_int_t rc;
    ngx_http_sluice_route_t *route;

    rc = ngx_http_sluice_read_json(r, &body);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    args = json_object();

    if (args == NULL || ngx_http_sluice_api_query_args(r, args) != NGX_OK
        || json_object_update(args, body) != 0) {
        rc = ngx_http_sluice_problem(r, SLUICE_BODY_INVALID,
                                     "A query argument is not clean UTF-8.",
                                     NULL);
        goto done;
    }

    rc = ngx_http_sluice_api_find(r, &route, args);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_api_submit(r, route, args);
    }

done:

    json_decref(body);
    json_decref(args);

    return rc;
}


static ngx_int_t
ngx_http_sluice_api_query_args(ngx_http_request_t *r, json_t *args)
{
    u_char *p, *end, *last, *eq;
    ngx_str_t name, value;

    p = r->args.data;
    end = p + r->args.len;

    for (/* void */; p < end; p = last + 1) {
        last = ngx_strlchr(p, end, '&');
        last = last ? last : end;

        eq = ngx_strlchr(p, last, '=');
        if (eq == NULL) {
            continue;
        }

        name.data = p;
        name.len = (size_t) (eq - p);
        value.data = eq + 1;
        value.len = (size_t) (last - value.data);

        if (ngx_http_sluice_decode(r, &value) != NGX_OK
            || json_object_setn_new(
                   args, (char *) name.data, name.len,
                   json_stringn((char *) value.data, value.len))
                   != 0) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_api_submit(ngx_http_request_t *r,
                           ngx_http_sluice_route_t *route, json_t *args)
{
    char *text;
    ngx_int_t rc;
    ngx_str_t params[2];
    ngx_http_sluice_ctx_t *ctx;

    ctx = ngx_http_sluice_find_ctx(r);

    text = json_dumps(args, JSON_COMPACT);
    if (text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    params[0].data = (u_char *) ctx->access.sub;
    params[0].len = UUID_TEXT_LEN;
    params[1].data = (u_char *) text;
    params[1].len = ngx_strlen(text);

    rc = ngx_http_sluice_query(r, &route->call, params,
                               ngx_http_sluice_api_done, route);
    free(text);

    return rc;
}


static void
ngx_http_sluice_api_done(ngx_http_request_t *r, void *data,
                         const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_route_t *route = data;

    ngx_http_sluice_finish(r,
                           ngx_http_sluice_api_answer(r, result, route->links));
}


static char *
ngx_http_sluice_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_sluice_api_location(cf);
}
