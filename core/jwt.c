#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include "base64url.h"
#include "claim.h"
#include "jwt.h"

#define HS256_SIZE 32 /* RFC 7518, 3.2 */
#define P256_SIZE 32  /* of r and of s: RFC 7518, 3.4 */
#define ES256_SIZE (2 * P256_SIZE)
#define DER_MAX_SIZE 80 /* an ECDSA-Sig-Value over P-256 takes 72 */

#define HEADER_MAX_SIZE \
    (sizeof("{'alg':'HS256','typ':'grant+jwt','kid':''}") + JWK_KID_MAX)

/* RFC 7515, 4.1.9: a media type whose "application/" may be left out. */
#define TYP_PREFIX "application/"

static const struct {
    const char *alg;
    const char *typ;
    jwa_t jwa;
    size_t signature_size;
} kinds[] = { [JWT_GRANT] = { "HS256", "grant+jwt", JWA_HS256, HS256_SIZE },
              [JWT_ACCESS] = { "ES256", "at+jwt", JWA_ES256, ES256_SIZE } };

static const char *const words[] = { [JWT_OK] = "ok",
                                     [JWT_TOO_LONG] = "too_long",
                                     [JWT_MALFORMED] = "malformed",
                                     [JWT_WRONG_TYPE] = "wrong_type",
                                     [JWT_UNKNOWN_KEY] = "unknown_key",
                                     [JWT_BAD_SIGNATURE] = "bad_signature",
                                     [JWT_INTERNAL] = "internal" };

/* token:  header '.' payload '.' signature
          |<----- signed ----->|            */
typedef struct {
    const char *token, *payload, *signature;
    size_t header_len, payload_len, signature_len, signed_len;
} parts_t;


const char *
jwt_result_word(jwt_result_t result)
{
    return ((unsigned) result <= JWT_INTERNAL) ? words[result]
                                               : words[JWT_INTERNAL];
}


static jwt_result_t
split(const char *token, size_t len, parts_t *parts)
{
    const char *dot;

    dot = memchr(token, '.', len);
    if (dot == NULL) {
        return JWT_MALFORMED;
    }

    parts->token = token;
    parts->header_len = (size_t) (dot - token);
    parts->payload = dot + 1;
    len -= parts->header_len + 1;

    dot = memchr(parts->payload, '.', len);
    if (dot == NULL) {
        return JWT_MALFORMED;
    }

    parts->payload_len = (size_t) (dot - parts->payload);
    parts->signed_len = (size_t) (dot - token);
    parts->signature = dot + 1;
    parts->signature_len = len - parts->payload_len - 1;

    return JWT_OK;
}


static jwt_result_t
load_part(const char *part, size_t len, json_t **json)
{
    char text[base64url_decoded_size(JWT_MAX_SIZE)];
    ssize_t n;

    n = base64url_decode(text, part, len);
    if (n == -1) {
        return JWT_MALFORMED;
    }

    *json = json_loadb(text, (size_t) n, JSON_REJECT_DUPLICATES, NULL);
    if (*json == NULL) {
        return JWT_MALFORMED;
    }

    if (!json_is_object(*json)) {
        json_decref(*json);
        *json = NULL;
        return JWT_MALFORMED;
    }

    return JWT_OK;
}


static int
typ_is(const json_t *typ, const char *expected)
{
    const char *text;

    text = json_string_value(typ);
    if (text == NULL) {
        return 0;
    }

    if (strncasecmp(text, TYP_PREFIX, sizeof(TYP_PREFIX) - 1) == 0) {
        text += sizeof(TYP_PREFIX) - 1;
    }

    return strcasecmp(text, expected) == 0;
}


