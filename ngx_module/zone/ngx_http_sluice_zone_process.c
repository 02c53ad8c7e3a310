/* Which processes take requests: the rows of a table in the zone. */

#include "ngx_http_sluice_zone_internal.h"


/* One that was killed has not said that it leaves. */

static ngx_uint_t
ngx_http_sluice_zone_alive(ngx_http_sluice_zone_process_t *process)
{
    ngx_pid_t pid = (ngx_pid_t) process->pid;

    return pid && (kill(pid, 0) == 0 || ngx_errno != NGX_ESRCH);
}


void
ngx_http_sluice_zone_serve(void)
{
    ngx_uint_t i;
    ngx_http_sluice_zone_process_t *process;

    process = ngx_http_sluice_zone_processes();
    if (process == NULL) {
        return;
    }

    ngx_http_sluice_zone_lock();

    for (i = 0; i < NGX_MAX_PROCESSES; i++, process++) {
        if (!ngx_http_sluice_zone_alive(process)) {
            process->configuration = ngx_http_sluice_zone_configuration();
            process->pid = (ngx_atomic_uint_t) ngx_pid;
            break;
        }
    }

    ngx_http_sluice_zone_unlock();
}


void
ngx_http_sluice_zone_leave(void)
{
    ngx_uint_t i;
    ngx_http_sluice_zone_process_t *process;

    process = ngx_http_sluice_zone_processes();
    if (process == NULL) {
        return;
    }

    for (i = 0; i < NGX_MAX_PROCESSES; i++, process++) {
        if (process->pid == (ngx_atomic_uint_t) ngx_pid) {
            process->pid = 0;
        }
    }
}


ngx_uint_t
ngx_http_sluice_zone_replacing(void)
{
    ngx_uint_t i;
    ngx_http_sluice_zone_process_t *process;

    process = ngx_http_sluice_zone_processes();
    if (process == NULL) {
        return 0;
    }

    for (i = 0; i < NGX_MAX_PROCESSES; i++, process++) {
        if (process->pid
            && process->configuration < ngx_http_sluice_zone_configuration()
            && ngx_http_sluice_zone_alive(process)) {
            return 1;
        }
    }

    return 0;
}
