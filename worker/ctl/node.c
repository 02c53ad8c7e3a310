/* An nginx node that is to leave, or to come back: a file that it looks for
   each second (sluice_drain in nginx.conf). */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "ctl.h"
#include "options.h"
#include "say.h"

#define NODE_FILE "/run/sluice.drain"
#define NODE_FILE_OPTION                                         \
    "file", "FILE",                                              \
        "that of sluice_drain in nginx.conf; without it SLUICE_" \
        "DRAIN, or " NODE_FILE
#define NODE_WAIT_MAX 3600 /* seconds */


static const char *
node_file(const char *given)
{
    const char *known = getenv("SLUICE_DRAIN");

    return given != NULL                     ? given
           : known != NULL && *known != '\0' ? known
                                             : NODE_FILE;
}


/* Whoever is interrupted has drained it nevertheless. */
static void
node_wait(time_t seconds)
{
    struct timespec left = { .tv_sec = seconds };

    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
        /* void */
    }
}


int
ctl_node_drain(int argc, char **argv)
{
    int fd;
    const char *given = NULL, *wait = "0", *file;
    const ctl_option_t options[] = {
        { NODE_FILE_OPTION, &given },
        { "wait", "SECONDS", "stay until the balancer has noticed", &wait },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, NULL);
    const uint64_t seconds = options_number("wait", wait, 0, NODE_WAIT_MAX);

    file = node_file(given);
    fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd == -1) {
        return say_fail("cannot make %s: %s", file, strerror(errno));
    }
    close(fd);

    node_wait((time_t) seconds);
    return CTL_OK;
}


int
ctl_node_resume(int argc, char **argv)
{
    const char *given = NULL, *file;
    const ctl_option_t options[] = { { NODE_FILE_OPTION, &given },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, NULL);

    file = node_file(given);
    if (unlink(file) != 0 && errno != ENOENT) {
        return say_fail("cannot remove %s: %s", file, strerror(errno));
    }

    return CTL_OK;
}


int
ctl_node_status(int argc, char **argv)
{
    const char *given = NULL;
    const ctl_option_t options[] = { { NODE_FILE_OPTION, &given },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, NULL);

    puts(access(node_file(given), F_OK) == 0 ? "draining" : "taking requests");
    return fflush(stdout) == 0 ? CTL_OK : say_fail("writing failed");
}
