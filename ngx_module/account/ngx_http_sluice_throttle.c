#include "ngx_http_sluice_throttle.h"
#include "ngx_http_sluice_session.h"

#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice_whose.h"
#include "core/account/device.h"
#include "core/base/status.h"


/* What a client and a network may have wrong at once, and seconds for one
   more. */
#define NGX_HTTP_SLUICE_THROTTLE_CLIENT "100", "10"
#define NGX_HTTP_SLUICE_THROTTLE_NETWORK "300", "3"


/* KEYS: the account, the client, the network, and what of the account is being
   looked at; ARGV: of client and network how many at once, and seconds for one
   more. Each of the three begins with these lines. */

#define NGX_HTTP_SLUICE_THROTTLE_LUA                                          \
    "local now = tonumber(redis.call('TIME')[1]) "                            \
    "local function get(key) return tonumber(redis.call('GET', key) or '0') " \
    "end "                                                                    \
    "local function of(name) "                                                \
    "return tonumber(redis.call('HGET', KEYS[1], name) or '0') end "          \
    "local function set(i, empty) redis.call('SET', KEYS[i], "                \
    "string.format('%d', empty), 'EX', ARGV[2*i-3] * ARGV[2*i-2]) end "       \
    "local function looked() "                                                \
    "if get(KEYS[4]) > 0 then redis.call('DECR', KEYS[4]) end end "

/* -> for how many seconds nobody may try; 0: look at it */

static ngx_str_t ngx_http_sluice_throttle_try_script = ngx_string(
    NGX_HTTP_SLUICE_THROTTLE_LUA
    "local wait = of('until') - now "
    "if of('n') >= 5 and get(KEYS[4]) > 0 then "
    "wait = math.max(wait, 1) end "
    "for i = 2, 3 do wait = math.max(wait, get(KEYS[i]) - now "
    "- (ARGV[2*i-3] - 1) * ARGV[2*i-2]) end "
    "if wait > 0 then return string.format('%d', wait) end "
    "redis.call('INCR', KEYS[4]) redis.call('EXPIRE', KEYS[4], 60) "
    "return '0'");

static ngx_str_t ngx_http_sluice_throttle_wrong_script = ngx_string(
    NGX_HTTP_SLUICE_THROTTLE_LUA
    "looked() "
    "local n = redis.call('HINCRBY', KEYS[1], 'n', 1) "
    "if n > 5 then redis.call('HSET', KEYS[1], 'until', "
    "string.format('%d', now + math.min(2 ^ (n - 5), 900))) end "
    "redis.call('EXPIRE', KEYS[1], 86400) "
    "for i = 2, 3 do set(i, math.max(get(KEYS[i]), now) + ARGV[2*i-2]) end "
    "return ''");

static ngx_str_t ngx_http_sluice_throttle_right_script = ngx_string(
    NGX_HTTP_SLUICE_THROTTLE_LUA
    "looked() redis.call('DEL', KEYS[1]) return ''");


/* "sluice:tries:a:<digest>": who reads Redis learns no address. */

static void
ngx_http_sluice_throttle_key(u_char *key, u_char kind, const void *name,
                             size_t len, unsigned char digest[SHA256_SIZE])
{
    u_char *p;
    sha256_t sha;

    sha256_init(&sha);
    sha256_update(&sha, &kind, 1);
    sha256_update(&sha, name, len);
    sha256_digest(&sha, digest);

    p = ngx_sprintf(key, "sluice:tries:%c:", kind);
    p = ngx_hex_dump(p, digest, SHA256_SIZE);
    *p = '\0';
}


/* The client's address, and how much of it is his and his network's. */

