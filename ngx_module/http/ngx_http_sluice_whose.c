#include "ngx_http_sluice_whose.h"

#include "ngx_module/bridge/ngx_sluice_rbtree.h"
#include "core/base/uuid.h"
#include "core/table/siphash.h"

#include <openssl/rand.h>


#define NGX_HTTP_SLUICE_WHOSE_NET 8 /* bytes of an IPv6 address: its /64 */
#define NGX_HTTP_SLUICE_WHOSE_IPV4 4


/* Somebody who has some; its key is his number. */

typedef struct {
    ngx_rbtree_node_t node;
    ngx_http_sluice_whose_counts_t *counts;
    ngx_uint_t many;
} ngx_http_sluice_whose_t;


static u_char ngx_http_sluice_whose_key[SIPHASH_KEY_SIZE];


ngx_int_t
ngx_http_sluice_whose_init(ngx_conf_t *cf)
{
    ngx_str_t user = ngx_string("sluice_user");
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_module);

    smcf->user_variable = ngx_http_get_variable_index(cf, &user);

    if (RAND_bytes(ngx_http_sluice_whose_key, SIPHASH_KEY_SIZE) != 1) {
        return NGX_ERROR;
    }

    return smcf->user_variable == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


static uint64_t
ngx_http_sluice_whose_number(const void *data, size_t len)
{
    uint64_t hash[2];

    siphash_128(ngx_http_sluice_whose_key, data, len, hash);

    return hash[0] | 1;
}


uint64_t
ngx_http_sluice_whose_user(const char *id)
{
    return ngx_http_sluice_whose_number(id, UUID_TEXT_LEN);
}


ngx_uint_t
ngx_http_sluice_whose_mapped(const struct sockaddr *sockaddr)
{
#if (NGX_HAVE_INET6)
    return sockaddr->sa_family == AF_INET6
           && IN6_IS_ADDR_V4MAPPED(
               &((const struct sockaddr_in6 *) sockaddr)->sin6_addr);
#else
    return 0;
#endif
}


uint64_t
ngx_http_sluice_whose(ngx_http_request_t *r)
{
    struct sockaddr_in *sin;
    ngx_http_variable_value_t *user;
    ngx_http_sluice_main_conf_t *smcf;

#if (NGX_HAVE_INET6)
    struct sockaddr_in6 *sin6;
#endif

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);
    user = ngx_http_get_flushed_variable(r, (ngx_uint_t) smcf->user_variable);

    if (user && !user->not_found && user->len) {
        return ngx_http_sluice_whose_number(user->data, user->len);
    }

    switch (r->connection->sockaddr->sa_family) {

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) r->connection->sockaddr;

        if (ngx_http_sluice_whose_mapped(r->connection->sockaddr)) {
            return ngx_http_sluice_whose_number(&sin6->sin6_addr.s6_addr[12],
                                                NGX_HTTP_SLUICE_WHOSE_IPV4);
        }

        return ngx_http_sluice_whose_number(&sin6->sin6_addr,
                                            NGX_HTTP_SLUICE_WHOSE_NET);
#endif

    case AF_INET:
        sin = (struct sockaddr_in *) r->connection->sockaddr;
        return ngx_http_sluice_whose_number(&sin->sin_addr,
                                            sizeof(sin->sin_addr));

    default: /* a socket of this machine */
        return ngx_http_sluice_whose_number("unix", 4);
    }
}


static ngx_http_sluice_whose_t *
ngx_http_sluice_whose_find(ngx_http_sluice_whose_counts_t *counts,
                           ngx_rbtree_key_t key)
{
    ngx_http_sluice_whose_t *one;

    if (!counts->ready) {
        ngx_rbtree_init(&counts->tree, &counts->sentinel,
                        ngx_rbtree_insert_value);
        counts->ready = 1;
    }

    one = (ngx_http_sluice_whose_t *) ngx_sluice_rbtree_find(&counts->tree,
                                                             key);
    if (one) {
        return one;
    }

    one = ngx_calloc(sizeof(ngx_http_sluice_whose_t), ngx_cycle->log);
    if (one == NULL) {
        return NULL;
    }

    one->node.key = key;
    one->counts = counts;
    ngx_rbtree_insert(&counts->tree, &one->node);

    return one;
}


static void
ngx_http_sluice_whose_cleanup(void *data)
{
    ngx_http_sluice_whose_t *one = data;

    if (--one->many == 0) {
        ngx_rbtree_delete(&one->counts->tree, &one->node);
        ngx_free(one);
    }
}


ngx_int_t
ngx_http_sluice_whose_hold(ngx_http_request_t *r,
                           ngx_http_sluice_whose_counts_t *counts,
                           ngx_uint_t most)
{
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_whose_t *one;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    one = ngx_http_sluice_whose_find(
        counts, (ngx_rbtree_key_t) ngx_http_sluice_whose(r));
    if (one == NULL) {
        return NGX_ERROR;
    }

    if (one->many >= most) {
        return NGX_DECLINED;
    }

    one->many++;
    cln->handler = ngx_http_sluice_whose_cleanup;
    cln->data = one;

    return NGX_OK;
}
