#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/base/file.h"
#include "worker/sandbox/reader.h"
#include "worker/sandbox/sandbox_form.h"

#define HELPER "build/sluice-sandbox"
#define MIB ((size_t) 1 << 20)

static reader_result_t result;

#define EACH_FORM(form) \
    for (form = SANDBOX_BUBBLEWRAP; form <= SANDBOX_BARE; form++)


/* A file that holds these bytes, without a name. */
static int
holding(const char *bytes)
{
    char name[] = "/tmp/sluice-reader-XXXXXX";
    int fd = mkstemp(name);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, strlen(bytes)), (ssize_t) strlen(bytes));
    unlink(name);
    return fd;
}


static sandbox_rc_t
read_as(sandbox_form_t form, const char *kind, int fd)
{
    char said[512];
    const reader_t reader = { .kind = kind,
                              .fd = fd,
                              .cpu_seconds = 20,
                              .wall_seconds = 30,
                              .memory = 256 * MIB };

    ck_assert_msg(sandbox_open(form, HELPER, said, sizeof(said)) == 0, "%s",
                  said);
    return reader_run(&reader, &result);
}


START_TEST(what_was_read_comes_back)
{
    sandbox_form_t form;
    int fd = holding("0123456789");

    EACH_FORM(form)
    {
        ck_assert_msg(read_as(form, "length", fd) == SANDBOX_OK, "%s",
                      result.err);
        ck_assert_int_eq(
            json_integer_value(json_object_get(result.found, "bytes")), 10);
        ck_assert_str_eq(result.refused, "");
        json_decref(result.found);
    }
    close(fd);
}
END_TEST


START_TEST(an_empty_file_is_read)
{
    sandbox_form_t form;
    int fd = holding("");

    EACH_FORM(form)
    {
        ck_assert_int_eq(read_as(form, "length", fd), SANDBOX_OK);
        ck_assert_int_eq(
            json_integer_value(json_object_get(result.found, "bytes")), 0);
        json_decref(result.found);
    }
    close(fd);
}
END_TEST


START_TEST(a_file_that_is_refused_is_refused_with_a_sentence)
{
    sandbox_form_t form;
    int fd = holding("x");

    EACH_FORM(form)
    {
        ck_assert_int_eq(read_as(form, "midi", fd), SANDBOX_OK);
        ck_assert_ptr_null(result.found);
        ck_assert_ptr_nonnull(strstr(result.refused, "MIDI"));
    }
    close(fd);
}
END_TEST


START_TEST(a_kind_that_nobody_reads_has_failed)
{
    int fd = holding("x");

    ck_assert_int_eq(read_as(SANDBOX_ANY, "nonsense", fd), SANDBOX_FAILED);
    ck_assert_ptr_null(result.found);
    close(fd);
}
END_TEST


START_TEST(what_is_no_plain_file_is_not_read)
{
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(read_as(SANDBOX_ANY, "length", fds[0]), SANDBOX_BROKEN);
    ck_assert_int_eq(read_as(SANDBOX_ANY, "length", -1), SANDBOX_BROKEN);
}
END_TEST


/* In both forms: with a descriptor for stdin, and no folder. */
static void
tried(const char *const *argv, int fd, sandbox_rc_t rc, const char *output)
{
    char said[512];
    sandbox_form_t form;
    sandbox_result_t run;
    const sandbox_t sandbox = { .argv = argv,
                                .descriptor = fd,
                                .cpu_seconds = 20,
                                .wall_seconds = 30,
                                .memory = 256 * MIB };

    EACH_FORM(form)
    {
        ck_assert_int_eq(sandbox_open(form, HELPER, said, sizeof(said)), 0);
        lseek(fd, 0, SEEK_SET); /* where it stands is shared */
        ck_assert_msg(sandbox_run(&sandbox, &run) == rc, "form %d: %s", form,
                      run.err);
        ck_assert_str_eq(run.output, output);
        free(run.output);
    }
}


START_TEST(a_descriptor_becomes_stdin)
{
    int fd = holding("x\n");
    const char *const argv[] = { "cat", NULL };

    tried(argv, fd, SANDBOX_OK, "x\n");
    close(fd);
}
END_TEST


START_TEST(without_a_descriptor_stdin_is_at_its_end)
{
    const char *const argv[] = { "cat", NULL };

    tried(argv, 0, SANDBOX_OK, "");
}
END_TEST


START_TEST(without_a_folder_nothing_can_be_written)
{
    size_t i;
    const char *argv[] = { SANDBOX_SELF, "try", "write", NULL, NULL };
    static const char *const places[] = { ".", "/", "/tmp", "/job", "/in" };

    for (i = 0; i < COUNT(places); i++) {
        argv[3] = places[i];
        tried(argv, 0, SANDBOX_FAILED, "");
    }
}
END_TEST


static int
parses(const char *text)
{
    int rc;

    memset(&result, 0, sizeof(result));
    rc = reader_parse(text, strlen(text), &result);
    json_decref(result.found);
    return rc == 0;
}


START_TEST(an_answer_is_something_found_or_a_sentence)
{
    ck_assert(parses("{\"v\":1,\"found\":{}}"));
    ck_assert(parses("{\"v\":1,\"refused\":\"No.\"}"));
    ck_assert_str_eq(result.refused, "No.");
    ck_assert(!parses("{\"v\":1}"));
    ck_assert(!parses("{\"v\":1,\"found\":[]}"));
    ck_assert(!parses("{\"v\":1,\"refused\":\"\"}"));
    ck_assert(!parses("{\"v\":1,\"found\":{},\"refused\":\"No.\"}"));
    ck_assert(!parses(""));
}
END_TEST


START_TEST(an_answer_of_another_version_makes_no_sense)
{
    ck_assert(!parses("{\"found\":{}}"));
    ck_assert(!parses("{\"v\":2,\"found\":{}}"));
}
END_TEST


START_TEST(a_sentence_that_is_too_long_makes_no_sense)
{
    char text[READER_REFUSED_SIZE + 64];

    snprintf(text, sizeof(text), "{\"v\":1,\"refused\":\"%0*d\"}",
             READER_REFUSED_SIZE, 0);
    ck_assert(!parses(text));
}
END_TEST


START_TEST(an_answer_that_nests_or_counts_beyond_all_use_makes_no_sense)
{
    static char text[3 * READER_VALUES_MAX];
    size_t n;

    ck_assert(parses("{\"v\":1,\"found\":{\"a\":[[[[[[[1]]]]]]]}}"));
    ck_assert(!parses("{\"v\":1,\"found\":{\"a\":[[[[[[[[1]]]]]]]]}}"));

    n = (size_t) sprintf(text, "{\"v\":1,\"found\":{\"a\":[1");
    while (n < 2 * READER_VALUES_MAX + 64) {
        n += (size_t) sprintf(text + n, ",1");
    }
    sprintf(text + n, "]}}");
    ck_assert(!parses(text));
}
END_TEST


RUN("worker/reader", what_was_read_comes_back, an_empty_file_is_read,
    a_file_that_is_refused_is_refused_with_a_sentence,
    a_kind_that_nobody_reads_has_failed, what_is_no_plain_file_is_not_read,
    a_descriptor_becomes_stdin, without_a_descriptor_stdin_is_at_its_end,
    without_a_folder_nothing_can_be_written,
    an_answer_is_something_found_or_a_sentence,
    an_answer_of_another_version_makes_no_sense,
    a_sentence_that_is_too_long_makes_no_sense,
    an_answer_that_nests_or_counts_beyond_all_use_makes_no_sense)
