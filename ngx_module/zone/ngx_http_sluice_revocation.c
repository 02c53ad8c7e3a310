#include "ngx_http_sluice_revocation.h"
#include "ngx_http_sluice_snapshot.h"
#include "ngx_http_sluice_zone.h"

#include "ngx_module/bridge/ngx_sluice_event.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"
#include "core/grant/grant.h"
#include "core/table/revocation.h"
#include "core/table/revocation_message.h"

#include <jansson.h>


/* ms; whoever asks every TICK whether POLL has passed acts within a second */

#define NGX_HTTP_SLUICE_REVOCATION_TICK 200
#define NGX_HTTP_SLUICE_REVOCATION_POLL 750
#define NGX_HTTP_SLUICE_REVOCATION_NEWS 750
#define NGX_HTTP_SLUICE_REVOCATION_CALM 1000
#define NGX_HTTP_SLUICE_REVOCATION_FULL 60000

/* Processes that subscribed in the same moment share one snapshot: it has begun
   at least so long (ms) after the last of them, whose clocks tick apart. */

#define NGX_HTTP_SLUICE_SNAPSHOT_SETTLE 100

/* s; Redis's set is read by position: what has expired stays until nobody reads
   who began before. */

#define NGX_HTTP_SLUICE_REVOCATION_KEPT 3600

/* News that Redis did not take; the others read it in the record. */

#define NGX_HTTP_SLUICE_REVOCATION_UNSENT_MAX 1024


typedef struct {
    ngx_queue_t queue;
    ngx_msec_t until;
    u_char score[NGX_INT64_LEN];
    size_t score_len;
    size_t len;
    u_char text[REVOCATION_MESSAGE_SIZE_MAX]; /* last: copies take what is
                                                 used */
} ngx_http_sluice_revocation_notice_t;


/* this process's */

typedef struct {
    ngx_http_sluice_main_conf_t *conf;
    ngx_event_t timer;
    ngx_queue_t unsent;
    ngx_uint_t nunsent;
    ngx_msec_t listens_since;
    unsigned listens : 1; /* news comes */
    unsigned covered : 1; /* and a snapshot was begun since */
    unsigned reading : 1; /* a snapshot is on its way */
    unsigned asking : 1;  /* for what is new */
    unsigned counts : 1;  /* it was begun while news came */
    unsigned failed : 1;  /* the last snapshot */
    unsigned mirror : 1;  /* Redis may have lost what it kept */
} ngx_http_sluice_revocation_t;


static ngx_str_t ngx_http_sluice_revocation_channel = ngx_string(
    "sluice:revocations");

static ngx_http_sluice_revocation_t ngx_http_sluice_revocation;


/* ngx_add_timer() leaves a timer that is set to about the same time */

static void
ngx_http_sluice_revocation_wait(ngx_msec_t time)
{
    ngx_event_t *timer = &ngx_http_sluice_revocation.timer;

    if (timer->handler == NULL) {
        return;
    }

    if (timer->timer_set) {
        ngx_del_timer(timer);
    }

    ngx_add_timer(timer, time);
}


/* telling the others */

static void
ngx_http_sluice_revocation_keep(ngx_http_sluice_revocation_notice_t *notice)
{
    ngx_http_sluice_revocation_t *rev = &ngx_http_sluice_revocation;

    if (rev->conf == NULL) {
        ngx_free(notice);
        return;
    }

    if (rev->nunsent == NGX_HTTP_SLUICE_REVOCATION_UNSENT_MAX
        || (ngx_msec_int_t) (notice->until - ngx_current_msec) <= 0) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "a revocation was not published: other machines read it "
                      "in the record");
        ngx_free(notice);
        return;
    }

    ngx_queue_insert_tail(&rev->unsent, &notice->queue);

    if (rev->nunsent++ == 0) {
        ngx_http_sluice_revocation_wait(NGX_HTTP_SLUICE_REVOCATION_TICK);
    }
}


