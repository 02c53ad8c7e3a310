/* What a record promises those who run: nginx's and workers' functions. They
   see no table, so a change of the schema breaks nobody as long as these are
   there. */

#ifndef SLUICE_PROMISE_H
#define SLUICE_PROMISE_H

#include <libpq-fe.h>

/* What nginx and workers of the release call that the record has had last, as
   JSON to free(): sluice.called() without sluice.called_before(). "[]" of a
   record that nobody has come to yet; NULL after saying why not. */
char *promise_read(PGconn *conn);

/* 0 when all of that can still be called as before, and what comes back has
   what it had; -1 after saying what would break. */
int promise_keep(PGconn *conn, const char *promised);

#endif
