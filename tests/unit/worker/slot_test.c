/* A slot in the hands of a test: the record, Redis, the jobs, the disk and the
   clock are played here, and what the slot does is written into a journal. */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/base/clock.h"
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/jobs/kinds.h"
#include "worker/queue/cancel.h"
#include "worker/queue/stream.h"
#include "worker/slot.h"
#include "worker/store/disk.h"

#define ID "01931c5a-0000-7000-8000-00000000000"

static struct {
    char journal[2048];
    char told[256];               /* states that were told of */
    void (*on)(const char *what); /* after each note; NULL: nothing */
    int rounds;                   /* of waiting, until it is told to leave */
    int due;                      /* jobs that are there to be taken */
    int taken;
    int together;          /* each job's end brings the next one along */
    int senseless;         /* rows that make no sense */
    queue_rc_t rc;         /* of what ends a job, and of release */
    int away;              /* calls of these until the server is back */
    job_outcome_t outcome; /* of the jobs */
    int dead;              /* what a failure leads to */
    int disk;              /* looks at the disk until it is well */
    int found;             /* what waiting for a wake-up says */
    int mails;             /* the place behind the slots: for mails */
    int quiet;             /* nothing is noted */
    int left;              /* how often it said so */
    int tidied;            /* how often */
    char name[128];        /* of the slot, in the record */
    int64_t now;
} script;


static void
note(const char *format, ...)
{
    char what[128];
    size_t len = strlen(script.journal);
    va_list args;

    if (script.quiet) {
        return;
    }

    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);

    snprintf(script.journal + len, sizeof(script.journal) - len, "%s%s",
             len > 0 ? ", " : "", what);
    if (script.on != NULL) {
        script.on(what);
    }
}


static json_t *
row(void)
{
    char id[40];

    snprintf(id, sizeof(id), ID "%d", ++script.taken);
    return json_pack("{s:s, s:s, s:i, s:i}", "id", id, "kind", "noop",
                     "attempt", 1, "version", 10);
}


/* ---- the record ---- */

queue_t *
queue_create(const char *conninfo, const char *slot)
{
    (void) conninfo;
    snprintf(script.name, sizeof(script.name), "%s", slot);
    return (queue_t *) &script;
}


void
queue_free(queue_t *queue)
{
    (void) queue;
}


queue_rc_t
queue_take(queue_t *queue, json_t **job)
{
    (void) queue;
    note("take");
    if (script.taken == script.due) {
        return QUEUE_NONE;
    }
    *job = row();
    return QUEUE_OK;
}


queue_rc_t
queue_take_mail(queue_t *queue, json_t **job)
{
    (void) queue;
    note("take mail");
    if (script.taken == script.due) {
        return QUEUE_NONE;
    }
    *job = row();
    return QUEUE_OK;
}


queue_rc_t
queue_renew(queue_t *queue, const char *id, double progress, int seconds_left,
            json_int_t *version)
{
    (void) queue, (void) id, (void) progress, (void) seconds_left;
    (void) version;
    return QUEUE_OK;
}


/* The server may be away for some calls. */
static queue_rc_t
ended(void)
{
    return script.away > 0 && script.away-- > 0 ? QUEUE_AWAY : script.rc;
}


queue_rc_t
queue_finish(queue_t *queue, const char *id, const json_t *patch,
             const json_t *result, const char *const *next, int more,
             json_t **answer)
{
    queue_rc_t rc = ended();

    (void) queue, (void) patch, (void) result, (void) next;

    note("finish %s%s", id + strlen(ID), more ? "" : " and no more");
    if (rc == QUEUE_OK) {
        *answer = json_pack("{s:[s], s:o}", "followers", "follower", "job",
                            script.together && more && script.taken < script.due
                                ? row()
                                : json_null());
    }
    return rc;
}


queue_rc_t
queue_fail(queue_t *queue, const char *id, const char *reason, int again,
           int *dead)
{
    (void) queue;
    note("fail %s%s: %s", id + strlen(ID), again ? " for now" : "", reason);
    *dead = script.dead;
    return script.rc == QUEUE_REFUSED ? QUEUE_OK : ended();
}


