/* What of a film is still being made is told as it goes on. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { AAC, finished, H264, made, picture, sound } from "../lib/films.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, it } from "../lib/test.mjs";

const RUNGS = [{ name: "v1080", rate: 1 }, { name: "v720-hevc", rate: 1 }];

let stack, user, id;

before(async () => {
    stack = await startStack();
    user = await stack.visitor("viewer");
    const path = await made(stack.folder, "film.mp4", ...picture(1),
        ...sound(1), ...H264, ...AAC);

    ({ id } = await user.bring(readFileSync(path), "film.mp4"));
    await finished(stack, user, id);
});

after(() => stack?.stop());


/* A piece of the film's encoding that no worker will take. */
function piece(state, progress = 0, kind = "encode") {
    const params = JSON.stringify({ run: id, of: 4, rungs: RUNGS });

    return stack.sql(`insert into sluice.jobs (id, kind, media, params, state,
        progress, run_at, lease_until, leased_by, attempt) values
        (sluice.uuid_v7(), '${kind}', '${id}', '${params}', '${state}',
         ${progress}, now() + interval '1 hour', now() + interval '1 hour',
         'nobody', 1)`);
}

const making = async () => (await user.media(id)).making;


it("tells which qualities are on their way, and how far", async () => {
    assert.deepEqual(await making(), []);
    await piece("done", 100);
    await piece("running", 50);
    await piece("queued");
    const told = (progress) => [
        { name: "v1080", kind: "video", lines: 1080, progress },
        { name: "v720-hevc", kind: "video", lines: 720, progress }];

    assert.deepEqual(await making(), told(37.5));
    await stack.sql("update sluice.jobs set state = 'done', lease_until = null, "
        + "leased_by = null where kind = 'encode'");
    await piece("done", 100);
    await piece("queued", 0, "join");
    assert.deepEqual(await making(), told(100));
    await stack.sql("update sluice.jobs set state = 'done' where kind = 'join'");
    assert.deepEqual(await making(), []);
});
