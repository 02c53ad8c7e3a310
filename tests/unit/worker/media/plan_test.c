#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/plan.h"

static ffprobe_t probe;
static plan_t plan;


/* A film of ten seconds that every player takes as it is. */
static void
film(void)
{
    memset(&probe, 0, sizeof(probe));
    probe.duration = 10;
    probe.video = (ffprobe_stream_t){
        .index = 0,
        .codec = "h264",
        .profile = "High",
        .pix_fmt = "yuv420p",
        .width = 1280,
        .height = 720,
        .frame_rate = 25,
        .duration = 10,
        .field_order = "progressive",
    };
    probe.sounds[0] = (ffprobe_stream_t){
        .index = 1,
        .codec = "aac",
        .profile = "LC",
        .channels = 2,
        .sample_rate = 48000,
        .duration = 10,
    };
    probe.nsounds = 1;
}


static void
make(void)
{
    probe.audio = probe.sounds[0];
    plan_make(&plan, &probe, PLAN_LINES);
}


/* "v720=1280x720! …": ! stands behind what plays first, = is a copy. */
static const char *
ladder(void)
{
    static char text[1024];
    int i;
    size_t used = 0;
    const plan_output_t *output;

    for (i = 0; i < plan.noutputs; i++) {
        output = &plan.outputs[i];
        used += (size_t) snprintf(
            text + used, sizeof(text) - used, "%s%s%s%s", used ? " " : "",
            output->name, output->recode ? "" : "=", output->first ? "!" : "");
    }

    return text;
}


/* The filter of such a film's rung: 16 to 9, with `words` behind the scaling.
 */
static const char *
shaped(int width, int height, const char *words)
{
    static char text[PLAN_FILTER_SIZE];

    snprintf(text, sizeof(text),
             "scale=w='if(lt(abs(dar-1.777778),0.035556),%d,"
             "2*max(1,round(min(%d,%d*dar)/2)))'"
             ":h='if(lt(abs(dar-1.777778),0.035556),%d,"
             "2*max(1,round(min(%d,%d/dar)/2)))':eval=frame%s,"
             "setsar=1,format=yuv420p,pad=%d:%d:-1:-1:eval=frame",
             width, width, height, height, height, width, words, width, height);

    return text;
}


START_TEST(what_plays_everywhere_is_copied_and_the_rest_of_the_ladder_follows)
{
    film();
    make();
    ck_assert_ptr_null(plan.recode_video);
    ck_assert_str_eq(ladder(), "v720=! v480 v360 v240 a1=!");
    ck_assert_double_eq_tol(plan.duration, 10, 1e-9);
    ck_assert_str_eq(plan.filter, shaped(854, 480, ""));
}
END_TEST


START_TEST(what_is_encoded_plays_by_its_lowest_rung_first)
{
    film();
    strcpy(probe.video.codec, "mpeg4");
    probe.video.width = 1920;
    probe.video.height = 1080;
    make();
    ck_assert_str_eq(ladder(), "v1080 v720 v480 v360 v240! a1=!");
    ck_assert_str_eq(plan.filter, shaped(1920, 1080, ""));
}
END_TEST


START_TEST(codecs_of_today_are_copied_beside_the_ladder)
{
    film();
    strcpy(probe.video.codec, "hevc");
    strcpy(probe.video.pix_fmt, "yuv420p10le");
    strcpy(probe.video.transfer, "smpte2084");
    make();
    ck_assert_str_eq(ladder(), "v720-hevc=! v720 v480 v360 v240! a1=!");
    ck_assert_str_eq(plan_range(&probe.video), "PQ");

    plan_recode(&plan, &probe, PLAN_LINES, "of few key frames");
    ck_assert_str_eq(ladder(), "v720 v480 v360 v240! a1=!");

    probe.video.rotation = 90;
    make();
    ck_assert_str_eq(ladder(), "v720 v480 v360 v240! a1=!");
}
END_TEST


START_TEST(a_ladder_ends_where_it_is_told_to)
{
    film();
    probe.video.width = 3840;
    probe.video.height = 2160;
    strcpy(probe.video.codec, "prores");
    make();
    ck_assert_str_eq(ladder(), "v1080 v720 v480 v360 v240! a1=!");
    plan_make(&plan, &probe, 2160);
    ck_assert_str_eq(ladder(), "v2160 v1080 v720 v480 v360 v240! a1=!");

    /* what is there is not thrown away */
    strcpy(probe.video.codec, "h264");
    make();
    ck_assert_str_eq(ladder(), "v2160=! v1080 v720 v480 v360 v240 a1=!");
}
END_TEST


