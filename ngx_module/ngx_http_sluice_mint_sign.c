/* POST /api/links, the second half: who may have it, and the links. */

#include "ngx_http_sluice_mint.h"


#define NGX_HTTP_SLUICE_MINT_DATE (sizeof("2026-01-01T00:00:00Z") - 1)


static u_char *ngx_http_sluice_mint_member(u_char *p, const char *name,
                                           const char *text, size_t len);
static void ngx_http_sluice_mint_done(ngx_http_request_t *r, void *data,
                                      const ngx_sluice_pg_result_t *result);
static ngx_int_t
ngx_http_sluice_mint_denied(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                            const ngx_sluice_pg_result_t *result);
static ngx_int_t ngx_http_sluice_mint_sign(ngx_http_request_t *r,
                                           ngx_http_sluice_mint_t *mint,
                                           const ngx_sluice_pg_result_t *result,
                                           ngx_uint_t i);
static ngx_int_t ngx_http_sluice_mint_encode(ngx_http_request_t *r,
                                             ngx_str_t *path);
static ngx_int_t ngx_http_sluice_mint_answer(ngx_http_request_t *r,
                                             ngx_http_sluice_mint_t *mint);
static u_char *ngx_http_sluice_mint_write(u_char *p, ngx_str_t *origin,
                                          ngx_http_sluice_mint_link_t *link);


static ngx_sluice_pg_statement_t ngx_http_sluice_mint_links = {
    "mint_links",
    "select problem, detail, field, path, show, issued "
    "from api.mint_links($1::uuid, $2::jsonb)",
    2, 0
};


/* {"tied":true,"sid":"…","links":[{"exp":…,"reads":…,"media":"…",…},…]} */

ngx_int_t
ngx_http_sluice_mint_ask(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint)
{
    u_char *p;
    size_t size;
    ngx_str_t params[2];
    ngx_uint_t i;
    grant_claims_t *claims;
    ngx_http_sluice_ctx_t *ctx;

    static const char head[] = "{\"tied\":true,\"sid\":\"\",\"links\":[]}";
    static const char names[] =
        "{\"exp\":,\"reads\":false,\"media\":\"\",\"path\":\"\",\"sub\":\"\","
        "\"sid\":\"\"},";

    ctx = ngx_http_sluice_find_ctx(r);
    size = sizeof(head) + UUID_TEXT_LEN;

    for (i = 0; i < mint->n; i++) {
        claims = &mint->links[i].claims;
        size += sizeof(names) + NGX_INT64_LEN + UUID_TEXT_LEN + claims->path_len
                + ngx_escape_json(NULL, (u_char *) claims->path,
                                  claims->path_len);

        if (claims->sub) {
            size += ngx_strlen(claims->sub)
                    + ngx_escape_json(NULL, (u_char *) claims->sub,
                                      ngx_strlen(claims->sub));
        }

        if (claims->sid) {
            size += ngx_strlen(claims->sid)
                    + ngx_escape_json(NULL, (u_char *) claims->sid,
                                      ngx_strlen(claims->sid));
        }
    }

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    params[0].data = (u_char *) ctx->access.sub;
    params[0].len = UUID_TEXT_LEN;
    params[1].data = p;

    p = ngx_sprintf(p, "{%s\"sid\":\"%s\",\"links\":[",
                    mint->tied ? "\"tied\":true," : "", ctx->access.sid);

    for (i = 0; i < mint->n; i++) {
        claims = &mint->links[i].claims;

        p = ngx_sprintf(
            p, "%s{\"exp\":%L,\"reads\":%s", i ? "," : "", claims->exp,
            claims->methods & ~(GRANT_GET | GRANT_HEAD) ? "false" : "true");

        p = ngx_http_sluice_mint_member(p, "media",
                                        (char *) mint->links[i].media.data,
                                        mint->links[i].media.len);
        if (!mint->links[i].whole) {
            p = ngx_http_sluice_mint_member(p, "path", claims->path,
                                            claims->path_len);
        }

        if (claims->sub) {
            p = ngx_http_sluice_mint_member(p, "sub", claims->sub,
                                            ngx_strlen(claims->sub));
        }

        if (claims->sid) {
            p = ngx_http_sluice_mint_member(p, "sid", claims->sid,
                                            ngx_strlen(claims->sid));
        }

        *p++ = '}';
    }

    p = ngx_cpymem(p, "]}", 2);
    params[1].len = (size_t) (p - params[1].data);

    return ngx_http_sluice_query(r, &ngx_http_sluice_mint_links, params,
                                 ngx_http_sluice_mint_done, mint);
}


