/*
 * What goes up to the bucket. What is next follows from what is known, and but
 * for parts one thing at a time is asked, of the bucket or of the record:
 *
 *     parts are full         begun, if not yet; put; recorded: they are safe
 *     all is here            the last part, too; listed, completed
 *     all fits in one part   put as it is
 *
 * A request that ends leaves what is under way: it is for whoever comes next,
 * or nobody's, and then it goes.
 */

#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_parts_internal.h"
#include "ngx_http_sluice_receive.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_whose.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "ngx_module/store/ngx_http_sluice_store_lane.h"
#include "core/base/sha256.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#include <jansson.h>


static ngx_sluice_pg_statement_t ngx_http_sluice_begin_parts = {
    "begin_parts",
    "select status, body from api.begin_parts($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_KEEP
};

static ngx_sluice_pg_statement_t ngx_http_sluice_add_part = {
    "add_part", "select status, body from api.add_part($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_KEEP
};

static ngx_sluice_pg_statement_t ngx_http_sluice_tell_tail = {
    "tell_tail", "select status, body from api.set_tail($1::uuid, $2::jsonb)",
    2, NGX_SLUICE_PG_KEEP
};

static ngx_sluice_pg_statement_t ngx_http_sluice_list_parts = {
    "list_parts",
    "select status, body from api.list_parts($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_STOP
};


/* each answer of the record */

static void
ngx_http_sluice_parts_begin_told(void *data,
                                 const ngx_sluice_pg_result_t *result);
