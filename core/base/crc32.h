/* CRC-32 of ISO-HDLC (gzip, PNG, Ethernet). */

#ifndef SLUICE_CRC32_H
#define SLUICE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`, which is 0 at first; returns the sum so far. */
uint32_t crc32_update(uint32_t crc, const void *bytes, size_t len);

#endif
