#include <stdio.h>
#include "film.h"


void
film_notice(job_t *job, const char *sentence)
{
    json_t *notices = json_object_get(job->patch, "notices");

    if (*sentence == '\0') {
        return;
    }

    if (notices == NULL) {
        notices = json_array();
        json_object_set_new(job->patch, "notices", notices);
    }
    json_array_append_new(notices, json_string(sentence));
}


void
film_cut_off(job_t *job, double promised, double there)
{
    char sentence[JOB_ERROR_SIZE];

    snprintf(sentence, sizeof(sentence),
             "The file is cut off or damaged: of %.1f s, only %.1f s can be "
             "played.",
             promised, there);
    film_notice(job, sentence);
}
