/* The rules that a bucket goes by, as XML: "versioning", "publicAccessBlock",
   "encryption", "lifecycle". */

#ifndef SLUICE_BUCKET_RULES_H
#define SLUICE_BUCKET_RULES_H

#include "bucket.h"

/* Sets them, in place of those that are there. */
bucket_rc_t bucket_rules_put(bucket_t *bucket, const char *kind,
                             const char *text);

/* Those that are there; `text` is good until the next request. BUCKET_MISSING
   when there are none. */
bucket_rc_t bucket_rules_get(bucket_t *bucket, const char *kind,
                             const char **text);

#endif
