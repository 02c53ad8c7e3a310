/* Service accounts' keys, between the record that has their rows and the gate:
   core/grant/service_key.h has their form. */

#ifndef SLUICE_SERVICE_H
#define SLUICE_SERVICE_H

#include <jansson.h>
#include "access.h"
#include "service_key.h"

/*
 * Makes what the record asks for,
 *
 *   {"id", "user", "role", "scopes": [name, …], "issued", "expires"}
 *
 * with times in seconds since 1970: the text, terminated, with the nth key that
 * signs access tokens. Returns what the record keeps of it, to json_decref():
 *
 *   {"made": what was asked for, "digest": SHA-256 in hex, "kid": who signed}
 *
 * or NULL when a member has another form or is unknown here, no key signs, or
 * memory ran out.
 */
json_t *service_make(const jwk_set_t *keys, unsigned nth, json_t *asked,
                     char text[SERVICE_KEY_SIZE]);

/* The digest that the record has of a text, in hex, terminated. */
#define SERVICE_DIGEST_SIZE 65
void service_digest(const char *text, size_t len,
                    char digest[SERVICE_DIGEST_SIZE]);

/* What a key of ours says. SLUICE_OK, or SLUICE_TOKEN_INVALID: then `access` is
   not to be read. */
sluice_status_t service_parse(const jwk_set_t *keys, const char *text,
                              size_t len, access_t *access);

#endif
