/*
 * Sends a file as the body of one request, by sendfile(2): the least that a
 * client on the same machine can cost, so that what is measured is the server.
 * Prints what the server answers; exits with 1 when that is no 2xx.
 *
 *     send FILE PORT METHOD PATH [HEADER ...]
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_MAX 4096
#define ANSWER_MAX 65536


static int
dial(const char *port)
{
    struct sockaddr_in addr = { .sin_family = AF_INET };
    int fd;

    addr.sin_port = htons((uint16_t) atoi(port));
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd == -1
        || connect(fd, (struct sockaddr *) &addr, sizeof(addr)) == -1) {
        err(EXIT_FAILURE, "port %s", port);
    }

    return fd;
}


static void
send_head(int fd, off_t length, char **args, char **headers)
{
    char head[HEAD_MAX];
    size_t len;

    len = (size_t) snprintf(head, sizeof(head),
                            "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n"
                            "Connection: close\r\nContent-Length: %lld\r\n",
                            args[1], args[2], args[0], (long long) length);

    for (/* void */; *headers && len < sizeof(head); headers++) {
        len += (size_t) snprintf(head + len, sizeof(head) - len, "%s\r\n",
                                 *headers);
    }

    if (len + 2 > sizeof(head)) {
        errx(EXIT_FAILURE, "the head is longer than %d bytes", HEAD_MAX);
    }

    memcpy(head + len, "\r\n", 2);

    if (send(fd, head, len + 2, MSG_MORE | MSG_NOSIGNAL)
        != (ssize_t) (len + 2)) {
        err(EXIT_FAILURE, "send");
    }
}


/* A server that refuses answers before it has all: what it says is read. */

static void
send_body(int fd, int file, off_t length)
{
    off_t at = 0;

    while (at < length) {
        if (sendfile(fd, file, &at, (size_t) (length - at)) <= 0) {
            warn("sendfile stopped at %lld", (long long) at);
            return;
        }
    }
}


static int
print_answer(int fd)
{
    static char answer[ANSWER_MAX];
    size_t len = 0;
    ssize_t n;

    while (len < sizeof(answer) - 1
           && (n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0) {
        len += (size_t) n;
    }

    (void) fputs(answer, stdout);

    return strncmp(answer, "HTTP/1.1 2", 10) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}


int
main(int argc, char **argv)
{
    struct stat st;
    int file, fd;

    if (argc < 5) {
        errx(EXIT_FAILURE, "usage: send FILE PORT METHOD PATH [HEADER ...]");
    }

    (void) signal(SIGPIPE, SIG_IGN);
    file = open(argv[1], O_RDONLY);

    if (file == -1 || fstat(file, &st) == -1) {
        err(EXIT_FAILURE, "%s", argv[1]);
    }

    fd = dial(argv[2]);
    send_head(fd, st.st_size, argv + 2, argv + 5);
    send_body(fd, file, st.st_size);

    return print_answer(fd);
}
