/*
 * sluice_store: where media are kept. Of a bucket, nginx's own proxy fetches
 * what its cache has not, and what is here are the parts of a request that S3
 * takes, as variables:
 *
 *   $sluice_store_uri            path of the request's file in the bucket
 *   $sluice_store_host           the header Host
 *   $sluice_store_date           x-amz-date
 *   $sluice_store_authorization  Authorization
 *   $sluice_store_token          x-amz-security-token; empty without a session
 *
 * The request is a GET with "x-amz-content-sha256: UNSIGNED-PAYLOAD". Range is
 * not signed: so one signature serves all slices of a minute.
 */

#include "ngx_http_sluice_store_internal.h"

#include "ngx_module/http/ngx_http_sluice_variable.h"
#include "core/store/sigv4.h"


#define NGX_HTTP_SLUICE_STORE_SIGNED 512


typedef struct {
    ngx_http_sluice_store_t *store; /* NULL: none is told */
} ngx_http_sluice_store_main_conf_t;


/* What was signed last for a request, its slices among it. */
typedef struct {
    time_t minute;
    ngx_uint_t version;
    ngx_str_t uri; /* as it was asked for */
    ngx_str_t path, date, authorization, token;
} ngx_http_sluice_store_ctx_t;


static ngx_int_t ngx_http_sluice_store_variables(ngx_conf_t *cf);
static void *ngx_http_sluice_store_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_store(ngx_conf_t *cf, ngx_command_t *cmd,
                                   void *conf);
