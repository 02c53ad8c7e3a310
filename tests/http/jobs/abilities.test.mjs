/* Slots that take what is long, and slots that take what is quick: by two
   workers. And jobs that are left for a moment to the machine that has their
   file. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

import { request } from "../lib/client.mjs";
import { AAC, H264, maker, picture, sound } from "../lib/films.mjs";
import { renewSlots } from "../lib/noop.mjs";
import { samples } from "../lib/prometheus.mjs";
import { alive, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;
const OWNERS = 20_000;

let stack, client, films;


before(async () => {
    stack = await startStack();
    client = await stack.visitor("viewer");
    films = maker(stack, client);
    await stack.sql("update sluice.schedules set enabled = false");
}, { timeout });

after(() => stack?.stop(), { timeout });


const conf = (slots) => stack.text("worker.conf")
    .replace(/^slots .*/m, `slots ${slots}`);

/* The stack's worker has those slots from now on. */
async function have(slots, count) {
    writeFileSync(stack.path("worker.conf"), conf(slots));
    await renewSlots(stack, count);
}

/* Another worker; ends it. */
async function another(slots) {
    const file = stack.path("second.conf");

    writeFileSync(file, conf(slots).replace("worker.pid", "second.pid")
        .replace("worker.log", "second.log"));
    await stack.asServer("sh", "-c", "setsid \"$@\" < /dev/null > /dev/null 2>&1 &",
        "-", stack.path("bin/sluice-worker"), "-c", file);
    await until("the other worker has started", () => {
        try {
            return alive(stack.pid("second"));
        } catch {
            return false;
        }
    });
    const pid = stack.pid("second");

    return async () => {
        process.kill(pid, "SIGTERM");
        await until("the other worker is gone", () => !alive(pid));
    };
}

const slots = async (ability) => samples((await request(
    `${stack.url}/metrics`)).text)[`sluice_slots{ability="${ability}"}`];

const tried = async (text) => {
    writeFileSync(stack.path("tried.conf"), text);
    return (await stack.asServer(stack.path("bin/sluice-worker"), "-t", "-c",
        stack.path("tried.conf"))).stdout;
};


describe("a worker whose slots encode, and one whose slots are quick",
    { timeout }, () => {
        let stop;

        before(async () => {
            await have("quick=2", 2);
        }, { timeout });

        after(() => stop?.(), { timeout });

        it("leave to each other what each cannot", async () => {
            const film = await films.made("film.mp4", ...picture(3), ...sound(3),
                ...H264, ...AAC);
            const { id } = await client.bring(readFileSync(film), "film.mp4");

            await until("what is quick is done", async () => await stack.sql(
                `select count(*) from sluice.jobs where media = '${id}' and
                 state = 'done' and not queue.is_long(kind)`) !== "0");
            assert.equal(await stack.sql(`select count(*) from sluice.jobs
                where media = '${id}' and queue.is_long(kind)
                  and state <> 'queued'`), "0");
            await until("the metric says so", async () =>
                await slots("quick") === 2 && await slots("encode") === 0);

            stop = await another("encode=1");
            await until("the metric has it", async () =>
                await slots("encode") === 1);
            await client.ready(id, { seconds: 120 });
            await until("all is done", async () => await stack.sql(`
                select count(*) from sluice.jobs where media = '${id}'
                  and state not in ('done', 'dead')`) === "0",
            { seconds: 120 });

            assert.equal(await stack.sql(`select string_agg(distinct
                queue.is_long(kind) || ' ' || queue.ability(leased_by), ', ')
                from sluice.jobs where media = '${id}'`),
            "false quick, true encode");
        });
    });


describe("sluice-worker -t", { timeout }, () => {
    it("names what no slot of the machine takes, as the record does",
        async () => {
            for (const [words, long] of [["quick=1", true], ["encode=2", false]]) {
                const said = /Nobody here takes: (.*)\./
                    .exec(await tried(conf(words)))[1];

                assert.deepEqual(said.split(", ").sort(), (await stack.sql(
                    `select string_agg(kind, ' ') from sluice.job_kinds
                     where queue.is_long(kind) = ${long} and kind not in ('noop', 'mail')`))
                    .split(" ").sort());
            }
        });

    it("is silent where all is taken", async () => {
        for (const words of ["encode=1 quick=4", "2"]) {
            assert.doesNotMatch(await tried(conf(words)), /Nobody/);
        }
    });

    it("refuses other words", async () => {
        for (const words of ["encode=0", "quick=x", "encode=1 encode=1",
                             "encode=60 quick=5", "fast=1", "encode=1 2"]) {
            await assert.rejects(tried(conf(words)),
                /encode=<number> or quick=<number> or both, 64 in all/);
        }
    });
});


describe("twenty thousand owners who wait for what is long", { timeout }, () => {
    before(async () => {
        await stack.stopWorker();
        await stack.sql(`insert into sluice.jobs (id, kind, owner, params, run_at)
            select sluice.uuid_v7(), 'encode', sluice.uuid_v7(), '{}',
                   now() - interval '1 hour'
            from generate_series(1, ${OWNERS}) n`);
        await stack.sql("analyze sluice.jobs");
    }, { timeout });

    /* Pages of 8 KiB; the first call reads what the server knows of tables. */
    it("cost a slot for what is quick a look", async () => {
        const said = await stack.sql(`begin;
            select queue.take_next('a:1:1:quick', '15 seconds') is null;
            explain (analyze, buffers, format json)
                select queue.take_next('a:1:2:quick', '15 seconds');
            rollback`);
        const [{ Plan: plan }] = JSON.parse(said.slice(said.indexOf("[")));

        assert.ok(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 2000,
            said);
    });

    it("have their turns at a slot that encodes", async () => {
        assert.equal(await stack.sql("select queue.take_next('a:1:3:encode', "
            + "'15 seconds')->>'kind'"), "encode");
    });

    after(() => stack.sql("delete from sluice.jobs where kind = 'encode'"));
});


describe("a job that reads what another has read", { timeout }, () => {
    const take = (slot) => stack.sql(`select queue.take_next('${slot}',
        '15 seconds')->>'kind'`);

    it("is left to that machine for a moment, and then to any", async () => {
        const { id } = await client.bring("%PDF-1.4 no score", "a.pdf");

        await stack.sql("delete from sluice.slots; select queue.seen('a:1:1')");
        for (const after of ["a:1:2", "b:1:1"]) {
            await stack.sql(`delete from sluice.jobs where media = '${id}';
                insert into sluice.jobs (id, kind, media)
                values (sluice.uuid_v7(), 'poster', '${id}')`);
            assert.equal(await take("a:1:1"), "poster");
            await stack.sql(`select queue.finish(id, 'a:1:1', '{}', '{}',
                '{chapters}', null) from sluice.jobs where media = '${id}'
                and state = 'running'`);
            assert.equal(await take("b:1:1"), "");
            await until(`${after} has it`, async () =>
                await take(after) === "chapters");
        }
    });

    it("is anybody's where no slot of that machine takes such", async () => {
        const id = await stack.sql("select id from sluice.media limit 1");

        await stack.sql(`delete from sluice.slots; delete from sluice.jobs;
            select queue.seen('a:1:1:quick');
            insert into sluice.jobs (id, kind, media)
            values (sluice.uuid_v7(), 'poster', '${id}')`);
        assert.equal(await take("a:1:1:quick"), "poster");
        await stack.sql(`select queue.finish(id, 'a:1:1:quick', '{}', '{}',
            '{listen}', null) from sluice.jobs where state = 'running'`);
        assert.equal(await take("b:1:1:encode"), "listen");
    });
});
