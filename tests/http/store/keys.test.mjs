/* Who comes to the bucket changes while nginx and the worker run: a real
   gateway's user has a second key, and the first is taken from him. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { chownSync, readFileSync, renameSync, rmSync, statSync,
         writeFileSync } from "node:fs";

import { standBetween } from "../lib/between.mjs";
import { startBucket, writeKeys } from "../lib/ceph.mjs";
import { request, until } from "../lib/client.mjs";
import { pdf } from "../lib/files.mjs";
import { inSeconds } from "../lib/metadata.mjs";
import { samples } from "../lib/prometheus.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { Tus, base64, idOf } from "../lib/tus.mjs";

const timeout = 240_000;
const PART = 8 * 2 ** 20;
const NAMED = { "Upload-Metadata": `filename ${base64("film.mp4")}` };
const METRIC = "sluice_store_credentials_seconds";

let bucket, between, stack, viewer, mine;


before(async () => {
    bucket = await startBucket();
    between = await standBetween(bucket.port);
    stack = await startStack({ environment: {
        SLUICE_STORE: `s3://${bucket.name}?endpoint=http://127.0.0.1:`
            + `${between.port}&region=us-east-1&style=path`,
        SLUICE_STORE_KEYS: bucket.keys } });
    viewer = await stack.visitor("viewer");
    mine = new Tus(stack, viewer);
}, { timeout });

after(async () => {
    between?.stop();
    bucket?.stop();
    await stack?.stop({ but: /the store|bucket|credentials/ });
}, { timeout });


const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const keys = () => stack.path("store.keys");
const log = (name = "") => stack.text("logs", `${name}error.log`);

/* Those of nginx that answer. */
const processes = () => stack.workers().filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("worker process"));

/* Lines of the credentials' file that nginx and the worker watch. */
const write = (...lines) => writeKeys(keys(), ...lines);

/* The same at once, in place of an answer that the bucket gives. */
function replace(...lines) {
    const { uid, gid } = statSync(keys());

    writeFileSync(`${keys()}.new`, `${lines.join("\n")}\n`, { mode: 0o600 });
    chownSync(`${keys()}.new`, uid, gid);
    renameSync(`${keys()}.new`, keys());
}

/* From now on the session of who comes with this id has ended, of which nobody
   hears before `then` is over. */
function ended(id, then) {
    between.clear();
    between.on = ({ method, headers: { authorization = "" } }, answer) => {
        if (!authorization.includes(`Credential=${id}/`)) {
            return false;
        }
        then?.();
        answer.writeHead(400, { "Content-Type": "application/xml" })
            .end(method === "HEAD" ? undefined
                : "<Error><Code>ExpiredToken</Code></Error>");
        return true;
    };
}

const from = (id) => between.asked.filter(({ headers }) =>
    headers.authorization?.includes(`Credential=${id}/`)).length;
const post = (bytes, where = stack) => request(
    `${where.url}/api/media?filename=a.mp4`, { method: "POST",
        headers: viewer.headers, body: bytes });
const metric = async (where = stack) => samples((await request(
    `${where.url}/metrics`)).text)[METRIC];


describe("a key that is replaced, and removed at once", { timeout }, () => {
    it("takes no upload along that is on its way in parts", async () => {
        await stack.stopWorker();
        const bytes = randomBytes(3 * PART + 99), first = PART + 9;
        const path = await mine.create(bytes.length, NAMED);

        assert.equal((await mine.patch(path, 0, bytes.subarray(0, first))).status,
                     204);
        const { id } = bucket;

        await bucket.addKey("AKIDSECOND", "secret2");
        await write("AKIDSECOND", "secret2");
        await bucket.removeKey(id);

        const { status, text } = await mine.patch(path, first,
            bytes.subarray(first));

        assert.equal(status, 204, text);
        assert.equal((await bucket.python(`import hashlib
print(hashlib.sha256(s3.get_object(Bucket=bucket,
    Key="spool/${idOf(path)}")["Body"].read()).hexdigest())`)).trim(),
        sha256(bytes));
        await stack.restartWorker();
    });

    it("stops neither the worker nor those who play", async () => {
        const one = await viewer.ready((await viewer.bring(pdf({ pages: 1 }),
            "one.pdf")).id);
        const { id } = bucket;

        await bucket.addKey("AKIDTHIRD", "secret3");
        await write("AKIDTHIRD", "secret3");
        await bucket.removeKey(id);
        between.clear();

        await viewer.ready((await viewer.bring(pdf({ pages: 2 }),
            "two.pdf")).id);
        await until("nginx signs by the third", async () =>
            (await request(one.links.original)).status === 200);
        assert.ok(from("AKIDTHIRD") > 0);
    });
});


