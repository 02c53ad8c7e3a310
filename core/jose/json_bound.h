/* Bounds of JSON, found out before anything is allocated for it. */

#ifndef SLUICE_JSON_BOUND_H
#define SLUICE_JSON_BOUND_H

#include <stddef.h>
#include <jansson.h>

/* Where the text nests deeper than `max_depth` arrays and objects, or comes to
   more than `max_values` values, names of members not counted; NULL: nowhere.
   Whether it is JSON is left to the parser. */
const char *json_bound_find(const char *text, size_t len, size_t max_depth,
                            size_t max_values);

/* Parses what a program wrote that read a stranger's file: an object or array
   within these bounds, in UTF-8; of members of one name the last counts. A new
   value to json_decref(), or NULL. */
json_t *json_bound_load(const char *text, size_t len, size_t max_depth,
                        size_t max_values);

#endif
