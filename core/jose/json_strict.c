#include <stdio.h>
#include <string.h>
#include "json_bound.h"
#include "json_strict.h"


static void
tell_too_deep(const char *text, const char *at, json_error_t *error)
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
    (void) snprintf(error->text, sizeof(error->text), "nested too deep");
}


json_t *
json_strict_load(const char *text, size_t len, size_t max_depth,
                 json_error_t *error)
{
    const char *at;

    at = json_bound_find(text, len, max_depth ? max_depth : JSON_STRICT_DEPTH,
                         len);

    if (at != NULL) {
        if (error != NULL) {
            tell_too_deep(text, at, error);
        }

        return NULL;
    }

    return json_loadb(text, len, JSON_REJECT_DUPLICATES, error);
}
