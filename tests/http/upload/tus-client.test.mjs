/* tus-js-client, as a page or a program uses it. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { Readable } from "node:stream";

import { bring, cutter, cutterAt } from "../lib/cutter.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { idOf } from "../lib/tus.mjs";

const timeout = 120_000;
const MIB = 2 ** 20;

let stack, viewer;


before(async () => {
    stack = await startStack();
    await stack.stopWorker();
    viewer = await stack.visitor("viewer");
}, { timeout });

after(() => stack?.stop({ but: /exited on signal 9/ }), { timeout });


const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/* There is one media row with these bytes, and it is this one. */
async function arrived(id, bytes) {
    const rows = await stack.sql("select id from sluice.media where sha256 = "
        + `'\\x${sha256(bytes)}'`);

    assert.equal(rows, id);
    assert.ok(readFileSync(stack.path("spool", id)).equals(bytes));
    await stack.inSpool([], (name) => /.\./.test(name));
}


describe("tus-js-client", { timeout }, () => {
    it("uploads a file in one request", async () => {
        const bytes = randomBytes(3 * MIB);
        const { media } = await bring(bytes, stack.url, viewer.token);

        await arrived(media, bytes);
        assert.equal((await viewer.media(media)).filename, "client.mp4");
    });

    it("uploads in chunks", async () => {
        const bytes = randomBytes(3 * MIB + 5);
        const { media } = await bring(bytes, stack.url, viewer.token,
            { chunkSize: MIB });

        await arrived(media, bytes);
    });

    it("uploads with the creation", async () => {
        const bytes = randomBytes(MIB);
        const { media } = await bring(bytes, stack.url, viewer.token,
            { uploadDataDuringCreation: true });

        await arrived(media, bytes);
    });

    it("uploads a stream whose length comes last", async () => {
        const bytes = randomBytes(3 * MIB + 7);
        const { media } = await bring(Readable.from([bytes.subarray(0, 9),
            bytes.subarray(9)], { objectMode: false }), stack.url,
        viewer.token, { uploadLengthDeferred: true, chunkSize: MIB });

        await arrived(media, bytes);
    });

    it("uploads where only POST goes through", async () => {
        const bytes = randomBytes(MIB);
        const { media } = await bring(bytes, stack.url, viewer.token,
            { overridePatchMethod: true });

        await arrived(media, bytes);
    });

    it("uploads parallel parts", async () => {
        const bytes = randomBytes(9 * MIB + 1);
        const { media } = await bring(bytes, stack.url, viewer.token,
            { parallelUploads: 4 });

        await arrived(media, bytes);
    });

    it("ends an upload", async () => {
        const files = readdirSync(stack.path("spool")).length;

        await new Promise((resolve, reject) => {
            let upload;

            bring(randomBytes(8 * MIB), stack.url, viewer.token, {
                chunkSize: MIB,
                onChunkComplete: () =>
                    upload.abort(true).then(resolve, reject),
            }, (object) => { upload = object; }).then(reject, reject);
        });
        assert.equal(readdirSync(stack.path("spool")).length, files);
    });

    it("goes on after cuts at random places", async () => {
        const bytes = randomBytes(16 * MIB);
        const proxy = await cutter(stack.port,
            { cuts: 12, bytes: MIB, seed: 4 });
        const { media } = await bring(bytes, proxy.url, viewer.token);

        proxy.close();
        assert.equal(proxy.cuts(), 12);
        await arrived(media, bytes);
    });

    it("goes on with parallel parts that are cut", async () => {
        const bytes = randomBytes(32 * MIB);
        const proxy = await cutter(stack.port,
            { cuts: 20, bytes: MIB, seed: 5 });
        const { media } = await bring(bytes, proxy.url, viewer.token,
            { parallelUploads: 4 });

        proxy.close();
        assert.equal(proxy.cuts(), 20);
        await arrived(media, bytes);
    });

    for (const heard of [false, true]) {
        it("goes on where parallel parts were to be put together, and "
            + `${heard ? "the answer" : "the request"} was lost`, async () => {
            const bytes = randomBytes(4 * MIB);
            const proxy = await cutterAt(stack.port, "Upload-Concat: final",
                { heard });
            const { media } = await bring(bytes, proxy.url, viewer.token,
                { parallelUploads: 2 });

            proxy.close();
            assert.ok(proxy.isCut());
            await arrived(media, bytes);
        });
    }

    it("goes on where an earlier one stopped", async () => {
        const bytes = randomBytes(6 * MIB);
        const proxy = await cutter(stack.port,
            { cuts: 1, bytes: 2 * MIB, seed: 6 });
        let first;

        await assert.rejects(bring(bytes, proxy.url, viewer.token,
            { retryDelays: null }, (object) => { first = object; }));
        proxy.close();

        const path = new URL(first.url).pathname;
        await bring(bytes, stack.url, viewer.token,
            { uploadUrl: stack.url + path });
        await arrived(idOf(path), bytes);
    });
});
