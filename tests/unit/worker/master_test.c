/* A master whose kernel is a test: processes are numbers that live and die as
   the test says, and time passes tick by tick. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/base/clock.h"
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/base/pulse.h"
#include "worker/issuer/issuer_keys.h"
#include "worker/master.h"
#include "worker/slot.h"
#include "worker/systemd.h"

#define BORN_MAX 512
#define FIRST                                                       \
    4000000 /* the pid of the first child: above all that there are \
             */

typedef struct {
    int64_t born;   /* ms */
    int64_t ends;   /* ms from then; -1: when it is told to */
    int status;     /* then, as of wait(2) */
    int deaf;       /* to all but SIGKILL */
    int signals[8]; /* what it was sent */
    int nsignals;
    int gone;
} child_t;

static struct {
    child_t children[BORN_MAX];
    int count;
    int64_t now, stop_at;    /* ms; SIGTERM comes then */
    int signal, signal_with; /* a signal, and the child after whose birth */
    int64_t signal_at;       /* or the time when it comes */
    child_t next;            /* what those that are born are like */
    int unborn;              /* forks that fail */
    int forks;
    char told[512]; /* to systemd */
    double watchdog;
} script;

static config_t config;
static master_kernel_t real;

/* What real processes tell, in memory that they share with the test. */
static struct {
    int lives;
    pid_t pids[8];
    uint64_t marks[8];
    slot_id_t told[8][SLOT_PREDECESSORS];
} * shared;


/* ---- what the master has about it ---- */

int
slot_run(const config_t *given, int number, uint64_t mark,
         const slot_id_t predecessors[SLOT_PREDECESSORS])
{
    int life = shared->lives++;

    (void) given, (void) number;

    shared->pids[life] = getpid();
    shared->marks[life] = mark;
    memcpy(shared->told[life], predecessors, sizeof(shared->told[life]));
    if (life < 2) {
        raise(SIGKILL);
    }
    return EXIT_SUCCESS;
}


int
issuer_keys_run(const config_t *given)
{
    (void) given;
    return EXIT_SUCCESS;
}


int
systemd_tell(const char *state)
{
    size_t len = strlen(script.told);

    snprintf(script.told + len, sizeof(script.told) - len, "%s ", state);
    return 0;
}


double
systemd_watchdog(void)
{
    return script.watchdog;
}


static int64_t
now(void)
{
    return script.now;
}


static pid_t
bear(void)
{
    child_t *child;

    script.forks++;
    if (script.unborn > 0) {
        script.unborn--;
        errno = EAGAIN;
        return -1;
    }

    ck_assert_int_lt(script.count, BORN_MAX);
    child = &script.children[script.count];
    *child = script.next;
    child->born = script.now;
    return FIRST + script.count++;
}


static pid_t
bury(int *status)
{
    int i;
    child_t *child;

    for (i = 0; i < script.count; i++) {
        child = &script.children[i];
        if (!child->gone && child->ends >= 0
            && script.now >= child->born + child->ends) {
            child->gone = 1;
            *status = child->status;
            return FIRST + i;
        }
    }

    return 0;
}


static int
send_signal(pid_t pid, int number)
{
    child_t *child = &script.children[pid - FIRST];

    ck_assert_int_ge(pid, FIRST);
    ck_assert_int_lt(pid, FIRST + script.count);
    ck_assert_msg(!child->gone, "%d is sent to one that is gone", number);

    if (child->nsignals < 8) {
        child->signals[child->nsignals++] = number;
    }
    if (number == SIGKILL) {
        child->ends = 0;
        child->status = SIGKILL;
    } else if (!child->deaf && number != SIGUSR1) {
        child->ends = 0;
        child->status = 0;
    }
    return 0;
}


static int
wait_for_signal(const sigset_t *signals, int ms)
{
    int number = script.signal;

    (void) signals;
    script.now += ms;

    if (number != 0
        && (script.signal_with > 0 ? script.count >= script.signal_with
                                   : script.now >= script.signal_at)) {
        script.signal = 0;
        return number;
    }
    if (script.stop_at > 0 && script.now >= script.stop_at) {
        script.stop_at = 0;
        return SIGTERM;
    }

    return -1;
}


static void
prepare(int slots, int64_t seconds)
{
    script.now = 1000000;
    script.stop_at = script.now + seconds * 1000;
    script.next.ends = -1;
    config.slots = slots;
    strcpy(config.log, "/dev/null");
    config.patience = 60;
    clock_now = now;
    real = master_kernel;
    master_kernel = (master_kernel_t){ bear, bury, send_signal,
                                       wait_for_signal };
    log_open("/dev/null");
}


