#include "tests/unit/suite.h"
#include "worker/base/redis.h"


START_TEST(a_host_has_a_port)
{
    ck_assert_int_eq(redis_address_valid("127.0.0.1:6379"), 1);
    ck_assert_int_eq(redis_address_valid("::1:6379"), 1);
    ck_assert_int_eq(redis_address_valid("localhost"), 0);
    ck_assert_int_eq(redis_address_valid("localhost:"), 0);
    ck_assert_int_eq(redis_address_valid(":6379"), 0);
}
END_TEST


START_TEST(a_port_is_a_number_up_to_65535)
{
    ck_assert_int_eq(redis_address_valid("a:65535"), 1);
    ck_assert_int_eq(redis_address_valid("a:65536"), 0);
    ck_assert_int_eq(redis_address_valid("a:0"), 0);
    ck_assert_int_eq(redis_address_valid("a:6379x"), 0);
}
END_TEST


START_TEST(a_socket_is_a_path_from_the_root)
{
    ck_assert_int_eq(redis_address_valid("unix:/run/redis"), 1);
    ck_assert_int_eq(redis_address_valid("unix:redis"), 0);
}
END_TEST


RUN("worker/redis", a_host_has_a_port, a_port_is_a_number_up_to_65535,
    a_socket_is_a_path_from_the_root)
