/* What a line of worker.conf leads to: a JWK Set, directly or by OpenID
   Connect Discovery 1.0, or one key of a load balancer. */

#ifndef SLUICE_ISSUER_FETCH_H
#define SLUICE_ISSUER_FETCH_H

#include "worker/config/issuer_line.h"
#include "https.h"

/* Fetches an issuer's set. The text of one that jwk_set_parse() takes as
   JWK_PUBLIC and that holds a key we can use; free() it. NULL with a sentence
   in `err`, or when `*stop` became nonzero. */
char *issuer_fetch_set(const issuer_line_t *line,
                       const volatile sig_atomic_t *stop, size_t *len,
                       char *err, size_t err_size);

/* Fetches one key of a load balancer. HTTPS_OK with `*jwk` in JSON, to be
   freed; HTTPS_REFUSED when there is no such kid, or what it names is no key
   that we can use; otherwise HTTPS_FAILED; both with a sentence in `err`. */
https_rc_t issuer_fetch_key(const issuer_line_t *line, const char *kid,
                            const volatile sig_atomic_t *stop, char **jwk,
                            char *err, size_t err_size);

/* Where an issuer's configuration document says that its keys are. 0 with an
   https URL at the issuer's host or one that the line allows, port included;
   -1 with a sentence, also when the document is another issuer's. */
int issuer_fetch_uri(const issuer_line_t *line, const char *document,
                     size_t len, char uri[URL_SIZE], char *err,
                     size_t err_size);

/* 1 when the kid may stand in a URL: 1 to 64 letters, digits and "-". */
int issuer_fetch_plain(const char *kid);

#endif
