#include "role_plan.h"

#define PLAN_DOUBLINGS 6


/* Up to one part in so many less. */
static int64_t
plan_less(int64_t ms, int64_t part, uint32_t chance)
{
    return ms - (int64_t) chance % (ms / part + 1);
}


int64_t
role_plan_renewal(int64_t left, uint32_t chance)
{
    int64_t seconds = left > 2 * ROLE_PLAN_LEAD ? left - ROLE_PLAN_LEAD
                                                : left / 2;

    seconds = seconds > ROLE_PLAN_MOST ? ROLE_PLAN_MOST : seconds;

    return seconds * 1000 <= ROLE_PLAN_LEAST
               ? ROLE_PLAN_LEAST
               : plan_less(seconds * 1000, 10, chance);
}


int64_t
role_plan_retry(unsigned failures, uint32_t chance)
{
    const unsigned doublings = failures > PLAN_DOUBLINGS ? PLAN_DOUBLINGS
                                                         : failures - 1;
    const int64_t ms = (int64_t) ROLE_PLAN_RETRY << doublings;

    return plan_less(ms < ROLE_PLAN_RETRY_MOST ? ms : ROLE_PLAN_RETRY_MOST, 2,
                     chance);
}
