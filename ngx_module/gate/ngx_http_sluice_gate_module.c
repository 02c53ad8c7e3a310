/*
 * The gate: who may pass. It stands in nginx's access phase in front of
 * anything: files, sluice_media, proxy_pass to an application. A request that
 * brings a token seen before costs a lookup in this process's memory.
 */

#include "ngx_http_sluice_carrier.h"
#include "ngx_http_sluice_cross_site.h"
#include "ngx_http_sluice_deny.h"
#include "ngx_http_sluice_fair.h"
#include "ngx_http_sluice_gate.h"
#include "ngx_http_sluice_gate_conf.h"
#include "ngx_http_sluice_key_use.h"
#include "ngx_http_sluice_limits.h"
#include "ngx_http_sluice_redact.h"
#include "ngx_http_sluice_rule.h"
#include "ngx_http_sluice_variables.h"
#include "ngx_http_sluice_verifier.h"

#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/grant/scope.h"
#include "core/grant/access.h"
#include "core/grant/grant.h"


static ngx_int_t ngx_http_sluice_gate_init(ngx_conf_t *cf);


static ngx_conf_enum_t ngx_http_sluice_gate_offline[] = {
    { ngx_string("allow"), NGX_HTTP_SLUICE_OFFLINE_ALLOW },
    { ngx_string("deny"), NGX_HTTP_SLUICE_OFFLINE_DENY },
    { ngx_null_string, 0 }
};


static ngx_command_t ngx_http_sluice_gate_commands[] = {

    { ngx_string("sluice_gate"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF
          | NGX_CONF_TAKE12,
      ngx_http_sluice_gate_set, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_role"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF
          | NGX_CONF_TAKE12,
      ngx_http_sluice_gate_set_role, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_scope"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF
          | NGX_CONF_TAKE1,
      ngx_http_sluice_gate_set_scope, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_grant_offline"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF
          | NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot, NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sluice_gate_conf_t, offline),
      &ngx_http_sluice_gate_offline },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_gate_module_ctx = {
    ngx_http_sluice_variables, /* preconfiguration */
    ngx_http_sluice_gate_init, /* postconfiguration */

    NULL, /* create main configuration */
    NULL, /* init main configuration */

    ngx_http_sluice_verifier_create_conf, /* create server configuration */
    NULL,                                 /* merge server configuration */

    ngx_http_sluice_gate_create_conf, /* create location configuration */
    ngx_http_sluice_gate_merge_conf   /* merge location configuration */
};


ngx_module_t ngx_http_sluice_gate_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_gate_module_ctx, /* module context */
    ngx_http_sluice_gate_commands,    /* module directives */
    NGX_HTTP_MODULE,                  /* module type */
    NULL,                             /* init master */
    NULL,                             /* init module */
    NULL,                             /* init process */
    NULL,                             /* init thread */
    NULL,                             /* exit thread */
    NULL,                             /* exit process */
    NULL,                             /* exit master */
    NGX_MODULE_V1_PADDING
};


/* what it knows of a request */

ngx_http_sluice_gate_ctx_t *
ngx_http_sluice_gate_ctx(ngx_http_request_t *r)
{
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_context_find(r, &ngx_http_sluice_gate_module);

    if (ctx == NULL) {
        ctx = ngx_http_sluice_context_make(r, &ngx_http_sluice_gate_module,
                                           sizeof(ngx_http_sluice_gate_ctx_t));
        if (ctx) {
            ctx->path = r->uri;
        }
    }

    return ctx;
}


const access_t *
ngx_http_sluice_gate_access(ngx_http_request_t *r)
{
    ngx_http_sluice_gate_ctx_t *ctx;

    static const access_t nobody;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    return ctx ? &ctx->access : &nobody;
}


/* the phases */

/* What the client asks for, before anything is rewritten. */

