#include "ngx_http_sluice_sign_urls.h"

#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/zone/ngx_http_sluice_signer.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/uuid.h"
#include "core/grant/access.h"
#include "core/grant/grant.h"
#include "core/jose/base64url.h"
#include "core/jose/jwk.h"

#include <jansson.h>
#include <openssl/evp.h>


#define NGX_HTTP_SLUICE_SIGN_URLS_JTI 8 /* bytes of a digest */


/* What all URLs of an answer are signed with. */

typedef struct {
    ngx_log_t *log;
    jwk_set_t *keys;
    const char *origin;
    const access_t *access;
    time_t iat, exp;
} ngx_http_sluice_sign_urls_t;


static time_t
ngx_http_sluice_sign_urls_step(time_t link_ttl)
{
    return ngx_max(link_ttl / 4, 1);
}


/* Some of SHA-256 over what tells one such grant from another. */

static ngx_int_t
ngx_http_sluice_sign_urls_jti(ngx_http_sluice_sign_urls_t *with,
                              ngx_str_t *path,
                              char jti[NGX_HTTP_SLUICE_SIGN_URLS_JTI * 2])
{
    u_char digest[EVP_MAX_MD_SIZE], *p;
    u_char text[2 * UUID_TEXT_SIZE + 2 * (NGX_TIME_T_LEN + 1) + GRANT_PATH_MAX];

    if (path->len >= GRANT_PATH_MAX) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(text, "%s %s %T %T %V", with->access->sid,
                    with->access->sub, with->iat, with->exp, path);

    if (EVP_Digest(text, (size_t) (p - text), digest, NULL, EVP_sha256(), NULL)
        != 1) {
        return NGX_ERROR;
    }

    jti[base64url_encode(jti, digest, NGX_HTTP_SLUICE_SIGN_URLS_JTI)] = '\0';

    return NGX_OK;
}


/* A grant for the path, or for the folder it is in, which ends with the user,
   his role, and the session unless it is another issuer's; free() it. NULL when
   it cannot be signed. */

static char *
ngx_http_sluice_sign_urls_grant(ngx_http_sluice_sign_urls_t *with,
                                const char *path, ngx_uint_t folder,
                                const char *filename)
{
    char jti[NGX_HTTP_SLUICE_SIGN_URLS_JTI * 2];
    ngx_str_t opened;
    grant_claims_t claims;

    opened.data = (u_char *) path;
    opened.len = path ? ngx_strlen(path) : 0;

    while (folder && opened.len && path[opened.len - 1] != '/') {
        opened.len--;
    }

    if (ngx_http_sluice_sign_urls_jti(with, &opened, jti) != NGX_OK) {
        return NULL;
    }

    ngx_memzero(&claims, sizeof(grant_claims_t));

    claims.path = path;
    claims.path_len = opened.len;
    claims.exp = with->exp;
    claims.jti = jti;
    claims.filename = filename;

    claims.sub = with->access->sub;
    claims.iat = with->iat;

    if (*with->access->sid && !with->access->foreign) {
        claims.sid = with->access->sid;
    }

    return grant_sign(with->keys, ngx_http_sluice_signer(), &claims);
}


/* What has no link: its file is there, and the answer does without. */

static void
ngx_http_sluice_sign_urls_without(ngx_http_sluice_sign_urls_t *with,
                                  const char *path, const char *filename)
{
    const char *why;

    why = jwk_set_signer(with->keys, JWA_BIT(JWA_HS256),
                         ngx_http_sluice_signer())
                  == NULL
              ? "\"sluice_keys\" has no HS256 key"
              : "no grant may have such a path or file name, or memory is "
                "short";

    ngx_log_error(NGX_LOG_ERR, with->log, 0,
                  "no link to \"%s\", saved as \"%s\": %s", path ? path : "",
                  filename ? filename : "", why);
}


/* A new JSON string, or NULL; so does the next. */

static json_t *
ngx_http_sluice_sign_urls_play(ngx_http_sluice_sign_urls_t *with,
                               const char *path)
{
    char *grant;
    json_t *url;

    grant = ngx_http_sluice_sign_urls_grant(with, path, 1, NULL);
    url = grant ? json_sprintf("%s/~%s%s", with->origin, grant, path) : NULL;
    free(grant);

    return url;
}


static json_t *
ngx_http_sluice_sign_urls_file(ngx_http_sluice_sign_urls_t *with,
                               const char *path, const char *filename)
{
    char *grant;
    json_t *url;

    grant = ngx_http_sluice_sign_urls_grant(with, path, 0, filename);
    url = grant ? json_sprintf("%s%s?grant=%s", with->origin, path, grant)
                : NULL;
    free(grant);

    return url;
}


/* Each object gets a `url` in place of its `path`. */

