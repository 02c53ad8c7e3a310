/* PostgreSQL or Redis away: what still works, and how it comes back. */

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { PassThrough } from "node:stream";

import { request } from "../lib/client.mjs";
import { pdf } from "../lib/files.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 120_000;
const BACK = 5;                 /* seconds: what the issue promises */
/* "xy" is no folder that the worker puts a media file into, as "ab" may be */
const FILE = "/media/xy/x/film.mp4";

let stack, viewer, url, nginx;


before(async () => {
    stack = await startStack();
    viewer = await stack.visitor("viewer");
    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path(FILE.slice(1)), "bytes");
    url = `${stack.url}${FILE}?grant=${minter(stack.keys())
        .grant({ path: FILE })}`;
    nginx = stack.workers();
}, { timeout });

after(() => stack?.stop(), { timeout });


const ready = () => request(`${stack.url}/ready`);

function away(answer, word) {
    assert.equal(answer.status, 503, answer.text);
    assert.match(answer.headers["content-type"], /^application\/problem\+json/);
    assert.equal(answer.json.type, `urn:sluice:problem:${word}`);
    assert.ok(Number(answer.headers["retry-after"]) > 0);
}

/* nginx has several processes, and each has connections of its own. */
const times = (count, action) =>
    Promise.all(Array.from({ length: count }, action));


describe("when PostgreSQL goes", { timeout }, () => {
    let waiting, uploading;

    before(async () => {
        const body = new PassThrough();
        const lock = stack.sql("begin; lock table sluice.media; "
            + "select pg_sleep(600)").catch(() => {});

        uploading = viewer.upload(body, "score.pdf",
            { headers: { "Content-Length": 100_000 } });
        body.write(Buffer.alloc(50_000));
        await until("the upload is being written", () =>
            readdirSync(stack.path("spool"))
                .some((name) => name.endsWith(".part")));

        await until("the table is locked", async () => await stack.sql(
            "select count(*) from pg_locks where granted "
            + "and mode = 'AccessExclusiveLock'") !== "0");
        waiting = viewer.get("/api/media");
        await until("a query waits for it", async () => await stack.sql(
            "select count(*) from pg_stat_activity "
            + "where usename = 'sluice_app' and wait_event_type = 'Lock' "
            + "and query like '%list_media%'") !== "0");

        await stack.stopPostgres();
        await lock;
        body.end(Buffer.alloc(50_000));
    }, { timeout });

    it("a request that waits for it is answered with 503", async () => {
        away(await waiting, "database-away");
    });

    it("an upload that has begun is answered with 503", async () => {
        away(await uploading, "database-away");
    });
});


/* Three crowds in a row without a refusal: each process of nginx is meant, and
   each remembers for a second that it found nobody. */
async function everyProcessAnswers() {
    let well = 0;

    await until("the API answers", async () => {
        const answers = await Promise.all(Array.from({ length: 40 },
            () => viewer.get("/api/media")));

        well = answers.every(({ status }) => status === 200) ? well + 1 : 0;
        return well === 3;
    }, { seconds: BACK });
}


describe("while PostgreSQL is away", { timeout }, () => {

    it("bytes are still served by grant", async () => {
        for (const answer of await times(10, () => request(url))) {
            assert.equal(answer.status, 200);
            assert.equal(answer.text, "bytes");
        }
    });

    it("the API answers 503 and when to ask again", async () => {
        for (const path of ["/api/me", "/api/media"]) {
            for (const answer of await times(6, () => viewer.get(path))) {
                away(answer, "database-away");
            }
        }
    });

    it("signing in answers 503", async () => {
        away(await request(`${stack.url}/api/sessions`, {
            method: "POST", json: { email: stack.email,
                                    password: stack.password } }),
        "database-away");
    });

    it("an upload answers 503 and leaves nothing", async () => {
        const files = readdirSync(stack.path("spool")).length;

        away(await viewer.upload(pdf(), "score.pdf"), "database-away");
        await until("the spool is as it was", () =>
            readdirSync(stack.path("spool")).length === files);
    });

    it("who is not signed in is still told so", async () => {
        assert.equal((await request(`${stack.url}/api/me`)).status, 401);
    });

    it("nginx is healthy but not ready", async () => {
        assert.equal((await request(`${stack.url}/health`)).status, 200);
        away(await ready(), "database-away");
    });
});


describe("when PostgreSQL is back", { timeout }, () => {
    before(() => stack.startPostgres());

    it("the API answers within five seconds, without a reload", async () => {
        await everyProcessAnswers();
        assert.deepEqual(stack.workers(), nginx);
    });

    it("nginx is ready", async () => {
        assert.equal((await ready()).status, 200);
    });

    it("the worker takes what comes", async () => {
        const { id } = await viewer.bring(pdf(), "score.pdf");
        assert.equal((await viewer.ready(id)).pages, 1);
    });

    it("a second outage is survived like the first", async () => {
        await stack.stopPostgres();
        away(await viewer.get("/api/me"), "database-away");
        await stack.startPostgres();
        await everyProcessAnswers();
    });
});


describe("while Redis is away", { timeout }, () => {
    before(() => stack.stopRedis());

    it("bytes are still served by grant", async () => {
        assert.equal((await request(url)).status, 200);
    });

    it("the catalogue answers", async () => {
        assert.equal((await viewer.get("/api/media")).status, 200);
    });

    it("uploads are taken in and worked on", async () => {
        const media = await Promise.all(["a.pdf", "b.pdf", "c.pdf"].map(
            (name) => viewer.bring(pdf(), name)));

        for (const { id } of media) {
            await viewer.ready(id);
        }
    });

    it("nginx stays ready, since all of this works", async () => {
        assert.equal((await ready()).status, 200);
    });
});


describe("when Redis is back, empty", { timeout }, () => {
    before(() => stack.startRedis());

    it("uploads are announced again within five seconds", async () => {
        await until("an upload is announced", async () => {
            const { job } = await viewer.bring(pdf(), "again.pdf");
            const entries = await stack.redis("XRANGE", "sluice:jobs", "-",
                "+");
            return entries.includes(job.id);
        }, { seconds: BACK, every: 250 });
        assert.deepEqual(stack.workers(), nginx);
    });

    it("a worker whose stream is emptied goes on", async () => {
        await stack.redis("FLUSHALL");
        const first = await viewer.bring(pdf(), "first.pdf");
        await stack.redis("FLUSHALL");
        const second = await viewer.bring(pdf(), "second.pdf");

        await viewer.ready(first.id);
        await viewer.ready(second.id);
    });

    it("nothing that was brought is left undone", async () => {
        const undone = () => stack.sql("select kind, state, attempt, error "
            + "from sluice.jobs where state <> 'done'");

        await until("all jobs are done", async () => await undone() === "")
            .catch(async (error) => assert.fail(`${error.message}: `
                + await undone()));
    });
});
