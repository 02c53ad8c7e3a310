/* The schema of the record that this was built for. */

#ifndef SLUICE_SCHEMA_H
#define SLUICE_SCHEMA_H

/* How many files sql/migrations/ had: the build says it. A record that has had
   more of them serves as well, since they only add to it. */
#ifndef SLUICE_SCHEMA
#define SLUICE_SCHEMA 0
#endif

/* A scalar: how many of them the record has had. It fails where there is none.
 */
#define SCHEMA_APPLIED                                \
    "(select count(*) from public.sluice_migrations " \
    "where name ~ '^[0-9]{4}_')"

#endif
