/* Whose a request is, for what nobody may have all of. */

#ifndef NGX_HTTP_SLUICE_WHOSE_H
#define NGX_HTTP_SLUICE_WHOSE_H

#include "ngx_http_sluice.h"

/* While it is configured: makes the others possible. */
ngx_int_t ngx_http_sluice_whose_init(ngx_conf_t *cf);

/* A number, never 0, for the user whom the gate let pass, else for the client's
   address; an IPv6 client has all of its /64. The same for all requests of one
   process. */
uint64_t ngx_http_sluice_whose(ngx_http_request_t *r);

/* An IPv4 client that came over a socket of both families, "::ffff:192.0.2.1"
   (RFC 4291, 2.5.5.2): all of them would be of one /64. */
ngx_uint_t ngx_http_sluice_whose_mapped(const struct sockaddr *sockaddr);

/* As ngx_http_sluice_whose() for a user by his id, as text of UUID_TEXT_LEN. */
uint64_t ngx_http_sluice_whose_user(const char *id);

/* How many of something each has in this process; zeroed: nobody has any. */
typedef struct {
    ngx_rbtree_t tree;
    ngx_rbtree_node_t sentinel;
    unsigned ready : 1;
} ngx_http_sluice_whose_counts_t;

/* Whose request it is has one more, until the request ends. NGX_DECLINED when
   he has `most`, NGX_ERROR without memory. */
ngx_int_t ngx_http_sluice_whose_hold(ngx_http_request_t *r,
                                     ngx_http_sluice_whose_counts_t *counts,
                                     ngx_uint_t most);

#endif
