/* Rows for people and for machines. */

#ifndef SLUICE_OUTPUT_H
#define SLUICE_OUTPUT_H

#include <jansson.h>

/* Prints an array of objects: as JSON, or as aligned columns in the order of
   the names, which end with NULL. */
void output_rows(const json_t *rows, const char *const *columns, int as_json);

/* Prints one object: as JSON, or as "name  value" lines. */
void output_object(const json_t *object, int as_json);

#endif
