#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "tests/unit/worker/cmaf/film.h"

#define PIECES 3
#define LEVEL 31

/* I P B B as it is coded: shown at 0, 120, 40, 80 behind the first one. */
static const film_sample_t gop[] = {
    { 80, 40, 9, 1 }, { 160, 40, 5, 0 }, { 40, 40, 3, 0 }, { 40, 40, 2, 0 }
};

static box_out_t film[PIECES];
static source_t source[PIECES];
static film_sink_t sink;
static join_t join;
static samples_t again;
static piece_t piece;


static void
begin(int i, int video, uint8_t level)
{
    free(film[i].bytes);
    memset(&film[i], 0, sizeof(film[i]));
    film_moov(&film[i], video, level);
}


/* `count` groups of pictures from `decoded` on. */
static void
groups(int i, int64_t decoded, int count)
{
    for (/* void */; count > 0; count--, decoded += 160) {
        film_moof(&film[i], decoded, gop, COUNT(gop));
    }
}


static int
join_of(size_t n, int64_t start, int64_t end, double seconds)
{
    size_t i;
    const timing_film_t times = { start, end };
    const sink_t to = { film_write, film_copy, &sink };

    for (i = 0; i < n; i++) {
        source[i] = film_source(&film[i]);
    }
    free(sink.out.bytes);
    memset(&sink, 0, sizeof(sink));
    join_free(&join);
    sink.source = source;

    if (join_read(&join, source, n, &times, seconds) != 0) {
        ck_assert_uint_gt(strlen(join.why), 0);
        return -1;
    }
    ck_assert_int_eq(join_write(&join, &to), 0);
    return 0;
}


/* What was written, read as if it were a piece. */
static void
read_again(void)
{
    char why[192];
    const source_t made = film_source(&sink.out);

    free(again.sample);
    free(piece.entry);
    memset(&again, 0, sizeof(again));
    ck_assert_msg(piece_read(&made, &again, &piece, why, sizeof(why)) == 0,
                  "%s", why);
    ck_assert_uint_eq(again.count, join.samples.count - join.timing.from);
}


static void
shown(size_t i, int64_t at)
{
    ck_assert_int_eq(again.sample[i].shown, at);
}


START_TEST(samples_are_shown_when_they_were)
{
    size_t i;
    static const int64_t order[] = { 0, 120, 40, 80 };

    begin(0, 1, LEVEL);
    groups(0, -80, 50);
    ck_assert_int_eq(join_of(1, 0, 0, 6), 0);
    read_again();
    ck_assert_uint_eq(again.count, 200);
    for (i = 0; i < again.count; i++) {
        shown(i, (int64_t) (i / 4) * 160 + order[i % 4]);
        ck_assert_uint_eq(again.sample[i].size, gop[i % 4].size);
        ck_assert_int_eq(again.sample[i].key, i % 4 == 0);
        ck_assert_uint_eq(sink.out.bytes[again.sample[i].at], 'a' + i % 4);
    }
    ck_assert_int_eq(join.timing.end, 8000);
}
END_TEST


START_TEST(none_is_decoded_later_than_it_is_shown)
{
    size_t i;
    int64_t decoded;

    begin(0, 1, LEVEL);
    groups(0, -80, 50);
    join_of(1, 0, 0, 6);
    decoded = join.timing.begin;
    ck_assert_int_eq(decoded, 0);
    for (i = 0; i < join.samples.count; i++) {
        ck_assert_int_le(decoded, join.samples.sample[i].shown);
        ck_assert_uint_gt(join.samples.sample[i].duration, 0);
        ck_assert(i % 4 != 0 || decoded == join.samples.sample[i].shown);
        decoded += join.samples.sample[i].duration;
    }
    ck_assert_int_eq(decoded, join.timing.end);
}
END_TEST


