/* sluice_metrics: what it tells of the record. The zone's are in zone.test. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";

import { request } from "../lib/client.mjs";
import { pdf } from "../lib/files.mjs";
import { begin, column, inState, noop } from "../lib/noop.mjs";
import { labels, samples } from "../lib/prometheus.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, afterEach, before, beforeEach, describe, it } from "../lib/test.mjs";
import { Tus, idOf } from "../lib/tus.mjs";

const timeout = 120_000;
const METRICS = "/numbers";
const ROTTEN = "sluice_media_rotten";
const OPEN = "sluice_uploads_open";
const HOUR = 3600;              /* seconds */
const KINDS = ["probe", "score", "package", "poster", "remove", "attach",
               "expire", "orphans", "prune", "scrub", "noop"];

let stack, viewer;


before(async () => {
    stack = await startStack({ extra: `
        location = ${METRICS} { sluice_metrics; }` });
    viewer = await stack.visitor("viewer");
}, { timeout });

after(() => stack?.stop(), { timeout });


async function metrics(url = stack.url) {
    const answer = await request(url + METRICS);

    assert.equal(answer.status, 200, answer.text);
    return samples(answer.text);
}

const number = async (sample) => (await metrics())[sample];
const jobs = (state, kind = "noop") =>
    `sluice_jobs{kind="${kind}",state="${state}"}`;
const oldest = (kind = "noop") => `sluice_jobs_oldest_seconds{kind="${kind}"}`;

/* What `act` changes of the jobs that are counted: {sample: by how much}. */
async function changes(act) {
    const old = await metrics();

    await act();

    return Object.fromEntries(Object.entries(await metrics())
        .map(([sample, value]) => [sample, value - (old[sample] ?? 0)])
        .filter(([sample, by]) => by !== 0
            && sample.startsWith("sluice_jobs{")));
}

/* Of a test that failed nothing is left to the next. */
const clear = () => stack.sql("delete from sluice.jobs; delete from "
    + `sluice.job_kinds where kind not in ('${KINDS.join("', '")}')`);


describe("rot", { timeout }, () => {
    let media, original;

    /* Reads all originals again. */
    async function scrub() {
        await stack.sql("update sluice.media set scrubbed_at = null");
        await inState(stack, await begin(stack, "scrub"), "done");
    }

    function flip() {
        const bytes = readFileSync(original);

        bytes[bytes.length >> 1] ^= 1;
        writeFileSync(original, bytes);
    }

    before(async () => {
        const { id } = await viewer.bring(pdf(), "score.pdf");

        media = await viewer.ready(id);
        original = stack.path("media", id.slice(-2), id, "original.pdf");
    });

    it("is counted from the pass that found it until it is gone", async () => {
        await scrub();
        assert.equal(await number(ROTTEN), 0);
        flip();
        await scrub();
        assert.equal(await number(ROTTEN), 1);
        flip();
        await scrub();
        assert.equal(await number(ROTTEN), 0);
    });

    it("is that of attachments, too, until the media is deleted", async () => {
        await stack.sql(`insert into sluice.attachments
            (id, media, role, position, filename, bytes, sha256, rot)
            select sluice.uuid_v7(), id, 'attachment', n, 'a', 1, sha256,
                   'It cannot be read.'
            from sluice.media, generate_series(1, 2) n
            where id = '${media.id}'`);
        await stack.sql("update sluice.media set rot = 'It cannot be read.' "
            + `where id = '${media.id}'`);
        assert.equal(await number(ROTTEN), 3);
        await stack.sql("update sluice.media set deleted_at = now() "
            + `where id = '${media.id}'`);
        assert.equal(await number(ROTTEN), 0);
    });
});


describe("jobs", { timeout }, () => {
    before(async () => {
        await stack.stopWorker();
        await clear();
    });
    afterEach(clear);

    const take = async () => JSON.parse(
        await stack.sql("select queue.take_next('slot', '1 hour')")).id;

    it("of each kind and state are there from the start, at 0", async () => {
        const found = await metrics();

        for (const kind of KINDS) {
            for (const state of ["queued", "retrying", "running", "dead"]) {
                assert.equal(found[jobs(state, kind)], 0, kind);
            }
            assert.equal(found[oldest(kind)], 0, kind);
        }
    });

    it("go from state to state, and those that are over leave", async () => {
        let id;

        assert.deepEqual(await changes(async () => {
            id = await noop(stack);
            await noop(stack, {}, { waits_for: id });
            await noop(stack, {}, { run_at: "tomorrow" });
        }), { [jobs("queued")]: 3 });

        assert.deepEqual(await changes(take),
            { [jobs("queued")]: -1, [jobs("running")]: 1 });
        assert.deepEqual(await changes(() => stack.sql(
            `select queue.fail('${id}', 'slot', 'It failed.', true)`)),
        { [jobs("running")]: -1, [jobs("retrying")]: 1 });

        await stack.sql(`update sluice.jobs set run_at = now() - '1 s'::interval
            where id = '${id}'`);
        assert.equal(await take(), id);
        /* who waited for it is cancelled */
        assert.deepEqual(await changes(() => stack.sql(
            `select queue.fail('${id}', 'slot', 'It failed.', false)`)),
        { [jobs("running")]: -1, [jobs("dead")]: 1, [jobs("queued")]: -1 });

        assert.deepEqual(await changes(() => stack.sql(
            `select queue.retry('${id}')`)),
        { [jobs("dead")]: -1, [jobs("queued")]: 1 });
        assert.equal(await take(), id);
        assert.deepEqual(await changes(() => stack.sql(`select queue.finish(
            '${id}', 'slot', null, null, '{}', null::interval)`)),
        { [jobs("running")]: -1 });
    });

    it("of a kind that operators took away are counted still", async () => {
        await stack.sql("insert into sluice.job_kinds (kind) values ('gone'); "
            + "select queue.enqueue('gone'); "
            + "delete from sluice.job_kinds where kind = 'gone'");
        assert.equal(await number(jobs("queued", "gone")), 1);
    });
});


