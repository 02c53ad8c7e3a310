/* A machine of the fleet: a node of nginx and a worker, with folders and ways to
   the servers that are its own. */

import { existsSync, rmSync, writeFileSync } from "node:fs";

import { run } from "../../http/lib/run.mjs";
import { TOP, alive, until } from "../../http/lib/stack.mjs";
import { killAll } from "../kinds.mjs";
import { LIBRARY, Ways } from "./ways.mjs";

const GRACE = "5s";             /* of what a node that is stopped finishes */
const PATIENCE = { seconds: 60 };


export class Machine {
    /* The nth of a stack, which asks these servers by these words. */
    static async begin(stack, n, servers, words) {
        const machine = new Machine();

        machine.n = n;
        machine.name = `machine${n}`;
        machine.ways = await Ways.open(servers, stack.path(`ways-${n}`));
        /* what the stack knows, as this machine sees it */
        machine.stack = Object.assign(Object.create(stack), {
            environment: {
                ...stack.environment,
                LD_PRELOAD: `${stack.environment.LD_PRELOAD} ${LIBRARY}`,
                SLUICE_DETOUR: stack.path(`ways-${n}`),
                SLUICE_HOST: machine.name,
            } });
        for (const name of ["spool", "work", "cache"]) {
            await stack.asServer("mkdir", "-p", machine.path(name));
        }

        machine.writeWorker(words);
        await machine.startWorker();
        machine.node = await machine.stack.secondNginx((text) =>
            machine.ofNode(text, words));
        stack.machines.push({ kill: () => machine.end() });
        return machine;
    }

    path(...names) {
        return this.stack.path(this.name, ...names);
    }

    get drain() {
        return this.path("drain");
    }

    /* nginx's configuration, from the stack's. What a client is told of an upload
       is in the bucket: another node can always go on. */
    ofNode(text, { hosts, redis }) {
        const { state } = this.stack;
        const store = this.stack.text("store.conf")
            .replace(`${state}/cache`, this.path("cache"));

        return text.replace(/^worker_processes .*/m, "worker_processes 1;")
            .replace(/^worker_shutdown_timeout .*/m,
                `worker_shutdown_timeout ${GRACE};`)
            .replace(/sluice_database "host=\S+/, `sluice_database "${hosts}`)
            .replace(/sluice_redis [^;]*/, `sluice_redis ${redis}`)
            .replaceAll(`sluice_upload ${state}/spool`,
                `sluice_upload ${this.path("spool")} ack=store keep_free=1m`)
            .replace(`include ${state}/store.conf;`,
                `${store}\n    sluice_drain ${this.drain};`);
    }

    writeWorker({ hosts, redis }) {
        const { stack, n } = this;

        writeFileSync(stack.path(`worker.${n}.conf`), stack.text("worker.conf")
            .replace(/^(database +)host=\S+/m, `$1${hosts}`)
            .replace(/^redis .*/m, `redis ${redis}`)
            .replace(/^spool .*/m, `spool ${this.path("spool")}`)
            .replace(/^work .*/m, `work ${this.path("work")}`)
            .replace(/^slots .*/m, "slots 1\nnoop on")
            .replace("/logs/worker.log", `/logs/worker.${n}.log`)
            .replace("/run/worker.pid", `/run/worker.${n}.pid`));
    }


    /* ---- its worker ---- */

    get worker() {
        return existsSync(this.stack.path(`run/worker.${this.n}.pid`))
            ? this.stack.pid(`worker.${this.n}`) : 0;
    }

    async startWorker() {
        const before = this.worker;
        const { stack, n } = this;

        await stack.asServer("sh", "-c", "setsid \"$@\" < /dev/null "
            + ">> run/worker.out 2>&1 &", "-", stack.path("bin/sluice-worker"),
        "-c", stack.path(`worker.${n}.conf`));
        await until(`the worker of ${this.name} has started`, () =>
            this.worker !== before && alive(this.worker));
    }

    killWorker() {
        return killAll(this.worker);
    }


    /* ---- its node ---- */

    get pid() {
        return this.stack.pid(this.node.name);
    }

    async killNode() {
        const killed = await killAll(this.pid);

        rmSync(this.stack.path(`run/${this.node.name}.pid`));
        return killed;
    }

    startNode() {
        return until(`${this.name} has its port again`, () =>
            this.node.start().then(() => true, () => false));
    }

    /* The balancer leaves it, then it ends. */
    async drainNode(balancer) {
        await run(`${TOP}/build/sluicectl`, ["node", "drain", "--file",
                                             this.drain]);
        for (const kind of ["api", "media"]) {
            await balancer.told(`${kind}/node${this.n}`, "DOWN");
        }

        const { pid } = this;

        process.kill(pid, "SIGQUIT");
        await until(`${this.name} has finished`, () => !alive(pid), PATIENCE);
        return 1;
    }

    async resumeNode(balancer) {
        await run(`${TOP}/build/sluicectl`, ["node", "resume", "--file",
                                             this.drain]);
        await this.startNode();
        for (const kind of ["api", "media"]) {
            await balancer.told(`${kind}/node${this.n}`, "UP");
        }
    }

    end() {
        this.ways.close();
        if (this.worker && alive(this.worker)) {
            process.kill(this.worker, "SIGTERM");
        }
    }
}
