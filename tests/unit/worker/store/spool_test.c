#define _GNU_SOURCE /* F_OFD_SETLK */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/store/spool.h"
#include "worker/base/file.h"

#define ID "01931c5a-0000-7000-8000-0000000000ab"

static config_t config;
static char top[] = "/tmp/sluice-spool-XXXXXX";


static void
make(const char *name, char path[PATH_MAX])
{
    file_join(path, config.spool, name);
    ck_assert_int_eq(file_write(path, "film", 4), 0);
}


static void
prepare(void)
{
    ck_assert_ptr_nonnull(mkdtemp(top));
    snprintf(config.spool, PATH_MAX, "%s", top);
}


/* As nginx locks it. */
static int
lock(const char *path)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open(path, O_RDWR);

    return fcntl(fd, F_OFD_SETLK, &lock) == 0 ? fd : -1;
}


START_TEST(what_is_not_there_cannot_be_held)
{
    prepare();
    ck_assert_int_eq(spool_hold(&config, ID), -1);
    ck_assert_int_eq(errno, ENOENT);
    file_erase(top);
}
END_TEST


START_TEST(an_upload_that_nginx_has_cannot_be_held)
{
    int fd;
    char path[PATH_MAX];

    prepare();
    make(ID ".part", path);
    fd = lock(path);
    ck_assert_int_ne(fd, -1);
    ck_assert_int_eq(spool_hold(&config, ID), -1);
    ck_assert_int_eq(errno, EAGAIN);
    close(fd);
    fd = spool_hold(&config, ID);
    ck_assert_int_ne(fd, -1);
    close(fd);
    file_erase(top);
}
END_TEST


START_TEST(nginx_cannot_have_what_is_held)
{
    int fd;
    char path[PATH_MAX];

    prepare();
    make(ID, path);
    fd = spool_hold(&config, ID);
    ck_assert_int_ne(fd, -1);
    ck_assert_int_eq(lock(path), -1);
    close(fd);
    ck_assert_int_ne(lock(path), -1);
    file_erase(top);
}
END_TEST


START_TEST(all_files_of_an_upload_are_forgotten)
{
    size_t i;
    char path[PATH_MAX];
    static const char *const names[] = { ID ".part", ID ".state", ID };

    prepare();
    for (i = 0; i < COUNT(names); i++) {
        make(names[i], path);
    }
    ck_assert_int_eq(spool_forget(&config, ID), 0);
    ck_assert_int_eq(rmdir(top), 0);
}
END_TEST


START_TEST(forgetting_may_be_repeated)
{
    prepare();
    ck_assert_int_eq(spool_forget(&config, ID), 0);
    file_erase(top);
}
END_TEST


RUN("worker/spool", what_is_not_there_cannot_be_held,
    an_upload_that_nginx_has_cannot_be_held, nginx_cannot_have_what_is_held,
    all_files_of_an_upload_are_forgotten, forgetting_may_be_repeated)
