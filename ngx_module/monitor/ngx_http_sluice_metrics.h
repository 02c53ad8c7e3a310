/* What the parts of sluice_metrics share. */

#ifndef NGX_HTTP_SLUICE_METRICS_H
#define NGX_HTTP_SLUICE_METRICS_H

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "core/base/status.h"

/* More than a metric's three lines can have. */
#define NGX_HTTP_SLUICE_METRICS_LINES 512

/* ms to wait for the record: Prometheus asks again soon */
#define NGX_HTTP_SLUICE_METRICS_PATIENCE 2000


/* Writes what stands above a metric's samples; returns where it ends. */
u_char *ngx_http_sluice_metrics_head(u_char *p, u_char *last, const char *name,
                                     const char *type, const char *help);


/* the zone's numbers: ngx_http_sluice_metrics_zone.c */

/* What they are now, as text in the request's memory; NGX_DECLINED without a
   zone, NGX_ERROR without memory. */
ngx_int_t ngx_http_sluice_metrics_zone_text(ngx_http_request_t *r,
                                            ngx_str_t *text);


/* the record's numbers: ngx_http_sluice_metrics_record.c */

/* Asks sluice_database for them, as ngx_http_sluice_query_within() does. */
sluice_status_t
ngx_http_sluice_metrics_record_ask(ngx_http_request_t *r,
                                   ngx_http_sluice_row_pt handler);

/* What it answered, as text in the request's memory; with NULL, or a result
   that is not SLUICE_OK, only that it did not. NGX_ERROR without memory. */
ngx_int_t
ngx_http_sluice_metrics_record_text(ngx_http_request_t *r,
                                    const ngx_sluice_pg_result_t *result,
                                    ngx_str_t *text);

#endif
