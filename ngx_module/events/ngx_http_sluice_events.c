#include "ngx_http_sluice_events.h"
#include "ngx_http_sluice_watch.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_request.h"
#include "ngx_module/http/ngx_http_sluice_whose.h"
#include "ngx_module/links/ngx_http_sluice_reply.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/job_message.h"
#include "core/base/status.h"
#include "core/base/uuid.h"
#include "core/grant/access.h"
#include "core/table/revocation.h"

#include <jansson.h>


#define NGX_HTTP_SLUICE_EVENTS_BEAT 15000 /* ms between two signs of life */

/* ms; browsers that lost their stream together do not come back together */
#define NGX_HTTP_SLUICE_EVENTS_RETRY 500
#define NGX_HTTP_SLUICE_EVENTS_RETRY_SPREAD 2000

/* "id: <version>\ndata: <text>\n\n", with "retry: <ms>\n" in front */
#define NGX_HTTP_SLUICE_EVENTS_FRAME 96


/* What is sent is in memory of its own, which goes when it has left: a stream
   that waits holds none. */

typedef struct {
    ngx_http_sluice_watcher_t watcher; /* first */
    ngx_http_request_t *request;
    ngx_event_t posted;
    ngx_buf_t buf;      /* of `out` */
    u_char *out, *next; /* being sent; what comes then, the latest alone */
    size_t next_len;
    int64_t seen; /* Last-Event-ID; -1: none */
    uint64_t generation;
    ngx_msec_t sent_at;
    unsigned open : 1; /* the header was sent */
    unsigned over : 1; /* nothing comes behind `next` */
} ngx_http_sluice_events_t;


static void ngx_http_sluice_events_cleanup(void *data);


/* this process's streams */
static ngx_http_sluice_whose_counts_t ngx_http_sluice_events_held;

static ngx_sluice_pg_statement_t ngx_http_sluice_events_statement = {
    "watch_job",
    "select status, body from api.get_job($1::uuid, $2::jsonb, true)", 2,
    NGX_SLUICE_PG_STOP
};


static int64_t
ngx_http_sluice_events_seen(ngx_http_request_t *r)
{
    ngx_str_t value;

    static const ngx_str_t name = ngx_string("last-event-id");

    return ngx_http_sluice_request_header(r, &name, &value)
               ? ngx_atoof(value.data, value.len)
               : -1;
}


/* what is sent next */

static void
ngx_http_sluice_events_put(ngx_http_sluice_events_t *events,
                           const job_message_t *message)
{
    u_char *p;

    if (events->over) {
        return;
    }

    p = ngx_alloc(NGX_HTTP_SLUICE_EVENTS_FRAME + message->len, ngx_cycle->log);
    if (p == NULL) {
        return;
    }

    ngx_free(events->next);
    events->next = p;

    if (events->sent_at == 0) {
        p = ngx_sprintf(p, "retry: %l\n",
                        NGX_HTTP_SLUICE_EVENTS_RETRY
                            + ngx_random()
                                  % NGX_HTTP_SLUICE_EVENTS_RETRY_SPREAD);
    }

    p = ngx_sprintf(p, "id: %L\ndata: %*s\n\n", message->version, message->len,
                    message->text);

    events->next_len = (size_t) (p - events->next);
    events->watcher.version = message->version;
    events->over = message->over;
}


/* The token's time is up, or it was taken back. */

static ngx_uint_t
ngx_http_sluice_events_barred(ngx_http_sluice_events_t *events)
{
    uint64_t generation;
    access_t *access;

    access = &ngx_http_sluice_gate_find_ctx(events->request)->access;

    if (access->exp <= ngx_time()) {
        return 1;
    }

    generation = ngx_http_sluice_zone_generation();
    if (generation == events->generation) {
        return 0;
    }

    events->generation = generation;

    return ngx_http_sluice_zone_revoked(REVOCATION_SUB, access->sub,
                                        ngx_strlen(access->sub),
                                        (time_t) access->iat)
           || ngx_http_sluice_zone_revoked(REVOCATION_SID, access->sid,
                                           ngx_strlen(access->sid),
                                           (time_t) access->iat);
}


