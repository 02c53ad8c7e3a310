#include "ngx_http_sluice_ahead.h"
#include "ngx_http_sluice_cached.h"
#include "ngx_http_sluice_fetch.h"
#include "ngx_http_sluice_media.h"
#include "ngx_http_sluice_media_redirect.h"

#include "ngx_module/http/ngx_http_sluice_variable.h"


/* "bytes=first-last" */
#define NGX_HTTP_SLUICE_AHEAD_BYTES (sizeof("bytes=") - 1)
#define NGX_HTTP_SLUICE_AHEAD_RANGE \
    (NGX_HTTP_SLUICE_AHEAD_BYTES + 2 * NGX_OFF_T_LEN + 1)


typedef struct {
    ngx_int_t slice;  /* index of $slice_range */
    ngx_uint_t first; /* 1: first slices have a zone of their own */
} ngx_http_sluice_ahead_conf_t;


#define NGX_HTTP_SLUICE_AHEAD_URI 512 /* bytes of a track's, at most */


/* Of a client's request, with all of its slices. */
typedef struct {
    off_t first, last;         /* of the slice that was asked for last */
    off_t size;                /* of the file; 0: not known */
    ngx_http_request_t *asked; /* for that slice */
    ngx_http_sluice_cached_wait_t wait;
    unsigned due : 1; /* the next one, once bytes of this are on their way */
} ngx_http_sluice_ahead_ctx_t;


static ngx_int_t ngx_http_sluice_ahead_get(ngx_http_request_t *r,
                                           ngx_http_variable_value_t *v,
                                           uintptr_t data);


static ngx_int_t ngx_http_sluice_ahead_zone(ngx_http_request_t *r,
                                            ngx_http_variable_value_t *v,
                                            uintptr_t data);


static ngx_int_t ngx_http_sluice_ahead_anew(ngx_http_request_t *r,
                                            ngx_http_variable_value_t *v,
                                            uintptr_t data);


/* proxy_cache_path … keys_zone= */
static ngx_str_t ngx_http_sluice_ahead_media = ngx_string("sluice_media");
static ngx_str_t ngx_http_sluice_ahead_first = ngx_string("sluice_first");

static ngx_str_t ngx_http_sluice_ahead_slice = ngx_string("slice_range");

static ngx_http_variable_t ngx_http_sluice_ahead_vars[] = {

    { ngx_string("sluice_slice_range"), NULL, ngx_http_sluice_ahead_get, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sluice_cache_zone"), NULL, ngx_http_sluice_ahead_zone, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sluice_cache_anew"), NULL, ngx_http_sluice_ahead_anew, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    ngx_http_null_variable
};


static ngx_http_sluice_ahead_ctx_t *
ngx_http_sluice_ahead_ctx(ngx_http_request_t *r)
{
    ngx_http_sluice_ahead_ctx_t *ctx;

    ctx = ngx_http_get_module_ctx(r->main,
                                  ngx_http_sluice_bucket_filter_module);
    if (ctx) {
        return ctx;
    }

    ctx = ngx_pcalloc(r->main->pool, sizeof(ngx_http_sluice_ahead_ctx_t));
    if (ctx) {
        ngx_http_set_ctx(r->main, ctx, ngx_http_sluice_bucket_filter_module);
    }

    return ctx;
}


/* Of what nginx wrote. */

static ngx_int_t
ngx_http_sluice_ahead_read(ngx_http_sluice_ahead_ctx_t *ctx, u_char *p,
                           size_t len)
{
    u_char *dash, *end = p + len;

    if (len <= NGX_HTTP_SLUICE_AHEAD_BYTES) {
        return NGX_DECLINED;
    }

    p += NGX_HTTP_SLUICE_AHEAD_BYTES;
    dash = ngx_strlchr(p, end, '-');

    if (dash == NULL) {
        return NGX_DECLINED;
    }

    ctx->first = ngx_atoof(p, (size_t) (dash - p));
    ctx->last = ngx_atoof(dash + 1, (size_t) (end - dash - 1));

    return ctx->first >= 0 && ctx->last >= ctx->first ? NGX_OK : NGX_DECLINED;
}


/* It is asked for before the cache is opened, and again for what the bucket is
   sent. */

