#include "ngx_sluice_pg_internal.h"


ngx_sluice_pg_query_t *
ngx_sluice_pg_query_make(ngx_sluice_pg_t *pg,
                         const ngx_sluice_pg_statement_t *statement,
                         const ngx_str_t *params,
                         ngx_sluice_pg_handler_pt handler, void *data)
{
    u_char *p;
    size_t size;
    ngx_uint_t i;
    ngx_sluice_pg_query_t *query;

    size = sizeof(ngx_sluice_pg_query_t);

    for (i = 0; i < statement->nparams; i++) {
        size += params[i].len + 1;
    }

    query = ngx_alloc(size, ngx_cycle->log);
    if (query == NULL) {
        return NULL;
    }

    ngx_memzero(query, sizeof(ngx_sluice_pg_query_t));

    p = (u_char *) (query + 1);

    for (i = 0; i < statement->nparams; i++) {
        if (params[i].data == NULL) {
            continue;
        }

        query->values[i] = (const char *) p;
        p = ngx_cpymem(p, params[i].data, params[i].len);
        *p++ = '\0';
    }

    query->pg = pg;
    query->statement = statement;
    query->handler = handler;
    query->data = data;

    return query;
}


void
ngx_sluice_pg_query_answer(ngx_sluice_pg_query_t *query, sluice_status_t status,
                           PGresult *res)
{
    ngx_sluice_pg_result_t result;

    if (query->timer.timer_set) {
        ngx_del_timer(&query->timer);
    }

    result.status = status;
    result.sent = (query->conn != NULL);
    result.rows = (status == SLUICE_OK) ? (ngx_uint_t) PQntuples(res) : 0;
    result.opaque = res;

    if (query->handler) {
        query->handler(query->data, &result);
    }

    ngx_free(query);
}


ngx_int_t
ngx_sluice_pg_value(const ngx_sluice_pg_result_t *result, ngx_uint_t row,
                    ngx_uint_t column, ngx_str_t *value)
{
    PGresult *res = result->opaque;

    if (row >= result->rows || (int) column >= PQnfields(res)
        || PQgetisnull(res, (int) row, (int) column)) {
        ngx_str_null(value);
        return NGX_DECLINED;
    }

    value->data = (u_char *) PQgetvalue(res, (int) row, (int) column);
    value->len = (size_t) PQgetlength(res, (int) row, (int) column);

    return NGX_OK;
}