queue_rc_t
queue_put_off(queue_t *queue, const char *id, const char *reason, int seconds,
              int *dead)
{
    (void) queue;
    note("put off %s by %d: %s", id + strlen(ID), seconds, reason);
    *dead = script.dead;
    return ended();
}


queue_rc_t
queue_give_back(queue_t *queue, const char *id)
{
    (void) queue;
    note("give back %s", id + strlen(ID));
    return ended();
}


queue_rc_t
queue_release(queue_t *queue, const char *slot, json_t **ids)
{
    queue_rc_t rc = ended();

    (void) queue;
    note("release %s", strrchr(slot, ':'));
    ck_assert_ptr_nonnull(strstr(slot, strstr(slot, ":4712")
                                           ? ":000000000000000b:"
                                           : ":000000000000000c:"));
    if (rc == QUEUE_OK) {
        *ids = json_pack("[s]", "orphan");
    }
    return rc;
}


void
queue_leave(queue_t *queue)
{
    (void) queue;
    script.left++;
}


queue_rc_t
queue_tick(queue_t *queue, json_t **ids)
{
    (void) queue;
    note("tick");
    *ids = json_pack("[s]", "scheduled");
    return QUEUE_OK;
}


queue_rc_t
queue_announce(queue_t *queue, json_t **ids)
{
    (void) queue, (void) ids;
    return QUEUE_NONE;
}


queue_rc_t
queue_finish_remove(queue_t *queue, const char *id)
{
    (void) queue;
    note("finish removing %s", id + strlen(ID));
    return ended();
}


/* ---- Redis ---- */

stream_t *
stream_create(const char *address, const char *consumer)
{
    (void) address;
    ck_assert_ptr_nonnull(strstr(consumer, ":3"));
    return (stream_t *) &script;
}


void
stream_free(stream_t *stream)
{
    (void) stream;
}


int
stream_next(stream_t *stream, int wait_ms)
{
    (void) stream;
    note("wait");
    script.now += wait_ms;
    if (script.rounds-- == 0) {
        raise(SIGQUIT);
    }
    return script.found;
}


void
stream_add(stream_t *stream, const char *job)
{
    (void) stream;
    note("wake %s", strncmp(job, ID, strlen(ID)) == 0 ? job + strlen(ID) : job);
}


void
stream_tidy(stream_t *stream)
{
    (void) stream;
    script.tidied++;
}


void
stream_publish(stream_t *stream, const char *channel, const char *text)
{
    size_t len = strlen(script.told);
    json_t *message = json_loads(text, 0, NULL);

    (void) stream;
    ck_assert_str_eq(channel, "sluice:progress");
    snprintf(script.told + len, sizeof(script.told) - len, "%s%s %lld",
             len > 0 ? ", " : "",
             json_string_value(json_object_get(message, "state")),
             json_integer_value(json_object_get(message, "version")));
    json_decref(message);
}


cancel_t *
cancel_create(const char *address)
{
    (void) address;
    return (cancel_t *) &script;
}


void
cancel_free(cancel_t *cancel)
{
    (void) cancel;
}


int
cancel_heard(cancel_t *cancel, const char *job)
{
    (void) cancel, (void) job;
    return 0;
}


/* ---- jobs, disk and clock ---- */

int
kinds_init(job_t *job, const config_t *config, queue_t *queue,
           const volatile sig_atomic_t *stop, const json_t *given)
{
    return script.senseless > 0 && script.senseless-- > 0
               ? -1
               : job_init(job, config, queue, stop, given);
}


job_outcome_t
kinds_run(job_t *job)
{
    note("run %s", job->id + strlen(ID));
    if (script.outcome == JOB_BAD || script.outcome == JOB_AGAIN
        || script.outcome == JOB_WAITS) {
        return job_end(job, script.outcome, "It broke.");
    }
    return *job->stop ? JOB_STOPPED : script.outcome;
}


int
disk_try(const char *folder)
{
    (void) folder;
    return script.disk > 0 && script.disk-- > 0 ? -1 : 0;
}


int
disk_full(const char *folder)
{
    (void) folder;
    return 0;
}


static int64_t
now(void)
{
    return script.now;
}


static void
sleep_for(int ms)
{
    script.now += ms;
    note("sleep %d", ms);
}


