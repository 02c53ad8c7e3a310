/*
 * Endpoints with secrets in them: passwords, codes, keys of a second factor.
 * Their function of SQL never sees one: it says what it needs, and is called
 * again with what came of it, until it has all. A row of needs is a member of
 * `need`, and a function here:
 *
 *   {"need": {"verify": hash, "account": text}}
 *       whether `password` fits the hash; null is nobody's and takes as long.
 *       Then `verified` is the hash, or false, and `rehashed` one as we make
 *       them today where that one was of another kind. Wrong passwords are
 *       counted for the account, and past a bound answered with 429.
 *   {"need": {"hash": [text, …], "of": "new_password"}}
 *       a hash of that one, or of `password`, in `hash`; one that is guessed
 *       early is refused: the texts are what is known of its owner
 *   {"need": {"totp": sealed, "owner": id, "after": step}}
 *       whether `code` is one of the sealed secret's: `step` is its step,
 * behind `after`, or false; `resealed` the secret under the key of today where
 * it was another
 *   {"need": {"recovery": [digest, …], "owner": id}}
 *       whether `recovery_code` is one of these (hex): `recovered` is its
 *       digest, or false
 *   {"need": {"secret": account, "owner": id}}
 *       a new secret, in `sealed`; the answer tells it: `secret`, `uri`, `qr`
 *   {"need": {"codes": true, "owner": id}}
 *       new recovery codes, in `digests`; the answer tells them:
 *       `recovery_codes`
 *   {"need": {"key": {"id", "user", "role", "scopes", "issued", "expires"}}}
 *       a service account's key, of which `key` has what the record keeps; the
 *       answer tells it: `key`
 *
 *   {"need": {"passkey": JWK, "account": text}}
 *       whether the `passkey` that was shown has signed with this key; null is
 *       nobody's. Then `signed` is true, or false; with `account` wrong ones
 *       are counted for it, and past a bound answered with 429
 *   {"need": {"offer": "sign-in" | "add" | "again", "of": id, "since": ms}}
 *       a challenge for passkeys (core/account/offer.h), in `offer`:
 *       {"challenge", "rp", "timeout"}
 *
 * All of it comes in args->'nginx', which no client can write, and `brought`
 * there names what the client sent of `password`, `new_password`, `code` and
 * `recovery_code`, and of passkeys that were shown. What else is to be known of
 * `passkey` in the body is in facts, once all is right that needs no record:
 * {"id", "count", "verified", "eligible", "backed_up", "user"}, of a new one
 * "key" (JWK) and "transports", and of its challenge "offer": {"of", "since"}.
 * What the answer tells, it tells when it is no refusal.
 */

#ifndef NGX_HTTP_SLUICE_NEED_H
#define NGX_HTTP_SLUICE_NEED_H

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"

#include <jansson.h>

/* What is taken out of the body; whatever else has that name is ignored. */
#define NGX_HTTP_SLUICE_NEED_PASSWORDS 0x0001 /* and new ones */
#define NGX_HTTP_SLUICE_NEED_CODES 0x0002     /* of both kinds */

/* and a passkey: to sign in with, to show again, as second factor of a sign-in
   that has come half way, or a new one */
#define NGX_HTTP_SLUICE_NEED_PASSKEY_IN 0x0010
#define NGX_HTTP_SLUICE_NEED_PASSKEY_AGAIN 0x0020
#define NGX_HTTP_SLUICE_NEED_PASSKEY_HALF 0x0040
#define NGX_HTTP_SLUICE_NEED_PASSKEY_NEW 0x0080
#define NGX_HTTP_SLUICE_NEED_PASSKEY 0x00f0

/* Calls a function for `actor` (empty: nobody) with the body that was read, and
   answers. The reference to `args` is taken over; of the secrets in it and in
   the body nothing is left. Returns what ngx_http_sluice_call() returns. */
ngx_int_t ngx_http_sluice_need_call(ngx_http_request_t *r,
                                    const ngx_sluice_pg_statement_t *call,
                                    const char *actor, json_t *args,
                                    ngx_uint_t take);

#endif
