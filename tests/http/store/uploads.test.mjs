/* Uploads into a bucket, by two nodes whose spools are their own. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { Readable } from "node:stream";

import { request, until } from "../lib/client.mjs";
import { PART, sha256, startNodes } from "../lib/nodes.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { Tus, base64, idOf, refused } from "../lib/tus.mjs";

const timeout = 240_000;

let nodes, between, stack, one, two, viewer, mine;


before(async () => {
    nodes = await startNodes();
    ({ between, stack } = nodes);
    one = await nodes.node("spool-1");
    two = await nodes.node("spool-2", "store");
    viewer = await stack.visitor("viewer");
    await stack.sql("update sluice.users set uploads_max = 1000 where id = "
        + `'${viewer.user.id}'`);
    mine = new Tus(stack, viewer);
}, { timeout });

after(() => nodes?.stop(), { timeout });


const inBucket = () => nodes.inBucket();
const underWay = () => nodes.underWay();
const empty = () => nodes.empty();

function post(where, body, name = "a.mp4", headers = {}) {
    return request(`${where.url}/api/media?filename=${name}`, { method: "POST",
        headers: { ...viewer.headers, ...headers }, body });
}


describe("a file at once", { timeout }, () => {
    for (const [what, size] of [["that is small", 1000],
        ["of exactly a part", PART], ["of a part and a byte", PART + 1],
        ["of several parts", 5 * PART + 12345]]) {
        it(`${what} is whole in the bucket when it is answered`, async () => {
            const bytes = randomBytes(size);
            const answer = await post(one, bytes);

            assert.equal(answer.status, 201, answer.text);
            assert.equal((await inBucket())[`a/spool/${answer.json.id}`],
                         sha256(bytes));
            assert.equal(await stack.sql("select count(*), min(encode(sha256, "
                + `'hex')) from sluice.media where id = '${answer.json.id}'`),
            `1|${sha256(bytes)}`);
            assert.equal(await underWay(), 0);
            await empty();
        });
    }

    it("of unknown length, too", async () => {
        const bytes = randomBytes(2 * PART + 77);
        const answer = await post(two, Readable.from([bytes]), "b.mp4");

        assert.equal(answer.status, 201, answer.text);
        assert.equal((await inBucket())[`a/spool/${answer.json.id}`],
                     sha256(bytes));
        await empty();
    });

    it("that its owner has already leaves nothing", async () => {
        const bytes = randomBytes(PART + 5);
        const first = await post(one, bytes);
        const before = Object.keys(await inBucket()).length;
        const again = await post(two, bytes);

        assert.equal(again.status, 200, again.text);
        assert.equal(again.json.id, first.json.id);
        await until("it is gone", async () =>
            Object.keys(await inBucket()).length === before);
        await empty();
    });

    it("goes up while it comes in", async () => {
        let come;
        const parts = () => between.asked.filter(({ path }) =>
            /partNumber/.test(path)).length;

        between.clear();
        async function* body() {
            yield randomBytes(3 * PART);
            await new Promise((done) => { come = done; });
            yield randomBytes(5);
        }
        const sent = post(one, Readable.from(body()), "c.mp4");

        await until("parts have gone up", () => parts() >= 2);
        come();
        assert.equal((await sent).status, 201);
        await empty();
    });

    it("whose client leaves in the middle leaves nothing", async () => {
        const before = Object.keys(await inBucket()).length;

        between.clear();
        async function* body() {
            yield randomBytes(2 * PART);
            await until("a part is there", () => between.asked.some(({ path }) =>
                /partNumber/.test(path)));
            throw new Error("no more");
        }
        await assert.rejects(post(one, Readable.from(body()), "d.mp4"));
        await until("it is aborted", async () => await underWay() === 0);
        assert.equal(Object.keys(await inBucket()).length, before);
        await empty();
    });
});


/* What is whole in the bucket, and once in the record. */
async function whole(path, bytes) {
    const found = await inBucket();

    assert.equal(await stack.sql("select count(*) from sluice.media where "
        + `sha256 = '\\x${sha256(bytes)}'`), "1");
    assert.equal(found[`a/spool/${idOf(path)}`], sha256(bytes));
    assert.equal(await underWay(), 0);
}

