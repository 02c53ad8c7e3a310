#include "ngx_http_sluice_call.h"
#include "ngx_http_sluice_replica.h"
#include "ngx_http_sluice_trace.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#include <jansson.h>


typedef ngx_int_t (*ngx_http_sluice_call_pt)(
    ngx_http_request_t *r, const ngx_sluice_pg_statement_t *call,
    const ngx_str_t *params, ngx_http_sluice_row_pt handler, void *data);


static ngx_int_t
ngx_http_sluice_call_by(ngx_http_request_t *r, ngx_http_sluice_call_pt ask,
                        const ngx_sluice_pg_statement_t *call,
                        const char *actor, json_t *args,
                        ngx_http_sluice_row_pt handler, void *data)
{
    char *text;
    ngx_int_t rc;
    ngx_str_t params[2];

    text = args ? json_dumps(args, JSON_COMPACT) : NULL;
    json_decref(args);

    if (text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_null(&params[0]);

    if (*actor) {
        params[0].data = (u_char *) actor;
        params[0].len = UUID_TEXT_LEN;
    }

    params[1].data = (u_char *) text;
    params[1].len = ngx_strlen(text);

    rc = ask(r, call, params, handler, data);
    free(text);

    return rc;
}


/* Of what may change something: jobs that come of it are of the same trace. */

static void
ngx_http_sluice_call_trace(ngx_http_request_t *r, json_t *args)
{
    char text[TRACE_TEXT_SIZE];

    if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))
        && ngx_http_sluice_trace(r, text) == NGX_OK) {
        (void) json_object_set_new(args, "trace", json_string(text));
    }
}


ngx_int_t
ngx_http_sluice_call(ngx_http_request_t *r,
                     const ngx_sluice_pg_statement_t *call, const char *actor,
                     json_t *args, ngx_http_sluice_row_pt handler, void *data)
{
    ngx_http_sluice_call_trace(r, args);

    return ngx_http_sluice_call_by(r, ngx_http_sluice_query, call, actor, args,
                                   handler, data);
}


ngx_int_t
ngx_http_sluice_call_replica(ngx_http_request_t *r,
                             const ngx_sluice_pg_statement_t *call,
                             const char *actor, json_t *args,
                             ngx_http_sluice_row_pt handler, void *data)
{
    return ngx_http_sluice_call_by(r, ngx_http_sluice_replica_query, call,
                                   actor, args, handler, data);
}


json_t *
ngx_http_sluice_call_body(const ngx_sluice_pg_result_t *result)
{
    ngx_str_t text;

    if (result->status != SLUICE_OK
        || ngx_sluice_pg_value(result, 0, 1, &text) != NGX_OK) {
        return NULL;
    }

    return json_loadb((char *) text.data, text.len, 0, NULL);
}
