/*
 * JOBS (100,000) jobs that do nothing, and slots as large as before. Run by
 * itself it says what it saw; tests/http/jobs/memory.test.mjs runs a few.
 */

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

import { allowNoop, enqueue } from "../http/lib/noop.mjs";
import { children, memory, startStack, until } from "../http/lib/stack.mjs";

const WARM = 500;               /* jobs until all that is kept is there */
const BATCH = 5000;
const GROWTH_MAX = 256 * 1024;  /* bytes a slot; libpq's buffers come and go */


/* What the largest slot has grown by over so many jobs, in bytes. */
export async function soak(stack, jobs) {
    const sizes = () => new Map(children(stack.pid("worker"))
        .map((pid) => [pid, memory(pid, "VmRSS")]));
    const work = async (n) => {
        await stack.sql(`select count(${enqueue()})
            from generate_series(1, ${n})`);
        await until("all are done", async () => await stack.sql(
            "select count(*) from sluice.jobs where state <> 'done'") === "0",
        { seconds: 120 });
        await stack.sql("delete from sluice.jobs where kind = 'noop'");
    };

    await work(WARM);
    const earlier = sizes();
    for (let left = jobs; left > 0; left -= BATCH) {
        await work(Math.min(BATCH, left));
    }

    const later = sizes();
    assert.deepEqual([...later.keys()], [...earlier.keys()],
        "a slot was replaced");
    const growth = Math.max(...[...later].map(
        ([pid, size]) => size - earlier.get(pid)));
    assert.ok(growth <= GROWTH_MAX, `a slot grew by ${growth} bytes`);
    return growth;
}


if (import.meta.url === pathToFileURL(process.argv[1]).href) {
    const jobs = Number(process.env.JOBS ?? 100_000);
    const stack = await startStack();

    try {
        await allowNoop(stack);
        const growth = await soak(stack, jobs);
        console.log(`${jobs} jobs; the largest slot grew by ${growth} bytes`);
    } finally {
        await stack.stop();
    }
}
