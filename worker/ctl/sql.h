/* The texts of sql/, embedded so that the command fits its schema. */

#ifndef SLUICE_SQL_H
#define SLUICE_SQL_H

typedef struct {
    const char *name;
    int repeatable;   /* run whenever it changed; the others run once */
    const char *text; /* terminated */
} sql_file_t;

/* In the order in which they run; the last has no name. */
extern const sql_file_t sql_files[];

#endif
