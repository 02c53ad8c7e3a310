#include "ngx_sluice_pg_internal.h"

#include <arpa/inet.h>


#define NGX_SLUICE_PG_MAX_OPTIONS 64


static PQconninfoOption *
ngx_sluice_pg_conf_parse(ngx_conf_t *cf, ngx_str_t *conninfo)
{
    char *error;
    PQconninfoOption *options;

    error = NULL;
    options = PQconninfoParse((char *) conninfo->data, &error);

    if (options == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid conninfo \"%V\" in \"sluice_database\": "
                           "%s; write e.g. "
                           "\"host=127.0.0.1 dbname=sluice user=sluice\"",
                           conninfo, error ? error : "out of memory");
        PQfreemem(error);
    }

    return options;
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
    pg->stopper = ngx_pcalloc(cf->pool, sizeof(ngx_sluice_pg_t));

    if (pg->keywords == NULL || pg->values == NULL || pg->stopper == NULL) {
        return NULL;
    }

    /* asked for by the same words */
    pg->stopper->keywords = pg->keywords;
    pg->stopper->values = pg->values;

    return pg;
}


static void
ngx_sluice_pg_conf_option(ngx_sluice_pg_t *pg, ngx_uint_t n,
                          const char *keyword, const char *value)
{
    pg->keywords[n] = keyword;
    pg->values[n] = value;
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


static const char *
ngx_sluice_pg_conf_find(PQconninfoOption *options, const char *keyword)
{
    for (/* void */; options->keyword; options++) {
        if (ngx_strcmp(options->keyword, keyword) == 0) {
            return options->val;
        }
    }

    return NULL;
}


/* The operator's own `options` come last here, too. */

static const char *
ngx_sluice_pg_conf_server_options(ngx_conf_t *cf, PQconninfoOption *options,
                                  ngx_msec_t timeout)
{
    u_char *text;
    size_t size;
    const char *own;

    own = ngx_sluice_pg_conf_find(options, "options");
    own = own ? own : "";

    size = sizeof("-c statement_timeout=ms ") + NGX_INT64_LEN + ngx_strlen(own);

    text = ngx_pnalloc(cf->pool, size);
    if (text == NULL) {
        return "";
    }

    (void) ngx_sprintf(text, "-c statement_timeout=%Mms %s%Z", timeout, own);

    return (const char *) text;
}


static ngx_int_t
ngx_sluice_pg_conf_resolve(ngx_conf_t *cf, const char *host,
                           const char **address)
{
    u_char *p;
    size_t len;
    ngx_url_t u;
    struct in6_addr in6;

    ngx_memzero(&u, sizeof(ngx_url_t));

    /* libpq takes an IPv6 address without brackets, and so must we */

    if (inet_pton(AF_INET6, host, &in6) == 1) {
        *address = ngx_sluice_pg_conf_strdup(cf, host);
        return NGX_OK;
    }

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


ngx_sluice_pg_t *
ngx_sluice_pg_create(ngx_conf_t *cf, ngx_str_t *conninfo, ngx_msec_t timeout)
{
    ngx_uint_t n;
    const char *host, *address;
    ngx_sluice_pg_t *pg;
    PQconninfoOption *options, *o;

    options = ngx_sluice_pg_conf_parse(cf, conninfo);
    if (options == NULL) {
        return NULL;
    }

    pg = ngx_sluice_pg_conf_alloc(cf, NGX_SLUICE_PG_MAX_OPTIONS + 1);
    if (pg == NULL) {
        goto done;
    }

    n = 0;

    /* what stands later wins: the operator's words after ours */

    ngx_sluice_pg_conf_option(pg, n++, "client_encoding", "UTF8");
    ngx_sluice_pg_conf_option(pg, n++, "gssencmode", "disable");
    ngx_sluice_pg_conf_option(pg, n++, "fallback_application_name", "sluice");

    for (o = options; o->keyword; o++) {
        if (o->val && n < NGX_SLUICE_PG_MAX_OPTIONS - 2) {
            ngx_sluice_pg_conf_option(pg, n++,
                                      ngx_sluice_pg_conf_strdup(cf, o->keyword),
                                      ngx_sluice_pg_conf_strdup(cf, o->val));
        }
    }

    ngx_sluice_pg_conf_option(
        pg, n++, "options",
        ngx_sluice_pg_conf_server_options(cf, options, timeout));

    host = ngx_sluice_pg_conf_find(options, "host");

    if (host && *host && *host != '/' && *host != '@'
        && ngx_sluice_pg_conf_find(options, "hostaddr") == NULL) {

        if (ngx_sluice_pg_conf_resolve(cf, host, &address) != NGX_OK) {
            pg = NULL;
            goto done;
        }

        ngx_sluice_pg_conf_option(pg, n, "hostaddr", address);
    }

done:

    PQconninfoFree(options);

    return pg;
}
