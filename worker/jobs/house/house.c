#include "house.h"


json_int_t
house_number(const job_t *job, const char *name, json_int_t otherwise,
             json_int_t least)
{
    json_int_t n = otherwise;
    const json_t *value;

    value = json_object_get(json_object_get(job->row, "params"), name);
    if (json_is_integer(value)) {
        n = json_integer_value(value);
    }

    return n < least ? least : n;
}


void
house_count(job_t *job, const char *name, json_int_t more)
{
    json_int_t n = json_integer_value(json_object_get(job->result, name));

    json_object_set_new(job->result, name, json_integer(n + more));
}
