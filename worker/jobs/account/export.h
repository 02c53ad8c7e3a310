/* What the files of the job `export` share: export.c has its steps. */

#ifndef SLUICE_EXPORT_H
#define SLUICE_EXPORT_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include "worker/archive/zip_write.h"
#include "account.h"

#define EXPORT_ZIP "export.zip"

typedef struct {
    job_t *job;
    const char *id;      /* of the export */
    const json_t *begun; /* queue.begin_export() */
    char path[PATH_MAX]; /* of the zip, aside */
    int fd;
    zip_write_t *zip;
    uint64_t reserved;    /* bytes on the disk */
    uint64_t all, copied; /* bytes of files: for the progress */
    json_int_t entries;
    FILE *missing; /* missing.txt, while it grows */
    json_int_t lost;
    time_t now;
} export_t;

/* For each item of a page; `data` is the caller's. The item is not kept. */
typedef job_outcome_t (*export_each_t)(export_t *export, json_t *item,
                                       void *data);

/* Asks for all of a part, page after page: queue.export_page(). */
job_outcome_t export_pages(export_t *export, const char *part,
                           export_each_t each, void *data);

/* A text of the export that grows aside, in the job's folder; NULL with errno
   set. */
FILE *export_text(export_t *export, const char *name);

/* What was printed there becomes an entry of this name, and the file is closed
   and removed. `text` may be NULL with errno set, as export_text() leaves it:
   that is the outcome then. */
job_outcome_t export_add_text(export_t *export, FILE *text, const char *name);

/* A file becomes an entry, stored as it is. One that is not there, or cannot be
   read to its end, is named in missing.txt. `*whole` tells which. */
job_outcome_t export_add_file(export_t *export, const char *path,
                              const char *name, time_t changed, int *whole);

/* account.json and audit.jsonl; media.jsonl, with the files; the texts for who
   unpacks it, which come last. */
job_outcome_t export_account(export_t *export);
job_outcome_t export_media(export_t *export);
job_outcome_t export_readme(export_t *export);

#endif
