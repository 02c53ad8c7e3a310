/*
 * The zone's memory: a header with the counters, and the tables of core/ behind
 * it. A process finds its own through a static pointer: processes of an old
 * configuration keep theirs after a reload.
 */

#include "ngx_http_sluice_zone_internal.h"

#include "core/base/status.h"
#include "core/base/uuid.h"
#include "core/table/budget.h"
#include "core/table/meter.h"
#include "core/table/revocation.h"
#include "core/table/siphash.h"
#include "core/table/streams.h"
#include "core/table/tries.h"
#include "core/table/verified.h"

#include <openssl/rand.h>


#define NGX_HTTP_SLUICE_ZONE_MAGIC 0x656e6f7a /* "zone" */
#define NGX_HTTP_SLUICE_ZONE_VERSION 8

#define NGX_HTTP_SLUICE_ZONE_ROWS 64
#define NGX_HTTP_SLUICE_ZONE_CACHE_LINE 64

#define NGX_HTTP_SLUICE_ZONE_ALERT_EVERY 60 /* s */

/* Wrong passwords at once, and seconds for one more: whoever tries from one
   address does not use up what the account has from all. */
#define NGX_HTTP_SLUICE_ZONE_TRIES_OF_ONE 10
#define NGX_HTTP_SLUICE_ZONE_EVERY_OF_ONE 60
#define NGX_HTTP_SLUICE_ZONE_TRIES_OF_ALL 200
#define NGX_HTTP_SLUICE_ZONE_EVERY_OF_ALL 10


/*
 * Each worker process counts in a row of its own, so that none waits for
 * another's cache line. After a reload the old and the new process of a slot
 * share one, hence the atomic additions.
 */

typedef struct {
    ngx_atomic_t passed[NGX_HTTP_SLUICE_BY_COUNT];
    ngx_atomic_t denied[SLUICE_STATUS_COUNT];
    ngx_atomic_t hits;
    ngx_atomic_t misses;
    ngx_sluice_pg_counts_t database;
} __attribute__((aligned(NGX_HTTP_SLUICE_ZONE_CACHE_LINE)))
ngx_http_sluice_zone_row_t;


/* What lies in shared memory, with the tables behind it. */

typedef struct {
    uint32_t magic;
    uint32_t version;
    size_t verified; /* bytes from here */
    size_t revocations;
    size_t budgets;
    size_t meter;
    size_t streams;
    char id[UUID_TEXT_SIZE]; /* by which the record knows its batches */
    ngx_atomic_t known;
    ngx_msec_t turns[NGX_HTTP_SLUICE_TURNS]; /* when they were somebody's; 0:
                                                nobody's yet */
    uint64_t horizon;
    time_t alerted;              /* when a full table was told */
    ngx_atomic_t configurations; /* that were read */
    tries_t tries[NGX_HTTP_SLUICE_TRIES];
    ngx_http_sluice_zone_process_t processes[NGX_MAX_PROCESSES];
    ngx_http_sluice_zone_row_t rows[NGX_HTTP_SLUICE_ZONE_ROWS];
} ngx_http_sluice_zone_sh_t;


/* This process's zone; NULL: none. */

static ngx_shm_zone_t *ngx_http_sluice_zone_shm;
static ngx_http_sluice_zone_sh_t *ngx_http_sluice_zone_sh;
static ngx_atomic_uint_t ngx_http_sluice_zone_number;


void
ngx_http_sluice_zone_attach(ngx_shm_zone_t *shm_zone, void *mem)
{
    ngx_http_sluice_zone_shm = shm_zone;
    ngx_http_sluice_zone_sh = mem;

    if (mem) {
        ngx_http_sluice_zone_number = ++ngx_http_sluice_zone_sh->configurations;
    }
}


/* A table, `offset` bytes behind the header. */

static void *
ngx_http_sluice_zone_table(ngx_http_sluice_zone_sh_t *sh, size_t offset)
{
    return (u_char *) sh + offset;
}


/* nginx frees this lock when the process that holds it dies. */

static ngx_shmtx_t *
ngx_http_sluice_zone_mutex(void)
{
    return &((ngx_slab_pool_t *) ngx_http_sluice_zone_shm->shm.addr)->mutex;
}


