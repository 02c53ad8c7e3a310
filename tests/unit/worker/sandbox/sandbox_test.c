#define _GNU_SOURCE
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/sandbox/sandbox.h"
#include "worker/sandbox/sandbox_form.h"
#include "worker/sandbox/sandbox_inside.h"
#include "worker/base/file.h"

#define HELPER "build/sluice-sandbox"
#define MIB ((size_t) 1 << 20)

static char folder[PATH_MAX];
static sandbox_result_t result;
static char lines[256];
static int beats, polls;

#define EACH_FORM(form) \
    for (form = SANDBOX_BUBBLEWRAP; form <= SANDBOX_BARE; form++)


static sandbox_t
prepare(sandbox_form_t form, const char *const *argv)
{
    char said[512];
    sandbox_t sandbox = { .argv = argv,
                          .folder = folder,
                          .cpu_seconds = 20,
                          .wall_seconds = 30,
                          .memory = 256 * MIB,
                          .file_size = MIB,
                          .folder_size = 4 * MIB };

    ck_assert_msg(sandbox_open(form, HELPER, said, sizeof(said)) == 0, "%s",
                  said);
    strcpy(folder, "/tmp/sluice-sandbox-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    return sandbox;
}


static sandbox_rc_t
run(const sandbox_t *sandbox)
{
    sandbox_rc_t rc;

    rc = sandbox_run(sandbox, &result);
    file_erase(folder);
    return rc;
}


/* A line of shell, which can start nothing but by exec. */
static sandbox_rc_t
shell(sandbox_form_t form, const char *line)
{
    const char *argv[] = { "sh", "-c", line, NULL };
    sandbox_t sandbox = prepare(form, argv);

    return run(&sandbox);
}


/* In both forms sluice-sandbox tries this, ends so, and `words` are in `why` or
   in what it said. */
static void
denied(const char *what, const char *word, sandbox_rc_t rc, const char *words)
{
    sandbox_form_t form;
    sandbox_rc_t got;
    const char *argv[] = { SANDBOX_SELF, "try", what, word, NULL };
    sandbox_t sandbox;

    EACH_FORM(form)
    {
        sandbox = prepare(form, argv);
        got = run(&sandbox);
        ck_assert_msg(got == rc, "form %d: %d, code %d: %s: %s", form, got,
                      result.code, result.why, result.err);
        ck_assert_msg(strstr(result.why, words) != NULL
                          || strstr(result.err, words) != NULL,
                      "form %d: %s: %s", form, result.why, result.err);
        free(result.output);
    }
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


static int
stop_the_fifth_time(void *data)
{
    (void) data;
    return ++beats >= 5;
}


START_TEST(what_a_tool_says_comes_back)
{
    sandbox_form_t form;

    EACH_FORM(form)
    {
        ck_assert_msg(shell(form, "echo out; echo err >&2") == SANDBOX_OK, "%s",
                      result.err);
        ck_assert_str_eq(result.output, "out\n");
        ck_assert_str_eq(result.err, "err\n");
        free(result.output);
    }
}
END_TEST


START_TEST(a_tool_may_write_into_the_folder_of_its_job)
{
    sandbox_form_t form;

    EACH_FORM(form)
    {
        ck_assert_int_eq(shell(form, "echo x > x; read y < x; echo $y"),
                         SANDBOX_OK);
        ck_assert_str_eq(result.output, "x\n");
        free(result.output);
    }
}
END_TEST


START_TEST(a_word_below_the_job_s_folder_means_that_in_both_forms)
{
    sandbox_form_t form;
    char path[PATH_MAX + 8];
    struct stat st;
    const char *argv[] = { "mkdir", SANDBOX_JOB "/x", NULL };
    sandbox_t sandbox;

    EACH_FORM(form)
    {
        sandbox = prepare(form, argv);
        ck_assert_int_eq(sandbox_run(&sandbox, &result), SANDBOX_OK);
        snprintf(path, sizeof(path), "%s/x", folder);
        ck_assert_int_eq(stat(path, &st), 0);
        file_erase(folder);
        free(result.output);
    }
}
END_TEST


START_TEST(the_input_can_be_read)
{
    sandbox_form_t form;
    char input[] = "/tmp/sluice-input-XXXXXX";
    const char *argv[] = { "cat", SANDBOX_INPUT, NULL };
    sandbox_t sandbox;

    ck_assert_int_eq(write(mkstemp(input), "x\n", 2), 2);
    EACH_FORM(form)
    {
        sandbox = prepare(form, argv);
        sandbox.input = input;
        ck_assert_int_eq(run(&sandbox), SANDBOX_OK);
        ck_assert_str_eq(result.output, "x\n");
        free(result.output);
    }
    remove(input);
}
END_TEST


START_TEST(the_input_cannot_be_written)
{
    sandbox_form_t form;
    char input[] = "/tmp/sluice-input-XXXXXX";
    const char *argv[] = { "dd", "if=/dev/null", NULL, NULL };
    char of[64];
    struct stat st;
    sandbox_t sandbox;

    ck_assert_int_eq(write(mkstemp(input), "x\n", 2), 2);
    EACH_FORM(form)
    {
        sandbox = prepare(form, argv);
        sandbox.input = input;
        snprintf(of, sizeof(of), "of=%s",
                 form == SANDBOX_BARE ? input : SANDBOX_INPUT);
        argv[2] = of;
        ck_assert_int_eq(run(&sandbox), SANDBOX_FAILED);
        ck_assert_int_eq(stat(input, &st), 0);
        ck_assert_int_eq(st.st_size, 2);
        free(result.output);
    }
    remove(input);
}
END_TEST


START_TEST(the_passwords_of_the_system_cannot_be_read)
{
    denied("read", "/etc/shadow", SANDBOX_FAILED,
           "asked for a file that is none of the job's");
}
END_TEST


START_TEST(another_job_s_folder_cannot_be_read)
{
    char other[] = "/tmp/sluice-other-XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(other));
    denied("list", other, SANDBOX_FAILED, other);
    rmdir(other);
}
END_TEST


START_TEST(the_environment_of_the_slot_cannot_be_read)
{
    char path[48];

    snprintf(path, sizeof(path), "/proc/%d/environ", getpid());
    denied("read", path, SANDBOX_FAILED, path);
    denied("read", "/proc/1/environ", SANDBOX_FAILED, "/proc/1/environ");
}
END_TEST


START_TEST(the_environment_is_not_handed_on)
{
    sandbox_form_t form;
    const char *argv[] = { "env", NULL };
    sandbox_t sandbox;

    setenv("PGPASSWORD", "secret", 1);
    EACH_FORM(form)
    {
        sandbox = prepare(form, argv);
        ck_assert_int_eq(run(&sandbox), SANDBOX_OK);
        ck_assert_ptr_null(strstr(result.output, "secret"));
        free(result.output);
    }
}
END_TEST


START_TEST(a_socket_of_the_machine_is_out_of_reach)
{
    int fd;
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof(address.sun_path),
             "/tmp/sluice-socket-%d", getpid());
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)),
                     0);
    ck_assert_int_eq(listen(fd, 1), 0);

    denied("unix", address.sun_path, SANDBOX_FAILED, "Permission denied");
    remove(address.sun_path);
}
END_TEST


