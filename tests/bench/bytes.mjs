/*
 * The path of the bytes: gate and sluice_media beside what nginx has, asked for
 * the same file with the same URL, headers and settings. The two sides of a row
 * take turns, and every round starts all servers anew, so that neither a busy
 * moment nor an unlucky layout of memory counts for one of them alone.
 *
 *   bytes.mjs [TEXT]    only the rows that have the text
 */

import { execFileSync } from "node:child_process";
import {
    createHash, createPrivateKey, generateKeyPairSync, randomBytes, randomUUID,
    sign,
} from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync }
    from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { getSignedUrl } from "@aws-sdk/cloudfront-signer";

import { freePort } from "../http/lib/ports.mjs";
import { minter, now } from "../http/lib/token.mjs";
import { cores, startNginx, startNode, wrk } from "./nginx.mjs";

const TOP = resolve(fileURLToPath(import.meta.url), "../../..");
const MODULE = process.env.SLUICE_MODULE
    ?? join(TOP, "build/nginx/ngx_http_sluice_module.so");
const NODE_GATE = join(TOP, "tests/bench/node_gate.mjs");
const SLUICECTL = join(TOP, "build/sluicectl");
const ROUNDS = Number(process.env.SLUICE_BENCH_ROUNDS ?? 9);
const SECONDS = 1;
const ONLY = process.argv[2] ?? "";

const ORIGIN = "https://media.example.org";
const SECRET = "a secret of the usual length";
const KIB = 1024;
const FIRST = 40_000;   /* access tokens, each used once in a round */


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

    const firstUse = join(folder, "tokens.txt");

    writeFileSync(firstUse, manyTokens(keys).join("\n"));

    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const cloudfrontKey = join(folder, "cloudfront.pem");

    writeFileSync(cloudfrontKey,
        pair.publicKey.export({ type: "spki", format: "pem" }));

    const cloudfront = new URL(getSignedUrl({
        url: `${ORIGIN}${media}small.mp4`, keyPairId: "KBENCH",
        privateKey: pair.privateKey.export({ type: "pkcs8", format: "pem" }),
        dateLessThan: new Date(Date.now() + 3600_000).toISOString(),
    }));

    const expires = now() + 3600;
    const md5 = createHash("md5")
        .update(`${expires}${media}small.mp4 ${SECRET}`).digest("base64url");

    return {
        keys,
        bearer: `Authorization: Bearer ${access}`,
        firstUse,
        cloudfrontKey,
        cloudfront: cloudfront.pathname + cloudfront.search,
        small: `${media}small.mp4?grant=${grant}`,
        large: `${media}large.mp4?grant=${grant}`,
        secureLink: `${media}small.mp4?md5=${md5}&expires=${expires}`,
    };
}


