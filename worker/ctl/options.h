/* Command lines: --name value, --name=value, and operands. */

#ifndef SLUICE_OPTIONS_H
#define SLUICE_OPTIONS_H

#include <stdint.h>
#include "ctl.h"

/* Reads the running command's arguments into the options' values; `options`
   ends with a row whose name is NULL. `operands` receives those that the
   command declares, one a word; one that may be left out and was is left as it
   is. Ends the program: with CTL_OK after --help, with CTL_USAGE when something
   is unknown, missing or too much. */
void options_read(int argc, char **argv, const ctl_option_t *options,
                  const char **operands);

/* The value of an option that is a count, in digits alone, from `least` to
   `most`. Ends the program with CTL_USAGE when it is anything else. */
uint64_t options_number(const char *option, const char *text, uint64_t least,
                        uint64_t most);

/* The same for bytes, from 0 to what a bigint holds: "10g", as nginx has
   sizes. */
uint64_t options_size(const char *option, const char *text);

/* Ends the program with CTL_USAGE unless --limit is a number of rows. */
void options_check_limit(const char *limit);

#endif
