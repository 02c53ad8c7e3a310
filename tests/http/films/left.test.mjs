/* Pieces of a film that nobody has joined, and tracks that others took the place
   of. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { finished, H264, made, picture } from "../lib/films.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, it } from "../lib/test.mjs";
import { until } from "../lib/client.mjs";

const timeout = 120_000;
const RUN = "01931c5a-0000-7000-8000-0000000000aa";
const JOB = "01931c5a-0000-7000-8000-0000000000bb";

let stack, client, media, piece;


before(async () => {
    stack = await startStack();
    client = await stack.visitor("viewer");

    const path = await made(stack.folder, "film.mp4", ...picture(1), ...H264);
    const { id } = await client.bring(readFileSync(path), "film.mp4");

    media = await finished(stack, client, id);
    piece = stack.path("media", id.slice(-2), id, ".pieces", `${RUN}-0`);
    await stack.asServer("mkdir", "-p", piece);
    await stack.asServer("touch", join(piece, "v90.mp4"));
    await stack.sql(`insert into sluice.jobs (id, kind, media, state, params,
            finished_at)
        values ('${RUN}', 'split', '${id}', 'done', '{}', now()),
               ('${JOB}', 'encode', '${id}', 'dead',
                '{"run": "${RUN}", "piece": 0, "of": 1}', now())`);
}, { timeout });

after(() => stack?.stop(), { timeout });


async function expired() {
    const id = await stack.sql("select queue.enqueue('expire')");

    return until("expire is done", async () => {
        const [state, result] = (await stack.sql("select state, result from "
            + `sluice.jobs where id = '${id}'`)).split("|");

        return state === "done" && JSON.parse(result);
    });
}


it("they stay for a day, since whoever made them may be tried again",
    { timeout }, async () => {
        assert.equal((await expired()).pieces, undefined);
        assert.ok(existsSync(piece));
    });

it("they go after that, and who is tried again then is told", { timeout },
    async () => {
        await stack.sql("update sluice.jobs set finished_at = now() - "
            + `interval '25 hours' where id = '${JOB}'`);
        assert.equal((await expired()).pieces, 1);
        assert.ok(!existsSync(piece));
        assert.equal((await expired()).pieces, undefined);

        assert.equal((await client.request("POST",
            `/api/jobs/${JOB}/retry`)).status, 202);
        await until("it is told", async () => await stack.sql(
            `select error from sluice.jobs where id = '${JOB}'
             and state = 'dead'`) === "The other pieces of the film are gone "
                + "by now.");
        assert.equal((await client.ready(media.id)).state, "ready");
    });


it("a track that another took the place of stays for a day, for who plays by it",
    { timeout }, async () => {
        const bytes = readFileSync(await made(stack.folder, "zeros.mp4",
            ...picture(8), ...H264, "-g", "50"));
        const from = bytes.indexOf("mdat") + Math.floor(bytes.length / 3);

        bytes.fill(0, from, from + 30_000);
        const { id } = await client.bring(bytes, "zeros.mp4");

        await finished(stack, client, id);
        const row = await stack.sql("select folder || '/' || name from "
            + `sluice.replaced where media = '${id}'`);
        const file = stack.path("media", id.slice(-2), id, "hls",
                                `${row}.mp4`);
        const now = await stack.sql("select folder || '/' || name from "
            + `sluice.renditions where media = '${id}'`);

        assert.match(row, /\/v180$/);
        assert.notEqual(now, row);
        assert.equal((await expired()).renditions, undefined);
        assert.ok(existsSync(file));

        await stack.sql("update sluice.replaced set replaced_at = now() - "
            + "interval '25 hours'");
        assert.equal((await expired()).renditions, 1);
        for (const end of [".mp4", ".m3u8", ".iframes.m3u8"]) {
            assert.ok(!existsSync(file.replace(".mp4", end)));
        }
        assert.ok(existsSync(file.replace(row, now)));
        assert.equal((await expired()).renditions, undefined);
        assert.equal(await stack.sql("select count(*) from sluice.replaced"),
                     "0");
    });
