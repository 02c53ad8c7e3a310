/*
 * When an issuer's keys are fetched: on schedule, and when someone met a kid
 * that is not among them. Strangers choose kids at will, so that these only
 * bring a fetch forward, once in 30 seconds, and one that was looked for in
 * vain is not looked for again for 5 minutes.
 *
 * Nothing here asks a clock: `now` is in milliseconds of any clock that does
 * not jump, `chance` a random number.
 */

#ifndef SLUICE_ISSUER_PLAN_H
#define SLUICE_ISSUER_PLAN_H

#include <stdint.h>
#include "core/jose/jwk.h"

#define ISSUER_PLAN_KIDS 64 /* remembered; past it the oldest is dropped */
#define ISSUER_PLAN_NEVER INT64_MAX
#define ISSUER_PLAN_PAUSE 30000   /* ms between two fetches for kids */
#define ISSUER_PLAN_ABSENT 300000 /* ms that a kid's absence is remembered */

typedef struct {
    char kid[JWK_KID_MAX + 1]; /* empty: a free place */
    int absent; /* it was looked for; otherwise it is asked for */
    int64_t until;
} issuer_plan_kid_t;

typedef struct {
    int64_t due;       /* when to fetch, or ISSUER_PLAN_NEVER */
    int64_t ask_from;  /* before that no kid makes us fetch */
    int64_t every;     /* ms; 0: only for kids */
    unsigned failures; /* in a row */
    issuer_plan_kid_t kids[ISSUER_PLAN_KIDS];
} issuer_plan_t;

typedef enum {
    ISSUER_PLAN_SOON,   /* the fetch is due now, or stood before that already */
    ISSUER_PLAN_LATER,  /* it is due when the pause is over, as of now */
    ISSUER_PLAN_IGNORED /* it is known to be absent */
} issuer_plan_rc_t;

/* `every` and `age`, how old the keys at hand are, in seconds; an age of -1
   means that there are none. With `every` 0 nothing is due until it is asked
   for. */
void issuer_plan_init(issuer_plan_t *plan, int every, int64_t age, int64_t now,
                      uint32_t chance);

/* Someone met `kid`, which is not among the keys; at most JWK_KID_MAX
   characters, and not empty. */
issuer_plan_rc_t issuer_plan_ask(issuer_plan_t *plan, const char *kid,
                                 int64_t now);

/* A kid that is asked for and was not looked for yet, the one that is asked
   for longest first; NULL when there is none. It is gone after the next call
   of issuer_plan_ask(). */
const char *issuer_plan_asked(issuer_plan_t *plan, int64_t now);

/* The kid was looked for, and is there or not. */
void issuer_plan_settle(issuer_plan_t *plan, const char *kid, int present,
                        int64_t now);

/* Right before a fetch. */
void issuer_plan_begin(issuer_plan_t *plan, int64_t now);

/* After it. A failure is tried again after 5 seconds and then ever later, up
   to `every`; a success is followed by the next one in `every`, give or take a
   tenth so that machines do not come all at once. */
void issuer_plan_end(issuer_plan_t *plan, int ok, int64_t now, uint32_t chance);

#endif
