/*
 * Files: what arrived (spool), what is being made (work), and what is published
 * (media, in <xx>/<media id>/). That is in a folder or in a bucket, as
 * worker.conf says, and nobody else needs to know: of a bucket's files there
 * are copies here while jobs read them. In a folder publishing is one rename of
 * what is complete and on disk; in a bucket, file by file. A published path
 * never changes its bytes. With a bucket, each call may take as long as the
 * network does.
 */

#ifndef SLUICE_STORE_H
#define SLUICE_STORE_H

#include <limits.h>
#include <stddef.h>
#include "core/base/uuid.h"
#include "core/store/credentials.h"
#include "worker/config/config.h"

/* Call once in a process, before there are threads. 0 or -1. */
int store_open(void);

/* A folder of this try's own: <work>/<job id>.XXXXXX, since an earlier try may
   not know yet that it lost the job. Returns a descriptor that holds a lock on
   it until it is closed, or -1 with errno set. */
int store_work_create(const config_t *config, const char *job,
                      char path[PATH_MAX]);

/* Removes the folders below `work` that no process holds. */
void store_work_sweep(const config_t *config);

/* Where the file that was uploaded is on this machine: in the store, or still
   in the spool. Makes sure that the tools may read it; it stays there until it
   is released. 0, or -1 with errno set. */
int store_find_original(const config_t *config, const char *media,
                        char path[PATH_MAX]);

/* Where a file of the media's folder is; the same. */
int store_find_file(const config_t *config, const char *media, const char *name,
                    char path[PATH_MAX]);

/* Nobody here reads that file any more; NULL: none of those that were found. */
void store_release(const char *path);

/* Moves the upload at `from`, whose bytes are on disk already, into the store
   as original.<extension>. May be repeated. 0, or -1 with errno set. */
int store_keep_original(const config_t *config, const char *media,
                        const char *from, const char *extension);

/* The same for a file that belongs to a score: it is in the spool under its own
   id, and then in the media's folder as attachments/<id>.<extension>. */
int store_find_attachment(const config_t *config, const char *media,
                          const char *attachment, char path[PATH_MAX]);
int store_keep_attachment(const config_t *config, const char *media,
                          const char *attachment, const char *from,
                          const char *extension);

/* Makes a file that a tool left in `work` fit for publishing: plain, 0644, on
   disk. 0, or -1 with errno set (EINVAL: no plain file). */
int store_settle(const char *work, const char *name);

/* The same for a folder, 0755, after its files: EINVAL unless it holds exactly
   so many. */
int store_settle_folder(const char *work, const char *name, int files);

/* Publishes `name`, a settled file or folder in `work`, under the same name in
   the media's folder, where a folder in the name is made. What is published
   already stays, and what was made anew is dropped. 0, or -1 with errno set. */
int store_publish(const config_t *config, const char *media, const char *work,
                  const char *name);

/* Removes a published file, with the folders of its name that are empty then,
   and an attachment's file wherever it is. Both are gone for good when they
   return 0; -1 with errno set. */
int store_unpublish(const config_t *config, const char *media,
                    const char *name);
int store_remove_attachment(const config_t *config, const char *media,
                            const char *attachment);

/* The folder of a film's piece on its way from who encodes it to who joins it,
   in the media's own: nothing names it. */
#define STORE_PIECES ".pieces"
#define STORE_PIECE_SIZE (sizeof(STORE_PIECES) + UUID_TEXT_SIZE + 16)

void store_piece(char name[STORE_PIECE_SIZE], const char *run, int piece);

/* Removes all files of a media, wherever they are. 0, or -1 with errno set. */
int store_remove(const config_t *config, const char *media);

/* Removes a file that is still in the spool. 0, or -1 with errno set. */
int store_remove_upload(const config_t *config, const char *upload);

/* 1: what takes long ends at its next step, with errno ECANCELED, until it is 0
   again. From any thread. */
void store_hurry(int hurry);

/* Whether the store answers, asked anew if it did not when it was asked last.
   0, or -1 with a sentence in `err`. */
int store_try(const config_t *config, char *err, size_t err_size);

/* The same, asked in any case, and whether it is nobody else's; by `who` from
   then on, unless that is NULL. */
int store_check(const config_t *config, const credentials_t *who, char *err,
                size_t err_size);

#endif
