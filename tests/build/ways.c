/* Writes down which functions of the module are entered: SLUICE_WAYS names the
   file, each line a process and a place in the module, in hexadecimal. Goes
   into nginx with LD_PRELOAD, beside a module built with
   -finstrument-functions. */

#define _GNU_SOURCE /* dladdr() */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_MAX 64

void __cyg_profile_func_enter(void *function, void *caller);
void __cyg_profile_func_exit(void *function, void *caller);


void
__cyg_profile_func_enter(void *function, void *caller)
{
    static int fd = -1;
    char line[LINE_MAX];
    Dl_info info;
    int len;

    (void) caller;

    if (fd == -1) {
        fd = open(getenv("SLUICE_WAYS"), O_WRONLY | O_APPEND | O_CLOEXEC);
    }

    if (dladdr(function, &info) == 0) {
        return;
    }

    len = snprintf(
        line, sizeof(line), "%d %lx\n", (int) getpid(),
        (unsigned long) ((char *) function - (char *) info.dli_fbase));
    (void) !write(fd, line, (size_t) len);
}


void
__cyg_profile_func_exit(void *function, void *caller)
{
    (void) function;
    (void) caller;
}
