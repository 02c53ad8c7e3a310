/* An original that a rule of the bucket has moved to an archive: who asks nginx
   for it hears when it is there, and a job brings it back. A real gateway keeps
   it; it has no such class, so what stands in front of it answers as S3 does. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";

import { standBetween } from "../lib/between.mjs";
import { startBucket } from "../lib/ceph.mjs";
import { request, until } from "../lib/client.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 240_000;
const SLICE = 2 ** 20;
const BYTES = randomBytes(2.5 * SLICE);
const HOUR = 3600;

let bucket, between, stack, other, leads, client, mint, films = 0;


before(async () => {
    bucket = await startBucket();
    between = await standBetween(bucket.port);
    stack = await startStack({ environment: {
        SLUICE_STORE: `s3://${bucket.name}/house?endpoint=http://127.0.0.1:`
            + `${between.port}&region=us-east-1&style=path`,
        SLUICE_STORE_KEYS: bucket.keys,
    } });
    other = await stack.secondNginx();
    leads = await stack.secondNginx((text) => text.replace(
        /sluice_media on;/, "sluice_media on delivery=redirect;"));
    client = await stack.visitor("viewer");
    mint = minter(stack.keys());
    writeFileSync(join(stack.folder, "film"), BYTES);
}, { timeout });

after(async () => {
    await stack?.stop({ but: /bucket/ });
    between?.stop();
    bucket?.stop();
}, { timeout });


/* A film whose original is in the bucket, with no job that ever ran. */
async function film(owner = client.user.id) {
    const id = `01890000-0000-7000-8000-${String(++films).padStart(12, "0")}`;

    await stack.sql(`insert into sluice.media (id, owner, kind, state, title,
        filename, extension, bytes, sha256) values ('${id}', '${owner}',
        'video', 'ready', 'film', 'f.mkv', 'mkv', ${BYTES.length},
        sha256('${id}'))`);
    await bucket.put(`house${folder(id)}original.mkv`,
        join(stack.folder, "film"), "video/x-matroska");

    return id;
}

const folder = (id) => `/media/${id.slice(-2)}/${id}/`;

/* By a link of the client's, or of nobody's. */
function get(id, { at = stack.url, method = "GET", headers = {},
                   name = "original.mkv", sub = client.user.id } = {}) {
    const grant = mint.grant({ path: folder(id), ...sub && { sub } });

    return request(`${at}${folder(id)}${name}?grant=${grant}`,
        { headers, method });
}

const jobs = async (id) => JSON.parse(await stack.sql(`
    select coalesce(jsonb_agg(to_jsonb(j) order by j.id), '[]')
    from sluice.jobs j where media = '${id}' and kind = 'restore'`));

/* As S3 has it until they are `back`. */
function archive(kind = "GLACIER") {
    const state = { back: false, restores: [] };
    const error = (code, more = "") =>
        `<Error><Code>${code}</Code>${more}</Error>`;

    between.clear();
    between.on = (asked, answer) => {
        if (!/\/original\.\w+(\?|$)/.test(asked.url)) {
            return false;
        }
        if (asked.method === "POST" && asked.url.endsWith("?restore=")) {
            const status = state.back ? 200
                : state.restores.includes(asked.url) ? 409 : 202;

            state.restores.push(asked.url);
            asked.resume().on("end", () => answer.writeHead(status)
                .end(status === 409 ? error("RestoreAlreadyInProgress") : ""));
            return true;
        }
        if (asked.method !== "GET" || state.back) {
            return false;
        }
        answer.writeHead(403, { "x-amz-storage-class": kind,
                                "Content-Type": "application/xml" })
            .end(error("InvalidObjectState",
                `<StorageClass>${kind}</StorageClass>`));
        return true;
    };

    return state;
}

