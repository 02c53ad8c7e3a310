/* sluicectl store check: a bucket as it must be, and all that may be wrong with
   one, each in a sentence. */

import assert from "node:assert/strict";
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync,
         writeFileSync } from "node:fs";
import { join } from "node:path";

import { standBetween } from "../lib/between.mjs";
import { startBucket, writeKeys } from "../lib/ceph.mjs";
import { run } from "../lib/run.mjs";
import { TOP } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;
const SLUICECTL = join(TOP, "build/sluicectl");

let bucket, between;


const rules = (name) => join(bucket.folder, "rules", name);

before(async () => {
    bucket = await startBucket();
    between = await standBetween(bucket.port);
    cpSync(join(TOP, "conf/s3"), join(bucket.folder, "rules"),
        { recursive: true });
    /* Ceph 16 has no default encryption, and takes nothing at all from
       anybody where public ACLs are blocked. */
    rmSync(rules("encryption.xml"));
    writeFileSync(rules("public-access.xml"), readFileSync(
        rules("public-access.xml"), "utf8")
        .replace("<BlockPublicAcls>true", "<BlockPublicAcls>false"));
}, { timeout });

after(() => {
    between?.stop();
    bucket?.stop();
});


/* {code, output} of a check of the store in these words. */
async function check(words, env = {}, more = ["check"]) {
    try {
        const { stdout } = await run(SLUICECTL, ["store", ...more, "--store",
            words], { env: { ...process.env, ...env } });

        return { code: 0, output: stdout };
    } catch ({ code, stdout, stderr }) {
        return { code, output: stdout + stderr };
    }
}

const words = (change = {}) => {
    const all = { endpoint: bucket.endpoint, region: "us-east-1",
                  credentials: bucket.keys, ...change };

    return `s3://${change.bucket ?? bucket.name}` + Object.entries(all)
        .filter(([name, value]) => name !== "bucket" && value)
        .map(([name, value]) => ` ${name}=${value}`).join("");
};


/* The same of its rules. */
const setup = (text, folder = join(bucket.folder, "rules")) =>
    check(text, {}, ["setup", "--rules", folder]);


describe("a bucket's rules", { timeout }, () => {
    it("are missed, set from files, and found", async () => {
        const before = await check(words());

        assert.equal(before.code, 1);
        assert.deepEqual(before.output.split("\n").filter((line) =>
            line.startsWith("wrong")).map((line) => line.split(":")[0]), [
            "wrong  keeps what is removed for a while",
            "wrong  ends uploads that nobody completes",
            "wrong  ends old versions", "wrong  lets nobody in by mistake"]);

        const { code, output } = await setup(`${words()} `.replace("films",
            "films/a/b"));

        assert.equal(code, 0, output);
        assert.deepEqual(output.trim().split("\n"), [
            "ok     what is removed stays for a while",
            "ok     nobody else is let in",
            "passed what is put is encrypted: there is no encryption.xml",
            "ok     parts and versions end, classes change"]);
        assert.deepEqual(JSON.parse(await bucket.python(`import json
rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
print(json.dumps(sorted([r["ID"], r["Filter"].get("Prefix",
    r["Filter"].get("And", {}).get("Prefix"))] for r in rules)))`)), [
            ["sluice-originals", "a/b/media/"], ["sluice-parts", "a/b/"],
            ["sluice-versions", "a/b/"]]);
    });

    it("that the bucket does not take are told", async () => {
        const folder = join(bucket.folder, "others");

        mkdirSync(folder);
        copyFileSync(join(TOP, "conf/s3/encryption.xml"),
            join(folder, "encryption.xml"));
        const { code, output } = await setup(words(), folder);

        assert.equal(code, 1);
        assert.match(output, /wrong {2}what is put is encrypted: 127\.0\.0\.1 an/);
    });
});


