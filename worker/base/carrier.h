/* Carries requests to a bucket, by libcurl: core/bucket/bucket_carrier.h.
   http_init() comes before it. */

#ifndef SLUICE_CARRIER_H
#define SLUICE_CARRIER_H

#include "core/bucket/bucket_carrier.h"

extern const bucket_carrier_t carrier;

#endif
