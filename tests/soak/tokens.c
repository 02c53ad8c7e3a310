/*
 * Asks an nginx on loopback for one path, each time with a grant of its own.
 *
 *   tokens PORT KEYS PATH REQUESTS
 *
 * HEAD requests, pipelined on one connection: an answer ends with its headers.
 * Exit status 0 when each was answered with 200.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "core/grant/grant.h"
#include "core/jose/jwk.h"

#define BATCH 64 /* requests on their way */
#define PER_CONNECTION 64000
#define REQUEST_MAX 2048
#define LIFE 3600 /* seconds of a grant */


static int
dial(int port)
{
    struct sockaddr_in sin;
    int fd;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons((uint16_t) port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd == -1 || connect(fd, (struct sockaddr *) &sin, sizeof(sin)) == -1) {
        perror("connect");
        exit(1);
    }

    return fd;
}


static void
send_all(int fd, const char *text, size_t len)
{
    ssize_t n;

    while (len > 0) {
        n = write(fd, text, len);
        if (n <= 0) {
            perror("write");
            exit(1);
        }

        text += n;
        len -= (size_t) n;
    }
}


static size_t
write_request(char *dst, const jwk_set_t *keys, const char *path, long number)
{
    grant_claims_t claims;
    char jti[32], *grant;
    int len;

    (void) snprintf(jti, sizeof(jti), "soak-%ld", number);

    memset(&claims, 0, sizeof(claims));
    claims.path = path;
    claims.path_len = strlen(path);
    claims.exp = time(NULL) + LIFE;
    claims.jti = jti;

    grant = grant_sign(keys, 0, &claims);
    if (grant == NULL) {
        fprintf(stderr, "no grant could be signed\n");
        exit(1);
    }

    len = snprintf(dst, REQUEST_MAX,
                   "HEAD %s?grant=%s HTTP/1.1\r\nHost: localhost\r\n\r\n", path,
                   grant);
    free(grant);

    return (size_t) len;
}


/* Reads so many answers; each begins with the status line we want. */
static void
read_answers(int fd, int count)
{
    static const char ok[] = "HTTP/1.1 200 ";
    static char buf[BATCH * REQUEST_MAX];
    size_t len = 0;
    ssize_t n;
    char *end, *p = buf;

    while (count > 0) {
        n = read(fd, buf + len, sizeof(buf) - 1 - len);
        if (n <= 0) {
            fprintf(stderr, "the connection ended\n");
            exit(1);
        }

        len += (size_t) n;
        buf[len] = '\0';

        while ((end = strstr(p, "\r\n\r\n")) != NULL) {
            if (strncmp(p, ok, sizeof(ok) - 1) != 0) {
                fprintf(stderr, "%.*s\n", (int) (end - p), p);
                exit(1);
            }

            p = end + 4;
            count--;
        }
    }
}


int
main(int argc, char **argv)
{
    static char batch[BATCH * REQUEST_MAX];
    char err[256];
    jwk_set_t *keys;
    size_t len;
    long done, requests;
    int i, port, fd = -1;

    if (argc != 5) {
        fprintf(stderr, "usage: tokens PORT KEYS PATH REQUESTS\n");
        return 2;
    }

    port = atoi(argv[1]);
    requests = atol(argv[4]);

    keys = jwk_set_read(argv[2], JWK_OWN, err, sizeof(err));
    if (keys == NULL) {
        fprintf(stderr, "%s\n", err);
        return 1;
    }

    for (done = 0; done < requests; done += BATCH) {
        if (done % PER_CONNECTION == 0) {
            if (fd != -1) {
                (void) close(fd);
            }
            fd = dial(port);
        }

        for (i = 0, len = 0; i < BATCH; i++) {
            len += write_request(batch + len, keys, argv[3], done + i);
        }

        send_all(fd, batch, len);
        read_answers(fd, BATCH);
    }

    (void) close(fd);
    jwk_set_free(keys);

    return 0;
}