static void
run(const char *path)
{
    ck_assert_int_eq(master_run(path, &config), EXIT_SUCCESS);
}


/* Seconds from the end of one to the birth of the next. */
static double
pause_before(int i)
{
    const child_t *last = &script.children[i - 1];

    return (double) (script.children[i].born - last->born - last->ends) / 1000;
}


START_TEST(each_slot_has_its_process)
{
    prepare(3, 5);
    run("");
    ck_assert_int_eq(script.count, 3);
    ck_assert_int_eq(script.children[2].born, 1000000);
}
END_TEST


START_TEST(term_is_handed_on)
{
    prepare(2, 5);
    run("");
    ck_assert_int_eq(script.children[0].signals[0], SIGTERM);
    ck_assert_int_eq(script.children[1].signals[0], SIGTERM);
    ck_assert_int_eq(script.children[0].nsignals, 1);
}
END_TEST


START_TEST(who_does_not_leave_within_ten_seconds_is_killed)
{
    prepare(1, 5);
    script.next.deaf = 1;
    run("");
    ck_assert_int_eq(script.children[0].signals[0], SIGTERM);
    ck_assert_int_eq(script.children[0].signals[1], SIGKILL);
    ck_assert_int_ge(script.now, 1000000 + 15000);
    ck_assert_int_le(script.now, 1000000 + 16000);
}
END_TEST


START_TEST(after_quit_a_job_has_the_time_it_needs)
{
    prepare(1, 0);
    script.stop_at = 0;
    config.patience = 3600;
    script.next = (child_t){ .ends = 1000000, .deaf = 1 };
    script.signal = SIGQUIT;
    script.signal_with = 1;
    run("");
    ck_assert_int_eq(script.children[0].nsignals, 1);
    ck_assert_int_eq(script.children[0].signals[0], SIGQUIT);
    ck_assert_int_eq(script.count, 1);
    ck_assert_int_ge(script.now, 2000000);
}
END_TEST


START_TEST(who_leaves_is_not_replaced_any_more)
{
    prepare(2, 5);
    run("");
    ck_assert_int_eq(script.count, 2);
}
END_TEST


/* Each dies when it has hardly begun. */
START_TEST(slots_that_die_at_once_come_back_ever_later)
{
    int i;
    static const double pauses[] = { 0, 1, 2, 4, 8, 16, 16, 16 };

    prepare(1, 70);
    script.next = (child_t){ .ends = 0, .status = SIGSEGV };
    run("");
    ck_assert_int_gt(script.count, (int) COUNT(pauses));
    for (i = 0; i < (int) COUNT(pauses); i++) {
        ck_assert_double_ge(pause_before(i + 1), pauses[i]);
        ck_assert_double_le(pause_before(i + 1), pauses[i] + 1);
    }
}
END_TEST


START_TEST(a_storm_in_one_place_leaves_the_others_alone)
{
    prepare(64, 60);
    script.next = (child_t){ .ends = 0, .status = 1 << 8 };
    run("");
    ck_assert_int_ge(script.count, 64 * 7);
    ck_assert_int_le(script.count, 64 * 8);
}
END_TEST


START_TEST(a_slot_that_did_its_work_for_a_while_is_replaced_at_once)
{
    int i;

    prepare(1, 60);
    script.next = (child_t){ .ends = 10000, .status = SIGSEGV };
    run("");
    ck_assert_int_ge(script.count, 5);
    for (i = 1; i < script.count; i++) {
        ck_assert_double_le(pause_before(i), 0.5);
    }
}
END_TEST


START_TEST(a_process_that_cannot_be_made_is_tried_again)
{
    prepare(1, 5);
    script.unborn = 2;
    run("");
    ck_assert_int_eq(script.forks, 3);
    ck_assert_int_eq(script.children[0].born, 1000000 + 2000);
}
END_TEST


START_TEST(a_slot_that_is_silent_for_too_long_is_killed)
{
    prepare(1, 65);
    script.next.deaf = 1;
    run("");
    ck_assert_int_eq(script.children[0].signals[0], SIGKILL);
    ck_assert_int_eq(script.children[0].nsignals, 1);
    ck_assert_int_eq(script.count, 2);
    ck_assert_int_eq(script.children[1].born, 1000000 + 61000);
}
END_TEST


START_TEST(patience_is_what_the_file_says)
{
    prepare(1, 65);
    config.patience = 64;
    run("");
    ck_assert_int_eq(script.children[0].signals[0], SIGTERM);
    ck_assert_int_eq(script.count, 1);
}
END_TEST


