/* A flash and a beep that lie together in the source: 2 s from its begin, of
   72 lines and 5 s. They lie together as Chromium plays them, too. */

import {
    AAC, AV1, FFV1, H264, MP2, MP3, MPEG2, MPEG4, OPUS, PCM, VP8, VP9, apart,
    beep, flash, patched, piping, remade, tuned,
} from "../makers.mjs";

const BOTH = [flash(), beep()];
const B = ["-c:v", "libx264", "-bf", "3", "-g", "50", "-pix_fmt", "yuv420p"];
const base = { seen: 2, size: [128, 72], seconds: 5, heard: null };
const COPIED = { ...base, plan: "v72 copied, a1 copied" };
const SOUND = { ...base, plan: "v72 copied, a1 not AAC" };
const ENCODED = { ...base, plan: "v72 not H.264, a1 not AAC" };
const late = (seconds, out) => ({ pictures: 125, ...out,
                                  seconds: 5 + seconds });

/* Flash and beep in a file whose picture or sound is late by a second. */
const early = (what) => {
    const at = (name) => what === name ? 1 : 2;
    const between = (from) => `between(t,${from},${from + 0.4})`;

    return ["-f", "lavfi", "-i", "color=black:size=128x72:rate=25:duration=5,"
        + `drawbox=c=white:t=fill:enable='${between(at("picture"))}'`,
    "-f", "lavfi", "-i", `aevalsrc='if(${between(at("sound"))},`
        + "sin(880*2*PI*t)*0.8,0)':s=48000:d=5"];
};

export const together = [
    ["plain.mp4", "no B pictures", [BOTH, H264, AAC], COPIED],
    ["b.mp4", "B pictures", [BOTH, B, AAC], COPIED],
    ["b.mkv", "B pictures", [BOTH, B, AAC], COPIED],
    ["b.ts", "B pictures", [BOTH, B, AAC], COPIED],
    ["b.flv", "B pictures", [BOTH, B, AAC], COPIED],
    ["b.avi", "B pictures without times", [BOTH, B, PCM],
        { ...base, plan: "v72 without times of its own, a1 not AAC" }],
    ["mp3.mp4", "MP3, which has samples to warm up", [BOTH, B, MP3], SOUND],
    ["opus.mkv", "Opus, the same", [BOTH, B, OPUS], SOUND],
    ["picture-late.mp4", "an empty edit before the picture",
        apart({ picture: 1 }, "mp4", early("picture"), B, AAC),
        late(1, COPIED)],
    ["sound-late.mp4", "an empty edit before the sound",
        apart({ sound: 1 }, "mp4", early("sound"), B, AAC),
        late(1, { ...base, pictures: 150,
            plan: "v72 shorter than the sound, a1 begins later" })],
    ["picture-late.mkv", "", apart({ picture: 1 }, "mp4", early("picture"), B,
        AAC), late(1, COPIED)],
    ["sound-late.webm", "both encoded", apart({ sound: 1 }, "webm",
        early("sound"), VP8, OPUS), late(1, { ...ENCODED, pictures: 150 })],
    ["picture-late.mpg", "both encoded", apart({ picture: 1 }, "mpg",
        early("picture"), MPEG2, MP2, "-f", "vob"), late(1, ENCODED)],
    ["tuned.ts", "begins in the middle of a group of pictures", patched(
        tuned(0.05), BOTH, H264, "-g", "25", "-sc_threshold", "0", "-b:v",
        "200k", AAC, "-muxrate", "600k"),
    { ...COPIED, seen: null, together: true, seconds: [4, 5.1],
      pictures: [75, 125] }],
    ["trimmed.mp4", "an edit list hides the first half second", remade(
        "whole.mp4", BOTH, B, AAC)((path) => ["-ss", "0.52", "-i", path, "-c",
        "copy"]), { ...base, plan: "v72 partly hidden, a1 partly hidden",
                    seen: 1.48, seconds: 4.48, pictures: 112 }],
    ["five.mkv", "five pictures a second", [flash(5, 5), beep(), MPEG4, PCM],
        { ...ENCODED, pictures: 25, rate: 5 }],
    ["one.mp4", "one picture a second", [flash(6, 1), beep(6), B, AAC],
        { ...COPIED, seconds: 6, pictures: 12, rate: 2,
          plan: "v72 of few pictures, a1 copied" }],
    ["clock-1000.mkv", "a clock that begins at 1000 s", [BOTH, B, AAC,
        "-output_ts_offset", "1000", "-avoid_negative_ts", "disabled"], COPIED],
    ["recorder.webm", "no duration", piping("webm", BOTH, VP8, OPUS), ENCODED],
    ["vp9.webm", "VP9", [BOTH, VP9, OPUS],
        { ...base, plan: "v72-vp9 copied, v72 not H.264, a1 not AAC" }],
    ["av1.mp4", "AV1", [BOTH, AV1, AAC],
        { ...base, plan: "v72-av1 copied, v72 not H.264, a1 copied" }],
    ["raw.mkv", "nothing that warms up", [BOTH, FFV1, PCM], ENCODED],
    ["44100.mp4", "44.1 kHz", [BOTH, B, AAC, "-ar", "44100"], COPIED],
];
