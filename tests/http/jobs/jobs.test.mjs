/* Jobs: when they are tried again, whose turn it is, and how they end. */

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";

import {
    allowNoop, atWork, column, enqueue, inState, noop, renewSlots, sleeps,
} from "../lib/noop.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;

let stack, viewer, editor;


before(async () => {
    stack = await startStack();
    viewer = await stack.visitor("viewer");
    editor = await stack.visitor("editor");
    await allowNoop(stack);
}, { timeout });

after(() => stack?.stop(), { timeout });


/* What statements say that see nothing but their own jobs. */
const apart = (statements) => stack.sql(`begin;
    update sluice.jobs set state = 'done' where state <> 'done';
    ${statements}
    rollback;`);

const taken = "queue.take_next('test:1', interval '1 minute')";


describe("a job that does not work out", { timeout }, () => {
    it("is tried again, and done when it works", async () => {
        const id = await noop(stack, { fail: "again", until: 2 });

        await inState(stack, id, "retrying");
        assert.equal(await column(stack, id, "error"), "It was asked to fail.");
        await stack.sql("update sluice.jobs set run_at = now() "
            + `where id = '${id}'`);
        await inState(stack, id, "done");
        assert.equal(await column(stack, id, "attempt"), "2");
    });

    it("is dead at once when it can never heal", async () => {
        const id = await noop(stack, { fail: "bad" });

        await inState(stack, id, "dead");
        assert.equal(await column(stack, id, "attempt"), "1");
    });

    it("is tried eight times", async () => {
        const id = await noop(stack, { fail: "again" });

        await inState(stack, id, "retrying");
        await stack.sql("update sluice.jobs set attempt = 7, run_at = now() "
            + `where id = '${id}'`);
        await inState(stack, id, "dead");
        assert.equal(await column(stack, id, "attempt"), "8");
    });

    for (const n of [1, 2, 5, 8]) {
        it(`waits n⁴ + 15 s and up to 10 n more after try ${n}`, async () => {
            const least = n ** 4 + 15;

            assert.equal(await stack.sql(`select count(*) from
                (select extract(epoch from queue.backoff(${n})) s
                 from generate_series(1, 200)) x
                where s between ${least} and ${least + 10 * n}`), "200");
        });
    }

    it("is dead when it takes longer than its kind may", async () => {
        await stack.sql("update sluice.job_kinds set seconds = 1 "
            + "where kind = 'noop'");
        const id = await noop(stack, { ms: 600_000, tool: true });

        await inState(stack, id, "dead");
        await stack.sql("update sluice.job_kinds set seconds = 3600 "
            + "where kind = 'noop'");
        assert.equal(await column(stack, id, "error"),
            "The work took longer than 1 s.");
        assert.deepEqual(sleeps(stack), []);
    });
});


describe("whose turn it is", { timeout }, () => {
    const turn = (statements) => apart(`${statements}
        select ${taken}->'params'->>'name';`);

    it("a delayed job is not due before its time", async () => {
        assert.equal(await turn(`select from ${enqueue({ name: "later" },
            { run_at: "tomorrow" })};`), "");
    });

    it("what somebody waits for goes before what came first", async () => {
        assert.equal(await turn(`
            select from ${enqueue({ name: "bulk" }, { priority: 2 })};
            select from ${enqueue({ name: "urgent" }, { priority: 0 })};`),
        "urgent");
    });

    it("what has waited long goes before what is urgent", async () => {
        assert.equal(await turn(`
            select from ${enqueue({ name: "urgent" }, { priority: 0 })};
            insert into sluice.jobs (id, kind, params, priority, run_at)
            values (sluice.uuid_v7(), 'noop', '{"name":"bulk"}', 2,
                    now() - interval '11 minutes');`), "bulk");
    });

    it("a slot that did not hear of its job hears of it again", async () => {
        assert.equal(await apart(`select from ${enqueue({ name: "mine" })};
            select from ${taken};
            select queue.recall('test:1', interval '1 minute')
                ->'params'->>'name';`), "mine");
    });

    it("and of the one that came with the end of the last", async () => {
        assert.equal(await apart(`select from ${enqueue({ name: "first" })};
            create temp table mine as select ${taken}->>'id' id;
            select from ${enqueue({ name: "second" }, { priority: 0 })};
            select from ${enqueue({ name: "third" }, { priority: 2 })};
            select from mine, queue.finish(id::uuid, 'test:1', '{}', '{}', '{}',
                interval '1 minute');
            select queue.finish(id::uuid, 'test:1', '{}', '{}', '{}',
                interval '1 minute')->'job'->'params'->>'name' from mine;`),
        "second");
    });

    it("a machine that is silent for its lease loses its job", async () => {
        assert.equal(await turn(`
            insert into sluice.jobs (id, kind, params, state, attempt, leased_by,
                                     lease_until)
            values (sluice.uuid_v7(), 'noop', '{"name":"lost"}', 'running', 1,
                    'gone:1', now() - interval '1 second');`), "lost");
    });

    it("a lease lasts fifteen seconds at most", async () => {
        const id = await noop(stack, { ms: 600_000 });

        await inState(stack, id, "running");
        assert.equal(await stack.sql("select lease_until - now() "
            + "between interval '0' and interval '15 s' "
            + `from sluice.jobs where id = '${id}'`), "t");
        await stack.sql(`select queue.cancel('${id}')`);
    });
});


