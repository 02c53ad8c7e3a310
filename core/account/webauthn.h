/*
 * Passkeys: what a browser brings of an authenticator, as JSON of
 * PublicKeyCredential.toJSON(). Web Authentication, Level 3 (and 2), 7.1 and
 * 7.2: all steps of a relying party that need no record and no key of ours.
 *
 * Attestation is not asked for, so a statement is passed over, whatever it says
 * (7.1, "None"): nobody could trust more for it.
 */

#ifndef SLUICE_WEBAUTHN_H
#define SLUICE_WEBAUTHN_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "core/base/sha256.h"
#include "core/base/uuid.h"
#include "core/jose/base64url.h"
#include "cose.h"

#define WEBAUTHN_ID_MAX 1023      /* bytes of a credential's id: 7.1, step 24 */
#define WEBAUTHN_CLIENT_MAX 4096  /* bytes of clientDataJSON */
#define WEBAUTHN_DATA_MAX 4096    /* of authenticatorData */
#define WEBAUTHN_OBJECT_MAX 16384 /* of attestationObject */
#define WEBAUTHN_SIGNATURE_MAX 1024 /* RSA with 8192 bits */
#define WEBAUTHN_CHALLENGE_MAX 256  /* characters of a challenge */

/* Whose passkeys are taken: https://www.w3.org/TR/webauthn-3/#rp-id */
typedef struct {
    const char *rp;             /* the RP ID, a host in lower case */
    const char *const *origins; /* where they may be shown, NULL behind */
} webauthn_site_t;

typedef struct {
    char challenge[WEBAUTHN_CHALLENGE_MAX + 1]; /* as text, terminated; whether
                                                   it is one of ours, the caller
                                                   finds out */
    char id[base64url_encoded_size(WEBAUTHN_ID_MAX) + 1]; /* base64url */
    uint32_t count; /* of signatures; 0: it does not count */
    int verified;   /* who holds it was, by PIN, finger or face */
    int eligible;   /* it may be copied to other devices */
    int backed_up;  /* and is */

    char key[COSE_JWK_SIZE];   /* of a new one, as JWK */
    char user[UUID_TEXT_SIZE]; /* userHandle of one that was shown; empty: it
                                  told none */

    /* and what it has signed: authenticatorData with a digest behind it */
    unsigned char bytes[WEBAUTHN_DATA_MAX + SHA256_SIZE];
    size_t len;
    unsigned char signature[WEBAUTHN_SIGNATURE_MAX];
    size_t signature_len;
} webauthn_t;

/* Reads a RegistrationResponseJSON of a new passkey: NULL, or a sentence that
   says what is wrong, and in `field` where: "response.clientDataJSON"; empty:
   all of it. */
const char *webauthn_read_new(const json_t *json, const webauthn_site_t *site,
                              webauthn_t *passkey, const char **field);

/* The same of an AuthenticationResponseJSON. Whether its signature is right is
   found out by webauthn_verify(). */
const char *webauthn_read_shown(const json_t *json, const webauthn_site_t *site,
                                webauthn_t *passkey, const char **field);

/* 1 when the key that is kept as `jwk` has signed what was shown, else 0. */
int webauthn_verify(const webauthn_t *passkey, const char *jwk);

/* Of a new one the ways in which it is reached that we know, each once, as a
   new array (5.8.4): {"usb", "nfc", "ble", "smart-card", "hybrid",
   "internal"}. NULL without memory. */
json_t *webauthn_transports(const json_t *json);

#endif
