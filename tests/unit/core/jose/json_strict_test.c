#include <string.h>
#include "core/jose/json_strict.h"
#include "tests/unit/suite.h"


static int
takes(const char *text, size_t max_depth)
{
    json_t *json = json_strict_load(text, strlen(text), max_depth, NULL);

    json_decref(json);

    return json != NULL;
}


/* `depth` arrays within each other. */
static int
takes_nested(int depth, size_t max_depth)
{
    static char text[20001];

    memset(text, '[', (size_t) depth);
    memset(text + depth, ']', (size_t) depth);
    text[2 * depth] = '\0';

    return takes(text, max_depth);
}


START_TEST(objects_and_arrays_are_read)
{
    ck_assert(takes(" {\"a\":[1, -2.5e3, true, null, \"\\u00e4\"]}\r\n\t", 0));
    ck_assert(takes("[]", 0));
}
END_TEST


START_TEST(what_is_no_json_is_refused)
{
    static const char *const texts[] = { "",           " ",
                                         "{",          "{}}",
                                         "{}x",        "{a:1}",
                                         "{'a':1}",    "{\"a\":01}",
                                         "{\"a\":+1}", "{\"a\":1,}",
                                         "[1,]",       "{\"a\":NaN}",
                                         "[\"\xff\"]", "[\"\\ud800\"]",
                                         "[\"\t\"]",   "\xef\xbb\xbf{}" };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_msg(!takes(texts[i], 0), "%s", texts[i]);
    }
}
END_TEST


START_TEST(duplicate_members_are_refused_at_any_depth)
{
    ck_assert(!takes("{\"a\":1,\"a\":2}", 0));
    ck_assert(!takes("{\"a\":1,\"\\u0061\":2}", 0));
    ck_assert(!takes("[{\"b\":{\"a\":1,\"a\":2}}]", 0));
}
END_TEST


START_TEST(zero_characters_are_refused)
{
    ck_assert(!takes("[\"\\u0000\"]", 0));
    ck_assert_ptr_null(json_strict_load("[]\0", 3, 0, NULL));
}
END_TEST


START_TEST(thirty_two_levels_are_the_most)
{
    ck_assert(takes_nested(32, 0));
    ck_assert(!takes_nested(33, 0));
}
END_TEST


START_TEST(a_caller_may_set_the_depth)
{
    ck_assert(takes_nested(3, 3));
    ck_assert(!takes_nested(4, 3));
    ck_assert(takes_nested(40, 40));
}
END_TEST


START_TEST(ten_thousand_levels_are_refused)
{
    ck_assert(!takes_nested(10000, 0));
}
END_TEST


START_TEST(levels_are_those_that_are_open_at_once)
{
    ck_assert(takes("[[],[],[],{\"a\":[]}]", 3));
}
END_TEST


START_TEST(brackets_in_strings_are_no_levels)
{
    ck_assert(takes("[\"[[[[\\\"[[[[\\\\\"]", 1));
    ck_assert(!takes("[\"\\\\\",[]]", 1));
}
END_TEST


START_TEST(too_deep_is_told_with_its_place)
{
    static const char text[] = "[\n [\n  []]]";
    json_error_t error;

    ck_assert_ptr_null(json_strict_load(text, strlen(text), 2, &error));
    ck_assert_int_eq(error.line, 3);
    ck_assert_int_eq(error.column, 3);
    ck_assert_str_eq(error.text, "nested too deep");
}
END_TEST


START_TEST(twenty_thousand_values_are_the_most)
{
    static char text[2 * JSON_STRICT_VALUES + 3];
    size_t len = 2 * JSON_STRICT_VALUES + 1;
    json_error_t error;
    json_t *json;

    /* the array, and so many in it */
    memset(text, '1', sizeof(text));
    text[0] = '[';
    for (size_t i = 2; i < sizeof(text); i += 2) {
        text[i] = ',';
    }

    text[len - 1] = ']';
    json = json_strict_load(text, len, 0, NULL);
    ck_assert_uint_eq(json_array_size(json), JSON_STRICT_VALUES);
    json_decref(json);

    text[len - 1] = ',';
    text[len + 1] = ']';
    ck_assert_ptr_null(json_strict_load(text, len + 2, 0, &error));
    ck_assert_str_eq(error.text, "too many values");
}
END_TEST


START_TEST(closing_more_than_was_opened_is_no_way_around)
{
    ck_assert(!takes("]]]][[[]]]", 2));
}
END_TEST


RUN("core/json_strict", objects_and_arrays_are_read, what_is_no_json_is_refused,
    duplicate_members_are_refused_at_any_depth, zero_characters_are_refused,
    thirty_two_levels_are_the_most, a_caller_may_set_the_depth,
    ten_thousand_levels_are_refused, levels_are_those_that_are_open_at_once,
    brackets_in_strings_are_no_levels, too_deep_is_told_with_its_place,
    twenty_thousand_values_are_the_most,
    closing_more_than_was_opened_is_no_way_around)
