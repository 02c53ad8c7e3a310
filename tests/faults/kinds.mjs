/*
 * The faults. Each begins, and ends when the bad day is over or the service
 * manager has put back what was killed; begin() answers how often it bit, or
 * nothing when bites() tells. `next` gives numbers in [0, 1).
 */

import {
    appendFileSync, existsSync, readFileSync, rmSync, statfsSync,
} from "node:fs";
import { join } from "node:path";

import {
    alive, children, descendants, processOf, slotsOf, until,
} from "../http/lib/stack.mjs";
import { losePower } from "./power.mjs";

const HOUR = 3600;
const BLOCK = Buffer.alloc(4096);


function kill(...pids) {
    let killed = 0;

    for (const pid of pids) {
        try {
            process.kill(pid, "SIGKILL");
            killed++;
        } catch (error) {
            if (error.code !== "ESRCH") {
                throw error;
            }
        }
    }
    return killed;
}

const dead = (...pids) =>
    until("they are dead", () => !pids.some(alive), { every: 10 });

/* Them and all that they began, at one instant. They are stopped first: one
   that is about to fork would leave somebody behind. */
export async function killAll(...masters) {
    masters.forEach((pid) => process.kill(pid, "SIGSTOP"));
    await until("they stand still", () => masters.every((pid) =>
        processOf(pid)?.state === "T"), { every: 1 });

    const pids = [...masters, ...masters.flatMap(descendants)];
    const killed = kill(...pids);

    await dead(...pids);
    return killed;
}

export const one = (list, next) => list[Math.floor(next() * list.length)];


/* ---- processes ---- */

const slots = (stack) => slotsOf(stack.pid("worker"));

const slot = {
    async begin({ stack, next }) {
        return kill(one(await until("there is a slot", () =>
            slots(stack).length > 0 && slots(stack)), next));
    },
};

const master = {
    async begin({ stack }) {
        const pid = stack.pid("worker");
        const killed = kill(pid);

        await dead(pid);
        return killed;
    },
    end: ({ stack }) => stack.restartWorker(),
};

/* All at once, as when the machine goes: nobody tells that it is dead. */
const worker = {
    begin: ({ stack }) => killAll(stack.pid("worker")),
    end: ({ stack }) => stack.restartWorker(),
};

export const nginx = {
    async begin({ stack }) {
        const killed = await killAll(stack.pid("nginx"));

        rmSync(stack.path("run/nginx.pid"));
        return killed;
    },
    end: ({ stack }) => until("nginx has its port again", () =>
        stack.nginx().then(() => true, () => false)),
};

const nginxWorker = {
    async begin({ stack, next }) {
        return kill(one(stack.workers(), next));
    },
};

/* The record is on another disk. */
export const power = {
    async begin({ stack, shim }) {
        const killed = await killAll(stack.pid("nginx"), stack.pid("worker"));

        rmSync(stack.path("run/nginx.pid"));
        return killed + losePower(shim, ["spool", "media", "work"]
            .map((name) => stack.path(name)));
    },
    end: (house) => Promise.all([nginx.end(house), worker.end(house)]),
};


/* ---- Redis ---- */

async function killRedis({ stack }) {
    await stack.stopRedis();
    return 1;
}

const redisKept = {
    begin: killRedis,
    end: ({ stack }) => stack.startRedis({ appendonly: "yes" }),
};

const redisEmpty = {
    begin: killRedis,
    async end({ stack }) {
        await stack.asServer("sh", "-c", "rm -rf redis/*");
        await stack.startRedis({ appendonly: "yes" });
    },
};


/* ---- PostgreSQL ---- */

const postmaster = (stack) => existsSync(stack.path("pg/postmaster.pid"))
    ? Number(readFileSync(stack.path("pg/postmaster.pid"), "utf8")
        .split("\n")[0]) : 0;

const postgresCrash = {
    async begin({ stack }) {
        await stack.stopPostgres();
        return 1;
    },
    end: ({ stack }) => stack.startPostgres(),
};

