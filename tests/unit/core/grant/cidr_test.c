#include <stddef.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>
#include "core/grant/cidr.h"
#include "tests/unit/suite.h"


/* An address as a client's socket would have it. */
static void
client(const char *text, unsigned char address[CIDR_SIZE])
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    const struct sockaddr *sa = (const struct sockaddr *) &v4;

    if (inet_pton(AF_INET, text, &v4.sin_addr) != 1) {
        ck_assert_int_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
        sa = (const struct sockaddr *) &v6;
    }

    ck_assert_int_eq(cidr_address(sa, address), 0);
}


static int
holds(const char *range, const char *text)
{
    unsigned char address[CIDR_SIZE];
    cidr_t cidr;

    ck_assert_msg(cidr_parse(range, strlen(range), &cidr) == 0, "%s", range);
    client(text, address);

    return cidr_match(&cidr, address);
}


START_TEST(an_address_alone_holds_itself_only)
{
    ck_assert_int_eq(holds("192.0.2.7", "192.0.2.7"), 1);
    ck_assert_int_eq(holds("192.0.2.7", "192.0.2.6"), 0);
    ck_assert_int_eq(holds("2001:db8::7", "2001:db8::7"), 1);
    ck_assert_int_eq(holds("2001:db8::7", "2001:db8::6"), 0);
}
END_TEST


START_TEST(a_full_prefix_is_one_address)
{
    ck_assert_int_eq(holds("192.0.2.7/32", "192.0.2.7"), 1);
    ck_assert_int_eq(holds("192.0.2.7/32", "192.0.2.6"), 0);
    ck_assert_int_eq(holds("2001:db8::7/128", "2001:db8::7"), 1);
    ck_assert_int_eq(holds("2001:db8::7/128", "2001:db8::6"), 0);
}
END_TEST


START_TEST(a_range_ends_where_its_prefix_says)
{
    ck_assert_int_eq(holds("10.0.0.0/8", "10.255.255.255"), 1);
    ck_assert_int_eq(holds("10.0.0.0/8", "11.0.0.0"), 0);
    ck_assert_int_eq(holds("10.0.0.0/8", "9.255.255.255"), 0);
    ck_assert_int_eq(holds("192.0.2.128/25", "192.0.2.128"), 1);
    ck_assert_int_eq(holds("192.0.2.128/25", "192.0.2.127"), 0);
    ck_assert_int_eq(holds("192.0.2.6/31", "192.0.2.7"), 1);
    ck_assert_int_eq(holds("192.0.2.6/31", "192.0.2.8"), 0);
    ck_assert_int_eq(holds("2001:db8::/33", "2001:db8:7fff::"), 1);
    ck_assert_int_eq(holds("2001:db8::/33", "2001:db8:8000::"), 0);
    ck_assert_int_eq(holds("2001:db8::/127", "2001:db8::1"), 1);
    ck_assert_int_eq(holds("2001:db8::/127", "2001:db8::2"), 0);
}
END_TEST


START_TEST(a_prefix_of_0_is_all_of_its_own_family)
{
    ck_assert_int_eq(holds("0.0.0.0/0", "255.255.255.255"), 1);
    ck_assert_int_eq(holds("0.0.0.0/0", "0.0.0.0"), 1);
    ck_assert_int_eq(holds("0.0.0.0/0", "2001:db8::1"), 0);
    ck_assert_int_eq(holds("::/0", "2001:db8::1"), 1);
    ck_assert_int_eq(holds("::/0", "192.0.2.7"), 0);
}
END_TEST


START_TEST(bits_behind_the_prefix_do_not_count)
{
    cidr_t clean, dirty;

    ck_assert_int_eq(cidr_parse("10.1.2.3/12", 11, &dirty), 0);
    ck_assert_int_eq(cidr_parse("10.0.0.0/12", 11, &clean), 0);
    ck_assert_mem_eq(dirty.address, clean.address, CIDR_SIZE);
    ck_assert_int_eq(holds("10.1.2.3/12", "10.15.0.1"), 1);
    ck_assert_int_eq(holds("2001:db8::1/32", "2001:db8:1::"), 1);
}
END_TEST


