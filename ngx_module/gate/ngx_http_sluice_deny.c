#include "ngx_http_sluice_deny.h"

#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/grant/scope.h"

#include <jansson.h>


/* "This needs the scope media:read." */
#define NGX_HTTP_SLUICE_DENY_DETAIL 64


/* What of the rule can be named. */

static void
ngx_http_sluice_deny_more(const ngx_http_sluice_gate_ctx_t *ctx,
                          sluice_status_t status,
                          const ngx_http_sluice_rule_t *rule,
                          ngx_http_sluice_more_t *more)
{
    ngx_memzero(more, sizeof(ngx_http_sluice_more_t));

    if (status == SLUICE_AUTHENTICATION_TOO_OLD) {
        more->max_age = rule->fresh;

    } else if (status == SLUICE_SCOPE_MISSING) {
        more->scope = scope_name(rule->scope);

    } else if (status == SLUICE_TRANSFER_EXCEEDED
               || status == SLUICE_STREAMS_EXCEEDED) {
        more->retry_after = ctx->retry_after;
    }
}


static ngx_int_t
ngx_http_sluice_deny_answer(ngx_http_request_t *r, sluice_status_t status,
                            ngx_http_sluice_more_t *more)
{
    u_char detail[NGX_HTTP_SLUICE_DENY_DETAIL];

    if (status != SLUICE_SCOPE_MISSING) {
        return ngx_http_sluice_problem_more(r, status, NULL, NULL, more);
    }

    if (more->scope == NULL) {
        return ngx_http_sluice_problem_more(r, status, "No key opens this.",
                                            NULL, more);
    }

    ngx_sprintf(detail, "This needs the scope %s.%Z", more->scope);
    more->members = json_pack("{s:s}", "scope", more->scope);

    return ngx_http_sluice_problem_more(r, status, (char *) detail, NULL, more);
}


void
ngx_http_sluice_deny_note(ngx_http_sluice_gate_ctx_t *ctx,
                          sluice_status_t status)
{
    if (ctx && status_problem(status)->gate) {
        ctx->denied = status;
        ngx_http_sluice_zone_denied(status);
    }
}


ngx_int_t
ngx_http_sluice_deny(ngx_http_request_t *r, ngx_http_sluice_gate_ctx_t *ctx,
                     sluice_status_t status, const ngx_http_sluice_rule_t *rule)
{
    ngx_int_t http;
    ngx_uint_t i;
    ngx_http_err_page_t *page;
    ngx_http_sluice_more_t more;
    ngx_http_core_loc_conf_t *clcf;

    ngx_http_sluice_deny_more(ctx, status, rule, &more);

    ctx->denied = status;
    ngx_http_sluice_zone_denied(status);

    /* where another rule lets it pass, it is nobody's */
    ctx->metered = 0;
    ngx_str_null(&ctx->link_user);
    ngx_memzero(&ctx->access, sizeof(access_t));

    http = status_problem(status)->http;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        if (ngx_http_sluice_problem_headers(r, status, &more) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return http == NGX_HTTP_UNAUTHORIZED ? http : NGX_HTTP_FORBIDDEN;
    }

    if (clcf->error_pages && !r->error_page) {
        page = clcf->error_pages->elts;

        for (i = 0; i < clcf->error_pages->nelts; i++) {
            if (page[i].status == http) {
                return ngx_http_sluice_problem_headers(r, status, &more)
                               == NGX_OK
                           ? http
                           : NGX_HTTP_INTERNAL_SERVER_ERROR;
            }
        }
    }

    ngx_http_finalize_request(r, ngx_http_sluice_deny_answer(r, status, &more));
    return NGX_DONE;
}