static ngx_int_t
ngx_http_sluice_gate_post_read(ngx_http_request_t *r)
{
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_sluice_redact_errors(r, ctx);
    ngx_http_sluice_carrier_take(r, ctx);

    return NGX_DECLINED;
}


/* Once a link has passed, an internal redirect may drop the arguments. */

static ngx_int_t
ngx_http_sluice_gate_next_link(ngx_http_request_t *r,
                               ngx_http_sluice_gate_ctx_t *ctx)
{
    if (ctx->link_passed || ctx->link_waits) {
        ctx->link_waits = 0;
        return NGX_OK;
    }

    if (!ngx_http_sluice_carrier_link(r, ctx, &ctx->link)) {
        return NGX_DECLINED;
    }

    if (ctx->link.nth) {
        ctx->limits = NULL;
    }

    return NGX_OK;
}


/* The next link that was brought: NGX_OK and the verdict; NGX_DECLINED when
   there is none; NGX_AGAIN, and the phase is entered again; or NGX_ERROR */

static ngx_int_t
ngx_http_sluice_gate_try_link(ngx_http_request_t *r,
                              ngx_http_sluice_gate_ctx_t *ctx,
                              ngx_uint_t offline, sluice_status_t *status)
{
    ngx_int_t rc;
    token_t *token;
    const ngx_http_sluice_verifier_t *verifier;

    if (ngx_http_sluice_gate_next_link(r, ctx) != NGX_OK) {
        return NGX_DECLINED;
    }

    *status = ngx_http_sluice_verify(r, &ctx->link, &token, &verifier);

    if (*status == SLUICE_OK) {
        *status = ngx_http_sluice_rule_link(r, ctx, token);
    }

    if (*status == SLUICE_OK && ctx->link.unasked
        && ngx_http_sluice_cross_site(r)) {
        *status = SLUICE_CROSS_SITE;
    }

    if (*status != SLUICE_OK) {
        return NGX_OK;
    }

    if (ngx_http_sluice_variables_note(r, ctx, &token->u.grant) != NGX_OK) {
        return NGX_ERROR;
    }

    *status = ngx_http_sluice_rule_not_revoked(token, verifier->revoked);

    /* before a use is taken in vain */

    if (*status == SLUICE_OK) {
        rc = ngx_http_sluice_fair(r, ctx, token, status);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (*status == SLUICE_OK && ngx_http_sluice_limits_any(&token->u.grant)) {
        rc = ngx_http_sluice_limits_take(r, ctx, &token->u.grant,
                                         &ctx->link.text, offline, status);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (*status != SLUICE_OK || ctx->link_passed) {
        return NGX_OK;
    }

    ctx->link_passed = 1;
    ctx->by = verifier->by;
    ctx->until = token->u.grant.exp;
    ctx->here = token->u.grant.limits || token->u.grant.ip_count;

    return verifier->strip(r, ctx);
}


/* The same of all, until one passes; SLUICE_UNAUTHENTICATED: there is none */

static ngx_int_t
ngx_http_sluice_gate_link(ngx_http_request_t *r,
                          ngx_http_sluice_gate_ctx_t *ctx, ngx_uint_t offline,
                          sluice_status_t *status)
{
    ngx_int_t rc;

    if (!ctx->link_passed && !ctx->link_waits) {

        if (ctx->link.nth) {
            ctx->limits = NULL;
        }

        ctx->link.kind = NGX_HTTP_SLUICE_CREDENTIAL_NONE;
        ctx->link_denied = SLUICE_OK;
    }

    for (;;) {
        rc = ngx_http_sluice_gate_try_link(r, ctx, offline, status);

        if (rc == NGX_DECLINED) {
            *status = ctx->link_denied ? ctx->link_denied
                                       : SLUICE_UNAUTHENTICATED;
            return NGX_OK;
        }

        if (rc != NGX_OK) {
            ctx->link_waits = (rc == NGX_AGAIN);
            return rc;
        }

        if (*status == SLUICE_OK || ctx->link_passed) {
            return NGX_OK;
        }

        if (ctx->link_denied == SLUICE_OK) {
            ctx->link_denied = *status;
        }
    }
}


/* What a service account's key needs besides; a person's token nothing. */

static sluice_status_t
ngx_http_sluice_gate_key(ngx_http_request_t *r, token_t *token,
                         ngx_http_sluice_rule_t *rule)
{
    ngx_http_sluice_gate_conf_t *glcf;

    if (!token->u.access.service) {
        return SLUICE_OK;
    }

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_gate_module);

    rule->scope = glcf->scope_of                       ? glcf->scope_of(r)
                  : glcf->scope != NGX_CONF_UNSET_UINT ? glcf->scope
                                                       : glcf->serves;

    ngx_http_sluice_key_use(r, token);

    return access_scope(&token->u.access, rule->scope);
}


/* The next credential of a user; NGX_OK, NGX_DECLINED or NGX_AGAIN, as above */

static ngx_int_t
ngx_http_sluice_gate_try_user(ngx_http_request_t *r,
                              ngx_http_sluice_gate_ctx_t *ctx,
                              ngx_http_sluice_rule_t *rule,
                              sluice_status_t *status)
{
    ngx_int_t rc = NGX_OK;
    token_t *token;
    const ngx_http_sluice_verifier_t *verifier;

    if (!ngx_http_sluice_carrier_user(r, ctx, &ctx->user)) {
        return NGX_DECLINED;
    }

    *status = ngx_http_sluice_verify(r, &ctx->user, &token, &verifier);

    if (*status == SLUICE_OK) {
        *status = ngx_http_sluice_rule_user(token, rule);
    }

    if (*status == SLUICE_OK) {
        *status = ngx_http_sluice_rule_not_revoked(token, verifier->revoked);
    }

    if (*status == SLUICE_OK && ctx->user.unasked
        && ngx_http_sluice_cross_site(r)) {
        *status = SLUICE_CROSS_SITE;
    }

    if (*status == SLUICE_OK) {
        *status = ngx_http_sluice_gate_key(r, token, rule);
    }

    if (*status == SLUICE_OK) {
        rc = ngx_http_sluice_fair(r, ctx, token, status);
    }

    if (*status == SLUICE_OK && rc == NGX_OK) {
        ctx->access = token->u.access;
        ctx->by = verifier->by;
        ctx->until = token->u.access.exp;
        ctx->here = 0;
    }

    return rc;
}


/* Of all of them; NGX_OK and the verdict, or NGX_AGAIN */

static ngx_int_t
ngx_http_sluice_gate_user(ngx_http_request_t *r,
                          ngx_http_sluice_gate_ctx_t *ctx,
                          ngx_http_sluice_rule_t *rule, sluice_status_t *status)
{
    ngx_int_t rc;
    sluice_status_t first;

    ctx->user.kind = NGX_HTTP_SLUICE_CREDENTIAL_NONE;
    first = SLUICE_OK;

    for (;;) {
        rc = ngx_http_sluice_gate_try_user(r, ctx, rule, status);

        if (rc == NGX_DECLINED) {
            *status = first ? first : SLUICE_UNAUTHENTICATED;
            return NGX_OK;
        }

        if (rc != NGX_OK || *status == SLUICE_OK) {
            return rc;
        }

        if (first == SLUICE_OK) {
            first = *status;
        }
    }
}


/* What is asked of users here; 0: nothing, of nobody. */

static ngx_uint_t
ngx_http_sluice_gate_rule(ngx_http_request_t *r,
                          const ngx_http_sluice_gate_conf_t *glcf,
                          ngx_http_sluice_rule_t *rule)
{
    role_t least;

    least = glcf->least ? glcf->least(r) : ROLE_VIEWER;

    rule->role = (role_t) glcf->role;
    rule->scope = SCOPE_NONE;
    rule->enrolling = (least == ROLE_ENROLLING);
    rule->fresh = rule->enrolling ? 0 : glcf->fresh;

    return least != ROLE_NONE;
}


static ngx_int_t
ngx_http_sluice_gate_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    sluice_status_t status, other;
    ngx_http_sluice_rule_t rule;
    ngx_http_sluice_gate_ctx_t *ctx;
    ngx_http_sluice_gate_conf_t *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_gate_module);

    if ((glcf->gate & NGX_HTTP_SLUICE_GATE_OFF)
        || !ngx_http_sluice_gate_rule(r, glcf, &rule)) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_sluice_gate_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->denied = SLUICE_OK;
    ctx->metered = 0;
    status = SLUICE_UNAUTHENTICATED;

    if (glcf->gate & NGX_HTTP_SLUICE_GATE_GRANT) {
        rc = ngx_http_sluice_gate_link(r, ctx, glcf->offline, &status);

        if (rc != NGX_OK) {
            return rc == NGX_AGAIN ? NGX_AGAIN : NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (status != SLUICE_OK && (glcf->gate & NGX_HTTP_SLUICE_GATE_USER)) {
        rc = ngx_http_sluice_gate_user(r, ctx, &rule, &other);

        if (rc != NGX_OK) {
            return NGX_AGAIN;
        }

        if (other == SLUICE_OK || status == SLUICE_UNAUTHENTICATED) {
            status = other;
        }
    }

    if (status != SLUICE_OK) {
        return ngx_http_sluice_deny(r, ctx, status, &rule);
    }

    /* an internal redirect brings a request here again */

    if (!ctx->counted) {
        ctx->counted = 1;
        ngx_http_sluice_zone_passed(ctx->by);
    }

    return NGX_OK;
}


/* configuration */

void
ngx_http_sluice_gate_let(ngx_conf_t *cf, ngx_http_sluice_gate_least_pt least,
                         ngx_http_sluice_gate_scope_pt scope)
{
    ngx_http_sluice_gate_conf_t *glcf;

    glcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_sluice_gate_module);
    glcf->least = least;
    glcf->scope_of = scope;
}


