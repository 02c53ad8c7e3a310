/*
 * Rounds of a fault each, under load: what was accepted is kept, takes effect
 * once, and all is well soon after the fault's end. Prints a table.
 *
 *   FAULT_ROUNDS  300
 *   FAULT_SEED    1      the same faults, moments and uploads again
 *   FAULT_ONLY    names from kinds.mjs, with commas: only these
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, renameSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { random } from "../http/lib/cutter.mjs";
import { children, startStack, until } from "../http/lib/stack.mjs";
import { allowNoop } from "../http/lib/noop.mjs";
import { Disk } from "./disk.mjs";
import { kinds } from "./kinds.mjs";
import { Ledger } from "./ledger.mjs";
import { Load } from "./load.mjs";
import { emptyRow, plan, written } from "./report.mjs";
import { Shim } from "./shim.mjs";

const SOON = 30;                /* seconds in which all must be well */
const PATIENCE = 150;           /* until the next round begins anyway */
const AGAIN = 10;               /* entries that are looked at again a round */

/* What killed and starved servers write; the rest of a log must be clean. */
const EXPECTED = new RegExp("exited on signal 9|open socket|"
    + "No space left on device|was incomplete|Input/output error");


/* Onto a disk of PostgreSQL's own, so that each can be full alone. */
async function movePostgres(stack, disk) {
    const to = join(disk.path, "pg");

    await stack.stopPostgres();
    spawnSync("cp", ["-a", stack.path("pg"), to]);
    renameSync(stack.path("pg"), stack.path("pg.old"));
    symlinkSync(to, stack.path("pg"));
    await stack.startPostgres();
}


/* The library is in all that it is meant for. */
async function reaches(stack) {
    const backend = await stack.sql("select min(pid) from pg_stat_activity "
        + "where usename = 'sluice_app'");

    for (const pid of [...stack.workers(), ...children(stack.pid("worker")),
                       Number(backend)]) {
        assert.match(readFileSync(`/proc/${pid}/maps`, "utf8"), /shim\.so/);
    }
}


export class Rounds {
    constructor(options) {
        this.options = options;
        this.next = random(options.seed);
        this.table = new Map();
    }

    async begin() {
        const { seed } = this.options;

        this.disk = Disk.mount();
        this.database = this.disk && Disk.mount();
        this.shim = new Shim();
        this.stack = await startStack({ environment: this.shim.environment,
            ...(this.disk ? { within: this.disk.path } : {}) });
        if (this.database) {
            await movePostgres(this.stack, this.database);
        }
        await this.stack.redis("CONFIG", "SET", "appendonly", "yes");
        await allowNoop(this.stack);
        await reaches(this.stack);

        this.ledger = new Ledger(this.stack);
        await this.ledger.watch();
        this.load = new Load(this.stack, this.ledger, seed);
        await this.load.start();
        this.kinds = kinds({ small: this.disk !== null });
    }

    async run() {
        const names = this.options.only ?? Object.keys(this.kinds);

        for (const [n, name] of plan(this.kinds, names, this.options.rounds,
            this.next).entries()) {
            await this.round(n + 1, name);
        }
    }

    /* What a fault may touch. */
    house() {
        const { stack, shim, disk, database, next } = this;

        return { stack, shim, disk, database, next };
    }

    async round(n, name) {
        const { next, load, ledger } = this;
        const fault = Object.create(this.kinds[name]);
        const house = this.house();
        const before = ledger.lists.map((list) => ledger[list].length);
        const row = this.row(name);

        load.release();
        await pause(300 + next() * 700);

        const held = fault.held ? fault.held * 1000 : 300 + next() * 1200;
        const begun = await fault.begin(house);

        await pause(held);
        const injected = begun ?? await until(`${name} bites`,
            () => fault.bites(house) || undefined, { seconds: 20 })
            .catch(() => 0);
        const ended = Date.now();

        await fault.end?.(house);
        const { seconds, accepted, stuck } = await this.recover(ended);

        row.rounds++;
        row.injected += injected;
        row.idle += injected === 0;
        row.stuck += stuck.length;
        row.worst = Math.max(row.worst, seconds);
        const wrong = ledger.lists.flatMap((list, i) => {
            const found = ledger[list].slice(before[i]);

            row[list] += found.length;
            return found.map((what) => `\n  ${list}: ${what}`);
        });

        this.options.say(`${n} ${name}: bit ${injected} times, all accepted `
            + `after ${accepted.toFixed(1)} s, well after `
            + `${seconds.toFixed(1)} s`
            + [...wrong, ...stuck.map((what) => `\n  stuck: ${what}`)].join(""));
    }

