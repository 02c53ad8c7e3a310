#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/base/file.h"
#include "worker/store/store.h"

#define MEDIA "01931c5a-0000-7000-8000-0000000000ab"
#define ATTACHMENT "01931c5a-0000-7000-8000-0000000000cd"
#define JOB "01931c5a-0000-7000-8000-000000000001"

static config_t config;
static char top[] = "/tmp/sluice-store-XXXXXX";


static void
prepare(void)
{
    ck_assert_ptr_nonnull(mkdtemp(top));
    snprintf(config.media, PATH_MAX, "%s/media", top);
    snprintf(config.spool, PATH_MAX, "%s/spool", top);
    snprintf(config.work, PATH_MAX, "%s/work", top);
    mkdir(config.media, 0755);
    mkdir(config.spool, 0755);
    mkdir(config.work, 0755);
}


/* Root stands above permissions. */
static void
prepare_unprivileged(void)
{
    if (geteuid() == 0) {
        ck_assert_int_eq(setuid(65534), 0);
    }
    prepare();
}


static void
upload(char path[PATH_MAX])
{
    file_join(path, config.spool, MEDIA);
    ck_assert_int_eq(file_write(path, "film", 4), 0);
}


START_TEST(an_upload_is_found_in_the_spool)
{
    char path[PATH_MAX], found[PATH_MAX];

    prepare();
    upload(path);
    ck_assert_int_eq(store_find_original(&config, MEDIA, found), 0);
    ck_assert_str_eq(found, path);
    file_erase(top);
}
END_TEST


START_TEST(an_original_is_kept_under_its_shard)
{
    char path[PATH_MAX], found[PATH_MAX];

    prepare();
    upload(path);
    ck_assert_int_eq(store_keep_original(&config, MEDIA, path, "mp4"), 0);
    store_find_original(&config, MEDIA, found);
    ck_assert_ptr_nonnull(strstr(found, "/media/ab/" MEDIA "/original.mp4"));
    file_erase(top);
}
END_TEST


START_TEST(keeping_it_may_be_repeated)
{
    char path[PATH_MAX];

    prepare();
    upload(path);
    store_keep_original(&config, MEDIA, path, "mp4");
    store_find_original(&config, MEDIA, path);
    ck_assert_int_eq(store_keep_original(&config, MEDIA, path, "mp4"), 0);
    file_erase(top);
}
END_TEST


START_TEST(what_is_published_stays)
{
    int lock, i;
    char work[PATH_MAX], path[PATH_MAX], *text;
    size_t len;
    static const char *const contents[] = { "first", "later" };

    prepare();
    for (i = 0; i < 2; i++) {
        lock = store_work_create(&config, JOB, work);
        file_join(path, work, "poster.jpg");
        file_write(path, contents[i], 5);
        ck_assert_int_eq(store_settle(work, "poster.jpg"), 0);
        ck_assert_int_eq(store_publish(&config, MEDIA, work, "poster.jpg"), 0);
        close(lock);
    }

    snprintf(path, sizeof(path), "%.4000s/ab/" MEDIA "/poster.jpg",
             config.media);
    text = file_read(path, 100, &len);
    ck_assert_str_eq(text, "first");
    free(text);
    file_erase(top);
}
END_TEST


START_TEST(a_link_that_a_tool_left_is_not_settled)
{
    char path[PATH_MAX];

    prepare();
    file_join(path, config.work, "0001.png");
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    ck_assert_int_eq(store_settle(config.work, "0001.png"), -1);
    file_erase(top);
}
END_TEST


START_TEST(a_pipe_that_a_tool_left_is_not_settled)
{
    char path[PATH_MAX];

    prepare();
    file_join(path, config.work, "0001.png");
    ck_assert_int_eq(mkfifo(path, 0644), 0);
    ck_assert_int_eq(store_settle(config.work, "0001.png"), -1);
    file_erase(top);
}
END_TEST


START_TEST(a_folder_of_what_was_made_is_settled)
{
    char path[PATH_MAX];
    struct stat st;

    prepare();
    file_join(path, config.work, "pages");
    mkdir(path, 0700);
    file_join(path, config.work, "pages/0001.png");
    file_write(path, "page", 4);
    ck_assert_int_eq(store_settle_folder(config.work, "pages", 1), 0);
    file_join(path, config.work, "pages");
    stat(path, &st);
    ck_assert_uint_eq(st.st_mode & 0777, 0755);
    file_erase(top);
}
END_TEST


