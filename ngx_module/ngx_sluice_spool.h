/*
 * A file on its way in. Bytes are appended to <spool>/<id>.part, and when all
 * are durable the file becomes <spool>/<id>. Everything here blocks: call it
 * from a thread, except where it says otherwise.
 */

#ifndef NGX_SLUICE_SPOOL_H
#define NGX_SLUICE_SPOOL_H

#include <ngx_config.h>
#include <ngx_core.h>

#include <openssl/evp.h>

#include "uuid.h"

#define NGX_SLUICE_SPOOL_DIGEST_SIZE 32

typedef struct {
    const char *folder; /* terminated */
    char id[UUID_TEXT_SIZE];
    char *part; /* paths, terminated */
    char *path;

    int fd; /* -1: not open */
    EVP_MD_CTX *sha256;
    off_t size; /* bytes appended */
    u_char digest[NGX_SLUICE_SPOOL_DIGEST_SIZE];

    unsigned durable : 1; /* it is <spool>/<id> now */
    unsigned kept : 1;    /* someone else answers for it from here on */
} ngx_sluice_spool_t;

/* Prepares a file with a fresh id; nothing is on disk yet, nothing blocks.
   When `pool` goes, the file goes too unless it is `kept`. NULL without memory
   or randomness. */
ngx_sluice_spool_t *ngx_sluice_spool_create(ngx_pool_t *pool,
                                            ngx_str_t *folder);

/* Appends what `in` holds, and reads it into the digest. 0 or an errno. */
ngx_err_t ngx_sluice_spool_append(ngx_sluice_spool_t *spool, ngx_chain_t *in);

/* fsync, rename, fsync of the folder, digest. 0 or an errno. */
ngx_err_t ngx_sluice_spool_commit(ngx_sluice_spool_t *spool);

#endif
