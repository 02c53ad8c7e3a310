#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include "clock.h"
#include "pulse.h"

static _Atomic time_t *pulse_beats; /* monotonic seconds */
static _Atomic time_t *pulse_own;


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
        atomic_store(pulse_own, clock_seconds());
    }
}


long
pulse_age(int place)
{
    return pulse_beats ? clock_seconds() - atomic_load(&pulse_beats[place]) : 0;
}
