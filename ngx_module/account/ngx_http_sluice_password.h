/*
 * Endpoints with passwords in them. Their function of SQL never sees one: it
 * says what it needs, and is called again with what came of it.
 *
 *   {"need": {"verify": hash, "account": text}}
 *       whether `password` fits the hash; null is nobody's and takes as long.
 *       Then `verified` is the hash, or false, and `rehashed` one as we make
 *       them today where that one was of another kind. Wrong passwords are
 *       counted for the account, and past a bound answered with 429.
 *   {"need": {"hash": [text, …]}}
 *       a hash of `new_password`, or of `password` where none was verified, in
 *       `hash`; one that is guessed early is refused: the texts are what is
 *       known of its owner
 *
 * All of it comes in args->'nginx', which no client can write.
 */

#ifndef NGX_HTTP_SLUICE_PASSWORD_H
#define NGX_HTTP_SLUICE_PASSWORD_H

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"

#include <jansson.h>

/* Calls a function for `actor` (empty: nobody) with the body that was read, and
   answers. The reference to `args` is taken over; of the passwords in it and in
   the body nothing is left. Returns what ngx_http_sluice_call() returns. */
ngx_int_t ngx_http_sluice_password_call(ngx_http_request_t *r,
                                        const ngx_sluice_pg_statement_t *call,
                                        const char *actor, json_t *args);

#endif