START_TEST(pieces_lie_where_their_clock_says)
{
    begin(0, 1, LEVEL);
    groups(0, 920, 2);
    begin(1, 1, LEVEL);
    groups(1, 1300, 2); /* 60 ms behind the end of the first one */
    ck_assert_int_eq(join_of(2, 1000000, 1000000, 6), 0);
    read_again();
    shown(0, 0);
    shown(7, 240);
    shown(8, 380);
    shown(9, 500);
    ck_assert_int_eq(join.timing.end, 700);
}
END_TEST


START_TEST(rates_that_encoders_tell_may_differ)
{
    begin(0, 1, LEVEL);
    groups(0, -80, 1);
    begin(1, 1, LEVEL);
    groups(1, 80, 1);
    film[1].bytes[film[1].len - 1] = 'x';
    ck_assert_int_eq(join_of(2, 0, 0, 6), 0);
    ck_assert_ptr_null(memmem(sink.out.bytes, sink.out.len, "btrt", 4));
}
END_TEST


START_TEST(pieces_of_other_codecs_are_refused)
{
    begin(0, 1, LEVEL);
    groups(0, -80, 1);
    begin(1, 1, LEVEL + 1);
    groups(1, 80, 1);
    ck_assert_int_eq(join_of(2, 0, 0, 6), -1);

    begin(1, 0, LEVEL);
    groups(1, 80, 1);
    ck_assert_int_eq(join_of(2, 0, 0, 6), -1);
}
END_TEST


START_TEST(pieces_that_overlap_are_refused)
{
    begin(0, 1, LEVEL);
    groups(0, -80, 2);
    begin(1, 1, LEVEL);
    groups(1, 200, 2); /* shown at 280, when the last one of the first is */
    ck_assert_int_eq(join_of(2, 0, 0, 6), -1);
}
END_TEST


START_TEST(sound_before_the_films_zero_is_left_out)
{
    static const film_sample_t sound[] = {
        { 0, 20, 4, 1 }, { 0, 20, 4, 1 }, { 0, 20, 4, 1 }, { 0, 20, 4, 1 }
    };

    begin(0, 0, LEVEL);
    film_moof(&film[0], -25, sound, COUNT(sound));
    ck_assert_int_eq(join_of(1, 0, 0, 6), 0);
    ck_assert_uint_eq(join.timing.from, 2);
    read_again();
    shown(0, 15);
    ck_assert_int_eq(join.timing.end, 55);
    ck_assert_uint_eq(sink.out.bytes[again.sample[0].at], 'c');

    ck_assert_int_eq(join_of(1, 1000000, 1000000, 6), -1);
}
END_TEST


START_TEST(what_rounding_left_before_zero_is_at_zero)
{
    static const film_sample_t sound[] = { { 0, 20, 4, 1 }, { 0, 20, 4, 1 } };

    begin(0, 0, LEVEL);
    film_moof(&film[0], 0, sound, COUNT(sound));
    ck_assert_int_eq(join_of(1, 700, 700, 6), 0);
    read_again();
    shown(0, 0);
    shown(1, 19);
}
END_TEST


START_TEST(a_picture_that_begins_late_is_there_from_the_beginning)
{
    begin(0, 1, LEVEL);
    groups(0, 420, 1);
    ck_assert_int_eq(join_of(1, 0, 0, 6), 0);
    read_again();
    shown(0, 0);
    shown(1, 620);
    shown(2, 540);
}
END_TEST


START_TEST(the_last_picture_stays_until_the_films_end)
{
    begin(0, 1, LEVEL);
    groups(0, -80, 1);
    ck_assert_int_eq(join_of(1, 0, 2500000, 6), 0);
    ck_assert_int_eq(join.timing.end, 2500);
    ck_assert_uint_eq(join.segments.segment[0].duration, 2500);

    /* but no shorter than it is */
    ck_assert_int_eq(join_of(1, 0, 100000, 6), 0);
    ck_assert_int_eq(join.timing.end, 160);
}
END_TEST


START_TEST(pictures_before_the_films_zero_are_refused)
{
    begin(0, 1, LEVEL);
    groups(0, -80, 1);
    ck_assert_int_eq(join_of(1, 20000, 20000, 6), -1);
}
END_TEST