START_TEST(usr1_is_for_all)
{
    prepare(2, 5);
    script.signal = SIGUSR1;
    script.signal_with = 2;
    run("");
    ck_assert_int_eq(script.children[0].signals[0], SIGUSR1);
    ck_assert_int_eq(script.children[1].signals[0], SIGUSR1);
    ck_assert_int_eq(script.count, 2);
}
END_TEST


/* A file that config_read() takes. */
static void
write_config(char folder[64], char path[96], int slots, const char *more)
{
    int i;
    char text[1024], name[96];
    static const char *const names[] = { "media", "spool", "work" };

    strcpy(folder, "/tmp/sluice-master-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s/%s", folder, names[i]);
        mkdir(name, 0755);
    }

    snprintf(text, sizeof(text),
             "database d\nredis unix:/r\nmedia %s/media\nspool %s/spool\n"
             "work %s/work\nslots %d\nlog /dev/null\n%s",
             folder, folder, folder, slots, more);
    snprintf(path, 96, "%s/conf", folder);
    ck_assert_int_eq(file_write(path, text, strlen(text)), 0);
}


START_TEST(hup_replaces_the_slots_as_they_get_free)
{
    char folder[64], path[96];

    prepare(1, 20);
    write_config(folder, path, 2, "");
    script.next = (child_t){ .ends = 8000, .deaf = 1 };
    script.signal = SIGHUP;
    script.signal_with = 1;
    run(path);

    ck_assert_int_eq(script.children[0].signals[0], SIGQUIT);
    ck_assert_int_eq(script.children[0].nsignals, 1);
    ck_assert_int_eq(script.children[1].born, 1000500);
    ck_assert_int_eq(script.children[2].born, 1000500);
    file_erase(folder);
}
END_TEST


START_TEST(a_file_that_is_wrong_changes_nothing)
{
    char folder[64], path[96];

    prepare(1, 5);
    write_config(folder, path, 2, "slot 7\n");
    script.signal = SIGHUP;
    script.signal_with = 1;
    run(path);

    ck_assert_int_eq(script.count, 1);
    ck_assert_int_eq(script.children[0].signals[0], SIGTERM);
    file_erase(folder);
}
END_TEST


START_TEST(hup_ends_the_pause_of_a_place)
{
    char folder[64], path[96];
    int i;

    prepare(1, 40);
    write_config(folder, path, 1, "");
    script.next = (child_t){ .ends = 0, .status = SIGSEGV };
    script.signal = SIGHUP;
    script.signal_with = 6; /* the next would come after 8 seconds */
    run(path);

    ck_assert_double_ge(pause_before(5), 4);
    for (i = 6; i < 8; i++) {
        ck_assert_double_le(pause_before(i), 1);
    }
    file_erase(folder);
}
END_TEST


START_TEST(where_mail_is_sent_one_more_does_it)
{
    prepare(2, 5);
    strcpy(config.mail.folder, "/tmp");
    run("");
    ck_assert_int_eq(script.count, 3);
    config.mail.folder[0] = '\0';
}
END_TEST


START_TEST(without_issuers_nobody_fetches_keys)
{
    prepare(1, 5);
    run("");
    ck_assert_int_eq(script.count, 1);
}
END_TEST


START_TEST(two_never_fetch_keys_at_a_time)
{
    char folder[64], path[96], issuer[160];

    prepare(1, 20);
    strcpy(folder, "/tmp");
    snprintf(issuer, sizeof(issuer), "issuer https://a.example %s/keys.json\n",
             folder);
    write_config(folder, path, 1, issuer);
    config.issuer_count = 1;
    script.next = (child_t){ .ends = 8000, .deaf = 1 };
    script.signal = SIGHUP;
    script.signal_with = 2;
    run(path);

    /* keys, slot; then the slot's successor, and when they are gone, keys' */
    ck_assert_int_eq(script.children[2].born, 1000500);
    ck_assert_int_eq(script.children[3].born, 1008000);
    file_erase(folder);
}
END_TEST


START_TEST(the_process_for_keys_may_be_silent)
{
    prepare(1, 100);
    config.issuer_count = 1;
    script.next = (child_t){ .ends = -1, .deaf = 0 };
    run("");
    ck_assert_int_eq(script.children[0].signals[0], SIGTERM);
    ck_assert_int_eq(script.children[1].signals[0], SIGKILL);
}
END_TEST


START_TEST(systemd_hears_that_it_is_ready_and_stopping)
{
    prepare(2, 5);
    run("");
    ck_assert_str_eq(script.told, "READY=1 WATCHDOG=1 STOPPING=1 ");
}
END_TEST


