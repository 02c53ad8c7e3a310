/* Access tokens: a signed-in user's proof for some minutes. RFC 9068. */

#ifndef SLUICE_ACCESS_H
#define SLUICE_ACCESS_H

#include <stdint.h>
#include <jansson.h>
#include "core/base/status.h"
#include "core/base/uuid.h"
#include "core/jose/jwk.h"
#include "scope.h"

/* Who must have a second factor and has shown none is ROLE_ENROLLING, whatever
   he is otherwise: below all that anything asks for, so that what does not know
   of it refuses him. */
typedef enum {
    ROLE_NONE = 0,
    ROLE_ENROLLING,
    ROLE_VIEWER,
    ROLE_EDITOR,
    ROLE_ADMIN
} role_t;

/* "viewer", "editor", "admin", which a user may be given; ROLE_NONE for
   anything else. */
role_t role_from_name(const char *name, size_t len);

/* Their names, and "enrolling"; "none". */
const char *role_name(role_t role);

/* By what somebody has shown who he is: bits, each a word of RFC 8176. */
#define ACCESS_PWD 0x01  /* a password */
#define ACCESS_OTP 0x02  /* a one-time code, by the clock or on paper */
#define ACCESS_MFA 0x04  /* more than one of them */
#define ACCESS_HWK 0x08  /* a passkey that stays in its device */
#define ACCESS_SWK 0x10  /* one that is copied to others */
#define ACCESS_USER 0x20 /* that somebody was there: with a passkey */

/* The bit of a word; 0 for one that is unknown. */
unsigned access_amr(const char *word);

typedef struct {
    char sub[UUID_TEXT_SIZE]; /* the user, terminated text */
    char sid[UUID_TEXT_SIZE]; /* the session, terminated text; empty for a
                                 foreign token that names none */
    role_t role;
    int64_t iat, exp, nbf; /* seconds since 1970; nbf 0 when there is none, and
                              a foreign token's iat, too */
    int foreign;           /* 1: another issuer's, see issuer.h */
    int64_t auth_time;     /* when who it is was shown last; 0: it does not
                              tell */
    unsigned amr;          /* and by what: for access_sign() alone */
    int service;           /* 1: a service account's key, see service_key.h;
                              `sid` is its id */
    unsigned scopes;       /* what that opens: SCOPE_* */
} access_t;

/* 1 when `aud` (RFC 7519, 4.1.3) is this audience, or an array of strings that
   has it. */
int access_audience(const json_t *aud, const char *audience);

/* Reads verified claims; `iss` and `aud` must be the given ones (aud may be an
   array that contains it). SLUICE_OK, or SLUICE_TOKEN_INVALID when a claim is
   missing or of the wrong form. */
sluice_status_t access_parse(const json_t *claims, const char *issuer,
                             const char *audience, access_t *access);

/* SLUICE_OK, SLUICE_TOKEN_EXPIRED at and after `exp`, SLUICE_TOKEN_INVALID
   before `nbf`, or SLUICE_ROLE_TOO_LOW when the token's role is under `least`;
   SLUICE_SECOND_FACTOR_REQUIRED when it is ROLE_ENROLLING. `now` in seconds
   since 1970. */
sluice_status_t access_decide(const access_t *access, role_t least,
                              int64_t now);

/* SLUICE_OK when who it is was shown no longer than `most` seconds ago, else
   SLUICE_AUTHENTICATION_TOO_OLD; also of a token that does not tell. */
sluice_status_t access_fresh(const access_t *access, int64_t most, int64_t now);

/* SLUICE_OK of a person; of a key when it has one of these scopes, else
   SLUICE_SCOPE_MISSING. */
sluice_status_t access_scope(const access_t *access, unsigned scopes);

/* When a link counts as issued that this user makes for himself at `now`: with
   the token that he makes it with, if that is another issuer's. Else what he
   made with an old token, after his issuer took a role from him and before we
   heard of it by the next, would outlive the role. */
int64_t access_link_iat(const access_t *access, int64_t now);

/* Signs iss, aud, sub, sid, role, iat, exp and a fresh jti with the set's
   nth key for it, ES256 or EdDSA (jwk_set_signer()); with `auth_time` that, amr
   (RFC 8176), and acr: "aal2" where ACCESS_MFA is among them, else "aal1"
   (NIST SP 800-63B). Returns a terminated token to free(), or NULL. */
char *access_sign(const jwk_set_t *keys, unsigned nth, const char *issuer,
                  const char *audience, const access_t *access);

#endif
