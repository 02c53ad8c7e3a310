#include "ngx_http_sluice_once.h"

#include "ngx_http_sluice_answer.h"
#include "ngx_http_sluice_request.h"

#include "core/base/request_key.h"
#include "core/base/sha256.h"
#include "core/base/status.h"


static void
ngx_http_sluice_once_hex(u_char digest[SHA256_SIZE],
                         char text[NGX_HTTP_SLUICE_ONCE_SIZE])
{
    *ngx_hex_dump((u_char *) text, digest, SHA256_SIZE) = '\0';
}


static void
ngx_http_sluice_once_hash(sha256_t *sha, const ngx_str_t *text)
{
    u_char len[NGX_SIZE_T_LEN + 1];

    /* so that where one ends and the next begins cannot be moved */

    sha256_update(sha, len,
                  (size_t) (ngx_sprintf(len, "%uz:", text->len) - len));
    sha256_update(sha, text->data, text->len);
}


ngx_int_t
ngx_http_sluice_once(ngx_http_request_t *r, const ngx_str_t *what, ngx_uint_t n,
                     ngx_http_sluice_once_t *once)
{
    u_char digest[SHA256_SIZE];
    sha256_t sha;
    ngx_str_t value;
    ngx_uint_t i, found;

    static const ngx_str_t name = ngx_string("idempotency-key");

    once->key[0] = '\0';

    if (r->method != NGX_HTTP_POST) {
        return NGX_DECLINED;
    }

    found = ngx_http_sluice_request_header(r, &name, &value);

    if (found == 0) {
        return NGX_DECLINED;
    }

    if (found > 1
        || request_key_read((char *) value.data, value.len, digest) != 0) {
        return ngx_http_sluice_problem(
            r, SLUICE_HEADER_INVALID,
            "One key of 1 to 255 visible ASCII characters without quotes and "
            "backslashes; the whole may stand in quotes.",
            "Idempotency-Key");
    }

    ngx_http_sluice_once_hex(digest, once->key);

    sha256_init(&sha);
    ngx_http_sluice_once_hash(&sha, &r->method_name);
    ngx_http_sluice_once_hash(&sha, &r->uri);
    ngx_http_sluice_once_hash(&sha, &r->args);

    for (i = 0; i < n; i++) {
        ngx_http_sluice_once_hash(&sha, &what[i]);
    }

    sha256_digest(&sha, digest);
    ngx_http_sluice_once_hex(digest, once->print);

    return NGX_DECLINED;
}


void
ngx_http_sluice_once_add(const ngx_http_sluice_once_t *once, json_t *args)
{
    if (*once->key) {
        (void) json_object_set_new(
            args, "once",
            json_pack("{s:s, s:s}", "key", once->key, "print", once->print));
    }
}
