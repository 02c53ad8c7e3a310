#include "ngx_http_sluice_drain.h"

#include "ngx_module/bridge/ngx_sluice_lane.h"
#include "ngx_module/http/ngx_http_sluice.h"

#include <unistd.h>


#define NGX_HTTP_SLUICE_DRAIN_LOOK 1000 /* ms between looks at the file */


typedef struct {
    ngx_str_t file; /* empty: there is none */
} ngx_http_sluice_drain_conf_t;


/* One look; it is at work in the thread, or on the loop. */
typedef struct {
    ngx_sluice_lane_job_t job;
    const char *file;
    ngx_uint_t there;
} ngx_http_sluice_drain_look_t;


static void *ngx_http_sluice_drain_create_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_drain(ngx_conf_t *cf, ngx_command_t *cmd,
                                   void *conf);
static ngx_int_t ngx_http_sluice_drain_init_process(ngx_cycle_t *cycle);
static void ngx_http_sluice_drain_exit_process(ngx_cycle_t *cycle);


static ngx_command_t ngx_http_sluice_drain_commands[] = {

    { ngx_string("sluice_drain"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
      ngx_http_sluice_drain, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_drain_module_ctx = {
    NULL, /* preconfiguration */
    NULL, /* postconfiguration */

    ngx_http_sluice_drain_create_conf, /* create main configuration */
    NULL,                              /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_drain_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_drain_module_ctx,  /* module context */
    ngx_http_sluice_drain_commands,     /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    ngx_http_sluice_drain_init_process, /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    ngx_http_sluice_drain_exit_process, /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_sluice_lane_t ngx_http_sluice_drain_lane = { .name = "drain",
                                                        .threads = 1,
                                                        .idle = 1 };
static ngx_http_sluice_drain_look_t ngx_http_sluice_drain_look;
static ngx_event_t ngx_http_sluice_drain_timer;
static ngx_uint_t ngx_http_sluice_drain_begun;


ngx_uint_t
ngx_http_sluice_leaves(void)
{
    return ngx_http_sluice_drain_begun || ngx_exiting;
}


/* In the thread. */

static void
ngx_http_sluice_drain_work(void *data)
{
    ngx_http_sluice_drain_look_t *look = data;

    look->there = access(look->file, F_OK) == 0;
}


static void
ngx_http_sluice_drain_looked(void *data)
{
    ngx_http_sluice_drain_look_t *look = data;

    if (look->there != ngx_http_sluice_drain_begun) {
        ngx_http_sluice_drain_begun = look->there;

        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      look->there
                          ? "this node is drained, since there is \"%s\""
                          : "this node is back, since \"%s\" is gone",
                      look->file);
    }

    if (!ngx_exiting) {
        ngx_add_timer(&ngx_http_sluice_drain_timer, NGX_HTTP_SLUICE_DRAIN_LOOK);
    }
}


static void
ngx_http_sluice_drain_due(ngx_event_t *ev)
{
    if (!ngx_exiting
        && ngx_sluice_lane_post(&ngx_http_sluice_drain_lane,
                                &ngx_http_sluice_drain_look.job)
               != NGX_OK) {
        ngx_add_timer(ev, NGX_HTTP_SLUICE_DRAIN_LOOK);
    }
}


/* The first look is not waited for by anything: it may take the loop's time. */

static ngx_int_t
ngx_http_sluice_drain_init_process(ngx_cycle_t *cycle)
{
    ngx_http_sluice_drain_conf_t *sdcf;
    ngx_http_sluice_drain_look_t *look = &ngx_http_sluice_drain_look;

    sdcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_sluice_drain_module);

    if (sdcf == NULL || sdcf->file.len == 0
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE)) {
        return NGX_OK;
    }

    look->file = (const char *) sdcf->file.data;
    look->job.work = ngx_http_sluice_drain_work;
    look->job.done = ngx_http_sluice_drain_looked;
    look->job.data = look;

    ngx_http_sluice_drain_timer.handler = ngx_http_sluice_drain_due;
    ngx_http_sluice_drain_timer.log = cycle->log;
    ngx_http_sluice_drain_timer.cancelable = 1;

    ngx_http_sluice_drain_work(look);
    ngx_http_sluice_drain_looked(look);

    return NGX_OK;
}


static void
ngx_http_sluice_drain_exit_process(ngx_cycle_t *cycle)
{
    ngx_sluice_lane_end(&ngx_http_sluice_drain_lane);
}


static void *
ngx_http_sluice_drain_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_drain_conf_t));
}


static char *
ngx_http_sluice_drain(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_drain_conf_t *sdcf = conf;

    ngx_str_t *value;

    if (sdcf->file.len) {
        return "is duplicate";
    }

    value = cf->args->elts;
    sdcf->file = value[1];

    return ngx_conf_full_name(cf->cycle, &sdcf->file, 0) == NGX_OK
               ? NGX_CONF_OK
               : NGX_CONF_ERROR;
}
