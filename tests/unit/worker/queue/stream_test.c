#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "tests/unit/suite.h"
#include "tests/unit/worker/redis_script.h"
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/base/redis.h"
#include "worker/queue/stream.h"

#define ID "01931c5a-0000-7000-8000-000000000001"
#define GROUP "XGROUP CREATE sluice:jobs workers 0 MKSTREAM"
#define BUSY "-BUSYGROUP Consumer Group name already exists\r\n"
#define READ                                                         \
    "XREADGROUP GROUP workers here:1 COUNT 1 BLOCK 7 NOACK STREAMS " \
    "sluice:jobs >"
#define ADD "XADD sluice:jobs MAXLEN ~ 100000 * v 1 id " ID
#define ADDED "$15\r\n1700000000000-0\r\n"

/* [[key, [[entry, [v, 1, id, …]]]]] */
#define ENTRY                                                     \
    "*1\r\n*2\r\n$11\r\nsluice:jobs\r\n*1\r\n*2\r\n$3\r\n1-0\r\n" \
    "*4\r\n$1\r\nv\r\n$1\r\n1\r\n$2\r\nid\r\n$36\r\n" ID "\r\n"

static redis_script_t script;
static stream_t *stream;


static void
play(const redis_step_t *steps, size_t count)
{
    log_open("/dev/null");
    redis_script_play(&script, steps, count);
    stream = stream_create(script.address, "here:1");
}

#define PLAY(...)                                        \
    static const redis_step_t steps[] = { __VA_ARGS__ }; \
                                                         \
    play(steps, COUNT(steps))


static void
end(void)
{
    stream_free(stream);
    redis_script_end(&script);
}


/* NOACK: nothing is ever pending, so that a slot that dies between a wake-up
   and its claim leaves nothing that somebody would have to take over. */