START_TEST(a_watchdog_is_fed_as_often_as_it_wants)
{
    prepare(1, 35);
    script.watchdog = 10;
    run("");
    ck_assert_str_eq(script.told, "READY=1 WATCHDOG=1 WATCHDOG=1 WATCHDOG=1 "
                                  "WATCHDOG=1 STOPPING=1 ");
}
END_TEST


/* Its disk does not answer: not even SIGKILL ends it. */
static int
send_in_vain(pid_t pid, int number)
{
    child_t *child = &script.children[pid - FIRST];

    if (number == SIGTERM) {
        child->ends = 0;
    }
    return 0;
}


START_TEST(a_slot_that_outlives_its_end_starves_the_watchdog)
{
    size_t fed = 0;
    const char *at;

    prepare(1, 500);
    script.watchdog = 100;
    master_kernel.kill = send_in_vain;
    run("");
    for (at = script.told; (at = strstr(at, "WATCHDOG")) != NULL; at++) {
        fed++;
    }
    ck_assert_uint_eq(fed, 4); /* at 0, 100, 200 and 300 of 360 seconds */
}
END_TEST


START_TEST(the_file_of_the_pid_goes_with_the_master)
{
    prepare(1, 5);
    strcpy(config.pid, "/tmp/sluice-master-pid-XXXXXX");
    close(mkstemp(config.pid));
    run("");
    ck_assert_int_eq(access(config.pid, F_OK), -1);
}
END_TEST


/* Another one is started in its place. */
static int
take_the_file_over(const sigset_t *signals, int ms)
{
    if (access(config.pid, F_OK) == 0) {
        unlink(config.pid);
        file_write(config.pid, "1\n", 2);
    }
    return wait_for_signal(signals, ms);
}


START_TEST(another_master_s_file_stays)
{
    prepare(1, 5);
    strcpy(config.pid, "/tmp/sluice-master-pid-XXXXXX");
    close(mkstemp(config.pid));
    master_kernel.wait = take_the_file_over;
    run("");
    ck_assert_int_eq(unlink(config.pid), 0);
}
END_TEST


/* Waits for a death instead of for the time to pass. */
static int
wait_for_death(const sigset_t *signals, int ms)
{
    siginfo_t info;

    (void) signals;
    script.now += ms;

    if (script.signal == 0) {
        waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
    }
    if (shared->lives == 3) {
        script.signal = SIGTERM;
        return SIGTERM;
    }
    return -1;
}


START_TEST(who_was_killed_is_named_to_its_successors)
{
    prepare(1, 0);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    master_kernel = (master_kernel_t){ fork, real.reap, kill, wait_for_death };
    run("");

    ck_assert_int_eq(shared->lives, 3);
    ck_assert_int_eq(shared->told[0][0].pid, 0);
    ck_assert_int_eq(shared->told[1][0].pid, shared->pids[0]);
    ck_assert_uint_eq(shared->told[1][0].mark, shared->marks[0]);
    ck_assert_int_eq(shared->told[1][1].pid, 0);
    ck_assert_int_eq(shared->told[2][0].pid, shared->pids[1]);
    ck_assert_uint_eq(shared->told[2][0].mark, shared->marks[1]);
    ck_assert_int_eq(shared->told[2][1].pid, shared->pids[0]);
    ck_assert_uint_ne(shared->marks[0], shared->marks[1]);
}
END_TEST


RUN("worker/master", each_slot_has_its_process,
    where_mail_is_sent_one_more_does_it, term_is_handed_on,
    who_does_not_leave_within_ten_seconds_is_killed,
    after_quit_a_job_has_the_time_it_needs, who_leaves_is_not_replaced_any_more,
    slots_that_die_at_once_come_back_ever_later,
    a_storm_in_one_place_leaves_the_others_alone,
    a_slot_that_did_its_work_for_a_while_is_replaced_at_once,
    a_process_that_cannot_be_made_is_tried_again,
    a_slot_that_is_silent_for_too_long_is_killed,
    patience_is_what_the_file_says, usr1_is_for_all,
    hup_replaces_the_slots_as_they_get_free,
    a_file_that_is_wrong_changes_nothing, hup_ends_the_pause_of_a_place,
    without_issuers_nobody_fetches_keys, two_never_fetch_keys_at_a_time,
    the_process_for_keys_may_be_silent,
    systemd_hears_that_it_is_ready_and_stopping,
    a_watchdog_is_fed_as_often_as_it_wants,
    a_slot_that_outlives_its_end_starves_the_watchdog,
    the_file_of_the_pid_goes_with_the_master, another_master_s_file_stays,
    who_was_killed_is_named_to_its_successors)
