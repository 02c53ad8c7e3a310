/* Media in a bucket: what comes out by nginx's slices and cache, signed by
   sluice_store. A real gateway answers. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";

import { standBetween } from "../lib/between.mjs";
import { startBucket, writeKeys } from "../lib/ceph.mjs";
import { request, until } from "../lib/client.mjs";
import { overBucket } from "../lib/over_bucket.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 240_000;
const ID = "01890000-0000-7000-8000-0000000000cd";
const FOLDER = `/media/cd/${ID}/`;
const SLICE = 2 ** 20, SIZE = 3.5 * SLICE;
const BYTES = randomBytes(SIZE);
const COPIES = 60;
const ODD = "a b+c%é.mp4";

let bucket, between, stack, node, grant, copies = 0;


/* The first machine's configuration, over the bucket. */
function over(text, words = bucket.words, cache = "cache", first = "") {
    return overBucket(text, { words, port: between.port,
                              cache: `${stack.state}/${cache}`,
                              first: first && `${stack.state}/${first}` });
}


before(async () => {
    bucket = await startBucket();
    between = await standBetween(bucket.port);
    stack = await startStack();

    const file = join(stack.folder, "a.mp4");

    writeFileSync(file, BYTES);
    await bucket.put(`${FOLDER.slice(1)}a.mp4`, file, "text/plain");
    await bucket.put(`${FOLDER.slice(1)}${ODD}`, file, "video/mp4");
    await bucket.put(`${FOLDER.slice(1)}page.svg`, file, "image/svg+xml");
    await bucket.put(`${FOLDER.slice(1)}track.mp4`, file, "video/mp4");
    writeFileSync(file, "#EXTM3U\n");
    await bucket.put(`${FOLDER.slice(1)}track.m3u8`, file, "text/plain");
    await bucket.python(`for n in range(1, ${COPIES + 1}):
    s3.copy({"Bucket": bucket, "Key": "${FOLDER.slice(1)}a.mp4"}, bucket,
            f"${FOLDER.slice(1)}{n}.mp4")`);

    await stack.asServer("mkdir", stack.path("cache"));
    node = await stack.secondNginx((text) => over(text));
    grant = minter(stack.keys()).grant({ path: FOLDER });
}, { timeout });

after(async () => {
    between?.stop();
    bucket?.stop();
    await stack?.stop({ but: /bucket|"sluice_store"/ });
}, { timeout });


function get(name, headers = {}, method = "GET", query = `?grant=${grant}`) {
    return request(`${node.url}${FOLDER}${encodeURIComponent(name)}${query}`,
        { headers, method });
}

/* The name of a copy that nobody has asked for; and nothing else was asked. */
function cold() {
    assert.ok(copies < COPIES);
    between.clear();
    return `${++copies}.mp4`;
}

const slice = (n) => `bytes=${n * SLICE}-${(n + 1) * SLICE - 1}`;

/* The ranges that the bucket was asked for of it, in the order of its bytes. */
const askedOf = (name) => between.asked
    .filter(({ path }) => path.endsWith(`/${name}`)).map(({ range }) => range)
    .sort((a, b) => Number(/\d+/.exec(a)) - Number(/\d+/.exec(b)));


