/* Where Redis is and as whom we come, as nginx.conf, worker.conf and sluicectl
   say it alike:

       127.0.0.1:6379
       [::1]:6379 user=sluice password_file=/etc/sluice/redis.password db=3
       unix:/run/redis/redis.sock
       sentinel://a:26379,b:26379/media sentinel_password_file=/etc/…

   With Sentinels the primary is asked of them, one after the other. */

#ifndef SLUICE_REDIS_ADDRESS_H
#define SLUICE_REDIS_ADDRESS_H

#include <limits.h>
#include <stddef.h>

#define REDIS_PORT 6379 /* where none is written */
#define REDIS_SENTINEL_PORT 26379
#define REDIS_SENTINELS_MAX 8
#define REDIS_REPLICAS_MAX 9
#define REDIS_NAME_SIZE 256 /* of a host, a user, a primary */
#define REDIS_PASSWORD_MAX 512
#define REDIS_ADDRESS_ERROR_SIZE 512 /* room for what is said to be wrong */

typedef struct {
    char host[REDIS_NAME_SIZE]; /* a name, or an IP address without brackets */
    unsigned port;
} redis_sentinel_t;

typedef struct {
    char host[PATH_MAX];          /* a name, an IP address without brackets, or
                                     the path of a Unix socket; of Sentinels
                                     empty */
    unsigned port;                /* 0: a Unix socket, or Sentinels */
    char user[REDIS_NAME_SIZE];   /* empty: the default one */
    char password_file[PATH_MAX]; /* empty: no password */
    unsigned db;
    unsigned min_replicas; /* that must have a use before it counts; unless
                              written 1 with Sentinels, else 0 */

    redis_sentinel_t sentinels[REDIS_SENTINELS_MAX];
    size_t sentinel_count;         /* 0: `host` is Redis itself */
    char primary[REDIS_NAME_SIZE]; /* what the Sentinels call it */
    char sentinel_user[REDIS_NAME_SIZE];
    char sentinel_password_file[PATH_MAX];
} redis_address_t;

/* Reads one word of `len` bytes: the address first (`address` is emptied), then
   a parameter. 0, or -1 with a sentence in `err` that says what to write, and
   no password. */
int redis_address_first(redis_address_t *address, const char *word, size_t len,
                        char *err, size_t err_size);
int redis_address_more(redis_address_t *address, const char *word, size_t len,
                       char *err, size_t err_size);

/* Reads all of them, with blanks between. The same. */
int redis_address_read(redis_address_t *address, const char *text, char *err,
                       size_t err_size);

/* The first line of the password's file into `password`, terminated. 0, or -1
   with a sentence. To be wiped. */
int redis_password_read(const char *file, char password[REDIS_PASSWORD_MAX + 1],
                        char *err, size_t err_size);

#endif
