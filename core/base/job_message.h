/*
 * What is told about jobs over Redis. On the channel "sluice:progress" how one
 * goes, as api.job_event() and the worker write it:
 *
 *   {"v":1,"job":"…","version":7,"state":"running","progress":12.5,…}
 *
 * and on "sluice:cancel" that one is to be stopped: {"v":1,"job":"…"}.
 */

#ifndef SLUICE_JOB_MESSAGE_H
#define SLUICE_JOB_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include "uuid.h"

typedef struct {
    char job[UUID_TEXT_SIZE];
    int64_t version;   /* of the job's row: grows with each change */
    unsigned over : 1; /* the last one of the job */
    char *text;        /* the message in one line, terminated */
    size_t len;
} job_message_t;

/* Reads how a job goes; members that it does not know are handed on. 0 with
   `message->text` to free(), or -1 when the text makes no sense. */
int job_message_read(const char *text, size_t len, job_message_t *message);

/* 1 when the text says that this job is to be stopped. */
int job_message_cancels(const char *text, size_t len, const char *job);

#endif