static ngx_int_t ngx_http_sluice_store_init_process(ngx_cycle_t *cycle);
static void ngx_http_sluice_store_exit_process(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_sluice_store_variable(ngx_http_request_t *r,
                                                ngx_http_variable_value_t *v,
                                                uintptr_t data);


static ngx_command_t ngx_http_sluice_store_commands[] = {

    { ngx_string("sluice_store"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
      ngx_http_sluice_store, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_store_module_ctx = {
    ngx_http_sluice_store_variables, /* preconfiguration */
    NULL,                            /* postconfiguration */

    ngx_http_sluice_store_create_main_conf, /* create main configuration */
    NULL,                                   /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_store_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_store_module_ctx,  /* module context */
    ngx_http_sluice_store_commands,     /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    ngx_http_sluice_store_init_process, /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    ngx_http_sluice_store_exit_process, /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


/* variables, told apart by where their text is */

#define NGX_HTTP_SLUICE_STORE_HOST ((uintptr_t) -1)

static ngx_http_variable_t ngx_http_sluice_store_vars[] = {

    { ngx_string("sluice_store_uri"), NULL, ngx_http_sluice_store_variable,
      offsetof(ngx_http_sluice_store_ctx_t, path), NGX_HTTP_VAR_NOCACHEABLE,
      0 },

    { ngx_string("sluice_store_host"), NULL, ngx_http_sluice_store_variable,
      NGX_HTTP_SLUICE_STORE_HOST, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sluice_store_date"), NULL, ngx_http_sluice_store_variable,
      offsetof(ngx_http_sluice_store_ctx_t, date), NGX_HTTP_VAR_NOCACHEABLE,
      0 },

    { ngx_string("sluice_store_authorization"), NULL,
      ngx_http_sluice_store_variable,
      offsetof(ngx_http_sluice_store_ctx_t, authorization),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sluice_store_token"), NULL, ngx_http_sluice_store_variable,
      offsetof(ngx_http_sluice_store_ctx_t, token), NGX_HTTP_VAR_NOCACHEABLE,
      0 },

    ngx_http_null_variable
};


static ngx_int_t
ngx_http_sluice_store_variables(ngx_conf_t *cf)
{
    return ngx_http_sluice_variable_add(cf, ngx_http_sluice_store_vars);
}


static ngx_int_t
ngx_http_sluice_store_copy(ngx_pool_t *pool, ngx_str_t *to, const char *text)
{
    to->len = ngx_strlen(text);
    to->data = ngx_pnalloc(pool, to->len + 1);
    if (to->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(to->data, text, to->len);
    return NGX_OK;
}


ngx_int_t
ngx_http_sluice_store_path(const ngx_http_sluice_store_t *store,
                           const ngx_str_t *uri,
                           char plain[NGX_HTTP_SLUICE_STORE_PATH],
                           char encoded[3 * NGX_HTTP_SLUICE_STORE_PATH])
{
    char name[NGX_HTTP_SLUICE_STORE_PATH];

    if (uri->len < 2 || uri->len > sizeof(name)
        || ngx_strlchr(uri->data, uri->data + uri->len, '\0') != NULL) {
        return NGX_DECLINED;
    }

    ngx_memcpy(name, uri->data + 1, uri->len - 1);
    name[uri->len - 1] = '\0';

    return location_path(&store->location, name, plain,
                         NGX_HTTP_SLUICE_STORE_PATH)
                       == 0
                   && sigv4_encode(plain, 1, encoded,
                                   3 * NGX_HTTP_SLUICE_STORE_PATH)
                          > 0
               ? NGX_OK
               : NGX_DECLINED;
}


static ngx_int_t
ngx_http_sluice_store_sign(ngx_http_request_t *r,
                           const ngx_http_sluice_store_t *store,
                           ngx_http_sluice_store_ctx_t *ctx, time_t minute)
{
    char plain[NGX_HTTP_SLUICE_STORE_PATH];
    char encoded[3 * NGX_HTTP_SLUICE_STORE_PATH];
    char date[SIGV4_DATE_SIZE], sign[NGX_HTTP_SLUICE_STORE_SIGNED];
    const credentials_t *who = &store->credentials;
    const sigv4_pair_t headers[] = {
        { "host", (const char *) store->authority },
        { "x-amz-content-sha256", SIGV4_UNSIGNED },
        { "x-amz-date", date },
        { "x-amz-security-token", who->token },
    };
    const sigv4_signer_t signer = { .id = who->id,
                                    .secret = who->secret,
                                    .region = store->location.region,
                                    .now = minute };
    const sigv4_request_t request = {
        .method = "GET",
        .path = plain,
        .headers = headers,
        .headers_count = who->token[0] ? 4 : 3,
        .payload = SIGV4_UNSIGNED,
    };

    if (ngx_http_sluice_store_path(store, &r->uri, plain, encoded) != NGX_OK) {
        return NGX_DECLINED;
    }

    sigv4_date(minute, date);

    /* of a role whose credentials are not there yet the bucket hears nothing
       that it would answer */
    sign[0] = '\0';

    if (who->id[0]
        && sigv4_authorization(&signer, &request, sign, sizeof(sign)) != 0) {
        return NGX_DECLINED;
    }

    if (ngx_http_sluice_store_copy(r->pool, &ctx->date, date) != NGX_OK
        || ngx_http_sluice_store_copy(r->pool, &ctx->authorization, sign)
               != NGX_OK
        || ngx_http_sluice_store_copy(r->pool, &ctx->token, who->token)
               != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->minute = minute;
    ctx->version = store->version;

    return NGX_OK;
}


/* What is in the cache needs no more than this. */

static ngx_int_t
ngx_http_sluice_store_name(ngx_http_request_t *r,
                           const ngx_http_sluice_store_t *store,
                           ngx_http_sluice_store_ctx_t *ctx)
{
    char plain[NGX_HTTP_SLUICE_STORE_PATH];
    char encoded[3 * NGX_HTTP_SLUICE_STORE_PATH];

    if (ctx->uri.len == r->uri.len
        && ngx_memcmp(ctx->uri.data, r->uri.data, r->uri.len) == 0) {
        return NGX_OK;
    }

    if (ngx_http_sluice_store_path(store, &r->uri, plain, encoded) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (ngx_http_sluice_store_copy(r->pool, &ctx->path, encoded) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->minute = 0;
    ctx->uri = r->uri;

    return NGX_OK;
}


/* Slices are subrequests: what is signed is kept with the request itself. */

static ngx_int_t
ngx_http_sluice_store_signed(ngx_http_request_t *r,
                             const ngx_http_sluice_store_t *store,
                             uintptr_t what,
                             ngx_http_sluice_store_ctx_t **found)
{
    time_t minute;
    ngx_int_t rc;
    ngx_http_sluice_store_ctx_t *ctx;

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_sluice_store_module);

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->main->pool, sizeof(ngx_http_sluice_store_ctx_t));
        if (ctx == NULL) {
            return NGX_ERROR;
        }

        ngx_http_set_ctx(r->main, ctx, ngx_http_sluice_store_module);
    }

    *found = ctx;
    minute = ngx_time() - ngx_time() % NGX_HTTP_SLUICE_STORE_MINUTE;

    rc = ngx_http_sluice_store_name(r, store, ctx);

    if (rc != NGX_OK || what == offsetof(ngx_http_sluice_store_ctx_t, path)
        || (ctx->minute == minute && ctx->version == store->version)) {
        return rc;
    }

    return ngx_http_sluice_store_sign(r, store, ctx, minute);
}


static ngx_int_t
ngx_http_sluice_store_variable(ngx_http_request_t *r,
                               ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t rc;
    ngx_str_t host;
    ngx_http_sluice_store_ctx_t *ctx;
    ngx_http_sluice_store_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_store_module);

    v->not_found = 1;

    if (smcf->store == NULL || smcf->store->location.folder[0]) {
        return NGX_OK;
    }

    if (data == NGX_HTTP_SLUICE_STORE_HOST) {
        host.data = smcf->store->authority;
        host.len = ngx_strlen(host.data);

        ngx_http_sluice_variable_set(v, &host);
        return NGX_OK;
    }

    rc = ngx_http_sluice_store_signed(r, smcf->store, data, &ctx);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : NGX_ERROR;
    }

    ngx_http_sluice_variable_set(v, (ngx_str_t *) ((u_char *) ctx + data));

    return NGX_OK;
}


/* configuration */

static void *
ngx_http_sluice_store_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_store_main_conf_t));
}


static char *
ngx_http_sluice_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_store_main_conf_t *smcf = conf;

    char err[LOCATION_ERROR_SIZE];
    ngx_str_t *words;
    ngx_uint_t i;
    const char **texts;
    ngx_http_sluice_store_t *store;

    if (smcf->store) {
        return "is duplicate";
    }

    store = ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_store_t));
    texts = ngx_palloc(cf->temp_pool, cf->args->nelts * sizeof(char *));
    if (store == NULL || texts == NULL) {
        return NGX_CONF_ERROR;
    }

    words = cf->args->elts; /* terminated */

    for (i = 1; i < cf->args->nelts; i++) {
        texts[i - 1] = (const char *) words[i].data;
    }

    if (location_read(&store->location, texts, cf->args->nelts - 1, err,
                      sizeof(err))
        != 0) {
        goto wrong;
    }

    if (store->location.folder[0] == '\0') {
        location_authority(&store->location, (char *) store->authority);

        if (ngx_http_sluice_store_first(store, err, sizeof(err)) != NGX_OK) {

            /* a worker that starts behind us writes a role's */

            if (!store->location.role) {
                goto wrong;
            }

            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "\"%V\" has no credentials yet: %s", &cmd->name,
                               err);

        } else if (!ngx_http_sluice_store_good(store)) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "\"%V\": the credentials in %s have ended: no "
                               "upload is taken until there are others",
                               &cmd->name, store->location.credentials);
        }
    }

    smcf->store = store;

    return NGX_CONF_OK;

