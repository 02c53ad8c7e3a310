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

    /* read() gives at most so many bytes, or BUCKET_CARRIER_ABORT; take() has
       all that were brought, or it is aborted; header() hears the status line,
       too, and is not terminated */
    size_t (*read)(void *data, char *to, size_t size);
    size_t (*take)(void *data, const char *bytes, size_t len);
    void (*header)(void *data, const char *line, size_t len);
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
