/*
 * Files of every size as others deliver them: our gate and sluice_media beside
 * nginx's static files (asked with the same URL), its mp4 and slice modules,
 * lighttpd, Apache with mod_xsendfile, and fastify; over HTTP/1.1, TLS and
 * HTTP/2, by 1, 32 and 512 connections. Sides take turns in each round.
 *
 *   delivery.mjs [TEXT]    only the rows that have the text
 *
 * Whose program is not on this machine is left out: lighttpd and lighttpd-mod-
 * openssl, apache2-bin and libapache2-mod-xsendfile, nghttp2-client (h2load).
 * ROUNDS, SECONDS, and PEERS, a folder that packages were unpacked into, are in
 * the environment.
 */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
    existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync,
    writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { freePort } from "../http/lib/ports.mjs";
import { run } from "../http/lib/run.mjs";
import { cores, startNginx, startNode } from "./nginx.mjs";

const TOP = resolve(fileURLToPath(import.meta.url), "../../..");
const MODULE = process.env.SLUICE_MODULE
    ?? join(TOP, "build/nginx/ngx_http_sluice_module.so");
const NODE_GATE = join(TOP, "tests/bench/node_gate.mjs");
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const SECONDS = Number(process.env.SECONDS ?? 2);
const PEERS = process.env.PEERS ?? "";
const ONLY = process.argv[2] ?? "";
const ENV = { ...process.env, LD_LIBRARY_PATH:
    PEERS && `${PEERS}/usr/lib/x86_64-linux-gnu` };
const KIB = 1024, MIB = KIB * KIB, GIB = KIB * MIB;
const ID = "01890000-0000-7000-8000-0000000000cd";
const FOLDER = `/media/cd/${ID}/`;

const SIZES = { "4 KiB": 4 * KIB, "64 KiB": 64 * KIB, "1 MiB": MIB,
                "64 MiB": 64 * MIB };
const CONNECTIONS = [1, 32, 512];
const PROTOCOLS = ["HTTP/1.1", "TLS", "HTTP/2"];


function prepare(folder) {
    const keys = join(folder, "keys.json");
    const pem = join(folder, "both.pem");

    mkdirSync(join(folder, FOLDER), { recursive: true });
    for (const [name, size] of Object.entries(SIZES)) {
        writeFileSync(join(folder, FOLDER, `${size}.mp4`), randomBytes(size));
    }
    execFileSync(join(TOP, "build/sluicectl"), ["keys", "init", keys]);
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
        "/CN=localhost", "-keyout", join(folder, "key.pem"),
        "-out", join(folder, "cert.pem")], { stdio: "ignore" });
    writeFileSync(pem, readFileSync(join(folder, "key.pem"), "utf8")
        + readFileSync(join(folder, "cert.pem"), "utf8"));

    const { grant } = JSON.parse(execFileSync(join(TOP, "build/sluicectl"),
        ["link", "sign", "--json", "--keys", keys, "--path", FOLDER]));

    return { folder, keys, pem, query: `?grant=${grant}` };
}


/* the servers: each is told its ports, and answers {stop(), pids()} */

const tls = ({ folder }) => `
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;`;

const listens = ({ plain, secure }) => `
    listen 127.0.0.1:${plain} backlog=2048;
    listen 127.0.0.1:${secure} ssl http2 backlog=2048;`;

function nginx(name, http, top = "") {
    return async (made, port, core) => {
        const server = await startNginx(made.folder, name, {
            core, port: port.plain, connections: 4096, top,
            http: `${tls(made)} ${http(made, port)}`,
        });

        return { stop: server.stop, pids: () => family(server.pid) };
    };
}

