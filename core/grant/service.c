#include <string.h>
#include <openssl/crypto.h>
#include "core/base/sha256.h"
#include "scope.h"
#include "service.h"


/* The bits of names; 0: one is unknown, or there are none. */
static uint32_t
read_scopes(const json_t *names)
{
    size_t i;
    json_t *name;
    uint32_t bit, scopes = 0;

    json_array_foreach(names, i, name)
    {
        bit = json_is_string(name) ? scope_from_name(json_string_value(name),
                                                     json_string_length(name))
                                   : 0;
        if (bit == 0) {
            return 0;
        }

        scopes |= bit;
    }

    return scopes;
}


static int
read_asked(json_t *asked, service_key_t *key)
{
    json_t *scopes;
    json_int_t issued, expires;
    const char *id, *user, *role;

    if (json_unpack(asked, "{s:s, s:s, s:s, s:o, s:I, s:I}", "id", &id, "user",
                    &user, "role", &role, "scopes", &scopes, "issued", &issued,
                    "expires", &expires)
            != 0
        || !uuid_valid(id, strlen(id)) || !uuid_valid(user, strlen(user))) {
        return -1;
    }

    memcpy(key->id, id, UUID_TEXT_SIZE);
    memcpy(key->user, user, UUID_TEXT_SIZE);
    key->role = role_from_name(role, strlen(role));
    key->scopes = read_scopes(scopes);
    key->issued = issued;
    key->expires = expires;

    return (key->role != ROLE_NONE && key->scopes != SCOPE_NONE) ? 0 : -1;
}


json_t *
service_make(const jwk_set_t *keys, unsigned nth, json_t *asked,
             char text[SERVICE_KEY_SIZE])
{
    char digest[SERVICE_DIGEST_SIZE];
    const jwk_t *signer;
    service_key_t key;

    if (read_asked(asked, &key) != 0
        || service_key_write(keys, nth, &key, text, &signer) != 0) {
        return NULL;
    }

    service_digest(text, SERVICE_KEY_LEN, digest);

    return json_pack("{s:O, s:s, s:s}", "made", asked, "digest", digest, "kid",
                     signer->kid);
}


void
service_digest(const char *text, size_t len, char digest[SERVICE_DIGEST_SIZE])
{
    size_t i;
    sha256_t sha;
    unsigned char bytes[SHA256_SIZE];
    static const char digits[] = "0123456789abcdef";

    sha256_init(&sha);
    sha256_update(&sha, text, len);
    sha256_digest(&sha, bytes);
    OPENSSL_cleanse(&sha, sizeof(sha));

    for (i = 0; i < SHA256_SIZE; i++) {
        digest[2 * i] = digits[bytes[i] >> 4];
        digest[2 * i + 1] = digits[bytes[i] & 15];
    }

    digest[2 * SHA256_SIZE] = '\0';
}


sluice_status_t
service_parse(const jwk_set_t *keys, const char *text, size_t len,
              access_t *access)
{
    service_key_t key;

    if (service_key_read(keys, text, len, &key) != 0) {
        return SLUICE_TOKEN_INVALID;
    }

    memset(access, 0, sizeof(*access));
    memcpy(access->sub, key.user, UUID_TEXT_SIZE);
    memcpy(access->sid, key.id, UUID_TEXT_SIZE);
    access->role = key.role;
    access->iat = key.issued;
    access->exp = key.expires;
    access->service = 1;
    access->scopes = key.scopes;

    return SLUICE_OK;
}