void
ngx_http_sluice_zone_lock(void)
{
    ngx_shmtx_lock(ngx_http_sluice_zone_mutex());
}


void
ngx_http_sluice_zone_unlock(void)
{
    ngx_shmtx_unlock(ngx_http_sluice_zone_mutex());
}


/* the tables, for ngx_http_sluice_zone_tables.c */

verified_t *
ngx_http_sluice_zone_tokens(void)
{
    if (ngx_http_sluice_zone_sh == NULL) {
        return NULL;
    }

    return ngx_http_sluice_zone_table(ngx_http_sluice_zone_sh,
                                      ngx_http_sluice_zone_sh->verified);
}


revocation_t *
ngx_http_sluice_zone_revocations(void)
{
    if (ngx_http_sluice_zone_sh == NULL) {
        return NULL;
    }

    return ngx_http_sluice_zone_table(ngx_http_sluice_zone_sh,
                                      ngx_http_sluice_zone_sh->revocations);
}


budget_t *
ngx_http_sluice_zone_budgets(void)
{
    if (ngx_http_sluice_zone_sh == NULL) {
        return NULL;
    }

    return ngx_http_sluice_zone_table(ngx_http_sluice_zone_sh,
                                      ngx_http_sluice_zone_sh->budgets);
}


meter_t *
ngx_http_sluice_zone_meter(void)
{
    if (ngx_http_sluice_zone_sh == NULL) {
        return NULL;
    }

    return ngx_http_sluice_zone_table(ngx_http_sluice_zone_sh,
                                      ngx_http_sluice_zone_sh->meter);
}


streams_t *
ngx_http_sluice_zone_streams(void)
{
    if (ngx_http_sluice_zone_sh == NULL) {
        return NULL;
    }

    return ngx_http_sluice_zone_table(ngx_http_sluice_zone_sh,
                                      ngx_http_sluice_zone_sh->streams);
}


const char *
ngx_http_sluice_zone_id(void)
{
    return ngx_http_sluice_zone_sh->id;
}


tries_t *
ngx_http_sluice_zone_tries(ngx_http_sluice_tries_t of)
{
    return ngx_http_sluice_zone_sh ? &ngx_http_sluice_zone_sh->tries[of] : NULL;
}


ngx_uint_t
ngx_http_sluice_zone_alert(void)
{
    time_t now = ngx_time();

    if (now - ngx_http_sluice_zone_sh->alerted
        < NGX_HTTP_SLUICE_ZONE_ALERT_EVERY) {
        return 0;
    }

    ngx_http_sluice_zone_sh->alerted = now;

    return 1;
}


ngx_str_t *
ngx_http_sluice_zone_name(void)
{
    return &ngx_http_sluice_zone_shm->shm.name;
}


/* what ngx_http_sluice_zone_process.c asks for */

ngx_http_sluice_zone_process_t *
ngx_http_sluice_zone_processes(void)
{
    return ngx_http_sluice_zone_sh ? ngx_http_sluice_zone_sh->processes : NULL;
}


ngx_atomic_uint_t
ngx_http_sluice_zone_configuration(void)
{
    return ngx_http_sluice_zone_number;
}


/* counters */

static ngx_http_sluice_zone_row_t *
ngx_http_sluice_zone_row(void)
{
    return &ngx_http_sluice_zone_sh
                ->rows[ngx_worker % NGX_HTTP_SLUICE_ZONE_ROWS];
}


void
ngx_http_sluice_zone_passed(ngx_http_sluice_by_t by)
{
    if (ngx_http_sluice_zone_sh) {
        (void) ngx_atomic_fetch_add(&ngx_http_sluice_zone_row()->passed[by], 1);
    }
}


void
ngx_http_sluice_zone_denied(sluice_status_t status)
{
    if (ngx_http_sluice_zone_sh) {
        (void) ngx_atomic_fetch_add(&ngx_http_sluice_zone_row()->denied[status],
                                    1);
    }
}


