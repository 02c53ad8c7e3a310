#define _GNU_SOURCE /* memmem */
#include "redis_address.h"

#include "core/base/fail.h"
#include "core/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REDIS_ADDRESS_BLANKS " \t"


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


/* "host", "host:port", "[IPv6]" or "[IPv6]:port"; `*port` is what holds where
   none is written. */

static int
redis_address_host(char *to, size_t size, unsigned *port, const char *word,
                   size_t len)
{
    long n;
    size_t host;
    const char *end;

    if (len && *word == '[') {
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

    n = (long) *port;

    if (end < word + len) {
        n = *end == ':' ? redis_address_number(
                end + 1, (size_t) (word + len - end) - 1, 65535)
                        : -1;
    }

    *port = (unsigned) n;

    return n > 0 && memchr(word, '@', host) == NULL
                   && memchr(word, '/', host) == NULL
               ? text_copy(to, size, word, host)
               : -1;
}


/* "name" of Sentinel's own alphabet */

static int
redis_address_primary(redis_address_t *address, const char *word, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                   "0123456789.-_",
                   word[i])
            == NULL) {
            return -1;
        }
    }

    return text_copy(address->primary, sizeof(address->primary), word, len);
}


/* "a:26379,b:26379/name" */

static int
redis_address_sentinels(redis_address_t *address, const char *word, size_t len)
{
    size_t one;
    const char *slash, *end, *comma;
    redis_sentinel_t *sentinel;

    slash = memchr(word, '/', len);
    if (slash == NULL
        || redis_address_primary(address, slash + 1,
                                 (size_t) (word + len - slash) - 1)
               != 0) {
        return -1;
    }

    do {
        if (address->sentinel_count == REDIS_SENTINELS_MAX) {
            return -1;
        }

        comma = memchr(word, ',', (size_t) (slash - word));
        end = comma ? comma : slash;
        one = (size_t) (end - word);

        sentinel = &address->sentinels[address->sentinel_count++];
        sentinel->port = REDIS_SENTINEL_PORT;

        if (redis_address_host(sentinel->host, sizeof(sentinel->host),
                               &sentinel->port, word, one)
            != 0) {
            return -1;
        }

        word = end + 1;
    } while (end < slash);

    address->min_replicas = 1;

    return 0;
}


/* What is no address of ours; it may have a password. */

static int
redis_address_refuse(const char *word, size_t len, char *err, size_t err_size)
{
    if (len > 9 && strncmp(word, "rediss://", 9) == 0) {
        return fail_because(err, err_size,
                            "Redis is not asked over TLS: put stunnel4 or "
                            "haproxy before it and write its socket, "
                            "unix:/run/stunnel4/redis.sock");
    }

    return fail_because(
        err, err_size,
        "Redis's address holds no user, password or scheme: write "
        "\"<host>:<port> user=<name> password_file=<file>\"");
}


int
redis_address_first(redis_address_t *address, const char *word, size_t len,
                    char *err, size_t err_size)
{
    memset(address, 0, sizeof(redis_address_t));

    if (len > 5 && strncmp(word, "unix:", 5) == 0) {
        return word[5] == '/'
                       && text_copy(address->host, sizeof(address->host),
                                    word + 5, len - 5)
                              == 0
                   ? 0
                   : fail_because(err, err_size,
                                  "the path of Redis's socket is one "
                                  "from /: unix:/run/redis/redis.sock");
    }

    if (memchr(word, '@', len) != NULL) {
        return redis_address_refuse(word, len, err, err_size);
    }

    if (len >= 11 && strncmp(word, "sentinel://", 11) == 0) {
        return redis_address_sentinels(address, word + 11, len - 11) == 0
                   ? 0
                   : fail_because(err, err_size,
                                  "invalid Sentinels of Redis, \"%.*s\": write "
                                  "sentinel://<host>:<port>,<host>:<port>/"
                                  "<name>, %d of them at most",
                                  (int) (len < 64 ? len : 64), word,
                                  REDIS_SENTINELS_MAX);
    }

    if (memmem(word, len, "://", 3) != NULL) {
        return redis_address_refuse(word, len, err, err_size);
    }

    address->port = REDIS_PORT;

    if (redis_address_host(address->host, sizeof(address->host), &address->port,
                           word, len)
        != 0) {
        return fail_because(
            err, err_size,
            "invalid address of Redis, \"%.*s\": write <host>:<port>, "
            "[<IPv6>]:<port>, unix:<path> or "
            "sentinel://<host>:<port>,…/<name>",
            (int) (len < 64 ? len : 64), word);
    }

    return 0;
}


/* name=value; what a word sets, by its name. */

typedef struct {
    const char *name;
    size_t offset, size; /* of a text; size 0: an unsigned */
    long max;            /* of a number */
    int sentinel;        /* only with Sentinels */
} redis_address_word_t;

#define REDIS_ADDRESS_TEXT(name, field, sentinel)               \
    {                                                           \
        name, offsetof(redis_address_t, field),                 \
            sizeof(((redis_address_t *) 0)->field), 0, sentinel \
    }
#define REDIS_ADDRESS_NUMBER(name, field, max)            \
    {                                                     \
        name, offsetof(redis_address_t, field), 0, max, 0 \
    }

static const redis_address_word_t redis_address_words[] = {
    REDIS_ADDRESS_TEXT("user", user, 0),
    REDIS_ADDRESS_TEXT("password_file", password_file, 0),
    REDIS_ADDRESS_TEXT("sentinel_user", sentinel_user, 1),
    REDIS_ADDRESS_TEXT("sentinel_password_file", sentinel_password_file, 1),
    REDIS_ADDRESS_NUMBER("db", db, INT_MAX),
    REDIS_ADDRESS_NUMBER("min_replicas", min_replicas, REDIS_REPLICAS_MAX),
};


static int
redis_address_set(redis_address_t *address, const redis_address_word_t *word,
                  const char *value, size_t len)
{
    long n;
    char *to = (char *) address + word->offset;

    if (word->sentinel && address->sentinel_count == 0) {
        return -1;
    }

    if (word->size) {
        return text_copy(to, word->size, value, len);
    }

    n = redis_address_number(value, len, word->max);
    if (n < 0) {
        return -1;
    }

    *(unsigned *) (void *) to = (unsigned) n;
    return 0;
}


int
redis_address_more(redis_address_t *address, const char *word, size_t len,
                   char *err, size_t err_size)
{
    size_t i, name;
    const char *value;
    const redis_address_word_t *known;

    value = memchr(word, '=', len);
    name = value ? (size_t) (value - word) : len;

    for (i = 0;
         value
         && i < sizeof(redis_address_words) / sizeof(redis_address_words[0]);
         i++) {
        known = &redis_address_words[i];

        if (strlen(known->name) == name && strncmp(word, known->name, name) == 0
            && redis_address_set(address, known, value + 1, len - name - 1)
                   == 0) {
            return 0;
        }
    }

    return fail_because(
        err, err_size,
        "invalid parameter \"%.*s\" of Redis: write user=<name>, "
        "password_file=<file>, db=<number> or min_replicas=<0..%d>, and of "
        "Sentinels sentinel_user=<name> or sentinel_password_file=<file>",
        (int) (len < 64 ? len : 64), word, REDIS_REPLICAS_MAX);
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