#define CHANGED(change, why)                      \
    do {                                          \
        film();                                   \
        change;                                   \
        make();                                   \
        ck_assert_str_eq(plan.recode_video, why); \
    } while (0)

START_TEST(what_would_play_otherwise_is_encoded)
{
    CHANGED(strcpy(probe.video.codec, "hevc"), "not H.264");
    CHANGED(probe.video.rotation = 90, "turned");
    CHANGED(strcpy(probe.video.pix_fmt, "yuv422p"), "not 8 bit 4:2:0");
    CHANGED(strcpy(probe.video.profile, "High 10"), "of another profile");
    CHANGED(strcpy(probe.video.field_order, "tt"), "interlaced");
    CHANGED(strcpy(probe.video.transfer, "arib-std-b67"),
            "of high dynamic range");
    CHANGED((probe.video.reordered = 1, strcpy(probe.format, "avi")),
            "without times of its own");
    CHANGED(probe.video.hidden = 1.2, "partly hidden");
    CHANGED(probe.video.duration = 2, "shorter than the sound");
    CHANGED(probe.video.start = 2.5, "shorter than the sound");
    CHANGED(probe.sounds[0].duration = 10.8, "shorter than the sound");
    CHANGED(probe.video.frame_rate = 0.2, "of few pictures");
    ck_assert_ptr_nonnull(strstr(plan.filter, ":eval=frame,fps=2"));

    /* what a small file claims is not made up for */
    film();
    probe.video.frame_rate = 0.2;
    probe.duration = 600;
    make();
    ck_assert(!(plan.slides > 0));
    probe.bytes = 1e6;
    make();
    ck_assert_double_eq(plan.slides, 2);
    CHANGED((probe.video.frame_rate = 1, probe.video.reordered = 1),
            "of few pictures");

    /* one pause in a film: where there is none, all pictures stay */
    film();
    probe.bytes = 1e6;
    probe.slides = 30;
    make();
    ck_assert_str_eq(plan.recode_video, "of few pictures");
    ck_assert_ptr_nonnull(strstr(plan.filter, ":eval=frame,fps=30"));
    probe.duration = 900;
    make();
    ck_assert_ptr_nonnull(strstr(plan.filter, ":eval=frame,fps=2"));

    film();
    probe.video.frame_rate = 1;
    make();
    ck_assert_ptr_null(plan.recode_video);
    strcpy(probe.video.codec, "mpeg4");
    make();
    ck_assert_ptr_nonnull(strstr(plan.filter, ":eval=frame,fps=2"));

    film();
    probe.video.hidden = 0.04; /* one picture is none */
    make();
    ck_assert_ptr_null(plan.recode_video);
}
END_TEST


START_TEST(each_sound_is_stereo_and_more_channels_stand_beside_it)
{
    film();
    probe.sounds[1] = probe.sounds[0];
    probe.sounds[1].index = 2;
    probe.sounds[1].channels = 6;
    probe.sounds[2] = probe.sounds[1];
    probe.sounds[2].index = 3;
    strcpy(probe.sounds[2].codec, "ac3");
    probe.sounds[3] = probe.sounds[0];
    probe.sounds[3].index = 4;
    probe.sounds[3].channels = 1;
    probe.nsounds = 4;
    make();
    ck_assert_str_eq(ladder(), "v720=! v480 v360 v240 a1=! a2! a2-51=! a3! "
                               "a3-51! a4=!");
    ck_assert_int_eq(plan_find(&plan, "a3-51")->channels, 6);
    ck_assert_int_eq(plan_find(&plan, "a4")->channels, 1);
    ck_assert_str_eq(plan_find(&plan, "a2")->recode, "of many channels");
    ck_assert_ptr_null(plan_find(&plan, "a5"));
}
END_TEST


