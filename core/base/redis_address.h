/* Where Redis is and as whom we come, as nginx.conf, worker.conf and sluicectl
   say it alike:

       127.0.0.1:6379
       [::1]:6379 user=sluice password_file=/etc/sluice/redis.password db=3
       unix:/run/redis/redis.sock */

#ifndef SLUICE_REDIS_ADDRESS_H
#define SLUICE_REDIS_ADDRESS_H

#include <limits.h>
#include <stddef.h>

#define REDIS_PORT 6379 /* where none is written */
#define REDIS_PASSWORD_MAX 512
#define REDIS_ADDRESS_ERROR_SIZE 256 /* room for what is said to be wrong */

typedef struct {
    char host[PATH_MAX];          /* a name, an IP address without brackets, or
                                     the path of a Unix socket */
    unsigned port;                /* 0: a Unix socket */
    char user[256];               /* empty: the default one */
    char password_file[PATH_MAX]; /* empty: no password */
    unsigned db;
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