describe("a session that has ended", { timeout }, () => {
    it("is looked for anew by an upload, once, and said in a sentence",
        async () => {
            const { id, secret } = bucket;

            await stack.stopWorker();
            await bucket.addKey("AKIDFOURTH", "secret4");
            ended(id, () => replace("AKIDFOURTH", "secret4"));
            const { status, text } = await post(randomBytes(1000));

            assert.equal(status, 201, text);
            assert.equal(from(id), 1);
            assert.equal(log().match(/\(ExpiredToken\): the credentials must be /g)
                .length, 1);
            assert.match(log(), /the store: the session's token .*; there were /);
            Object.assign(bucket, { id, secret });
        });

    it("that nobody renews is refused until somebody does", async () => {
        ended("AKIDFOURTH");
        assert.equal((await post(randomBytes(1001))).json.type,
                     "urn:sluice:problem:store-away");
        assert.match(log(), /write others into their file/);
        replace(bucket.id, bucket.secret);
        await until("uploads are taken", async () =>
            (await post(randomBytes(1002))).status === 201);
        await stack.restartWorker();
    });

    it("is looked for anew by who plays", async () => {
        const { id, secret } = bucket;
        const one = await viewer.ready((await viewer.bring(pdf({ pages: 3 }),
            "three.pdf")).id);

        ended(id, () => replace("AKIDFOURTH", "secret4"));
        assert.equal((await request(one.links.original)).status, 503);
        await until("it plays", async () =>
            (await request(one.links.original)).status === 200);
        between.clear();
        Object.assign(bucket, { id, secret });
        assert.match(log(), /is the token of a session still good\?/);
    });

    it("is known by its time beforehand, and nothing is taken", async () => {
        assert.equal(await metric(), undefined);
        replace("AKIDFOURTH", "secret4", "", inSeconds(-5));
        await until("each of nginx's processes has said so", () =>
            processes().every((pid) => new RegExp(` ${pid}#.*credentials have `
                + "ended: write others into their file").test(log())));
        between.clear();
        assert.equal((await post(randomBytes(1003))).json.type,
                     "urn:sluice:problem:store-away");
        assert.equal(between.asked.filter(({ method }) =>
            method === "PUT").length, 0);
        await until("the metric says so", async () => await metric() === 0);

        replace("AKIDFOURTH", "secret4", "", inSeconds(3600));
        await until("uploads are taken", async () =>
            (await post(randomBytes(1004))).status === 201);
        await until("the metric says for how long", async () => {
            const seconds = await metric();

            return seconds > 3500 && seconds <= 3600;
        });
    });
});


describe("a role, for an nginx", { timeout }, () => {
    let node;

    const file = () => stack.path("role");

    before(async () => {
        writeFileSync(stack.path("role.conf"), stack.text("store.conf")
            .replace(keys(), `role:${file()}`)
            .replace("/cache ", "/cache-role "));
        node = await stack.secondNginx((text) => text.replace("/store.conf",
            "/role.conf"));
    }, { timeout });

    it("without credentials yet starts, and takes nothing", async () => {
        const { stderr } = await node.nginx("-t");

        assert.match(stderr, /role\.conf:\d+|no credentials yet/);
        assert.match(stderr, /role: No such file .* a worker of this machine/);
        assert.equal((await post(randomBytes(1005), node)).json.type,
                     "urn:sluice:problem:store-away");
        assert.equal(await metric(node), undefined);
    });

    it("takes all once the worker has written them", async () => {
        await writeKeys(file(), "AKIDFOURTH", "secret4", "", inSeconds(600));
        await until("uploads are taken", async () =>
            (await post(randomBytes(1006), node)).status === 201);
        await until("the metric says so", async () => await metric(node) > 500);
        const { stderr } = await node.nginx("-t");

        assert.doesNotMatch(stderr, /no credentials/);
    });

    it("that has ended is warned of", async () => {
        rmSync(file());
        await writeKeys(file(), "AKIDFOURTH", "secret4", "", inSeconds(-1));
        const { stderr } = await node.nginx("-t");

        assert.match(stderr, /role have ended: no upload is taken until there/);
    });
});