START_TEST(sound_that_would_play_otherwise_is_encoded)
{
    film();
    probe.sounds[0].hidden = 1.3;
    make();
    ck_assert_str_eq(plan_find(&plan, "a1")->recode, "partly hidden");
    ck_assert_ptr_null(plan.recode_video);

    film();
    probe.sounds[0].start = 0.5;
    make();
    ck_assert_str_eq(plan_find(&plan, "a1")->recode, "begins later");

    film();
    probe.sounds[0].changes = 1;
    make();
    ck_assert_str_eq(plan_find(&plan, "a1")->recode, PLAN_CHANGES);

    film();
    probe.sounds[0].gaps = 1;
    make();
    ck_assert_str_eq(plan_find(&plan, "a1")->recode, "with gaps");

    film();
    probe.sounds[0].start = 0.03;
    make();
    ck_assert_ptr_null(plan_find(&plan, "a1")->recode);
}
END_TEST


START_TEST(a_film_goes_from_what_is_seen_or_heard_first_to_what_is_last)
{
    film();
    probe.video.start = 0.52;
    probe.sounds[0].duration = 10.7;
    make();
    ck_assert_ptr_null(plan.recode_video);
    ck_assert(plan.start == 0 && plan.head == 0 && plan.tail == 0);
    ck_assert_double_eq_tol(plan.duration, 10.7, 1e-9);

    /* the picture may be alone, too */
    film();
    probe.video.start = 1000;
    probe.sounds[0].start = 1005;
    probe.sounds[0].duration = 3;
    make();
    ck_assert_double_eq_tol(plan.start, 1000, 1e-9);
    ck_assert_double_eq_tol(plan.duration, 10, 1e-9);
}
END_TEST


START_TEST(sound_that_is_alone_for_long_has_a_picture_made)
{
    film();
    probe.video.start = 3;
    probe.video.duration = 2;
    make();
    ck_assert_ptr_nonnull(strstr(plan.filter, "setpts=PTS-STARTPTS,"
                                              "tpad=start_duration=3.0"));
    ck_assert_ptr_nonnull(
        strstr(plan.filter, ",tpad=stop_mode=clone:stop_duration=5.0"));
    ck_assert(plan.whole);
}
END_TEST


START_TEST(pictures_without_times_begin_when_the_film_does)
{
    film();
    probe.video.reordered = 1;
    make();
    ck_assert_ptr_null(strstr(plan.filter, "STARTPTS"));

    strcpy(probe.format, "avi");
    probe.video.start = 0.5;
    make();
    ck_assert_ptr_nonnull(
        strstr(plan.filter, "setpts=PTS-STARTPTS+0.500000/TB,scale="));
}
END_TEST


START_TEST(filters_come_in_their_order)
{
    film();
    strcpy(probe.video.field_order, "bb");
    strcpy(probe.video.transfer, "smpte2084");
    make();
    ck_assert_ptr_eq(strstr(plan.filter, "bwdif=mode=send_frame,scale="),
                     plan.filter);
    ck_assert_ptr_nonnull(
        strstr(plan.filter, ":eval=frame,zscale=tin=smpte2084:"));
    ck_assert_ptr_nonnull(strstr(plan.filter, ":r=tv,setsar=1,format=yuv420p"));
    ck_assert(plan.bt709);

    film();
    strcpy(probe.video.pix_fmt, "gbrp");
    make();
    ck_assert_str_eq(plan.filter,
                     shaped(1280, 720, ":out_color_matrix=bt709:out_range=tv"));
    ck_assert(plan.bt709);
}
END_TEST


START_TEST(nothing_is_made_larger_and_all_sides_are_even)
{
    static const int sides[][4] = { { 3840, 2160, 1920, 1080 },
                                    { 1080, 1920, 1080, 1920 },
                                    { 4000, 4000, 1080, 1080 },
                                    { 319, 181, 320, 182 },
                                    { 1, 1, 2, 2 },
                                    { 2000, 20, 1920, 20 } };
    size_t i;

    for (i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        film();
        strcpy(probe.video.codec, "vp8");
        probe.video.width = sides[i][0];
        probe.video.height = sides[i][1];
        make();
        ck_assert_int_eq(plan.outputs[0].width, sides[i][2]);
        ck_assert_int_eq(plan.outputs[0].height, sides[i][3]);
    }
}
END_TEST


