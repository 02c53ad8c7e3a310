/*
 * The zone's numbers for Prometheus:
 *
 *     # HELP sluice_gate_passed_total Requests that a gate let pass.
 *     # TYPE sluice_gate_passed_total counter
 *     sluice_gate_passed_total{by="user"} 7
 */

#include "ngx_http_sluice_metrics.h"

#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/status.h"
#include "core/base/version.h"


/* More than a line with a label can have. */
#define NGX_HTTP_SLUICE_METRICS_LINE 128


typedef struct {
    const char *name;
    const char *type;
    const char *help;
    size_t offset; /* of the number in the counts */
} ngx_http_sluice_metrics_number_t;


static const char
    *const ngx_http_sluice_metrics_zone_by[NGX_HTTP_SLUICE_BY_COUNT] = {
        [NGX_HTTP_SLUICE_BY_USER] = "user",
        [NGX_HTTP_SLUICE_BY_GRANT] = "grant",
        [NGX_HTTP_SLUICE_BY_CLOUDFRONT] = "cloudfront",
    };

static const ngx_http_sluice_metrics_number_t
    ngx_http_sluice_metrics_zone_numbers[] = {

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

        { "sluice_budgets_overflowed_total", "counter",
          "Links with uses or bytes that lost their place in the zone, or "
          "never had one.",
          offsetof(ngx_http_sluice_zone_counts_t, budgets_overflowed) },

        { "sluice_metered_bytes_total", "counter",
          "Bytes of media that users were sent.",
          offsetof(ngx_http_sluice_zone_counts_t, metered) },

        { "sluice_metered_lost_bytes_total", "counter",
          "Bytes of media that found no place in the zone to be counted.",
          offsetof(ngx_http_sluice_zone_counts_t, unmetered) },

        { "sluice_metered_users", "gauge",
          "Users whose bytes are counted in the zone.",
          offsetof(ngx_http_sluice_zone_counts_t, metered_users) },

        { "sluice_metered_users_capacity", "gauge",
          "Users that the zone has room for.",
          offsetof(ngx_http_sluice_zone_counts_t, metered_capacity) },

        { "sluice_streams", "gauge",
          "Streams of users whose plan says how many they may have.",
          offsetof(ngx_http_sluice_zone_counts_t, streams) },

        { "sluice_database_stopped_total", "counter",
          "Statements stopped since nobody waited for them any more.",
          offsetof(ngx_http_sluice_zone_counts_t, stopped) },

        { "sluice_database_refused_total", "counter",
          "Queries refused since their user had too many waiting.",
          offsetof(ngx_http_sluice_zone_counts_t, refused) },

        { "sluice_database_busy_total", "counter",
          "Queries refused since too many were waiting.",
          offsetof(ngx_http_sluice_zone_counts_t, busy) },

        { "sluice_replica_reads_total", "counter",
          "Reads that the replica has answered.",
          offsetof(ngx_http_sluice_zone_counts_t,
                   reads[NGX_SLUICE_PG_REPLICA]) },

        { "sluice_replica_behind_total", "counter",
          "Reads that the primary has answered since the replica was behind.",
          offsetof(ngx_http_sluice_zone_counts_t,
                   reads[NGX_SLUICE_PG_BEHIND]) },

        { "sluice_replica_away_total", "counter",
          "Reads that the primary has answered since the replica did not.",
          offsetof(ngx_http_sluice_zone_counts_t, reads[NGX_SLUICE_PG_AWAY]) },

        { "sluice_replica_behind_bytes", "gauge",
          "Bytes of log that the replica lacked when it was asked last.",
          offsetof(ngx_http_sluice_zone_counts_t, behind) },

        { NULL, NULL, NULL, 0 }
    };

#define NGX_HTTP_SLUICE_METRICS_ZONE_SIZE                      \
    ((3                                                        \
      + sizeof(ngx_http_sluice_metrics_zone_numbers)           \
            / sizeof(ngx_http_sluice_metrics_zone_numbers[0])) \
         * NGX_HTTP_SLUICE_METRICS_LINES                       \
     + (SLUICE_STATUS_COUNT + NGX_HTTP_SLUICE_BY_COUNT)        \
           * NGX_HTTP_SLUICE_METRICS_LINE)


static u_char *
ngx_http_sluice_metrics_zone_gate(u_char *p, u_char *last,
                                  ngx_http_sluice_zone_counts_t *counts)
{
    ngx_uint_t i;
    sluice_status_t reason;
    const sluice_problem_t *problem;

    p = ngx_http_sluice_metrics_head(p, last, "sluice_gate_passed_total",
                                     "counter",
                                     "Requests that a gate let pass.");

    for (i = 0; i < NGX_HTTP_SLUICE_BY_COUNT; i++) {
        p = ngx_slprintf(p, last, "sluice_gate_passed_total{by=\"%s\"} %uL\n",
                         ngx_http_sluice_metrics_zone_by[i], counts->passed[i]);
    }

    p = ngx_http_sluice_metrics_head(p, last, "sluice_gate_denied_total",
                                     "counter",
                                     "Requests that a gate did not let pass.");

    for (reason = SLUICE_OK; reason < SLUICE_STATUS_COUNT; reason++) {
        problem = status_problem(reason);

        if (problem->gate) {
            p = ngx_slprintf(p, last,
                             "sluice_gate_denied_total{reason=\"%s\"} %uL\n",
                             problem->word, counts->denied[reason]);
        }
    }

    return p;
}


ngx_int_t
ngx_http_sluice_metrics_zone_text(ngx_http_request_t *r, ngx_str_t *text)
{
    u_char *p, *last;
    uint64_t number;
    ngx_http_sluice_zone_counts_t counts;
    const ngx_http_sluice_metrics_number_t *metric;

    if (ngx_http_sluice_zone_counts(&counts) != NGX_OK) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(r->pool, NGX_HTTP_SLUICE_METRICS_ZONE_SIZE);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;
    last = p + NGX_HTTP_SLUICE_METRICS_ZONE_SIZE;

    p = ngx_http_sluice_metrics_zone_gate(p, last, &counts);

    for (metric = ngx_http_sluice_metrics_zone_numbers; metric->name;
         metric++) {
        ngx_memcpy(&number, (u_char *) &counts + metric->offset,
                   sizeof(uint64_t));
        p = ngx_http_sluice_metrics_head(p, last, metric->name, metric->type,
                                         metric->help);
        p = ngx_slprintf(p, last, "%s %uL\n", metric->name, number);
    }

    p = ngx_http_sluice_metrics_head(p, last, "sluice_build_info", "gauge",
                                     "The versions, as labels.");
    p = ngx_slprintf(p, last,
                     "sluice_build_info{version=\"%s\",nginx=\"%s\"} 1\n",
                     SLUICE_VERSION, NGINX_VERSION);

    text->len = (size_t) (p - text->data);

    return NGX_OK;
}
