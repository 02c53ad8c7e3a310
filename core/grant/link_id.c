#include <string.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include "core/base/sha256.h"
#include "core/jose/base64url.h"
#include "link_id.h"

#define LINK_ID_MINUTE 60

/* Where the parts of an id end. */
#define LINK_ID_EXP 4
#define LINK_ID_RANDOM 10
#define LINK_ID_OWNER 18
#define LINK_ID_BYTES 21

#define LINK_ID_MAC 32 /* HMAC-SHA256 */

/* What is signed as a token starts with a base64url character (RFC 7515, 5.1),
   never with a blank. */
static const char link_id_owner_label[] = " sluice link owner";
static const char link_id_form_label[] = " sluice link form";

typedef unsigned char link_id_t[LINK_ID_BYTES];


/* One run of the key's own context over label, bytes, and text. */
static int
link_id_mac(const jwk_t *key, const char *label, const unsigned char *bytes,
            size_t len, const char *text, unsigned char mac[LINK_ID_MAC])
{
    size_t size;

    return EVP_MAC_init(key->mac, NULL, 0, NULL) == 1
                   && EVP_MAC_update(key->mac, (const unsigned char *) label,
                                     strlen(label))
                          == 1
                   && EVP_MAC_update(key->mac, bytes, len) == 1
                   && EVP_MAC_update(key->mac, (const unsigned char *) text,
                                     strlen(text))
                          == 1
                   && EVP_MAC_final(key->mac, mac, &size, LINK_ID_MAC) == 1
               ? 0
               : -1;
}


/* The bytes that bind an id to its owner, and those that bind it to us. */
static int
link_id_macs(const jwk_t *key, link_id_t bytes, const char *owner)
{
    unsigned char mac[LINK_ID_MAC];

    if (link_id_mac(key, link_id_owner_label, bytes, LINK_ID_RANDOM, owner, mac)
        != 0) {
        return -1;
    }

    memcpy(bytes + LINK_ID_RANDOM, mac, LINK_ID_OWNER - LINK_ID_RANDOM);

    if (link_id_mac(key, link_id_form_label, bytes, LINK_ID_OWNER, "", mac)
        != 0) {
        return -1;
    }

    memcpy(bytes + LINK_ID_OWNER, mac, LINK_ID_BYTES - LINK_ID_OWNER);

    return 0;
}


/* The bytes of chance are there already. */
static int
link_id_write(const jwk_set_t *keys, const char *owner, int64_t exp,
              link_id_t bytes, char id[LINK_ID_SIZE])
{
    const jwk_t *key;
    uint64_t minutes;

    key = jwk_set_signer(keys, JWA_BIT(JWA_HS256), 0);

    if (key == NULL || exp < 0 || exp > (int64_t) UINT32_MAX * LINK_ID_MINUTE) {
        return -1;
    }

    minutes = ((uint64_t) exp + LINK_ID_MINUTE - 1) / LINK_ID_MINUTE;

    bytes[0] = (unsigned char) (minutes >> 24);
    bytes[1] = (unsigned char) (minutes >> 16);
    bytes[2] = (unsigned char) (minutes >> 8);
    bytes[3] = (unsigned char) minutes;

    if (link_id_macs(key, bytes, owner) != 0) {
        return -1;
    }

    (void) base64url_encode(id, bytes, LINK_ID_BYTES);
    id[LINK_ID_LEN] = '\0';

    return 0;
}


int
link_id_make(const jwk_set_t *keys, const char *owner, int64_t exp,
             char id[LINK_ID_SIZE])
{
    link_id_t bytes;

    if (RAND_bytes(bytes + LINK_ID_EXP, LINK_ID_RANDOM - LINK_ID_EXP) != 1) {
        return -1;
    }

    return link_id_write(keys, owner, exp, bytes, id);
}


int
link_id_derive(const jwk_set_t *keys, const char *owner, int64_t exp,
               const char *seed, uint32_t number, char id[LINK_ID_SIZE])
{
    sha256_t sha;
    link_id_t bytes;
    unsigned char digest[SHA256_SIZE];

    const unsigned char n[] = { (unsigned char) (number >> 24),
                                (unsigned char) (number >> 16),
                                (unsigned char) (number >> 8),
                                (unsigned char) number };

    sha256_init(&sha);
    sha256_update(&sha, n, sizeof(n));
    sha256_update(&sha, seed, strlen(seed));
    sha256_digest(&sha, digest);

    memcpy(bytes + LINK_ID_EXP, digest, LINK_ID_RANDOM - LINK_ID_EXP);

    return link_id_write(keys, owner, exp, bytes, id);
}


static int
link_id_decode(const char *id, size_t len, link_id_t bytes)
{
    return len == LINK_ID_LEN
           && base64url_decode(bytes, id, len) == LINK_ID_BYTES;
}


int
link_id_owner(const jwk_set_t *keys, const char *id, size_t len,
              const char *owner)
{
    size_t i;
    const jwk_t *key;
    link_id_t bytes, made;

    if (!link_id_decode(id, len, bytes)) {
        return 0;
    }

    for (i = 0; i < jwk_set_count(keys); i++) {
        key = jwk_set_key(keys, i);
        memcpy(made, bytes, LINK_ID_RANDOM);

        if (key->mac && link_id_macs(key, made, owner) == 0
            && CRYPTO_memcmp(made, bytes, LINK_ID_BYTES) == 0) {
            return 1;
        }
    }

    return 0;
}


int64_t
link_id_exp(const jwk_set_t *keys, const char *id, size_t len)
{
    size_t i;
    const jwk_t *key;
    link_id_t bytes;
    unsigned char mac[LINK_ID_MAC];

    if (!link_id_decode(id, len, bytes)) {
        return -1;
    }

    for (i = 0; i < jwk_set_count(keys); i++) {
        key = jwk_set_key(keys, i);

        if (key->mac
            && link_id_mac(key, link_id_form_label, bytes, LINK_ID_OWNER, "",
                           mac)
                   == 0
            && CRYPTO_memcmp(mac, bytes + LINK_ID_OWNER,
                             LINK_ID_BYTES - LINK_ID_OWNER)
                   == 0) {
            return ((int64_t) bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8
                    | bytes[3])
                   * LINK_ID_MINUTE;
        }
    }

    return -1;
}
