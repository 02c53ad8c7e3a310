/* What a module knows of a request, as long as it lasts. */

#ifndef NGX_HTTP_SLUICE_CONTEXT_H
#define NGX_HTTP_SLUICE_CONTEXT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

/*
 * A module's context of a request, which survives internal redirects: nginx
 * clears its own then, and what the client asked for must not be forgotten.
 */

/* `size` zeroed bytes, or NULL without memory. */
void *ngx_http_sluice_context_make(ngx_http_request_t *r, ngx_module_t *module,
                                   size_t size);

/* The one that was kept when nginx cleared its own, or NULL. */
void *ngx_http_sluice_context_kept(ngx_http_request_t *r,
                                   const ngx_module_t *module);

/* NULL when nothing has made one. */
static ngx_inline void *
ngx_http_sluice_context_find(ngx_http_request_t *r, const ngx_module_t *module)
{
    void *context = r->ctx[module->ctx_index];

    return context || (!r->internal && !r->filter_finalize && r == r->main)
               ? context
               : ngx_http_sluice_context_kept(r, module);
}

#endif
