/*
 * One upload through everything that can happen on its way: tus-js-client in
 * parallel parts, connections cut at random offsets, nginx reloaded and killed.
 * Then the SHA-256 is right, and there is one media row.
 *
 *   TUS_BYTES    64 MiB
 *   TUS_CUTS     30     connections
 *   TUS_RELOADS  10
 *   TUS_KILLS    2      kill -9 of nginx's master and workers
 *   TUS_SEED     1      the same faults again
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { join } from "node:path";

import { bring, cutter, random } from "../http/lib/cutter.mjs";
import { startStack } from "../http/lib/stack.mjs";
import { nginx } from "./kinds.mjs";

const number = (name, value) => Number(process.env[name] ?? value);
const BYTES = number("TUS_BYTES", 64 * 2 ** 20);
const CUTS = number("TUS_CUTS", 30);
const RELOADS = number("TUS_RELOADS", 10);
const KILLS = number("TUS_KILLS", 2);
const SEED = number("TUS_SEED", 1);
const PARTS = 4;
const PIECE = 2 ** 20;


/* Bytes that come again with the seed; answers their SHA-256. */
async function write(path) {
    const next = random(SEED);
    const hash = createHash("sha256");
    const out = createWriteStream(path);
    const piece = Buffer.alloc(PIECE);

    for (let at = 0; at < PIECE; at += 4) {
        piece.writeUInt32LE(next() * 2 ** 32, at);
    }
    for (let at = 0; at < BYTES; at += PIECE) {
        const part = Buffer.from(piece.subarray(0,
            Math.min(PIECE, BYTES - at)));

        part.writeDoubleLE(at, 0);
        hash.update(part);
        if (!out.write(part)) {
            await once(out, "drain");
        }
    }
    out.end();
    await once(out, "finish");

    return hash.digest("hex");
}


async function kill(stack) {
    await nginx.begin({ stack });
    await nginx.end({ stack });
}


/* tus-js-client 4.3.1 loses the promise of some requests that were cut, though
   it goes on: what becomes of the upload is what counts. */
process.on("unhandledRejection", (error) => {
    if (!/^ECONN/.test(error.code ?? error.causingError?.code)) {
        throw error;
    }
});

const stack = await startStack();

try {
    await stack.stopWorker();
    const viewer = await stack.visitor("viewer");
    const path = join(stack.folder, "large");
    const expected = await write(path);
    const proxy = await cutter(stack.port,
        { cuts: CUTS, bytes: BYTES / (CUTS + PARTS), seed: SEED });
    const faults = [...Array(RELOADS).fill("reload"),
                    ...Array(KILLS).fill("kill")]
        .map((what, at) => ({ what, order: random(SEED + at + 1)() }))
        .sort((a, b) => a.order - b.order).map(({ what }) => what);
    const total = faults.length;
    const began = Date.now();
    let busy = Promise.resolve(), sent = 0;

    const { media } = await bring(createReadStream(path), proxy.url,
        viewer.token, {
            parallelUploads: PARTS,
            onProgress(now) {
                sent = Math.max(sent, now);
                const due = Math.floor(sent / BYTES * (total + 1));

                while (faults.length > total - due && faults.length) {
                    const what = faults.shift();

                    busy = busy.then(() => what === "kill" ? kill(stack)
                        : stack.reload());
                }
            },
        });

    await busy;
    proxy.close();

    const rows = await stack.sql("select id, encode(sha256, 'hex'), bytes "
        + "from sluice.media");
    const hash = createHash("sha256");

    for await (const part of createReadStream(stack.path("spool", media))) {
        hash.update(part);
    }
    assert.equal(rows, `${media}|${expected}|${BYTES}`);
    assert.equal(hash.digest("hex"), expected);
    assert.equal(statSync(stack.path("spool", media)).size, BYTES);
    assert.equal(faults.length, 0);
    assert.equal(proxy.cuts(), CUTS);

    console.log(`ok - ${BYTES} bytes, ${proxy.cuts()} cuts, ${RELOADS} reloads,`
        + ` ${KILLS} kills, seed ${SEED}: ${(Date.now() - began) / 1000} s`);
} finally {
    await stack.stop({ but: /exited on signal 9|open socket/ });
}
