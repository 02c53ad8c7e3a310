/* What the files of an upload's parts know of each other:
 *
 *     ngx_http_sluice_parts.c       what is known, and what is next
 *     ngx_http_sluice_parts_room.c  what may be on this disk meanwhile
 *     ngx_http_sluice_parts_job.c   what a thread asks of the bucket
 *     ngx_http_sluice_parts_put.c   … with each part
 *     ngx_http_sluice_parts_jobs.c  … before them, behind them, without them
 *     ngx_http_sluice_parts_tail.c  … of what is behind them
 *     ngx_http_sluice_parts_turn.c  whose turn it is
 *     ngx_http_sluice_parts_discard.c  what nobody wants any more
 */

#ifndef NGX_HTTP_SLUICE_PARTS_INTERNAL_H
#define NGX_HTTP_SLUICE_PARTS_INTERNAL_H

#include "ngx_http_sluice_parts.h"

/* What comes of what was asked. */
struct ngx_http_sluice_parts_ways_s {
    /* there is an upload in parts: to be recorded */
    void (*begun)(ngx_http_sluice_parts_t *parts);

    void (*tailed)(ngx_http_sluice_parts_t *parts, json_t *args);

    /* the bucket has answered, and the job is over: what is next follows */
    void (*came)(ngx_http_sluice_parts_t *parts);
};

/* 1 when one more part can go up, or all that is left. */
ngx_uint_t ngx_http_sluice_parts_full(const ngx_http_sluice_parts_t *parts);

/* 1 while something is asked, or is to be recorded. */
ngx_uint_t ngx_http_sluice_parts_busy(const ngx_http_sluice_parts_t *parts);

/* Of what comes from here on the ends of parts are kept. */
void ngx_http_sluice_parts_watch(ngx_http_sluice_parts_t *parts);

/* No thread writes: what has come may go up. */
void ngx_http_sluice_parts_look(ngx_http_sluice_parts_t *parts);

/* Puts as many of those that are full as may be under way. */
void ngx_http_sluice_parts_ask_full(ngx_http_sluice_parts_t *parts);

/* `wanted` bytes are to be here: the client is read from again when there is
   room, or hears why not. A chunk whose checksum is to be judged waits for its
   end; and where nothing can go up, nothing is waited for. */
void ngx_http_sluice_parts_wanted(ngx_http_sluice_parts_t *parts);

/* Each asks the bucket, and one of parts->ways is gone: an upload in parts; a
   file that is none; the end of the parts, which are [[bytes, etag, sha256],
   …]. */
void ngx_http_sluice_parts_ask_begin(ngx_http_sluice_parts_t *parts);
void ngx_http_sluice_parts_ask_whole(ngx_http_sluice_parts_t *parts);
void ngx_http_sluice_parts_ask_complete(ngx_http_sluice_parts_t *parts,
                                        const json_t *list);

/* The bytes behind the parts, into the bucket and out of it. What goes up may
   do so behind the request: then `waits` is 0, and _asked() does not come. */
void ngx_http_sluice_parts_ask_tail(ngx_http_sluice_parts_t *parts,
                                    ngx_uint_t waits);
void ngx_http_sluice_parts_ask_fetch(ngx_http_sluice_parts_t *parts);

/* The request goes; what is asked has its end without it. How much that is. */
ngx_uint_t ngx_http_sluice_parts_leave(ngx_http_sluice_parts_t *parts);

/* The request goes: its turn is over, unless another one ends it. */
void ngx_http_sluice_parts_turn_end(ngx_http_sluice_parts_t *parts);

/* Of the upload in parts nothing is left soon; a file with its name stays. */
void ngx_http_sluice_parts_abort(const char *id, const char *multipart);

#endif
