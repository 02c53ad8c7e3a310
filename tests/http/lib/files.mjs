/* Films, scores and pictures made on the spot, and ways to look into them. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { deflateRawSync, deflateSync } from "node:zlib";
import { run } from "./run.mjs";

const SAMPLES = process.env.SLUICE_SAMPLES
    ?? resolve(new URL(".", import.meta.url).pathname,
               "../../../../shared/samples");

export const RATE = 25;         /* frames a second of what film() makes */


/* Moving bars and a tone. */
export async function film(path, {
    seconds = 2, size = "320x180", video = "libx264", audio = "aac",
} = {}) {
    const speed = video === "libx264"
        ? ["-preset", "ultrafast", "-pix_fmt", "yuv420p"]
        : ["-deadline", "realtime", "-cpu-used", "8", "-b:v", "300k"];

    await run("ffmpeg", [
        "-v", "error", "-y",
        "-f", "lavfi", "-i",
        `testsrc2=size=${size}:rate=${RATE}:duration=${seconds}`,
        "-f", "lavfi", "-i",
        `sine=frequency=440:sample_rate=48000:duration=${seconds}`,
        "-c:v", video, ...speed, "-g", String(2 * RATE),
        "-c:a", audio, "-b:a", "64k", path,
    ]);
    return path;
}


let count = 0;

/* A few bytes that nobody brought before: the same are taken in but once. */
export function fresh() {
    return `${process.pid} ${Date.now()} ${++count}`;
}


/*
 * A PDF 1.4 (ISO 32000-1, 7.5). `width` and `height` in points; `drawing` is
 * the content of each page, deflated. `catalog`, `page` and `info` are text for
 * those dictionaries, `more` further objects, the first of which has number
 * 4 + pages. Each is another file.
 */
export function pdf({ pages = 1, width = 595, height = 842, drawing,
                      catalog = "", page: extra = "", info = "",
                      more = [] } = {}) {
    const content = deflateSync(Buffer.from(drawing ?? staves(height)));
    const kids = Array.from({ length: pages }, (_, page) => `${page + 4} 0 R`);
    const objects = [
        `<< /Type /Catalog /Pages 2 0 R ${catalog} >>`,
        `<< /Type /Pages /Count ${pages} /Kids [${kids.join(" ")}] >>`,
        Buffer.concat([
            Buffer.from(`<< /Filter /FlateDecode /Length ${content.length} >>\n`
                        + "stream\n"),
            content, Buffer.from("\nendstream"),
        ]),
        ...kids.map(() => "<< /Type /Page /Parent 2 0 R /Resources << >> "
                    + `/MediaBox [0 0 ${width} ${height}] /Contents 3 0 R `
                    + `${extra} >>`),
        ...more,
        `<< ${info} >>`,
    ];
    const parts = [Buffer.from(`%PDF-1.4\n%${fresh()}\n`)];
    const offsets = [];
    const length = () => parts.reduce((sum, part) => sum + part.length, 0);

    objects.forEach((object, index) => {
        offsets.push(length());
        parts.push(Buffer.from(`${index + 1} 0 obj\n`), Buffer.from(object),
                   Buffer.from("\nendobj\n"));
    });

    const table = length();
    const lines = offsets.map((offset) =>
        `${String(offset).padStart(10, "0")} 00000 n \n`);

    parts.push(Buffer.from(
        `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${lines.join("")}`
        + `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R `
        + `/Info ${objects.length} 0 R >>\n`
        + `startxref\n${table}\n%%EOF\n`));

    return Buffer.concat(parts);
}


function staves(height) {
    return Array.from({ length: 10 }, (_, line) =>
        `50 ${height - 80 - 8 * line - 40 * Math.floor(line / 5)} m `
        + `545 ${height - 80 - 8 * line - 40 * Math.floor(line / 5)} l S`,
    ).join("\n");
}


/* A PDF with a page of these words. */
export function writtenPdf(words, options = {}) {
    return pdf({
        drawing: `BT /F1 24 Tf 60 700 Td (${words}) Tj ET`,
        page: "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 "
              + "/BaseFont /Helvetica >> >> >>",
        ...options,
    });
}


/* A page that looks like pdf()'s, in a PDF with all that one may bring along:
   a script, a file, and an action that starts a program. */
