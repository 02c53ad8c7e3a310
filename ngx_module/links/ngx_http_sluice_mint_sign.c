#include "ngx_http_sluice_mint_internal.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/zone/ngx_http_sluice_signer.h"
#include "core/base/uuid.h"
#include "core/grant/access.h"
#include "core/grant/grant.h"
#include "core/grant/link_id.h"


static void ngx_http_sluice_mint_done(ngx_http_request_t *r, void *data,
                                      const ngx_sluice_pg_result_t *result);


static ngx_sluice_pg_statement_t ngx_http_sluice_mint_links = {
    "mint_links",
    "select problem, detail, field, path, show, issued "
    "from api.mint_links($1::uuid, $2::jsonb)",
    2, NGX_SLUICE_PG_FINISH
};


static size_t
ngx_http_sluice_mint_escaped(const char *text)
{
    size_t len;

    len = text ? ngx_strlen(text) : 0;

    return len + ngx_escape_json(NULL, (u_char *) text, len);
}


/* Bytes that _ask_link() writes at most, and a comma. */

static size_t
ngx_http_sluice_mint_ask_size(ngx_http_sluice_mint_link_t *link)
{
    grant_claims_t *claims;

    static const char names[] =
        "{\"exp\":,\"jti\":\"\",\"reads\":false,\"counts\":true,\"media\":\"\","
        "\"path\":\"\",\"sub\":\"\",\"sub_id\":\"\",\"sid\":\"\","
        "\"sid_id\":\"\"},";

    claims = &link->claims;

    return sizeof(names) + NGX_INT64_LEN + LINK_ID_LEN + 3 * UUID_TEXT_LEN
           + ngx_http_sluice_mint_escaped(claims->path)
           + ngx_http_sluice_mint_escaped(claims->sub)
           + ngx_http_sluice_mint_escaped(claims->sid);
}


/* ,"name":"text" unless there is none */

static u_char *
ngx_http_sluice_mint_member(u_char *p, const char *name, const char *text)
{
    if (text == NULL) {
        return p;
    }

    p = ngx_sprintf(p, ",\"%s\":\"", name);
    p = (u_char *) ngx_escape_json(p, (u_char *) text, ngx_strlen(text));
    *p++ = '"';

    return p;
}


/* The same for a UUID. */

static u_char *
ngx_http_sluice_mint_id(u_char *p, const char *name, const char *text)
{
    return text && uuid_valid(text, ngx_strlen(text))
               ? ngx_http_sluice_mint_member(p, name, text)
               : p;
}


static u_char *
ngx_http_sluice_mint_ask_link(u_char *p, ngx_http_sluice_mint_link_t *link)
{
    grant_claims_t *claims;

    claims = &link->claims;

    p = ngx_sprintf(
        p, "{\"exp\":%L,\"jti\":\"%s\",\"reads\":%s%s", claims->exp, link->jti,
        claims->methods & ~(GRANT_GET | GRANT_HEAD) ? "false" : "true",
        claims->limits & (GRANT_USES | GRANT_BYTES) ? ",\"counts\":true" : "");

    if (link->media.len) {
        p = ngx_sprintf(p, ",\"media\":\"%V\"", &link->media);
    }

    if (!link->whole) {
        p = ngx_http_sluice_mint_member(p, "path", claims->path);
    }

    p = ngx_http_sluice_mint_member(p, "sub", claims->sub);
    p = ngx_http_sluice_mint_id(p, "sub_id", claims->sub);
    p = ngx_http_sluice_mint_member(p, "sid", claims->sid);
    p = ngx_http_sluice_mint_id(p, "sid_id", claims->sid);

    *p++ = '}';

    return p;
}


/* {"tied":true,"counts":true,"at":…,"once":{…},"sid":"…","links":[{"exp":…,"jti":"…",
   "reads":…,"media":"…",…},…]} */

ngx_int_t
ngx_http_sluice_mint_ask(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint)
{
    u_char *p;
    size_t size;
    ngx_str_t params[2];
    ngx_uint_t i;
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);
    size = sizeof("{\"tied\":true,\"counts\":true,\"at\":,\"once\":{\"key\":"
                  "\"\",\"print\":\"\"},\"sid\":\"\",\"links\":[]}")
           + UUID_TEXT_LEN + NGX_TIME_T_LEN + 2 * NGX_HTTP_SLUICE_ONCE_SIZE;

    for (i = 0; i < mint->n; i++) {
        size += ngx_http_sluice_mint_ask_size(&mint->links[i]);
    }

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    params[0].data = (u_char *) ctx->access.sub;
    params[0].len = UUID_TEXT_LEN;
    params[1].data = p;

    p = ngx_sprintf(p, "{%s%s", mint->tied ? "\"tied\":true," : "",
                    mint->counts ? "\"counts\":true," : "");

    if (*mint->once.key) {
        p = ngx_sprintf(p,
                        "\"at\":%T,\"once\":{\"key\":\"%s\",\"print\":\"%s\"},",
                        mint->now, mint->once.key, mint->once.print);
    }

    p = ngx_sprintf(p, "\"sid\":\"%s\",\"links\":[", ctx->access.sid);

    for (i = 0; i < mint->n; i++) {
        if (i) {
            *p++ = ',';
        }

        p = ngx_http_sluice_mint_ask_link(p, &mint->links[i]);
    }

    p = ngx_cpymem(p, "]}", 2);
    params[1].len = (size_t) (p - params[1].data);

    return ngx_http_sluice_query(r, &ngx_http_sluice_mint_links, params,
                                 ngx_http_sluice_mint_done, mint);
}


