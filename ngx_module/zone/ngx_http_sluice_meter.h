/*
 * What users were sent: counted in the zone when a request is over, and written
 * to the record about once a second, by one process for many users in one
 * statement, whose answer says who has used up his month. A request waits for
 * none of it.
 *
 * The record knows by the zone's id and a batch's number what it has counted:
 * nothing is counted twice, whatever becomes of an answer. What came since the
 * last batch is in the zone, which outlives a reload; who leaves writes it
 * first.
 */

#ifndef NGX_HTTP_SLUICE_METER_H
#define NGX_HTTP_SLUICE_METER_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/table/meter.h"

/* A user by the text of his id: NGX_DECLINED when it is none of the record's.
 */
ngx_int_t ngx_http_sluice_meter_user(const ngx_str_t *text, meter_user_t *user);

/* What is known of him; zeroes: nothing that would keep him out. */
void ngx_http_sluice_meter_limits(const meter_user_t *user,
                                  meter_limits_t *limits);

/* He was sent so many bytes. */
void ngx_http_sluice_meter_add(const meter_user_t *user, off_t bytes);

/* A process begins, and ends. */
void ngx_http_sluice_meter_start(ngx_http_sluice_main_conf_t *smcf);
void ngx_http_sluice_meter_stop(void);

#endif