static ngx_str_t
ngx_http_sluice_throttle_client(ngx_http_request_t *r, size_t *own, size_t *net)
{
    ngx_str_t name;
    struct sockaddr *sockaddr = r->connection->sockaddr;

    static ngx_str_t local = ngx_string("unix");

    switch (sockaddr->sa_family) {

#if (NGX_HAVE_INET6)
    case AF_INET6:
        name.data = (u_char *) &((struct sockaddr_in6 *) sockaddr)->sin6_addr;
        name.len = 16;

        if (ngx_http_sluice_whose_mapped(sockaddr)) {
            name.data += 12;
            name.len = 4;
            *own = 4;
            *net = 3;
            return name;
        }

        *own = 8;
        *net = 6;
        return name;
#endif

    case AF_INET:
        name.data = (u_char *) &((struct sockaddr_in *) sockaddr)->sin_addr;
        name.len = 4;
        *own = 4;
        *net = 3;
        return name;

    default: /* a socket of this machine */
        *own = *net = local.len;
        return local;
    }
}


/* The names that it is counted by. */

static ngx_int_t
ngx_http_sluice_throttle_names(ngx_http_request_t *r,
                               ngx_http_sluice_throttle_t *throttle,
                               const char *account)
{
    u_char *p, kind = 'a', device[DEVICE_BYTES];
    size_t own, net;
    uint64_t whose = ngx_http_sluice_whose(r);
    ngx_str_t client;
    unsigned char digest[SHA256_SIZE];

    ngx_http_sluice_throttle_key(throttle->key[0], kind, account,
                                 ngx_strlen(account), throttle->account);
    ngx_memcpy(digest, throttle->account, SHA256_SIZE);

    if (ngx_http_sluice_session_device(r, throttle->account, device)) {
        kind = 'd';
        ngx_http_sluice_throttle_key(throttle->key[0], kind, device,
                                     sizeof(device), digest);
    }

    p = ngx_pnalloc(r->pool, SHA256_SIZE + sizeof(whose));
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, digest, SHA256_SIZE);
    ngx_memcpy(p + SHA256_SIZE, &whose, sizeof(whose));

    throttle->tried[NGX_HTTP_SLUICE_TRIES_OF_ALL].data = p;
    throttle->tried[NGX_HTTP_SLUICE_TRIES_OF_ALL].len = SHA256_SIZE;
    throttle->tried[NGX_HTTP_SLUICE_TRIES_OF_ONE].data = p;
    throttle->tried[NGX_HTTP_SLUICE_TRIES_OF_ONE].len = SHA256_SIZE
                                                        + sizeof(whose);

    client = ngx_http_sluice_throttle_client(r, &own, &net);
    ngx_http_sluice_throttle_key(throttle->key[1], 'c', client.data, own,
                                 digest);
    ngx_http_sluice_throttle_key(throttle->key[2], 'n', client.data, net,
                                 digest);

    ngx_cpystrn(throttle->key[3], throttle->key[0], sizeof(throttle->key[3]));
    throttle->key[3][sizeof("sluice:tries:") - 1] = kind == 'a' ? 'p' : 'q';

    return NGX_OK;
}