START_TEST(a_wake_up_is_read_once_and_never_pending)
{
    PLAY({ GROUP, "+OK\r\n" }, { READ, ENTRY });
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(a_group_that_is_there_is_joined)
{
    PLAY({ GROUP, BUSY }, { READ, ENTRY });
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(when_the_time_is_up_nothing_came)
{
    PLAY({ GROUP, BUSY }, { READ, "*-1\r\n" }, { READ, ENTRY });
    ck_assert_int_eq(stream_next(stream, 7), 0);
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(an_answer_of_another_shape_is_no_wake_up)
{
    PLAY({ GROUP, BUSY }, { READ, ":1\r\n" }, { READ, "*0\r\n" },
         { READ, "$1\r\nx\r\n" }, { READ, ENTRY });
    ck_assert_int_eq(stream_next(stream, 7), 0);
    ck_assert_int_eq(stream_next(stream, 7), 0);
    ck_assert_int_eq(stream_next(stream, 7), 0);
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(a_redis_that_was_emptied_gets_its_group_anew)
{
    PLAY({ GROUP, BUSY }, { READ, "-NOGROUP No such key 'sluice:jobs'\r\n" },
         { GROUP, "+OK\r\n" }, { READ, ENTRY });
    ck_assert_int_eq(stream_next(stream, 7), 0);
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(after_any_other_error_it_connects_anew)
{
    PLAY({ GROUP, BUSY }, { READ, "-LOADING Redis is loading\r\n" },
         { NULL, NULL }, { GROUP, BUSY }, { READ, ENTRY });
    ck_assert_int_eq(stream_next(stream, 7), -1);
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(a_group_that_cannot_be_made_is_a_redis_that_is_away)
{
    PLAY({ GROUP, "-NOAUTH Authentication required.\r\n" }, { NULL, NULL },
         { GROUP, BUSY }, { READ, ENTRY });
    ck_assert_int_eq(stream_next(stream, 7), -1);
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(a_connection_that_ends_within_an_answer_is_lost)
{
    PLAY({ GROUP, BUSY }, { READ, "*1\r\n*2\r\n$11\r\nslui" }, { NULL, NULL },
         { GROUP, BUSY }, { READ, ENTRY });
    ck_assert_int_eq(stream_next(stream, 7), -1);
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(without_redis_nobody_waits)
{
    log_open("/dev/null");
    stream = stream_create("unix:/nowhere/redis", "here:1");
    ck_assert_int_eq(stream_next(stream, 60000), -1);
    stream_add(stream, ID);
    stream_publish(stream, "sluice:progress", "{}");
    stream_free(stream);
}
END_TEST


/* The script answers it only after the next question was asked: who waited for
   the answer would wait for ever. */
START_TEST(a_wake_up_is_sent_without_waiting_for_its_answer)
{
    PLAY({ GROUP, BUSY }, { ADD, "" },
         { "PUBLISH sluice:progress {}", ADDED ":0\r\n" }, { READ, ENTRY });
    stream_add(stream, ID);
    stream_publish(stream, "sluice:progress", "{}");
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(an_error_for_a_wake_up_does_no_harm)
{
    PLAY({ GROUP, BUSY }, { ADD, "-OOM command not allowed\r\n" },
         { READ, ENTRY });
    stream_add(stream, ID);
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(a_wake_up_that_was_lost_with_its_connection_is_not_missed)
{
    PLAY({ GROUP, BUSY }, { ADD, NULL }, { GROUP, BUSY }, { READ, ENTRY });
    stream_add(stream, ID);
    ck_assert_int_eq(stream_next(stream, 7), -1);
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(answers_are_read_before_there_are_too_many)
{
    size_t i;
    static redis_step_t steps[1 + 64 + 1 + 1];

    steps[0] = (redis_step_t){ GROUP, BUSY };
    for (i = 1; i <= 64; i++) {
        steps[i] = (redis_step_t){ ADD, ADDED };
    }
    steps[65] = (redis_step_t){ ADD, ADDED };
    steps[66] = (redis_step_t){ READ, ENTRY };
    play(steps, COUNT(steps));

    for (i = 0; i < 65; i++) {
        stream_add(stream, ID);
    }
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(the_bound_of_the_stream_is_everybody_s)
{
    void *reply;
    redisContext *redis;
    static const redis_step_t steps[] = { { ADD, ADDED } };

    redis_script_play(&script, steps, COUNT(steps));
    redis = redis_connect(script.address, 2000);
    ck_assert_int_eq(stream_append(redis, ID), REDIS_OK);
    ck_assert_int_eq(redisGetReply(redis, &reply), REDIS_OK);
    freeReplyObject(reply);
    redisFree(redis);
    redis_script_end(&script);
}
END_TEST


START_TEST(that_redis_is_away_is_said_once_and_that_it_is_back)
{
    char path[PATH_MAX], *text, *said;
    size_t len;
    static const redis_step_t steps[] = {
        { GROUP, "-LOADING\r\n" }, { NULL, NULL },
        { GROUP, "-LOADING\r\n" }, { NULL, NULL },
        { GROUP, BUSY },           { READ, ENTRY }
    };

    play(steps, COUNT(steps));
    snprintf(path, sizeof(path), "%s/log", script.folder);
    log_open(path);

    ck_assert_int_eq(stream_next(stream, 7), -1);
    ck_assert_int_eq(stream_next(stream, 7), -1);
    ck_assert_int_eq(stream_next(stream, 7), 1);

    text = file_read(path, 4096, &len);
    said = strstr(text, "redis: away");
    ck_assert_ptr_nonnull(said);
    ck_assert_ptr_null(strstr(said + 1, "redis: away"));
    ck_assert_ptr_nonnull(strstr(said, "redis: back again"));
    free(text);
    unlink(path);
    end();
}
END_TEST


#define CONSUMERS "XINFO CONSUMERS sluice:jobs workers"
#define CONSUMER(name, pending, idle)                                  \
    "*6\r\n$4\r\nname\r\n$3\r\n" name "\r\n$7\r\npending\r\n:" pending \
    "\r\n$4\r\nidle\r\n:" idle "\r\n"


START_TEST(consumers_that_are_long_gone_are_removed)
{
    PLAY({ GROUP, BUSY },
         { CONSUMERS, "*4\r\n" CONSUMER("a:1", "0", "3599999") CONSUMER(
                          "b:1", "0", "3600000") CONSUMER("c:1", "1", "9999999")
                          CONSUMER("d:1", "0", "9999999") },
         { "XGROUP DELCONSUMER sluice:jobs workers b:1", ":0\r\n" },
         { "XGROUP DELCONSUMER sluice:jobs workers d:1", ":0\r\n" },
         { READ, ENTRY });
    stream_tidy(stream);
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


START_TEST(an_answer_about_consumers_of_another_shape_removes_none)
{
    PLAY({ GROUP, BUSY }, { CONSUMERS, "*2\r\n:1\r\n*2\r\n:1\r\n:2\r\n" },
         { CONSUMERS, "-ERR no such key\r\n" }, { READ, ENTRY });
    stream_tidy(stream);
    stream_tidy(stream);
    ck_assert_int_eq(stream_next(stream, 7), 1);
    end();
}
END_TEST


RUN("worker/stream", a_wake_up_is_read_once_and_never_pending,
    a_group_that_is_there_is_joined, when_the_time_is_up_nothing_came,
    an_answer_of_another_shape_is_no_wake_up,
    a_redis_that_was_emptied_gets_its_group_anew,
    after_any_other_error_it_connects_anew,
    a_group_that_cannot_be_made_is_a_redis_that_is_away,
    a_connection_that_ends_within_an_answer_is_lost, without_redis_nobody_waits,
    a_wake_up_is_sent_without_waiting_for_its_answer,
    an_error_for_a_wake_up_does_no_harm,
    a_wake_up_that_was_lost_with_its_connection_is_not_missed,
    answers_are_read_before_there_are_too_many,
    the_bound_of_the_stream_is_everybody_s,
    that_redis_is_away_is_said_once_and_that_it_is_back,
    consumers_that_are_long_gone_are_removed,
    an_answer_about_consumers_of_another_shape_removes_none)
