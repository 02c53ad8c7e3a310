/* How the worker's processes and sluicectl reach PostgreSQL: each of several
   hosts has its own time, and names are looked up at each connect. */

#ifndef SLUICE_POSTGRES_H
#define SLUICE_POSTGRES_H

#include <libpq-fe.h>

/* Connects by libpq's connection string, as `name`. A server that takes no
   writes is passed by, but where the string says otherwise; and, unless
   `writes`, where it names no other. Has its PQstatus() say how it went, and is
   for PQfinish(). */
PGconn *postgres_connect(const char *conninfo, const char *name, int writes);

#endif
