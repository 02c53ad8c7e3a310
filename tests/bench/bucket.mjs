/*
 * Media that are in a bucket, of which a real gateway is asked: gate, slices
 * and cache beside an nginx with the same slices and cache and without us, beside
 * local files, and beside the bucket itself. The sides of a row take turns.
 *
 *   bucket.mjs [TEXT]    only the rows that have the text
 */

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync }
    from "node:fs";
import http from "node:http";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { standBetween } from "../http/lib/between.mjs";
import { startBucket } from "../http/lib/ceph.mjs";
import { freePort } from "../http/lib/ports.mjs";
import { cores, startNginx, wrk } from "./nginx.mjs";

const TOP = resolve(fileURLToPath(import.meta.url), "../../..");
const MODULE = process.env.SLUICE_MODULE
    ?? join(TOP, "build/nginx/ngx_http_sluice_module.so");
const ROUNDS = Number(process.env.SLUICE_BENCH_ROUNDS ?? 9);
const ONLY = process.argv[2] ?? "";

const KIB = 1024, MIB = KIB * KIB;
const SIZE = 16 * MIB;
const ID = "01890000-0000-7000-8000-0000000000cd";
const FOLDER = `/media/cd/${ID}/`;
const COLD = 60;        /* films that are asked for once */
const CLIENTS = 200;
const AWAY = 50;        /* ms to a bucket in another house */
const PACE = 150;       /* ms, as a player waits */


const median = (values) => {
    const sorted = [...values].sort((a, b) => a - b);

    return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};


/* the servers */

const upstream = (name, port) => `
    upstream ${name} {
        server 127.0.0.1:${port} max_fails=0;
        keepalive 32;
    }`;

/* conf/s3/media.conf as one writes it without us: signed by the query. */
function bareMedia() {
    return readFileSync(join(TOP, "conf/s3/media.conf"), "utf8")
        .replace(/^proxy_set_header (x-amz-.*|Authorization.*)\n/gm, "")
        .replace("$sluice_store_host", "$bucket_host")
        .replace("http://bucket$sluice_store_uri", "http://bucket$bucket_uri")
        .replaceAll("$sluice_store_uri", "$uri")
        .replaceAll("$sluice_slice_range", "$slice_range")
        .replace("$sluice_cache_zone", "bare");
}


function ours({ folder, words, keys, at }) {
    return `
    sluice_zone bench:1m;
    sluice_keys ${keys};
    sluice_store ${words};
    ${upstream("bucket", at.bucket)}
    ${upstream("far", at.far)}
    proxy_cache_path ${folder}/ours keys_zone=sluice_media:4m
                     use_temp_path=off;
    server {
        listen 127.0.0.1:${at.ours};
        location /media/ {
            sluice_gate grant;
            sluice_media on;
            include ${TOP}/conf/s3/media.conf;
        }
    }
    server {
        listen 127.0.0.1:${at.oursFar};
        location /media/ {
            sluice_gate grant;
            sluice_media on;
            include ${folder}/far.conf;
        }
    }`;
}


/* $bucket_uri: each file's, signed for an hour */
function bare({ folder, presigned, at, host }) {
    const map = Object.entries(presigned).map(([path, url]) =>
        `        ${path} "${url.replace(/^https?:\/\/[^/]*/, "")}";`).join("\n");

    return `
    map_hash_bucket_size 2048;
    map_hash_max_size 4096;
    map $uri $bucket_uri {
${map}
    }
    map $uri $bucket_host { default ${host}; }
    ${upstream("bucket", at.bucket)}
    ${upstream("far", at.far)}
    proxy_cache_path ${folder}/bare keys_zone=bare:4m use_temp_path=off;
    server {
        listen 127.0.0.1:${at.bare};
        location /media/ { include ${folder}/bare.conf; }
    }
    server {
        listen 127.0.0.1:${at.bareFar};
        location /media/ { include ${folder}/bare-far.conf; }
    }
    server {
        listen 127.0.0.1:${at.files};
        root ${folder};
    }`;
}


/* what a client sees */

/* Milliseconds to the first byte and to the last, and how many there were. */
function ask(url, headers = {}) {
    return new Promise((resolve_, reject) => {
        const begun = performance.now();

        http.get(url, { headers, agent: false }, (answer) => {
            let first, bytes = 0;

            if (answer.statusCode > 299) {
                reject(new Error(`${answer.statusCode} of ${url}`));
            }
            answer.on("data", (part) => {
                first ??= performance.now() - begun;
                bytes += part.length;
            }).on("end", () => resolve_({ first, bytes,
                last: performance.now() - begun })).on("error", reject);
        }).on("error", reject);
    });
}


