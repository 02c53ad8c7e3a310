/* How the worker's processes reach Redis. */

#ifndef SLUICE_REDIS_H
#define SLUICE_REDIS_H

#include <hiredis/hiredis.h>

/* 1 for "unix:/path" and "host:port". */
int redis_address_valid(const char *address);

/* Connects to such an address; each read and write later on waits as long at
   most. What comes back is for redisFree(), and has its `err` set when it did
   not work; NULL without memory. */
redisContext *redis_connect(const char *address, int timeout_ms);

#endif
