/* worker.conf: lines of a key and a value, # starts a comment. */

#ifndef SLUICE_CONFIG_H
#define SLUICE_CONFIG_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include "core/store/location.h"
#include "issuer_line.h"
#include "mail_line.h"

#define CONFIG_SLOTS_MAX 64
#define CONFIG_ISSUERS_MAX 16
#define CONFIG_NAME_SIZE 201
#define CONFIG_PATIENCE 60 /* seconds, when it is not given */
#define CONFIG_PATIENCE_MAX 3600
#define CONFIG_FILM_LINES 1080 /* when they are not given */
#define CONFIG_FILM_LINES_MAX 2160
#define CONFIG_KEEP_FREE (1ULL << 30) /* bytes, when it is not given */
#define CONFIG_ORIGINALS (20ULL << 30)

typedef struct {
    char database[1024];      /* conninfo of PostgreSQL */
    char redis[4 * PATH_MAX]; /* as redis_address_read() takes it */
    char media[PATH_MAX];     /* what is published; empty: in a bucket */
    location_t store;         /* that bucket; or none */
    char spool[PATH_MAX];     /* what arrived; on the filesystem of media */
    char work[PATH_MAX];      /* what is being made; the same filesystem */
    char log[PATH_MAX];       /* empty: stderr */
    int log_json;             /* 1: in JSON */
    char pid[PATH_MAX];       /* empty: none is written */
    int slots;                /* jobs at a time; 1 when not given */
    int slots_encode;         /* of those, such as take what is long alone */
    int slots_quick;          /* and such as take all else */
    int patience;             /* seconds until a silent slot is killed */
    uint64_t keep_free;       /* bytes that large files leave on the disk */
    uint64_t originals;       /* bytes of a bucket's files that stay here */
    int film_lines;           /* of the highest rung that is encoded */
    int noop;                 /* 1: jobs of kind noop are done, for tests */
    char mail_name[CONFIG_NAME_SIZE]; /* whose mails they are; empty: the
                                         site's host */
    mail_line_t mail;
    issuer_line_t issuers[CONFIG_ISSUERS_MAX];
    size_t issuer_count;
} config_t;

/* Whether what is published is in a bucket. */
#define config_has_bucket(config) ((config)->store.bucket[0] != '\0')

/* What the slot of this number, from 1, takes: "encode", "quick", or "", any
   job. */
const char *config_ability(const config_t *config, int number);

/* Reads a text of `len` bytes. 0, or -1 with a sentence in `err` that starts
   with the line's number. Looks at no file. */
int config_parse(const char *text, size_t len, config_t *config, char *err,
                 size_t err_size);

/* Reads a file, and makes sure that its folders are there and, where what is
   made is published by rename, lie on one filesystem, and that what its bucket
   and issuers need is at hand. 0, or -1 with a sentence that starts with the
   file's name. */
int config_read(const char *path, config_t *config, char *err, size_t err_size);

#endif