    row(name) {
        if (!this.table.has(name)) {
            this.table.set(name, emptyRow(this.ledger.lists));
        }
        return this.table.get(name);
    }

    /* All that was accepted has come to its end, and so does what is brought
       now. Answers after how many seconds since then, and what took longer than
       it may. */
    async recover(ended) {
        const { ledger, load, next } = this;
        const since = () => (Date.now() - ended) / 1000;
        const fresh = load.post(next);
        let stuck;

        let accepted;
        const quiet = load.hold(PATIENCE).then(() => { accepted = since(); });
        /* not while the database is away, nor a folder on its way */
        const well = () => ledger.look().then(() => load.busy === 0
            && ledger.open().length === 0, () => false);

        await until("all is well", async () => {
            if (since() > (this.options.soon ?? SOON) && stuck === undefined) {
                stuck = await this.whatIsStuck();
            }
            return well();
        }, { seconds: PATIENCE, every: 100 }).catch(() => {
            ledger.open().forEach((entry) => ledger.drop(entry));
        });
        await fresh;
        await quiet;
        await until("what was brought last is done", well,
            { seconds: PATIENCE, every: 50 });

        const seconds = since();

        await ledger.lookAgain(this.some([...ledger.uploads.values(),
                                          ...ledger.jobs.values()]));
        return { seconds, accepted, stuck: stuck ?? [] };
    }

    async whatIsStuck() {
        const { ledger, load } = this;
        const open = ledger.open();
        const known = await ledger.describe(open);

        return [...open.map(({ id, name }) => `${name ?? "job"} ${id}`),
                ...(load.busy ? [`${load.busy} still ask`] : []),
                ...(known ? known.split("\n").map((line) => `  ${line}`) : [])];
    }

    some(list) {
        return Array.from({ length: Math.min(AGAIN, list.length) },
            () => list[Math.floor(this.next() * list.length)]);
    }

    async end() {
        this.shim?.heal();
        this.load.over = true;
        await this.load.stop();
        const all = [...this.ledger.uploads.values(),
                     ...this.ledger.jobs.values()];

        await this.ledger.lookAgain(all);
        this.options.say(`all ${all.length} looked at once more: `
            + this.ledger.lists.map((list) =>
                `${this.ledger[list].length} ${list}`).join(", "));
    }

    async stop() {
        try {
            await this.stack?.stop({ but: EXPECTED });
        } finally {
            this.disk?.unmount();
            this.database?.unmount();
            this.shim?.close();
        }
    }
}


/* Answers {table, lists, bad, stuck, idle, brought, enqueued, refusals}, and the
   ledger's lists by their names; `bad` are all of their sentences. */
export async function carryOut(all) {
    const { options } = all;

    try {
        await all.begin();
        await all.run();
        await all.end();
        await options.inspect?.(all.stack, all.shim);
    } finally {
        await all.stop();
    }

    const { ledger, table } = all;
    const { lists } = ledger;

    return {
        table, lists,
        ...Object.fromEntries(lists.map((list) => [list, ledger[list]])),
        bad: lists.flatMap((list) => ledger[list]),
        stuck: [...table.values()].reduce((sum, { stuck }) => sum + stuck, 0),
        idle: [...table].filter(([, { idle }]) => idle > 0)
            .map(([name]) => name),
        brought: ledger.uploads.size, enqueued: ledger.jobs.size,
        refusals: all.load.refusals,
    };
}

export const rounds = (options) => carryOut(new Rounds(options));


/* Prints what came of it, and is the program's exit code. */
export function tell(said, seed) {
    console.log([...said.refusals].sort((a, b) => b[1] - a[1])
        .map(([why, times]) => `refused: ${why} (${times})`).join("\n"));
    console.log(written(said.table, said.lists));
    console.log(`${said.brought} uploads, ${said.enqueued} jobs, seed ${seed}`);
    said.bad.forEach((line) => console.log(line));
    process.exitCode = said.bad.length + said.stuck + said.idle.length > 0
        ? 1 : 0;
}


if (process.argv[1] === resolve(new URL(import.meta.url).pathname)) {
    const number = (name, value) => Number(process.env[name] ?? value);
    const seed = number("FAULT_SEED", 1);

    tell(await rounds({
        rounds: number("FAULT_ROUNDS", 300), seed,
        only: process.env.FAULT_ONLY?.split(","), say: console.log,
        inspect: process.env.FAULT_WAIT && ((stack) => {
            console.log(stack.state);
            return pause(Number(process.env.FAULT_WAIT) * 1000);
        }),
    }), seed);
}
