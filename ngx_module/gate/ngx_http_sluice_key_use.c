#include "ngx_http_sluice_key_use.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "core/base/uuid.h"


/* s between two notes of one key, by each process */
#define NGX_HTTP_SLUICE_KEY_USE_PAUSE 60


static ngx_sluice_pg_statement_t ngx_http_sluice_key_use_statement = {
    "key_used", "select api.key_used($1::uuid)", 1, NGX_SLUICE_PG_KEEP
};


/* Nobody waits for it, and what is lost comes again. */

static void
ngx_http_sluice_key_use_done(void *data, const ngx_sluice_pg_result_t *result)
{
}


void
ngx_http_sluice_key_use(ngx_http_request_t *r, token_t *token)
{
    ngx_str_t id;
    ngx_sluice_pg_query_t *query;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (smcf->database == NULL
        || ngx_time() - token->used < NGX_HTTP_SLUICE_KEY_USE_PAUSE) {
        return;
    }

    token->used = ngx_time();

    id.data = (u_char *) token->u.access.sid;
    id.len = UUID_TEXT_LEN;

    (void) ngx_sluice_pg_query(smcf->database, NGX_SLUICE_PG_HOUSE,
                               &ngx_http_sluice_key_use_statement, &id,
                               ngx_http_sluice_key_use_done, NULL, &query);
}