export function hostilePdf(secret) {
    const script = "<< /S /JavaScript /JS (app.alert\\(1\\); this.exportDataObject"
        + `\\({ cName: "evil.exe", nLaunch: 2 }\\); // ${secret}) >>`;

    return pdf({
        catalog: `/OpenAction ${script} /AA << /WC ${script} >> /Names << `
            + `/JavaScript << /Names [(a) ${script}] >> /EmbeddedFiles << `
            + "/Names [(evil.exe) 5 0 R] >> >>",
        page: `/AA << /O ${script} >> /Annots [<< /Type /Annot /Subtype /Link `
            + "/Border [0 0 0] /Rect [0 0 595 842] /A << /S /Launch "
            + "/F (/bin/sh) /Win << /F (cmd.exe) >> >> >>]",
        more: [
            "<< /Type /Filespec /F (evil.exe) /EF << /F 6 0 R >> >>",
            `<< /Type /EmbeddedFile /Length ${secret.length} >>\nstream\n`
            + `${secret}\nendstream`,
        ],
    });
}


/* The same PDF behind a password. */
export async function encryptedPdf(folder) {
    const open = join(folder, "open.pdf");
    const closed = join(folder, "closed.pdf");

    writeFileSync(open, pdf());
    await run("qpdf",
        ["--encrypt", "user", "owner", "256", "--", open, closed]);

    return readFileSync(closed);
}


/* A picture's header with any size it likes to claim, and one row of it. */
export function png(width, height) {
    const header = Buffer.alloc(13);

    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 0, 0, 0, 0], 8);     /* 8 bit, grey */

    return pngChunks(["IHDR", header],
                     ["IDAT", deflateSync(Buffer.alloc(width + 1))],
                     ["IEND", Buffer.alloc(0)]);
}


/* A PNG of these chunks: [type, data]. */
export function pngChunks(...chunks) {
    return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"),
                          ...chunks.map(([type, data]) => chunk(type, data))]);
}


/* PNG, 5.3: length, type, data, CRC of the last two. */
function chunk(type, data) {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);

    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);

    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}


function crc32(bytes) {
    let crc = ~0;

    for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) {
            crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    return ~crc >>> 0;
}


/* {width, height} of a PNG that is there from its signature to its end. */
export function pngSize(bytes) {
    if (bytes.subarray(0, 8).toString("hex") !== "89504e470d0a1a0a"
        || bytes.subarray(-8, -4).toString() !== "IEND") {
        throw new Error("not a whole PNG");
    }

    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}


/* ffprobe's view of a file or address: {format, streams}. */
export async function probe(source) {
    const { stdout } = await run("ffprobe", [
        "-v", "error", "-show_format", "-show_streams", "-of", "json", source,
    ]);

    return JSON.parse(stdout);
}


/* Plays all of it: {frames, errors}. */
export async function play(source) {
    const { stdout, stderr } = await run("ffmpeg", [
        "-v", "error", "-nostdin", "-progress", "pipe:1", "-i", source,
        "-f", "null", "-",
    ], { timeout: 120_000 });
    const frames = [...stdout.matchAll(/^frame=\s*(\d+)$/gm)].at(-1);

    return { frames: Number(frames?.[1] ?? 0), errors: stderr };
}


/* The sample score where it is at hand, else one that is made like it. */
export function samplePdf() {
    const path = join(SAMPLES, "au-clair-de-la-lune.pdf");

    return existsSync(path) ? readFileSync(path) : pdf({ pages: 2 });
}


/* The bytes of one of the sample score's files, or null. */
export function sample(extension) {
    const path = join(SAMPLES, `au-clair-de-la-lune.${extension}`);

    return existsSync(path) ? readFileSync(path) : null;
}


export async function samplePng(folder) {
    const path = join(SAMPLES, "au-clair-de-la-lune-page1.png");

    if (existsSync(path)) {
        return readFileSync(path);
    }

    const made = join(folder, "page.png");

    await run("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i",
                         "testsrc2=size=1241x1754:duration=1", "-frames:v", "1",
                         made]);
    return readFileSync(made);
}


