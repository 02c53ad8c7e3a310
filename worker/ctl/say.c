#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "say.h"

static const ctl_command_t *say_current;


void
say_for(const ctl_command_t *command)
{
    say_current = command;
}


const ctl_command_t *
say_command(void)
{
    return say_current;
}


int
say_fail(const char *format, ...)
{
    va_list args;

    fputs("sluicectl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);

    return CTL_FAILED;
}


void
say_usage(const char *format, ...)
{
    va_list args;

    fputs("sluicectl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);

    if (say_current != NULL) {
        fprintf(stderr, "\nTry: sluicectl %s %s --help\n", say_current->noun,
                say_current->verb);
    } else {
        fputs("\nTry: sluicectl --help\n", stderr);
    }

    exit(CTL_USAGE);
}


const char *
say_need(const char *value, const char *option, const char *env)
{
    if (value == NULL && env != NULL) {
        value = getenv(env);
    }

    if (value == NULL || *value == '\0') {
        if (env != NULL) {
            say_usage("--%s is missing (or set %s)", option, env);
        }
        say_usage("--%s is missing", option);
    }

    return value;
}
