#include "core/base/ranges.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>


#define SIZE 1000
#define MAX 4


/* What `text` asks of a file of `size` bytes: "0-9,20-29", "whole" or "none".
 */
static const char *
asked(const char *text, uint64_t size)
{
    static char out[256];
    char *p = out;
    int i, count;
    range_t ranges[MAX];

    count = ranges_read(text, strlen(text), size, ranges, MAX);

    if (count <= 0) {
        return count == RANGES_IGNORED ? "whole" : "none";
    }

    for (i = 0; i < count; i++) {
        p += sprintf(p, "%s%lu-%lu", i ? "," : "",
                     (unsigned long) ranges[i].first,
                     (unsigned long) ranges[i].last);
    }

    return out;
}


typedef struct {
    const char *text;
    const char *wanted;
} row_t;

#define HOLDS(rows, size)                                                 \
    for (size_t n = 0; n < sizeof(rows) / sizeof(row_t); n++)             \
    ck_assert_msg(strcmp(asked(rows[n].text, size), rows[n].wanted) == 0, \
                  "%s: %s", rows[n].text, asked(rows[n].text, size))


START_TEST(one_range_is_what_of_it_is_in_the_file)
{
    static const row_t rows[] = {
        { "bytes=0-0", "0-0" },
        { "bytes=0-999", "0-999" },
        { "bytes=999-", "999-999" },
        { "bytes=0-", "0-999" },
        { "bytes=10-1000", "10-999" },
        { "bytes=-1", "999-999" },
        { "bytes=-1000", "0-999" },
        { "bytes=-1001", "0-999" },
        { "BYTES=5-6", "5-6" },
        { "bytes=000-009", "0-9" },
        { "bytes=0-99999999999999999999999", "0-999" },
        { "bytes=-99999999999999999999999", "0-999" },
    };

    HOLDS(rows, SIZE);
}
END_TEST


START_TEST(a_list_has_room_between_its_ranges)
{
    static const row_t rows[] = {
        { "bytes=0-1,3-4", "0-1,3-4" },
        { "bytes=0-1 ,\t3-4", "0-1,3-4" },
        { "bytes=,0-1,,3-4,", "0-1,3-4" },
        { "bytes= 0-1", "0-1" },
        { "bytes=500-509,0-9", "500-509,0-9" },
        { "bytes=0-9,5-14", "0-9,5-14" },
        { "bytes=0-9,1000-,-0", "0-9" },
        { "bytes=1000-,-1", "999-999" },
    };

    HOLDS(rows, SIZE);
}
END_TEST


START_TEST(what_would_be_more_than_the_file_is_put_together)
{
    static const row_t rows[] = {
        { "bytes=0-,0-", "0-999" },
        { "bytes=500-,0-499,499-500", "0-999" },
        { "bytes=0-799,700-899,990-", "0-899,990-999" },
        { "bytes=-900,0-899,5-6,7-8", "0-999" },
    };

    HOLDS(rows, SIZE);
}
END_TEST


START_TEST(what_is_not_in_the_file_is_none)
{
    static const row_t rows[] = {
        { "bytes=1000-", "none" },
        { "bytes=1000-2000", "none" },
        { "bytes=-0", "none" },
        { "bytes=1000-,2000-,-0", "none" },
        { "bytes=99999999999999999999-", "none" },
    };

    HOLDS(rows, SIZE);
}
END_TEST


START_TEST(what_is_no_list_is_none)
{
    static const row_t rows[] = {
        { "bytes=", "none" },        { "bytes=,", "none" },
        { "bytes=-", "none" },       { "bytes=5", "none" },
        { "bytes=5-2", "none" },     { "bytes=0-1,5-2", "none" },
        { "bytes=a-b", "none" },     { "bytes=0-1;2-3", "none" },
        { "bytes=0x0-1", "none" },   { "bytes=0 -1", "none" },
        { "bytes=--1", "none" },     { "bytes=+1-2", "none" },
        { "bytes=0-1 2-3", "none" }, { "bytes=1.5-2", "none" },
    };

    HOLDS(rows, SIZE);
}
END_TEST


START_TEST(another_unit_and_too_many_are_ignored)
{
    static const row_t rows[] = {
        { "", "whole" },
        { "frames=0-1", "whole" },
        { "bytes 0-1", "whole" },
        { "bytes =0-1", "whole" },
        { "bytes=0-0,2-2,4-4,6-6", "0-0,2-2,4-4,6-6" },
        { "bytes=0-0,2-2,4-4,6-6,8-8", "whole" },
    };

    HOLDS(rows, SIZE);
}
END_TEST


START_TEST(an_empty_file_has_a_beginning_and_an_end)
{
    static const row_t rows[] = {
        { "bytes=0-", "whole" }, { "bytes=0-9", "whole" },
        { "bytes=-5", "whole" }, { "bytes=1-", "none" },
        { "bytes=-0", "none" },  { "bytes=5-,0-", "whole" },
    };

    HOLDS(rows, 0);
}
END_TEST


RUN("core/ranges", one_range_is_what_of_it_is_in_the_file,
    a_list_has_room_between_its_ranges,
    what_would_be_more_than_the_file_is_put_together,
    what_is_not_in_the_file_is_none, what_is_no_list_is_none,
    another_unit_and_too_many_are_ignored,
    an_empty_file_has_a_beginning_and_an_end)
