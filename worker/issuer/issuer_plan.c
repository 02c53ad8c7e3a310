#include <string.h>
#include "worker/config/issuer_line.h"
#include "issuer_plan.h"

#define ISSUER_PLAN_RETRY 5000 /* ms until the first new try */
#define ISSUER_PLAN_DOUBLINGS 16


static issuer_plan_kid_t *issuer_plan_find(issuer_plan_t *plan, const char *kid,
                                           int64_t now);
static issuer_plan_kid_t *issuer_plan_place(issuer_plan_t *plan, int64_t now);
static int64_t issuer_plan_next(const issuer_plan_t *plan, uint32_t chance);


void
issuer_plan_init(issuer_plan_t *plan, int every, int64_t age, int64_t now,
                 uint32_t chance)
{
    int64_t rest;

    memset(plan, 0, sizeof(*plan));
    plan->every = (int64_t) every * 1000;
    plan->ask_from = now;
    plan->due = now;

    if (every == 0) {
        plan->due = ISSUER_PLAN_NEVER;
    } else if (age >= 0 && age < every) {
        rest = issuer_plan_next(plan, chance) - age * 1000;
        plan->due = now + (rest > 0 ? rest : 0);
    }
}


issuer_plan_rc_t
issuer_plan_ask(issuer_plan_t *plan, const char *kid, int64_t now)
{
    int64_t when;
    issuer_plan_kid_t *place;

    place = issuer_plan_find(plan, kid, now);
    if (place != NULL && place->absent) {
        return ISSUER_PLAN_IGNORED;
    }

    if (place == NULL) {
        place = issuer_plan_place(plan, now);
        strcpy(place->kid, kid);
        place->absent = 0;
    }
    place->until = now + ISSUER_PLAN_ABSENT;

    when = plan->ask_from > now ? plan->ask_from : now;
    if (plan->due <= when) {
        return ISSUER_PLAN_SOON;
    }

    plan->due = when;
    return when > now ? ISSUER_PLAN_LATER : ISSUER_PLAN_SOON;
}


const char *
issuer_plan_asked(issuer_plan_t *plan, int64_t now)
{
    int i;
    const issuer_plan_kid_t *kid, *first = NULL;

    for (i = 0; i < ISSUER_PLAN_KIDS; i++) {
        kid = &plan->kids[i];
        if (kid->kid[0] != '\0' && !kid->absent && kid->until > now
            && (first == NULL || kid->until < first->until)) {
            first = kid;
        }
    }

    return first == NULL ? NULL : first->kid;
}


void
issuer_plan_settle(issuer_plan_t *plan, const char *kid, int present,
                   int64_t now)
{
    issuer_plan_kid_t *place = issuer_plan_find(plan, kid, now);

    if (place == NULL) {
        return;
    }

    if (present) {
        place->kid[0] = '\0';
        return;
    }

    place->absent = 1;
    place->until = now + ISSUER_PLAN_ABSENT;
}


void
issuer_plan_begin(issuer_plan_t *plan, int64_t now)
{
    if (issuer_plan_asked(plan, now) != NULL) {
        plan->ask_from = now + ISSUER_PLAN_PAUSE;
    }
}


void
issuer_plan_end(issuer_plan_t *plan, int ok, int64_t now, uint32_t chance)
{
    int64_t most, delay;

    if (ok) {
        plan->failures = 0;
        plan->due = plan->every == 0 ? ISSUER_PLAN_NEVER
                                     : now + issuer_plan_next(plan, chance);
    } else {
        most = plan->every == 0 ? (int64_t) ISSUER_LINE_EVERY * 1000
                                : plan->every;
        delay = (int64_t) ISSUER_PLAN_RETRY << plan->failures;
        plan->due = now + (delay < most ? delay : most);
        plan->failures += plan->failures < ISSUER_PLAN_DOUBLINGS;
    }

    /* what there was no time for */
    if (plan->every == 0 && issuer_plan_asked(plan, now) == NULL) {
        plan->due = ISSUER_PLAN_NEVER;
    } else if (ok && issuer_plan_asked(plan, now) != NULL
               && plan->ask_from < plan->due) {
        plan->due = plan->ask_from;
    }
}


static issuer_plan_kid_t *
issuer_plan_find(issuer_plan_t *plan, const char *kid, int64_t now)
{
    int i;

    for (i = 0; i < ISSUER_PLAN_KIDS; i++) {
        if (plan->kids[i].until > now && strcmp(plan->kids[i].kid, kid) == 0) {
            return &plan->kids[i];
        }
    }

    return NULL;
}


/* A free place, or that of what would be forgotten first. */
static issuer_plan_kid_t *
issuer_plan_place(issuer_plan_t *plan, int64_t now)
{
    int i;
    issuer_plan_kid_t *place = &plan->kids[0];

    for (i = 0; i < ISSUER_PLAN_KIDS; i++) {
        if (plan->kids[i].kid[0] == '\0' || plan->kids[i].until <= now) {
            return &plan->kids[i];
        }
        if (plan->kids[i].until < place->until) {
            place = &plan->kids[i];
        }
    }

    return place;
}


/* `every` and up to a tenth more or less, in ms. */
static int64_t
issuer_plan_next(const issuer_plan_t *plan, uint32_t chance)
{
    int64_t tenth = plan->every / 10;

    return plan->every - tenth + (int64_t) (chance % (2 * tenth + 1));
}
