/*
 * What the processes of one machine know together: tokens that were verified,
 * what was revoked, how much of a link is used up, and counters. The zone
 * survives a reload that leaves its size.
 *
 * Without a zone (nothing has a gate and none is written) each call is safe:
 * nothing is remembered, nothing revoked, and no budget opens.
 */

#ifndef NGX_HTTP_SLUICE_ZONE_H
#define NGX_HTTP_SLUICE_ZONE_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"
#include "core/table/budget.h"
#include "core/table/revocation.h"
#include "core/table/revocation_message.h"
#include "core/table/streams.h"
#include "core/table/verified.h"

extern ngx_module_t ngx_http_sluice_zone_module;

/* 1 when there will be a zone; after its postconfiguration. */
ngx_uint_t ngx_http_sluice_zone_configured(ngx_conf_t *cf);


/* counters, without a lock */

typedef enum {
    NGX_HTTP_SLUICE_BY_USER,
    NGX_HTTP_SLUICE_BY_GRANT,
    NGX_HTTP_SLUICE_BY_CLOUDFRONT,
    NGX_HTTP_SLUICE_BY_COUNT
} ngx_http_sluice_by_t;

/* Each request that a gate lets pass or denies, once. */
void ngx_http_sluice_zone_passed(ngx_http_sluice_by_t by);
void ngx_http_sluice_zone_denied(sluice_status_t status);

/* Where this process's queries are counted; NULL without a zone. */
ngx_sluice_pg_counts_t *ngx_http_sluice_zone_database(void);


/* verified tokens; see verified.h */

ngx_uint_t
ngx_http_sluice_zone_verified(const u_char digest[VERIFIED_DIGEST_SIZE]);
void ngx_http_sluice_zone_remember(const u_char digest[VERIFIED_DIGEST_SIZE],
                                   time_t exp);


/* revocations; see revocation.h */

/* Without a lock, to be taken before the answers that are kept with it; 0
   without a zone. */
uint64_t ngx_http_sluice_zone_generation(void);

ngx_uint_t ngx_http_sluice_zone_revoked(revocation_kind_t kind, const void *id,
                                        size_t len, time_t iat);

/* When what is issued to this user now must be issued at the earliest, so that
   it is not taken for what was revoked; 0: at any time. */
time_t ngx_http_sluice_zone_earliest(const char *user, size_t len);

/* Puts a revocation, or a spent budget, into the zone. When the table is full
   an alert says so, at most once a minute. */
void ngx_http_sluice_zone_apply(const revocation_message_t *message);

/* 1 when all that was revoked before this zone was made has been read into it,
   and always without a zone. */
ngx_uint_t ngx_http_sluice_zone_known(void);
void ngx_http_sluice_zone_set_known(void);

/* What one process of the machine does for all. */
typedef enum {
    NGX_HTTP_SLUICE_TURN_ALL,   /* reads all that was revoked */
    NGX_HTTP_SLUICE_TURN_NEWS,  /* reads what is new of it */
    NGX_HTTP_SLUICE_TURN_METER, /* writes what users were sent */
    NGX_HTTP_SLUICE_TURNS
} ngx_http_sluice_turn_t;

/* 1 for one process, when `every` ms have passed since the last one was told
   so; 0 without a zone. */
ngx_uint_t ngx_http_sluice_zone_turn(ngx_http_sluice_turn_t turn,
                                     ngx_msec_t every);

/* Whoever comes next has the turn. */
void ngx_http_sluice_zone_turn_over(ngx_http_sluice_turn_t turn);

/* The transaction of the record before which nothing is new; 0: nothing has
   been read. */
uint64_t ngx_http_sluice_zone_horizon(void);
void ngx_http_sluice_zone_set_horizon(uint64_t horizon);


/* Which processes take requests: _serve() when one begins, _leave() when it is
   told to quit. _replacing() is 1 while some process of an older configuration
   still takes them. */
void ngx_http_sluice_zone_serve(void);
void ngx_http_sluice_zone_leave(void);
ngx_uint_t ngx_http_sluice_zone_replacing(void);


/* passwords that were wrong; see tries.h */

typedef enum {
    NGX_HTTP_SLUICE_TRIES_OF_ONE, /* of an account, from one address */
    NGX_HTTP_SLUICE_TRIES_OF_ALL, /* of an account */
    NGX_HTTP_SLUICE_TRIES
} ngx_http_sluice_tries_t;

/* Seconds to wait before the next; 0: none, and always without a zone. */
time_t ngx_http_sluice_zone_wait(ngx_http_sluice_tries_t of, ngx_str_t *name);

/* One was wrong. */
void ngx_http_sluice_zone_wrong(ngx_http_sluice_tries_t of, ngx_str_t *name);


/* budgets; see budget.h */

uint64_t ngx_http_sluice_zone_take(const budget_link_t *link, uint64_t want,
                                   uint64_t limit);
void ngx_http_sluice_zone_pass(const budget_link_t *link);
void ngx_http_sluice_zone_give(const void *id, size_t len, uint64_t bytes);


/* what users play; see streams.h */

/* 1 without a zone. */
ngx_uint_t ngx_http_sluice_zone_play(const stream_t *stream, uint32_t limit);
void ngx_http_sluice_zone_played(const stream_t *stream);


/* for sluice_metrics */

typedef struct {
    uint64_t passed[NGX_HTTP_SLUICE_BY_COUNT];
    uint64_t denied[SLUICE_STATUS_COUNT];
    uint64_t hits; /* of the verified tokens */
    uint64_t misses;
    uint64_t revocations;
    uint64_t revocations_capacity;
    uint64_t revocations_overflowed;
    uint64_t known;
    uint64_t budgets;
    uint64_t budgets_capacity;
    uint64_t budgets_overflowed;
    uint64_t metered; /* bytes that users were sent */
    uint64_t unmetered;
    uint64_t metered_users;
    uint64_t metered_capacity;
    uint64_t streams;
    uint64_t stopped; /* of the database: see ngx_sluice_pg.h */
    uint64_t refused;
    uint64_t busy;
    uint64_t reads[NGX_SLUICE_PG_READS];
    uint64_t behind;
} ngx_http_sluice_zone_counts_t;

/* What there is now, without a lock. NGX_DECLINED without a zone. */
ngx_int_t ngx_http_sluice_zone_counts(ngx_http_sluice_zone_counts_t *counts);

#endif
