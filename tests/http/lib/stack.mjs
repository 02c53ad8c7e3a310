/* A whole Sluice for a file of tests: conf/stack in a temp folder. */

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
    existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync,
    rmSync, statSync, writeFileSync,
} from "node:fs";
import { cpus } from "node:os";
import { dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { Client, SANITIZED, request, until } from "./client.mjs";
import { freePort } from "./ports.mjs";
import { run, runWith } from "./run.mjs";
import { watch } from "./test.mjs";

export const TOP = resolve(new URL(".", import.meta.url).pathname, "../../..");
const STACK = join(TOP, "conf/stack");
const CLUSTER = join(TOP, "tests/cluster");
const NGINX = process.env.SLUICE_NGINX ?? "/usr/sbin/nginx";
const AS_ROOT = process.getuid() === 0;
const DATABASE = "dbname=sluice user=sluice";

/* What no log may hold when a stack stops. */
const TROUBLE =
    /\[(alert|emerg)\]|open socket|AddressSanitizer|runtime error:/;

const running = new Set();


/*
 * Starts a stack and answers a Stack. `extra` is text for nginx's server block,
 * or a function that makes it from the state folder and the port; `environment`
 * is added to that of the servers; `within` is the folder for the state;
 * `empty` is for a cluster by initdb, as people get it.
 */
export async function startStack({ extra = "", environment: more = {},
                                   within = "/tmp", empty = false } = {}) {
    let failure;

    for (let attempt = 0; attempt < 3; attempt++) {
        /* short, for the sockets in it: unix(7) */
        const state = mkdtempSync(join(within, "sl-"));
        const folder = mkdtempSync("/tmp/sl-files-");
        const port = await freePort();
        const conf = join(folder, "extra.conf");

        writeFileSync(conf, typeof extra === "function"
            ? extra(state, port) : extra);

        const environment = {
            ...process.env, SLUICE_STATE: state, SLUICE_PORT: String(port),
            SLUICE_DEMO: "0", SLUICE_EXTRA_CONF: conf,
            SLUICE_CLUSTER: empty ? "" : cluster(), ...more,
            SLUICE_LOOP: join(state, "logs/loop"),
            LD_PRELOAD: [loopWatch(), more.LD_PRELOAD].filter(Boolean)
                .join(" "),
        };
        const stack = new Stack(state, folder, port, environment);

        running.add(stack);
        stack.unwatch = watch(state);
        try {
            const up = run(STACK, ["up"], { env: environment,
                                            timeout: 120_000 });
            stack.starting = up.child;
            await up;
            stack.admin = JSON.parse(readFileSync(join(state, "demo.json")));
            stack.email = stack.admin.email;
            stack.password = stack.admin.password;
            return stack;
        } catch (error) {
            failure = new Error((error.stdout ?? "")
                                + (error.stderr ?? String(error)));
            down(stack);
            remove(stack);
            /* somebody else may have taken the port meanwhile */
            if (!/Port \d+ is in use|Address already in use/
                .test(failure.message)) {
                break;
            }
        }
    }

    throw failure;
}


let prepared;

function cluster() {
    prepared ??= execFileSync(CLUSTER, { encoding: "utf8" }).trimEnd();
    return prepared;
}


/* tests/http/lib/<name>.c for LD_PRELOAD, built where it is not. */
export function preload(name) {
    const source = join(TOP, `tests/http/lib/${name}.c`);
    const built = join(TOP, `build/tests/${name}.so`);

    if (!existsSync(built)
        || statSync(built).mtimeMs < statSync(source).mtimeMs) {
        const made = `${built}.${process.pid}`;

        mkdirSync(dirname(built), { recursive: true });
        execFileSync("gcc", ["-std=gnu11", "-O2", "-fPIC", "-shared", "-o",
                             made, source, "-ldl"]);
        renameSync(made, built);
    }
    return built;
}


/* What watches nginx's loops. */
let watching;

function loopWatch() {
    watching ??= preload("loop");
    return watching;
}


/*
 * What loop.c wrote, if nginx is to blame: any call that may wait for a disk. A
 * single turn may have stood still with the whole machine, of whose hypervisor
 * a process hears nothing; half a second or three of them did not.
 */
function stoodStill(text) {
    const lines = text.split("\n").filter(Boolean);
    const turns = lines.filter((line) => line.startsWith("turn:"));
    const long = turns.some((line) => [...line.matchAll(/(\d+) ms/g)]
        .some(([, ms]) => Number(ms) > 500));

    return long || turns.length > 2
        ? lines : lines.filter((line) => !turns.includes(line));
}


class Stack {
    constructor(state, folder, port, environment) {
        this.state = state;
        this.folder = folder;      /* for files that a test makes */
        this.port = port;
        this.url = `http://127.0.0.1:${port}`;
        this.environment = environment;
        this.users = 0;
        this.machines = [];        /* beside the first */
        this.held = new Set();     /* psql: what a test that fails leaves */
    }

    path(...names) {
        return join(this.state, ...names);
    }

    text(...names) {
        return existsSync(this.path(...names))
            ? readFileSync(this.path(...names), "utf8") : "";
    }

    /* Stops all of it, and fails when a log has what none may have, or one of
       nginx's loops stood still (loop.c), but for lines like `but`. */
    async stop({ but = /^$/ } = {}) {
        this.held.forEach((psql) => psql.kill());
        down(this);

        const bad = readdirSync(this.path("logs")).filter(
            (name) => /^(error\.log|nginx\.|worker\.)/.test(name),
        ).flatMap((name) => this.text("logs", name).split("\n"))
            .concat(this.text("run/worker.out").split("\n"))
            .filter((line) => TROUBLE.test(line))
            .concat(stoodStill(this.text("logs/loop")))
            .filter((line) => !but.test(line));

        remove(this);

        if (bad.length) {
            throw new Error(`in the logs: ${bad.slice(0, 20).join("\n")}`);
        }
    }

    /* Lines of fields joined by "|", as psql -At writes them. */
    async sql(statement) {
        const { stdout } = await run("psql", [
            "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
            "-h", this.path("run"), "-U", "postgres", "-d", "sluice",
            "-c", statement,
        ], { maxBuffer: 1 << 28 });

        return stdout.trimEnd();
    }

    /* Holds what a statement locks until the function that it answers is
       called. */
    async hold(statement) {
        const psql = spawn("psql", ["-X", "-h", this.path("run"),
            "-U", "postgres", "-d", "sluice"],
        { stdio: ["pipe", "pipe", "inherit"] });
        const ended = new Promise((done) => { psql.on("exit", done); });
        let said = "";

        this.held.add(psql);
        ended.then(() => this.held.delete(psql));

        psql.stdout.on("data", (text) => { said += text; });
        psql.stdin.write(`begin; ${statement};\n\\echo locked\n`);
        await until("it is locked", () => said.includes("locked"));

        return () => {
            psql.stdin.end("rollback;\n");
            return ended;
        };
    }

    /* These of the spool's files, and no others, are as `which` says: what a
       request leaves goes in a thread, soon after the answer. */
    async inSpool(names, which = () => true) {
        const wanted = [...names].sort();
        const found = () => readdirSync(this.path("spool")).filter(which).sort();

        await until("the spool has them",
            () => isDeepStrictEqual(found(), wanted))
            .catch(() => assert.deepEqual(found(), wanted));
    }

    async redis(...words) {
        const { stdout } = await run("redis-cli",
            ["-s", this.path("run/redis.sock"), ...words]);

        return stdout.trimEnd();
    }

    /* Runs a program as the user whom the servers run as. */
    asServer(program, ...words) {
        const options = { cwd: this.state, env: this.environment };

        return AS_ROOT
            ? run("setpriv", ["--reuid=www-data", "--regid=www-data",
                              "--init-groups", "--", program, ...words],
                  options)
            : run(program, words, options);
    }

    sluicectl(...words) {
        return run(this.path("bin/sluicectl"), words);
    }

    nginx(...words) {
        const copy = this.path("bin/nginx");

        return this.asServer(existsSync(copy) ? copy : NGINX,
            "-p", `${this.state}/`, "-c", this.path("nginx.conf"),
            "-e", this.path("logs/error.log"), ...words);
    }

    reload() {
        return this.nginx("-s", "reload");
    }

    /*
     * One more machine: an nginx of its own on the same PostgreSQL, Redis and
     * keys. `change` makes its configuration from the first one's. It is
     * `ready`, or has only started.
     */
    async secondNginx(change = (text) => text, { port, ready = true } = {}) {
        const machine = new Machine(this, `nginx.${this.machines.length}`,
                                    port ?? await freePort());

        machine.write(change(this.text("nginx.conf")));
        this.machines.push(machine);
        await machine.start();

        return ready ? machine.ready() : machine;
    }

    /* The pid in run/<name>.pid. */
    pid(name) {
        return Number(readFileSync(this.path(`run/${name}.pid`), "utf8"));
    }

    /* nginx's worker processes, those that still leave included. */
    workers() {
        return children(this.pid("nginx"));
    }

    /* Someone new: {id, email, role, password}. */
    async user(role = "viewer") {
        const email = `user-${++this.users}@sluice.example`;
        const password = `a long enough password ${this.users}`;
        const { stdout } = await runWith(`${password}\n`,
            this.path("bin/sluicectl"), [
                "user", "add", email, "--role", role, "--password-stdin",
                "--database", `host=${this.path("run")} ${DATABASE}`, "--json",
            ]);

        return { ...JSON.parse(stdout), password };
    }

    /* Someone new who has signed in: a Client. */
    async visitor(role) {
        const { email, password } = await this.user(role);

        return Client.signIn(this.url, email, password);
    }

    keys() {
        return JSON.parse(this.text("keys.json")).keys;
    }

    /* The worker drains and leaves; what comes in stays queued. */
    async stopWorker() {
        const pid = this.pid("worker");

        process.kill(pid, "SIGQUIT");
        await until("the worker is gone", () => !alive(pid));
    }

    async startWorker() {
        await run(STACK, ["up"], { env: this.environment, timeout: 60_000 });
    }

    /* The same at once, as a service manager does it: worker.conf stays. */
    async restartWorker() {
        const before = existsSync(this.path("run/worker.pid"))
            ? this.pid("worker") : 0;

        await this.asServer("sh", "-c", "setsid \"$@\" < /dev/null "
            + ">> run/worker.out 2>&1 &", "-", this.path("bin/sluice-worker"),
        "-c", this.path("worker.conf"));
        await until("the worker has started", () =>
            existsSync(this.path("run/worker.pid"))
            && this.pid("worker") !== before && alive(this.pid("worker")));
    }

    async stopPostgres() {
        await this.asServer(postgres("pg_ctl"), "-D", this.path("pg"), "-w",
            "-s", "-m", "immediate", "stop");
    }

    async startPostgres(address = "") {
        await this.asServer(postgres("pg_ctl"), "-D", this.path("pg"), "-w",
            "-s", "-l", this.path("logs/postgresql.log"), "-o",
            `-c listen_addresses='${address}' -k ${this.path("run")}`, "start");
    }

    /* Sets one of the server's settings, for all sessions at once. */
    async setting(name, value) {
        await this.sql(`alter system set ${name} = '${value}'`);
        await this.sql("select pg_reload_conf()");
    }

    /* One more PostgreSQL, at an address: it follows the first one until it is
       promoted. What that answers from now on, both have. */
    async follower(address) {
        const follower = new Follower(this, "standby", address);

        this.machines.push(follower);
        await follower.start();
        return follower;
    }

    async stopRedis() {
        const pid = this.pid("redis");

        process.kill(pid, "SIGKILL");
        await until("Redis is gone", () => !alive(pid));
    }

    /* With what its append-only file keeps, if it has one. */
    async startRedis({ appendonly = "no" } = {}) {
        await this.asServer("redis-server", "--port", "0",
            "--unixsocket", this.path("run/redis.sock"),
            "--unixsocketperm", "700", "--save", "",
            "--appendonly", appendonly,
            "--daemonize", "yes", "--dir", this.path("redis"),
            "--pidfile", this.path("run/redis.pid"),
            "--logfile", this.path("logs/redis.log"));
        await until("Redis answers", () => this.redis("PING")
            .then((word) => word === "PONG", () => false));
    }
}


class Machine {
    constructor(stack, name, port) {
        this.stack = stack;
        this.name = name;
        this.port = port;
        this.url = `http://127.0.0.1:${port}`;
    }

    /* nginx.conf as it is, but for what two cannot share. */
    write(text) {
        const { stack, name, port } = this;

        const [, many] = /^worker_processes (\w+);/m.exec(text);

        this.processes = many === "auto" ? cpus().length : Number(many);
        writeFileSync(stack.path(`${name}.conf`), text
            .replaceAll(`listen 127.0.0.1:${stack.port};`,
                        `listen 127.0.0.1:${port};`)
            .replaceAll("/run/nginx.pid", `/run/${name}.pid`)
            .replaceAll("/logs/error.log", `/logs/${name}.error.log`)
            .replaceAll("/logs/access.log", `/logs/${name}.access.log`));
    }

    nginx(...words) {
        const { stack, name } = this;
        const copy = stack.path("bin/nginx");

        return stack.asServer(existsSync(copy) ? copy : NGINX,
            "-p", `${stack.state}/`, "-c", stack.path(`${name}.conf`),
            "-e", stack.path(`logs/${name}.error.log`), ...words);
    }

    async start() {
        await this.nginx();
        await until(`${this.name} has started`,
            () => existsSync(this.stack.path(`run/${this.name}.pid`))
                && this.workers().length >= this.processes);   /* a cache's */
    }

    /* It has read what was revoked, and lets users pass. */
    async ready() {
        await until(`${this.name} is ready`, async () =>
            (await request(`${this.url}/metrics`)).text
                .includes("\nsluice_revocations_known 1\n"));
        return this;
    }

    reload() {
        return this.nginx("-s", "reload");
    }

    workers() {
        return children(this.stack.pid(this.name));
    }

    async stop() {
        const pid = this.stack.pid(this.name);

        process.kill(pid, "SIGTERM");
        await until(`${this.name} is gone`, () => !alive(pid));
    }

    kill() {
        try {
            process.kill(this.stack.pid(this.name), "SIGTERM");
        } catch {
            /* it was stopped before */
        }
    }
}


class Follower {
    constructor(stack, name, address) {
        this.stack = stack;
        this.folder = stack.path(name);
        this.sockets = stack.path("run", name);
        this.address = address;
        this.log = stack.path(`logs/${name}.log`);
    }

    ctl(...words) {
        return this.stack.asServer(postgres("pg_ctl"), "-D", this.folder,
            "-w", "-s", ...words);
    }

    async start() {
        const { stack, folder, sockets, address } = this;

        await stack.asServer("mkdir", "-p", sockets);
        await stack.asServer(postgres("pg_basebackup"), "-h", stack.path("run"),
            "-U", "postgres", "-D", folder, "-R", "-c", "fast");
        await this.ctl("-l", this.log, "-o",
            `-c listen_addresses='${address}' -k ${sockets}`, "start");
        await stack.setting("synchronous_standby_names", "*");
        await until("the standby follows", async () => await stack.sql(
            "select count(*) from pg_stat_replication "
            + "where sync_state = 'sync'") === "1");
    }

    /* As Stack.sql(). */
    async sql(statement) {
        const { stdout } = await run("psql", [
            "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
            "-h", this.sockets, "-U", "postgres", "-d", "sluice",
            "-c", statement,
        ]);

        return stdout.trimEnd();
    }

    promote() {
        return this.ctl("promote");
    }

    kill() {
        try {
            const [pid] = readFileSync(join(this.folder, "postmaster.pid"),
                "utf8").split("\n");

            process.kill(Number(pid), "SIGQUIT");
        } catch {
            /* it never ran */
        }
    }
}


/* A program of the newest PostgreSQL that is installed. */
export function postgres(tool) {
    const [version] = readdirSync("/usr/lib/postgresql")
        .sort((a, b) => Number(b) - Number(a));

    return `/usr/lib/postgresql/${version}/bin/${tool}`;
}


/* {ppid, name, state} of a process, or null when it is gone: proc(5). */
export function processOf(pid) {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [, name, rest] = /\((.*)\) (.*)/s.exec(stat);
        const [state, ppid] = rest.split(" ");

        return { ppid: Number(ppid), name, state };
    } catch {
        return null;
    }
}


