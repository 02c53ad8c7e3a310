#include <errno.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/store/disk.h"


START_TEST(a_disk_that_works_keeps_nothing_of_the_trial)
{
    char top[] = "/tmp/sluice-disk-XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(top));
    ck_assert_int_eq(disk_try(top), 0);
    ck_assert_int_eq(rmdir(top), 0);
}
END_TEST


START_TEST(a_folder_that_is_not_there_is_no_good)
{
    ck_assert_int_eq(disk_try("/nowhere"), -1);
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST


START_TEST(a_disk_with_room_is_not_full)
{
    ck_assert(!disk_full("/tmp"));
}
END_TEST


/* sysfs has no blocks at all */
START_TEST(a_disk_without_room_is_full)
{
    ck_assert(disk_full("/sys"));
}
END_TEST


START_TEST(a_tool_that_speaks_of_room_blames_the_disk)
{
    ck_assert(disk_blamed("out.mp4: No space left on device"));
    ck_assert(!disk_blamed("Invalid data found when processing input"));
}
END_TEST


RUN("worker/disk", a_disk_that_works_keeps_nothing_of_the_trial,
    a_folder_that_is_not_there_is_no_good, a_disk_with_room_is_not_full,
    a_disk_without_room_is_full, a_tool_that_speaks_of_room_blames_the_disk)
