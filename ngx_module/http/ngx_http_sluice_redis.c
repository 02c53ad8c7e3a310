#include "ngx_http_sluice_redis.h"


typedef struct {
    ngx_http_request_t *request;
    ngx_http_cleanup_t *cleanup;
    ngx_sluice_redis_command_t *command;
    ngx_http_sluice_reply_pt handler;
    void *data;
} ngx_http_sluice_command_t;


static void
ngx_http_sluice_redis_done(void *data, sluice_status_t status, ngx_str_t *text)
{
    ngx_connection_t *c;
    ngx_http_request_t *r;
    ngx_http_sluice_command_t *command = data;

    r = command->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    command->cleanup->handler = NULL;
    r->read_event_handler = ngx_http_block_reading;

    command->handler(r, command->data, status, text);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sluice_redis_cleanup(void *data)
{
    ngx_http_sluice_command_t *command = data;

    ngx_sluice_redis_cancel(command->command);
}


sluice_status_t
ngx_http_sluice_redis(ngx_http_request_t *r, ngx_uint_t argc,
                      const ngx_str_t *argv, ngx_http_sluice_reply_pt handler,
                      void *data)
{
    sluice_status_t status;
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_command_t *command;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (smcf->redis == NULL) {
        return SLUICE_REDIS_AWAY;
    }

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_sluice_command_t));
    if (cln == NULL) {
        return SLUICE_INTERNAL;
    }

    command = cln->data;
    command->request = r;
    command->cleanup = cln;
    command->handler = handler;
    command->data = data;

    status = ngx_sluice_redis_command(smcf->redis, argc, argv,
                                      ngx_http_sluice_redis_done, command,
                                      &command->command);
    if (status != SLUICE_OK) {
        return status;
    }

    cln->handler = ngx_http_sluice_redis_cleanup;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    return SLUICE_OK;
}
