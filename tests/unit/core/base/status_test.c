#include <string.h>
#include "core/base/status.h"
#include "tests/unit/suite.h"


START_TEST(every_status_has_a_word_a_title_and_an_http_status)
{
    const sluice_problem_t *problem;
    int status;

    for (status = SLUICE_OK; status < SLUICE_STATUS_COUNT; status++) {
        problem = status_problem((sluice_status_t) status);
        ck_assert_int_ge(problem->http, 200);
        ck_assert_ptr_nonnull(problem->word);
        ck_assert_ptr_nonnull(problem->title);
    }
}
END_TEST


START_TEST(words_lead_back_to_their_status)
{
    const char *word;
    int status;

    for (status = SLUICE_OK; status < SLUICE_STATUS_COUNT; status++) {
        word = status_problem((sluice_status_t) status)->word;
        ck_assert_int_eq(status_from_word(word, strlen(word)), status);
    }
}
END_TEST


START_TEST(unknown_words_are_internal)
{
    ck_assert_int_eq(status_from_word("conflic", 7), SLUICE_INTERNAL);
    ck_assert_int_eq(status_from_word("conflicts", 9), SLUICE_INTERNAL);
    ck_assert_int_eq(status_from_word("", 0), SLUICE_INTERNAL);
}
END_TEST


START_TEST(a_word_needs_no_terminator)
{
    ck_assert_int_eq(status_from_word("conflict and more", 8), SLUICE_CONFLICT);
}
END_TEST


START_TEST(numbers_beyond_the_table_are_internal)
{
    ck_assert_str_eq(status_problem(SLUICE_STATUS_COUNT)->word, "internal");
    ck_assert_str_eq(status_problem((sluice_status_t) -1)->word, "internal");
}
END_TEST


/* A key that has another scope would pass: RFC 6750, 3.1. */
START_TEST(only_401_asks_for_a_token)
{
    const sluice_problem_t *problem;
    int status;

    for (status = SLUICE_OK; status < SLUICE_STATUS_COUNT; status++) {
        problem = status_problem((sluice_status_t) status);
        ck_assert_int_eq(problem->oauth != NULL,
                         problem->http == 401
                             || status == SLUICE_SCOPE_MISSING);
    }
}
END_TEST


START_TEST(a_bad_or_old_token_is_an_invalid_token)
{
    ck_assert_str_eq(status_problem(SLUICE_TOKEN_INVALID)->oauth,
                     "invalid_token");
    ck_assert_str_eq(status_problem(SLUICE_TOKEN_EXPIRED)->oauth,
                     "invalid_token");
    ck_assert_str_eq(status_problem(SLUICE_UNAUTHENTICATED)->oauth, "");
}
END_TEST


START_TEST(what_passes_by_itself_says_when_to_come_back)
{
    const sluice_problem_t *problem;
    int status;

    for (status = SLUICE_OK; status < SLUICE_STATUS_COUNT; status++) {
        problem = status_problem((sluice_status_t) status);
        ck_assert_int_eq(problem->retry_after > 0,
                         problem->http == 503 || status == SLUICE_KEY_BUSY);
    }
}
END_TEST


START_TEST(links_that_ended_are_gone_and_others_forbidden)
{
    ck_assert_int_eq(status_problem(SLUICE_GRANT_EXPIRED)->http, 410);
    ck_assert_int_eq(status_problem(SLUICE_GRANT_INVALID)->http, 403);
    ck_assert_int_eq(status_problem(SLUICE_GRANT_NOT_YET)->http, 403);
    ck_assert_int_eq(status_problem(SLUICE_GRANT_PATH)->http, 403);
    ck_assert_int_eq(status_problem(SLUICE_GRANT_METHOD)->http, 403);
}
END_TEST


RUN("core/status", every_status_has_a_word_a_title_and_an_http_status,
    words_lead_back_to_their_status, unknown_words_are_internal,
    a_word_needs_no_terminator, numbers_beyond_the_table_are_internal,
    only_401_asks_for_a_token, a_bad_or_old_token_is_an_invalid_token,
    what_passes_by_itself_says_when_to_come_back,
    links_that_ended_are_gone_and_others_forbidden)
