/* sluice_api: the JSON API, whose endpoints are in ngx_http_sluice_routes.c. */

#include "ngx_http_sluice_reach.h"
#include "ngx_http_sluice_routes.h"

#include "ngx_module/account/ngx_http_sluice_facts.h"
#include "ngx_module/account/ngx_http_sluice_need.h"
#include "ngx_module/account/ngx_http_sluice_provision.h"
#include "ngx_module/cors/ngx_http_sluice_cors.h"
#include "ngx_module/gate/ngx_http_sluice_cross_site.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_body.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_etag.h"
#include "ngx_module/http/ngx_http_sluice_once.h"
#include "ngx_module/http/ngx_http_sluice_request.h"
#include "ngx_module/links/ngx_http_sluice_reply.h"
#include "ngx_module/upload/ngx_http_sluice_upload.h"
#include "ngx_module/upload/ngx_http_sluice_upload_conf.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/status.h"
#include "core/grant/access.h"
#include "core/jose/jwk.h"

#include <jansson.h>


/* what client_max_body_size is when nobody wrote it */
#define NGX_HTTP_SLUICE_CORE_BODY_MAX (1024 * 1024)


typedef struct {
    ngx_flag_t enable;
    ngx_flag_t drop; /* by sluice_upload alone: links may PUT here */
    ngx_str_t file;  /* where it stands, for messages */
    ngx_uint_t line;
} ngx_http_sluice_api_loc_conf_t;


typedef struct {
    ngx_array_t places; /* of ngx_http_sluice_place_t */
} ngx_http_sluice_api_main_conf_t;


static ngx_int_t ngx_http_sluice_api_go(ngx_http_request_t *r);
static ngx_int_t ngx_http_sluice_api_call(ngx_http_request_t *r);
static void ngx_http_sluice_api_done(ngx_http_request_t *r, void *data,
                                     const ngx_sluice_pg_result_t *result);
static ngx_int_t ngx_http_sluice_api_init(ngx_conf_t *cf);
static void *ngx_http_sluice_api_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_sluice_api_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_api_merge_loc_conf(ngx_conf_t *cf, void *parent,
                                                void *child);
static char *ngx_http_sluice_api(ngx_conf_t *cf, ngx_command_t *cmd,
                                 void *conf);


static ngx_sluice_pg_statement_t ngx_http_sluice_api_once = {
    "once",
    "select status, body from api.once($1::uuid, api.traced($2::jsonb))", 2, 0
};


