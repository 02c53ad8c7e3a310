/*
 * sluice_issuer: whose tokens are taken besides ours, and their key sets. The
 * worker writes the files; each nginx process looks at them once a second and
 * keeps the last good set.
 */

#include "ngx_http_sluice_issuer.h"

#include "ngx_module/bridge/ngx_sluice_event.h"
#include "core/base/text.h"
#include "core/grant/grant.h"
#include "core/grant/issuer.h"
#include "core/jose/jwk.h"


#define NGX_HTTP_SLUICE_ISSUER_EVERY 1000 /* ms between two looks */

/* s; RFC 7519, 4.1.5: "usually no more than a few minutes" */
#define NGX_HTTP_SLUICE_ISSUER_LEEWAY 60
#define NGX_HTTP_SLUICE_ISSUER_LEEWAY_MAX 600


/* A parameter of the directive, and where its text goes. */

typedef struct {
    ngx_str_t name; /* with '=' */
    size_t offset;  /* in issuer_t, a text there but for leeway; (size_t) -1:
                       the file */
} ngx_http_sluice_issuer_param_t;


static ngx_int_t ngx_http_sluice_issuer_process(ngx_cycle_t *cycle);
static void ngx_http_sluice_issuer_tick(ngx_event_t *ev);
static void ngx_http_sluice_issuer_look(ngx_http_sluice_issuer_t *issuer,
                                        ngx_log_t *log);
static void ngx_http_sluice_issuer_stamp(ngx_file_info_t *fi,
                                         ngx_http_sluice_issuer_stamp_t *stamp);
static void *ngx_http_sluice_issuer_create_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_issuer_merge_conf(ngx_conf_t *cf, void *parent,
                                               void *child);
static char *ngx_http_sluice_issuer(ngx_conf_t *cf, ngx_command_t *cmd,
                                    void *conf);
static ngx_int_t ngx_http_sluice_issuer_url(ngx_conf_t *cf, ngx_str_t *url);
static ngx_int_t ngx_http_sluice_issuer_param(ngx_conf_t *cf, ngx_str_t *value,
                                              ngx_http_sluice_issuer_t *issuer);
static ngx_int_t
ngx_http_sluice_issuer_complete(ngx_conf_t *cf,
                                ngx_http_sluice_issuer_t *issuer);
static ngx_int_t ngx_http_sluice_issuer_read(ngx_conf_t *cf,
                                             ngx_http_sluice_issuer_t *issuer);
static void ngx_http_sluice_issuer_cleanup(void *data);
static ngx_int_t ngx_http_sluice_issuer_add(ngx_conf_t *cf, ngx_array_t **array,
                                            ngx_http_sluice_issuer_t *issuer);


