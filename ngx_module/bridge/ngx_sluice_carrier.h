/* Carries requests to a bucket, by libcurl, in threads: the interface is
   core/bucket/bucket_carrier.h. */

#ifndef NGX_SLUICE_CARRIER_H
#define NGX_SLUICE_CARRIER_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "core/bucket/bucket_carrier.h"

extern const bucket_carrier_t ngx_sluice_carrier;

/* When a process begins, before it has threads. */
ngx_int_t ngx_sluice_carrier_init(void);

#endif
