#include "tests/unit/suite.h"
#include "tests/unit/worker/redis_script.h"
#include "worker/base/redis.h"

#define TIMEOUT_MS 2000

static redis_script_t script;
static redisContext *redis;

#define PLAY(...)                                        \
    static const redis_step_t steps[] = { __VA_ARGS__ }; \
                                                         \
    redis_script_play(&script, steps, COUNT(steps));     \
    redis = redis_connect(script.address, TIMEOUT_MS)


static void
end(void)
{
    redisFree(redis);
    redis_script_end(&script);
}


START_TEST(a_primary_is_taken)
{
    PLAY({ "ROLE", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n" });

    ck_assert_str_eq(redis->errstr, "");
    ck_assert_int_eq(redis->err, 0);
    end();
}
END_TEST


START_TEST(a_replica_is_away)
{
    PLAY({ "ROLE", "*5\r\n$5\r\nslave\r\n$1\r\na\r\n:6379\r\n$9\r\nconnected"
                   "\r\n:1\r\n" });

    ck_assert_int_ne(redis->err, 0);
    ck_assert_str_eq(redis->errstr, "it is a replica");
    end();
}
END_TEST


START_TEST(who_may_not_ask_for_the_role_is_connected)
{
    PLAY({ "ROLE", "-NOPERM this user has no permissions\r\n" });

    ck_assert_int_eq(redis->err, 0);
    end();
}
END_TEST


START_TEST(who_is_not_known_is_not_connected)
{
    PLAY({ "ROLE", "-NOAUTH Authentication required.\r\n" });

    ck_assert_int_ne(redis->err, 0);
    ck_assert_str_eq(redis->errstr, "NOAUTH Authentication required.");
    end();
}
END_TEST


START_TEST(without_a_sentinel_it_says_why)
{
    redis = redis_connect("sentinel://127.0.0.1:1,127.0.0.1:1/m", TIMEOUT_MS);
    ck_assert_int_ne(redis->err, 0);
    ck_assert_str_ne(redis->errstr, "");
    redisFree(redis);
}
END_TEST


START_TEST(an_address_that_is_none_is_told)
{
    redis = redis_connect("a b c", TIMEOUT_MS);
    ck_assert_int_ne(redis->err, 0);
    ck_assert_ptr_nonnull(strstr(redis->errstr, "invalid parameter"));
    redisFree(redis);
}
END_TEST


RUN("worker/redis", a_primary_is_taken, a_replica_is_away,
    who_may_not_ask_for_the_role_is_connected,
    who_is_not_known_is_not_connected, without_a_sentinel_it_says_why,
    an_address_that_is_none_is_told)
