#include "core/base/redis_role.h"
#include "tests/unit/suite.h"


START_TEST(a_primary_is_told_by_its_word)
{
    ck_assert(redis_role_primary("master"));
    ck_assert(!redis_role_primary("slave"));
    ck_assert(!redis_role_primary("sentinel"));
    ck_assert(!redis_role_primary(""));
}
END_TEST


START_TEST(a_replica_says_that_writes_go_elsewhere)
{
    ck_assert(redis_role_moved(
        "READONLY You can't write against a read only replica."));
    ck_assert(redis_role_moved(
        "ERR Error running script (call to f_0): @user_script:1: "
        "@user_script: 1: -READONLY You can't write against a read only "
        "replica."));
    ck_assert(redis_role_moved(
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is "
        "set to 'no'."));
    ck_assert(redis_role_moved(
        "UNBLOCKED force unblock from blocking operation, instance state "
        "changed (master -> replica?)"));
}
END_TEST


START_TEST(what_a_primary_refuses_is_no_move)
{
    ck_assert(!redis_role_moved("NOREPLICAS Not enough good replicas to "
                                "write."));
    ck_assert(!redis_role_moved("OOM command not allowed when used memory > "
                                "'maxmemory'."));
    ck_assert(!redis_role_moved("LOADING Redis is loading the dataset in "
                                "memory"));
    ck_assert(!redis_role_moved(""));
}
END_TEST


START_TEST(who_may_not_ask_cannot_tell)
{
    ck_assert(redis_role_untold("NOPERM this user has no permissions to run "
                                "the 'role' command"));
    ck_assert(redis_role_untold("ERR unknown command 'ROLE', with args "
                                "beginning with: "));
    ck_assert(!redis_role_untold("NOAUTH Authentication required."));
    ck_assert(!redis_role_untold("LOADING Redis is loading the dataset in "
                                 "memory"));
}
END_TEST


RUN("core/redis_role", a_primary_is_told_by_its_word,
    a_replica_says_that_writes_go_elsewhere, what_a_primary_refuses_is_no_move,
    who_may_not_ask_cannot_tell)
