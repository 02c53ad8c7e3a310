/*
 * Nothing of a request outlives it: nginx is asked with one grant after
 * another, all different, and the size of its worker is looked at on the way.
 *
 *   SOAK_REQUESTS    10,000,000 unless given
 *
 * Exit status 0 when the worker is as large at the end as it was when its
 * tables were full.
 */

import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { startNginx } from "../bench/nginx.mjs";
import { freePort } from "../http/lib/ports.mjs";
import { children, memory } from "../http/lib/stack.mjs";

const TOP = resolve(fileURLToPath(import.meta.url), "../../..");
const MODULE = process.env.SLUICE_MODULE
    ?? join(TOP, "build/nginx/ngx_http_sluice_module.so");
const REQUESTS = Number(process.env.SOAK_REQUESTS ?? 10_000_000);
const STEPS = 10;
const GROWTH = 512 * 1024;  /* bytes; the allocator's own moods */
const PATH = "/media/xy/x/film.mp4";


const folder = mkdtempSync("/tmp/sluice-soak-");
let nginx;

try {
    const keys = join(folder, "keys.json");
    const port = await freePort();

    execFileSync(join(TOP, "build/sluicectl"), ["keys", "init", keys]);
    mkdirSync(join(folder, "media/xy/x"), { recursive: true });
    writeFileSync(join(folder, PATH), "a film");

    nginx = await startNginx(folder, "nginx", {
        core: 0, port, top: `load_module ${MODULE};`, http: `
            sluice_keys ${keys};
            sluice_media on;
            server {
                listen 127.0.0.1:${port};
                root ${folder};
                sluice_gate grant;
            }`,
    });

    const sizes = [];

    for (let step = 1; step <= STEPS; step++) {
        await promisify(execFile)(join(TOP, "build/soak/tokens"),
            [String(port), keys, PATH, String(Math.ceil(REQUESTS / STEPS))]);
        sizes.push(memory(children(nginx.pid)[0], "VmRSS"));
        console.log(`${Math.round(step * REQUESTS / STEPS)} tokens: ${
            (sizes.at(-1) / 1024).toFixed(0)} KiB`);
    }

    const growth = sizes.at(-1) - sizes[1];

    console.log(`grown by ${(growth / 1024).toFixed(0)} KiB since the tables`
        + " were full");
    process.exitCode = growth > GROWTH ? 1 : 0;
} finally {
    await nginx?.stop();
    rmSync(folder, { recursive: true, force: true });
}