static void
ngx_http_sluice_revocation_sent(void *data, sluice_status_t status,
                                ngx_str_t *text)
{
    if (status == SLUICE_OK) {
        ngx_free(data);
        return;
    }

    ngx_http_sluice_revocation_keep(data);
}


/* ZADD sluice:revoked <exp> <message>; PUBLISH sluice:revocations <message> */

static ngx_int_t
ngx_http_sluice_revocation_send(ngx_http_sluice_revocation_notice_t *notice)
{
    ngx_sluice_redis_t *redis = ngx_http_sluice_revocation.conf->redis;

    ngx_str_t zadd[] = { ngx_string("ZADD"),
                         ngx_string(NGX_HTTP_SLUICE_SNAPSHOT_SET),
                         { notice->score_len, notice->score },
                         { notice->len, notice->text } };

    ngx_str_t publish[] = { ngx_string("PUBLISH"),
                            ngx_http_sluice_revocation_channel,
                            { notice->len, notice->text } };

    if (ngx_sluice_redis_command(redis, 4, zadd, NULL, NULL, NULL)
        != SLUICE_OK) {
        return NGX_DECLINED;
    }

    return ngx_sluice_redis_command(
               redis, 3, publish, ngx_http_sluice_revocation_sent, notice, NULL)
                   == SLUICE_OK
               ? NGX_OK
               : NGX_DECLINED;
}


/* What fails again meanwhile goes behind the last one of today. */

static void
ngx_http_sluice_revocation_send_again(void)
{
    ngx_uint_t n;
    ngx_queue_t *q;
    ngx_http_sluice_revocation_t *rev = &ngx_http_sluice_revocation;
    ngx_http_sluice_revocation_notice_t *notice;

    for (n = rev->nunsent; n; n--) {
        q = ngx_queue_head(&rev->unsent);
        ngx_queue_remove(q);
        rev->nunsent--;

        notice = ngx_queue_data(q, ngx_http_sluice_revocation_notice_t, queue);

        if (ngx_http_sluice_revocation_send(notice) != NGX_OK) {
            ngx_http_sluice_revocation_keep(notice);
        }
    }
}


static void
ngx_http_sluice_revocation_tell(const revocation_message_t *message)
{
    size_t len;
    u_char text[REVOCATION_MESSAGE_SIZE_MAX];
    ngx_http_sluice_revocation_t *rev = &ngx_http_sluice_revocation;
    ngx_http_sluice_revocation_notice_t *notice;

    if (rev->conf == NULL || rev->conf->redis == NULL) {
        return;
    }

    len = revocation_message_write(message, (char *) text, sizeof(text));
    if (len == 0) {
        return;
    }

    notice = ngx_alloc(offsetof(ngx_http_sluice_revocation_notice_t, text)
                           + len,
                       ngx_cycle->log);
    if (notice == NULL) {
        return;
    }

    notice->until = ngx_current_msec + NGX_HTTP_SLUICE_REVOCATION_FULL;
    notice->score_len = (size_t) (ngx_sprintf(notice->score, "%L", message->exp)
                                  - notice->score);
    notice->len = len;
    ngx_memcpy(notice->text, text, len);

    if (ngx_http_sluice_revocation_send(notice) != NGX_OK) {
        ngx_http_sluice_revocation_keep(notice);
    }
}


void
ngx_http_sluice_revocation_publish(ngx_http_request_t *r, json_t *list)
{
    size_t i;
    json_t *entry;
    revocation_message_t message;

    json_array_foreach(list, i, entry)
    {
        if (revocation_message_read(entry, &message) != REVOCATION_MESSAGE_OK) {
            ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                          "the database revoked what is not understood: update "
                          "this nginx's module");
            continue;
        }

        ngx_http_sluice_zone_apply(&message);
        ngx_http_sluice_revocation_tell(&message);
    }
}


void
ngx_http_sluice_revocation_spent(ngx_str_t *id, time_t exp)
{
    revocation_message_t message;

    if (revocation_message_set(&message, REVOCATION_USE, (char *) id->data,
                               id->len, 0, exp)
        == 0) {
        ngx_http_sluice_zone_apply(&message);
        ngx_http_sluice_revocation_tell(&message);
    }
}


