#include <string.h>
#include "claim.h"

/* What a double, and so every JSON library, holds exactly: RFC 8259, 6. */
#define TIME_MAX ((int64_t) 1 << 53)


int
claim_time(const json_t *claims, const char *name, int64_t *seconds)
{
    const json_t *claim;
    double real;
    int64_t t;

    claim = json_object_get(claims, name);
    if (claim == NULL) {
        return 0;
    }

    if (json_is_integer(claim)) {
        t = json_integer_value(claim);

        if (t < -TIME_MAX || t > TIME_MAX) {
            return -1;
        }

        *seconds = t;
        return 1;
    }

    real = json_real_value(claim);

    if (!json_is_real(claim)
        || !(real >= -(double) TIME_MAX && real <= (double) TIME_MAX)) {
        return -1;
    }

    t = (int64_t) real;
    *seconds = ((double) t > real) ? t - 1 : t;

    return 1;
}


int
claim_is(const json_t *claim, const char *text)
{
    return json_is_string(claim) && json_string_length(claim) == strlen(text)
           && memcmp(json_string_value(claim), text, strlen(text)) == 0;
}
