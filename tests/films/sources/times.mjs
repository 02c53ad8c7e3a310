/* When pictures are shown and sound is heard: clocks, gaps, edit lists. */

import {
    A, AAC, B_PICTURES, FFV1, H264, MP2, MP3, MPEG2, MPEG4, OPUS, PCM, V, VP8,
    apart, joined, patched, picture, piping, remade, shorterEdits, sound,
} from "../makers.mjs";

const FILM = [V, A, H264, B_PICTURES, AAC];
const clock = (seconds, ...words) => [...words, "-output_ts_offset",
    String(seconds), "-avoid_negative_ts", "disabled"];
const trimmed = (words) => remade("whole.mp4", picture(6), sound(6), H264,
    "-g", "50", "-bf", "2", AAC)((path) => [...words(path), "-c", "copy"]);

/* Moved apart by 0.4 s. */
const LATE_PICTURE = { seconds: 3.4, pictures: 75, heard: 0 };
const LATE_SOUND = { seconds: 3.4, pictures: 75, heard: 0.4,
                     plan: "v180 copied, a1 begins later" };

/* A gap of a second behind the first. */
const HOLE = "not(between(t,1,2))";
const hole = (...words) => [V, A, "-vf", `select='${HOLE}'`, "-fps_mode",
                            "vfr", ...words];
const silent = (...words) => [V, A, "-af", `aselect='${HOLE}'`, ...words];