describe("limits of a kind", { timeout }, () => {
    const owners = ["01931c5a-0000-7000-8000-00000000000a",
        "01931c5a-0000-7000-8000-00000000000b"];
    const limited = (limit, owner, ...more) => apart(`
        update sluice.job_kinds set ${limit} where kind = 'noop';
        ${more.map((name, i) => `select from ${enqueue({ name },
            { owner: owner[i] })};`).join("\n")}
        with t as (${more.map(() => `select ${taken}->'params'->>'name' n`)
        .join(" union all ")})
        select string_agg(n, '' order by n) from t;`);

    it("at_once holds the others back", async () => {
        assert.equal(await limited("at_once = 2", [...owners, owners[0]],
            "a", "a", "a"), "aa");
    });

    it("at_once_own holds only the same owner's back", async () => {
        assert.equal(await limited("at_once_own = 1",
            [owners[0], ...owners], "a", "a", "c"), "ac");
    });

    it("hold among slots that take at the same moment", async () => {
        await stack.sql("update sluice.job_kinds set at_once = 1 "
            + "where kind = 'noop'");
        const ids = (await stack.sql(`select ${enqueue({ ms: 50 })}
            from generate_series(1, 20)`)).split("\n");
        let most = 0;

        await until("all are done", async () => {
            const [running, left] = (await stack.sql(
                `select count(*) filter (where state = 'running'),
                 count(*) filter (where state <> 'done') from sluice.jobs
                 where id in ('${ids.join("','")}')`)).split("|").map(Number);
            most = Math.max(most, running);
            return left === 0;
        }, { every: 5, seconds: 60 });
        await stack.sql("update sluice.job_kinds set at_once = null "
            + "where kind = 'noop'");
        assert.equal(most, 1);
    });
});


describe("unique jobs", { timeout }, () => {
    it("are one as long as the first is not over", async () => {
        assert.equal(await apart(`select count(distinct id) from (
            select ${enqueue({}, { unique_key: "k" })} id
            union all select ${enqueue({}, { unique_key: "k" })}) x;`), "1");
    });

    it("may come again afterwards", async () => {
        const first = await noop(stack, {}, { unique_key: "k" });

        await inState(stack, first, "done");
        const second = await noop(stack, {}, { unique_key: "k" });
        assert.notEqual(second, first);
        await inState(stack, second, "done");
    });
});


describe("a schedule", { timeout }, () => {
    const make = (next) => stack.sql(`insert into sluice.schedules
        (name, kind, every, next_at) values ('test', 'noop', '1 hour', ${next})
        on conflict (name) do update set next_at = excluded.next_at`);
    const made = async () => Number(await stack.sql(
        "select count(*) from sluice.jobs where unique_key = 'test'"));

    after(() => stack.sql("delete from sluice.schedules "
        + "where name = 'test'"));

    it("makes one job a tick, however many look", async () => {
        const earlier = await made();

        await make("now() - interval '1 second'");
        await Promise.all(Array.from({ length: 8 },
            () => stack.sql("select queue.tick()")));
        assert.equal(await made(), earlier + 1);
        await until("it is done", async () => await stack.sql(
            "select count(*) from sluice.jobs where unique_key = 'test' "
            + "and state <> 'done'") === "0");
    });

    it("makes up for what was missed once, and keeps its time", async () => {
        const earlier = await made();

        await make("date_trunc('hour', now()) - interval '5 hours'");
        await until("the worker has looked",
            async () => await made() > earlier);
        assert.equal(await made(), earlier + 1);
        assert.equal(await stack.sql("select next_at = date_trunc('hour', "
            + "now()) + interval '1 hour' from sluice.schedules "
            + "where name = 'test'"), "t");
    });
});


