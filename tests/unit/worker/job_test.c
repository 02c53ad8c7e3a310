#include <string.h>
#include "../core/suite.h"
#include "job.h"

#define JOB_ID "01931c5a-0000-7000-8000-000000000001"
#define MEDIA_ID "01931c5a-0000-7000-8000-000000000002"

static config_t config;
static volatile sig_atomic_t stop;


START_TEST(every_kind_has_its_file)
{
    size_t i;
    static const char *const kinds[] = { "probe", "package", "poster", "score",
                                         "remove" };

    for (i = 0; i < COUNT(kinds); i++) {
        ck_assert_ptr_nonnull(job_kind(kinds[i]));
        ck_assert_str_eq(job_kind(kinds[i])->name, kinds[i]);
    }
}
END_TEST


START_TEST(a_kind_from_a_later_version_is_unknown)
{
    ck_assert_ptr_null(job_kind("subtitles"));
}
END_TEST


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


START_TEST(a_job_without_media_is_refused)
{
    job_t job;
    json_t *row;

    row = json_pack("{s:s, s:s, s:n}", "id", JOB_ID, "kind", "probe", "media");
    ck_assert_int_eq(job_init(&job, &config, NULL, &stop, row), -1);
    json_decref(row);
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


RUN("worker/job", every_kind_has_its_file,
    a_kind_from_a_later_version_is_unknown, what_the_queue_hands_out_is_read,
    an_id_that_is_a_path_is_refused, a_job_without_media_is_refused,
    an_empty_file_is_called_empty, a_text_is_called_a_text,
    a_playlist_is_called_a_playlist, other_bytes_are_in_no_format)
