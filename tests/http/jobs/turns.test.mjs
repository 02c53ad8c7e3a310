/* Whose turn it is: owners have theirs one after the other, and with two slots
   or more nobody has all of them. By real workers. */

import assert from "node:assert/strict";

import {
    allowNoop, begin, column, enqueue, inState, noop, renewSlots,
} from "../lib/noop.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const WAITING = 100_000;

let stack, greedy, modest, third;


before(async () => {
    stack = await startStack();
    [greedy, modest, third] = [await stack.visitor("viewer"),
        await stack.visitor("viewer"), await stack.visitor("viewer")];
    await stack.sql("update sluice.schedules set enabled = false");
}, { timeout });

after(() => stack?.stop(), { timeout });


const of = (visitor) => ({ owner: visitor.user.id });

/* So many jobs of this owner at once; each takes so long. */
const asked = (visitor, count, ms) =>
    `select count(${enqueue({ ms }, of(visitor))}) from `
    + `generate_series(1, ${count})`;
const flood = (...args) => stack.sql(asked(...args));

const clear = () => stack.sql(`update sluice.jobs
    set state = 'cancelled', finished_at = now() where state <> 'done'`);

/* The owners' letters in the order in which their jobs began. */
const order = async () => (await stack.sql(
    `select string_agg(case owner when '${greedy.user.id}' then 'g'
         when '${modest.user.id}' then 'm' else 't' end, ''
         order by started_at) from sluice.jobs where started_at is not null`));

const running = async (visitor) => Number(await stack.sql(
    `select count(*) from sluice.jobs where state = 'running'
     and owner = '${visitor.user.id}'`));


describe("with one slot", { timeout }, () => {
    before(() => allowNoop(stack, 1), { timeout });

    it("owners have their turns one after the other", async () => {
        const first = await noop(stack, { ms: 1500 }, of(greedy));

        await inState(stack, first, "running");
        await stack.sql([asked(greedy, 6, 1), asked(modest, 3, 1),
            asked(third, 3, 1)].join(";"));
        await until("all are done", async () => await stack.sql(
            "select count(*) from sluice.jobs where state = 'done'") === "13");

        const turns = await order();

        for (const at of [1, 4, 7]) {
            assert.deepEqual([...turns.slice(at, at + 3)].sort(),
                ["g", "m", "t"], turns);
        }
        assert.equal(turns.slice(10), "ggg");
    });
});


describe("with two slots", { timeout }, () => {
    before(async () => {
        await clear();
        await renewSlotsTo(2);
    }, { timeout });

    const renewSlotsTo = async (slots) => {
        await stack.asServer("sed", "-i", `s/^slots .*/slots ${slots}/`,
            stack.path("worker.conf"));
        await renewSlots(stack, slots);
        await until("they alone say that they live", async () =>
            await stack.sql("select count(*) from sluice.slots")
                === String(slots));
    };

    it("one who floods the queue has one, and who comes has the other at once",
        async () => {
            await flood(greedy, 20, 60_000);
            await until("one is at work",
                async () => await running(greedy) === 1);

            const other = await noop(stack, { ms: 1 }, of(modest));

            await inState(stack, other, "done");
            assert.equal(await running(greedy), 1);
            await clear();
        });

    it("the house has one as well", async () => {
        await begin(stack, "scrub", { days: 1 });
        await inState(stack, await noop(stack, { ms: 1 }, of(modest)), "done");
        await flood(greedy, 5, 60_000);
        await until("one is at work",
            async () => await running(greedy) === 1);

        const house = await stack.sql(
            "select queue.enqueue('expire', '{}')");

        await inState(stack, house, "done");
        await clear();
    });
});


describe("a hundred thousand waiting jobs of one owner", { timeout }, () => {
    before(async () => {
        await clear();
        await stack.sql(`insert into sluice.jobs (id, kind, owner, params, run_at)
            select sluice.uuid_v7(), 'noop', '${third.user.id}',
                   '{"ms": 30000}', now() - interval '1 hour'
            from generate_series(1, ${WAITING}) n`);
        await stack.sql("analyze sluice.jobs");
    }, { timeout });

    after(() => stack.sql(`delete from sluice.jobs
        where owner = '${third.user.id}'`), { timeout });

    /* Pages of 8 KiB: who looks at each job has a hundred thousand. What others
       have deleted and nobody has swept is among them, and the first call reads
       what the server knows of tables, too. */
    it("cost the take as much as one does", async () => {
        const said = await stack.sql(`begin;
            select queue.take_next('one', '15 seconds') is null;
            explain (analyze, buffers, format json)
                select queue.take_next('two', '15 seconds');
            rollback`);
        const [{ Plan: plan }] = JSON.parse(said.slice(said.indexOf("[")));

        assert.ok(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 2000,
            said);
    });

    it("hold nobody else's back", async () => {
        await inState(stack, await noop(stack, { ms: 1 }, of(modest)), "done");
    });

    it("are more than he may have: what makes another is refused",
        async () => {
            const plain = await third.upload("%PDF-", "a.pdf");

            assert.equal(plain.status, 429);
            assert.match(plain.json.type, /:too-many$/);
            assert.match(plain.json.detail, /1,000 jobs waiting/);
        });
});
