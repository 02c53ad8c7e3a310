#include "ngx_sluice_event.h"
#include "ngx_sluice_lane.h"

#include <dlfcn.h>
#include <signal.h>
#include <sys/eventfd.h>


#define NGX_SLUICE_LANE_SLOW 60000 /* ms */


/* in a thread */

/* The next one, waited for; NULL: the lane has ended, and nothing waits. */

static ngx_sluice_lane_job_t *
ngx_sluice_lane_next(ngx_sluice_lane_t *lane)
{
    ngx_sluice_lane_job_t *job;

    (void) pthread_mutex_lock(&lane->lock);

    while (lane->first == NULL && !lane->ending) {
        (void) pthread_cond_wait(&lane->more, &lane->lock);
    }

    job = lane->first;

    if (job) {
        lane->waiting--;
        lane->first = job->next;

        if (lane->first == NULL) {
            lane->last = &lane->first;
        }
    }

    (void) pthread_mutex_unlock(&lane->lock);

    return job;
}


static void *
ngx_sluice_lane_thread(void *data)
{
    uint64_t one = 1;
    ngx_uint_t tell;
    ngx_sluice_lane_t *lane = data;
    ngx_sluice_lane_job_t *job;

    for (;;) {
        job = ngx_sluice_lane_next(lane);
        if (job == NULL) {
            return NULL;
        }

        /* without done() the work may free it */

        tell = (job->done != NULL);
        job->work(job->data);

        if (tell) {
            (void) pthread_mutex_lock(&lane->lock);
            job->next = lane->ended;
            lane->ended = job;
            (void) pthread_mutex_unlock(&lane->lock);

            (void) !write(lane->told, &one, sizeof(one));
        }
    }
}


/* on the loop */

static void
ngx_sluice_lane_told(ngx_event_t *ev)
{
    uint64_t count;
    ngx_connection_t *c = ev->data;
    ngx_sluice_lane_t *lane = c->data;
    ngx_sluice_lane_job_t *job, *next;

    (void) !read(c->fd, &count, sizeof(count));

    (void) pthread_mutex_lock(&lane->lock);
    job = lane->ended;
    lane->ended = NULL;
    (void) pthread_mutex_unlock(&lane->lock);

    for (/* void */; job; job = next) {
        next = job->next;
        lane->untold--;
        job->done(job->data);
    }

    /* something came to its end: what is still under way has its time anew */

    if (lane->busy.timer_set) {
        ngx_del_timer(&lane->busy);
    }

    if (lane->untold) {
        ngx_add_timer(&lane->busy, NGX_SLUICE_LANE_SLOW);
    }
}


static void
ngx_sluice_lane_slow(ngx_event_t *ev)
{
    ngx_sluice_lane_t *lane;

    lane = (ngx_sluice_lane_t *) ((u_char *) ev
                                  - offsetof(ngx_sluice_lane_t, busy));

    ngx_log_error(NGX_LOG_ALERT, ev->log, 0, "%s take very long", lane->name);
    ngx_add_timer(ev, NGX_SLUICE_LANE_SLOW);
}


static ngx_int_t
ngx_sluice_lane_ready(ngx_sluice_lane_t *lane)
{
    if (lane->ready) {
        return NGX_OK;
    }

    if (pthread_mutex_init(&lane->lock, NULL) != 0
        || pthread_cond_init(&lane->more, NULL) != 0) {
        return NGX_ERROR;
    }

    lane->last = &lane->first;
    lane->told = -1;
    lane->ready = 1;

    return NGX_OK;
}


/* That threads tell of what is done. */

static ngx_int_t
ngx_sluice_lane_listen(ngx_sluice_lane_t *lane)
{
    if (lane->connection) {
        return NGX_OK;
    }

    if (lane->told == -1) {
        lane->told = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    }

    if (lane->told == -1) {
        return NGX_ERROR;
    }

    lane->connection = ngx_sluice_event_attach(lane->told, lane,
                                               ngx_sluice_lane_told, NULL);

    return lane->connection ? ngx_sluice_event_want(lane->connection, 1, 0)
                            : NGX_ERROR;
}


/* Signals are the loop's. */

static ngx_int_t
ngx_sluice_lane_start(ngx_sluice_lane_t *lane)
{
    int err;
    sigset_t all, before;

    if (lane->started == ngx_min(lane->threads, NGX_SLUICE_LANE_THREADS_MAX)) {
        return NGX_OK;
    }

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_BLOCK, &all, &before);

    err = pthread_create(&lane->ids[lane->started], NULL,
                         ngx_sluice_lane_thread, lane);

    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (err == 0) {
        lane->started++;

    } else {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, err, "no thread for %s",
                      lane->name);
    }

    return lane->started ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_sluice_lane_post(ngx_sluice_lane_t *lane, ngx_sluice_lane_job_t *job)
{
    ngx_int_t rc = NGX_OK;
    ngx_uint_t tell = (job->done != NULL); /* work() may free it */

    if (ngx_sluice_lane_ready(lane) != NGX_OK
        || (tell && ngx_sluice_lane_listen(lane) != NGX_OK)
        || ngx_sluice_lane_start(lane) != NGX_OK) {
        return NGX_ERROR;
    }

    (void) pthread_mutex_lock(&lane->lock);

    if (lane->max && lane->waiting >= lane->max) {
        rc = NGX_BUSY;

    } else {
        job->next = NULL;
        *lane->last = job;
        lane->last = &job->next;
        lane->waiting++;
        (void) pthread_cond_signal(&lane->more);
    }

    (void) pthread_mutex_unlock(&lane->lock);

    if (rc == NGX_OK && tell) {
        lane->untold++;

        if (!lane->busy.timer_set) {
            ngx_sluice_event_timer(&lane->busy, ngx_sluice_lane_slow);
            lane->busy.cancelable = lane->idle ? 1 : 0;
            ngx_add_timer(&lane->busy, NGX_SLUICE_LANE_SLOW);
        }
    }

    return rc;
}


/* nginx unloads its modules before it exits: the one that these threads are in
   stays. */

static void
ngx_sluice_lane_stay(ngx_sluice_lane_t *lane)
{
    Dl_info module;

    if (dladdr(lane, &module)) {
        (void) dlopen(module.dli_fname,
                      RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    }
}


void
ngx_sluice_lane_end(ngx_sluice_lane_t *lane)
{
    ngx_uint_t i;

    if (!lane->ready) {
        return;
    }

    (void) pthread_mutex_lock(&lane->lock);
    lane->ending = 1;
    (void) pthread_cond_broadcast(&lane->more);
    (void) pthread_mutex_unlock(&lane->lock);

    if (lane->idle) {
        ngx_sluice_lane_stay(lane);

    } else {
        for (i = 0; i < lane->started; i++) {
            (void) pthread_join(lane->ids[i], NULL);
        }

        lane->started = 0;
    }

    ngx_sluice_event_detach(lane->connection, 1);
    lane->connection = NULL;
}
