/* What a command says when it does not work out. */

#ifndef SLUICE_SAY_H
#define SLUICE_SAY_H

#include "ctl.h"

/* From now on this command runs. */
void say_for(const ctl_command_t *command);

/* The command that runs, or NULL. */
const ctl_command_t *say_command(void);

/* "sluicectl: <sentence>" on stderr. Returns CTL_FAILED. */
int say_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, with where to find help. Ends the program with CTL_USAGE. */
void say_usage(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* The value of an option that must be there: as given, or from the environment
   variable. Ends the program with CTL_USAGE when neither is set. */
const char *say_need(const char *value, const char *option, const char *env);

#endif
