/* Uploads that are cut, hang and are handed over; nginx that is reloaded and
   killed; and tus-js-client, as people use it. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import {
    existsSync, readFileSync, truncateSync, unlinkSync, writeFileSync,
} from "node:fs";

import { SANITIZED, alive, memory, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { Tus } from "../lib/tus.mjs";

const timeout = 120_000;
const MIB = 2 ** 20;

let stack, viewer, mine;


before(async () => {
    stack = await startStack();
    await stack.stopWorker();
    viewer = await stack.visitor("viewer");
    await stack.sql("update sluice.users set uploads_max = 1000 where id = "
        + `'${viewer.user.id}'`);
    mine = new Tus(stack, viewer);
}, { timeout });

after(() => stack?.stop({ but: /exited on signal 9/ }), { timeout });


const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/* What became of it has these bytes. */
async function whole(answer, bytes) {
    assert.equal(answer.status, 204, answer.text);
    const media = await viewer.media(answer.headers["sluice-media"]);

    assert.equal(media.sha256, sha256(bytes));
    assert.ok(readFileSync(stack.path("spool", media.id)).equals(bytes));
}

/* The pids of nginx's workers, all of which die at once. */
async function killNginx() {
    const pids = [stack.pid("nginx"), ...stack.workers()];

    pids.forEach((pid) => process.kill(pid, "SIGKILL"));
    await until("nginx is dead", () => !pids.some(alive));
    unlinkSync(stack.path("run/nginx.pid"));
    await until("nginx has its port again", () => stack.nginx().then(
        () => true, () => false));
}

async function killWorkers() {
    const pids = stack.workers();

    pids.forEach((pid) => process.kill(pid, "SIGKILL"));
    await until("there are others", () => stack.workers().length
        && !stack.workers().some((pid) => pids.includes(pid)));
}


/* As a client does: from where the server is, again when it went on since. */
const resumed = (path, bytes) => until("it goes on", async () => {
    const at = await mine.offset(path);
    const answer = await mine.patch(path, at, bytes.subarray(at));

    return answer.status !== 409 && answer;
});


describe("a connection that is cut", { timeout }, () => {
    it("leaves what arrived, and the upload goes on there", async () => {
        const bytes = randomBytes(5 * MIB);
        const path = await mine.create(bytes.length);
        let at = 0;

        for (const size of [1, 70_000, 1_300_001, 2 * MIB]) {
            const hung = mine.hang(path, at, bytes.length - at,
                bytes.subarray(at, at + size));

            await mine.arrived(path, at + size);
            hung.destroy();
            at = await mine.offset(path);
        }
        assert.equal(at, 1 + 70_000 + 1_300_001 + 2 * MIB);
        await whole(await mine.patch(path, at, bytes.subarray(at)), bytes);
    });

    it("at any place loses nothing", async () => {
        const bytes = randomBytes(3 * MIB);
        const path = await mine.create(bytes.length);
        let at = 0, cuts = 0;

        while (at < bytes.length && cuts < 20) {
            const hung = mine.hang(path, at, bytes.length - at,
                bytes.subarray(at, at + 10_000 + cuts * 17_011));

            await new Promise((resolve) => { setTimeout(resolve, cuts); });
            hung.destroy();
            at = await mine.offset(path);
            cuts++;

            /* what was cut may come to its turn behind the question */
            if (at < bytes.length && existsSync(mine.file(path))) {
                const there = readFileSync(mine.file(path));

                assert.ok(there.length >= at
                    && there.equals(bytes.subarray(0, there.length)));
            }
        }
        await whole(await resumed(path, bytes), bytes);
    });

    it("behind the last byte leaves a media file", async () => {
        const bytes = randomBytes(4 * MIB);
        const path = await mine.create(bytes.length);
        const hung = mine.hang(path, 0, bytes.length, bytes);

        await new Promise((resolve) => { hung.end(resolve); });
        hung.destroy();

        await whole(await resumed(path, bytes), bytes);
    });
});


describe("a state of the hash", { timeout }, () => {
    async function half(bytes) {
        const path = await mine.create(bytes.length);

        await mine.patch(path, 0, bytes.subarray(0, MIB));
        await mine.patch(path, MIB, bytes.subarray(MIB, 2 * MIB));
        return path;
    }
    const broken = {
        "that is missing": (path) => unlinkSync(mine.file(path, ".state")),
        "that is damaged": (path) => writeFileSync(mine.file(path, ".state"),
            randomBytes(120)),
        "that is short": (path) => truncateSync(mine.file(path, ".state"), 50),
        "that is ahead of the file": (path) => truncateSync(mine.file(path),
            MIB + 5),
        "that is behind the file": (path) => {
            const state = readFileSync(mine.file(path, ".state"));
            return async (bytes) => {
                await mine.patch(path, 2 * MIB, bytes.subarray(2 * MIB,
                    2 * MIB + 9));
                writeFileSync(mine.file(path, ".state"), state);
            };
        },
    };

    for (const [what, harm] of Object.entries(broken)) {
        it(`${what} is made anew`, async () => {
            const bytes = randomBytes(3 * MIB);
            const path = await half(bytes);

            await harm(path)?.(bytes);
            const at = await mine.offset(path);
            await whole(await mine.patch(path, at, bytes.subarray(at)), bytes);
        });
    }
});


