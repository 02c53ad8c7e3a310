/* A source of the matrix is made, taken in, and what came out is compared with
   what must. */

import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { faults, finished, jobsOf, published } from "../http/lib/films.mjs";
import { run } from "../http/lib/run.mjs";
import { maker } from "./makers.mjs";

const RATE = 25;
const SOUND_FRAME = 0.045;      /* of AAC, beside a picture */
const HEARD = 0.03;             /* seconds: how exactly silence is found */

const one = (value) => Math.round(value * 1000) / 1000;


/* {codec, …} of ffprobe of a track file, its pictures counted. */
async function streamOf(file) {
    const { stdout } = await run("ffprobe", ["-v", "error", "-count_frames",
        "-show_entries", "stream=codec_type,codec_name,width,height,"
            + "sample_aspect_ratio,color_transfer,field_order,nb_read_frames,"
            + "start_time,channels", "-of", "json", file]);

    return JSON.parse(stdout).streams[0];
}


/* Seconds from the begin until something is heard. */
async function heardIn(file) {
    const { stderr } = await run("ffmpeg", ["-hide_banner", "-nostdin", "-i",
        file, "-af", "silencedetect=n=-45dB:d=0.05", "-f", "null", "-"]);
    const [, from] = /silence_start: (-?[\d.]+)/.exec(stderr) ?? [];
    const [, to] = /silence_end: ([\d.]+)/.exec(stderr) ?? [];

    return Number(from) < HEARD ? Number(to ?? Infinity) : 0;
}


/* "a1 en English default commentary", by name. */
function told(out, media) {
    const names = Object.keys(out.tracks).filter((name) => /^a\d+$/.test(name))
        .sort((a, b) => a.slice(1) - b.slice(1));
    const rows = Object.fromEntries(media.links.renditions
        .map((row) => [row.name, row]));

    return names.map((name) => {
        const group = out.groups.find(({ URI }) =>
            URI?.endsWith(`/${name}.m3u8`));
        const { title, purpose } = rows[name] ?? {};

        return [name, group?.LANGUAGE, title, purpose,
                group?.DEFAULT === "YES" ? "default" : null]
            .filter(Boolean).join(" ");
    });
}


/* How each is made: "v180 copied, a1 not AAC". */
const planOf = (jobs) => (jobs.package?.result?.plan ?? [])
    .map(({ name, how, why }) => `${name} ${why ?? how}`).join(", ");


/* Which copies were none that play, and why: "v180 damaged". */
const insteadOf = (jobs) => (jobs.verify?.result?.copies ?? [])
    .filter(({ why }) => why).map(({ name, why }) => `${name} ${why}`)
    .join(", ");


async function seenOf(stack, client, id) {
    const media = await finished(stack, client, id, { seconds: 240 });
    const jobs = await jobsOf(stack, id);
    const out = published(stack, id);
    const tracks = Object.fromEntries(await Promise.all(Object.entries(
        out.tracks).filter(([name]) => !/^s/.test(name))
        .map(async ([name, { file }]) => [name, await streamOf(file)])));

    return {
        media, id, plan: planOf(jobs), instead: insteadOf(jobs), tracks,
        sounds: told(out, media),
        heard: out.sound ? await heardIn(out.sound.file) : null,
        ranges: Object.fromEntries(out.variants.map(({ uri, ...rest }) =>
            [basename(uri, ".m3u8"), rest["VIDEO-RANGE"]])),
        dead: Object.entries(jobs).filter(([, { state }]) =>
            state !== "done").map(([kind, { state }]) => `${kind} ${state}`),
        faults: await faults(stack, id),
    };
}


/* What came of a file: {refused}, {failed}, or all that can be measured. */
async function taken(stack, client, path, name) {
    const answer = await client.upload(readFileSync(path), name);

    if (answer.status >= 300) {
        return { refused: answer.json?.detail ?? answer.text };
    }

    const media = await client.settled(answer.json.id, { seconds: 240 });

    return media.state === "ready"
        ? seenOf(stack, client, media.id) : { failed: media.error };
}


const within = (value, expected, tolerance) => Array.isArray(expected)
    ? value >= expected[0] && value <= expected[1]
    : Math.abs(value - expected) <= tolerance;


function pictureFaults(name, track, row) {
    const { out } = row, faulty = [];
    const rate = out.rate ?? RATE;
    const pictures = out.pictures ?? Math.round((out.seconds ?? 3) * rate);
    const copied = new RegExp(`(^|, )${name} copied`).test(out.plan ?? "");
    const [width, height] = out.size ?? [320, 180];
    const [x, y] = (copied && out.aspect ? out.aspect : "1:1").split(":");
    const shown = track.width * x / y / track.height;

    if (!within(Number(track.nb_read_frames), pictures, 0)) {
        faulty.push(`${name}: ${track.nb_read_frames} pictures, not `
            + pictures);
    }
    if (Math.abs(Math.log(shown * height / width)) > (out.loose ? 0.03 : 0.005)
        || (track.sample_aspect_ratio ?? "1:1").replace("N/A", "1:1")
            !== `${x}:${y}`) {
        faulty.push(`${name}: ${track.width} × ${track.height} of `
            + `${track.sample_aspect_ratio}`);
    }
    if (Math.abs(track.start_time) > 0.001) {
        faulty.push(`${name} begins at ${track.start_time}`);
    }
    if (!copied && !["progressive", "unknown", undefined]
        .includes(track.field_order)) {
        faulty.push(`${name} is of fields: ${track.field_order}`);
    }
    if (out.light && !/-/.test(name) && track.color_transfer !== out.light) {
        faulty.push(`${name}: light of ${track.color_transfer}`);
    }
    return faulty;
}


