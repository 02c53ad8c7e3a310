/*
 * The bucket copies the parts, and meanwhile they are read, piece by piece,
 * since SHA-256 goes over all of it: all but the first, behind which the record
 * has how far it is. S3 takes pieces of 5 MiB and more, but for the last: where
 * a part has fewer left, so many of it and of those behind it come here, and go
 * up as one.
 */

#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_tus_headers.h"
#include "ngx_http_sluice_tus_join.h"
#include "ngx_http_sluice_tus_record.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/store/ngx_http_sluice_store_lane.h"
#include "core/base/sha256.h"
#include "core/base/status.h"
#include "core/bucket/bucket_object.h"

#include <fcntl.h>


/* bytes: of a piece that is not the last ("UploadPartCopy" in S3's API
   reference); of one that is copied, so that none takes long; and that are read
   at once */
#define NGX_HTTP_SLUICE_TUS_JOIN_LEAST (5 << 20)
#define NGX_HTTP_SLUICE_TUS_JOIN_MOST (512 << 20)
#define NGX_HTTP_SLUICE_TUS_JOIN_READ (8 << 20)

#define NGX_HTTP_SLUICE_TUS_JOIN_BUFFER 65536


/* A byte of a part. */
typedef struct {
    ngx_uint_t part;
    off_t at;
} ngx_http_sluice_tus_join_place_t;

/* The request may go while threads are at it. */
struct ngx_http_sluice_tus_join_s {
    ngx_http_sluice_tus_t *tus; /* NULL: it has gone */
    ngx_http_sluice_tus_pt joined;
    sluice_status_t status;

    ngx_uint_t count;
    char ids[TUS_PARTS_MAX][UUID_TEXT_SIZE];
    off_t lengths[TUS_PARTS_MAX];
    off_t total;
    char *path; /* here: what is read, and behind it what goes up anew */

    char id[UUID_TEXT_SIZE];
    char name[NGX_HTTP_SLUICE_PARTS_NAME];
    char multipart[BUCKET_UPLOAD_SIZE];

    ngx_http_sluice_store_job_t copies; /* one at a time, to its end */
    ngx_http_sluice_tus_join_place_t copied_to;
    off_t copied;
    bucket_part_t *pieces;
    unsigned number; /* of those that are copied */

    ngx_http_sluice_store_job_t reads; /* likewise */
    ngx_http_sluice_tus_join_place_t read_to;
    sha256_t sha256;

    unsigned copying : 1;
    unsigned reading : 1;
    unsigned telling : 1;
    unsigned begun : 1; /* the record has `multipart` */
    unsigned whole : 1; /* all are copied, and completed */
};


static void ngx_http_sluice_tus_join_go(ngx_http_sluice_tus_join_t *join);


static ngx_sluice_pg_statement_t ngx_http_sluice_tus_join_begin = {
    "begin_join",
    "select status, body from api.begin_parts($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_FINISH
};


/* where it is */

static off_t
ngx_http_sluice_tus_join_left(const ngx_http_sluice_tus_join_t *join,
                              ngx_http_sluice_tus_join_place_t *place)
{
    while (place->part < join->count
           && place->at == join->lengths[place->part]) {
        place->part++;
        place->at = 0;
    }

    return place->part < join->count ? join->lengths[place->part] - place->at
                                     : 0;
}


/* Bytes of the next piece, behind `done`; 0: there is none. The bucket copies
   it where one part has all of it. */

static off_t
ngx_http_sluice_tus_join_piece(const ngx_http_sluice_tus_join_t *join,
                               ngx_http_sluice_tus_join_place_t *place,
                               off_t done, ngx_uint_t *copy)
{
    off_t left = ngx_http_sluice_tus_join_left(join, place);

    *copy = left >= NGX_HTTP_SLUICE_TUS_JOIN_LEAST
            || left == join->total - done;

    return *copy ? ngx_min(left, NGX_HTTP_SLUICE_TUS_JOIN_MOST)
                 : ngx_min(join->total - done, NGX_HTTP_SLUICE_TUS_JOIN_LEAST);
}


static void
ngx_http_sluice_tus_join_move(const ngx_http_sluice_tus_join_t *join,
                              ngx_http_sluice_tus_join_place_t *place,
                              off_t size)
{
    off_t n;

    for (/* void */; size > 0; size -= n) {
        n = ngx_min(size, ngx_http_sluice_tus_join_left(join, place));
        place->at += n;
    }
}


