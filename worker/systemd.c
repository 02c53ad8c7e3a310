#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "systemd.h"


int
systemd_tell(const char *state)
{
    int fd;
    size_t len;
    ssize_t n;
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (path == NULL) {
        return 0;
    }

    len = strlen(path);
    if ((*path != '/' && *path != '@') || len >= sizeof(address.sun_path)) {
        errno = EINVAL;
        return -1;
    }

    memcpy(address.sun_path, path, len);
    if (*path == '@') {
        address.sun_path[0] = '\0'; /* the abstract namespace: unix(7) */
    }

    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1) {
        return -1;
    }

    n = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
               (struct sockaddr *) &address,
               (socklen_t) (offsetof(struct sockaddr_un, sun_path) + len));
    close(fd);
    return n == -1 ? -1 : 0;
}


double
systemd_watchdog(void)
{
    const char *microseconds = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");

    if (microseconds == NULL || (pid != NULL && atoi(pid) != getpid())) {
        return 0;
    }

    return strtod(microseconds, NULL) / 2e6;
}