describe("a file of the bucket", { timeout }, () => {
    it("comes whole, as what it is", async () => {
        const name = cold();
        const answer = await get(name);

        assert.equal(answer.status, 200, answer.text);
        assert.ok(answer.body.equals(BYTES));
        assert.equal(answer.headers["content-type"], "video/mp4");
        assert.equal(answer.headers["cache-control"],
                     "private, max-age=31536000, immutable");
        assert.equal(answer.headers["x-content-type-options"], "nosniff");
        assert.deepEqual(Object.keys(answer.headers).filter((name) =>
            /^x-(amz|rgw)/.test(name)), []);
    });

    it("may be called by any name", async () => {
        assert.ok((await get(ODD)).body.equals(BYTES));
    });

    it("comes in ranges, of which the bucket hears slices", async () => {
        for (const [range, from, to] of [["bytes=10-19", 10, 20],
            [`bytes=${SLICE - 5}-${SLICE + 4}`, SLICE - 5, SLICE + 5],
            [`bytes=${SIZE - 7}-`, SIZE - 7, SIZE],
            [`bytes=0-${SIZE}`, 0, SIZE]]) {
            const name = cold();
            const answer = await get(name, { Range: range });

            assert.equal(answer.status, 206, range);
            assert.ok(answer.body.equals(BYTES.subarray(from, to)), range);
            assert.equal(answer.headers["content-range"],
                         `bytes ${from}-${to - 1}/${SIZE}`);
            between.asked.forEach((one) =>
                assert.match(one.range, /^bytes=\d+-\d+$/));
        }
    });

    it("that a client has is not sent", async () => {
        const { headers: { etag } } = await get("a.mp4");
        const answer = await get("a.mp4", { "If-None-Match": etag });

        assert.equal(answer.status, 304);
        assert.equal(answer.body.length, 0);
        assert.equal((await get("a.mp4", { "If-Match": '"x"' })).status, 412);
    });

    it("is told of by HEAD, for which the bucket is asked for a slice",
        async () => {
            const name = cold();
            const answer = await get(name, {}, "HEAD");

            assert.equal(answer.status, 200);
            assert.equal(Number(answer.headers["content-length"]), SIZE);
            assert.deepEqual(askedOf(name), [slice(0)]);
        });

    it("that is none of media is taken for nothing", async () => {
        const { headers } = await get("page.svg");

        assert.equal(headers["content-type"], "application/octet-stream");
        assert.equal(headers["x-content-type-options"], "nosniff");
    });

    it("stands behind the gate, also when it is in the cache", async () => {
        await get("a.mp4");
        between.clear();
        const answer = await get("a.mp4", {}, "GET", "");

        assert.equal(answer.status, 401);
        assert.equal(answer.json.type, "urn:sluice:problem:unauthenticated");
        assert.deepEqual(between.asked, []);
    });

    it("is fetched once, a slice at a time, for all who want it at once",
        async () => {
            const name = cold();
            const answers = await Promise.all(Array.from({ length: 60 },
                () => get(name)));

            answers.forEach(({ body }) => assert.ok(body.equals(BYTES)));
            assert.deepEqual(askedOf(name), [0, 1, 2, 3].map(slice));
        });
});


