/* Passkeys, whatever a client and its authenticator send. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/account/offer.h"
#include "core/account/webauthn.h"
#include "core/base/sha256.h"
#include "keys.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const origins[] = { "https://example.org", NULL };
static const webauthn_site_t site = { "example.org", origins };

static const char new_client[] =
    "{\"type\":\"webauthn.create\",\"challenge\":\"AA\",\"origin\":"
    "\"https://example.org\"}";
static const char client[] =
    "{\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":"
    "\"https://example.org\"}";


static json_t *
text_of(const void *bytes, size_t len)
{
    char *text = malloc(base64url_encoded_size(len) + 1);
    json_t *json;

    must(text != NULL);
    text[base64url_encode(text, bytes, len)] = '\0';
    json = json_string(text);
    free(text);

    return json;
}


/* The bytes as one member of a passkey in which all else is right: else hardly
   any input would come so far. */

static void
read_part(const char *name, const uint8_t *data, size_t size)
{
    json_t *json, *response;
    webauthn_t passkey;
    const char *field = NULL;

    json = json_pack("{s:s, s:s, s:s, s:o}", "id", "-R85HQ", "rawId", "-R85HQ",
                     "type", "public-key", "response", json_object());
    response = json_object_get(json, "response");
    json_object_set_new(response, "clientDataJSON",
                        text_of(new_client, strlen(new_client)));
    json_object_set_new(response, name, text_of(data, size));

    if (webauthn_read_new(json, &site, &passkey, &field) == NULL) {
        must(strcmp(passkey.id, "-R85HQ") == 0 && *passkey.key == '{');
    }

    must(field != NULL);

    json_object_set_new(response, "clientDataJSON",
                        text_of(client, strlen(client)));
    json_object_set_new(response, "signature", json_string("AAAA"));
    json_object_set_new(response, name, text_of(data, size));

    if (webauthn_read_shown(json, &site, &passkey, &field) == NULL) {
        must(passkey.len <= sizeof(passkey.bytes));
        must(!webauthn_verify(&passkey, "{}"));
    }

    json_decref(json);
}


/* With the digest of the site in front, and of what was tried before. */

static void
read_data(const uint8_t *data, size_t size)
{
    sha256_t sha;
    uint8_t *bytes = malloc(SHA256_SIZE + size);

    must(bytes != NULL);
    sha256_init(&sha);
    sha256_update(&sha, site.rp, strlen(site.rp));
    sha256_digest(&sha, bytes);
    memcpy(bytes + SHA256_SIZE, data, size);
    read_part("authenticatorData", bytes, SHA256_SIZE + size);
    free(bytes);
}


static void
read_whole(const uint8_t *data, size_t size)
{
    webauthn_t passkey;
    const char *field;
    json_t *json = json_loadb((const char *) data, size, 0, NULL);

    (void) webauthn_read_new(json, &site, &passkey, &field);
    (void) webauthn_read_shown(json, &site, &passkey, &field);
    json_decref(webauthn_transports(json));
    json_decref(json);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char jwk[COSE_JWK_SIZE];
    offer_t offer;
    ctap_reader_t reader = { data, size };

    read_whole(data, size);
    read_part("clientDataJSON", data, size);
    read_part("attestationObject", data, size);
    read_part("signature", data, size);
    read_data(data, size);

    if (cose_read(&reader, jwk) == 0) {
        must(strlen(jwk) < sizeof(jwk) && reader.len < size);
        (void) cose_verify(jwk, data, size, data, size);
    }

    must(offer_read(the_keys(), (const char *) data, size, OFFER_ADD, 0, &offer)
         == -1);

    return 0;
}
