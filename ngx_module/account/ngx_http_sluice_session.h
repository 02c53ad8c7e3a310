/* What sign-in and a session's other calls share: the tokens that are made of
   what the record says of a session, and how they are carried. A program gets
   them in the body. A page may ask that they be cookies alone, which its
   scripts cannot read: `"cookies": true`. */

#ifndef NGX_HTTP_SLUICE_SESSION_H
#define NGX_HTTP_SLUICE_SESSION_H

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"

#include <jansson.h>

/* For how many seconds anything is good that is signed with a session, its
   access tokens and the links of media objects, as api.end_session() takes
   it. */
time_t ngx_http_sluice_session_signs(ngx_http_request_t *r);

/* Answers with what a function of SQL returned, and where that has a `session`
   with its tokens instead: see api.session_tokens(). With `cookies` the body
   has none. What is no refusal has the members of `told`, too; NULL: none. */
ngx_int_t ngx_http_sluice_session_reply(ngx_http_request_t *r,
                                        const ngx_sluice_pg_result_t *result,
                                        ngx_uint_t cookies, json_t *told);

/* The refresh token's cookie. Of several the one of the newest session, and of
   its tokens the last; of those that are none of ours any. 0: there is none. */
ngx_uint_t ngx_http_sluice_session_refresh(ngx_http_request_t *r,
                                           ngx_str_t *token);

/* Whether this browser is known to have signed in with the account: see
   core/account/device.h. */
ngx_uint_t ngx_http_sluice_session_device(ngx_http_request_t *r,
                                          const unsigned char *account,
                                          unsigned char *device);

/* From now on a page's browser is, by a cookie, if it was not. */
void ngx_http_sluice_session_know(ngx_http_request_t *r,
                                  const unsigned char *account);

/* Takes a browser's cookies away. */
ngx_int_t ngx_http_sluice_session_forget(ngx_http_request_t *r);

#endif
