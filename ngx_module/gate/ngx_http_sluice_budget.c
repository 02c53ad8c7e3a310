#include "ngx_http_sluice_budget.h"

#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/zone/ngx_http_sluice_revocation.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/status.h"
#include "core/grant/grant.h"
#include "core/table/budget.h"


#define NGX_HTTP_SLUICE_BUDGET_SKEW 60 /* s between the clocks of machines */
#define NGX_HTTP_SLUICE_BUDGET_PREFIX "sluice:budget:"
#define NGX_HTTP_SLUICE_BUDGET_KEY_MAX \
    (sizeof(NGX_HTTP_SLUICE_BUDGET_PREFIX "u:") + GRANT_JTI_MAX)


/* Outlives the request, so that what comes back too late is given back. */

struct ngx_http_sluice_budget_ask_s {
    ngx_http_sluice_budget_t *budget; /* NULL: the request has ended */
    ngx_sluice_redis_t *redis;
    uint64_t want;
    ngx_str_t id;
    u_char text[1]; /* the id */
};


static void ngx_http_sluice_budget_away(ngx_http_sluice_budget_t *budget,
                                        uint64_t want, sluice_status_t status);
static void ngx_http_sluice_budget_put_back(ngx_str_t *id, uint64_t amount);
static ngx_http_sluice_budget_ask_t *
ngx_http_sluice_budget_ask(ngx_http_sluice_budget_t *budget,
                           ngx_sluice_redis_t *redis, uint64_t want);
static void ngx_http_sluice_budget_answer(void *data, sluice_status_t status,
                                          ngx_str_t *text);
static void ngx_http_sluice_budget_give(ngx_sluice_redis_t *redis,
                                        ngx_str_t *id, uint64_t amount);
static sluice_status_t
ngx_http_sluice_budget_eval(ngx_sluice_redis_t *redis, ngx_str_t *script,
                            ngx_str_t *id, uint64_t amount, uint64_t limit,
                            time_t exp, ngx_sluice_redis_handler_pt handler,
                            void *data);
static uint64_t ngx_http_sluice_budget_unsent(ngx_http_sluice_budget_t *budget);
static void ngx_http_sluice_budget_cleanup(void *data);


/* KEYS[1] counts what was taken; want, limit, expiry -> "<taken> <rest>" */

static ngx_str_t ngx_http_sluice_budget_take_script = ngx_string(
    "local used = tonumber(redis.call('GET', KEYS[1]) or '0') "
    "local rest = tonumber(ARGV[2]) - used "
    "local take = math.min(tonumber(ARGV[1]), rest) "
    "if take <= 0 then return '0 0' end "
    "redis.call('INCRBY', KEYS[1], string.format('%.0f', take)) "
    "redis.call('EXPIREAT', KEYS[1], ARGV[3]) "
    "return string.format('%.0f %.0f', take, rest - take)");

static ngx_str_t ngx_http_sluice_budget_give_script = ngx_string(
    "local used = tonumber(redis.call('GET', KEYS[1]) or '0') "
    "local give = math.min(tonumber(ARGV[1]), used) "
    "if give > 0 then "
    "redis.call('DECRBY', KEYS[1], string.format('%.0f', give)) end "
    "return ''");


ngx_http_sluice_budget_t *
ngx_http_sluice_budget_create(ngx_http_request_t *r, u_char kind,
                              const ngx_str_t *id, uint64_t limit, time_t exp)
{
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_budget_t *budget;

    budget = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_budget_t));
    if (budget == NULL) {
        return NULL;
    }

    budget->id.len = id->len + 2;
    budget->id.data = ngx_pnalloc(r->pool, budget->id.len);
    if (budget->id.data == NULL) {
        return NULL;
    }

    budget->id.data[0] = kind;
    budget->id.data[1] = ':';
    ngx_memcpy(budget->id.data + 2, id->data, id->len);

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_sluice_budget_cleanup;
    cln->data = budget;

    budget->request = r;
    budget->limit = limit;
    budget->exp = exp;

    return budget;
}


ngx_int_t
ngx_http_sluice_budget_take(ngx_http_sluice_budget_t *budget, uint64_t want)
{
    uint64_t room;
    sluice_status_t status;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(budget->request,
                                         ngx_http_sluice_module);

    budget->status = SLUICE_OK;
    want = ngx_min(want, budget->limit);
    room = want ? ngx_http_sluice_zone_take((char *) budget->id.data,
                                            budget->id.len, want, budget->limit,
                                            budget->exp)
                : 0;

    if (room == BUDGET_NO_ROOM) {
        budget->status = SLUICE_BUSY;
        return NGX_OK;
    }

    want = room;

    if (want == 0) {
        return NGX_OK;
    }

    if (smcf->redis == NULL) {
        budget->left += want;
        budget->local += want;
        return NGX_OK;
    }

    budget->ask = ngx_http_sluice_budget_ask(budget, smcf->redis, want);
    if (budget->ask == NULL) {
        ngx_http_sluice_budget_put_back(&budget->id, want);
        budget->status = SLUICE_INTERNAL;
        return NGX_OK;
    }

    status = ngx_http_sluice_budget_eval(
        smcf->redis, &ngx_http_sluice_budget_take_script, &budget->id, want,
        budget->limit, budget->exp, ngx_http_sluice_budget_answer, budget->ask);

    if (status != SLUICE_OK) {
        ngx_free(budget->ask);
        budget->ask = NULL;

        ngx_http_sluice_budget_away(budget, want, status);
        return NGX_OK;
    }

    return NGX_AGAIN;
}


