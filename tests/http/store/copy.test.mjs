/* sluicectl store copy, verify: media move from a folder to a bucket and back,
   while serving goes on. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { startBucket } from "../lib/ceph.mjs";
import { request } from "../lib/client.mjs";
import { pdf } from "../lib/files.mjs";
import { H264, maker, picture } from "../lib/films.mjs";
import { run } from "../lib/run.mjs";
import { TOP, startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;

let bucket, stack, client, films, film, score;


before(async () => {
    bucket = await startBucket();
    stack = await startStack();
    client = await stack.visitor("viewer");
    films = maker(stack, client);
    film = await films.taken(await films.made("film.mp4", ...picture(2),
        ...H264));
    score = await films.taken(films.written("score.pdf", pdf({ pages: 1 })));
}, { timeout });

after(async () => {
    await stack?.stop({ but: /bucket/ });
    bucket?.stop();
}, { timeout });


/* {code, output} of it between two places. */
async function store(verb, from, to) {
    try {
        const { stdout } = await stack.asServer(stack.path("bin/sluicectl"),
            "store", verb, "--from", from, "--to", to);

        return { code: 0, output: stdout };
    } catch ({ code, stdout, stderr }) {
        return { code, output: stdout + stderr };
    }
}

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
const original = (of) => `media/${of.id.slice(-2)}/${of.id}/original.`
    + (of === score ? "pdf" : "mp4");

/* All files below a folder's media, as {name: digest}. */
const files = (folder) => Object.fromEntries(readdirSync(join(folder, "media"),
    { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((path) => [path.slice(folder.length + 1), digest(readFileSync(path))]));

/* The stack goes on, with media there. */
const restart = (environment) => run(join(TOP, "conf/stack"), ["up"],
    { env: { ...stack.environment, ...environment }, timeout: 60_000 });

async function plays(of) {
    const now = await client.media(of.id);
    const answer = await request(now.links.original);

    assert.equal(answer.status, 200, answer.text);
    return digest(answer.body);
}


describe("media", { timeout }, () => {
    it("are copied to a bucket, and compared", async () => {
        const all = Object.keys(files(stack.state)).length;

        assert.match((await store("verify", stack.state, bucket.words)).output,
            /is missing\n0 files of 0 bytes compared, \d+ are wrong/);
        const { code, output } = await store("copy", stack.state, bucket.words);

        assert.equal(code, 0, output);
        assert.match(output, new RegExp(`^${all} files of \\d+ bytes copied, 0`));
        const again = await store("verify", stack.state, bucket.words);

        assert.equal(again.code, 0, again.output);
        assert.match(again.output,
            new RegExp(`^${all} files of \\d+ bytes compared, 0 are wrong`));
        assert.equal(await bucket.python(`print(s3.head_object(Bucket=bucket,
            Key="${original(score)}")["ContentType"])`), "application/pdf\n");
    });

    it("that are other ones or missing are told, and copied again",
        async () => {
            const size = readFileSync(stack.path(original(film))).length;

            await bucket.python(`
s3.put_object(Bucket=bucket, Key="${original(film)}", Body=b"x" * ${size})
s3.put_object(Bucket=bucket, Key="${original(score)}", Body=b"short")
s3.put_object(Bucket=bucket, Key="media/../../etc/x", Body=b"strange")`);
            const { code, output } = await store("verify", stack.state,
                bucket.words);

            assert.equal(code, 1);
            assert.match(output, new RegExp(`${original(film)}: is another file`));
            assert.match(output,
                new RegExp(`${original(score)}: has another size`));
            assert.match(output, /, 2 are wrong/);
            await bucket.python(
                `s3.delete_object(Bucket=bucket, Key="${original(film)}")`);
            assert.match((await store("copy", stack.state, bucket.words)).output,
                /^2 files of/);
            assert.equal((await store("verify", stack.state, bucket.words)).code,
                0);
        });

    it("are served from there, and what comes then goes back with them",
        async () => {
            const was = await plays(film);

            await restart({ SLUICE_STORE: `s3://${bucket.name}?endpoint=`
                + `${bucket.endpoint}&region=us-east-1&style=path`,
            SLUICE_STORE_KEYS: bucket.keys });
            assert.equal(await plays(film), was);

            const later = await films.taken(films.written("later.pdf",
                pdf({ pages: 2 })));
            const sum = await plays(later);

            assert.match((await store("copy", bucket.words, stack.state)).output,
                /^\d+ files of \d+ bytes copied, \d\d+ were there/);
            const { code, output } = await store("verify", bucket.words,
                stack.state);

            assert.equal(code, 0, output);
            await restart({});
            assert.equal(await plays(film), was);
            assert.equal(await plays(later), sum);
            assert.ok(!readdirSync(stack.path("media")).includes(".."));
        });

    it("go to a folder that has none, without the names that are not ours",
        async () => {
            const folder = join(stack.state, "other");

            await stack.asServer("mkdir", "-p", join(folder, "media"));
            const { code, output } = await store("copy", bucket.words, folder);

            assert.equal(code, 0, output);
            assert.deepEqual(files(folder), files(stack.state));
        });
});


describe("a file of 70 MiB", { timeout }, () => {
    it("goes up in parts, and is the same", async () => {
        const folder = join(stack.state, "large");
        const name = "media/aa/large/original.bin";

        await stack.asServer("mkdir", "-p", join(folder, "media/aa/large"));
        await stack.asServer("sh", "-c",
            `head -c ${70 * 2 ** 20} /dev/urandom > ${join(folder, name)}`);
        const { code, output } = await store("copy", folder, bucket.words);

        assert.equal(code, 0, output);
        assert.match(await bucket.python(`print(s3.head_object(Bucket=bucket,
            Key="${name}")["ETag"])`), /-9"/);
        assert.match((await store("verify", folder, bucket.words)).output,
            /^1 files of 73400320 bytes compared, 0 are wrong/);
        assert.equal(await bucket.python(`print(len(
            s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])))`),
        "0\n");
    });
});


describe("what is wrong is said", { timeout }, () => {
    it("before anything is copied", async () => {
        const nowhere = bucket.words.replace("s3://films", "s3://nothing");

        for (const [from, to, code, said] of [
            ["/nowhere", bucket.words, 1, /nowhere\/media: No such file/],
            [stack.state, nowhere, 1, /there is no bucket "nothing"/],
            [nowhere, stack.state, 1, /there is no bucket "nothing"/],
            ["s3://films", stack.state, 2, /--from: s3:\/\/films needs region=/],
        ]) {
            const answer = await store("copy", from, to);

            assert.equal(answer.code, code, answer.output);
            assert.match(answer.output, said);
        }
        await assert.rejects(stack.sluicectl("store", "copy", "--from", "/srv"),
            /--from and --to say what is copied where/);
    });
});
