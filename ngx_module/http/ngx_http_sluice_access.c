#include "ngx_http_sluice_access.h"


void
ngx_http_sluice_access_wait(ngx_http_request_t *r)
{
    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;
}


void
ngx_http_sluice_access_resume(ngx_http_request_t *r)
{
    ngx_connection_t *c;

    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    (void) ngx_http_post_request(r, NULL);
    ngx_http_run_posted_requests(c);
}
