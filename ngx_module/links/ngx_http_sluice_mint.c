#include "ngx_http_sluice_mint.h"
#include "ngx_http_sluice_mint_internal.h"

#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_body.h"
#include "core/base/status.h"

#include <jansson.h>


#define NGX_HTTP_SLUICE_MINT_BODY_MAX (1024 * 1024)
#define NGX_HTTP_SLUICE_MINT_MANY 1000


static void
ngx_http_sluice_mint_cleanup(void *data)
{
    ngx_uint_t i;
    ngx_http_sluice_mint_t *mint = data;

    for (i = 0; mint->links && i < mint->n; i++) {
        free(mint->links[i].grant);
    }

    json_decref(mint->body);
}


static ngx_int_t
ngx_http_sluice_mint_links(ngx_http_request_t *r)
{
    json_t *links;
    ngx_int_t rc;
    ngx_uint_t i;
    ngx_pool_cleanup_t *cln;
    ngx_http_sluice_mint_t *mint;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_sluice_mint_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    mint = cln->data;
    ngx_memzero(mint, sizeof(ngx_http_sluice_mint_t));

    rc = ngx_http_sluice_body_json(r, &mint->body);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    cln->handler = ngx_http_sluice_mint_cleanup;

    links = json_object_get(mint->body, "links");
    mint->list = (links != NULL);
    mint->n = mint->list ? json_array_size(links) : 1;

    if (mint->n == 0 || mint->n > NGX_HTTP_SLUICE_MINT_MANY) {
        return ngx_http_sluice_problem(
            r, SLUICE_FIELD_INVALID, "An array of 1 to 1,000 links.", "links");
    }

    if (mint->list && json_object_size(mint->body) != 1) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "Nothing may stand beside it.", "links");
    }

    mint->links = ngx_pcalloc(r->pool,
                              mint->n * sizeof(ngx_http_sluice_mint_link_t));
    if (mint->links == NULL) {
        mint->n = 0;
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < mint->n; i++) {
        mint->links[i].asked = mint->list ? json_array_get(links, i)
                                          : mint->body;

        rc = ngx_http_sluice_mint_form(r, mint, i);
        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    return ngx_http_sluice_mint_ask(r, mint);
}


ngx_int_t
ngx_http_sluice_mint_handler(ngx_http_request_t *r)
{
    return ngx_http_sluice_body_read_max(r, NGX_HTTP_SLUICE_MINT_BODY_MAX,
                                         ngx_http_sluice_mint_links);
}
