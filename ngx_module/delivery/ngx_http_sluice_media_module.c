/*
 * Media files: nginx's static files with the types players insist on and the
 * caching that published media allow, since a path never changes its bytes.
 * Whatever is not a media file, or not there, is left to nginx's own modules,
 * but for headers that keep what a link or a sign-in opened to whom it opened.
 */

#include "ngx_http_sluice_media.h"
#include "ngx_http_sluice_media_conditions.h"
#include "ngx_http_sluice_media_redirect.h"

#include "ngx_module/cors/ngx_http_sluice_cors.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/store/ngx_http_sluice_store.h"
#include "core/grant/scope.h"
#include "core/base/etag.h"
#include "core/base/media_type.h"
#include "core/grant/grant.h"


/* Of one request, unless the operator writes it: a reader of PDF asks for some
   dozens. */
#define NGX_HTTP_SLUICE_MEDIA_MAX_RANGES 64


/* delivery= */
enum {
    NGX_HTTP_SLUICE_MEDIA_BYTES = 0,
    NGX_HTTP_SLUICE_MEDIA_REDIRECT
};


typedef struct {
    ngx_flag_t enable;
    ngx_uint_t proxied;  /* 1: from our bucket */
    ngx_uint_t delivery; /* NGX_HTTP_SLUICE_MEDIA_* */
    ngx_str_t file;      /* where the directive stands, for messages; or "" */
    ngx_uint_t line;
} ngx_http_sluice_media_loc_conf_t;


static void *ngx_http_sluice_media_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_media_merge_loc_conf(ngx_conf_t *cf, void *parent,
                                                  void *child);
static char *ngx_http_sluice_media_set(ngx_conf_t *cf, ngx_command_t *cmd,
                                       void *conf);
static ngx_int_t ngx_http_sluice_media_init(ngx_conf_t *cf);


