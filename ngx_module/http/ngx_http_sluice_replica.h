/*
 * Reads that a replica answers: sluice_database_replica.
 *
 *     primary   how far is what is committed flushed?      an LSN, in no time
 *     replica   api.replayed(…, that LSN, function)        an answer, or it is
 *                                                          behind
 *     primary   the function itself, when the replica is away, behind, or
 *               none any more
 *
 * So who reads sees whatever anybody was told before, at whichever node: what
 * he has written himself, and what an event has told of. Nothing is remembered
 * of anybody.
 */

#ifndef NGX_HTTP_SLUICE_REPLICA_H
#define NGX_HTTP_SLUICE_REPLICA_H

#include "ngx_http_sluice.h"
#include "ngx_http_sluice_query.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"

/* As ngx_http_sluice_query() of `call`, which changes nothing, has a function's
   name in api and takes two parameters: a user's id and its arguments. Without
   sluice_database_replica it is the same. */
ngx_int_t ngx_http_sluice_replica_query(ngx_http_request_t *r,
                                        const ngx_sluice_pg_statement_t *call,
                                        const ngx_str_t *params,
                                        ngx_http_sluice_row_pt handler,
                                        void *data);

#endif