static ngx_int_t
ngx_http_sluice_ahead_asked(ngx_http_request_t *r, u_char *data, size_t len)
{
    ngx_http_sluice_ahead_ctx_t *ctx;

    ctx = ngx_http_sluice_ahead_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (ctx->asked == r
        || ngx_http_sluice_ahead_read(ctx, data, len) != NGX_OK) {
        return NGX_OK;
    }

    ctx->asked = r;

    return ngx_http_sluice_cached_await(r, &ctx->wait);
}


static ngx_int_t
ngx_http_sluice_ahead_get(ngx_http_request_t *r, ngx_http_variable_value_t *v,
                          uintptr_t data)
{
    const ngx_str_t *range;
    ngx_http_variable_value_t *slice;
    ngx_http_sluice_ahead_conf_t *conf;

    range = ngx_http_sluice_fetch_range(r);

    if (range) {
        ngx_http_sluice_variable_set(v, range);
        return NGX_OK;
    }

    conf = ngx_http_get_module_main_conf(r,
                                         ngx_http_sluice_bucket_filter_module);

    slice = ngx_http_get_flushed_variable(r, (ngx_uint_t) conf->slice);

    if (slice == NULL) {
        return NGX_ERROR;
    }

    *v = *slice;

    return slice->not_found
               ? NGX_OK
               : ngx_http_sluice_ahead_asked(r, slice->data, slice->len);
}


static ngx_int_t
ngx_http_sluice_ahead_zone(ngx_http_request_t *r, ngx_http_variable_value_t *v,
                           uintptr_t data)
{
    ngx_uint_t first;
    ngx_http_variable_value_t range;
    ngx_http_sluice_ahead_conf_t *conf;

    static const char begin[] = "bytes=0-";

    conf = ngx_http_get_module_main_conf(r,
                                         ngx_http_sluice_bucket_filter_module);

    ngx_memzero(&range, sizeof(ngx_http_variable_value_t));

    if (conf->first && ngx_http_sluice_ahead_get(r, &range, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    first = range.valid && range.len >= sizeof(begin) - 1
            && ngx_memcmp(range.data, begin, sizeof(begin) - 1) == 0;

    ngx_http_sluice_variable_set(v, first ? &ngx_http_sluice_ahead_first
                                          : &ngx_http_sluice_ahead_media);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_ahead_anew(ngx_http_request_t *r, ngx_http_variable_value_t *v,
                           uintptr_t data)
{
    static ngx_str_t anew = ngx_string("1"), kept = ngx_string("0");

    ngx_http_sluice_variable_set(
        v,
        r == r->main && ngx_http_sluice_media_is_original(r) ? &anew : &kept);

    return NGX_OK;
}


/* Who sees a track's playlist wants the track: its beginning, the first time
   that this is asked for here. They lie side by side under one name. */

static void
ngx_http_sluice_ahead_track(ngx_http_request_t *r,
                            const ngx_http_sluice_ahead_ctx_t *ctx)
{
    size_t stem;
    ngx_str_t uri, end, next, range;
    u_char name[NGX_HTTP_SLUICE_AHEAD_URI], texts[2][64];

    static const char list[] = ".m3u8", track[] = ".mp4";

    if (r->uri.len < sizeof(list) || r->uri.len > sizeof(name)
        || ctx->first != 0 || ngx_http_sluice_cached_hit(r)) {
        return;
    }

    stem = r->uri.len - (sizeof(list) - 1);

    if (ngx_memcmp(r->uri.data + stem, list, sizeof(list) - 1) != 0) {
        return;
    }

    end.data = texts[0];
    end.len = (size_t) (ngx_sprintf(end.data, "%sbytes=0-%O", list, ctx->last)
                        - end.data);

    next.data = texts[1];
    next.len = (size_t) (ngx_sprintf(next.data, "%sbytes=0-%O", track,
                                     ctx->last)
                         - next.data);

    if (ngx_http_sluice_cached(r, &ngx_http_sluice_ahead_first, &end, &next)) {
        return;
    }

    uri.data = name;
    uri.len = (size_t) (ngx_sprintf(name, "%*s%s", stem, r->uri.data, track)
                        - name);

    range.data = next.data + sizeof(track) - 1;
    range.len = next.len - (sizeof(track) - 1);

    (void) ngx_http_sluice_fetch(r, &uri, &range);
}


/* The slice behind the one that goes out, if the file has one. */

static void
ngx_http_sluice_ahead_next(ngx_http_request_t *r,
                           const ngx_http_sluice_ahead_ctx_t *ctx)
{
    off_t size = ctx->last - ctx->first + 1;
    ngx_str_t now, next;
    u_char texts[2][NGX_HTTP_SLUICE_AHEAD_RANGE];

    if (ctx->last + 1 >= ctx->size) {
        return;
    }

    now.data = texts[0];
    now.len = (size_t) (ngx_sprintf(now.data, "bytes=%O-%O", ctx->first,
                                    ctx->last)
                        - now.data);

    next.data = texts[1];
    next.len = (size_t) (ngx_sprintf(next.data, "bytes=%O-%O", ctx->last + 1,
                                     ctx->last + size)
                         - next.data);

    if (!ngx_http_sluice_cached(r, &ngx_http_sluice_ahead_media, &now, &next)) {
        (void) ngx_http_sluice_fetch(r, &r->uri, &next);
    }
}


/* nginx's filter of slices stands in front of us: it has told the client's
   request what all of the file is. */

void
ngx_http_sluice_ahead(ngx_http_request_t *r)
{
    ngx_http_sluice_ahead_ctx_t *ctx;

    ctx = ngx_http_get_module_ctx(r->main,
                                  ngx_http_sluice_bucket_filter_module);

    if (ctx == NULL || ctx->asked != r || ngx_http_sluice_fetch_range(r)) {
        return;
    }

    if (r == r->main && r->headers_out.status == NGX_HTTP_OK
        && r->subrequest_ranges && r->method == NGX_HTTP_GET) {
        ctx->size = r->headers_out.content_length_n;
    }

    ctx->due = (ctx->size > 0);
}


/* The client's own slice goes first. */

void
ngx_http_sluice_ahead_goes(ngx_http_request_t *r)
{
    ngx_http_sluice_ahead_ctx_t *ctx;

    ctx = ngx_http_get_module_ctx(r->main,
                                  ngx_http_sluice_bucket_filter_module);

    if (ctx == NULL || !ctx->due || ctx->asked != r) {
        return;
    }

    ctx->due = 0;

    if (r == r->main) {
        ngx_http_sluice_ahead_track(r, ctx);
    }

    ngx_http_sluice_ahead_next(r, ctx);
}


/* configuration */

void *
ngx_http_sluice_ahead_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_ahead_conf_t));
}


