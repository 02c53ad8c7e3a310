/* Sounds whose channels or rate change within the film, as when broadcasts lie
   behind each other. Filters of ffmpeg are told of both when they begin, and so
   begin anew with each change: one that fills with silence what is missing
   would do so from the film's beginning. Such a sound is first written with the
   channels and the rate that it begins with, and then encoded from there. */

#ifndef SLUICE_STRAIGHT_H
#define SLUICE_STRAIGHT_H

#include "worker/jobs/base/argv.h"
#include "film.h"

/* Writes those among the outputs into the job's folder, if there are any. */
job_outcome_t straight_make(film_t *film, const plan_output_t *const *outputs,
                            int n);

/* Words that make inputs of them, behind the film itself. */
void straight_inputs(argv_t *argv, const film_t *film,
                     const plan_output_t *const *outputs, int n);

/* The number of the input that a sound is read from; 0: the film. */
int straight_input(const plan_output_t *const *outputs, int sound);

/* The stream of the sound whose change has ended ffmpeg, by these words of it
   with -reinit_filter 0: from here on it is known to change, in the record,
   too. -1: none, or one that was known. */
int straight_finds(film_t *film, const char *err);

#endif
