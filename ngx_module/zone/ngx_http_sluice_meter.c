#include "ngx_http_sluice_meter.h"
#include "ngx_http_sluice_zone_internal.h"

#include "ngx_module/bridge/ngx_sluice_event.h"
#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "core/base/status.h"
#include "core/base/uuid.h"
#include "core/table/meter.h"


#define NGX_HTTP_SLUICE_METER_EVERY 1000 /* ms */
#define NGX_HTTP_SLUICE_METER_MANY 500   /* users of a batch */

/* Who has a batch for so long has died, or waits for a record that is away: it
   does no harm when both bring it. */
#define NGX_HTTP_SLUICE_METER_LOST 10000 /* ms */

/* Tries of a process that leaves while the record is away. */
#define NGX_HTTP_SLUICE_METER_LAST 5

/* "{uuid,uuid}", "{number,number}" */
#define NGX_HTTP_SLUICE_METER_USERS \
    (NGX_HTTP_SLUICE_METER_MANY * (UUID_TEXT_LEN + 1) + 2)
#define NGX_HTTP_SLUICE_METER_BYTES \
    (NGX_HTTP_SLUICE_METER_MANY * (NGX_INT64_LEN + 1) + 2)


typedef struct {
    ngx_sluice_pg_t *database; /* NULL: nothing is counted */
    ngx_event_t timer;
    ngx_uint_t tries;     /* since the process began to leave */
    unsigned waiting : 1; /* for the record */
    uint64_t number;      /* of the batch */
    u_char users[NGX_HTTP_SLUICE_METER_USERS];
    u_char bytes[NGX_HTTP_SLUICE_METER_BYTES];
    meter_row_t rows[NGX_HTTP_SLUICE_METER_MANY];
} ngx_http_sluice_meter_t;


static ngx_sluice_pg_statement_t ngx_http_sluice_meter_statement = {
    "count_bytes",
    "select id, over, streams from api.count_bytes($1::uuid, $2::bigint, "
    "$3::uuid[], $4::bigint[])",
    4, NGX_SLUICE_PG_KEEP
};


/* this process's */

static ngx_http_sluice_meter_t ngx_http_sluice_meter;


ngx_int_t
ngx_http_sluice_meter_user(const ngx_str_t *text, meter_user_t *user)
{
    u_char id[UUID_TEXT_SIZE];

    if (ngx_http_sluice_meter.database == NULL || text->len != UUID_TEXT_LEN) {
        return NGX_DECLINED;
    }

    ngx_memcpy(id, text->data, UUID_TEXT_LEN);
    id[UUID_TEXT_LEN] = '\0';

    return uuid_read((u_char *) user->word, (char *) id) == 0 ? NGX_OK
                                                              : NGX_DECLINED;
}


/* The timer keeps a process that leaves. */

static void
ngx_http_sluice_meter_wait(void)
{
    ngx_http_sluice_meter_t *state = &ngx_http_sluice_meter;

    if (state->database && !state->waiting && !state->timer.timer_set) {
        ngx_add_timer(&state->timer, NGX_HTTP_SLUICE_METER_EVERY);
    }
}


void
ngx_http_sluice_meter_limits(const meter_user_t *user, meter_limits_t *limits)
{
    meter_t *meter;

    meter = ngx_http_sluice_zone_meter();

    if (meter == NULL || !meter_find(meter, user, ngx_time(), limits)) {
        limits->over = 0;
        limits->streams = 0;
        limits->free = 0;
    }

    if (limits->over) {
        ngx_http_sluice_meter_wait();
    }
}


void
ngx_http_sluice_meter_add(const meter_user_t *user, off_t bytes)
{
    meter_t *meter;
    ngx_uint_t counted;

    meter = ngx_http_sluice_zone_meter();
    if (meter == NULL) {
        return;
    }

    counted = (ngx_uint_t) meter_add(meter, user, (uint64_t) bytes, ngx_time());

    if (!counted) {
        ngx_http_sluice_zone_lock();
        counted = meter_place(meter, user, ngx_time()) == 0
                  && meter_add(meter, user, (uint64_t) bytes, ngx_time());
        ngx_http_sluice_zone_unlock();
    }

    if (!counted) {
        meter_lose(meter, (uint64_t) bytes);
    }

    ngx_http_sluice_meter_wait();
}


/* what the record says */

static ngx_int_t
ngx_http_sluice_meter_row(const ngx_sluice_pg_result_t *result, ngx_uint_t row,
                          meter_user_t *user, meter_limits_t *limits)
{
    ngx_int_t streams;
    ngx_str_t id, over, many;

    if (ngx_sluice_pg_value(result, row, 0, &id) != NGX_OK
        || ngx_http_sluice_meter_user(&id, user) != NGX_OK) {
        return NGX_DECLINED;
    }

    limits->over = 0;
    limits->streams = 0;
    limits->free = 0;

    if (ngx_sluice_pg_value(result, row, 1, &over) == NGX_OK) {
        limits->free = (over.len == 2 && ngx_memcmp(over.data, "-1", 2) == 0);
        limits->over = ngx_max(ngx_atotm(over.data, over.len), 0);
    }

    if (ngx_sluice_pg_value(result, row, 2, &many) == NGX_OK) {
        streams = ngx_atoi(many.data, many.len);
        limits->streams = (uint32_t) ngx_max(streams, 0);
    }

    return NGX_OK;
}


