/* Private nginx processes of one worker each, and wrk beside them. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
const NGINX = process.env.SLUICE_NGINX ?? "/usr/sbin/nginx";
const CONNECTIONS = 16;
const START_MS = 10_000;


/* One core for the server that is measured, another for all else: with a single
   core they share it. */
export async function cores() {
    const { stdout } = await execute("taskset", ["-pc", String(process.pid)]);
    const list = stdout.replace(/.*: /, "").trim().split(",").flatMap((part) => {
        const [first, last = first] = part.split("-").map(Number);

        return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });

    return { server: list[0], client: list[1] ?? list[0] };
}


export async function freePort() {
    const server = createServer().listen(0, "127.0.0.1");

    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");

    return port;
}


/*
 * Starts an nginx in `folder`/`name` and answers a function that stops it.
 * `http` is what stands in its http block; the first of `ports` is waited for.
 */
export async function startNginx(folder, name, { core, ports, top = "", http }) {
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
events { worker_connections 1024; }
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

    if (!await listening(ports[0], child)) {
        await stop();
        throw new Error(`nginx did not start:\n${readFileSync(log)}`);
    }

    return stop;
}


async function listening(port, child) {
    const deadline = Date.now() + START_MS;

    while (child.exitCode === null && Date.now() < deadline) {
        const socket = connect(port, "127.0.0.1");
        const open = await new Promise((resolve) => {
            socket.once("connect", () => resolve(true));
            socket.once("error", () => resolve(false));
        });

        socket.destroy();

        if (open) {
            return true;
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
    }

    return false;
}


/* Requests a second that wrk gets through; an answer that is no 2xx throws. */
export async function wrk(core, url, headers, seconds) {
    const { stdout } = await execute("taskset", ["-c", String(core), "wrk",
        "-t1", `-c${CONNECTIONS}`, `-d${seconds}s`,
        ...headers.flatMap((header) => ["-H", header]), url]);
    const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout);

    if (!rate || /Non-2xx|Socket errors/.test(stdout)) {
        throw new Error(`${url}:\n${stdout}`);
    }

    return Number(rate[1]);
}
