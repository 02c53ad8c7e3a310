#include "ngx_http_sluice_mint_internal.h"

#include "ngx_module/http/ngx_http_sluice_answer.h"


#define NGX_HTTP_SLUICE_MINT_DATE (sizeof("2026-01-01T00:00:00Z") - 1)


ngx_int_t
ngx_http_sluice_mint_refuse(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                            ngx_uint_t i, sluice_status_t status,
                            const char *field, const char *detail)
{
    u_char *p, name[NGX_HTTP_SLUICE_MINT_NAME + 32];

    if (!mint->list) {
        return ngx_http_sluice_problem(r, status, detail,
                                       *field ? field : NULL);
    }

    p = ngx_snprintf(name, sizeof(name) - 1, "links[%ui]%s%s", i,
                     *field ? "." : "", field);
    *p = '\0';

    return ngx_http_sluice_problem(r, status, detail, (char *) name);
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


ngx_int_t
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
