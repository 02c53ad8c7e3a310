/* Films and recordings that ffmpeg makes on the spot. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { until } from "./client.mjs";
import { run } from "./run.mjs";

export const picture = (seconds, { size = "320x180", rate = 25 } = {}) =>
    ["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${rate}:`
        + `duration=${seconds}`];
export const sound = (seconds, frequency = 440) => ["-f", "lavfi", "-i",
    `sine=frequency=${frequency}:sample_rate=48000:duration=${seconds}`];
export const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
    "yuv420p"];
export const AAC = ["-c:a", "aac"];


/* For a stack and one of its users. */
export function maker(stack, client) {
    let count = 0;
    const place = (name) => join(stack.folder, `${++count}-${name}`);

    /* A file that ffmpeg makes of these words, and its path. */
    async function made(name, ...words) {
        const path = place(name);

        await run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...words, path]);
        return path;
    }

    /* A file of these bytes, and its path. */
    function written(name, bytes) {
        const path = place(name);

        writeFileSync(path, bytes);
        return path;
    }

    /* What came of the file, ready with all that is made of it: its answer. */
    async function taken(path, seconds = 120) {
        const { id } = await client.bring(readFileSync(path),
            path.slice(path.lastIndexOf("/") + 1));

        await client.ready(id, { seconds });
        await idle(id, seconds);
        return client.media(id);
    }

    /* Waits until no job of it is left to do. */
    async function idle(id, seconds = 120) {
        const left = () => stack.sql("select coalesce(jsonb_agg(jsonb_build_"
            + "object('kind', kind, 'state', state, 'error', error)), '[]') "
            + `from sluice.jobs where media = '${id}' and state in ('queued', `
            + "'running', 'retrying')");

        try {
            await until("nothing is left to do", async () =>
                await left() === "[]", { seconds });
        } catch (error) {
            error.message += `: ${await left()}`;
            throw error;
        }
    }

    /* Where its files are. */
    const folder = (id, ...names) =>
        stack.path("media", id.slice(-2), id, ...names);

    /* {state, error, result} of its last job of that kind, or null. */
    async function job(id, kind) {
        return JSON.parse(await stack.sql("select coalesce((select "
            + "jsonb_build_object('state', state, 'error', error, 'result', "
            + `result) from sluice.jobs where media = '${id}' and kind = `
            + `'${kind}' order by id desc limit 1), 'null')`));
    }

    return { made, written, taken, idle, folder, job };
}