/* Sentences: what is not as it must be. */
export function compare(row, found) {
    const { out } = row;

    for (const end of ["refused", "failed"]) {
        if (out[end] || found[end]) {
            return out[end]?.test(found[end] ?? "")
                ? [] : [`${end}: ${found[end] ?? "not"}`];
        }
    }

    const { media } = found, faulty = [...found.faults];
    const check = (right, sentence) => right || faulty.push(sentence);
    const seconds = out.seconds ?? 3;
    const [width, height] = out.size ?? [320, 180];

    check(media.kind === (out.audio ? "audio" : "video"), `is ${media.kind}`);
    check(within(media.duration, seconds, Math.max(1 / (out.rate ?? RATE),
        SOUND_FRAME) + 0.005), `lasts ${media.duration}`);
    check(out.plan === null
        || found.plan === (out.plan ?? "v180 copied, a1 copied"), found.plan);
    check(found.instead === (out.instead ?? ""),
        `is no copy: ${found.instead}`);
    check(out.audio || (media.width === width && media.height === height),
        `is shown as ${media.width} × ${media.height}`);
    check(Boolean(out.cut) === /cut off/.test(media.notice ?? ""),
        `notice: ${media.notice}`);
    check(Boolean(out.instead && !out.cut)
        === /damaged, first/.test(media.notice ?? ""),
    `notice: ${media.notice}`);
    check(out.cut || out.instead || media.notice === null,
        `notice: ${media.notice}`);
    check(found.dead.join() === (out.dead ?? ""), found.dead.join(", "));
    check(out.heard === null || found.heard === null
        || within(found.heard, out.heard ?? 0, HEARD),
    `first heard at ${found.heard}`);
    check(!out.sounds || out.sounds.join() === found.sounds.join(),
        found.sounds.join(", "));
    check(!out.title || media.title === out.title, `title: ${media.title}`);
    check(!out.cover || media.links.cover, "no cover");
    check(out.audio || out.dead || media.links.poster, "no poster");

    for (const [name, range] of Object.entries(found.ranges)) {
        const wanted = /-/.test(name) ? out.range ?? "SDR" : "SDR";

        check(/^a/.test(name) || (range ?? "SDR") === wanted,
            `${name}: ${range}`);
    }
    for (const [name, channels] of Object.entries(out.channels ?? {})) {
        check(found.tracks[name]?.channels === channels,
            `${name}: ${found.tracks[name]?.channels} channels`);
    }
    for (const [name, track] of Object.entries(found.tracks)) {
        if (track.codec_type === "video") {
            faulty.push(...pictureFaults(name, track, row));
        } else if (track.codec_type === "audio") {
            check(Math.abs(track.start_time) < 0.025,
                `${name} begins at ${track.start_time}`);
        }
    }
    return faulty;
}


const codecOf = ({ codec }) => codec;

/* One row: {…row, found, faulty: sentences, line: what the table says}. */
export async function tried(stack, client, row) {
    const make = maker(stack.folder);
    const path = typeof row.make === "function"
        ? await row.make(make, row.name)
        : await make.file(row.name, row.make);
    const found = await taken(stack, client, path, row.name);
    const faulty = compare(row, found);
    const rungs = Object.entries(found.tracks ?? {}).filter(([, track]) =>
        track.codec_type === "video");

    return { ...row, found, faulty, path, line: {
        name: row.name, odd: row.odd,
        codecs: found.media?.streams.map(codecOf).join(", ") ?? "",
        plan: found.plan ?? found.refused ?? found.failed,
        seconds: found.media ? one(found.media.duration).toFixed(3) : "",
        pictures: rungs.map(([, { nb_read_frames: n }]) => n)
            .filter((n, i, all) => all.indexOf(n) === i).join(", "),
        size: found.media?.width
            ? `${found.media.width} × ${found.media.height}` : "",
        notice: found.media?.notice ?? "",
    } };
}


/* All rows, so many at once; `each` is told of one as it ends. */
export async function all(rows, atonce, action, each = () => {}) {
    const left = [...rows.entries()], done = [];

    await Promise.all(Array.from({ length: atonce }, async () => {
        for (let next = left.shift(); next; next = left.shift()) {
            const [i, row] = next;

            done[i] = await action(row).catch((error) =>
                ({ ...row, faulty: [String(error)], line: { name: row.name,
                    odd: row.odd } }));
            each(done[i]);
        }
    }));
    return done;
}
