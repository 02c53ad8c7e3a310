#include <string.h>
#include "tests/unit/suite.h"
#include "worker/reader/readings.h"

/* Of an initialization segment: H.264 High, level 3.1. */
#define INIT "....avcC\x01\x64\x00\x1f...."


static int
codecs(const char *len, const char *streams, reading_t *reading)
{
    const char *const words[] = { len, streams, NULL };

    *reading = (reading_t){ .bytes = (const unsigned char *) INIT,
                            .len = sizeof(INIT) - 1,
                            .words = words,
                            .found = json_object() };
    return reading_codecs(reading);
}


START_TEST(each_kind_has_its_reader)
{
    ck_assert(readings_find("length") == reading_length);
    ck_assert(readings_find("codecs") == reading_codecs);
    ck_assert(readings_find("musicxml") == reading_musicxml);
    ck_assert(readings_find("mxl") == reading_mxl);
    ck_assert(readings_find("midi") == reading_midi);
    ck_assert(readings_find("") == NULL);
    ck_assert(readings_find("lengths") == NULL);
}
END_TEST


START_TEST(the_codecs_of_an_initialization_segment_are_found)
{
    reading_t reading;

    ck_assert_int_eq(codecs("16", "v", &reading), 0);
    ck_assert_str_eq(
        json_string_value(json_object_get(reading.found, "codecs")),
        "avc1.64001f");
    json_decref(reading.found);
}
END_TEST


START_TEST(codecs_are_not_looked_for_behind_the_segment_or_the_file)
{
    static const char *const lengths[] = { "11", "21", "99999999999999999999" };
    size_t i;
    reading_t reading;

    for (i = 0; i < COUNT(lengths); i++) {
        ck_assert_int_eq(codecs(lengths[i], "v", &reading), -1);
        ck_assert_str_eq(reading.refused, "The codecs are unknown.");
        json_decref(reading.found);
    }
}
END_TEST


START_TEST(a_missing_stream_s_codec_is_not_made_up)
{
    reading_t reading;

    ck_assert_int_eq(codecs("16", "va", &reading), -1);
    json_decref(reading.found);
}
END_TEST


RUN("worker/readings", each_kind_has_its_reader,
    the_codecs_of_an_initialization_segment_are_found,
    codecs_are_not_looked_for_behind_the_segment_or_the_file,
    a_missing_stream_s_codec_is_not_made_up)
