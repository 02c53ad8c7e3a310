/* The worker's signals, and what happens when a slot is killed at work. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
    chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { film, pdf, play, RATE, fresh } from "../lib/files.mjs";
import { alive, descendants, processOf, slotsOf, startStack, until }
    from "../lib/stack.mjs";
import { after, afterEach, before, beforeEach, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const SECONDS = 20;             /* of film: some seconds of encoding */

let stack, viewer, bytes, slow;


before(async () => {
    slow = slowBubblewrap();
    stack = await startStack({
        environment: { PATH: `${slow}:${process.env.PATH}` },
    });
    viewer = await stack.visitor("viewer");
    bytes = readFileSync(await film(join(stack.folder, "film.webm"), {
        seconds: SECONDS, size: "640x360", video: "libvpx-vp9",
        audio: "libopus",
    }));
}, { timeout });

after(async () => {
    await stack?.stop();
    rmSync(slow, { recursive: true });
}, { timeout });


/* A folder with a bwrap that is bubblewrap; but with the file `hold` beside it
   it goes no further than where bubblewrap's child is there and has not asked
   yet to die with its parent. */
function slowBubblewrap() {
    const folder = mkdtempSync("/tmp/sl-bwrap-");

    writeFileSync(join(folder, "bwrap"), `#!/bin/sh
        [ -e ${folder}/hold ] || exec /usr/bin/bwrap "$@"
        sleep 1000 &
        wait
    `);
    chmodSync(join(folder, "bwrap"), 0o755);
    chmodSync(folder, 0o755);
    return folder;
}

const slots = () => slotsOf(stack.pid("worker"));
const tools = () => descendants(stack.pid("worker"))
    .filter((pid) => processOf(pid)?.name === "ffmpeg");

/* Uploads a film; answers its id and the slot that encodes it by now. */
async function atWork() {
    /* another file each time, by a Void element: RFC 8794, 11.3.2 */
    const mark = Buffer.from(fresh());
    const { id } = await viewer.bring(Buffer.concat([bytes,
        Buffer.from([0xec, 0x80 + mark.length]), mark]), "film.webm");

    await until("the film is being packaged", async () => await stack.sql(
        "select state from sluice.jobs where kind = 'package' "
        + `and media = '${id}'`) === "running" && tools().length > 0,
        { seconds: 90 });   /* one owner's films go one after the other */
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
        /* of `package` or of `poster`: either may be what the slot did */
        const attempt = await stack.sql("select max(attempt) "
            + `from sluice.jobs where media = '${id}'`);
        assert.equal(attempt, "2");
    });
});


/* When nothing is at work, nor waits. */
const quiet = () => until("nothing is at work", async () => await stack.sql(
    "select count(*) from sluice.jobs where state in ('queued', 'running', "
    + "'retrying')") === "0", { seconds: 120 });


