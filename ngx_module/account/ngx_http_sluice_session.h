/* What sign-in and a session's other calls share: the user, and the tokens that
   are made for him. The refresh token is 32 random bytes; the record keeps its
   SHA-256. */

#ifndef NGX_HTTP_SLUICE_SESSION_H
#define NGX_HTTP_SLUICE_SESSION_H

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/uuid.h"
#include "core/jose/base64url.h"


#define NGX_HTTP_SLUICE_REFRESH_SIZE 32
#define NGX_HTTP_SLUICE_REFRESH_LEN \
    base64url_encoded_size(NGX_HTTP_SLUICE_REFRESH_SIZE)

typedef struct {
    ngx_str_t password;
    ngx_str_t hash;   /* terminated; empty: no such user */
    ngx_uint_t right; /* what the thread found */
    ngx_str_t tried[NGX_HTTP_SLUICE_TRIES]; /* what wrong ones count for */

    ngx_str_t id, email, name, role; /* the user; terminated */

    char sid[UUID_TEXT_SIZE];
    char refresh[NGX_HTTP_SLUICE_REFRESH_LEN];
    int64_t issued; /* by the record's clock: see api.issued_at() */
} ngx_http_sluice_login_t;


/* For how many seconds anything is good that is signed with a session, its
   access tokens and the links of media objects, as api.end_session() takes
   it. */
void ngx_http_sluice_session_signs(ngx_http_request_t *r,
                                   u_char buf[NGX_INT_T_LEN],
                                   ngx_str_t *seconds);

/* When the record says that the tokens are issued, into the login; NGX_ERROR
   for what is no time of today. */
ngx_int_t ngx_http_sluice_session_issued(const ngx_sluice_pg_result_t *result,
                                         ngx_uint_t column,
                                         ngx_http_sluice_login_t *login);

/* Answers with access and refresh token, and sets the cookie. */
ngx_int_t ngx_http_sluice_session_answer(ngx_http_request_t *r,
                                         ngx_http_sluice_login_t *login,
                                         ngx_uint_t status);

/* RFC 6265, 4.1; a life of 0 takes the cookie away. */
ngx_int_t ngx_http_sluice_session_cookie(ngx_http_request_t *r,
                                         const char *token, time_t ttl);

/* SHA-256 of a refresh token in hex, in the request's memory. */
ngx_int_t ngx_http_sluice_session_digest(ngx_http_request_t *r,
                                         const char *refresh, size_t len,
                                         ngx_str_t *hex);

/* id, email, name and role of the first row, its first columns. NGX_ERROR
   without memory. */
ngx_int_t ngx_http_sluice_session_user(ngx_http_request_t *r,
                                       const ngx_sluice_pg_result_t *result,
                                       ngx_http_sluice_login_t *login);

#endif
