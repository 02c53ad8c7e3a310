#include <sys/resource.h>
#include "sandbox_inside.h"

#define SANDBOX_LIMITS_FILES 256 /* open at a time */

/* Seconds that a tool has for leaving by itself at its limit. */
#define SANDBOX_LIMITS_GRACE 5


int
sandbox_limits(const sandbox_inside_t *inside)
{
    size_t i;
    rlim_t cpu = (rlim_t) inside->cpu, memory = (rlim_t) inside->memory,
           file = (rlim_t) inside->file_size, tasks = (rlim_t) inside->tasks;
    const struct {
        __rlimit_resource_t what;
        struct rlimit limit;
    } limits[] = {
        { RLIMIT_CPU, { cpu, cpu + SANDBOX_LIMITS_GRACE } },
        { RLIMIT_FSIZE, { file, file } },
        { RLIMIT_NOFILE, { SANDBOX_LIMITS_FILES, SANDBOX_LIMITS_FILES } },
        { RLIMIT_CORE, { 0, 0 } },
        { RLIMIT_MSGQUEUE, { 0, 0 } },
        { RLIMIT_AS, { memory, memory } },
        { RLIMIT_NPROC, { tasks, tasks } }, /* last: 0 leaves it out */
    };
    size_t count = sizeof(limits) / sizeof(limits[0]) - (tasks == 0);

    for (i = 0; i < count; i++) {
        if (setrlimit(limits[i].what, &limits[i].limit) != 0) {
            return -1;
        }
    }

    /* A unit may forbid it and give the service less weight instead. */
    setpriority(PRIO_PROCESS, 0, (int) inside->nice);
    return 0;
}
