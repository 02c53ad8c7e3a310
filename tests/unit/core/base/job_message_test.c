#include <stdlib.h>
#include <string.h>
#include "core/base/job_message.h"
#include "tests/unit/suite.h"

#define JOB "01931c5a-0000-7000-8000-000000000001"
#define OTHER "01931c5a-0000-7000-8000-000000000002"
#define MESSAGE(state)                                      \
    "{\"v\":1,\"job\":\"" JOB "\",\"version\":7,\"state\":" \
    "\"" state "\"}"
#define CANCEL "{\"v\": 1, \"job\": \"" JOB "\"}"

static job_message_t message;


static int
is_read(const char *text)
{
    int rc = job_message_read(text, strlen(text), &message);

    if (rc == 0) {
        free(message.text);
    }
    return rc == 0;
}


static int
cancels(const char *text)
{
    return job_message_cancels(text, strlen(text), JOB);
}


START_TEST(a_message_is_read)
{
    ck_assert(is_read(MESSAGE("running")));
    ck_assert_str_eq(message.job, JOB);
    ck_assert_int_eq(message.version, 7);
    ck_assert(!message.over);
}
END_TEST


START_TEST(the_states_that_are_the_last_are_known)
{
    ck_assert(is_read(MESSAGE("done")) && message.over);
    ck_assert(is_read(MESSAGE("dead")) && message.over);
    ck_assert(is_read(MESSAGE("cancelled")) && message.over);
    ck_assert(is_read(MESSAGE("retrying")) && !message.over);
}
END_TEST


START_TEST(what_it_does_not_know_is_handed_on_in_one_line)
{
    const char text[] = "{\"v\":1,\n\"job\":\"" JOB "\",\n\"version\":1,"
                        "\"state\":\"dead\",\"error\":\"a\\nb\"}";

    ck_assert_int_eq(job_message_read(text, strlen(text), &message), 0);
    ck_assert_ptr_null(strchr(message.text, '\n'));
    ck_assert_ptr_nonnull(strstr(message.text, "\"error\":\"a\\nb\""));
    ck_assert_uint_eq(message.len, strlen(message.text));
    free(message.text);
}
END_TEST


START_TEST(what_makes_no_sense_is_not_read)
{
    size_t i;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"v\":2,\"job\":\"" JOB "\",\"version\":7,\"state\":\"done\"}",
        "{\"job\":\"" JOB "\",\"version\":7,\"state\":\"done\"}",
        "{\"v\":1,\"job\":\"../x\",\"version\":7,\"state\":\"done\"}",
        "{\"v\":1,\"job\":\"" JOB "\",\"version\":\"7\",\"state\":\"done\"}",
        "{\"v\":1,\"job\":\"" JOB "\",\"version\":7,\"state\":7}"
    };

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_msg(!is_read(texts[i]), "%s", texts[i]);
    }
}
END_TEST


START_TEST(a_cancellation_is_of_the_job_it_names)
{
    ck_assert(cancels(CANCEL));
    ck_assert(!job_message_cancels(CANCEL, strlen(CANCEL), OTHER));
}
END_TEST


START_TEST(what_only_mentions_a_job_does_not_cancel_it)
{
    ck_assert(!cancels(JOB));
    ck_assert(!cancels("{\"v\":1,\"job\":\"" OTHER "\",\"why\":\"" JOB "\"}"));
    ck_assert(!cancels("{\"v\":2,\"job\":\"" JOB "\"}"));
    ck_assert(!cancels(""));
}
END_TEST


RUN("core/job_message", a_message_is_read,
    the_states_that_are_the_last_are_known,
    what_it_does_not_know_is_handed_on_in_one_line,
    what_makes_no_sense_is_not_read, a_cancellation_is_of_the_job_it_names,
    what_only_mentions_a_job_does_not_cancel_it)
