/* What the gate knows of a request: what the client asked for, what it brought,
   and who it is. */

#ifndef NGX_HTTP_SLUICE_GATE_H
#define NGX_HTTP_SLUICE_GATE_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"
#include "core/grant/access.h"

extern ngx_module_t ngx_http_sluice_gate_module;

typedef struct ngx_http_sluice_limits_s ngx_http_sluice_limits_t;

typedef struct {
    ngx_str_t path;       /* what the client asked for, normalized,
                             without the in-path carrier */
    ngx_str_t path_grant; /* the in-path carrier, or empty */
    size_t path_wire;     /* its bytes in front of the path, as they came */
    ngx_str_t brought;    /* a grant, good or not */
    ngx_uint_t by_header; /* it is in a header of the request */
    ngx_str_t grant;      /* the grant that was let pass */
    ngx_str_t link;       /* its jti */
    ngx_str_t link_user;  /* its sub */
    access_t access;      /* role ROLE_NONE: nobody signed in */
    sluice_status_t denied;
    ngx_uint_t counted;                  /* among those that passed */
    ngx_http_sluice_limits_t *limits;    /* NULL: a grant without any */
    ngx_http_log_handler_pt log_handler; /* nginx's, behind ours */
} ngx_http_sluice_gate_ctx_t;

/* The context, made when missing; it survives internal redirects. NULL without
   memory. */
ngx_http_sluice_gate_ctx_t *ngx_http_sluice_gate_ctx(ngx_http_request_t *r);

/* The same, but NULL when nothing has made one. */
ngx_http_sluice_gate_ctx_t *
ngx_http_sluice_gate_find_ctx(ngx_http_request_t *r);

/* Who was let pass; its role is ROLE_NONE when nobody signed in. Never NULL,
   and good as long as the request. */
const access_t *ngx_http_sluice_gate_access(ngx_http_request_t *r);

#endif
