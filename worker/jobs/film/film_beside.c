/* What is told and made of a film or a recording beside what plays. */

#include <stdio.h>
#include "film.h"


static void
film_put(json_t *recording, const char *name, int number)
{
    if (number > 0) {
        json_object_set_new(recording, name, json_integer(number));
    }
}


/* Of a recording without pictures, what its tags tell. */
static void
film_recording(job_t *job, const ffprobe_t *probe)
{
    json_t *recording = json_object();

    if (*probe->album) {
        json_object_set_new(recording, "album", json_string(probe->album));
    }
    film_put(recording, "track", probe->track);
    film_put(recording, "disc", probe->disc);
    film_put(recording, "year", probe->year);

    json_object_set_new(job->patch, "recording", recording);
}


static void
film_beyond(job_t *job, const char *format, int most)
{
    char sentence[JOB_ERROR_SIZE];

    snprintf(sentence, sizeof(sentence), format, most);
    film_notice(job, sentence);
}


void
film_beside(job_t *job, const ffprobe_t *probe)
{
    film_notice(job, probe->missing);
    if (probe->more_sounds > 0) {
        film_beyond(job, "Of its sounds only the first %d are played.",
                    FFPROBE_SOUNDS_MAX);
    }
    if (probe->more_texts > 0) {
        film_beyond(job, "Of its subtitles only the first %d are shown.",
                    FFPROBE_TEXTS_MAX);
    }

    if (probe->video.index != -1) {
        job_follow(job, "poster");
        job_follow(job, "storyboard");
    } else {
        film_recording(job, probe);
        if (probe->cover != -1) {
            job_follow(job, "cover");
        }
        job_follow(job, "listen");
    }
    job_follow(job, "chapters");
}
