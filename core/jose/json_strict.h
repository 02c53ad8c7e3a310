/* JSON from strangers. */

#ifndef SLUICE_JSON_STRICT_H
#define SLUICE_JSON_STRICT_H

#include <stddef.h>
#include <jansson.h>

#define JSON_STRICT_DEPTH 32     /* arrays and objects within each other */
#define JSON_STRICT_VALUES 20000 /* some 20 ms of a parser's time */

/* Reads an object or array that is the whole text: RFC 8259, in UTF-8, without
   duplicate members and "\u0000", nested no deeper than `max_depth` (0:
   JSON_STRICT_DEPTH), of at most JSON_STRICT_VALUES values, both of which are
   found out before anything is allocated. A new value to json_decref(), or NULL
   with `error` filled in; that may be NULL, and its text may quote the input.
 */
json_t *json_strict_load(const char *text, size_t len, size_t max_depth,
                         json_error_t *error);

#endif
