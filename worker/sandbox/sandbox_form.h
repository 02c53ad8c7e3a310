/* The two forms of the sandbox, from the outside: what is executed. */

#ifndef SLUICE_SANDBOX_FORM_H
#define SLUICE_SANDBOX_FORM_H

#include <limits.h>
#include "sandbox.h"

#define SANDBOX_SELF "/in/sandbox" /* sluice-sandbox, as a word of argv */

/* The bytes that the words of a command line point to. */
typedef struct {
    char numbers[6][24];
    char paths[4][PATH_MAX];
} sandbox_words_t;

/* The form that was settled for this process, or SANDBOX_ANY. */
sandbox_form_t sandbox_form(void);

/* Settles it; `helper` is the path of sluice-sandbox. */
void sandbox_form_settle(sandbox_form_t form, const char *helper);

/* The path of the i-th of our programs that lie beside it. 1; 0: there are no
   more; -1: too long. */
int sandbox_form_beside(const char *helper, size_t i, char path[PATH_MAX]);

/* Puts the command line for the tool in this form into `argv`, which ends with
   NULL; the start of the tool is told on descriptor `report`. Returns the
   number of words, or -1 when there are too many. */
int sandbox_argv(sandbox_form_t form, const sandbox_t *sandbox, int report,
                 const char *argv[SANDBOX_ARGV_MAX], sandbox_words_t *words);

#endif
