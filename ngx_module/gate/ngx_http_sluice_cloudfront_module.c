/*
 * CloudFront's links at our gate, for a platform that moves over with the
 * signer it has: the keys that its distribution trusted, and the origins that
 * its links name.
 */

#include "ngx_http_sluice_carrier.h"
#include "ngx_http_sluice_cloudfront.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/status.h"
#include "core/grant/cidr.h"
#include "core/grant/cloudfront.h"
#include "core/grant/grant.h"
#include "core/table/link_table.h"


#define NGX_HTTP_SLUICE_CLOUDFRONT_PEM 16384 /* bytes of a key file */

#define NGX_HTTP_SLUICE_CLOUDFRONT_LINKS 4096 /* remembered per process */

/* A link may be for each of them, and that is one verification each. */
#define NGX_HTTP_SLUICE_CLOUDFRONT_ORIGINS 8


typedef struct {
    cloudfront_keys_t *keys; /* NULL: no sluice_cloudfront_key */
    ngx_array_t *origins;    /* ngx_str_t; after merging never NULL when
                                there are keys */
    link_table_t **links;    /* this process's, made at first use */
    ngx_str_t file; /* where sluice_cloudfront_key stands, for messages */
    ngx_uint_t line;
} ngx_http_sluice_cloudfront_srv_conf_t;


static ngx_uint_t ngx_http_sluice_cloudfront_find(ngx_http_request_t *r,
                                                  cloudfront_link_t *link,
                                                  ngx_uint_t *by_query);
static sluice_status_t
ngx_http_sluice_cloudfront_verify(ngx_http_sluice_cloudfront_srv_conf_t *scscf,
                                  cloudfront_t *cf, ngx_str_t *target,
                                  ngx_uint_t by_query);
static sluice_status_t
ngx_http_sluice_cloudfront_judge(ngx_http_request_t *r,
                                 ngx_http_sluice_cloudfront_srv_conf_t *scscf,
                                 cloudfront_t *cf, ngx_uint_t by_query);
static sluice_status_t
ngx_http_sluice_cloudfront_again(ngx_http_request_t *r,
                                 ngx_http_sluice_cloudfront_srv_conf_t *scscf);
static unsigned ngx_http_sluice_cloudfront_method(ngx_uint_t method);
static sluice_status_t ngx_http_sluice_cloudfront_clean(ngx_http_request_t *r);

static void *ngx_http_sluice_cloudfront_create_srv_conf(ngx_conf_t *cf);
static void ngx_http_sluice_cloudfront_links_cleanup(void *data);
static char *ngx_http_sluice_cloudfront_merge_srv_conf(ngx_conf_t *cf,
                                                       void *parent,
                                                       void *child);
static char *ngx_http_sluice_cloudfront_key(ngx_conf_t *cf, ngx_command_t *cmd,
                                            void *conf);
static ngx_int_t ngx_http_sluice_cloudfront_read(ngx_conf_t *cf,
                                                 ngx_str_t *name,
                                                 ngx_str_t *text);
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


ngx_uint_t
ngx_http_sluice_cloudfront_carried(ngx_http_request_t *r)
{
    ngx_uint_t by_query;
    cloudfront_link_t link;
    ngx_http_sluice_cloudfront_srv_conf_t *scscf;

    scscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_cloudfront_module);

    return scscf->keys && ngx_http_sluice_cloudfront_find(r, &link, &by_query);
}


/* The target as it came is what was signed, whatever was rewritten since. As
   at CloudFront a signed URL goes before cookies. */

static ngx_uint_t
ngx_http_sluice_cloudfront_find(ngx_http_request_t *r, cloudfront_link_t *link,
                                ngx_uint_t *by_query)
{
    u_char *query, *end;
    ngx_uint_t i;
    ngx_str_t value;

    static ngx_str_t cookies[CLOUDFRONT_PARTS] = {
        ngx_string("CloudFront-Expires"), ngx_string("CloudFront-Policy"),
        ngx_string("CloudFront-Signature"),
        ngx_string("CloudFront-Key-Pair-Id"),
        ngx_string("CloudFront-Hash-Algorithm")
    };

    end = r->unparsed_uri.data + r->unparsed_uri.len;
    query = ngx_strlchr(r->unparsed_uri.data, end, '?');

    *by_query = query
                && cloudfront_query((char *) query + 1,
                                    (size_t) (end - query - 1), link);

    if (*by_query) {
        return 1;
    }

    ngx_memzero(link, sizeof(cloudfront_link_t));

    if (!ngx_http_sluice_carrier_cookie(r, &cookies[CLOUDFRONT_SIGNATURE],
                                        &value)) {
        return 0;
    }

    for (i = 0; i < CLOUDFRONT_PARTS; i++) {
        if (ngx_http_sluice_carrier_cookie(r, &cookies[i], &value)) {
            link->part[i].data = (char *) value.data;
            link->part[i].len = value.len;
        }
    }

    return 1;
}


