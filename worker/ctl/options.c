#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "options.h"
#include "say.h"

#define OPTIONS_MORE ",..."
#define OPTIONS_LIMIT_MAX 10000


static int options_digits(const char *text, uint64_t *n, const char **end);
static void options_help(const ctl_option_t *options);
static void options_set(const ctl_option_t *option, const char *value);
static const char *options_operand(int n, int *len);
static const ctl_option_t *options_find(const ctl_option_t *options,
                                        const char *name, size_t len);


void
options_read(int argc, char **argv, const ctl_option_t *options,
             const char **operands)
{
    int i, n = 0, word, only_operands = 0;
    size_t len;
    const char *arg, *equals, *name;
    const ctl_option_t *option;

    for (i = 1; i < argc; i++) {
        arg = argv[i];

        if (only_operands || arg[0] != '-' || arg[1] == '\0') {
            if (options_operand(n, &word) == NULL) {
                say_usage("\"%s\" is one argument too many", arg);
            }
            operands[n++] = arg;
            continue;
        }

        if (strcmp(arg, "--") == 0) {
            only_operands = 1;
            continue;
        }

        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
            options_help(options);
            exit(CTL_OK);
        }

        equals = strchr(arg, '=');
        len = equals ? (size_t) (equals - arg) : strlen(arg);
        option = options_find(options, arg, len);

        if (option == NULL) {
            say_usage("there is no option %.*s", (int) len, arg);
        }

        if (option->metavar == NULL) {
            if (equals != NULL) {
                say_usage("--%s takes no value", option->name);
            }
            *option->value = "";

        } else if (equals != NULL) {
            options_set(option, equals + 1);

        } else {
            if (++i == argc) {
                say_usage("--%s needs a value: %s", option->name,
                          option->metavar);
            }
            options_set(option, argv[i]);
        }
    }

    name = options_operand(n, &word);
    if (name != NULL && *name != '[') {
        say_usage("%.*s is missing", word, name);
    }
}


/* The name of the nth operand, from 0, or NULL when there are not so many. */
static const char *
options_operand(int n, int *len)
{
    const char *name = say_command()->operand;

    for (/* void */; name != NULL && n > 0; n--) {
        name = strchr(name, ' ');
        name = name ? name + 1 : NULL;
    }

    *len = name ? (int) strcspn(name, " ") : 0;
    return name;
}


uint64_t
options_number(const char *option, const char *text, uint64_t least,
               uint64_t most)
{
    uint64_t n;
    const char *end;

    if (options_digits(text, &n, &end) != 0 || *end != '\0' || n < least
        || n > most) {
        say_usage("--%s is a number from %" PRIu64 " to %" PRIu64
                  " in digits alone, not \"%s\"",
                  option, least, most, text);
    }

    return n;
}


uint64_t
options_size(const char *option, const char *text)
{
    int shift;
    uint64_t n;
    const char *end, *unit;
    static const char units[] = "kmgt";

    if (options_digits(text, &n, &end) == 0) {
        unit = *end ? strchr(units, tolower((unsigned char) *end)) : NULL;
        shift = unit ? 10 * (int) (unit - units + 1) : 0;

        if (end[unit != NULL] == '\0' && n <= (uint64_t) INT64_MAX >> shift) {
            return n << shift;
        }
    }

    say_usage("--%s is a size of up to %" PRId64
              " bytes, such as 500 or, with k, m, g or t, 10g, not \"%s\"",
              option, INT64_MAX, text);
}


/* strtoumax() alone takes spaces and a sign, and wraps. */
static int
options_digits(const char *text, uint64_t *n, const char **end)
{
    char *rest;

    errno = 0;
    *n = strtoumax(text, &rest, 10);
    *end = rest;

    return isdigit((unsigned char) text[0]) && errno == 0 ? 0 : -1;
}


void
options_check_limit(const char *limit)
{
    (void) options_number("limit", limit, 1, OPTIONS_LIMIT_MAX);
}


static void
options_set(const ctl_option_t *option, const char *value)
{
    char *joined;
    const char *more;

    more = strstr(option->metavar, OPTIONS_MORE);

    if (more == NULL || *option->value == NULL) {
        *option->value = value;
        return;
    }

    /* like the arguments themselves, it stays until the program ends */
    joined = malloc(strlen(*option->value) + 1 + strlen(value) + 1);
    if (joined == NULL) {
        say_usage("out of memory");
    }

    sprintf(joined, "%s,%s", *option->value, value);
    *option->value = joined;
}


static const ctl_option_t *
options_find(const ctl_option_t *options, const char *name, size_t len)
{
    if (len < 3 || name[0] != '-' || name[1] != '-') {
        return NULL;
    }

    for (/* void */; options->name != NULL; options++) {
        if (strlen(options->name) == len - 2
            && strncmp(options->name, name + 2, len - 2) == 0) {
            return options;
        }
    }

    return NULL;
}


static void
options_help(const ctl_option_t *options)
{
    char left[64];
    const ctl_command_t *command = say_command();

    printf("sluicectl %s %s%s%s [options]\n%s\n\n", command->noun,
           command->verb, command->operand ? " " : "",
           command->operand ? command->operand : "", command->help);

    for (/* void */; options->name != NULL; options++) {
        snprintf(left, sizeof(left), "--%s %s", options->name,
                 options->metavar ? options->metavar : "");
        printf("  %-24s %s\n", left, options->help);
    }

    printf("  %-24s %s\n", "--help", "shows this");
}
