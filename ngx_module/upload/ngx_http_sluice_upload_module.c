/* The directive "sluice_upload", and what answers where it stands. */

#include "ngx_http_sluice_receive.h"
#include "ngx_http_sluice_upload_conf.h"
#include "ngx_http_sluice_upload_lock.h"

#include "ngx_module/cors/ngx_http_sluice_cors.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "ngx_module/store/ngx_http_sluice_store.h"


#define NGX_HTTP_SLUICE_UPLOAD_BUFFER (448 * 1024) /* each upload has two */
#define NGX_HTTP_SLUICE_UPLOAD_KEEP_FREE (1024 * 1024 * 1024)


typedef struct {
    ngx_array_t places; /* of ngx_sluice_spool_place_t * */
} ngx_http_sluice_upload_main_conf_t;


static ngx_int_t ngx_http_sluice_upload_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_sluice_upload_init_process(ngx_cycle_t *cycle);
static void ngx_http_sluice_upload_exit_process(ngx_cycle_t *cycle);
static void *ngx_http_sluice_upload_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_sluice_upload_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_upload_merge_loc_conf(ngx_conf_t *cf, void *parent,
                                                   void *child);
static char *ngx_http_sluice_upload(ngx_conf_t *cf, ngx_command_t *cmd,
                                    void *conf);
static off_t ngx_http_sluice_upload_param(ngx_str_t *value, const char *name);


static ngx_command_t ngx_http_sluice_upload_commands[] = {

    { ngx_string("sluice_upload"), NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1234,
      ngx_http_sluice_upload, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_upload_module_ctx = {
    NULL, /* preconfiguration */
    NULL, /* postconfiguration */

    ngx_http_sluice_upload_create_main_conf, /* create main configuration */
    NULL,                                    /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    ngx_http_sluice_upload_create_loc_conf, /* create location configuration */
    ngx_http_sluice_upload_merge_loc_conf   /* merge location configuration */
};


ngx_module_t ngx_http_sluice_upload_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_upload_module_ctx,  /* module context */
    ngx_http_sluice_upload_commands,     /* module directives */
    NGX_HTTP_MODULE,                     /* module type */
    NULL,                                /* init master */
    ngx_http_sluice_upload_init_module,  /* init module */
    ngx_http_sluice_upload_init_process, /* init process */
    NULL,                                /* init thread */
    NULL,                                /* exit thread */
    ngx_http_sluice_upload_exit_process, /* exit process */
    NULL,                                /* exit master */
    NGX_MODULE_V1_PADDING
};


/* processes */

/* In the master, which may wait for a disk. */

static ngx_int_t
ngx_http_sluice_upload_init_module(ngx_cycle_t *cycle)
{
    ngx_http_sluice_upload_main_conf_t *umcf;

    if (ngx_http_sluice_store_has_bucket(cycle) && !ngx_test_config) {
        umcf = ngx_http_cycle_get_module_main_conf(
            cycle, ngx_http_sluice_upload_module);

        ngx_sluice_spool_nodes(umcf->places.elts, umcf->places.nelts,
                               cycle->log);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_upload_init_process(ngx_cycle_t *cycle)
{
    ngx_http_sluice_main_conf_t *smcf;
    ngx_http_sluice_upload_main_conf_t *umcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_sluice_module);

    if (smcf && smcf->uploads
        && (ngx_process == NGX_PROCESS_WORKER
            || ngx_process == NGX_PROCESS_SINGLE)) {
        umcf = ngx_http_cycle_get_module_main_conf(
            cycle, ngx_http_sluice_upload_module);

        ngx_sluice_spool_accounts(umcf->places.elts, umcf->places.nelts);
        ngx_http_sluice_receive_init(cycle->log);
        ngx_http_sluice_upload_lock_listen(smcf->redis_listen);
    }

    return NGX_OK;
}


static void
ngx_http_sluice_upload_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_sluice_receive_end();
    ngx_http_sluice_upload_lock_end();
    ngx_sluice_spool_clear_end();
    ngx_sluice_spool_end();
}


/* configuration */

static void *
ngx_http_sluice_upload_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_sluice_upload_main_conf_t *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_upload_main_conf_t));

    if (conf == NULL
        || ngx_array_init(&conf->places, cf->pool, 4,
                          sizeof(ngx_sluice_spool_place_t *))
               != NGX_OK) {
        return NULL;
    }

    return conf;
}


static void *
ngx_http_sluice_upload_create_loc_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_upload_loc_conf_t));
}


