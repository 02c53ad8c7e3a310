#include "redis_role.h"

#include <string.h>


int
redis_role_primary(const char *word)
{
    return strcmp(word, "master") == 0;
}


int
redis_role_moved(const char *error)
{
    return strstr(error, "READONLY ") != NULL
           || strncmp(error, "MASTERDOWN ", 11) == 0
           || strncmp(error, "UNBLOCKED ", 10) == 0;
}


int
redis_role_untold(const char *error)
{
    return strncmp(error, "NOPERM ", 7) == 0
           || strncmp(error, "ERR unknown command", 19) == 0;
}
