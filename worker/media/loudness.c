#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "loudness.h"

#define LOUDNESS_SUMMARY "Summary:\n"
#define LOUDNESS_PEAK "Overall.Peak_level="
#define LOUDNESS_FULL 255.0


/* "    I:         -25.1 LUFS" */
static double
loudness_number(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at != NULL ? strtod(at + strlen(name), NULL) : NAN;
}


int
loudness_read(const char *text, loudness_t *loudness)
{
    const char *at, *summary = NULL;

    /* the last one: what a file calls itself is logged, too */
    for (at = text; (at = strstr(at, LOUDNESS_SUMMARY)) != NULL; at++) {
        summary = at;
    }
    if (summary == NULL) {
        return -1;
    }

    loudness->integrated = loudness_number(summary, "\n    I:");
    loudness->range = loudness_number(summary, "\n    LRA:");
    loudness->peak = loudness_number(summary, "\n    Peak:");

    return isfinite(loudness->integrated) ? 0 : -1;
}


/* `level` is in dB, of full scale. */
static unsigned char
loudness_peak(double level)
{
    const double part = isfinite(level) ? pow(10, level / 20) : 0;

    return (unsigned char) lround(LOUDNESS_FULL * fmin(part, 1));
}


static const char *
loudness_next(const char *text)
{
    text = strstr(text, LOUDNESS_PEAK);
    return text != NULL ? text + strlen(LOUDNESS_PEAK) : NULL;
}


int
loudness_peaks(const char *text, unsigned char *peaks, int many)
{
    int i, parts = 0, each;
    unsigned char peak;
    const char *at;

    for (at = text; (at = loudness_next(at)) != NULL; /* void */) {
        parts++;
    }
    if (parts == 0 || many <= 0) {
        return 0;
    }
    each = (parts + many - 1) / many;

    for (at = text, i = 0; (at = loudness_next(at)) != NULL; i++) {
        peak = loudness_peak(strtod(at, NULL));
        if (i % each == 0 || peak > peaks[i / each]) {
            peaks[i / each] = peak;
        }
    }

    return (parts + each - 1) / each;
}