static ngx_uint_t
ngx_http_sluice_tus_join_pieces(const ngx_http_sluice_tus_join_t *join)
{
    off_t size, done;
    ngx_uint_t n = 0, copy;
    ngx_http_sluice_tus_join_place_t place = { 0, 0 };

    for (done = 0; done < join->total; done += size) {
        size = ngx_http_sluice_tus_join_piece(join, &place, done, &copy);
        ngx_http_sluice_tus_join_move(join, &place, size);
        n++;
    }

    return n;
}


/* in threads */

/* Bytes of the parts from a place on, into the file here. */

static bucket_rc_t
ngx_http_sluice_tus_join_fetch(const ngx_http_sluice_tus_join_t *join,
                               bucket_t *bucket,
                               ngx_http_sluice_tus_join_place_t place,
                               off_t size, int fd, off_t to)
{
    char name[NGX_HTTP_SLUICE_PARTS_NAME];
    off_t n;
    bucket_rc_t rc = BUCKET_OK;

    for (/* void */; size > 0 && rc == BUCKET_OK; size -= n, to += n) {
        n = ngx_min(size, ngx_http_sluice_tus_join_left(join, &place));
        (void) ngx_sprintf((u_char *) name, "spool/%s%Z",
                           join->ids[place.part]);
        rc = bucket_get_to(bucket, name, (uint64_t) place.at, (uint64_t) n, fd,
                           (uint64_t) to);
        place.at += n;
    }

    return rc;
}


static bucket_rc_t
ngx_http_sluice_tus_join_begin_work(void *data, bucket_t *bucket)
{
    ngx_http_sluice_tus_join_t *join = data;

    return bucket_parts_begin(bucket, join->name, NGX_HTTP_SLUICE_PARTS_TYPE,
                              join->multipart);
}


static bucket_rc_t
ngx_http_sluice_tus_join_copy_work(void *data, bucket_t *bucket)
{
    int fd;
    char source[NGX_HTTP_SLUICE_PARTS_NAME];
    ngx_uint_t copy;
    bucket_rc_t rc;
    bucket_part_t *piece;
    ngx_http_sluice_tus_join_t *join = data;

    piece = &join->pieces[join->number];
    piece->number = join->number + 1;
    piece->size = (uint64_t) ngx_http_sluice_tus_join_piece(
        join, &join->copied_to, join->copied, &copy);

    if (copy) {
        (void) ngx_sprintf((u_char *) source, "spool/%s%Z",
                           join->ids[join->copied_to.part]);
        return bucket_parts_copy(bucket, source, (uint64_t) join->copied_to.at,
                                 join->name, join->multipart, piece);
    }

    fd = open(join->path, O_RDWR | O_CLOEXEC);
    if (fd == -1) {
        return BUCKET_WRONG;
    }

    rc = ngx_http_sluice_tus_join_fetch(join, bucket, join->copied_to,
                                        (off_t) piece->size, fd,
                                        NGX_HTTP_SLUICE_TUS_JOIN_READ);
    if (rc == BUCKET_OK) {
        rc = bucket_parts_put(bucket, join->name, join->multipart,
                              piece->number, fd, NGX_HTTP_SLUICE_TUS_JOIN_READ,
                              piece->size, NULL, piece);
    }

    (void) close(fd);

    return rc;
}


static bucket_rc_t
ngx_http_sluice_tus_join_complete_work(void *data, bucket_t *bucket)
{
    ngx_http_sluice_tus_join_t *join = data;

    return bucket_parts_complete(bucket, join->name, join->multipart,
                                 join->pieces, join->number);
}


static bucket_rc_t
ngx_http_sluice_tus_join_hash(ngx_http_sluice_tus_join_t *join, int fd,
                              off_t size)
{
    u_char *buf;
    off_t done;
    ssize_t n = 1;

    buf = malloc(NGX_HTTP_SLUICE_TUS_JOIN_BUFFER);
    if (buf == NULL) {
        return BUCKET_WRONG;
    }

    for (done = 0; done < size && n > 0; done += n) {
        n = pread(
            fd, buf,
            (size_t) ngx_min(size - done, NGX_HTTP_SLUICE_TUS_JOIN_BUFFER),
            done);
        sha256_update(&join->sha256, buf, n > 0 ? (size_t) n : 0);
    }

    free(buf);

    return n > 0 ? BUCKET_OK : BUCKET_WRONG;
}


static bucket_rc_t
ngx_http_sluice_tus_join_read_work(void *data, bucket_t *bucket)
{
    int fd;
    off_t size;
    bucket_rc_t rc;
    ngx_http_sluice_tus_join_t *join = data;

    size = ngx_min(ngx_http_sluice_tus_join_left(join, &join->read_to),
                   NGX_HTTP_SLUICE_TUS_JOIN_READ);

    fd = open(join->path, O_RDWR | O_CLOEXEC);
    if (fd == -1) {
        return BUCKET_WRONG;
    }

    rc = ngx_http_sluice_tus_join_fetch(join, bucket, join->read_to, size, fd,
                                        0);
    if (rc == BUCKET_OK) {
        rc = ngx_http_sluice_tus_join_hash(join, fd, size);
    }

    (void) close(fd);
    join->read_to.at += size;

    return rc;
}


