/*
 * The gate, as one reads it downwards:
 *
 *   carrier     where a credential was brought: path, query, header, cookie
 *   credential  its kind and its text, a value
 *   verifier    of that kind: a file each, a row in one table, a cache
 *   rule        path, method, address, time, role; and was it taken back?
 *   limits      uses, bytes, rate
 *
 * In front of it the post-read phase keeps what the client asks for, and takes
 * a grant out of the path; behind it nothing sees the link (strip), and no log
 * keeps what opens (redact). What it knows of a request is here.
 */

#ifndef NGX_HTTP_SLUICE_GATE_H
#define NGX_HTTP_SLUICE_GATE_H

#include "ngx_http_sluice_credential.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_context.h"
#include "core/base/status.h"
#include "core/grant/access.h"
#include "core/grant/grant.h"
#include "core/table/meter.h"

extern ngx_module_t ngx_http_sluice_gate_module;

typedef struct ngx_http_sluice_limits_s ngx_http_sluice_limits_t;
typedef struct ngx_http_sluice_stream_s ngx_http_sluice_stream_t;

/* Others write two of them: an upload with a link puts whom it is for into
   `access`, the API what it refused into `denied`. */
typedef struct {
    ngx_str_t path;       /* what the client asked for, normalized,
                             without the in-path carrier */
    ngx_str_t path_grant; /* the in-path carrier, or empty */
    size_t path_wire;     /* its bytes in front of the path, as they came */

    ngx_http_sluice_credential_t link; /* that was brought, good or not */
    ngx_http_sluice_credential_t user;
    sluice_status_t link_denied; /* of the links that were brought, the first:
                                    SLUICE_OK while none was */
    unsigned link_passed : 1;
    unsigned link_waits : 1; /* for Redis */
    unsigned counted : 1;    /* among those that passed */
    unsigned metered : 1;    /* what is sent counts for `payer` */
    unsigned by : 4;         /* as what: ngx_http_sluice_by_t */

    ngx_str_t link_id;   /* jti of the link */
    ngx_str_t link_user; /* its sub */
    access_t access;     /* role ROLE_NONE: nobody signed in */
    sluice_status_t denied;
    time_t retry_after; /* s, of what is denied for a while */
    meter_user_t payer;
    int64_t until;     /* when what passed ends, s since 1970 */
    unsigned here : 1; /* it says of addresses, uses, bytes or rate what only we
                          can keep */
    ngx_http_sluice_limits_t *limits;    /* NULL: a grant without any */
    ngx_http_sluice_stream_t *stream;    /* NULL: it is not counted as one */
    ngx_http_log_handler_pt log_handler; /* nginx's, behind ours */
} ngx_http_sluice_gate_ctx_t;


/* The context, made when missing; it survives internal redirects. NULL without
   memory. */
ngx_http_sluice_gate_ctx_t *ngx_http_sluice_gate_ctx(ngx_http_request_t *r);

/* The same, but NULL when nothing has made one. */
#define ngx_http_sluice_gate_find_ctx(r)                          \
    ((ngx_http_sluice_gate_ctx_t *) ngx_http_sluice_context_find( \
        r, &ngx_http_sluice_gate_module))

/* Who answers in this location says what a request needs at least. ROLE_NONE:
   it passes as nobody's, whatever it brings. ROLE_ENROLLING: also of who must
   set up a second factor, and however long ago he has shown who he is. Else
   what the location says. While it is configured. */
typedef role_t (*ngx_http_sluice_gate_least_pt)(ngx_http_request_t *r);
/* And of a service account's key: SCOPE_*, one of which it must have. */
typedef unsigned (*ngx_http_sluice_gate_scope_pt)(ngx_http_request_t *r);
void ngx_http_sluice_gate_let(ngx_conf_t *cf,
                              ngx_http_sluice_gate_least_pt least,
                              ngx_http_sluice_gate_scope_pt scope);

/* What a key needs here where no sluice_scope says it. */
void ngx_http_sluice_gate_serves(ngx_conf_t *cf, unsigned scope);

/* What the gate of this location asks for, once that was merged. */
ngx_uint_t ngx_http_sluice_gate_takes_users(ngx_conf_t *cf);

/* Whether nobody has to ask to pass, once that was merged. */
ngx_uint_t ngx_http_sluice_gate_is_open(ngx_conf_t *cf);

/* What this location sends counts for its user, and is held to what his plan
   says of it. */
void ngx_http_sluice_gate_meters(ngx_conf_t *cf);

/* Links in cookies open nothing in this location. */
void ngx_http_sluice_gate_leaves_cookies(ngx_conf_t *cf);

/* Who was let pass; its role is ROLE_NONE when nobody signed in. Never NULL,
   and good as long as the request. */
const access_t *ngx_http_sluice_gate_access(ngx_http_request_t *r);

/* Until when what passed may be had elsewhere, by a URL that somebody else
   honours: s since 1970. 0: nothing passed, or there is what only we can keep,
   among that the plan of its user. */
int64_t ngx_http_sluice_gate_until(ngx_http_request_t *r);

/* What a link says of the answer's name and type: empty, nothing. */
void ngx_http_sluice_gate_naming(ngx_http_request_t *r, ngx_str_t *disposition,
                                 ngx_str_t *type);

#endif
