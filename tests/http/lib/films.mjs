/* Films for tests: made by ffmpeg, and what has come of them. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { until } from "./client.mjs";
import { checkDash } from "./dash.mjs";
import { attributes, checkHls } from "./hls.mjs";
import { run } from "./run.mjs";

export const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
                     "yuv420p"];
export const AAC = ["-c:a", "aac"];

export const picture = (seconds, { size = "320x180", rate = 25 } = {}) =>
    ["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${rate}:`
        + `duration=${seconds}`];
export const sound = (seconds, frequency = 440) => ["-f", "lavfi", "-i",
    `sine=frequency=${frequency}:sample_rate=48000:duration=${seconds}`];


/* A file in `folder` that ffmpeg makes of these words, and its path. */
export async function made(folder, name, ...words) {
    const path = join(folder, name);

    await run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...words, path]);
    return path;
}


/* The same, from a pipe: then nothing stands in it of how long it is. */
export async function piped(folder, name, format, ...words) {
    const path = join(folder, name);
    const { stdout } = await run("ffmpeg", ["-v", "error", "-nostdin", ...words,
        "-f", format, "pipe:1"], { encoding: "buffer", maxBuffer: 1 << 26 });

    writeFileSync(path, stdout);
    return path;
}


/*
 * What is published of a media object: {path, master, variants: [{uri, …attributes}],
 * groups: [{…attributes}], tracks: {name: {file, text, segments: s, target: s}},
 * highest, sound}: the track of the largest picture and of the first sound.
 */
export function published(stack, id) {
    const folder = stack.path("media", id.slice(-2), id, "hls");
    const [newest] = readdirSync(folder)
        .filter((name) => /^master\.\d+\.m3u8$/.test(name))
        .sort((a, b) => b.split(".")[1] - a.split(".")[1]);
    const master = readFileSync(join(folder, newest), "utf8");
    const variants = [...master.matchAll(
        /#EXT-X-STREAM-INF:(.*)\n([^#\n]+)/g)]
        .map(([, text, uri]) => ({ uri, ...attributes(text) }));
    const groups = [...master.matchAll(/#EXT-X-MEDIA:(.*)/g)]
        .map(([, text]) => attributes(text));
    const uris = [...variants.map(({ uri }) => uri),
                  ...groups.map(({ URI }) => URI).filter(Boolean)];
    const tracks = Object.fromEntries(uris.map((uri) => {
        const text = readFileSync(join(folder, uri), "utf8");

        return [uri.replace(/^.*\//, "").replace(".m3u8", ""), {
            text,
            file: join(folder, uri.replace(/m3u8$/, "mp4")),
            segments: [...text.matchAll(/EXTINF:([\d.]+)/g)]
                .map(([, seconds]) => Number(seconds)),
            target: Number(/TARGETDURATION:(\d+)/.exec(text)[1]),
        }];
    }));
    const lines = (name) => Number(/^v(\d+)/.exec(name)?.[1] ?? 0);
    const [highest] = Object.keys(tracks).sort((a, b) => lines(b) - lines(a));

    return { master, variants, groups, tracks, folder, path: join(folder, newest),
             highest: tracks[highest], sound: tracks.a1 };
}


/* What is wrong with all that is published of it, by the rules of HLS, DASH and
   their boxes: sentences. */
export async function faults(stack, id) {
    const { folder, path } = published(stack, id);
    const read = async (name) => readFileSync(join(folder, name));
    const master = path.slice(folder.length + 1);

    const manifest = master.replace(/master\.(\d+)\.m3u8/, "manifest.$1.mpd");

    return [...(await checkHls(read, master)).faults,
            ...(await checkDash(read, manifest)).faults];
}


/* Waits until no job of a media object is left to do. */
export async function idle(stack, id, options) {
    const left = () => stack.sql("select coalesce(jsonb_agg(jsonb_build_object("
        + "'kind', kind, 'state', state, 'error', error)), '[]') "
        + `from sluice.jobs where media = '${id}' and state in ('queued', `
        + "'running', 'retrying')");

    try {
        await until(`all of ${id} is made`, async () => await left() === "[]",
            { seconds: 120, every: 200, ...options });
    } catch (error) {
        error.message += `: ${await left()}`;
        throw error;
    }
}


/* The media object, which must become ready, when nothing is made of it any
   more. */
export async function finished(stack, client, id, options) {
    await client.ready(id, { seconds: 120, ...options });
    await idle(stack, id, options);
    return client.media(id);
}


/* {kind: {state, result}} of the jobs of a media object. */
export async function jobsOf(stack, id) {
    return JSON.parse(await stack.sql("select jsonb_object_agg(kind, "
        + "jsonb_build_object('state', state, 'result', result)) from "
        + `sluice.jobs where media = '${id}'`));
}


/* All of that for a stack and one of its users. */
export function maker(stack, client) {
    let count = 0;
    const numbered = (name) => `${++count}-${name}`;

    return {
        made: (name, ...words) => made(stack.folder, numbered(name), ...words),

        /* A file of these bytes, and its path. */
        written(name, bytes) {
            const path = join(stack.folder, numbered(name));

            writeFileSync(path, bytes);
            return path;
        },

        /* What came of the file: its media object. */
        async taken(path, seconds = 120) {
            const { id } = await client.bring(readFileSync(path),
                path.slice(path.lastIndexOf("/") + 1));

            return finished(stack, client, id, { seconds });
        },

        idle: (id, seconds = 120) => idle(stack, id, { seconds }),

        /* Where its files are. */
        folder: (id, ...names) =>
            stack.path("media", id.slice(-2), id, ...names),

        /* {state, error, result} of its last job of that kind, or null. */
        job: async (id, kind) => JSON.parse(await stack.sql("select coalesce(("
            + "select jsonb_build_object('state', state, 'error', error, "
            + "'result', result) from sluice.jobs where media = "
            + `'${id}' and kind = '${kind}' order by id desc limit 1), `
            + "'null')")),
    };
}