static ngx_command_t ngx_http_sluice_api_commands[] = {

    { ngx_string("sluice_api"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
      ngx_http_sluice_api, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_api_module_ctx = {
    NULL,                     /* preconfiguration */
    ngx_http_sluice_api_init, /* postconfiguration */

    ngx_http_sluice_api_create_main_conf, /* create main configuration */
    NULL,                                 /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    ngx_http_sluice_api_create_loc_conf, /* create location configuration */
    ngx_http_sluice_api_merge_loc_conf   /* merge location configuration */
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


/* A sign-in needs no token, and gives a browser its cookie: a foreign page may
   not sign its visitor in as somebody else. Requests with a token were the
   gate's to look at. */

static ngx_uint_t
ngx_http_sluice_api_cross_site(ngx_http_request_t *r,
                               const ngx_http_sluice_gate_ctx_t *ctx)
{
    return ctx->access.role == ROLE_NONE && !ctx->link_passed
           && !(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD | NGX_HTTP_OPTIONS))
           && ngx_http_sluice_page(r, ngx_http_sluice_cors_origins(r))
                  == NGX_HTTP_SLUICE_PAGE_FOREIGN;
}


static ngx_int_t
ngx_http_sluice_api_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_sluice_gate_ctx_t *ctx;
    const ngx_http_sluice_route_t *route;
    ngx_http_sluice_api_loc_conf_t *alcf;

    alcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_api_module);

    if (r->method == NGX_HTTP_PUT && alcf->drop) {
        return ngx_http_sluice_upload_drop(r);
    }

    rc = ngx_http_sluice_routes_find(r, &route, NULL);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    ctx = ngx_http_sluice_gate_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->denied = ngx_http_sluice_api_cross_site(r, ctx) ? SLUICE_CROSS_SITE
                  : ctx->access.role >= route->role      ? SLUICE_OK
                  : ctx->access.role == ROLE_NONE ? SLUICE_UNAUTHENTICATED
                                                  : SLUICE_ROLE_TOO_LOW;

    if (ctx->denied != SLUICE_OK) {
        ngx_http_sluice_zone_denied(ctx->denied);
        return ngx_http_sluice_problem(r, ctx->denied, NULL, NULL);
    }

    if (ctx->access.foreign && route->role != ROLE_NONE) {
        rc = ngx_http_sluice_provision(r, ngx_http_sluice_api_go);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    return ngx_http_sluice_api_go(r);
}


static ngx_int_t
ngx_http_sluice_api_go(ngx_http_request_t *r)
{
    ngx_int_t rc;
    const ngx_http_sluice_route_t *route;

    rc = ngx_http_sluice_routes_find(r, &route, NULL);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (route->handler) {
        return route->handler(r);
    }

    return ngx_http_sluice_body_read(r, ngx_http_sluice_api_call);
}


/* Logs have what stands there: no password is taken from it. */

static ngx_int_t
ngx_http_sluice_api_query_args(ngx_http_request_t *r,
                               const ngx_http_sluice_route_t *route,
                               json_t *args)
{
    u_char *p, *end, *last, *eq;
    ngx_str_t name, value;

    if (route->around & NGX_HTTP_SLUICE_ROUTE_PASSWORDS) {
        return NGX_OK;
    }

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

        if (ngx_http_sluice_request_decode(r, &value) != NGX_OK
            || json_object_setn_new(
                   args, (char *) name.data, name.len,
                   json_stringn((char *) value.data, value.len))
                   != 0) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* The route's function; with somebody's key behind one that knows whether it
   was called before. The reference to `args` is taken over. */

static ngx_int_t
ngx_http_sluice_api_ask(ngx_http_request_t *r,
                        const ngx_http_sluice_route_t *route,
                        const ngx_http_sluice_once_t *once, json_t *args)
{
    const char *actor = ngx_http_sluice_gate_access(r)->sub;
    ngx_uint_t take;
    const ngx_sluice_pg_statement_t *call = &route->call;

    take = (route->around & NGX_HTTP_SLUICE_ROUTE_PASSWORDS
                ? NGX_HTTP_SLUICE_NEED_PASSWORDS
                : 0)
           | (route->around & NGX_HTTP_SLUICE_ROUTE_CODES
                  ? NGX_HTTP_SLUICE_NEED_CODES
                  : 0)
           | (route->around & NGX_HTTP_SLUICE_ROUTE_PASSKEY_IN
                  ? NGX_HTTP_SLUICE_NEED_PASSKEY_IN
                  : 0)
           | (route->around & NGX_HTTP_SLUICE_ROUTE_PASSKEY_AGAIN
                  ? NGX_HTTP_SLUICE_NEED_PASSKEY_AGAIN
                  : 0)
           | (route->around & NGX_HTTP_SLUICE_ROUTE_PASSKEY_NEW
                  ? NGX_HTTP_SLUICE_NEED_PASSKEY_NEW
                  : 0);

    if (take || (route->around & NGX_HTTP_SLUICE_ROUTE_NEEDS)) {
        return ngx_http_sluice_need_call(r, call, actor, args, take);
    }

    if (*once->key && *actor) {
        args = json_pack("{s:s, s:o}", "call", call->name, "args", args);
        ngx_http_sluice_once_add(once, args);
        call = &ngx_http_sluice_api_once;
    }

    return (route->around & NGX_HTTP_SLUICE_ROUTE_REPLICA
                ? ngx_http_sluice_call_replica
                : ngx_http_sluice_call)(
        r, call, actor, args, ngx_http_sluice_api_done, (void *) route);
}


static ngx_int_t
ngx_http_sluice_api_facts(ngx_http_request_t *r, ngx_uint_t around,
                          json_t *args)
{
    json_t *facts;
    ngx_int_t rc;

    facts = json_object();
    if (json_object_set_new(args, "nginx", facts) != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_sluice_facts_session(r, facts);

    if (rc == NGX_DECLINED && (around & NGX_HTTP_SLUICE_ROUTE_TICKET)) {
        rc = ngx_http_sluice_facts_ticket(r, args, facts);
    }

    /* who signs in with a passkey needs none */

    if (rc == NGX_DECLINED && (around & NGX_HTTP_SLUICE_ROUTE_EMAIL)
        && !((around & NGX_HTTP_SLUICE_ROUTE_PASSKEY_IN)
             && json_object_get(args, "passkey"))) {
        rc = ngx_http_sluice_facts_email(r, args, facts);
    }

    if (rc == NGX_DECLINED && (around & NGX_HTTP_SLUICE_ROUTE_SEARCH)) {
        rc = ngx_http_sluice_facts_search(args, facts);
    }

    if (rc == NGX_DECLINED && (around & NGX_HTTP_SLUICE_ROUTE_MAIL)) {
        rc = ngx_http_sluice_facts_mail(r, facts);
    }

    return rc;
}


/* What the route wants in `args` of what is no member of the body:
   NGX_DECLINED, or the answer. */

static ngx_int_t
ngx_http_sluice_api_around(ngx_http_request_t *r,
                           const ngx_http_sluice_route_t *route, json_t *args)
{
    ngx_int_t rc;
    sluice_status_t status;

    (void) json_object_del(args, "nginx");

    if (route->around & NGX_HTTP_SLUICE_ROUTE_FACTS) {
        rc = ngx_http_sluice_api_facts(r, route->around, args);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (!(route->around & NGX_HTTP_SLUICE_ROUTE_MATCH)) {
        return NGX_DECLINED;
    }

    status = ngx_http_sluice_etag_if_match(r, args);

    if (status == SLUICE_HEADER_INVALID) {
        return ngx_http_sluice_problem(
            r, status,
            "Entity tags are in quotes, with commas between them; "
            "or *.",
            "If-Match");
    }

    return status == SLUICE_OK ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_sluice_api_call(ngx_http_request_t *r)
{
    json_t *args, *body;
    ngx_int_t rc;
    ngx_str_t text;
    ngx_http_sluice_once_t once;
    const ngx_http_sluice_route_t *route;

    ngx_http_sluice_body_text(r, &text);

    rc = ngx_http_sluice_once(r, &text, 1, &once);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_sluice_body_json(r, &body);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    args = json_object();
    rc = ngx_http_sluice_routes_find(r, &route, NULL);

    if (rc != NGX_DECLINED) {
        goto done;
    }

    if (args == NULL || ngx_http_sluice_api_query_args(r, route, args) != NGX_OK
        || json_object_update(args, body) != 0) {
        rc = ngx_http_sluice_problem(r, SLUICE_BODY_INVALID,
                                     "A query argument is not clean UTF-8.",
                                     NULL);
        goto done;
    }

    rc = ngx_http_sluice_routes_find(r, &route, args);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_api_around(r, route, args);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_api_ask(r, route, &once, json_incref(args));
    }

done:

    json_decref(body);
    json_decref(args);

    return rc;
}


static void
ngx_http_sluice_api_done(ngx_http_request_t *r, void *data,
                         const ngx_sluice_pg_result_t *result)
{
    const ngx_http_sluice_route_t *route = data;

    ngx_http_sluice_finish(
        r, ngx_http_sluice_reply(r, result,
                                 route->around & NGX_HTTP_SLUICE_ROUTE_LINKS));
}


static ngx_int_t
ngx_http_sluice_api_init(ngx_conf_t *cf)
{
    ngx_http_sluice_api_main_conf_t *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_api_module);

    return ngx_http_sluice_reach_check(cf, &amcf->places);
}


static void *
ngx_http_sluice_api_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_sluice_api_main_conf_t *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_api_main_conf_t));

    if (conf == NULL
        || ngx_array_init(&conf->places, cf->pool, 16,
                          sizeof(ngx_http_sluice_place_t))
               != NGX_OK) {
        return NULL;
    }

    return conf;
}


static void *
ngx_http_sluice_api_create_loc_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_api_loc_conf_t));
}


