#include "core/base/pg_hosts.h"
#include "tests/unit/suite.h"

#include <string.h>

static pg_hosts_t hosts;
static char why[PG_HOSTS_ERROR_SIZE];


static int
reads(const char *host, const char *hostaddr, const char *port)
{
    return pg_hosts_read(&hosts, host, hostaddr, port, why, sizeof(why)) == 0;
}


static void
is(unsigned i, const char *name, const char *address, const char *port)
{
    ck_assert_uint_lt(i, hosts.n);
    ck_assert_str_eq(hosts.host[i].name, name);
    ck_assert_str_eq(hosts.host[i].address, address);
    ck_assert_str_eq(hosts.host[i].port, port);
}


static int
fails(unsigned n)
{
    return pg_hosts_failed(&hosts, hosts.turn, n);
}


START_TEST(without_a_host_there_is_libpqs_own)
{
    ck_assert(reads(NULL, NULL, NULL));
    ck_assert_uint_eq(hosts.n, 1);
    is(0, "", "", "");
    ck_assert(!pg_host_is_name(&hosts.host[0]));
}
END_TEST


START_TEST(hosts_have_a_port_each_or_one_for_all)
{
    ck_assert(reads("a,b", NULL, "5433"));
    ck_assert_uint_eq(hosts.n, 2);
    is(0, "a", "", "5433");
    is(1, "b", "", "5433");

    ck_assert(reads("a,b", "", "1,"));
    is(0, "a", "", "1");
    is(1, "b", "", "");

    ck_assert(!reads("a,b", NULL, "1,2,3"));
    ck_assert(!reads("a", NULL, "1,2"));
    ck_assert(!reads("a", NULL, "https"));
    ck_assert(!reads("a", NULL, "123456789"));
}
END_TEST


START_TEST(addresses_may_stand_beside_names)
{
    ck_assert(reads("a,b", "10.0.0.1,::1", NULL));
    is(0, "a", "10.0.0.1", "");
    is(1, "b", "::1", "");

    ck_assert(reads(NULL, "10.0.0.1,10.0.0.2", NULL));
    is(1, "", "10.0.0.2", "");

    ck_assert(reads("a,b", "10.0.0.1,", NULL));
    ck_assert(pg_host_is_name(&hosts.host[1]));

    ck_assert(!reads("a", "10.0.0.1,10.0.0.2", NULL));
    ck_assert(!reads("a,b", "10.0.0.1", NULL));
    ck_assert(!reads("a", "b", NULL));
}
END_TEST


START_TEST(only_names_are_looked_up)
{
    ck_assert(reads("db.internal,127.0.0.2,::1,/run/pg,@pg", NULL, NULL));
    ck_assert(pg_host_is_name(&hosts.host[0]));
    ck_assert(!pg_host_is_name(&hosts.host[1]));
    ck_assert_str_eq(hosts.host[1].address, "127.0.0.2");
    ck_assert_str_eq(hosts.host[2].address, "::1");
    ck_assert(!pg_host_is_name(&hosts.host[2]));
    ck_assert(!pg_host_is_name(&hosts.host[3]));
    ck_assert(!pg_host_is_name(&hosts.host[4]));
}
END_TEST


START_TEST(there_is_an_end_to_hosts_and_names)
{
    char name[PG_HOST_SIZE + 1];

    memset(name, 'a', sizeof(name));
    name[PG_HOST_SIZE] = '\0';
    ck_assert(!reads(name, NULL, NULL));
    name[PG_HOST_SIZE - 1] = '\0';
    ck_assert(reads(name, NULL, NULL));

    ck_assert(reads("a,b,c,d,e,f,g,h", NULL, NULL));
    ck_assert(!reads("a,b,c,d,e,f,g,h,i", NULL, NULL));
    ck_assert_ptr_nonnull(strstr(why, "8 at most"));
}
END_TEST


START_TEST(the_next_attempt_is_the_next_hosts)
{
    ck_assert(reads("a,b,c", NULL, NULL));
    ck_assert_uint_eq(hosts.at, 0);
    ck_assert(!fails(1));
    ck_assert_uint_eq(hosts.at, 1);
    ck_assert(!fails(1));
    ck_assert_uint_eq(hosts.at, 2);
    ck_assert(fails(1));
    ck_assert_uint_eq(hosts.at, 0);
    ck_assert(!fails(0));
    ck_assert_uint_eq(hosts.at, 1);
}
END_TEST


START_TEST(who_went_well_keeps_his_turn_and_begins_the_next_round)
{
    ck_assert(reads("a,b", NULL, NULL));
    ck_assert(!fails(1));
    pg_hosts_went_well(&hosts, hosts.turn, "");
    ck_assert_uint_eq(hosts.at, 1);
    ck_assert(!fails(1));
    ck_assert_uint_eq(hosts.at, 0);
    ck_assert(fails(1));
}
END_TEST


START_TEST(attempts_of_one_turn_fail_once)
{
    unsigned turn;

    ck_assert(reads("a,b,c", NULL, NULL));
    turn = hosts.turn;
    ck_assert(!pg_hosts_failed(&hosts, turn, 1));
    ck_assert(!pg_hosts_failed(&hosts, turn, 1));
    ck_assert_uint_eq(hosts.at, 1);

    pg_hosts_went_well(&hosts, turn, "10.0.0.1");
    ck_assert_str_eq(hosts.host[1].well, "");
}
END_TEST


START_TEST(a_hosts_addresses_come_before_the_next_host)
{
    char found[][PG_HOST_ADDRESS_SIZE] = { "::1", "127.0.0.1" };

    ck_assert(reads("a,b", NULL, NULL));
    ck_assert_uint_eq(pg_hosts_choose(&hosts, found, 2), 0);
    ck_assert(!fails(2));
    ck_assert_uint_eq(hosts.at, 0);
    ck_assert_uint_eq(pg_hosts_choose(&hosts, found, 2), 1);
    ck_assert(!fails(2));
    ck_assert_uint_eq(hosts.at, 1);
    ck_assert_uint_eq(pg_hosts_choose(&hosts, found, 2), 0);
}
END_TEST


START_TEST(the_address_that_went_well_is_first_wherever_it_stands)
{
    char found[][PG_HOST_ADDRESS_SIZE] = { "10.0.0.1", "10.0.0.2", "10.0.0.3" };
    char moved[][PG_HOST_ADDRESS_SIZE] = { "10.0.0.9" };

    ck_assert(reads("a", NULL, NULL));
    pg_hosts_went_well(&hosts, hosts.turn, "10.0.0.2");
    ck_assert_uint_eq(pg_hosts_choose(&hosts, found, 3), 1);
    ck_assert(!fails(3));
    ck_assert_uint_eq(pg_hosts_choose(&hosts, found, 3), 2);
    ck_assert(!fails(3));
    ck_assert_uint_eq(pg_hosts_choose(&hosts, found, 3), 0);
    ck_assert(fails(3));
    ck_assert_uint_eq(pg_hosts_choose(&hosts, moved, 1), 0);
}
END_TEST


RUN("core/pg_hosts", without_a_host_there_is_libpqs_own,
    hosts_have_a_port_each_or_one_for_all, addresses_may_stand_beside_names,
    only_names_are_looked_up, there_is_an_end_to_hosts_and_names,
    the_next_attempt_is_the_next_hosts,
    who_went_well_keeps_his_turn_and_begins_the_next_round,
    attempts_of_one_turn_fail_once, a_hosts_addresses_come_before_the_next_host,
    the_address_that_went_well_is_first_wherever_it_stands)
