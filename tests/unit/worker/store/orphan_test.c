#include <string.h>
#include "tests/unit/suite.h"
#include "worker/store/orphan.h"

#define ID "01931c5a-0000-7000-8000-0000000000ab"
#define OTHER "01931c5a-0000-7000-8000-0000000000cd"
#define FOLDER "media/ab/" ID

static orphan_t orphan;


START_TEST(files_of_an_upload_are_known_by_its_id)
{
    ck_assert_int_eq(orphan_parse("spool/" ID ".part", &orphan), ORPHAN_PART);
    ck_assert_str_eq(orphan.id, ID);
    ck_assert_int_eq(orphan_parse("spool/" ID ".state", &orphan), ORPHAN_PART);
    ck_assert_int_eq(orphan_parse("spool/" ID ".tail", &orphan), ORPHAN_PART);
    ck_assert_int_eq(orphan_parse("spool/" ID, &orphan), ORPHAN_UPLOAD);
    ck_assert_str_eq(orphan.id, ID);
}
END_TEST


START_TEST(a_folder_is_its_medias)
{
    ck_assert_int_eq(orphan_parse("media/ab", &orphan), ORPHAN_FOLDER);
    ck_assert_int_eq(orphan_parse(FOLDER, &orphan), ORPHAN_FILES);
    ck_assert_str_eq(orphan.id, ID);
}
END_TEST


START_TEST(an_attachment_tells_whose_folder_it_is_in)
{
    ck_assert_int_eq(orphan_parse(FOLDER "/attachments/" OTHER ".pdf", &orphan),
                     ORPHAN_ATTACHMENT);
    ck_assert_str_eq(orphan.id, OTHER);
    ck_assert_str_eq(orphan.media, ID);
}
END_TEST


START_TEST(what_all_who_reserve_lock_is_the_spools_own)
{
    ck_assert_int_eq(orphan_parse("spool/.room", &orphan), ORPHAN_HOUSE);
    ck_assert_ptr_null(orphan_word(ORPHAN_HOUSE));
}
END_TEST


START_TEST(all_else_is_not_ours)
{
    size_t i;
    static const char *const paths[] = {
        "",
        "spool",
        "spool/",
        "spool/notes.txt",
        "spool/.room2",
        "spool/" ID ".part.bak",
        "spool/" ID ".txt",
        "spool/" ID "/x",
        "spool/../" ID,
        "spool/01931C5A-0000-7000-8000-0000000000AB",
        "work/" ID,
        "media/abc",
        "media/AB",
        "media/cd/" ID,
        "media/ab/" ID "x",
        FOLDER "/original.pdf",
        FOLDER "/attachments",
        FOLDER "/attachments/" OTHER,
        FOLDER "/attachments/" OTHER ".",
        FOLDER "/attachments/" OTHER ".pdf/x",
        FOLDER "/attachments/../" OTHER ".pdf",
        FOLDER "/pages/" OTHER ".png",
    };

    for (i = 0; i < COUNT(paths); i++) {
        ck_assert_msg(orphan_parse(paths[i], &orphan) == ORPHAN_STRANGE, "%s",
                      paths[i]);
    }
}
END_TEST


START_TEST(rows_know_the_kinds_by_their_words)
{
    ck_assert_str_eq(orphan_word(ORPHAN_FILES), "media");
    ck_assert_ptr_null(orphan_word(ORPHAN_STRANGE));
    ck_assert_ptr_null(orphan_word(ORPHAN_FOLDER));
}
END_TEST


START_TEST(a_day_is_counted_from_the_last_change)
{
    ck_assert_int_eq(orphan_old(1000, 1000 + ORPHAN_AGE - 1), 0);
    ck_assert_int_eq(orphan_old(1000, 1000 + ORPHAN_AGE), 1);
    ck_assert_int_eq(orphan_old(1000, 500), 0);
}
END_TEST


START_TEST(a_mark_changes_with_inode_size_and_times)
{
    int i;
    char mark[ORPHAN_MARK_SIZE], other[ORPHAN_MARK_SIZE];
    const struct stat st = { .st_ino = 7 };

    orphan_mark(&st, mark);

    for (i = 0; i < 5; i++) {
        struct stat changed = st;

        changed.st_ino += i == 0;
        changed.st_size += i == 1;
        changed.st_mtim.tv_sec += i == 2;
        changed.st_mtim.tv_nsec += i == 3;
        changed.st_ctim.tv_nsec += i == 4;
        orphan_mark(&changed, other);
        ck_assert_str_ne(mark, other);
    }

    orphan_mark(&st, other);
    ck_assert_str_eq(mark, other);
}
END_TEST


RUN("worker/orphan", files_of_an_upload_are_known_by_its_id,
    a_folder_is_its_medias, an_attachment_tells_whose_folder_it_is_in,
    what_all_who_reserve_lock_is_the_spools_own, all_else_is_not_ours,
    rows_know_the_kinds_by_their_words, a_day_is_counted_from_the_last_change,
    a_mark_changes_with_inode_size_and_times)
