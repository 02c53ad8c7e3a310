#include <string.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/base/file.h"
#include "worker/jobs/base/job.h"

static job_t job;


static void
prepare(void)
{
    strcpy(job.work, "/tmp/sluice-job-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(job.work));
}


static void
holds(const char *name, const char *expected)
{
    char path[PATH_MAX], *text;
    size_t len;

    file_join(path, job.work, name);
    text = file_read(path, 100, &len);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, expected);
    free(text);
}


START_TEST(a_text_is_written_anew_with_its_folders)
{
    prepare();
    ck_assert_int_eq(job_write(&job, "a/b/text", "one", "writing"), JOB_DONE);
    ck_assert_int_eq(job_write(&job, "a/b/text", "two", "writing"), JOB_DONE);
    holds("a/b/text", "two");
    ck_assert_int_eq(job_write(&job, "text", "three", "writing"), JOB_DONE);
    holds("text", "three");
    ck_assert_int_eq(job_write(&job, "text", NULL, "writing"), JOB_AGAIN);
    file_erase(job.work);
}
END_TEST


START_TEST(no_link_that_a_tool_has_put_there_is_followed)
{
    char path[PATH_MAX];

    prepare();
    ck_assert_int_eq(job_write(&job, "kept/text", "kept", "writing"), JOB_DONE);

    file_join(path, job.work, "link");
    ck_assert_int_eq(symlink("kept/text", path), 0);
    ck_assert_int_eq(job_write(&job, "link", "new", "writing"), JOB_DONE);
    holds("link", "new");
    holds("kept/text", "kept");

    file_join(path, job.work, "folder");
    ck_assert_int_eq(symlink("kept", path), 0);
    ck_assert_int_eq(job_write(&job, "folder/other", "new", "writing"),
                     JOB_AGAIN);
    file_join(path, job.work, "kept/other");
    ck_assert_int_eq(access(path, F_OK), -1);
    file_erase(job.work);
}
END_TEST


RUN("worker/job_write", a_text_is_written_anew_with_its_folders,
    no_link_that_a_tool_has_put_there_is_followed)
