#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/base/clock.h"
#include "worker/base/file.h"
#include "worker/jobs/base/job.h"
#include "worker/sandbox/sandbox_form.h"

#define JOB_ID "01931c5a-0000-7000-8000-000000000001"
#define MEDIA_ID "01931c5a-0000-7000-8000-000000000002"

static config_t config;
static volatile sig_atomic_t stop;


START_TEST(what_the_queue_hands_out_is_read)
{
    job_t job;
    json_t *row;

    row = json_pack("{s:s, s:s, s:{s:s}}", "id", JOB_ID, "kind", "probe",
                    "media", "id", MEDIA_ID);
    ck_assert_int_eq(job_init(&job, &config, NULL, &stop, row), 0);
    ck_assert_str_eq(job.media, MEDIA_ID);
    job_free(&job);
    json_decref(row);
}
END_TEST


START_TEST(an_id_that_is_a_path_is_refused)
{
    job_t job;
    json_t *row;

    row = json_pack("{s:s, s:s, s:{s:s}}", "id", JOB_ID, "kind", "probe",
                    "media", "id", "../../../../etc/passwd");
    ck_assert_int_eq(job_init(&job, &config, NULL, &stop, row), -1);
    json_decref(row);
}
END_TEST


START_TEST(what_is_left_goes_by_the_pace_so_far)
{
    ck_assert_int_eq(job_seconds_left(30, 25), 90);
    ck_assert_int_eq(job_seconds_left(10, 99), 1);
    ck_assert_int_eq(job_seconds_left(10, 100), 0);
}
END_TEST


START_TEST(a_pace_is_not_guessed_too_early)
{
    ck_assert_int_eq(job_seconds_left(1.9, 50), -1);
    ck_assert_int_eq(job_seconds_left(60, 0.9), -1);
}
END_TEST


START_TEST(an_empty_file_is_called_empty)
{
    ck_assert_str_eq(job_unknown("", 0), "it is empty");
}
END_TEST


START_TEST(a_text_is_called_a_text)
{
    ck_assert_str_eq(job_unknown("na so was\n", 10), "it is a text");
}
END_TEST


START_TEST(a_playlist_is_called_a_playlist)
{
    ck_assert_ptr_nonnull(
        strstr(job_unknown("#EXTM3U\nfile:///x\n", 18), "playlist"));
}
END_TEST


START_TEST(other_bytes_are_in_no_format)
{
    ck_assert_ptr_nonnull(strstr(job_unknown("\x01\x00\x02", 3), "no format"));
}
END_TEST


/* sluice-sandbox tries this as the tool of a job; `error` is what the job says
   then. */
