/* haproxy with conf/haproxy.cfg, in front of nodes of a stack. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { until } from "./client.mjs";
import { run } from "./run.mjs";
import { TOP } from "./stack.mjs";

/* A server's line, with its name and its address. */
const SERVER = /^( +server )node1 10\.0\.0\.11:80(.*)\n.* node2 .*$/gm;


export class Balancer {
    constructor(stack) {
        this.stack = stack;
        this.socket = join(stack.folder, "haproxy.sock");
    }

    /* `change` makes its configuration from the one that is shipped. */
    async start(nodes, change) {
        const path = join(this.stack.folder, "haproxy.cfg");
        const line = (head, tail) => nodes.map(({ port }, n) =>
            `${head}node${n + 1} 127.0.0.1:${port}`
            + tail.replace("node1", `node${n + 1}`)).join("\n");

        writeFileSync(path, change(readFileSync(join(TOP, "conf/haproxy.cfg"),
            "utf8").replace("maxconn 20000", "maxconn 500")
            .replace("/run/haproxy/admin.sock", this.socket)
            .replace(SERVER, (_, head, tail) => line(head, tail))));

        const { stderr } = await run("haproxy", ["-c", "-f", path]);

        assert.doesNotMatch(stderr, /WARNING/);
        this.process = spawn("haproxy", ["-db", "-f", path],
                             { stdio: "ignore" });
        await until("the balancer has its socket",
            () => existsSync(this.socket));
    }

    /* Its own account of its servers: {"api/node1": {status, sessions}}. */
    async servers() {
        const socket = createConnection(this.socket);

        socket.end("show stat\n");
        const [head, ...lines] = (await text(socket)).replace("# ", "").trim()
            .split("\n").map((line) => line.split(","));
        const rows = lines.map((line) =>
            Object.fromEntries(line.map((value, i) => [head[i], value])));

        return Object.fromEntries(rows
            .filter(({ svname }) => /^node/.test(svname))
            .map(({ pxname, svname, status, stot }) => [`${pxname}/${svname}`,
                { status, sessions: Number(stot) }]));
    }

    told(name, wanted) {
        return until(`${name} is ${wanted}`, async () =>
            (await this.servers())[name].status.startsWith(wanted),
        { every: 100 });
    }

    stop() {
        this.process?.kill("SIGTERM");
    }
}