static ngx_command_t ngx_http_sluice_issuer_commands[] = {

    { ngx_string("sluice_issuer"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
      ngx_http_sluice_issuer, NGX_HTTP_SRV_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_issuer_module_ctx = {
    NULL, /* preconfiguration */
    NULL, /* postconfiguration */

    ngx_http_sluice_issuer_create_conf, /* create main configuration */
    NULL,                               /* init main configuration */

    ngx_http_sluice_issuer_create_conf, /* create server configuration */
    ngx_http_sluice_issuer_merge_conf,  /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_issuer_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_issuer_module_ctx, /* module context */
    ngx_http_sluice_issuer_commands,    /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    ngx_http_sluice_issuer_process,     /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    NULL,                               /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_sluice_issuer_param_t ngx_http_sluice_issuer_params[] = {
    { ngx_string("jwks="), (size_t) -1 },
    { ngx_string("audience="), offsetof(issuer_t, audience) },
    { ngx_string("roles_claim="), offsetof(issuer_t, roles_claim) },
    { ngx_string("admin="), offsetof(issuer_t, admin) },
    { ngx_string("editor="), offsetof(issuer_t, editor) },
    { ngx_string("signer="), offsetof(issuer_t, signer) },
    { ngx_string("leeway="), offsetof(issuer_t, leeway) },
    { ngx_null_string, 0 }
};


/* this process's */

static ngx_event_t ngx_http_sluice_issuer_timer;
static uint64_t ngx_http_sluice_issuer_sets;


uint64_t
ngx_http_sluice_issuer_generation(void)
{
    return ngx_http_sluice_issuer_sets;
}


/* key sets while serving */

static ngx_int_t
ngx_http_sluice_issuer_process(ngx_cycle_t *cycle)
{
    ngx_event_t *ev;
    ngx_http_sluice_issuer_conf_t *imcf;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE) {
        return NGX_OK;
    }

    imcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_sluice_issuer_module);

    if (imcf == NULL || imcf->issuers == NULL) {
        return NGX_OK;
    }

    ev = &ngx_http_sluice_issuer_timer;
    ngx_sluice_event_timer(ev, ngx_http_sluice_issuer_tick);
    ev->cancelable = 1;

    ngx_add_timer(ev, NGX_HTTP_SLUICE_ISSUER_EVERY);

    return NGX_OK;
}


static void
ngx_http_sluice_issuer_tick(ngx_event_t *ev)
{
    ngx_uint_t i;
    ngx_cycle_t *cycle;
    ngx_http_sluice_issuer_t **issuer;
    ngx_http_sluice_issuer_conf_t *imcf;

    cycle = (ngx_cycle_t *) ngx_cycle;
    imcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_sluice_issuer_module);

    if (imcf && imcf->issuers) {
        issuer = imcf->issuers->elts;

        for (i = 0; i < imcf->issuers->nelts; i++) {
            ngx_http_sluice_issuer_look(issuer[i], cycle->log);
        }
    }

    ngx_add_timer(ev, NGX_HTTP_SLUICE_ISSUER_EVERY);
}


static void
ngx_http_sluice_issuer_left_out(ngx_http_sluice_issuer_t *issuer,
                                ngx_log_t *log)
{
    ngx_uint_t i;
    const char *why;

    for (i = 0; (why = jwk_set_left_out(issuer->keys->set, i)) != NULL; i++) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "issuer \"%s\": key set \"%V\": %s; it is left out",
                      issuer->rules.url, &issuer->file, why);
    }
}


/* A file that has not changed since it was refused is not told of again. */

static void
ngx_http_sluice_issuer_look(ngx_http_sluice_issuer_t *issuer, ngx_log_t *log)
{
    char error[NGX_MAX_CONF_ERRSTR];
    jwk_set_t *set;
    ngx_file_info_t fi;
    ngx_http_sluice_issuer_keys_t *keys;
    ngx_http_sluice_issuer_stamp_t stamp;

    keys = issuer->keys;

    if (ngx_file_info(issuer->file.data, &fi) == NGX_FILE_ERROR) {

        if (!keys->missing) {
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                          "issuer \"%s\": " ngx_file_info_n
                          " \"%V\" failed; its last keys are kept",
                          issuer->rules.url, &issuer->file);
            keys->missing = 1;
        }

        return;
    }

    ngx_http_sluice_issuer_stamp(&fi, &stamp);

    if (!keys->missing
        && ngx_memcmp(&stamp, &keys->stamp, sizeof(stamp)) == 0) {
        return;
    }

    keys->missing = 0;
    keys->stamp = stamp;

    set = jwk_set_read((char *) issuer->file.data, JWK_PUBLIC, error,
                       sizeof(error));
    if (set == NULL) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "issuer \"%s\": key set \"%V\": %s; its last keys are "
                      "kept",
                      issuer->rules.url, &issuer->file, error);
        return;
    }

    jwk_set_free(keys->set);
    keys->set = set;
    ngx_http_sluice_issuer_sets++;

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "issuer \"%s\": key set \"%V\" was read anew",
                  issuer->rules.url, &issuer->file);

    ngx_http_sluice_issuer_left_out(issuer, log);
}


static void
ngx_http_sluice_issuer_stamp(ngx_file_info_t *fi,
                             ngx_http_sluice_issuer_stamp_t *stamp)
{
    /* compared byte by byte */
    ngx_memzero(stamp, sizeof(ngx_http_sluice_issuer_stamp_t));

    stamp->inode = fi->st_ino;
    stamp->size = fi->st_size;
    stamp->modified = fi->st_mtim;
    stamp->changed = fi->st_ctim;
}


/* configuration */

static void *
ngx_http_sluice_issuer_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_issuer_conf_t));
}


static char *
ngx_http_sluice_issuer_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_sluice_issuer_conf_t *prev = parent;
    ngx_http_sluice_issuer_conf_t *conf = child;

    if (conf->issuers == NULL) {
        conf->issuers = prev->issuers;
    }

    return NGX_CONF_OK;
}


