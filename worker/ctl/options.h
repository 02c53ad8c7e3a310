/* Command lines: --name value, --name=value, and operands. */

#ifndef SLUICE_OPTIONS_H
#define SLUICE_OPTIONS_H

#include "ctl.h"

/* Reads the running command's arguments into the options' values; `options`
   ends with a row whose name is NULL. `operands` receives those that the
   command declares, one a word; one that may be left out and was is left as it
   is. Ends the program: with CTL_OK after --help, with CTL_USAGE when something
   is unknown, missing or too much. */
void options_read(int argc, char **argv, const ctl_option_t *options,
                  const char **operands);

/* Ends the program with CTL_USAGE unless --limit is a number of rows. */
void options_check_limit(const char *limit);

#endif