static jwt_result_t
choose_key(const jwk_set_t *keys, jwt_kind_t kind, const parts_t *parts,
           const jwk_t **key)
{
    jwt_result_t rc;
    json_t *header;
    const json_t *kid;

    *key = NULL;

    rc = load_part(parts->token, parts->header_len, &header);
    if (rc != JWT_OK) {
        return rc;
    }

    kid = json_object_get(header, "kid");

    if (!claim_is(json_object_get(header, "alg"), kinds[kind].alg)
        || !typ_is(json_object_get(header, "typ"), kinds[kind].typ)
        || json_object_get(header, "crit") != NULL) {
        rc = JWT_WRONG_TYPE;

    } else if (!json_is_string(kid)) {
        rc = JWT_UNKNOWN_KEY;

    } else {
        *key = jwk_set_find(keys, json_string_value(kid),
                            json_string_length(kid), kinds[kind].jwa);
        rc = (*key != NULL) ? JWT_OK : JWT_UNKNOWN_KEY;
    }

    json_decref(header);

    return rc;
}


static int
hs256(const jwk_t *key, const char *text, size_t len,
      unsigned char mac[HS256_SIZE])
{
    size_t size;

    if (EVP_MAC_init(key->mac, NULL, 0, NULL) != 1
        || EVP_MAC_update(key->mac, (const unsigned char *) text, len) != 1
        || EVP_MAC_final(key->mac, mac, &size, HS256_SIZE) != 1
        || size != HS256_SIZE) {
        ERR_clear_error();
        return -1;
    }

    return 0;
}


static jwt_result_t
hs256_verify(const jwk_t *key, const parts_t *parts,
             const unsigned char signature[HS256_SIZE])
{
    unsigned char mac[HS256_SIZE];
    int differs;

    if (hs256(key, parts->token, parts->signed_len, mac) != 0) {
        return JWT_INTERNAL;
    }

    differs = CRYPTO_memcmp(mac, signature, HS256_SIZE);
    OPENSSL_cleanse(mac, HS256_SIZE);

    return differs ? JWT_BAD_SIGNATURE : JWT_OK;
}


/* r || s to the DER that OpenSSL wants; the length, or -1. */
static int
es256_to_der(const unsigned char raw[ES256_SIZE],
             unsigned char der[DER_MAX_SIZE])
{
    ECDSA_SIG *sig;
    BIGNUM *r, *s;
    unsigned char *p = der;
    int len;

    sig = ECDSA_SIG_new();
    r = BN_bin2bn(raw, P256_SIZE, NULL);
    s = BN_bin2bn(raw + P256_SIZE, P256_SIZE, NULL);

    if (sig == NULL || r == NULL || s == NULL) {
        goto failed;
    }

    (void) ECDSA_SIG_set0(sig, r, s);

    len = i2d_ECDSA_SIG(sig, &p);
    ECDSA_SIG_free(sig);

    return len;

failed:

    BN_free(s);
    BN_free(r);
    ECDSA_SIG_free(sig);

    return -1;
}


static jwt_result_t
es256_verify(const jwk_t *key, const parts_t *parts,
             const unsigned char signature[ES256_SIZE])
{
    unsigned char der[DER_MAX_SIZE];
    EVP_MD_CTX *ctx;
    jwt_result_t rc;
    int len;

    rc = JWT_INTERNAL;
    len = es256_to_der(signature, der);
    ctx = EVP_MD_CTX_new();

    if (len <= 0 || ctx == NULL
        || EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key->pkey)
               != 1) {
        goto done;
    }

    rc = (EVP_DigestVerify(ctx, der, (size_t) len,
                           (const unsigned char *) parts->token,
                           parts->signed_len)
          == 1)
             ? JWT_OK
             : JWT_BAD_SIGNATURE;

done:

    if (rc != JWT_OK) {
        /* what stays in the queue, nginx would blame on a TLS connection */
        ERR_clear_error();
    }

    EVP_MD_CTX_free(ctx);

    return rc;
}