static void
ngx_http_sluice_budget_away(ngx_http_sluice_budget_t *budget, uint64_t want,
                            sluice_status_t status)
{
    if (budget->alone) {
        budget->left += want;
        budget->local += want;
        return;
    }

    ngx_http_sluice_budget_put_back(&budget->id, want);
    budget->status = status;
}


static void
ngx_http_sluice_budget_put_back(ngx_str_t *id, uint64_t amount)
{
    if (amount) {
        ngx_http_sluice_zone_give((char *) id->data, id->len, amount);
    }
}


static ngx_http_sluice_budget_ask_t *
ngx_http_sluice_budget_ask(ngx_http_sluice_budget_t *budget,
                           ngx_sluice_redis_t *redis, uint64_t want)
{
    ngx_http_sluice_budget_ask_t *ask;

    ask = ngx_alloc(sizeof(ngx_http_sluice_budget_ask_t) + budget->id.len,
                    budget->request->connection->log);
    if (ask == NULL) {
        return NULL;
    }

    ask->budget = budget;
    ask->redis = redis;
    ask->want = want;
    ask->id.len = budget->id.len;
    ask->id.data = ask->text;
    ngx_memcpy(ask->text, budget->id.data, budget->id.len);

    return ask;
}


static void
ngx_http_sluice_budget_answer(void *data, sluice_status_t status,
                              ngx_str_t *text)
{
    u_char *space;
    uint64_t taken, rest;
    ngx_http_sluice_budget_t *budget;
    ngx_http_sluice_budget_ask_t *ask = data;

    budget = ask->budget;
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

    if (budget == NULL) {
        /* nobody was let in for it */
        ngx_http_sluice_budget_put_back(&ask->id, ask->want);
        ngx_http_sluice_budget_give(ask->redis, &ask->id, taken);
        ngx_free(ask);
        return;
    }

    budget->ask = NULL;

    if (status != SLUICE_OK) {
        ngx_http_sluice_budget_away(budget, ask->want, status);

    } else {
        taken = ngx_min(taken, ask->want);

        ngx_http_sluice_budget_put_back(&budget->id, ask->want - taken);
        budget->left += taken;

        if (budget->final && taken && rest == 0) {
            /* what Redis may forget, the machines do not; who got nothing
               cannot tell whether another gives back what he has got */
            ngx_http_sluice_revocation_spent(&budget->id, budget->exp);
        }
    }

    ngx_free(ask);

    budget->handler(budget);
}


static void
ngx_http_sluice_budget_give(ngx_sluice_redis_t *redis, ngx_str_t *id,
                            uint64_t amount)
{
    if (amount) {
        (void) ngx_http_sluice_budget_eval(redis,
                                           &ngx_http_sluice_budget_give_script,
                                           id, amount, 0, 0, NULL, NULL);
    }
}


/* EVAL script 1 sluice:budget:<id> amount limit expiry */

static sluice_status_t
ngx_http_sluice_budget_eval(ngx_sluice_redis_t *redis, ngx_str_t *script,
                            ngx_str_t *id, uint64_t amount, uint64_t limit,
                            time_t exp, ngx_sluice_redis_handler_pt handler,
                            void *data)
{
    u_char key[NGX_HTTP_SLUICE_BUDGET_KEY_MAX], *p;
    u_char numbers[3][NGX_INT64_LEN];
    ngx_str_t argv[7];
    ngx_uint_t i;
    uint64_t values[3] = { amount, limit,
                           (uint64_t) exp + NGX_HTTP_SLUICE_BUDGET_SKEW };

    ngx_str_set(&argv[0], "EVAL");
    argv[1] = *script;
    ngx_str_set(&argv[2], "1");

    p = ngx_slprintf(key, key + sizeof(key), NGX_HTTP_SLUICE_BUDGET_PREFIX "%V",
                     id);
    argv[3].data = key;
    argv[3].len = (size_t) (p - key);

    for (i = 0; i < 3; i++) {
        argv[4 + i].data = numbers[i];
        argv[4 + i].len = (size_t) (ngx_sprintf(numbers[i], "%uL", values[i])
                                    - numbers[i]);
    }

    return ngx_sluice_redis_command(redis, 7, argv, handler, data, NULL);
}


/* Of the bytes that were let go, what the socket has not taken: the client left
   in the middle. */

static uint64_t
ngx_http_sluice_budget_unsent(ngx_http_sluice_budget_t *budget)
{
    off_t sent;
    ngx_http_request_t *r;

    r = budget->request->main;
    sent = ngx_max(r->connection->sent - (off_t) r->header_size, 0);

    return budget->gone > (uint64_t) sent ? budget->gone - (uint64_t) sent : 0;
}


static void
ngx_http_sluice_budget_cleanup(void *data)
{
    ngx_http_sluice_budget_t *budget = data;

    ngx_http_sluice_main_conf_t *smcf;

    if (budget->ask) {
        budget->ask->budget = NULL;
        budget->ask = NULL;
    }

    budget->left += ngx_http_sluice_budget_unsent(budget);
    ngx_http_sluice_budget_put_back(&budget->id, budget->left);

    smcf = ngx_http_get_module_main_conf(budget->request,
                                         ngx_http_sluice_module);

    if (smcf->redis) {
        ngx_http_sluice_budget_give(smcf->redis, &budget->id,
                                    budget->left
                                        - ngx_min(budget->left, budget->local));
    }
}