START_TEST(segments_begin_at_key_frames)
{
    size_t i;

    begin(0, 1, LEVEL);
    groups(0, -80, 20);
    ck_assert_int_eq(join_of(1, 0, 0, 0.5), 0);
    ck_assert_uint_eq(join.segments.count, 5);
    for (i = 0; i < 5; i++) {
        ck_assert_int_eq(join.segments.segment[i].begin, (int64_t) i * 640);
        ck_assert_uint_eq(join.segments.segment[i].duration, 640);
        ck_assert_uint_eq(join.segments.segment[i].count, 16);
        ck_assert(!join.segments.segment[i].open);
    }
}
END_TEST


START_TEST(one_key_frame_is_one_segment)
{
    int i;
    film_sample_t still[100];

    for (i = 0; i < 100; i++) {
        still[i] = (film_sample_t){ 0, 1000, 4, i == 0 };
    }
    begin(0, 1, LEVEL);
    film_moof(&film[0], 0, still, 100);
    ck_assert_int_eq(join_of(1, 0, 0, 6), 0);
    ck_assert_uint_eq(join.segments.count, 1);
}
END_TEST


START_TEST(sound_is_cut_by_a_grid)
{
    int i;
    film_sample_t sound[100];

    for (i = 0; i < 100; i++) {
        sound[i] = (film_sample_t){ 0, 230, 4, 1 };
    }
    begin(0, 0, LEVEL);
    film_moof(&film[0], 0, sound, 100);
    ck_assert_int_eq(join_of(1, 0, 0, 6), 0);
    ck_assert_uint_eq(join.segments.count, 4);
    ck_assert_int_eq(join.segments.segment[1].begin, 27 * 230);
    ck_assert_int_eq(join.segments.segment[2].begin, 53 * 230);
    ck_assert_int_eq(join.segments.segment[3].begin, 79 * 230);
}
END_TEST


/* I P, then pictures that are shown before the next I, and need the last P */
START_TEST(pictures_that_lead_a_key_frame_are_told)
{
    static const film_sample_t open[] = {
        { 0, 40, 9, 1 },  { 80, 40, 5, 0 }, { 0, 40, 3, 0 },
        { 80, 40, 9, 1 }, { 0, 40, 2, 0 },  { 40, 40, 2, 0 },
    };

    begin(0, 1, LEVEL);
    film_moof(&film[0], 0, open, COUNT(open));
    ck_assert_int_eq(join_of(1, 0, 0, 0.1), 0);
    ck_assert_uint_eq(join.segments.count, 2);
    ck_assert(!join.segments.segment[0].open);
    ck_assert(join.segments.segment[1].open);
    ck_assert_int_lt(join.segments.segment[1].begin, 200);
}
END_TEST


START_TEST(times_that_are_alike_still_follow_each_other)
{
    size_t i;
    static const film_sample_t odd[] = {
        { 0, 0, 4, 1 }, { 0, 0, 4, 0 }, { 0, 0, 4, 0 }, { 0, 40, 4, 0 }
    };

    begin(0, 1, LEVEL);
    film_moof(&film[0], 0, odd, COUNT(odd));
    ck_assert_int_eq(join_of(1, 0, 0, 6), 0);
    for (i = 0; i < COUNT(odd); i++) {
        ck_assert_uint_gt(join.samples.sample[i].duration, 0);
    }
}
END_TEST


START_TEST(a_film_without_a_key_frame_first_is_refused)
{
    begin(0, 1, LEVEL);
    film_moof(&film[0], 0, gop + 1, 3);
    ck_assert_int_eq(join_of(1, 0, 0, 6), -1);
}
END_TEST


START_TEST(the_first_picture_ends_where_it_is_told)
{
    begin(0, 1, LEVEL);
    groups(0, -80, 1);
    join_of(1, 0, 0, 6);
    read_again();
    ck_assert_uint_eq(join.init + join.index + join_key(&join, 0),
                      again.sample[0].at + again.sample[0].size);
    ck_assert_uint_eq(join.init + join.index + join.size[0], sink.out.len);
}
END_TEST


