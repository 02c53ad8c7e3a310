/*
 * What is asked of the zone's tables: tokens that were verified, what was
 * revoked, what is used up of a link, and passwords that were wrong. Each call
 * holds the zone's lock, but for the generation of the revocations.
 */

#include "ngx_http_sluice_zone_internal.h"

#include "core/table/budget.h"
#include "core/table/revocation.h"
#include "core/table/revocation_message.h"
#include "core/table/streams.h"
#include "core/table/tries.h"
#include "core/table/verified.h"


/* verified tokens */

ngx_uint_t
ngx_http_sluice_zone_verified(const u_char digest[VERIFIED_DIGEST_SIZE])
{
    verified_t *tokens;
    int seen;

    tokens = ngx_http_sluice_zone_tokens();
    if (tokens == NULL) {
        return 0;
    }

    ngx_http_sluice_zone_lock();
    seen = verified_find(tokens, digest, ngx_time());
    ngx_http_sluice_zone_unlock();

    ngx_http_sluice_zone_looked(seen);

    return (ngx_uint_t) seen;
}


void
ngx_http_sluice_zone_remember(const u_char digest[VERIFIED_DIGEST_SIZE],
                              time_t exp)
{
    verified_t *tokens;

    tokens = ngx_http_sluice_zone_tokens();
    if (tokens == NULL) {
        return;
    }

    ngx_http_sluice_zone_lock();
    verified_put(tokens, digest, exp, ngx_time());
    ngx_http_sluice_zone_unlock();
}


/* revocations */

uint64_t
ngx_http_sluice_zone_generation(void)
{
    revocation_t *revocations;

    revocations = ngx_http_sluice_zone_revocations();

    return revocations ? revocation_generation(revocations) : 0;
}


time_t
ngx_http_sluice_zone_earliest(const char *user, size_t len)
{
    revocation_t *revocations;
    int64_t before;

    revocations = ngx_http_sluice_zone_revocations();
    if (revocations == NULL) {
        return 0;
    }

    ngx_http_sluice_zone_lock();
    before = revocation_before(revocations, user, len, ngx_time());
    ngx_http_sluice_zone_unlock();

    return before ? (time_t) before + 1 : 0;
}


ngx_uint_t
ngx_http_sluice_zone_revoked(revocation_kind_t kind, const void *id, size_t len,
                             time_t iat)
{
    revocation_t *revocations;
    int revoked;

    revocations = ngx_http_sluice_zone_revocations();
    if (revocations == NULL) {
        return 0;
    }

    ngx_http_sluice_zone_lock();
    revoked = revocation_find(revocations, kind, id, len, iat, ngx_time());
    ngx_http_sluice_zone_unlock();

    return (ngx_uint_t) revoked;
}


static void
ngx_http_sluice_zone_revoke(revocation_kind_t kind, const void *id, size_t len,
                            time_t before, time_t exp)
{
    revocation_t *revocations;
    int rc;
    time_t now;
    ngx_uint_t tell;

    revocations = ngx_http_sluice_zone_revocations();
    if (revocations == NULL) {
        return;
    }

    now = ngx_time();
    tell = 0;

    ngx_http_sluice_zone_lock();

    rc = revocation_put(revocations, kind, id, len, before, exp, now);

    tell = rc != 0 && ngx_http_sluice_zone_alert();

    ngx_http_sluice_zone_unlock();

    if (tell) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "sluice_zone \"%V\" has no room for more revocations: "
                      "some tokens that are good are refused until the last "
                      "of them has expired; give it a larger size",
                      ngx_http_sluice_zone_name());
    }
}


/* budgets */

