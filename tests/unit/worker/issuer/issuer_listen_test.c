#include <poll.h>
#include "tests/unit/suite.h"
#include "tests/unit/worker/redis_script.h"
#include "worker/base/log.h"
#include "worker/issuer/issuer_listen.h"

#define SUBSCRIBE "SUBSCRIBE sluice:issuers"
#define SUBSCRIBED "*3\r\n$9\r\nsubscribe\r\n$14\r\nsluice:issuers\r\n:1\r\n"
#define HEAD "*3\r\n$7\r\nmessage\r\n$14\r\nsluice:issuers\r\n"
#define MESSAGE                                                              \
    HEAD "$50\r\n{\"v\":1,\"issuer\":\"https://a.example\",\"kid\":\"one\"}" \
         "   \r\n"

static redis_script_t script;
static issuer_listen_t *ear;

#define PLAY(...)                                        \
    static const redis_step_t steps[] = { __VA_ARGS__ }; \
                                                         \
    log_open("/dev/null");                               \
    redis_script_play(&script, steps, COUNT(steps));     \
    ear = issuer_listen_create(script.address)


/* What comes until it is something, or the connection is lost. */
static int
hear(issuer_message_t *message)
{
    struct pollfd polled = { .events = POLLIN };

    for (;;) {
        polled.fd = issuer_listen_open(ear, 0);
        if (polled.fd == -1) {
            return -1;
        }
        if (issuer_listen_next(ear, 0, message)) {
            return 1;
        }
        poll(&polled, 1, -1);
        issuer_listen_read(ear, 0);
    }
}


static void
end(void)
{
    issuer_listen_free(ear);
    redis_script_end(&script);
}


START_TEST(a_kid_that_nobody_knows_is_heard_of)
{
    issuer_message_t message;
    PLAY({ SUBSCRIBE, SUBSCRIBED MESSAGE });

    ck_assert_int_eq(hear(&message), 1);
    ck_assert_str_eq(message.issuer, "https://a.example");
    ck_assert_str_eq(message.kid, "one");
    end();
}
END_TEST


START_TEST(what_makes_no_sense_is_passed_over)
{
    issuer_message_t message;
    PLAY({ SUBSCRIBE, SUBSCRIBED ":1\r\n" HEAD "$-1\r\n" HEAD
                                 "$2\r\n{}\r\n*1\r\n$1\r\na\r\n" MESSAGE });

    ck_assert_int_eq(hear(&message), 1);
    ck_assert_str_eq(message.kid, "one");
    end();
}
END_TEST


START_TEST(a_connection_that_ends_is_made_again_when_it_is_time)
{
    issuer_message_t message;
    PLAY({ SUBSCRIBE, SUBSCRIBED }, { NULL, NULL }, { SUBSCRIBE, SUBSCRIBED });

    ck_assert_int_eq(hear(&message), -1);
    ck_assert_int_eq(issuer_listen_due(ear), 1000);
    ck_assert_int_eq(issuer_listen_open(ear, 999), -1);
    ck_assert_int_ge(issuer_listen_open(ear, 1000), 0);
    ck_assert_int_eq(issuer_listen_due(ear), 2000);
    end();
}
END_TEST


START_TEST(a_redis_that_falls_silent_is_left_after_two_seconds)
{
    PLAY({ SUBSCRIBE, SUBSCRIBED }, { "PING", NULL });

    ck_assert_int_ge(issuer_listen_open(ear, 0), 0);
    ck_assert_int_ge(issuer_listen_open(ear, 1000), 0);
    ck_assert_int_eq(issuer_listen_due(ear), 2000);
    ck_assert_int_eq(issuer_listen_open(ear, 2000), -1);
    end();
}
END_TEST


START_TEST(a_redis_that_answers_is_listened_to_on)
{
    struct pollfd polled = { .events = POLLIN };
    PLAY({ SUBSCRIBE, SUBSCRIBED },
         { "PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n" }, { "PING", NULL });

    polled.fd = issuer_listen_open(ear, 0);
    ck_assert_int_ge(issuer_listen_open(ear, 1000), 0);
    ck_assert_int_eq(poll(&polled, 1, -1), 1);
    issuer_listen_read(ear, 1001);
    ck_assert_int_ge(issuer_listen_open(ear, 2000), 0);
    ck_assert_int_ge(issuer_listen_open(ear, 2001), 0);
    end();
}
END_TEST


START_TEST(who_may_not_subscribe_tries_again)
{
    PLAY({ SUBSCRIBE, "-NOPERM\r\n" }, { NULL, NULL },
         { SUBSCRIBE, SUBSCRIBED });

    ck_assert_int_eq(issuer_listen_open(ear, 0), -1);
    ck_assert_int_ge(issuer_listen_open(ear, 1000), 0);
    end();
}
END_TEST


START_TEST(a_redis_that_stays_away_is_tried_ever_less)
{
    size_t i;
    int64_t now = 0;
    static const int64_t waits[] = { 1, 2, 4, 8, 16, 32, 32, 32 };

    log_open("/dev/null");
    ear = issuer_listen_create("unix:/nowhere/redis");
    for (i = 0; i < COUNT(waits); i++) {
        ck_assert_int_eq(issuer_listen_open(ear, now), -1);
        ck_assert_int_eq(issuer_listen_due(ear), now + waits[i] * 1000);
        now = issuer_listen_due(ear);
    }
    issuer_listen_free(ear);
}
END_TEST


START_TEST(a_message_without_end_ends_the_connection)
{
    size_t size = (size_t) 3 << 20;
    char *large = malloc(size);
    issuer_message_t message;
    redis_step_t steps[] = { { SUBSCRIBE, large } };

    memset(large, 'a', size);
    large[size - 1] = '\0';
    memcpy(large, SUBSCRIBED HEAD "$9000000\r\n",
           strlen(SUBSCRIBED HEAD "$9000000\r\n"));
    log_open("/dev/null");
    redis_script_play(&script, steps, 1);
    ear = issuer_listen_create(script.address);

    ck_assert_int_eq(hear(&message), -1);
    issuer_listen_free(ear);
    pthread_join(script.thread, NULL);
    free(large);
}
END_TEST


RUN("worker/issuer_listen", a_kid_that_nobody_knows_is_heard_of,
    what_makes_no_sense_is_passed_over,
    a_connection_that_ends_is_made_again_when_it_is_time,
    a_redis_that_falls_silent_is_left_after_two_seconds,
    a_redis_that_answers_is_listened_to_on, who_may_not_subscribe_tries_again,
    a_redis_that_stays_away_is_tried_ever_less,
    a_message_without_end_ends_the_connection)
