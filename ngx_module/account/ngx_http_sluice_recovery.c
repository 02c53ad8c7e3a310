/* Recovery codes, as functions of SQL need them looked at and made. */

#include "ngx_http_sluice_need_rows.h"

#include "core/account/recovery.h"
#include "core/base/sha256.h"

#include <openssl/crypto.h>


#define NGX_HTTP_SLUICE_RECOVERY_HEX (2 * SHA256_SIZE)


/* The digest as the record writes it. */

static void
ngx_http_sluice_recovery_hex(const char *owner, const u_char *code, size_t size,
                             char hex[NGX_HTTP_SLUICE_RECOVERY_HEX])
{
    u_char digest[SHA256_SIZE];

    recovery_digest(owner, code, size, digest);
    (void) ngx_hex_dump((u_char *) hex, digest, SHA256_SIZE);
}


/* All are compared, each in constant time. */

static json_t *
ngx_http_sluice_recovery_find(json_t *digests,
                              const char hex[NGX_HTTP_SLUICE_RECOVERY_HEX])
{
    size_t i;
    json_t *digest, *found = NULL;

    json_array_foreach(digests, i, digest)
    {
        if (json_string_length(digest) == NGX_HTTP_SLUICE_RECOVERY_HEX
            && CRYPTO_memcmp(json_string_value(digest), hex,
                             NGX_HTTP_SLUICE_RECOVERY_HEX)
                   == 0) {
            found = digest;
        }
    }

    return found;
}


ngx_int_t
ngx_http_sluice_recovery_verify(ngx_http_request_t *r,
                                ngx_http_sluice_need_t *need, json_t *wants)
{
    char hex[NGX_HTTP_SLUICE_RECOVERY_HEX];
    size_t size;
    u_char code[RECOVERY_SIZE];
    json_t *digests, *found;
    const char *owner;

    size = recovery_read((char *) need->recovery_code.data,
                         need->recovery_code.len, code);

    if (size == 0
        || json_unpack(wants, "{s:o, s:s}", "recovery", &digests, "owner",
                       &owner)
               != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_sluice_recovery_hex(owner, code, size, hex);
    OPENSSL_cleanse(code, sizeof(code));

    found = ngx_http_sluice_recovery_find(digests, hex);

    return json_object_set_new(need->facts, "recovered",
                               found ? json_incref(found) : json_false())
                   == 0
               ? NGX_DECLINED
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* One more: as text for its user, as digest for the record. */

static ngx_int_t
ngx_http_sluice_recovery_add(const char *owner, json_t *texts, json_t *digests)
{
    int rc;
    char text[RECOVERY_TEXT], hex[NGX_HTTP_SLUICE_RECOVERY_HEX];
    u_char code[RECOVERY_SIZE];

    if (recovery_make(text) != 0
        || recovery_read(text, ngx_strlen(text), code) != sizeof(code)) {
        return NGX_ERROR;
    }

    ngx_http_sluice_recovery_hex(owner, code, sizeof(code), hex);

    rc = json_array_append_new(texts, json_string(text))
         | json_array_append_new(digests, json_stringn(hex, sizeof(hex)));

    OPENSSL_cleanse(text, sizeof(text));
    OPENSSL_cleanse(code, sizeof(code));

    return rc == 0 ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_sluice_recovery_make(ngx_http_request_t *r,
                              ngx_http_sluice_need_t *need, json_t *wants)
{
    int rc;
    json_t *texts = json_array(), *digests = json_array();
    ngx_uint_t i;
    const char *owner;

    owner = json_string_value(json_object_get(wants, "owner"));

    rc = owner ? json_object_set_new(need->told, "recovery_codes", texts)
                     | json_object_set_new(need->facts, "digests", digests)
               : -1;

    for (i = 0; rc == 0 && i < RECOVERY_CODES; i++) {
        rc = ngx_http_sluice_recovery_add(owner, texts, digests) != NGX_OK;
    }

    return rc == 0 ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}