static ngx_command_t ngx_http_sluice_media_commands[] = {

    { ngx_string("sluice_media"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF
          | NGX_CONF_TAKE12,
      ngx_http_sluice_media_set, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_media_module_ctx = {
    NULL,                       /* preconfiguration */
    ngx_http_sluice_media_init, /* postconfiguration */

    NULL, /* create main configuration */
    NULL, /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    ngx_http_sluice_media_create_loc_conf, /* create location configuration */
    ngx_http_sluice_media_merge_loc_conf   /* merge location configuration */
};


ngx_module_t ngx_http_sluice_media_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_media_module_ctx, /* module context */
    ngx_http_sluice_media_commands,    /* module directives */
    NGX_HTTP_MODULE,                   /* module type */
    NULL,                              /* init master */
    NULL,                              /* init module */
    NULL,                              /* init process */
    NULL,                              /* init thread */
    NULL,                              /* exit thread */
    NULL,                              /* exit process */
    NULL,                              /* exit master */
    NGX_MODULE_V1_PADDING
};


/* NGX_DECLINED for all that nginx's static module has an answer to */

static ngx_int_t
ngx_http_sluice_media_open(ngx_http_request_t *r, ngx_str_t *path,
                           ngx_open_file_info_t *of)
{
    u_char *last;
    size_t root;
    ngx_http_core_loc_conf_t *clcf;

    last = ngx_http_map_uri_to_path(r, path, &root, 0);
    if (last == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    path->len = (size_t) (last - path->data);

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    ngx_memzero(of, sizeof(ngx_open_file_info_t));

    of->read_ahead = clcf->read_ahead;
    of->directio = clcf->directio;
    of->valid = clcf->open_file_cache_valid;
    of->min_uses = clcf->open_file_cache_min_uses;
    of->errors = clcf->open_file_cache_errors;
    of->events = clcf->open_file_cache_events;

    if (ngx_http_set_disable_symlinks(r, clcf, path, of) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_open_cached_file(clcf->open_file_cache, path, of, r->pool) != NGX_OK
        || !of->is_file) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* A tag names what is at one path, and what is there never changes: so size and
   path make it, and all machines that have the file say the same, whenever it
   came to them. nginx's has the file's date. */

static ngx_int_t
ngx_http_sluice_media_etag(ngx_http_request_t *r)
{
    ngx_str_t text;
    ngx_http_core_loc_conf_t *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!clcf->etag) {
        return NGX_OK;
    }

    text.data = ngx_pnalloc(r->pool, ETAG_FILE_MAX);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    text.len = etag_file((char *) r->uri.data, r->uri.len,
                         (uint64_t) r->headers_out.content_length_n,
                         (char *) text.data);

    r->headers_out.etag = ngx_http_sluice_header_push(r, "ETag", 4, &text);

    return r->headers_out.etag ? NGX_OK : NGX_ERROR;
}


/* Not everybody may have it: a shared cache must not keep it. */

static ngx_uint_t
ngx_http_sluice_media_private(ngx_http_request_t *r)
{
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    return r->headers_in.authorization
           || (ctx && (ctx->link_passed || ctx->access.role));
}


/* Files are somebody's: no browser takes them for more than their type says,
   and none that is a document runs as a page of ours. */

static ngx_int_t
ngx_http_sluice_media_guard(ngx_http_request_t *r, ngx_str_t *caching,
                            ngx_uint_t sandbox)
{
    static ngx_str_t nosniff = ngx_string("nosniff");
    static ngx_str_t policy = ngx_string("sandbox");

    return (caching
            && ngx_http_sluice_header_replace(r, "Cache-Control", caching)
                   != NGX_OK)
                   || ngx_http_sluice_header_replace(
                          r, "X-Content-Type-Options", &nosniff)
                          != NGX_OK
                   || (sandbox
                       && ngx_http_sluice_header_replace(
                              r, "Content-Security-Policy", &policy)
                              != NGX_OK)
               ? NGX_ERROR
               : NGX_OK;
}


ngx_int_t
ngx_http_sluice_media_publish(ngx_http_request_t *r, const char *type)
{
    ngx_str_t *caching;

    static ngx_str_t plain = ngx_string("max-age=31536000, immutable");
    static ngx_str_t private = ngx_string(
        "private, max-age=31536000, immutable");

    r->headers_out.content_type.data = (u_char *) type;
    r->headers_out.content_type.len = ngx_strlen(type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    caching = ngx_http_sluice_media_private(r) ? &private : &plain;

    return ngx_http_sluice_media_guard(
        r, caching,
        (ngx_uint_t) media_type_runs(type, r->headers_out.content_type.len));
}


static ngx_int_t
ngx_http_sluice_media_headers(ngx_http_request_t *r, ngx_open_file_info_t *of,
                              const char *type)
{
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = of->size;
    r->headers_out.last_modified_time = of->mtime;

    r->allow_ranges = 1;

    return ngx_http_sluice_media_etag(r) == NGX_OK
               ? ngx_http_sluice_media_publish(r, type)
               : NGX_ERROR;
}


ngx_uint_t
ngx_http_sluice_media_proxied(ngx_http_request_t *r)
{
    ngx_http_sluice_media_loc_conf_t *mlcf;

    mlcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_media_module);

    return mlcf->proxied;
}


ngx_uint_t
ngx_http_sluice_media_redirects(ngx_http_request_t *r)
{
    ngx_http_sluice_media_loc_conf_t *mlcf;

    mlcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_media_module);

    return mlcf->delivery == NGX_HTTP_SLUICE_MEDIA_REDIRECT
           && ngx_http_sluice_media_is_original(r);
}


/* A file of another type: nginx sends it. Pages that everybody may have are a
   site's own. */

static ngx_int_t
ngx_http_sluice_media_other(ngx_http_request_t *r)
{
    ngx_str_t *type;
    ngx_uint_t closed;

    static ngx_str_t private = ngx_string("private");

    if (ngx_http_set_content_type(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    type = &r->headers_out.content_type;
    closed = ngx_http_sluice_media_private(r);

    return ngx_http_sluice_media_guard(r, closed ? &private : NULL,
                                       closed
                                           && (ngx_uint_t) media_type_runs(
                                               (char *) type->data, type->len))
                   == NGX_OK
               ? NGX_DECLINED
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_sluice_media_send(ngx_http_request_t *r, ngx_str_t *path,
                           ngx_open_file_info_t *of)
{
    ngx_int_t rc;
    ngx_buf_t *b;
    ngx_chain_t out;

    if (r != r->main && of->size == 0) {
        return ngx_http_send_header(r);
    }

    /* all that is needed is there before the header goes out */

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->file = ngx_pcalloc(r->pool, sizeof(ngx_file_t));
    if (b->file == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->file_pos = 0;
    b->file_last = of->size;

    b->in_file = b->file_last ? 1 : 0;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    b->file->fd = of->fd;
    b->file->name = *path;
    b->file->log = r->connection->log;
    b->file->directio = of->is_directio;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/* An answer without the file is good for this request alone: RFC 9111, 3. */

static ngx_int_t
ngx_http_sluice_media_refused(ngx_http_request_t *r, ngx_int_t rc)
{
    static ngx_str_t no_store = ngx_string("no-store");

    if (rc != NGX_HTTP_PRECONDITION_FAILED
        && rc != NGX_HTTP_RANGE_NOT_SATISFIABLE) {
        return rc;
    }

    return ngx_http_sluice_header_replace(r, "Cache-Control", &no_store)
                   == NGX_OK
               ? rc
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_sluice_media_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_str_t path;
    const char *type;
    ngx_open_file_info_t of;
    ngx_http_sluice_media_loc_conf_t *mlcf;

    mlcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_media_module);

    if (!mlcf->enable || !(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))
        || r->uri.data[r->uri.len - 1] == '/') {
        return NGX_DECLINED;
    }

    rc = ngx_http_sluice_media_open(r, &path, &of);
    if (rc != NGX_OK) {
        return rc;
    }

    type = media_type((char *) r->exten.data, r->exten.len);
    if (type == NULL) {
        return ngx_http_sluice_media_other(r);
    }

    r->root_tested = !r->error_page;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    r->connection->log->action = "sending media to client";

    if (ngx_http_sluice_media_headers(r, &of, type) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_sluice_media_conditions(r);

    if (rc == NGX_OK) {
        rc = ngx_http_sluice_media_send(r, &path, &of);

    } else if (rc == NGX_ERROR) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_media_refused(r, rc);
}


/* In front of the content phase, whose handler nginx's proxy is. */

static ngx_int_t
ngx_http_sluice_media_precontent(ngx_http_request_t *r)
{
    ngx_http_sluice_media_loc_conf_t *mlcf;

    mlcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_media_module);

    return mlcf->proxied && mlcf->delivery == NGX_HTTP_SLUICE_MEDIA_REDIRECT
               ? ngx_http_sluice_media_redirect(r)
               : NGX_DECLINED;
}


static void *
ngx_http_sluice_media_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_sluice_media_loc_conf_t *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_media_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->enable = NGX_CONF_UNSET;

    return conf;
}


/* sluice_media on | off; sluice_media on delivery=bytes | redirect; */

static char *
ngx_http_sluice_media_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_media_loc_conf_t *mlcf = conf;

    u_char *word;
    ngx_str_t *value = cf->args->elts;

    if (mlcf->enable != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    mlcf->enable = ngx_strcasecmp(value[1].data, (u_char *) "on") == 0;

    if (!mlcf->enable && ngx_strcasecmp(value[1].data, (u_char *) "off") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"sluice_media\": write "
                           "on or off",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    mlcf->file = cf->conf_file->file.name;
    mlcf->line = cf->conf_file->line;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (mlcf->enable
        && ngx_strncmp(value[2].data, "delivery=", sizeof("delivery=") - 1)
               == 0) {
        word = value[2].data + sizeof("delivery=") - 1;

        if (ngx_strcmp(word, "redirect") == 0) {
            mlcf->delivery = NGX_HTTP_SLUICE_MEDIA_REDIRECT;
            return NGX_CONF_OK;
        }

        if (ngx_strcmp(word, "bytes") == 0) {
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(
        NGX_LOG_EMERG, cf, 0,
        "invalid parameter \"%V\" of \"sluice_media %V\": write "
        "\"sluice_media on delivery=bytes;\" or \"sluice_media on "
        "delivery=redirect;\"",
        &value[2], &value[1]);

    return NGX_CONF_ERROR;
}


/* What is written in a location has to work there; from further up it reaches
   locations that have no media of a bucket, too. */

static char *
ngx_http_sluice_media_check(ngx_conf_t *cf,
                            const ngx_http_sluice_media_loc_conf_t *conf)
{
    const char *lacks = NULL;
    ngx_http_core_loc_conf_t *clcf;

    if (conf->delivery != NGX_HTTP_SLUICE_MEDIA_REDIRECT
        || conf->file.len == 0) {
        return NGX_CONF_OK;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (!ngx_http_sluice_store_is_bucket(cf)) {
        lacks = "has no bucket to lead to: write \"sluice_store s3://…;\" in "
                "http, or delivery=bytes";

    } else if (clcf->name.len && clcf->handler == NULL) {
        lacks = "leaves playlists and pictures to be sent: write \"include "
                "…/s3/media.conf;\" there, too";

    } else if (clcf->name.len && ngx_http_sluice_gate_is_open(cf)) {
        lacks = "would sign URLs for anybody: write \"sluice_gate grant;\" "
                "there, too";
    }

    if (lacks == NULL) {
        return NGX_CONF_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"sluice_media on delivery=redirect\" %s in %V:%ui", lacks,
                  &conf->file, conf->line);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_sluice_media_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_sluice_media_loc_conf_t *prev = parent;
    ngx_http_sluice_media_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t *clcf;

    if (conf->enable == NGX_CONF_UNSET) {
        conf->delivery = prev->delivery;
    }

    ngx_conf_merge_value(conf->enable, prev->enable, 0);

    if (ngx_http_sluice_media_check(cf, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* nginx lets a request have as many as its header has room for */

    if (conf->enable && clcf->max_ranges == NGX_MAX_INT32_VALUE) {
        clcf->max_ranges = NGX_HTTP_SLUICE_MEDIA_MAX_RANGES;
    }

    /* what is proxied is not ours, but for what comes from our bucket */

    conf->proxied = conf->enable && clcf->handler
                    && ngx_http_sluice_store_is_bucket(cf);

    if (conf->enable && (clcf->handler == NULL || conf->proxied)) {
        ngx_http_sluice_gate_serves(cf, SCOPE_MEDIA_READ);
        ngx_http_sluice_gate_meters(cf);
        ngx_http_sluice_cors_serves(cf, NGX_HTTP_SLUICE_CORS_MEDIA);
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_sluice_media_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt *h;
    ngx_http_core_main_conf_t *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_CONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_sluice_media_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_sluice_media_precontent;

    return NGX_OK;
}
