/* The worker's signals, and what happens when a slot is killed at work. */

import assert from "node:assert/strict";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { film, pdf, play, RATE } from "./files.mjs";
import { alive, children, descendants, processOf, startStack, until }
    from "./stack.mjs";

const timeout = 120_000;
const SECONDS = 20;             /* of film: some seconds of encoding */

let stack, viewer, bytes;


before(async () => {
    stack = await startStack();
    viewer = await stack.visitor("viewer");
    bytes = readFileSync(await film(join(stack.folder, "film.webm"), {
        seconds: SECONDS, size: "640x360", video: "libvpx-vp9",
        audio: "libopus",
    }));
}, { timeout });

after(() => stack?.stop(), { timeout });


const slots = () => children(stack.pid("worker"));
const tools = () => descendants(stack.pid("worker"))
    .filter((pid) => processOf(pid)?.name === "ffmpeg");

/* Uploads a film; answers its id and the slot that encodes it by now. */
async function atWork() {
    const { id } = await viewer.bring(bytes, "film.webm");

    await until("the film is being packaged", async () => await stack.sql(
        "select state from sluice.jobs where kind = 'package' "
        + `and media = '${id}'`) === "running" && tools().length > 0);
    const slot = slots().find((pid) => descendants(pid)
        .some((child) => processOf(child)?.name === "ffmpeg"));

    return { id, slot };
}


describe("a slot that is killed at work", { timeout }, () => {
    let id, media;

    before(async () => {
        let slot;

        ({ id, slot } = await atWork());
        process.kill(slot, "SIGKILL");
        await until("its tools are gone", () => descendants(slot).length === 0);
    });

    it("is replaced", async () => {
        await until("two slots are there", () => slots().length === 2);
    });

    it("has its job done by another", async () => {
        media = await viewer.ready(id);
        const { frames, errors } = await play(media.links.play);

        assert.equal(errors, "");
        assert.equal(frames, SECONDS * RATE);
    });

    it("is told in the number of attempts", async () => {
        const attempt = await stack.sql("select attempt from sluice.jobs "
            + `where media = '${id}' and kind = 'package'`);
        assert.equal(attempt, "2");
    });
});


describe("a cancelled job", { timeout }, () => {
    it("has its tools stopped when the film is deleted", async () => {
        const { id } = await atWork();

        assert.equal((await viewer.delete(`/api/media/${id}`)).status, 204);
        await until("ffmpeg is gone", () => tools().length === 0);
        await until("the row is gone", async () => await stack.sql(
            `select id from sluice.media where id = '${id}'`) === "");
    });
});


describe("the worker's signals", { timeout }, () => {
    it("HUP replaces the slots and lets them finish first", async () => {
        const { id, slot } = await atWork();
        const old = slots();

        process.kill(stack.pid("worker"), "SIGHUP");
        await until("new slots are there", () => slots()
            .some((pid) => !old.includes(pid)));
        assert.ok(alive(slot));
        await viewer.ready(id);
        await until("the old slots are gone", () => !old.some(alive));
        assert.equal(await stack.sql("select attempt from sluice.jobs "
            + `where media = '${id}' and kind = 'package'`), "1");
    });

    it("USR1 opens the log again", async () => {
        const log = stack.path("logs/worker.log");

        renameSync(log, `${log}.1`);
        process.kill(stack.pid("worker"), "SIGUSR1");
        const { id } = await viewer.bring(pdf(), "score.pdf");
        await viewer.ready(id);
        await until("the new log has the job",
            () => stack.text("logs/worker.log").includes(id));
    });

    it("QUIT lets the work be finished", async () => {
        const { id } = await atWork();
        const master = stack.pid("worker");

        process.kill(master, "SIGQUIT");
        await until("the worker is gone", () => !alive(master),
            { seconds: 60 });
        assert.equal((await viewer.media(id)).state, "ready");
        await stack.startWorker();
    });

    it("TERM stops at once, and the work is begun again", async () => {
        const { id, slot } = await atWork();
        const master = stack.pid("worker");

        process.kill(master, "SIGTERM");
        await until("the worker is gone", () => !alive(master));
        await until("its tools are gone", () => descendants(slot).length === 0);
        assert.equal((await viewer.media(id)).state, "processing");
        await stack.startWorker();
        await viewer.ready(id);
    });

    it("KILL of the master leaves nobody behind", async () => {
        const { id } = await atWork();
        const master = stack.pid("worker");
        const family = descendants(master);

        process.kill(master, "SIGKILL");
        await until("its family is gone", () => !family.some(alive));
        await stack.startWorker();
        await viewer.ready(id);
    });
});


it("nothing is left undone", { timeout }, async () => {
    assert.equal(await stack.sql(
        "select count(*) from sluice.jobs where state <> 'done'"), "0");
});
