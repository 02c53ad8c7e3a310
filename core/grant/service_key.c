#include <string.h>
#include "core/base/crc32.h"
#include "core/jose/base64url.h"
#include "core/jose/jws.h"
#include "service_key.h"

#define KEY_FORM 1

/* Where the parts end. */
#define KEY_SIGNER (1 + 6)
#define KEY_ID (KEY_SIGNER + UUID_SIZE)
#define KEY_USER (KEY_ID + UUID_SIZE)
#define KEY_ROLE (KEY_USER + 1)
#define KEY_SCOPES (KEY_ROLE + 4)
#define KEY_ISSUED (KEY_SCOPES + 8)
#define KEY_BYTES (KEY_ISSUED + 8)

#define KEY_SIGNATURE_SIZE 64 /* of ES256 and EdDSA */
#define KEY_SUM_DIGITS (SERVICE_KEY_LEN - SERVICE_KEY_SUM)

/* What is signed as a token starts with a base64url character, this with a
   blank: core/account/mac.h. */
static const char key_label[] = " sluice service key";

#define KEY_LABEL (sizeof(key_label) - 1)


static void
write_number(unsigned char *end, uint64_t number, size_t size)
{
    while (size-- > 0) {
        *--end = (unsigned char) number;
        number >>= 8;
    }
}


static uint64_t
read_number(const unsigned char *bytes, size_t size)
{
    uint64_t number = 0;

    while (size-- > 0) {
        number = number << 8 | *bytes++;
    }

    return number;
}


static void
write_sum(const char *text, char sum[KEY_SUM_DIGITS])
{
    size_t i;
    uint32_t crc = crc32_update(0, text, SERVICE_KEY_SUM);
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz";

    for (i = KEY_SUM_DIGITS; i-- > 0; crc /= 62) {
        sum[i] = digits[crc % 62];
    }
}


int
service_key_whole(const char *text, size_t len)
{
    char sum[KEY_SUM_DIGITS];

    if (len != SERVICE_KEY_LEN
        || memcmp(text, SERVICE_KEY_PREFIX, SERVICE_KEY_PREFIX_LEN) != 0) {
        return 0;
    }

    write_sum(text, sum);

    return memcmp(text + SERVICE_KEY_SUM, sum, KEY_SUM_DIGITS) == 0;
}


/* What is signed: label and bytes. */
static int
write_bytes(const jwk_t *signer, const service_key_t *key,
            unsigned char all[KEY_LABEL + KEY_BYTES])
{
    unsigned char *bytes = all + KEY_LABEL;

    memcpy(all, key_label, KEY_LABEL);
    bytes[0] = KEY_FORM;
    memcpy(bytes + 1, signer->thumbprint, KEY_SIGNER - 1);
    bytes[KEY_USER] = (unsigned char) key->role;
    write_number(bytes + KEY_SCOPES, key->scopes, 4);
    write_number(bytes + KEY_ISSUED, (uint64_t) key->issued, 8);
    write_number(bytes + KEY_BYTES, (uint64_t) key->expires, 8);

    return uuid_read(bytes + KEY_SIGNER, key->id) == 0
                   && uuid_read(bytes + KEY_ID, key->user) == 0
               ? 0
               : -1;
}


int
service_key_write(const jwk_set_t *keys, unsigned nth, const service_key_t *key,
                  char text[SERVICE_KEY_SIZE], const jwk_t **signer)
{
    unsigned char all[KEY_LABEL + KEY_BYTES], signature[JWS_SIGNATURE_MAX];

    *signer = jwk_set_signer(keys, JWA_ACCESS, nth);

    if (*signer == NULL || write_bytes(*signer, key, all) != 0
        || jws_sign(*signer, jwa_only((*signer)->algs), (const char *) all,
                    sizeof(all), signature)
               != KEY_SIGNATURE_SIZE) {
        return -1;
    }

    memcpy(text, SERVICE_KEY_PREFIX, SERVICE_KEY_PREFIX_LEN);
    base64url_encode(text + SERVICE_KEY_PREFIX_LEN, all + KEY_LABEL, KEY_BYTES);
    base64url_encode(text + SERVICE_KEY_SIGNATURE, signature,
                     KEY_SIGNATURE_SIZE);
    write_sum(text, text + SERVICE_KEY_SUM);
    text[SERVICE_KEY_LEN] = '\0';

    return 0;
}


/* Whoever brings nonsense has one signature looked at, not one a key. */
static const jwk_t *
find_signer(const jwk_set_t *keys, const unsigned char *thumbprint)
{
    size_t i;
    const jwk_t *key;

    for (i = 0; i < jwk_set_count(keys); i++) {
        key = jwk_set_key(keys, i);

        if ((key->algs & JWA_ACCESS) && key->pkey != NULL
            && memcmp(key->thumbprint, thumbprint, KEY_SIGNER - 1) == 0) {
            return key;
        }
    }

    return NULL;
}


int
service_key_read(const jwk_set_t *keys, const char *text, size_t len,
                 service_key_t *key)
{
    const jwk_t *signer;
    unsigned char all[KEY_LABEL + KEY_BYTES], signature[KEY_SIGNATURE_SIZE];
    unsigned char *bytes = all + KEY_LABEL;

    if (!service_key_whole(text, len)
        || base64url_decode(bytes, text + SERVICE_KEY_PREFIX_LEN,
                            SERVICE_KEY_SIGNATURE - SERVICE_KEY_PREFIX_LEN)
               != KEY_BYTES
        || base64url_decode(signature, text + SERVICE_KEY_SIGNATURE,
                            SERVICE_KEY_SUM - SERVICE_KEY_SIGNATURE)
               != KEY_SIGNATURE_SIZE
        || bytes[0] != KEY_FORM) {
        return -1;
    }

    memcpy(all, key_label, KEY_LABEL);
    signer = find_signer(keys, bytes + 1);

    if (signer == NULL
        || jws_verify(signer, jwa_only(signer->algs), (const char *) all,
                      sizeof(all), signature, KEY_SIGNATURE_SIZE)
               != 1) {
        return -1;
    }

    uuid_write(key->id, bytes + KEY_SIGNER);
    uuid_write(key->user, bytes + KEY_ID);
    key->role = (role_t) bytes[KEY_USER];
    key->scopes = (uint32_t) read_number(bytes + KEY_ROLE, 4);
    key->issued = (int64_t) read_number(bytes + KEY_SCOPES, 8);
    key->expires = (int64_t) read_number(bytes + KEY_ISSUED, 8);

    return (key->role >= ROLE_VIEWER && key->role <= ROLE_ADMIN) ? 0 : -1;
}
