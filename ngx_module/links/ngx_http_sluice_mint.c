#include "ngx_http_sluice_mint.h"
#include "ngx_http_sluice_mint_internal.h"

#include "ngx_http_sluice_reply.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_body.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_once.h"
#include "core/base/status.h"

#include <jansson.h>


#define NGX_HTTP_SLUICE_MINT_BODY_MAX (1024 * 1024)
#define NGX_HTTP_SLUICE_MINT_MANY 1000


static ngx_sluice_pg_statement_t ngx_http_sluice_mint_first = {
    "first_asked",
    "select status, body from api.first_asked($1::uuid, $2::jsonb)", 2, 0
};


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
ngx_http_sluice_mint_links(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint)
{
    json_t *links;
    ngx_int_t rc;
    ngx_uint_t i;

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


/* Times are counted from when the first request with the key came: so the links
   of a later one are the same. */

static void
ngx_http_sluice_mint_asked(ngx_http_request_t *r, void *data,
                           const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_http_sluice_mint_t *mint = data;

    body = ngx_http_sluice_call_body(result);
    mint->now = (time_t) json_integer_value(json_object_get(body, "at"));
    json_decref(body);

    ngx_http_sluice_finish(r, mint->now ? ngx_http_sluice_mint_links(r, mint)
                                        : ngx_http_sluice_reply(r, result, 0));
}


static ngx_int_t
ngx_http_sluice_mint_begin(ngx_http_request_t *r)
{
    json_t *args;
    ngx_int_t rc;
    ngx_str_t body;
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

    ngx_http_sluice_body_text(r, &body);

    rc = ngx_http_sluice_once(r, &body, 1, &mint->once);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (*mint->once.key == '\0') {
        mint->now = ngx_time();
        return ngx_http_sluice_mint_links(r, mint);
    }

    args = json_object();
    ngx_http_sluice_once_add(&mint->once, args);

    return ngx_http_sluice_call(r, &ngx_http_sluice_mint_first,
                                ngx_http_sluice_gate_access(r)->sub, args,
                                ngx_http_sluice_mint_asked, mint);
}


ngx_int_t
ngx_http_sluice_mint_handler(ngx_http_request_t *r)
{
    return ngx_http_sluice_body_read_max(r, NGX_HTTP_SLUICE_MINT_BODY_MAX,
                                         ngx_http_sluice_mint_begin);
}
