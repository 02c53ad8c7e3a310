/* What a request is part of, as W3C's Trace Context (Recommendation, 2021) has
   it in `traceparent`. */

#ifndef SLUICE_TRACE_H
#define SLUICE_TRACE_H

#include <stddef.h>

#define TRACE_ID_LEN 32
#define TRACE_SPAN_LEN 16
#define TRACE_TEXT_SIZE                       \
    sizeof("00-"                              \
           "0123456789abcdef0123456789abcdef" \
           "-"                                \
           "0123456789abcdef"                 \
           "-00")

/* The id of the trace in `text`, TRACE_ID_LEN digits that are `text`'s; NULL
   when it is none (3.2: lower-case hexadecimal digits, no id of zeros, a
   version that may be ours or a later one). `*flags` are its two last digits.
 */
const char *trace_find(const char *text, size_t len, const char **flags);

/* Writes a traceparent of these digits, terminated. */
void trace_write(char text[TRACE_TEXT_SIZE], const char *id, const char *span,
                 const char *flags);

#endif
