/* A sign-in that has come half way: the challenge that a second factor goes on
   from (core/account/challenge.h). */

#ifndef NGX_HTTP_SLUICE_CHALLENGE_H
#define NGX_HTTP_SLUICE_CHALLENGE_H

#include "ngx_module/http/ngx_http_sluice.h"

#include <jansson.h>

/* Answers 401 with a challenge of what the record says of the sign-in:
   {"session", "user", "print", "remember"}, and for the client `methods`, and
   `passkeys`: those that he has, as PublicKeyCredentialDescriptorJSON.
   `cookies`: its tokens are to come in cookies alone. */
ngx_int_t ngx_http_sluice_challenge_answer(ngx_http_request_t *r, json_t *half,
                                           ngx_uint_t cookies);

/* What a challenge says, as the record is told: the first four, and its `text`;
   and `cookies` as above. NULL when it is none, or too old. */
json_t *ngx_http_sluice_challenge_facts(ngx_http_request_t *r,
                                        const ngx_str_t *text, int *cookies);

#endif
