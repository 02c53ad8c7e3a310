/* Which job a slot is given, in queues made up at random, beside a definition of
   it that looks at everything. */

import assert from "node:assert/strict";

import { startStack } from "../lib/stack.mjs";
import { after, before, it } from "../lib/test.mjs";

const timeout = 120_000;
const QUEUES = 600;
const AT_ONCE = 20;             /* of them in one call of psql */
const SLOT = "s0";              /* that asks */

const HOUSE = "00000000-0000-0000-0000-000000000000";
const OWNERS = [HOUSE, ...[1, 2, 3].map(
    (n) => `10000000-0000-7000-8000-00000000000${n}`)];
const KINDS = ["noop", "score", "expire"];
const SCHEDULED = "expire";     /* the house's in bulk; the rest is by hand */

let stack, seed = 1;


before(async () => {
    stack = await startStack();
    await stack.stopWorker();
}, { timeout });

after(() => stack?.stop(), { timeout });


/* Below n; the same numbers in each run (Lehmer's). */
function random(n) {
    seed = seed * 48271 % 2147483647;
    return seed % n;
}

const one = (list) => list[random(list.length)];
const some = (most, make) => Array.from({ length: random(most + 1) },
    (_, i) => make(i));

/* All times are seconds from now. */
function makeQueue(number) {
    const plain = number % 3 === 0;
    const owners = plain ? [HOUSE] : OWNERS.slice(0, 1 + random(4));
    const kinds = plain ? [one(KINDS)] : KINDS;
    let made = 0;

    const job = (more) => ({
        id: `20000000-0000-7000-8000-${String(++made + 10 * random(9))
            .padStart(12, "0")}`,
        owner: one(owners), kind: one(kinds), rank: 100 * (random(9) - 4) - 50,
        due: random(5) > 0, state: "queued", attempt: 0, lost: 0, ...more,
    });
    const unique = (jobs) => [...new Map(jobs.map((j) => [j.id, j])).values()];

    return {
        limits: Object.fromEntries(KINDS.map((kind) => [kind, {
            all: one([null, null, 1, 2]), own: one([null, null, null, 1]),
        }])),
        slots: some(4, (i) => ({ name: `s${i}`, served: one(OWNERS),
            lately: random(3) > 0 })),
        jobs: unique([
            ...some(8, () => job({ state: one(["queued", "retrying"]) })),
            ...some(4, (i) => job({ owner: one(OWNERS), kind: one(KINDS),
                state: "running", slot: `s${1 + i}`, silent: random(6) === 0,
                lease: 10 + i, attempt: one([1, 1, 8]), lost: one([0, 0, 2]) })),
        ]),
    };
}


const least = (jobs, by) => [...jobs].sort((a, b) => by(a) - by(b)
    || (a.id < b.id ? -1 : 1))[0];

/* What docs/worker.md says, word by word. */
function expected({ limits, slots, jobs }) {
    const atWork = jobs.filter((j) => j.state === "running" && !j.silent);
    const silent = jobs.filter((j) => j.silent);
    const waiting = jobs.filter((j) => j.state !== "running");
    const alive = new Set([SLOT, ...atWork.map((j) => j.slot),
        ...slots.filter((s) => s.lately).map((s) => s.name)]).size;

    const bound = (j) => j.owner !== HOUSE || j.kind === SCHEDULED;
    const count = (which) => atWork.filter(which).length;
    const room = (j) => {
        const { all, own } = limits[j.kind];

        return (all === null || count((w) => w.kind === j.kind) < all)
            && (own === null || j.owner === HOUSE || count((w) =>
                w.kind === j.kind && w.owner === j.owner) < own);
    };
    const another = (j) => !bound(j) || count((w) =>
        w.owner === j.owner && bound(w)) < Math.max(alive - 1, 1);
    const bestOf = (owner, soon) => {
        const heads = KINDS.map((kind) => least(waiting.filter((j) => j.due
            && j.owner === owner && j.kind === kind), (j) => j.rank))
            .filter(Boolean);

        return least(heads.filter((j) => room(j) && another(j) && !(soon
            && owner === HOUSE && bound(j) && j.rank > 0)), (j) => j.rank);
    };

    const abandoned = least(silent.filter((j) => j.attempt < 8 && j.lost < 2
        && room(j)), (j) => -j.lease);

    if (abandoned) {
        return abandoned.id;
    }

    const served = slots.find((s) => s.name === SLOT)?.served ?? HOUSE;
    const round = [...OWNERS.filter((o) => o > served),
        ...OWNERS.filter((o) => o <= served)];
    const busy = (owner) => count((w) => w.owner === owner);
    const later = round.filter((o) => busy(o) || o === HOUSE).sort((a, b) =>
        busy(a) - busy(b) || (a === HOUSE) - (b === HOUSE)
            || round.indexOf(a) - round.indexOf(b));

    return [...round.filter((o) => !busy(o)).map((o) => bestOf(o, true)),
        ...later.map((o) => bestOf(o, false))].find(Boolean)?.id ?? "";
}

