#include "ngx_http_sluice.h"
#include "ngx_http_sluice_context.h"
#include "ngx_http_sluice_wait.h"


ngx_http_sluice_wait_t *
ngx_http_sluice_find_wait(ngx_http_request_t *r)
{
    return ngx_http_sluice_context_find(r, &ngx_http_sluice_module);
}


ngx_http_sluice_wait_t *
ngx_http_sluice_wait(ngx_http_request_t *r)
{
    ngx_http_sluice_wait_t *ctx;

    ctx = ngx_http_sluice_find_wait(r);

    return ctx ? ctx
               : ngx_http_sluice_context_make(r, &ngx_http_sluice_module,
                                              sizeof(ngx_http_sluice_wait_t));
}
