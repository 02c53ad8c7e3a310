#include "ngx_http_sluice_snapshot.h"
#include "ngx_http_sluice_zone.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"
#include "core/table/revocation.h"
#include "core/table/revocation_message.h"


#define NGX_HTTP_SLUICE_SNAPSHOT_PAGE 2000 /* a millisecond or two of work */
#define NGX_HTTP_SLUICE_SNAPSHOT_KIND_MAX 16


typedef struct {
    ngx_http_sluice_main_conf_t *conf;
    ngx_http_sluice_snapshot_done_pt done; /* NULL: nothing is on its way */
    ngx_uint_t position;                   /* in Redis's set */
    ngx_uint_t strange;                    /* of this page: not understood */
    ngx_uint_t unsaid;                     /* ZADDs without an answer */
    uint64_t horizon; /* of the first page: all transactions before it are over,
                         and what they wrote was seen */
    time_t began;
    unsigned mirror : 1;
    unsigned missed : 1; /* Redis's set lacks something */
    unsigned whole : 1;  /* there is no further page */

    /* the last row, behind which the next page begins */
    ngx_str_t kind;
    ngx_str_t id;
    u_char kind_text[NGX_HTTP_SLUICE_SNAPSHOT_KIND_MAX];
    u_char id_text[REVOCATION_MESSAGE_ID_MAX];
} ngx_http_sluice_snapshot_t;


static void ngx_http_sluice_snapshot_query(void);
static void ngx_http_sluice_snapshot_range(void);


/* without a row there is one of nulls, but for the horizon */

static ngx_sluice_pg_statement_t ngx_http_sluice_snapshot_statement = {
    "revocations",
    "select r.kind, r.id, r.before, r.exp, h.horizon "
    "from (select pg_snapshot_xmin(pg_current_snapshot())::text horizon) h "
    "left join api.revocations($1, $2, $3) r on true order by r.kind, r.id",
    3, NGX_SLUICE_PG_STOP
};

static ngx_sluice_pg_statement_t ngx_http_sluice_snapshot_new = {
    "revoked_since",
    "select r.kind, r.id, r.before, r.exp, h.horizon "
    "from (select pg_snapshot_xmin(pg_current_snapshot())::text horizon) h "
    "left join api.revoked_since($1::xid8, $2) r on true",
    2, NGX_SLUICE_PG_STOP
};


/* this process's */

static ngx_http_sluice_snapshot_t ngx_http_sluice_snapshot_state;
static ngx_http_sluice_snapshot_done_pt ngx_http_sluice_snapshot_news_done;


static void
ngx_http_sluice_snapshot_end(ngx_uint_t ok)
{
    ngx_http_sluice_snapshot_done_pt done;
    ngx_http_sluice_snapshot_t *snap = &ngx_http_sluice_snapshot_state;

    done = snap->done;
    snap->done = NULL;

    if (ok && snap->horizon) {
        ngx_http_sluice_zone_set_horizon(snap->horizon);
    }

    done(ok, snap->mirror && !snap->missed);
}


static void
ngx_http_sluice_snapshot_told(ngx_uint_t *strange, const char *record)
{
    if (*strange) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "%ui revocations in %s are not understood and ignored",
                      *strange, record);
    }

    *strange = 0;
}


/* from PostgreSQL */

