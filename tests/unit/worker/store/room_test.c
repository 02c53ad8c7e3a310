#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/base/file.h"
#include "worker/store/room.h"

#define MIB (1024 * 1024)

static char top[] = "/tmp/sluice-room-XXXXXX";
static config_t config;


static int
made(void)
{
    char path[PATH_MAX];

    memset(&config, 0, sizeof(config));
    strcpy(top, "/tmp/sluice-room-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(top));
    strcpy(config.spool, top);
    ck_assert_int_eq(file_join(path, top, "zip"), 0);

    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}


static off_t
blocks(int fd)
{
    struct stat st;

    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_eq(st.st_size, 0);
    return st.st_blocks * 512;
}


START_TEST(room_is_the_files_until_it_is_given_back)
{
    int fd = made();

    ck_assert_int_eq(room_take(&config, fd, 8 * MIB), 0);
    ck_assert_int_ge(blocks(fd), 8 * MIB);
    ck_assert_int_eq(room_take(&config, fd, 9 * MIB), 0);
    ck_assert_int_ge(blocks(fd), 9 * MIB);
    ck_assert_int_eq(room_trim(fd), 0);
    ck_assert_int_eq(blocks(fd), 0);
    close(fd);
    file_erase(top);
}
END_TEST


START_TEST(what_is_to_be_kept_free_is_not_taken)
{
    int fd = made();

    config.keep_free = 1ULL << 62;
    ck_assert_int_eq(room_take(&config, fd, 1), -1);
    ck_assert_int_eq(errno, ENOSPC);
    config.keep_free = 0;
    ck_assert_int_eq(room_take(&config, fd, 1ULL << 60), -1);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert_int_eq(blocks(fd), 0);
    close(fd);
    file_erase(top);
}
END_TEST


RUN("worker/room", room_is_the_files_until_it_is_given_back,
    what_is_to_be_kept_free_is_not_taken)
