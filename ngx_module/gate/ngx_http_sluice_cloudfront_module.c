/*
 * CloudFront's links at our gate, for a platform that moves over with the
 * signer it has: the keys that its distribution trusted, and the origins that
 * its links name.
 */

#include "ngx_http_sluice_cloudfront.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_origin.h"
#include "core/base/file.h"
#include "core/grant/cloudfront.h"
#include "core/table/url_cache.h"


#define NGX_HTTP_SLUICE_CLOUDFRONT_PEM 16384 /* bytes of a key file */

/* A link may be for each of them, and that is one verification each. */
#define NGX_HTTP_SLUICE_CLOUDFRONT_ORIGINS 8


static void *ngx_http_sluice_cloudfront_create_srv_conf(ngx_conf_t *cf);
static void ngx_http_sluice_cloudfront_links_cleanup(void *data);
static char *ngx_http_sluice_cloudfront_merge_srv_conf(ngx_conf_t *cf,
                                                       void *parent,
                                                       void *child);
static char *ngx_http_sluice_cloudfront_key(ngx_conf_t *cf, ngx_command_t *cmd,
                                            void *conf);
static char *ngx_http_sluice_cloudfront_read(ngx_conf_t *cf, ngx_str_t *name,
                                             size_t *len);
static void ngx_http_sluice_cloudfront_cleanup(void *data);
static char *ngx_http_sluice_cloudfront_origin(ngx_conf_t *cf,
                                               ngx_command_t *cmd, void *conf);