const STARTED = {
    Sluice: nginx("sluice", ({ folder, keys }, port) => `
        sluice_keys ${keys};
        server { ${listens(port)} root ${folder};
            location /media/ { sluice_gate grant; sluice_media on; } }`,
    `load_module ${MODULE};`),

    static: nginx("static", ({ folder }, port) =>
        `server { ${listens(port)} root ${folder}; }`),

    mp4: nginx("mp4", ({ folder }, port) =>
        `server { ${listens(port)} root ${folder}; location / { mp4; } }`),

    slice: nginx("slice", ({ folder }, port) => `
        proxy_cache_path ${folder}/slices keys_zone=slices:8m max_size=1g;
        server { listen 127.0.0.1:${port.behind}; root ${folder}; }
        server { ${listens(port)}
            location / {
                slice 1m;
                proxy_cache slices;
                proxy_cache_key $uri$slice_range;
                proxy_cache_valid 200 206 1h;
                proxy_set_header Range $slice_range;
                proxy_http_version 1.1;
                proxy_pass http://127.0.0.1:${port.behind};
            } }`),

    lighttpd, Apache: apache, fastify: node,
};


/* One that stays in front, pinned to its core. */
async function started(core, port, program, ...words) {
    const child = spawn("taskset", ["-c", String(core), program, ...words],
        { stdio: "ignore", env: ENV });
    const exited = once(child, "exit");

    for (let n = 0; n < 500 && child.exitCode === null; n++) {
        try {
            await fetch(`http://127.0.0.1:${port}/`);
            return { pids: () => family(child.pid),
                     stop: async () => {
                         child.kill("SIGTERM");
                         await exited;
                     } };
        } catch {
            await pause(20);
        }
    }
    child.kill("SIGKILL");
    throw new Error(`${program} does not answer`);
}


function lighttpd({ folder, pem }, { plain, secure }, core) {
    const program = `${PEERS}/usr/sbin/lighttpd`;

    if (!existsSync(program)) {
        return null;
    }
    writeFileSync(join(folder, "lighttpd.conf"), `
        server.modules = ("mod_openssl")
        server.document-root = "${folder}"
        server.bind = "127.0.0.1"
        server.port = ${plain}
        server.max-connections = 2048
        server.max-fds = 8192
        server.listen-backlog = 2048
        server.max-keep-alive-requests = 100000000
        mimetype.assign = (".mp4" => "video/mp4")
        $SERVER["socket"] == "127.0.0.1:${secure}" {
            ssl.engine = "enable"
            ssl.pemfile = "${pem}"
        }`);
    return started(core, plain, program, "-D", "-f",
        join(folder, "lighttpd.conf"), "-m", `${PEERS}/usr/lib/lighttpd`);
}


/* An application in Lua says which file it is, and Apache sends it. */
function apache({ folder }, { plain, secure }, core) {
    const program = `${PEERS}/usr/sbin/apache2`;
    const modules = ["mpm_event", "authz_core", "ssl", "http2", "lua",
                     "xsendfile"];
    const path = (name) => `${PEERS}/usr/lib/apache2/modules/mod_${name}.so`;

    if (!existsSync(program) || !existsSync(path("xsendfile"))) {
        return null;
    }
    writeFileSync(join(folder, "send.lua"), `
        function handle(r)
            r.headers_out["X-SENDFILE"] = "${folder}" .. r.uri
            r.content_type = "video/mp4"
            return apache2.OK
        end`);
    writeFileSync(join(folder, "apache.conf"), `
        ${modules.map((name) => `LoadModule ${name}_module ${path(name)}`)
        .join("\n")}
        ServerName localhost
        PidFile ${folder}/apache.pid
        ErrorLog ${folder}/apache.log
        Listen 127.0.0.1:${plain}
        Listen 127.0.0.1:${secure}
        ListenBacklog 2048
        StartServers 1
        ServerLimit 4
        ThreadsPerChild 192
        ThreadLimit 192
        MaxRequestWorkers 768
        MaxKeepAliveRequests 0
        KeepAliveTimeout 75
        Protocols h2 http/1.1
        DocumentRoot ${folder}
        XSendFile on
        XSendFilePath ${folder}
        LuaMapHandler ^/media/ ${folder}/send.lua handle
        LuaScope thread
        <VirtualHost *:${secure}>
            SSLEngine on
            SSLCertificateFile ${folder}/cert.pem
            SSLCertificateKeyFile ${folder}/key.pem
        </VirtualHost>`);
    return started(core, plain, program, "-X", "-f",
        join(folder, "apache.conf"));
}


