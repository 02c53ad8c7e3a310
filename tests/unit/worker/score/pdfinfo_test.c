#include <string.h>
#include "tests/unit/suite.h"
#include "worker/score/pdfinfo.h"

static pdfinfo_t info;
static char err[256];


START_TEST(pages_sizes_and_texts_are_read)
{
    ck_assert_int_eq(pdfinfo_parse("Title:           Au clair de la lune\n"
                                   "Keywords:        song, easy \n"
                                   "Author:          Anonyme\n"
                                   "Pages:           2\n"
                                   "Encrypted:       no\n"
                                   "Page    1 size:  595.28 x 841.89 pts (A4)\n"
                                   "Page    1 rot:   0\n"
                                   "Page    2 size:  200 x 100 pts\n"
                                   "Page    2 rot:   90\n",
                                   &info),
                     0);

    ck_assert_int_eq(info.pages, 2);
    ck_assert_str_eq(info.title, "Au clair de la lune");
    ck_assert_str_eq(info.author, "Anonyme");
    ck_assert_str_eq(info.keywords, "song, easy");
    ck_assert_double_eq_tol(info.page[0].height, 841.89, 1e-9);
    ck_assert_int_eq(pdfinfo_complaint(&info, err, sizeof(err)), 0);
}
END_TEST


START_TEST(a_turned_page_changes_its_sides)
{
    pdfinfo_parse("Pages: 1\nPage    1 size:  200 x 100 pts\n"
                  "Page    1 rot:   90\n",
                  &info);

    ck_assert_double_eq_tol(info.page[0].width, 100, 1e-9);
}
END_TEST


START_TEST(a_page_of_ten_metres_is_refused_with_its_size)
{
    pdfinfo_parse("Pages: 1\nPage    1 size:  28346 x 28346 pts\n", &info);

    ck_assert_int_eq(pdfinfo_page_complaint(&info, 1, err, sizeof(err)), -1);
    ck_assert_str_eq(err, "Page 1 measures 10.0 × 10.0 m; the largest page is "
                          "5.08 m.");
}
END_TEST


START_TEST(more_than_2000_pages_are_refused)
{
    pdfinfo_parse("Pages: 2001\n", &info);

    ck_assert_int_eq(pdfinfo_complaint(&info, err, sizeof(err)), -1);
    ck_assert_ptr_nonnull(strstr(err, "2001 pages"));
}
END_TEST


START_TEST(a_page_without_size_is_refused_and_not_the_others)
{
    pdfinfo_parse("Pages: 3\nPage    1 size:  200 x 100 pts\n"
                  "Page    2 size:  200 x 0 pts\n"
                  "Page    3 size:  200 x 100 pts\n",
                  &info);

    ck_assert_int_eq(pdfinfo_complaint(&info, err, sizeof(err)), 0);
    ck_assert_int_eq(pdfinfo_page_complaint(&info, 1, err, sizeof(err)), 0);
    ck_assert_int_eq(pdfinfo_page_complaint(&info, 2, err, sizeof(err)), -1);
    ck_assert_ptr_nonnull(strstr(err, "Page 2"));
    ck_assert_int_eq(pdfinfo_page_complaint(&info, 3, err, sizeof(err)), 0);
}
END_TEST


START_TEST(a_page_number_out_of_range_writes_nowhere)
{
    ck_assert_int_eq(pdfinfo_parse("Pages: 1\n"
                                   "Page    0 size:  1 x 1 pts\n"
                                   "Page 2001 size:  1 x 1 pts\n"
                                   "Page   -1 rot:   90\n",
                                   &info),
                     0);
}
END_TEST


START_TEST(a_long_author_is_cut_between_characters)
{
    char text[700] = "Author: a";
    size_t i;

    for (i = 0; i < 300; i++) {
        strcat(text, "é");
    }
    strcat(text, "\nPages: 1\n");
    pdfinfo_parse(text, &info);

    /* one byte, then pairs */
    ck_assert_uint_eq(strlen(info.author) % 2, 1);
    ck_assert_uint_lt(strlen(info.author), PDFINFO_TEXT_SIZE);
}
END_TEST


/* Texts of several lines, as pdfinfo tells them. */
START_TEST(what_looks_like_a_title_in_a_subject_is_none)
{
    ck_assert_int_eq(pdfinfo_parse("Title:           Right\n"
                                   "Subject:         x\nTitle: Wrong\n"
                                   "Keywords:        a, b\n"
                                   "Author:          Ida\n"
                                   "Creator:         y\nTitle: Wrong\n"
                                   "Keywords: wrong\nAuthor: Wrong\n"
                                   "Pages:           1\n",
                                   &info),
                     0);
    ck_assert_str_eq(info.title, "Right");
    ck_assert_str_eq(info.keywords, "a, b");
    ck_assert_str_eq(info.author, "Ida");

    ck_assert_int_eq(pdfinfo_parse("Subject:         x\nTitle: Wrong\n"
                                   "Pages:           1\n",
                                   &info),
                     0);
    ck_assert_str_eq(info.title, "");
}
END_TEST


START_TEST(what_names_no_pages_is_refused)
{
    ck_assert_int_eq(pdfinfo_parse("", &info), -1);
    ck_assert_int_eq(pdfinfo_parse("Pages: 0\n", &info), -1);
}
END_TEST


RUN("worker/pdfinfo", pages_sizes_and_texts_are_read,
    a_turned_page_changes_its_sides,
    a_page_of_ten_metres_is_refused_with_its_size,
    more_than_2000_pages_are_refused,
    a_page_without_size_is_refused_and_not_the_others,
    a_page_number_out_of_range_writes_nowhere,
    a_long_author_is_cut_between_characters,
    what_looks_like_a_title_in_a_subject_is_none,
    what_names_no_pages_is_refused)
