/* Notes without pages: nothing here draws them. */

#include <stdlib.h>
#include <string.h>
#include "worker/base/file.h"
#include "worker/score/midi.h"
#include "worker/score/music.h"
#include "worker/score/musicxml.h"
#include "worker/score/mxl.h"
#include "score.h"

#define SCORE_MIDI_MAX (16UL << 20) /* bytes */
#define SCORE_PIECE (256 * 1024)    /* bytes read between two heartbeats */

/* Where the bytes of MusicXML go. */
typedef struct {
    job_t *job;
    musicxml_t *reader;
} score_feed_t;


static job_outcome_t
score_notes_tell(job_t *job, score_t *score, const music_t *music)
{
    score->pages = 0;
    score->text = strdup(music->text);
    if (score->text == NULL) {
        return job_errno(job, "reading the notes");
    }

    music_tell(music, score->about);
    return JOB_DONE;
}


static job_outcome_t
score_notes(job_t *job, score_t *score,
            job_outcome_t (*read)(job_t *job, music_t *music))
{
    music_t *music;
    job_outcome_t outcome;

    music = malloc(sizeof(*music));
    if (music == NULL) {
        return job_errno(job, "reading the notes");
    }

    outcome = read(job, music);
    if (outcome == JOB_DONE) {
        outcome = score_notes_tell(job, score, music);
    }

    free(music);
    return outcome;
}


/* NULL: the job ends with what `error` says; errno tells which way. */
static char *
score_notes_bytes(job_t *job, size_t max, size_t *len)
{
    if (job->input_size > max) {
        job_end(job, JOB_BAD, "The %s is larger than any score: %llu MB.",
                job->sniff->name,
                (unsigned long long) job->input_size / 1000000);
        return NULL;
    }

    job->error[0] = '\0';
    return file_read(job->input, max, len);
}


static int
score_notes_feed(void *data, const char *bytes, size_t len)
{
    size_t n;
    const score_feed_t *feed = data;

    for (; len > 0; bytes += n, len -= n) {
        n = len < SCORE_PIECE ? len : SCORE_PIECE;
        if (job_beat(feed->job) != 0
            || musicxml_feed(feed->reader, bytes, n) != 0) {
            return -1;
        }
    }

    return 0;
}


/* Interrupted, refused, or at its end. */
static job_outcome_t
score_notes_end(job_t *job, musicxml_t *reader)
{
    if (job->interrupted != JOB_DONE) {
        return job->interrupted;
    }

    return musicxml_end(reader) == 0
               ? JOB_DONE
               : job_end(job, JOB_BAD, "%s", musicxml_complaint(reader));
}


static job_outcome_t
score_notes_musicxml(job_t *job, music_t *music)
{
    char *bytes;
    size_t len;
    musicxml_t *reader;
    job_outcome_t outcome;
    score_feed_t feed = { job, NULL };

    bytes = score_notes_bytes(job, MUSICXML_SIZE_MAX, &len);
    if (bytes == NULL) {
        return job->error[0] ? JOB_BAD : job_errno(job, "reading the notes");
    }

    reader = musicxml_create(music);
    if (reader == NULL) {
        free(bytes);
        return job_errno(job, "reading the notes");
    }

    feed.reader = reader;
    (void) score_notes_feed(&feed, bytes, len);
    outcome = score_notes_end(job, reader);

    musicxml_free(reader);
    free(bytes);
    return outcome;
}


job_outcome_t
score_musicxml(job_t *job, score_t *score)
{
    return score_notes(job, score, score_notes_musicxml);
}


static job_outcome_t
score_notes_unpack(job_t *job, musicxml_t *reader, const char *bytes,
                   size_t len)
{
    const char *complaint = NULL;
    mxl_entry_t entry;
    score_feed_t feed = { job, reader };

    if (mxl_score(bytes, len, &entry, &complaint) != 0
        || (mxl_unpack(&entry, MUSICXML_SIZE_MAX, score_notes_feed, &feed,
                       &complaint)
                != 0
            && complaint != NULL)) {
        return job_end(job, JOB_BAD, "%s", complaint);
    }

    return score_notes_end(job, reader);
}


static job_outcome_t
score_notes_mxl(job_t *job, music_t *music)
{
    char *bytes;
    size_t len;
    musicxml_t *reader;
    job_outcome_t outcome;

    bytes = score_notes_bytes(job, MXL_SIZE_MAX, &len);
    if (bytes == NULL) {
        return job->error[0] ? JOB_BAD : job_errno(job, "reading the notes");
    }

    reader = musicxml_create(music);
    outcome = reader ? score_notes_unpack(job, reader, bytes, len)
                     : job_errno(job, "reading the notes");

    musicxml_free(reader);
    free(bytes);
    return outcome;
}


job_outcome_t
score_mxl(job_t *job, score_t *score)
{
    return score_notes(job, score, score_notes_mxl);
}


static job_outcome_t
score_notes_midi(job_t *job, music_t *music)
{
    int rc;
    char *bytes;
    size_t len;

    bytes = score_notes_bytes(job, SCORE_MIDI_MAX, &len);
    if (bytes == NULL) {
        return job->error[0] ? JOB_BAD : job_errno(job, "reading the notes");
    }

    rc = midi_parse(bytes, len, music);
    free(bytes);

    return rc == 0 ? JOB_DONE
                   : job_end(job, JOB_BAD,
                             "The MIDI cannot be read: it is damaged or cut "
                             "off.");
}


job_outcome_t
score_midi(job_t *job, score_t *score)
{
    return score_notes(job, score, score_notes_midi);
}