describe("a bucket as it must be", { timeout }, () => {
    it("is looked at from all sides, and left as it was", async () => {
        const { code, output } = await check(words());

        assert.equal(code, 0, output);
        assert.deepEqual(output.trim().split("\n"), [
            "ok     takes a file, whose SHA-256 it compares",
            "ok     gives a range of it", "ok     gives the bytes that it took",
            "ok     tells its size", "ok     lists names",
            "ok     shows at once what it took", "ok     is nobody else's",
            "ok     removes it", "ok     has the same clock",
            "ok     keeps what is removed for a while",
            "ok     ends uploads that nobody completes",
            "ok     ends old versions", "ok     lets nobody in by mistake"]);
        assert.equal(await bucket.python(
            "print(s3.list_objects_v2(Bucket=bucket)['KeyCount'])"), "0\n");
    });

    it("may have a prefix, and credentials of the environment", async () => {
        const { code, output } = await check(`s3://${bucket.name}/a/b `
            + `endpoint=${bucket.endpoint} region=us-east-1`, {
            AWS_ACCESS_KEY_ID: "AKIDSLUICE",
            AWS_SECRET_ACCESS_KEY: "secretsluice" });

        assert.equal(code, 0, output);
    });

    it("is asked again where it is slow to answer", async () => {
        let times = 0;

        between.on = ({ method }, answer) => method === "PUT" && times++ < 2
            && answer.writeHead(503).end("<Error><Code>SlowDown</Code></Error>");
        const { code, output } = await check(words({
            endpoint: `http://127.0.0.1:${between.port}` }));

        between.clear();
        assert.equal(code, 0, output);
        assert.equal(times, 3);
    });
});


describe("what is wrong is said", { timeout }, () => {
    it("no such bucket", async () => {
        const { code, output } = await check(words({ bucket: "nothing" }));

        assert.equal(code, 1);
        assert.match(output, /there is no bucket "nothing" at 127\.0\.0\.1/);
    });

    it("wrong keys", async () => {
        const keys = join(bucket.folder, "wrong");

        await writeKeys(keys, "AKIDSLUICE", "wrong");
        assert.match((await check(words({ credentials: keys }))).output,
            /knows no such credentials \(SignatureDoesNotMatch\)/);
        await writeKeys(keys, "NOBODY", "secretsluice");
        assert.match((await check(words({ credentials: keys }))).output,
            /knows no such credentials \(InvalidAccessKeyId\)/);
    });

    it("no credentials", async () => {
        assert.match((await check(words({ credentials: "" }),
            { AWS_ACCESS_KEY_ID: "" })).output, /needs credentials=<file> of two lines/);
        assert.match((await check(words({ credentials: "/nowhere" }))).output,
            /nowhere: No such file/);
    });

    it("nobody there", async () => {
        assert.match((await check(words({ endpoint: "http://127.0.0.1:1" })))
            .output, /127\.0\.0\.1: Failed to connect/);
    });

    for (const [what, status, code, said] of [
        ["another region", 301, "PermanentRedirect", /in another region than/],
        ["a token that has ended", 400, "ExpiredToken", /must be renewed/],
        ["no rights", 403, "AccessDenied", /may not PUT in the bucket/],
        ["a clock that is off", 403, "RequestTimeTooSkewed",
         /clock goes \d+ s before the bucket's/],
    ]) {
        it(what, async () => {
            between.on = (_, answer) => answer.writeHead(status, {
                Date: "Mon, 30 Nov 2020 20:00:00 GMT",
                "Content-Type": "application/xml",
            }).end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
            const { code: rc, output } = await check(words({
                endpoint: `http://127.0.0.1:${between.port}` }));

            between.clear();
            assert.equal(rc, 1);
            assert.match(output, said);
        });
    }

    it("bytes that are not those that came", async () => {
        between.on = ({ method }, answer) => method === "GET"
            && answer.writeHead(206, { "Content-Length": 98766 })
                .end(Buffer.alloc(98766));
        const { output } = await check(words({
            endpoint: `http://127.0.0.1:${between.port}` }));

        between.clear();
        assert.match(output, /wrong {2}gives the bytes that it took: they are/);
    });

    it("a bucket that anybody can read, and one that keeps nothing",
        async () => {
            await bucket.python("s3.create_bucket(Bucket='open')\n"
                + "s3.put_bucket_policy(Bucket='open', Policy='''{"
                + '"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
                + '"Principal": "*", "Action": "s3:GetObject", "Resource": '
                + "\"arn:aws:s3:::open/*\"}]}''')");
            const { code, output } = await check(words({ bucket: "open" }));

            assert.equal(code, 1);
            assert.match(output, /wrong {2}is nobody else's: anybody can read/);
            assert.match(output, /wrong {2}keeps what is removed .*versioning/);
        });

    it("words that are none", async () => {
        const { code, output } = await check("s3://films");

        assert.equal(code, 2);
        assert.match(output, /--store: s3:\/\/films needs region=/);
    });
});
