#include "ngx_http_sluice_media_conditions.h"

#include "ngx_module/http/ngx_http_sluice_etag.h"
#include "core/base/ranges.h"


/* One range in so few characters has no number of 19 digits: there nginx ends.
 */
#define NGX_HTTP_SLUICE_MEDIA_PLAIN (sizeof("bytes=-") - 1 + 18)

/* "first-last," */
#define NGX_HTTP_SLUICE_MEDIA_RANGE (2 * NGX_OFF_T_LEN + 2)


/* A date that is none counts for nothing: 13.1.3, 13.1.4. */

static ngx_uint_t
ngx_http_sluice_media_date(const ngx_table_elt_t *h, time_t *date)
{
    *date = h ? ngx_parse_http_time(h->value.data, h->value.len) : NGX_ERROR;

    return *date != NGX_ERROR;
}


/* 13.2.2, steps 1 and 2 */

static ngx_uint_t
ngx_http_sluice_media_met(ngx_http_request_t *r, const ngx_str_t *etag)
{
    time_t date;

    if (r->headers_in.if_match) {
        return ngx_http_sluice_etag_met(r, etag);
    }

    return !ngx_http_sluice_media_date(r->headers_in.if_unmodified_since, &date)
           || r->headers_out.last_modified_time <= date;
}


/* 13.2.2, steps 3 and 4 */

static ngx_uint_t
ngx_http_sluice_media_known(ngx_http_request_t *r, const ngx_str_t *etag)
{
    time_t date;
    ngx_http_core_loc_conf_t *clcf;

    if (r->headers_in.if_none_match) {
        return ngx_http_sluice_etag_known(r, etag);
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    return clcf->if_modified_since != NGX_HTTP_IMS_OFF
           && ngx_http_sluice_media_date(r->headers_in.if_modified_since, &date)
           && r->headers_out.last_modified_time <= date;
}


/* nginx's filter answers 304 when all that it is told of holds. */

static void
ngx_http_sluice_media_say(ngx_http_request_t *r, ngx_uint_t known)
{
    static ngx_table_elt_t any = { .hash = 1,
                                   .key = ngx_string("If-None-Match"),
                                   .value = ngx_string("*") };

    r->headers_in.if_match = NULL;
    r->headers_in.if_unmodified_since = NULL;
    r->headers_in.if_modified_since = NULL;
    r->headers_in.if_none_match = known ? &any : NULL;
}


/* A header that nginx's filter reads; what the client sent stays in the list,
   for logs. */

static ngx_int_t
ngx_http_sluice_media_replace(ngx_http_request_t *r, const range_t *ranges,
                              size_t count)
{
    u_char *p;
    size_t i;
    ngx_table_elt_t *h;

    h = ngx_pcalloc(r->pool, sizeof(ngx_table_elt_t));
    p = ngx_pnalloc(r->pool,
                    sizeof("bytes=") + count * NGX_HTTP_SLUICE_MEDIA_RANGE);

    if (h == NULL || p == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_str_set(&h->key, "Range");
    h->value.data = p;

    p = ngx_cpymem(p, "bytes=", sizeof("bytes=") - 1);

    for (i = 0; i < count; i++) {
        p = ngx_sprintf(p, "%s%uL-%uL", i ? "," : "", ranges[i].first,
                        ranges[i].last);
    }

    h->value.len = (size_t) (p - h->value.data);
    *p = '\0';
    r->headers_in.range = h;

    return NGX_OK;
}


/* Of a list with n commas no more than n + 1 can come. */

static size_t
ngx_http_sluice_media_most(ngx_http_request_t *r, const ngx_str_t *value)
{
    u_char *p, *end = value->data + value->len;
    size_t most;
    ngx_http_core_loc_conf_t *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    for (most = 1, p = value->data; p < end; p++) {
        most += (*p == ',');
    }

    return ngx_min(most, clcf->max_ranges);
}


/* Range handling is defined for GET alone: 14.2. */

static ngx_int_t
ngx_http_sluice_media_ranges(ngx_http_request_t *r)
{
    int count;
    size_t max;
    range_t one, *ranges = &one;
    uint64_t size = (uint64_t) r->headers_out.content_length_n;
    const ngx_str_t *value = &r->headers_in.range->value;

    max = r->method == NGX_HTTP_GET ? ngx_http_sluice_media_most(r, value) : 0;

    if (max > 1) {
        ranges = ngx_palloc(r->pool, max * sizeof(range_t));
        if (ranges == NULL) {
            return NGX_ERROR;
        }
    }

    count = max ? ranges_read((const char *) value->data, value->len, size,
                              ranges, max)
                : RANGES_IGNORED;

    if (count == RANGES_IGNORED) {
        r->headers_in.range = NULL;
        return NGX_OK;
    }

    if (count == RANGES_UNSATISFIABLE) {
        /* one that nginx finds to be so, once it knows that If-Range holds */
        ranges[0].first = size + 1;
        ranges[0].last = size + 1;
        count = 1;

    } else if (max == 1 && value->len <= NGX_HTTP_SLUICE_MEDIA_PLAIN) {
        return NGX_OK;
    }

    return ngx_http_sluice_media_replace(r, ranges, (size_t) count);
}


ngx_int_t
ngx_http_sluice_media_conditions(ngx_http_request_t *r)
{
    ngx_uint_t known;
    const ngx_str_t *etag;

    etag = r->headers_out.etag ? &r->headers_out.etag->value : NULL;

    if (r->headers_in.if_match || r->headers_in.if_unmodified_since
        || r->headers_in.if_none_match || r->headers_in.if_modified_since) {

        if (!ngx_http_sluice_media_met(r, etag)) {
            return NGX_HTTP_PRECONDITION_FAILED;
        }

        known = ngx_http_sluice_media_known(r, etag);
        ngx_http_sluice_media_say(r, known);

        if (known) {
            return NGX_OK;
        }
    }

    return r->headers_in.range ? ngx_http_sluice_media_ranges(r) : NGX_OK;
}
