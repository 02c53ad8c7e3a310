#include "ngx_http_sluice_stream.h"
#include "ngx_http_sluice_limits.h"

#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice_access.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/media_type.h"
#include "core/base/sha256.h"
#include "core/base/uuid.h"


#define NGX_HTTP_SLUICE_STREAM_PREFIX "sluice:streams:"
#define NGX_HTTP_SLUICE_STREAM_AGAIN 20 /* s: see STREAMS_OPEN */

/* "<device>.<title>", each of 16 hex digits */
#define NGX_HTTP_SLUICE_STREAM_NAME (2 * 16 + 1)

#define NGX_HTTP_SLUICE_STREAM_ARGS 7


/* Outlives the request, so that what comes too late is ended. */

struct ngx_http_sluice_stream_ask_s {
    ngx_http_sluice_stream_t *owner; /* NULL: the request has ended */
    ngx_sluice_redis_t *redis;
    stream_t stream;
};


/* KEYS[1] has the streams of a user by when they are over, those that nobody
   asks anything of with "-" in front; stream, device, limit, seconds -> "1" or
   "0", as streams_take() has it */

static ngx_str_t ngx_http_sluice_stream_take_script = ngx_string(
    "local now = tonumber(redis.call('TIME')[1]) "
    "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now) "
    "if redis.call('ZREM', KEYS[1], '-' .. ARGV[1]) == 0 "
    "and not redis.call('ZSCORE', KEYS[1], ARGV[1]) "
    "and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then "
    "local left "
    "for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do "
    "if string.sub(name, 1, 18) == '-' .. ARGV[2] .. '.' then left = name end "
    "end "
    "if not left then return '0' end "
    "redis.call('ZREM', KEYS[1], left) "
    "end "
    "redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), ARGV[1]) "
    "redis.call('EXPIRE', KEYS[1], ARGV[4]) "
    "return '1'");

/* stream, "", "0", seconds */

static ngx_str_t ngx_http_sluice_stream_end_script = ngx_string(
    "if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then "
    "local now = tonumber(redis.call('TIME')[1]) "
    "redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), '-' .. ARGV[1]) "
    "local last = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, "
    "'WITHSCORES')[2]) "
    "redis.call('EXPIREAT', KEYS[1], last) "
    "end "
    "return ''");


ngx_uint_t
ngx_http_sluice_stream_is(ngx_http_request_t *r)
{
    const char *type;

    if (r->method != NGX_HTTP_GET) {
        return 0;
    }

    type = media_type((char *) r->exten.data, r->exten.len);

    return type
           && (ngx_strncmp(type, "video/", 6) == 0
               || ngx_strncmp(type, "audio/", 6) == 0);
}


/* EVAL script 1 sluice:streams:<user> stream device limit seconds */

static sluice_status_t
ngx_http_sluice_stream_eval(ngx_sluice_redis_t *redis, ngx_str_t *script,
                            const stream_t *stream, uint32_t limit,
                            ngx_uint_t seconds,
                            ngx_sluice_redis_handler_pt handler, void *data)
{
    u_char key[sizeof(NGX_HTTP_SLUICE_STREAM_PREFIX) + UUID_TEXT_SIZE];
    u_char name[NGX_HTTP_SLUICE_STREAM_NAME], *p;
    u_char many[NGX_INT32_LEN], time[NGX_INT_T_LEN];
    ngx_str_t argv[NGX_HTTP_SLUICE_STREAM_ARGS + 1];

    p = ngx_cpymem(key, NGX_HTTP_SLUICE_STREAM_PREFIX,
                   sizeof(NGX_HTTP_SLUICE_STREAM_PREFIX) - 1);
    uuid_write((char *) p, (u_char *) stream->user.word);

    (void) ngx_sprintf(name, "%016xL.%016xL", stream->device, stream->title);

    ngx_str_set(&argv[0], "EVAL");
    argv[1] = *script;
    ngx_str_set(&argv[2], "1");
    argv[3].data = key;
    argv[3].len = sizeof(NGX_HTTP_SLUICE_STREAM_PREFIX) - 1 + UUID_TEXT_LEN;
    argv[4].data = name;
    argv[4].len = NGX_HTTP_SLUICE_STREAM_NAME;
    argv[5].data = name;
    argv[5].len = 16;
    argv[6].data = many;
    argv[6].len = (size_t) (ngx_sprintf(many, "%uD", limit) - many);
    argv[7].data = time;
    argv[7].len = (size_t) (ngx_sprintf(time, "%ui", seconds) - time);

    return ngx_sluice_redis_command(redis, NGX_HTTP_SLUICE_STREAM_ARGS + 1,
                                    argv, handler, data, NULL);
}


