/*
 * A file on its way in. Bytes are appended to <spool>/<id>.part, and when all
 * are durable the file becomes <spool>/<id>. One that may be taken up again by
 * a later request, in another process, has <spool>/<id>.state beside it: how
 * far its SHA-256 has come. The file's size is the truth; where the state is
 * behind, the missing bytes are read once more.
 *
 * Who appends holds a lock on the .part file (fcntl's, of the open file: it
 * ends with the descriptor, and NFS 4 carries it between machines).
 *
 * Everything here blocks: call it from a thread, except where it says
 * otherwise. What returns ngx_err_t returns 0 or an errno.
 */

#ifndef NGX_SLUICE_SPOOL_H
#define NGX_SLUICE_SPOOL_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "core/base/sha256.h"
#include "core/base/status.h"
#include "core/base/tus.h"
#include "core/base/uuid.h"

/* A folder for such files, for as long as its configuration lives. */
typedef struct {
    ngx_str_t folder;          /* terminated */
    const char *account;       /* see ngx_sluice_spool_accounts() */
    off_t keep_free;           /* bytes */
    char node[UUID_TEXT_SIZE]; /* see ngx_sluice_spool_nodes() */
} ngx_sluice_spool_place_t;

/* Where a part of the bytes ends that goes elsewhere as one. */
typedef struct {
    off_t at;
    sha256_t behind;            /* all that is before it */
    u_char sha256[SHA256_SIZE]; /* of the part alone, if it is */
    unsigned known : 1;         /* since all of it came by here */
} ngx_sluice_spool_end_t;

#define NGX_SLUICE_SPOOL_ENDS 8

typedef struct {
    const ngx_sluice_spool_place_t *place;
    char id[UUID_TEXT_SIZE];
    char *part; /* paths, terminated */
    char *path;
    char *state;

    int fd; /* -1: not open */
    sha256_t sha256;
    off_t size;     /* bytes of the file */
    off_t saved;    /* size when the state was last written */
    off_t sent;     /* bytes that the disk was told to write */
    off_t valid;    /* before the chunk whose checksum is still to be judged */
    off_t reserved; /* bytes that the file may have, by _grow() */
    u_char digest[SHA256_SIZE];

    /* the caller's: the end of the part that the byte at `at` is of; or NULL:
       nobody asks for them */
    off_t (*part_end)(off_t at);

    /* those that were passed, the oldest first; what does not fit in is not
       kept. The caller takes them away */
    ngx_sluice_spool_end_t ends[NGX_SLUICE_SPOOL_ENDS];
    ngx_uint_t ends_count;

    sha256_t of_part;   /* of the bytes of the part that is not yet whole */
    off_t of_part_upto; /* they are all before this */
    off_t of_part_end;  /* where it ends; 0: not asked yet */

    unsigned of_part_known : 1; /* `of_part` has it from its first byte on */
    unsigned resumable : 1;     /* a .part file stays when `pool` goes */
    unsigned unjudged : 1;      /* bytes from `valid` on */
    unsigned doubted : 1;   /* the state on disk says so, still or already */
    unsigned durable : 1;   /* it is <spool>/<id> now */
    unsigned kept : 1;      /* someone else answers for that from here on */
    unsigned stored : 1;    /* all of it is in the bucket as spool/<id> */
    unsigned elsewhere : 1; /* so is what there is of it: when the lock goes,
                               its names go */
    unsigned read_only : 1; /* nothing is on disk: the digest is all there is */
} ngx_sluice_spool_t;


/* When the master starts: gives each its node's name, which stands in
   <folder>/.node, and writes that where there is none; so machines that share a
   folder are one node, and a folder that was lost is another. */
void ngx_sluice_spool_nodes(ngx_sluice_spool_place_t **places, ngx_uint_t n,
                            ngx_log_t *log);


/* a file from its first name to its last: ngx_sluice_spool.c */

/* Prepares a file with a fresh id, or with `id`, which makes it resumable;
   nothing is on disk yet, nothing blocks. When `pool` goes, the descriptor goes
   and the file, too, unless it is resumable or `kept`. NULL without memory or
   randomness. */
ngx_sluice_spool_t *
ngx_sluice_spool_create(ngx_pool_t *pool, const ngx_sluice_spool_place_t *place,
                        const char *id);

/* Makes the .part file and takes its lock; what it needs is seen to as by
   _grow(). The name of a resumable one is durable when this returns. When it
   fails, there is no file. */
ngx_err_t ngx_sluice_spool_reserve(ngx_sluice_spool_t *spool, off_t least,
                                   off_t length);

/* Opens a resumable one again and takes its lock; `size` is known then, and of
   a chunk with a checksum that was not judged nothing is left. It may be
   `durable` already: then nothing can be appended. NGX_EAGAIN: another request
   holds it. NGX_ENOENT: there is none. */
ngx_err_t ngx_sluice_spool_open(ngx_sluice_spool_t *spool);

