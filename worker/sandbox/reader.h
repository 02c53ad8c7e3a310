/*
 * Our own readers of what strangers sent. They run in the sandbox (sandbox.h)
 * as sluice-reader: one open file as stdin, no other file, no folder, no
 * network, under limits. What they found comes back as JSON, which is bounded
 * before it is parsed: a reader that was taken over can lie, and no more.
 *
 * sluice-reader <kind> [words]   stdin: the file; stdout, one object:
 *
 *   {"v":1,"found":{…}}        what was read
 *   {"v":1,"refused":"…"}      it is not to be read: a sentence for its owner
 *
 * The kinds are in worker/reader/.
 */

#ifndef SLUICE_READER_H
#define SLUICE_READER_H

#include <stddef.h>
#include <jansson.h>
#include "sandbox.h"

#define READER_VERSION 1
#define READER_REFUSED_SIZE 256
#define READER_WORDS_MAX 8
#define READER_DEPTH_MAX 8      /* of what is found */
#define READER_VALUES_MAX 20000 /* in it */

typedef struct {
    const char *kind;
    const char *const *words; /* its arguments, ends with NULL; NULL: none */
    int fd;                   /* a plain file, open for reading; stays yours */

    int cpu_seconds;
    int wall_seconds;
    size_t memory; /* bytes, the file not counted */

    int (*beat)(void *data); /* as in sandbox_t */
    void *data;
} reader_t;

typedef struct {
    json_t *found;                     /* an object to json_decref(), or NULL */
    char refused[READER_REFUSED_SIZE]; /* UTF-8; empty unless it was refused */
    char err[512];                     /* the end of stderr: for the log */
    int code; /* as in sandbox_result_t, with the following */
    double cpu;
    char why[96];
} reader_result_t;

/* Reads the file. SANDBOX_OK: either `found` is set or `refused` is; else as
   sandbox_run(), where a reader whose answer makes no sense has failed.
   `result` is filled in every case. */
sandbox_rc_t reader_run(const reader_t *reader, reader_result_t *result);

/* What reader_run() makes of such an answer: 0, or -1 when it makes no sense.
   `result` has to be empty. */
int reader_parse(const char *text, size_t len, reader_result_t *result);

#endif