START_TEST(an_abstract_socket_is_out_of_reach)
{
    denied("unix", "@sluice", SANDBOX_FAILED, "Permission denied");
}
END_TEST


START_TEST(the_network_is_out_of_reach)
{
    denied("tcp", "", SANDBOX_FORBIDDEN, "tried to reach the network");
    denied("udp", "", SANDBOX_FORBIDDEN, "tried to reach the network");
}
END_TEST


START_TEST(the_system_cannot_be_written_to)
{
    denied("write", "/usr", SANDBOX_FAILED, "/usr");
    denied("write", "/", SANDBOX_FAILED, "/");
    denied("write", "/tmp", SANDBOX_FAILED, "/tmp");
    denied("write", "/dev", SANDBOX_FAILED, "/dev");
}
END_TEST


START_TEST(permissions_cannot_be_changed)
{
    denied("chmod", "/usr/bin/true", SANDBOX_FAILED, "not implemented");
}
END_TEST


START_TEST(the_job_s_folder_gets_no_links)
{
    denied("link", "/etc/shadow", SANDBOX_FAILED, "not implemented");
}
END_TEST


START_TEST(a_tool_starts_no_process)
{
    denied("fork", "", SANDBOX_FORBIDDEN, "tried to start another program");
}
END_TEST


START_TEST(a_tool_becomes_no_other_program)
{
    denied("exec", "/usr/bin/true", SANDBOX_FAILED, "Permission denied");
}
END_TEST


START_TEST(memory_is_limited)
{
    denied("memory", "", SANDBOX_TOO_LARGE, "memory limit of 256 MiB reached");
}
END_TEST


START_TEST(no_memory_is_had_beside_the_limit)
{
    denied("memfd", "", SANDBOX_FAILED, "not implemented");
}
END_TEST


START_TEST(memory_is_written_or_executed)
{
    denied("wx", "", SANDBOX_FAILED, "Permission denied");
}
END_TEST


