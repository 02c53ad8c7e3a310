#include "tests/unit/suite.h"
#include "worker/media/vtt_settings.h"


static void
becomes(const char *line, const char *expected)
{
    char settings[100];

    vtt_settings(line, settings, sizeof(settings));
    ck_assert_str_eq(settings, expected);
}


START_TEST(what_is_right_stays)
{
    becomes("", "");
    becomes("  line:0\talign:start", " line:0 align:start");
    becomes("line:-1 line:84.5%,end", " line:-1 line:84.5%,end");
    becomes("vertical:rl position:0%,line-left size:100%",
            " vertical:rl position:0%,line-left size:100%");
}
END_TEST


START_TEST(what_is_wrong_is_left_out)
{
    becomes("region:r colour:red", "");
    becomes("line: line:x line:1.% line:- line:1,middle line:1, line:1%%", "");
    becomes("position:10 position:-1% position:101% position:5%,start", "");
    becomes("size:50%,start size:50 vertical:tb align:middle align:start,1",
            "");
    becomes("line:123456789 line:0\nalign:start", "");
    becomes("align:start; align:end", " align:end");
}
END_TEST


START_TEST(what_does_not_fit_is_left_out)
{
    char settings[16];

    vtt_settings("align:start align:end line:0", settings, sizeof(settings));
    ck_assert_str_eq(settings, " align:start");
}
END_TEST


RUN("worker/vtt_settings", what_is_right_stays, what_is_wrong_is_left_out,
    what_does_not_fit_is_left_out)