static void
ngx_http_sluice_meter_done(void *data, const ngx_sluice_pg_result_t *result)
{
    meter_t *meter;
    ngx_uint_t i;
    meter_user_t user;
    meter_limits_t limits;
    ngx_http_sluice_meter_t *state = &ngx_http_sluice_meter;

    state->waiting = 0;
    meter = ngx_http_sluice_zone_meter();

    ngx_http_sluice_zone_lock();

    for (i = 0; i < result->rows; i++) {
        if (ngx_http_sluice_meter_row(result, i, &user, &limits) == NGX_OK) {
            meter_told(meter, &user, &limits);
        }
    }

    if (result->status == SLUICE_OK) {
        meter_done(meter, state->number);
    }

    ngx_http_sluice_zone_unlock();

    /* the next one may come at once */
    ngx_http_sluice_zone_turn_over(NGX_HTTP_SLUICE_TURN_METER);

    if (meter_due(meter)) {
        ngx_http_sluice_meter_wait();
    }
}


/* a batch */

static void
ngx_http_sluice_meter_params(size_t n, ngx_str_t *users, ngx_str_t *bytes)
{
    u_char *u, *b;
    size_t i;
    ngx_http_sluice_meter_t *state = &ngx_http_sluice_meter;

    u = users->data = state->users;
    b = bytes->data = state->bytes;

    for (i = 0; i < n; i++) {
        *u++ = i ? ',' : '{';
        uuid_write((char *) u, (u_char *) state->rows[i].user.word);
        u += UUID_TEXT_LEN;
        b = ngx_sprintf(b, "%c%uL", i ? ',' : '{', state->rows[i].bytes);
    }

    *u++ = '}';
    *b++ = '}';

    users->len = (size_t) (u - users->data);
    bytes->len = (size_t) (b - bytes->data);
}


static ngx_uint_t
ngx_http_sluice_meter_send(size_t n)
{
    u_char number[NGX_INT64_LEN];
    ngx_str_t params[4];
    ngx_sluice_pg_query_t *query;
    ngx_http_sluice_meter_t *state = &ngx_http_sluice_meter;

    params[0].data = (u_char *) ngx_http_sluice_zone_id();
    params[0].len = UUID_TEXT_LEN;
    params[1].data = number;
    params[1].len = (size_t) (ngx_sprintf(number, "%uL", state->number)
                              - number);
    ngx_http_sluice_meter_params(n, &params[2], &params[3]);

    return ngx_sluice_pg_query(state->database, NGX_SLUICE_PG_HOUSE,
                               &ngx_http_sluice_meter_statement, params,
                               ngx_http_sluice_meter_done, NULL, &query)
           == SLUICE_OK;
}


static void
ngx_http_sluice_meter_tick(ngx_event_t *ev)
{
    size_t n;
    meter_t *meter;
    ngx_http_sluice_meter_t *state = &ngx_http_sluice_meter;

    meter = ngx_http_sluice_zone_meter();

    if (meter == NULL || !meter_due(meter)
        || (ngx_exiting && state->tries++ == NGX_HTTP_SLUICE_METER_LAST)) {
        return;
    }

    if (!ngx_http_sluice_zone_turn(NGX_HTTP_SLUICE_TURN_METER,
                                   NGX_HTTP_SLUICE_METER_LOST)) {
        ngx_http_sluice_meter_wait();
        return;
    }

    ngx_http_sluice_zone_lock();
    n = meter_take(meter, state->rows, NGX_HTTP_SLUICE_METER_MANY,
                   &state->number);
    ngx_http_sluice_zone_unlock();

    state->waiting = n && ngx_http_sluice_meter_send(n);

    if (!state->waiting) {
        ngx_http_sluice_zone_turn_over(NGX_HTTP_SLUICE_TURN_METER);

        if (n) {
            ngx_http_sluice_meter_wait();
        }
    }
}


/* a process */

void
ngx_http_sluice_meter_start(ngx_http_sluice_main_conf_t *smcf)
{
    meter_t *meter;
    ngx_http_sluice_meter_t *state = &ngx_http_sluice_meter;

    ngx_memzero(state, sizeof(ngx_http_sluice_meter_t));

    meter = ngx_http_sluice_zone_meter();

    if (meter == NULL || smcf->database == NULL) {
        return;
    }

    state->database = smcf->database;
    ngx_sluice_event_timer(&state->timer, ngx_http_sluice_meter_tick);

    /* what one that died has left */

    if (meter_due(meter)) {
        ngx_http_sluice_meter_wait();
    }
}


void
ngx_http_sluice_meter_stop(void)
{
    ngx_http_sluice_meter_t *state = &ngx_http_sluice_meter;

    if (state->waiting) {
        ngx_http_sluice_zone_turn_over(NGX_HTTP_SLUICE_TURN_METER);
    }

    state->database = NULL;
}