START_TEST(a_file_beyond_the_limit_ends_the_tool)
{
    denied("file", "", SANDBOX_TOO_MUCH, "file size limit of 1 MiB reached");
}
END_TEST


START_TEST(files_that_are_too_large_together_end_the_tool)
{
    denied("disk", "", SANDBOX_TOO_MUCH, "output limit of 4 MiB reached");
}
END_TEST


START_TEST(output_beyond_the_limit_ends_the_tool)
{
    denied("output", "", SANDBOX_TOO_MUCH, "output limit of 1 MiB reached");
}
END_TEST


START_TEST(processor_time_is_limited)
{
    sandbox_form_t form;
    const char *argv[] = { SANDBOX_SELF, "try", "spin", NULL };
    sandbox_t sandbox;

    EACH_FORM(form)
    {
        sandbox = prepare(form, argv);
        sandbox.cpu_seconds = 1;
        ck_assert_int_eq(run(&sandbox), SANDBOX_TOO_LONG);
        ck_assert_str_eq(result.why, "processor time limit of 1 s reached");
        free(result.output);
    }
}
END_TEST


START_TEST(a_tool_that_sleeps_is_ended)
{
    sandbox_form_t form;
    const char *argv[] = { SANDBOX_SELF, "try", "sleep", NULL };
    sandbox_t sandbox;

    EACH_FORM(form)
    {
        sandbox = prepare(form, argv);
        sandbox.wall_seconds = 1;
        ck_assert_int_eq(run(&sandbox), SANDBOX_TOO_LONG);
        ck_assert_str_eq(result.why, "time limit of 1 s reached");
        free(result.output);
    }
}
END_TEST


START_TEST(a_tool_that_closes_its_pipes_is_ended_all_the_same)
{
    sandbox_form_t form;
    const char *argv[] = { SANDBOX_SELF, "try", "mute", NULL };
    sandbox_t sandbox;

    EACH_FORM(form)
    {
        sandbox = prepare(form, argv);
        sandbox.wall_seconds = 1;
        ck_assert_int_eq(run(&sandbox), SANDBOX_TOO_LONG);
        ck_assert_str_eq(result.why, "time limit of 1 s reached");
        free(result.output);
    }
}
END_TEST


/* In place of the C library's. */
int
poll(struct pollfd *polled, nfds_t n, int ms)
{
    struct timespec most = { ms / 1000, ms % 1000 * 1000000L };

    polls++;
    return ppoll(polled, n, ms < 0 ? NULL : &most, NULL);
}


START_TEST(a_tool_that_has_closed_its_pipes_is_waited_for_asleep)
{
    sandbox_form_t form;
    const char *argv[] = { SANDBOX_SELF, "try", "mute", NULL };
    sandbox_t sandbox;

    EACH_FORM(form)
    {
        polls = 0;
        sandbox = prepare(form, argv);
        sandbox.wall_seconds = 1;
        ck_assert_int_eq(run(&sandbox), SANDBOX_TOO_LONG);
        ck_assert_int_gt(polls, 0);
        ck_assert_int_lt(polls, 50);
        free(result.output);
    }
}
END_TEST


START_TEST(a_beat_is_heard_while_a_tool_has_closed_its_pipes)
{
    sandbox_form_t form;
    const char *argv[] = { SANDBOX_SELF, "try", "mute", NULL };
    sandbox_t sandbox;

    EACH_FORM(form)
    {
        beats = 0;
        sandbox = prepare(form, argv);
        sandbox.beat = stop_the_fifth_time;
        ck_assert_int_eq(run(&sandbox), SANDBOX_STOPPED);
        ck_assert_int_ge(beats, 5);
        free(result.output);
    }
}
END_TEST


START_TEST(other_processes_get_no_signals)
{
    char pid[24];

    snprintf(pid, sizeof(pid), "%d", getpid());
    denied("kill", pid, SANDBOX_FORBIDDEN, "tried to send signals");
}
END_TEST


START_TEST(other_processes_cannot_be_looked_into)
{
    char pid[24];

    snprintf(pid, sizeof(pid), "%d", getpid());
    denied("ptrace", pid, SANDBOX_FORBIDDEN,
           "tried to look into other processes");
}
END_TEST


START_TEST(nothing_can_be_mounted)
{
    denied("mount", "", SANDBOX_FORBIDDEN, "tried to change what is mounted");
}
END_TEST


START_TEST(a_tool_makes_no_namespaces)
{
    denied("unshare", "", SANDBOX_FORBIDDEN, "tried to leave its namespaces");
}
END_TEST


