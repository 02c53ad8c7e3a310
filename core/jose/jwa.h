/* The algorithms of signatures that we know: RFC 7518, 3.1 and RFC 8037. */

#ifndef SLUICE_JWA_H
#define SLUICE_JWA_H

#include <stddef.h>

typedef enum {
    JWA_HS256,
    JWA_ES256,
    JWA_EDDSA, /* over Ed25519 */
    JWA_ES384,
    JWA_RS256,
    JWA_RS384,
    JWA_RS512,
    JWA_PS256,
    JWA_COUNT
} jwa_t;

/* A set of algorithms is an unsigned of these. */
#define JWA_BIT(alg) (1u << (alg))

#define JWA_RSA                                                   \
    (JWA_BIT(JWA_RS256) | JWA_BIT(JWA_RS384) | JWA_BIT(JWA_RS512) \
     | JWA_BIT(JWA_PS256))

/* What our own access tokens may be signed with. */
#define JWA_ACCESS (JWA_BIT(JWA_ES256) | JWA_BIT(JWA_EDDSA))

/* The name in `alg`: "HS256". */
const char *jwa_name(jwa_t alg);

/* The bit of the algorithm with exactly this name, or 0: names have a case,
   and "none" in any of them is none of ours. */
unsigned jwa_bit(const char *name, size_t len);

/* The one algorithm of a set of one; JWA_COUNT for any other set. */
jwa_t jwa_only(unsigned algs);

#endif
