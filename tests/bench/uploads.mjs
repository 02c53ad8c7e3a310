/*
 * One upload of UPLOAD_BYTES (1 GiB) at a time, ours beside nginx's own DAV
 * module in the same nginx, and beside tus's Node server; interleaved rounds,
 * medians. send.c sends all of them, the same way; how fast it is alone tells
 * the row that keeps nothing. Then UPLOADS of them at once, for what nginx's
 * memory grows by.
 *
 *     node tests/bench/uploads.mjs        UPLOAD_BYTES, ROUNDS, UPLOADS
 */

import { once } from "node:events";
import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";

import { freePort } from "../http/lib/ports.mjs";
import { run } from "../http/lib/run.mjs";
import { startStack } from "../http/lib/stack.mjs";
import { startNode } from "./nginx.mjs";
import { Source, cell as shown, growth, median, send, tus }
    from "./uploading.mjs";

const number = (name, value) => Number(process.env[name] ?? value);
const BYTES = number("UPLOAD_BYTES", 2 ** 30);
const ROUNDS = number("ROUNDS", 7);
const UPLOADS = number("UPLOADS", 8);
const MIB = 2 ** 20;
const TICKS = 100;              /* a second, in proc(5) */
const NODE_TUS = new URL("node_tus.mjs", import.meta.url).pathname;


/* The least that a server does: it reads, and drops what it read. */
async function startSink() {
    const server = createServer((socket) => {
        let left = BYTES;

        socket.on("data", (bytes) => {
            left -= bytes.length;       /* the head is a few bytes too many */
            if (left <= 0) {
                socket.end("HTTP/1.1 204 No Content\r\n\r\n");
                left = Infinity;
            }
        }).on("error", () => {});
    }).listen(0, "127.0.0.1");

    await once(server, "listening");
    return server;
}


/* What is measured: `bring` brings one file, `folder` has it then, and `pids`
   worked for it. */
function rows(stack, user, { node, sink }) {
    const own = user.headers;
    const nginx = () => stack.workers();
    const put = (source, name) =>
        send(source, "PUT", `${stack.url}/dav/${name}`, {});
    const brought = (source) =>
        tus(source, `http://127.0.0.1:${node.port}/files`, {});

    return [
        { name: "Sluice, POST", durable: "fsync; hash, row and job",
          folder: "spool", pids: nginx, bring: (source, name) => send(source,
              "POST", `${stack.url}/api/media?filename=${name}`, own) },
        { name: "Sluice, tus", durable: "fsync; hash, row and job",
          folder: "spool", pids: nginx, bring: (source) =>
              tus(source, `${stack.url}/api/uploads`, own) },
        { name: "nginx's DAV, PUT", durable: "none: in the page cache",
          folder: "dav", pids: nginx, bring: put },
        { name: "the same, then sync", durable: "fsync",
          folder: "dav", pids: nginx, bring: async (source, name) => {
              await put(source, name);
              await run("sync", [stack.path("dav", name)]);
          } },
        { name: "tus's Node server", durable: "none: in the page cache",
          folder: "node", pids: () => [node.pid], bring: brought },
        { name: "the same, then sync", durable: "fsync",
          folder: "node", pids: () => [node.pid], bring: async (source) => {
              const id = await brought(source);
              await run("sync", [stack.path("node", id)]);
          } },
        { name: "the same, hash, sync", durable: "fsync; hash",
          folder: "node", pids: () => [node.pid], bring: (source) =>
              tus(source, `http://127.0.0.1:${node.port}/durable`, {}) },
        { name: "sent into nothing", durable: "", folder: "dav",
          pids: () => [], bring: (source) => send(source, "POST",
              `http://127.0.0.1:${sink.address().port}/`, {}) },
    ];
}


function empty(folder) {
    for (const name of readdirSync(folder)) {
        rmSync(`${folder}/${name}`, { recursive: true });
    }
}