void
ngx_http_sluice_zone_looked(ngx_uint_t seen)
{
    ngx_http_sluice_zone_row_t *row;

    row = ngx_http_sluice_zone_row();
    (void) ngx_atomic_fetch_add(seen ? &row->hits : &row->misses, 1);
}


ngx_sluice_pg_counts_t *
ngx_http_sluice_zone_database(void)
{
    return ngx_http_sluice_zone_sh ? &ngx_http_sluice_zone_row()->database
                                   : NULL;
}


ngx_int_t
ngx_http_sluice_zone_counts(ngx_http_sluice_zone_counts_t *counts)
{
    ngx_uint_t i, n;
    ngx_http_sluice_zone_row_t *row;

    if (ngx_http_sluice_zone_sh == NULL) {
        return NGX_DECLINED;
    }

    ngx_memzero(counts, sizeof(ngx_http_sluice_zone_counts_t));

    for (n = 0; n < NGX_HTTP_SLUICE_ZONE_ROWS; n++) {
        row = &ngx_http_sluice_zone_sh->rows[n];

        for (i = 0; i < NGX_HTTP_SLUICE_BY_COUNT; i++) {
            counts->passed[i] += row->passed[i];
        }

        for (i = 0; i < SLUICE_STATUS_COUNT; i++) {
            counts->denied[i] += row->denied[i];
        }

        counts->hits += row->hits;
        counts->misses += row->misses;
        counts->stopped += row->database.stopped;
        counts->refused += row->database.refused;
        counts->busy += row->database.busy;
        counts->behind = ngx_max(counts->behind, row->database.behind);

        for (i = 0; i < NGX_SLUICE_PG_READS; i++) {
            counts->reads[i] += row->database.reads[i];
        }
    }

    counts->revocations = revocation_used(ngx_http_sluice_zone_revocations(),
                                          ngx_time());
    counts->revocations_capacity = revocation_capacity(
        ngx_http_sluice_zone_revocations());
    counts->revocations_overflowed = revocation_overflowed(
        ngx_http_sluice_zone_revocations());
    counts->known = ngx_http_sluice_zone_sh->known;

    counts->budgets = budget_used(ngx_http_sluice_zone_budgets(), ngx_time());
    counts->budgets_capacity = budget_capacity(ngx_http_sluice_zone_budgets());
    counts->budgets_overflowed = budget_overflowed(
        ngx_http_sluice_zone_budgets());

    counts->metered = meter_counted(ngx_http_sluice_zone_meter());
    counts->unmetered = meter_lost(ngx_http_sluice_zone_meter());
    counts->metered_users = meter_used(ngx_http_sluice_zone_meter());
    counts->metered_capacity = meter_capacity(ngx_http_sluice_zone_meter());
    counts->streams = streams_count(ngx_http_sluice_zone_streams(), ngx_time());

    return NGX_OK;
}


/* revocations that were read */

ngx_uint_t
ngx_http_sluice_zone_known(void)
{
    return ngx_http_sluice_zone_sh == NULL || ngx_http_sluice_zone_sh->known;
}


void
ngx_http_sluice_zone_set_known(void)
{
    if (ngx_http_sluice_zone_sh) {
        ngx_http_sluice_zone_sh->known = 1;
    }
}


ngx_uint_t
ngx_http_sluice_zone_turn(ngx_http_sluice_turn_t turn, ngx_msec_t every)
{
    ngx_uint_t ours;
    ngx_msec_t *last;

    if (ngx_http_sluice_zone_sh == NULL) {
        return 0;
    }

    last = &ngx_http_sluice_zone_sh->turns[turn];

    ngx_http_sluice_zone_lock();

    /* another process may have looked at the clock later than this one */
    ours = *last == 0
           || (ngx_msec_int_t) (ngx_current_msec - *last)
                  >= (ngx_msec_int_t) every;

    if (ours) {
        *last = ngx_current_msec ? ngx_current_msec : 1;
    }

    ngx_http_sluice_zone_unlock();

    return ours;
}


void
ngx_http_sluice_zone_turn_over(ngx_http_sluice_turn_t turn)
{
    if (ngx_http_sluice_zone_sh) {
        ngx_http_sluice_zone_sh->turns[turn] = 0;
    }
}