describe("a slot that is killed while bubblewrap starts", { timeout }, () => {
    let id, slot, held;

    const waiting = (pid) => descendants(pid)
        .filter((child) => processOf(child)?.name === "sleep");

    beforeEach(async () => {
        await quiet();
        writeFileSync(join(slow, "hold"), "");
        ({ id } = await viewer.bring(pdf(), "held.pdf"));
        await until("bubblewrap's child waits",
            () => waiting(stack.pid("worker")).length > 0);
        rmSync(join(slow, "hold"));

        [held] = waiting(stack.pid("worker"));
        slot = slots().find((pid) => waiting(pid).length > 0);
        process.kill(slot, "SIGKILL");
    });

    afterEach(() => alive(held) && process.kill(held, "SIGKILL"));

    it("leaves no process, and its job to the other slots", async () => {
        await until("bubblewrap's child is gone", () => !alive(held));
        await viewer.ready(id);
        await until("two slots are there", () => slots().length === 2);
        assert.ok(!slots().includes(slot));
        assert.equal(await stack.sql("select attempt from sluice.jobs "
            + `where media = '${id}' and kind = 'score'`), "2");
    });

    it("leaves no process when all stop, either", async () => {
        const master = stack.pid("worker");

        process.kill(master, "SIGTERM");
        await until("the worker is gone", () => !alive(master));
        await until("bubblewrap's child is gone", () => !alive(held));
        await stack.startWorker();
        await viewer.ready(id);
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


describe("the worker's signals", { timeout: 3 * timeout }, () => {
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


describe("the record of jobs", { timeout }, () => {
    let id;

    before(async () => {
        ({ id } = await viewer.bring(pdf(), "record.pdf"));
        await viewer.ready(id);
    });

    /* What the statement says of a job that runs for the last time and whose
       slot is `silent`; nobody else ever sees that job. */
    const lastTry = async (kind, silent, statement) => (await stack.sql(
        `begin;
         insert into sluice.jobs (id, kind, media, state, attempt, leased_by,
                                  lease_until)
         values ('${JOB}', '${kind}', '${id}', 'running', 9, 'test:1',
                 now() ${silent ? "-" : "+"} interval '1 minute');
         ${statement}
         rollback;`)).trim();
    const JOB = "01931c5a-0000-7000-8000-0000000000aa";
    const FAIL = `select queue.fail('${JOB}', 'test:1', 'The disk.', true);`;
    const BURY = `select queue.bury_interrupted();
                  select state from sluice.jobs where id = '${JOB}';`;

    it("gives a film's job up after its last try", async () => {
        assert.equal(await lastTry("poster", false, FAIL), "dead");
    });

    it("never gives up removing", async () => {
        assert.equal(await lastTry("remove", false, FAIL), "retrying");
    });

    it("tries to remove again within the hour", async () => {
        assert.equal(await lastTry("remove", false, `${FAIL}
            select run_at < now() + interval '1 hour'
            from sluice.jobs where id = '${JOB}';`), "retrying\nt");
    });

    it("buries a film's job when its last slot falls silent", async () => {
        assert.equal(await lastTry("poster", true, BURY), "dead");
    });

    it("does not bury a removal whose slot fell silent", async () => {
        assert.equal(await lastTry("remove", true, BURY), "running");
    });

    it("does not bury a job whose slot is heard of meanwhile", async () => {
        await stack.stopWorker();
        await stack.sql(`insert into sluice.jobs (id, kind, media, state,
                attempt, leased_by, lease_until)
            values ('${JOB}', 'poster', '${id}', 'running', 9, 'test:1',
                now() - interval '1 minute')`);

        const slot = spawn("psql", ["-X", "-q", "-A", "-t", "-h",
            stack.path("run"), "-U", "postgres", "-d", "sluice"],
            { stdio: ["pipe", "pipe", "inherit"] });
        slot.stdin.write(`begin; select queue.renew('${JOB}', 'test:1',
            interval '1 minute', 0);\n`);
        await once(slot.stdout, "data");

        const burial = stack.sql("select queue.bury_interrupted()");
        await until("the burial waits for the job", async () => await stack.sql(
            `select count(*) from pg_stat_activity
             where wait_event_type = 'Lock' and query like '%bury_interrupted%'
             and pid <> pg_backend_pid()`) === "1");
        slot.stdin.end("commit;\n");
        await burial;

        assert.equal(await stack.sql(
            `select state from sluice.jobs where id = '${JOB}'`), "running");
        await stack.sql(`delete from sluice.jobs where id = '${JOB}'`);
        await stack.startWorker();
    });
});


it("root's stack writes through no link of the servers' user",
    { timeout, skip: process.getuid() === 0 ? false : "only root may" },
    async () => {
        const secret = join(stack.folder, "secret");
        writeFileSync(secret, "kept\n", { mode: 0o600 });

        await stack.stopWorker();
        rmSync(stack.path("run/worker.out"));
        symlinkSync(secret, stack.path("run/worker.out"));
        await assert.rejects(stack.startWorker());
        assert.equal(readFileSync(secret, "utf8"), "kept\n");

        rmSync(stack.path("run/worker.out"));
        await stack.startWorker();
    });


it("nothing is left undone", { timeout }, async () => {
    await quiet();
    assert.equal(await stack.sql("select kind, state, error from sluice.jobs "
        + "where state <> 'done'"), "");
});
