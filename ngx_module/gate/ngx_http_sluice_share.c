#include "ngx_http_sluice_share.h"

#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/zone/ngx_http_sluice_revocation.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/status.h"
#include "core/grant/grant.h"
#include "core/table/budget.h"


#define NGX_HTTP_SLUICE_SHARE_SKEW 60 /* s between the clocks of machines */
#define NGX_HTTP_SLUICE_SHARE_PREFIX "sluice:budget:"
#define NGX_HTTP_SLUICE_SHARE_KEY_MAX \
    (sizeof(NGX_HTTP_SLUICE_SHARE_PREFIX "u:") + GRANT_JTI_MAX)


/* Outlives the request, so that what comes back too late is given back. */

struct ngx_http_sluice_share_ask_s {
    ngx_http_sluice_share_t *share; /* NULL: the request has ended */
    ngx_sluice_redis_t *redis;
    uint64_t want;
    ngx_uint_t uncounted;
    ngx_str_t id;
    u_char text[1]; /* the id */
};


static void ngx_http_sluice_share_away(ngx_http_sluice_share_t *share,
                                       uint64_t want, sluice_status_t status);
static void ngx_http_sluice_share_put_back(ngx_str_t *id, uint64_t amount,
                                           ngx_uint_t uncounted);
static ngx_http_sluice_share_ask_t *
ngx_http_sluice_share_ask(ngx_http_sluice_share_t *share,
                          ngx_sluice_redis_t *redis, uint64_t want);
static void ngx_http_sluice_share_answer(void *data, sluice_status_t status,
                                         ngx_str_t *text);
static void ngx_http_sluice_share_give(ngx_sluice_redis_t *redis, ngx_str_t *id,
                                       uint64_t amount);
static sluice_status_t
ngx_http_sluice_share_eval(ngx_sluice_redis_t *redis, ngx_uint_t kept,
                           ngx_str_t *script, ngx_str_t *id, uint64_t amount,
                           uint64_t limit, time_t exp,
                           ngx_sluice_redis_handler_pt handler, void *data);
static uint64_t ngx_http_sluice_share_unsent(ngx_http_sluice_share_t *share);
static void ngx_http_sluice_share_cleanup(void *data);


/* KEYS[1] counts what was taken; want, limit, expiry -> "<taken> <rest>" */

static ngx_str_t ngx_http_sluice_share_take_script = ngx_string(
    "local used = tonumber(redis.call('GET', KEYS[1]) or '0') "
    "local rest = tonumber(ARGV[2]) - used "
    "local take = math.min(tonumber(ARGV[1]), rest) "
    "if take <= 0 then return '0 0' end "
    "redis.call('INCRBY', KEYS[1], string.format('%.0f', take)) "
    "redis.call('EXPIREAT', KEYS[1], ARGV[3]) "
    "return string.format('%.0f %.0f', take, rest - take)");

static ngx_str_t ngx_http_sluice_share_give_script = ngx_string(
    "local used = tonumber(redis.call('GET', KEYS[1]) or '0') "
    "local give = math.min(tonumber(ARGV[1]), used) "
    "if give > 0 then "
    "redis.call('DECRBY', KEYS[1], string.format('%.0f', give)) end "
    "return ''");


ngx_http_sluice_share_t *
ngx_http_sluice_share_create(ngx_http_request_t *r, u_char kind,
                             const ngx_str_t *id, const ngx_str_t *owner,
                             uint64_t limit, time_t exp)
{
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_share_t *share;

    share = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_share_t));
    if (share == NULL) {
        return NULL;
    }

    share->id.len = id->len + 2;
    share->id.data = ngx_pnalloc(r->pool, share->id.len + owner->len);
    if (share->id.data == NULL) {
        return NULL;
    }

    share->id.data[0] = kind;
    share->id.data[1] = ':';
    ngx_memcpy(share->id.data + 2, id->data, id->len);

    share->owner.len = owner->len;
    share->owner.data = share->id.data + share->id.len;
    ngx_memcpy(share->owner.data, owner->data, owner->len);

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_sluice_share_cleanup;
    cln->data = share;

    share->request = r;
    share->limit = limit;
    share->exp = exp;

    return share;
}


/* What the zone lets have of it; BUDGET_NO_ROOM when nobody counts it. */