static char *
ngx_http_sluice_upload_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_sluice_upload_loc_conf_t *prev = parent;
    ngx_http_sluice_upload_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* "if" and "limit_except" are the same location under another condition */

    if (clcf->noname && conf->spool.len == 0) {
        *conf = *prev;
    }

    if (conf->spool.len) {
        ngx_http_sluice_cors_serves(cf, NGX_HTTP_SLUICE_CORS_UPLOAD);
    }

    /* nginx's default makes a thread hop of every 8 KiB */

    if (conf->spool.len
        && clcf->client_body_buffer_size == 2 * (size_t) ngx_pagesize) {
        clcf->client_body_buffer_size = NGX_HTTP_SLUICE_UPLOAD_BUFFER;
    }

    return NGX_CONF_OK;
}


static ngx_sluice_spool_place_t *
ngx_http_sluice_upload_place(ngx_conf_t *cf)
{
    ngx_sluice_spool_place_t *place, **slot;
    ngx_http_sluice_upload_main_conf_t *umcf;

    umcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_sluice_upload_module);

    place = ngx_pcalloc(cf->pool, sizeof(ngx_sluice_spool_place_t));
    slot = ngx_array_push(&umcf->places);

    if (place == NULL || slot == NULL) {
        return NULL;
    }

    place->keep_free = NGX_HTTP_SLUICE_UPLOAD_KEEP_FREE;
    *slot = place;

    return place;
}


/* One that is not there yet may come before the first upload does. */

static ngx_int_t
ngx_http_sluice_upload_folder(ngx_conf_t *cf, ngx_str_t *folder)
{
    ngx_file_info_t info;

    if (folder->data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"sluice_upload\" takes the folder's whole path, "
                           "as the worker's \"spool\" does: \"%V\" does not "
                           "begin with a slash",
                           folder);
        return NGX_ERROR;
    }

    if (ngx_file_info(folder->data, &info) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, ngx_errno,
                           "\"sluice_upload\" will fail until there is the "
                           "folder \"%V\"",
                           folder);
        return NGX_OK;
    }

    if (!ngx_is_dir(&info)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" of \"sluice_upload\" is no folder", folder);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Where that is which tus tells of: NGX_OK, or NGX_ERROR. */

static ngx_int_t
ngx_http_sluice_upload_ack(ngx_str_t *value, ngx_uint_t *store)
{
    static const ngx_str_t name = ngx_string("ack=");

    if (ngx_strncmp(value->data, name.data, name.len) != 0) {
        return NGX_ERROR;
    }

    *store = ngx_strcmp(value->data + name.len, "store") == 0;

    return *store || ngx_strcmp(value->data + name.len, "disk") == 0
               ? NGX_OK
               : NGX_ERROR;
}


static ngx_int_t
ngx_http_sluice_upload_params(ngx_conf_t *cf,
                              ngx_http_sluice_upload_loc_conf_t *ulcf)
{
    off_t size;
    ngx_str_t *value = cf->args->elts;
    ngx_uint_t i;

    for (i = 2; i < cf->args->nelts; i++) {
        size = ngx_http_sluice_upload_param(&value[i], "max_size=");

        if (size != NGX_ERROR) {
            ulcf->max_size = size;
            continue;
        }

        size = ngx_http_sluice_upload_param(&value[i], "keep_free=");

        if (size != NGX_ERROR) {
            ulcf->place->keep_free = size;
            continue;
        }

        if (ngx_http_sluice_upload_ack(&value[i], &ulcf->ack_store) == NGX_OK) {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of \"sluice_upload\": "
                           "write max_size=<size>, e.g. max_size=20g, "
                           "keep_free=<size>, e.g. keep_free=1g, or "
                           "ack=disk, or ack=store",
                           &value[i]);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static char *
ngx_http_sluice_upload(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_upload_loc_conf_t *ulcf = conf;

    ngx_str_t *value = cf->args->elts;
    ngx_http_sluice_main_conf_t *smcf;

    if (ulcf->spool.len) {
        return "is duplicate";
    }

    ulcf->place = ngx_http_sluice_upload_place(cf);
    if (ulcf->place == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_sluice_upload_params(cf, ulcf) != NGX_OK
        || ngx_http_sluice_upload_folder(cf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ulcf->spool = value[1];
    ulcf->place->folder = value[1];
    ulcf->place->account = (const char *) value[1].data;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_module);

    if (smcf->database == NULL) {
        return NGX_HTTP_SLUICE_NEEDS_DATABASE;
    }

    smcf->uploads = 1;

    ulcf->file = cf->conf_file->file.name;
    ulcf->line = cf->conf_file->line;

    return NGX_CONF_OK;
}


/* What stands behind the name, or NGX_ERROR */

static off_t
ngx_http_sluice_upload_param(ngx_str_t *value, const char *name)
{
    size_t len;
    ngx_str_t size;

    len = ngx_strlen(name);

    if (value->len <= len || ngx_strncmp(value->data, name, len) != 0) {
        return NGX_ERROR;
    }

    size.data = value->data + len;
    size.len = value->len - len;

    return ngx_parse_offset(&size);
}
