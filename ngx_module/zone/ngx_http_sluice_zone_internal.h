/* What the files of the zone share: ngx_http_sluice_zone.c holds the memory,
   ngx_http_sluice_zone_tables.c asks its tables,
   ngx_http_sluice_zone_process.c has one of its own in it, and
   ngx_http_sluice_zone_module.c makes it. */

#ifndef NGX_HTTP_SLUICE_ZONE_INTERNAL_H
#define NGX_HTTP_SLUICE_ZONE_INTERNAL_H

#include "ngx_http_sluice_zone.h"

#include "core/table/meter.h"
#include "core/table/streams.h"
#include "core/table/tries.h"

/* A process that takes requests; pid 0: a free place. */
typedef struct {
    ngx_atomic_t pid;
    ngx_atomic_t configuration;
} ngx_http_sluice_zone_process_t;


/* Lays out `size` bytes of page-aligned memory. NGX_ERROR without random
   bytes, or when they are too few. */
ngx_int_t ngx_http_sluice_zone_make(void *mem, size_t size);

/* 1 when this code can read what lies there. */
ngx_uint_t ngx_http_sluice_zone_valid(void *mem);

/* Makes it this process's zone; NULL for none. The slab pool at the head of
   `shm_zone` has the lock. */
void ngx_http_sluice_zone_attach(ngx_shm_zone_t *shm_zone, void *mem);


/* nginx frees the lock when the process that holds it dies. */
void ngx_http_sluice_zone_lock(void);
void ngx_http_sluice_zone_unlock(void);


/* for ngx_http_sluice_zone_tables.c and ngx_http_sluice_meter.c */

/* To be read and written under the lock; NULL without a zone. */
verified_t *ngx_http_sluice_zone_tokens(void);
revocation_t *ngx_http_sluice_zone_revocations(void);
budget_t *ngx_http_sluice_zone_budgets(void);
tries_t *ngx_http_sluice_zone_tries(ngx_http_sluice_tries_t of);
streams_t *ngx_http_sluice_zone_streams(void);

/* Partly without the lock: meter.h. */
meter_t *ngx_http_sluice_zone_meter(void);

/* With a zone: a UUID of its own. */
const char *ngx_http_sluice_zone_id(void);

/* With a zone: a token was looked for. Without the lock. */
void ngx_http_sluice_zone_looked(ngx_uint_t seen);

/* Under the lock: 1 when a full table has not been told for a while. */
ngx_uint_t ngx_http_sluice_zone_alert(void);

/* With a zone: what sluice_zone calls it. */
ngx_str_t *ngx_http_sluice_zone_name(void);


/* for ngx_http_sluice_zone_process.c */

/* The first of NGX_MAX_PROCESSES; NULL without a zone. */
ngx_http_sluice_zone_process_t *ngx_http_sluice_zone_processes(void);

/* This process's configuration: later ones have higher numbers. */
ngx_atomic_uint_t ngx_http_sluice_zone_configuration(void);

#endif