static uint64_t
ngx_http_sluice_share_here(ngx_http_sluice_share_t *share, uint64_t want,
                           ngx_uint_t redis)
{
    uint64_t room;
    budget_link_t link;

    link.id = share->id.data;
    link.len = share->id.len;
    link.owner = share->owner.len ? share->owner.data : NULL;
    link.owner_len = share->owner.len;
    link.exp = share->exp;

    room = ngx_http_sluice_zone_take(&link, want, share->limit);

    if (room != BUDGET_NO_ROOM || !redis) {
        return room;
    }

    ngx_http_sluice_zone_pass(&link);
    share->uncounted = 1;

    return want;
}


/* Uses may wait for replicas, which bytes do not wait for. */

static ngx_sluice_redis_t *
ngx_http_sluice_share_redis(ngx_http_sluice_share_t *share)
{
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(share->request,
                                         ngx_http_sluice_module);

    return share->final && smcf->redis_uses ? smcf->redis_uses : smcf->redis;
}


ngx_int_t
ngx_http_sluice_share_take(ngx_http_sluice_share_t *share, uint64_t want)
{
    sluice_status_t status;
    ngx_sluice_redis_t *redis;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(share->request,
                                         ngx_http_sluice_module);
    redis = ngx_http_sluice_share_redis(share);

    share->status = SLUICE_OK;
    want = ngx_min(want, share->limit);

    if (want) {
        want = ngx_http_sluice_share_here(share, want, redis != NULL);
    }

    if (want == BUDGET_NO_ROOM) {
        share->status = SLUICE_BUSY;
        return NGX_OK;
    }

    if (want == 0) {
        return NGX_OK;
    }

    if (redis == NULL) {
        share->left += want;
        share->local += want;
        return NGX_OK;
    }

    share->ask = ngx_http_sluice_share_ask(share, redis, want);
    if (share->ask == NULL) {
        ngx_http_sluice_share_put_back(&share->id, want, share->uncounted);
        share->status = SLUICE_INTERNAL;
        return NGX_OK;
    }

    status = ngx_http_sluice_share_eval(
        redis, redis == smcf->redis_uses, &ngx_http_sluice_share_take_script,
        &share->id, want, share->limit, share->exp,
        ngx_http_sluice_share_answer, share->ask);

    if (status != SLUICE_OK) {
        ngx_free(share->ask);
        share->ask = NULL;

        ngx_http_sluice_share_away(share, want, status);
        return NGX_OK;
    }

    return NGX_AGAIN;
}


static void
ngx_http_sluice_share_away(ngx_http_sluice_share_t *share, uint64_t want,
                           sluice_status_t status)
{
    if (share->alone && !share->uncounted) {
        share->left += want;
        share->local += want;
        return;
    }

    ngx_http_sluice_share_put_back(&share->id, want, share->uncounted);
    share->status = status;
}


/* Of what the zone did not count in part, it gets nothing back. */

static void
ngx_http_sluice_share_put_back(ngx_str_t *id, uint64_t amount,
                               ngx_uint_t uncounted)
{
    if (amount && !uncounted) {
        ngx_http_sluice_zone_give((char *) id->data, id->len, amount);
    }
}


static ngx_http_sluice_share_ask_t *
ngx_http_sluice_share_ask(ngx_http_sluice_share_t *share,
                          ngx_sluice_redis_t *redis, uint64_t want)
{
    ngx_http_sluice_share_ask_t *ask;

    ask = ngx_alloc(sizeof(ngx_http_sluice_share_ask_t) + share->id.len,
                    share->request->connection->log);
    if (ask == NULL) {
        return NULL;
    }

    ask->share = share;
    ask->redis = redis;
    ask->want = want;
    ask->uncounted = share->uncounted;
    ask->id.len = share->id.len;
    ask->id.data = ask->text;
    ngx_memcpy(ask->text, share->id.data, share->id.len);

    return ask;
}


