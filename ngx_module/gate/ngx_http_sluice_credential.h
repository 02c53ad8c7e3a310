/* What a request brings to be let pass, before anybody has looked whether it is
   good. A value: it points into the request. */

#ifndef NGX_HTTP_SLUICE_CREDENTIAL_H
#define NGX_HTTP_SLUICE_CREDENTIAL_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/grant/cloudfront.h"

/* Which verifiers it is for. */
typedef enum {
    NGX_HTTP_SLUICE_CREDENTIAL_NONE = 0,
    NGX_HTTP_SLUICE_CREDENTIAL_GRANT,      /* a link of ours */
    NGX_HTTP_SLUICE_CREDENTIAL_CLOUDFRONT, /* a link of CloudFront's */
    NGX_HTTP_SLUICE_CREDENTIAL_KEY,        /* a service account's */
    NGX_HTTP_SLUICE_CREDENTIAL_ACCESS,     /* an access token, whose ever */
    NGX_HTTP_SLUICE_CREDENTIAL_BALANCER    /* what a load balancer says */
} ngx_http_sluice_credential_kind_t;

typedef enum {
    NGX_HTTP_SLUICE_CARRIER_PATH,
    NGX_HTTP_SLUICE_CARRIER_QUERY,
    NGX_HTTP_SLUICE_CARRIER_HEADER,
    NGX_HTTP_SLUICE_CARRIER_COOKIE
} ngx_http_sluice_carrier_t;

typedef struct {
    ngx_http_sluice_credential_kind_t kind;
    ngx_http_sluice_carrier_t carrier;
    const void *place; /* ngx_http_sluice_carrier.c's own */
    ngx_uint_t nth;    /* of the cookies of one name: 0 is the first */
    ngx_str_t text; /* the token; of a CloudFront link, what was asked for as it
                       came */
    const cloudfront_link_t *parts; /* of a CloudFront link */
    unsigned unasked : 1; /* a browser brings it, whosever page asks */
} ngx_http_sluice_credential_t;

#endif