function manyTokens(keys) {
    const ec = JSON.parse(readFileSync(keys)).keys
        .find(({ kty }) => kty === "EC");
    const key = createPrivateKey({ key: ec, format: "jwk" });
    const encode = (value) => Buffer.from(JSON.stringify(value))
        .toString("base64url");
    const header = encode({ alg: "ES256", typ: "at+jwt", kid: ec.kid });

    return Array.from({ length: FIRST }, () => {
        const input = `${header}.${encode({
            iss: ORIGIN, aud: "sluice", sub: randomUUID(), sid: randomUUID(),
            role: "viewer", iat: now(), exp: now() + 3600, jti: randomUUID(),
        })}`;

        return `${input}.${sign("sha256", Buffer.from(input),
            { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
    });
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


function sluice(root, port, { keys, cloudfrontKey }) {
    return `
    sluice_zone bench:16m;
    sluice_keys ${keys};
    sluice_cloudfront_key KBENCH ${cloudfrontKey};
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


/* What the HTTP hop asks: on the client's core, as it is no work of ours. */
function application(port) {
    return `
    server {
        listen 127.0.0.1:${port.auth};
        location / { return 204; }
    }`;
}


async function start(folder, port, client, core) {
    const load = `load_module ${MODULE};`;
    const servers = {};
    const stop = () => Promise.all(
        Object.values(servers).map((server) => server.stop()));

    try {
        servers.peers = await startNginx(folder, "peers", { core: core.server,
            port: port.static, http: peers(folder, port) });
        servers.sluice = await startNginx(folder, "sluice", {
            core: core.server, port: port.grant, top: load,
            http: sluice(folder, port, client) });
        servers.node = await startNode(
            [NODE_GATE, String(port.node), folder, client.keys],
            { core: core.server, port: port.node });
        servers.application = await startNginx(folder, "application", {
            core: core.client, port: port.auth, http: application(port) });
    } catch (error) {
        await stop();
        throw error;
    }

    return { ...servers, stop };
}


/* Each side is a port, a URL and headers. */
function rows(port, client) {
    const range = (size) => [`Range: bytes=65536-${65536 + size - 1}`];
    const small = [port.grant, client.small, []];
    const part = [port.grant, client.large, range(64 * KIB)];

    return [
        { what: "4 KiB file, grant", beside: "static",
          sluice: small,
          peers: [port.static, client.small, []] },
        { what: "64 KiB range, grant", beside: "static",
          sluice: part,
          peers: [port.static, client.large, range(64 * KIB)] },
        { what: "1 MiB range, grant", beside: "static",
          sluice: [port.grant, client.large, range(KIB * KIB)],
          peers: [port.static, client.large, range(KIB * KIB)] },
        { what: "4 KiB file, access token", beside: "static",
          sluice: [port.user, client.small, [client.bearer]],
          peers: [port.static, client.small, [client.bearer]] },
        { what: "64 KiB range, access token", beside: "static",
          sluice: [port.user, client.large,
                   [...range(64 * KIB), client.bearer]],
          peers: [port.static, client.large,
                  [...range(64 * KIB), client.bearer]] },
        { what: "4 KiB, token's first use", beside: "static",
          sluice: [port.user, client.small, [], client.firstUse],
          peers: [port.static, client.small, [], client.firstUse] },
        { what: "4 KiB file, CloudFront link", beside: "static",
          sluice: [port.grant, client.cloudfront, []],
          peers: [port.static, client.cloudfront, []] },
        { what: "4 KiB file, grant", beside: "secure_link (MD5)",
          sluice: small,
          peers: [port.secureLink, client.secureLink, []] },
        { what: "4 KiB file, grant", beside: "auth_request, in-process 204",
          sluice: small,
          peers: [port.inProcess, client.small, []] },
        { what: "4 KiB file, grant", beside: "auth_request, HTTP hop",
          sluice: small,
          peers: [port.hop, client.small, []] },
        { what: "64 KiB range, grant", beside: "auth_request, HTTP hop",
          sluice: part,
          peers: [port.hop, client.large, range(64 * KIB)] },
        { what: "4 KiB file, grant", beside: "Node: fastify and jose",
          sluice: small,
          peers: [port.node, client.small, []], server: "node" },
        { what: "64 KiB range, grant", beside: "Node: fastify and jose",
          sluice: part,
          peers: [port.node, client.large, range(64 * KIB)], server: "node" },
    ];
}


async function measure(row, round, servers, core) {
    const sides = round % 2 ? ["peers", "sluice"] : ["sluice", "peers"];
    const seen = {};

    for (const side of sides) {
        const [port, url, headers, tokens] = row[side];
        const server = servers[side === "peers" && row.server || side];
        const before = server.cpu();
        const { rate, requests } = await wrk(core.client,
            `http://127.0.0.1:${port}${url}`, headers, SECONDS, tokens);

        seen[side] = { rate, cpu: (server.cpu() - before) / requests };
    }

    row.seen.push({
        ratio: seen.sluice.rate / seen.peers.rate,
        cpuRatio: seen.peers.cpu / seen.sluice.cpu,
        sluice: seen.sluice.rate,
        peers: seen.peers.rate,
        cpu: seen.sluice.cpu,
    });
}


function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;

    return sorted.length % 2 ? sorted[middle]
        : (sorted[middle - 1] + sorted[middle]) / 2;
}


function print(table) {
    const widths = [-29, -30, 7, 8, 15, 10, 10, 12];
    const line = (cells) => console.log(cells.map((cell, i) => widths[i] < 0
        ? cell.padEnd(-widths[i]) : cell.padStart(widths[i])).join(""));
    const whole = (number) => Math.round(number).toLocaleString("en");

    line(["Sluice", "beside", "ratio", "by CPU", "rounds", "Sluice/s",
        "beside/s", "us/request"]);

    for (const { what, beside, seen } of table) {
        const all = (name) => seen.map((round) => round[name]);
        const middle = (name) => median(all(name));

        line([what, beside, middle("ratio").toFixed(3),
            middle("cpuRatio").toFixed(3),
            `${Math.min(...all("ratio")).toFixed(2)}..` +
            Math.max(...all("ratio")).toFixed(2),
            whole(middle("sluice")), whole(middle("peers")),
            (middle("cpu") / 1000).toFixed(1)]);
    }

    const share = median(table.flatMap(({ seen }) =>
        seen.map((round) => round.sluice * round.cpu / 1e9)));

    console.log(`
One nginx worker, medians of ${ROUNDS} rounds; over 1, Sluice does more. "ratio" is of
requests a second as wrk saw them, "by CPU" of requests per second of the
worker's own time on the core. It had ${(100 * share).toFixed(0)}% of the core here: where that is far
from 100%, others were busy on this machine, and "by CPU" is the one to read.`);
}


async function main() {
    const folder = mkdtempSync("/tmp/sluice-bench-");

    try {
        const client = prepare(folder);
        const core = await cores();
        const port = {};

        for (const name of ["static", "secureLink", "inProcess", "hop",
            "auth", "grant", "user", "node"]) {
            port[name] = await freePort();
        }

        const table = rows(port, client)
            .filter(({ what, beside }) => `${what} ${beside}`.includes(ONLY))
            .map((row) => ({ ...row, seen: [] }));

        for (let round = 0; round < ROUNDS; round++) {
            process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
            const servers = await start(folder, port, client, core);

            try {
                for (const row of table) {
                    await measure(row, round, servers, core);
                }
            } finally {
                await servers.stop();
            }
        }

        print(table);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}


await main();
