/* Notes: all that they tell of the music (score/music.h), and `text`. */

#include <stdlib.h>
#include "worker/score/midi.h"
#include "worker/score/musicxml.h"
#include "worker/score/mxl.h"
#include "reading.h"


/* -1: without memory. */
static int
reading_notes(reading_t *reading,
              int (*read)(reading_t *reading, music_t *music))
{
    int rc;
    music_t *music;

    music = malloc(sizeof(*music));
    if (music == NULL) {
        return -1;
    }

    rc = read(reading, music);
    if (rc == 0) {
        music_tell(music, reading->found);
        rc = json_object_set_new(reading->found, "text",
                                 json_stringn(music->text, music->text_len));
    }

    free(music);
    return rc;
}


static int
reading_notes_end(reading_t *reading, musicxml_t *reader)
{
    return musicxml_end(reader) == 0
               ? 0
               : reading_refuse(reading, musicxml_complaint(reader));
}


static int
reading_notes_musicxml(reading_t *reading, music_t *music)
{
    int rc;
    musicxml_t *reader;

    reader = musicxml_create(music);
    if (reader == NULL) {
        return -1;
    }

    (void) musicxml_feed(reader, (const char *) reading->bytes, reading->len);
    rc = reading_notes_end(reading, reader);

    musicxml_free(reader);
    return rc;
}


static int
reading_notes_mxl(reading_t *reading, music_t *music)
{
    int rc;
    const char *complaint;
    zip_t zip;
    zip_entry_t entry;
    musicxml_t *reader;

    if (mxl_score(reading->bytes, reading->len, &zip, &entry, &complaint)
        != 0) {
        return reading_refuse(reading, complaint);
    }

    reader = musicxml_create(music);
    if (reader == NULL) {
        return -1;
    }

    complaint = mxl_complaint(
        zip_unpack(&zip, &entry, MUSICXML_SIZE_MAX, musicxml_feed, reader));
    rc = complaint == NULL ? reading_notes_end(reading, reader)
                           : reading_refuse(reading, complaint);

    musicxml_free(reader);
    return rc;
}


static int
reading_notes_midi(reading_t *reading, music_t *music)
{
    return midi_parse(reading->bytes, reading->len, music) == 0
               ? 0
               : reading_refuse(reading, "The MIDI cannot be read: it is "
                                         "damaged or cut off.");
}


int
reading_musicxml(reading_t *reading)
{
    return reading_notes(reading, reading_notes_musicxml);
}


int
reading_mxl(reading_t *reading)
{
    return reading_notes(reading, reading_notes_mxl);
}


int
reading_midi(reading_t *reading)
{
    return reading_notes(reading, reading_notes_midi);
}