/* what comes over the channel */

static void
ngx_http_sluice_revocation_message(ngx_str_t *text)
{
    revocation_message_t message;

    switch (revocation_message_parse((const char *) text->data, text->len,
                                     &message)) {

    case REVOCATION_MESSAGE_OK:
        ngx_http_sluice_zone_apply(&message);
        return;

    case REVOCATION_MESSAGE_UNKNOWN:
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "a revocation of an unknown version or kind is ignored");
        return;

    case REVOCATION_MESSAGE_MALFORMED:
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "a malformed revocation of %uz bytes is ignored",
                      text->len);
    }
}


static void
ngx_http_sluice_revocation_event(void *data, ngx_sluice_redis_event_t event,
                                 ngx_str_t *text)
{
    ngx_http_sluice_revocation_t *rev = data;

    if (event == NGX_SLUICE_REDIS_MESSAGE) {
        ngx_http_sluice_revocation_message(text);
        return;
    }

    rev->listens = (event == NGX_SLUICE_REDIS_SUBSCRIBED);
    rev->listens_since = ngx_current_msec;
    rev->covered = 0;
    rev->counts = 0;
    rev->mirror = (rev->conf->database != NULL);

    ngx_http_sluice_revocation_wait(NGX_HTTP_SLUICE_REVOCATION_TICK);
}


/* when to read the record */

static ngx_uint_t
ngx_http_sluice_revocation_due(void)
{
    ngx_msec_t age;
    ngx_http_sluice_revocation_t *rev = &ngx_http_sluice_revocation;

    if (!rev->listens && rev->conf->database == NULL) {
        return 0;
    }

    if (rev->failed || !ngx_http_sluice_zone_known()) {
        return ngx_http_sluice_zone_turn(NGX_HTTP_SLUICE_TURN_ALL,
                                         NGX_HTTP_SLUICE_REVOCATION_POLL);
    }

    if (rev->covered || !rev->listens) {
        return ngx_http_sluice_zone_turn(NGX_HTTP_SLUICE_TURN_ALL,
                                         NGX_HTTP_SLUICE_REVOCATION_FULL);
    }

    age = ngx_current_msec - rev->listens_since;

    if (age < NGX_HTTP_SLUICE_SNAPSHOT_SETTLE) {
        return 0;
    }

    if (ngx_http_sluice_zone_turn(NGX_HTTP_SLUICE_TURN_ALL,
                                  age - NGX_HTTP_SLUICE_SNAPSHOT_SETTLE)) {
        return 1;
    }

    /* another process has begun one since */
    rev->covered = 1;
    rev->mirror = 0;

    return 0;
}


/* Whatever Redis tells, or does not: what is new in the record is read. */

static ngx_uint_t
ngx_http_sluice_revocation_news_due(void)
{
    return ngx_http_sluice_revocation.conf->database
           && ngx_http_sluice_zone_known()
           && ngx_http_sluice_zone_horizon() != 0
           && ngx_http_sluice_zone_turn(NGX_HTTP_SLUICE_TURN_NEWS,
                                        NGX_HTTP_SLUICE_REVOCATION_NEWS);
}


/* ZREMRANGEBYSCORE sluice:revoked -inf <an hour ago> */

static void
ngx_http_sluice_revocation_forget(void)
{
    u_char score[NGX_TIME_T_LEN];

    ngx_str_t argv[] = { ngx_string("ZREMRANGEBYSCORE"),
                         ngx_string(NGX_HTTP_SLUICE_SNAPSHOT_SET),
                         ngx_string("-inf"),
                         { 0, score } };

    argv[3].len = (size_t) (ngx_sprintf(score, "%T",
                                        ngx_time()
                                            - NGX_HTTP_SLUICE_REVOCATION_KEPT)
                            - score);

    (void) ngx_sluice_redis_command(ngx_http_sluice_revocation.conf->redis, 4,
                                    argv, NULL, NULL, NULL);
}