/* Ends the lock. */
void ngx_sluice_spool_close(ngx_sluice_spool_t *spool);

/* fsync, rename, fsync of the folder, digest; of a `read_only` one that alone.
   May be done again by another process when nobody recorded it. */
ngx_err_t ngx_sluice_spool_commit(ngx_sluice_spool_t *spool);

/* Takes away all that is on disk but <spool>/<id>, and with `all` that, too. */
void ngx_sluice_spool_remove(ngx_sluice_spool_t *spool, ngx_uint_t all);

/* The same for one that nobody has open, and never <spool>/<id>. */
void ngx_sluice_spool_forget(const ngx_str_t *folder, const char *id);

/* The same for one that somebody may have open: then it stays. */
void ngx_sluice_spool_clear(const ngx_str_t *folder, const char *id);

/* What an errno of the disk is to a client; never blocks. */
sluice_status_t ngx_sluice_spool_status(ngx_err_t err);


/* what ends on the loop: ngx_sluice_spool_release.c */

#define NGX_SLUICE_SPOOL_NAME_PART 0x1
#define NGX_SLUICE_SPOOL_NAME_STATE 0x2
#define NGX_SLUICE_SPOOL_NAME_PATH 0x4

/* On the loop: a thread takes these names away, and with `closes` ends the lock
   behind that, soon. `spool` may go at once. */
void ngx_sluice_spool_release(ngx_sluice_spool_t *spool, ngx_uint_t names,
                              ngx_uint_t closes);

/* When a process exits: all that was released is done. */
void ngx_sluice_spool_end(void);


/* and what may be somebody's: ngx_sluice_spool_clear.c */

/* On the loop: ngx_sluice_spool_clear() in a thread, soon. */
void ngx_sluice_spool_clear_soon(const ngx_sluice_spool_place_t *place,
                                 const char *id);

/* When a process exits, as above. */
void ngx_sluice_spool_clear_end(void);


/* the room that it has on the disk: ngx_sluice_spool_room.c */

/* All who reserve on a file system lock one file, <account>/.room: so what is
   to be kept free is free at every moment, whoever asks beside them. Sets the
   account of each of these, which is the first by name of those on its file
   system. When a process starts. */
void ngx_sluice_spool_accounts(ngx_sluice_spool_place_t **places, ngx_uint_t n);

/* Whether the open file may become `least` bytes long and leave free what the
   place keeps: 0 and how far in `reserved`, up to `length` (of which it takes
   no more than half of what is left, unless both are the same), or NGX_ENOSPC.
   Where the file system can, the space is the file's from here on; its size
   stays. What was reserved before is not asked for again. */
ngx_err_t ngx_sluice_spool_grow(ngx_sluice_spool_t *spool, off_t least,
                                off_t length);

/* Gives back what was reserved behind the bytes that are there. */
ngx_err_t ngx_sluice_spool_trim(ngx_sluice_spool_t *spool);


/* the bytes of an open one: ngx_sluice_spool_bytes.c */

/* Reads on what the state does not cover, some MiB each time. NGX_EAGAIN: call
   it again. */
ngx_err_t ngx_sluice_spool_catch_up(ngx_sluice_spool_t *spool);

/* The open file has a hole of `size` bytes, whose digest is known, and nothing
   behind it. */
ngx_err_t ngx_sluice_spool_adopt(ngx_sluice_spool_t *spool, off_t size,
                                 const sha256_t *sha256);

/* Behind that stand `tail` bytes, written by others: they are its own if they
   have this digest, else they go. */
ngx_err_t ngx_sluice_spool_adopt_tail(ngx_sluice_spool_t *spool, off_t tail,
                                      const u_char digest[SHA256_SIZE]);

/* What has come of a part is its end, for who puts what there is: `end`. Never
   blocks. */
void ngx_sluice_spool_end_here(const ngx_sluice_spool_t *spool,
                               ngx_sluice_spool_end_t *end);

/* What is appended from here on is nothing until _judged() says so. */
ngx_err_t ngx_sluice_spool_unjudged(ngx_sluice_spool_t *spool);
ngx_err_t ngx_sluice_spool_judged(ngx_sluice_spool_t *spool, ngx_uint_t good);

/* Appends what `in` holds; reads it into the digest, and into `sum` unless
   NULL. Now and then writes down how far it is, unless it goes elsewhere in
   parts: who takes those knows that. */
ngx_err_t ngx_sluice_spool_append(ngx_sluice_spool_t *spool, ngx_chain_t *in,
                                  tus_checksum_t *sum);

/* Appends some MiB of another file, which is open, from `*offset` on, and moves
   that. NGX_EAGAIN: there is more. */
ngx_err_t ngx_sluice_spool_join(ngx_sluice_spool_t *spool,
                                ngx_sluice_spool_t *from, off_t *offset);

/* What was appended is durable, and its state is written. */
ngx_err_t ngx_sluice_spool_save(ngx_sluice_spool_t *spool);

#endif