static jwt_result_t
check_signature(const jwk_t *key, jwt_kind_t kind, const parts_t *parts)
{
    unsigned char signature[ES256_SIZE];
    ssize_t n;

    if (parts->signature_len > base64url_encoded_size(ES256_SIZE)) {
        return JWT_BAD_SIGNATURE;
    }

    n = base64url_decode(signature, parts->signature, parts->signature_len);
    if (n == -1) {
        return JWT_MALFORMED;
    }

    if ((size_t) n != kinds[kind].signature_size) {
        return JWT_BAD_SIGNATURE;
    }

    return (kind == JWT_GRANT) ? hs256_verify(key, parts, signature)
                               : es256_verify(key, parts, signature);
}


jwt_result_t
jwt_verify(const jwk_set_t *keys, jwt_kind_t kind, const char *token,
           size_t len, json_t **claims)
{
    const jwk_t *key;
    jwt_result_t rc;
    parts_t parts;

    *claims = NULL;

    if (len > JWT_MAX_SIZE) {
        return JWT_TOO_LONG;
    }

    rc = split(token, len, &parts);
    if (rc != JWT_OK) {
        return rc;
    }

    rc = choose_key(keys, kind, &parts, &key);
    if (rc != JWT_OK) {
        return rc;
    }

    rc = check_signature(key, kind, &parts);
    if (rc != JWT_OK) {
        return rc;
    }

    return load_part(parts.payload, parts.payload_len, claims);
}


static int
es256_from_der(const unsigned char *der, size_t len,
               unsigned char raw[ES256_SIZE])
{
    ECDSA_SIG *sig;
    int rc;

    sig = d2i_ECDSA_SIG(NULL, &der, (long) len);
    if (sig == NULL) {
        return -1;
    }

    rc = (BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, P256_SIZE) == P256_SIZE
          && BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + P256_SIZE, P256_SIZE)
                 == P256_SIZE)
             ? 0
             : -1;

    ECDSA_SIG_free(sig);

    return rc;
}


static int
es256(const jwk_t *key, const char *text, size_t len,
      unsigned char raw[ES256_SIZE])
{
    unsigned char der[DER_MAX_SIZE];
    EVP_MD_CTX *ctx;
    size_t size = sizeof(der);
    int rc = -1;

    ctx = EVP_MD_CTX_new();

    if (ctx != NULL
        && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key->pkey) == 1
        && EVP_DigestSign(ctx, der, &size, (const unsigned char *) text, len)
               == 1) {
        rc = es256_from_der(der, size, raw);
    }

    if (rc != 0) {
        ERR_clear_error();
    }

    EVP_MD_CTX_free(ctx);

    return rc;
}


char *
jwt_sign(const jwk_set_t *keys, jwt_kind_t kind, const char *claims, size_t len)
{
    char header[HEADER_MAX_SIZE];
    unsigned char signature[ES256_SIZE];
    const jwk_t *key;
    char *token, *p;
    size_t header_len, size;
    int rc;

    key = jwk_set_signer(keys, kinds[kind].jwa);
    if (key == NULL || len > JWT_MAX_SIZE) {
        return NULL;
    }

    header_len = (size_t) snprintf(
        header, sizeof(header),
        "{\"alg\":\"%s\",\"typ\":\"%s\",\"kid\":\"%s\"}", kinds[kind].alg,
        kinds[kind].typ, key->kid);

    size = base64url_encoded_size(header_len) + 1 + base64url_encoded_size(len)
           + 1 + base64url_encoded_size(kinds[kind].signature_size);
    if (size > JWT_MAX_SIZE) {
        return NULL;
    }

    token = malloc(size + 1);
    if (token == NULL) {
        return NULL;
    }

    p = token;
    p += base64url_encode(p, header, header_len);
    *p++ = '.';
    p += base64url_encode(p, claims, len);

    rc = (kind == JWT_GRANT)
             ? hs256(key, token, (size_t) (p - token), signature)
             : es256(key, token, (size_t) (p - token), signature);
    if (rc != 0) {
        free(token);
        return NULL;
    }

    *p++ = '.';
    p += base64url_encode(p, signature, kinds[kind].signature_size);
    *p = '\0';

    return token;
}
