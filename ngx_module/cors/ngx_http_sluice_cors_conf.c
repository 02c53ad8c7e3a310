#include "ngx_http_sluice_cors.h"
#include "ngx_http_sluice_cors_conf.h"

#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "core/base/origin.h"


#define MEDIA NGX_HTTP_SLUICE_CORS_MEDIA
#define API NGX_HTTP_SLUICE_CORS_API
#define UPLOAD NGX_HTTP_SLUICE_CORS_UPLOAD


/* A method or a header, and what takes or sends it */

typedef struct {
    ngx_str_t word;
    ngx_uint_t what;
} ngx_http_sluice_cors_word_t;


static const ngx_http_sluice_cors_word_t ngx_http_sluice_cors_methods[] = {
    { ngx_string("GET"), MEDIA | API },
    { ngx_string("HEAD"), MEDIA | API | UPLOAD },
    { ngx_string("POST"), API | UPLOAD },
    { ngx_string("PUT"), API | UPLOAD },
    { ngx_string("PATCH"), API | UPLOAD },
    { ngx_string("DELETE"), API | UPLOAD },
    { ngx_null_string, 0 }
};

static const ngx_http_sluice_cors_word_t ngx_http_sluice_cors_headers[] = {
    { ngx_string("Authorization"), MEDIA | API | UPLOAD },
    { ngx_string("Sluice-Grant"), MEDIA | UPLOAD },
    { ngx_string("Range"), MEDIA },
    { ngx_string("If-Range"), MEDIA },
    { ngx_string("If-Match"), MEDIA | API },
    { ngx_string("If-None-Match"), MEDIA | API },
    { ngx_string("If-Modified-Since"), MEDIA },
    { ngx_string("If-Unmodified-Since"), MEDIA },
    { ngx_string("Content-Type"), API | UPLOAD },
    { ngx_string("Idempotency-Key"), API | UPLOAD },
    { ngx_string("Last-Event-ID"), API },
    { ngx_string("traceparent"), MEDIA | API | UPLOAD },
    { ngx_string("tracestate"), MEDIA | API | UPLOAD },
    { ngx_string("Tus-Resumable"), UPLOAD },
    { ngx_string("Upload-Checksum"), UPLOAD },
    { ngx_string("Upload-Concat"), UPLOAD },
    { ngx_string("Upload-Defer-Length"), UPLOAD },
    { ngx_string("Upload-Length"), UPLOAD },
    { ngx_string("Upload-Metadata"), UPLOAD },
    { ngx_string("Upload-Offset"), UPLOAD },
    { ngx_string("X-HTTP-Method-Override"), UPLOAD },
    { ngx_null_string, 0 }
};

static const ngx_http_sluice_cors_word_t ngx_http_sluice_cors_exposed[] = {
    { ngx_string("Accept-Ranges"), MEDIA },
    { ngx_string("Content-Disposition"), MEDIA },
    { ngx_string("Content-Length"), MEDIA | API | UPLOAD },
    { ngx_string("Content-Range"), MEDIA },
    { ngx_string("ETag"), MEDIA | API },
    { ngx_string("Retry-After"), MEDIA | API | UPLOAD },
    { ngx_string("WWW-Authenticate"), MEDIA | API | UPLOAD },
    { ngx_string("Allow"), API | UPLOAD },
    { ngx_string("Location"), API | UPLOAD },
    { ngx_string("Sluice-Media"), UPLOAD },
    { ngx_string("Tus-Checksum-Algorithm"), UPLOAD },
    { ngx_string("Tus-Extension"), UPLOAD },
    { ngx_string("Tus-Max-Size"), UPLOAD },
    { ngx_string("Tus-Resumable"), UPLOAD },
    { ngx_string("Tus-Version"), UPLOAD },
    { ngx_string("Upload-Concat"), UPLOAD },
    { ngx_string("Upload-Defer-Length"), UPLOAD },
    { ngx_string("Upload-Expires"), UPLOAD },
    { ngx_string("Upload-Length"), UPLOAD },
    { ngx_string("Upload-Metadata"), UPLOAD },
    { ngx_string("Upload-Offset"), UPLOAD },
    { ngx_null_string, 0 }
};


void *
ngx_http_sluice_cors_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_cors_conf_t));
}


/* The words for what is answered here, joined by ", ". */

