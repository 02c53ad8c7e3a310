/*
 * How often passwords of an account may be wrong. Redis counts for all
 * machines: from the sixth failure on the account is shut for 2, 4, 8 …
 * seconds, 15 minutes at most, and what is tried meanwhile is neither looked at
 * nor counted; a client (IPv6: its /64) and its network (/24, /48) have a bound
 * of their own. The zone counts what this machine sees, more coarsely: it holds
 * while Redis is away.
 *
 * A try is counted before it is looked at, so that no number of them at once
 * has more; a right one is taken back, and forgets the account's failures. Who
 * signed in before with this browser is not shut out by what others try: his
 * tries are counted apart, by a cookie that proves it.
 */

#ifndef NGX_HTTP_SLUICE_THROTTLE_H
#define NGX_HTTP_SLUICE_THROTTLE_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/sha256.h"

typedef struct ngx_http_sluice_throttle_s ngx_http_sluice_throttle_t;

#define NGX_HTTP_SLUICE_THROTTLE_KEYS 4
#define NGX_HTTP_SLUICE_THROTTLE_KEY_SIZE \
    (sizeof("sluice:tries:n:") + 2 * SHA256_SIZE)

struct ngx_http_sluice_throttle_s {
    ngx_str_t tried[NGX_HTTP_SLUICE_TRIES]; /* in the zone */
    u_char key[NGX_HTTP_SLUICE_THROTTLE_KEYS]
              [NGX_HTTP_SLUICE_THROTTLE_KEY_SIZE]; /* in Redis */
    unsigned char account[SHA256_SIZE];
    ngx_uint_t counted; /* Redis has it */
    ngx_uint_t passkey; /* it is one that is tried, and no password */
    void (*go)(ngx_http_request_t *r, void *data);
    void (*told)(ngx_http_request_t *r, void *data);
    void *data;
};

/* A try for the account of this name. NGX_DECLINED: go on; NGX_DONE: go(r,
   data) is called when Redis lets it; else what was answered: 429 with
   Retry-After, which go() is spared, too. `throttle` lies in the request's
   memory, its go() and data set. */
ngx_int_t ngx_http_sluice_throttle(ngx_http_request_t *r,
                                   ngx_http_sluice_throttle_t *throttle,
                                   const char *account);

/* It was right: the browser is known from then on, but by a passkey. */
void ngx_http_sluice_throttle_right(ngx_http_request_t *r,
                                    ngx_http_sluice_throttle_t *throttle);

/* It was wrong. NGX_DECLINED: go on; NGX_DONE: told(r, data) is called when
   Redis has counted it, so that whoever hears of it is counted. */
ngx_int_t ngx_http_sluice_throttle_wrong(ngx_http_request_t *r,
                                         ngx_http_sluice_throttle_t *throttle);

#endif
