/* For the load balancer: is the process alive, and can it do its work? */

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "core/base/status.h"


typedef struct {
    ngx_http_request_t *request;
    ngx_http_cleanup_t *cleanup;
    ngx_sluice_redis_command_t *ping;
} ngx_http_sluice_ready_t;


static char *ngx_http_sluice_health(ngx_conf_t *cf, ngx_command_t *cmd,
                                    void *conf);
static char *ngx_http_sluice_ready(ngx_conf_t *cf, ngx_command_t *cmd,
                                   void *conf);


static ngx_command_t ngx_http_sluice_health_commands[] = {

    { ngx_string("sluice_health"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
      ngx_http_sluice_health, 0, 0, NULL },

    { ngx_string("sluice_ready"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
      ngx_http_sluice_ready, 0, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_health_module_ctx = {
    NULL, /* preconfiguration */
    NULL, /* postconfiguration */

    NULL, /* create main configuration */
    NULL, /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_health_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_health_module_ctx, /* module context */
    ngx_http_sluice_health_commands,    /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    NULL,                               /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    NULL,                               /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_sluice_pg_statement_t ngx_http_sluice_ready_statement = { "ready",
                                                                     "select 1",
                                                                     0, 0 };


static ngx_int_t
ngx_http_sluice_health_handler(ngx_http_request_t *r)
{
    static ngx_str_t body = ngx_string("{\"status\":\"ok\"}");

    return ngx_http_sluice_json(r, NGX_HTTP_OK, &body);
}


static ngx_int_t
ngx_http_sluice_ready_answer(ngx_http_request_t *r, sluice_status_t redis)
{
    static ngx_str_t ready = ngx_string(
        "{\"status\":\"ready\",\"redis\":\"ok\"}");
    static ngx_str_t alone = ngx_string(
        "{\"status\":\"ready\",\"redis\":\"away\"}");

    return ngx_http_sluice_json(r, NGX_HTTP_OK,
                                redis == SLUICE_OK ? &ready : &alone);
}


static void
ngx_http_sluice_ready_pong(void *data, sluice_status_t status, ngx_str_t *text)
{
    ngx_connection_t *c;
    ngx_http_request_t *r;
    ngx_http_sluice_ready_t *ready = data;

    r = ready->request;
    c = r->connection;

    ready->cleanup->handler = NULL;

    ngx_http_sluice_finish(r, ngx_http_sluice_ready_answer(r, status));
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sluice_ready_cleanup(void *data)
{
    ngx_http_sluice_ready_t *ready = data;

    ngx_sluice_redis_cancel(ready->ping);
}


static ngx_int_t
ngx_http_sluice_ready_ping(ngx_http_request_t *r, ngx_sluice_redis_t *redis)
{
    ngx_str_t ping = ngx_string("PING");
    sluice_status_t status;
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_ready_t *ready;

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_sluice_ready_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ready = cln->data;
    ready->request = r;
    ready->cleanup = cln;

    status = ngx_sluice_redis_command(
        redis, 1, &ping, ngx_http_sluice_ready_pong, ready, &ready->ping);
    if (status != SLUICE_OK) {
        return ngx_http_sluice_ready_answer(r, status);
    }

    cln->handler = ngx_http_sluice_ready_cleanup;
    r->read_event_handler = ngx_http_test_reading;

    return NGX_DONE;
}


static void
ngx_http_sluice_ready_database(ngx_http_request_t *r, void *data,
                               const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;
    ngx_http_sluice_main_conf_t *smcf;

    if (result->status != SLUICE_OK) {
        rc = ngx_http_sluice_problem(r, SLUICE_DATABASE_AWAY, NULL, NULL);
        ngx_http_sluice_finish(r, rc);
        return;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    ngx_http_sluice_finish(r, smcf->redis
                                  ? ngx_http_sluice_ready_ping(r, smcf->redis)
                                  : ngx_http_sluice_ready_answer(r, SLUICE_OK));
}


/*
 * Ready means: the database answers. Without Redis uploads are still taken and
 * the worker finds its jobs in the database, so it is told but does not count.
 */

static ngx_int_t
ngx_http_sluice_ready_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    r->main->count++;

    ngx_http_sluice_finish(
        r, ngx_http_sluice_query(r, &ngx_http_sluice_ready_statement, NULL,
                                 ngx_http_sluice_ready_database, NULL));
    return NGX_DONE;
}


static char *
ngx_http_sluice_health(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_sluice_health_handler;

    return NGX_CONF_OK;
}


static char *
ngx_http_sluice_ready(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t *clcf;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_module);

    if (smcf->database == NULL) {
        return NGX_HTTP_SLUICE_NEEDS_DATABASE;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_sluice_ready_handler;

    return NGX_CONF_OK;
}