/* Memory of its own size: a byte read too far is found. */
START_TEST(what_is_cut_off_is_refused_or_shorter)
{
    size_t len;
    box_out_t whole;

    begin(0, 1, LEVEL);
    groups(0, -80, 2);
    whole = film[0];

    for (len = 0; len < whole.len; len++) {
        film[0].bytes = malloc(len + 1);
        film[0].len = len;
        memcpy(film[0].bytes, whole.bytes, len);
        if (join_of(1, 0, 0, 6) == 0) {
            ck_assert_uint_lt(join.samples.count, 8);
        }
        free(film[0].bytes);
    }
    film[0] = whole;
}
END_TEST


/* A letter of the box's name, and what is put so many bytes behind it. */
static void
damage(const char *box, size_t at, uint32_t value)
{
    uint8_t *p = memmem(film[0].bytes, film[0].len, box, 4);

    ck_assert_ptr_nonnull(p);
    for (; value > 0 || at % 4 != 0; value <<= 8, at++) {
        p[4 + at] = (uint8_t) (value >> 24);
    }
}


START_TEST(claims_that_are_not_so_are_refused)
{
    size_t i;
    static const struct {
        const char *box;
        size_t at;
        uint32_t value;
    } lies[] = {
        { "stsd", 4, 2 },           /* sample entries */
        { "mdhd", 12, UINT32_MAX }, /* ticks a second */
        { "hdlr", 8, 0x74657874 },  /* text */
        { "tfhd", 4, 7 },           /* another track */
        { "trun", 4, 0x7fffffff },  /* samples */
        { "trun", 4, 5 },           /* one more than there are */
        { "trun", 8, 0x7fffffff },  /* where they begin */
        { "trun", 8, 0x80000000 },
        { "trun", 16, 0x00ffffff }, /* bytes of the first one */
        { "trun", 64, 0x00ffffff }, /* and of the last one */
        { "tfdt", 4, 0x7fffffff },  /* when it is decoded */
    };

    for (i = 0; i < COUNT(lies); i++) {
        begin(0, 1, LEVEL);
        groups(0, 100, 1);
        ck_assert_int_eq(join_of(1, 0, 0, 6), 0);
        damage(lies[i].box, lies[i].at, lies[i].value);
        ck_assert_msg(join_of(1, 0, 0, 6) == -1, "%s", lies[i].box);
    }
}
END_TEST


START_TEST(a_film_of_no_pieces_or_no_length_is_refused)
{
    begin(0, 1, LEVEL);
    ck_assert_int_eq(join_of(1, 0, 0, 6), -1);
    ck_assert_int_eq(join_of(0, 0, 0, 6), -1);
    groups(0, -80, 1);
    ck_assert_int_eq(join_of(1, 0, 0, 0), -1);
    ck_assert_int_eq(join_of(1, INT64_MAX, 0, 6), -1);
}
END_TEST


RUN("worker/cmaf/join", samples_are_shown_when_they_were,
    none_is_decoded_later_than_it_is_shown, pieces_lie_where_their_clock_says,
    rates_that_encoders_tell_may_differ, pieces_of_other_codecs_are_refused,
    pieces_that_overlap_are_refused, sound_before_the_films_zero_is_left_out,
    what_rounding_left_before_zero_is_at_zero,
    a_picture_that_begins_late_is_there_from_the_beginning,
    the_last_picture_stays_until_the_films_end,
    pictures_before_the_films_zero_are_refused, segments_begin_at_key_frames,
    one_key_frame_is_one_segment, sound_is_cut_by_a_grid,
    pictures_that_lead_a_key_frame_are_told,
    times_that_are_alike_still_follow_each_other,
    a_film_without_a_key_frame_first_is_refused,
    the_first_picture_ends_where_it_is_told,
    what_is_cut_off_is_refused_or_shorter, claims_that_are_not_so_are_refused,
    a_film_of_no_pieces_or_no_length_is_refused)
