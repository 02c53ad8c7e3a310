/* Files begin, and have the space that they need. */

#ifndef NGX_HTTP_SLUICE_RESERVE_H
#define NGX_HTTP_SLUICE_RESERVE_H

#include "ngx_http_sluice_upload_conf.h"

#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/uuid.h"

#define NGX_HTTP_SLUICE_EXPIRED_MAX 16 /* as api.clear_uploads() has it */

typedef struct {
    /* the caller's */
    ngx_http_sluice_upload_loc_conf_t *conf;
    ngx_sluice_spool_t *spool;
    off_t least; /* bytes: see ngx_sluice_spool_grow() */
    off_t length;
    ngx_http_sluice_step_pt done;
    void *data;

    ngx_err_t error; /* 0: there is a file */
    unsigned cleared : 1;
    ngx_uint_t nexpired; /* uploads whose files are to go */
    char expired[NGX_HTTP_SLUICE_EXPIRED_MAX][UUID_TEXT_SIZE];
} ngx_http_sluice_reserve_t;

/* Makes the file as ngx_sluice_spool_reserve() does, in a thread, then done().
   For want of space it clears what expired uploads have left, and tries once
   more. For the request's user; its count must have been taken. */
void ngx_http_sluice_reserve(ngx_http_request_t *r,
                             ngx_http_sluice_reserve_t *reserve);

#endif
