#include "streams.h"

#include <string.h>


#define STREAMS_MAGIC 0x65727473 /* "stre" */
#define STREAMS_VERSION 1

#define STREAMS_WAYS 32 /* places of a bucket: a user has one bucket */


typedef struct {
    stream_t stream;
    int64_t until; /* taken while now < until */
    uint64_t idle; /* no request is under way that is known of */
} streams_place_t;

struct streams_s {
    uint32_t magic;
    uint32_t version;
    uint64_t buckets;
    streams_place_t places[];
};


size_t
streams_init(void *mem, size_t size)
{
    streams_t *table = mem;
    size_t bucket = STREAMS_WAYS * sizeof(streams_place_t);

    if (size < sizeof(streams_t) + bucket) {
        return 0;
    }

    memset(mem, 0, size);
    table->magic = STREAMS_MAGIC;
    table->version = STREAMS_VERSION;
    table->buckets = (size - sizeof(streams_t)) / bucket;

    return (size_t) table->buckets * STREAMS_WAYS;
}


int
streams_valid(const void *mem)
{
    const streams_t *table = mem;

    return table->magic == STREAMS_MAGIC && table->version == STREAMS_VERSION;
}


static streams_place_t *
streams_bucket(streams_t *table, const meter_user_t *user)
{
    return table->places + user->word[1] % table->buckets * STREAMS_WAYS;
}


static int
streams_is_users(const streams_place_t *place, const meter_user_t *user)
{
    return place->stream.user.word[0] == user->word[0]
           && place->stream.user.word[1] == user->word[1];
}


static int
streams_is(const streams_place_t *place, const stream_t *stream)
{
    return streams_is_users(place, &stream->user)
           && place->stream.device == stream->device
           && place->stream.title == stream->title;
}


static streams_place_t *
streams_find(streams_t *table, const stream_t *stream, int64_t now)
{
    int i;
    streams_place_t *place = streams_bucket(table, &stream->user);

    for (i = 0; i < STREAMS_WAYS; i++, place++) {
        if (place->until > now && streams_is(place, stream)) {
            return place;
        }
    }

    return NULL;
}


/* What a new one can have: a place that is free, or one that its device has
   left where the user has `limit` of them. `room`: he has fewer. */

static streams_place_t *
streams_vacant(streams_t *table, const stream_t *stream, uint32_t limit,
               int64_t now, int *room)
{
    int i;
    uint32_t n = 0;
    streams_place_t *place = streams_bucket(table, &stream->user);
    streams_place_t *vacant = NULL, *left = NULL;

    for (i = 0; i < STREAMS_WAYS; i++, place++) {
        if (place->until <= now) {
            vacant = place;
            continue;
        }

        if (streams_is_users(place, &stream->user)) {
            n++;

            if (place->idle && place->stream.device == stream->device) {
                left = place;
            }
        }
    }

    *room = n < limit || left != NULL;

    return n < limit ? vacant : left;
}


int
streams_take(streams_t *table, const stream_t *stream, uint32_t limit,
             int64_t now)
{
    int room;
    streams_place_t *place = streams_find(table, stream, now);

    if (place == NULL) {
        place = streams_vacant(table, stream, limit, now, &room);

        if (!room) {
            return 0;
        }
    }

    if (place) {
        place->stream = *stream;
        place->until = now + STREAMS_OPEN;
        place->idle = 0;
    }

    return 1;
}


void
streams_end(streams_t *table, const stream_t *stream, int64_t now)
{
    streams_place_t *place = streams_find(table, stream, now);

    if (place) {
        place->until = now + STREAMS_IDLE;
        place->idle = 1;
    }
}


size_t
streams_count(const streams_t *table, int64_t now)
{
    size_t i, n, many = (size_t) table->buckets * STREAMS_WAYS;

    for (n = 0, i = 0; i < many; i++) {
        n += table->places[i].until > now;
    }

    return n;
}