describe("the oldest job", { timeout }, () => {
    afterEach(clear);

    const since = (id, columns = "run_at") => stack.sql(
        `update sluice.jobs set ${columns.split(" ").map((name) =>
            `${name} = now() - '1 hour'::interval`)} where id = '${id}'`);

    it("is the one that has been due for the longest", async () => {
        await noop(stack);
        assert.ok(await number(oldest()) < HOUR);
        await since(await noop(stack));
        assert.ok(await number(oldest()) >= HOUR);
        assert.equal(await number(oldest("probe")), 0);
    });

    it("is none that is for later, or waits for another", async () => {
        const parent = await noop(stack, {}, { run_at: "tomorrow" });

        await since(await noop(stack, {}, { waits_for: parent }));
        assert.equal(await number(oldest()), 0);
    });

    it("has waited since that other one was done", async () => {
        const parent = await noop(stack);

        await since(await noop(stack, {}, { waits_for: parent }));
        await stack.sql("select queue.take_next('slot', '1 hour')");
        await stack.sql(`select queue.finish('${parent}', 'slot', null, null,
            '{}', null::interval)`);
        const found = await metrics();
        assert.equal(found[jobs("queued")], 1);
        assert.ok(found[oldest()] < HOUR);
    });

    it("may be one whose slot fell silent", async () => {
        const id = await noop(stack);

        await stack.sql("select queue.take_next('slot', '1 hour')");
        assert.equal(await number(oldest()), 0);
        await since(id, "started_at lease_until");
        assert.ok(await number(oldest()) >= HOUR);
        await stack.sql("select queue.release('slot')");
        assert.equal(await column(stack, id, "lease_until"), "-infinity");
        assert.ok(await number(oldest()) >= HOUR);
    });
});


describe("uploads", { timeout }, () => {
    it("are open until they end or expire", async () => {
        const mine = new Tus(stack, viewer);
        const [ended, late, done] = [await mine.create(5), await mine.create(5),
                                     await mine.create(5)];

        assert.equal(await number(OPEN), 3);
        await mine.request("DELETE", ended);
        assert.equal(await number(OPEN), 2);
        await stack.sql("update sluice.uploads set expires_at = now() "
            + `where id = '${idOf(late)}'`);
        assert.equal(await number(OPEN), 1);
        await stack.sql("update sluice.uploads set state = 'done' "
            + `where id = '${idOf(done)}'`);
        assert.equal(await number(OPEN), 0);
    });
});


describe("kinds that operators made", { timeout }, () => {
    afterEach(clear);

    const make = (kinds) => stack.sql(
        `insert into sluice.job_kinds (kind) ${kinds}`);
    const kindsOf = (found) => new Set(Object.keys(found)
        .filter((sample) => sample.startsWith("sluice_jobs{"))
        .map((sample) => labels(sample).kind));

    it("are escaped", async () => {
        const kind = 'a "quote", a \\ and\na line},x="1"} 7\\n';

        await make(`values ('${kind}')`);
        await stack.sql(`select queue.enqueue('${kind}')`);
        const found = await metrics();
        const [[sample, value], ...more] = Object.entries(found).filter(
            ([name, many]) => name.startsWith("sluice_jobs{") && many > 0);

        assert.deepEqual(labels(sample), { kind, state: "queued" });
        assert.equal(value, 1);
        assert.deepEqual(more, []);
    });

    it("are cut when they are long, and added up when then the same",
        async () => {
            for (const end of ["a", "b"]) {
                await make(`values ('${"é".repeat(500)}${end}')`);
                await stack.sql(
                    `select queue.enqueue('${"é".repeat(500)}${end}')`);
            }
            assert.equal(await number(jobs("queued", "é".repeat(64))), 2);
        });

    it("are 64 at most, and the rest together", async () => {
        await make("select 'z' || n from generate_series(101, 200) n");
        await make("values ('other')");
        await stack.sql("select queue.enqueue('z' || n) "
            + "from generate_series(191, 200) n; "
            + "select queue.enqueue('other')");
        const found = await metrics();
        const kinds = kindsOf(found);

        assert.equal(kinds.size, 64);
        assert.ok(kinds.has("z101"));
        assert.ok(!kinds.has("z200"));
        assert.equal(found[jobs("queued", "other")], 11);
    });
});