/* Seconds that these processes have computed, in all their threads: proc(5). */
function computed(pids) {
    return pids.map((pid) => {
        const [, , , , , , , , , , , user, system] =
            readFileSync(`/proc/${pid}/stat`, "utf8")
                .replace(/.*\) /s, "").split(" ");

        return (Number(user) + Number(system)) / TICKS;
    }).reduce((sum, seconds) => sum + seconds, 0);
}


/* Whatever came before is on disk, and gone. */
async function measure(stack, row, source) {
    empty(stack.path(row.folder));
    source.renew();
    await run("sync");

    const pids = row.pids();
    const cpu = computed(pids);
    const begin = performance.now();

    await row.bring(source, "film.mp4");
    row.seen.push({ seconds: (performance.now() - begin) / 1000,
                    cpu: computed(pids) - cpu });
}


function print([post, tusRow, ...peers], alone) {
    const ratio = (ours, peer, what) => ours.seen.map((round, i) =>
        peer.seen[i][what] / round[what]);
    const cell = (values, width) => shown(median(values), width);

    console.log(`
${BYTES / MIB} MiB, one at a time, medians of ${ROUNDS} rounds; over 1, Sluice does more

                            POST                      tus
beside                 ratio  by CPU  rounds      ratio  by CPU`);
    for (const peer of peers) {
        const rounds = ratio(post, peer, "seconds");

        console.log(peer.name.padEnd(22) + cell(rounds, 6)
            + cell(ratio(post, peer, "cpu"), 8)
            + `  ${Math.min(...rounds).toFixed(2)}..`
            + Math.max(...rounds).toFixed(2).padEnd(6)
            + cell(ratio(tusRow, peer, "seconds"), 6)
            + cell(ratio(tusRow, peer, "cpu"), 8));
    }

    console.log(`
                       MiB/s  CPU s  durable when it is answered`);
    for (const { name, durable, seen } of [post, tusRow, ...peers, alone]) {
        const rate = BYTES / MIB / median(seen.map(({ seconds }) => seconds));

        console.log(name.padEnd(22) + rate.toFixed(0).padStart(6)
            + cell(seen.map(({ cpu }) => cpu), 7) + `  ${durable}`);
    }
}


async function main(stack, node, sink) {
    const user = await stack.visitor("viewer");
    const table = rows(stack, user, { node, sink });
    const source = new Source(stack.path("film"), BYTES);
    const many = Array.from({ length: UPLOADS }, (_, i) =>
        new Source(stack.path(`film.${i}`), BYTES / UPLOADS));

    table.forEach((row) => { row.seen = []; });
    await source.make();

    for (let round = 0; round < ROUNDS; round++) {
        process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
        for (const row of table) {
            await measure(stack, row, source);
        }
    }
    print(table.slice(0, -1), table.at(-1));

    await Promise.all(many.map((one) => one.make()));
    console.log(`\n${UPLOADS} at once: nginx's memory grows by`);
    for (const row of table.slice(0, 3)) {
        empty(stack.path(row.folder));
        const { peak, after } = await growth(stack.workers(), row, many);

        console.log(`${row.name.padEnd(22)}${(peak / MIB).toFixed(2).padStart(6)}`
            + ` MiB an upload at most, ${(after / MIB).toFixed(2)} afterwards`);
    }
}


const port = await freePort();
const sink = await startSink();
const stack = await startStack({ empty: true, extra: (state) => `
    location /dav/ {
        root ${state};
        dav_methods PUT;
        create_full_put_path on;
        client_max_body_size 0;
    }` });
let node;

try {
    const folder = stack.path("node");

    await stack.stopWorker();
    await stack.asServer("mkdir", stack.path("dav"));
    mkdirSync(folder);
    node = await startNode([NODE_TUS, String(port), folder], { port });
    await main(stack, { pid: node.pid, port }, sink);
} finally {
    sink.close();
    await node?.stop();
    await stack.stop();
}
