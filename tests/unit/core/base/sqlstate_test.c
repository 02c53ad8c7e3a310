#include "core/base/sqlstate.h"
#include "tests/unit/suite.h"

#include <stddef.h>


START_TEST(a_server_that_goes_is_told_from_one_that_refuses)
{
    size_t i;
    static const char *const going[] = { "57P01", "57P02", "57P03", "08006",
                                         "08P01", "25P03", NULL };

    for (i = 0; i < COUNT(going); i++) {
        ck_assert_int_eq(sqlstate_read(going[i]), SQLSTATE_GOING);
    }
    ck_assert_int_eq(sqlstate_read("42501"), SQLSTATE_REFUSED);
    ck_assert_int_eq(sqlstate_read("42601"), SQLSTATE_REFUSED);
    ck_assert_int_eq(sqlstate_read("25001"), SQLSTATE_REFUSED);
    ck_assert_int_eq(sqlstate_read(""), SQLSTATE_REFUSED);
    ck_assert_int_eq(sqlstate_read("5"), SQLSTATE_REFUSED);
}
END_TEST


START_TEST(one_that_takes_no_writes_is_a_kind_of_its_own)
{
    ck_assert_int_eq(sqlstate_read("25006"), SQLSTATE_READ_ONLY);
}
END_TEST


START_TEST(a_name_of_another_session_tells_of_a_pooler)
{
    ck_assert_int_eq(sqlstate_read("26000"), SQLSTATE_NO_SESSION);
    ck_assert_int_eq(sqlstate_read("42P05"), SQLSTATE_NO_SESSION);
}
END_TEST


START_TEST(a_statement_that_was_stopped_leaves_its_session)
{
    ck_assert_int_eq(sqlstate_read("57014"), SQLSTATE_CANCELED);
}
END_TEST


START_TEST(values_and_conflicts_are_the_askers)
{
    ck_assert_int_eq(sqlstate_read("22P02"), SQLSTATE_VALUE);
    ck_assert_int_eq(sqlstate_read("23505"), SQLSTATE_CONFLICT);
}
END_TEST


START_TEST(what_says_nothing_about_the_statement_passes)
{
    size_t i;
    static const char *const passes[] = { "40P01", "40001", "53300",
                                          "55P03", "57014", "57P01",
                                          "58030", "25006", NULL };
    static const char *const stays[] = { "22P02", "23505", "42501", "XX000" };

    for (i = 0; i < COUNT(passes); i++) {
        ck_assert(sqlstate_passes(sqlstate_read(passes[i])));
    }
    for (i = 0; i < COUNT(stays); i++) {
        ck_assert(!sqlstate_passes(sqlstate_read(stays[i])));
    }
}
END_TEST


RUN("core/sqlstate", a_server_that_goes_is_told_from_one_that_refuses,
    one_that_takes_no_writes_is_a_kind_of_its_own,
    a_name_of_another_session_tells_of_a_pooler,
    a_statement_that_was_stopped_leaves_its_session,
    values_and_conflicts_are_the_askers,
    what_says_nothing_about_the_statement_passes)
