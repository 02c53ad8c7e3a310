#include "json_bound.h"


/* Brackets and commas within strings are none. */
const char *
json_bound_find(const char *text, size_t len, size_t max_depth,
                size_t max_values)
{
    const char *p;
    size_t depth = 0, values = 0;
    int quoted = 0;

    for (p = text; p < text + len; p++) {
        if (quoted) {
            if (*p == '\\') {
                p++;

            } else if (*p == '"') {
                quoted = 0;
            }

            continue;
        }

        switch (*p) {
        case '"':
            quoted = 1;
            break;

        case '[':
        case '{':
            if (++depth > max_depth || ++values > max_values) {
                return p;
            }
            break;

        case ',':
            if (++values > max_values) {
                return p;
            }
            break;

        case ']':
        case '}':
            depth -= (depth > 0);
            break;

        default:
            break;
        }
    }

    return NULL;
}


json_t *
json_bound_load(const char *text, size_t len, size_t max_depth,
                size_t max_values)
{
    return json_bound_find(text, len, max_depth, max_values) == NULL
               ? json_loadb(text, len, 0, NULL)
               : NULL;
}
