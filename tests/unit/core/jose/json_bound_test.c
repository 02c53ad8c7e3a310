#include <string.h>
#include "core/jose/json_bound.h"
#include "tests/unit/suite.h"


static int
takes(const char *text, size_t max_depth, size_t max_values)
{
    json_t *json = json_bound_load(text, strlen(text), max_depth, max_values);

    json_decref(json);

    return json != NULL;
}


START_TEST(what_is_within_the_bounds_is_read)
{
    ck_assert(takes("{\"a\":[1,2],\"b\":{}}", 2, 5));
}
END_TEST


START_TEST(what_nests_too_deep_is_refused)
{
    ck_assert(takes("[[[]]]", 3, 10));
    ck_assert(!takes("[[[]]]", 2, 10));
}
END_TEST


START_TEST(what_has_too_many_values_is_refused)
{
    ck_assert(takes("[1,2,3]", 1, 3));
    ck_assert(!takes("[1,2,3]", 1, 2));
    ck_assert(!takes("[{},{},{}]", 2, 5));
}
END_TEST


START_TEST(brackets_and_commas_within_strings_do_not_count)
{
    ck_assert(takes("[\"[[,,,\\\"[,\"]", 1, 1));
}
END_TEST


START_TEST(of_members_of_one_name_the_last_counts)
{
    const char *text = "{\"a\":1,\"a\":2}";
    json_t *json = json_bound_load(text, strlen(text), 1, 2);

    ck_assert_int_eq(json_integer_value(json_object_get(json, "a")), 2);
    json_decref(json);
}
END_TEST


RUN("core/json_bound", what_is_within_the_bounds_is_read,
    what_nests_too_deep_is_refused, what_has_too_many_values_is_refused,
    brackets_and_commas_within_strings_do_not_count,
    of_members_of_one_name_the_last_counts)
