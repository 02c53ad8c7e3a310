/* Whose turn it is to append to an upload into a bucket: that of one node,
   until it has not been heard of for a while. */

#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_parts_internal.h"
#include "ngx_http_sluice_receive.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_drain.h"
#include "ngx_module/http/ngx_http_sluice_whose.h"
#include "core/base/sha256.h"
#include "core/base/uuid.h"

#include <jansson.h>


/* ms; api.turn_lease() is three of them */
#define NGX_HTTP_SLUICE_PARTS_RENEW 5000


static ngx_sluice_pg_statement_t ngx_http_sluice_renew_turn = {
    "renew_turn",
    "select status, body from api.renew_turn($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_KEEP
};


/* Nobody waits for it. */

static void
ngx_http_sluice_parts_renew(ngx_http_sluice_parts_t *parts, ngx_uint_t over)
{
    char *text;
    json_t *args = ngx_http_sluice_parts_args(parts);
    ngx_str_t params[2];
    ngx_sluice_pg_query_t *query;

    if (over) {
        (void) json_object_set_new(args, "over", json_true());
    }

    text = args ? json_dumps(args, JSON_COMPACT) : NULL;
    json_decref(args);

    if (text == NULL) {
        return;
    }

    params[0].data = (u_char *) parts->actor;
    params[0].len = UUID_TEXT_LEN;
    params[1].data = (u_char *) text;
    params[1].len = ngx_strlen(text);

    (void) ngx_sluice_pg_query(
        parts->database, ngx_http_sluice_whose_user(parts->actor),
        &ngx_http_sluice_renew_turn, params, NULL, NULL, &query);
    free(text);
}


/* A node that leaves gives up what it has, so that the client goes on at
   another one; not at once, since its balancer has to look twice before it
   sends him there. */

static void
ngx_http_sluice_parts_give(ngx_http_sluice_parts_t *parts)
{
    if (parts->receive == NULL || !ngx_http_sluice_leaves()) {
        return;
    }

    if (parts->leaves || ngx_exiting) {
        parts->given = 1;
        ngx_http_sluice_receive_stop(parts->receive);
    }

    parts->leaves = 1;
}


static void
ngx_http_sluice_parts_lease_due(ngx_event_t *ev)
{
    ngx_http_sluice_parts_give(ev->data);
    ngx_http_sluice_parts_renew(ev->data, 0);
    ngx_add_timer(ev, NGX_HTTP_SLUICE_PARTS_RENEW);
}


void
ngx_http_sluice_parts_first_turn(ngx_http_sluice_parts_t *parts)
{
    parts->lease.handler = ngx_http_sluice_parts_lease_due;
    parts->lease.data = parts;
    parts->lease.log = ngx_cycle->log;
    ngx_add_timer(&parts->lease, NGX_HTTP_SLUICE_PARTS_RENEW);
}


/* A text in hex. NGX_OK, or NGX_ERROR. */

static ngx_int_t
ngx_http_sluice_parts_unhex(const json_t *body, const char *name, u_char *to,
                            size_t size)
{
    size_t i;
    ngx_int_t byte;
    json_t *value = json_object_get(body, name);
    const char *text = json_string_value(value);

    if (text == NULL || json_string_length(value) != 2 * size) {
        return NGX_ERROR;
    }

    for (i = 0; i < size; i++) {
        byte = ngx_hextoi((u_char *) text + 2 * i, 2);
        if (byte == NGX_ERROR) {
            return NGX_ERROR;
        }

        to[i] = (u_char) byte;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_sluice_parts_digest(const json_t *body, off_t bytes, sha256_t *sha256)
{
    u_char state[SHA256_STATE_SIZE];
    uint32_t flags;

    return ngx_http_sluice_parts_unhex(body, "digest", state, sizeof(state))
                       == NGX_OK
                   && sha256_load(sha256, &flags, state, sizeof(state)) == 0
                   && (off_t) sha256->bytes == bytes
               ? NGX_OK
               : NGX_ERROR;
}


static ngx_int_t
ngx_http_sluice_parts_behind(ngx_http_sluice_parts_t *parts, const json_t *body)
{
    sha256_init(&parts->behind);

    return parts->number == 0 ? NGX_OK
                              : ngx_http_sluice_parts_digest(body, parts->safe,
                                                             &parts->behind);
}


ngx_int_t
ngx_http_sluice_parts_turn(ngx_http_sluice_parts_t *parts, const json_t *body)
{
    const char *multipart;

    multipart = json_string_value(json_object_get(body, "multipart"));
    if (multipart == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn((u_char *) parts->multipart, (u_char *) multipart,
                       sizeof(parts->multipart));

    parts->turn = json_integer_value(json_object_get(body, "turn"));
    parts->number = (unsigned) json_integer_value(
        json_object_get(body, "parts"));
    parts->safe = (off_t) json_integer_value(json_object_get(body, "safe"));
    parts->tail = (off_t) json_integer_value(json_object_get(body, "tail"));
    parts->begun = parts->multipart[0] != '\0';
    parts->asked = parts->number;
    parts->asked_to = parts->safe;
    parts->mine = json_is_true(json_object_get(body, "mine")) ? 1 : 0;

    if (ngx_http_sluice_parts_behind(parts, body) != NGX_OK
        || (parts->tail
            && ngx_http_sluice_parts_unhex(body, "tail_sha256",
                                           parts->tail_sha256, SHA256_SIZE)
                   != NGX_OK)) {
        return NGX_ERROR;
    }

    ngx_http_sluice_parts_watch(parts);

    if (!json_is_true(json_object_get(body, "held"))) {
        ngx_http_sluice_parts_first_turn(parts);
    }

    return NGX_OK;
}


void
ngx_http_sluice_parts_turn_end(ngx_http_sluice_parts_t *parts)
{
    if (!parts->lease.timer_set) {
        return;
    }

    ngx_del_timer(&parts->lease);

    if (!parts->handed) {
        ngx_http_sluice_parts_renew(parts, 1);
    }
}