/* Where others are busy on the machine, the worker's own time tells more. */
async function warm({ core, at, query, servers }, range, other) {
    const headers = range ? [`Range: bytes=65536-${65536 + range - 1}`] : [];
    const seen = [];
    const side = async (name, server) => {
        const before = server.cpu();
        const { rate, requests } = await wrk(core.client,
            `http://127.0.0.1:${at[name]}${FOLDER}warm.mp4${query}`, headers, 1);

        return { rate, cpu: (server.cpu() - before) / requests };
    };

    for (let round = 0; round < ROUNDS; round++) {
        const first = round % 2 && await side(other, servers.peers);
        const ours = await side("ours", servers.sluice);

        seen.push({ ours, other: first || await side(other, servers.peers) });
    }

    return { ratio: median(seen.map((r) => r.ours.rate / r.other.rate)),
             cpu: median(seen.map((r) => r.other.cpu / r.ours.cpu)),
             ours: `${Math.round(median(seen.map((r) => r.ours.rate)))}/s`,
             beside: `${Math.round(median(seen.map((r) => r.other.rate)))}/s` };
}


/* Milliseconds to the first byte of these films, which are asked for once by
   each side: the bucket has no cache of ours. */
async function coldFirst(from, ours, beside) {
    const seen = { ours: [], beside: [] };
    const side = async (name, { url, headers }) => seen[name].push(
        (await ask(url, { Range: `bytes=0-${MIB - 1}`, ...headers })).first);

    for (let n = from; n < from + COLD / 6; n++) {
        const path = `${FOLDER}${n}.mp4`;

        if (n % 2) {
            await side("beside", beside(path));
        }
        await side("ours", ours(path));
        if (n % 2 === 0) {
            await side("beside", beside(path));
        }
    }

    return { ratio: median(seen.ours) / median(seen.beside),
             ours: `${median(seen.ours).toFixed(2)} ms`,
             beside: `${median(seen.beside).toFixed(2)} ms` };
}

const here = (port, rest) => ({ url: `http://127.0.0.1:${port}${rest}` });

const coldNear = ({ at, query, presigned }) => coldFirst(1,
    (path) => here(at.ours, path + query), (path) => ({ url: presigned[path] }));

const coldBare = ({ at, query }) => coldFirst(COLD / 6 + 1,
    (path) => here(at.ours, path + query), (path) => here(at.bare, path));

async function coldFar({ at, query, presigned, between, host }) {
    away(between);
    const row = await coldFirst(COLD / 3 + 1,
        (path) => here(at.oursFar, path + query),
        (path) => ({ url: presigned[path].replace(host, `127.0.0.1:${at.far}`),
                     headers: { Host: host } }));

    between.clear();
    return row;
}


/* The bucket is in another house. */
function away(between) {
    between.on = (request, answer) => {
        setTimeout(() => between.pass(request, answer), AWAY);
        return true;
    };
}

/* As a player goes on in a film: a MiB, and the next a while later. */
async function coldNext({ at, query, between }) {
    const seen = { oursFar: [], bareFar: [] };

    away(between);
    for (let n = COLD / 2 + 1; n <= COLD / 2 + 4; n++) {
        for (let at_ = 0; at_ < SIZE; at_ += MIB) {
            for (const side of ["oursFar", "bareFar"]) {
                const { first } = await ask(`http://127.0.0.1:${at[side]}${
                    FOLDER}${n}.mp4${query}`,
                { Range: `bytes=${at_}-${at_ + MIB - 1}` });

                if (at_ > 0) {
                    seen[side].push(first);
                }
            }
            await pause(PACE);
        }
    }
    between.clear();

    return { ratio: median(seen.oursFar) / median(seen.bareFar),
             ours: `${median(seen.oursFar).toFixed(2)} ms`,
             beside: `${median(seen.bareFar).toFixed(2)} ms` };
}


async function crowd({ at, query, between }) {
    between.clear();
    const answers = await Promise.all(Array.from({ length: CLIENTS }, () =>
        ask(`http://127.0.0.1:${at.oursFar}${FOLDER}${COLD}.mp4${query}`)));

    if (answers.some(({ bytes }) => bytes !== SIZE)) {
        throw new Error("not all have got the film");
    }

    return { ratio: between.asked.length / (SIZE / MIB),
             ours: `${between.asked.length} requests`,
             beside: `${SIZE / MIB} slices` };
}


