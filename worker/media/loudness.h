/* What ffmpeg's filters say of how loud a recording is. Pure. */

#ifndef SLUICE_LOUDNESS_H
#define SLUICE_LOUDNESS_H

/* EBU R128 and EBU Tech 3342; each not finite when it was not told. */
typedef struct {
    double integrated; /* LUFS */
    double range;      /* LU */
    double peak;       /* dBTP: of the wave itself, between the samples, too */
} loudness_t;

/* Reads the summary of the filter `ebur128` at the end of what ffmpeg logged.
   0, or -1 when there is none. */
int loudness_read(const char *text, loudness_t *loudness);

/* Reads the lines of `astats` that `ametadata` printed, one for each part of
   the recording: 0 silence, 255 full scale. Where there are more parts than
   `many`, some become one. How many there are. */
int loudness_peaks(const char *text, unsigned char *peaks, int many);

#endif
