/* A bucket of which something is wrong: sluice-worker -t and nginx say what, in
   a sentence with what to do, and no upload is taken. A real gateway answers,
   but for what it cannot be. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";

import { standBetween } from "../lib/between.mjs";
import { startBucket, writeKeys } from "../lib/ceph.mjs";
import { request } from "../lib/client.mjs";
import { inSeconds } from "../lib/metadata.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;

let bucket, between, stack, viewer, nodes = 0;


before(async () => {
    bucket = await startBucket();
    between = await standBetween(bucket.port);
    stack = await startStack({ environment: {
        SLUICE_STORE: `s3://${bucket.name}?endpoint=http://127.0.0.1:`
            + `${between.port}&region=us-east-1&style=path`,
        SLUICE_STORE_KEYS: bucket.keys } });
    await stack.stopWorker();
    viewer = await stack.visitor("viewer");
    await bucket.python("s3.create_bucket(Bucket='open', ACL='public-read')");
}, { timeout });

after(async () => {
    between?.stop();
    bucket?.stop();
    await stack?.stop({ but: /the store|credentials/ });
}, { timeout });


const answers = (status, code) => (_, answer) => {
    answer.writeHead(status, { "Content-Type": "application/xml" })
        .end(_.method === "HEAD" ? undefined
            : `<Error><Code>${code}</Code></Error>`);
    return true;
};

/* What sluice-worker -t has to say of a store in other words. */
async function tried(change) {
    const conf = stack.path("wrong.conf");

    writeFileSync(conf, stack.text("worker.conf").replace(/^store .*/m, change));
    try {
        return (await stack.asServer(stack.path("bin/sluice-worker"), "-t", "-c",
            conf)).stdout;
    } catch ({ stderr }) {
        return stderr;
    }
}

/* A node with such a store: what its log says of an upload, which it did not
   take. */
async function refused(change) {
    const name = `wrong-${++nodes}.conf`;

    writeFileSync(stack.path(name), stack.text("store.conf")
        .replace(/s3:.*(?=;)/, change).replace("/cache ", `/cache${nodes} `));
    const node = await stack.secondNginx((text) => text.replace("/store.conf",
        `/${name}`));
    const { status, json } = await request(
        `${node.url}/api/media?filename=a.mp4`, { method: "POST",
            headers: viewer.headers, body: randomBytes(99) });

    await node.stop();
    assert.equal(status, 503);
    assert.equal(json.type, "urn:sluice:problem:store-away");
    return stack.text("logs", `${node.name}.error.log`);
}


describe("a bucket", { timeout }, () => {
    const keys = async (...lines) => {
        const file = stack.path("wrong.keys");

        await writeKeys(file, ...lines);
        return (words) => words.replace(/credentials=\S+/, `credentials=${file}`);
    };
    const is = (change) => (words) => change(words);

    for (const [what, change, on, said] of [
        ["that is not there", is((words) => words.replace("films", "nothing")),
         null, /there is no bucket "nothing" at 127\.0\.0\.1: make it, or corr/],
        ["to which nobody comes with that secret",
         () => keys("AKIDSLUICE", "wrong"), null,
         /knows no such credentials \(SignatureDoesNotMatch\): correct their/],
        ["to which nobody comes with that id", () => keys("NOBODY", "wrong"),
         null, /knows no such credentials \(InvalidAccessKeyId\): correct/],
        ["for which a session has ended", null, answers(400, "ExpiredToken"),
         /\(ExpiredToken\): the credentials must be renewed: write others into/],
        ["that is in another region", null,
         answers(301, "PermanentRedirect"),
         /in another region than us-east-1: correct region=, or endpoint=/],
        ["whose region is signed wrongly", null,
         answers(400, "AuthorizationHeaderMalformed"),
         /in another region than us-east-1: correct region=, or endpoint=/],
        ["where nobody is", is((words) => words.replace(/endpoint=\S+/,
            "endpoint=http://127.0.0.1:1")), null,
         /127\.0\.0\.1: Failed to connect.*is it there, and endpoint= right\?/],
    ]) {
        it(`${what} is told`, async () => {
            const made = change === null ? (words) => words
                : change.length === 0 ? await change() : change;
            const line = /^store .*/m.exec(stack.text("worker.conf"))[0];
            const words = line.replace(/^store +/, "");

            between.on = on;
            assert.match(await tried(`store ${made(words)}`), said);
            assert.match(await refused(made(words)), said);
            between.clear();
        });
    }

    it("that anybody can read is told", async () => {
        const line = /^store .*/m.exec(stack.text("worker.conf"))[0];

        assert.match(await tried(line.replace("films", "open")),
            /anybody can read what is in the bucket "open": block public access/);
    });

    it("of which anybody can read files is told", async () => {
        const line = /^store .*/m.exec(stack.text("worker.conf"))[0];

        assert.match(await tried(line), /is good/);
        await bucket.python("s3.put_object(Bucket=bucket, Key='media/x', "
            + "Body=b'x', ACL='public-read')");
        assert.match(await tried(line), /anybody can read what is in the bucket/);
        await bucket.python("s3.delete_object(Bucket=bucket, Key='media/x')");
    });

    it("that is none at all is told", async () => {
        const line = /^store .*/m.exec(stack.text("worker.conf"))[0];

        between.on = (_, answer) => answer.writeHead(404).end("<html>");
        assert.match(await tried(line), /answers 404 as no S3 does: correct end/);
        between.on = (_, answer) => answer.end("hello");
        assert.match(await tried(line), /no XML: is endpoint= that of an S3\?/);
        between.clear();
    });

    it("whose credentials have ended by their file is told", async () => {
        const line = /^store .*/m.exec(stack.text("worker.conf"))[0];
        const made = await keys("AKIDSLUICE", "secretsluice", "",
            inSeconds(-5));

        assert.match(await tried(made(line)), /have ended: write others into it/);
        await refused(made(line.replace(/^store +/, "")));
    });
});
