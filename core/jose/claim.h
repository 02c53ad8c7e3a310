/* Claims that both kinds of token have in common: RFC 7519, section 4.1. */

#ifndef SLUICE_CLAIM_H
#define SLUICE_CLAIM_H

#include <stdint.h>
#include <jansson.h>

/* Reads a NumericDate (RFC 7519, section 2) in whole seconds since 1970; a
   fraction is dropped towards the past. 1 when it was read, 0 when the claim
   is not there, -1 when it is no number or beyond 2^53. */
int claim_time(const json_t *claims, const char *name, int64_t *seconds);

/* 1 when the claim is a string of these bytes. */
int claim_is(const json_t *claim, const char *text);

#endif