/* The one of this URL and signer; NULL: none, as where there are none at all */

static ngx_http_sluice_issuer_t *
ngx_http_sluice_issuer_find(ngx_array_t *issuers, const issuer_t *rules)
{
    ngx_uint_t i;
    const char *signer;
    ngx_http_sluice_issuer_t **issuer;

    issuer = issuers ? issuers->elts : NULL;

    for (i = 0; issuer && i < issuers->nelts; i++) {
        signer = issuer[i]->rules.signer;

        if (ngx_strcmp(issuer[i]->rules.url, rules->url) == 0
            && (signer && rules->signer ? ngx_strcmp(signer, rules->signer) == 0
                                        : signer == rules->signer)) {
            return issuer[i];
        }
    }

    return NULL;
}


static char *
ngx_http_sluice_issuer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_issuer_conf_t *iscf = conf;

    ngx_str_t *value;
    ngx_uint_t i;
    ngx_pool_cleanup_t *cln;
    ngx_http_sluice_issuer_t *issuer;
    ngx_http_sluice_issuer_conf_t *imcf;

    issuer = ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_issuer_t));
    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_http_sluice_issuer_keys_t));

    if (issuer == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    issuer->keys = cln->data;
    ngx_memzero(issuer->keys, sizeof(ngx_http_sluice_issuer_keys_t));
    cln->handler = ngx_http_sluice_issuer_cleanup;

    value = cf->args->elts;
    issuer->rules.url = (char *) value[1].data;
    issuer->rules.leeway = NGX_HTTP_SLUICE_ISSUER_LEEWAY;

    if (ngx_http_sluice_issuer_url(cf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_sluice_issuer_param(cf, &value[i], issuer) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_sluice_issuer_find(iscf->issuers, &issuer->rules)) {
        return "is duplicate: an issuer stands once, or once for each signer";
    }

    imcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_sluice_issuer_module);

    if (ngx_http_sluice_issuer_complete(cf, issuer) != NGX_OK
        || ngx_http_sluice_issuer_read(cf, issuer) != NGX_OK
        || ngx_http_sluice_issuer_add(cf, &iscf->issuers, issuer) != NGX_OK
        || ngx_http_sluice_issuer_add(cf, &imcf->issuers, issuer) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_sluice_issuer_url(ngx_conf_t *cf, ngx_str_t *url)
{
    size_t scheme;

    scheme = ngx_strncmp(url->data, "https://", 8) == 0  ? 8
             : ngx_strncmp(url->data, "http://", 7) == 0 ? 7
                                                         : 0;

    if (scheme && url->len > scheme && url->data[scheme] != '/'
        && url->len <= ISSUER_URL_MAX
        && text_is_plain((char *) url->data, url->len)) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid URL \"%V\" of \"sluice_issuer\": write what "
                       "its tokens have in \"iss\", e.g. "
                       "https://id.example.org/realms/media",
                       url);
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_sluice_issuer_leeway(ngx_conf_t *cf, ngx_str_t *value, ngx_str_t *time,
                              ngx_http_sluice_issuer_t *issuer)
{
    ngx_int_t leeway;

    leeway = ngx_parse_time(time, 1);

    if (leeway == NGX_ERROR || leeway > NGX_HTTP_SLUICE_ISSUER_LEEWAY_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of \"sluice_issuer\": "
                           "write how far the issuer's clock may go before "
                           "ours, 0s to 10m",
                           value);
        return NGX_ERROR;
    }

    issuer->rules.leeway = leeway;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_issuer_param(ngx_conf_t *cf, ngx_str_t *value,
                             ngx_http_sluice_issuer_t *issuer)
{
    const char **text;
    ngx_str_t rest;
    ngx_http_sluice_issuer_param_t *param;

    for (param = ngx_http_sluice_issuer_params; param->name.len; param++) {
        if (ngx_strncmp(value->data, param->name.data, param->name.len) == 0) {
            break;
        }
    }

    rest.data = value->data + param->name.len;
    rest.len = value->len - param->name.len;

    if (param->name.len == 0 || rest.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of \"sluice_issuer\": "
                           "write jwks=<file>, audience=<audience>, "
                           "roles_claim=<claim>, admin=<group>, "
                           "editor=<group>, signer=<load balancer's ARN> or "
                           "leeway=<time>, e.g. 60s",
                           value);
        return NGX_ERROR;
    }

    if (param->offset == offsetof(issuer_t, leeway)) {
        return ngx_http_sluice_issuer_leeway(cf, value, &rest, issuer);
    }

    if (param->offset == (size_t) -1) {
        if (issuer->file.len) {
            goto duplicate;
        }

        issuer->file = rest;
        return ngx_conf_full_name(cf->cycle, &issuer->file, 1);
    }

    text = (const char **) ((u_char *) &issuer->rules + param->offset);

    if (*text) {
        goto duplicate;
    }

    *text = (char *) rest.data;

    return NGX_OK;

duplicate:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "duplicate parameter \"%V\" of \"sluice_issuer\"",
                       value);
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_sluice_issuer_complete(ngx_conf_t *cf,
                                ngx_http_sluice_issuer_t *issuer)
{
    issuer_t *rules = &issuer->rules;

    if (issuer->file.len == 0 || rules->audience == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"sluice_issuer\" needs %s",
                           issuer->file.len == 0
                               ? "jwks=<file>, where sluice-worker writes the "
                                 "issuer's key set"
                               : "audience=<audience>, what its tokens have in "
                                 "\"aud\" (Cognito's in \"client_id\")");
        return NGX_ERROR;
    }

    if (rules->signer
        && (ngx_strncmp(rules->signer, "arn:", 4) != 0
            || !text_is_plain(rules->signer, ngx_strlen(rules->signer)))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"signer=%s\" of "
                           "\"sluice_issuer\": write the load balancer's ARN, "
                           "arn:aws:elasticloadbalancing:...",
                           rules->signer);
        return NGX_ERROR;
    }

    rules->roles_claim = rules->roles_claim ? rules->roles_claim
                                            : "cognito:groups";
    rules->admin = rules->admin ? rules->admin : "admin";
    rules->editor = rules->editor ? rules->editor : "editor";

    return NGX_OK;
}


