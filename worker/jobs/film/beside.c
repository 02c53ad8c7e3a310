/* What is made of a film or a recording beside what plays. */

#include "film.h"


void
film_follow(job_t *job, const ffprobe_t *probe)
{
    if (probe->video.index != -1) {
        job_follow(job, "poster");
        job_follow(job, "storyboard");
    }
}
