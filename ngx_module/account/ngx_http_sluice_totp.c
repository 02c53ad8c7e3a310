/* Authenticators, as functions of SQL need them looked at. A code costs some
   microseconds; a new secret's picture is drawn in a thread. */

#include "ngx_http_sluice_need_rows.h"

#include "ngx_module/bridge/ngx_sluice_lane.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/zone/ngx_http_sluice_signer.h"
#include "core/account/qr.h"
#include "core/account/seal.h"
#include "core/account/totp.h"

#include <openssl/crypto.h>


/* of each process: a picture takes a fifth of a millisecond */
#define NGX_HTTP_SLUICE_TOTP_THREADS 1
#define NGX_HTTP_SLUICE_TOTP_MAX 64


/* A secret on its way to its user. */

typedef struct {
    ngx_http_sluice_need_t *need;
    char *uri;
    char *svg; /* made by the thread; NULL: in vain */
} ngx_http_sluice_totp_t;


static ngx_sluice_lane_t ngx_http_sluice_totp_lane = {
    .name = "pictures", .max = NGX_HTTP_SLUICE_TOTP_MAX
};


static void
ngx_http_sluice_totp_end(void)
{
    ngx_sluice_lane_end(&ngx_http_sluice_totp_lane);
}


static void
ngx_http_sluice_totp_wipe(char *text)
{
    if (text) {
        OPENSSL_cleanse(text, ngx_strlen(text));
        free(text);
    }
}


static void
ngx_http_sluice_totp_cleanup(void *data)
{
    ngx_http_sluice_totp_t *totp = data;

    ngx_http_sluice_totp_wipe(totp->uri);
    ngx_http_sluice_totp_wipe(totp->svg);
}


/* Under the key that signs now, where another one has sealed it. */

static void
ngx_http_sluice_totp_reseal(ngx_http_sluice_need_t *need, jwk_set_t *keys,
                            const char *sealed, const char *owner,
                            const u_char *secret, size_t len)
{
    char text[SEAL_SIZE];
    unsigned nth = ngx_http_sluice_signer();

    if (!seal_is_current(keys, nth, sealed)
        && seal_write(keys, nth, owner, secret, len, text) == 0) {
        (void) json_object_set_new(need->facts, "resealed", json_string(text));
    }
}


ngx_int_t
ngx_http_sluice_totp_verify(ngx_http_request_t *r, ngx_http_sluice_need_t *need,
                            json_t *wants)
{
    u_char secret[SEAL_SECRET_MAX];
    ssize_t len;
    int64_t step = -1;
    const char *sealed, *owner;
    json_int_t after;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (json_unpack(wants, "{s:s, s:s, s:I}", "totp", &sealed, "owner", &owner,
                    "after", &after)
        != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = seal_read(sscf->keys, sealed, owner, secret);

    if (len == -1) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "second factor of user %s: its secret cannot be read, "
                      "its key is not in \"sluice_keys\"",
                      owner);

    } else {
        step = totp_find(secret, (size_t) len,
                         totp_read((char *) need->code.data, need->code.len),
                         ngx_time(), after);
        ngx_http_sluice_totp_reseal(need, sscf->keys, sealed, owner, secret,
                                    (size_t) len);
        OPENSSL_cleanse(secret, sizeof(secret));
    }

    return json_object_set_new(need->facts, "step",
                               step == -1 ? json_false()
                                          : json_integer((json_int_t) step))
                   == 0
               ? NGX_DECLINED
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* The host of sluice_public_url: what an authenticator shows above codes. */

static void
ngx_http_sluice_totp_issuer(const ngx_str_t *url, ngx_str_t *issuer)
{
    u_char *p, *end = url->data + url->len;

    issuer->data = (u_char *) ngx_strstr(url->data, "://") + 3;

    for (p = end - 1; p > issuer->data && *p >= '0' && *p <= '9'; p--) {
        /* void */
    }

    issuer->len = (size_t) ((*p == ':' ? p : end) - issuer->data);
}


/* in a thread */

static void
ngx_http_sluice_totp_draw(void *data, ngx_log_t *log)
{
    ngx_http_sluice_totp_t *totp = data;

    totp->svg = qr_svg(totp->uri);
}


static void
ngx_http_sluice_totp_drawn(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_totp_t *totp = data;

    if (totp->svg == NULL
        || json_object_update_new(
               totp->need->told,
               json_pack("{s:s, s:s}", "uri", totp->uri, "qr", totp->svg))
               != 0) {
        ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    totp->need->met(r, totp->need);
}


static ngx_int_t
ngx_http_sluice_totp_thread(ngx_http_request_t *r, ngx_http_sluice_totp_t *totp)
{
    if (ngx_http_sluice_totp_lane.threads == 0) {
        ngx_http_sluice_totp_lane.threads = NGX_HTTP_SLUICE_TOTP_THREADS;
        ngx_http_sluice_at_exit(ngx_http_sluice_totp_end);
    }

    return ngx_http_sluice_thread_lane(r, &ngx_http_sluice_totp_lane,
                                       ngx_http_sluice_totp_draw,
                                       ngx_http_sluice_totp_drawn, totp);
}


/* A new secret: sealed for the record, as text and as URI for its user. */

static ngx_int_t
ngx_http_sluice_totp_new(ngx_http_request_t *r, ngx_http_sluice_totp_t *totp,
                         const char *account, const char *owner)
{
    int rc;
    char sealed[SEAL_SIZE], text[TOTP_SECRET_TEXT];
    u_char secret[TOTP_SECRET_SIZE];
    ngx_str_t issuer;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (totp_make(secret) != 0
        || seal_write(sscf->keys, ngx_http_sluice_signer(), owner, secret,
                      sizeof(secret), sealed)
               != 0) {
        return NGX_ERROR;
    }

    ngx_http_sluice_totp_issuer(&sscf->public_url, &issuer);

    totp->uri = totp_uri((char *) issuer.data, issuer.len, account, secret);
    totp_secret(secret, text);

    rc = json_object_set_new(totp->need->told, "secret", json_string(text))
         | json_object_set_new(totp->need->facts, "sealed",
                               json_string(sealed));

    OPENSSL_cleanse(secret, sizeof(secret));
    OPENSSL_cleanse(text, sizeof(text));

    return rc == 0 && totp->uri ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_sluice_totp_secret(ngx_http_request_t *r, ngx_http_sluice_need_t *need,
                            json_t *wants)
{
    const char *account, *owner;
    ngx_pool_cleanup_t *cln;
    ngx_http_sluice_totp_t *totp;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_sluice_totp_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    totp = cln->data;
    ngx_memzero(totp, sizeof(ngx_http_sluice_totp_t));

    cln->handler = ngx_http_sluice_totp_cleanup;
    totp->need = need;

    if (json_unpack(wants, "{s:s, s:s}", "secret", &account, "owner", &owner)
            != 0
        || ngx_http_sluice_totp_new(r, totp, account, owner) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_totp_thread(r, totp);
}
