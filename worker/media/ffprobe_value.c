#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ffprobe_internal.h"
#include "words.h"

#define FFPROBE_INTEGER_MAX 100000000 /* pixels of a side, hertz, and so on */


/* Matroska writes its tags in capitals at times. */
const char *
ffprobe_tag(const json_t *stream, const char *name)
{
    const char *key;
    json_t *value;

    json_object_foreach(json_object_get(stream, "tags"), key, value)
    {
        if (strcasecmp(key, name) == 0 && json_is_string(value)
            && json_string_length(value) > 0
            && json_string_length(value) < FFPROBE_TEXT_SIZE) {
            return json_string_value(value);
        }
    }

    return NULL;
}


void
ffprobe_copy(char *dst, size_t size, const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));

    words_copy(dst, size, value ? value : "");
}


double
ffprobe_number(const json_t *object, const char *name)
{
    double number;
    const json_t *value = json_object_get(object, name);

    number = json_is_string(value) ? strtod(json_string_value(value), NULL)
                                   : json_number_value(value);

    return isfinite(number) ? number : 0;
}


int
ffprobe_integer(const json_t *object, const char *name)
{
    double number = ffprobe_number(object, name);

    return fabs(number) <= FFPROBE_INTEGER_MAX ? (int) lround(number) : 0;
}


double
ffprobe_ratio(const json_t *object, const char *name, char sign)
{
    double over, under;
    const char *text, *at;

    text = json_string_value(json_object_get(object, name));
    at = text ? strchr(text, sign) : NULL;
    if (at == NULL) {
        return 0;
    }

    over = strtod(text, NULL);
    under = strtod(at + 1, NULL);
    return over > 0 && under > 0 && isfinite(over / under) ? over / under : 0;
}


int
ffprobe_disposition(const json_t *stream, const char *name)
{
    const json_t *all = json_object_get(stream, "disposition");

    return json_integer_value(json_object_get(all, name)) != 0;
}
