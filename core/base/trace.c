#include <stdio.h>
#include <string.h>
#include "trace.h"

/* "00-<id>-<span>-<flags>", of which a later version may have more. */
#define TRACE_LEN (TRACE_TEXT_SIZE - 1)
#define TRACE_ID 3
#define TRACE_SPAN (TRACE_ID + TRACE_ID_LEN + 1)
#define TRACE_FLAGS (TRACE_SPAN + TRACE_SPAN_LEN + 1)
#define TRACE_DIGITS "0123456789abcdef"


static int
trace_digits(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (text[i] == '\0' || strchr(TRACE_DIGITS, text[i]) == NULL) {
            return 0;
        }
    }

    return 1;
}


static int
trace_zeros(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len && text[i] == '0'; i++) {
        /* void */
    }

    return i == len;
}


const char *
trace_find(const char *text, size_t len, const char **flags)
{
    if (len < TRACE_LEN || !trace_digits(text, 2) || memcmp(text, "ff", 2) == 0
        || (len > TRACE_LEN
            && (memcmp(text, "00", 2) == 0 || text[TRACE_LEN] != '-'))) {
        return NULL;
    }

    if (text[TRACE_ID - 1] != '-' || text[TRACE_SPAN - 1] != '-'
        || text[TRACE_FLAGS - 1] != '-'
        || !trace_digits(text + TRACE_ID, TRACE_ID_LEN)
        || !trace_digits(text + TRACE_SPAN, TRACE_SPAN_LEN)
        || !trace_digits(text + TRACE_FLAGS, 2)
        || trace_zeros(text + TRACE_ID, TRACE_ID_LEN)
        || trace_zeros(text + TRACE_SPAN, TRACE_SPAN_LEN)) {
        return NULL;
    }

    *flags = text + TRACE_FLAGS;
    return text + TRACE_ID;
}


void
trace_write(char text[TRACE_TEXT_SIZE], const char *id, const char *span,
            const char *flags)
{
    snprintf(text, TRACE_TEXT_SIZE, "00-%.*s-%.*s-%.2s", TRACE_ID_LEN, id,
             TRACE_SPAN_LEN, span, flags);
}
