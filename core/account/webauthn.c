#include <stdlib.h>
#include <string.h>
#include "core/base/origin.h"
#include "core/jose/json_strict.h"
#include "webauthn.h"

#define WEBAUTHN_CLIENT_DEPTH 8

/* authenticatorData: 6.1 */
#define WEBAUTHN_FLAGS SHA256_SIZE
#define WEBAUTHN_COUNT (WEBAUTHN_FLAGS + 1)
#define WEBAUTHN_HEAD (WEBAUTHN_COUNT + 4)
#define WEBAUTHN_AAGUID 16

#define WEBAUTHN_UP 0x01
#define WEBAUTHN_UV 0x04
#define WEBAUTHN_BE 0x08
#define WEBAUTHN_BS 0x10
#define WEBAUTHN_AT 0x40
#define WEBAUTHN_ED 0x80

/* the names of fields, in refusals as in the JSON */
#define WEBAUTHN_CLIENT "response.clientDataJSON"
#define WEBAUTHN_DATA "response.authenticatorData"
#define WEBAUTHN_OBJECT "response.attestationObject"
#define WEBAUTHN_SIGNATURE "response.signature"
#define WEBAUTHN_USER "response.userHandle"

#define WEBAUTHN_NO_TEXT "This must be base64url without padding."


/* The bytes of a member, to free(); NULL when it is none, or has more than
   `max`: that is known before any is taken. */

static unsigned char *
webauthn_bytes(const json_t *json, const char *name, size_t max, size_t *len)
{
    ssize_t n;
    size_t chars;
    unsigned char *bytes;
    const json_t *text = json_object_get(json, name);

    chars = json_string_length(text);

    if (!json_is_string(text) || chars == 0
        || chars > base64url_encoded_size(max)) {
        return NULL;
    }

    bytes = malloc(base64url_decoded_size(chars) + 1);
    n = bytes ? base64url_decode(bytes, json_string_value(text), chars) : -1;

    if (n <= 0) {
        free(bytes);
        return NULL;
    }

    *len = (size_t) n;

    return bytes;
}


/* The frame of both: 5.1, and the id in it. */

static const char *
webauthn_read_frame(const json_t *json, webauthn_t *passkey, const char **field)
{
    size_t len;
    unsigned char *id;
    const char *type, *text, *raw;

    *field = "";

    if (!json_is_object(json)) {
        return "This must be an object, as PublicKeyCredential.toJSON() makes "
               "it.";
    }

    type = json_string_value(json_object_get(json, "type"));
    text = json_string_value(json_object_get(json, "id"));
    raw = json_string_value(json_object_get(json, "rawId"));

    *field = "type";

    if (type == NULL || strcmp(type, "public-key") != 0) {
        return "This must be \"public-key\".";
    }

    *field = "id";
    id = webauthn_bytes(json, "id", WEBAUTHN_ID_MAX, &len);

    if (id == NULL) {
        return WEBAUTHN_NO_TEXT;
    }

    free(id);

    if (raw == NULL || strcmp(text, raw) != 0) {
        *field = "rawId";
        return "This must be the same as id.";
    }

    strcpy(passkey->id, text);
    *field = "response";

    return json_is_object(json_object_get(json, "response"))
               ? NULL
               : "This must be an object, as PublicKeyCredential.toJSON() "
                 "makes it.";
}


static int
webauthn_is_origin(const char *origin, const webauthn_site_t *site)
{
    const char *const *one;

    for (one = site->origins; *one; one++) {
        if (strcmp(origin, *one) == 0
            || origin_same(origin, strlen(origin), *one, strlen(*one))) {
            return 1;
        }
    }

    return 0;
}


/* 5.8.1 */

static const char *
webauthn_read_client(json_t *client, const char *type,
                     const webauthn_site_t *site, webauthn_t *passkey)
{
    int crossed = 0;
    const char *of, *challenge, *origin;
    const json_t *top;

    if (json_unpack(client, "{s:s, s:s, s:s, s?:b}", "type", &of, "challenge",
                    &challenge, "origin", &origin, "crossOrigin", &crossed)
            != 0
        || strlen(challenge) > WEBAUTHN_CHALLENGE_MAX) {
        return "This is no clientDataJSON of WebAuthn.";
    }

    if (strcmp(of, type) != 0) {
        return "This was made for another purpose: look at its type.";
    }

    if (!webauthn_is_origin(origin, site)) {
        return "This was made for another site.";
    }

    top = json_object_get(client, "topOrigin");

    if (crossed || top) {
        return "This was made in a frame of another site's page.";
    }

    strcpy(passkey->challenge, challenge);

    return NULL;
}


/* And its digest, which is signed. */

