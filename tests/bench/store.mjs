/*
 * One upload of UPLOAD_BYTES (256 MiB) at a time into a bucket, a real gateway
 * whose disk is memory: ours beside boto3's own multipart upload of the same
 * file from disk, which is how a program would copy it there, and beside
 * @tus/server with @tus/s3-store; interleaved rounds, medians. Then UPLOADS of
 * them at once, for what nginx's memory grows by.
 *
 *     node tests/bench/store.mjs      UPLOAD_BYTES, ROUNDS, UPLOADS, PEERS
 */

import { readFileSync } from "node:fs";

import { startBucket } from "../http/lib/ceph.mjs";
import { freePort } from "../http/lib/ports.mjs";
import { startStack } from "../http/lib/stack.mjs";
import { startNode } from "./nginx.mjs";
import { Source, cell, growth, median, send, tus } from "./uploading.mjs";

const number = (name, value) => Number(process.env[name] ?? value);
const BYTES = number("UPLOAD_BYTES", 2 ** 28);
const ROUNDS = number("ROUNDS", 5);
const UPLOADS = number("UPLOADS", 4);
const MIB = 2 ** 20;
const NODE_TUS = new URL("node_tus_s3.mjs", import.meta.url).pathname;


/* Seconds of boto3's, from where its program has begun. */
async function boto(bucket, source) {
    return Number(await bucket.python(`
import time
begin = time.monotonic()
s3.upload_file(${JSON.stringify(source.path)}, bucket, "boto")
print(time.monotonic() - begin)`));
}


/* What is measured; each answers seconds. */
function rows(stack, user, bucket, node) {
    const timed = (bring) => async (source) => {
        const begin = performance.now();

        await bring(source);
        return (performance.now() - begin) / 1000;
    };

    return [
        { name: "Sluice, POST", bring: timed((source) => send(source, "POST",
            `${stack.url}/api/media?filename=film.mp4`, user.headers)) },
        { name: "Sluice, tus", bring: timed((source) =>
            tus(source, `${stack.url}/api/uploads`, user.headers)) },
        { name: "boto3, from disk", bring: (source) => boto(bucket, source) },
        { name: "tus's Node server", bring: timed((source) =>
            tus(source, `http://127.0.0.1:${node.port}/files`, {})) },
    ];
}


/* The disk of the bucket is small. */
async function empty(bucket) {
    await bucket.python(`
for o in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
    s3.delete_object(Bucket=bucket, Key=o["Key"])`);
    await bucket.collect();
}


function print([post, tusRow, ...peers]) {
    const ratio = (ours, peer) =>
        median(ours.seen.map((seconds, i) => peer.seen[i] / seconds));

    console.log(`
${BYTES / MIB} MiB into a bucket, one at a time, medians of ${ROUNDS} rounds; over 1, Sluice
is faster

beside                  POST    tus`);
    for (const peer of peers) {
        console.log(peer.name.padEnd(22) + cell(ratio(post, peer), 6)
            + cell(ratio(tusRow, peer), 7));
    }
    console.log("\n                       MiB/s");
    for (const { name, seen } of [post, tusRow, ...peers]) {
        console.log(name.padEnd(22)
            + (BYTES / MIB / median(seen)).toFixed(0).padStart(6));
    }
}


async function main(stack, bucket, node) {
    const table = rows(stack, await stack.visitor("viewer"), bucket, node);
    const source = new Source(stack.path("film"), BYTES);
    const many = Array.from({ length: UPLOADS }, (_, i) =>
        new Source(stack.path(`film.${i}`), BYTES / UPLOADS));

    table.forEach((row) => { row.seen = []; });
    await source.make();

    for (let round = 0; round < ROUNDS; round++) {
        process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
        for (const row of table) {
            await empty(bucket);
            source.renew();
            row.seen.push(await row.bring(source));
        }
    }
    print(table);

    await Promise.all(many.map((one) => one.make()));
    console.log(`\n${UPLOADS} at once: nginx's memory grows by`);
    for (const row of table.slice(0, 2)) {
        await empty(bucket);
        const { peak, after } = await growth(stack.workers(), row, many);

        console.log(`${row.name.padEnd(22)}${(peak / MIB).toFixed(2).padStart(6)}`
            + ` MiB an upload at most, ${(after / MIB).toFixed(2)} afterwards`);
    }
}


const port = await freePort();
const bucket = await startBucket("films", 6 * BYTES + 2 ** 30);
let stack, node;

try {
    stack = await startStack({ empty: true, environment: {
        SLUICE_STORE: `s3://${bucket.name}/a?endpoint=${bucket.endpoint}`
            + "&region=us-east-1&style=path",
        SLUICE_STORE_KEYS: bucket.keys } });
    await stack.stopWorker();
    node = await startNode([NODE_TUS, String(port), bucket.endpoint, bucket.name,
        ...readFileSync(bucket.keys, "utf8").trim().split("\n")], { port });
    await main(stack, bucket, { port });
} finally {
    await node?.stop();
    await stack?.stop();
    bucket.stop();
}