const postgresKill = {
    async begin({ stack }) {
        const pid = postmaster(stack);
        const killed = kill(pid);

        await dead(pid);
        return killed;
    },
    /* asked again while its backends are on their way out */
    async end({ stack }) {
        rmSync(stack.path("pg/postmaster.pid"), { force: true });
        await until("PostgreSQL has started", () => stack.startPostgres()
            .then(() => true, () => false));
    },
};

/* The server takes all other sessions down with it, and recovers by itself. */
const postgresBackend = {
    async begin({ stack, next }) {
        const pids = await stack.sql("select pid from pg_stat_activity "
            + "where usename = 'sluice_app' and pid <> pg_backend_pid()");

        return kill(Number(one(pids.split("\n"), next)));
    },
};


/* ---- the disk ---- */

/* What the shim does, until it is told otherwise. */
const bad = (what, counter) => ({
    begin({ shim, next }) {
        this.before = shim.get(counter);
        shim.set(what(next));
    },
    bites({ shim }) {
        return shim.get(counter) - this.before;
    },
    end({ shim }) {
        shim.heal();
    },
});

const odds = (next) => next() < 0.5 ? 1 : 3;

/* A file system that shrinks to what is in it, and what its users free is
   filled, too. */
const full = (which) => ({
    async begin(house) {
        const disk = house[which];

        await until("the disk is small", () => {
            const { blocks, bfree, bsize } = statfsSync(disk.path);

            try {
                disk.resize((blocks - bfree) * bsize);
                return true;
            } catch {
                return false;
            }
        }, { every: 1 });

        this.refused = 0;
        this.filler = setInterval(() => this.fill(disk.path), 20);
    },
    fill(path) {
        try {
            for (;;) {
                appendFileSync(join(path, "filler"), BLOCK);
            }
        } catch (error) {
            this.refused += error.code === "ENOSPC";
        }
    },
    bites() {
        return this.refused;
    },
    end(house) {
        clearInterval(this.filler);
        house[which].grow();
        rmSync(join(house[which].path, "filler"), { force: true });
    },
});

/* A server that found no room for its log has ended. */
const databaseFull = {
    ...full("database"),
    async end(house) {
        const { stack } = house;

        full("database").end.call(this, house);
        if (!alive(postmaster(stack))) {
            await postgresKill.end(house);
        }
    },
};

const fullShim = bad(() => ({ write_errno: "ENOSPC", odds: 1 }),
    "writes_failed");


/* By name: how often it comes beside the others, and what it does. */
export const kinds = ({ small }) => ({
    "slot": { share: 3, ...slot },
    "master": { share: 2, ...master },
    "worker": { share: 1, ...worker },
    "nginx": { share: 2, ...nginx },
    "nginx-worker": { share: 2, ...nginxWorker },
    "power": { share: 2, ...power },
    "redis-kept": { share: 2, ...redisKept },
    "redis-empty": { share: 2, ...redisEmpty },
    "postgres-crash": { share: 2, ...postgresCrash },
    "postgres-kill": { share: 2, ...postgresKill },
    "postgres-backend": { share: 2, ...postgresBackend },
    "disk-full": { share: 2, ...(small ? full("disk") : fullShim) },
    ...(small ? { "database-full": { share: 1, ...databaseFull } } : {}),
    "disk-slow": { share: 2, ...bad((next) => ({
        delay_us: Math.floor(20_000 + next() * 180_000) }), "delayed") },
    "eio-write": { share: 2, ...bad((next) => ({
        write_errno: "EIO", odds: odds(next) }), "writes_failed") },
    "eio-fsync": { share: 2, ...bad((next) => ({
        sync_errno: "EIO", odds: odds(next) }), "syncs_failed") },
    "clock-forward": { share: 1, ...bad(() => ({ clock_s: HOUR }),
        "clocks_read") },
    "clock-back": { share: 1, ...bad(() => ({ clock_s: -HOUR }),
        "clocks_read") },
});
