/* Servers of Redis beside a stack's own: a primary with replicas, and Sentinels
   that watch them. */

import { writeFileSync } from "node:fs";

import { until } from "./client.mjs";
import { freePort } from "./ports.mjs";
import { run } from "./run.mjs";
import { alive } from "./stack.mjs";


class Server {
    constructor(stack, name, port, host = "127.0.0.1") {
        this.stack = stack;
        this.name = name;
        this.port = port;
        this.host = host;
    }

    async ask(...words) {
        const { stdout } = await run("redis-cli",
            ["-h", this.host, "-p", String(this.port), ...words]);

        return stdout.trimEnd();
    }

    async start(...words) {
        const { stack, name, port } = this;

        await stack.asServer("redis-server", ...words, "--port", String(port),
            "--bind", this.host, "--daemonize", "yes",
            "--dir", stack.path("redis"),
            "--pidfile", stack.path(`run/${name}.pid`),
            "--logfile", stack.path(`logs/${name}.log`));
        await until(`${name} answers`, () => this.ask("PING")
            .then((word) => word === "PONG", () => false));
        this.pid = stack.pid(name);
        return this;
    }

    /* Its first word of ROLE. */
    async role() {
        return (await this.ask("ROLE")).split("\n")[0];
    }

    signal(name) {
        process.kill(this.pid, name);
    }

    async stop() {
        if (this.pid && alive(this.pid)) {
            this.signal("SIGKILL");
            await until(`${this.name} is gone`, () => !alive(this.pid));
        }
    }
}


/* A Redis of its own, or one that follows `primary`; on another loopback address
   it can have another's port. */
export async function startRedis(stack, name, primary = null,
                                 { host, port } = {}) {
    const server = new Server(stack, name, port ?? await freePort(), host);
    const follows = primary
        ? ["--replicaof", "127.0.0.1", String(primary.port)] : [];

    await server.start("--save", "", "--appendonly", "no",
        "--repl-diskless-sync-delay", "0", ...follows);
    if (primary) {
        await until(`${name} follows`, async () =>
            /master_link_status:up/.test(await server.ask("INFO",
                                                          "replication")));
    }

    return server;
}


/* `count` Sentinels that agree on who is the primary named `media`. */
export async function startSentinels(stack, primary, count = 3) {
    const sentinels = [];

    for (let i = 0; i < count; i++) {
        const sentinel = new Server(stack, `sentinel${i}`, await freePort());
        const file = stack.path("redis", `${sentinel.name}.conf`);

        writeFileSync(file, [
            `sentinel monitor media 127.0.0.1 ${primary.port} 2`,
            "sentinel down-after-milliseconds media 1000",
            "sentinel failover-timeout media 10000",
            "",
        ].join("\n"), { mode: 0o666 });
        await run("chmod", ["666", file]);
        sentinels.push(sentinel);
        await sentinel.start(file, "--sentinel");
    }

    await until("the Sentinels know each other and a replica", async () => {
        const told = await Promise.all(sentinels.map((sentinel) =>
            sentinel.ask("SENTINEL", "MASTER", "media")));

        return told.every((text) =>
            new RegExp(`^num-other-sentinels\n${count - 1}$`, "m").test(text)
            && /^num-slaves\n1$/m.test(text));
    });

    return sentinels;
}
