/*
 * The record's numbers for Prometheus: sql/api/metrics.sql counts them and
 * writes the labels.
 *
 *     # HELP sluice_jobs Jobs that wait, run, or are dead.
 *     # TYPE sluice_jobs gauge
 *     sluice_jobs{kind="probe",state="queued"} 7
 */

#include "ngx_http_sluice_metrics.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "core/base/status.h"


typedef struct {
    const char *name;
    const char *help;
} ngx_http_sluice_metrics_record_gauge_t;


static ngx_sluice_pg_statement_t ngx_http_sluice_metrics_record_statement = {
    "metrics", "select name, labels, value from api.metrics()", 0,
    NGX_SLUICE_PG_STOP
};


static const ngx_http_sluice_metrics_record_gauge_t
    ngx_http_sluice_metrics_record_gauges[] = {
        { "sluice_jobs", "Jobs that wait, run, or are dead." },

        { "sluice_jobs_oldest_seconds",
          "How long the job has waited that has been due for the longest." },

        { "sluice_slots",
          "Slots of workers that take any job, what is long, what is quick." },

        { "sluice_media_rotten",
          "Originals and attachments that are not the bytes that came." },

        { "sluice_uploads_open",
          "Uploads that can be taken up again and have not expired." },

        { NULL, NULL }
    };

/* one more for sluice_record_up */
#define NGX_HTTP_SLUICE_METRICS_RECORD_SIZE                     \
    ((1                                                         \
      + sizeof(ngx_http_sluice_metrics_record_gauges)           \
            / sizeof(ngx_http_sluice_metrics_record_gauges[0])) \
     * NGX_HTTP_SLUICE_METRICS_LINES)


sluice_status_t
ngx_http_sluice_metrics_record_ask(ngx_http_request_t *r,
                                   ngx_http_sluice_row_pt handler)
{
    return ngx_http_sluice_query_within(
        r, &ngx_http_sluice_metrics_record_statement,
        NGX_HTTP_SLUICE_METRICS_PATIENCE, handler, NULL);
}


static u_char *
ngx_http_sluice_metrics_record_samples(u_char *p, u_char *last,
                                       const char *name,
                                       const ngx_sluice_pg_result_t *result)
{
    ngx_str_t of, labels, value;
    ngx_uint_t row;

    for (row = 0; row < result->rows; row++) {
        (void) ngx_sluice_pg_value(result, row, 0, &of);
        (void) ngx_sluice_pg_value(result, row, 1, &labels);
        (void) ngx_sluice_pg_value(result, row, 2, &value);

        if (of.len == ngx_strlen(name)
            && ngx_strncmp(of.data, name, of.len) == 0) {
            p = ngx_slprintf(p, last, "%V%V %V\n", &of, &labels, &value);
        }
    }

    return p;
}


ngx_int_t
ngx_http_sluice_metrics_record_text(ngx_http_request_t *r,
                                    const ngx_sluice_pg_result_t *result,
                                    ngx_str_t *text)
{
    size_t size;
    u_char *p, *last;
    ngx_str_t value;
    ngx_uint_t row, column, rows;
    const ngx_http_sluice_metrics_record_gauge_t *gauge;

    rows = result ? result->rows : 0;
    size = NGX_HTTP_SLUICE_METRICS_RECORD_SIZE;

    for (row = 0; row < rows; row++) {
        size += sizeof(" \n") - 1;

        for (column = 0; column < 3; column++) {
            (void) ngx_sluice_pg_value(result, row, column, &value);
            size += value.len;
        }
    }

    text->data = ngx_pnalloc(r->pool, size);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    last = text->data + size;

    p = ngx_http_sluice_metrics_head(text->data, last, "sluice_record_up",
                                     "gauge",
                                     "1 when PostgreSQL told its numbers.");
    p = ngx_slprintf(p, last, "sluice_record_up %ui\n", rows ? 1 : 0);

    if (rows) {
        for (gauge = ngx_http_sluice_metrics_record_gauges; gauge->name;
             gauge++) {
            p = ngx_http_sluice_metrics_head(p, last, gauge->name, "gauge",
                                             gauge->help);
            p = ngx_http_sluice_metrics_record_samples(p, last, gauge->name,
                                                       result);
        }
    }

    text->len = (size_t) (p - text->data);

    return NGX_OK;
}
