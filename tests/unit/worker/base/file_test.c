#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/base/file.h"

static char folder[] = "/tmp/sluice-file-XXXXXX";


static void
prepare(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
}


/* Root stands above permissions. */
static void
unprivileged(void)
{
    if (geteuid() == 0) {
        ck_assert_int_eq(setuid(65534), 0);
    }
}


START_TEST(folders_are_made_where_nothing_else_stands)
{
    char path[PATH_MAX];
    struct stat st;

    prepare();
    ck_assert_int_eq(file_folders(folder, "a/b/c"), 0);
    ck_assert_int_eq(file_folders(folder, "a/b/c"), 0);
    file_join(path, folder, "a/b/c");
    ck_assert(stat(path, &st) == 0 && S_ISDIR(st.st_mode));

    file_join(path, folder, "link");
    ck_assert_int_eq(symlink("a", path), 0);
    ck_assert_int_eq(file_folders(folder, "link/d"), -1);
    ck_assert_int_eq(errno, ENOTDIR);
    file_join(path, folder, "a/d");
    ck_assert_int_eq(access(path, F_OK), -1);
    file_erase(folder);
}
END_TEST


START_TEST(what_was_written_is_read)
{
    char path[PATH_MAX], *text;
    size_t len;

    prepare();
    file_join(path, folder, "file");
    ck_assert_int_eq(file_write(path, "a\0b", 3), 0);
    text = file_read(path, 3, &len);
    ck_assert_uint_eq(len, 3);
    ck_assert_mem_eq(text, "a\0b", 4);
    free(text);
    file_erase(folder);
}
END_TEST


START_TEST(what_is_there_is_not_written_over)
{
    char path[PATH_MAX];

    prepare();
    file_join(path, folder, "file");
    file_write(path, "abc", 3);
    ck_assert_int_eq(file_write(path, "abc", 3), -1);
    ck_assert_int_eq(errno, EEXIST);
    file_erase(folder);
}
END_TEST


START_TEST(a_path_that_is_too_long_is_none)
{
    char path[PATH_MAX], name[PATH_MAX];

    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    ck_assert_int_eq(file_join(path, "/tmp", name), -1);
    ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST


START_TEST(a_folder_that_a_tool_closed_is_erased)
{
    char path[PATH_MAX];

    unprivileged();
    prepare();
    file_join(path, folder, "closed");
    mkdir(path, 0755);
    file_join(path, folder, "closed/inner");
    mkdir(path, 0000);
    file_join(path, folder, "closed");
    chmod(path, 0000);
    ck_assert_int_eq(file_erase(path), 0);
    ck_assert_int_eq(access(path, F_OK), -1);
    file_erase(folder);
}
END_TEST


START_TEST(folders_nested_deeper_than_a_path_are_erased)
{
    int i;

    prepare();
    ck_assert_int_eq(chdir(folder), 0);
    for (i = 0; i < PATH_MAX; i++) {
        ck_assert_int_eq(mkdir("in", 0755), 0);
        ck_assert_int_eq(mkdir("0", 0755), 0);
        ck_assert_int_eq(chdir("in"), 0);
    }
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(file_erase(folder), 0);
    ck_assert_int_eq(access(folder, F_OK), -1);
}
END_TEST


START_TEST(erasing_does_not_follow_a_link)
{
    char path[PATH_MAX], kept[PATH_MAX], link[PATH_MAX];

    prepare();
    file_join(path, folder, "kept");
    mkdir(path, 0755);
    file_join(kept, path, "film");
    ck_assert_int_eq(file_write(kept, "film", 4), 0);
    file_join(path, folder, "erased");
    mkdir(path, 0755);
    file_join(link, path, "link");
    ck_assert_int_eq(symlink("../kept", link), 0);
    ck_assert_int_eq(file_erase(path), 0);
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert_int_eq(access(kept, F_OK), 0);
    file_erase(folder);
}
END_TEST


RUN("worker/file", folders_are_made_where_nothing_else_stands,
    what_was_written_is_read, what_is_there_is_not_written_over,
    a_path_that_is_too_long_is_none, a_folder_that_a_tool_closed_is_erased,
    folders_nested_deeper_than_a_path_are_erased,
    erasing_does_not_follow_a_link)