wrong:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\": %s", &cmd->name, err);

    return NGX_CONF_ERROR;
}


const ngx_http_sluice_store_t *
ngx_http_sluice_store_of(ngx_http_request_t *r)
{
    ngx_http_sluice_store_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_store_module);

    return smcf->store && smcf->store->location.folder[0] == '\0' ? smcf->store
                                                                  : NULL;
}


ngx_uint_t
ngx_http_sluice_store_is_bucket(ngx_conf_t *cf)
{
    ngx_http_sluice_store_main_conf_t *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_store_module);

    return smcf->store && smcf->store->location.folder[0] == '\0';
}


ngx_uint_t
ngx_http_sluice_store_has_bucket(ngx_cycle_t *cycle)
{
    ngx_http_sluice_store_main_conf_t *smcf;

    if (ngx_get_conf(cycle->conf_ctx, ngx_http_module) == NULL) {
        return 0;
    }

    smcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_sluice_store_module);

    return smcf->store && smcf->store->location.folder[0] == '\0';
}


static ngx_int_t
ngx_http_sluice_store_init_process(ngx_cycle_t *cycle)
{
    ngx_http_sluice_store_main_conf_t *smcf;

    if (!ngx_http_sluice_store_has_bucket(cycle)
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE)) {
        return NGX_OK;
    }

    smcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_sluice_store_module);

    return ngx_http_sluice_store_lane_begin(smcf->store) == NGX_OK
               ? ngx_http_sluice_store_keep(smcf->store, cycle)
               : NGX_ERROR;
}


static void
ngx_http_sluice_store_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_sluice_store_lane_end();
    ngx_http_sluice_store_end();
}
