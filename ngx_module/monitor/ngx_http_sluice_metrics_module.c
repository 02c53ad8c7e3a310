/*
 * The zone's numbers for Prometheus, and behind them the record's:
 *
 *     # HELP sluice_gate_passed_total Requests that a gate let pass.
 *     # TYPE sluice_gate_passed_total counter
 *     sluice_gate_passed_total{by="user"} 7
 */

#include "ngx_http_sluice_metrics.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/status.h"
#include "core/grant/grant.h"


#define NGX_HTTP_SLUICE_METRICS_VERSION "0.1.0" /* of Sluice */

/* More than a line with a label can have. */
#define NGX_HTTP_SLUICE_METRICS_LINE 128


typedef struct {
    const char *name;
    const char *type;
    const char *help;
    size_t offset; /* of the number in the counts */
} ngx_http_sluice_metrics_t;


typedef struct {
    ngx_str_t file; /* where sluice_metrics stands, for messages */
    ngx_uint_t line;
} ngx_http_sluice_metrics_main_conf_t;


static ngx_int_t ngx_http_sluice_metrics_handler(ngx_http_request_t *r);
static void ngx_http_sluice_metrics_told(ngx_http_request_t *r, void *data,
                                         const ngx_sluice_pg_result_t *result);
static ngx_int_t
ngx_http_sluice_metrics_answer(ngx_http_request_t *r,
                               const ngx_sluice_pg_result_t *result);
static ngx_int_t ngx_http_sluice_metrics_send(ngx_http_request_t *r,
                                              ngx_str_t *record);
static u_char *
ngx_http_sluice_metrics_write(u_char *p, u_char *last,
                              ngx_http_sluice_zone_counts_t *counts);
static void *ngx_http_sluice_metrics_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_metrics(ngx_conf_t *cf, ngx_command_t *cmd,
                                     void *conf);
static ngx_int_t ngx_http_sluice_metrics_postconfiguration(ngx_conf_t *cf);


