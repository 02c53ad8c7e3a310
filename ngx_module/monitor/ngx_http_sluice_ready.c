#include "ngx_http_sluice_ready.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_drain.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/schema.h"
#include "core/base/status.h"


/* ms: less than a balancer waits, and than sluice_database's timeout is */
#define NGX_HTTP_SLUICE_READY_PATIENCE 2000


typedef struct {
    ngx_http_request_t *request;
    ngx_http_cleanup_t *cleanup;
    ngx_sluice_redis_command_t *role;
} ngx_http_sluice_ready_t;


static ngx_sluice_pg_statement_t ngx_http_sluice_ready_statement = {
    "ready",
    "select (pg_is_in_recovery() "
    "or "
    "current_setting('transaction_read_only')::boolean)::integer,"
    " " SCHEMA_APPLIED,
    0, NGX_SLUICE_PG_STOP
};


static ngx_int_t
ngx_http_sluice_ready_draining(ngx_http_request_t *r)
{
    return ngx_http_sluice_problem(r, SLUICE_DRAINING,
                                   "It is to leave: \"sluicectl node resume\" "
                                   "brings it back.",
                                   NULL);
}


ngx_int_t
ngx_http_sluice_ready_bytes_handler(ngx_http_request_t *r)
{
    static ngx_str_t body = ngx_string("{\"status\":\"ready\"}");

    if (ngx_http_sluice_leaves()) {
        return ngx_http_sluice_ready_draining(r);
    }

    return ngx_http_sluice_zone_known()
               ? ngx_http_sluice_json(r, NGX_HTTP_OK, &body)
               : ngx_http_sluice_problem(r, SLUICE_REVOCATIONS_UNKNOWN, NULL,
                                         NULL);
}


/* Redis does not count, so its trouble is told beside. */

static ngx_int_t
ngx_http_sluice_ready_answer(ngx_http_request_t *r, sluice_status_t redis)
{
    ngx_http_sluice_main_conf_t *smcf;

    static ngx_str_t ready = ngx_string(
        "{\"status\":\"ready\",\"redis\":\"ok\"}");
    static ngx_str_t alone = ngx_string(
        "{\"status\":\"ready\",\"redis\":\"away\",\"reasons\":["
        "\"Redis does not answer.\"]}");
    static ngx_str_t replica = ngx_string(
        "{\"status\":\"ready\",\"redis\":\"away\",\"reasons\":["
        "\"Redis takes no writes: it is a replica.\"]}");

    if (redis == SLUICE_OK) {
        return ngx_http_sluice_json(r, NGX_HTTP_OK, &ready);
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    return ngx_http_sluice_json(r, NGX_HTTP_OK,
                                ngx_sluice_redis_replica(smcf->redis) ? &replica
                                                                      : &alone);
}


static void
ngx_http_sluice_ready_role(void *data, sluice_status_t status, ngx_str_t *text)
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

    ngx_sluice_redis_cancel(ready->role);
}


static ngx_int_t
ngx_http_sluice_ready_redis(ngx_http_request_t *r, ngx_sluice_redis_t *redis)
{
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

    status = ngx_sluice_redis_role(redis, ngx_http_sluice_ready_role, ready,
                                   &ready->role);
    if (status != SLUICE_OK) {
        return ngx_http_sluice_ready_answer(r, status);
    }

    cln->handler = ngx_http_sluice_ready_cleanup;
    r->read_event_handler = ngx_http_test_reading;

    return NGX_DONE;
}


/* Why nothing came, or nothing could be asked. */

static const char *
ngx_http_sluice_ready_away(ngx_http_request_t *r, sluice_status_t status)
{
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (status != SLUICE_DATABASE_AWAY) {
        return NULL;
    }

    return ngx_sluice_pg_standby(smcf->database)
               ? "The database takes no writes: it is a standby."
               : "PostgreSQL does not answer.";
}


/* NGX_DECLINED when the record can be written, else the answer. */

static ngx_int_t
ngx_http_sluice_ready_record(ngx_http_request_t *r,
                             const ngx_sluice_pg_result_t *result)
{
    u_char detail[128];
    ngx_str_t standby, applied;
    const char *why;

    why = NULL;

    if (result->status == SLUICE_INTERNAL) {
        why = "The database has no schema of Sluice's that this nginx's role "
              "may read: run \"sluicectl db migrate\".";

    } else if (result->status != SLUICE_OK) {
        why = ngx_http_sluice_ready_away(r, SLUICE_DATABASE_AWAY);

    } else if (ngx_sluice_pg_value(result, 0, 0, &standby) != NGX_OK
               || ngx_sluice_pg_value(result, 0, 1, &applied) != NGX_OK) {
        why = "PostgreSQL's answer cannot be read.";

    } else if (standby.data[0] == '1') {
        why = "The database takes no writes: it is a standby.";

    } else if (ngx_atoi(applied.data, applied.len) < SLUICE_SCHEMA) {
        (void) ngx_snprintf(detail, sizeof(detail),
                            "The database has schema %V, this nginx wants %d: "
                            "run \"sluicectl db migrate\".%Z",
                            &applied, SLUICE_SCHEMA);
        why = (char *) detail;
    }

    return why ? ngx_http_sluice_problem(r, SLUICE_DATABASE_AWAY, why, NULL)
               : NGX_DECLINED;
}


static void
ngx_http_sluice_ready_database(ngx_http_request_t *r, void *data,
                               const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;
    ngx_http_sluice_main_conf_t *smcf;

    rc = ngx_http_sluice_ready_record(r, result);

    if (rc == NGX_DECLINED) {
        smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

        rc = smcf->redis ? ngx_http_sluice_ready_redis(r, smcf->redis)
                         : ngx_http_sluice_ready_answer(r, SLUICE_OK);
    }

    ngx_http_sluice_finish(r, rc);
}


ngx_int_t
ngx_http_sluice_ready_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    sluice_status_t status;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_sluice_leaves()) {
        return ngx_http_sluice_ready_draining(r);
    }

    status = ngx_http_sluice_query_within(r, &ngx_http_sluice_ready_statement,
                                          NGX_HTTP_SLUICE_READY_PATIENCE,
                                          ngx_http_sluice_ready_database, NULL);
    if (status != SLUICE_OK) {
        return ngx_http_sluice_problem(
            r, status, ngx_http_sluice_ready_away(r, status), NULL);
    }

    r->main->count++;

    return NGX_DONE;
}