static void
ngx_http_sluice_revocation_done(ngx_uint_t ok, ngx_uint_t mirrored)
{
    ngx_http_sluice_revocation_t *rev = &ngx_http_sluice_revocation;

    rev->reading = 0;
    rev->failed = !ok;

    if (!ok) {
        rev->covered = 0;
        ngx_http_sluice_revocation_wait(NGX_HTTP_SLUICE_REVOCATION_TICK);
        return;
    }

    ngx_http_sluice_zone_set_known();

    if (rev->counts) {
        rev->covered = 1;
        rev->mirror = rev->mirror && !mirrored;
        ngx_http_sluice_revocation_forget();
    }
}


static void
ngx_http_sluice_revocation_news_done(ngx_uint_t ok, ngx_uint_t mirrored)
{
    ngx_http_sluice_revocation_t *rev = &ngx_http_sluice_revocation;

    rev->asking = 0;

    if (!ok) {
        rev->failed = 1;
        ngx_http_sluice_revocation_wait(NGX_HTTP_SLUICE_REVOCATION_TICK);
    }
}


static void
ngx_http_sluice_revocation_tick(ngx_event_t *ev)
{
    ngx_http_sluice_revocation_t *rev = &ngx_http_sluice_revocation;

    if (ngx_exiting) {
        return;
    }

    ngx_http_sluice_revocation_send_again();

    if (!rev->reading && ngx_http_sluice_revocation_due()) {
        rev->reading = 1;
        rev->counts = rev->listens;
        ngx_http_sluice_snapshot(rev->conf, rev->listens && rev->mirror,
                                 ngx_http_sluice_revocation_done);
    }

    if (!rev->asking && ngx_http_sluice_revocation_news_due()) {
        rev->asking = 1;
        ngx_http_sluice_snapshot_news(rev->conf,
                                      ngx_http_sluice_revocation_news_done);
    }

    ngx_http_sluice_revocation_wait(rev->covered && rev->nunsent == 0
                                        ? NGX_HTTP_SLUICE_REVOCATION_CALM
                                        : NGX_HTTP_SLUICE_REVOCATION_TICK);
}


/* a process */

void
ngx_http_sluice_revocation_start(ngx_http_sluice_main_conf_t *smcf)
{
    ngx_http_sluice_revocation_t *rev = &ngx_http_sluice_revocation;

    ngx_memzero(rev, sizeof(ngx_http_sluice_revocation_t));
    ngx_queue_init(&rev->unsent);
    rev->conf = smcf;

    if (!smcf->gated) {
        return;
    }

    if (smcf->database == NULL && smcf->redis == NULL) {
        ngx_http_sluice_zone_set_known();
        return;
    }

    if (smcf->redis
        && ngx_sluice_redis_subscribe(smcf->redis,
                                      &ngx_http_sluice_revocation_channel,
                                      ngx_http_sluice_revocation_event, rev)
               != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "revocations are not listened to: out of memory");
    }

    ngx_sluice_event_timer(&rev->timer, ngx_http_sluice_revocation_tick);
    rev->timer.cancelable = 1;

    ngx_add_timer(&rev->timer, 0);
}


void
ngx_http_sluice_revocation_stop(void)
{
    ngx_queue_t *q;
    ngx_http_sluice_revocation_t *rev = &ngx_http_sluice_revocation;

    if (rev->conf == NULL) {
        return;
    }

    ngx_http_sluice_snapshot_stop();

    if (rev->nunsent) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "%ui revocations were not published: other machines read "
                      "them in the record",
                      rev->nunsent);
    }

    while (!ngx_queue_empty(&rev->unsent)) {
        q = ngx_queue_head(&rev->unsent);
        ngx_queue_remove(q);
        ngx_free(ngx_queue_data(q, ngx_http_sluice_revocation_notice_t, queue));
    }

    rev->conf = NULL;
}
