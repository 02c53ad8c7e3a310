#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/base/file.h"
#include "worker/role/role.h"

static char folder[] = "/tmp/sluice-role-XXXXXX";
static char path[sizeof(folder) + 16], err[512];


static struct stat
file(void)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    return st;
}


START_TEST(a_file_is_another_when_they_are_others)
{
    struct stat first;
    credentials_t found = {
        .id = "A", .secret = "s", .token = "t", .expires = 1369353600
    };
    credentials_t read;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/role", folder);
    umask(0077);

    ck_assert_int_eq(role_keep(path, &found, err, sizeof(err)), 1);
    first = file();
    ck_assert_int_eq(first.st_mode & 07777, 0640);
    ck_assert_int_eq(credentials_read(&read, path, err, sizeof(err)), 0);
    ck_assert_int_eq(credentials_same(&read, &found), 1);

    ck_assert_int_eq(role_keep(path, &found, err, sizeof(err)), 0);
    ck_assert_int_eq(file().st_ino, first.st_ino);

    found.expires++;
    ck_assert_int_eq(role_keep(path, &found, err, sizeof(err)), 1);
    ck_assert_int_eq(credentials_read(&read, path, err, sizeof(err)), 0);
    ck_assert_int_eq(read.expires, found.expires);
    ck_assert_int_ne(file().st_ino, first.st_ino);

    snprintf(path, sizeof(path), "%s/no/role", folder);
    ck_assert_int_eq(role_keep(path, &found, err, sizeof(err)), -1);
    ck_assert_ptr_nonnull(strstr(err, "No such file"));
    file_erase(folder);
}
END_TEST


RUN("worker/role", a_file_is_another_when_they_are_others)