static ngx_command_t ngx_http_sluice_cloudfront_commands[] = {

    { ngx_string("sluice_cloudfront_key"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE2,
      ngx_http_sluice_cloudfront_key, NGX_HTTP_SRV_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_cloudfront_origin"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
      ngx_http_sluice_cloudfront_origin, NGX_HTTP_SRV_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_cloudfront_module_ctx = {
    NULL, /* preconfiguration */
    NULL, /* postconfiguration */

    NULL, /* create main configuration */
    NULL, /* init main configuration */

    ngx_http_sluice_cloudfront_create_srv_conf, /* create server configuration
                                                 */
    ngx_http_sluice_cloudfront_merge_srv_conf,  /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_cloudfront_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_cloudfront_module_ctx, /* module context */
    ngx_http_sluice_cloudfront_commands,    /* module directives */
    NGX_HTTP_MODULE,                        /* module type */
    NULL,                                   /* init master */
    NULL,                                   /* init module */
    NULL,                                   /* init process */
    NULL,                                   /* init thread */
    NULL,                                   /* exit thread */
    NULL,                                   /* exit process */
    NULL,                                   /* exit master */
    NGX_MODULE_V1_PADDING
};


/* configuration */

static void *
ngx_http_sluice_cloudfront_create_srv_conf(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t *cln;
    ngx_http_sluice_cloudfront_srv_conf_t *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_cloudfront_srv_conf_t));
    cln = ngx_pool_cleanup_add(cf->pool, sizeof(url_cache_t *));

    if (conf == NULL || cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_sluice_cloudfront_links_cleanup;

    conf->links = cln->data;
    *conf->links = NULL;

    return conf;
}


static void
ngx_http_sluice_cloudfront_links_cleanup(void *data)
{
    url_cache_t **links = data;

    url_cache_free(*links);
}


static char *
ngx_http_sluice_cloudfront_merge_srv_conf(ngx_conf_t *cf, void *parent,
                                          void *child)
{
    ngx_http_sluice_cloudfront_srv_conf_t *prev = parent;
    ngx_http_sluice_cloudfront_srv_conf_t *conf = child;

    ngx_str_t *origin;
    ngx_array_t *origins;
    ngx_http_sluice_srv_conf_t *sscf;

    if (conf->keys == NULL) {
        conf->keys = prev->keys;
        conf->file = prev->file;
        conf->line = prev->line;
    }

    if (conf->keys == NULL) {
        return NGX_CONF_OK;
    }

    if (conf->origins == NULL) {
        conf->origins = prev->origins;
    }

    sscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_sluice_module);

    if (sscf->public_url.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"sluice_cloudfront_key\" does not know which URLs are "
                      "signed: write \"sluice_public_url <origin>;\" in this "
                      "server or in http in %V:%ui",
                      &conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    /* a new array: that of http may have other servers */

    origins = ngx_array_create(cf->pool, NGX_HTTP_SLUICE_CLOUDFRONT_ORIGINS,
                               sizeof(ngx_str_t));
    if (origins == NULL) {
        return NGX_CONF_ERROR;
    }

    origin = ngx_array_push(origins);
    *origin = sscf->public_url;

    if (conf->origins) {
        origin = ngx_array_push_n(origins, conf->origins->nelts);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memcpy(origin, conf->origins->elts,
                   conf->origins->nelts * sizeof(ngx_str_t));
    }

    conf->origins = origins;

    return NGX_CONF_OK;
}


static char *
ngx_http_sluice_cloudfront_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_cloudfront_srv_conf_t *scscf = conf;

    int rc;
    char *pem, error[NGX_MAX_CONF_ERRSTR];
    size_t len;
    ngx_str_t *value;
    ngx_pool_cleanup_t *cln;

    value = cf->args->elts;

    if (scscf->keys == NULL) {
        cln = ngx_pool_cleanup_add(cf->pool, 0);
        if (cln == NULL) {
            return NGX_CONF_ERROR;
        }

        scscf->keys = cloudfront_keys_create();
        if (scscf->keys == NULL) {
            return NGX_CONF_ERROR;
        }

        cln->handler = ngx_http_sluice_cloudfront_cleanup;
        cln->data = scscf->keys;

        scscf->file = cf->conf_file->file.name;
        scscf->line = cf->conf_file->line;
    }

    if (ngx_conf_full_name(cf->cycle, &value[2], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    pem = ngx_http_sluice_cloudfront_read(cf, &value[2], &len);
    if (pem == NULL) {
        return NGX_CONF_ERROR;
    }

    rc = cloudfront_keys_add(scscf->keys, (char *) value[1].data, pem, len,
                             error, sizeof(error));
    free(pem);

    if (rc != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "CloudFront key \"%V\" from \"%V\": %s; write the "
                           "Key-Pair-Id and the file with the public key that "
                           "CloudFront has under it",
                           &value[1], &value[2], error);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* The key file's text, to be freed */

static char *
ngx_http_sluice_cloudfront_read(ngx_conf_t *cf, ngx_str_t *name, size_t *len)
{
    char *pem;
    ngx_fd_t fd;

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NULL;
    }

    pem = file_read_open(fd, NGX_HTTP_SLUICE_CLOUDFRONT_PEM, len);

    if (pem == NULL && ngx_errno == EFBIG) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" of \"sluice_cloudfront_key\" has more than "
                           "%d bytes: write the file with the one public key "
                           "that CloudFront has under \"%V\"",
                           name, NGX_HTTP_SLUICE_CLOUDFRONT_PEM, name - 1);

    } else if (pem == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_read_fd_n " \"%V\" failed", name);
    }

    (void) ngx_close_file(fd);

    return pem;
}


static void
ngx_http_sluice_cloudfront_cleanup(void *data)
{
    cloudfront_keys_free(data);
}


static char *
ngx_http_sluice_cloudfront_origin(ngx_conf_t *cf, ngx_command_t *cmd,
                                  void *conf)
{
    ngx_http_sluice_cloudfront_srv_conf_t *scscf = conf;

    ngx_str_t *value, *origin;
    ngx_uint_t i;

    if (scscf->origins) {
        return "is duplicate";
    }

    /* and sluice_public_url */

    if (cf->args->nelts > NGX_HTTP_SLUICE_CLOUDFRONT_ORIGINS) {
        return "takes at most 7 origins";
    }

    scscf->origins = ngx_array_create(cf->pool, cf->args->nelts,
                                      sizeof(ngx_str_t));
    if (scscf->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (!ngx_http_sluice_is_origin(&value[i])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\" of "
                               "\"sluice_cloudfront_origin\": write scheme and "
                               "host without a path, e.g. "
                               "https://d111111abcdef8.cloudfront.net",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(scscf->origins);
        *origin = value[i];
    }

    return NGX_CONF_OK;
}
