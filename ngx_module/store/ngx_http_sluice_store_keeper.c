/* Credentials end, and a worker or an operator writes others: they are read
   anew without a reload. */

#include "ngx_http_sluice_store_internal.h"

#include "ngx_module/bridge/ngx_sluice_lane.h"

#include <sys/stat.h>


#define NGX_HTTP_SLUICE_STORE_LOOK 1000 /* ms between looks at the file */


/* One look; it is at work in the thread, or on the loop. */
typedef struct {
    ngx_sluice_lane_job_t job;
    const location_t *location;
    struct stat seen; /* of the last file that was read */
    credentials_t found;
    char err[LOCATION_ERROR_SIZE];
    char told[LOCATION_ERROR_SIZE]; /* in the log already; or "" */
    unsigned changed : 1;
    unsigned wrong : 1;
    unsigned ended : 1; /* it is in the log */
} ngx_http_sluice_store_look_t;


static ngx_sluice_lane_t ngx_http_sluice_store_lane = { .name = "credentials",
                                                        .threads = 1 };
static ngx_event_t ngx_http_sluice_store_timer;
static ngx_http_sluice_store_t *ngx_http_sluice_store_kept;
static ngx_http_sluice_store_look_t ngx_http_sluice_store_seen;


ngx_int_t
ngx_http_sluice_store_first(ngx_http_sluice_store_t *store, char *err,
                            size_t err_size)
{
    return credentials_find(&store->credentials, &store->location, err,
                            err_size)
                   == 0
               ? NGX_OK
               : NGX_ERROR;
}


/* In the thread. A file that was replaced has another inode, time or size. */

static void
ngx_http_sluice_store_work(void *data)
{
    ngx_http_sluice_store_look_t *look = data;
    struct stat st;

    look->changed = 0;
    look->wrong = 0;

    if (stat(look->location->credentials, &st) == 0
        && st.st_ino == look->seen.st_ino && st.st_size == look->seen.st_size
        && st.st_mtim.tv_sec == look->seen.st_mtim.tv_sec
        && st.st_mtim.tv_nsec == look->seen.st_mtim.tv_nsec) {
        return;
    }

    if (credentials_find(&look->found, look->location, look->err,
                         sizeof(look->err))
        != 0) {
        look->wrong = 1;
        return;
    }

    look->seen = st;
    look->changed = 1;
}


/* What changed is said, and no more. */

static void
ngx_http_sluice_store_say(ngx_http_sluice_store_look_t *look)
{
    credentials_t *who = &ngx_http_sluice_store_kept->credentials;

    if (!look->wrong) {
        look->told[0] = '\0';

    } else if (ngx_strcmp(look->err, look->told) != 0) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "the store's credentials stay as they were: %s",
                      look->err);
        ngx_memcpy(look->told, look->err, sizeof(look->told));
    }

    if (!credentials_ended(who, ngx_time())) {
        look->ended = 0;

    } else if (!look->ended) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "the store's credentials have ended: %s",
                      look->location->role
                          ? "why the worker has not renewed them is in its log"
                          : "write others into their file");
        look->ended = 1;
    }
}


static void
ngx_http_sluice_store_looked(void *data)
{
    ngx_http_sluice_store_look_t *look = data;

    if (look->changed) {
        ngx_http_sluice_store_kept->credentials = look->found;
        ngx_http_sluice_store_kept->version++;
    }

    ngx_http_sluice_store_say(look);

    ngx_explicit_memzero(&look->found, sizeof(credentials_t));

    if (!ngx_exiting) {
        ngx_add_timer(&ngx_http_sluice_store_timer, NGX_HTTP_SLUICE_STORE_LOOK);
    }
}


static void
ngx_http_sluice_store_due(ngx_event_t *ev)
{
    if (ngx_exiting) {
        return;
    }

    if (ngx_sluice_lane_post(&ngx_http_sluice_store_lane,
                             &ngx_http_sluice_store_seen.job)
        != NGX_OK) {
        ngx_add_timer(ev, NGX_HTTP_SLUICE_STORE_LOOK);
    }
}


ngx_int_t
ngx_http_sluice_store_keep(ngx_http_sluice_store_t *store, ngx_cycle_t *cycle)
{
    ngx_http_sluice_store_look_t *look = &ngx_http_sluice_store_seen;

    if (store->location.credentials[0] == '\0') {
        return NGX_OK;
    }

    ngx_http_sluice_store_kept = store;

    look->location = &store->location;
    look->job.work = ngx_http_sluice_store_work;
    look->job.done = ngx_http_sluice_store_looked;
    look->job.data = look;

    ngx_http_sluice_store_timer.handler = ngx_http_sluice_store_due;
    ngx_http_sluice_store_timer.log = cycle->log;
    ngx_http_sluice_store_timer.cancelable = 1;

    ngx_add_timer(&ngx_http_sluice_store_timer, NGX_HTTP_SLUICE_STORE_LOOK);

    return NGX_OK;
}


ngx_uint_t
ngx_http_sluice_store_good(const ngx_http_sluice_store_t *store)
{
    return store->credentials.id[0] != '\0'
           && !credentials_ended(&store->credentials, ngx_time());
}


ngx_int_t
ngx_http_sluice_store_ends(time_t *seconds)
{
    const ngx_http_sluice_store_t *store = ngx_http_sluice_store_kept;

    if (store == NULL || store->credentials.expires == 0) {
        return NGX_DECLINED;
    }

    *seconds = ngx_max(store->credentials.expires - ngx_time(), 0);

    return NGX_OK;
}


/* One that is under way has no timer. */

void
ngx_http_sluice_store_look(void)
{
    ngx_event_t *ev = &ngx_http_sluice_store_timer;

    if (ev->timer_set && !ngx_exiting) {
        ngx_del_timer(ev);
        ngx_http_sluice_store_due(ev);
    }
}


void
ngx_http_sluice_store_end(void)
{
    ngx_sluice_lane_end(&ngx_http_sluice_store_lane);
}