static void
ngx_http_sluice_share_answer(void *data, sluice_status_t status,
                             ngx_str_t *text)
{
    u_char *space;
    uint64_t taken, rest;
    ngx_http_sluice_share_t *share;
    ngx_http_sluice_share_ask_t *ask = data;

    share = ask->share;
    taken = 0;
    rest = 0;

    space = ngx_strlchr(text->data, text->data + text->len, ' ');

    if (space) {
        taken = (uint64_t) ngx_max(
            ngx_atoof(text->data, (size_t) (space - text->data)), 0);
        rest = (uint64_t) ngx_max(
            ngx_atoof(space + 1, (size_t) (text->data + text->len - space - 1)),
            0);
    }

    if (share == NULL) {
        /* nobody was let in for it */
        ngx_http_sluice_share_put_back(&ask->id, ask->want, ask->uncounted);
        ngx_http_sluice_share_give(ask->redis, &ask->id, taken);
        ngx_free(ask);
        return;
    }

    share->ask = NULL;

    if (status != SLUICE_OK) {
        if (!share->alone || share->uncounted) {
            /* no replica has it: it is taken back where it was taken */
            ngx_http_sluice_share_give(ask->redis, &ask->id, taken);
        }

        ngx_http_sluice_share_away(share, ask->want, status);

    } else {
        taken = ngx_min(taken, ask->want);

        if (share->epoch == 0) {
            share->epoch = ngx_sluice_redis_epoch(ask->redis);
        }

        ngx_http_sluice_share_put_back(&share->id, ask->want - taken,
                                       share->uncounted);
        share->left += taken;

        if (share->final && taken && rest == 0) {
            /* what Redis may forget, the machines do not; who got nothing
               cannot tell whether another gives back what he has got */
            ngx_http_sluice_revocation_spent(&share->id, share->exp);
        }
    }

    ngx_free(ask);

    share->handler(share);
}


static void
ngx_http_sluice_share_give(ngx_sluice_redis_t *redis, ngx_str_t *id,
                           uint64_t amount)
{
    if (amount) {
        (void) ngx_http_sluice_share_eval(redis, 0,
                                          &ngx_http_sluice_share_give_script,
                                          id, amount, 0, 0, NULL, NULL);
    }
}


/* EVAL script 1 sluice:budget:<id> amount limit expiry */

static sluice_status_t
ngx_http_sluice_share_eval(ngx_sluice_redis_t *redis, ngx_uint_t kept,
                           ngx_str_t *script, ngx_str_t *id, uint64_t amount,
                           uint64_t limit, time_t exp,
                           ngx_sluice_redis_handler_pt handler, void *data)
{
    u_char key[NGX_HTTP_SLUICE_SHARE_KEY_MAX], *p;
    u_char numbers[3][NGX_INT64_LEN];
    ngx_str_t argv[7];
    ngx_uint_t i;
    uint64_t values[3] = { amount, limit,
                           (uint64_t) exp + NGX_HTTP_SLUICE_SHARE_SKEW };

    ngx_str_set(&argv[0], "EVAL");
    argv[1] = *script;
    ngx_str_set(&argv[2], "1");

    p = ngx_slprintf(key, key + sizeof(key), NGX_HTTP_SLUICE_SHARE_PREFIX "%V",
                     id);
    argv[3].data = key;
    argv[3].len = (size_t) (p - key);

    for (i = 0; i < 3; i++) {
        argv[4 + i].data = numbers[i];
        argv[4 + i].len = (size_t) (ngx_sprintf(numbers[i], "%uL", values[i])
                                    - numbers[i]);
    }

    return kept ? ngx_sluice_redis_command_kept(redis, 7, argv, handler, data)
                : ngx_sluice_redis_command(redis, 7, argv, handler, data, NULL);
}


/* Of the bytes that were let go, what the socket has not taken: the client left
   in the middle. */

static uint64_t
ngx_http_sluice_share_unsent(ngx_http_sluice_share_t *share)
{
    off_t sent;
    ngx_http_request_t *r;

    r = share->request->main;
    sent = ngx_max(r->connection->sent - (off_t) r->header_size, 0);

    return share->gone > (uint64_t) sent ? share->gone - (uint64_t) sent : 0;
}


static void
ngx_http_sluice_share_cleanup(void *data)
{
    ngx_sluice_redis_t *redis;
    ngx_http_sluice_share_t *share = data;

    if (share->ask) {
        share->ask->share = NULL;
        share->ask = NULL;
    }

    share->left += ngx_http_sluice_share_unsent(share);
    ngx_http_sluice_share_put_back(&share->id, share->left, share->uncounted);

    redis = ngx_http_sluice_share_redis(share);

    if (redis && share->epoch == ngx_sluice_redis_epoch(redis)) {
        ngx_http_sluice_share_give(redis, &share->id,
                                   share->left
                                       - ngx_min(share->left, share->local));
    }
}
