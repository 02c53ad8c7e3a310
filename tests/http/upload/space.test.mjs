/* Space on the disk: what is announced is reserved, and a disk that fills up
   all the same loses nothing. The disk is a small one in memory. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
    mkdirSync, readdirSync, rmSync, statSync, writeFileSync,
} from "node:fs";
import { Readable } from "node:stream";

import { request } from "../lib/client.mjs";
import { run } from "../lib/run.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, beforeEach, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";
import { Tus, refused } from "../lib/tus.mjs";

const timeout = 120_000;
const MIB = 2 ** 20;
const SIZE = 8 * MIB;

let stack, viewer, mine, disk, mounted;


/* No worker: what comes in stays as it came. */
before(async () => {
    stack = await startStack({ extra: (state) => `
        location /tiny {
            sluice_gate user grant;
            sluice_upload ${state}/tiny keep_free=0;
            rewrite ^/tiny/uploads(.*) /api/uploads$1 break;
            rewrite ^/tiny/media /api/media break;
        }
        location /full {
            sluice_gate user grant;
            sluice_upload ${state}/spool keep_free=1000000g;
            rewrite ^/full/media /api/media break;
        }` });
    await stack.stopWorker();
    viewer = await stack.visitor("viewer");
    mine = new Tus(stack, viewer);
    disk = stack.path("tiny");
    mkdirSync(disk);
    mounted = await run("mount", ["-t", "tmpfs", "-o",
        `size=${SIZE},mode=1777`, "tmpfs", disk])
        .then(() => true, ({ stderr }) => stderr.trim());
}, { timeout });

/* What is mounted outlives a test that fails. */
const unmount = () => mounted === true && spawnSync("umount", ["-l", disk]);

process.on("exit", unmount);
after(async () => {
    unmount();
    mounted = false;
    await stack?.stop();
}, { timeout });


const post = (where, body, options = {}) => viewer.request("POST",
    `/${where}/media?filename=film.mp4`, { body, ...options });
const put = (where, body, options = {}) => request(
    `${stack.url}/${where}/drop/film.mp4?grant=${minter(stack.keys()).grant({
        path: `/${where}/drop/`, methods: ["PUT"], sub: viewer.user.id })}`,
    { method: "PUT", body, ...options });
const announce = (length) => ({ headers: { "Content-Length": length,
                                           Expect: "100-continue" } });
const create = (length, headers = { "Upload-Length": length }) =>
    mine.request("POST", "/tiny/uploads", headers);
const path = (answer) => answer.headers.location
    .replace("/api/uploads", "/tiny/uploads");
const part = (upload) => `${upload.split("/").pop()}.part`;
const expire = () => stack.sql("update sluice.uploads set expires_at = now() - "
    + "interval '1 second'");
const chunks = (bytes) => Readable.from(
    [bytes.subarray(0, 1000), bytes.subarray(1000)]);

/* Uploads', without the file that all who reserve lock. */
const files = (folder = disk) => readdirSync(folder)
    .filter((name) => name !== ".room");

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

function full(answer) {
    assert.equal(answer.status, 507, answer.text);
    assert.equal(answer.json.type, "urn:sluice:problem:no-space");
}

/* The client has not begun to send. */
function early(answer) {
    full(answer);
    assert.equal(answer.continued, false);
}

async function empty() {
    await stack.sql("delete from sluice.uploads");
    if (mounted === true) {
        readdirSync(disk).forEach((name) => rmSync(`${disk}/${name}`));
    }
}

/* On the small disk, where there may be one. */
const there = (name, test) => it(name, { timeout }, (t) => mounted === true
    ? test(t) : t.skip(`no tmpfs: ${mounted}`));


describe("space that is to be kept free", { timeout }, () => {
    it("is kept by POST, before the body", async () => {
        const before = files(stack.path("spool"));

        early(await post("full", null, announce(1000)));
        assert.deepEqual(files(stack.path("spool")), before);
    });

    it("is kept by a link's PUT, before the body", async () => {
        early(await put("full", null, announce(1000)));
    });

    it("is kept by what does not say its length", async () => {
        full(await post("full", chunks(randomBytes(2000))));
    });
});