START_TEST(rarely_used_doors_of_the_kernel_are_closed)
{
    denied("keys", "", SANDBOX_FORBIDDEN, "tried to use the kernel's keys");
    denied("io_uring", "", SANDBOX_FORBIDDEN, "doors of the kernel");
    denied("userfaultfd", "", SANDBOX_FORBIDDEN, "doors of the kernel");
}
END_TEST


/* As in a container that listens itself: only one may. */
START_TEST(what_nobody_listens_to_ends_the_process)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        sandbox_seccomp(STDERR_FILENO, 0);
        syscall(SYS_ptrace, 0, 0, 0, 0);
        _exit(0);
    }

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGSYS);
}
END_TEST


START_TEST(a_tool_that_was_ended_by_the_filter_is_forbidden)
{
    sandbox_form_t form;

    EACH_FORM(form)
    {
        ck_assert_int_eq(shell(form, "kill -SYS $$"), SANDBOX_FORBIDDEN);
        ck_assert_str_eq(result.why, "tried what is not allowed");
        free(result.output);
    }
}
END_TEST


START_TEST(a_tool_may_end_itself_by_a_signal)
{
    sandbox_form_t form;

    EACH_FORM(form)
    {
        ck_assert_int_eq(shell(form, "kill -ABRT $$"), SANDBOX_FAILED);
        ck_assert_str_eq(result.why, "");
        free(result.output);
    }
}
END_TEST


START_TEST(open_descriptors_are_not_handed_on)
{
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    denied("descriptors", "", SANDBOX_FAILED, "Bad file descriptor");
}
END_TEST


START_TEST(a_signal_that_the_slot_ignores_still_ends_a_tool)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    denied("ignore", "", SANDBOX_FAILED, "Broken pipe");
}
END_TEST


START_TEST(of_a_long_complaint_the_end_is_kept)
{
    sandbox_form_t form;

    EACH_FORM(form)
    {
        ck_assert_int_eq(
            shell(form, "i=0; while [ $i -lt 2000 ]; do i=$((i + 1));"
                        " echo 0123456789012345678901234567890123456789 >&2;"
                        " done; echo end >&2"),
            SANDBOX_OK);
        ck_assert_uint_eq(strlen(result.err), sizeof(result.err) - 1);
        ck_assert_str_eq(result.err + strlen(result.err) - 4, "end\n");
        free(result.output);
    }
}
END_TEST


START_TEST(lines_are_handed_over_as_they_come)
{
    const char *argv[] = { "printf", "a\\nb\\nrest", NULL };
    sandbox_t sandbox = prepare(SANDBOX_ANY, argv);

    sandbox.line = take_line;
    ck_assert_int_eq(run(&sandbox), SANDBOX_OK);
    ck_assert_str_eq(lines, "a|b|");
    free(result.output);
}
END_TEST


START_TEST(a_beat_that_says_so_stops_the_tool)
{
    sandbox_form_t form;
    const char *argv[] = { "sleep", "1000", NULL };
    sandbox_t sandbox;

    EACH_FORM(form)
    {
        sandbox = prepare(form, argv);
        sandbox.beat = stop_at_once;
        ck_assert_int_eq(run(&sandbox), SANDBOX_STOPPED);
        free(result.output);
    }
}
END_TEST


START_TEST(a_tool_that_is_not_installed_is_the_sandbox_s_trouble)
{
    sandbox_form_t form;
    const char *argv[] = { "no-such-tool", NULL };
    sandbox_t sandbox;

    EACH_FORM(form)
    {
        sandbox = prepare(form, argv);
        ck_assert_int_eq(run(&sandbox), SANDBOX_BROKEN);
        free(result.output);
    }
}
END_TEST


START_TEST(a_tool_that_cannot_be_executed_is_the_sandbox_s_trouble)
{
    sandbox_form_t form;
    char script[] = "/tmp/sluice-script-XXXXXX";
    const char *argv[] = { SANDBOX_INPUT, NULL };
    sandbox_t sandbox;
    int fd = mkstemp(script);

    ck_assert_int_eq(write(fd, "no program", 10), 10);
    fchmod(fd, 0755);
    close(fd);
    EACH_FORM(form)
    {
        sandbox = prepare(form, argv);
        sandbox.input = script;
        ck_assert_int_eq(run(&sandbox), SANDBOX_BROKEN);
        free(result.output);
    }
    remove(script);
}
END_TEST


START_TEST(a_tool_that_pretends_to_be_the_sandbox_is_not_believed)
{
    sandbox_form_t form;

    EACH_FORM(form)
    {
        ck_assert_int_eq(shell(form, "echo bwrap: no >&2; exit 1"),
                         SANDBOX_FAILED);
        free(result.output);
    }
}
END_TEST