/* ,"name":"text" unless there is none */

static u_char *
ngx_http_sluice_mint_member(u_char *p, const char *name, const char *text,
                            size_t len)
{
    if (text == NULL) {
        return p;
    }

    p = ngx_sprintf(p, ",\"%s\":\"", name);
    p = (u_char *) ngx_escape_json(p, (u_char *) text, len);
    *p++ = '"';

    return p;
}


/* signing */

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


/* NGX_DECLINED, or the answer with the first problem */

static ngx_int_t
ngx_http_sluice_mint_denied(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                            const ngx_sluice_pg_result_t *result)
{
    ngx_str_t word, text[2];
    ngx_uint_t i, k;
    sluice_status_t status;

    for (i = 0; i < result->rows; i++) {
        if (ngx_sluice_pg_value(result, i, 0, &word) != NGX_OK) {
            continue;
        }

        status = status_from_word((char *) word.data, word.len);

        /* libpq's values are terminated */
        for (k = 0; k < 2; k++) {
            (void) ngx_sluice_pg_value(result, i, 1 + k, &text[k]);
        }

        if (text[1].data == NULL) {
            return ngx_http_sluice_problem(r, status, NULL, NULL);
        }

        return ngx_http_sluice_mint_refuse(
            r, mint, i, status, (char *) text[1].data, (char *) text[0].data);
    }

    return result->rows == mint->n ? NGX_DECLINED
                                   : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_sluice_mint_sign(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                          const ngx_sluice_pg_result_t *result, ngx_uint_t i)
{
    ngx_str_t path, issued;
    ngx_http_sluice_ctx_t *ctx;
    ngx_http_sluice_srv_conf_t *sscf;
    ngx_http_sluice_mint_link_t *link;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    ctx = ngx_http_sluice_find_ctx(r);
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

    if (link_id_make(sscf->keys, ctx->access.sub, link->claims.exp, link->jti)
        == 0) {
        link->claims.jti = link->jti;
        link->grant = grant_sign(sscf->keys, ngx_http_sluice_signer(),
                                 &link->claims);
    }

    if (link->grant == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "no HS256 key to sign links with");
        return NGX_ERROR;
    }

    return NGX_OK;
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
ngx_http_sluice_mint_answer(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint)
{
    u_char *p;
    size_t size;
    ngx_str_t body;
    ngx_uint_t i;
    ngx_http_sluice_srv_conf_t *sscf;

    static const char names[] =
        "{\"url\":\"?grant=\",\"path_url\":\"/~\",\"grant\":\"\",\"jti\":\"\","
        "\"expires_at\":\"\"},";

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    size = sizeof("{\"links\":[]}");

    for (i = 0; i < mint->n; i++) {
        size += sizeof(names) + 2 * sscf->public_url.len
                + 2 * mint->links[i].show.len
                + 3 * ngx_strlen(mint->links[i].grant) + LINK_ID_LEN
                + NGX_HTTP_SLUICE_MINT_DATE;
    }

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = p;

    if (mint->list) {
        p = ngx_sprintf(p, "{\"links\":[");
    }

    for (i = 0; i < mint->n; i++) {
        if (i) {
            *p++ = ',';
        }

        p = ngx_http_sluice_mint_write(p, &sscf->public_url, &mint->links[i]);
    }

    if (mint->list) {
        p = ngx_cpymem(p, "]}", 2);
    }

    body.len = (size_t) (p - body.data);

    return ngx_http_sluice_json(r, NGX_HTTP_CREATED, &body);
}


/* Nothing in it needs an escape: origin, encoded path, base64url. */

static u_char *
ngx_http_sluice_mint_write(u_char *p, ngx_str_t *origin,
                           ngx_http_sluice_mint_link_t *link)
{
    ngx_tm_t tm;
    ngx_str_t grant;

    grant.data = (u_char *) link->grant;
    grant.len = ngx_strlen(link->grant);

    ngx_gmtime((time_t) link->claims.exp, &tm);

    p = ngx_sprintf(p, "{\"url\":\"%V%V?grant=%V\",\"path_url\":\"%V/~%V%V\",",
                    origin, &link->show, &grant, origin, &grant, &link->show);

    return ngx_sprintf(p,
                       "\"grant\":\"%V\",\"jti\":\"%s\",\"expires_at\":"
                       "\"%4d-%02d-%02dT%02d:%02d:%02dZ\"}",
                       &grant, link->jti, tm.ngx_tm_year, tm.ngx_tm_mon,
                       tm.ngx_tm_mday, tm.ngx_tm_hour, tm.ngx_tm_min,
                       tm.ngx_tm_sec);
}
