/* What ends on the loop ends in a thread: the last close() of a file that was
   removed frees its blocks, which takes a second for some GiB. What is removed
   has a lane of its own, so that a lock never waits for it. */

#include "ngx_sluice_spool.h"

#include "ngx_module/bridge/ngx_sluice_lane.h"


#define NGX_SLUICE_SPOOL_NAMES 3


typedef struct {
    ngx_sluice_lane_job_t job;
    int fd;
    char *names[NGX_SLUICE_SPOOL_NAMES]; /* NULL: stays */
} ngx_sluice_spool_release_t;


static ngx_sluice_lane_t ngx_sluice_spool_closing = { .name = "closing uploads",
                                                      .threads = 1 };

static ngx_sluice_lane_t ngx_sluice_spool_removing = {
    .name = "removing uploads", .threads = 2
};


static void
ngx_sluice_spool_release_work(void *data)
{
    ngx_uint_t i;
    ngx_sluice_spool_release_t *release = data;

    for (i = 0; i < NGX_SLUICE_SPOOL_NAMES; i++) {
        if (release->names[i]) {
            (void) unlink(release->names[i]);
        }
    }

    if (release->fd != -1) {
        (void) close(release->fd);
    }

    ngx_free(release);
}


/* With copies of what is named: the request's memory is about to go. */

static ngx_sluice_spool_release_t *
ngx_sluice_spool_release_make(ngx_sluice_spool_t *spool, ngx_uint_t names)
{
    char *p;
    size_t len;
    ngx_uint_t i;
    const char *paths[] = { spool->part, spool->state, spool->path };
    ngx_sluice_spool_release_t *release;

    len = ngx_strlen(spool->state) + 1;

    release = ngx_calloc(sizeof(*release) + NGX_SLUICE_SPOOL_NAMES * len,
                         ngx_cycle->log);
    if (release == NULL) {
        return NULL;
    }

    p = (char *) (release + 1);

    for (i = 0; i < NGX_SLUICE_SPOOL_NAMES; i++) {
        if (names & (1u << i)) {
            release->names[i] = p;
            (void) ngx_cpystrn((u_char *) p, (u_char *) paths[i], len);
            p += len;
        }
    }

    release->fd = -1;
    release->job.work = ngx_sluice_spool_release_work;
    release->job.data = release;

    return release;
}


void
ngx_sluice_spool_release(ngx_sluice_spool_t *spool, ngx_uint_t names,
                         ngx_uint_t closes)
{
    ngx_sluice_lane_t *lane;
    ngx_sluice_spool_release_t *release;

    if (spool->elsewhere && closes && spool->fd != -1) {
        names |= NGX_SLUICE_SPOOL_NAME_PART | NGX_SLUICE_SPOOL_NAME_STATE;
    }

    if (names == 0 && (!closes || spool->fd == -1)) {
        return;
    }

    release = ngx_sluice_spool_release_make(spool, names);

    if (release == NULL) {
        /* without memory: the names are orphans, the lock ends with us */
        return;
    }

    if (closes) {
        release->fd = spool->fd;
        spool->fd = -1;
    }

    lane = names ? &ngx_sluice_spool_removing : &ngx_sluice_spool_closing;

    if (ngx_sluice_lane_post(lane, &release->job) != NGX_OK) {
        ngx_sluice_spool_release_work(release);
    }
}


void
ngx_sluice_spool_end(void)
{
    ngx_sluice_lane_end(&ngx_sluice_spool_closing);
    ngx_sluice_lane_end(&ngx_sluice_spool_removing);
}
