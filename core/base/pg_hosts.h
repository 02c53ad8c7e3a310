/* The servers that a connection string names, of which one takes writes, and
   whose turn it is to be asked:

       host=a,b port=5432
       host=db.internal
       host=a,b hostaddr=10.0.0.1,10.0.0.2

   An attempt is one address of one host. When it fails the next one has its
   turn, first of the addresses of that host, then of the hosts; who goes well
   keeps his turn. */

#ifndef SLUICE_PG_HOSTS_H
#define SLUICE_PG_HOSTS_H

#include <stddef.h>

#define PG_HOSTS_MAX 8
#define PG_HOST_SIZE 256 /* with its terminator, as all of these */
#define PG_HOST_PORT_SIZE 8
#define PG_HOST_ADDRESS_SIZE 64
#define PG_HOST_ADDRESSES_MAX 8 /* of a name, as many as are tried */
#define PG_HOSTS_ERROR_SIZE 256 /* room for what is said to be wrong */

typedef struct {
    char name[PG_HOST_SIZE];      /* a name, an address, the folder of a socket;
                                     empty: libpq's own */
    char port[PG_HOST_PORT_SIZE]; /* empty: libpq's own */
    char address[PG_HOST_ADDRESS_SIZE]; /* empty: by its name */
    char well[PG_HOST_ADDRESS_SIZE];    /* its address that went well last */
} pg_host_t;

typedef struct {
    pg_host_t host[PG_HOSTS_MAX];
    unsigned n;
    unsigned at;     /* whose turn it is */
    unsigned tried;  /* addresses of his that have failed */
    unsigned failed; /* hosts that have, one after the other */
    unsigned turn;   /* counts attempts that have failed */
} pg_hosts_t;

/* Reads lists as libpq takes them; NULL is the same as empty. 0, or -1 with a
   sentence in `err`. */
int pg_hosts_read(pg_hosts_t *hosts, const char *host, const char *hostaddr,
                  const char *port, char *err, size_t err_size);

/* 1 when the host's name must be looked up: neither an address nor a socket. */
int pg_host_is_name(const pg_host_t *host);

/* Which of the `n` > 0 addresses of the host whose turn it is, that were looked
   up just now. */
unsigned pg_hosts_choose(const pg_hosts_t *hosts,
                         char addresses[][PG_HOST_ADDRESS_SIZE], unsigned n);

/* The attempt of this `turn` has failed; its host has `n` addresses, 0 when
   none was found. Another that began with the same turn failed by it, too. 1:
   now all hosts have failed, one after the other. */
int pg_hosts_failed(pg_hosts_t *hosts, unsigned turn, unsigned n);

/* The attempt went well, by this address ("": none): he keeps his turn. One of
   a turn that is over counts for nothing. */
void pg_hosts_went_well(pg_hosts_t *hosts, unsigned turn, const char *address);

#endif
