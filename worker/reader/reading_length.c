#include "reading.h"


int
reading_length(reading_t *reading)
{
    return json_object_set_new(reading->found, "bytes",
                               json_integer((json_int_t) reading->len));
}
