#include "ngx_http_sluice_trace.h"
#include "ngx_http_sluice_request.h"
#include "ngx_http_sluice_variable.h"


/* What begins here may be kept: who collects says how much of it. */
#define NGX_HTTP_SLUICE_TRACE_FLAGS "01"


static ngx_int_t ngx_http_sluice_trace_variable(ngx_http_request_t *r,
                                                ngx_http_variable_value_t *v,
                                                uintptr_t data);


/* told apart by their data */

enum {
    NGX_HTTP_SLUICE_TRACE_ID,
    NGX_HTTP_SLUICE_TRACE_PARENT
};


static ngx_http_variable_t ngx_http_sluice_trace_vars[] = {

    { ngx_string("sluice_trace"), NULL, ngx_http_sluice_trace_variable,
      NGX_HTTP_SLUICE_TRACE_ID, 0, 0 },

    { ngx_string("sluice_traceparent"), NULL, ngx_http_sluice_trace_variable,
      NGX_HTTP_SLUICE_TRACE_PARENT, 0, 0 },

    ngx_http_null_variable
};


/* Of $request_id, which is another one each time unless it has an index. */
static ngx_int_t ngx_http_sluice_trace_request = NGX_ERROR;


ngx_int_t
ngx_http_sluice_trace_variables(ngx_conf_t *cf)
{
    ngx_str_t name = ngx_string("request_id");

    ngx_http_sluice_trace_request = ngx_http_get_variable_index(cf, &name);
    if (ngx_http_sluice_trace_request == NGX_ERROR) {
        return NGX_ERROR;
    }

    return ngx_http_sluice_variable_add(cf, ngx_http_sluice_trace_vars);
}


ngx_int_t
ngx_http_sluice_trace(ngx_http_request_t *r, char text[TRACE_TEXT_SIZE])
{
    ngx_str_t *value;
    const char *id = NULL, *flags = NGX_HTTP_SLUICE_TRACE_FLAGS;
    ngx_http_sluice_headers_t headers;
    ngx_http_variable_value_t *request;

    static const ngx_str_t name = ngx_string("traceparent");

    request = ngx_http_get_indexed_variable(r, ngx_http_sluice_trace_request);
    if (request == NULL || request->not_found || request->len < TRACE_ID_LEN) {
        return NGX_ERROR;
    }

    ngx_http_sluice_headers(r, &headers);

    value = ngx_http_sluice_headers_next(&headers, &name);
    if (value && ngx_http_sluice_headers_next(&headers, &name) == NULL) {
        id = trace_find((char *) value->data, value->len, &flags);
    }

    trace_write(text, id ? id : (char *) request->data, (char *) request->data,
                flags);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_trace_variable(ngx_http_request_t *r,
                               ngx_http_variable_value_t *v, uintptr_t data)
{
    char *text;
    ngx_str_t value;

    text = ngx_pnalloc(r->pool, TRACE_TEXT_SIZE);
    if (text == NULL || ngx_http_sluice_trace(r, text) != NGX_OK) {
        return NGX_ERROR;
    }

    value.data = (u_char *) text;
    value.len = TRACE_TEXT_SIZE - 1;

    if (data == NGX_HTTP_SLUICE_TRACE_ID) {
        value.data += sizeof("00-") - 1;
        value.len = TRACE_ID_LEN;
    }

    ngx_http_sluice_variable_set(v, &value);

    return NGX_OK;
}
