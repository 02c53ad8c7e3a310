/* When a role's credentials are fetched again. Nothing here asks a clock; both
   answer milliseconds, of which `chance`, a random number, takes some away so
   that machines do not come all at once. */

#ifndef SLUICE_ROLE_PLAN_H
#define SLUICE_ROLE_PLAN_H

#include <stdint.h>

#define ROLE_PLAN_LEAD                                                        \
    900                      /* seconds before they end: IMDS has new ones at \
                                least 300 before */
#define ROLE_PLAN_MOST 3600  /* seconds: another role may have been attached */
#define ROLE_PLAN_LEAST 5000 /* ms */
#define ROLE_PLAN_RETRY 1000 /* ms, then twice that, and so on */
#define ROLE_PLAN_RETRY_MOST 60000

/* Behind a success: of those that end in `left` seconds. */
int64_t role_plan_renewal(int64_t left, uint32_t chance);

/* Behind so many failures in a row, 1 and more. */
int64_t role_plan_retry(unsigned failures, uint32_t chance);

#endif
