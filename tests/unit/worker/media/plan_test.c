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
    probe.audio = (ffprobe_stream_t){
        .index = 1,
        .codec = "aac",
        .profile = "LC",
        .channels = 2,
        .sample_rate = 48000,
        .duration = 10,
    };
}


static void
make(void)
{
    plan_make(&plan, &probe);
}


START_TEST(what_plays_everywhere_is_copied)
{
    film();
    make();
    ck_assert_ptr_null(plan.recode_video);
    ck_assert_ptr_null(plan.recode_audio);
    ck_assert_int_eq(plan.height, 720);
    ck_assert_double_eq_tol(plan.duration, 10, 1e-9);
    ck_assert(plan.head == 0 && plan.tail == 0);
}
END_TEST


#define CHANGED(change, why)                      \
    do {                                          \
        film();                                   \
        change;                                   \
        make();                                   \
        ck_assert_str_eq(plan.recode_video, why); \
        ck_assert_ptr_null(plan.recode_audio);    \
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
    CHANGED(probe.video.hidden = 1.2, "partly hidden");
    CHANGED(probe.video.duration = 2, "shorter than the sound");
    CHANGED(probe.video.start = 2.5, "shorter than the sound");

    film();
    probe.video.hidden = 0.04; /* one picture is none */
    make();
    ck_assert_ptr_null(plan.recode_video);
}
END_TEST


START_TEST(sound_that_would_play_otherwise_is_encoded)
{
    film();
    probe.audio.hidden = 1.3;
    make();
    ck_assert_str_eq(plan.recode_audio, "partly hidden");
    ck_assert_ptr_null(plan.recode_video);

    film();
    probe.audio.channels = 8;
    make();
    ck_assert_str_eq(plan.recode_audio, "of many channels");
}
END_TEST


START_TEST(sound_that_is_alone_for_a_moment_is_told)
{
    film();
    probe.video.start = 0.52;
    probe.audio.duration = 11;
    make();
    ck_assert_ptr_null(plan.recode_video);
    ck_assert_double_eq_tol(plan.head, 0.52, 1e-9);
    ck_assert_double_eq_tol(plan.tail, 0.48, 1e-9);
    ck_assert_double_eq_tol(plan.duration, 11, 1e-9);

    /* the picture may be alone, too */
    film();
    probe.audio.start = 5;
    probe.audio.duration = 3;
    make();
    ck_assert(plan.head == 0 && plan.tail == 0);
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
    ck_assert(plan.head == 0 && plan.tail == 0);
}
END_TEST


START_TEST(filters_come_in_their_order)
{
    film();
    strcpy(probe.video.field_order, "bb");
    strcpy(probe.video.transfer, "smpte2084");
    make();
    ck_assert(strncmp(plan.filter,
                      "bwdif=mode=send_frame,scale=1280:720,"
                      "zscale=tin=smpte2084:",
                      58)
              == 0);
    ck_assert_ptr_nonnull(strstr(plan.filter, ":r=tv,setsar=1,format=yuv420p"));
    ck_assert(plan.bt709);

    film();
    strcpy(probe.video.pix_fmt, "gbrp");
    make();
    ck_assert_str_eq(plan.filter,
                     "scale=1280:720:out_color_matrix=bt709:out_range=tv,"
                     "setsar=1,format=yuv420p");
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
        strcpy(probe.video.codec, "vp9");
        probe.video.width = sides[i][0];
        probe.video.height = sides[i][1];
        make();
        ck_assert_int_eq(plan.width, sides[i][2]);
        ck_assert_int_eq(plan.height, sides[i][3]);
    }
}
END_TEST


START_TEST(a_copy_that_does_not_play_is_encoded_for_that_reason)
{
    film();
    make();
    plan_recode(&plan, &probe, "of few key frames");
    ck_assert_str_eq(plan.recode_video, "of few key frames");
    ck_assert_str_eq(plan.filter, "scale=1280:720,setsar=1,format=yuv420p");
}
END_TEST


START_TEST(a_recording_is_sound_alone)
{
    film();
    probe.video.index = -1;
    make();
    ck_assert(!plan.video && plan.audio);
    ck_assert_double_eq_tol(plan.duration, 10, 1e-9);
}
END_TEST


RUN("worker/plan", what_plays_everywhere_is_copied,
    what_would_play_otherwise_is_encoded,
    sound_that_would_play_otherwise_is_encoded,
    sound_that_is_alone_for_a_moment_is_told,
    sound_that_is_alone_for_long_has_a_picture_made,
    filters_come_in_their_order, nothing_is_made_larger_and_all_sides_are_even,
    a_copy_that_does_not_play_is_encoded_for_that_reason,
    a_recording_is_sound_alone)
