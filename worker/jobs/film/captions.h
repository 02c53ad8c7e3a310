/* Captions that are within the pictures of a film. */

#ifndef SLUICE_CAPTIONS_H
#define SLUICE_CAPTIONS_H

#include "film.h"

/* Takes them out, as a rendition in film->rows; none, when they show
   nothing. */
job_outcome_t captions_add(film_t *film);

/* Has the job follow that does so. */
void captions_follow(job_t *job);

#endif