void
ngx_http_sluice_gate_serves(ngx_conf_t *cf, unsigned scope)
{
    ngx_http_sluice_gate_conf_t *glcf;

    glcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_sluice_gate_module);
    glcf->serves = scope;
}


ngx_uint_t
ngx_http_sluice_gate_takes_users(ngx_conf_t *cf)
{
    ngx_http_sluice_gate_conf_t *glcf;

    glcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_sluice_gate_module);

    return (glcf->gate & NGX_HTTP_SLUICE_GATE_USER) != 0;
}


ngx_uint_t
ngx_http_sluice_gate_is_open(ngx_conf_t *cf)
{
    ngx_http_sluice_gate_conf_t *glcf;

    glcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_sluice_gate_module);

    return glcf->gate == 0 || (glcf->gate & NGX_HTTP_SLUICE_GATE_OFF);
}


void
ngx_http_sluice_gate_meters(ngx_conf_t *cf)
{
    ngx_http_sluice_gate_conf_t *glcf;

    glcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_sluice_gate_module);
    glcf->meters = 1;
}


void
ngx_http_sluice_gate_leaves_cookies(ngx_conf_t *cf)
{
    ngx_http_sluice_gate_conf_t *glcf;

    glcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_sluice_gate_module);
    glcf->leaves_cookies = 1;
}


static ngx_int_t
ngx_http_sluice_gate_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt *h, *first;
    ngx_http_core_main_conf_t *cmcf;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_module);

    if (!smcf->gated) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_sluice_gate_post_read;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_ACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_sluice_gate_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_sluice_fair_log;

    /* in front of those that write logs */

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    for (first = cmcf->phases[NGX_HTTP_LOG_PHASE].handlers.elts; h > first;
         h--) {
        *h = *(h - 1);
    }

    *h = ngx_http_sluice_redact;

    return NGX_OK;
}