const NAMED = { "Upload-Metadata": `filename ${base64("film.mp4")}` };

/* What a client does after a cut, until some node lets it go on. */
async function offsetOf(where, path) {
    let answer;

    await until("the upload is let go", async () => {
        answer = await mine.at(where.url).head(path);
        return answer.status !== 423;
    });
    assert.equal(answer.status, 200, answer.text);
    return Number(answer.headers["upload-offset"]);
}


describe("an upload by tus", { timeout }, () => {
    it("goes on at another node with each request", async () => {
        const bytes = randomBytes(4 * PART + 4321), step = 5_000_001;
        const path = await mine.at(one.url).create(bytes.length, NAMED);
        let at = 0;

        for (let n = 0; at < bytes.length; n++) {
            const where = n % 2 ? one : two;
            const { status, headers, text } = await mine.at(where.url)
                .patch(path, at, bytes.subarray(at, at + step));

            assert.equal(status, 204, text);
            at = Number(headers["upload-offset"]);
            assert.equal(at, Math.min((n + 1) * step, bytes.length));
        }
        await whole(path, bytes);
        assert.equal((await mine.at(one.url).head(path)).headers[
            "upload-offset"], String(bytes.length));
    });

    it("smaller than a part goes on at another node", async () => {
        const bytes = randomBytes(3000);
        const path = await mine.at(one.url).create(bytes.length, NAMED);

        await mine.at(one.url).patch(path, 0, bytes.subarray(0, 1000));
        assert.equal(await offsetOf(two, path), 1000);
        await mine.at(two.url).patch(path, 1000, bytes.subarray(1000, 2000));
        const { status } = await mine.at(one.url).patch(path, 2000,
            bytes.subarray(2000));

        assert.equal(status, 204);
        await whole(path, bytes);
    });

    it("with checksums and a length that comes later", async () => {
        const bytes = randomBytes(2 * PART + 5);
        const sum = (part) => ({ "Upload-Checksum": `sha256 ${
            createHash("sha256").update(part).digest("base64")}` });
        const path = await mine.at(one.url).create(null, NAMED);
        const first = bytes.subarray(0, PART + 7), rest = bytes.subarray(PART + 7);

        refused(await mine.at(one.url).patch(path, 0, first, sum(rest)), 460,
            "upload-checksum");
        assert.equal((await mine.at(two.url).patch(path, 0, first, sum(first)))
            .status, 204);
        assert.equal((await mine.at(one.url).patch(path, first.length, rest,
            { ...sum(rest), "Upload-Length": bytes.length })).status, 204);
        await whole(path, bytes);
    });

    it("whose node is killed goes on from its last part", async () => {
        const three = await nodes.node("spool-3");
        const bytes = randomBytes(4 * PART);
        const path = await mine.at(three.url).create(bytes.length, NAMED);

        between.clear();
        mine.at(three.url).hang(path, 0, bytes.length,
            bytes.subarray(0, 2 * PART + 1000)).on("error", () => {});
        await until("two parts are safe", async () => await stack.sql(
            `select count(*) from sluice.parts where upload = '${idOf(path)}'`)
            === "2");
        nodes.kill(three, "spool-3");

        const at = await offsetOf(two, path);

        assert.equal(at, 2 * PART);
        const rest = () => mine.at(two.url).patch(path, at, bytes.subarray(at));

        await until("its turn is over", async () => (await rest()).status === 204);
        await whole(path, bytes);
    });

    it("is taken over from a node that hangs, with all that it had", async () => {
        const bytes = randomBytes(PART + 5000);
        const path = await mine.at(one.url).create(bytes.length, NAMED);
        const file = stack.path("spool-1", `${idOf(path)}.part`);
        const hung = mine.at(one.url).hang(path, 0, bytes.length,
            bytes.subarray(0, 4000));

        await until("bytes have come", () => existsSync(file)
            && statSync(file).size === 4000);
        const { status, text } = await mine.at(two.url).patch(path, 4000,
            bytes.subarray(4000));

        assert.equal(status, 204, text);
        assert.equal((await hung.answer).statusCode, 423);
        await whole(path, bytes);
    });

    it("that ends at another node meanwhile is told to be done", async () => {
        const bytes = randomBytes(3000);
        const path = await mine.at(one.url).create(bytes.length, NAMED);
        let go;
        const held = new Promise((done) => { go = done; });

        between.clear();
        between.on = (request, answer) => request.method === "PUT"
            && Boolean(held.then(() => between.pass(request, answer)));
        const sent = mine.at(one.url).patch(path, 0, bytes);

        await until("it goes into the bucket", () => between.asked.some(
            ({ method }) => method === "PUT"));
        const began = await stack.sql("select clock_timestamp()");
        const asked = mine.at(two.url).head(path);

        await until("the other node wants its turn", async () =>
            Number(await stack.sql("select count(*) from pg_stat_activity where "
                + "query like '%take_upload%' and application_name = 'sluice' "
                + `and query_start > '${began}'`)) > 0);
        go();
        assert.equal((await sent).status, 204);
        const { status, headers } = await asked;

        between.clear();
        assert.equal(status, 200);
        assert.equal(headers["upload-offset"], String(bytes.length));
        assert.ok(headers["sluice-media"]);
        await whole(path, bytes);
    });

    it("that comes back to a node goes on from what others had", async () => {
        const bytes = randomBytes(9000), third = (n) =>
            bytes.subarray(n * 3000, (n + 1) * 3000);
        const path = await mine.at(one.url).create(bytes.length, NAMED);

        await mine.at(one.url).patch(path, 0, third(0));
        await mine.at(two.url).patch(path, 3000, third(1));
        refused(await mine.at(one.url).patch(path, 3000, third(1)), 409,
            "conflict");
        await mine.at(one.url).patch(path, 6000, third(2));
        await whole(path, bytes);
    });

    it("that is ended leaves nothing", async () => {
        const before = Object.keys(await inBucket()).length;
        const path = await mine.at(one.url).create(3 * PART, NAMED);

        await mine.at(one.url).patch(path, 0, randomBytes(PART + 100));
        assert.equal(await underWay(), 1);
        assert.equal((await mine.at(two.url).request("DELETE", path)).status, 204);
        await until("it is aborted", async () => await underWay() === 0
            && Object.keys(await inBucket()).length === before);
    });

    it("of a file that its owner has leaves one", async () => {
        const bytes = randomBytes(PART + 9);
        const first = await post(one, bytes);
        const before = Object.keys(await inBucket()).length;
        const path = await mine.at(one.url).create(bytes.length, NAMED);
        const { headers } = await mine.at(two.url).patch(path, 0, bytes);

        assert.equal(headers["sluice-media"], first.json.id);
        await until("the other is gone", async () =>
            Object.keys(await inBucket()).length === before);
    });

    it("in parallel parts at one node", async () => {
        const bytes = randomBytes(2 * PART), parts = [];

        for (const part of [bytes.subarray(0, PART + 1),
                            bytes.subarray(PART + 1)]) {
            const path = await mine.at(one.url).create(part.length,
                { "Upload-Concat": "partial" });

            await mine.at(one.url).patch(path, 0, part);
            parts.push(path);
        }
        const answer = await mine.at(one.url).request("POST", "/api/uploads",
            { ...NAMED, "Upload-Concat": `final;${parts.join(" ")}` });

        assert.equal(answer.status, 201, answer.text);
        await whole(answer.headers.location, bytes);
    });

    it("leaves nothing on any node", () => empty());
});