static ngx_int_t
ngx_http_sluice_cors_join(ngx_conf_t *cf,
                          const ngx_http_sluice_cors_word_t *words,
                          ngx_uint_t what, ngx_str_t *text)
{
    u_char *p;
    size_t size = 0;
    const ngx_http_sluice_cors_word_t *w;

    for (w = words; w->what; w++) {
        size += w->word.len + 2;
    }

    p = ngx_pnalloc(cf->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;

    for (w = words; w->what; w++) {
        if (w->what & what) {
            p = ngx_sprintf(p, "%s%V", p == text->data ? "" : ", ", &w->word);
        }
    }

    text->len = (size_t) (p - text->data);

    return NGX_OK;
}


/* What a browser brings by itself must not open to pages of anybody. */

static ngx_int_t
ngx_http_sluice_cors_check(ngx_conf_t *cf, ngx_http_sluice_cors_conf_t *conf)
{
    ngx_http_core_loc_conf_t *clcf;

    if (!conf->any) {
        return NGX_OK;
    }

    if (!(conf->what & API) && !ngx_http_sluice_gate_takes_users(cf)) {
        ngx_http_sluice_gate_leaves_cookies(cf);
        return NGX_OK;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"sluice_cors *\" would let pages of all origins ask where "
                  "users come with cookies, in location \"%V\": write the "
                  "origins one by one, or \"sluice_cors off;\" in that "
                  "location in %V:%ui",
                  &clcf->name, &conf->file, conf->line);
    return NGX_ERROR;
}


char *
ngx_http_sluice_cors_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_sluice_cors_conf_t *prev = parent;
    ngx_http_sluice_cors_conf_t *conf = child;

    ngx_http_core_loc_conf_t *clcf;
    ngx_http_sluice_cors_main_conf_t *cmcf;

    if (!conf->written) {
        conf->origins = prev->origins;
        conf->any = prev->any;
        conf->written = prev->written;
        conf->file = prev->file;
        conf->line = prev->line;
    }

    /* "if" and "limit_except" are the same location under another condition */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname) {
        conf->what |= prev->what;
    }

    conf->enable = conf->what && (conf->origins || conf->any);

    if (!conf->enable) {
        return NGX_CONF_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(
        cf, ngx_http_sluice_cors_filter_module);
    cmcf->used = 1;

    return ngx_http_sluice_cors_check(cf, conf) == NGX_OK
                   && ngx_http_sluice_cors_join(cf,
                                                ngx_http_sluice_cors_methods,
                                                conf->what, &conf->methods)
                          == NGX_OK
                   && ngx_http_sluice_cors_join(cf,
                                                ngx_http_sluice_cors_headers,
                                                conf->what, &conf->headers)
                          == NGX_OK
                   && ngx_http_sluice_cors_join(cf,
                                                ngx_http_sluice_cors_exposed,
                                                conf->what, &conf->exposed)
                          == NGX_OK
               ? NGX_CONF_OK
               : NGX_CONF_ERROR;
}


/* One of the list, as browsers write it. */

static char *
ngx_http_sluice_cors_add(ngx_conf_t *cf, ngx_http_sluice_cors_conf_t *conf,
                         ngx_str_t *value)
{
    ngx_str_t *origin, *listed;
    ngx_uint_t i;

    origin = ngx_array_push(conf->origins);
    if (origin == NULL) {
        return NGX_CONF_ERROR;
    }

    origin->data = ngx_pnalloc(cf->pool, value->len + 1);
    if (origin->data == NULL) {
        return NGX_CONF_ERROR;
    }

    origin->len = origin_write((char *) value->data, value->len,
                               (char *) origin->data);

    if (origin->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid origin \"%V\" of \"sluice_cors\": write "
                           "scheme, host and, if it is not the scheme's own, "
                           "the port, as browsers do, e.g. "
                           "https://app.example.org; or off, or * alone",
                           value);
        return NGX_CONF_ERROR;
    }

    listed = conf->origins->elts;

    for (i = 0; i < conf->origins->nelts - 1; i++) {
        if (listed[i].len == origin->len
            && ngx_memcmp(listed[i].data, origin->data, origin->len) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" stands twice in \"sluice_cors\"", value);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_sluice_cors_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_cors_conf_t *ccf = conf;

    ngx_str_t *value;
    ngx_uint_t i;

    if (ccf->written) {
        return "is duplicate";
    }

    value = cf->args->elts;
    ccf->written = 1;
    ccf->file = cf->conf_file->file.name;
    ccf->line = cf->conf_file->line;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "*") == 0) {
        ccf->any = 1;
        return NGX_CONF_OK;
    }

    ccf->origins = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                    sizeof(ngx_str_t));
    if (ccf->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_http_sluice_cors_add(cf, ccf, &value[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}