/* As a clock that was an hour ahead leaves them. */
describe("when the clock was set back", { timeout }, () => {
    const turn = (statements) => apart(`${statements}
        select from queue.follow_clock();
        select ${taken}->'params'->>'name';`);
    const ahead = `update sluice.jobs set created_at = created_at + '1 hour',
        run_at = run_at + '1 hour', rank = rank + '1 hour'
        where state = 'queued';`;

    it("what was due by the later time is due", async () => {
        assert.equal(await turn(`
            select from ${enqueue({ name: "now" })}; ${ahead}`), "now");
    });

    it("what was to wait by the later time waits as long", async () => {
        assert.equal(await turn(`select from
            ${enqueue({ name: "soon" }, { run_at: "now" })};
            update sluice.jobs set run_at = run_at + '5 minutes'
            where state = 'queued'; ${ahead}`), "");
    });

    it("what was planned before keeps its time", async () => {
        assert.equal(await turn(`select from
            ${enqueue({ name: "planned" }, { run_at: "tomorrow" })};`), "");
    });

    it("what failed by the later time is tried again", async () => {
        assert.equal(await turn(`select from ${enqueue({ name: "failed" })};
            update sluice.jobs set state = 'retrying', attempt = 1,
                run_at = now() + '1 hour 20 seconds',
                rank = now() + '1 hour 5 minutes 20 seconds'
            where state = 'queued';`), "failed");
    });

    it("what was put off waits as long", async () => {
        assert.equal(await turn(`select from ${enqueue({ name: "put off" })};
            update sluice.jobs set state = 'retrying', run_at = now()
                + '15 minutes', rank = now() + '15 minutes'
            where state = 'queued';`), "");
    });

    it("a lease from then ends", async () => {
        assert.equal(await apart(`select from ${enqueue()}; ${ahead}
            update sluice.jobs set state = 'running', leased_by = 'gone:1',
                lease_until = now() + '1 hour' where state = 'queued';
            select from queue.follow_clock();
            select lease_until <= now() + interval '30 seconds'
            from sluice.jobs where leased_by = 'gone:1';`), "t");
    });

    it("a schedule goes on", async () => {
        assert.equal(await apart(`select from ${enqueue()}; ${ahead}
            insert into sluice.schedules (name, kind, every, next_at)
            values ('test', 'noop', '1 minute', now() + '1 hour 1 minute');
            select from queue.follow_clock();
            select next_at <= now() + every from sluice.schedules
            where name = 'test';`), "t");
    });
});


describe("a job that waits for another", { timeout }, () => {
    it("is due when that one is done", async () => {
        const parent = await noop(stack, {}, { run_at: "tomorrow" });
        const child = await noop(stack, {}, { waits_for: parent });

        await inState(stack, await noop(stack), "done");
        assert.equal(await column(stack, child, "state"), "queued");
        await stack.sql("update sluice.jobs set run_at = now(), rank = now() "
            + `where id = '${parent}'`);
        await inState(stack, child, "done");
        assert.equal(await stack.sql(`select p.finished_at <= c.started_at
            from sluice.jobs p, sluice.jobs c
            where p.id = '${parent}' and c.id = '${child}'`), "t");
    });

    it("is due at once when that one is done already", async () => {
        const parent = await noop(stack);

        await inState(stack, parent, "done");
        await inState(stack, await noop(stack, {}, { waits_for: parent }),
            "done");
    });

    it("is cancelled with those who wait for it when that one dies",
        async () => {
            const parent = await noop(stack, { fail: "bad", ms: 300 });
            const child = await noop(stack, {}, { waits_for: parent });
            const grandchild = await noop(stack, {}, { waits_for: child });

            await inState(stack, parent, "dead");
            assert.equal(await column(stack, child, "state"), "cancelled");
            assert.equal(await column(stack, grandchild, "state"), "cancelled");
        });
});


describe("progress", { timeout }, () => {
    it("tells the percent and the seconds that are left", async () => {
        const id = await noop(stack, { ms: 6000 },
            { owner: viewer.user.id });
        const job = await until("a guess is there", async () => {
            const { json } = await viewer.get(`/api/jobs/${id}`);
            return json.seconds_left !== null && json;
        });

        assert.ok(job.progress > 0 && job.progress < 100, job.progress);
        assert.ok(job.seconds_left >= 1 && job.seconds_left <= 6);
        await inState(stack, id, "done");
    });
});