START_TEST(a_sandbox_without_its_helper_is_none)
{
    char said[256];

    ck_assert_int_eq(
        sandbox_open(SANDBOX_ANY, "/no/sluice-sandbox", said, sizeof(said)),
        -1);
    ck_assert_ptr_nonnull(strstr(said, "/no/sluice-sandbox"));
}
END_TEST


START_TEST(where_bubblewrap_is_not_there_the_bare_form_is_chosen)
{
    char said[256];

    setenv("PATH", "/nowhere", 1);
    ck_assert_msg(sandbox_open(SANDBOX_ANY, HELPER, said, sizeof(said)) == 0,
                  "%s", said);
    ck_assert_int_eq(sandbox_form(), SANDBOX_BARE);
    ck_assert_ptr_nonnull(strstr(said, "bubblewrap does not run here"));
}
END_TEST


START_TEST(the_command_line_cuts_the_network_off)
{
    int i, n, found = 0;
    const char *const tool[] = { "true", NULL };
    const char *argv[SANDBOX_ARGV_MAX];
    sandbox_words_t words;
    sandbox_t sandbox = { .argv = tool, .folder = "/f" };

    n = sandbox_argv(SANDBOX_BUBBLEWRAP, &sandbox, 3, argv, &words);
    for (i = 0; i < n; i++) {
        found |= strcmp(argv[i], "--unshare-net") == 0;
    }
    ck_assert_int_eq(found, 1);
}
END_TEST


START_TEST(too_many_arguments_are_refused)
{
    size_t i;
    const char *tool[SANDBOX_ARGV_MAX + 1], *argv[SANDBOX_ARGV_MAX];
    sandbox_words_t words;
    sandbox_form_t form;
    sandbox_t sandbox = { .argv = tool, .folder = "/f" };

    for (i = 0; i < SANDBOX_ARGV_MAX; i++) {
        tool[i] = "x";
    }
    tool[i] = NULL;

    EACH_FORM(form)
    {
        ck_assert_int_eq(sandbox_argv(form, &sandbox, 3, argv, &words), -1);
    }
}
END_TEST


RUN("worker/sandbox", what_a_tool_says_comes_back,
    a_tool_may_write_into_the_folder_of_its_job,
    a_word_below_the_job_s_folder_means_that_in_both_forms,
    the_input_can_be_read, the_input_cannot_be_written,
    the_passwords_of_the_system_cannot_be_read,
    another_job_s_folder_cannot_be_read,
    the_environment_of_the_slot_cannot_be_read,
    the_environment_is_not_handed_on, a_socket_of_the_machine_is_out_of_reach,
    an_abstract_socket_is_out_of_reach, the_network_is_out_of_reach,
    the_system_cannot_be_written_to, permissions_cannot_be_changed,
    the_job_s_folder_gets_no_links, a_tool_starts_no_process,
    a_tool_becomes_no_other_program, memory_is_limited,
    no_memory_is_had_beside_the_limit, memory_is_written_or_executed,
    a_file_beyond_the_limit_ends_the_tool,
    files_that_are_too_large_together_end_the_tool,
    output_beyond_the_limit_ends_the_tool, processor_time_is_limited,
    a_tool_that_sleeps_is_ended,
    a_tool_that_closes_its_pipes_is_ended_all_the_same,
    a_tool_that_has_closed_its_pipes_is_waited_for_asleep,
    a_beat_is_heard_while_a_tool_has_closed_its_pipes,
    other_processes_get_no_signals, other_processes_cannot_be_looked_into,
    nothing_can_be_mounted, a_tool_makes_no_namespaces,
    rarely_used_doors_of_the_kernel_are_closed,
    what_nobody_listens_to_ends_the_process,
    a_tool_that_was_ended_by_the_filter_is_forbidden,
    a_tool_may_end_itself_by_a_signal, open_descriptors_are_not_handed_on,
    a_signal_that_the_slot_ignores_still_ends_a_tool,
    of_a_long_complaint_the_end_is_kept, lines_are_handed_over_as_they_come,
    a_beat_that_says_so_stops_the_tool,
    a_tool_that_is_not_installed_is_the_sandbox_s_trouble,
    a_tool_that_cannot_be_executed_is_the_sandbox_s_trouble,
    a_tool_that_pretends_to_be_the_sandbox_is_not_believed,
    a_sandbox_without_its_helper_is_none,
    where_bubblewrap_is_not_there_the_bare_form_is_chosen,
    the_command_line_cuts_the_network_off, too_many_arguments_are_refused)
