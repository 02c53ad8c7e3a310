#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/codecs.h"

static char name[CODECS_NAME_SIZE], sentence[CODECS_SENTENCE_SIZE];


START_TEST(what_has_no_name_or_no_decoder_cannot_be_decoded)
{
    ck_assert_int_eq(codecs_decodable("h264", "yuv420p"), 1);
    ck_assert_int_eq(codecs_decodable("h264", ""), 1); /* it begins late */
    ck_assert_int_eq(codecs_decodable("", ""), 0);
    ck_assert_int_eq(codecs_decodable("mpegh_3d_audio", ""), 0);
}
END_TEST


START_TEST(a_decoder_that_came_later_counts)
{
    ck_assert_int_eq(codecs_decodable("vvc", "yuv420p10le"), 1);
}
END_TEST


START_TEST(a_codec_is_called_as_people_do)
{
    codecs_name(name, "mpegh_3d_audio", "mhm1");
    ck_assert_str_eq(name, "MPEG-H 3D Audio");
    codecs_name(name, "", "AC-4");
    ck_assert_str_eq(name, "AC-4");
    codecs_name(name, "", "xyz1");
    ck_assert_str_eq(name, "xyz1");
}
END_TEST


START_TEST(a_name_that_is_none_goes_into_no_sentence)
{
    codecs_name(name, "", "[0][0][0][0]");
    ck_assert_str_eq(name, "an unknown codec");
    codecs_name(name, "", "");
    ck_assert_str_eq(name, "an unknown codec");
}
END_TEST


START_TEST(a_sentence_says_what_is_played_all_the_same)
{
    codecs_sentence(sentence, "", "", 1);
    ck_assert_str_eq(sentence, "");
    codecs_sentence(sentence, "AVS3", "", 1);
    ck_assert_str_eq(sentence, "There is no decoder here for its picture "
                               "(AVS3): its sound is played alone.");
    codecs_sentence(sentence, "AVS3", "AC-4", 0);
    ck_assert_str_eq(sentence, "There is no decoder here for AVS3 and AC-4: "
                               "nothing in the file can be played.");
}
END_TEST


RUN("worker/codecs", what_has_no_name_or_no_decoder_cannot_be_decoded,
    a_decoder_that_came_later_counts, a_codec_is_called_as_people_do,
    a_name_that_is_none_goes_into_no_sentence,
    a_sentence_says_what_is_played_all_the_same)
