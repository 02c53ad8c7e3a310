/* What befalls the slots: they die and hang, their tools attack, and PostgreSQL
   and Redis are not well. No job is lost, and none is done twice. */

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";

import {
    allowNoop, atWork, column, enqueue, inState, noop, renewSlots, sleeps,
} from "../lib/noop.mjs";
import { alive, slotsOf, descendants, startStack, until }
    from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const SLOTS = 2;

let stack, viewer;


before(async () => {
    stack = await startStack();
    viewer = await stack.visitor("viewer");
    await allowNoop(stack, SLOTS);
}, { timeout });

after(() => stack?.stop(), { timeout });


const slots = () => slotsOf(stack.pid("worker"));
const slotOf = async (id) =>
    Number((await column(stack, id, "leased_by")).split(":").pop());

/* Kills a slot while PostgreSQL is away; who took its place, and has asked. */
async function heirOf(pid) {
    const others = slots();

    process.kill(pid, "SIGKILL");
    const heir = await until("it is replaced", () => slots()
        .find((other) => !others.includes(other)) ?? false);

    await until("its heir has asked in vain", () => new RegExp(
        ` ${heir} database: away`).test(stack.text("logs/worker.log")));
    return heir;
}


describe("slots that die", { timeout }, () => {
    it("lose their job to another at once, not after the lease", async () => {
        const id = await noop(stack, { ms: 3000 });

        await inState(stack, id, "running");
        process.kill(await slotOf(id), "SIGKILL");
        await until("another has it", async () =>
            await column(stack, id, "attempt") === "2", { seconds: 10 });
        assert.equal(await column(stack, id, "lost"), "1");
        await inState(stack, id, "done");
    });

    it("lose it, too, when the database is away just then", async () => {
        const id = await noop(stack, { ms: 3000 });

        await inState(stack, id, "running");
        const dead = await slotOf(id);

        /* it neither prolongs the lease nor finishes */
        process.kill(dead, "SIGSTOP");
        await stack.sql("update sluice.jobs set lease_until = now() "
            + `+ interval '1 hour' where id = '${id}'`);
        await stack.stopPostgres();

        /* nor does its heir live until then */
        await heirOf(await heirOf(dead));
        await stack.startPostgres();

        await until("another has it", async () =>
            await column(stack, id, "attempt") === "2");
        assert.notEqual(await slotOf(id), dead);
        await inState(stack, id, "done");
        assert.equal(await column(stack, id, "lost"), "1");
    });

    it("three times over one job make it dead", async () => {
        const id = await noop(stack, { crash: true });

        await inState(stack, id, "dead", { seconds: 60 });
        assert.equal(await column(stack, id, "lost"), "3");
        assert.equal(await column(stack, id, "error"),
            "The work was interrupted 3 times.");
    });

    it("are replaced, and other jobs go on", async () => {
        await until("all slots are there", () => slots().length === SLOTS);
        await inState(stack, await noop(stack), "done");
    });
});


describe("a slot that hangs", { timeout }, () => {
    const lines = (setting) => stack.asServer("sed", "-i", "-e",
        "/^patience/d", "-e", `$ a ${setting}`, stack.path("worker.conf"));
    const log = () => stack.text("logs/worker.log");
    let other, hung, id, master;

    before(async () => {
        master = stack.pid("worker");
        await lines("patience 4");
        await renewSlots(stack);
        other = await noop(stack, { ms: 8000 });
        await inState(stack, other, "running");
        id = await atWork(stack, { owner: viewer.user.id });
        hung = await slotOf(id);
        process.kill(hung, "SIGSTOP");
    }, { timeout });

    after(async () => {
        await lines("patience 60");
        await renewSlots(stack);
    }, { timeout });

    it("is killed, and says so in the log", async () => {
        await until("it is gone", () => !alive(hung), { seconds: 60 });
        assert.match(log(), new RegExp(
            `slot \\d \\(${hung}\\) gave no sign of life for \\d+ s: killed`));
        await until("its tool is gone", async () =>
            !descendants(hung).some(alive));
    });

    it("has its job done elsewhere, which counts as a loss", async () => {
        await until("another has it", async () =>
            await column(stack, id, "attempt") === "2");
        assert.equal(await column(stack, id, "lost"), "1");
        assert.notEqual(await slotOf(id), hung);
        await viewer.delete(`/api/jobs/${id}`);
    });

    it("is replaced, and disturbs no other", async () => {
        await inState(stack, other, "done");
        assert.equal(await column(stack, other, "attempt"), "1");
        await until("all slots are there", () => slots().length === SLOTS);
        assert.equal(stack.pid("worker"), master);
        assert.ok(alive(master));
    });
});