const rows = (of) => [
    ["64 KiB ranges, in the cache", "nginx's slices and cache",
     () => warm(of, 64 * KIB, "bare")],
    ["1 MiB ranges, in the cache", "nginx's slices and cache",
     () => warm(of, MIB, "bare")],
    ["16 MiB, in the cache", "nginx's slices and cache",
     () => warm(of, 0, "bare")],
    ["64 KiB ranges, in the cache", "files of this disk, sendfile",
     () => warm(of, 64 * KIB, "files")],
    ["first byte of what is not there", "the bucket itself",
     () => coldNear(of)],
    ["first byte of what is not there", "nginx's slices and cache",
     () => coldBare(of)],
    [`first byte of what is not there, ${AWAY} ms away`, "the bucket itself",
     () => coldFar(of)],
    [`first byte of each next MiB, ${AWAY} ms away`, "nginx's slices and cache",
     () => coldNext(of)],
    [`${CLIENTS} clients, 16 MiB that are not there`, "once each slice",
     () => crowd(of)],
];


async function films(folder, bucket) {
    mkdirSync(join(folder, FOLDER), { recursive: true });
    const file = join(folder, FOLDER, "warm.mp4");

    writeFileSync(file, randomBytes(SIZE));
    await bucket.put(`${FOLDER.slice(1)}warm.mp4`, file, "video/mp4");

    return JSON.parse(await bucket.python(`
import json
folder, urls = "${FOLDER.slice(1)}", {}
for n in ["warm"] + [str(n) for n in range(1, ${COLD} + 1)]:
    key = f"{folder}{n}.mp4"
    if n != "warm":
        s3.copy({"Bucket": bucket, "Key": folder + "warm.mp4"}, bucket, key)
    urls["/" + key] = s3.generate_presigned_url("get_object",
        Params={"Bucket": bucket, "Key": key}, ExpiresIn=3600)
print(json.dumps(urls))`));
}


async function prepare(folder, bucket) {
    const keys = join(folder, "keys.json");
    const presigned = await films(folder, bucket);
    const between = await standBetween(bucket.port);
    const at = { bucket: bucket.port, far: between.port };

    for (const name of ["ours", "oursFar", "bare", "bareFar", "files"]) {
        at[name] = await freePort();
    }
    execFileSync(join(TOP, "build/sluicectl"), ["keys", "init", keys]);
    const { grant } = JSON.parse(execFileSync(join(TOP, "build/sluicectl"),
        ["link", "sign", "--json", "--keys", keys, "--path", FOLDER]));

    /* what goes through the one between is another file of the cache */
    const far = (text) => text.replace("http://bucket", "http://far")
        .replace("proxy_cache_key ", "proxy_cache_key far:");
    const media = readFileSync(join(TOP, "conf/s3/media.conf"), "utf8");

    writeFileSync(join(folder, "far.conf"), far(media));
    writeFileSync(join(folder, "bare.conf"), bareMedia());
    writeFileSync(join(folder, "bare-far.conf"), far(bareMedia()));

    return { folder, keys, presigned, between, at, query: `?grant=${grant}`,
             servers: {}, words: bucket.words, host: `127.0.0.1:${bucket.port}`,
             core: await cores() };
}


function print(table) {
    console.log("| media in a bucket | beside | ratio | by CPU | Sluice | beside |"
        + "\n|---|---|---|---|---|---|");
    for (const [what, beside, { ratio, cpu, ours: mine, beside: theirs }]
        of table) {
        console.log(`| ${what} | ${beside} | ${ratio.toFixed(3)} | ${
            cpu?.toFixed(3) ?? ""} | ${mine} | ${theirs} |`);
    }
}


async function main() {
    const folder = mkdtempSync("/tmp/sluice-bucket-");
    const stop = [];

    try {
        const bucket = await startBucket();

        stop.push(() => bucket.stop());
        const of = await prepare(folder, bucket);

        stop.push(() => of.between.stop());
        for (const [name, top, text] of [
            ["sluice", `load_module ${MODULE};`, ours(of)],
            ["peers", "", bare(of)],
        ]) {
            const server = await startNginx(folder, name, { http: text, top,
                core: of.core.server,
                port: name === "sluice" ? of.at.ours : of.at.bare });

            of.servers[name] = server;
            stop.push(() => server.stop());
        }

        const table = [];

        for (const [what, beside, measure] of rows(of)
            .filter(([a, b]) => `${a} ${b}`.includes(ONLY))) {
            table.push([what, beside, await measure()]);
        }
        print(table);
    } finally {
        for (const each of stop.reverse()) {
            await each();
        }
        rmSync(folder, { recursive: true, force: true });
    }
}


await main();
