/*
 * A film with all that a player has to offer, made by hand: two sizes, two
 * sounds, subtitles, chapters and a storyboard, put where the film of an upload
 * lies, so that its bytes come from nginx by its link.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { run } from "../http/lib/run.mjs";

export const SECONDS = 40;
export const RUNGS = [180, 360];
const SOUNDS = [["a1", "en", "English", 440], ["a2", "fr", "Français", 880],
                ["a3", "en", "Director", 220]];
const EVERY = 5;            /* seconds of a picture of the storyboard */
const TILE = [160, 90];

const CHAPTERS = [
    { start: 0, end: 10, title: "Harbour" },
    { start: 10, end: 25, title: "البحر المفتوح" },
    { start: 25, end: SECONDS, title: "Home" },
];

const CUES = {
    s1: [[1, 8, "Look, the tide."], [11, 39, "Twelve knots."]],
    s2: [[1, 8, "Regarde, la marée."], [11, 39, "Douze nœuds."]],
    s3: [[2, 38, "(Sign: DANGER)"]],
};


/*
 * Makes it in the folder of an uploaded film. Answers {links(media, all), …}:
 * what the API would tell of it, of all rungs or of the first alone.
 */
export async function reel(stack, { id }) {
    const top = stack.path("media", id.slice(-2), id, "hls");
    const folder = join(top, "reel");

    mkdirSync(folder, { recursive: true });
    await Promise.all([
        ...RUNGS.map((height) => picture(folder, height)),
        ...SOUNDS.map(([name, , , tone]) => sound(folder, name, tone)),
        storyboard(folder),
    ]);
    for (const [name, cues] of Object.entries(CUES)) {
        writeFileSync(join(folder, `${name}.vtt`), vtt(cues));
    }
    writeFileSync(join(top, "master.1.m3u8"), master(RUNGS.slice(0, 1)));
    writeFileSync(join(top, "master.2.m3u8"), master(RUNGS));

    return { describe };
}


/* Writes into a media object what the API tells of it. */
export function describe(media, { rungs = RUNGS } = {}) {
    const base = media.links.play.replace(/[^/]*$/, "");
    const file = (name) => `${base}reel/${name}`;

    media.duration = SECONDS;
    media.links.play = `${base}master.${rungs.length}.m3u8`;
    media.links.storyboard = file("storyboard.vtt");
    media.links.subtitles = [
        { name: "s1", language: "en", title: null, url: file("s1.vtt") },
        { name: "s2", language: "fr", title: null, url: file("s2.vtt") },
        { name: "s3", language: "eng", title: null, purpose: "forced",
          url: file("s3.vtt") },
    ];
    media.links.renditions = [
        ...rungs.map((height) => ({
            name: `v${height}`, kind: "video", width: height * 16 / 9, height,
            codecs: "avc1.64001e", bandwidth: height * 2000,
            url: file(`v${height}.mp4`),
        })),
        ...SOUNDS.map(([name, language, title]) => ({
            name, kind: "audio", codecs: "mp4a.40.2", bandwidth: 64000,
            language, title, channels: 1, url: file(`${name}.mp4`),
            ...(name === "a3" ? { purpose: "commentary" } : {}),
        })),
    ];
    media.chapters = CHAPTERS;
}


function ffmpeg(...words) {
    return run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...words]);
}


function track(folder, name) {
    return ["-f", "hls", "-hls_time", "4", "-hls_playlist_type", "vod",
            "-hls_segment_type", "fmp4", "-hls_flags", "single_file",
            "-hls_segment_filename", join(folder, `${name}.mp4`),
            join(folder, `${name}.m3u8`)];
}


function picture(folder, height) {
    return ffmpeg("-f", "lavfi", "-i", `testsrc2=size=${height * 16 / 9}x${
        height}:rate=25:duration=${SECONDS}`, "-c:v", "libx264", "-preset",
    "veryfast", "-bf", "0", "-g", "100", "-keyint_min", "100", "-sc_threshold",
    "0", "-pix_fmt", "yuv420p", "-b:v", `${height}k`,
    ...track(folder, `v${height}`));
}


function sound(folder, name, tone) {
    return ffmpeg("-f", "lavfi", "-i",
        `sine=frequency=${tone}:sample_rate=48000:duration=${SECONDS}`,
        "-c:a", "aac", "-b:a", "48k", ...track(folder, name));
}


async function storyboard(folder) {
    const [width, height] = TILE;
    const cues = Array.from({ length: SECONDS / EVERY }, (_, n) => [
        n * EVERY, (n + 1) * EVERY, `storyboard.jpg#xywh=${n % 4 * width},${
            Math.floor(n / 4) * height},${width},${height}`]);

    await ffmpeg("-f", "lavfi", "-i",
        `testsrc2=size=320x180:rate=25:duration=${SECONDS},fps=1/${EVERY},`
            + `scale=${width}:${height},tile=4x${cues.length / 4}`,
        "-frames:v", "1", join(folder, "storyboard.jpg"));
    writeFileSync(join(folder, "storyboard.vtt"), vtt(cues));
}


function master(rungs) {
    const sounds = SOUNDS.map(([name, language, title], n) =>
        `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="${title}",LANGUAGE="${
            language}",DEFAULT=${n ? "NO" : "YES"},AUTOSELECT=${n === 2
            ? "NO" : "YES"},CHANNELS="1",URI="reel/${name}.m3u8"`);
    const pictures = rungs.flatMap((height) => [
        `#EXT-X-STREAM-INF:BANDWIDTH=${height * 2000},AVERAGE-BANDWIDTH=${
            height * 1500},CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=${
            height * 16 / 9}x${height},FRAME-RATE=25.000,AUDIO="a"`,
        `reel/v${height}.m3u8`]);

    return ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS",
            ...sounds, ...pictures, ""].join("\n");
}


function vtt(cues) {
    const time = (seconds) =>
        new Date(seconds * 1000).toISOString().slice(11, 23);

    return `WEBVTT\n\n${cues.map(([start, end, text]) =>
        `${time(start)} --> ${time(end)}\n${text}\n`).join("\n")}`;
}
