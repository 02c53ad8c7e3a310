/*
 * Names for tests, put in front of libc by LD_PRELOAD: those that end in .test
 * have the address that the file $SLUICE_NAMES says now, in lines of a name and
 * an address. The answer takes its time, as name servers do: a loop that waited
 * for it would have stood still (loop.c). "silent" is the address of a name
 * server that does not answer.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TIME 600000000 /* ns */
#define SILENCE 60     /* seconds */

typedef int (*lookup_t)(const char *, const char *, const struct addrinfo *,
                        struct addrinfo **);


static char names[4096];


/* nginx keeps no environment. */
__attribute__((constructor)) static void
begin(void)
{
    const char *file = getenv("SLUICE_NAMES");

    snprintf(names, sizeof(names), "%s", file ? file : "");
}


static int
find(const char *name, char address[64])
{
    char found[256];
    int known = 0;
    FILE *file = fopen(names, "re");

    while (file && !known && fscanf(file, "%255s %63s", found, address) == 2) {
        known = strcmp(found, name) == 0;
    }

    if (file) {
        fclose(file);
    }
    return known;
}


int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
            struct addrinfo **result)
{
    char address[64];
    size_t len = name ? strlen(name) : 0;
    lookup_t real = (lookup_t) dlsym(RTLD_NEXT, "getaddrinfo");
    const struct timespec time = { .tv_nsec = TIME };

    if (len < 5 || strcmp(name + len - 5, ".test") != 0) {
        return real(name, service, hints, result);
    }

    nanosleep(&time, NULL);
    if (!find(name, address)) {
        return EAI_NONAME;
    }

    if (strcmp(address, "silent") == 0) {
        sleep(SILENCE);
        return EAI_AGAIN;
    }

    return real(address, service, hints, result);
}
