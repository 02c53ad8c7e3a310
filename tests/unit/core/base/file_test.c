#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/base/file.h"
#include "tests/unit/suite.h"

static char folder[] = "/tmp/sluice-file-XXXXXX";
static char path[PATH_MAX];


/* A file of the folder with these bytes; NULL: it is still to be made. */
static void
prepare(const char *name, const char *text)
{
    FILE *file;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/%s", folder, name);

    if (text != NULL) {
        file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        ck_assert_int_ge(fputs(text, file), 0);
        ck_assert_int_eq(fclose(file), 0);
    }
}


static void
tidy(void)
{
    unlink(path);
    rmdir(folder);
}


START_TEST(a_file_of_its_bound_is_read_and_terminated)
{
    char *text;
    size_t len;

    prepare("file", "abc");
    text = file_read(path, 3, &len);
    ck_assert_uint_eq(len, 3);
    ck_assert_mem_eq(text, "abc", 4);
    free(text);
    tidy();
}
END_TEST


START_TEST(a_file_beyond_its_bound_is_not_read)
{
    size_t len;

    prepare("file", "abc");
    ck_assert_ptr_null(file_read(path, 2, &len));
    ck_assert_int_eq(errno, EFBIG);
    tidy();
}
END_TEST


START_TEST(an_empty_file_is_a_text_of_no_bytes)
{
    char *text;
    size_t len;

    prepare("file", "");
    text = file_read(path, 3, &len);
    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(len, 0);
    free(text);
    tidy();
}
END_TEST


START_TEST(a_pipe_that_is_open_is_read_to_its_end)
{
    int ends[2];
    char *text;
    size_t len;

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "slots 2\n", 8), 8);
    close(ends[1]);
    text = file_read_open(ends[0], 8, &len);
    ck_assert_str_eq(text, "slots 2\n");
    ck_assert_uint_eq(len, 8);
    free(text);
}
END_TEST


START_TEST(a_pipe_has_its_bound_too)
{
    int ends[2];
    size_t len;

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "slots 2\n", 8), 8);
    close(ends[1]);
    ck_assert_ptr_null(file_read_open(ends[0], 7, &len));
    ck_assert_int_eq(errno, EFBIG);
}
END_TEST


START_TEST(what_cannot_be_read_says_why)
{
    int ends[2];
    size_t len;

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_ptr_null(file_read_open(ends[1], 8, &len));
    ck_assert_int_eq(errno, EBADF);
}
END_TEST


START_TEST(a_link_is_not_read_through)
{
    size_t len;

    prepare("link", NULL);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    ck_assert_ptr_null(file_read(path, 1 << 20, &len));
    tidy();
}
END_TEST


START_TEST(a_pipe_is_not_waited_for)
{
    size_t len;

    prepare("pipe", NULL);
    ck_assert_int_eq(mkfifo(path, 0644), 0);
    ck_assert_ptr_null(file_read(path, 1 << 20, &len));
    tidy();
}
END_TEST


RUN("core/file", a_file_of_its_bound_is_read_and_terminated,
    a_file_beyond_its_bound_is_not_read, an_empty_file_is_a_text_of_no_bytes,
    a_pipe_that_is_open_is_read_to_its_end, a_pipe_has_its_bound_too,
    what_cannot_be_read_says_why, a_link_is_not_read_through,
    a_pipe_is_not_waited_for)