/* Whether nobody need count, nor look whose turn it is. */
function unweighed({ limits, jobs }) {
    const waiting = jobs.filter((j) => j.state !== "running");
    const [{ kind } = {}] = waiting;

    return kind !== undefined && kind !== SCHEDULED
        && limits[kind].all === null && limits[kind].own === null
        && waiting.every((j) => j.owner === HOUSE && j.kind === kind)
        && !jobs.some((j) => j.silent);
}


const literal = (value) => value === null || value === undefined ? "null"
    : `'${value}'`;
const at = (seconds) => `now() + interval '${seconds} seconds'`;

/* Answers what is given, then what is when there is nothing to weigh. */
function asked({ limits, slots, jobs }) {
    return ["begin", "delete from sluice.jobs", "delete from sluice.slots",
        ...KINDS.map((kind) => "update sluice.job_kinds set at_once = "
            + `${limits[kind].all}, at_once_own = ${limits[kind].own} `
            + `where kind = '${kind}'`),
        ...slots.map((s) => "insert into sluice.slots values "
            + `('${s.name}', ${at(s.lately ? -2 : -60)}, '${s.served}')`),
        ...jobs.map((j) => "insert into sluice.jobs (id, kind, owner, state, "
            + "priority, run_at, rank, attempt, lost, max_attempts, leased_by, "
            + `lease_until) values ('${j.id}', '${j.kind}', `
            + `${literal(j.owner === HOUSE ? null : j.owner)}, '${j.state}', 1, `
            + `${at(j.due ? -60 : 60)}, ${at(j.rank)}, ${j.attempt}, ${j.lost}, `
            + `8, ${literal(j.slot)}, ${j.lease === undefined ? "null"
                : at(j.silent ? -j.lease : j.lease)})`),
        "savepoint s",
        `select queue.take_next('${SLOT}', '15 seconds')->>'id'`,
        "rollback to s", `select queue.unweighed('${SLOT}')`,
        "rollback"].join(";");
}

it("a slot is given the job whose turn it is, by the short way and the long",
    { timeout }, async () => {
        const ways = { short: 0, long: 0, none: 0 };

        for (let n = 0; n < QUEUES; n += AT_ONCE) {
            const queues = Array.from({ length: AT_ONCE },
                (_, i) => makeQueue(n + i));
            const said = (await stack.sql(`${queues.map(asked).join(";")};
                select 'end'`)).split("\n");

            queues.forEach((queue, i) => {
                const id = expected(queue);
                const short = unweighed(queue);

                assert.deepEqual(said.slice(2 * i, 2 * i + 2),
                    [id, short ? id : ""], JSON.stringify(queue));
                ways[id === "" ? "none" : short ? "short" : "long"]++;
            });
        }
        assert.ok(Math.min(...Object.values(ways)) > 20, JSON.stringify(ways));
    });
