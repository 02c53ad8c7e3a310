#include "ngx_sluice_pg_internal.h"


#define NGX_SLUICE_PG_MAX_OPTIONS 64


static ngx_sluice_pg_t *ngx_sluice_pg_conf_alloc(ngx_conf_t *cf,
                                                 ngx_uint_t options);
static void ngx_sluice_pg_conf_option(ngx_sluice_pg_t *pg, ngx_uint_t n,
                                      const char *keyword, const char *value);
static ngx_int_t ngx_sluice_pg_conf_resolve(ngx_conf_t *cf, const char *host,
                                            const char **address);
static const char *ngx_sluice_pg_conf_strdup(ngx_conf_t *cf, const char *text);


ngx_sluice_pg_t *
ngx_sluice_pg_create(ngx_conf_t *cf, ngx_str_t *conninfo)
{
    char *error;
    ngx_uint_t n;
    const char *host, *address;
    ngx_sluice_pg_t *pg;
    PQconninfoOption *options, *o;

    static const char *extra[][2] = { { "client_encoding", "UTF8" },
                                      { "gssencmode", "disable" },
                                      { "fallback_application_name", "sluice" },
                                      { "options",
                                        "-c statement_timeout=5s" } };

    pg = ngx_sluice_pg_conf_alloc(cf, NGX_SLUICE_PG_MAX_OPTIONS + 1);
    if (pg == NULL) {
        return NULL;
    }

    error = NULL;
    options = PQconninfoParse((char *) conninfo->data, &error);

    if (options == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid conninfo \"%V\" in \"sluice_database\": "
                           "%s; write e.g. "
                           "\"host=127.0.0.1 dbname=sluice user=sluice\"",
                           conninfo, error ? error : "out of memory");
        PQfreemem(error);
        return NULL;
    }

    host = NULL;
    address = NULL;
    n = 0;

    /* what stands later wins: the operator's words after ours */

    for (/* void */; n < sizeof(extra) / sizeof(extra[0]); n++) {
        ngx_sluice_pg_conf_option(pg, n, extra[n][0], extra[n][1]);
    }

    for (o = options; o->keyword; o++) {
        if (o->val == NULL || n >= NGX_SLUICE_PG_MAX_OPTIONS - 1) {
            continue;
        }

        if (ngx_strcmp(o->keyword, "host") == 0) {
            host = o->val;

        } else if (ngx_strcmp(o->keyword, "hostaddr") == 0) {
            address = o->val;
        }

        ngx_sluice_pg_conf_option(pg, n++,
                                  ngx_sluice_pg_conf_strdup(cf, o->keyword),
                                  ngx_sluice_pg_conf_strdup(cf, o->val));
    }

    if (host && *host && *host != '/' && *host != '@' && address == NULL) {
        if (ngx_sluice_pg_conf_resolve(cf, host, &address) != NGX_OK) {
            PQconninfoFree(options);
            return NULL;
        }

        ngx_sluice_pg_conf_option(pg, n, "hostaddr", address);
    }

    PQconninfoFree(options);

    return pg;
}


static ngx_sluice_pg_t *
ngx_sluice_pg_conf_alloc(ngx_conf_t *cf, ngx_uint_t options)
{
    ngx_sluice_pg_t *pg;

    pg = ngx_pcalloc(cf->pool, sizeof(ngx_sluice_pg_t));
    if (pg == NULL) {
        return NULL;
    }

    /* zeroed: the lists end where the options do */
    pg->keywords = ngx_pcalloc(cf->pool, options * sizeof(char *));
    pg->values = ngx_pcalloc(cf->pool, options * sizeof(char *));

    return pg->keywords && pg->values ? pg : NULL;
}


static void
ngx_sluice_pg_conf_option(ngx_sluice_pg_t *pg, ngx_uint_t n,
                          const char *keyword, const char *value)
{
    pg->keywords[n] = keyword;
    pg->values[n] = value;
}


static ngx_int_t
ngx_sluice_pg_conf_resolve(ngx_conf_t *cf, const char *host,
                           const char **address)
{
    u_char *p;
    size_t len;
    ngx_url_t u;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url.data = (u_char *) host;
    u.url.len = ngx_strlen(host);
    u.default_port = 5432;

    if (ngx_strlchr(u.url.data, u.url.data + u.url.len, ',') != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "several hosts in \"sluice_database\": give their "
                           "addresses in \"hostaddr=\" too, names are not "
                           "looked up while serving");
        return NGX_ERROR;
    }

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.naddrs == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "host \"%s\" of \"sluice_database\": %s", host,
                           u.err ? u.err : "not found");
        return NGX_ERROR;
    }

    p = ngx_pcalloc(cf->pool, NGX_SOCKADDR_STRLEN + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    len = ngx_sock_ntop(u.addrs[0].sockaddr, u.addrs[0].socklen, p,
                        NGX_SOCKADDR_STRLEN, 0);
    p[len] = '\0';

    *address = (const char *) p;

    return NGX_OK;
}


static const char *
ngx_sluice_pg_conf_strdup(ngx_conf_t *cf, const char *text)
{
    size_t size = ngx_strlen(text) + 1;
    u_char *copy;

    copy = ngx_pnalloc(cf->pool, size);
    if (copy == NULL) {
        return "";
    }

    ngx_memcpy(copy, text, size);

    return (const char *) copy;
}
