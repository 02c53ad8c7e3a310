#include "core/base/redis_address.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static redis_address_t to;
static char why[REDIS_ADDRESS_ERROR_SIZE];


static int
reads(const char *text)
{
    return redis_address_read(&to, text, why, sizeof(why)) == 0;
}


static void
is(const char *text, const char *host, unsigned port)
{
    ck_assert_msg(reads(text), "%s: %s", text, why);
    ck_assert_str_eq(to.host, host);
    ck_assert_uint_eq(to.port, port);
}


START_TEST(a_host_may_have_a_port)
{
    is("127.0.0.1:6380", "127.0.0.1", 6380);
    is("redis.internal", "redis.internal", REDIS_PORT);
    is("a:65535", "a", 65535);
}
END_TEST


START_TEST(an_ipv6_address_stands_in_brackets)
{
    is("[::1]:6380", "::1", 6380);
    is("[2001:db8::1]", "2001:db8::1", REDIS_PORT);
    ck_assert(!reads("::1:6379"));
    ck_assert(!reads("[::1"));
    ck_assert(!reads("[]:6379"));
    ck_assert(!reads("[::1]6379"));
}
END_TEST


START_TEST(a_port_is_a_number_up_to_65535)
{
    ck_assert(!reads("a:65536"));
    ck_assert(!reads("a:0"));
    ck_assert(!reads("a:"));
    ck_assert(!reads("a:6379x"));
    ck_assert(!reads(":6379"));
    ck_assert(!reads(""));
    ck_assert(!reads("/run/redis"));
}
END_TEST


START_TEST(a_socket_is_a_path_from_the_root)
{
    is("unix:/run/redis", "/run/redis", 0);
    ck_assert(!reads("unix:redis"));
    ck_assert(!reads("unix:"));
}
END_TEST


START_TEST(user_password_file_and_database_follow)
{
    is(" unix:/r\tuser=media  password_file=/p db=3 ", "/r", 0);
    ck_assert_str_eq(to.user, "media");
    ck_assert_str_eq(to.password_file, "/p");
    ck_assert_uint_eq(to.db, 3);

    is("a", "a", REDIS_PORT);
    ck_assert_str_eq(to.user, "");
    ck_assert_uint_eq(to.db, 0);
}
END_TEST


START_TEST(sentinels_are_listed_before_the_name_of_the_primary)
{
    ck_assert_msg(reads("sentinel://a:26380,[::1],c.internal/my-media"), "%s",
                  why);
    ck_assert_uint_eq(to.sentinel_count, 3);
    ck_assert_str_eq(to.sentinels[0].host, "a");
    ck_assert_uint_eq(to.sentinels[0].port, 26380);
    ck_assert_str_eq(to.sentinels[1].host, "::1");
    ck_assert_uint_eq(to.sentinels[1].port, REDIS_SENTINEL_PORT);
    ck_assert_str_eq(to.sentinels[2].host, "c.internal");
    ck_assert_str_eq(to.primary, "my-media");
    ck_assert_str_eq(to.host, "");
}
END_TEST


START_TEST(sentinels_that_make_no_list_are_refused)
{
    static const char *const words[] = { "sentinel://",
                                         "sentinel://a",
                                         "sentinel://a/",
                                         "sentinel:///name",
                                         "sentinel://a,/name",
                                         "sentinel://,a/name",
                                         "sentinel://a,,b/name",
                                         "sentinel://a:0/name",
                                         "sentinel://a/name/3",
                                         "sentinel://a/na me",
                                         "sentinel://a/n\xc3\xa4me",
                                         "sentinel://a,b,c,d,e,f,g,h,i/name" };
    size_t i;

    for (i = 0; i < COUNT(words); i++) {
        ck_assert_msg(!reads(words[i]), "%s", words[i]);
    }

    ck_assert(!reads("sentinel://:secret@a/name"));
    ck_assert_ptr_null(strstr(why, "secret"));
}
END_TEST


