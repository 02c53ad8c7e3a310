/* The wake-up: Redis stream sluice:jobs, read by the group `workers`. An entry
   has two fields, `v` (1) and `id` (a job's uuid). Losing Redis, or all that is
   in it, costs speed and nothing else. */

#ifndef SLUICE_STREAM_H
#define SLUICE_STREAM_H

#include "uuid.h"

#define STREAM_ENTRY_SIZE 48 /* "1767225600000-18446744073709551615" */

typedef struct stream_s stream_t;

typedef struct {
    char entry[STREAM_ENTRY_SIZE]; /* the stream's id, for stream_ack() */
    char job[UUID_TEXT_SIZE];      /* empty when the entry makes no sense */
} stream_wake_t;

/* `address` is "unix:path" or "host:port". `consumer` keeps its name when its
   process is replaced: what the last one did not acknowledge is read first.
   NULL without memory. */
stream_t *stream_create(const char *address, const char *consumer);
void stream_free(stream_t *stream);

/* Waits up to `wait_ms` for a wake-up. 1 with `*wake` filled; 0 when there was
   none; -1 at once when Redis is away. */
int stream_next(stream_t *stream, int wait_ms, stream_wake_t *wake);

/* Tells that the entry is dealt with. Best effort. */
void stream_ack(stream_t *stream, const char *entry);

/* Wakes someone for a job. Best effort. */
void stream_add(stream_t *stream, const char *job);

#endif
