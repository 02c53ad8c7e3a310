/* The texts of sql/, embedded so that the command fits its schema. */

#ifndef SLUICE_SQL_H
#define SLUICE_SQL_H

#define SQL_ONCE 0       /* a migration */
#define SQL_REPEATABLE 1 /* runs whenever it changed */

/* A migration that builds indexes on tables that may be large, while others
   write to them: no transaction is around it, and each of its statements, which
   end with ";" and a line, may be repeated. */
#define SQL_CONCURRENT 2

typedef struct {
    const char *name;
    int how;          /* SQL_… */
    const char *text; /* terminated */
} sql_file_t;

/* In the order in which they run; the last has no name. */
extern const sql_file_t sql_files[];

#endif
