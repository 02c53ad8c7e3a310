#include "ngx_http_sluice_cached.h"

#include "ngx_module/bridge/ngx_sluice_event.h"

#include <ngx_md5.h>


#if (NGX_HTTP_CACHE)

#define NGX_HTTP_SLUICE_CACHED_LOOK 10 /* ms */


static void ngx_http_sluice_cached_look(ngx_event_t *ev);


static ngx_queue_t ngx_http_sluice_cached_waiting;
static ngx_event_t ngx_http_sluice_cached_soon;  /* this turn of the loop */
static ngx_event_t ngx_http_sluice_cached_timer; /* while anybody waits */


/* As ngx_http_file_cache_lookup(), which is nginx's own; under its lock. */

static ngx_http_file_cache_node_t *
ngx_http_sluice_cached_find(const ngx_http_file_cache_t *cache, u_char *key)
{
    ngx_int_t rc;
    ngx_rbtree_key_t first;
    ngx_rbtree_node_t *node = cache->sh->rbtree.root;
    ngx_http_file_cache_node_t *found;

    ngx_memcpy(&first, key, sizeof(ngx_rbtree_key_t));

    while (node != cache->sh->rbtree.sentinel) {
        if (first != node->key) {
            node = first < node->key ? node->left : node->right;
            continue;
        }

        found = (ngx_http_file_cache_node_t *) node;
        rc = ngx_memcmp(key + sizeof(ngx_rbtree_key_t), found->key,
                        NGX_HTTP_CACHE_KEY_LEN - sizeof(ngx_rbtree_key_t));

        if (rc == 0) {
            return found;
        }

        node = rc < 0 ? node->left : node->right;
    }

    return NULL;
}


/* NGX_DECLINED: it ends otherwise */

static ngx_int_t
ngx_http_sluice_cached_key(const ngx_http_cache_t *cache, const ngx_str_t *end,
                           const ngx_str_t *next,
                           u_char out[NGX_HTTP_CACHE_KEY_LEN])
{
    size_t plain;
    ngx_md5_t md5;
    ngx_str_t *keys = cache->keys.elts, *last;
    ngx_uint_t i;

    if (cache->keys.nelts == 0) {
        return NGX_DECLINED;
    }

    last = &keys[cache->keys.nelts - 1];

    if (last->len < end->len) {
        return NGX_DECLINED;
    }

    plain = last->len - end->len;

    if (ngx_memcmp(last->data + plain, end->data, end->len) != 0) {
        return NGX_DECLINED;
    }

    ngx_md5_init(&md5);

    for (i = 0; i + 1 < cache->keys.nelts; i++) {
        ngx_md5_update(&md5, keys[i].data, keys[i].len);
    }

    ngx_md5_update(&md5, last->data, plain);
    ngx_md5_update(&md5, next->data, next->len);
    ngx_md5_final(out, &md5);

    return NGX_OK;
}


/* A fetch that began so long ago that its process must have died is none. */

static ngx_uint_t
ngx_http_sluice_cached_fetched(const ngx_http_file_cache_node_t *node)
{
    return node->updating
           && (ngx_msec_int_t) (node->lock_time - ngx_current_msec) > 0;
}


static ngx_http_file_cache_t *
ngx_http_sluice_cached_zone(ngx_http_request_t *r, const ngx_str_t *zone)
{
    ngx_str_t *name;
    ngx_uint_t i;
    ngx_http_file_cache_t **caches = r->upstream->caches->elts;

    for (i = 0; i < r->upstream->caches->nelts; i++) {
        name = &caches[i]->shm_zone->shm.name;

        if (name->len == zone->len
            && ngx_memcmp(name->data, zone->data, zone->len) == 0) {
            return caches[i];
        }
    }

    return r->cache->file_cache;
}


ngx_uint_t
ngx_http_sluice_cached_hit(ngx_http_request_t *r)
{
    return r->upstream->cache_status == NGX_HTTP_CACHE_HIT;
}


