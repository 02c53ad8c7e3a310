/* What the files of POST /api/links share: ngx_http_sluice_mint.c reads the
   body, ngx_http_sluice_mint_form.c looks at a link of it,
   ngx_http_sluice_mint_sign.c asks whether the caller may have it and signs,
   and ngx_http_sluice_mint_answer.c answers. */

#ifndef NGX_HTTP_SLUICE_MINT_INTERNAL_H
#define NGX_HTTP_SLUICE_MINT_INTERNAL_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_once.h"
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
    time_t now; /* of the first request with its key */
    ngx_http_sluice_once_t once;
    ngx_uint_t list;   /* {"links": […]} */
    ngx_uint_t tied;   /* some link has a sub or sid */
    ngx_uint_t counts; /* some link has uses or bytes */
    ngx_uint_t n;
    ngx_http_sluice_mint_link_t *links;
} ngx_http_sluice_mint_t;


/* NGX_DECLINED when there is nothing to refuse in the form of link i, whose
   claims are set then; else what was answered. */
ngx_int_t ngx_http_sluice_mint_form(ngx_http_request_t *r,
                                    ngx_http_sluice_mint_t *mint, ngx_uint_t i);

/* Asks whether the caller may have all of it, signs and answers. Returns what
   ngx_http_sluice_query() returns. */
ngx_int_t ngx_http_sluice_mint_ask(ngx_http_request_t *r,
                                   ngx_http_sluice_mint_t *mint);


/* ngx_http_sluice_mint_answer.c */

#define NGX_HTTP_SLUICE_MINT_NAME 64 /* longer names are not told back */

/* Answers that something is wrong with link i. `field` is a member's name; in a
   list it is told as links[3].path. */
ngx_int_t ngx_http_sluice_mint_refuse(ngx_http_request_t *r,
                                      ngx_http_sluice_mint_t *mint,
                                      ngx_uint_t i, sluice_status_t status,
                                      const char *field, const char *detail);

/* Answers with the links, all of which were signed. */
ngx_int_t ngx_http_sluice_mint_answer(ngx_http_request_t *r,
                                      ngx_http_sluice_mint_t *mint);

#endif