describe("the slice behind the one that goes out", { timeout }, () => {
    const some = { Range: "bytes=0-9" };
    const isFetched = (name, ranges) => until("it is fetched", () =>
        askedOf(name).length >= ranges.length)
        .then(() => assert.deepEqual(askedOf(name), ranges));

    it("is in the cache when it is asked for", async () => {
        const name = cold();

        assert.equal((await get(name, some)).status, 206);
        await isFetched(name, [slice(0), slice(1)]);

        const range = { Range: `bytes=${SLICE}-${SLICE + 9}` };

        await until("it is there while the bucket is away", async () => {
            between.on = (_, answer) => {
                answer.destroy();
                return true;
            };
            const answer = await get(name, range);

            between.on = null;
            return answer.status === 206
                && answer.body.equals(BYTES.subarray(SLICE, SLICE + 10));
        });
    });

    it("is one, however often somebody asks and goes elsewhere", async () => {
        const name = cold();

        for (let n = 0; n < 5; n++) {
            await get(name, { Range: `bytes=${n}-${n + 9}` });
        }
        await isFetched(name, [slice(0), slice(1)]);
        await get(name, { Range: `bytes=${3 * SLICE}-${3 * SLICE + 9}` });
        await get(name, some);
        assert.deepEqual(askedOf(name), [slice(0), slice(1), slice(3)]);
    });

    it("holds up no request on the same connection", async () => {
        const name = cold();
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const held = [];
        const ask = () => new Promise((resolve, reject) => {
            const asked = http.get(`${node.url}${FOLDER}${name}?grant=${grant}`,
                { agent, headers: some }, (answer) => answer.resume()
                    .on("end", () => resolve([answer.statusCode,
                                              asked.reusedSocket])));

            asked.on("error", reject);
        });

        between.on = (request, answer) => request.headers.range === slice(1)
            && held.push([request, answer]) > 0;
        try {
            assert.deepEqual(await ask(), [206, false]);
            await until("it is on its way", () => held.length > 0);
            assert.deepEqual(await ask(), [206, true]);
            assert.equal(held.length, 1);
        } finally {
            held.forEach(([request, answer]) => between.pass(request, answer));
            agent.destroy();
        }
    });

    it("comes to an end when the client leaves", async () => {
        const name = cold();
        const held = [];

        between.on = (request, answer) => request.headers.range === slice(1)
            && held.push([request, answer]) > 0;
        assert.equal((await get(name, some)).status, 206);
        await until("it is on its way", () => held.length > 0);
        held.forEach(([request, answer]) => between.pass(request, answer));
        between.on = null;
        await get(name, { Range: `bytes=${SLICE}-${SLICE + 9}` });
        assert.deepEqual(askedOf(name).slice(0, 2), [slice(0), slice(1)]);
        assert.ok(askedOf(name).filter((range) => range === slice(1))
            .length === 1);
    });

    it("counts for no link", async () => {
        const name = cold();
        const counted = minter(stack.keys()).grant({ path: FOLDER, bytes: 20,
                                                     jti: "ahead" });
        const ask = () => get(name, some, "GET", `?grant=${counted}`);

        assert.equal((await ask()).status, 206);
        await isFetched(name, [slice(0), slice(1)]);
        assert.equal((await ask()).status, 206);
        assert.equal((await ask()).status, 429);
    });

    it("is fetched for sixteen at once by a process, and no more", async () => {
        const alone = await stack.secondNginx((text) => over(text, bucket.words,
            "cache3").replace(/worker_processes \w+;/, "worker_processes 1;"));
        const names = Array.from({ length: 20 }, cold);
        const held = [];
        const ask = (name) => request(
            `${alone.url}${FOLDER}${name}?grant=${grant}`, { headers: some });

        between.on = (request, answer) => request.headers.range === slice(1)
            && held.push([request, answer]) > 0;
        try {
            await Promise.all(names.map(ask));
            await until("they are on their way", () => held.length >= 16);
            await Promise.all(names.map(ask));
            assert.equal(held.length, 16);
        } finally {
            held.forEach(([request, answer]) => between.pass(request, answer));
            between.on = null;
        }
    });

    it("that the bucket refuses is nobody's fault", async () => {
        const name = cold();

        between.on = (request, answer) => request.headers.range === slice(1)
            && answer.writeHead(403).end("<Error/>");
        assert.equal((await get(name, some)).status, 206);
        await isFetched(name, [slice(0), slice(1)]);
        between.on = null;
        assert.ok((await get(name)).body.equals(BYTES));
    });
});


describe("first slices", { timeout }, () => {
    let other;

    const ask = (name) => request(
        `${other.url}${FOLDER}${name}?grant=${grant}`);
    const kept = async (folder) => (await stack.asServer("find",
        stack.path(folder), "-type", "f")).stdout.split("\n").filter(Boolean)
        .length;

    before(async () => {
        other = await stack.secondNginx((text) => over(text, bucket.words,
            "cache4", "first4"));
    });

    it("are kept where nothing else is", async () => {
        assert.ok((await ask(cold())).body.equals(BYTES));
        await until("all of them are written", async () =>
            await kept("first4") === 1 && await kept("cache4") === 3);
    });

    it("of a track are there when its playlist was seen", async () => {
        between.clear();
        assert.equal((await ask("track.m3u8")).status, 200);
        await until("it was fetched", () => askedOf("track.mp4").length > 0);
        assert.deepEqual(askedOf("track.mp4"), [slice(0)]);
        assert.deepEqual(askedOf("track.m3u8"), [slice(0)]);

        await ask("track.m3u8");
        await ask("track.m3u8");
        assert.deepEqual(askedOf("track.mp4"), [slice(0)]);
    });
});


