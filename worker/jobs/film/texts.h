/* Texts of a film, wherever they come from. */

#ifndef SLUICE_TEXTS_H
#define SLUICE_TEXTS_H

#include "film.h"

/* Reads a text, whose language is known or empty, and on whose clock the film
   begins at `zero` (seconds): what reading_subtitles() has found, to
   json_decref(). */
job_outcome_t texts_read(film_t *film, const char *path, const char *language,
                         double zero, json_t **found);

/* Writes what was `found` (reading_subtitles()) as a rendition of this name,
   with its playlist, and adds its row to film->rows; `about` is the row's so
   far, and is taken. */
job_outcome_t texts_add(film_t *film, const char *name, const json_t *found,
                        json_t *about);

/* Both for a file in the job's folder that ffmpeg has made of what is inside,
   in UTF-8, whatever stands in the film. One that cannot be read, or shows
   nothing, is logged and passed over. */
job_outcome_t texts_inside(film_t *film, const char *name, const char *file,
                           double zero, json_t *about);

#endif