/* signing */

/* NGX_DECLINED, or the answer with the first problem */

static ngx_int_t
ngx_http_sluice_mint_denied(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                            const ngx_sluice_pg_result_t *result)
{
    ngx_str_t word, detail, field;
    ngx_uint_t i;
    sluice_status_t status;

    for (i = 0; i < result->rows; i++) {
        if (ngx_sluice_pg_value(result, i, 0, &word) != NGX_OK) {
            continue;
        }

        status = status_from_word((char *) word.data, word.len);

        if (ngx_http_sluice_query_text(r, result, i, 1, &detail) == NGX_ERROR
            || ngx_http_sluice_query_text(r, result, i, 2, &field)
                   == NGX_ERROR) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return field.data ? ngx_http_sluice_mint_refuse(r, mint, i, status,
                                                        (char *) field.data,
                                                        (char *) detail.data)
                          : ngx_http_sluice_problem(r, status,
                                                    (char *) detail.data, NULL);
    }

    return result->rows == mint->n ? NGX_DECLINED
                                   : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* What may stand in a path (RFC 3986, 3.3) stays, but for the tilde, which at
   the start of a path makes a grant of it; into the request's memory. */

static ngx_int_t
ngx_http_sluice_mint_encode(ngx_http_request_t *r, ngx_str_t *path)
{
    u_char c, *p, *from, *end;

    static const char plain[] = "/-._!$&'()*+,;=:@";

    from = path->data;
    end = from + path->len;

    path->data = p = ngx_pnalloc(r->pool, path->len * 3);
    if (p == NULL) {
        return NGX_ERROR;
    }

    while (from < end) {
        c = *from++;

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9') || (c && ngx_strchr(plain, c))) {
            *p++ = c;
        } else {
            p = ngx_sprintf(p, "%%%02Xd", c);
        }
    }

    path->len = (size_t) (p - path->data);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_mint_sign(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                          const ngx_sluice_pg_result_t *result, ngx_uint_t i)
{
    ngx_str_t path, issued;
    const access_t *access;
    ngx_http_sluice_srv_conf_t *sscf;
    ngx_http_sluice_mint_link_t *link;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    access = ngx_http_sluice_gate_access(r);
    link = &mint->links[i];

    if (ngx_sluice_pg_value(result, i, 3, &path) != NGX_OK
        || ngx_sluice_pg_value(result, i, 4, &link->show) != NGX_OK
        || ngx_http_sluice_mint_encode(r, &link->show) != NGX_OK) {
        return NGX_ERROR;
    }

    link->claims.path = (char *) path.data;
    link->claims.path_len = path.len;

    if (ngx_sluice_pg_value(result, i, 5, &issued) == NGX_OK) {
        link->claims.iat = ngx_atotm(issued.data, issued.len);
    }

    if (link->claims.sub && ngx_strcmp(link->claims.sub, access->sub) == 0) {
        link->claims.iat = access_link_iat(access, link->claims.iat);
    }

    link->grant = grant_sign(sscf->keys, ngx_http_sluice_signer(),
                             &link->claims);

    if (link->grant == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "a link was not signed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_sluice_mint_done(ngx_http_request_t *r, void *data,
                          const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;
    ngx_uint_t i;
    ngx_http_sluice_mint_t *mint = data;

    if (result->status != SLUICE_OK) {
        ngx_http_sluice_finish(
            r, ngx_http_sluice_problem(r, result->status, NULL, NULL));
        return;
    }

    rc = ngx_http_sluice_mint_denied(r, mint, result);

    if (rc != NGX_DECLINED) {
        ngx_http_sluice_finish(r, rc);
        return;
    }

    for (i = 0; i < mint->n; i++) {
        if (ngx_http_sluice_mint_sign(r, mint, result, i) != NGX_OK) {
            ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return;
        }
    }

    ngx_http_sluice_finish(r, ngx_http_sluice_mint_answer(r, mint));
}
