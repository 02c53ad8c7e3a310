/* POST /api/links, the second half: who may have it, and the links. */

#include "ngx_http_sluice_mint.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/zone/ngx_http_sluice_signer.h"
#include "core/base/uuid.h"
#include "core/grant/grant.h"
#include "core/grant/link_id.h"


#define NGX_HTTP_SLUICE_MINT_DATE (sizeof("2026-01-01T00:00:00Z") - 1)


static size_t ngx_http_sluice_mint_ask_size(ngx_http_sluice_mint_link_t *link);
static u_char *ngx_http_sluice_mint_ask_link(u_char *p,
                                             ngx_http_sluice_mint_link_t *link);
static size_t ngx_http_sluice_mint_escaped(const char *text);
static u_char *ngx_http_sluice_mint_member(u_char *p, const char *name,
                                           const char *text);
static u_char *ngx_http_sluice_mint_id(u_char *p, const char *name,
                                       const char *text);
static void ngx_http_sluice_mint_done(ngx_http_request_t *r, void *data,
                                      const ngx_sluice_pg_result_t *result);
static ngx_int_t
ngx_http_sluice_mint_denied(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                            const ngx_sluice_pg_result_t *result);
static const char *
ngx_http_sluice_mint_text(ngx_http_request_t *r,
                          const ngx_sluice_pg_result_t *result, ngx_uint_t row,
                          ngx_uint_t column);
static ngx_int_t ngx_http_sluice_mint_sign(ngx_http_request_t *r,
                                           ngx_http_sluice_mint_t *mint,
                                           const ngx_sluice_pg_result_t *result,
                                           ngx_uint_t i);
static ngx_int_t ngx_http_sluice_mint_encode(ngx_http_request_t *r,
                                             ngx_str_t *path);
static ngx_int_t ngx_http_sluice_mint_answer(ngx_http_request_t *r,
                                             ngx_http_sluice_mint_t *mint);
static ngx_uint_t ngx_http_sluice_mint_playlist(ngx_str_t *path);
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
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);
    size = sizeof("{\"tied\":true,\"sid\":\"\",\"links\":[]}") + UUID_TEXT_LEN;

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

    p = ngx_sprintf(p, "{%s\"sid\":\"%s\",\"links\":[",
                    mint->tied ? "\"tied\":true," : "", ctx->access.sid);

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


/* Bytes that the next function writes at most, and a comma. */

static size_t
ngx_http_sluice_mint_ask_size(ngx_http_sluice_mint_link_t *link)
{
    grant_claims_t *claims;

    static const char names[] =
        "{\"exp\":,\"reads\":false,\"media\":\"\",\"path\":\"\",\"sub\":\"\","
        "\"sub_id\":\"\",\"sid\":\"\",\"sid_id\":\"\"},";

    claims = &link->claims;

    return sizeof(names) + NGX_INT64_LEN + 3 * UUID_TEXT_LEN
           + ngx_http_sluice_mint_escaped(claims->path)
           + ngx_http_sluice_mint_escaped(claims->sub)
           + ngx_http_sluice_mint_escaped(claims->sid);
}


static u_char *
ngx_http_sluice_mint_ask_link(u_char *p, ngx_http_sluice_mint_link_t *link)
{
    grant_claims_t *claims;

    claims = &link->claims;

    p = ngx_sprintf(p, "{\"exp\":%L,\"reads\":%s", claims->exp,
                    claims->methods & ~(GRANT_GET | GRANT_HEAD) ? "false"
                                                                : "true");

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


static size_t
ngx_http_sluice_mint_escaped(const char *text)
{
    size_t len;

    len = text ? ngx_strlen(text) : 0;

    return len + ngx_escape_json(NULL, (u_char *) text, len);
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
    const char *detail, *field;
    ngx_str_t word;
    ngx_uint_t i;
    sluice_status_t status;

    for (i = 0; i < result->rows; i++) {
        if (ngx_sluice_pg_value(result, i, 0, &word) != NGX_OK) {
            continue;
        }

        status = status_from_word((char *) word.data, word.len);
        detail = ngx_http_sluice_mint_text(r, result, i, 1);
        field = ngx_http_sluice_mint_text(r, result, i, 2);

        return field ? ngx_http_sluice_mint_refuse(r, mint, i, status, field,
                                                   detail)
                     : ngx_http_sluice_problem(r, status, detail, NULL);
    }

    return result->rows == mint->n ? NGX_DECLINED
                                   : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* A value in the request's memory, terminated, or NULL */

static const char *
ngx_http_sluice_mint_text(ngx_http_request_t *r,
                          const ngx_sluice_pg_result_t *result, ngx_uint_t row,
                          ngx_uint_t column)
{
    u_char *text;
    ngx_str_t value;

    if (ngx_sluice_pg_value(result, row, column, &value) != NGX_OK) {
        return NULL;
    }

    text = ngx_pnalloc(r->pool, value.len + 1);

    if (text) {
        *ngx_cpymem(text, value.data, value.len) = '\0';
    }

    return (char *) text;
}


static ngx_int_t
ngx_http_sluice_mint_sign(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                          const ngx_sluice_pg_result_t *result, ngx_uint_t i)
{
    ngx_str_t path, issued;
    ngx_http_sluice_gate_ctx_t *ctx;
    ngx_http_sluice_srv_conf_t *sscf;
    ngx_http_sluice_mint_link_t *link;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    ctx = ngx_http_sluice_gate_find_ctx(r);
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


static ngx_uint_t
ngx_http_sluice_mint_playlist(ngx_str_t *path)
{
    return (path->len > 5
            && ngx_strncmp(path->data + path->len - 5, ".m3u8", 5) == 0)
           || (path->len > 4
               && ngx_strncmp(path->data + path->len - 4, ".mpd", 4) == 0);
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

    /* a playlist's relative URIs inherit a path, and no query */

    p = ngx_http_sluice_mint_playlist(&link->show)
            ? ngx_sprintf(p, "{\"url\":\"%V/~%V%V\",", origin, &grant,
                          &link->show)
            : ngx_sprintf(p, "{\"url\":\"%V%V?grant=%V\",", origin, &link->show,
                          &grant);

    p = ngx_sprintf(p, "\"path_url\":\"%V/~%V%V\",", origin, &grant,
                    &link->show);

    return ngx_sprintf(p,
                       "\"grant\":\"%V\",\"jti\":\"%s\",\"expires_at\":"
                       "\"%4d-%02d-%02dT%02d:%02d:%02dZ\"}",
                       &grant, link->jti, tm.ngx_tm_year, tm.ngx_tm_mon,
                       tm.ngx_tm_mday, tm.ngx_tm_hour, tm.ngx_tm_min,
                       tm.ngx_tm_sec);
}
