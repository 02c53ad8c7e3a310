/*
 * A lane: a few threads of this process that do one kind of work, and nothing
 * else waits for them. nginx's own pools are the operator's, and shared.
 */

#ifndef NGX_SLUICE_LANE_H
#define NGX_SLUICE_LANE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include <pthread.h>

#define NGX_SLUICE_LANE_THREADS_MAX 8

typedef struct ngx_sluice_lane_job_s ngx_sluice_lane_job_t;

struct ngx_sluice_lane_job_s {
    ngx_sluice_lane_job_t *next;
    void (*work)(void *data); /* in a thread */
    void (*done)(void *data); /* on the loop, behind it; or NULL */
    void *data;
};

/* Static; what is not named is 0. Its threads begin with the first job. */
typedef struct {
    const char *name;
    ngx_uint_t threads; /* at most _THREADS_MAX */
    ngx_uint_t max;     /* jobs that may wait; 0: any number */
    ngx_uint_t idle;    /* 1: a process drains and exits without them, since
                           nobody misses what is not done then */

    pthread_t ids[NGX_SLUICE_LANE_THREADS_MAX];
    ngx_uint_t started; /* threads */
    ngx_uint_t waiting; /* jobs */
    ngx_sluice_lane_job_t *first, **last;
    ngx_sluice_lane_job_t *ended; /* whose done() is to come */
    int told;                     /* an eventfd */
    ngx_connection_t *connection; /* that the loop hears it by */
    ngx_uint_t untold; /* jobs whose done() is to come, waiting or not */
    ngx_event_t busy;  /* a process that drains leaves without timer */
    pthread_mutex_t lock;
    pthread_cond_t more;
    unsigned ready : 1;
    unsigned ending : 1;
} ngx_sluice_lane_t;

/* On the loop: `job` is the caller's until its done(), or its work() when there
   is none, has begun. NGX_OK; NGX_BUSY: so many wait already; NGX_ERROR: there
   is no thread. */
ngx_int_t ngx_sluice_lane_post(ngx_sluice_lane_t *lane,
                               ngx_sluice_lane_job_t *job);

/* When a process exits: what waits is done first, unless the lane is idle; no
   done() comes. Fine when it was never used. */
void ngx_sluice_lane_end(ngx_sluice_lane_t *lane);

#endif
