/*
 * Jobs that do nothing, ours beside BullMQ and graphile-worker, on one
 * PostgreSQL (fsync and synchronous_commit on) and one Redis, in one run:
 *
 *   a second   JOBS of them are put into an idle queue at once, and worked off
 *              by CONCURRENCY; until the record says that all are done
 *   to start   one at a time: from the answer to who put it there (ours and
 *              graphile-worker: its commit) to its first line of code
 *
 *     node tests/bench/jobs.mjs        JOBS, STARTS, CONCURRENCY in environment
 */

import { setTimeout as pause } from "node:timers/promises";

import { Queue, Worker } from "bullmq";
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import Redis from "ioredis";

import { allowNoop } from "../http/lib/noop.mjs";
import { startStack } from "../http/lib/stack.mjs";

const JOBS = Number(process.env.JOBS ?? 5000);
const STARTS = Number(process.env.STARTS ?? 500);
const CONCURRENCY = Number(process.env.CONCURRENCY ?? 8);
const GAP = 4;                  /* ms between two that are put one at a time */

const now = () => performance.timeOrigin + performance.now();

async function until(condition) {
    while (!await condition()) {
        await pause(2);
    }
}

/* The value below which so many of 100 are. */
function percentile(values, percent) {
    const sorted = [...values].sort((a, b) => a - b);

    return sorted[Math.min(sorted.length - 1,
        Math.ceil(sorted.length * percent / 100) - 1)];
}


class Sluice {
    name = "Sluice";
    durable = "PostgreSQL, each job's end on disk";

    constructor(stack, pool, redis) {
        Object.assign(this, { stack, pool, redis });
    }

    async start() {
        await allowNoop(this.stack, CONCURRENCY);
    }

    async fill(n) {
        const { rows } = await this.pool.query(
            "select queue.enqueue('noop') id from generate_series(1, $1)", [n]);
        const pipeline = this.redis.pipeline();

        for (const { id } of rows) {
            pipeline.xadd("sluice:jobs", "*", "v", "1", "id", id);
        }
        await pipeline.exec();
    }

    async left() {
        const { rows } = await this.pool.query("select count(*)::int n "
            + "from sluice.jobs where state <> 'done'");
        return rows[0].n;
    }

    async one() {
        const { rows: [{ id }] } = await this.pool.query(
            "select queue.enqueue('noop') id");
        const put = now();

        await this.redis.xadd("sluice:jobs", "*", "v", "1", "id", id);
        return { put, began: async () => {
            const { rows: [row] } = await this.pool.query("select state, "
                + "(result->>'began')::float8 / 1000 began from sluice.jobs "
                + "where id = $1", [id]);
            return row.state === "done" && row.began;
        } };
    }

    stop() {}
}


class Graphile {
    name = "graphile-worker";
    durable = "PostgreSQL, each job's end on disk";
    begun = new Map();

    constructor(pool) {
        this.pool = pool;
    }

    async start() {
        this.utils = await makeWorkerUtils({ pgPool: this.pool });
        await this.utils.migrate();
        this.runner = await run({
            pgPool: this.pool, concurrency: CONCURRENCY, noHandleSignals: true,
            logger: new Logger(() => () => {}),
            taskList: { noop: ({ n }) => { this.begun.set(n, now()); } },
        });
    }

    async fill(n) {
        await this.pool.query(`select graphile_worker.add_job('noop',
            json_build_object('n', i)) from generate_series(1, $1) i`, [n]);
    }

    async left() {
        const { rows } = await this.pool.query(
            "select count(*)::int n from graphile_worker.jobs");
        return rows[0].n;
    }

    async one(n) {
        await this.utils.addJob("noop", { n: `one ${n}` });
        const put = now();

        return { put, began: () => this.begun.get(`one ${n}`) };
    }

    async stop() {
        await this.runner.stop();
        await this.utils.release();
    }
}


class Bull {
    begun = new Map();

    constructor(path, sync) {
        this.connection = { path, maxRetriesPerRequest: null };
        this.sync = sync;
        this.name = sync ? "BullMQ, appendfsync always" : "BullMQ";
        this.durable = sync ? "Redis, each command on disk"
            : "none: Redis in memory";
    }

    async start() {
        this.redis = new Redis(this.connection);
        await this.redis.config("SET", "appendfsync",
            this.sync ? "always" : "no");
        await this.redis.config("SET", "appendonly", this.sync ? "yes" : "no");
        this.queue = new Queue(`bench${this.sync ? 1 : 0}`,
            { connection: this.connection });
        this.worker = new Worker(this.queue.name,
            async ({ data: { n } }) => { this.begun.set(n, now()); },
            { connection: this.connection, concurrency: CONCURRENCY });
        await this.worker.waitUntilReady();
    }

    async fill(n) {
        for (let i = 0; i < n; i += 1000) {
            await this.queue.addBulk(Array.from(
                { length: Math.min(1000, n - i) },
                (_, k) => ({ name: "noop", data: { n: i + k } })));
        }
    }

    async left() {
        const { waiting, active } =
            await this.queue.getJobCounts("waiting", "active");
        return waiting + active;
    }

    async one(n) {
        await this.queue.add("noop", { n: `one ${n}` });
        const put = now();

        return { put, began: () => this.begun.get(`one ${n}`) };
    }

    async stop() {
        await this.worker.close();
        await this.queue.close();
        await this.redis.config("SET", "appendonly", "no");
        await this.redis.quit();
    }
}


async function measure(system) {
    const waits = [];

    await system.start();

    for (let i = 0; i < STARTS; i++) {
        const { put, began } = await system.one(i);
        let at;

        await until(async () => { at = await began(); return at; });
        waits.push(at - put);
        await pause(GAP);
    }

    await until(async () => await system.left() === 0);
    const begin = now();
    await system.fill(JOBS);
    const filled = now();
    await until(async () => await system.left() === 0);
    const seconds = (now() - begin) / 1000;

    await system.stop();
    return { rate: JOBS / seconds, filling: (filled - begin) / 1000,
        p50: percentile(waits, 50), p99: percentile(waits, 99) };
}


const stack = await startStack({ empty: true });
const pool = new pg.Pool({ host: stack.path("run"), user: "postgres",
    database: "sluice", max: CONCURRENCY + 4 });
const redis = new Redis({ path: stack.path("run/redis.sock") });

try {
    const path = stack.path("run/redis.sock");
    const { rows: [disk] } = await pool.query("select "
        + "current_setting('fsync') f, current_setting('synchronous_commit') s");

    console.log(`${JOBS} no-op jobs, ${CONCURRENCY} at a time; PostgreSQL with `
        + `fsync ${disk.f}, synchronous_commit ${disk.s}`);
    console.log("                              jobs/s   to start, ms: p50    "
        + "p99   durable");
    for (const system of [new Sluice(stack, pool, redis), new Graphile(pool),
        new Bull(path, false), new Bull(path, true)]) {
        const { rate, p50, p99 } = await measure(system);

        console.log(`${system.name.padEnd(28)}${rate.toFixed(0).padStart(8)}`
            + `${p50.toFixed(2).padStart(20)}${p99.toFixed(2).padStart(7)}`
            + `   ${system.durable}`);
    }
} finally {
    redis.disconnect();
    await pool.end();
    await stack.stop();
}
