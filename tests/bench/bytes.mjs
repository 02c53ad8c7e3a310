/*
 * The path of the bytes: gate and sluice_media beside what nginx has, asked for
 * the same file with the same URL, headers and settings. The two sides of a row
 * take turns, and every round starts all servers anew, so that neither a busy
 * moment nor an unlucky layout of memory counts for one of them alone.
 */

import { execFileSync } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync }
    from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { minter, now } from "../http/token.mjs";
import { cores, freePort, startNginx, wrk } from "./nginx.mjs";

const TOP = resolve(fileURLToPath(import.meta.url), "../../..");
const MODULE = process.env.SLUICE_MODULE
    ?? join(TOP, "build/nginx/ngx_http_sluice_module.so");
const SLUICECTL = join(TOP, "build/sluicectl");
const ROUNDS = Number(process.env.SLUICE_BENCH_ROUNDS ?? 9);
const SECONDS = 1;

const ORIGIN = "https://media.example.org";
const SECRET = "a secret of the usual length";
const KIB = 1024;


/* the files, the keys, and what a client brings along */

function prepare(folder) {
    const id = randomUUID();
    const media = `/media/${id.slice(-2)}/${id}/`;
    const keys = join(folder, "keys.json");

    mkdirSync(join(folder, media), { recursive: true });
    writeFileSync(join(folder, media, "small.mp4"), randomBytes(4 * KIB));
    writeFileSync(join(folder, media, "large.mp4"),
        randomBytes(8 * KIB * KIB));

    execFileSync(SLUICECTL, ["keys", "init", keys]);

    const { grant } = JSON.parse(execFileSync(SLUICECTL, ["link", "sign",
        "--json", "--keys", keys, "--path", media]));
    const access = minter(JSON.parse(readFileSync(keys)).keys).access({
        iss: ORIGIN, aud: "sluice", sub: randomUUID(), sid: randomUUID(),
        role: "viewer", jti: randomUUID(),
    });

    const expires = now() + 3600;
    const md5 = createHash("md5")
        .update(`${expires}${media}small.mp4 ${SECRET}`).digest("base64url");

    return {
        keys,
        bearer: `Authorization: Bearer ${access}`,
        small: `${media}small.mp4?grant=${grant}`,
        large: `${media}large.mp4?grant=${grant}`,
        secureLink: `${media}small.mp4?md5=${md5}&expires=${expires}`,
    };
}


/* Those we measure against stand in an nginx without our module. */

function peers(root, port) {
    return `
    server {
        listen 127.0.0.1:${port.static};
        root ${root};
    }

    server {
        listen 127.0.0.1:${port.secureLink};
        root ${root};
        location /media/ {
            secure_link $arg_md5,$arg_expires;
            secure_link_md5 "$secure_link_expires$uri ${SECRET}";
            if ($secure_link = "") { return 403; }
            if ($secure_link = "0") { return 410; }
        }
    }

    server {
        listen 127.0.0.1:${port.inProcess};
        root ${root};
        location /media/ { auth_request /auth; }
        location = /auth { internal; return 204; }
    }

    server {
        listen 127.0.0.1:${port.hop};
        root ${root};
        location /media/ { auth_request /auth; }
        location = /auth {
            internal;
            proxy_pass http://127.0.0.1:${port.auth};
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }
    }`;
}


function ours(root, port, keys) {
    return `
    sluice_keys ${keys};
    sluice_public_url ${ORIGIN};
    sluice_media on;

    server {
        listen 127.0.0.1:${port.grant};
        root ${root};
        sluice_gate grant;
    }

    server {
        listen 127.0.0.1:${port.user};
        root ${root};
        sluice_gate user;
    }`;
}


