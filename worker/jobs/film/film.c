#include <math.h>
#include <stdio.h>
#include <string.h>
#include "worker/jobs/base/media_tool.h"
#include "film.h"
#include "film_clock.h"

#define FILM_PROBE_SECONDS 60

/* Of processor time: decoding alone. */
#define FILM_DECODING_BASE 300.0
#define FILM_DECODING_SECOND 4.0


double
film_duration(const job_t *job)
{
    const json_t *media = json_object_get(job->row, "media");

    return json_number_value(json_object_get(media, "duration"));
}


int
film_decoding(const film_t *film)
{
    return (int) (FILM_DECODING_BASE
                  + FILM_DECODING_SECOND * film->plan.duration);
}


/* Of before, or of another program's: asked again. */
static job_outcome_t
film_probe(film_t *film)
{
    job_t *job = film->job;
    const json_t *facts;

    facts = json_object_get(json_object_get(job->row, "media"), "facts");

    if (json_is_object(facts) && ffprobe_recall(facts, &film->probe) == 0) {
        if (!(film->probe.duration > 0)) {
            film->probe.duration = film_duration(job);
        }
        return JOB_DONE;
    }

    return media_tool_probe_input(job, FILM_PROBE_SECONDS, film_duration(job),
                                  &film->probe);
}


static job_outcome_t
film_planned_otherwise(const film_t *film)
{
    return job_end(film->job, JOB_BAD,
                   "This film is planned otherwise by now.");
}


/* {"name", "why"} of the copy that does not play. */
static job_outcome_t
film_instead(film_t *film, const json_t *instead)
{
    const char *why = json_string_value(json_object_get(instead, "why"));

    film->instead = plan_find(
        &film->plan, json_string_value(json_object_get(instead, "name")));
    if (film->instead == NULL || !film->instead->is_video
        || film->instead->recode != NULL || why == NULL) {
        return film_planned_otherwise(film);
    }

    plan_encode(&film->plan, film->instead, why);
    return JOB_DONE;
}


/* That a copy would not have done is known by those that follow, and what the
   rungs were held to. */
static job_outcome_t
film_params(film_t *film)
{
    size_t i;
    double rate;
    json_t *rung;
    const char *why;
    plan_output_t *output;
    const json_t *params = json_object_get(film->job->row, "params");
    const json_t *instead = json_object_get(params, "instead");

    why = json_string_value(json_object_get(params, "why"));
    if (why != NULL) {
        plan_recode(&film->plan, &film->probe, film->job->config->film_lines,
                    why);
    }
    if (instead != NULL && film_instead(film, instead) != JOB_DONE) {
        return JOB_BAD;
    }

    json_array_foreach(json_object_get(params, "rungs"), i, rung)
    {
        output = plan_find(&film->plan,
                           json_string_value(json_object_get(rung, "name")));
        rate = json_number_value(json_object_get(rung, "rate"));
        if (output == NULL || output->recode == NULL || !(rate > 0)) {
            return film_planned_otherwise(film);
        }
        output->rate = rate;
    }

    return JOB_DONE;
}


void
film_follow(job_t *job, json_t *row)
{
    json_t *follow = json_object_get(job->patch, "follow");

    if (follow == NULL) {
        follow = json_array();
        json_object_set_new(job->patch, "follow", follow);
    }
    json_array_append_new(follow, row);
}


const char *
film_why(const plan_t *plan)
{
    return plan->encoded ? plan->recode_video : NULL;
}


static void
film_split_follow(job_t *job, const plan_t *plan, json_t *instead)
{
    film_follow(job,
                json_pack("{s:s, s:{s:s*, s:o*}}", "kind", "split", "params",
                          "why", film_why(plan), "instead", instead));
}


void
film_split(job_t *job, const plan_t *plan)
{
    int i, left = 0;

    for (i = 0; i < plan->nvideos; i++) {
        left += !plan->outputs[i].first;
    }
    if (left > 0) {
        film_split_follow(job, plan, NULL);
    }
}


void
film_split_instead(job_t *job, const plan_t *plan, const char *name,
                   const char *why)
{
    film_split_follow(job, plan,
                      json_pack("{s:s, s:s}", "name", name, "why", why));
}


int
film_rungs(const film_t *film, const plan_output_t *rungs[PLAN_RUNGS_MAX])
{
    int i, n = 0;
    const plan_t *plan = &film->plan;

    if (film->instead != NULL) {
        rungs[0] = film->instead;
        return 1;
    }

    for (i = 0; i < plan->nvideos && n < PLAN_RUNGS_MAX; i++) {
        if (!plan->outputs[i].first && plan->outputs[i].recode != NULL) {
            rungs[n++] = &plan->outputs[i];
        }
    }

    return n;
}


job_outcome_t
film_open(film_t *film, job_t *job)
{
    job_outcome_t outcome;
    const char *complaint, *mark = strrchr(job->work, '.');

    memset(film, 0, sizeof(*film));
    film->job = job;
    film->rows = json_array();

    /* the try's own: what an earlier one has published is another's */
    snprintf(film->folder, sizeof(film->folder), "hls/%.8s%s",
             job->id + strlen(job->id) - 8, mark ? mark + 1 : "");

    outcome = job_open(job);
    if (outcome == JOB_DONE) {
        outcome = film_probe(film);
        film->probe.bytes = (double) job->input_size;
    }
    if (outcome != JOB_DONE) {
        return outcome;
    }

    complaint = ffprobe_complaint(&film->probe, job->input_size);
    if (complaint != NULL) {
        return job_end(job, JOB_BAD, "%s", complaint);
    }

    film_clock_settle(film);
    plan_make(&film->plan, &film->probe, job->config->film_lines);
    return film_params(film);
}


void
film_close(film_t *film)
{
    ffprobe_free(&film->probe);
    json_decref(film->rows);
}
