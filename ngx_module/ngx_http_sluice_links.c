/* Signed URLs in answers: section 3 of the token contract in README.md. */

#include "ngx_http_sluice.h"


typedef struct {
    ngx_http_request_t *request;
    ngx_http_sluice_srv_conf_t *conf;
    time_t exp;
} ngx_http_sluice_signer_t;


static ngx_int_t ngx_http_sluice_links_sign(ngx_http_sluice_signer_t *signer,
                                            json_t *links);
static ngx_int_t
ngx_http_sluice_links_sign_all(ngx_http_sluice_signer_t *signer, json_t *paths);
static json_t *ngx_http_sluice_links_url(ngx_http_sluice_signer_t *signer,
                                         const char *path, ngx_uint_t folder,
                                         ngx_uint_t in_path);


ngx_int_t
ngx_http_sluice_sign_links(ngx_http_request_t *r, json_t *body)
{
    size_t i;
    json_t *items, *item;
    time_t step;
    ngx_http_sluice_signer_t signer;

    signer.request = r;
    signer.conf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    /*
     * Expiry is rounded up to a quarter of the life time: within it a path has
     * one and the same URL, which browsers' caches can keep.
     */

    step = ngx_max(signer.conf->link_ttl / 4, 1);
    signer.exp = (ngx_time() / step + 1) * step + signer.conf->link_ttl;

    items = json_object_get(body, "items");

    if (items == NULL) {
        return ngx_http_sluice_links_sign(&signer,
                                          json_object_get(body, "links"));
    }

    json_array_foreach(items, i, item)
    {
        if (ngx_http_sluice_links_sign(&signer, json_object_get(item, "links"))
            != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * `play` opens the folder of the playlist and carries the grant in the path,
 * which the playlist's relative URIs inherit; a list opens its folder; anything
 * else opens itself.
 */

static ngx_int_t
ngx_http_sluice_links_sign(ngx_http_sluice_signer_t *signer, json_t *links)
{
    json_t *value, *url;
    const char *key;
    ngx_uint_t play;

    json_object_foreach(links, key, value)
    {

        if (json_is_array(value)) {
            if (ngx_http_sluice_links_sign_all(signer, value) != NGX_OK) {
                return NGX_ERROR;
            }

            continue;
        }

        if (!json_is_string(value)) {
            continue;
        }

        play = ngx_strcmp(key, "play") == 0;

        url = ngx_http_sluice_links_url(signer, json_string_value(value), play,
                                        play);

        if (json_object_set_new(links, key, url) != 0) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_links_sign_all(ngx_http_sluice_signer_t *signer, json_t *paths)
{
    size_t i;
    json_t *path;

    json_array_foreach(paths, i, path)
    {
        if (json_array_set_new(paths, i,
                               ngx_http_sluice_links_url(
                                   signer, json_string_value(path), 1, 0))
            != 0) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* A new JSON string, or NULL. */

static json_t *
ngx_http_sluice_links_url(ngx_http_sluice_signer_t *signer, const char *path,
                          ngx_uint_t folder, ngx_uint_t in_path)
{
    char *grant;
    size_t len;
    json_t *url;
    ngx_str_t *origin = &signer->conf->public_url;

    len = ngx_strlen(path);

    while (folder && len && path[len - 1] != '/') {
        len--;
    }

    grant = grant_sign(signer->conf->keys, path, len, signer->exp, NULL);
    if (grant == NULL) {
        ngx_log_error(NGX_LOG_ERR, signer->request->connection->log, 0,
                      "no HS256 key to sign links with");
        return NULL;
    }

    url = in_path ? json_sprintf("%s/~%s%s", (char *) origin->data, grant, path)
                  : json_sprintf("%s%s?grant=%s", (char *) origin->data, path,
                                 grant);

    free(grant);

    return url;
}
