/* Times as WebVTT has them (W3C WebVTT, 4.1). Pure. */

#ifndef SLUICE_STAMP_H
#define SLUICE_STAMP_H

#define STAMP_SIZE 32 /* "00:00:00.000", terminated */

/* Writes seconds, from 0 to 1e6, as "00:00:00.000". */
void stamp(char text[STAMP_SIZE], double seconds);

#endif
