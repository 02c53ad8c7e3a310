/*
 * What a grant may still be used for: `uses` and `bytes`. Redis counts what all
 * machines take, in one round trip, and the zone what this one does: while
 * Redis is away the operator decides whether that will do, and a Redis that
 * comes back empty opens nothing here that was used up. Where the zone has no
 * place for a link, Redis alone counts it.
 *
 * When a replica takes the place of a Redis that was lost, it may lack what
 * that counted last. `uses` wait for replicas (min_replicas=), over a
 * connection of their own, and are taken back where those do not say that they
 * have it. `bytes` do not wait: what is counted last may be forgotten. Nothing
 * is given back over another connection than it was taken over, since there it
 * may have been forgotten, and another's would be given.
 */

#ifndef NGX_HTTP_SLUICE_SHARE_H
#define NGX_HTTP_SLUICE_SHARE_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"

typedef struct ngx_http_sluice_share_s ngx_http_sluice_share_t;
typedef struct ngx_http_sluice_share_ask_s ngx_http_sluice_share_ask_t;

typedef void (*ngx_http_sluice_share_pt)(ngx_http_sluice_share_t *share);

struct ngx_http_sluice_share_s {
    ngx_http_request_t *request;
    ngx_str_t id;           /* of the grant, and what is counted in front */
    ngx_str_t owner;        /* whose it is, or empty */
    uint64_t limit;         /* uses, or bytes */
    time_t exp;             /* of the grant */
    ngx_uint_t alone;       /* while Redis is away, the zone counts */
    ngx_uint_t final;       /* what is all taken stays so: it is remembered */
    ngx_uint_t uncounted;   /* the zone has, or once had, no place for it */
    uint64_t left;          /* taken and not used yet; the user subtracts */
    uint64_t local;         /* of it, at most so much is not in Redis */
    uint64_t gone;          /* of bytes: what was handed to the next filter */
    ngx_uint_t epoch;       /* of the connection over which Redis gave the first
                               of it; 0: it gave nothing */
    ngx_uint_t told;        /* it was asked for, by whoever needs to know */
    sluice_status_t status; /* of the last _take() */
    ngx_http_sluice_share_pt handler; /* after NGX_AGAIN */
    ngx_http_sluice_share_ask_t *ask; /* on its way */
};

/* A share in r->pool, which gives back what is left when the request ends;
   `kind` is one letter that keeps counts of one grant apart, and both texts are
   copied. NULL without memory. */
ngx_http_sluice_share_t *
ngx_http_sluice_share_create(ngx_http_request_t *r, u_char kind,
                             const ngx_str_t *id, const ngx_str_t *owner,
                             uint64_t limit, time_t exp);

/* Takes up to `want` more into `left`. NGX_OK: it is done, `status` tells how:
   SLUICE_OK, also when nothing was left to take, SLUICE_REDIS_AWAY or
   SLUICE_BUSY. NGX_AGAIN: `handler` will be called then, on the loop, unless
   the request has ended. Never while one is on its way. */
ngx_int_t ngx_http_sluice_share_take(ngx_http_sluice_share_t *share,
                                     uint64_t want);

#endif
