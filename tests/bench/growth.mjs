/*
 * Whether a library that grows makes ranges slower: the same thousand films are
 * asked for, each by a link of its own, where there are FEW media in all, and
 * where there are MANY. Both nginxes run, and are asked in turns.
 *
 *     node tests/bench/growth.mjs        MANY, ROUNDS in environment
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync }
    from "node:fs";
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "../http/lib/ports.mjs";
import { minter } from "../http/lib/token.mjs";
import { cores, startNginx, wrk } from "./nginx.mjs";

const TOP = resolve(fileURLToPath(import.meta.url), "../../..");
const MODULE = process.env.SLUICE_MODULE
    ?? join(TOP, "build/nginx/ngx_http_sluice_module.so");
const MANY = Number(process.env.MANY ?? 1_000_000);
const ROUNDS = Number(process.env.ROUNDS ?? 9);
const FEW = 1000;
const SIZE = 256 * 1024;

const median = (values) =>
    [...values].sort((a, b) => a - b)[values.length >> 1];

const id = (n) => `01890000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
const place = (n) => `media/${id(n).slice(-2)}/${id(n)}`;


/* A library of so many: those that are asked for are whole, the rest is there. */
function library(folder, many) {
    const film = randomBytes(SIZE);

    for (let n = 0; n < many; n++) {
        const path = join(folder, place(n));

        mkdirSync(path, { recursive: true });
        writeFileSync(join(path, "a.mp4"), n < FEW ? film : "");
    }
}


async function started(folder, keys, core) {
    const port = await freePort();
    const server = await startNginx(folder, "sluice", {
        core, port, top: `load_module ${MODULE};`,
        http: `
            sluice_keys ${keys};
            server {
                listen 127.0.0.1:${port};
                root ${folder};
                location /media/ { sluice_gate grant; sluice_media on; }
            }` });

    return { ...server, port, seen: [] };
}


async function main() {
    const folder = mkdtempSync("/tmp/sluice-growth-");
    const keys = join(folder, "keys.json");
    const core = await cores();

    try {
        execFileSync(join(TOP, "build/sluicectl"), ["keys", "init", keys]);

        const mint = minter(JSON.parse(readFileSync(keys)).keys);
        const paths = join(folder, "paths.txt");
        const sides = {};

        writeFileSync(paths, Array.from({ length: FEW }, (_, n) =>
            `/${place(n)}/a.mp4?grant=${mint.grant({
                path: `/${place(n)}/` })}`).join("\n"));
        for (const many of [FEW, MANY]) {
            library(join(folder, String(many)), many);
            sides[many] = await started(join(folder, String(many)), keys,
                core.server);
        }

        try {
            for (let round = 0; round < ROUNDS; round++) {
                for (const side of Object.values(sides)) {
                    const before = side.cpu();
                    const { requests } = await wrk(core.client,
                        `http://127.0.0.1:${side.port}`,
                        ["Range: bytes=1000-66535"], 1, paths, "paths.lua");

                    side.seen.push((side.cpu() - before) / requests / 1000);
                }
            }
        } finally {
            await Promise.all(Object.values(sides).map((side) => side.stop()));
        }

        const [few, many] = [FEW, MANY].map((n) => median(sides[n].seen));

        console.log(`a signed range of 64 KiB, us of processor: ${
            few.toFixed(1)} of ${FEW} media, ${many.toFixed(1)} of ${MANY}, ${
            (many / few).toFixed(3)} times`);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}


await main();
