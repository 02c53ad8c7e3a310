#include <unistd.h>
#include "tests/unit/suite.h"
#include "tests/unit/worker/redis_script.h"
#include "worker/ctl/ctl.h"
#include "worker/ctl/notify.h"

#define ID "01931c5a-0000-7000-8000-000000000001"
#define ADD "XADD sluice:jobs MAXLEN ~ 100000 * v 1 id " ID
#define REVOKED \
    "{\"v\":1,\"kind\":\"jti\",\"id\":\"a\",\"before\":0,\"exp\":4102444800}"

static redis_script_t script;

#define PLAY(...)                                        \
    static const redis_step_t steps[] = { __VA_ARGS__ }; \
                                                         \
    redis_script_play(&script, steps, COUNT(steps))


static json_t *
change(void)
{
    return json_pack("{s:[{s:s, s:{s:i}}], s:[s]}", "publish", "channel",
                     "sluice:progress", "message", "v", 1, "wake", ID);
}


static int
notify(int (*send)(const char *address, const json_t *what), json_t *what)
{
    int rc = send(script.address, what);

    json_decref(what);
    redis_script_end(&script);
    return rc;
}


START_TEST(a_job_s_change_is_published_and_wakes_somebody)
{
    PLAY({ "PUBLISH sluice:progress {\"v\":1}", ":1\r\n" },
         { ADD, "$3\r\n1-1\r\n" });
    ck_assert_int_eq(notify(notify_job, change()), CTL_OK);
}
END_TEST


START_TEST(an_error_of_redis_is_one_of_the_command)
{
    PLAY({ "PUBLISH sluice:progress {\"v\":1}", "-NOAUTH\r\n" });
    ck_assert_int_eq(notify(notify_job, change()), CTL_FAILED);
}
END_TEST


START_TEST(a_wake_up_that_was_not_taken_is_an_error_too)
{
    PLAY({ "PUBLISH sluice:progress {\"v\":1}", ":0\r\n" },
         { ADD, "-OOM\r\n" });
    ck_assert_int_eq(notify(notify_job, change()), CTL_FAILED);
}
END_TEST


START_TEST(what_was_revoked_is_kept_before_it_is_told)
{
    PLAY({ "ZADD sluice:revoked 4102444800 " REVOKED, ":1\r\n" },
         { "PUBLISH sluice:revocations " REVOKED, ":1\r\n" });
    ck_assert_int_eq(
        notify(notify_revoked, json_pack("[o]", json_loads(REVOKED, 0, NULL))),
        CTL_OK);
}
END_TEST


START_TEST(a_redis_that_leaves_in_between_is_an_error)
{
    PLAY({ "ZADD sluice:revoked 4102444800 " REVOKED, ":1\r\n" },
         { "PUBLISH sluice:revocations " REVOKED, NULL });
    ck_assert_int_eq(
        notify(notify_revoked, json_pack("[o]", json_loads(REVOKED, 0, NULL))),
        CTL_FAILED);
}
END_TEST


START_TEST(without_an_address_nobody_is_told)
{
    json_t *what = change();

    unsetenv("SLUICE_REDIS");
    ck_assert_int_eq(notify_job(NULL, what), CTL_OK);
    json_decref(what);
}
END_TEST


RUN("worker/ctl/notify", a_job_s_change_is_published_and_wakes_somebody,
    an_error_of_redis_is_one_of_the_command,
    a_wake_up_that_was_not_taken_is_an_error_too,
    what_was_revoked_is_kept_before_it_is_told,
    a_redis_that_leaves_in_between_is_an_error,
    without_an_address_nobody_is_told)