START_TEST(rungs_keep_below_what_lines_carry_and_what_the_film_needs)
{
    film();
    probe.video.width = 1920;
    probe.video.height = 1080;
    strcpy(probe.video.codec, "vp8");
    make();
    ck_assert_double_eq_tol(plan_find(&plan, "v1080")->rate, 6500000, 1);
    ck_assert_double_eq_tol(plan_find(&plan, "v720")->rate, 3538000, 1000);

    /* 426 × 240 at 100 kbit/s: a film of slides */
    plan_measure(&plan, 426 * 240, 100000);
    ck_assert_double_eq_tol(plan_find(&plan, "v1080")->rate, 1434000, 5000);
    ck_assert_double_eq_tol(plan_find(&plan, "v240")->rate, 200000, 1);

    probe.video.frame_rate = 60;
    make();
    ck_assert_double_eq_tol(plan_find(&plan, "v1080")->rate, 10931700, 1000);
}
END_TEST


START_TEST(a_copy_that_does_not_play_is_encoded_for_that_reason)
{
    film();
    make();
    plan_recode(&plan, &probe, PLAN_LINES, "of few key frames");
    ck_assert_str_eq(plan.recode_video, "of few key frames");
    ck_assert_str_eq(plan.filter, shaped(1280, 720, ""));
    ck_assert_str_eq(ladder(), "v720 v480 v360 v240! a1=!");
}
END_TEST


START_TEST(a_copy_that_is_damaged_is_encoded_as_large_as_it_is)
{
    film();
    probe.video.width = 1281;
    make();
    plan_encode(&plan, &plan.outputs[0], "damaged");
    ck_assert_str_eq(plan.outputs[0].name, "v720");
    ck_assert_str_eq(plan.outputs[0].recode, "damaged");
    ck_assert_int_eq(plan.outputs[0].width, 1280);
    ck_assert_double_gt(plan.outputs[0].rate, 3000000);
    ck_assert_ptr_nonnull(strstr(plan.filter, ",pad=1280:720:"));
    ck_assert_ptr_null(plan.recode_video);

    plan_encode(&plan, &plan.outputs[0], PLAN_FIELDS);
    ck_assert_ptr_eq(strstr(plan.filter, "bwdif=mode=send_frame:deint="
                                         "interlaced,scale="),
                     plan.filter);

    plan_encode(&plan, plan_find(&plan, "a1"), "damaged");
    ck_assert_str_eq(plan_find(&plan, "a1")->recode, "damaged");
    ck_assert_int_eq(plan_find(&plan, "a1")->width, 0);
}
END_TEST


START_TEST(pixels_of_an_absurd_shape_are_square)
{
    film();
    strcpy(probe.video.codec, "vp8");
    probe.video.square = 1;
    probe.video.coded_width = 1280;
    probe.video.coded_height = 720;
    make();
    ck_assert_str_eq(plan.filter, shaped(1280, 720, ""));

    probe.video.square = 0; /* and the width is the coded one still */
    make();
    ck_assert_ptr_eq(strstr(plan.filter, "setsar=1,scale="), plan.filter);

    probe.video.coded_width = 960;
    make();
    ck_assert_str_eq(plan.filter, shaped(1280, 720, ""));
}
END_TEST


START_TEST(a_recording_is_sound_alone)
{
    film();
    probe.video.index = -1;
    make();
    ck_assert_int_eq(plan.nvideos, 0);
    ck_assert_str_eq(ladder(), "a1=!");
}
END_TEST


RUN("worker/plan",
    what_plays_everywhere_is_copied_and_the_rest_of_the_ladder_follows,
    what_is_encoded_plays_by_its_lowest_rung_first,
    codecs_of_today_are_copied_beside_the_ladder,
    a_ladder_ends_where_it_is_told_to, what_would_play_otherwise_is_encoded,
    each_sound_is_stereo_and_more_channels_stand_beside_it,
    sound_that_would_play_otherwise_is_encoded,
    a_film_goes_from_what_is_seen_or_heard_first_to_what_is_last,
    sound_that_is_alone_for_long_has_a_picture_made,
    pictures_without_times_begin_when_the_film_does,
    filters_come_in_their_order, nothing_is_made_larger_and_all_sides_are_even,
    rungs_keep_below_what_lines_carry_and_what_the_film_needs,
    a_copy_that_does_not_play_is_encoded_for_that_reason,
    a_copy_that_is_damaged_is_encoded_as_large_as_it_is,
    pixels_of_an_absurd_shape_are_square, a_recording_is_sound_alone)
