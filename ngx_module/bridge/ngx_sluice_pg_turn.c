#include "ngx_sluice_pg_internal.h"
#include "ngx_sluice_rbtree.h"


/* Somebody who has a query here. Goes with the last of them. */

struct ngx_sluice_pg_user_s {
    ngx_rbtree_node_t node; /* its key is the number that stands for him */
    ngx_queue_t queue;      /* in pg->turns, while something waits */
    ngx_queue_t waiting;
    ngx_uint_t nwaiting;
    ngx_uint_t busy; /* connections that he has */
};


void
ngx_sluice_pg_turn_init(ngx_sluice_pg_t *pg)
{
    ngx_rbtree_init(&pg->users, &pg->sentinel, ngx_rbtree_insert_value);
    ngx_queue_init(&pg->turns);
}


/* Half of what there is, rounded up, so that it is something. */

static ngx_uint_t
ngx_sluice_pg_turn_share(const ngx_sluice_pg_user_t *user, ngx_uint_t of)
{
    return user->node.key == NGX_SLUICE_PG_HOUSE ? of : (of + 1) / 2;
}


static ngx_sluice_pg_user_t *
ngx_sluice_pg_turn_user(ngx_sluice_pg_t *pg, ngx_rbtree_key_t key)
{
    ngx_sluice_pg_user_t *user;

    user = (ngx_sluice_pg_user_t *) ngx_sluice_rbtree_find(&pg->users, key);
    if (user) {
        return user;
    }

    user = ngx_calloc(sizeof(ngx_sluice_pg_user_t), ngx_cycle->log);
    if (user == NULL) {
        return NULL;
    }

    user->node.key = key;
    ngx_queue_init(&user->waiting);
    ngx_rbtree_insert(&pg->users, &user->node);

    return user;
}


static void
ngx_sluice_pg_turn_forget(ngx_sluice_pg_t *pg, ngx_sluice_pg_user_t *user)
{
    if (user->busy == 0 && user->nwaiting == 0) {
        ngx_rbtree_delete(&pg->users, &user->node);
        ngx_free(user);
    }
}


static void
ngx_sluice_pg_turn_count(ngx_sluice_pg_t *pg, sluice_status_t status)
{
    if (pg->counts) {
        (void) ngx_atomic_fetch_add(
            status == SLUICE_BUSY ? &pg->counts->busy : &pg->counts->refused,
            1);
    }
}


sluice_status_t
ngx_sluice_pg_turn_wait(ngx_sluice_pg_query_t *query, uint64_t whose)
{
    sluice_status_t status;
    ngx_sluice_pg_t *pg = query->pg;
    ngx_sluice_pg_user_t *user;

    user = ngx_sluice_pg_turn_user(pg, (ngx_rbtree_key_t) whose);
    if (user == NULL) {
        return SLUICE_INTERNAL;
    }

    status = pg->nwaiting >= pg->max_waiting ? SLUICE_BUSY
             : user->nwaiting >= ngx_sluice_pg_turn_share(user, pg->max_waiting)
                 ? SLUICE_TOO_MANY
                 : SLUICE_OK;

    if (status != SLUICE_OK) {
        ngx_sluice_pg_turn_count(pg, status);
        ngx_sluice_pg_turn_forget(pg, user);
        return status;
    }

    query->user = user;
    ngx_queue_insert_tail(&user->waiting, &query->queue);
    pg->nwaiting++;

    if (user->nwaiting++ == 0) {
        ngx_queue_insert_tail(&pg->turns, &user->queue);
    }

    return SLUICE_OK;
}


static void
ngx_sluice_pg_turn_out(ngx_sluice_pg_query_t *query)
{
    ngx_sluice_pg_user_t *user = query->user;

    ngx_queue_remove(&query->queue);
    query->pg->nwaiting--;

    if (--user->nwaiting == 0) {
        ngx_queue_remove(&user->queue);
    }
}


void
ngx_sluice_pg_turn_leave(ngx_sluice_pg_query_t *query)
{
    ngx_sluice_pg_turn_out(query);
    ngx_sluice_pg_turn_forget(query->pg, query->user);
    query->user = NULL;
}


ngx_uint_t
ngx_sluice_pg_turn_may(ngx_sluice_pg_query_t *query)
{
    ngx_sluice_pg_user_t *user = query->user;

    return user->busy < ngx_sluice_pg_turn_share(user, query->pg->pool);
}


static ngx_sluice_pg_query_t *
ngx_sluice_pg_turn_first(ngx_queue_t *turn)
{
    ngx_sluice_pg_user_t *user;

    user = ngx_queue_data(turn, ngx_sluice_pg_user_t, queue);

    return ngx_queue_data(ngx_queue_head(&user->waiting), ngx_sluice_pg_query_t,
                          queue);
}


ngx_sluice_pg_query_t *
ngx_sluice_pg_turn_next(ngx_sluice_pg_t *pg)
{
    ngx_queue_t *q;
    ngx_sluice_pg_user_t *user;
    ngx_sluice_pg_query_t *query;

    for (q = ngx_queue_head(&pg->turns); q != ngx_queue_sentinel(&pg->turns);
         q = ngx_queue_next(q)) {
        query = ngx_sluice_pg_turn_first(q);

        if (!ngx_sluice_pg_turn_may(query)) {
            continue;
        }

        user = query->user;
        user->busy++;
        ngx_sluice_pg_turn_out(query);

        if (user->nwaiting) {
            ngx_queue_remove(q);
            ngx_queue_insert_tail(&pg->turns, q);
        }

        return query;
    }

    return NULL;
}


ngx_sluice_pg_query_t *
ngx_sluice_pg_turn_any(ngx_sluice_pg_t *pg)
{
    return ngx_queue_empty(&pg->turns)
               ? NULL
               : ngx_sluice_pg_turn_first(ngx_queue_head(&pg->turns));
}


void
ngx_sluice_pg_turn_over(ngx_sluice_pg_query_t *query)
{
    query->user->busy--;
    ngx_sluice_pg_turn_forget(query->pg, query->user);
    query->user = NULL;
}


void
ngx_sluice_pg_turn_back(ngx_sluice_pg_query_t *query)
{
    ngx_sluice_pg_user_t *user = query->user;

    user->busy--;
    query->conn = NULL;

    ngx_queue_insert_head(&user->waiting, &query->queue);
    query->pg->nwaiting++;

    if (user->nwaiting++ == 0) {
        ngx_queue_insert_head(&query->pg->turns, &user->queue);
    }
}
