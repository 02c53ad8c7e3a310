/* How the worker's processes reach Redis. */

#ifndef SLUICE_REDIS_H
#define SLUICE_REDIS_H

#include <hiredis/hiredis.h>

/* Connects to where core/base/redis_address.h reads it, as the user and into
   the database that are named there; the password's file is read and names are
   looked up anew each time, and Sentinels are asked one after the other, a
   second each at most. It is a primary: a replica counts as one that is away.
   Each read and write, now and later on, waits as long at most. What comes back
   is for redisFree(), and has its `err` set when it did not work; NULL without
   memory. */
redisContext *redis_connect(const char *address, int timeout_ms);

#endif
