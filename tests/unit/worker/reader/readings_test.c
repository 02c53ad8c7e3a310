#include <string.h>
#include "tests/unit/suite.h"
#include "worker/reader/readings.h"


START_TEST(each_kind_has_its_reader)
{
    ck_assert(readings_find("length") == reading_length);
    ck_assert(readings_find("musicxml") == reading_musicxml);
    ck_assert(readings_find("mxl") == reading_mxl);
    ck_assert(readings_find("midi") == reading_midi);
    ck_assert(readings_find("") == NULL);
    ck_assert(readings_find("lengths") == NULL);
}
END_TEST


RUN("worker/readings", each_kind_has_its_reader)