describe("DELETE /api/jobs/{id}", { timeout }, () => {
    it("kills the tool and removes what was half done", async () => {
        const id = await atWork(stack, { owner: viewer.user.id });

        const { status, json } = await viewer.delete(`/api/jobs/${id}`);
        assert.equal(status, 200);
        assert.equal(json.state, "cancelled");
        assert.equal(json.publish, undefined);
        /* a heartbeat alone may take five */
        await until("the tool is gone", () => sleeps(stack).length === 0,
            { seconds: 2, every: 20 });
        await until("its folder is gone",
            () => readdirSync(stack.path("work")).length === 0);
        await until("the slot has let go", async () =>
            await column(stack, id, "lease_until is null") === "t");
        assert.equal(await column(stack, id, "state"), "cancelled");
    });

    it("is heard of by the heartbeat when Redis is away", async () => {
        const id = await atWork(stack, { owner: viewer.user.id });

        await stack.stopRedis();
        assert.equal((await viewer.delete(`/api/jobs/${id}`)).status, 200);
        await until("the tool is gone", () => sleeps(stack).length === 0);
        await stack.startRedis();
    });

    it("may be repeated", async () => {
        const id = await noop(stack, {},
            { owner: viewer.user.id, run_at: "tomorrow" });

        for (let i = 0; i < 2; i++) {
            assert.equal((await viewer.delete(`/api/jobs/${id}`)).status, 200);
        }
    });

    it("is refused for a job that is over", async () => {
        const id = await noop(stack, {}, { owner: viewer.user.id });

        await inState(stack, id, "done");
        assert.equal((await viewer.delete(`/api/jobs/${id}`)).status, 409);
    });

    it("does not show others' jobs to a viewer", async () => {
        const id = await noop(stack, {},
            { owner: editor.user.id, run_at: "tomorrow" });

        assert.equal((await viewer.delete(`/api/jobs/${id}`)).status, 404);
        assert.equal((await editor.delete(`/api/jobs/${id}`)).status, 200);
    });
});


describe("POST /api/jobs/{id}/retry", { timeout }, () => {
    const retry = (client, id) =>
        client.request("POST", `/api/jobs/${id}/retry`);

    it("begins a dead job anew, with all its tries", async () => {
        const id = await noop(stack, { fail: "bad" },
            { owner: viewer.user.id });

        await inState(stack, id, "dead");
        await stack.sql(`update sluice.jobs set params = '{}' where id = '${id}'`);
        const { status, json } = await retry(viewer, id);
        assert.equal(status, 202);
        assert.equal(json.state, "queued");
        assert.equal(json.attempt, 0);
        await inState(stack, id, "done");
    });

    it("begins a cancelled job anew", async () => {
        const id = await noop(stack, {},
            { owner: viewer.user.id, run_at: "tomorrow" });

        await viewer.delete(`/api/jobs/${id}`);
        assert.equal((await retry(viewer, id)).status, 202);
        await inState(stack, id, "done");
    });

    it("is refused for a job that is done", async () => {
        const id = await noop(stack, {}, { owner: viewer.user.id });

        await inState(stack, id, "done");
        assert.equal((await retry(viewer, id)).status, 409);
    });

    it("is refused while the same work is under way", async () => {
        const more = { owner: viewer.user.id, unique_key: "same",
            run_at: "tomorrow" };
        const id = await noop(stack, {}, more);

        await viewer.delete(`/api/jobs/${id}`);
        const other = await noop(stack, {}, more);
        assert.equal((await retry(viewer, id)).status, 409);
        await viewer.delete(`/api/jobs/${other}`);
    });
});


describe("sluicectl jobs", { timeout }, () => {
    const ctl = async (...words) => (await stack.sluicectl("jobs", ...words,
        "--database", `host=${stack.path("run")} dbname=sluice user=sluice`,
    )).stdout;
    const redis = () => ["--redis", `unix:${stack.path("run/redis.sock")}`];

    it("cancels a job, and the worker hears of it", async () => {
        const id = await atWork(stack);

        await ctl("cancel", id, ...redis());
        await until("the tool is gone", () => sleeps(stack).length === 0,
            { seconds: 2, every: 20 });
        assert.equal(await column(stack, id, "state"), "cancelled");
    });

    it("retries a job", async () => {
        const id = await noop(stack, { fail: "bad" });

        await inState(stack, id, "dead");
        await stack.sql(`update sluice.jobs set params = '{}' where id = '${id}'`);
        await ctl("retry", id, ...redis());
        await inState(stack, id, "done");
    });

    it("fails for a job that is over", async () => {
        const id = await noop(stack);

        await inState(stack, id, "done");
        await assert.rejects(ctl("cancel", id), /is over/);
    });

    it("lists by state and kind", async () => {
        const id = await noop(stack, { fail: "bad" });

        await inState(stack, id, "dead");
        const rows = JSON.parse(await ctl("list", "--state", "dead",
            "--kind", "noop", "--json"));
        assert.ok(rows.some((row) => row.id === id));
        assert.ok(rows.every((row) => row.state === "dead"
            && row.kind === "noop"));
        assert.deepEqual(JSON.parse(await ctl("list", "--kind", "probe",
            "--json")), []);
    });

    it("shows progress and error", async () => {
        const id = await noop(stack, { fail: "bad" });

        await inState(stack, id, "dead");
        const job = JSON.parse(await ctl("show", id, "--json"));
        assert.equal(job.progress, 0);
        assert.equal(job.error, "It was asked to fail.");
    });
});


it("a worker that was not told so does no noop", { timeout }, async () => {
    await stack.asServer("sed", "-i", "s/^noop on/noop off/",
        stack.path("worker.conf"));
    await renewSlots(stack);

    const id = await noop(stack);
    await inState(stack, id, "dead");
});