static ngx_command_t ngx_http_sluice_metrics_commands[] = {

    { ngx_string("sluice_metrics"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
      ngx_http_sluice_metrics, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_metrics_module_ctx = {
    NULL,                                      /* preconfiguration */
    ngx_http_sluice_metrics_postconfiguration, /* postconfiguration */

    ngx_http_sluice_metrics_create_main_conf, /* create main configuration */
    NULL,                                     /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_metrics_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_metrics_module_ctx, /* module context */
    ngx_http_sluice_metrics_commands,    /* module directives */
    NGX_HTTP_MODULE,                     /* module type */
    NULL,                                /* init master */
    NULL,                                /* init module */
    NULL,                                /* init process */
    NULL,                                /* init thread */
    NULL,                                /* exit thread */
    NULL,                                /* exit process */
    NULL,                                /* exit master */
    NGX_MODULE_V1_PADDING
};


static const char *const ngx_http_sluice_metrics_by[] = { "user", "grant",
                                                          "cloudfront" };

/* All that a gate can say. */

static const sluice_status_t ngx_http_sluice_metrics_reasons[] = {
    SLUICE_UNAUTHENTICATED,
    SLUICE_TOKEN_INVALID,
    SLUICE_TOKEN_EXPIRED,
    SLUICE_TOKEN_REVOKED,
    SLUICE_ROLE_TOO_LOW,
    SLUICE_CROSS_SITE,
    SLUICE_GRANT_INVALID,
    SLUICE_GRANT_NOT_YET,
    SLUICE_GRANT_PATH,
    SLUICE_GRANT_METHOD,
    SLUICE_GRANT_ADDRESS,
    SLUICE_GRANT_REVOKED,
    SLUICE_GRANT_EXPIRED,
    SLUICE_GRANT_USED,
    SLUICE_GRANT_BUDGET,
    SLUICE_BUSY,
    SLUICE_REVOCATIONS_UNKNOWN,
    SLUICE_REDIS_AWAY,
    SLUICE_INTERNAL
};

#define NGX_HTTP_SLUICE_METRICS_REASONS      \
    (sizeof(ngx_http_sluice_metrics_reasons) \
     / sizeof(ngx_http_sluice_metrics_reasons[0]))


static const ngx_http_sluice_metrics_t ngx_http_sluice_metrics_single[] = {

    { "sluice_verified_hits_total", "counter",
      "Tokens found among the verified ones of the zone.",
      offsetof(ngx_http_sluice_zone_counts_t, hits) },

    { "sluice_verified_misses_total", "counter",
      "Tokens not found among the verified ones of the zone.",
      offsetof(ngx_http_sluice_zone_counts_t, misses) },

    { "sluice_revocations", "gauge", "Revocations in force in the zone.",
      offsetof(ngx_http_sluice_zone_counts_t, revocations) },

    { "sluice_revocations_capacity", "gauge",
      "Revocations that the zone has room for.",
      offsetof(ngx_http_sluice_zone_counts_t, revocations_capacity) },

    { "sluice_revocations_overflowed_total", "counter",
      "Revocations that found no room and refuse others with them.",
      offsetof(ngx_http_sluice_zone_counts_t, revocations_overflowed) },

    { "sluice_revocations_known", "gauge",
      "1 when what was revoked before the zone was made has been read.",
      offsetof(ngx_http_sluice_zone_counts_t, known) },

    { "sluice_budgets", "gauge",
      "Links whose uses or bytes are counted in the zone.",
      offsetof(ngx_http_sluice_zone_counts_t, budgets) },

    { "sluice_budgets_capacity", "gauge",
      "Links with uses or bytes that the zone has room for.",
      offsetof(ngx_http_sluice_zone_counts_t, budgets_capacity) },

    { NULL, NULL, NULL, 0 }
};

#define NGX_HTTP_SLUICE_METRICS_SIZE                                \
    ((3                                                             \
      + sizeof(ngx_http_sluice_metrics_single)                      \
            / sizeof(ngx_http_sluice_metrics_single[0]))            \
         * NGX_HTTP_SLUICE_METRICS_LINES                            \
     + (NGX_HTTP_SLUICE_METRICS_REASONS + NGX_HTTP_SLUICE_BY_COUNT) \
           * NGX_HTTP_SLUICE_METRICS_LINE)


static ngx_int_t
ngx_http_sluice_metrics_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_str_t none = ngx_string("");
    ngx_http_sluice_main_conf_t *smcf;

    if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
        return ngx_http_sluice_problem(r, SLUICE_METHOD_NOT_ALLOWED, NULL,
                                       NULL);
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (smcf->database == NULL) {
        return ngx_http_sluice_metrics_send(r, &none);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_sluice_metrics_record_ask(r, ngx_http_sluice_metrics_told)
        != SLUICE_OK) {
        return ngx_http_sluice_metrics_answer(r, NULL);
    }

    r->main->count++;

    return NGX_DONE;
}


static void
ngx_http_sluice_metrics_told(ngx_http_request_t *r, void *data,
                             const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_finish(r, ngx_http_sluice_metrics_answer(r, result));
}


/* Without the record (NULL) or with what it said. */

static ngx_int_t
ngx_http_sluice_metrics_answer(ngx_http_request_t *r,
                               const ngx_sluice_pg_result_t *result)
{
    ngx_str_t record;

    if (ngx_http_sluice_metrics_record_text(r, result, &record) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_metrics_send(r, &record);
}


static ngx_int_t
ngx_http_sluice_metrics_send(ngx_http_request_t *r, ngx_str_t *record)
{
    size_t size;
    u_char *p, *last;
    ngx_str_t type = ngx_string("text/plain; version=0.0.4");
    ngx_str_t no_store = ngx_string("no-store");
    ngx_http_complex_value_t text;
    ngx_http_sluice_zone_counts_t counts;

    if (ngx_http_sluice_zone_counts(&counts) != NGX_OK) {
        return ngx_http_sluice_problem(r, SLUICE_NOT_FOUND, NULL, NULL);
    }

    size = NGX_HTTP_SLUICE_METRICS_SIZE + record->len;

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    last = ngx_http_sluice_metrics_write(p, p + NGX_HTTP_SLUICE_METRICS_SIZE,
                                         &counts);
    last = ngx_cpymem(last, record->data, record->len);

    ngx_memzero(&text, sizeof(ngx_http_complex_value_t));
    text.value.data = p;
    text.value.len = (size_t) (last - p);

    if (ngx_http_sluice_header(r, "Cache-Control", &no_store) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_send_response(r, NGX_HTTP_OK, &type, &text);
}


static u_char *
ngx_http_sluice_metrics_write(u_char *p, u_char *last,
                              ngx_http_sluice_zone_counts_t *counts)
{
    size_t i;
    uint64_t number;
    sluice_status_t reason;
    const ngx_http_sluice_metrics_t *metric;

    p = ngx_http_sluice_metrics_head(p, last, "sluice_gate_passed_total",
                                     "counter",
                                     "Requests that a gate let pass.");

    for (i = 0; i < NGX_HTTP_SLUICE_BY_COUNT; i++) {
        p = ngx_slprintf(p, last, "sluice_gate_passed_total{by=\"%s\"} %uL\n",
                         ngx_http_sluice_metrics_by[i], counts->passed[i]);
    }

    p = ngx_http_sluice_metrics_head(p, last, "sluice_gate_denied_total",
                                     "counter",
                                     "Requests that a gate did not let pass.");

    for (i = 0; i < NGX_HTTP_SLUICE_METRICS_REASONS; i++) {
        reason = ngx_http_sluice_metrics_reasons[i];
        p = ngx_slprintf(p, last,
                         "sluice_gate_denied_total{reason=\"%s\"} %uL\n",
                         status_problem(reason)->word, counts->denied[reason]);
    }

    for (metric = ngx_http_sluice_metrics_single; metric->name; metric++) {
        ngx_memcpy(&number, (u_char *) counts + metric->offset,
                   sizeof(uint64_t));
        p = ngx_http_sluice_metrics_head(p, last, metric->name, metric->type,
                                         metric->help);
        p = ngx_slprintf(p, last, "%s %uL\n", metric->name, number);
    }

    p = ngx_http_sluice_metrics_head(p, last, "sluice_build_info", "gauge",
                                     "The versions, as labels.");

    return ngx_slprintf(p, last,
                        "sluice_build_info{version=\"%s\",nginx=\"%s\"} 1\n",
                        NGX_HTTP_SLUICE_METRICS_VERSION, NGINX_VERSION);
}


/* configuration */

static void *
ngx_http_sluice_metrics_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_metrics_main_conf_t));
}


static char *
ngx_http_sluice_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t *clcf;
    ngx_http_sluice_metrics_main_conf_t *mmcf = conf;

    mmcf->file = cf->conf_file->file.name;
    mmcf->line = cf->conf_file->line;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_sluice_metrics_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_sluice_metrics_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_sluice_metrics_main_conf_t *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_sluice_metrics_module);

    if (mmcf->file.len && !ngx_http_sluice_zone_configured(cf)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"sluice_metrics\" has nothing to show: write "
                      "\"sluice_zone <name>:<size>;\" in http, e.g. "
                      "\"sluice_zone sluice:4m;\", or a \"sluice_gate\" in a "
                      "location in %V:%ui",
                      &mmcf->file, mmcf->line);
        return NGX_ERROR;
    }

    return NGX_OK;
}