describe("what is over", { timeout }, () => {
    after(clear);

    it("is not read, nor what is sound", async () => {
        await stack.sql(`insert into sluice.jobs (id, kind, state, finished_at)
            select sluice.uuid_v7(), 'noop', 'done', now()
            from generate_series(1, 1000)`);
        await stack.sql(`insert into sluice.media (id, owner, kind, state,
                title, filename, bytes, sha256, extension)
            select sluice.uuid_v7(), '${viewer.user.id}', 'score', 'ready', 't',
                   'f', 1, sha256(n::text::bytea), 'pdf'
            from generate_series(1, 1000) n`);
        await stack.sql(`insert into sluice.attachments (id, media, role,
                position, filename, bytes, sha256, ready)
            select sluice.uuid_v7(), id, 'attachment', 9, 'f', 1, sha256, true
            from sluice.media`);
        await stack.sql(`insert into sluice.uploads (id, owner, state,
                expires_at)
            select sluice.uuid_v7(), '${viewer.user.id}', 'done', 'tomorrow'
            from generate_series(1, 1000) n`);
        await stack.sql("analyze");
        await noop(stack);

        const [, ...read] = (await stack.sql(`
            select count(*) from api.metrics();
            select relname from pg_stat_xact_user_tables
            where schemaname = 'sluice'
              and seq_tup_read + coalesce(idx_tup_fetch, 0) > 100`))
            .split("\n");
        assert.deepEqual(read, []);
    });
});


const waiting = async () => Number(await stack.sql(
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' "
    + "and query ~ 'api.metrics'"));


describe("while PostgreSQL is slow", { timeout }, () => {
    let end;

    beforeEach(async () => {
        end = await stack.hold("lock table sluice.jobs");
    });
    afterEach(() => end());

    it("the loop goes on, and a client may leave", async () => {
        const leaves = http.get(stack.url + METRICS).on("error", () => {});
        await until("one waits", async () => await waiting() === 1);
        const stays = request(stack.url + METRICS);

        await until("both wait", async () => await waiting() === 2);
        for (let times = 0; times < 10; times++) {
            const { status } = await request(`${stack.url}/health`);
            assert.equal(status, 200);
        }
        leaves.destroy();
        await end();

        const { status, text } = await stays;
        assert.equal(status, 200);
        assert.equal(samples(text).sluice_record_up, 1);
    });

    it("it is given up after the database's timeout", async () => {
        const found = await metrics();

        assert.equal(found.sluice_record_up, 0);
        assert.ok(found.sluice_revocations_capacity > 0);
        await end();
        assert.equal(await number("sluice_record_up"), 1);
    });
});


describe("while PostgreSQL is away", { timeout }, () => {
    before(() => stack.stopPostgres());

    it("the zone's numbers are there, and no others", async () => {
        for (let times = 0; times < 10; times++) {
            const found = await metrics();
            const of = Object.keys(found).filter(
                (sample) => /^sluice_(jobs|media|uploads)/.test(sample));

            assert.equal(found.sluice_record_up, 0);
            assert.ok(found.sluice_revocations_capacity > 0);
            assert.deepEqual(of, []);
        }
    });

    it("HEAD is answered, too", async () => {
        const head = await request(stack.url + METRICS, { method: "HEAD" });
        const get = await request(stack.url + METRICS);

        assert.equal(head.status, 200);
        assert.equal(head.headers["content-length"], String(get.body.length));
    });

    it("and comes back, the record's numbers come back", async () => {
        await stack.startPostgres();
        await until("the record is there again", async () =>
            await number("sluice_record_up") === 1);
        assert.ok(await number(jobs("queued")) >= 0);
    });
});


describe("without sluice_database", { timeout }, () => {
    it("the zone's numbers are all there is", async () => {
        const machine = await stack.secondNginx((text) =>
            `${text.slice(0, text.indexOf("http {"))}http {
                ${text.match(/^ *\w+_temp_path .*;$/gm).join("\n")}
                access_log off;
                sluice_zone other:1m;
                server {
                    listen 127.0.0.1:${stack.port};
                    location = ${METRICS} { sluice_metrics; }
                }
            }`, { ready: false });
        const found = await metrics(machine.url);

        assert.ok(found.sluice_revocations_capacity > 0);
        assert.equal(found.sluice_record_up, undefined);
        await machine.stop();
    });
});
