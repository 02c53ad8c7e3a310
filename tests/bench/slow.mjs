/*
 * Readers that do not read: so many connections to one nginx process, each of
 * which asked for a film by a link and takes nothing of it, and what that costs
 * in memory; and how long others wait meanwhile for a small file.
 *
 *   slow.mjs [READERS]     10,000 of them
 */

import { execFileSync } from "node:child_process";
import {
    mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync,
} from "node:fs";
import http from "node:http";
import { Socket } from "node:net";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "../http/lib/ports.mjs";
import { cores, startNginx } from "./nginx.mjs";

const TOP = resolve(fileURLToPath(import.meta.url), "../../..");
const READERS = Number(process.argv[2] ?? 10_000);
const TRIES = 2000;
const MODULE = process.env.SLUICE_MODULE
    ?? join(TOP, "build/nginx/ngx_http_sluice_module.so");
const MIB = 2 ** 20;
const ID = "01890000-0000-7000-8000-0000000000cd";
const FOLDER = `/media/cd/${ID}/`;


function prepare(folder) {
    const keys = join(folder, "keys.json");

    mkdirSync(join(folder, FOLDER), { recursive: true });
    writeFileSync(join(folder, FOLDER, "small.mp4"), Buffer.alloc(4096));
    writeFileSync(join(folder, FOLDER, "film.mp4"), "");
    truncateSync(join(folder, FOLDER, "film.mp4"), 64 * MIB);
    execFileSync(join(TOP, "build/sluicectl"), ["keys", "init", keys]);

    return { keys, grant: JSON.parse(execFileSync(
        join(TOP, "build/sluicectl"), ["link", "sign", "--json", "--keys", keys,
            "--path", FOLDER])).grant };
}


/* One that has the beginning of its answer, and leaves the rest. */
function reader(port, path) {
    return new Promise((done, failed) => {
        const socket = new Socket();

        socket.on("error", failed);
        socket.connect(port, "127.0.0.1", () => {
            socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
        });
        socket.once("data", (part) => {
            socket.pause();
            done({ socket, ok: part.subarray(9, 12).toString() === "200" });
        });
    });
}


/* Of the process itself: what it shares with others is no reader's. */
const rss = (pid) => readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")
    .split("\n").filter((line) => /^Private/.test(line))
    .reduce((sum, line) => sum + Number(line.split(/\s+/)[1]) / 1024, 0);

/* What the kernel holds for all TCP sockets of this machine: tcp(7). */
const kernel = () => Number(/^TCP:.* mem (\d+)/m.exec(
    readFileSync("/proc/net/sockstat", "utf8"))[1]) * 4 / 1024;


/* ms for a small file, one after the other, on a connection that stays. */
async function waits(port, path) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const times = [];

    for (let n = 0; n < TRIES; n++) {
        const from = performance.now();

        await new Promise((done, failed) => {
            http.get({ port, path, agent }, (answer) => {
                answer.resume().on("end", done);
            }).on("error", failed);
        });
        times.push(performance.now() - from);
    }
    agent.destroy();
    times.sort((a, b) => a - b);

    return [0.5, 0.99].map((part) => times[Math.floor(part * TRIES)]
        .toFixed(2)).join(" / ");
}


async function main() {
    const folder = mkdtempSync("/tmp/sluice-slow-");
    const { keys, grant } = prepare(folder);
    const port = await freePort();
    const { server } = await cores();
    const nginx = await startNginx(folder, "sluice", {
        core: server, port,
        top: `load_module ${MODULE};
            worker_rlimit_nofile ${READERS * 3};`,
        connections: READERS + 1000,
        http: `
            sluice_keys ${keys};
            server {
                listen 127.0.0.1:${port} backlog=4096;
                root ${folder};
                location /media/ { sluice_gate grant; sluice_media on; }
            }`,
    });
    const pid = Number(readFileSync(
        `/proc/${nginx.pid}/task/${nginx.pid}/children`, "utf8").trim());
    const url = (name) => `${FOLDER}${name}?grant=${grant}`;
    const sockets = [];

    try {
        const alone = await waits(port, url("small.mp4"));
        const before = [rss(pid), kernel()];

        while (sockets.length < READERS) {
            const more = await Promise.all(Array.from({ length:
                Math.min(200, READERS - sockets.length) },
            () => reader(port, url("film.mp4"))));

            if (!more.every(({ ok }) => ok)) {
                throw new Error("a reader was refused");
            }
            sockets.push(...more);
        }

        const after = [rss(pid), kernel()];
        const beside = await waits(port, url("small.mp4"));

        console.log(`${READERS} readers that take nothing, one nginx process:
  its memory            ${after[0].toFixed(0)} MiB, of which ${(1024
        * (after[0] - before[0]) / READERS).toFixed(1)} KiB a reader
  the kernel's sockets  ${(1024 * (after[1] - before[1]) / READERS)
        .toFixed(1)} KiB a reader, both ends
  a 4 KiB file beside   ${beside} ms, p50 / p99; alone ${alone}`);
    } finally {
        sockets.forEach(({ socket }) => socket.destroy());
        await nginx.stop();
        rmSync(folder, { recursive: true, force: true });
    }
}


await main();