/* Of an answer: it says that the file comes, and nothing of the bucket's. */
function assertComes(answer, hours, kind = "GLACIER") {
    assert.equal(answer.status, 202, answer.text);
    assert.equal(answer.headers["content-type"], "application/json");
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.equal(answer.headers["content-range"], undefined);
    assert.equal(answer.headers["accept-ranges"], undefined);
    assert.equal(answer.headers.etag, undefined);
    assert.deepEqual(Object.keys(answer.headers).filter((name) =>
        /^x-(amz|rgw)/.test(name)), []);

    const wait = Number(answer.headers["retry-after"]);

    assert.ok(wait > (hours - 1) * HOUR && wait <= hours * HOUR, String(wait));
    if (answer.text) {
        const { state, storage_class: said, ready_at: ready } = answer.json;

        assert.deepEqual([state, said], ["restoring", kind]);
        assert.ok(Math.abs(Date.parse(ready) / 1000 - Date.now() / 1000 - wait)
            < 60, ready);
    }
}


describe("an original in an archive", { timeout }, () => {
    it("is told of by 202 and when it is there", async () => {
        archive();
        const id = await film();
        const answer = await get(id);

        assertComes(answer, 5);
        assert.equal(answer.json.job, (await jobs(id))[0].id);
    });

    it("that lies deep takes longer", async () => {
        archive("DEEP_ARCHIVE");
        assertComes(await get(await film()), 12, "DEEP_ARCHIVE");
    });

    it("is so for HEAD, a range and a condition", async () => {
        archive();
        const id = await film();
        const head = await get(id, { method: "HEAD" });

        assertComes(head, 5);
        assert.equal(head.body.length, 0);
        for (const headers of [{ Range: "bytes=0-9" },
            { Range: `bytes=${2 * SLICE}-` }, { "If-None-Match": "*" },
            { Range: "bytes=0-9", "If-Range": '"x"' }]) {
            assertComes(await get(id, { headers }), 5);
        }
        assert.equal((await jobs(id)).length, 1);
    });

    it("is asked back once, by whatever node and however many ask",
        async () => {
            const state = archive();
            const id = await film();
            const answers = await Promise.all(Array.from({ length: 20 },
                (_, n) => get(id, { at: n % 2 ? stack.url : other.url })));

            answers.forEach((answer) => assertComes(answer, 5));
            await until("the job waits", async () =>
                (await jobs(id))[0].state === "retrying");
            await stack.sql("select queue.tick()");

            const [job, ...more] = await jobs(id);

            assert.deepEqual(more, []);
            assert.equal(job.attempt, 0);
            assert.equal(job.owner, client.user.id);
            assert.match(job.error, /archive/);
            assert.ok(Date.parse(job.run_at) > Date.now() + 5 * 60_000);
            assert.equal(state.restores.filter((url) => url.includes(id))
                .length, 1);
        });

    it("is told how long it takes yet, and comes when it is there", async () => {
        const state = archive();
        const id = await film();

        await get(id);
        await until("the job waits", async () =>
            (await jobs(id))[0].state === "retrying");
        await stack.sql(`update sluice.jobs set created_at = created_at
            - interval '3 hours' where media = '${id}'`);
        assertComes(await get(id), 2);

        await stack.sql(`update sluice.jobs set created_at = created_at
            - interval '9 hours' where media = '${id}'`);
        assert.equal((await get(id)).headers["retry-after"], "300");

        state.back = true;
        const answer = await get(id);

        assert.equal(answer.status, 200);
        assert.ok(answer.body.equals(BYTES));

        const [{ id: job }] = await jobs(id);

        await stack.sql(`update sluice.jobs set run_at = now(), rank = now()
                         where id = '${job}'`);
        await stack.redis("XADD", "sluice:jobs", "*", "v", "1", "id", job);
        await until("the job is done", async () =>
            (await jobs(id))[0].state === "done");

        state.back = false;
        assertComes(await get(id), 5);
        assert.equal((await jobs(id)).length, 2);
    });

    it("is none of which a beginning is sent from the cache", async () => {
        const id = await film();

        between.clear();
        assert.ok((await get(id)).body.equals(BYTES));
        archive();
        assertComes(await get(id), 5);
        assertComes(await get(id, { headers: { Range: "bytes=5-9" } }), 5);
    });

    it("leaves its connection to the next request", async () => {
        archive();
        const id = await film();
        const grant = mint.grant({ path: folder(id), sub: client.user.id });
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const ask = () => new Promise((resolve, reject) => {
            const asked = http.get(
                `${stack.url}${folder(id)}original.mkv?grant=${grant}`,
                { agent }, (answer) => answer.resume().on("end", () =>
                    resolve([answer.statusCode, asked.reusedSocket])));

            asked.on("error", reject);
        });

        try {
            assert.deepEqual(await ask(), [202, false]);
            assert.deepEqual(await ask(), [202, true]);
        } finally {
            agent.destroy();
        }
    });

    it("is nobody's who may not have it", async () => {
        archive();
        const id = await film();
        const answer = await request(`${stack.url}${folder(id)}original.mkv`);

        assert.equal(answer.status, 401);
        assert.ok(!between.asked.some(({ path }) => path.includes(id)));
        assert.deepEqual(await jobs(id), []);
    });

    it("of a film that was deleted is not there", async () => {
        archive();
        const id = await film();

        await stack.sql(`update sluice.media set deleted_at = now()
                         where id = '${id}'`);
        assert.equal((await get(id)).status, 404);
        assert.deepEqual(await jobs(id), []);
    });

    it("is its owner's job when nobody is known to ask", async () => {
        archive();
        const id = await film();

        assertComes(await get(id, { sub: null }), 5);
        assert.equal((await jobs(id))[0].owner, client.user.id);
    });

    it("is one of twenty for each user", async () => {
        archive();
        const greedy = await stack.visitor("viewer");
        const ids = [];

        for (let n = 0; n < 2; n++) {
            ids.push(await film(greedy.user.id));
        }
        await stack.sql(`insert into sluice.jobs (id, kind, media, owner, params,
            run_at, rank) select sluice.uuid_v7(), 'restore', '${ids[0]}',
            '${greedy.user.id}', '{"name": "x"}', now() + interval '1 hour',
            now() + interval '1 hour' from generate_series(1, 19)`);
        assertComes(await get(ids[0], { sub: greedy.user.id }), 5);

        const answer = await get(ids[1], { sub: greedy.user.id });

        assert.equal(answer.status, 429, answer.text);
        assert.equal(answer.json.type, "urn:sluice:problem:too-many");
        assert.equal(answer.headers["retry-after"], "3600");
        assertComes(await get(ids[0], { sub: greedy.user.id }), 5);
    });

    it("is a problem while the record is away", async () => {
        archive();
        const id = await film();

        const alone = await stack.secondNginx((text) => text.replace(
            /sluice_database "[^"]*"/,
            'sluice_database "host=127.0.0.1 port=1 dbname=x"'),
        { ready: false });
        const answer = await get(id, { at: alone.url });

        assert.equal(answer.status, 503, answer.text);
        assert.match(answer.headers["content-type"], /problem\+json/);
    });

    it("is led to once it is there, and not before", async () => {
        const state = archive();
        const id = await film();
        const ask = (more) => get(id, { at: leads.url, sub: null, ...more });

        assertComes(await ask(), 5);
        assertComes(await ask({ method: "HEAD" }), 5);

        state.back = true;
        const { status, headers } = await ask();

        assert.equal(status, 302);
        assert.equal(headers["cache-control"], "no-store");
        assert.equal(headers["content-range"], undefined);
        assert.deepEqual(Object.keys(headers).filter((name) =>
            /^x-(amz|rgw)/.test(name)), []);

        const there = await request(headers.location);

        assert.equal(there.status, 200, there.text);
        assert.ok(there.body.equals(BYTES));
    });
});
