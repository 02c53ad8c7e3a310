/* Texts that somebody brings for a film. */

#ifndef SLUICE_BROUGHT_H
#define SLUICE_BROUGHT_H

#include "film.h"

/* Reads the file, keeps it in the store, and adds its rendition to film->rows;
   or, where the file is there, does nothing: a new playlist is to say what the
   record has of it by now. */
job_outcome_t brought_take(film_t *film, const json_t *params);

#endif
