#include "ngx_http_sluice_mint_internal.h"

#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"
#include "core/base/uuid.h"
#include "core/grant/access.h"
#include "core/grant/grant.h"
#include "core/grant/grant_claims.h"

#include <jansson.h>


#define NGX_HTTP_SLUICE_MINT_TTL_MAX 31622400 /* 366 days, in seconds */
#define NGX_HTTP_SLUICE_MINT_TTL_COUNTED \
    604800 /* 7 days: of a user's place in the zone, where no Redis counts */
#define NGX_HTTP_SLUICE_MINT_CLOCKS 60 /* seconds that clocks may differ */
#define NGX_HTTP_SLUICE_MINT_MEDIA "/media/xx/"


/* The claims that a caller may give. */
static const char *const ngx_http_sluice_mint_names[] = {
    "path", "nbf",      "methods", "ip",  "uses", "bytes",
    "rate", "filename", "type",    "sub", "sid",  NULL
};


/* What we do not know is refused: it may have been meant to narrow the link.
   NGX_DECLINED when there is nothing to refuse, here and below. */

static ngx_int_t
ngx_http_sluice_mint_members(ngx_http_request_t *r,
                             ngx_http_sluice_mint_t *mint, ngx_uint_t i)
{
    json_t *asked, *value;
    const char *name;
    const char *const *known;

    asked = mint->links[i].asked;

    if (!json_is_object(asked)) {
        return ngx_http_sluice_mint_refuse(r, mint, i, SLUICE_FIELD_INVALID, "",
                                           "This must be an object.");
    }

    json_object_foreach(asked, name, value)
    {
        if (ngx_strcmp(name, "media") == 0
            || ngx_strcmp(name, "expires_in") == 0) {
            continue;
        }

        for (known = ngx_http_sluice_mint_names; *known; known++) {
            if (ngx_strcmp(name, *known) == 0) {
                break;
            }
        }

        if (*known == NULL) {
            return ngx_http_sluice_mint_refuse(
                r, mint, i, SLUICE_FIELD_INVALID,
                ngx_strlen(name) > NGX_HTTP_SLUICE_MINT_NAME ? "" : name,
                ngx_strcmp(name, "jti") == 0 ? "A link gets its id here."
                                             : "There is no such claim.");
        }
    }

    return NGX_DECLINED;
}


/* NULL, or why it may not live so long. */

static const char *
ngx_http_sluice_mint_too_long(ngx_http_request_t *r, const json_t *asked,
                              time_t ttl)
{
    ngx_http_sluice_gate_ctx_t *ctx;
    ngx_http_sluice_srv_conf_t *sscf;
    ngx_http_sluice_main_conf_t *smcf;

    ctx = ngx_http_sluice_gate_find_ctx(r);
    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (json_object_get(asked, "sid") && ttl > sscf->refresh_ttl) {
        return "A link that ends with a session lives no longer than one does.";
    }

    if ((json_object_get(asked, "uses") || json_object_get(asked, "bytes"))
        && ttl > NGX_HTTP_SLUICE_MINT_TTL_COUNTED && smcf->redis == NULL
        && ctx->access.role != ROLE_ADMIN) {
        return "A link with uses or bytes lives for 604,800 seconds at most "
               "where Redis does not count them.";
    }

    return NULL;
}


/* Until when: `exp`. NGX_DECLINED, or the answer. */