async function start(folder, port, keys, core) {
    const started = await Promise.allSettled([
        startNginx(folder, "peers", {
            core: core.server, ports: [port.static], http: peers(folder, port),
        }),
        startNginx(folder, "ours", {
            core: core.server, ports: [port.grant],
            top: `load_module ${MODULE};`, http: ours(folder, port, keys),
        }),
        startNginx(folder, "auth", {
            core: core.client, ports: [port.auth],
            http: `server { listen 127.0.0.1:${port.auth};
                            location / { return 204; } }`,
        }),
    ]);
    const stop = () => Promise.all(started.map((each) => each.value?.()));
    const failed = started.find((each) => each.status === "rejected");

    if (failed) {
        await stop();
        throw failed.reason;
    }

    return stop;
}


/* Each row is two sides: [port, URL, headers]. */

function rows(port, client) {
    const range = (size) => `Range: bytes=65536-${65536 + size - 1}`;
    const small = [port.grant, client.small, []];

    return [
        { what: "4 KiB file, grant", beside: "static", ours: small,
          theirs: [port.static, client.small, []] },
        { what: "64 KiB range, grant", beside: "static",
          ours: [port.grant, client.large, [range(64 * KIB)]],
          theirs: [port.static, client.large, [range(64 * KIB)]] },
        { what: "1 MiB range, grant", beside: "static",
          ours: [port.grant, client.large, [range(KIB * KIB)]],
          theirs: [port.static, client.large, [range(KIB * KIB)]] },
        { what: "4 KiB file, access token", beside: "static",
          ours: [port.user, client.small, [client.bearer]],
          theirs: [port.static, client.small, [client.bearer]] },
        { what: "4 KiB file, grant", beside: "secure_link (MD5)", ours: small,
          theirs: [port.secureLink, client.secureLink, []] },
        { what: "4 KiB file, grant", beside: "auth_request, in-process 204",
          ours: small, theirs: [port.inProcess, client.small, []] },
        { what: "4 KiB file, grant", beside: "auth_request, HTTP hop",
          ours: small, theirs: [port.hop, client.small, []] },
    ];
}


async function measure(row, round, core) {
    const sides = round % 2 ? ["theirs", "ours"] : ["ours", "theirs"];
    const rate = {};

    for (const side of sides) {
        const [port, url, headers] = row[side];

        rate[side] = await wrk(core.client, `http://127.0.0.1:${port}${url}`,
            headers, SECONDS);
    }

    row.rates.push({ ...rate, ratio: rate.ours / rate.theirs });
}


function median(values) {
    const sorted = values.toSorted((a, b) => a - b);
    const middle = sorted.length >> 1;

    return sorted.length % 2 ? sorted[middle]
        : (sorted[middle - 1] + sorted[middle]) / 2;
}


function print(table) {
    const line = (...cells) => console.log(
        `${cells[0].padEnd(26)}${cells[1].padEnd(30)}${cells[2].padStart(6)}` +
        `${cells[3].padStart(15)}${cells[4].padStart(12)}` +
        `${cells[5].padStart(12)}`);

    line("Sluice", "beside", "ratio", "of the rounds", "Sluice/s", "beside/s");

    for (const { what, beside, rates } of table) {
        const of = (name) => rates.map((rate) => rate[name]);
        const ratios = of("ratio");

        line(what, beside, median(ratios).toFixed(3),
            `${Math.min(...ratios).toFixed(2)} to ` +
            Math.max(...ratios).toFixed(2),
            Math.round(median(of("ours"))).toLocaleString("en"),
            Math.round(median(of("theirs"))).toLocaleString("en"));
    }
}


async function main() {
    const folder = mkdtempSync("/tmp/sluice-bench-");

    try {
        const client = prepare(folder);
        const core = await cores();
        const port = {};

        for (const name of ["static", "secureLink", "inProcess", "hop",
            "auth", "grant", "user"]) {
            port[name] = await freePort();
        }

        const table = rows(port, client).map((row) => ({ ...row, rates: [] }));

        for (let round = 0; round < ROUNDS; round++) {
            process.stderr.write(`  round ${round + 1} of ${ROUNDS}\r`);
            const stop = await start(folder, port, client.keys, core);

            try {
                for (const row of table) {
                    await measure(row, round, core);
                }
            } finally {
                await stop();
            }
        }

        print(table);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}


await main();
