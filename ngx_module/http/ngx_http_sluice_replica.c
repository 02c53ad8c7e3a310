#include "ngx_http_sluice_answer.h"
#include "ngx_http_sluice_replica.h"


/* ms for which a replica that did not answer is left alone: who reads meanwhile
   does not wait for it. */
#define NGX_HTTP_SLUICE_REPLICA_PAUSE 5000

#define NGX_HTTP_SLUICE_REPLICA_PARAMS 4


typedef struct {
    const ngx_sluice_pg_statement_t *call;
    ngx_str_t params[NGX_HTTP_SLUICE_REPLICA_PARAMS]; /* its own two, the LSN,
                                                         the function */
    ngx_http_sluice_row_pt handler;
    void *data;
} ngx_http_sluice_replica_t;


static ngx_sluice_pg_statement_t ngx_http_sluice_replica_flushed_statement = {
    "flushed",
    "select case when not pg_is_in_recovery() then pg_current_wal_flush_lsn() "
    "end",
    0, NGX_SLUICE_PG_STOP
};

static ngx_sluice_pg_statement_t ngx_http_sluice_replica_statement = {
    "replayed",
    "select status, body, behind from api.replayed($1::uuid, $2::jsonb, "
    "$3::pg_lsn, $4)",
    NGX_HTTP_SLUICE_REPLICA_PARAMS, NGX_SLUICE_PG_STOP
};


/* Of this process. */
static ngx_msec_t ngx_http_sluice_replica_again;
static unsigned ngx_http_sluice_replica_away;


static void
ngx_http_sluice_replica_count(ngx_http_request_t *r, ngx_sluice_pg_read_t how)
{
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    ngx_sluice_pg_count_read(smcf->database, how);
}


static ngx_int_t
ngx_http_sluice_replica_primary(ngx_http_request_t *r,
                                ngx_http_sluice_replica_t *read,
                                ngx_sluice_pg_read_t why)
{
    ngx_http_sluice_replica_count(r, why);

    return ngx_http_sluice_query(r, read->call, read->params, read->handler,
                                 read->data);
}


static void
ngx_http_sluice_replica_replayed(ngx_http_request_t *r, void *data,
                                 const ngx_sluice_pg_result_t *result)
{
    ngx_int_t behind = 0;
    ngx_str_t text;
    ngx_http_sluice_main_conf_t *smcf;
    ngx_http_sluice_replica_t *read = data;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (result->status == SLUICE_DATABASE_AWAY) {
        ngx_http_sluice_replica_away = 1;
        ngx_http_sluice_replica_again = ngx_current_msec
                                        + NGX_HTTP_SLUICE_REPLICA_PAUSE;
    }

    if (result->status != SLUICE_OK) {
        ngx_http_sluice_finish(
            r, ngx_http_sluice_replica_primary(r, read, NGX_SLUICE_PG_AWAY));
        return;
    }

    if (ngx_sluice_pg_value(result, 0, 2, &text) == NGX_OK) {
        behind = ngx_atoi(text.data, text.len);
    }

    ngx_sluice_pg_count_behind(smcf->database, (ngx_uint_t) behind);

    if (behind) {
        ngx_http_sluice_finish(
            r, ngx_http_sluice_replica_primary(r, read, NGX_SLUICE_PG_BEHIND));
        return;
    }

    ngx_http_sluice_replica_count(r, NGX_SLUICE_PG_REPLICA);
    read->handler(r, read->data, result);
}


static void
ngx_http_sluice_replica_flushed(ngx_http_request_t *r, void *data,
                                const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_replica_t *read = data;

    if (result->status == SLUICE_OK
        && ngx_http_sluice_query_text(r, result, 0, 0, &read->params[2])
               == NGX_OK
        && ngx_http_sluice_query_replica(r, &ngx_http_sluice_replica_statement,
                                         read->params,
                                         ngx_http_sluice_replica_replayed, read)
               == SLUICE_OK) {
        return;
    }

    ngx_http_sluice_finish(
        r, ngx_http_sluice_replica_primary(r, read, NGX_SLUICE_PG_AWAY));
}


static ngx_int_t
ngx_http_sluice_replica_is_there(const ngx_http_sluice_main_conf_t *smcf)
{
    if (ngx_http_sluice_replica_away
        && (ngx_msec_int_t) (ngx_http_sluice_replica_again - ngx_current_msec)
               <= 0) {
        ngx_http_sluice_replica_away = 0;
    }

    return smcf->replica && !ngx_http_sluice_replica_away;
}


static ngx_int_t
ngx_http_sluice_replica_copy(ngx_http_request_t *r, ngx_str_t *to,
                             const ngx_str_t *from)
{
    to->len = from->len;
    to->data = NULL;

    if (from->data) {
        to->data = ngx_pstrdup(r->pool, (ngx_str_t *) from);
    }

    return to->data || from->data == NULL ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_sluice_replica_query(ngx_http_request_t *r,
                              const ngx_sluice_pg_statement_t *call,
                              const ngx_str_t *params,
                              ngx_http_sluice_row_pt handler, void *data)
{
    ngx_http_sluice_replica_t *read;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (!ngx_http_sluice_replica_is_there(smcf)) {
        if (smcf->replica) {
            ngx_http_sluice_replica_count(r, NGX_SLUICE_PG_AWAY);
        }
        return ngx_http_sluice_query(r, call, params, handler, data);
    }

    read = ngx_palloc(r->pool, sizeof(ngx_http_sluice_replica_t));

    if (read == NULL
        || ngx_http_sluice_replica_copy(r, &read->params[0], &params[0])
               != NGX_OK
        || ngx_http_sluice_replica_copy(r, &read->params[1], &params[1])
               != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    read->call = call;
    read->params[3].data = (u_char *) call->name;
    read->params[3].len = ngx_strlen(call->name);
    read->handler = handler;
    read->data = data;

    return ngx_http_sluice_query(r, &ngx_http_sluice_replica_flushed_statement,
                                 NULL, ngx_http_sluice_replica_flushed, read);
}