static void
prepare(int due, job_outcome_t outcome)
{
    script.due = due;
    script.outcome = outcome;
    script.now = 1000000;
    clock_now = now;
    clock_sleep = sleep_for;
    log_open("/dev/null");
}


static void
run(const slot_id_t predecessors[SLOT_PREDECESSORS])
{
    static config_t config = { .work = "/tmp/sluice-slot-XXXXXX" };

    config.slots = script.mails ? 2 : 3;
    ck_assert_ptr_nonnull(mkdtemp(config.work));
    ck_assert_int_eq(slot_run(&config, 3, 0xa1, predecessors), EXIT_SUCCESS);
    ck_assert_int_eq(rmdir(config.work), 0);
}


static void
run_alone(void)
{
    static const slot_id_t nobody[SLOT_PREDECESSORS];

    run(nobody);
}


static void
term_at_run(const char *what)
{
    if (strncmp(what, "run", 3) == 0) {
        raise(SIGTERM);
    }
}


static void
term_at_finish(const char *what)
{
    if (strncmp(what, "finish", 6) == 0) {
        raise(SIGTERM);
    }
}


static void
term_at_sleep(const char *what)
{
    if (strncmp(what, "sleep", 5) == 0) {
        raise(SIGTERM);
    }
}


static void
quit_at_run(const char *what)
{
    if (strncmp(what, "run", 3) == 0) {
        raise(SIGQUIT);
    }
}


START_TEST(what_is_due_is_done_before_anyone_wakes_it)
{
    prepare(1, JOB_DONE);
    run_alone();
    ck_assert_str_eq(script.journal,
                     "take, run 1, finish 1, wake follower, tick, "
                     "wake scheduled, wait");
    ck_assert_str_eq(script.told, "running 10, done 11");
}
END_TEST


START_TEST(the_place_behind_the_slots_is_for_mails_alone)
{
    prepare(2, JOB_DONE);
    script.mails = 1;
    script.together = 1;
    script.on = term_at_sleep;
    run_alone();
    ck_assert_str_eq(script.journal,
                     "take mail, run 1, finish 1 and no more, wake follower, "
                     "take mail, run 2, finish 2 and no more, wake follower, "
                     "take mail, sleep 1000");
}
END_TEST


START_TEST(the_end_of_a_job_brings_the_next_one)
{
    prepare(3, JOB_DONE);
    script.together = 1;
    run_alone();
    ck_assert_str_eq(script.journal,
                     "take, run 1, finish 1, wake follower, tick, "
                     "wake scheduled, run 2, finish 2, wake follower, "
                     "run 3, finish 3, wake follower, wait");
}
END_TEST


START_TEST(without_a_wake_up_it_looks_all_the_same)
{
    prepare(0, JOB_DONE);
    script.rounds = 2;
    run_alone();
    ck_assert_str_eq(script.journal,
                     "take, wait, take, tick, wake scheduled, wait, take, "
                     "wait");
}
END_TEST


START_TEST(while_redis_is_away_it_takes_its_time)
{
    prepare(0, JOB_DONE);
    script.rounds = 1;
    script.found = -1;
    run_alone();
    ck_assert_str_eq(script.journal, "take, wait, take, sleep 1000, tick, "
                                     "wake scheduled, wait");
}
END_TEST


START_TEST(a_result_is_kept_until_it_is_recorded)
{
    prepare(1, JOB_DONE);
    script.away = 7;
    run_alone();
    ck_assert_ptr_nonnull(strstr(
        script.journal,
        "run 1, finish 1, sleep 1000, finish 1, sleep 2000, finish 1, "
        "sleep 3000, finish 1, sleep 4000, finish 1, sleep 5000, finish 1, "
        "sleep 5000, finish 1, sleep 5000, finish 1, wake follower"));
    ck_assert_str_eq(script.told, "running 10, done 11");
}
END_TEST


START_TEST(who_has_to_leave_does_not_wait_for_the_record)
{
    prepare(1, JOB_DONE);
    script.away = 100;
    script.on = term_at_sleep;
    run_alone();
    ck_assert_str_eq(script.journal,
                     "take, run 1, finish 1, sleep 1000, "
                     "finish 1 and no more, tick, wake scheduled");
}
END_TEST


