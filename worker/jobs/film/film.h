/* What becomes of a film or of a piece of music that was recorded.

     probe      what it is, and what is made of it
     package    what plays first: pictures that are copied, or the lowest rung
                of the ladder; and all sounds
     verify     decodes what was copied, and has encoded what is damaged
     split      cuts the rest of the ladder's encoding into pieces
     encode     one piece of all these rungs: any slot, any machine
     join       the pieces become track files
     subtitles  texts from inside or from beside; withdraw: one less
     poster, storyboard, chapters, cover, listen   what lies beside it
     download   a picture and a sound in one file, for somebody to take away

   A film plays when `package` is done; each that makes something to play writes
   a new master playlist, under a new name. */

#ifndef SLUICE_FILM_H
#define SLUICE_FILM_H

#include "worker/jobs/base/job.h"
#include "worker/media/picture.h"
#include "worker/media/plan.h"

job_outcome_t probe_run(job_t *job);

/* What the owner is to know of how it is played: a sentence for the record
   (media.notice), which has each once. An empty one is none. */
void film_notice(job_t *job, const char *sentence);

/* The notice of a file of which only `there` of the `promised` seconds can be
   played. */
void film_cut_off(job_t *job, double promised, double there);

job_outcome_t package_run(job_t *job);
job_outcome_t verify_run(job_t *job);
job_outcome_t split_run(job_t *job);
job_outcome_t encode_run(job_t *job);
job_outcome_t join_run(job_t *job);
job_outcome_t poster_run(job_t *job);


/* Has `split` follow for what does not play first, if there is any. */
void film_split(job_t *job, const plan_t *plan);

/* Seconds that it lasts, as `probe` has found; 0: it is not known. */
double film_duration(const job_t *job);

/* A film in the hands of a job. */
typedef struct {
    job_t *job;
    ffprobe_t probe;
    plan_t plan;
    double origin;          /* seconds of its clock at which ours is 0: see
                               film_clock_settle() */
    plan_output_t *instead; /* of the plan: the one whose copy did not play,
                               when the job is about that one alone; or NULL */
    double end;      /* seconds that it lasts, as was heard: the last picture
                        stays until then; 0: not known */
    char folder[64]; /* of this try: hls/<name> of what it publishes */
    long pictures;   /* that film_make() has encoded last */
    json_t *rows;    /* of what it has made so far: queue.renditions() */
} film_t;

/* Opens the original, and plans it by what `probe` has kept. film_close() in
   any case. */
job_outcome_t film_open(film_t *film, job_t *job);
void film_close(film_t *film);

/* Seconds of processor time that decoding all of it may take. */
int film_decoding(const film_t *film);

/* Why no picture is copied, for those that follow; NULL: some are. */
const char *film_why(const plan_t *plan);

/* Has `verify` follow for what was copied, if anything was. */
void film_verify(film_t *film);

/* Has a job with params follow: {"kind", "params"}, which it takes over. */
void film_follow(job_t *job, json_t *row);

/* Has `split` follow for one whose copy does not play: "damaged", say. */
void film_split_instead(job_t *job, const plan_t *plan, const char *name,
                        const char *why);

/* The rungs that `split` cuts. Their count. */
int film_rungs(const film_t *film, const plan_output_t *rungs[PLAN_RUNGS_MAX]);

/* A part of a film, in seconds of the file's clock: from where it is read, and
   what of it is kept. */
typedef struct {
    int whole;   /* all of it; nothing else counts */
    double seek; /* < 0: from the beginning */
    double from, to;
} film_part_t;

/* Makes outputs of the plan, as fragments <work>/<prefix><name>.mp4. A picture
   that is encoded has key frames where `keys` says: those of the source, or one
   in two seconds. */
typedef enum {
    FILM_KEYS_GRID,
    FILM_KEYS_SOURCE
} film_keys_t;

job_outcome_t film_make(film_t *film, const plan_output_t *const *outputs,
                        int n, const film_part_t *part, film_keys_t keys,
                        const char *prefix);

/* What came of a track. */
typedef struct {
    double duration; /* seconds */
    double longest;  /* of a segment */
    double rate;     /* pictures a second where they are the most */
    double gap;      /* between two samples of sound; 0: there is none */
    long samples;
} film_track_t;

/* Makes one track file of fragments in the job's folder, with its playlists,
   and a row in film->rows. JOB_BAD: what was made is not whole. */
job_outcome_t film_track(film_t *film, const plan_output_t *output,
                         const char *const *fragments, int n,
                         film_track_t *track);

/* Publishes what was made with a new master playlist and manifest, without
   those renditions that are `gone`: a JSON array of names, or NULL. Of those of
   before the last twenty stay. */
job_outcome_t film_publish(film_t *film, const json_t *gone);

/* Checks a JPEG in the job's folder of at most so many bytes: it is whole, or
   the job is BAD with the sentence. */
job_outcome_t film_picture(job_t *job, const char *name, size_t max,
                           const char *refused, picture_t *picture);

/* Tells what is known of it beside its streams, and has the jobs follow whose
   work nobody waits for: those below. */
void film_beside(job_t *job, const ffprobe_t *probe);

/* Has the job follow that takes texts out of it, where there are any. */
void film_texts(job_t *job, const ffprobe_t *probe);

/* Texts, from inside and from beside; and of those that are taken away. */
job_outcome_t subtitles_run(job_t *job);
job_outcome_t withdraw_run(job_t *job);

/* Joins a picture and a sound of it for somebody to take away. */
job_outcome_t download_run(job_t *job);

/* Makes small pictures of it, for its seek bar. */
job_outcome_t storyboard_run(job_t *job);

/* Reads the chapters that are in it. */
job_outcome_t chapters_run(job_t *job);

/* Takes the cover out of a recording. */
job_outcome_t cover_run(job_t *job);

/* Finds out how loud a recording is, and the shape of its wave. */
job_outcome_t listen_run(job_t *job);

#endif