static json_t *
ngx_http_sluice_sign_urls_objects(ngx_http_sluice_sign_urls_t *with,
                                  json_t *objects)
{
    size_t i;
    json_t *object, *url;
    const char *path;

    json_array_foreach(objects, i, object)
    {
        path = json_string_value(json_object_get(object, "path"));

        url = ngx_http_sluice_sign_urls_file(with, path, NULL);
        if (url == NULL || json_object_set_new(object, "url", url) != 0) {
            return NULL;
        }
        (void) json_object_del(object, "path");
    }

    return json_incref(objects);
}


/* A new array, or NULL: one grant for a folder, however many files of it are
   listed. */

static json_t *
ngx_http_sluice_sign_urls_list(ngx_http_sluice_sign_urls_t *with, json_t *paths)
{
    char *grant;
    size_t i;
    json_t *path, *urls;

    urls = json_array();

    if (json_array_size(paths) == 0) {
        return urls;
    }
    if (json_is_object(json_array_get(paths, 0))) {
        json_decref(urls);
        return ngx_http_sluice_sign_urls_objects(with, paths);
    }

    grant = ngx_http_sluice_sign_urls_grant(
        with, json_string_value(json_array_get(paths, 0)), 1, NULL);

    json_array_foreach(paths, i, path)
    {
        if (grant == NULL
            || json_array_append_new(
                   urls, json_sprintf("%s%s?grant=%s", with->origin,
                                      json_string_value(path), grant))
                   != 0) {
            json_decref(urls);
            urls = NULL;
            break;
        }
    }

    free(grant);

    return urls;
}


/* What names other files relative to itself. */

static ngx_uint_t
ngx_http_sluice_sign_urls_leads(const char *key)
{
    return ngx_strcmp(key, "play") == 0 || ngx_strcmp(key, "dash") == 0
           || ngx_strcmp(key, "storyboard") == 0;
}


/*
 * `play` and what else leads on opens the folder of the playlist and carries
 * the grant in the path, which the playlist's relative URIs inherit; a list
 * opens its folder, one of objects each of their files; anything else opens
 * itself, {path, filename} as an attachment. One that cannot be signed is not
 * there.
 */

static void
ngx_http_sluice_sign_urls_links(ngx_http_sluice_sign_urls_t *with,
                                json_t *links)
{
    void *next;
    json_t *value, *first, *url;
    const char *key, *path, *filename;

    json_object_foreach_safe(links, next, key, value)
    {
        first = json_is_array(value)    ? json_array_get(value, 0)
                : json_is_object(value) ? json_object_get(value, "path")
                                        : value;
        path = json_string_value(first);
        filename = json_string_value(json_object_get(value, "filename"));

        url = json_is_array(value) ? ngx_http_sluice_sign_urls_list(with, value)
              : ngx_http_sluice_sign_urls_leads(key)
                  ? ngx_http_sluice_sign_urls_play(with, path)
                  : ngx_http_sluice_sign_urls_file(with, path, filename);

        if (url == NULL) {
            ngx_http_sluice_sign_urls_without(with, path, filename);
            (void) json_object_del(links, key);
            continue;
        }

        (void) json_object_set_new(links, key, url);
    }
}


static void
ngx_http_sluice_sign_urls_media(ngx_http_sluice_sign_urls_t *with,
                                json_t *media)
{
    size_t i;
    json_t *attachment;

    json_array_foreach(json_object_get(media, "attachments"), i, attachment)
    {
        ngx_http_sluice_sign_urls_links(with,
                                        json_object_get(attachment, "links"));
    }

    ngx_http_sluice_sign_urls_links(with, json_object_get(media, "links"));
}


ngx_int_t
ngx_http_sluice_sign_urls(ngx_http_request_t *r, json_t *body)
{
    size_t i;
    json_t *items, *item;
    time_t step;
    ngx_http_sluice_gate_ctx_t *ctx;
    ngx_http_sluice_sign_urls_t with;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    with.log = r->connection->log;
    with.keys = sscf->keys;
    with.origin = (const char *) sscf->public_url.data;

    ctx = ngx_http_sluice_gate_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    with.access = &ctx->access;

    /*
     * Times are rounded to a quarter of the life time: within it a path has one
     * and the same URL for a session, which browsers' caches can keep, until
     * what the user had is taken back.
     */

    step = ngx_http_sluice_sign_urls_step(sscf->link_ttl);
    with.iat = ngx_time() / step * step;
    with.exp = with.iat + step + sscf->link_ttl;
    with.iat = ngx_max(
        with.iat, ngx_http_sluice_zone_earliest(with.access->sub,
                                                ngx_strlen(with.access->sub)));
    with.iat = access_link_iat(with.access, with.iat);

    items = json_object_get(body, "items");

    if (items == NULL) {
        ngx_http_sluice_sign_urls_media(&with, body);
    }

    json_array_foreach(items, i, item)
    {
        ngx_http_sluice_sign_urls_media(&with, item);
    }

    return NGX_OK;
}


time_t
ngx_http_sluice_sign_urls_longest(time_t link_ttl)
{
    return link_ttl + ngx_http_sluice_sign_urls_step(link_ttl);
}
