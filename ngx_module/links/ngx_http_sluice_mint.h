/*
 * POST /api/links: signed links for whoever may see what they open, one or a
 * thousand in a call. The form of the body is looked at first
 * (ngx_http_sluice_mint.c); who may have it is decided in one call of SQL, and
 * what comes back is signed, all of it or none (ngx_http_sluice_mint_sign.c).
 */

#ifndef NGX_HTTP_SLUICE_MINT_H
#define NGX_HTTP_SLUICE_MINT_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"
#include "core/grant/grant.h"
#include "core/grant/link_id.h"

#include <jansson.h>

typedef struct {
    json_t *asked;         /* as it came, with exp and path */
    grant_claims_t claims; /* their texts are those of `asked` */
    ngx_uint_t whole;      /* the folder of a media object */
    ngx_str_t media;       /* that, or the one whose folder the path is in */
    ngx_str_t show;        /* the path of the URLs, percent-encoded */
    char jti[LINK_ID_SIZE];
    char *grant;
} ngx_http_sluice_mint_link_t;


typedef struct {
    json_t *body;
    ngx_uint_t list; /* {"links": […]} */
    ngx_uint_t tied; /* some link has a sub or sid */
    ngx_uint_t n;
    ngx_http_sluice_mint_link_t *links;
} ngx_http_sluice_mint_t;

ngx_int_t ngx_http_sluice_mint_handler(ngx_http_request_t *r);

/* Answers that something is wrong with link i. `field` is a member's name; in a
   list it is told as links[3].path. */
ngx_int_t ngx_http_sluice_mint_refuse(ngx_http_request_t *r,
                                      ngx_http_sluice_mint_t *mint,
                                      ngx_uint_t i, sluice_status_t status,
                                      const char *field, const char *detail);

/* Asks whether the caller may have all of it, signs and answers. Returns what
   ngx_http_sluice_query() returns. */
ngx_int_t ngx_http_sluice_mint_ask(ngx_http_request_t *r,
                                   ngx_http_sluice_mint_t *mint);

#endif