describe("what the bucket has not, or refuses", { timeout }, () => {
    it("is not there", async () => {
        const answer = await get("b.mp4");

        assert.equal(answer.status, 404);
        assert.doesNotMatch(answer.text, /NoSuchKey|films/);
    });

    it("is a range that is beyond the file", async () => {
        const name = cold();
        const answer = await get(name, { Range: `bytes=${SIZE}-` });

        assert.equal(answer.status, 416);
    });

    for (const status of [403, 400, 301, 500, 503]) {
        it(`is no client's fault: ${status}`, async () => {
            const name = cold();
            between.on = (_, answer) => {
                answer.writeHead(status).end("<Error/>");
                return true;
            };
            const answer = await get(name);

            assert.equal(answer.status, 503);
            assert.doesNotMatch(answer.text, /<Error/);
            assert.equal(answer.headers["retry-after"], "1");
            if (status === 403) {
                assert.match(node.stack.text("logs", "nginx.0.error.log"),
                    /the bucket answered 403: are the credentials/);
            }
        });
    }

    it("lies in an archive, and no record knows it: it is not there",
        async () => {
            const name = cold();

            between.on = (_, answer) => answer.writeHead(403).end(
                "<Error><Code>InvalidObjectState</Code></Error>");
            const answer = await get(name);

            assert.equal(answer.status, 404);
            assert.equal(answer.json.type, "urn:sluice:problem:not-found");
        });

    it("is asked for again where that can help", async () => {
        let times = 0;

        const name = cold();
        between.on = (_, answer) => times++ === 0
            && answer.writeHead(503).end("SlowDown");
        const answer = await get(name, { Range: "bytes=0-9" });

        assert.equal(answer.status, 206);
        assert.ok(answer.body.equals(BYTES.subarray(0, 10)));
    });

    it("plays on from the cache while the bucket is away", async () => {
        const name = cold();
        await get(name);
        between.on = (_, answer) => {
            answer.destroy();
            return true;
        };
        assert.ok((await get(name)).body.equals(BYTES));
    });

    it("is never a whole answer when it was cut", async () => {
        const name = cold();
        between.on = ({ headers: { range } }, answer) => {
            if (!range.startsWith(`bytes=${SLICE}-`)) {
                return false;
            }
            answer.writeHead(206, { "Content-Length": SLICE, "Content-Range":
                `bytes ${SLICE}-${2 * SLICE - 1}/${SIZE}` });
            answer.write(BYTES.subarray(SLICE, SLICE + 1000),
                () => answer.destroy());
            return true;
        };
        await assert.rejects(get(name), /aborted|ECONNRESET|hang up/);

        between.clear();
        assert.ok((await get(name)).body.equals(BYTES));
    });
});


describe("credentials", { timeout }, () => {
    it("are read anew when their file is another", async () => {
        const keys = stack.path("bucket.keys");

        await writeKeys(keys, "AKIDSLUICE", "wrong");
        const other = await stack.secondNginx((text) => over(text,
            bucket.words.replace(bucket.keys, keys), "cache2"));
        const ask = () => request(`${other.url}${FOLDER}a.mp4?grant=${grant}`);

        between.clear();
        assert.equal((await ask()).status, 503);
        await writeKeys(keys, "AKIDSLUICE", "secretsluice");
        await until("the new ones are used", async () =>
            (await ask()).status === 200);
    });

    for (const [what, words, said] of [
        ["that are not there", "s3://films region=x credentials=/nowhere",
         /nowhere: No such file/],
        ["of which none are told", "s3://films region=x",
         /needs credentials=<file> of two lines/],
        ["for a bucket without a region", "s3://films", /needs region=/],
        ["for what is no bucket", "s4://films", /absolute folder, or s3:/],
    ]) {
        it(`${what}: nginx does not start`, async () => {
            const file = stack.path("wrong.conf");

            writeFileSync(file, over(stack.text("nginx.conf"), words));
            await assert.rejects(stack.nginx("-t", "-c", file), said);
        });
    }
});
