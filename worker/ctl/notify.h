/* What sluicectl tells nginx and the workers over Redis. Best effort: the
   record has all of it. */

#ifndef SLUICE_NOTIFY_H
#define SLUICE_NOTIFY_H

#include <jansson.h>

#define NOTIFY_OPTION                                                 \
    "redis", "ADDRESS",                                               \
        "host:port, unix:/path or sentinel://host:port,…/name (or " \
        "SLUICE_REDIS)"

/* Tells all nginx processes what a change revoked: `revoked` is the array that
   the api.* functions answer; core/table/revocation_message.h says what goes
   over Redis. Without an address (--redis or SLUICE_REDIS), or when Redis does
   not take it, says on stderr that nginx learns of it within two seconds, from
   the record. A CTL_* exit code: it fails when an address was given in vain. */
int notify_revoked(const char *address, const json_t *revoked);

/* Tells workers and who watches a job what became of it: `change` has
   `publish`, an array of {"channel", "message"}, and `wake`, ids for the
   stream; either may be missing. Without an address they learn of it within
   some seconds. A CTL_* exit code as above. */
int notify_job(const char *address, const json_t *change);

#endif
