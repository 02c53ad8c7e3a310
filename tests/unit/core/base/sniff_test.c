#include <string.h>
#include "core/base/sniff.h"
#include "tests/unit/suite.h"

static unsigned char bytes[SNIFF_SIZE];


/* Bytes that no format starts with, for what stands behind a signature. */
static void
clear(void)
{
    memset(bytes, 0xa5, sizeof(bytes));
}


static void
at(size_t offset, const void *what, size_t len)
{
    memcpy(bytes + offset, what, len);
}

#define AT(offset, text) at(offset, text, sizeof(text) - 1)


/* Expects the first `len` bytes to be of this format, or of none. */
static void
is(size_t len, const char *extension, const char *demuxer, media_kind_t kind)
{
    const sniff_t *found = sniff(bytes, len);

    ck_assert_msg(found != NULL, "no %s", extension);
    ck_assert_str_eq(found->extension, extension);
    ck_assert_pstr_eq(found->demuxer, demuxer);
    ck_assert_int_eq(found->kind, kind);

    /* what is stored under that name is served as something */
    ck_assert_ptr_nonnull(media_type(extension, strlen(extension)));
}


static void
is_nothing(size_t len)
{
    const sniff_t *found = sniff(bytes, len);

    ck_assert_msg(found == NULL, "%s", found ? found->name : "");
}


static void
text_is_nothing(const char *text)
{
    const sniff_t *found = sniff(text, strlen(text));

    ck_assert_msg(found == NULL, "%s", text);
}


START_TEST(an_mp4_starts_with_ftyp)
{
    clear();
    AT(0, "\0\0\0\x20"
          "ftypisom\0\0\2\0isomiso2avc1mp41");
    is(SNIFF_SIZE, "mp4", "mov", MEDIA_VIDEO);
    is(16, "mp4", "mov", MEDIA_VIDEO);
}
END_TEST


START_TEST(the_major_brand_tells_the_extension)
{
    static const char brands[][2][5] = { { "qt  ", "mov" },
                                         { "M4A ", "m4a" },
                                         { "3gp5", "3gp" },
                                         { "M4V ", "mp4" },
                                         { "dash", "mp4" } };
    size_t i;

    for (i = 0; i < COUNT(brands); i++) {
        clear();
        AT(0, "\0\0\0\x14"
              "ftyp");
        at(8, brands[i][0], 4);
        is(SNIFF_SIZE, brands[i][1], "mov",
           (i == 1) ? MEDIA_AUDIO : MEDIA_VIDEO);
    }
}
END_TEST