/* The file may come later; but one that is there and wrong stops a start, and
   lets a reload go on with what there was. */

static ngx_int_t
ngx_http_sluice_issuer_read(ngx_conf_t *cf, ngx_http_sluice_issuer_t *issuer)
{
    char error[NGX_MAX_CONF_ERRSTR];
    ngx_file_info_t fi;
    ngx_http_sluice_issuer_keys_t *keys = issuer->keys;

    if (ngx_file_info(issuer->file.data, &fi) == NGX_FILE_ERROR) {

        if (ngx_errno != NGX_ENOENT) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               ngx_file_info_n
                               " \"%V\" of \"sluice_issuer\" failed",
                               &issuer->file);
            return NGX_ERROR;
        }

        ngx_conf_log_error(NGX_LOG_WARN, cf, ngx_errno,
                           "key set \"%V\" of \"sluice_issuer\" is not there "
                           "yet: until it is, tokens of \"%s\" are refused",
                           &issuer->file, issuer->rules.url);
        keys->missing = 1;
        return NGX_OK;
    }

    ngx_http_sluice_issuer_stamp(&fi, &keys->stamp);

    keys->set = jwk_set_read((char *) issuer->file.data, JWK_PUBLIC, error,
                             sizeof(error));
    if (keys->set == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "key set \"%V\" of \"sluice_issuer\": %s",
                           &issuer->file, error);
        return NGX_ERROR;
    }

    ngx_http_sluice_issuer_left_out(issuer, cf->log);

    return NGX_OK;
}


static void
ngx_http_sluice_issuer_cleanup(void *data)
{
    ngx_http_sluice_issuer_keys_t *keys = data;

    jwk_set_free(keys->set);
}


static ngx_int_t
ngx_http_sluice_issuer_add(ngx_conf_t *cf, ngx_array_t **array,
                           ngx_http_sluice_issuer_t *issuer)
{
    ngx_http_sluice_issuer_t **place;

    if (*array == NULL) {
        *array = ngx_array_create(cf->pool, 2,
                                  sizeof(ngx_http_sluice_issuer_t *));
    }

    place = *array ? ngx_array_push(*array) : NULL;
    if (place == NULL) {
        return NGX_ERROR;
    }

    *place = issuer;

    return NGX_OK;
}