/* A song in MusicXML 4.0, of these words in its second verse. */
export function musicxml({ title = "Au clair de la lune", words = "dort" } = {}) {
    return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">
<score-partwise version="4.0"><work><work-title>${title}</work-title></work>
<identification><creator type="composer">Antonín Dvořák</creator>
<creator type="lyricist">Anonyme</creator></identification>
<part-list><score-part id="P1"><part-name>Voix</part-name></score-part>
<score-part id="P2"><part-name>Flûte</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><key><fifths>-1</fifths>
<mode>minor</mode></key><time><beats>3</beats><beat-type>4</beat-type></time>
</attributes><sound tempo="96"/><note><lyric number="1">
<syllabic>begin</syllabic><text>Pier</text></lyric></note><note>
<lyric number="1"><syllabic>end</syllabic><text>rot</text></lyric>
<lyric number="2"><text>${words}</text></lyric></note></measure>
<measure number="2"/></part><part id="P2"><measure number="1"/></part>
</score-partwise>
`;
}


/* The same as compressed MusicXML: a zip (APPNOTE 4.3) of {name: bytes}. */
export function mxl(files = {
    "META-INF/container.xml": "<container><rootfiles>"
        + '<rootfile full-path="song.xml"/></rootfiles></container>',
    "song.xml": musicxml(),
}) {
    const parts = [];
    const directory = [];
    let at = 0;

    for (const [name, text] of Object.entries(files)) {
        const data = deflateRawSync(text);
        const fields = Buffer.alloc(26);

        fields.writeUInt16LE(20, 0);
        fields.writeUInt16LE(8, 4);
        fields.writeUInt32LE(crc32(Buffer.from(text)), 10);
        fields.writeUInt32LE(data.length, 14);
        fields.writeUInt32LE(Buffer.byteLength(text), 18);
        fields.writeUInt16LE(name.length, 22);

        const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields,
                                     Buffer.from(name), data]);
        const offset = Buffer.alloc(14);

        offset.writeUInt32LE(at, 10);
        directory.push(Buffer.from("PK\x01\x02\x14\0"), fields, offset,
                       Buffer.from(name));
        parts.push(local);
        at += local.length;
    }

    const list = Buffer.concat(directory);
    const end = Buffer.alloc(18);

    end.writeUInt16LE(Object.keys(files).length, 6);
    end.writeUInt32LE(list.length, 8);
    end.writeUInt32LE(at, 12);

    return Buffer.concat([...parts, list, Buffer.from("PK\x05\x06"), end]);
}


/* A MIDI file of tracks, each an array of events with their times. */
export function midiOf(...tracks) {
    const track = (events) => {
        const data = Buffer.concat(events.map((event) => Buffer.from(event)));
        const head = Buffer.from("MTrk....");

        head.writeUInt32BE(data.length, 4);
        return Buffer.concat([head, data]);
    };

    return Buffer.concat([
        Buffer.from([...Buffer.from("MThd"), 0, 0, 0, 6, 0, 1, 0,
                     tracks.length, 1, 0x80]),
        ...tracks.map(track),
    ]);
}

/* A text event. */
export const midiText = (type, value) =>
    [0, 0xff, type, Buffer.byteLength(value), ...Buffer.from(value)];

export const MIDI_END = [0, 0xff, 0x2f, 0];


/* A name, 3/4, one flat, 96 a minute; and a part that plays one note for four
   quarters. */
export const midi = ({ part = "Voix" } = {}) => midiOf(
    [midiText(3, "Au clair de la lune"),
     [0, 0xff, 0x58, 4, 3, 2, 24, 8], [0, 0xff, 0x59, 2, 0xff, 0],
     [0, 0xff, 0x51, 3, 0x09, 0x89, 0x68], MIDI_END],
    [midiText(3, part), [0, 0x90, 65, 90, 0x8c, 0, 65, 0], MIDI_END]);


/* What ffmpeg draws as one picture: "page.jpg", "page.png", "page.tiff". */
export async function picture(path, size = "400x600") {
    await run("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i",
                         `testsrc2=size=${size}:duration=1`, "-frames:v", "1",
                         "-pix_fmt", path.endsWith(".jpg") ? "yuvj444p"
                             : "rgb24", path]);
    return path;
}


/* A TIFF of pages of these sizes. */
export async function tiff(folder, ...sizes) {
    const made = join(folder, "pages.tif");
    const pages = await Promise.all(sizes.map((size, n) =>
        picture(join(folder, `page-${n}.tiff`), size)));

    await run("tiffcp", ["-c", "lzw", ...pages, made]);
    return readFileSync(made);
}


export async function heic(folder, size) {
    const page = await picture(join(folder, "telephone.png"), size);
    const made = join(folder, "telephone.heic");

    await run("heif-enc", [page, "-o", made]);
    return readFileSync(made);
}


/* The same JPEG, to be turned as Exif's orientation says (TIFF 6.0, 274). */
export function turned(jpeg, orientation) {
    const exif = Buffer.from("ffe10022457869660000" + "4d4d002a00000008"
        + "0001" + "0112000300000001" + "00000000" + "00000000", "hex");

    exif[29] = orientation;
    return Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]);
}