static const char *
webauthn_client(const json_t *response, const char *type,
                const webauthn_site_t *site, webauthn_t *passkey,
                unsigned char digest[SHA256_SIZE], const char **field)
{
    size_t len;
    json_t *client;
    sha256_t sha;
    const char *why;
    unsigned char *bytes;

    *field = WEBAUTHN_CLIENT;
    bytes = webauthn_bytes(response, "clientDataJSON", WEBAUTHN_CLIENT_MAX,
                           &len);

    if (bytes == NULL) {
        return WEBAUTHN_NO_TEXT;
    }

    sha256_init(&sha);
    sha256_update(&sha, bytes, len);
    sha256_digest(&sha, digest);

    client = json_strict_load((char *) bytes, len, WEBAUTHN_CLIENT_DEPTH, NULL);
    why = webauthn_read_client(client, type, site, passkey);

    json_decref(client);
    free(bytes);

    return why;
}


/* What stands in front: whose it is for, and what was seen of its holder. */

static const char *
webauthn_read_head(ctap_reader_t *reader, const webauthn_site_t *site,
                   webauthn_t *passkey, unsigned *flags)
{
    sha256_t sha;
    const unsigned char *p = reader->bytes;
    unsigned char digest[SHA256_SIZE];

    if (reader->len < WEBAUTHN_HEAD) {
        return "This is no authenticatorData of WebAuthn.";
    }

    sha256_init(&sha);
    sha256_update(&sha, site->rp, strlen(site->rp));
    sha256_digest(&sha, digest);

    if (memcmp(p, digest, SHA256_SIZE) != 0) {
        return "This was made for another site.";
    }

    *flags = p[WEBAUTHN_FLAGS];

    if (!(*flags & WEBAUTHN_UP)) {
        return "Nobody was there: the authenticator saw no touch.";
    }

    if ((*flags & WEBAUTHN_BS) && !(*flags & WEBAUTHN_BE)) {
        return "It cannot be backed up, and says that it is.";
    }

    p += WEBAUTHN_COUNT;

    passkey->count = (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
                     | (uint32_t) p[2] << 8 | p[3];
    passkey->verified = (*flags & WEBAUTHN_UV) != 0;
    passkey->eligible = (*flags & WEBAUTHN_BE) != 0;
    passkey->backed_up = (*flags & WEBAUTHN_BS) != 0;

    reader->bytes += WEBAUTHN_HEAD;
    reader->len -= WEBAUTHN_HEAD;

    return NULL;
}


/* attestedCredentialData: 6.5.1. Its id is that of the frame. */

static const char *
webauthn_read_attested(ctap_reader_t *reader, webauthn_t *passkey)
{
    size_t len;
    char id[sizeof(passkey->id)];

    if (reader->len < WEBAUTHN_AAGUID + 2) {
        return "This is no authenticatorData of WebAuthn.";
    }

    len = (size_t) reader->bytes[WEBAUTHN_AAGUID] << 8
          | reader->bytes[WEBAUTHN_AAGUID + 1];

    reader->bytes += WEBAUTHN_AAGUID + 2;
    reader->len -= WEBAUTHN_AAGUID + 2;

    if (len == 0 || len > WEBAUTHN_ID_MAX || len > reader->len) {
        return "The id of a passkey has 1 to 1023 bytes.";
    }

    id[base64url_encode(id, reader->bytes, len)] = '\0';

    if (strcmp(id, passkey->id) != 0) {
        return "Another id stands here.";
    }

    reader->bytes += len;
    reader->len -= len;

    return cose_read(reader, passkey->key) == 0
               ? NULL
               : "Its key must be of ES256 on P-256, EdDSA over Ed25519, or "
                 "RS256 with 2048 to 8192 bits.";
}


static const char *
webauthn_read_data(const unsigned char *bytes, size_t len, unsigned attested,
                   const webauthn_site_t *site, webauthn_t *passkey)
{
    unsigned flags;
    const char *why;
    ctap_item_t extensions;
    ctap_reader_t reader = { bytes, len }, behind;

    why = webauthn_read_head(&reader, site, passkey, &flags);

    if (why == NULL && (flags & WEBAUTHN_AT) != attested) {
        why = attested ? "It has no key." : "It has a key, and needs none.";
    }

    if (why == NULL && attested) {
        why = webauthn_read_attested(&reader, passkey);
    }

    if (why == NULL && (flags & WEBAUTHN_ED)) {
        behind = reader;

        if (ctap_next(&behind, &extensions) != 0 || extensions.kind != CTAP_MAP
            || ctap_skip(&reader) != 0) {
            return "Its extensions cannot be read.";
        }
    }

    return why == NULL && reader.len > 0 ? "Something stands behind it." : why;
}


/* 6.5: {"fmt": …, "attStmt": …, "authData": …}. Finds the last. */

static int
webauthn_find_data(const unsigned char *bytes, size_t len, ctap_item_t *data)
{
    size_t i, seen = 0;
    ctap_item_t map, name, value;
    ctap_reader_t reader = { bytes, len }, behind;

    if (ctap_next(&reader, &map) != 0 || map.kind != CTAP_MAP || map.len != 3) {
        return -1;
    }

    for (i = 0; i < map.len; i++) {
        if (ctap_next(&reader, &name) != 0 || name.kind != CTAP_TEXT) {
            return -1;
        }

        behind = reader;

        if (ctap_next(&behind, &value) != 0 || ctap_skip(&reader) != 0) {
            return -1;
        }

        if (name.len == 3 && memcmp(name.bytes, "fmt", 3) == 0
            && value.kind == CTAP_TEXT) {
            seen |= 1;

        } else if (name.len == 7 && memcmp(name.bytes, "attStmt", 7) == 0
                   && value.kind == CTAP_MAP) {
            seen |= 2;

        } else if (name.len == 8 && memcmp(name.bytes, "authData", 8) == 0
                   && value.kind == CTAP_BYTES) {
            seen |= 4;
            *data = value;
        }
    }

    return seen == 7 && reader.len == 0 ? 0 : -1;
}


const char *
webauthn_read_new(const json_t *json, const webauthn_site_t *site,
                  webauthn_t *passkey, const char **field)
{
    size_t len;
    const char *why;
    ctap_item_t data = { CTAP_OTHER, 0, 0, NULL };
    unsigned char *object, digest[SHA256_SIZE];
    const json_t *response = json_object_get(json, "response");

    memset(passkey, 0, sizeof(webauthn_t));
    why = webauthn_read_frame(json, passkey, field);

    if (why == NULL) {
        why = webauthn_client(response, "webauthn.create", site, passkey,
                              digest, field);
    }

    if (why) {
        return why;
    }

    *field = WEBAUTHN_OBJECT;
    object = webauthn_bytes(response, "attestationObject", WEBAUTHN_OBJECT_MAX,
                            &len);

    why = object == NULL ? WEBAUTHN_NO_TEXT
          : webauthn_find_data(object, len, &data) != 0
              ? "This is no attestationObject of WebAuthn."
              : webauthn_read_data(data.bytes, data.len, WEBAUTHN_AT, site,
                                   passkey);
    free(object);

    return why;
}


/* 5.4.3: the bytes of the user's id, as our options give it. */

static const char *
webauthn_user(const json_t *response, webauthn_t *passkey, const char **field)
{
    size_t len = 0;
    const json_t *text;
    unsigned char *user;

    text = json_object_get(response, "userHandle");

    if (text == NULL || json_is_null(text)) {
        return NULL;
    }

    *field = WEBAUTHN_USER;
    user = webauthn_bytes(response, "userHandle", UUID_SIZE, &len);

    if (user && len == UUID_SIZE) {
        uuid_write(passkey->user, user);
    }

    free(user);

    return *passkey->user ? NULL : "This is the id of nobody here.";
}


static const char *
webauthn_signature(const json_t *response, webauthn_t *passkey,
                   const char **field)
{
    unsigned char *signature;

    *field = WEBAUTHN_SIGNATURE;
    signature = webauthn_bytes(response, "signature", WEBAUTHN_SIGNATURE_MAX,
                               &passkey->signature_len);

    if (signature == NULL) {
        return WEBAUTHN_NO_TEXT;
    }

    memcpy(passkey->signature, signature, passkey->signature_len);
    free(signature);

    return NULL;
}


const char *
webauthn_read_shown(const json_t *json, const webauthn_site_t *site,
                    webauthn_t *passkey, const char **field)
{
    const char *why;
    unsigned char *data, digest[SHA256_SIZE];
    const json_t *response = json_object_get(json, "response");

    memset(passkey, 0, sizeof(webauthn_t));
    why = webauthn_read_frame(json, passkey, field);

    if (why == NULL) {
        why = webauthn_client(response, "webauthn.get", site, passkey, digest,
                              field);
    }

    if (why == NULL) {
        why = webauthn_user(response, passkey, field);
    }

    if (why == NULL) {
        why = webauthn_signature(response, passkey, field);
    }

    if (why) {
        return why;
    }

    *field = WEBAUTHN_DATA;
    data = webauthn_bytes(response, "authenticatorData", WEBAUTHN_DATA_MAX,
                          &passkey->len);
    if (data == NULL) {
        return WEBAUTHN_NO_TEXT;
    }

    memcpy(passkey->bytes, data, passkey->len);
    memcpy(passkey->bytes + passkey->len, digest, SHA256_SIZE);
    free(data);

    why = webauthn_read_data(passkey->bytes, passkey->len, 0, site, passkey);
    passkey->len += SHA256_SIZE;

    return why;
}


int
webauthn_verify(const webauthn_t *passkey, const char *jwk)
{
    return cose_verify(jwk, passkey->bytes, passkey->len, passkey->signature,
                       passkey->signature_len);
}


json_t *
webauthn_transports(const json_t *json)
{
    size_t i, j;
    json_t *known, *array, *word;

    static const char *const words[] = { "usb",        "nfc",    "ble",
                                         "smart-card", "hybrid", "internal" };

    known = json_array();
    array = json_object_get(json_object_get(json, "response"), "transports");

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        json_array_foreach(array, j, word)
        {
            if (json_is_string(word)
                && strcmp(json_string_value(word), words[i]) == 0) {
                (void) json_array_append_new(known, json_string(words[i]));
                break;
            }
        }
    }

    return known;
}