START_TEST(a_result_that_is_refused_is_a_failure)
{
    prepare(1, JOB_DONE);
    script.rc = QUEUE_REFUSED;
    run_alone();
    ck_assert_ptr_nonnull(strstr(script.journal,
                                 "run 1, finish 1, fail 1 for now: The result "
                                 "could not be recorded."));
    ck_assert_str_eq(script.told, "running 10, retrying 11");
}
END_TEST


START_TEST(a_result_that_is_someone_else_s_by_then_is_dropped)
{
    prepare(1, JOB_DONE);
    script.rc = QUEUE_NONE;
    run_alone();
    ck_assert_str_eq(script.journal,
                     "take, run 1, finish 1, tick, wake scheduled, wait");
    ck_assert_str_eq(script.told, "running 10");
}
END_TEST


START_TEST(a_job_that_failed_is_followed_by_the_next_due)
{
    prepare(2, JOB_AGAIN);
    run_alone();
    ck_assert_str_eq(script.journal,
                     "take, run 1, fail 1 for now: It broke., take, tick, "
                     "wake scheduled, run 2, fail 2 for now: It broke., take, "
                     "wait");
}
END_TEST


START_TEST(a_job_that_waits_is_put_off)
{
    prepare(1, JOB_WAITS);
    run_alone();
    ck_assert_ptr_nonnull(
        strstr(script.journal, "run 1, put off 1 by 900: It broke., take"));
    ck_assert_str_eq(script.told, "running 10, retrying 11");
}
END_TEST


START_TEST(a_job_that_is_dead_is_told_of_as_dead)
{
    prepare(1, JOB_BAD);
    script.dead = 1;
    run_alone();
    ck_assert_ptr_nonnull(strstr(script.journal, "fail 1: It broke."));
    ck_assert_str_eq(script.told, "running 10, dead 11");
}
END_TEST


START_TEST(a_lease_that_was_lost_leaves_nothing)
{
    prepare(1, JOB_LOST);
    script.rc = QUEUE_NONE;
    run_alone();
    ck_assert_str_eq(script.journal, "take, run 1, give back 1, take, tick, "
                                     "wake scheduled, wait");
    ck_assert_str_eq(script.told, "running 10");
}
END_TEST


START_TEST(what_was_removed_has_no_row_to_tell_of)
{
    prepare(1, JOB_ERASED);
    run_alone();
    ck_assert_ptr_nonnull(strstr(script.journal, "run 1, finish removing 1"));
    ck_assert_str_eq(script.told, "running 10");
}
END_TEST


START_TEST(term_gives_the_job_at_hand_back_and_wakes_another)
{
    prepare(2, JOB_DONE);
    script.on = term_at_run;
    run_alone();
    ck_assert_str_eq(script.journal, "take, run 1, give back 1, wake 1, tick, "
                                     "wake scheduled");
    ck_assert_str_eq(script.told, "running 10, queued 11");
}
END_TEST


START_TEST(quit_lets_the_job_at_hand_end_and_takes_no_other)
{
    prepare(2, JOB_DONE);
    script.together = 1;
    script.on = quit_at_run;
    run_alone();
    ck_assert_str_eq(script.journal,
                     "take, run 1, finish 1 and no more, wake follower, tick, "
                     "wake scheduled");
    ck_assert_int_eq(script.taken, 1);
}
END_TEST


START_TEST(a_job_that_came_with_the_last_answer_is_handed_back)
{
    prepare(2, JOB_DONE);
    script.together = 1;
    script.on = term_at_finish;
    run_alone();
    ck_assert_str_eq(script.journal,
                     "take, run 1, finish 1, wake follower, tick, "
                     "wake scheduled, give back 2, wake 2");
}
END_TEST


START_TEST(a_row_without_sense_is_left_and_not_asked_for_at_once)
{
    prepare(2, JOB_DONE);
    script.senseless = 2;
    script.rounds = 1;
    run_alone();
    ck_assert_str_eq(script.journal, "take, tick, wake scheduled, wait, take, "
                                     "sleep 1000, tick, wake scheduled, wait");
    ck_assert_str_eq(script.told, "");
}
END_TEST