START_TEST(an_ipv4_client_on_an_ipv6_socket_is_the_same_client)
{
    ck_assert_int_eq(holds("192.0.2.0/24", "::ffff:192.0.2.7"), 1);
    ck_assert_int_eq(holds("192.0.2.0/24", "::ffff:192.0.3.7"), 0);
    ck_assert_int_eq(holds("0.0.0.0/0", "::ffff:192.0.3.7"), 1);
    ck_assert_int_eq(holds("::/0", "::ffff:192.0.3.7"), 0);
}
END_TEST


START_TEST(a_mapped_range_is_the_ipv4_range)
{
    ck_assert_int_eq(holds("::ffff:192.0.2.7", "192.0.2.7"), 1);
    ck_assert_int_eq(holds("::ffff:192.0.2.7/128", "192.0.2.7"), 1);
    ck_assert_int_eq(holds("::ffff:10.0.0.0/104", "10.1.2.3"), 1);
    ck_assert_int_eq(holds("::ffff:10.0.0.0/104", "11.1.2.3"), 0);
    ck_assert_int_eq(holds("::ffff:0:0/96", "192.0.2.7"), 1);
}
END_TEST


START_TEST(a_wider_range_of_ipv6_holds_no_ipv4_client)
{
    ck_assert_int_eq(holds("::ffff:0:0/95", "192.0.2.7"), 0);
    ck_assert_int_eq(holds("::/64", "192.0.2.7"), 0);
    ck_assert_int_eq(holds("::/64", "::1"), 1);
}
END_TEST


START_TEST(ipv4_written_as_compatible_ipv6_is_not_ipv4)
{
    ck_assert_int_eq(holds("::192.0.2.7", "192.0.2.7"), 0);
}
END_TEST


START_TEST(what_is_no_range_is_refused)
{
    static const char *const texts[] = {
        "",
        "/",
        "/8",
        "10",
        "10.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/08",
        "10.0.0.0/ 8",
        "10.0.0.0/8 ",
        " 10.0.0.0/8",
        "10.0.0.0/8/8",
        "10.0.0.0/8a",
        "10.0.0.0/0x8",
        "10.0.0.0/4294967304",
        "10.0.0.256",
        "010.0.0.1",
        "0x0a.0.0.1",
        "10.0.0.0/255.0.0.0",
        "10.0.0.1:80",
        "localhost",
        "*",
        "::1/129",
        "::1/1280",
        ":::",
        "[::1]",
        "fe80::1%eth0",
        "1:2:3:4:5:6:7:8:9",
        "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff:2001:db8:aaaa:bbbb:cccc/8"
    };
    cidr_t cidr;
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_msg(cidr_parse(texts[i], strlen(texts[i]), &cidr) == -1, "%s",
                      texts[i]);
    }
}
END_TEST


START_TEST(only_the_length_that_is_told_is_read)
{
    cidr_t cidr;

    ck_assert_int_eq(cidr_parse("10.0.0.0/167", 11, &cidr), 0);
    ck_assert_uint_eq(cidr.bits, 96 + 16);
    ck_assert_int_eq(cidr_parse("10.0.0.0\0/16", 12, &cidr), -1);
    ck_assert_int_eq(cidr_parse("10.0.0.0/16\0", 12, &cidr), -1);
}
END_TEST


START_TEST(a_unix_socket_has_no_address)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    unsigned char address[CIDR_SIZE];

    ck_assert_int_eq(cidr_address((struct sockaddr *) &un, address), -1);
}
END_TEST


RUN("core/cidr", an_address_alone_holds_itself_only,
    a_full_prefix_is_one_address, a_range_ends_where_its_prefix_says,
    a_prefix_of_0_is_all_of_its_own_family, bits_behind_the_prefix_do_not_count,
    an_ipv4_client_on_an_ipv6_socket_is_the_same_client,
    a_mapped_range_is_the_ipv4_range,
    a_wider_range_of_ipv6_holds_no_ipv4_client,
    ipv4_written_as_compatible_ipv6_is_not_ipv4, what_is_no_range_is_refused,
    only_the_length_that_is_told_is_read, a_unix_socket_has_no_address)