/* What a tool may not, tried as a job of the real worker. */
describe("a tool that attacks", { timeout }, () => {
    const tried = (what) => `The program that read the file tried to ${what}, `
        + "which no file may make it do.";
    const asked = "The tool did not like it. Reading it asked for a file that "
        + "is none of the job's.";
    const attacks = [
        ["reads /etc/shadow", "read", () => "/etc/shadow", asked],
        ["connects to the database's socket", "unix",
            () => stack.path("run/.s.PGSQL.5432"), asked],
        ["connects to Redis's socket", "unix",
            () => stack.path("run/redis.sock"), asked],
        ["looks into another job's folder", "list", () => stack.path("work",
            readdirSync(stack.path("work"))[0]), asked],
        ["connects to a port of this machine", "tcp",
            () => String(stack.port), tried("reach the network")],
        ["forks without end", "fork", () => "",
            tried("start another program")],
        ["eats memory", "memory", () => "",
            "Reading the file takes more memory than there is for it: "
            + "memory limit of 4 GiB reached."],
    ];
    let neighbour, ids;

    before(async () => {
        /* another's: one owner never has both slots */
        neighbour = await atWork(stack);
        ids = await Promise.all(attacks.map(([, what, word]) => noop(stack,
            { try: what, word: word() }, { owner: viewer.user.id })));
    }, { timeout });

    after(async () => {
        await stack.sql(`select id from queue.cancel('${neighbour}')`);
        await until("its tool is gone", () => sleeps(stack).length === 0);
    });

    attacks.forEach(([name, , , error], i) => {
        it(`fails when it ${name}, and its job says so`, async () => {
            await inState(stack, ids[i], "dead");
            const { json } = await viewer.get(`/api/jobs/${ids[i]}`);
            assert.equal(json.error, error);
            assert.equal(json.attempt, 1);
        });
    });
});


/* As a database whose disk is full does. */
it("a result that the database has no room for is kept until it has",
    async () => {
        await stack.sql(`
            create function sluice.full() returns trigger
            language plpgsql as $$ begin
                raise disk_full using message = 'No space is left.';
            end $$;
            create trigger full_disk before update of state on sluice.jobs
                for each row when (new.state in ('done', 'retrying'))
                execute function sluice.full();`);
        const id = await noop(stack, {});

        await until("the worker has heard of it", () =>
            stack.text("logs/worker.log").includes("No space is left."));
        await stack.sql("drop trigger full_disk on sluice.jobs; "
            + "drop function sluice.full()");
        await inState(stack, id, "done");
        assert.equal(await column(stack, id, "attempt"), "1");
    });


describe("Redis that is emptied", { timeout }, () => {
    it("in the middle of 1,000 jobs costs none, and doubles none",
        async () => {
            const ids = (await stack.sql(`select ${enqueue({ ms: 2 })}
                from generate_series(1, 1000)`)).split("\n");
            const done = async () => Number(await stack.sql(
                `select count(*) from sluice.jobs where state = 'done'
                 and id >= '${ids[0]}' and params = '{"ms":2}'`));

            await until("some are done", async () => await done() > 50,
                { every: 5 });
            await stack.redis("FLUSHALL");
            assert.ok(await done() < 1000);
            await until("all are done", async () => await done() === 1000,
                { seconds: 60 });
            assert.equal(await stack.sql(`select max(attempt) from sluice.jobs
                where id >= '${ids[0]}' and params = '{"ms":2}'`), "1");
        });
});
