/*
 * Every upload under way has a row, so that what it may bring counts before a
 * byte is reserved. One that nobody can come back for is held: by a lease, that
 * the request renews for as long as it lasts. Where nginx dies, the lease ends,
 * and the job `expire` takes row and file.
 */

#include "ngx_http_sluice_hold.h"

#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_whose.h"

#include <jansson.h>


#define NGX_HTTP_SLUICE_HOLD_EVERY_MIN 1000 /* ms */


static ngx_sluice_pg_statement_t ngx_http_sluice_hold_drop = {
    "drop_upload",
    "select status, body from api.drop_upload($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_KEEP
};

/* Whose client left before the record answered has no row. */

static ngx_sluice_pg_undone_t ngx_http_sluice_hold_undone = {
    { "hold_upload",
      "select status, body from api.hold_upload($1::uuid, $2::jsonb)", 2,
      NGX_SLUICE_PG_UNDO },
    &ngx_http_sluice_hold_drop
};

static ngx_sluice_pg_statement_t ngx_http_sluice_hold_renewal = {
    "renew_upload",
    "select status, body from api.renew_upload($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_KEEP
};


/* Nobody waits for it: what is not heard ends with the lease. */

static void
ngx_http_sluice_hold_tell(ngx_http_sluice_hold_t *hold,
                          const ngx_sluice_pg_statement_t *statement)
{
    u_char args[sizeof("{\"id\": \"\"}") + UUID_TEXT_LEN];
    ngx_str_t params[2];
    ngx_sluice_pg_query_t *query;

    params[0].data = (u_char *) hold->actor;
    params[0].len = UUID_TEXT_LEN;
    params[1].data = args;
    params[1].len = (size_t) (ngx_sprintf(args, "{\"id\": \"%s\"}", hold->id)
                              - args);

    (void) ngx_sluice_pg_query(hold->database,
                               ngx_http_sluice_whose_user(hold->actor),
                               statement, params, NULL, NULL, &query);
}


void
ngx_http_sluice_hold_end(ngx_http_sluice_hold_t *hold)
{
    hold->held = 0;

    if (hold->timer.timer_set) {
        ngx_del_timer(&hold->timer);
    }
}


static void
ngx_http_sluice_hold_cleanup(void *data)
{
    ngx_http_sluice_hold_t *hold = data;

    if (hold->held) {
        ngx_http_sluice_hold_end(hold);
        ngx_http_sluice_hold_tell(hold, &ngx_http_sluice_hold_drop);
    }
}


ngx_int_t
ngx_http_sluice_hold(ngx_http_request_t *r, ngx_http_sluice_hold_t *hold,
                     const char *id, json_t *args,
                     ngx_http_sluice_row_pt handler, void *data)
{
    ngx_int_t rc;
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_main_conf_t *smcf;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        json_decref(args);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    hold->database = smcf->database;
    ngx_memcpy(hold->actor, ngx_http_sluice_gate_access(r)->sub,
               UUID_TEXT_SIZE);
    ngx_memcpy(hold->id, id, UUID_TEXT_SIZE);

    cln->handler = ngx_http_sluice_hold_cleanup;
    cln->data = hold;

    rc = ngx_http_sluice_call(r, &ngx_http_sluice_hold_undone.statement,
                              hold->actor, args, handler, data);

    /* from now on there may be a row, whatever becomes of the client */
    hold->held = (rc == NGX_DONE);

    return rc;
}


static void
ngx_http_sluice_hold_due(ngx_event_t *ev)
{
    ngx_http_sluice_hold_t *hold = ev->data;

    ngx_http_sluice_hold_tell(hold, &ngx_http_sluice_hold_renewal);
    ngx_add_timer(ev, hold->every);
}


void
ngx_http_sluice_hold_renew(ngx_http_sluice_hold_t *hold, const json_t *body)
{
    hold->every =
        (ngx_msec_t) json_integer_value(json_object_get(body, "renew")) * 1000;
    hold->every = ngx_max(hold->every, NGX_HTTP_SLUICE_HOLD_EVERY_MIN);

    hold->timer.handler = ngx_http_sluice_hold_due;
    hold->timer.data = hold;
    hold->timer.log = ngx_cycle->log;
    ngx_add_timer(&hold->timer, hold->every);
}