static void
ngx_http_sluice_events_beat(ngx_http_sluice_events_t *events,
                            ngx_uint_t leaving)
{
    if (!events->open || events->over) {
        return;
    }

    if (leaving || ngx_http_sluice_events_barred(events)) {
        events->over = 1;
        return;
    }

    if (events->next == NULL && events->out == NULL
        && ngx_current_msec - events->sent_at >= NGX_HTTP_SLUICE_EVENTS_BEAT) {
        events->next = ngx_alloc(sizeof(":\n\n") - 1, ngx_cycle->log);

        if (events->next) {
            events->next_len = sizeof(":\n\n") - 1;
            ngx_memcpy(events->next, ":\n\n", events->next_len);
        }
    }
}


/* sending */

/* Goes on with what is being sent, or begins with what comes next. */

static ngx_int_t
ngx_http_sluice_events_output(ngx_http_sluice_events_t *events)
{
    ngx_buf_t *b;
    ngx_int_t rc;
    ngx_chain_t cl;
    ngx_http_request_t *r = events->request;

    if (events->out) {
        rc = ngx_http_output_filter(r, NULL);

    } else if (events->next) {
        events->out = events->next;
        events->next = NULL;
        events->sent_at = ngx_current_msec;

        b = &events->buf;
        ngx_memzero(b, sizeof(ngx_buf_t));
        b->pos = events->out;
        b->last = events->out + events->next_len;
        b->memory = 1;
        b->flush = 1;
        cl.buf = b;
        cl.next = NULL;

        rc = ngx_http_output_filter(r, &cl);

    } else {
        return NGX_OK;
    }

    if (rc != NGX_ERROR && !r->buffered && !r->connection->buffered) {
        ngx_free(events->out);
        events->out = NULL;
    }

    return rc;
}


static void
ngx_http_sluice_events_send(ngx_http_sluice_events_t *events)
{
    ngx_int_t rc;
    ngx_event_t *wev;
    ngx_http_request_t *r;
    ngx_http_core_loc_conf_t *clcf;

    r = events->request;
    wev = r->connection->write;

    do {
        rc = ngx_http_sluice_events_output(events);

        if (rc == NGX_ERROR) {
            ngx_http_finalize_request(r, NGX_ERROR);
            return;
        }
    } while (events->out == NULL && events->next);

    if (events->out == NULL && events->over) {
        ngx_http_finalize_request(r, ngx_http_send_special(r, NGX_HTTP_LAST));
        return;
    }

    if (events->out == NULL) {
        if (wev->timer_set) {
            ngx_del_timer(wev);
        }
        return;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!wev->delayed && !wev->timer_set) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}


/* when it can be sent */