ngx_int_t
ngx_http_sluice_ahead_variable(ngx_conf_t *cf)
{
    return ngx_http_sluice_variable_add(cf, ngx_http_sluice_ahead_vars);
}


static ngx_uint_t
ngx_http_sluice_ahead_is_used(ngx_conf_t *cf, const ngx_str_t *name)
{
    ngx_uint_t i;
    ngx_http_variable_t *v;
    ngx_http_core_main_conf_t *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (v[i].name.len == name->len
            && ngx_memcmp(v[i].name.data, name->data, name->len) == 0) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_sluice_ahead_has_zone(ngx_conf_t *cf, const ngx_str_t *name)
{
    ngx_uint_t i;
    ngx_shm_zone_t *zone;
    ngx_list_part_t *part;

    for (part = &cf->cycle->shared_memory.part; part; part = part->next) {
        zone = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (zone[i].shm.name.len == name->len
                && ngx_memcmp(zone[i].shm.name.data, name->data, name->len)
                       == 0) {
                return 1;
            }
        }
    }

    return 0;
}


/* Only who uses ours needs an nginx that has slices. */

ngx_int_t
ngx_http_sluice_ahead_init(ngx_conf_t *cf)
{
    ngx_http_sluice_ahead_conf_t *conf;

    if (!ngx_http_sluice_ahead_is_used(cf, &ngx_http_sluice_ahead_vars[0].name)
        && !ngx_http_sluice_ahead_is_used(
            cf, &ngx_http_sluice_ahead_vars[1].name)) {
        return NGX_OK;
    }

    conf = ngx_http_conf_get_module_main_conf(
        cf, ngx_http_sluice_bucket_filter_module);
    conf->first = ngx_http_sluice_ahead_has_zone(cf,
                                                 &ngx_http_sluice_ahead_first);
    conf->slice = ngx_http_get_variable_index(cf, &ngx_http_sluice_ahead_slice);

    return conf->slice == NGX_ERROR ? NGX_ERROR : NGX_OK;
}