describe("a bucket that takes nothing", { timeout }, () => {
    const answers = (status, code) => (_, answer) => {
        answer.writeHead(status).end(`<Error><Code>${code}</Code></Error>`);
        return true;
    };

    it("that refuses is told, and nobody is let in for a while", async () => {
        between.on = answers(403, "AccessDenied");
        const answer = await post(one, randomBytes(100));

        assert.equal(answer.status, 503);
        assert.equal(answer.json.type, "urn:sluice:problem:store-away");
        assert.ok(Number(answer.headers["retry-after"]) > 0);
        assert.match(stack.text("logs", "nginx.0.error.log"),
            /the store: these credentials may not PUT/);

        between.clear();
        await until("it takes files again", async () =>
            (await post(one, randomBytes(100))).status === 201);
        await empty();
    });

    it("for a moment costs a moment", async () => {
        let times = 0;
        const bytes = randomBytes(2 * PART);

        between.on = ({ method }, answer) => method === "PUT" && times++ < 2
            && answers(503, "SlowDown")(null, answer);
        const answer = await post(two, bytes);

        between.clear();
        assert.equal(answer.status, 201, answer.text);
        assert.equal((await inBucket())[`a/spool/${answer.json.id}`],
                     sha256(bytes));
    });

    it("for a tail is told where the bucket is what counts", async () => {
        const path = await mine.at(one.url).create(2000, NAMED);
        const bytes = randomBytes(2000);

        between.on = ({ method, url }, answer) => method === "PUT"
            && /\.tail$/.test(url) && answers(503, "SlowDown")(null, answer);
        assert.equal((await mine.at(one.url).patch(path, 0,
            bytes.subarray(0, 500))).status, 204);
        refused(await mine.at(one.url).patch(path, 0, bytes), 409, "conflict");
        between.clear();
        await mine.at(one.url).patch(path, 500, bytes.subarray(500, 1000));
        await until("its tail is there", async () => await stack.sql(
            `select tail from sluice.uploads where id = '${idOf(path)}'`)
            === "1000");

        between.on = ({ method, url }, answer) => method === "PUT"
            && /\.tail$/.test(url) && answers(503, "SlowDown")(null, answer);
        refused(await mine.at(two.url).patch(path, 1000,
            bytes.subarray(1000, 1500)), 503, "store-away");
        between.clear();
        assert.equal(await offsetOf(two, path), 1500);
        assert.equal((await mine.at(two.url).patch(path, 1500,
            bytes.subarray(1500))).status, 204);
        await whole(path, bytes);
        await empty();
    });

    it("for longer ends an upload of several parts, and leaves nothing here",
        async () => {
            between.on = ({ method }, answer) => method === "PUT"
                && answers(503, "SlowDown")(null, answer);
            const answer = await post(two, randomBytes(6 * PART));

            assert.equal(answer.status, 503, answer.text);
            between.clear();
            await empty();
        });
});


describe("an upload that nobody came back for", { timeout }, () => {
    it("leaves nothing in the bucket, when its time is over", async () => {
        const before = Object.keys(await inBucket()).length;
        const path = await mine.at(one.url).create(3 * PART, NAMED);

        await mine.at(one.url).patch(path, 0, randomBytes(PART + 100));
        assert.equal(await underWay(), 1);
        await until("its turn is over", async () => await stack.sql(
            "select turn_until is null from sluice.uploads where id = "
            + `'${idOf(path)}'`) === "t");
        await stack.sql("update sluice.uploads set expires_at = now() where id "
            + `= '${idOf(path)}'`);
        await stack.restartWorker();

        const expire = () => stack.sql(
            "select queue.enqueue('expire', unique_key => 'expire')");

        await expire();
        await until("its row is gone", async () => await stack.sql(
            "select count(*) from sluice.strays where id = "
            + `'${idOf(path)}'`) === "1");
        await stack.sql("update sluice.strays set since = '2020-01-01'");
        await until("it is aborted", async () => {
            await expire();
            return await underWay() === 0
                && Object.keys(await inBucket()).length === before;
        });
        assert.equal(await stack.sql("select count(*) from sluice.strays where "
            + `id = '${idOf(path)}'`), "0");
    });
});