static void
tool_ends_at(const char *what, int seconds, double cpu, uint64_t bytes,
             job_outcome_t outcome, const char *error)
{
    char said[512];
    job_t job = { .config = &config,
                  .stop = &stop,
                  .kind = "probe",
                  .cpu = cpu,
                  .input_size = bytes,
                  .share = 1 };
    sandbox_result_t result;
    const char *argv[] = { SANDBOX_SELF, "try", what, "/etc/shadow", NULL };
    const job_tool_t tool = { .argv = argv,
                              .seconds = seconds,
                              .wall_seconds = 20,
                              .file_size = 1 << 20,
                              .refused = "It cannot be read.",
                              .too_long = "Reading it took too long." };

    ck_assert_msg(
        sandbox_open(SANDBOX_ANY, "build/sluice-sandbox", said, sizeof(said))
            == 0,
        "%s", said);
    job.beat_at = clock_now() + 3600000; /* there is no record to ask */
    strcpy(job.work, "/tmp/sluice-job-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(job.work));

    ck_assert_int_eq(job_tool(&job, &tool, &result), outcome);
    ck_assert_str_eq(job.error, error);
    ck_assert(job.cpu > cpu);
    file_erase(job.work);
    free(result.output);
}


static void
tool_ends(const char *what, job_outcome_t outcome, const char *error)
{
    tool_ends_at(what, 1, 0, 0, outcome, error);
}


START_TEST(a_job_says_that_its_tool_tried_to_reach_the_network)
{
    tool_ends("tcp", JOB_BAD,
              "The program that read the file tried to reach the network, "
              "which no file may make it do.");
}
END_TEST


START_TEST(a_job_says_that_its_tool_tried_to_start_a_program)
{
    tool_ends("fork", JOB_BAD,
              "The program that read the file tried to start another program, "
              "which no file may make it do.");
}
END_TEST


START_TEST(a_job_says_that_its_tool_asked_for_other_files)
{
    tool_ends("read", JOB_BAD,
              "It cannot be read. Reading it asked for a file that is none of "
              "the job's.");
}
END_TEST


START_TEST(a_job_names_the_limit_of_memory)
{
    tool_ends("memory", JOB_BAD,
              "Reading the file takes more memory than there is for it: "
              "memory limit of 4 GiB reached.");
}
END_TEST


START_TEST(a_job_names_the_limit_of_a_file)
{
    tool_ends("file", JOB_BAD,
              "What was made of the file grew beyond all measure: file size "
              "limit of 1 MiB reached.");
}
END_TEST


START_TEST(a_job_names_the_limit_of_all_files)
{
    tool_ends("disk", JOB_BAD,
              "What was made of the file grew beyond all measure: output "
              "limit of 4 MiB reached.");
}
END_TEST


START_TEST(a_job_names_the_limit_of_processor_time)
{
    tool_ends("spin", JOB_BAD,
              "Reading it took too long: processor time limit of 1 s reached.");
}
END_TEST


/* 300 s for any file and one for each 4 KiB: a tool has what others left. */
START_TEST(a_job_has_the_processor_time_that_its_file_is_worth)
{
    tool_ends_at("spin", 3600, 299, 0, JOB_BAD,
                 "Reading it took too long: processor time limit of 1 s "
                 "reached.");
    tool_ends_at("spin", 3600, 1000, 0, JOB_BAD,
                 "Reading it took too long: processor time limit of 1 s "
                 "reached.");
    tool_ends_at("spin", 3600, 550, 252 * 4096, JOB_BAD,
                 "Reading it took too long: processor time limit of 2 s "
                 "reached.");
}
END_TEST


/* What a slow disk does: not before the job was told to stop. */
static int
until_interrupted(void *data)
{
    const job_t *job = data;

    stop = 1;
    while (*(const volatile job_outcome_t *) &job->interrupted == JOB_DONE) {
        usleep(1000);
    }
    return 0;
}


static int
fail_for_space(void *data)
{
    (void) data;
    errno = ENOSPC;
    return -1;
}


static int
count_call(void *data)
{
    int *calls = data;

    ++*calls;
    return 0;
}


START_TEST(a_slot_is_heard_while_the_disk_is_slow)
{
    job_t job = { .config = &config, .stop = &stop, .kind = "probe" };

    job.beat_at = clock_now();
    ck_assert_int_eq(job_disk(&job, until_interrupted, &job, "writing"),
                     JOB_STOPPED);
}
END_TEST


START_TEST(a_disk_that_fails_is_another_try_s_hope)
{
    job_t job = { .config = &config, .stop = &stop, .kind = "probe" };

    job.beat_at = clock_now();
    ck_assert_int_eq(job_disk(&job, fail_for_space, NULL, "writing"),
                     JOB_AGAIN);
    ck_assert_str_eq(job.error,
                     "Trouble while writing: No space left on device.");
}
END_TEST


START_TEST(what_the_disk_is_asked_is_done_once)
{
    int calls = 0;
    job_t job = { .config = &config, .stop = &stop, .kind = "probe" };

    job.beat_at = clock_now();
    ck_assert_int_eq(job_disk(&job, count_call, &calls, "writing"), JOB_DONE);
    ck_assert_int_eq(calls, 1);
}
END_TEST


RUN("worker/job", what_the_queue_hands_out_is_read,
    an_id_that_is_a_path_is_refused, what_is_left_goes_by_the_pace_so_far,
    a_pace_is_not_guessed_too_early, an_empty_file_is_called_empty,
    a_text_is_called_a_text, a_playlist_is_called_a_playlist,
    other_bytes_are_in_no_format,
    a_job_says_that_its_tool_tried_to_reach_the_network,
    a_job_says_that_its_tool_tried_to_start_a_program,
    a_job_says_that_its_tool_asked_for_other_files,
    a_job_names_the_limit_of_memory, a_job_names_the_limit_of_a_file,
    a_job_names_the_limit_of_all_files, a_job_names_the_limit_of_processor_time,
    a_job_has_the_processor_time_that_its_file_is_worth,
    a_slot_is_heard_while_the_disk_is_slow,
    a_disk_that_fails_is_another_try_s_hope,
    what_the_disk_is_asked_is_done_once)
