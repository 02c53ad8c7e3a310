#include <stdarg.h>
#include <stdio.h>
#include "fail.h"


int
fail_because(char *why, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, size, format, args);
    va_end(args);

    return -1;
}