/* on the loop */

static void
ngx_http_sluice_tus_join_free(ngx_http_sluice_tus_join_t *join)
{
    if (join->tus == NULL && !join->copying && !join->reading) {
        ngx_free(join->path);
        ngx_free(join->pieces);
        ngx_free(join);
    }
}


/* Whether what a thread was asked is well, and somebody waits for it. */

static ngx_uint_t
ngx_http_sluice_tus_join_well(ngx_http_sluice_tus_join_t *join, bucket_rc_t rc)
{
    if (join->tus == NULL) {
        ngx_http_sluice_tus_join_free(join);
        return 0;
    }

    ngx_http_set_log_request(join->tus->request->connection->log,
                             join->tus->request);

    if (rc != BUCKET_OK) {
        join->status = rc == BUCKET_MISSING ? SLUICE_NOT_FOUND
                       : rc == BUCKET_WRONG ? SLUICE_INTERNAL
                                            : SLUICE_STORE_AWAY;
    }

    return 1;
}


static void
ngx_http_sluice_tus_join_went(ngx_http_sluice_tus_join_t *join)
{
    ngx_connection_t *c = join->tus->request->connection;

    ngx_http_sluice_tus_join_go(join);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sluice_tus_join_told(ngx_http_request_t *r, void *data,
                              const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_http_sluice_tus_t *tus = data;
    ngx_http_sluice_tus_join_t *join = tus->join;

    join->telling = 0;

    if (join->status == SLUICE_OK) {
        body = ngx_http_sluice_call_body(result);
        join->begun = json_is_string(json_object_get(body, "multipart"));
        join->status = join->begun                   ? SLUICE_OK
                       : result->status != SLUICE_OK ? result->status
                                                     : SLUICE_UPLOAD_LOCKED;
        json_decref(body);
    }

    ngx_http_sluice_tus_join_go(join);
}


/* The record hears of what was begun, before anything costs money in it. */

static void
ngx_http_sluice_tus_join_begun(void *data)
{
    json_t *args;
    ngx_http_sluice_tus_t *tus;
    ngx_http_sluice_tus_join_t *join = data;

    tus = join->tus;
    join->copying = 0;

    if (tus == NULL && join->multipart[0]) {
        ngx_http_sluice_parts_discard(join->id, join->multipart);
    }

    if (!ngx_http_sluice_tus_join_well(join, join->copies.rc)) {
        return;
    }

    if (join->status != SLUICE_OK) {
        ngx_http_sluice_tus_join_went(join);
        return;
    }

    ngx_memcpy(tus->up.multipart, join->multipart, BUCKET_UPLOAD_SIZE);
    tus->up.left = 1;
    join->telling = 1;

    args = ngx_http_sluice_parts_args(&tus->up);
    (void) json_object_set_new(args, "multipart", json_string(join->multipart));

    ngx_http_sluice_tus_call(tus, &ngx_http_sluice_tus_join_begin, args,
                             ngx_http_sluice_tus_join_told);
    ngx_http_run_posted_requests(tus->request->connection);
}


static void
ngx_http_sluice_tus_join_copied(void *data)
{
    off_t size;
    ngx_http_sluice_tus_join_t *join = data;

    join->copying = 0;

    if (!ngx_http_sluice_tus_join_well(join, join->copies.rc)) {
        return;
    }

    if (join->copied == join->total) {
        join->whole = 1;

    } else {
        size = (off_t) join->pieces[join->number].size;
        ngx_http_sluice_tus_join_move(join, &join->copied_to, size);
        join->copied += size;
        join->number++;
    }

    ngx_http_sluice_tus_join_went(join);
}


static void
ngx_http_sluice_tus_join_read(void *data)
{
    ngx_http_sluice_tus_join_t *join = data;

    join->reading = 0;

    if (ngx_http_sluice_tus_join_well(join, join->reads.rc)) {
        ngx_http_sluice_tus_join_went(join);
    }
}


/* 1 when it is under way. */

static ngx_uint_t
ngx_http_sluice_tus_join_post(ngx_http_sluice_tus_join_t *join,
                              ngx_http_sluice_store_job_t *ask,
                              bucket_rc_t (*work)(void *data, bucket_t *bucket),
                              void (*done)(void *data))
{
    ask->work = work;
    ask->done = done;
    ask->data = join;
    ngx_memcpy(ask->owner, join->tus->up.actor, UUID_TEXT_SIZE);

    if (ngx_http_sluice_store_post(ask) != NGX_OK) {
        join->status = SLUICE_BUSY;
        return 0;
    }

    return 1;
}


static void
ngx_http_sluice_tus_join_end(ngx_http_sluice_tus_join_t *join)
{
    ngx_http_sluice_tus_t *tus = join->tus;

    if (join->status != SLUICE_OK) {
        ngx_http_sluice_tus_refuse(
            tus, join->status,
            join->status == SLUICE_NOT_FOUND ? "A part's file is gone." : NULL);
        return;
    }

    tus->spool->size = join->total;
    tus->spool->sha256 = join->sha256;
    sha256_digest(&join->sha256, tus->spool->digest);
    join->joined(tus);
}


/* What is next of both. */

static void
ngx_http_sluice_tus_join_go(ngx_http_sluice_tus_join_t *join)
{
    if (join->status == SLUICE_OK && join->begun && !join->copying
        && !join->whole) {
        join->copying = ngx_http_sluice_tus_join_post(
            join, &join->copies,
            join->copied < join->total ? ngx_http_sluice_tus_join_copy_work
                                       : ngx_http_sluice_tus_join_complete_work,
            ngx_http_sluice_tus_join_copied);
    }

    if (join->status == SLUICE_OK && !join->reading
        && ngx_http_sluice_tus_join_left(join, &join->read_to)) {
        join->reading = ngx_http_sluice_tus_join_post(
            join, &join->reads, ngx_http_sluice_tus_join_read_work,
            ngx_http_sluice_tus_join_read);
    }

    if (!join->copying && !join->reading && !join->telling) {
        ngx_http_sluice_tus_join_end(join);
    }
}


/* it begins */

static void
ngx_http_sluice_tus_join_cleanup(void *data)
{
    ngx_http_sluice_tus_join_t *join = data;

    join->tus = NULL;
    ngx_http_sluice_tus_join_free(join);
}


/* With all that threads need; NULL without memory. */

static ngx_http_sluice_tus_join_t *
ngx_http_sluice_tus_join_create(ngx_http_sluice_tus_t *tus)
{
    ngx_uint_t n;
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_tus_join_t *join;

    cln = ngx_http_cleanup_add(tus->request, 0);
    join = ngx_calloc(sizeof(ngx_http_sluice_tus_join_t), ngx_cycle->log);
    if (cln == NULL || join == NULL) {
        ngx_free(join);
        return NULL;
    }

    cln->handler = ngx_http_sluice_tus_join_cleanup;
    cln->data = join;

    tus->join = join;
    join->tus = tus;
    join->count = tus->parts.count;
    join->total = tus->length;
    ngx_memcpy(join->ids, tus->parts.ids, sizeof(join->ids));
    ngx_memcpy(join->lengths, tus->part_lengths, sizeof(join->lengths));
    ngx_memcpy(join->id, tus->id, UUID_TEXT_SIZE);
    (void) ngx_sprintf((u_char *) join->name, "spool/%s%Z", tus->id);

    n = ngx_strlen(tus->spool->part) + 1;
    join->path = ngx_alloc(n, ngx_cycle->log);
    if (join->path == NULL) {
        return NULL;
    }

    ngx_memcpy(join->path, tus->spool->part, n);

    n = ngx_http_sluice_tus_join_pieces(join);
    join->pieces = n <= BUCKET_PARTS_MAX
                       ? ngx_calloc(n * sizeof(bucket_part_t), ngx_cycle->log)
                       : NULL;

    return join->pieces ? join : NULL;
}


void
ngx_http_sluice_tus_join(ngx_http_sluice_tus_t *tus,
                         ngx_http_sluice_tus_pt joined)
{
    ngx_http_sluice_tus_join_t *join;

    join = ngx_http_sluice_tus_join_create(tus);

    if (join == NULL) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    tus->request->read_event_handler = ngx_http_block_reading;
    tus->request->write_event_handler = ngx_http_request_empty_handler;

    join->joined = joined;
    join->sha256 = tus->spool->sha256;
    join->read_to.part = 1;
    join->copying = ngx_http_sluice_tus_join_post(
        join, &join->copies, ngx_http_sluice_tus_join_begin_work,
        ngx_http_sluice_tus_join_begun);

    ngx_http_sluice_tus_join_go(join);
}


off_t
ngx_http_sluice_tus_join_room(void)
{
    return NGX_HTTP_SLUICE_TUS_JOIN_READ + NGX_HTTP_SLUICE_TUS_JOIN_LEAST;
}
