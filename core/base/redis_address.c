#define _GNU_SOURCE /* memmem */
#include "redis_address.h"

#include "core/base/fail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REDIS_ADDRESS_BLANKS " \t"


/* -1 when it does not fit, or is empty. */

static int
redis_address_copy(char *to, size_t size, const char *from, size_t len)
{
    if (len == 0 || len >= size) {
        return -1;
    }

    memcpy(to, from, len);
    to[len] = '\0';
    return 0;
}


/* A number of at most `max`; -1 for all else. */

static long
redis_address_number(const char *text, size_t len, long max)
{
    long n;
    size_t i;

    for (n = 0, i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }

        n = n * 10 + (text[i] - '0');

        if (n > max) {
            return -1;
        }
    }

    return len ? n : -1;
}


/* "host", "host:port", "[IPv6]" or "[IPv6]:port" */

static int
redis_address_host(redis_address_t *address, const char *word, size_t len)
{
    long port;
    size_t host;
    const char *end;

    if (*word == '[') {
        end = memchr(word, ']', len);
        if (end == NULL) {
            return -1;
        }

        word++;
        host = (size_t) (end - word);
        end++;
        len--;

    } else {
        end = memchr(word, ':', len);
        host = end ? (size_t) (end - word) : len;
        end = word + host;
    }

    port = REDIS_PORT;

    if (end < word + len) {
        port = *end == ':' ? redis_address_number(
                   end + 1, (size_t) (word + len - end) - 1, 65535)
                           : -1;
    }

    address->port = (unsigned) port;

    return port > 0 && memchr(word, '@', host) == NULL
                   && memchr(word, '/', host) == NULL
               ? redis_address_copy(address->host, sizeof(address->host), word,
                                    host)
               : -1;
}


int
redis_address_first(redis_address_t *address, const char *word, size_t len,
                    char *err, size_t err_size)
{
    memset(address, 0, sizeof(redis_address_t));

    if (len > 5 && strncmp(word, "unix:", 5) == 0) {
        return word[5] == '/'
                       && redis_address_copy(address->host,
                                             sizeof(address->host), word + 5,
                                             len - 5)
                              == 0
                   ? 0
                   : fail_because(err, err_size,
                                  "the path of Redis's socket is one "
                                  "from /: unix:/run/redis/redis.sock");
    }

    if (memchr(word, '@', len) != NULL || memmem(word, len, "://", 3) != NULL) {
        return fail_because(
            err, err_size,
            "Redis's address holds no user, password or scheme: write "
            "\"<host>:<port> user=<name> password_file=<file>\"");
    }

    if (len == 0 || redis_address_host(address, word, len) != 0) {
        return fail_because(
            err, err_size,
            "invalid address of Redis, \"%.*s\": write <host>:<port>, "
            "[<IPv6>]:<port> or unix:<path>",
            (int) (len < 64 ? len : 64), word);
    }

    return 0;
}


int
redis_address_more(redis_address_t *address, const char *word, size_t len,
                   char *err, size_t err_size)
{
    int rc;
    long db;
    size_t name, all = len;
    const char *value;

    value = memchr(word, '=', len);
    name = value ? (size_t) (value - word) : len;
    value = value ? value + 1 : word + len;
    len -= (size_t) (value - word);

    rc = -1;

    if (name == 4 && strncmp(word, "user", name) == 0) {
        rc = redis_address_copy(address->user, sizeof(address->user), value,
                                len);

    } else if (name == 13 && strncmp(word, "password_file", name) == 0) {
        rc = redis_address_copy(address->password_file,
                                sizeof(address->password_file), value, len);

    } else if (name == 2 && strncmp(word, "db", name) == 0) {
        db = redis_address_number(value, len, INT_MAX);
        address->db = db < 0 ? 0 : (unsigned) db;
        rc = db < 0 ? -1 : 0;
    }

    return rc == 0 ? 0
                   : fail_because(
                       err, err_size,
                       "invalid parameter \"%.*s\" of Redis: write "
                       "user=<name>, password_file=<file> or db=<number>",
                       (int) (all < 64 ? all : 64), word);
}


int
redis_address_read(redis_address_t *address, const char *text, char *err,
                   size_t err_size)
{
    size_t len;

    text += strspn(text, REDIS_ADDRESS_BLANKS);
    len = strcspn(text, REDIS_ADDRESS_BLANKS);

    if (redis_address_first(address, text, len, err, err_size) != 0) {
        return -1;
    }

    for (;;) {
        text += len;
        text += strspn(text, REDIS_ADDRESS_BLANKS);
        len = strcspn(text, REDIS_ADDRESS_BLANKS);

        if (len == 0) {
            return 0;
        }

        if (redis_address_more(address, text, len, err, err_size) != 0) {
            return -1;
        }
    }
}


int
redis_password_read(const char *file, char password[REDIS_PASSWORD_MAX + 1],
                    char *err, size_t err_size)
{
    FILE *in;
    size_t len;

    in = fopen(file, "re");
    if (in == NULL) {
        return fail_because(err, err_size, "\"%.128s\": %s", file,
                            strerror(errno));
    }

    len = fgets(password, REDIS_PASSWORD_MAX + 1, in) != NULL
              ? strcspn(password, "\r\n")
              : 0;
    fclose(in);

    password[len] = '\0';

    return len ? 0
               : fail_because(err, err_size,
                              "no password in the first line of "
                              "\"%.128s\"",
                              file);
}
