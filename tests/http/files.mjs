/* Films, scores and pictures made on the spot, and ways to look into them. */

import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { deflateSync } from "node:zlib";

const run = promisify(execFile);
const SAMPLES = process.env.SLUICE_SAMPLES
    ?? resolve(new URL(".", import.meta.url).pathname,
               "../../../shared/samples");

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
 * the content of each page, deflated. Each is another file.
 */
export function pdf({ pages = 1, width = 595, height = 842, drawing } = {}) {
    const content = deflateSync(Buffer.from(drawing ?? staves(height)));
    const kids = Array.from({ length: pages }, (_, page) => `${page + 4} 0 R`);
    const objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        `<< /Type /Pages /Count ${pages} /Kids [${kids.join(" ")}] >>`,
        Buffer.concat([
            Buffer.from(`<< /Filter /FlateDecode /Length ${content.length} >>\n`
                        + "stream\n"),
            content, Buffer.from("\nendstream"),
        ]),
        ...kids.map(() => "<< /Type /Page /Parent 2 0 R /Resources << >> "
                    + `/MediaBox [0 0 ${width} ${height}] /Contents 3 0 R >>`),
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
        + `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\n`
        + `startxref\n${table}\n%%EOF\n`));

    return Buffer.concat(parts);
}


function staves(height) {
    return Array.from({ length: 10 }, (_, line) =>
        `50 ${height - 80 - 8 * line - 40 * Math.floor(line / 5)} m `
        + `545 ${height - 80 - 8 * line - 40 * Math.floor(line / 5)} l S`,
    ).join("\n");
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

    return Buffer.concat([
        Buffer.from("89504e470d0a1a0a", "hex"),
        chunk("IHDR", header),
        chunk("IDAT", deflateSync(Buffer.alloc(width + 1))),
        chunk("IEND", Buffer.alloc(0)),
    ]);
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
