#include <string.h>
#include "tests/unit/suite.h"
#include "worker/reader/reading.h"

static reading_t reading;


static int
read_as(int (*kind)(reading_t *reading), const char *bytes, size_t len)
{
    json_decref(reading.found);
    reading = (reading_t){ .bytes = (const unsigned char *) bytes,
                           .len = len,
                           .found = json_object() };
    return kind(&reading);
}

#define READ(kind, text) read_as(kind, text, sizeof(text) - 1)


static const char *
found(const char *name)
{
    return json_string_value(json_object_get(reading.found, name));
}


START_TEST(notes_tell_what_they_say_and_what_is_sung)
{
    ck_assert_int_eq(READ(reading_musicxml,
                          "<score-partwise><movement-title>Air"
                          "</movement-title><words>dolce</words>"
                          "</score-partwise>"),
                     0);
    ck_assert_str_eq(found("title"), "Air");
    ck_assert_str_eq(found("text"), "dolce");

    ck_assert_int_eq(READ(reading_midi, "MThd\0\0\0\6\0\0\0\1\1\x80"
                                        "MTrk\0\0\0\x0b\0\xff\3\3"
                                        "Air\0\xff\x2f\0"),
                     0);
    ck_assert_str_eq(found("title"), "Air");
    ck_assert_str_eq(found("text"), "");
}
END_TEST


START_TEST(what_is_refused_has_a_sentence_for_its_owner)
{
    ck_assert_int_eq(READ(reading_musicxml, "<a/>"), -1);
    ck_assert_ptr_nonnull(strstr(reading.refused, "no score"));
    ck_assert_int_eq(READ(reading_mxl, "PK\3\4"), -1);
    ck_assert_ptr_nonnull(strstr(reading.refused, "damaged"));
    ck_assert_int_eq(READ(reading_midi, "MThd"), -1);
    ck_assert_ptr_nonnull(strstr(reading.refused, "damaged"));
    ck_assert_int_eq(READ(reading_musicxml, ""), -1);
    ck_assert_str_ne(reading.refused, "");
}
END_TEST


RUN("worker/reading_notes", notes_tell_what_they_say_and_what_is_sung,
    what_is_refused_has_a_sentence_for_its_owner)