sluice_status_t
ngx_http_sluice_cloudfront_decide(ngx_http_request_t *r)
{
    cloudfront_t cf;
    ngx_uint_t by_query;
    sluice_status_t status;
    cloudfront_link_t link;
    ngx_http_sluice_cloudfront_srv_conf_t *scscf;

    scscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_cloudfront_module);

    if (scscf->keys == NULL
        || !ngx_http_sluice_cloudfront_find(r, &link, &by_query)) {
        return SLUICE_UNAUTHENTICATED;
    }

    if ((r->complex_uri || r->quoted_uri)
        && !ngx_http_sluice_carrier_canonical(r)) {
        return SLUICE_GRANT_PATH;
    }

    if (by_query) {
        status = ngx_http_sluice_cloudfront_again(r, scscf);

        if (status != SLUICE_UNAUTHENTICATED) {
            return status;
        }
    }

    status = cloudfront_parse(scscf->keys, &link, &cf);

    if (status == SLUICE_OK) {
        status = ngx_http_sluice_cloudfront_verify(scscf, &cf, &r->unparsed_uri,
                                                   by_query);
    }

    if (status == SLUICE_OK) {
        status = ngx_http_sluice_cloudfront_judge(r, scscf, &cf, by_query);
    }

    if (status != SLUICE_OK || !by_query) {
        return status;
    }

    if (*scscf->links && !cf.restricted) {
        link_table_put(*scscf->links, (char *) r->unparsed_uri.data,
                       r->unparsed_uri.len, cf.nbf, cf.exp);
    }

    return ngx_http_sluice_cloudfront_clean(r);
}


/* A signed URL that opened before, to any address: of its policy only the
   times can have changed their minds. SLUICE_UNAUTHENTICATED: not seen yet */

static sluice_status_t
ngx_http_sluice_cloudfront_again(ngx_http_request_t *r,
                                 ngx_http_sluice_cloudfront_srv_conf_t *scscf)
{
    int64_t nbf, exp;

    if (*scscf->links == NULL) {
        *scscf->links = link_table_create(NGX_HTTP_SLUICE_CLOUDFRONT_LINKS);
    }

    if (*scscf->links == NULL
        || !link_table_find(*scscf->links, (char *) r->unparsed_uri.data,
                            r->unparsed_uri.len, &nbf, &exp)) {
        return SLUICE_UNAUTHENTICATED;
    }

    return ngx_time() >= exp  ? SLUICE_GRANT_EXPIRED
           : ngx_time() < nbf ? SLUICE_GRANT_NOT_YET
           : ngx_http_sluice_cloudfront_method(r->method) == 0
               ? SLUICE_GRANT_METHOD
               : ngx_http_sluice_cloudfront_clean(r);
}


/*
 * A canned policy is signed for one of the origins: first each is looked up
 * among those that were verified before, which costs a digest, and only then
 * each is verified.
 */

static sluice_status_t
ngx_http_sluice_cloudfront_verify(ngx_http_sluice_cloudfront_srv_conf_t *scscf,
                                  cloudfront_t *cf, ngx_str_t *target,
                                  ngx_uint_t by_query)
{
    char url[CLOUDFRONT_URL_MAX];
    u_char digest[CLOUDFRONT_DIGEST_SIZE];
    ssize_t len;
    ngx_str_t *origin;
    ngx_uint_t i, n, seen;
    sluice_status_t status;

    origin = scscf->origins->elts;
    n = cf->canned ? scscf->origins->nelts : 1;

    for (i = 0; i < 2 * n; i++) {
        seen = (i < n);

        if (cf->canned) {
            len = cloudfront_url(url, (char *) origin[i % n].data,
                                 origin[i % n].len, (char *) target->data,
                                 target->len, by_query);
            if (len == -1) {
                return SLUICE_GRANT_INVALID;
            }

            cloudfront_canned(cf, url, (size_t) len);
        }

        if (cloudfront_digest(cf, digest) != 0) {
            return SLUICE_INTERNAL;
        }

        if (seen ? !ngx_http_sluice_zone_verified(digest)
                 : !cloudfront_check(cf)) {
            continue;
        }

        status = cloudfront_policy(cf);

        if (!seen && status == SLUICE_OK && cf->exp > ngx_time()) {
            ngx_http_sluice_zone_remember(digest, (time_t) cf->exp);
        }

        return status;
    }

    return SLUICE_GRANT_INVALID;
}