static ngx_int_t
ngx_http_sluice_mint_end(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                         ngx_uint_t i)
{
    time_t ttl;
    json_t *asked, *seconds;
    const char *wrong;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    asked = mint->links[i].asked;
    seconds = json_object_get(asked, "expires_in");

    ttl = seconds ? (time_t) json_integer_value(seconds)
          : json_object_get(asked, "sid")
              ? ngx_min(sscf->link_ttl, sscf->refresh_ttl)
              : sscf->link_ttl;

    wrong = seconds && (ttl < 1 || ttl > NGX_HTTP_SLUICE_MINT_TTL_MAX)
                ? "Whole seconds, 1 to 31,622,400."
                : ngx_http_sluice_mint_too_long(r, asked, ttl);

    if (wrong) {
        return ngx_http_sluice_mint_refuse(r, mint, i, SLUICE_FIELD_INVALID,
                                           "expires_in", wrong);
    }

    return json_object_set_new(asked, "exp", json_integer(mint->now + ttl)) == 0
               ? NGX_DECLINED
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* path or media, and until when: both become claims */

static ngx_int_t
ngx_http_sluice_mint_target(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                            ngx_uint_t i)
{
    ngx_int_t rc;
    json_t *path, *media;
    ngx_http_sluice_mint_link_t *link;

    link = &mint->links[i];
    path = json_object_get(link->asked, "path");
    media = json_object_get(link->asked, "media");

    if ((path == NULL) == (media == NULL)) {
        return ngx_http_sluice_mint_refuse(r, mint, i, SLUICE_FIELD_INVALID,
                                           "path",
                                           "Either this or media is needed.");
    }

    if (media
        && (!json_is_string(media)
            || !uuid_valid(json_string_value(media),
                           json_string_length(media)))) {
        return ngx_http_sluice_mint_refuse(r, mint, i, SLUICE_FIELD_INVALID,
                                           "media",
                                           "This must be a media object's id.");
    }

    rc = ngx_http_sluice_mint_end(r, mint, i);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (media) {
        link->whole = 1;
        link->media.data = (u_char *) json_string_value(media);
        link->media.len = UUID_TEXT_LEN;

        /* stands in until the database has said which */
        if (json_object_set_new(link->asked, "path", json_string("/")) != 0) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return NGX_DECLINED;
}


/* The claim that grant_parse() does not take, each seen alone. */

static const char *
ngx_http_sluice_mint_blame(const json_t *asked)
{
    json_t *claims, *value;
    grant_t grant;
    sluice_status_t status;
    const char *const *name;

    for (name = ngx_http_sluice_mint_names; *name; name++) {
        value = json_object_get(asked, *name);
        if (value == NULL) {
            continue;
        }

        claims = json_pack("{s:i, s:s}", "exp", 1, "path", "/");
        status = json_object_set(claims, *name, value) == 0
                     ? grant_parse(claims, &grant)
                     : SLUICE_OK;
        json_decref(claims);

        if (status != SLUICE_OK) {
            return *name;
        }
    }

    return "path";
}


static ngx_int_t
ngx_http_sluice_mint_times(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                           ngx_uint_t i, const grant_t *grant)
{
    if (grant->nbf == 0 && !json_object_get(mint->links[i].asked, "nbf")) {
        return NGX_DECLINED;
    }

    if (grant->nbf < mint->now - NGX_HTTP_SLUICE_MINT_CLOCKS
        || grant->nbf >= grant->exp) {
        return ngx_http_sluice_mint_refuse(
            r, mint, i, SLUICE_FIELD_INVALID, "nbf",
            "Seconds since 1970, from now on and before the link expires.");
    }

    return NGX_DECLINED;
}


/* Links have the page's origin: what somebody has uploaded must not become a
   page of it. */

static ngx_int_t
ngx_http_sluice_mint_type(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                          ngx_uint_t i, const grant_t *grant)
{
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    if (grant->type.len == 0 || ctx->access.role == ROLE_ADMIN
        || grant_claims_type_is_passive(grant_text(grant, grant->type),
                                        grant->type.len)) {
        return NGX_DECLINED;
    }

    return ngx_http_sluice_mint_refuse(
        r, mint, i, SLUICE_ROLE_TOO_LOW, "type",
        "Your role allows types of sound, film, pictures, PDF and plain text.");
}


static ngx_int_t
ngx_http_sluice_mint_ip(ngx_http_request_t *r,
                        ngx_http_sluice_mint_link_t *link)
{
    json_t *ip;
    size_t i, n;
    const char **list;

    ip = json_object_get(link->asked, "ip");
    if (ip == NULL) {
        return NGX_OK;
    }

    n = json_is_array(ip) ? json_array_size(ip) : 1;

    list = ngx_palloc(r->pool, n * sizeof(char *));
    if (list == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        list[i] = json_string_value(json_is_array(ip) ? json_array_get(ip, i)
                                                      : ip);
    }

    link->claims.ip = list;
    link->claims.ip_count = n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_mint_claims(ngx_http_request_t *r,
                            ngx_http_sluice_mint_link_t *link,
                            const grant_t *grant)
{
    json_t *asked;
    const char *id;
    grant_claims_t *claims;

    static const size_t folder = sizeof(NGX_HTTP_SLUICE_MINT_MEDIA) - 1;

    asked = link->asked;
    claims = &link->claims;

    claims->path = json_string_value(json_object_get(asked, "path"));
    claims->path_len = grant->path.len;
    claims->exp = grant->exp;
    claims->nbf = grant->nbf;
    claims->sub = json_string_value(json_object_get(asked, "sub"));
    claims->sid = json_string_value(json_object_get(asked, "sid"));
    claims->filename = json_string_value(json_object_get(asked, "filename"));
    claims->type = json_string_value(json_object_get(asked, "type"));
    claims->limits = grant->limits;
    claims->uses = grant->uses;
    claims->bytes = grant->bytes;
    claims->rate = grant->rate;

    if (json_object_get(asked, "methods")) {
        claims->methods = grant->methods;
    }

    id = claims->path + folder;

    if (!link->whole && claims->path_len > folder + UUID_TEXT_LEN
        && uuid_valid(id, UUID_TEXT_LEN) && id[UUID_TEXT_LEN] == '/') {
        link->media.data = (u_char *) id;
        link->media.len = UUID_TEXT_LEN;
    }

    return ngx_http_sluice_mint_ip(r, link);
}


/* What makes it the caller's: its id, and, unless he is an admin, that it ends
   with him. */

static ngx_int_t
ngx_http_sluice_mint_own(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                         ngx_uint_t i)
{
    int rc;
    ngx_http_sluice_gate_ctx_t *ctx;
    ngx_http_sluice_srv_conf_t *sscf;
    ngx_http_sluice_mint_link_t *link = &mint->links[i];

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    ctx = ngx_http_sluice_gate_find_ctx(r);

    if (link->claims.sub == NULL && ctx->access.role != ROLE_ADMIN) {
        link->claims.sub = ctx->access.sub;
    }

    rc = *mint->once.key
             ? link_id_derive(sscf->keys, ctx->access.sub, link->claims.exp,
                              mint->once.key, (uint32_t) i, link->jti)
             : link_id_make(sscf->keys, ctx->access.sub, link->claims.exp,
                            link->jti);
    if (rc != 0) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "no HS256 key to sign links with");
        return NGX_ERROR;
    }

    link->claims.jti = link->jti;

    return NGX_OK;
}


ngx_int_t
ngx_http_sluice_mint_form(ngx_http_request_t *r, ngx_http_sluice_mint_t *mint,
                          ngx_uint_t i)
{
    grant_t grant;
    ngx_int_t rc;
    const char *field;
    ngx_http_sluice_mint_link_t *link;

    link = &mint->links[i];

    rc = ngx_http_sluice_mint_members(r, mint, i);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_sluice_mint_target(r, mint, i);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (grant_parse(link->asked, &grant) != SLUICE_OK) {
        field = ngx_http_sluice_mint_blame(link->asked);
        return ngx_http_sluice_mint_refuse(r, mint, i, SLUICE_FIELD_INVALID,
                                           field,
                                           "This is not what the claim takes.");
    }

    rc = ngx_http_sluice_mint_times(r, mint, i, &grant);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_sluice_mint_type(r, mint, i, &grant);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_http_sluice_mint_claims(r, link, &grant) != NGX_OK
        || ngx_http_sluice_mint_own(r, mint, i) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    mint->tied |= (link->claims.sub || link->claims.sid);
    mint->counts |= (link->claims.limits & (GRANT_USES | GRANT_BYTES)) != 0;

    return NGX_DECLINED;
}