export function alive(pid) {
    const found = processOf(pid);

    return found !== null && found.state !== "Z";
}


export function children(pid) {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name))
        .map(Number)
        .filter((child) => {
            const found = processOf(child);
            return found?.ppid === pid && found.state !== "Z";
        });
}


/* The slots of a worker's master, but that for mails. */
export function slotsOf(master) {
    return children(master)
        .filter((pid) => processOf(pid)?.name === "sluice-worker");
}


export function descendants(pid) {
    return children(pid).flatMap((child) => [child, ...descendants(child)]);
}


/* A line of /proc/<pid>/status in bytes: "VmRSS", "VmHWM". */
export function memory(pid, name) {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");

    return 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m")
        .exec(status)[1]);
}


function remove({ state, folder, unwatch }) {
    unwatch();
    rmSync(state, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
}


function down(stack) {
    if (running.delete(stack)) {
        stack.machines.forEach((machine) => machine.kill());
        spawnSync(STACK, ["down"], { env: stack.environment, timeout: 60_000 });
    }
}


/* A file that ends early leaves nothing behind. */
process.on("exit", () => running.forEach((stack) => {
    stack.starting.kill();
    down(stack);
    remove(stack);
}));
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) {
    process.on(signal, () => process.exit(1));
}
process.stdout.on("error", () => process.exit(1));

export { SANITIZED, until };
