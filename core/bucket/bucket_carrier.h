/*
 * What carries a request to a bucket and its answer back. core/ has no sockets:
 * whoever asks a bucket brings a carrier, of threads or processes that may
 * wait.
 */

#ifndef SLUICE_BUCKET_CARRIER_H
#define SLUICE_BUCKET_CARRIER_H

#include <stddef.h>
#include <stdint.h>

#define BUCKET_CARRIER_REASON 256 /* bytes of a sentence */
#define BUCKET_CARRIER_ABORT ((size_t) -1)

/* How long it may take: until there is a connection, and with fewer bytes a
   second than these. */
#define BUCKET_CARRIER_CONNECT_MS 5000
#define BUCKET_CARRIER_SLOW_BYTES 1024
#define BUCKET_CARRIER_SLOW_SECONDS 20

typedef struct {
    const char *method;
    const char *url;            /* http:// or https://, as it is to be sent */
    const char *const *headers; /* lines without their end; ends with NULL */
    const char *text;           /* what is posted; or NULL */
    int puts;                   /* `size` bytes, that read() gives */
    uint64_t size;

    /* `size` × `count` bytes, as fread() and fwrite() have it; another number
       than was asked for, or more than that from read(), aborts. header() hears
       the status line, too, and what it hears is not terminated. */
    size_t (*read)(char *to, size_t size, size_t count, void *data);
    size_t (*take)(char *bytes, size_t size, size_t count, void *data);
    size_t (*header)(char *line, size_t size, size_t count, void *data);
    void *data;
} bucket_carrier_ask_t;

typedef struct {
    void *(*open)(void); /* NULL: no memory */
    void (*close)(void *carrier);

    /* Neither redirects nor proxies are followed, and a server's certificate
       must be good. 0 when there was a whole answer, or -1 with a reason; it is
       empty beforehand. */
    int (*carry)(void *carrier, const bucket_carrier_ask_t *ask,
                 char reason[BUCKET_CARRIER_REASON]);
} bucket_carrier_t;

#endif
