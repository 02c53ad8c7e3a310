/* Revocations, told to all nginx processes at once: core/revocation_message.h
   says what goes over Redis. */

#ifndef SLUICE_NEWS_H
#define SLUICE_NEWS_H

#include <jansson.h>

#define NEWS_OPTION \
    "redis", "ADDRESS", "host:port or unix:path (or SLUICE_REDIS)"

/* Tells what a change revoked: `revoked` is the array that the api.* functions
   answer. Without an address (--redis or SLUICE_REDIS), or when Redis does not
   take it, says on stderr that nginx learns of it within a minute, from the
   record. A CTL_* exit code: it fails when an address was given in vain. */
int news_tell(const char *address, const json_t *revoked);

/* Tells workers and followers what became of a job: `news` has `publish`, an
   array of {"channel", "message"}, and `wake`, ids for the stream; either may
   be missing. Without an address they learn of it within some seconds. A CTL_*
   exit code as above. */
int news_of_job(const char *address, const json_t *news);

#endif
