#include <stdio.h>
#include <string.h>
#include "core/account/qr.h"
#include "tests/unit/suite.h"

#define MARGIN 4


/* The picture's modules, read back from its rectangles. */
static int
read_svg(const char *svg, char dark[177][177])
{
    int size, x, y, n;
    const char *p;

    memset(dark, 0, 177 * 177);
    ck_assert_int_eq(
        sscanf(strstr(svg, "viewBox=\"0 0 "), "viewBox=\"0 0 %d", &size), 1);
    p = strstr(svg, "<path d=\"");
    ck_assert_ptr_nonnull(p);

    for (p += 9; sscanf(p, "M%d %dh%dv1h-", &x, &y, &n) == 3;
         p = strchr(p, 'z') + 1) {
        ck_assert_int_ge(x, MARGIN);
        ck_assert_int_ge(y, MARGIN);
        ck_assert_int_le(x + n, size - MARGIN);
        memset(&dark[y - MARGIN][x - MARGIN], 1, (size_t) n);
    }

    ck_assert_str_eq(p, "\"/></svg>");

    return size - 2 * MARGIN;
}


/* ISO/IEC 18004, 5.3.2: three corners have one. */
static void
finder(char dark[177][177], int left, int top)
{
    int x, y, ring;

    for (y = 0; y < 7; y++) {
        for (x = 0; x < 7; x++) {
            ring = abs(x - 3) > abs(y - 3) ? abs(x - 3) : abs(y - 3);
            ck_assert_int_eq(dark[top + y][left + x], ring != 2);
        }
    }
}


START_TEST(a_text_becomes_a_square_with_three_corners)
{
    int size, i;
    char *svg = qr_svg("otpauth://totp/x:y?secret=GEZDGNBVGY3TQOJQGEZDGNBV");
    static char dark[177][177];

    ck_assert_ptr_nonnull(svg);
    size = read_svg(svg, dark);
    ck_assert_int_eq((size - 17) % 4, 0);

    finder(dark, 0, 0);
    finder(dark, size - 7, 0);
    finder(dark, 0, size - 7);

    for (i = 8; i < size - 8; i++) {
        ck_assert_int_eq(dark[6][i], i % 2 == 0);
        ck_assert_int_eq(dark[i][6], i % 2 == 0);
    }

    free(svg);
}
END_TEST


START_TEST(another_text_is_another_picture)
{
    char *one = qr_svg("one"), *other = qr_svg("two");

    ck_assert_str_ne(one, other);
    free(one);
    free(other);
}
END_TEST


START_TEST(it_takes_what_fits_and_nothing_longer)
{
    char *svg, text[2333];
    static char dark[177][177];

    memset(text, 'x', sizeof(text));
    text[2332] = '\0';
    ck_assert_ptr_null(qr_svg(text));
    ck_assert_ptr_null(qr_svg(""));

    text[2331] = '\0';
    svg = qr_svg(text);
    ck_assert_ptr_nonnull(svg);
    ck_assert_int_eq(read_svg(svg, dark), 177);
    free(svg);
}
END_TEST


RUN("core/qr", a_text_becomes_a_square_with_three_corners,
    another_text_is_another_picture, it_takes_what_fits_and_nothing_longer)
