/* Notes without pages: nothing here draws them. Read in the sandbox, and judged
   again here. */

#include "worker/score/music.h"
#include "score.h"

#define SCORE_NOTES_SECONDS 60 /* of processor time: 100 MiB take 5 */


static job_outcome_t
score_notes(job_t *job, score_t *score, const char *kind, uint64_t max)
{
    json_t *found;
    job_outcome_t outcome;
    const job_reader_t reader = {
        .kind = kind,
        .seconds = SCORE_NOTES_SECONDS,
        .refused = "The notes cannot be read.",
        .too_long = "Reading the notes took too long.",
    };

    if (job->input_size > max) {
        return job_end(
            job, JOB_BAD, "The %s is larger than any score: %llu MB.",
            job->sniff->name, (unsigned long long) job->input_size / 1000000);
    }

    outcome = job_read(job, &reader, &found);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    score->pages = 0;
    score->text = music_judge(found, score->about);
    json_decref(found);

    return score->text != NULL ? JOB_DONE : job_errno(job, "reading the notes");
}


job_outcome_t
score_musicxml(job_t *job, score_t *score)
{
    return score_notes(job, score, "musicxml", 128ULL << 20);
}


job_outcome_t
score_mxl(job_t *job, score_t *score)
{
    return score_notes(job, score, "mxl", 64ULL << 20);
}


job_outcome_t
score_midi(job_t *job, score_t *score)
{
    return score_notes(job, score, "midi", 16ULL << 20);
}