static void
ngx_http_sluice_events_posted(ngx_event_t *ev)
{
    ngx_connection_t *c;
    ngx_http_sluice_events_t *events = ev->data;

    c = events->request->connection;

    ngx_http_set_log_request(c->log, events->request);
    ngx_http_sluice_events_send(events);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sluice_events_writable(ngx_http_request_t *r)
{
    ngx_event_t *wev;
    ngx_http_cleanup_t *cln;

    wev = r->connection->write;

    if (wev->timedout) {
        r->connection->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    for (cln = r->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_sluice_events_cleanup) {
            ngx_http_sluice_events_send(cln->data);
            return;
        }
    }
}


/* From the watcher's side: what is to be sent is put down, and sent when this
   process has come so far; a request never ends in here. */

static void
ngx_http_sluice_events_told(ngx_http_sluice_watcher_t *watcher,
                            const job_message_t *message, ngx_uint_t leaving)
{
    ngx_http_sluice_events_t *events = (ngx_http_sluice_events_t *) watcher;

    if (message) {
        ngx_http_sluice_events_put(events, message);
    } else {
        ngx_http_sluice_events_beat(events, leaving);
    }

    if (events->open && !events->out && (events->next || events->over)
        && !events->posted.posted) {
        ngx_post_event(&events->posted, &ngx_posted_events);
    }
}


static void
ngx_http_sluice_events_cleanup(void *data)
{
    ngx_http_sluice_events_t *events = data;

    ngx_http_sluice_unwatch(&events->watcher);

    if (events->posted.posted) {
        ngx_delete_posted_event(&events->posted);
    }

    ngx_free(events->out);
    ngx_free(events->next);
}


/* how a stream begins */

static ngx_int_t
ngx_http_sluice_events_header(ngx_http_request_t *r)
{
    static ngx_str_t no_store = ngx_string("no-store");
    static ngx_str_t no = ngx_string("no");
    static ngx_str_t nosniff = ngx_string("nosniff");

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = -1;
    ngx_str_set(&r->headers_out.content_type, "text/event-stream");
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    if (ngx_http_sluice_header(r, "Cache-Control", &no_store) != NGX_OK
        || ngx_http_sluice_header(r, "X-Accel-Buffering", &no) != NGX_OK
        || ngx_http_sluice_header(r, "X-Content-Type-Options", &nosniff)
               != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_send_header(r);
}


static void
ngx_http_sluice_events_found(ngx_http_request_t *r, void *data,
                             const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;
    ngx_str_t status, body;
    ngx_http_sluice_events_t *events = data;
    job_message_t message;

    if (result->status != SLUICE_OK
        || ngx_sluice_pg_value(result, 0, 0, &status) != NGX_OK
        || ngx_atoi(status.data, status.len) != NGX_HTTP_OK
        || ngx_sluice_pg_value(result, 0, 1, &body) != NGX_OK
        || job_message_read((const char *) body.data, body.len, &message)
               != 0) {
        ngx_http_sluice_finish(r, ngx_http_sluice_reply(r, result, 0));
        return;
    }

    /* a browser that gets 204 does not come back */

    if (message.over && message.version == events->seen) {
        free(message.text);
        ngx_str_null(&body);
        ngx_http_sluice_finish(
            r, ngx_http_sluice_json(r, NGX_HTTP_NO_CONTENT, &body));
        return;
    }

    rc = ngx_http_sluice_events_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        free(message.text);
        ngx_http_sluice_finish(r, rc);
        return;
    }

    /* a message that came meanwhile may know more */

    events->open = 1;

    if (message.version > events->watcher.version) {
        ngx_http_sluice_events_put(events, &message);
    }

    free(message.text);

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_sluice_events_writable;

    ngx_http_sluice_events_send(events);
}


/* Of this process's connections others need some, too: nobody has more than
   half of them. NGX_DECLINED, or what was answered. */

static ngx_int_t
ngx_http_sluice_events_hold(ngx_http_request_t *r)
{
    ngx_int_t rc;

    rc = ngx_http_sluice_whose_hold(r, &ngx_http_sluice_events_held,
                                    ngx_cycle->connection_n / 2);

    if (rc == NGX_DECLINED) {
        return ngx_http_sluice_problem(
            r, SLUICE_TOO_MANY, "You watch too many jobs already.", NULL);
    }

    return rc == NGX_OK ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


ngx_int_t
ngx_http_sluice_events_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_events_t *events;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_sluice_events_hold(r);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_sluice_events_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    events = cln->data;
    ngx_memzero(events, sizeof(ngx_http_sluice_events_t));

    ngx_memcpy(events->watcher.job, r->uri.data + sizeof("/api/jobs/") - 1,
               UUID_TEXT_LEN);
    events->watcher.version = -1;
    events->watcher.handler = ngx_http_sluice_events_told;
    events->request = r;
    events->seen = ngx_http_sluice_events_seen(r);
    events->generation = ngx_http_sluice_zone_generation();
    events->posted.handler = ngx_http_sluice_events_posted;
    events->posted.data = events;
    events->posted.log = r->connection->log;

    cln->handler = ngx_http_sluice_events_cleanup;

    /* in front of the query: nothing falls between the two */
    if (ngx_http_sluice_watch(smcf, &events->watcher) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->main->count++;

    ngx_http_sluice_finish(
        r, ngx_http_sluice_call(r, &ngx_http_sluice_events_statement,
                                ngx_http_sluice_gate_access(r)->sub,
                                json_pack("{s:s}", "id", events->watcher.job),
                                ngx_http_sluice_events_found, events));
    return NGX_DONE;
}
