/* Nothing here waits: what Redis says lies in the socket before it is asked
   for, and the clock is the test's. */

#include <errno.h>
#include <fcntl.h>
#include "tests/unit/suite.h"
#include "tests/unit/worker/redis_script.h"
#include "worker/base/clock.h"
#include "worker/queue/cancel.h"

#define OURS "01931c5a-0000-7000-8000-000000000001"
#define OTHER "01931c5a-0000-7000-8000-000000000002"
#define SUBSCRIBE "SUBSCRIBE sluice:cancel"
#define SUBSCRIBED "*3\r\n$9\r\nsubscribe\r\n$13\r\nsluice:cancel\r\n:1\r\n"
#define MESSAGE_OF(id) "{\"v\":1,\"job\":\"" id "\"}"
#define HEAD "*3\r\n$7\r\nmessage\r\n$13\r\nsluice:cancel\r\n"
#define MESSAGE(id) HEAD "$52\r\n" MESSAGE_OF(id) "\r\n"

static redis_script_t redis;
static cancel_t *cancel;
static int peer = -1;
static int64_t time_now = 1000000;


static int64_t
now(void)
{
    return time_now;
}


static void
open_redis(void)
{
    clock_now = now;
    redis_script_open(&redis);
    cancel = cancel_create(redis.address);
}


/* Takes the connection that cancel_heard() makes, which waits to hear that it
   is one to the primary. */
static void *
take(void *data)
{
    static char words[256];
    FILE *in;

    peer = accept(redis.listener, NULL, NULL);
    in = fdopen(dup(peer), "r");
    if (redis_script_await(in, peer, SUBSCRIBE, words, sizeof(words)) != 0) {
        snprintf(redis.wrong, sizeof(redis.wrong), "%s", words);
    }
    fclose(in);
    return data;
}


static void
say(const char *text)
{
    ck_assert_int_eq(write(peer, text, strlen(text)), strlen(text));
}


static void
subscribe(void)
{
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, take, NULL), 0);
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
    pthread_join(thread, NULL);
    ck_assert_str_eq(redis.wrong, "");
    say(SUBSCRIBED);
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
}


static void
close_redis(void)
{
    cancel_free(cancel);
    close(peer);
    close(redis.listener);
    unlink(redis.path);
    rmdir(redis.folder);
}


START_TEST(who_is_cancelled_hears_it_once)
{
    open_redis();
    subscribe();
    say(MESSAGE(OURS));
    ck_assert_int_eq(cancel_heard(cancel, OURS), 1);
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
    close_redis();
}
END_TEST


START_TEST(another_job_s_end_is_not_ours)
{
    open_redis();
    subscribe();
    say(MESSAGE(OTHER));
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
    close_redis();
}
END_TEST


START_TEST(of_several_messages_one_may_be_ours)
{
    open_redis();
    subscribe();
    say(MESSAGE(OTHER) MESSAGE(OURS) MESSAGE(OTHER));
    ck_assert_int_eq(cancel_heard(cancel, OURS), 1);
    close_redis();
}
END_TEST


START_TEST(a_message_may_come_in_two_parts)
{
    open_redis();
    subscribe();
    say(HEAD "$52\r\n{\"v\":1,\"job\":\"");
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
    say(OURS "\"}\r\n");
    ck_assert_int_eq(cancel_heard(cancel, OURS), 1);
    close_redis();
}
END_TEST


START_TEST(what_makes_no_sense_is_passed_over)
{
    open_redis();
    subscribe();
    say(HEAD "$4\r\nnews\r\n" HEAD ":1\r\n"
             "*2\r\n$1\r\na\r\n$1\r\nb\r\n+PONG\r\n" HEAD "$-1\r\n");
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
    say(MESSAGE(OURS));
    ck_assert_int_eq(cancel_heard(cancel, OURS), 1);
    close_redis();
}
END_TEST


START_TEST(a_message_that_waited_belongs_to_whom_it_names)
{
    open_redis();
    subscribe();
    say(MESSAGE(OTHER));
    ck_assert_int_eq(cancel_heard(cancel, "-"), 0); /* between two jobs */
    ck_assert_int_eq(cancel_heard(cancel, OTHER), 0);
    close_redis();
}
END_TEST


START_TEST(a_connection_that_is_lost_is_made_again_after_two_seconds)
{
    open_redis();
    subscribe();
    close(peer);
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);

    time_now += 1999;
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
    ck_assert_int_eq(fcntl(redis.listener, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(accept(redis.listener, NULL, NULL), -1);
    ck_assert_int_eq(errno, EAGAIN);
    close_redis();
}
END_TEST


START_TEST(and_then_it_hears_again)
{
    open_redis();
    subscribe();
    close(peer);
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);

    time_now += 2000;
    subscribe();
    say(MESSAGE(OURS));
    ck_assert_int_eq(cancel_heard(cancel, OURS), 1);
    close_redis();
}
END_TEST


/* What came over the connection, or "" when it has ended. */
static const char *
came(void)
{
    static char text[256];
    ssize_t n = recv(peer, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[n > 0 ? n : 0] = '\0';
    return n == -1 ? "nothing" : text;
}


START_TEST(a_silence_of_a_second_is_asked_about)
{
    open_redis();
    subscribe();
    time_now += 999;
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
    ck_assert_str_eq(came(), "nothing");

    time_now += 1;
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
    ck_assert_str_eq(came(), "*1\r\n$4\r\nPING\r\n");
    say("*2\r\n$4\r\npong\r\n$0\r\n\r\n");

    time_now += 1000;
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
    ck_assert_str_eq(came(), "nothing");
    close_redis();
}
END_TEST


START_TEST(who_stays_silent_for_two_seconds_is_left)
{
    open_redis();
    subscribe();
    time_now += 1000;
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
    came();

    time_now += 1000;
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
    ck_assert_str_eq(came(), "");
    close_redis();
}
END_TEST


START_TEST(what_is_no_protocol_ends_the_connection)
{
    open_redis();
    subscribe();
    say("HTTP/1.1 400 Bad Request\r\n");
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);

    time_now += 2000;
    subscribe();
    close_redis();
}
END_TEST


START_TEST(without_redis_nothing_is_heard)
{
    clock_now = now;
    cancel = cancel_create("unix:/nowhere/redis");
    ck_assert_int_eq(cancel_heard(cancel, OURS), 0);
    ck_assert_int_eq(cancel_heard(NULL, OURS), 0);
    cancel_free(cancel);
    cancel_free(NULL);
}
END_TEST


RUN("worker/cancel", who_is_cancelled_hears_it_once,
    another_job_s_end_is_not_ours, of_several_messages_one_may_be_ours,
    a_message_may_come_in_two_parts, what_makes_no_sense_is_passed_over,
    a_message_that_waited_belongs_to_whom_it_names,
    a_connection_that_is_lost_is_made_again_after_two_seconds,
    and_then_it_hears_again, a_silence_of_a_second_is_asked_about,
    who_stays_silent_for_two_seconds_is_left,
    what_is_no_protocol_ends_the_connection, without_redis_nothing_is_heard)
