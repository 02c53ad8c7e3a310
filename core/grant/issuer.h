/*
 * Other issuers' access tokens, as claims that were verified with one of their
 * keys: Amazon Cognito, Keycloak, Auth0 and any OpenID provider with a JWK Set
 * (RFC 7519, 9068), and what an AWS load balancer says of a user that it has
 * signed in (header x-amzn-oidc-data).
 */

#ifndef SLUICE_ISSUER_H
#define SLUICE_ISSUER_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "core/base/status.h"
#include "core/jose/jwk.h"
#include "access.h"

#define ISSUER_URL_MAX 255   /* bytes of an issuer's URL */
#define ISSUER_SUB_MAX 255   /* of a subject: OpenID Connect Core, section 2 */
#define ISSUER_EMAIL_MAX 254 /* of an address: RFC 5321, 4.5.3.1.3 */
#define ISSUER_NAME_MAX 200  /* of a name that is shown */

typedef struct {
    const char *url;         /* `iss`, letter by letter; no blank in it and at
                                most ISSUER_URL_MAX bytes */
    const char *audience;    /* in `aud`; Cognito's `client_id`, and a load
                                balancer's `client` */
    const char *roles_claim; /* a claim, or a path of claims joined by dots, of
                                group names: an array, or a text with blanks
                                between them */
    const char *signer;      /* a load balancer's ARN; NULL: no load balancer */
    const char *admin, *editor; /* names of the groups that have these roles */
    int64_t leeway; /* seconds that its clock may go before ours: a token is
                       good so long before its `nbf` */
} issuer_t;

/* Reads a verified token of `issuer`. `access` gets what decides: sub is the
   UUIDv5 (namespace URL) of "<url> <sub>", so no issuer can name another's user
   or one of ours; sid is that of "<url> <origin_jti or sid>", or the empty text
   without one; role is the highest of the groups', ROLE_VIEWER without any; iat
   and auth_time are 0 when there is none; foreign is 1. An ID token is no
   access token. Of a load balancer's, the header must name signer, issuer and
   client, and the earliest `exp` of header and claims counts. SLUICE_OK,
   SLUICE_TOKEN_INVALID, or SLUICE_INTERNAL when OpenSSL failed. */
sluice_status_t issuer_parse(const issuer_t *issuer, const json_t *header,
                             const json_t *claims, access_t *access);

/* Who it is, in the words of the claims that issuer_parse() took. The texts
   live as long as the claims do. */
typedef struct {
    const char *subject;
    const char *email; /* NULL: none, one that cannot be, or not verified */
    const char *name;  /* NULL: none, or one with control characters */
} issuer_person_t;

void issuer_person(const json_t *claims, issuer_person_t *person);

/* Looks into a token that nobody has verified, to know which key to ask for: 1
   and the kid when it calls itself one of `issuer`, and the kid is as a JWK
   Set's may be; else 0. */
int issuer_wants(const issuer_t *issuer, const char *token, size_t len,
                 char kid[JWK_KID_MAX + 1]);

#endif
