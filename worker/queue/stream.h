/* The wake-up: Redis stream sluice:jobs, read by the group `workers`. An entry
   has two fields, `v` (1) and `id` (a job's uuid). Losing Redis, or all that is
   in it, costs speed and nothing else: so entries are not acknowledged. */

#ifndef SLUICE_STREAM_H
#define SLUICE_STREAM_H

struct redisContext; /* hiredis.h */

typedef struct stream_s stream_t;

/* `address` is "unix:path" or "host:port". `consumer` keeps its name when its
   process is replaced. NULL without memory. */
stream_t *stream_create(const char *address, const char *consumer);
void stream_free(stream_t *stream);

/* Waits up to `wait_ms` for a wake-up: some job is due, though maybe not the
   one that the entry names, since the record knows whose turn it is. 1, or 0
   when none came; -1 at once when Redis is away. */
int stream_next(stream_t *stream, int wait_ms);

/* Wakes someone for a job. Best effort, and does not wait for an answer. */
void stream_add(stream_t *stream, const char *job);

/* Publishes a text, in the same way. */
void stream_publish(stream_t *stream, const char *channel, const char *text);

/* Removes the group's consumers that have not been heard of for an hour, as of
   containers that are gone. One that lives all the same comes back by its next
   stream_next(), and nothing is pending for it. Best effort. */
void stream_tidy(stream_t *stream);

/* For who has a connection of his own: queues the wake-up there, to be sent
   with the next redisGetReply(). REDIS_OK or REDIS_ERR. */
int stream_append(struct redisContext *redis, const char *job);

#endif
