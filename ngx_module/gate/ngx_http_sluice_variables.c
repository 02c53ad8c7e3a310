/* What the gate found out, for logs, limits and proxy_set_header. */

#include "ngx_http_sluice_carrier.h"
#include "ngx_http_sluice_gate.h"
#include "ngx_http_sluice_variables.h"
#include "ngx_http_sluice_verifier.h"

#include "ngx_module/http/ngx_http_sluice_variable.h"
#include "core/base/status.h"
#include "core/grant/access.h"
#include "core/grant/grant.h"


static ngx_int_t ngx_http_sluice_variable(ngx_http_request_t *r,
                                          ngx_http_variable_value_t *v,
                                          uintptr_t data);
static ngx_int_t ngx_http_sluice_variable_bearer(ngx_http_request_t *r,
                                                 ngx_http_variable_value_t *v,
                                                 uintptr_t data);
static void ngx_http_sluice_variable_text(ngx_http_sluice_gate_ctx_t *ctx,
                                          uintptr_t data, ngx_str_t *text);


/* told apart by their data */

enum {
    NGX_HTTP_SLUICE_USER,
    NGX_HTTP_SLUICE_ROLE,
    NGX_HTTP_SLUICE_SESSION,
    NGX_HTTP_SLUICE_GRANT,
    NGX_HTTP_SLUICE_DENY
};


static ngx_http_variable_t ngx_http_sluice_vars[] = {

    { ngx_string("sluice_user"), NULL, ngx_http_sluice_variable,
      NGX_HTTP_SLUICE_USER, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sluice_role"), NULL, ngx_http_sluice_variable,
      NGX_HTTP_SLUICE_ROLE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sluice_session"), NULL, ngx_http_sluice_variable,
      NGX_HTTP_SLUICE_SESSION, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sluice_grant"), NULL, ngx_http_sluice_variable,
      NGX_HTTP_SLUICE_GRANT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sluice_deny"), NULL, ngx_http_sluice_variable,
      NGX_HTTP_SLUICE_DENY, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sluice_bearer"), NULL, ngx_http_sluice_variable_bearer, 0, 0,
      0 },

    ngx_http_null_variable
};


ngx_int_t
ngx_http_sluice_variables(ngx_conf_t *cf)
{
    return ngx_http_sluice_variable_add(cf, ngx_http_sluice_vars);
}


ngx_int_t
ngx_http_sluice_variables_note(ngx_http_request_t *r,
                               ngx_http_sluice_gate_ctx_t *ctx,
                               const grant_t *grant)
{
    u_char *p;

    if (ctx->link_passed && ctx->link_user.len == grant->sub.len) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, (size_t) grant->jti.len + grant->sub.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ctx->link_id.data = p;
    ctx->link_id.len = grant->jti.len;
    p = ngx_cpymem(p, grant_text(grant, grant->jti), grant->jti.len);

    ctx->link_user.data = p;
    ctx->link_user.len = grant->sub.len;
    ngx_memcpy(p, grant_text(grant, grant->sub), grant->sub.len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
                         uintptr_t data)
{
    ngx_str_t text;
    ngx_http_sluice_gate_ctx_t *ctx;

    ngx_str_null(&text);

    ctx = ngx_http_sluice_gate_find_ctx(r);

    if (ctx) {
        ngx_http_sluice_variable_text(ctx, data, &text);
    }

    if (text.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_sluice_variable_set(v, &text);
    v->no_cacheable = 1;

    return NGX_OK;
}


/* Whose the first access token is that the request brings and that is genuine,
   in front of the gate, too: limits stand there. */

static ngx_int_t
ngx_http_sluice_variable_bearer(ngx_http_request_t *r,
                                ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t text;
    token_t *token;
    ngx_http_sluice_srv_conf_t *sscf;
    ngx_http_sluice_gate_ctx_t *ctx;
    ngx_http_sluice_credential_t credential;
    const ngx_http_sluice_verifier_t *verifier;

    v->not_found = 1;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    ctx = ngx_http_sluice_gate_find_ctx(r);

    if (ctx == NULL || sscf->keys == NULL) {
        return NGX_OK;
    }

    ngx_memzero(&credential, sizeof(ngx_http_sluice_credential_t));

    /* the gate goes on behind one that is not, so do we */

    do {
        if (!ngx_http_sluice_carrier_user(r, ctx, &credential)) {
            return NGX_OK;
        }

    } while (ngx_http_sluice_verify(r, &credential, &token, &verifier)
             != SLUICE_OK);

    /* another request may take the token's place */

    text.len = ngx_strlen(token->u.access.sub);
    text.data = ngx_pnalloc(r->pool, text.len);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(text.data, token->u.access.sub, text.len);
    ngx_http_sluice_variable_set(v, &text);

    return NGX_OK;
}


/* The texts live as long as the request does. */

static void
ngx_http_sluice_variable_text(ngx_http_sluice_gate_ctx_t *ctx, uintptr_t data,
                              ngx_str_t *text)
{
    const char *s;

    s = NULL;

    switch (data) {

    case NGX_HTTP_SLUICE_GRANT:
        *text = ctx->link_id;
        return;

    case NGX_HTTP_SLUICE_DENY:
        s = ctx->denied ? status_problem(ctx->denied)->word : NULL;
        break;

    case NGX_HTTP_SLUICE_USER:
        if (ctx->access.role == ROLE_NONE) {
            *text = ctx->link_user;
            return;
        }

        s = ctx->access.sub;
        break;

    case NGX_HTTP_SLUICE_SESSION:
        s = ctx->access.role == ROLE_NONE ? NULL : ctx->access.sid;
        break;

    default: /* NGX_HTTP_SLUICE_ROLE */
        s = ctx->access.role == ROLE_NONE ? NULL : role_name(ctx->access.role);
    }

    if (s) {
        text->data = (u_char *) s;
        text->len = ngx_strlen(s);
    }
}
