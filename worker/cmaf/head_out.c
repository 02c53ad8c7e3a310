#include "head_out.h"

#define HEAD_TRACK 1
#define HEAD_ENABLED 3              /* tkhd: enabled, in movie */
#define HEAD_SELF 1                 /* url: in this file */
#define HEAD_ONE 0x10000            /* 1.0 in 16.16 */
#define HEAD_FULL_VOLUME 0x100      /* 1.0 in 8.8 */
#define HEAD_SAP_CLOSED 0x90000000U /* begins with one of type 1 */
#define HEAD_SAP_OPEN 0xb0000000U   /* of type 3 */


/* iso6 has what is used; browsers know a file by a brand with mp4 in front. */
static void
head_ftyp(box_out_t *out)
{
    const size_t box = box_out_begin(out, "ftyp");

    box_out_bytes(out, "cmfc", 4);
    box_out_32(out, 0);
    box_out_bytes(out, "cmfciso6dashmp41", 16);
    box_out_end(out, box);
}


static void
head_matrix(box_out_t *out)
{
    int i;

    for (i = 0; i < 8; i++) {
        box_out_32(out, i % 4 == 0 ? HEAD_ONE : 0);
    }
    box_out_32(out, 0x40000000);
}


/* creation, modification, timescale, duration; rate, volume, reserved (10),
   matrix, predefined (24), next track */
static void
head_mvhd(box_out_t *out, uint32_t timescale)
{
    const size_t box = box_out_full(out, "mvhd", 0, 0);

    box_out_zeros(out, 8);
    box_out_32(out, timescale);
    box_out_32(out, 0);
    box_out_32(out, HEAD_ONE);
    box_out_16(out, HEAD_FULL_VOLUME);
    box_out_zeros(out, 10);
    head_matrix(out);
    box_out_zeros(out, 24);
    box_out_32(out, HEAD_TRACK + 1);
    box_out_end(out, box);
}


/* creation, modification, track, reserved, duration; reserved (8), layer,
   group, volume, reserved, matrix, size */
static void
head_tkhd(box_out_t *out, const piece_t *piece)
{
    const size_t box = box_out_full(out, "tkhd", 0, HEAD_ENABLED);

    box_out_zeros(out, 8);
    box_out_32(out, HEAD_TRACK);
    box_out_zeros(out, 8 + 8 + 4);
    box_out_16(out, piece->video ? 0 : HEAD_FULL_VOLUME);
    box_out_16(out, 0);
    box_out_bytes(out, piece->matrix, sizeof(piece->matrix));
    box_out_32(out, piece->width);
    box_out_32(out, piece->height);
    box_out_end(out, box);
}


static void
head_hdlr(box_out_t *out, const piece_t *piece)
{
    const size_t box = box_out_full(out, "hdlr", 0, 0);

    box_out_32(out, 0);
    box_out_bytes(out, piece->video ? "vide" : "soun", 4);
    box_out_zeros(out, 12 + 1);
    box_out_end(out, box);
}


static void
head_dinf(box_out_t *out)
{
    size_t dinf, dref, url;

    dinf = box_out_begin(out, "dinf");
    dref = box_out_full(out, "dref", 0, 0);
    box_out_32(out, 1);
    url = box_out_full(out, "url ", 0, HEAD_SELF);
    box_out_end(out, url);
    box_out_end(out, dref);
    box_out_end(out, dinf);
}


/* The one sample entry; no samples, which are all in fragments. */
static void
head_stbl(box_out_t *out, const piece_t *piece)
{
    size_t i, stbl, box;
    static const char *const empty[] = { "stts", "stsc", "stco" };

    stbl = box_out_begin(out, "stbl");
    box = box_out_full(out, "stsd", 0, 0);
    box_out_32(out, 1);
    box_out_bytes(out, piece->entry, piece->entry_len);
    box_out_end(out, box);

    for (i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        box = box_out_full(out, empty[i], 0, 0);
        box_out_32(out, 0);
        box_out_end(out, box);
    }
    box = box_out_full(out, "stsz", 0, 0);
    box_out_zeros(out, 8);
    box_out_end(out, box);
    box_out_end(out, stbl);
}


static void
head_mdia(box_out_t *out, const piece_t *piece)
{
    size_t mdia, minf, box;

    mdia = box_out_begin(out, "mdia");
    box = box_out_full(out, "mdhd", 0, 0);
    box_out_zeros(out, 8);
    box_out_32(out, piece->timescale);
    box_out_32(out, 0);
    box_out_16(out, piece->language);
    box_out_16(out, 0);
    box_out_end(out, box);
    head_hdlr(out, piece);

    minf = box_out_begin(out, "minf");
    box = piece->video ? box_out_full(out, "vmhd", 0, 1)
                       : box_out_full(out, "smhd", 0, 0);
    box_out_zeros(out, piece->video ? 8 : 4);
    box_out_end(out, box);
    head_dinf(out);
    head_stbl(out, piece);
    box_out_end(out, minf);
    box_out_end(out, mdia);
}


static void
head_mvex(box_out_t *out, uint64_t duration)
{
    size_t mvex, box;

    mvex = box_out_begin(out, "mvex");
    box = box_out_full(out, "mehd", 1, 0);
    box_out_64(out, duration);
    box_out_end(out, box);
    box = box_out_full(out, "trex", 0, 0);
    box_out_32(out, HEAD_TRACK);
    box_out_32(out, 1);
    box_out_zeros(out, 12);
    box_out_end(out, box);
    box_out_end(out, mvex);
}


void
head_out(box_out_t *out, const piece_t *piece, uint64_t duration)
{
    size_t moov, trak;

    head_ftyp(out);
    moov = box_out_begin(out, "moov");
    head_mvhd(out, piece->timescale);
    trak = box_out_begin(out, "trak");
    head_tkhd(out, piece);
    head_mdia(out, piece);
    box_out_end(out, trak);
    head_mvex(out, duration);
    box_out_end(out, moov);
}


/* track, timescale, earliest presentation, offset of the first segment from
   the end of this box, reserved (16), references: size, duration, SAP */
void
head_sidx(box_out_t *out, uint32_t timescale, const segments_t *segments,
          const uint64_t *sizes)
{
    size_t i;
    const size_t box = box_out_full(out, "sidx", 1, 0);

    box_out_32(out, HEAD_TRACK);
    box_out_32(out, timescale);
    box_out_64(out, (uint64_t) segments->segment[0].begin);
    box_out_64(out, 0);
    box_out_16(out, 0);
    box_out_16(out, (uint16_t) segments->count);

    for (i = 0; i < segments->count; i++) {
        box_out_32(out, (uint32_t) sizes[i]);
        box_out_32(out, (uint32_t) segments->segment[i].duration);
        box_out_32(out,
                   segments->segment[i].open ? HEAD_SAP_OPEN : HEAD_SAP_CLOSED);
    }

    box_out_end(out, box);
}