/* A location, for when all of them are known. */

static ngx_int_t
ngx_http_sluice_api_place(ngx_conf_t *cf,
                          const ngx_http_sluice_api_loc_conf_t *conf)
{
    ngx_http_sluice_place_t *place;
    ngx_http_core_loc_conf_t *clcf;
    ngx_http_sluice_api_main_conf_t *amcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname || clcf->named || clcf->name.len == 0) {
        return NGX_OK;
    }

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_api_module);

    place = ngx_array_push(&amcf->places);
    if (place == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(place, sizeof(ngx_http_sluice_place_t));

    place->server = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    place->name = clcf->name;
    place->exact = clcf->exact_match;
#if (NGX_PCRE)
    place->regex = (clcf->regex != NULL);
#endif

    place->users = ngx_http_sluice_gate_takes_users(cf);

    if (conf->enable) {
        place->file = conf->file;
        place->line = conf->line;
    }

    return NGX_OK;
}


/* Links and tokens can be signed. */

static ngx_int_t
ngx_http_sluice_api_keys(ngx_conf_t *cf,
                         const ngx_http_sluice_api_loc_conf_t *conf)
{
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_sluice_module);

    if (sscf->keys == NULL || sscf->public_url.len == 0) {
        ngx_log_error(
            NGX_LOG_EMERG, cf->log, 0,
            "\"sluice_api\" signs links and tokens: " NGX_HTTP_SLUICE_WRITE_KEYS
            " in %V:%ui",
            &conf->file, conf->line);
        return NGX_ERROR;
    }

    if (jwk_set_signer(sscf->keys, JWA_BIT(JWA_HS256), 0) == NULL
        || jwk_set_signer(sscf->keys, JWA_ACCESS, 0) == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"sluice_api\" signs links and tokens: \"sluice_keys\" "
                      "has no private key of each kind (HS256; ES256 or "
                      "EdDSA), \"sluicectl keys rotate\" adds them in %V:%ui",
                      &conf->file, conf->line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static char *
ngx_http_sluice_api_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_sluice_api_loc_conf_t *prev = parent;
    ngx_http_sluice_api_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t *clcf;
    ngx_http_sluice_upload_loc_conf_t *ulcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    ulcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_sluice_upload_module);

    /* what takes uploads is a part of the API */

    if (!conf->enable && ulcf->spool.len && !clcf->noname) {
        conf->enable = 1;
        conf->drop = 1;
        conf->file = ulcf->file;
        conf->line = ulcf->line;

        clcf->handler = ngx_http_sluice_api_handler;
    }

    /* "if" and "limit_except" are the same location under another condition */

    if (clcf->noname && !conf->enable) {
        *conf = *prev;
    }

    if (ngx_http_sluice_api_place(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (!conf->enable) {
        return NGX_CONF_OK;
    }

    ngx_http_sluice_gate_let(cf, ngx_http_sluice_routes_least,
                             ngx_http_sluice_routes_scope);

    if (!conf->drop) {
        ngx_http_sluice_cors_serves(cf, NGX_HTTP_SLUICE_CORS_API);
    }

    if (clcf->lmt_excpt && clcf->handler == NULL) {
        clcf->handler = ngx_http_sluice_api_handler;
    }

    /* bodies are bounded here, with a problem for an answer; nginx's default
       bound would refuse every film */

    if (clcf->client_max_body_size == NGX_HTTP_SLUICE_CORE_BODY_MAX) {
        clcf->client_max_body_size = 0;
    }

    return ngx_http_sluice_api_keys(cf, conf) == NGX_OK ? NGX_CONF_OK
                                                        : NGX_CONF_ERROR;
}


static char *
ngx_http_sluice_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_api_loc_conf_t *alcf = conf;

    ngx_http_core_loc_conf_t *clcf;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_module);

    if (smcf->database == NULL) {
        return NGX_HTTP_SLUICE_NEEDS_DATABASE;
    }

    alcf->enable = 1;
    alcf->file = cf->conf_file->file.name;
    alcf->line = cf->conf_file->line;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_sluice_api_handler;

    return NGX_CONF_OK;
}