describe("space that an upload has announced", { timeout }, () => {
    beforeEach(empty);

    there("is not promised to another one", async () => {
        const first = await create(5 * MIB);

        assert.equal(first.status, 201, first.text);
        refused(await create(5 * MIB), 507, "no-space");
        early(await post("tiny", null, announce(5 * MIB)));
        early(await put("tiny", null, announce(5 * MIB)));
        assert.equal(files().length, 1);
    });

    there("is there until the last byte", async () => {
        const bytes = randomBytes(5 * MIB);
        const first = await create(bytes.length);

        while ((await create(MIB)).status === 201) {
            /* the others have all else */
        }
        await mine.patch(path(first), 0, bytes.subarray(0, 1234));
        const answer = await mine.patch(path(first), 1234,
            bytes.subarray(1234));

        assert.equal(answer.status, 204, answer.text);
        assert.match(answer.headers["sluice-media"], /./);
    });

    there("is free again when it ends", async () => {
        const first = await create(5 * MIB);

        assert.equal((await mine.request("DELETE", path(first))).status, 204);
        assert.equal((await create(5 * MIB)).status, 201);
    });

    there("is free again when its time is over", async () => {
        const first = path(await create(5 * MIB));

        await mine.patch(first, 0, randomBytes(1234));
        await expire();
        const second = await create(5 * MIB);

        assert.equal(second.status, 201, second.text);
        assert.deepEqual(files(), [part(path(second))]);
    });

    for (const [what, bring] of Object.entries({
        "POST": () => post("tiny", randomBytes(5 * MIB)),
        "a link's PUT": () => put("tiny", randomBytes(5 * MIB)),
        "parts that are put together": async () => {
            const parts = [];

            for (const bytes of [randomBytes(MIB), randomBytes(MIB)]) {
                const made = await create(MIB, { "Upload-Length": MIB,
                                                 "Upload-Concat": "partial" });

                await mine.patch(path(made), 0, bytes);
                parts.push(made.headers.location);
            }
            return mine.request("POST", "/tiny/uploads",
                { "Upload-Concat": `final;${parts.join(" ")}` });
        },
    })) {
        there(`is free then for ${what}, too`, async () => {
            const idle = path(await create(5 * MIB));

            await mine.patch(idle, 0, randomBytes(1234));
            await expire();
            const answer = await bring();

            assert.equal(answer.status, 201, answer.text);
            assert.ok(!files().includes(part(idle)));
        });
    }

    there("stays with a request that outlasts its time", async (t) => {
        const bytes = randomBytes(3 * MIB);
        const held = path(await create(bytes.length));
        const idle = await create(3 * MIB);
        const hung = mine.hang(held, 0, bytes.length, bytes.subarray(0, MIB));

        t.after(() => hung.destroy());
        assert.equal(idle.status, 201, idle.text);
        await until("its bytes arrive",
            () => statSync(`${disk}/${part(held)}`).size >= MIB);
        await expire();
        const other = await create(3 * MIB);

        assert.equal(other.status, 201, other.text);
        assert.deepEqual(files().sort(),
            [part(held), part(path(other))].sort());

        hung.end(bytes.subarray(MIB));
        const { statusCode, headers } = await hung.answer;

        assert.equal(statusCode, 204);
        assert.equal((await viewer.media(headers["sluice-media"])).sha256,
            sha256(bytes));
    });
});


describe("a disk that fills up in the middle", { timeout }, () => {
    beforeEach(empty);

    there("is told by POST, and nothing is left", async () => {
        const answer = await post("tiny", chunks(randomBytes(SIZE + MIB)));

        full(answer);
        await until("its file is gone", () => files().length === 0);
    });

    there("is told by tus, and the upload goes on later", async () => {
        const bytes = randomBytes(6 * MIB);
        const fill = `${disk}/fill`;

        writeFileSync(fill, Buffer.alloc(4 * MIB));
        const upload = path(await create(null, { "Upload-Defer-Length": 1 }));

        refused(await mine.patch(upload, 0, chunks(bytes)), 507, "no-space");

        rmSync(fill);
        const at = await mine.offset(upload);
        assert.ok(at > 0 && at < bytes.length, at);

        const answer = await mine.patch(upload, at, bytes.subarray(at),
            { "Upload-Length": bytes.length });
        const media = await viewer.media(answer.headers["sluice-media"]);

        assert.equal(media.sha256, sha256(bytes));
        assert.deepEqual(files(), [media.id]);
    });
});
