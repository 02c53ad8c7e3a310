/* Files that others go on with are cleared in a thread, where nobody has them
   open. */

#include "ngx_sluice_spool.h"

#include "ngx_module/bridge/ngx_sluice_lane.h"


typedef struct {
    ngx_sluice_lane_job_t job;
    const ngx_sluice_spool_place_t *place;
    char id[UUID_TEXT_SIZE];
} ngx_sluice_spool_clear_t;


static ngx_sluice_lane_t ngx_sluice_spool_clearing = {
    .name = "clearing uploads", .threads = 1
};


static void
ngx_sluice_spool_clear_work(void *data)
{
    ngx_sluice_spool_clear_t *clear = data;

    ngx_sluice_spool_clear(&clear->place->folder, clear->id);
    ngx_free(clear);
}


void
ngx_sluice_spool_clear_soon(const ngx_sluice_spool_place_t *place,
                            const char *id)
{
    ngx_sluice_spool_clear_t *clear;

    clear = ngx_calloc(sizeof(ngx_sluice_spool_clear_t), ngx_cycle->log);
    if (clear == NULL) {
        return;
    }

    clear->place = place;
    ngx_memcpy(clear->id, id, UUID_TEXT_SIZE);
    clear->job.work = ngx_sluice_spool_clear_work;
    clear->job.data = clear;

    if (ngx_sluice_lane_post(&ngx_sluice_spool_clearing, &clear->job)
        != NGX_OK) {
        ngx_free(clear);
    }
}


void
ngx_sluice_spool_clear_end(void)
{
    ngx_sluice_lane_end(&ngx_sluice_spool_clearing);
}
