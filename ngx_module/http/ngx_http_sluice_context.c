#include "ngx_http_sluice_context.h"


/*
 * As ngx_http_realip_module does it: the context hangs on a cleanup entry,
 * whose handler marks it as one of ours.
 */

typedef struct {
    ngx_module_t *module;
    max_align_t context[]; /* the module's */
} ngx_http_sluice_context_t;


static void
ngx_http_sluice_context_mark(void *data)
{
}


void *
ngx_http_sluice_context_kept(ngx_http_request_t *r, const ngx_module_t *module)
{
    ngx_pool_cleanup_t *cln;
    ngx_http_sluice_context_t *kept;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler != ngx_http_sluice_context_mark) {
            continue;
        }

        kept = cln->data;

        if (kept->module == module) {
            r->ctx[module->ctx_index] = kept->context;
            return kept->context;
        }
    }

    return NULL;
}


void *
ngx_http_sluice_context_make(ngx_http_request_t *r, ngx_module_t *module,
                             size_t size)
{
    ngx_pool_cleanup_t *cln;
    ngx_http_sluice_context_t *kept;

    size += sizeof(ngx_http_sluice_context_t);

    cln = ngx_pool_cleanup_add(r->pool, size);
    if (cln == NULL) {
        return NULL;
    }

    kept = cln->data;
    ngx_memzero(kept, size);
    kept->module = module;

    cln->handler = ngx_http_sluice_context_mark;
    r->ctx[module->ctx_index] = kept->context;

    return kept->context;
}