START_TEST(a_folder_with_a_file_too_many_is_not_settled)
{
    char path[PATH_MAX];

    prepare();
    file_join(path, config.work, "pages");
    mkdir(path, 0755);
    file_join(path, config.work, "pages/0001.png");
    file_write(path, "page", 4);
    file_join(path, config.work, "pages/page.html");
    file_write(path, "page", 4);
    ck_assert_int_eq(store_settle_folder(config.work, "pages", 1), -1);
    file_erase(top);
}
END_TEST


START_TEST(a_link_in_the_place_of_a_folder_is_not_settled)
{
    char path[PATH_MAX];

    prepare();
    file_join(path, config.work, "pages");
    ck_assert_int_eq(symlink(config.media, path), 0);
    ck_assert_int_eq(store_settle_folder(config.work, "pages", 0), -1);
    file_erase(top);
}
END_TEST


START_TEST(two_tries_of_a_job_have_folders_of_their_own)
{
    int first, second;
    char path[PATH_MAX], other[PATH_MAX];

    prepare();
    first = store_work_create(&config, JOB, path);
    second = store_work_create(&config, JOB, other);
    ck_assert_int_ne(second, -1);
    ck_assert_str_ne(path, other);
    ck_assert_int_eq(file_erase(path), 0);
    ck_assert_int_eq(access(other, F_OK), 0);
    close(first);
    close(second);
    file_erase(top);
}
END_TEST


START_TEST(a_sweep_leaves_the_folder_of_a_job_at_hand)
{
    int lock;
    char work[PATH_MAX];

    prepare();
    lock = store_work_create(&config, JOB, work);
    store_work_sweep(&config);
    ck_assert_int_eq(access(work, F_OK), 0);
    close(lock);
    file_erase(top);
}
END_TEST


START_TEST(a_sweep_removes_the_folder_of_a_job_that_died)
{
    char work[PATH_MAX];

    prepare();
    close(store_work_create(&config, JOB, work));
    store_work_sweep(&config);
    ck_assert_int_eq(access(work, F_OK), -1);
    file_erase(top);
}
END_TEST


START_TEST(a_sweep_removes_a_folder_that_a_tool_closed)
{
    char work[PATH_MAX];

    prepare_unprivileged();
    close(store_work_create(&config, JOB, work));
    chmod(work, 0000);
    store_work_sweep(&config);
    ck_assert_int_eq(access(work, F_OK), -1);
    file_erase(top);
}
END_TEST


START_TEST(removing_leaves_nothing_of_a_media)
{
    char path[PATH_MAX];

    prepare();
    upload(path);
    store_keep_original(&config, MEDIA, path, "mp4");
    upload(path);
    ck_assert_int_eq(store_remove(&config, MEDIA), 0);
    ck_assert_int_eq(store_find_original(&config, MEDIA, path), -1);
    file_erase(top);
}
END_TEST


START_TEST(what_belongs_to_a_score_is_kept_beside_it)
{
    char path[PATH_MAX], found[PATH_MAX];

    prepare();
    file_join(path, config.spool, ATTACHMENT);
    ck_assert_int_eq(file_write(path, "notes", 5), 0);
    ck_assert_int_eq(store_find_attachment(&config, MEDIA, ATTACHMENT, found),
                     0);
    ck_assert_str_eq(found, path);
    ck_assert_int_eq(
        store_keep_attachment(&config, MEDIA, ATTACHMENT, path, "mid"), 0);
    ck_assert_int_eq(store_find_attachment(&config, MEDIA, ATTACHMENT, found),
                     0);
    ck_assert_ptr_nonnull(
        strstr(found, "/media/ab/" MEDIA "/attachments/" ATTACHMENT ".mid"));
    ck_assert_int_eq(
        store_keep_attachment(&config, MEDIA, ATTACHMENT, found, "mid"), 0);
    file_erase(top);
}
END_TEST