describe("a request that hangs", { timeout }, () => {
    /* `next` comes while another hangs; in ms how long it took. */
    async function takeOver(next, url = stack.url) {
        const path = await mine.create(100);
        const hung = mine.hang(path, 0, 100, "abc");

        await mine.arrived(path, 3);
        const began = Date.now();
        const answer = await next(mine.at(url), path);
        const took = Date.now() - began;
        const { statusCode } = await hung.answer;

        assert.equal(statusCode, 423);
        return { answer, took, path };
    }

    it("gives its upload to a newer HEAD, with what it has", async () => {
        const { answer } = await takeOver((tus, path) => tus.head(path));

        assert.equal(answer.status, 200);
        assert.equal(answer.headers["upload-offset"], "3");
    });

    it("gives its upload to a newer PATCH", async () => {
        const { answer } = await takeOver((tus, path) => tus.patch(path, 3,
            "def"));

        assert.equal(answer.status, 204);
        assert.equal(answer.headers["upload-offset"], "6");
    });

    it("gives its upload to a newer DELETE", async () => {
        const { answer, path } = await takeOver((tus, at) =>
            tus.request("DELETE", at));

        assert.equal(answer.status, 204);
        assert.equal((await mine.head(path)).status, 404);
    });

    it("gives its upload to another machine within a second", async () => {
        const machine = await stack.secondNginx();

        for (let round = 0; round < 5; round++) {
            const { answer, took } = await takeOver((tus, path) =>
                tus.head(path), machine.url);

            assert.equal(answer.status, 200);
            assert.equal(answer.headers["upload-offset"], "3");
            assert.ok(took < 1000, `${took} ms`);
        }
        await machine.stop();
    });

    it("gives its upload away in a process that drains, too", async () => {
        const old = stack.workers();
        const { answer } = await takeOver(async (tus, path) => {
            await stack.reload();
            await until("the old ones drain", () => old.every((pid) =>
                !alive(pid) || /shutting down/.test(
                    readFileSync(`/proc/${pid}/cmdline`, "latin1"))));
            return tus.patch(path, 3, "def");
        });

        assert.equal(answer.status, 204);
        await until("the old ones have left", () =>
            !stack.workers().some((pid) => old.includes(pid)));
    });

    it("is taken over by one of many, and all are answered", async () => {
        const path = await mine.create(100);

        mine.hang(path, 0, 100, "abc");
        await mine.arrived(path, 3);
        const answers = await Promise.all(Array.from({ length: 6 },
            () => mine.patch(path, 3, "def")));

        assert.equal(answers.filter(({ status }) => status === 204).length, 1);
        /* who comes while the one is at work, and who comes behind it */
        answers.forEach(({ status }) =>
            assert.ok([204, 409, 423].includes(status), String(status)));
        assert.equal(await mine.offset(path), 6);
    });
});


describe("nginx", { timeout }, () => {
    const SIZE = 64 * MIB;

    it("killed in the middle loses nothing that was told", async () => {
        const bytes = randomBytes(SIZE);
        const path = await mine.create(bytes.length);
        let at = 0;

        for (const [to, kill] of [[10 * MIB + 3, killWorkers],
                                  [40 * MIB + 5, killNginx],
                                  [SIZE - 1, killWorkers]]) {
            mine.hang(path, at, bytes.length - at, bytes.subarray(at, to));
            await mine.arrived(path, to);
            await kill();
            at = await until("it goes on", () => mine.offset(path).catch(
                () => false), { seconds: 10 });
            assert.equal(at, to);
        }
        await whole(await mine.patch(path, at, bytes.subarray(at)), bytes);
    });

    it("killed in a chunk with a checksum keeps nothing of it", async () => {
        const bytes = randomBytes(MIB);
        const path = await mine.create(bytes.length);

        await mine.patch(path, 0, bytes.subarray(0, 1000));
        mine.hang(path, 1000, MIB - 1000, bytes.subarray(1000, 90_000),
            { "Upload-Checksum": "crc32 AAAAAA==" });
        await mine.arrived(path, 90_000);
        await killWorkers();
        const at = await until("it goes on", () => mine.offset(path).catch(
            () => false), { seconds: 10 });

        assert.equal(at, 1000);
        await whole(await mine.patch(path, at, bytes.subarray(at)), bytes);
    });

    it("reloaded in the middle goes on", async () => {
        const bytes = randomBytes(SIZE);
        const path = await mine.create(bytes.length);
        const sending = mine.hang(path, 0, bytes.length,
            bytes.subarray(0, MIB));

        for (let at = 1; at < 64; at++) {
            if (at % 16 === 0) {
                await stack.reload();
            }
            sending.write(bytes.subarray(at * MIB,
                Math.min((at + 1) * MIB, SIZE - 1)));
            await mine.arrived(path, at * MIB);
        }
        sending.end(bytes.subarray(SIZE - 1));
        assert.equal((await sending.answer).statusCode, 204);
        await whole(await mine.patch(path, bytes.length, ""), bytes);
    });

    it("does not grow with an upload", {
        skip: SANITIZED && "a sanitizer keeps what was freed",
    }, async () => {
        const bytes = randomBytes(SIZE);
        const path = await mine.create(bytes.length);
        const sum = () => stack.workers().map((pid) => memory(pid, "RssAnon"))
            .reduce((all, one) => all + one);
        const sending = mine.hang(path, 0, bytes.length,
            bytes.subarray(0, 2 * MIB));

        await mine.arrived(path, 2 * MIB);
        const begin = sum();
        sending.write(bytes.subarray(2 * MIB, SIZE - 1));
        await mine.arrived(path, SIZE - 1);
        const grown = sum() - begin;

        sending.end(bytes.subarray(SIZE - 1));
        assert.equal((await sending.answer).statusCode, 204);
        assert.ok(grown < MIB, `${grown} bytes more`);
    });

    it("finishes what was whole when it was killed", async () => {
        const bytes = randomBytes(1000);
        const path = await mine.create(bytes.length);

        writeFileSync(mine.file(path), bytes);
        const answer = await mine.head(path);

        await whole({ ...answer, status: 204 }, bytes);
    });
});
