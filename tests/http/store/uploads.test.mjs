/* Uploads into a bucket, by two nodes whose spools are their own. A real
   gateway takes them; no worker, so what came in stays as it came. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { Readable } from "node:stream";

import { standBetween } from "../lib/between.mjs";
import { startBucket } from "../lib/ceph.mjs";
import { request, until } from "../lib/client.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;
const PART = 8 * 2 ** 20;

let bucket, between, stack, one, two, viewer;


/* A node of a bucket, whose spool nobody else has. */
async function node(name) {
    await stack.asServer("mkdir", stack.path(name));
    return stack.secondNginx((text) => text
        .replace(/\n    server \{/, `
    sluice_store s3://${bucket.name}/a endpoint=http://127.0.0.1:${between.port}
                 region=us-east-1 style=path credentials=${bucket.keys};
    server {`)
        .replaceAll(`sluice_upload ${stack.state}/spool `,
                    `sluice_upload ${stack.path(name)} keep_free=1m `));
}


before(async () => {
    bucket = await startBucket();
    between = await standBetween(bucket.port);
    stack = await startStack();
    await stack.stopWorker();
    one = await node("spool-1");
    two = await node("spool-2");
    viewer = await stack.visitor("viewer");
    await stack.sql("update sluice.users set uploads_max = 1000 where id = "
        + `'${viewer.user.id}'`);
}, { timeout });

after(async () => {
    between?.stop();
    bucket?.stop();
    await stack?.stop({ but: /the store: / });
}, { timeout });


const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

function post(where, body, name = "a.mp4", headers = {}) {
    return request(`${where.url}/api/media?filename=${name}`, { method: "POST",
        headers: { ...viewer.headers, ...headers }, body });
}

/* {name: sha256} of all that is in the bucket. */
async function inBucket() {
    return JSON.parse(await bucket.python(`
import hashlib, json
print(json.dumps({o["Key"]: hashlib.sha256(s3.get_object(Bucket=bucket,
    Key=o["Key"])["Body"].read()).hexdigest()
    for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}))`));
}

/* How many uploads in parts are neither completed nor aborted. */
const underWay = async () => Number(await bucket.python(
    "print(len(s3.list_multipart_uploads(Bucket=bucket).get('Uploads', [])))"));

/* The spools hold nothing of any upload. */
const empty = () => until("the spools are empty", () =>
    ["spool-1", "spool-2"].every((name) => readdirSync(stack.path(name))
        .every((file) => file.startsWith("."))));


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
