#include "tests/unit/suite.h"
#include "worker/jobs/kinds.h"

#define JOB_ID "01931c5a-0000-7000-8000-000000000001"

static config_t config;
static volatile sig_atomic_t stop;


START_TEST(every_kind_has_its_file)
{
    size_t i;
    static const char *const kinds[] = { "probe",      "package",  "poster",
                                         "storyboard", "chapters", "subtitles",
                                         "withdraw",   "download", "cover",
                                         "listen",     "score",    "attach",
                                         "detach",     "remove",   "restore",
                                         "noop" };

    for (i = 0; i < COUNT(kinds); i++) {
        ck_assert_ptr_nonnull(kinds_find(kinds[i]));
        ck_assert_str_eq(kinds_find(kinds[i])->name, kinds[i]);
    }
}
END_TEST


START_TEST(a_kind_from_a_later_version_is_unknown)
{
    ck_assert_ptr_null(kinds_find("hologram"));
}
END_TEST


START_TEST(a_job_without_media_is_refused)
{
    job_t job;
    json_t *row;

    row = json_pack("{s:s, s:s, s:n}", "id", JOB_ID, "kind", "probe", "media");
    ck_assert_int_eq(kinds_init(&job, &config, NULL, &stop, row), -1);
    json_decref(row);
}
END_TEST


START_TEST(a_noop_needs_no_media)
{
    job_t job;
    json_t *row;

    row = json_pack("{s:s, s:s, s:n}", "id", JOB_ID, "kind", "noop", "media");
    ck_assert_int_eq(kinds_init(&job, &config, NULL, &stop, row), 0);
    ck_assert_str_eq(job.media, "");
    job_free(&job);
    json_decref(row);
}
END_TEST


RUN("worker/kinds", every_kind_has_its_file,
    a_kind_from_a_later_version_is_unknown, a_job_without_media_is_refused,
    a_noop_needs_no_media)
