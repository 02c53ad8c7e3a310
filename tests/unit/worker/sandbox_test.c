#define _GNU_SOURCE /* memmem */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../core/suite.h"
#include "sandbox.h"
#include "store.h"

#define GIB ((size_t) 1 << 30)

static char folder[PATH_MAX];
static sandbox_result_t result;
static char lines[256];
static int beats;


static sandbox_t
prepare(const char *const *argv)
{
    sandbox_t sandbox = { .argv = argv,
                          .folder = folder,
                          .cpu_seconds = 20,
                          .wall_seconds = 30,
                          .memory = GIB,
                          .file_size = 1 << 20 };

    strcpy(folder, "/tmp/sluice-sandbox-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    return sandbox;
}


/* Runs a line of shell in the sandbox. */
static sandbox_rc_t
shell(const char *line)
{
    sandbox_rc_t rc;
    const char *argv[] = { "sh", "-c", line, NULL };
    sandbox_t sandbox = prepare(argv);

    rc = sandbox_run(&sandbox, &result);
    store_erase(folder);
    return rc;
}


/* How many processes have this word on their command line. */
static int
count_processes(const char *word)
{
    int count = 0;
    char path[PATH_MAX], *bytes;
    size_t len;
    DIR *dir;
    FILE *file;
    const struct dirent *entry;

    dir = opendir("/proc");
    ck_assert_ptr_nonnull(dir);

    while ((entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
        file = fopen(path, "r");
        if (file == NULL) {
            continue;
        }
        bytes = calloc(1, 4097);
        len = fread(bytes, 1, 4096, file);
        count += memmem(bytes, len, word, strlen(word)) != NULL;
        free(bytes);
        fclose(file);
    }

    closedir(dir);
    return count;
}


static void
take_line(void *data, const char *line)
{
    (void) data;
    strcat(lines, line);
    strcat(lines, "|");
}


static int
stop_at_once(void *data)
{
    (void) data;
    return ++beats;
}


START_TEST(what_a_tool_says_comes_back)
{
    ck_assert_msg(shell("echo out; echo err >&2") == SANDBOX_OK, "%s",
                  result.err);
    ck_assert_str_eq(result.output, "out\n");
    ck_assert_str_eq(result.err, "err\n");
    free(result.output);
}
END_TEST


START_TEST(a_tool_may_write_into_the_folder_of_its_job)
{
    ck_assert_int_eq(shell("echo x > /job/x && cat x"), SANDBOX_OK);
    ck_assert_str_eq(result.output, "x\n");
    free(result.output);
}
END_TEST


START_TEST(the_passwords_of_the_system_are_not_there)
{
    ck_assert_int_eq(shell("cat /etc/shadow"), SANDBOX_FAILED);
    ck_assert_str_eq(result.output, "");
    free(result.output);
}
END_TEST


START_TEST(another_folder_is_not_there)
{
    char line[PATH_MAX + 16], other[] = "/tmp/sluice-other-XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(other));
    snprintf(line, sizeof(line), "ls %s", other);
    ck_assert_int_eq(shell(line), SANDBOX_FAILED);
    rmdir(other);
    free(result.output);
}
END_TEST


START_TEST(the_system_cannot_be_written_to)
{
    ck_assert_int_eq(shell("echo x > /usr/x"), SANDBOX_FAILED);
    free(result.output);
}
END_TEST


START_TEST(there_is_no_network_but_a_loopback_of_its_own)
{
    ck_assert_int_eq(shell("grep -c : /proc/net/dev"), SANDBOX_OK);
    ck_assert_str_eq(result.output, "1\n");
    free(result.output);
}
END_TEST


START_TEST(the_environment_is_not_handed_on)
{
    setenv("PGPASSWORD", "secret", 1);
    ck_assert_int_eq(shell("env"), SANDBOX_OK);
    ck_assert_ptr_null(strstr(result.output, "secret"));
    free(result.output);
}
END_TEST


START_TEST(open_descriptors_are_not_handed_on)
{
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(shell("ls /proc/self/fd | wc -l"), SANDBOX_OK);
    ck_assert_str_eq(result.output, "4\n"); /* three, and the folder itself */
    free(result.output);
}
END_TEST


START_TEST(the_input_can_be_read_and_not_written)
{
    char input[] = "/tmp/sluice-input-XXXXXX";
    sandbox_rc_t rc;
    const char *argv[] = { "sh", "-c",
                           "cat /in/original; echo y > /in/original", NULL };
    sandbox_t sandbox = prepare(argv);

    ck_assert_int_eq(write(mkstemp(input), "x\n", 2), 2);
    sandbox.input = input;
    rc = sandbox_run(&sandbox, &result);
    remove(input);
    store_erase(folder);

    ck_assert_int_eq(rc, SANDBOX_FAILED);
    ck_assert_str_eq(result.output, "x\n");
    free(result.output);
}
END_TEST


START_TEST(processor_time_is_limited)
{
    const char *argv[] = { "sh", "-c", "while :; do :; done", NULL };
    sandbox_t sandbox = prepare(argv);

    sandbox.cpu_seconds = 1;
    ck_assert_int_eq(sandbox_run(&sandbox, &result), SANDBOX_TOO_LONG);
    store_erase(folder);
    free(result.output);
}
END_TEST


START_TEST(a_tool_that_sleeps_is_ended_with_its_children)
{
    const char *argv[] = { "sh", "-c", "sleep 1000 & sleep 1000", NULL };
    sandbox_t sandbox = prepare(argv);

    sandbox.wall_seconds = 1;
    ck_assert_int_eq(sandbox_run(&sandbox, &result), SANDBOX_TOO_LONG);
    store_erase(folder);
    free(result.output);
}
END_TEST


START_TEST(what_a_tool_left_in_the_background_is_gone)
{
    char word[32], line[256];

    snprintf(word, sizeof(word), "1000.%d", getpid());
    snprintf(line, sizeof(line),
             "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do"
             " sleep %s <&- >&- 2>&- & done",
             word);
    ck_assert_int_eq(shell(line), SANDBOX_OK);
    ck_assert_int_eq(count_processes(word), 0);
    free(result.output);
}
END_TEST


START_TEST(a_signal_that_the_slot_ignores_still_ends_a_tool)
{
    unsigned long long ignored, bit = 1;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    ck_assert_int_eq(shell("grep SigIgn /proc/self/status"), SANDBOX_OK);

    /* whoever started this test may ignore others: proc(5), bit n - 1 */
    ck_assert_int_eq(sscanf(result.output, "SigIgn: %llx", &ignored), 1);
    ck_assert_int_eq(ignored & bit << (SIGPIPE - 1), 0);
    ck_assert_int_eq(ignored & bit << (SIGHUP - 1), 0);
    free(result.output);
}
END_TEST


START_TEST(a_tool_makes_no_namespaces)
{
    ck_assert_int_eq(shell("unshare --user true"), SANDBOX_FAILED);
    free(result.output);
}
END_TEST


START_TEST(what_a_tool_keeps_in_memory_as_files_is_limited)
{
    ck_assert_int_eq(shell("df -k --output=size /tmp | grep -qx ' *65536'"),
                     SANDBOX_OK);
    free(result.output);
}
END_TEST


START_TEST(the_root_folder_cannot_be_written_to)
{
    ck_assert_int_eq(shell("echo x > /x"), SANDBOX_FAILED);
    free(result.output);
}
END_TEST


START_TEST(a_file_beyond_the_limit_ends_the_tool)
{
    ck_assert_int_eq(shell("exec head -c 2000000 /dev/zero > x"),
                     SANDBOX_TOO_MUCH);
    free(result.output);
}
END_TEST


START_TEST(output_beyond_the_limit_ends_the_tool)
{
    ck_assert_int_eq(shell("cat /dev/zero"), SANDBOX_TOO_MUCH);
    free(result.output);
}
END_TEST


START_TEST(memory_is_limited)
{
    ck_assert_int_eq(shell("exec awk 'BEGIN { x = \"x\"; while (1) x = x x }'"),
                     SANDBOX_FAILED);
    free(result.output);
}
END_TEST


START_TEST(of_a_long_complaint_the_end_is_kept)
{
    ck_assert_int_eq(shell("head -c 100000 /dev/zero | tr '\\0' x >&2;"
                           "echo end >&2"),
                     SANDBOX_OK);
    ck_assert_uint_eq(strlen(result.err), sizeof(result.err) - 1);
    ck_assert_str_eq(result.err + strlen(result.err) - 4, "end\n");
    free(result.output);
}
END_TEST


START_TEST(lines_are_handed_over_as_they_come)
{
    const char *argv[] = { "printf", "a\\nb\\nrest", NULL };
    sandbox_t sandbox = prepare(argv);

    sandbox.line = take_line;
    ck_assert_int_eq(sandbox_run(&sandbox, &result), SANDBOX_OK);
    store_erase(folder);
    ck_assert_str_eq(lines, "a|b|");
    free(result.output);
}
END_TEST


START_TEST(a_beat_that_says_so_stops_the_tool)
{
    const char *argv[] = { "sleep", "1000", NULL };
    sandbox_t sandbox = prepare(argv);

    sandbox.beat = stop_at_once;
    ck_assert_int_eq(sandbox_run(&sandbox, &result), SANDBOX_STOPPED);
    store_erase(folder);
    free(result.output);
}
END_TEST


START_TEST(a_tool_that_is_not_installed_is_the_sandbox_s_trouble)
{
    const char *argv[] = { "no-such-tool", NULL };
    sandbox_t sandbox = prepare(argv);

    ck_assert_int_eq(sandbox_run(&sandbox, &result), SANDBOX_BROKEN);
    store_erase(folder);
    free(result.output);
}
END_TEST


START_TEST(the_command_line_cuts_the_network_off)
{
    int i, n, found = 0;
    const char *const tool[] = { "true", NULL };
    const char *argv[SANDBOX_ARGV_MAX];
    sandbox_t sandbox = { .argv = tool, .folder = "/f" };

    n = sandbox_argv(&sandbox, argv);
    for (i = 0; i < n; i++) {
        found |= strcmp(argv[i], "--unshare-all") == 0;
        ck_assert_str_ne(argv[i], "--share-net");
    }
    ck_assert_int_eq(found, 1);
}
END_TEST


START_TEST(too_many_arguments_are_refused)
{
    size_t i;
    const char *tool[SANDBOX_ARGV_MAX + 1], *argv[SANDBOX_ARGV_MAX];
    sandbox_t sandbox = { .argv = tool, .folder = "/f" };

    for (i = 0; i < SANDBOX_ARGV_MAX; i++) {
        tool[i] = "x";
    }
    tool[i] = NULL;
    ck_assert_int_eq(sandbox_argv(&sandbox, argv), -1);
}
END_TEST


RUN("worker/sandbox", what_a_tool_says_comes_back,
    a_tool_may_write_into_the_folder_of_its_job,
    the_passwords_of_the_system_are_not_there, another_folder_is_not_there,
    the_system_cannot_be_written_to,
    there_is_no_network_but_a_loopback_of_its_own,
    the_environment_is_not_handed_on, open_descriptors_are_not_handed_on,
    the_input_can_be_read_and_not_written, processor_time_is_limited,
    a_tool_that_sleeps_is_ended_with_its_children,
    what_a_tool_left_in_the_background_is_gone,
    a_signal_that_the_slot_ignores_still_ends_a_tool,
    a_tool_makes_no_namespaces, what_a_tool_keeps_in_memory_as_files_is_limited,
    the_root_folder_cannot_be_written_to, a_file_beyond_the_limit_ends_the_tool,
    output_beyond_the_limit_ends_the_tool, memory_is_limited,
    of_a_long_complaint_the_end_is_kept, lines_are_handed_over_as_they_come,
    a_beat_that_says_so_stops_the_tool,
    a_tool_that_is_not_installed_is_the_sandbox_s_trouble,
    the_command_line_cuts_the_network_off, too_many_arguments_are_refused)