ngx_uint_t
ngx_http_sluice_cached(ngx_http_request_t *r, const ngx_str_t *zone,
                       const ngx_str_t *end, const ngx_str_t *next)
{
    u_char key[NGX_HTTP_CACHE_KEY_LEN];
    ngx_uint_t has;
    ngx_http_file_cache_t *cache;
    ngx_http_file_cache_node_t *node;

    if (r->cache == NULL
        || ngx_http_sluice_cached_key(r->cache, end, next, key) != NGX_OK) {
        return 1;
    }

    cache = ngx_http_sluice_cached_zone(r, zone);

    ngx_shmtx_lock(&cache->shpool->mutex);

    node = ngx_http_sluice_cached_find(cache, key);
    has = node && (node->exists || ngx_http_sluice_cached_fetched(node));

    ngx_shmtx_unlock(&cache->shpool->mutex);

    return has;
}


/* What it waits for may be another process's to fetch, which tells nobody. That
   it is there, nginx looks up anew, with a lock. */

static void
ngx_http_sluice_cached_turn(ngx_http_sluice_cached_wait_t *wait)
{
    ngx_http_cache_t *cache = wait->request->cache;

    if (cache == NULL || !cache->waiting) {
        ngx_queue_remove(&wait->queue);
        wait->queued = 0;
        return;
    }

    if (!ngx_http_sluice_cached_fetched(cache->node)
        && cache->wait_event.timer_set) {
        ngx_del_timer(&cache->wait_event);
        cache->wait_event.handler(&cache->wait_event);
    }
}


/* Who is told may end, and others with it: so each is found anew. */

static void
ngx_http_sluice_cached_look(ngx_event_t *ev)
{
    ngx_queue_t now, *q;

    if (ngx_queue_empty(&ngx_http_sluice_cached_waiting)) {
        return;
    }

    ngx_queue_init(&now);
    ngx_queue_add(&now, &ngx_http_sluice_cached_waiting);
    ngx_queue_init(&ngx_http_sluice_cached_waiting);

    while (!ngx_queue_empty(&now)) {
        q = ngx_queue_head(&now);
        ngx_queue_remove(q);
        ngx_queue_insert_tail(&ngx_http_sluice_cached_waiting, q);

        ngx_http_sluice_cached_turn(
            ngx_queue_data(q, ngx_http_sluice_cached_wait_t, queue));
    }

    if (!ngx_queue_empty(&ngx_http_sluice_cached_waiting)
        && !ngx_http_sluice_cached_timer.timer_set) {
        ngx_add_timer(&ngx_http_sluice_cached_timer,
                      NGX_HTTP_SLUICE_CACHED_LOOK);
    }
}


static void
ngx_http_sluice_cached_leave(void *data)
{
    ngx_http_sluice_cached_wait_t *wait = data;

    if (wait->queued) {
        ngx_queue_remove(&wait->queue);
    }
}


/* The request opens the cache when this has returned: whether it waits then,
   the end of this turn of the loop knows. */

ngx_int_t
ngx_http_sluice_cached_await(ngx_http_request_t *r,
                             ngx_http_sluice_cached_wait_t *wait)
{
    ngx_pool_cleanup_t *cln;

    if (ngx_http_sluice_cached_soon.handler == NULL) {
        ngx_queue_init(&ngx_http_sluice_cached_waiting);
        ngx_sluice_event_timer(&ngx_http_sluice_cached_soon,
                               ngx_http_sluice_cached_look);
        ngx_sluice_event_timer(&ngx_http_sluice_cached_timer,
                               ngx_http_sluice_cached_look);
    }

    if (!wait->kept) {
        cln = ngx_pool_cleanup_add(r->pool, 0);
        if (cln == NULL) {
            return NGX_ERROR;
        }

        cln->handler = ngx_http_sluice_cached_leave;
        cln->data = wait;
        wait->kept = 1;
    }

    wait->request = r;

    if (!wait->queued) {
        ngx_queue_insert_tail(&ngx_http_sluice_cached_waiting, &wait->queue);
        wait->queued = 1;
    }

    ngx_post_event(&ngx_http_sluice_cached_soon, &ngx_posted_events);

    return NGX_OK;
}


#else

ngx_uint_t
ngx_http_sluice_cached(ngx_http_request_t *r, const ngx_str_t *zone,
                       const ngx_str_t *end, const ngx_str_t *next)
{
    return 1;
}


ngx_uint_t
ngx_http_sluice_cached_hit(ngx_http_request_t *r)
{
    return 1;
}


ngx_int_t
ngx_http_sluice_cached_await(ngx_http_request_t *r,
                             ngx_http_sluice_cached_wait_t *wait)
{
    return NGX_OK;
}

#endif