uint64_t
ngx_http_sluice_zone_take(const budget_link_t *link, uint64_t want,
                          uint64_t limit)
{
    budget_t *budgets;
    uint64_t taken;
    ngx_uint_t tell;

    budgets = ngx_http_sluice_zone_budgets();
    if (budgets == NULL) {
        return BUDGET_NO_ROOM;
    }

    ngx_http_sluice_zone_lock();

    taken = budget_take(budgets, link, want, limit, ngx_time());
    tell = taken == BUDGET_NO_ROOM && ngx_http_sluice_zone_alert();

    ngx_http_sluice_zone_unlock();

    if (tell) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "sluice_zone \"%V\" has no room to count all links of a "
                      "user: Redis alone counts them, and without it they do "
                      "not open; give it a larger size",
                      ngx_http_sluice_zone_name());
    }

    return taken;
}


void
ngx_http_sluice_zone_pass(const budget_link_t *link)
{
    budget_t *budgets;

    budgets = ngx_http_sluice_zone_budgets();
    if (budgets == NULL) {
        return;
    }

    ngx_http_sluice_zone_lock();
    budget_pass(budgets, link);
    ngx_http_sluice_zone_unlock();
}


void
ngx_http_sluice_zone_give(const void *id, size_t len, uint64_t bytes)
{
    budget_t *budgets;

    budgets = ngx_http_sluice_zone_budgets();
    if (budgets == NULL) {
        return;
    }

    ngx_http_sluice_zone_lock();
    budget_give(budgets, id, len, bytes);
    ngx_http_sluice_zone_unlock();
}


static void
ngx_http_sluice_zone_spend(const void *id, size_t len, time_t exp)
{
    budget_t *budgets;

    budgets = ngx_http_sluice_zone_budgets();
    if (budgets == NULL) {
        return;
    }

    ngx_http_sluice_zone_lock();
    budget_spend(budgets, id, len, exp, ngx_time());
    ngx_http_sluice_zone_unlock();
}


/* what the machines tell each other */

void
ngx_http_sluice_zone_apply(const revocation_message_t *message)
{
    if (message->kind == REVOCATION_USE) {
        ngx_http_sluice_zone_spend(message->id, message->id_len,
                                   (time_t) message->exp);
        return;
    }

    ngx_http_sluice_zone_revoke(message->kind, message->id, message->id_len,
                                (time_t) message->before,
                                (time_t) message->exp);
}


/* passwords that were wrong */

time_t
ngx_http_sluice_zone_wait(ngx_http_sluice_tries_t of, ngx_str_t *name)
{
    tries_t *tries;
    int64_t left;

    tries = ngx_http_sluice_zone_tries(of);
    if (tries == NULL) {
        return 0;
    }

    ngx_http_sluice_zone_lock();
    left = tries_wait(tries, name->data, name->len, ngx_time());
    ngx_http_sluice_zone_unlock();

    return (time_t) left;
}


void
ngx_http_sluice_zone_wrong(ngx_http_sluice_tries_t of, ngx_str_t *name)
{
    tries_t *tries;

    tries = ngx_http_sluice_zone_tries(of);
    if (tries == NULL) {
        return;
    }

    ngx_http_sluice_zone_lock();
    tries_failed(tries, name->data, name->len, ngx_time());
    ngx_http_sluice_zone_unlock();
}


/* what is played */

ngx_uint_t
ngx_http_sluice_zone_play(const stream_t *stream, uint32_t limit)
{
    int taken;
    streams_t *streams;

    streams = ngx_http_sluice_zone_streams();
    if (streams == NULL) {
        return 1;
    }

    ngx_http_sluice_zone_lock();
    taken = streams_take(streams, stream, limit, ngx_time());
    ngx_http_sluice_zone_unlock();

    return (ngx_uint_t) taken;
}


void
ngx_http_sluice_zone_played(const stream_t *stream)
{
    streams_t *streams;

    streams = ngx_http_sluice_zone_streams();
    if (streams == NULL) {
        return;
    }

    ngx_http_sluice_zone_lock();
    streams_end(streams, stream, ngx_time());
    ngx_http_sluice_zone_unlock();
}