START_TEST(a_picture_in_boxes_is_no_film)
{
    clear();
    AT(0, "\0\0\0\x1c"
          "ftypavif\0\0\0\0");
    is_nothing(SNIFF_SIZE);
    AT(8, "hevc");
    is_nothing(SNIFF_SIZE);
    AT(8, "mif3");
    is_nothing(SNIFF_SIZE);
    AT(8, "jpeg");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(a_telephones_picture_is_a_scanned_score)
{
    clear();
    AT(0, "\0\0\0\x1c"
          "ftypheic\0\0\0\0");
    is(SNIFF_SIZE, "heic", NULL, MEDIA_SCORE);
    AT(8, "mif1\0\0\0\0miafheix");
    is(SNIFF_SIZE, "heic", NULL, MEDIA_SCORE);
    is_nothing(23); /* the brand that tells is cut off */
    AT(0, "\0\0\0\x14");
    is_nothing(SNIFF_SIZE); /* it stands behind the list */
    AT(8, "mif3\0\0\0\0miafheix");
    AT(0, "\0\0\0\x1c");
    is(SNIFF_SIZE, "heic", NULL, MEDIA_SCORE);
    AT(8, "mif1\0\0\0\0miafavif");
    AT(0, "\0\0\0\x1c");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(old_quicktime_has_no_ftyp)
{
    clear();
    AT(0, "\0\0\x10\0"
          "moov");
    is(SNIFF_SIZE, "mov", "mov", MEDIA_VIDEO);
    AT(0, "\xf0\0\0\0"
          "mdat");
    is(SNIFF_SIZE, "mov", "mov", MEDIA_VIDEO);
    AT(0, "\0\0\0\1"
          "mdat");
    is(SNIFF_SIZE, "mov", "mov", MEDIA_VIDEO);
    AT(0, "\0\0\0\x8"
          "wide"
          "\0\0\0\0"
          "mdat");
    is(SNIFF_SIZE, "mov", "mov", MEDIA_VIDEO);
}
END_TEST


START_TEST(free_space_may_stand_before_the_rest)
{
    clear();
    AT(0, "\0\0\0\x10"
          "free");
    AT(16, "\0\0\0\x20"
           "ftypisom");
    is(SNIFF_SIZE, "mp4", "mov", MEDIA_VIDEO);
    AT(16, "\0\0\0\x20"
           "oops");
    is_nothing(SNIFF_SIZE);
    AT(0, "\0\1\0\0"
          "skip");
    is(SNIFF_SIZE, "mov", "mov", MEDIA_VIDEO);
}
END_TEST


START_TEST(boxes_of_impossible_sizes_are_refused)
{
    clear();
    AT(0, "\0\0\0\7"
          "moov");
    is_nothing(SNIFF_SIZE);
    AT(0, "\0\0\0\0"
          "free");
    is_nothing(SNIFF_SIZE);
    AT(0, "\0\0\0\2"
          "mdat");
    is_nothing(SNIFF_SIZE);
    AT(0, "\0\0\0\x8"
          "ftypisom");
    is_nothing(SNIFF_SIZE);
    AT(0, "\0\0\0\x20"
          "ftypisom");
    is_nothing(15);
}
END_TEST


START_TEST(a_text_with_the_name_of_a_box_is_none)
{
    text_is_nothing("The free software foundation and its friends");
    text_is_nothing("and skipping over");
    text_is_nothing("for moovies");
    text_is_nothing("the ftypisom is the name of a box, is it not?");
}
END_TEST


START_TEST(the_doctype_tells_webm_from_matroska)
{
    clear();
    AT(0, "\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\xf7\x81\1\x42\xf2\x81\4"
          "\x42\xf3\x81\x08\x42\x82\x84webm\x42\x87\x81\4\x42\x85\x81\2");
    is(SNIFF_SIZE, "webm", "matroska", MEDIA_VIDEO);

    clear();
    AT(0, "\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x23\x42\x86\x81\1\x42\xf7\x81\1"
          "\x42\xf2\x81\4\x42\xf3\x81\x08\x42\x82\x88matroska\x42\x87\x81\4");
    is(SNIFF_SIZE, "mkv", "matroska", MEDIA_VIDEO);
}
END_TEST


START_TEST(a_doctype_may_be_padded_with_zeros)
{
    clear();
    AT(0, "\x1a\x45\xdf\xa3\x8b\x42\x82\x88webm\0\0\0\0");
    is(SNIFF_SIZE, "webm", "matroska", MEDIA_VIDEO);
}
END_TEST


START_TEST(ebml_of_another_or_no_doctype_is_refused)
{
    clear();
    AT(0, "\x1a\x45\xdf\xa3\x87\x42\x82\x84"
          "abcd");
    is_nothing(SNIFF_SIZE);
    AT(0, "\x1a\x45\xdf\xa3\x83\x42\x86\x81\1\x42\x82\x84webm");
    is_nothing(SNIFF_SIZE);
    AT(0, "\x1a\x45\xdf\xa3\x87\x42\x82\x85webm");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(ebml_that_is_cut_or_broken_is_refused)
{
    static const char header[] = "\x1a\x45\xdf\xa3\x8b\x42\x86\x81\1"
                                 "\x42\x82\x84webm";
    size_t len;

    clear();
    at(0, header, sizeof(header) - 1);
    is(sizeof(header) - 1, "webm", "matroska", MEDIA_VIDEO);

    for (len = 0; len < sizeof(header) - 1; len++) {
        is_nothing(len);
    }

    AT(4, "\0");
    is_nothing(SNIFF_SIZE);
    AT(4, "\x8b\x42\x86\x01\xff\xff\xff\xff\xff\xff\xff");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(riff_holds_avi_or_wav)
{
    clear();
    AT(0, "RIFF\x10\x20\0\0"
          "AVI LIST");
    is(SNIFF_SIZE, "avi", "avi", MEDIA_VIDEO);
    AT(8, "WAVEfmt ");
    is(SNIFF_SIZE, "wav", "wav", MEDIA_AUDIO);
    AT(0, "RF64");
    is(SNIFF_SIZE, "wav", "wav", MEDIA_AUDIO);
    AT(0, "RIFF");
    AT(8, "WEBP");
    is_nothing(SNIFF_SIZE);
    AT(8, "AVI ");
    is_nothing(11);
}
END_TEST


START_TEST(a_transport_stream_has_a_sync_byte_every_188)
{
    size_t i;

    clear();

    for (i = 0; i < SNIFF_SIZE; i += 188) {
        AT(i, "\x47\x40\0\x10");
    }

    is(SNIFF_SIZE, "ts", "mpegts", MEDIA_VIDEO);
    is(5 * 188, "ts", "mpegts", MEDIA_VIDEO);
    is_nothing(4 * 188);
    AT(3 * 188, "\x46");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(a_cameras_transport_stream_has_one_every_192)
{
    size_t i;

    clear();

    for (i = 4; i < SNIFF_SIZE; i += 192) {
        AT(i, "\x47\x40\0\x10");
    }

    is(SNIFF_SIZE, "ts", "mpegts", MEDIA_VIDEO);
}
END_TEST


START_TEST(a_text_of_gs_is_no_transport_stream)
{
    clear();
    AT(0, "Good things come to those who wait");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(a_programme_stream_starts_with_a_pack)
{
    clear();
    AT(0, "\0\0\1\xba\x44\0\4\0");
    is(SNIFF_SIZE, "mpg", "mpeg", MEDIA_VIDEO);
    AT(4, "\x21");
    is(SNIFF_SIZE, "mpg", "mpeg", MEDIA_VIDEO);
    AT(4, "\xff");
    is_nothing(SNIFF_SIZE);
    is_nothing(4);
}
END_TEST


START_TEST(flv_and_ogg_have_a_magic)
{
    clear();
    AT(0, "FLV\1\5\0\0\0\x9");
    is(SNIFF_SIZE, "flv", "flv", MEDIA_VIDEO);
    AT(0, "OggS\0\2");
    is(SNIFF_SIZE, "ogg", "ogg", MEDIA_VIDEO);
    AT(0, "OggS\1");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(an_mp3_is_frame_after_frame)
{
    clear();
    AT(0, "\xff\xfb\x90\x00"); /* 128 kbit/s, 44,100 Hz: 417 bytes */
    AT(417, "\xff\xfb\x92\x00");
    is(SNIFF_SIZE, "mp3", "mp3", MEDIA_AUDIO);
    is(417, "mp3", "mp3", MEDIA_AUDIO);
    is_nothing(418);

    clear();
    AT(0, "\xff\xf3\x84\xc4"); /* version 2: 64 kbit/s, 24,000 Hz */
    AT(192, "\xff\xf3\x84\xc4");
    is(SNIFF_SIZE, "mp3", "mp3", MEDIA_AUDIO);

    clear();
    AT(0, "\xff\xe3\x18\xc4"); /* version 2.5: 8 kbit/s, 8,000 Hz */
    AT(72, "\xff\xe3\x18\xc4");
    is(SNIFF_SIZE, "mp3", "mp3", MEDIA_AUDIO);
}
END_TEST


START_TEST(one_frame_header_alone_is_no_mp3)
{
    clear();
    AT(0, "\xff\xfb\x90\x00");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(reserved_values_are_no_mp3)
{
    static const char headers[][5] = { "\xff\xeb\x90", "\xff\xfd\x90",
                                       "\xff\xfb\xf0", "\xff\xfb\x00",
                                       "\xff\xfb\x9c", "\xff\xdb\x90" };
    size_t i;

    for (i = 0; i < COUNT(headers); i++) {
        clear();
        at(0, headers[i], 4);
        at(417, headers[i], 4);
        is_nothing(SNIFF_SIZE);
    }
}
END_TEST


START_TEST(adts_is_frame_after_frame)
{
    clear();
    AT(0, "\xff\xf1\x50\x80\x20\x1f\xfc"); /* 256 bytes */
    AT(256, "\xff\xf1\x50\x80\x20\x1f\xfc");
    is(SNIFF_SIZE, "aac", "aac", MEDIA_AUDIO);
    is_nothing(255);
    AT(256, "\xff\x00");
    is_nothing(SNIFF_SIZE);
    AT(0, "\xff\xf1\x50\x80\x00\xdf\xfc"); /* 6 bytes: less than a header */
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(an_id3_tag_promises_mp3)
{
    clear();
    AT(0, "ID3\4\0\0\0\0\x7f\x7f"); /* 16 KiB: a picture of the cover */
    is(SNIFF_SIZE, "mp3", "mp3", MEDIA_AUDIO);
    AT(0, "ID3\4\0\0\0\0\x80\x7f");
    is_nothing(SNIFF_SIZE);
    AT(0, "ID3\xff\0\0\0\0\x7f\x7f");
    is_nothing(SNIFF_SIZE);
    AT(0, "ID3\4\0\0\0\0\0\0");
    is_nothing(9);
}
END_TEST


START_TEST(what_follows_an_id3_tag_counts)
{
    clear();
    AT(0, "ID3\4\0\0\0\0\0\x0a");
    AT(20, "fLaC\0\0\0\x22");
    is(SNIFF_SIZE, "flac", "flac", MEDIA_AUDIO);
    AT(20, "\xff\xf1\x50\x80\x20\x1f\xfc");
    AT(276, "\xff\xf1\x50\x80\x20\x1f\xfc");
    is(SNIFF_SIZE, "aac", "aac", MEDIA_AUDIO);
}
END_TEST


START_TEST(several_tags_may_stand_in_front)
{
    clear();
    AT(0, "ID3\3\0\0\0\0\0\x0a");
    AT(20, "ID3\4\0\x10\0\0\0\x0a"); /* with ten bytes that close it */
    AT(50, "fLaC\0\0\0\x22");
    is(SNIFF_SIZE, "flac", "flac", MEDIA_AUDIO);
}
END_TEST


START_TEST(what_is_no_sound_has_no_tags)
{
    clear();
    AT(0, "ID3\4\0\0\0\0\0\x0a");
    AT(20, "%PDF-1.4");
    is(SNIFF_SIZE, "mp3", "mp3", MEDIA_AUDIO);
    AT(20, "RIFF\0\0\0\0WAVE");
    is(SNIFF_SIZE, "wav", "wav", MEDIA_AUDIO);
    AT(20, "FORM\0\0\0\0AIFC");
    is(SNIFF_SIZE, "aif", "aiff", MEDIA_AUDIO);
    AT(20, "OggS\0\2\0\0\0\0\0\0");
    is(SNIFF_SIZE, "ogg", "ogg", MEDIA_VIDEO);
}
END_TEST


START_TEST(a_tag_says_how_long_it_is)
{
    clear();
    AT(0, "ID3\4\0\0\x01\x02\x03\x04");
    ck_assert_uint_eq(sniff_tag(bytes, SNIFF_SIZE),
                      10 + (1 << 21 | 2 << 14 | 3 << 7 | 4));
    ck_assert_uint_eq(sniff_tag(bytes, 9), 0);
    AT(5, "\x10");
    ck_assert_uint_eq(sniff_tag(bytes, 10),
                      20 + (1 << 21 | 2 << 14 | 3 << 7 | 4));
    AT(0, "fLaC");
    ck_assert_uint_eq(sniff_tag(bytes, SNIFF_SIZE), 0);
    ck_assert_str_eq(sniff_behind_tag(bytes, 0)->name, "MP3");
}
END_TEST


START_TEST(aiff_is_a_form_of_its_own)
{
    clear();
    AT(0, "FORM\0\0\0\0AIFF");
    is(SNIFF_SIZE, "aif", "aiff", MEDIA_AUDIO);
    AT(0, "FORM\0\0\0\0ILBM");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(some_have_magics_of_their_own)
{
    clear();
    AT(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce"
          "\x6c");
    is(SNIFF_SIZE, "asf", "asf", MEDIA_VIDEO);
    is_nothing(15);
    clear();
    AT(0, "\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04");
    is(SNIFF_SIZE, "mxf", "mxf", MEDIA_VIDEO);
    clear();
    AT(0, "\x1f\x07\x00\xbf");
    is(SNIFF_SIZE, "dv", "dv", MEDIA_VIDEO);
    AT(0, "\x1f\x07\x00\xff");
    is_nothing(SNIFF_SIZE);
    clear();
    AT(0, "#!AMR-WB\n");
    is(SNIFF_SIZE, "amr", "amr", MEDIA_AUDIO);
    is_nothing(4);
}
END_TEST


/* AC-3 of 128 kbit/s at 48 kHz, 512 bytes; E-AC-3 of as many. */
START_TEST(ac3_needs_two_frames)
{
    clear();
    AT(0, "\x0b\x77\x00\x00\x10\x40");
    is_nothing(SNIFF_SIZE);
    AT(512, "\x0b\x77\x00\x00\x10\x40");
    is(SNIFF_SIZE, "ac3", "ac3", MEDIA_AUDIO);
    is(512, "ac3", "ac3", MEDIA_AUDIO);
    is_nothing(511);

    AT(0, "\x0b\x77\x00\xff\x10\x80");
    is_nothing(SNIFF_SIZE);
    AT(512, "\x0b\x77\x00\xff\x10\x80");
    is(SNIFF_SIZE, "eac3", "eac3", MEDIA_AUDIO);

    AT(4, "\xd0\x40"); /* no such sample rate */
    is_nothing(SNIFF_SIZE);
    AT(4, "\x26\x40"); /* no such bit rate */
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(flac_has_a_magic)
{
    clear();
    AT(0, "fLaC\0\0\0\x22");
    is(SNIFF_SIZE, "flac", "flac", MEDIA_AUDIO);
    is_nothing(3);
}
END_TEST


START_TEST(a_pdf_says_so_in_its_first_1024_bytes)
{
    clear();
    AT(0, "%PDF-1.7\n");
    is(SNIFF_SIZE, "pdf", NULL, MEDIA_SCORE);
    clear();
    AT(1019, "%PDF-");
    is(SNIFF_SIZE, "pdf", NULL, MEDIA_SCORE);
    clear();
    AT(1020, "%PDF-");
    is_nothing(SNIFF_SIZE);
    clear();
    AT(0, "%PDF");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(png_and_jpeg_are_scanned_scores)
{
    clear();
    AT(0, "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR");
    is(SNIFF_SIZE, "png", "png_pipe", MEDIA_SCORE);
    is_nothing(15);
    AT(12, "IDAT");
    is_nothing(SNIFF_SIZE);
    AT(0, "\xff\xd8\xff\xe0\0\x10JFIF");
    is(SNIFF_SIZE, "jpg", "jpeg_pipe", MEDIA_SCORE);
    is_nothing(2);
}
END_TEST


START_TEST(a_tiff_tells_its_byte_order)
{
    clear();
    AT(0, "II*\0\x08\0\0\0");
    is(SNIFF_SIZE, "tif", NULL, MEDIA_SCORE);
    is_nothing(7);
    AT(0, "MM\0*\0\0\0\x08");
    is(SNIFF_SIZE, "tif", NULL, MEDIA_SCORE);
    AT(0, "MM*\0");
    is_nothing(SNIFF_SIZE);
    AT(0, "II+\0\x08\0\0\0"); /* BigTIFF */
    is(SNIFF_SIZE, "tif", NULL, MEDIA_SCORE);
    AT(0, "MM\0+\0\x08\0\0");
    is(SNIFF_SIZE, "tif", NULL, MEDIA_SCORE);
    AT(0, "MM+\0");
    is_nothing(SNIFF_SIZE);
}
END_TEST


START_TEST(what_only_a_name_makes_media_is_nothing)
{
    text_is_nothing("#EXTM3U\n#EXT-X-TARGETDURATION:1\nfile:///etc/passwd\n");
    text_is_nothing("\xef\xbb\xbf#EXTM3U\n");
    text_is_nothing("ffconcat version 1.0\nfile /etc/passwd\n");
    text_is_nothing("<MPD></MPD>");
    text_is_nothing("<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>");
    text_is_nothing("<!DOCTYPE html><html></html>");
    text_is_nothing("WEBVTT\n\n");
    text_is_nothing("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n");
    text_is_nothing("[playlist]\nFile1=http://example.com/\n");
    text_is_nothing("Some words.\n");
    text_is_nothing("PK\3\4");
    text_is_nothing("#!/bin/sh\n");
}
END_TEST


START_TEST(an_empty_file_is_nothing)
{
    clear();
    is_nothing(0);
    ck_assert_ptr_null(sniff(NULL, 0));
}
END_TEST


START_TEST(noise_is_nothing)
{
    clear();
    is_nothing(SNIFF_SIZE);
    memset(bytes, 0, sizeof(bytes));
    is_nothing(SNIFF_SIZE);
    memset(bytes, 0xff, sizeof(bytes));
    is_nothing(SNIFF_SIZE);
}
END_TEST


RUN("core/sniff", an_mp4_starts_with_ftyp, the_major_brand_tells_the_extension,
    a_picture_in_boxes_is_no_film, a_telephones_picture_is_a_scanned_score,
    old_quicktime_has_no_ftyp, free_space_may_stand_before_the_rest,
    boxes_of_impossible_sizes_are_refused,
    a_text_with_the_name_of_a_box_is_none, the_doctype_tells_webm_from_matroska,
    a_doctype_may_be_padded_with_zeros,
    ebml_of_another_or_no_doctype_is_refused,
    ebml_that_is_cut_or_broken_is_refused, riff_holds_avi_or_wav,
    a_transport_stream_has_a_sync_byte_every_188,
    a_cameras_transport_stream_has_one_every_192,
    a_text_of_gs_is_no_transport_stream, a_programme_stream_starts_with_a_pack,
    flv_and_ogg_have_a_magic, an_mp3_is_frame_after_frame,
    one_frame_header_alone_is_no_mp3, reserved_values_are_no_mp3,
    adts_is_frame_after_frame, an_id3_tag_promises_mp3,
    what_follows_an_id3_tag_counts, several_tags_may_stand_in_front,
    what_is_no_sound_has_no_tags, a_tag_says_how_long_it_is,
    some_have_magics_of_their_own, aiff_is_a_form_of_its_own,
    ac3_needs_two_frames, flac_has_a_magic,
    a_pdf_says_so_in_its_first_1024_bytes, png_and_jpeg_are_scanned_scores,
    a_tiff_tells_its_byte_order, what_only_a_name_makes_media_is_nothing,
    an_empty_file_is_nothing, noise_is_nothing)