/* Killed between its claim and the end, in this place. */
START_TEST(the_jobs_of_who_died_here_go_on_at_once)
{
    const slot_id_t dead[SLOT_PREDECESSORS] = { { 4712, 0xb }, { 4711, 0xc } };

    prepare(0, JOB_DONE);
    run(dead);
    ck_assert_str_eq(script.journal, "release :4712, wake orphan, "
                                     "release :4711, wake orphan, take, wait");
}
END_TEST


/* Its last question may be answered after its death. */
START_TEST(they_are_asked_for_as_long_as_a_query_may_take)
{
    size_t count = 0;
    const char *at;
    const slot_id_t dead[SLOT_PREDECESSORS] = { { 4711, 0xc } };

    prepare(0, JOB_DONE);
    script.rounds = 30;
    run(dead);
    for (at = script.journal; (at = strstr(at, "release")) != NULL; at++) {
        count++;
    }
    ck_assert_uint_eq(count, 1 + 10 / 2 + 1);
}
END_TEST


START_TEST(while_the_record_is_away_they_are_not_forgotten)
{
    const slot_id_t dead[SLOT_PREDECESSORS] = { { 4712, 0xb }, { 4711, 0xc } };

    prepare(0, JOB_DONE);
    script.away = 1;
    script.rounds = 1;
    run(dead);
    ck_assert_str_eq(script.journal,
                     "release :4712, take, wait, take, release :4712, "
                     "wake orphan, release :4711, wake orphan, tick, "
                     "wake scheduled, wait");
}
END_TEST


START_TEST(a_try_that_failed_with_the_disk_does_not_count)
{
    prepare(1, JOB_AGAIN);
    script.disk = 3; /* after the job, and two looks later on */
    script.rounds = 3;
    run_alone();
    ck_assert_str_eq(script.journal,
                     "take, run 1, give back 1, wake 1, take, tick, "
                     "wake scheduled, wait, sleep 1000, tick, wake scheduled, "
                     "wait, sleep 1000, tick, wake scheduled, wait, take, "
                     "wait");
}
END_TEST


START_TEST(a_slot_that_leaves_says_so)
{
    prepare(0, JOB_DONE);
    run_alone();
    ck_assert_int_eq(script.left, 1);
}
END_TEST


/* On two machines of one name, pids meet: what is random does not. */
START_TEST(a_slot_s_name_is_its_own)
{
    char end[64];

    prepare(0, JOB_DONE);
    run_alone();
    snprintf(end, sizeof(end), ":00000000000000a1:%d", getpid());
    ck_assert_str_eq(script.name + strlen(script.name) - strlen(end), end);
}
END_TEST


START_TEST(consumers_are_tidied_at_once_and_then_each_hour)
{
    prepare(0, JOB_DONE);
    script.rounds = 3700;
    script.quiet = 1;
    run_alone();
    ck_assert_int_eq(script.tidied, 2);
}
END_TEST


RUN("worker/slot", what_is_due_is_done_before_anyone_wakes_it,
    the_place_behind_the_slots_is_for_mails_alone,
    the_end_of_a_job_brings_the_next_one,
    without_a_wake_up_it_looks_all_the_same,
    while_redis_is_away_it_takes_its_time,
    a_result_is_kept_until_it_is_recorded,
    who_has_to_leave_does_not_wait_for_the_record,
    a_result_that_is_refused_is_a_failure,
    a_result_that_is_someone_else_s_by_then_is_dropped,
    a_job_that_failed_is_followed_by_the_next_due,
    a_job_that_is_dead_is_told_of_as_dead, a_job_that_waits_is_put_off,
    a_lease_that_was_lost_leaves_nothing,
    what_was_removed_has_no_row_to_tell_of,
    term_gives_the_job_at_hand_back_and_wakes_another,
    quit_lets_the_job_at_hand_end_and_takes_no_other,
    a_job_that_came_with_the_last_answer_is_handed_back,
    a_row_without_sense_is_left_and_not_asked_for_at_once,
    the_jobs_of_who_died_here_go_on_at_once,
    they_are_asked_for_as_long_as_a_query_may_take,
    while_the_record_is_away_they_are_not_forgotten,
    a_try_that_failed_with_the_disk_does_not_count, a_slot_that_leaves_says_so,
    a_slot_s_name_is_its_own, consumers_are_tidied_at_once_and_then_each_hour)