static sluice_status_t
ngx_http_sluice_throttle_eval(ngx_http_request_t *r,
                              ngx_http_sluice_throttle_t *throttle,
                              const ngx_str_t *script,
                              ngx_http_sluice_reply_pt handler)
{
    ngx_str_t argv[11];
    ngx_uint_t i;
    ngx_http_sluice_main_conf_t *smcf;

    static const char *const bounds[] = { NGX_HTTP_SLUICE_THROTTLE_CLIENT,
                                          NGX_HTTP_SLUICE_THROTTLE_NETWORK };

    ngx_str_set(&argv[0], "EVAL");
    argv[1] = *script;
    ngx_str_set(&argv[2], "4");

    for (i = 0; i < NGX_HTTP_SLUICE_THROTTLE_KEYS; i++) {
        argv[3 + i].data = throttle->key[i];
        argv[3 + i].len = ngx_strlen(throttle->key[i]);
    }

    for (i = 0; i < 4; i++) {
        argv[7 + i].data = (u_char *) bounds[i];
        argv[7 + i].len = ngx_strlen(bounds[i]);
    }

    if (handler) {
        return ngx_http_sluice_redis(r, 11, argv, handler, throttle);
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    return ngx_sluice_redis_command(smcf->redis, 11, argv, NULL, NULL, NULL);
}


/* A right one is not looked at either, or it would tell itself from the
   others. */

static ngx_int_t
ngx_http_sluice_throttle_refuse(ngx_http_request_t *r,
                                const ngx_http_sluice_throttle_t *throttle,
                                time_t wait)
{
    return ngx_http_sluice_retry_after(r, wait) != NGX_OK
               ? NGX_HTTP_INTERNAL_SERVER_ERROR
               : ngx_http_sluice_problem(r, SLUICE_TOO_MANY,
                                         throttle->passkey
                                             ? "Too many passkeys were wrong: "
                                               "come back later."
                                             : "Too many passwords for this "
                                               "account were wrong: come back "
                                               "later.",
                                         NULL);
}


static void
ngx_http_sluice_throttle_answer(ngx_http_request_t *r, void *data,
                                sluice_status_t status, const ngx_str_t *text)
{
    ngx_int_t wait = 0;
    ngx_http_sluice_throttle_t *throttle = data;

    if (status == SLUICE_OK) {
        wait = ngx_atoi(text->data, text->len);
        throttle->counted = (wait == 0);
    }

    if (wait > 0) {
        ngx_http_sluice_finish(
            r, ngx_http_sluice_throttle_refuse(r, throttle, wait));
        return;
    }

    throttle->go(r, throttle->data);
}


ngx_int_t
ngx_http_sluice_throttle(ngx_http_request_t *r,
                         ngx_http_sluice_throttle_t *throttle,
                         const char *account)
{
    time_t wait = 0;
    ngx_uint_t of;

    if (ngx_http_sluice_throttle_names(r, throttle, account) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (of = 0; of < NGX_HTTP_SLUICE_TRIES; of++) {
        wait = ngx_max(wait,
                       ngx_http_sluice_zone_wait((ngx_http_sluice_tries_t) of,
                                                 &throttle->tried[of]));
    }

    if (wait) {
        return ngx_http_sluice_throttle_refuse(r, throttle, wait);
    }

    return ngx_http_sluice_throttle_eval(r, throttle,
                                         &ngx_http_sluice_throttle_try_script,
                                         ngx_http_sluice_throttle_answer)
                   == SLUICE_OK
               ? NGX_DONE
               : NGX_DECLINED;
}


void
ngx_http_sluice_throttle_right(ngx_http_request_t *r,
                               ngx_http_sluice_throttle_t *throttle)
{
    if (throttle->counted) {
        (void) ngx_http_sluice_throttle_eval(
            r, throttle, &ngx_http_sluice_throttle_right_script, NULL);
    }

    if (!throttle->passkey) {
        ngx_http_sluice_session_know(r, throttle->account);
    }
}


static void
ngx_http_sluice_throttle_counted(ngx_http_request_t *r, void *data,
                                 sluice_status_t status, const ngx_str_t *text)
{
    ngx_http_sluice_throttle_t *throttle = data;

    throttle->told(r, throttle->data);
}


ngx_int_t
ngx_http_sluice_throttle_wrong(ngx_http_request_t *r,
                               ngx_http_sluice_throttle_t *throttle)
{
    ngx_uint_t of;

    for (of = 0; of < NGX_HTTP_SLUICE_TRIES; of++) {
        ngx_http_sluice_zone_wrong((ngx_http_sluice_tries_t) of,
                                   &throttle->tried[of]);
    }

    return throttle->counted
                   && ngx_http_sluice_throttle_eval(
                          r, throttle, &ngx_http_sluice_throttle_wrong_script,
                          ngx_http_sluice_throttle_counted)
                          == SLUICE_OK
               ? NGX_DONE
               : NGX_DECLINED;
}
