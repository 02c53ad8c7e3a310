#include "ngx_http_sluice_origin.h"
#include "ngx_http_sluice_passkeys.h"


#define NGX_HTTP_SLUICE_PASSKEYS_ORIGINS 16


/* What apps call themselves in place of an origin. */
static const ngx_str_t ngx_http_sluice_passkeys_apps[] = {
    ngx_string("android:apk-key-hash:"), ngx_string("ios:bundle-id:")
};


static ngx_uint_t
ngx_http_sluice_passkeys_is_app(const ngx_str_t *origin)
{
    ngx_uint_t i;
    const ngx_str_t *app;

    for (i = 0; i < sizeof(ngx_http_sluice_passkeys_apps)
                        / sizeof(ngx_http_sluice_passkeys_apps[0]);
         i++) {
        app = &ngx_http_sluice_passkeys_apps[i];

        if (origin->len > app->len
            && ngx_strncmp(origin->data, app->data, app->len) == 0) {
            return 1;
        }
    }

    return 0;
}


static char *
ngx_http_sluice_passkeys_origin(ngx_conf_t *cf, ngx_str_t *origin,
                                ngx_http_sluice_passkeys_conf_t *conf)
{
    ngx_str_t *one;

    if (conf->origins == NULL) {
        conf->origins = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
        if (conf->origins == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (conf->origins->nelts == NGX_HTTP_SLUICE_PASSKEYS_ORIGINS
        || (!ngx_http_sluice_passkeys_is_app(origin)
            && !ngx_http_sluice_is_origin(origin))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid origin \"%V\" of \"sluice_passkeys\": "
                           "write scheme and host, or an app's, e.g. "
                           "origin=android:apk-key-hash:<hash>; 16 at most",
                           origin);
        return NGX_CONF_ERROR;
    }

    one = ngx_array_push(conf->origins);
    if (one == NULL) {
        return NGX_CONF_ERROR;
    }

    *one = *origin;

    return NGX_CONF_OK;
}


char *
ngx_http_sluice_passkeys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_srv_conf_t *sscf = conf;

    ngx_str_t *value, text;
    ngx_uint_t i;
    ngx_http_sluice_passkeys_conf_t *passkeys = &sscf->passkeys;

    if (passkeys->taken != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;
    passkeys->taken = 1;
    passkeys->file = cf->conf_file->file.name;
    passkeys->line = cf->conf_file->line;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        passkeys->taken = 0;
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {
        text = value[i];

        if (ngx_strncmp(text.data, "rp=", 3) == 0 && text.len > 3
            && passkeys->rp.len == 0) {
            passkeys->rp.data = text.data + 3;
            passkeys->rp.len = text.len - 3;
            ngx_strlow(passkeys->rp.data, passkeys->rp.data, passkeys->rp.len);

        } else if (ngx_strncmp(text.data, "origin=", 7) == 0) {
            text.data += 7;
            text.len -= 7;

            if (ngx_http_sluice_passkeys_origin(cf, &text, passkeys)
                != NGX_CONF_OK) {
                return NGX_CONF_ERROR;
            }

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" of "
                               "\"sluice_passkeys\": write off, or rp=<host> "
                               "and origin=<origin>",
                               &text);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* The host of an origin, in lower case; empty: it is an address. */

static ngx_int_t
ngx_http_sluice_passkeys_host(ngx_conf_t *cf, const ngx_str_t *url,
                              ngx_str_t *host)
{
    u_char *p, *end = url->data + url->len, *start;

    start = (u_char *) ngx_strstr(url->data, "://") + 3;
    p = ngx_strlchr(start, end, ':');

    host->len = (size_t) ((p ? p : end) - start);
    host->data = ngx_pnalloc(cf->pool, host->len + 1);
    if (host->data == NULL) {
        return NGX_ERROR;
    }

    ngx_strlow(host->data, start, host->len);
    host->data[host->len] = '\0';

    if (*start == '[' || ngx_inet_addr(host->data, host->len) != INADDR_NONE) {
        host->len = 0;
    }

    return NGX_OK;
}


/* The host itself, or a domain that it is in. */

static ngx_uint_t
ngx_http_sluice_passkeys_holds(const ngx_str_t *rp, const ngx_str_t *host)
{
    u_char *end = host->data + host->len - rp->len;

    return rp->len <= host->len && ngx_memcmp(end, rp->data, rp->len) == 0
           && (rp->len == host->len || end[-1] == '.');
}


static ngx_int_t
ngx_http_sluice_passkeys_site(ngx_conf_t *cf,
                              ngx_http_sluice_passkeys_conf_t *conf,
                              const ngx_str_t *rp, const ngx_str_t *url)
{
    ngx_uint_t i, n = conf->origins ? conf->origins->nelts : 0;
    ngx_str_t *origin = conf->origins ? conf->origins->elts : NULL;
    const char **origins;
    webauthn_site_t *site;

    site = ngx_palloc(cf->pool, sizeof(webauthn_site_t));
    origins = ngx_pcalloc(cf->pool, (n + 2) * sizeof(char *));

    if (site == NULL || origins == NULL) {
        return NGX_ERROR;
    }

    origins[0] = (const char *) url->data;

    for (i = 0; i < n; i++) {
        origins[i + 1] = (const char *) origin[i].data;
    }

    site->rp = (const char *) rp->data;
    site->origins = origins;
    conf->site = site;

    return NGX_OK;
}


char *
ngx_http_sluice_passkeys_merge(ngx_conf_t *cf,
                               const ngx_http_sluice_passkeys_conf_t *prev,
                               ngx_http_sluice_passkeys_conf_t *conf,
                               const ngx_str_t *url)
{
    ngx_str_t host;

    if (conf->taken == NGX_CONF_UNSET) {
        *conf = *prev;
        conf->site = NULL;
    }

    if (conf->taken == 0 || url->len == 0) {
        return NGX_CONF_OK;
    }

    if (ngx_http_sluice_passkeys_host(cf, url, &host) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->rp.len && !ngx_http_sluice_passkeys_holds(&conf->rp, &host)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"sluice_passkeys rp=%V\": this must be the host of "
                      "\"sluice_public_url %V\", or a domain that it is in "
                      "in %V:%ui",
                      &conf->rp, url, &conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    if (host.len == 0) {
        return NGX_CONF_OK;
    }

    return ngx_http_sluice_passkeys_site(cf, conf,
                                         conf->rp.len ? &conf->rp : &host, url)
                   == NGX_OK
               ? NGX_CONF_OK
               : NGX_CONF_ERROR;
}
