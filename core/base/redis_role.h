/* Is this Redis the one that takes writes? Of replicas one becomes the primary
   when that is lost, and the old one comes back as a replica, which answers
   PING as before. */

#ifndef SLUICE_REDIS_ROLE_H
#define SLUICE_REDIS_ROLE_H

/* 1 when the first word that ROLE answers is that of a primary. */
int redis_role_primary(const char *word);

/* 1 when an error's text says that another Redis takes writes now, or will. A
   script repeats the word within its own sentence. */
int redis_role_moved(const char *error);

/* 1 when ROLE was refused by a Redis that does not know it, or to a user who
   may not ask: nobody can tell before a write does. */
int redis_role_untold(const char *error);

#endif