export const times = [
    ["begin-hidden.mp4", "an edit list hides the begin",
        trimmed((path) => ["-ss", "2.6", "-i", path]),
        { plan: "v180 partly hidden, a1 partly hidden", seconds: 3.4,
          pictures: 85, quick: true }],
    ["begin-hidden.mov", "an edit list hides the begin",
        trimmed((path) => ["-ss", "2.6", "-i", path]),
        { plan: "v180 partly hidden, a1 partly hidden", seconds: 3.4,
          pictures: 85 }],
    ["end-hidden.mp4", "edit lists hide the last second",
        patched(shorterEdits(1), FILM),
        { plan: "v180 partly hidden, a1 partly hidden", seconds: 2,
          pictures: 50 }],
    ["picture-late.mp4", "an empty edit before the picture",
        apart({ picture: 0.4 }, "mp4", FILM), LATE_PICTURE],
    ["sound-late.mp4", "an empty edit before the sound",
        apart({ sound: 0.4 }, "mp4", FILM),
        LATE_SOUND],
    ["picture-late.mkv", "", apart({ picture: 0.4 }, "mp4", FILM),
        LATE_PICTURE],
    ["sound-late.mkv", "", apart({ sound: 0.4 }, "mp4", FILM),
        LATE_SOUND],
    ["sound-late.ts", "", apart({ sound: 0.4 }, "mp4", FILM),
        LATE_SOUND],
    ["picture-late.ts", "", apart({ picture: 0.4 }, "mp4", FILM),
        LATE_PICTURE],
    ["sound-late.webm", "both encoded", apart({ sound: 0.4 }, "webm", V, A,
        VP8, OPUS), {
        ...LATE_SOUND, plan: "v180 not H.264, a1 not AAC" }],
    ["picture-late.mpg", "both encoded", apart({ picture: 0.4 }, "mpg", V, A,
        MPEG2, MP2, "-f", "vob"), {
        ...LATE_PICTURE, plan: "v180 not H.264, a1 not AAC" }],
    ["picture-very-late.mkv", "3 s of sound alone", apart({ picture: 3 }, "mp4",
        FILM), { plan: "v180 shorter than the sound, a1 copied", seconds: 6,
                 pictures: [150, 151], heard: 0 }],

    ["clock-1000.mkv", "a clock that begins at 1000 s", clock(1000, FILM),
        { quick: true }],
    ["clock-1000.webm", "a clock that begins at 1000 s", clock(1000, V, A, VP8,
        OPUS), { plan: "v180 not H.264, a1 not AAC" }],
    ["clock-1000.ts", "a clock that begins at 1000 s", clock(1000, FILM)],
    ["clock-wraps.ts", "a clock that goes back to 0", clock(95442.2, FILM)],
    ["clock-wraps.mpg", "a clock that goes back to 0", clock(95442.2, V, A,
        MPEG2, MP2, "-f", "vob"), { plan: "v180 not H.264, a1 not AAC" }],
    ["before-0.mkv", "times below 0, which ffmpeg takes for none: no poster",
        clock(-0.5, V, A, H264, AAC), { dead: "poster dead" }],
    ["before-0.mp4", "times below 0: not shown", clock(-0.48, V, A, H264, AAC),
        { plan: "v180 partly hidden, a1 partly hidden", pictures: [62, 75],
          seconds: [2.5, 3.05] }],
    ["before-0-fragments.mp4", "decoding times below 0", [FILM, "-movflags",
        "frag_keyframe+empty_moov+negative_cts_offsets"]],

    ["hole.mkv", "no pictures for a second", hole(H264, AAC),
        { pictures: 49 }],
    ["hole.mp4", "no pictures for a second", hole(H264, AAC),
        { pictures: 49 }],
    ["hole-encoded.webm", "no pictures for a second", hole(VP8, OPUS),
        { plan: "v180 not H.264, a1 not AAC", pictures: 49 }],
    ["silence.mkv", "no sound for a second", silent(H264, AAC),
        { plan: "v180 copied, a1 with gaps" }],
    ["silence.ts", "no sound for a second", silent(MPEG2, MP2),
        { plan: "v180 not H.264, a1 not AAC" }],
    ["silence.webm", "no sound for a second", silent(VP8, OPUS),
        { plan: "v180 not H.264, a1 not AAC" }],

    ["sound-longer.mp4", "sound longer than the picture by ten seconds",
        [picture(2), sound(12), H264, AAC],
        { plan: "v180 shorter than the sound, a1 copied", seconds: 12,
          pictures: 300 }],
    ["sound-longer-encoded.mkv", "sound longer than the picture by ten seconds",
        [picture(2), sound(12), MPEG4, AAC],
        { plan: "v180 not H.264, a1 copied", seconds: 12, pictures: 300 }],
    ["sound-bit-longer.mp4", "sound longer than the picture by 0.3 s",
        [picture(3), sound(3.3), H264, AAC], { seconds: 3.3, pictures: 75 }],
    ["sound-shorter.mp4", "sound shorter than the picture",
        [picture(4), sound(1), H264, AAC], { seconds: 4 }],
    ["sound-shorter.webm", "sound shorter than the picture",
        [picture(4), sound(1), VP8, OPUS],
        { plan: "v180 not H.264, a1 not AAC", seconds: 4 }],
    ["still.mp4", "a still beside a recording", [picture(0.04), sound(4), H264,
        "-tune", "stillimage", AAC],
        { plan: "v180 shorter than the sound, a1 copied", seconds: 4,
          pictures: [1, 100] }],
    ["slides.webm", "a picture each five seconds", [picture(20, { rate: 0.2 }),
        sound(20), VP8, OPUS], { plan: "v180 not H.264, a1 not AAC",
                                 seconds: 20, pictures: [4, 40], rate: 0.2 }],
    ["slides.mp4", "a picture each five seconds", [picture(20, { rate: 0.2 }),
        sound(20), H264, "-g", "1", AAC], { seconds: 20, rate: 0.2,
                                            plan: null, pictures: [4, 40] }],

    ["twice.mkv", "two pictures of the same time", [V, A, H264, AAC,
        "-bsf:v", "setts=ts='if(eq(N,30),TS-DURATION,TS)'"],
        { pictures: [74, 75] }],
    ["back.mkv", "times that jump back", [V, A, H264, AAC, "-bsf:v",
        "setts=pts='if(between(N,30,40),PTS-400,PTS)':"
            + "dts='if(between(N,30,40),DTS-400,DTS)'"],
        { plan: null, pictures: [60, 75] }],
    ["rough.flv", "times in whole milliseconds", [picture(3, { rate:
        "30000/1001" }), A, H264, AAC], { pictures: 90, rate: 30 }],
    ["joined.ts", "two films behind each other, a clock for each",
        patched((bytes) => Buffer.concat([bytes, bytes]), FILM),
        { seconds: [5.8, 6.1], pictures: 150, quick: true }],
    ["joined-same.ts", "… the same clock twice, far from 0",
        joined([50000, 50000], FILM),
        { seconds: [5.8, 6.1], pictures: 150, quick: true }],
    ["joined-later.ts", "… the second an hour later",
        joined([50000, 53600], FILM), { seconds: [5.8, 6.1], pictures: 150 }],
    ["joined-earlier.ts", "… the second an hour earlier",
        joined([50000, 46400], FILM), { seconds: [5.8, 6.1], pictures: 150 }],
    ["joined-encoded.ts", "… encoded, the second an hour earlier",
        joined([50000, 46400], V, A, MPEG2, MP2),
        { seconds: [5.8, 6.1], pictures: 150,
          plan: "v180 not H.264, a1 not AAC" }],
    ["raw-fragments.mp4", "fragments whose pictures begin late by two",
        piping("mp4", FILM, "-movflags",
            "frag_keyframe+empty_moov+default_base_moof"), { seconds: 3.09,
            pictures: 75, plan: "v180 copied, a1 with gaps", heard: 0.08 }],
    ["no-sync.mkv", "sound ahead of a clock of its own", [V, "-itsoffset",
        "-0.3", A, H264, AAC], { plan: null, seconds: [3, 3.35],
                                   pictures: 75, heard: 0 }],
    ["ffv1-late.mkv", "all encoded, the sound later", apart({ sound: 0.4 },
        "mkv", V, A, FFV1, PCM), {
        ...LATE_SOUND, plan: "v180 not H.264, a1 not AAC" }],
    ["mp3-late.mp4", "MP3 that begins later", apart({ sound: 0.4 }, "mp4", V,
        A, H264, MP3), {
        ...LATE_SOUND, plan: "v180 copied, a1 not AAC" }],
];
