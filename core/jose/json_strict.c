#include <stdio.h>
#include <string.h>
#include "json_bound.h"
#include "json_strict.h"


static void
tell(const char *text, const char *at, const char *what, json_error_t *error)
{
    const char *p, *line = text;

    memset(error, 0, sizeof(*error));
    error->line = 1;

    for (p = text; p < at; p++) {
        if (*p == '\n') {
            error->line++;
            line = p + 1;
        }
    }

    error->column = (int) (at - line) + 1;
    error->position = (int) (at - text);
    (void) snprintf(error->text, sizeof(error->text), "%s", what);
}


json_t *
json_strict_load(const char *text, size_t len, size_t max_depth,
                 json_error_t *error)
{
    const char *at;

    if (max_depth == 0) {
        max_depth = JSON_STRICT_DEPTH;
    }

    at = json_bound_find(text, len, max_depth, JSON_STRICT_VALUES);

    if (at != NULL) {
        if (error != NULL) {
            tell(text, at,
                 json_bound_find(text, (size_t) (at - text) + 1, max_depth, len)
                     ? "nested too deep"
                     : "too many values",
                 error);
        }

        return NULL;
    }

    return json_loadb(text, len, JSON_REJECT_DUPLICATES, error);
}