static void
ngx_http_sluice_parts_put_told(void *data,
                               const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_parts_listed(void *data,
                                         const ngx_sluice_pg_result_t *result);


/* what is known */

ngx_int_t
ngx_http_sluice_parts_check(ngx_http_request_t *r)
{
    ngx_http_sluice_more_t more;

    ngx_memzero(&more, sizeof(more));
    more.retry_after = ngx_http_sluice_store_refuses();

    return more.retry_after > 0 ? ngx_http_sluice_problem_more(
               r, SLUICE_STORE_AWAY,
               "Nothing can be kept now: try again in a while.", NULL, &more)
                                : NGX_DECLINED;
}


/* the record */

static void
ngx_http_sluice_parts_tell(ngx_http_sluice_parts_t *parts,
                           const ngx_sluice_pg_statement_t *statement,
                           json_t *args, ngx_sluice_pg_handler_pt handler)
{
    char *text;
    ngx_str_t params[2];

    text = args ? json_dumps(args, JSON_COMPACT) : NULL;
    json_decref(args);

    if (text == NULL) {
        parts->status = SLUICE_INTERNAL;
        return;
    }

    params[0].data = (u_char *) parts->actor;
    params[0].len = UUID_TEXT_LEN;
    params[1].data = (u_char *) text;
    params[1].len = ngx_strlen(text);

    parts->status = ngx_sluice_pg_query(
        parts->database, ngx_http_sluice_whose_user(parts->actor), statement,
        params, handler, parts, &parts->query);

    if (parts->status != SLUICE_OK) {
        parts->query = NULL;
    }

    free(text);
}


static ngx_uint_t
ngx_http_sluice_parts_told(ngx_http_sluice_parts_t *parts,
                           const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_str_t status;
    const char *word;

    parts->query = NULL;

    if (result->status != SLUICE_OK) {
        parts->status = result->status;
        return 0;
    }

    if (ngx_sluice_pg_value(result, 0, 0, &status) == NGX_OK
        && ngx_atoi(status.data, status.len) < NGX_HTTP_SPECIAL_RESPONSE) {
        return 1;
    }

    body = ngx_http_sluice_call_body(result);
    word = json_string_value(json_object_get(body, "problem"));
    parts->status = word ? status_from_word(word, ngx_strlen(word))
                         : SLUICE_INTERNAL;
    json_decref(body);

    return 0;
}


/* what is under way */

static ngx_http_sluice_parts_put_t *
ngx_http_sluice_parts_first(ngx_http_sluice_parts_t *parts)
{
    return &parts->puts[(parts->number + 1) % NGX_HTTP_SLUICE_PARTS_AT_ONCE];
}


/* what ends, and what goes on */

static void
ngx_http_sluice_parts_end(ngx_http_sluice_parts_t *parts)
{
    ngx_http_sluice_step_pt ended = parts->ended;

    if (parts->wanted) {
        ngx_http_sluice_parts_wanted(parts);
        return;
    }

    if (ended) {
        parts->ended = NULL;
        ended(parts->request, parts->data);
    }
}


/* All of it, when it is whole. */

static void
ngx_http_sluice_parts_last(ngx_http_sluice_parts_t *parts)
{
    if (parts->multipart[0] == '\0') {
        ngx_http_sluice_parts_ask_whole(parts);

    } else {
        ngx_http_sluice_parts_tell(parts, &ngx_http_sluice_list_parts,
                                   ngx_http_sluice_parts_args(parts),
                                   ngx_http_sluice_parts_listed);
    }
}


/* The rest, when more will come. */

static void
ngx_http_sluice_parts_next_tail(ngx_http_sluice_parts_t *parts)
{
    off_t tail = parts->here - parts->safe;

    if (tail > 0 && tail != parts->tail && parts->waits) {
        ngx_http_sluice_parts_ask_tail(parts, 1);
        return;
    }

    parts->hand = tail > 0 && tail != parts->tail;
    parts->rested = 1;
}


/* The next one in its order, if the bucket has it. */

static void
ngx_http_sluice_parts_tell_put(ngx_http_sluice_parts_t *parts)
{
    u_char state[SHA256_STATE_SIZE], hex[2 * SHA256_STATE_SIZE];
    json_t *args;
    const ngx_http_sluice_parts_put_t *put;

    put = ngx_http_sluice_parts_first(parts);

    if (parts->query || parts->asked == parts->number || put->job) {
        return;
    }

    args = ngx_http_sluice_parts_args(parts);
    sha256_save(&put->behind, 0, state);
    (void) ngx_hex_dump(hex, state, sizeof(state));

    (void) json_object_update_new(
        args,
        json_pack("{s:i, s:I, s:s, s:s, s:s%}", "number",
                  (int) put->part.number, "bytes", (json_int_t) put->part.size,
                  "etag", put->part.etag, "sha256", put->part.sha256, "digest",
                  hex, sizeof(hex)));

    ngx_http_sluice_parts_tell(parts, &ngx_http_sluice_add_part, args,
                               ngx_http_sluice_parts_put_told);
}


/* What is next. */

static void
ngx_http_sluice_parts_next(ngx_http_sluice_parts_t *parts)
{
    if (parts->job || parts->complete || parts->rested
        || parts->status != SLUICE_OK) {
        return;
    }

    ngx_http_sluice_parts_tell_put(parts);

    if (parts->status == SLUICE_OK && parts->begun) {
        ngx_http_sluice_parts_ask_full(parts);
    }

    if (ngx_http_sluice_parts_busy(parts) || parts->status != SLUICE_OK) {
        return;
    }

    if (ngx_http_sluice_parts_full(parts)
        && !(parts->whole && parts->here <= (off_t) bucket_part_size(1))) {
        ngx_http_sluice_parts_ask_begin(parts);

    } else if (parts->whole) {
        ngx_http_sluice_parts_last(parts);

    } else if (parts->resting) {
        ngx_http_sluice_parts_next_tail(parts);
    }
}


static void
ngx_http_sluice_parts_go(ngx_http_sluice_parts_t *parts)
{
    ngx_http_sluice_parts_next(parts);

    if (parts->status != SLUICE_OK || parts->complete || parts->rested) {
        if (!ngx_http_sluice_parts_busy(parts)) {
            ngx_http_sluice_parts_end(parts);
        }

    } else if (parts->wanted) {
        ngx_http_sluice_parts_wanted(parts);
    }
}


/* From outside of the request's own handlers. */

static void
ngx_http_sluice_parts_came(ngx_http_sluice_parts_t *parts)
{
    ngx_connection_t *c = parts->request->connection;

    ngx_http_set_log_request(c->log, parts->request);

    ngx_http_sluice_parts_go(parts);

    ngx_http_run_posted_requests(c);
}


/* what the record said */

static void
ngx_http_sluice_parts_begun(ngx_http_sluice_parts_t *parts)
{
    json_t *args = ngx_http_sluice_parts_args(parts);

    (void) json_object_set_new(args, "multipart",
                               json_string(parts->multipart));

    ngx_http_sluice_parts_tell(parts, &ngx_http_sluice_begin_parts, args,
                               ngx_http_sluice_parts_begin_told);
}


static void
ngx_http_sluice_parts_begin_told(void *data,
                                 const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_parts_t *parts = data;

    parts->begun = ngx_http_sluice_parts_told(parts, result);

    if (!parts->begun && parts->status != SLUICE_DATABASE_AWAY) {
        ngx_http_sluice_parts_abort(parts->spool->id, parts->multipart);
        parts->multipart[0] = '\0';
    }

    ngx_http_sluice_parts_came(parts);
}


static void
ngx_http_sluice_parts_put_told(void *data, const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_parts_t *parts = data;
    const ngx_http_sluice_parts_put_t *put;

    put = ngx_http_sluice_parts_first(parts);

    if (ngx_http_sluice_parts_told(parts, result)) {
        parts->number++;
        parts->safe += (off_t) put->part.size;
        parts->behind = put->behind;
        parts->tail = 0;
    }

    ngx_http_sluice_parts_came(parts);
}


static void
ngx_http_sluice_parts_listed(void *data, const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_http_sluice_parts_t *parts = data;

    if (ngx_http_sluice_parts_told(parts, result)) {
        body = ngx_http_sluice_call_body(result);
        ngx_http_sluice_parts_ask_complete(parts, body);
        json_decref(body);
    }

    ngx_http_sluice_parts_came(parts);
}


static void
ngx_http_sluice_parts_tail_told(void *data,
                                const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_parts_t *parts = data;

    if (ngx_http_sluice_parts_told(parts, result)) {
        parts->rested = 1;
        parts->handed = 1;
        parts->tail = parts->here - parts->safe;
    }

    ngx_http_sluice_parts_came(parts);
}


static void
ngx_http_sluice_parts_tailed(ngx_http_sluice_parts_t *parts, json_t *args)
{
    ngx_http_sluice_parts_tell(parts, &ngx_http_sluice_tell_tail, args,
                               ngx_http_sluice_parts_tail_told);
}


/* what the bucket has beside the parts */

void
ngx_http_sluice_parts_fetch(ngx_http_sluice_parts_t *parts,
                            ngx_http_sluice_step_pt ended, void *data)
{
    ngx_http_request_t *r = parts->request;

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    parts->ended = ended;
    parts->data = data;

    ngx_http_sluice_parts_ask_fetch(parts);
    ngx_http_sluice_parts_go(parts);
}


/* a request */

static const ngx_http_sluice_parts_ways_t ngx_http_sluice_parts_ways = {
    ngx_http_sluice_parts_begun, ngx_http_sluice_parts_tailed,
    ngx_http_sluice_parts_came
};


static void
ngx_http_sluice_parts_cleanup(void *data)
{
    ngx_http_sluice_parts_t *parts = data;

    if (parts->query) {
        ngx_sluice_pg_cancel(parts->query);
        parts->query = NULL;
    }

    if (parts->hand && parts->job == NULL && parts->status == SLUICE_OK) {
        ngx_http_sluice_parts_ask_tail(parts, 0);
    }

    ngx_http_sluice_parts_turn_end(parts);

    if (ngx_http_sluice_parts_leave(parts) == 0 && parts->left) {
        ngx_http_sluice_parts_discard(parts->spool->id, parts->multipart);
    }
}


ngx_int_t
ngx_http_sluice_parts_init(ngx_http_request_t *r,
                           ngx_http_sluice_parts_t *parts)
{
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_main_conf_t *smcf;

    if (!ngx_http_sluice_store_takes()) {
        return NGX_OK;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_sluice_parts_cleanup;
    cln->data = parts;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    parts->used = 1;
    parts->ways = &ngx_http_sluice_parts_ways;
    parts->request = r;
    parts->database = smcf->database;
    ngx_memcpy(parts->actor, ngx_http_sluice_gate_access(r)->sub,
               UUID_TEXT_SIZE);
    sha256_init(&parts->behind);

    return NGX_OK;
}


/* On the loop, between two threads that write. */

static void
ngx_http_sluice_parts_wrote(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_parts_t *parts = data;

    if (!parts->spool->unjudged) {
        ngx_http_sluice_parts_look(parts);
        ngx_http_sluice_parts_go(parts);
    }
}


static void
ngx_http_sluice_parts_more(ngx_http_request_t *r, void *data, off_t wanted)
{
    ngx_http_sluice_parts_t *parts = data;

    parts->wanted = wanted;
    ngx_http_sluice_parts_go(parts);
}


void
ngx_http_sluice_parts_receive(ngx_http_sluice_parts_t *parts)
{
    ngx_http_sluice_receive_t *receive = parts->receive;

    ngx_http_sluice_parts_watch(parts);

    parts->rested = 0;
    receive->wrote = ngx_http_sluice_parts_wrote;
    receive->more = ngx_http_sluice_parts_more;
    receive->more_data = parts;
    receive->granted = parts->spool->reserved;
}


void
ngx_http_sluice_parts_finish(ngx_http_sluice_parts_t *parts,
                             ngx_http_sluice_step_pt ended, void *data)
{
    ngx_http_request_t *r = parts->request;

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_sluice_parts_look(parts);
    parts->whole = 1;
    parts->rested = 0;
    parts->ended = ended;
    parts->data = data;

    ngx_http_sluice_parts_go(parts);
}


void
ngx_http_sluice_parts_rest(ngx_http_sluice_parts_t *parts, ngx_uint_t waits,
                           ngx_http_sluice_step_pt ended, void *data)
{
    ngx_http_request_t *r = parts->request;

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_sluice_parts_look(parts);
    parts->resting = 1;
    parts->rested = 0;
    parts->waits = waits ? 1 : 0;
    parts->ended = ended;
    parts->data = data;

    ngx_http_sluice_parts_go(parts);
}


void
ngx_http_sluice_parts_leave_disk(ngx_http_sluice_parts_t *parts)
{
    ngx_sluice_spool_t *spool = parts->spool;

    if (parts->lease.timer_set && !parts->hand && !spool->durable
        && !spool->unjudged && spool->size == parts->safe + parts->tail) {
        spool->elsewhere = 1;
    }
}
