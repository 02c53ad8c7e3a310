/* Recordings: sound alone. */

import {
    A, AAC, COVER, FLAC, MP2, MP3, OPUS, PCM, VORBIS, cut, patched, piping,
    sound, tagged,
} from "../makers.mjs";

const TAGS = ["-metadata", "title=Étude", "-metadata", "artist=Clara",
              "-metadata", "album=Opus 1", "-metadata", "track=3/12"];
const NAMED = { title: "Étude" };
const covered = (...words) => [A, COVER, "-map", "0:a", "-map", "1:v", words,
                               TAGS, "-c:v", "mjpeg", "-frames:v", "1",
                               "-disposition:v:0", "attached_pic"];
const COPIED = { audio: true, plan: "a1 copied" };
const ENCODED = { audio: true, plan: "a1 not AAC" };

export const recordings = [
    ["tagged.mp3", "tags and a cover", covered(MP3, "-id3v2_version", "3"),
        { ...ENCODED, ...NAMED, cover: true, quick: true }],
    ["plain.mp3", "no header of its own", [A, MP3, "-write_xing", "0",
        "-id3v2_version", "0"], ENCODED],
    ["variable.mp3", "a variable rate", [A, "-c:a", "libmp3lame", "-q:a", "5"],
        ENCODED],
    ["behind.mp3", "behind a tag of 20 kB", patched(tagged(20_000), A, MP3,
        "-id3v2_version", "0"), ENCODED],
    ["tagged.m4a", "tags and a cover", covered(AAC), { ...COPIED, ...NAMED,
                                                       cover: true }],
    ["lossless.m4a", "ALAC", [A, "-c:a", "alac"], ENCODED],
    ["book.m4b", "a book", [A, AAC, "-f", "ipod", TAGS], { ...COPIED,
                                                           ...NAMED }],
    ["sound.mp4", "a film without pictures", [A, AAC], COPIED],
    ["fragments.m4a", "in fragments, no duration", piping("mp4", A, AAC,
        "-movflags", "frag_keyframe+empty_moov"), COPIED],
    ["plain.aac", "ADTS", [A, AAC, "-f", "adts"], COPIED],
    ["behind.aac", "behind a tag of 20 kB", patched(tagged(20_000), A, AAC,
        "-f", "adts"), COPIED],
    ["tagged.flac", "tags and a cover", covered(FLAC), { ...ENCODED, ...NAMED,
                                                         cover: true }],
    ["piped.flac", "no duration", piping("flac", A, FLAC), ENCODED],
    ["deep.flac", "24 bit, 96 kHz", [sound(3), "-ar", "96000", "-sample_fmt",
        "s32", FLAC], ENCODED],
    ["tagged.ogg", "tags", [A, VORBIS, TAGS], { ...ENCODED, ...NAMED }],
    ["tagged.opus", "tags", [A, OPUS, TAGS], { ...ENCODED, ...NAMED }],
    ["lossless.ogg", "FLAC in Ogg", [A, FLAC], ENCODED],
    ["speex.ogg", "Speex", [A, "-c:a", "libspeex", "-ar", "16000"], ENCODED],
    ["plain.wav", "", [A, PCM], ENCODED],
    ["deep.wav", "24 bit, 96 kHz, stereo", [A, "-c:a", "pcm_s24le", "-ar",
        "96000", "-ac", "2"], ENCODED],
    ["floats.wav", "floats", [A, "-c:a", "pcm_f32le"], ENCODED],
    ["adpcm.wav", "ADPCM", [A, "-c:a", "adpcm_ms"], ENCODED],
    ["big.wav", "RF64", [A, PCM, "-rf64", "always"], ENCODED],
    ["piped.wav", "no size", piping("wav", A, PCM), ENCODED],
    ["plain.aiff", "", [A, "-c:a", "pcm_s16be", "-write_id3v2", "1", TAGS],
        { ...ENCODED, ...NAMED }],
    ["law.aifc", "A-law", [A, "-c:a", "pcm_alaw", "-f", "aiff"], ENCODED],
    ["recorder.webm", "a browser's recording: no duration",
        piping("webm", A, OPUS), ENCODED],
    ["plain.mka", "Matroska", [A, VORBIS, "-f", "matroska"], ENCODED],
    ["surround.flac", "5.1", ["-f", "lavfi", "-i", "sine=frequency=440:"
        + "sample_rate=48000:duration=3,aformat=channel_layouts=5.1", FLAC],
    { audio: true, plan: "a1 not AAC, a1-51 not AAC" }],
    ["radio.ts", "MPEG-TS without pictures", [A, MP2], ENCODED],
    ["cut.mp3", "cut off", cut(0.6, A, MP3), { ...ENCODED, seconds: [1.5, 2],
                                               quick: false }],
    ["cut.flac", "cut off", cut(0.6, A, FLAC), { ...ENCODED, cut: true,
                                                 seconds: [1.4, 2.2] }],
    ["cut.wav", "cut off", cut(0.6, A, PCM), { ...ENCODED,
                                               seconds: [1.5, 2] }],
    ["cut.m4a", "cut off, its index in front", cut(0.6, A, AAC, "-movflags",
        "+faststart"), { ...COPIED, cut: true, seconds: [1.4, 2.2] }],
];
