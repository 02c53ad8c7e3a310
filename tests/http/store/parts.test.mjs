/* Parts of uploads that go up to a bucket beside each other: how many, whose,
   and what counts of them. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, openSync, statSync, writeSync } from "node:fs";

import { request, until } from "../lib/client.mjs";
import { PART, sha256, startNodes } from "../lib/nodes.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { Tus, base64, idOf } from "../lib/tus.mjs";

const timeout = 240_000;
const NAMED = { "Upload-Metadata": `filename ${base64("film.mp4")}` };

let nodes, between, stack, one, mine;


before(async () => {
    nodes = await startNodes();
    ({ between, stack } = nodes);
    one = await nodes.node("spool-1", "disk", (text) =>
        text.replace(/^worker_processes \w+;/m, "worker_processes 1;"));
    mine = new Tus(stack, await stack.visitor("viewer"), one.url);
}, { timeout });

after(() => nodes?.stop(), { timeout });


/* What was asked of an upload's parts. */
const asked = (path) => between.asked.filter(({ path: url }) =>
    url.includes(`${idOf(path)}?partNumber=`));

const recorded = (path) => stack.sql("select count(*) from sluice.parts where "
    + `upload = '${idOf(path)}'`);

/* From here on requests wait of which `which` says so, until the answer is
   called; `held` counts them. */
function hold(which) {
    let go;
    const gone = new Promise((done) => { go = done; });
    const release = () => {
        between.clear();
        go(false);
    };

    release.held = 0;
    release.answered = 0;
    between.clear();
    between.on = (question, answer) => {
        answer.on("finish", () => release.answered++);
        if (!which(question)) {
            return false;
        }
        release.held++;
        return gone;
    };
    return release;
}

async function whole(path, bytes) {
    assert.equal((await nodes.inBucket())[`a/spool/${idOf(path)}`],
                 sha256(bytes));
    assert.equal(await stack.sql("select count(*) from sluice.media where "
        + `sha256 = '\\x${sha256(bytes)}'`), "1");
    await nodes.empty();
}


describe("parts of an upload", { timeout }, () => {
    it("go up four at a time, and count in their order", async () => {
        const bytes = randomBytes(7 * PART + 5);
        const path = await mine.create(bytes.length, NAMED);
        const release = hold(({ url }) => /\?partNumber=1&/.test(url));
        const sent = mine.patch(path, 0, bytes);

        /* what began it, and three parts */
        await until("three are up", () => release.answered >= 4);
        assert.deepEqual(asked(path).map(({ path: url }) =>
            Number(/partNumber=(\d+)/.exec(url)[1])).sort(), [1, 2, 3, 4]);
        assert.equal(await recorded(path), "0");

        release();
        assert.equal((await sent).status, 204);
        await whole(path, bytes);
    });

    it("are what had come, and not what the disk made of it", async () => {
        const bytes = randomBytes(PART + 5);
        const path = await mine.create(bytes.length, NAMED);
        const file = stack.path("spool-1", `${idOf(path)}.part`);
        const sent = mine.hang(path, 0, bytes.length, bytes.subarray(0, 1000));

        await until("bytes have come", () => existsSync(file)
            && statSync(file).size === 1000);
        const fd = openSync(file, "r+");

        writeSync(fd, Buffer.from([bytes[7] ^ 1]), 0, 1, 7);
        closeSync(fd);
        sent.end(bytes.subarray(1000));

        assert.equal((await sent.answer).statusCode, 500);
        assert.match(stack.text("logs", `${one.name}.error.log`),
            /the store: .*XAmzContentSHA256Mismatch/);
        assert.equal(await recorded(path), "0");
        await mine.request("DELETE", path);
        await nodes.empty();
    });

    it("of which one fails are not safe behind it", async () => {
        const bytes = randomBytes(4 * PART + 5);
        const path = await mine.create(bytes.length, NAMED);

        between.clear();
        between.on = ({ url }, answer) => /\?partNumber=2&/.test(url)
            && answer.writeHead(400).end("<Error><Code>InvalidPart</Code>"
                + "</Error>");
        assert.equal((await mine.patch(path, 0, bytes)).status, 500);
        assert.ok(Number(await recorded(path)) < 2);

        between.clear();
        const at = await mine.offset(path);

        assert.equal((await mine.patch(path, at, bytes.subarray(at))).status,
                     204);
        await whole(path, bytes);
    });
});


describe("many uploads of one user", { timeout }, () => {
    it("leave others their way to the bucket", async () => {
        const other = await stack.visitor("viewer");
        const bytes = [1, 2].map(() => randomBytes(5 * PART));
        const paths = [await mine.create(bytes[0].length, NAMED),
                       await mine.create(bytes[1].length, NAMED)];
        const ids = paths.map(idOf);
        const release = hold(({ url }) => /\?partNumber=/.test(url)
            && ids.some((id) => url.includes(id)));
        const sent = paths.map((path, i) => mine.patch(path, 0, bytes[i]));

        await until("he has all that he may", () => release.held === 6);
        const answer = await request(
            `${one.url}/api/media?filename=a.mp4`, { method: "POST",
                headers: other.headers, body: randomBytes(2 * PART) });

        assert.equal(answer.status, 201, answer.text);
        assert.equal(release.held, 6);
        release();
        for (const { status, text } of await Promise.all(sent)) {
            assert.equal(status, 204, text);
        }
        await whole(paths[1], bytes[1]);
    });
});
