#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/cmaf/box.h"
#include "worker/cmaf/box_out.h"

#define BYTES(text)                                                           \
    {                                                                         \
        (const uint8_t *) (text), (const uint8_t *) (text) + sizeof(text) - 1 \
    }


START_TEST(numbers_have_their_highest_byte_first)
{
    bytes_t in = BYTES("\1\2\3\4\5\6\7\0\0\0\1\0\0\0\2");

    ck_assert_uint_eq(box_8(&in), 1);
    ck_assert_uint_eq(box_16(&in), 0x203);
    ck_assert_uint_eq(box_32(&in), 0x4050607);
    ck_assert_uint_eq(box_64(&in), 0x100000002);
    ck_assert_int_eq(box_ended(&in), 0);
    ck_assert_uint_eq(box_left(&in), 0);
}
END_TEST


START_TEST(what_is_behind_the_end_is_0_and_told)
{
    bytes_t in = BYTES("\1\2\3");

    ck_assert_uint_eq(box_32(&in), 0);
    ck_assert_int_eq(box_ended(&in), 1);
    ck_assert_uint_eq(box_8(&in), 0);
    box_skip(&in, 0);
    ck_assert_int_eq(box_ended(&in), 1);
    ck_assert_uint_eq(box_left(&in), 0);
}
END_TEST


START_TEST(boxes_are_found_by_their_path)
{
    box_t box;
    const bytes_t in = BYTES("\0\0\0\x08nope\0\0\0\x19trak\0\0\0\x11mdia"
                             "\0\0\0\x09"
                             "hdlrx");

    ck_assert_int_eq(box_path(in, "trak/mdia/hdlr", &box), 0);
    ck_assert_uint_eq(box_left(&box.body), 1);
    ck_assert_uint_eq(*box.body.at, 'x');
    ck_assert_int_eq(box_path(in, "trak/hdlr", &box), -1);
    ck_assert_int_eq(box_path(in, "trak/mdia/minf", &box), -1);
}
END_TEST


START_TEST(a_size_may_be_wide_or_left_open)
{
    box_t box;
    bytes_t wide = BYTES("\0\0\0\1mdat\0\0\0\0\0\0\0\x11x"),
            open = BYTES("\0\0\0\0mdatxyz");

    ck_assert_int_eq(box_next(&wide, &box), 1);
    ck_assert_uint_eq(box_left(&box.body), 1);
    ck_assert_int_eq(box_next(&wide, &box), 0);
    ck_assert_int_eq(box_next(&open, &box), 1);
    ck_assert_uint_eq(box_left(&box.body), 3);
}
END_TEST


START_TEST(a_size_that_is_none_is_refused)
{
    size_t i;
    box_t box;
    bytes_t sizes[] = {
        BYTES("\0\0\0\7free"),
        BYTES("\0\0\0\x09"
              "free"),
        BYTES("\0\0\0\x08"
              "fre"),
        BYTES("\0\0\0\1mdat\0\0\0\0\0\0\0\x0f"),
        BYTES("\0\0\0\1mdat\xff\xff\xff\xff\xff\xff\xff\xff"),
        BYTES("\0\0\0\1mdat\0\0\0\0"),
    };

    for (i = 0; i < COUNT(sizes); i++) {
        ck_assert_msg(box_next(&sizes[i], &box) == -1, "%zu", i);
    }
}
END_TEST


START_TEST(what_is_written_is_read)
{
    box_t box;
    bytes_t in;
    box_out_t out = { 0 };
    size_t outer, inner, i;

    outer = box_out_begin(&out, "moof");
    inner = box_out_full(&out, "test", 1, 0x203);
    box_out_64(&out, 0x100000002);
    for (i = 0; i < 10000; i++) {
        box_out_8(&out, (uint8_t) i);
    }
    box_out_end(&out, inner);
    box_out_end(&out, outer);
    ck_assert_int_eq(out.failed, 0);

    in = (bytes_t){ out.bytes, out.bytes + out.len };
    ck_assert_int_eq(box_path(in, "moof/test", &box), 0);
    ck_assert_uint_eq(box_32(&box.body), 0x1000203);
    ck_assert_uint_eq(box_64(&box.body), 0x100000002);
    ck_assert_uint_eq(box_left(&box.body), 10000);
    free(out.bytes);
}
END_TEST


RUN("worker/cmaf/box", numbers_have_their_highest_byte_first,
    what_is_behind_the_end_is_0_and_told, boxes_are_found_by_their_path,
    a_size_may_be_wide_or_left_open, a_size_that_is_none_is_refused,
    what_is_written_is_read)
