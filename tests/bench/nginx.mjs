/* Private servers of one process each, and wrk beside them. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../http/lib/run.mjs";

const NGINX = process.env.SLUICE_NGINX ?? "/usr/sbin/nginx";
const CONNECTIONS = 16;
const START_MS = 30_000;
const script = (name) => fileURLToPath(new URL(name, import.meta.url));


/* One core for the server that is measured, another for all else: with a single
   core they share it. */
export async function cores() {
    const { stdout } = await run("taskset", ["-pc", String(process.pid)]);
    const ranges = stdout.replace(/.*: /, "").trim().split(",");
    const list = ranges.flatMap((range) => {
        const [first, last = first] = range.split("-").map(Number);

        return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });

    return { server: list[0], client: list[1] ?? list[0] };
}


/*
 * Starts an nginx in `folder`/`name`, listening on `port` among others; `http`
 * is what stands in its http block. Answers `stop()` and `cpu()`, the
 * nanoseconds that its worker has computed.
 */
export async function startNginx(folder, name,
    { core, port, top = "", connections = 1024, http }) {
    const prefix = join(folder, name);
    const log = join(prefix, "error.log");

    mkdirSync(prefix, { recursive: true });
    writeFileSync(join(prefix, "nginx.conf"), `
${top}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log warn;
${process.getuid() === 0 ? "user root;" : ""}
events { worker_connections ${connections}; }
http {
    types { video/mp4 mp4; }
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    access_log off;
    sendfile on;
    tcp_nopush off;
    keepalive_timeout 75s;
    keepalive_requests 100000000;
    open_file_cache max=100;
    open_file_cache_valid 60s;
${http}
}
`);

    const child = spawn("taskset", ["-c", String(core), NGINX, "-p",
        `${prefix}/`, "-c", "nginx.conf", "-e", log], { stdio: "ignore" });
    const exited = once(child, "exit");

    const stop = async () => {
        child.kill("SIGTERM");
        await exited;
    };

    if (!await answers(port, child)) {
        await stop();
        throw new Error(`nginx did not start:\n${readFileSync(log)}`);
    }

    return { stop, pid: child.pid, cpu: workerClock(child.pid) };
}


/* The same for a Node program that listens on `port`; any core unless named. */
export async function startNode(words, { core, port }) {
    const pinned = core === undefined ? [] : ["taskset", "-c", String(core)];
    const [program, ...rest] = [...pinned, process.execPath, ...words];
    const child = spawn(program, rest,
        { stdio: ["ignore", "ignore", "inherit"] });
    const exited = once(child, "exit");

    const stop = async () => {
        child.kill("SIGTERM");
        await exited;
    };

    if (!await answers(port, child)) {
        await stop();
        throw new Error(`${words[0]} did not start`);
    }

    return { stop, pid: child.pid, cpu: clock(child.pid) };
}


/* Behind it those that look after a cache may stand. */
function workerClock(master) {
    return clock(readFileSync(`/proc/${master}/task/${master}/children`,
        "utf8").trim().split(" ")[0]);
}


/* proc(5), sched-stats.rst: the first number is the time on a core. */
function clock(pid) {
    return () => Number(readFileSync(`/proc/${pid}/schedstat`, "utf8")
        .split(" ")[0]);
}


/* Any answer will do: then there is a worker. */
async function answers(port, child) {
    const deadline = Date.now() + START_MS;

    while (child.exitCode === null && Date.now() < deadline) {
        try {
            await fetch(`http://127.0.0.1:${port}/`,
                { signal: AbortSignal.timeout(START_MS) });
            return true;
        } catch {
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
    }

    return false;
}


/* What wrk gets through: `requests`, and `rate` a second; with a file of
   `tokens`, or of paths, each request takes the next. An answer that is no 2xx
   throws. */
export async function wrk(core, url, headers, seconds, tokens,
    next = "bearers.lua") {
    const { stdout } = await run("taskset", ["-c", String(core), "wrk",
        "-t1", `-c${CONNECTIONS}`, `-d${seconds}s`,
        ...headers.flatMap((header) => ["-H", header]),
        ...(tokens ? ["-s", script(next), url, "--", tokens] : [url])]);
    const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout);
    const requests = /(\d+) requests in/.exec(stdout);

    if (!rate || !requests || /Non-2xx|Socket errors/.test(stdout)) {
        throw new Error(`${url}:\n${stdout}`);
    }

    return { rate: Number(rate[1]), requests: Number(requests[1]) };
}