static ngx_int_t
ngx_http_sluice_snapshot_row(const ngx_sluice_pg_result_t *result,
                             ngx_uint_t row, revocation_message_t *message)
{
    ngx_int_t before, exp;
    ngx_str_t value[4];
    ngx_uint_t i;
    revocation_kind_t kind;

    for (i = 0; i < 4; i++) {
        if (ngx_sluice_pg_value(result, row, i, &value[i]) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    before = ngx_atoi(value[2].data, value[2].len);
    exp = ngx_atoi(value[3].data, value[3].len);

    if (revocation_message_kind((const char *) value[0].data, value[0].len,
                                &kind)
            != 0
        || revocation_message_set(message, kind, (const char *) value[1].data,
                                  value[1].len, before, exp)
               != 0) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* How many rows there are, and the horizon; -1 when it is not to be read. */

static ngx_int_t
ngx_http_sluice_snapshot_rows(const ngx_sluice_pg_result_t *result,
                              uint64_t *horizon)
{
    off_t number;
    ngx_str_t text;

    if (result->rows == 0
        || ngx_sluice_pg_value(result, 0, 4, &text) != NGX_OK) {
        return -1;
    }

    number = ngx_atoof(text.data, text.len);
    if (number <= 0) {
        return -1;
    }

    *horizon = (uint64_t) number;

    return ngx_sluice_pg_value(result, 0, 0, &text) == NGX_OK
               ? (ngx_int_t) result->rows
               : 0;
}


static ngx_int_t
ngx_http_sluice_snapshot_behind(const ngx_sluice_pg_result_t *result)
{
    ngx_str_t kind, id;
    ngx_http_sluice_snapshot_t *snap = &ngx_http_sluice_snapshot_state;

    if (ngx_sluice_pg_value(result, result->rows - 1, 0, &kind) != NGX_OK
        || ngx_sluice_pg_value(result, result->rows - 1, 1, &id) != NGX_OK
        || kind.len > sizeof(snap->kind_text)
        || id.len > sizeof(snap->id_text)) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "a revocation in the database is too long to read on "
                      "behind it");
        return NGX_ERROR;
    }

    snap->kind.len = kind.len;
    ngx_memcpy(snap->kind.data, kind.data, kind.len);
    snap->id.len = id.len;
    ngx_memcpy(snap->id.data, id.data, id.len);

    return NGX_OK;
}


static void
ngx_http_sluice_snapshot_next(void)
{
    ngx_http_sluice_snapshot_t *snap = &ngx_http_sluice_snapshot_state;

    if (--snap->unsaid > 0) {
        return;
    }

    if (snap->whole) {
        ngx_http_sluice_snapshot_end(1);
        return;
    }

    /* no other process begins while this one is at it */
    (void) ngx_http_sluice_zone_turn(NGX_HTTP_SLUICE_TURN_ALL, 0);

    ngx_http_sluice_snapshot_query();
}


static void
ngx_http_sluice_snapshot_mirrored(void *data, sluice_status_t status,
                                  ngx_str_t *text)
{
    ngx_http_sluice_snapshot_t *snap = &ngx_http_sluice_snapshot_state;

    if (snap->done == NULL) {
        return;
    }

    if (status != SLUICE_OK) {
        snap->missed = 1;
    }

    ngx_http_sluice_snapshot_next();
}


/* ZADD sluice:revoked <exp> <message>; the next page waits for the answers, so
   that not more than a page of them is on its way */

static void
ngx_http_sluice_snapshot_mirror(const revocation_message_t *message)
{
    u_char score[NGX_INT64_LEN];
    u_char text[REVOCATION_MESSAGE_SIZE_MAX];
    ngx_str_t argv[4];
    ngx_http_sluice_snapshot_t *snap = &ngx_http_sluice_snapshot_state;

    ngx_str_set(&argv[0], "ZADD");
    ngx_str_set(&argv[1], NGX_HTTP_SLUICE_SNAPSHOT_SET);
    argv[2].data = score;
    argv[2].len = (size_t) (ngx_sprintf(score, "%L", message->exp) - score);
    argv[3].data = text;
    argv[3].len = revocation_message_write(message, (char *) text,
                                           sizeof(text));

    if (ngx_sluice_redis_command(snap->conf->redis, 4, argv,
                                 ngx_http_sluice_snapshot_mirrored, NULL, NULL)
        != SLUICE_OK) {
        snap->missed = 1;
        return;
    }

    snap->unsaid++;
}


static void
ngx_http_sluice_snapshot_page(void *data, const ngx_sluice_pg_result_t *result)
{
    uint64_t horizon;
    ngx_int_t i, rows;
    revocation_message_t message;
    ngx_http_sluice_snapshot_t *snap = &ngx_http_sluice_snapshot_state;

    rows = result->status == SLUICE_OK && !ngx_exiting
               ? ngx_http_sluice_snapshot_rows(result, &horizon)
               : -1;

    if (rows < 0) {
        ngx_http_sluice_snapshot_end(0);
        return;
    }

    if (snap->horizon == 0) {
        snap->horizon = horizon;
    }

    snap->whole = rows < NGX_HTTP_SLUICE_SNAPSHOT_PAGE;

    /* held while the page is worked on: answers may come before it is done */
    snap->unsaid = 1;

    for (i = 0; i < rows; i++) {
        if (ngx_http_sluice_snapshot_row(result, (ngx_uint_t) i, &message)
            != NGX_OK) {
            snap->strange++;
            continue;
        }

        ngx_http_sluice_zone_apply(&message);

        if (snap->mirror && !snap->missed) {
            ngx_http_sluice_snapshot_mirror(&message);
        }
    }

    ngx_http_sluice_snapshot_told(&snap->strange, "the database");

    if (!snap->whole && ngx_http_sluice_snapshot_behind(result) != NGX_OK) {
        ngx_http_sluice_snapshot_end(0);
        return;
    }

    ngx_http_sluice_snapshot_next();
}


static void
ngx_http_sluice_snapshot_query(void)
{
    ngx_str_t params[3];
    ngx_sluice_pg_query_t *query;
    ngx_http_sluice_snapshot_t *snap = &ngx_http_sluice_snapshot_state;

    u_char many[NGX_INT_T_LEN];

    params[0] = snap->kind;
    params[1] = snap->id;
    params[2].data = many;
    params[2].len = (size_t) (ngx_sprintf(many, "%i",
                                          NGX_HTTP_SLUICE_SNAPSHOT_PAGE)
                              - many);

    if (ngx_sluice_pg_query(snap->conf->database, NGX_SLUICE_PG_HOUSE,
                            &ngx_http_sluice_snapshot_statement, params,
                            ngx_http_sluice_snapshot_page, NULL, &query)
        != SLUICE_OK) {
        ngx_http_sluice_snapshot_end(0);
    }
}


/* what is new */

static void
ngx_http_sluice_snapshot_news_end(ngx_uint_t ok)
{
    ngx_http_sluice_snapshot_done_pt done;

    done = ngx_http_sluice_snapshot_news_done;
    ngx_http_sluice_snapshot_news_done = NULL;

    done(ok, 0);
}


/* In a record that was put back from a copy transactions may have begun to
   count anew. */

static void
ngx_http_sluice_snapshot_news_rows(void *data,
                                   const ngx_sluice_pg_result_t *result)
{
    uint64_t horizon;
    ngx_int_t i, rows;
    ngx_uint_t strange;
    revocation_message_t message;

    if (ngx_http_sluice_snapshot_news_done == NULL) {
        return;
    }

    rows = result->status == SLUICE_OK && !ngx_exiting
               ? ngx_http_sluice_snapshot_rows(result, &horizon)
               : -1;
    strange = 0;

    for (i = 0; i < rows; i++) {
        if (ngx_http_sluice_snapshot_row(result, (ngx_uint_t) i, &message)
            == NGX_OK) {
            ngx_http_sluice_zone_apply(&message);
        } else {
            strange++;
        }
    }

    ngx_http_sluice_snapshot_told(&strange, "the database");

    if (rows < 0 || rows >= NGX_HTTP_SLUICE_SNAPSHOT_PAGE
        || horizon < ngx_http_sluice_zone_horizon()) {
        ngx_http_sluice_snapshot_news_end(0);
        return;
    }

    ngx_http_sluice_zone_set_horizon(horizon);
    ngx_http_sluice_snapshot_news_end(1);
}


void
ngx_http_sluice_snapshot_news(ngx_http_sluice_main_conf_t *smcf,
                              ngx_http_sluice_snapshot_done_pt done)
{
    ngx_str_t params[2];
    ngx_sluice_pg_query_t *query;

    u_char since[NGX_INT64_LEN], many[NGX_INT_T_LEN];

    ngx_http_sluice_snapshot_news_done = done;

    params[0].data = since;
    params[0].len = (size_t) (ngx_sprintf(since, "%uL",
                                          ngx_http_sluice_zone_horizon())
                              - since);
    params[1].data = many;
    params[1].len = (size_t) (ngx_sprintf(many, "%i",
                                          NGX_HTTP_SLUICE_SNAPSHOT_PAGE)
                              - many);

    if (ngx_sluice_pg_query(smcf->database, NGX_SLUICE_PG_HOUSE,
                            &ngx_http_sluice_snapshot_new, params,
                            ngx_http_sluice_snapshot_news_rows, NULL, &query)
        != SLUICE_OK) {
        ngx_http_sluice_snapshot_news_end(0);
    }
}


/* from Redis */

static void
ngx_http_sluice_snapshot_members(void *data, sluice_status_t status,
                                 const ngx_str_t *items, ngx_uint_t n)
{
    ngx_uint_t i;
    revocation_message_t message;
    ngx_http_sluice_snapshot_t *snap = &ngx_http_sluice_snapshot_state;

    if (snap->done == NULL) {
        return;
    }

    if (status != SLUICE_OK || ngx_exiting) {
        ngx_http_sluice_snapshot_end(0);
        return;
    }

    for (i = 0; i < n; i++) {
        if (revocation_message_parse((const char *) items[i].data, items[i].len,
                                     &message)
            == REVOCATION_MESSAGE_OK) {
            ngx_http_sluice_zone_apply(&message);

        } else {
            snap->strange++;
        }
    }

    ngx_http_sluice_snapshot_told(&snap->strange, "Redis");

    if (n < NGX_HTTP_SLUICE_SNAPSHOT_PAGE) {
        ngx_http_sluice_snapshot_end(1);
        return;
    }

    (void) ngx_http_sluice_zone_turn(NGX_HTTP_SLUICE_TURN_ALL, 0);

    snap->position += n;
    ngx_http_sluice_snapshot_range();
}


/* ZRANGEBYSCORE sluice:revoked (<began> +inf LIMIT <position> <many>; nobody
   takes out what was not expired then */

static void
ngx_http_sluice_snapshot_range(void)
{
    u_char min[NGX_TIME_T_LEN + 1];
    u_char position[NGX_INT_T_LEN];
    u_char many[NGX_INT_T_LEN];
    ngx_http_sluice_snapshot_t *snap = &ngx_http_sluice_snapshot_state;

    ngx_str_t argv[] = { ngx_string("ZRANGEBYSCORE"),
                         ngx_string(NGX_HTTP_SLUICE_SNAPSHOT_SET),
                         { 0, min },
                         ngx_string("+inf"),
                         ngx_string("LIMIT"),
                         { 0, position },
                         { 0, many } };

    argv[2].len = (size_t) (ngx_sprintf(min, "(%T", snap->began) - min);
    argv[5].len = (size_t) (ngx_sprintf(position, "%ui", snap->position)
                            - position);
    argv[6].len = (size_t) (ngx_sprintf(many, "%i",
                                        NGX_HTTP_SLUICE_SNAPSHOT_PAGE)
                            - many);

    if (ngx_sluice_redis_command_list(
            snap->conf->redis, sizeof(argv) / sizeof(argv[0]), argv,
            ngx_http_sluice_snapshot_members, NULL, NULL)
        != SLUICE_OK) {
        ngx_http_sluice_snapshot_end(0);
    }
}


void
ngx_http_sluice_snapshot(ngx_http_sluice_main_conf_t *smcf, ngx_uint_t mirror,
                         ngx_http_sluice_snapshot_done_pt done)
{
    ngx_http_sluice_snapshot_t *snap = &ngx_http_sluice_snapshot_state;

    ngx_memzero(snap, sizeof(ngx_http_sluice_snapshot_t));

    snap->conf = smcf;
    snap->done = done;
    snap->mirror = (mirror != 0);
    snap->began = ngx_time();
    snap->kind.data = snap->kind_text;
    snap->id.data = snap->id_text;

    if (smcf->database) {
        ngx_http_sluice_snapshot_query();

    } else {
        ngx_http_sluice_snapshot_range();
    }
}


void
ngx_http_sluice_snapshot_stop(void)
{
    ngx_http_sluice_snapshot_state.done = NULL;
    ngx_http_sluice_snapshot_news_done = NULL;
}