static void
ngx_http_sluice_stream_end(ngx_sluice_redis_t *redis, const stream_t *stream)
{
    ngx_http_sluice_zone_played(stream);

    if (redis) {
        (void) ngx_http_sluice_stream_eval(redis,
                                           &ngx_http_sluice_stream_end_script,
                                           stream, 0, STREAMS_IDLE, NULL, NULL);
    }
}


static void
ngx_http_sluice_stream_cleanup(void *data)
{
    ngx_http_sluice_stream_t *stream = data;

    ngx_http_sluice_main_conf_t *smcf;

    if (stream->ask) {
        stream->ask->owner = NULL;
        stream->ask = NULL;
    }

    if (stream->taken) {
        smcf = ngx_http_get_module_main_conf(stream->request,
                                             ngx_http_sluice_module);
        ngx_http_sluice_stream_end(smcf->redis, &stream->stream);
    }
}


/* what it is */

static uint64_t
ngx_http_sluice_stream_hash(const ngx_str_t *one, const ngx_str_t *other)
{
    u_char digest[SHA256_SIZE];
    sha256_t sha;
    uint64_t hash;

    sha256_init(&sha);
    sha256_update(&sha, one->data, one->len);
    sha256_update(&sha, " ", 1);
    sha256_update(&sha, other->data, other->len);
    sha256_digest(&sha, digest);
    ngx_memcpy(&hash, digest, sizeof(uint64_t));

    return hash;
}


/* The path up to a media file's id; of others the folder. */

static ngx_str_t
ngx_http_sluice_stream_title(const ngx_str_t *path)
{
    u_char id[UUID_TEXT_SIZE], *p, *end = path->data + path->len, *slash;
    ngx_str_t title = *path;

    for (p = path->data; p < end; p = slash + 1) {
        slash = ngx_strlchr(p, end, '/');

        if (slash == NULL) {
            break;
        }

        title.len = (size_t) (slash - path->data);

        if (slash - p == UUID_TEXT_LEN) {
            ngx_memcpy(id, p, UUID_TEXT_LEN);
            id[UUID_TEXT_LEN] = '\0';

            if (uuid_valid((char *) id, UUID_TEXT_LEN)) {
                break;
            }
        }
    }

    return title;
}


static ngx_http_sluice_stream_t *
ngx_http_sluice_stream_create(ngx_http_request_t *r,
                              ngx_http_sluice_gate_ctx_t *ctx,
                              const ngx_str_t *session, ngx_uint_t offline)
{
    ngx_str_t title, nothing = ngx_null_string;
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_stream_t *stream;

    stream = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_stream_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (stream == NULL || cln == NULL) {
        return NULL;
    }

    title = ngx_http_sluice_stream_title(&ctx->path);

    stream->request = r;
    stream->stream.user = ctx->payer;
    stream->stream.title = ngx_http_sluice_stream_hash(&title, &nothing);
    stream->stream.device = ngx_http_sluice_stream_hash(
        session, &r->connection->addr_text);
    stream->alone = offline != NGX_HTTP_SLUICE_OFFLINE_DENY;

    cln->handler = ngx_http_sluice_stream_cleanup;
    cln->data = stream;

    return stream;
}


/* who counts */

/* What it came to; the zone has counted it before. */

static void
ngx_http_sluice_stream_tell(ngx_http_sluice_stream_t *stream,
                            sluice_status_t status)
{
    stream->status = status;
    stream->taken = (status == SLUICE_OK);

    if (!stream->taken) {
        ngx_http_sluice_zone_played(&stream->stream);
    }
}


static void
ngx_http_sluice_stream_away(ngx_http_sluice_stream_t *stream,
                            sluice_status_t status)
{
    ngx_http_sluice_stream_tell(stream, stream->alone ? SLUICE_OK : status);
}