/* A custom policy may be for any of the origins. */

static sluice_status_t
ngx_http_sluice_cloudfront_judge(ngx_http_request_t *r,
                                 ngx_http_sluice_cloudfront_srv_conf_t *scscf,
                                 cloudfront_t *cf, ngx_uint_t by_query)
{
    char url[CLOUDFRONT_URL_MAX];
    u_char address[CIDR_SIZE], *client;
    ssize_t len;
    ngx_str_t *origin;
    ngx_uint_t i;
    sluice_status_t status;

    origin = scscf->origins->elts;
    status = SLUICE_GRANT_PATH;

    client = cf->restricted
                     && cidr_address(r->connection->sockaddr, address) == 0
                 ? address
                 : NULL;

    for (i = 0; i < scscf->origins->nelts && status == SLUICE_GRANT_PATH; i++) {
        len = cloudfront_url(url, (char *) origin[i].data, origin[i].len,
                             (char *) r->unparsed_uri.data, r->unparsed_uri.len,
                             by_query);
        if (len == -1) {
            return SLUICE_GRANT_PATH;
        }

        status = cloudfront_decide(cf, url, (size_t) len,
                                   ngx_http_sluice_cloudfront_method(r->method),
                                   client, ngx_time());
    }

    return status;
}


static unsigned
ngx_http_sluice_cloudfront_method(ngx_uint_t method)
{
    return method == NGX_HTTP_GET       ? GRANT_GET
           : method == NGX_HTTP_HEAD    ? GRANT_HEAD
           : method == NGX_HTTP_OPTIONS ? GRANT_OPTIONS
                                        : 0;
}


/* What stands behind the gate does not see the link: neither at CloudFront. */

static sluice_status_t
ngx_http_sluice_cloudfront_clean(ngx_http_request_t *r)
{
    size_t len;
    u_char *args;

    if (r->args.len == 0) {
        return SLUICE_OK;
    }

    args = ngx_pnalloc(r->pool, r->args.len);
    if (args == NULL) {
        return SLUICE_INTERNAL;
    }

    len = cloudfront_own_query((char *) args, (char *) r->args.data,
                               r->args.len);

    if (len != r->args.len) {
        r->args.data = args;
        r->args.len = len;
        r->valid_unparsed_uri = 0;
    }

    return SLUICE_OK;
}


/* configuration */

static void *
ngx_http_sluice_cloudfront_create_srv_conf(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t *cln;
    ngx_http_sluice_cloudfront_srv_conf_t *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_cloudfront_srv_conf_t));
    cln = ngx_pool_cleanup_add(cf->pool, sizeof(link_table_t *));

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
    link_table_t **links = data;

    link_table_free(*links);
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

    char error[NGX_MAX_CONF_ERRSTR];
    ngx_str_t *value, pem;
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

    if (ngx_conf_full_name(cf->cycle, &value[2], 1) != NGX_OK
        || ngx_http_sluice_cloudfront_read(cf, &value[2], &pem) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (cloudfront_keys_add(scscf->keys, (char *) value[1].data,
                            (char *) pem.data, pem.len, error, sizeof(error))
        != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "CloudFront key \"%V\" from \"%V\": %s; write the "
                           "Key-Pair-Id and the file with the public key that "
                           "CloudFront has under it",
                           &value[1], &value[2], error);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_sluice_cloudfront_read(ngx_conf_t *cf, ngx_str_t *name,
                                ngx_str_t *text)
{
    ssize_t n;
    ngx_fd_t fd;

    text->data = ngx_pnalloc(cf->temp_pool, NGX_HTTP_SLUICE_CLOUDFRONT_PEM);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, text->data, NGX_HTTP_SLUICE_CLOUDFRONT_PEM);

    if (n == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_read_fd_n " \"%V\" failed", name);
    }

    (void) ngx_close_file(fd);

    text->len = (size_t) n;

    return n == -1 ? NGX_ERROR : NGX_OK;
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
