#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>
#include "pulse.h"

static _Atomic long *pulse_beats; /* monotonic seconds */
static _Atomic long *pulse_own;


static long pulse_now(void);


int
pulse_create(int places)
{
    void *memory;

    memory = mmap(NULL, (size_t) places * sizeof(*pulse_beats),
                  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return -1;
    }

    pulse_beats = memory;
    return 0;
}


void
pulse_take(int place)
{
    pulse_own = pulse_beats ? &pulse_beats[place] : NULL;
    pulse_beat();
}


void
pulse_beat(void)
{
    if (pulse_own != NULL) {
        atomic_store(pulse_own, pulse_now());
    }
}


long
pulse_age(int place)
{
    return pulse_beats ? pulse_now() - atomic_load(&pulse_beats[place]) : 0;
}


static long
pulse_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}
