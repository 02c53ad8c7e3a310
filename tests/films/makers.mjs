/* What the sources of the matrix are made of: words for ffmpeg, and what we do
   to its bytes where it writes no file as odd as that. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { AAC, H264, made, picture, piped, sound } from "../http/lib/films.mjs";

export { AAC, H264, picture, sound };

export const V = picture(3), A = sound(3);
export const B_PICTURES = ["-bf", "2", "-g", "25"];
export const MP3 = ["-c:a", "libmp3lame"], MP2 = ["-c:a", "mp2"],
    AC3 = ["-c:a", "ac3"], OPUS = ["-c:a", "libopus"],
    VORBIS = ["-c:a", "libvorbis"], FLAC = ["-c:a", "flac"],
    PCM = ["-c:a", "pcm_s16le"];
/* What comes of its sound: the first two frames decode to nothing. */
export const WMA = { heard: 0.086, seconds: [3, 3.1] };

export const MPEG4 = ["-c:v", "mpeg4", "-q:v", "4"],
    MPEG2 = ["-c:v", "mpeg2video", "-q:v", "4"],
    FFV1 = ["-c:v", "ffv1"], MJPEG = ["-c:v", "mjpeg", "-q:v", "4"],
    VP8 = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8",
           "-b:v", "300k"],
    VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8",
           "-b:v", "300k", "-g", "50"],
    AV1 = ["-c:v", "libsvtav1", "-preset", "12", "-g", "50", "-pix_fmt",
           "yuv420p"];

/* H.265, and what its light is, for x265 says so itself. */
export const hevc = (tag = "hvc1", light = "", format = "yuv420p") => [
    "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", format, "-tag:v",
    tag, "-x265-params", `log-level=error:keyint=50${light}`];
export const PQ = ":colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
    HLG = ":colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc";

/* Fields of two moments in each picture. */
export const fields = (size, first) => ["-f", "lavfi", "-i",
    `testsrc2=size=${size}:rate=50:duration=3`, "-vf",
    `interlace=scan=${first}`];

/* Black and silent, but for a flash and a beep from 2 s on. */
export const FLASH = 2, LIGHT = 0.4;
const between = `between(t,${FLASH},${FLASH + LIGHT})`;

export const flash = (seconds = 5, rate = 25) => ["-f", "lavfi", "-i",
    `color=black:size=128x72:rate=${rate}:duration=${seconds},`
        + `drawbox=c=white:t=fill:enable='${between}'`];
export const beep = (seconds = 5) => ["-f", "lavfi", "-i",
    `aevalsrc='if(${between},sin(880*2*PI*t)*0.8,0)':s=48000:d=${seconds}`];


let count = 0;

/* Makes files in a folder, by these words of ffmpeg. */
export const maker = (folder) => ({
    file: (name, ...words) => made(folder, `${++count}-${name}`,
                                   ...words.flat(Infinity)),
    pipe: (name, format, ...words) =>
        piped(folder, `${++count}-${name}`, format, ...words.flat(Infinity)),
    write(name, bytes) {
        const path = join(folder, `${++count}-${name}`);

        writeFileSync(path, bytes);
        return path;
    },
});


/* The same file from a pipe: it cannot go back and say how long it is. */
export const piping = (format, ...words) => (make, name) =>
    make.pipe(name, format, ...words);

/* A first file, and what is made of it. */
export const remade = (first, ...whole) => (words) => async (make, name) =>
    make.file(name, words(await make.file(first, ...whole)));

/* What is made of a text beside it. */
export const beside = (first, text) => (words) => async (make, name) =>
    make.file(name, words(make.write(first, text)));

/* What our own code makes of the bytes. */
export const patched = (change, ...words) => async (make, name) =>
    make.write(name, change(readFileSync(await make.file(name, ...words))));

/* Files of the same words one behind the other, as `cat` does it, each with a
   clock that begins at so many seconds. */
export const joined = (clocks, ...words) => async (make, name) => {
    const paths = [];

    for (const clock of clocks) {
        paths.push(await make.file(name, ...words, "-output_ts_offset",
                                   String(clock)));
    }
    return make.write(name, Buffer.concat(paths.map((path) =>
        readFileSync(path))));
};

/* Only the first part of it has come. */
export const cut = (part, ...words) =>
    patched((bytes) => bytes.subarray(0, bytes.length * part), ...words);

/* Picture and sound of one file, each so many seconds later. */
export const apart = (late, end, ...words) => remade(`whole.${end}`, ...words)(
    (path) => ["-itsoffset", late.picture ?? 0, "-i", path, "-itsoffset",
               late.sound ?? 0, "-i", path, "-map", "0:v", "-map", "1:a",
               "-c", "copy"].map(String));

/* Each edit list ends so many seconds earlier: "elst", version, flags (4),
   count (4), then duration (4; of a clock of milliseconds), time, rate. */
export const shorterEdits = (seconds) => (bytes) => {
    for (let at = bytes.indexOf("elst"); at > 0;
        at = bytes.indexOf("elst", at + 4)) {
        const last = at + 12 + 12 * (bytes.readUInt32BE(at + 8) - 1);

        bytes.writeUInt32BE(bytes.readUInt32BE(last) - 1000 * seconds, last);
    }
    return bytes;
};

/* An ID3v2.3 tag of so many bytes before it: a private frame. */
export const tagged = (size) => (bytes) => {
    const tag = Buffer.alloc(10 + size);

    tag.write("ID3\x03\0\0", "latin1");
    for (let i = 0; i < 4; i++) {
        tag[6 + i] = size >> (7 * (3 - i)) & 0x7f;
    }
    tag.write("PRIV", 10);
    tag.writeUInt32BE(size - 10, 14);
    return Buffer.concat([tag, bytes]);
};

/* Packets of MPEG-TS from so far in the file on: as a receiver begins. */
export const tuned = (part) => (bytes) =>
    bytes.subarray(188 * Math.floor(bytes.length / 188 * part));

/* A picture to go with a recording. */
export const COVER = ["-f", "lavfi", "-i", "color=red:size=64x64:duration=1"];