uint64_t
ngx_http_sluice_zone_horizon(void)
{
    return ngx_http_sluice_zone_sh ? __atomic_load_n(
               &ngx_http_sluice_zone_sh->horizon, __ATOMIC_ACQUIRE)
                                   : 0;
}


void
ngx_http_sluice_zone_set_horizon(uint64_t horizon)
{
    if (ngx_http_sluice_zone_sh) {
        __atomic_store_n(&ngx_http_sluice_zone_sh->horizon, horizon,
                         __ATOMIC_RELEASE);
    }
}


/* the memory, for ngx_http_sluice_zone_module.c */

/* Of what the header leaves a sixteenth is for what users were sent, and one
   for what they play; of the rest a quarter for verified tokens, half for
   revocations, a quarter for budgets. */

ngx_int_t
ngx_http_sluice_zone_make(void *mem, size_t size)
{
    ngx_http_sluice_zone_sh_t *sh = mem;

    size_t quarter, sixteenth;
    u_char seeds[3][SIPHASH_KEY_SIZE];

    ngx_memzero(sh, sizeof(ngx_http_sluice_zone_sh_t));

    if (RAND_bytes((u_char *) seeds, sizeof(seeds)) != 1
        || uuid_v7(sh->id) != 0) {
        return NGX_ERROR;
    }

    size -= sizeof(ngx_http_sluice_zone_sh_t);
    sixteenth = size / 16 & ~(size_t) (NGX_HTTP_SLUICE_ZONE_CACHE_LINE - 1);
    quarter = (size - 2 * sixteenth) / 4
              & ~(size_t) (NGX_HTTP_SLUICE_ZONE_CACHE_LINE - 1);

    tries_init(&sh->tries[NGX_HTTP_SLUICE_TRIES_OF_ONE], seeds[2],
               NGX_HTTP_SLUICE_ZONE_TRIES_OF_ONE,
               NGX_HTTP_SLUICE_ZONE_EVERY_OF_ONE);
    tries_init(&sh->tries[NGX_HTTP_SLUICE_TRIES_OF_ALL], seeds[2],
               NGX_HTTP_SLUICE_ZONE_TRIES_OF_ALL,
               NGX_HTTP_SLUICE_ZONE_EVERY_OF_ALL);

    sh->verified = sizeof(ngx_http_sluice_zone_sh_t);
    sh->revocations = sh->verified + quarter;
    sh->budgets = sh->revocations + 2 * quarter;
    sh->meter = sh->budgets + quarter;
    sh->streams = sh->meter + sixteenth;

    if (verified_init(ngx_http_sluice_zone_table(sh, sh->verified), quarter)
            == 0
        || revocation_init(ngx_http_sluice_zone_table(sh, sh->revocations),
                           2 * quarter, seeds[0])
               == 0
        || budget_init(ngx_http_sluice_zone_table(sh, sh->budgets), quarter,
                       seeds[1])
               == 0
        || meter_init(ngx_http_sluice_zone_table(sh, sh->meter), sixteenth) == 0
        || streams_init(ngx_http_sluice_zone_table(sh, sh->streams), sixteenth)
               == 0) {
        return NGX_ERROR;
    }

    sh->magic = NGX_HTTP_SLUICE_ZONE_MAGIC;
    sh->version = NGX_HTTP_SLUICE_ZONE_VERSION;

    return NGX_OK;
}


ngx_uint_t
ngx_http_sluice_zone_valid(void *mem)
{
    ngx_http_sluice_zone_sh_t *sh = mem;

    return sh->magic == NGX_HTTP_SLUICE_ZONE_MAGIC
           && sh->version == NGX_HTTP_SLUICE_ZONE_VERSION
           && verified_valid(ngx_http_sluice_zone_table(sh, sh->verified))
           && revocation_valid(ngx_http_sluice_zone_table(sh, sh->revocations))
           && budget_valid(ngx_http_sluice_zone_table(sh, sh->budgets))
           && meter_valid(ngx_http_sluice_zone_table(sh, sh->meter))
           && streams_valid(ngx_http_sluice_zone_table(sh, sh->streams));
}
