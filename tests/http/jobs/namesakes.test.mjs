/* Two workers whose machines have one host name, and whose slots have the same
   process ids, as containers of one image do: each in a namespace of its own,
   where counting begins anew. What tells them apart is the mark in a slot's
   name. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

import { allowNoop, enqueue } from "../lib/noop.mjs";
import { alive, children, slotsOf, startStack, until } from "../lib/stack.mjs";
import { after, before, it } from "../lib/test.mjs";

const timeout = 120_000;
const SLOTS = 2;
const JOBS = 400;
const ROOT = process.getuid() === 0;

let stack, one, two;


/* The pid that a process has in its own namespace. */
const inside = (pid) => Number(/^NSpid:.*\t(\d+)$/m
    .exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

/* {pid of unshare, slots} of a worker whose master is the first process of a
   namespace. */
async function begin(name) {
    const conf = stack.path(`${name}.conf`);
    const work = stack.path(`work.${name}`);

    mkdirSync(work, { recursive: true });
    chmodSync(work, 0o777);
    writeFileSync(conf, stack.text("worker.conf")
        .replace(/^work .*/m, `work ${work}`)
        .replace(/^(log .*)\.log$/m, `$1.${name}.log`)
        .replace(/^pid .*\n/m, ""));

    const { pid } = spawn("unshare", ["--pid", "--fork", "--kill-child",
        ...ROOT ? ["setpriv", "--reuid=www-data", "--regid=www-data",
                   "--init-groups", "--"] : ["--map-root-user"],
        stack.path("bin/sluice-worker"), "-c", conf],
    { stdio: "ignore", cwd: stack.state, env: stack.environment });
    const slots = () => children(pid).flatMap(slotsOf);

    await until(`${name} has its slots`, () => slots().length === SLOTS);
    return { pid, slots };
}

/* The first process of a namespace takes all others with it. */
async function kill(worker) {
    const pids = worker ? [...children(worker.pid), worker.pid] : [];

    for (const pid of pids.filter(alive)) {
        process.kill(pid, "SIGKILL");
    }
    await until("it is gone", () => !pids.some(alive));
}

/* Whether other processes came between, is chance. */
const alike = () => String(one.slots().map(inside).sort())
    === String(two.slots().map(inside).sort());

before(async () => {
    stack = await startStack();
    await allowNoop(stack, SLOTS);
    await stack.stopWorker();
    await stack.sql("delete from sluice.slots; "
        + "update sluice.schedules set enabled = false");
    do {
        await Promise.all([kill(one), kill(two)]);
        one = await begin("one");
        two = await begin("two");
    } while (!alike());
}, { timeout });

after(async () => {
    await Promise.all([kill(one), kill(two)]);
    await stack?.stop();
}, { timeout });


it("both are at work, and each job is done once", { timeout }, async () => {
    await stack.sql(`select ${enqueue({ ms: 5 })}
        from generate_series(1, ${JOBS})`);
    await until("all are done", async () => await stack.sql(
        "select count(*) from sluice.jobs where state = 'done'")
            === String(JOBS), { seconds: 60 });

    assert.equal(await stack.sql(`select max(attempt), max(lost),
            count(distinct split_part(leased_by, ':', 1)),
            count(distinct split_part(leased_by, ':', 3)),
            count(distinct leased_by)
        from sluice.jobs`), `1|0|1|${SLOTS}|${2 * SLOTS}`);
});


it("when a slot dies, its namesake keeps its job", { timeout }, async () => {
    const jobs = async (what) => (await stack.sql(`select ${what}
        from sluice.jobs where state = 'running'`)).split("\n");

    await stack.sql(`select ${enqueue({ ms: 600_000 })}
        from generate_series(1, ${2 * SLOTS})`);
    await until("each slot has one", async () =>
        (await jobs("distinct leased_by")).length === 2 * SLOTS);

    const [dying] = one.slots();
    const namesakes = (await jobs("id || ' ' || leased_by"))
        .filter((line) => line.endsWith(`:${inside(dying)}`))
        .map((line) => line.split(" ")[0]);

    assert.equal(namesakes.length, 2);
    process.kill(dying, "SIGKILL");

    await until("its job is another's", async () =>
        (await jobs("sum(attempt)"))[0] === String(2 * SLOTS + 1));
    assert.equal(await stack.sql(`select string_agg(attempt || ' ' || lost, ', '
            order by attempt) from sluice.jobs
        where id in ('${namesakes.join("', '")}')`), "1 0, 2 1");
    assert.equal(await stack.sql(`select count(*) from sluice.jobs
        where state = 'running' and attempt = 1`), String(2 * SLOTS - 1));
});