START_TEST(sentinels_have_users_and_passwords_of_their_own)
{
    ck_assert_msg(reads("sentinel://a/m user=u sentinel_user=s "
                        "sentinel_password_file=/s password_file=/p db=2"),
                  "%s", why);
    ck_assert_str_eq(to.user, "u");
    ck_assert_str_eq(to.password_file, "/p");
    ck_assert_str_eq(to.sentinel_user, "s");
    ck_assert_str_eq(to.sentinel_password_file, "/s");

    ck_assert(!reads("a sentinel_user=s"));
    ck_assert(!reads("a sentinel_password_file=/s"));
}
END_TEST


START_TEST(with_sentinels_one_replica_has_a_use_unless_written)
{
    ck_assert(reads("sentinel://a/m"));
    ck_assert_uint_eq(to.min_replicas, 1);
    ck_assert(reads("sentinel://a/m min_replicas=0"));
    ck_assert_uint_eq(to.min_replicas, 0);
    ck_assert(reads("a"));
    ck_assert_uint_eq(to.min_replicas, 0);
    ck_assert(reads("a min_replicas=2"));
    ck_assert_uint_eq(to.min_replicas, 2);
    ck_assert(!reads("a min_replicas=10"));
}
END_TEST


START_TEST(tls_is_refused_with_what_to_do)
{
    ck_assert(!reads("rediss://a:6379"));
    ck_assert_ptr_nonnull(strstr(why, "stunnel4"));
    ck_assert(!reads("rediss://:secret@a:6379"));
    ck_assert_ptr_null(strstr(why, "secret"));
}
END_TEST


START_TEST(another_parameter_is_told)
{
    static const char *const words[] = {
        "a dbs=1", "a db=x", "a db=",           "a db", "a user=", "a db=-1",
        "a b",     "a =1",   "a db=99999999999"
    };
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        ck_assert_msg(!reads(words[i]), "%s", words[i]);
        ck_assert_ptr_nonnull(strstr(why, "password_file="));
    }
}
END_TEST


START_TEST(a_password_in_the_address_is_refused_and_not_repeated)
{
    ck_assert(!reads("sluice:secret@host"));
    ck_assert_ptr_nonnull(strstr(why, "password_file="));
    ck_assert_ptr_null(strstr(why, "secret"));

    ck_assert(!reads("redis://:secret@host:6379/3"));
    ck_assert_ptr_null(strstr(why, "secret"));
}
END_TEST


START_TEST(a_password_is_the_first_line_of_its_file)
{
    char path[] = "/tmp/redis-password-XXXXXX";
    char password[REDIS_PASSWORD_MAX + 1];
    FILE *file = fdopen(mkstemp(path), "w");

    fputs("of everyone\nnot this\n", file);
    fclose(file);

    ck_assert_int_eq(redis_password_read(path, password, why, sizeof(why)), 0);
    ck_assert_str_eq(password, "of everyone");

    ck_assert_int_eq(truncate(path, 0), 0);
    ck_assert_int_eq(redis_password_read(path, password, why, sizeof(why)), -1);
    unlink(path);
    ck_assert_int_eq(redis_password_read(path, password, why, sizeof(why)), -1);
    ck_assert_ptr_nonnull(strstr(why, path));
}
END_TEST


RUN("core/redis_address", a_host_may_have_a_port,
    an_ipv6_address_stands_in_brackets, a_port_is_a_number_up_to_65535,
    a_socket_is_a_path_from_the_root, user_password_file_and_database_follow,
    sentinels_are_listed_before_the_name_of_the_primary,
    sentinels_that_make_no_list_are_refused,
    sentinels_have_users_and_passwords_of_their_own,
    with_sentinels_one_replica_has_a_use_unless_written,
    tls_is_refused_with_what_to_do, another_parameter_is_told,
    a_password_in_the_address_is_refused_and_not_repeated,
    a_password_is_the_first_line_of_its_file)
