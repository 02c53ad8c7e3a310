/* Carries requests to a bucket, by libcurl: core/bucket/bucket_carrier.h. */

#ifndef SLUICE_CARRIER_H
#define SLUICE_CARRIER_H

#include "core/bucket/bucket_carrier.h"

extern const bucket_carrier_t carrier;

/* Call once, before there are threads. 0 or -1. */
int carrier_init(void);

#endif