START_TEST(a_page_comes_into_the_folder_of_pages)
{
    int lock;
    char work[PATH_MAX], path[PATH_MAX], folder[PATH_MAX];

    prepare();
    lock = store_work_create(&config, JOB, work);
    file_join(folder, work, "pages");
    mkdir(folder, 0755);
    file_join(path, work, "pages/0002.png");
    file_write(path, "page", 4);
    ck_assert_int_eq(store_publish(&config, MEDIA, work, "pages/0002.png"), 0);
    file_join(path, config.media, "ab/" MEDIA "/pages/0002.png");
    ck_assert_int_eq(access(path, R_OK), 0);
    close(lock);
    file_erase(top);
}
END_TEST


START_TEST(an_attachment_is_removed_wherever_it_is)
{
    char path[PATH_MAX], found[PATH_MAX];

    prepare();
    ck_assert_int_eq(store_remove_attachment(&config, MEDIA, ATTACHMENT), 0);

    file_join(path, config.spool, ATTACHMENT);
    file_write(path, "notes", 5);
    ck_assert_int_eq(store_remove_attachment(&config, MEDIA, ATTACHMENT), 0);
    ck_assert_int_eq(store_find_attachment(&config, MEDIA, ATTACHMENT, found),
                     -1);

    file_write(path, "notes", 5);
    store_keep_attachment(&config, MEDIA, ATTACHMENT, path, "mid");
    ck_assert_int_eq(store_remove_attachment(&config, MEDIA, ATTACHMENT), 0);
    ck_assert_int_eq(store_find_attachment(&config, MEDIA, ATTACHMENT, found),
                     -1);
    file_erase(top);
}
END_TEST


START_TEST(what_is_unpublished_is_gone_and_its_neighbours_stay)
{
    int lock;
    char work[PATH_MAX], path[PATH_MAX];
    static const char *const names[] = { "pages/0002.png", "pages/0003.png" };
    size_t i;

    prepare();
    ck_assert_int_eq(store_unpublish(&config, MEDIA, names[0]), 0);
    lock = store_work_create(&config, JOB, work);
    file_join(path, work, "pages");
    mkdir(path, 0755);
    for (i = 0; i < COUNT(names); i++) {
        file_join(path, work, names[i]);
        file_write(path, "page", 4);
        store_publish(&config, MEDIA, work, names[i]);
    }

    ck_assert_int_eq(store_unpublish(&config, MEDIA, names[0]), 0);
    ck_assert_int_eq(store_unpublish(&config, MEDIA, names[0]), 0);
    file_join(path, config.media, "ab/" MEDIA "/pages/0002.png");
    ck_assert_int_eq(access(path, F_OK), -1);
    file_join(path, config.media, "ab/" MEDIA "/pages/0003.png");
    ck_assert_int_eq(access(path, R_OK), 0);
    close(lock);
    file_erase(top);
}
END_TEST


START_TEST(an_upload_that_nobody_looked_at_is_removed)
{
    char path[PATH_MAX];

    prepare();
    upload(path);
    ck_assert_int_eq(store_remove_upload(&config, MEDIA), 0);
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert_int_eq(store_remove_upload(&config, MEDIA), 0);
    file_erase(top);
}
END_TEST


RUN("worker/store", an_upload_is_found_in_the_spool,
    an_original_is_kept_under_its_shard, keeping_it_may_be_repeated,
    what_is_published_stays, a_link_that_a_tool_left_is_not_settled,
    a_pipe_that_a_tool_left_is_not_settled,
    a_folder_of_what_was_made_is_settled,
    a_folder_with_a_file_too_many_is_not_settled,
    a_link_in_the_place_of_a_folder_is_not_settled,
    two_tries_of_a_job_have_folders_of_their_own,
    a_sweep_leaves_the_folder_of_a_job_at_hand,
    a_sweep_removes_the_folder_of_a_job_that_died,
    a_sweep_removes_a_folder_that_a_tool_closed,
    removing_leaves_nothing_of_a_media,
    what_belongs_to_a_score_is_kept_beside_it,
    a_page_comes_into_the_folder_of_pages,
    an_attachment_is_removed_wherever_it_is,
    what_is_unpublished_is_gone_and_its_neighbours_stay,
    an_upload_that_nobody_looked_at_is_removed)