async function node({ folder, keys }, { plain }, core) {
    const server = await startNode([NODE_GATE, String(plain), folder, keys],
        { core, port: plain });

    return { stop: server.stop, pids: () => family(server.pid),
             only: ["HTTP/1.1"] };
}


/* what is measured */

function family(pid) {
    const found = [pid];

    for (const one of found) {
        try {
            for (const task of readdirSync(`/proc/${one}/task`)) {
                found.push(...readFileSync(
                    `/proc/${one}/task/${task}/children`, "utf8")
                    .split(" ").filter(Boolean).map(Number));
            }
        } catch {
            /* it has ended */
        }
    }
    return found;
}

/* Seconds on a core of all of them, with their threads: sched-stats.rst. */
function cpu(server) {
    return server.pids().flatMap((pid) => {
        try {
            return readdirSync(`/proc/${pid}/task`).map((task) =>
                Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`,
                    "utf8").split(" ")[0]));
        } catch {
            return [];      /* it has ended */
        }
    }).reduce((sum, time) => sum + time / 1e9, 0);
}

const ms = (text) => parseFloat(text)
    * ({ us: 0.001, ms: 1, s: 1000, m: 60_000 })[/[a-z]+/.exec(text)[0]];

/* "1.23GB" */
const bytes = (text) => parseFloat(text)
    * ({ B: 1, KB: KIB, MB: MIB, GB: GIB })[/[A-Z]+/.exec(text)[0]];

/* Long enough for some of the largest to come. */
const seconds = (size) => size > MIB ? 3 * SECONDS : SECONDS;

/* {bytes, seconds, p50, p99, lost} of wrk, or of h2load. Of requests that are
   not over, the bytes count, too; `lost` is the part of them whose connection
   the server let go of, as Apache does when there are many. */
async function wrk(core, url, connections, size) {
    const { stdout } = await run("taskset", ["-c", String(core), "wrk",
        "--latency", "-t1", `-c${connections}`, `-d${seconds(size)}s`,
        "--timeout", "30s", url]);
    const [, took, read] = /requests in ([\d.]+\w+), ([\d.]+\w+) read/
        .exec(stdout);

    const [, asked] = /(\d+) requests in/.exec(stdout);
    const [errors = ""] = /Socket errors: .*/.exec(stdout) ?? [];
    const lost = [...errors.matchAll(/\d+/g)]
        .reduce((sum, [n]) => sum + Number(n), 0) / Math.max(asked, 1);

    if (/Non-2xx/.test(stdout)) {
        throw new Error(`${url}:\n${stdout}`);
    }
    return { bytes: bytes(read), seconds: ms(took) / 1000,
             p50: ms(/50% +(\S+)/.exec(stdout)[1]),
             p99: ms(/99% +(\S+)/.exec(stdout)[1]), lost };
}

async function h2load(core, url, connections, size, folder) {
    const log = join(folder, "h2load.log");

    rmSync(log, { force: true });
    const { stdout } = await run("taskset", ["-c", String(core),
        `${PEERS}/usr/bin/h2load`, `-c${connections}`, "-t1", "-m1", "-w24",
        "-W26", `-D${seconds(size)}`, `--log-file=${log}`, url], { env: ENV });
    const times = readFileSync(log, "utf8").trim().split("\n")
        .map((line) => line.split("\t"))
        .filter(([, status]) => status === "200")
        .map(([, , time]) => Number(time) / 1000).sort((a, b) => a - b);
    const failed = /(\d+) failed, (\d+) errored/.exec(stdout);

    if (Number(failed[1]) > connections) {
        throw new Error(`${url}:\n${stdout}`);
    }
    return { bytes: Number(/\((\d+)\) data/.exec(stdout)[1]),
             seconds: seconds(size), lost: 0, p50: times[times.length >> 1] ?? 0,
             p99: times[Math.floor(times.length * 0.99)] ?? 0 };
}


async function measured(server, made, protocol, size, connections, core) {
    const scheme = protocol === "HTTP/1.1" ? "http" : "https";
    const port = scheme === "http" ? server.port.plain : server.port.secure;
    const url = `${scheme}://127.0.0.1:${port}${FOLDER}${size}.mp4${
        made.query}`;
    const before = cpu(server);
    const seen = await (protocol === "HTTP/2" ? h2load : wrk)(core, url,
        connections, size, made.folder);

    return { rate: seen.bytes / MIB / seen.seconds, p50: seen.p50,
             p99: seen.p99, lost: seen.lost, cpu: (cpu(server) - before) / (seen.bytes / GIB) };
}


function median(values) {
    return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/* None was over in its time. */
const wait = (time) => !time ? "–"
    : time < 10 ? time.toFixed(2) : String(Math.round(time));

function line(row, all) {
    const middle = (name, key) =>
        median(row.seen[name].map((one) => one[key]));
    const figures = Object.keys(row.seen).map((name) => {
        const ratio = middle("Sluice", "rate") / middle(name, "rate");

        const lost = middle(name, "lost");

        if (name === "Sluice" && lost > 0) {
            throw new Error(`${row.what}: connections were lost`);
        }
        return `| ${row.what} | ${name}${lost > 0.01
            ? ` (${Math.round(100 * lost)} % lost)` : ""} | ${ratio.toFixed(ratio < 3 ? 2 : 1)}`
            + ` | ${(middle(name, "cpu") / middle("Sluice", "cpu")).toFixed(2)}`
            + ` | ${Math.round(middle(name, "rate")).toLocaleString("en")}`
            + ` | ${wait(middle(name, "p50"))} | ${wait(middle(name, "p99"))}`
            + ` | ${middle(name, "cpu").toFixed(2)} |`;
    });

    all.push(...figures);
}


async function main() {
    const folder = mkdtempSync("/tmp/sluice-delivery-");
    const made = prepare(folder);
    const core = await cores();
    const rows = PROTOCOLS.flatMap((protocol) => Object.entries(SIZES)
        .flatMap(([named, size]) => CONNECTIONS.map((connections) => ({
            what: `${protocol}, ${named}, ${connections}`, protocol, size,
            connections, seen: {} }))))
        .filter(({ what }) => what.includes(ONLY)
            && (!what.startsWith("HTTP/2")
                || existsSync(`${PEERS}/usr/bin/h2load`))
            /* h2load waits until all is over that it began */
            && !/^HTTP.2, \d+ MiB, 512$/.test(what));

    try {
        for (let round = 0; round < ROUNDS; round++) {
            for (const [name, start] of Object.entries(STARTED)) {
                const port = { plain: await freePort(),
                               secure: await freePort(),
                               behind: await freePort() };
                const server = await start(made, port, core.server);

                if (server === null) {
                    continue;
                }
                process.stderr.write(`round ${round + 1}: ${name}\n`);
                server.port = port;
                try {
                    for (const row of rows) {
                        if (server.only?.includes(row.protocol) === false) {
                            continue;
                        }
                        (row.seen[name] ??= []).push(await measured(server,
                            made, row.protocol, row.size, row.connections,
                            core.client));
                    }
                } finally {
                    await server.stop();
                }
            }
        }

        const all = [];

        rows.forEach((row) => line(row, all));
        console.log("| what | who | Sluice's rate beside | by CPU | MiB/s "
            + "| p50, ms | p99, ms | CPU s/GiB |\n|---|---|---|---|---|---|---|---|\n"
            + all.join("\n"));
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}


await main();
