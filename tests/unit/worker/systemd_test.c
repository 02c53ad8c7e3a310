#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/systemd.h"


/* systemd's end, under an abstract name of this process's own. */
static int
listener(void)
{
    int fd, n;
    char name[64];
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    n = snprintf(name, sizeof(name), "@sluice-notify-%d", getpid());
    memcpy(address.sun_path, name, (size_t) n);
    address.sun_path[0] = '\0';

    fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    ck_assert_int_eq(
        bind(fd, (struct sockaddr *) &address,
             (socklen_t) (offsetof(struct sockaddr_un, sun_path) + (size_t) n)),
        0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}


START_TEST(a_state_reaches_systemd)
{
    int fd = listener();
    char text[32] = "";

    ck_assert_int_eq(systemd_tell("READY=1"), 0);
    ck_assert_int_eq(recv(fd, text, sizeof(text), MSG_DONTWAIT), 7);
    ck_assert_str_eq(text, "READY=1");
    close(fd);
}
END_TEST


START_TEST(without_systemd_nothing_is_sent)
{
    unsetenv("NOTIFY_SOCKET");
    ck_assert_int_eq(systemd_tell("READY=1"), 0);
}
END_TEST


START_TEST(a_socket_that_is_gone_is_an_error)
{
    setenv("NOTIFY_SOCKET", "/nowhere/notify", 1);
    ck_assert_int_eq(systemd_tell("READY=1"), -1);
}
END_TEST


START_TEST(the_dog_is_fed_twice_as_often_as_it_asks)
{
    unsetenv("WATCHDOG_PID");
    setenv("WATCHDOG_USEC", "30000000", 1);
    ck_assert_double_eq(systemd_watchdog(), 15);
}
END_TEST


START_TEST(another_process_feeds_its_own_dog)
{
    setenv("WATCHDOG_USEC", "30000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    ck_assert_double_eq(systemd_watchdog(), 0);
}
END_TEST


RUN("worker/systemd", a_state_reaches_systemd, without_systemd_nothing_is_sent,
    a_socket_that_is_gone_is_an_error, the_dog_is_fed_twice_as_often_as_it_asks,
    another_process_feeds_its_own_dog)