static void
ngx_http_sluice_stream_answer(void *data, sluice_status_t status,
                              ngx_str_t *text)
{
    ngx_uint_t taken;
    ngx_http_sluice_stream_t *stream;
    ngx_http_sluice_stream_ask_t *ask = data;

    stream = ask->owner;
    taken = status == SLUICE_OK && text->len == 1 && text->data[0] == '1';

    if (stream == NULL) {
        /* nobody was let in for it */
        ngx_http_sluice_stream_end(taken ? ask->redis : NULL, &ask->stream);
        ngx_free(ask);
        return;
    }

    ngx_free(ask);
    stream->ask = NULL;

    if (status != SLUICE_OK) {
        ngx_http_sluice_stream_away(stream, status);

    } else {
        ngx_http_sluice_stream_tell(stream, taken ? SLUICE_OK
                                                  : SLUICE_STREAMS_EXCEEDED);
    }

    ngx_http_sluice_access_resume(stream->request);
}


static ngx_int_t
ngx_http_sluice_stream_ask(ngx_http_sluice_stream_t *stream,
                           ngx_sluice_redis_t *redis)
{
    sluice_status_t status;
    ngx_http_sluice_stream_ask_t *ask;

    ask = ngx_alloc(sizeof(ngx_http_sluice_stream_ask_t),
                    stream->request->connection->log);
    if (ask == NULL) {
        ngx_http_sluice_stream_tell(stream, SLUICE_INTERNAL);
        return NGX_OK;
    }

    ask->owner = stream;
    ask->redis = redis;
    ask->stream = stream->stream;

    status = ngx_http_sluice_stream_eval(
        redis, &ngx_http_sluice_stream_take_script, &stream->stream,
        stream->limit, STREAMS_OPEN, ngx_http_sluice_stream_answer, ask);

    if (status != SLUICE_OK) {
        ngx_free(ask);
        ngx_http_sluice_stream_away(stream, status);
        return NGX_OK;
    }

    stream->ask = ask;
    ngx_http_sluice_access_wait(stream->request);

    return NGX_AGAIN;
}


ngx_int_t
ngx_http_sluice_stream_take(ngx_http_request_t *r,
                            ngx_http_sluice_gate_ctx_t *ctx, uint32_t limit,
                            const ngx_str_t *session, ngx_uint_t offline,
                            sluice_status_t *verdict)
{
    ngx_int_t rc;
    ngx_http_sluice_stream_t *stream = ctx->stream;
    ngx_http_sluice_main_conf_t *smcf;

    if (stream && stream->told) {
        *verdict = stream->status;
        return NGX_OK;
    }

    stream = ngx_http_sluice_stream_create(r, ctx, session, offline);
    if (stream == NULL) {
        *verdict = SLUICE_INTERNAL;
        return NGX_OK;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    ctx->stream = stream;
    stream->told = 1;
    stream->limit = limit;
    stream->again = ngx_time() + NGX_HTTP_SLUICE_STREAM_AGAIN;
    rc = NGX_OK;

    if (!ngx_http_sluice_zone_play(&stream->stream, limit)) {
        stream->status = SLUICE_STREAMS_EXCEEDED;

    } else if (smcf->redis) {
        rc = ngx_http_sluice_stream_ask(stream, smcf->redis);

    } else {
        stream->taken = 1;
    }

    *verdict = stream->status;

    return rc;
}


void
ngx_http_sluice_stream_goes_on(ngx_http_sluice_stream_t *stream)
{
    ngx_http_sluice_main_conf_t *smcf;

    if (!stream->taken || ngx_time() < stream->again) {
        return;
    }

    stream->again = ngx_time() + NGX_HTTP_SLUICE_STREAM_AGAIN;
    (void) ngx_http_sluice_zone_play(&stream->stream, stream->limit);

    smcf = ngx_http_get_module_main_conf(stream->request,
                                         ngx_http_sluice_module);

    if (smcf->redis) {
        (void) ngx_http_sluice_stream_eval(
            smcf->redis, &ngx_http_sluice_stream_take_script, &stream->stream,
            stream->limit, STREAMS_OPEN, NULL, NULL);
    }
}
