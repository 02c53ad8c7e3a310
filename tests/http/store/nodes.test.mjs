/* Uploads into a bucket by several nodes: parallel parts of one file, each
   request at another node, of which one is lost; and a node that leaves. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync }
    from "node:fs";

import { DefaultHttpStack } from "tus-js-client";

import { until } from "../lib/client.mjs";
import { bring } from "../lib/cutter.mjs";
import { PART, sha256, startNodes } from "../lib/nodes.mjs";
import { run } from "../lib/run.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { Tus, base64, idOf, refused } from "../lib/tus.mjs";

const timeout = 240_000;
const NAMED = { "Upload-Metadata": `filename ${base64("film.mp4")}` };

let nodes, between, stack, all, one, two, viewer, mine;


const drain = () => stack.path("drain-1");

before(async () => {
    nodes = await startNodes();
    ({ between, stack } = nodes);
    one = await nodes.node("spool-1", "disk", (text) => text.replace(
        /\n    server \{/, `\n    sluice_drain ${drain()};$&`));
    two = await nodes.node("spool-2", "store");
    all = [one, two, await nodes.node("spool-3")];
    viewer = await stack.visitor("viewer");
    await stack.sql("update sluice.users set uploads_max = 1000 where id = "
        + `'${viewer.user.id}'`);
    mine = new Tus(stack, viewer);
}, { timeout });

after(() => nodes?.stop(), { timeout });


/* Each request of tus-js-client goes to another node; `taken` counts the bytes that
   they have said they had, some of them twice. */
class Rotating extends DefaultHttpStack {
    asked = 0;
    taken = 0;

    createRequest(method, url) {
        const { pathname } = new URL(url);
        const request = super.createRequest(method,
            all[this.asked++ % all.length].url + pathname);
        const send = request.send.bind(request);

        request.send = async (body) => {
            const answer = await send(body);

            if (method === "PATCH" && answer.getStatus() === 204) {
                this.taken += answer.getHeader("Upload-Offset")
                    - request.getHeader("Upload-Offset");
            }
            return answer;
        };
        return request;
    }
}

/* It is whole in the bucket, once in the record, and there is nothing else of
   it. */
async function whole(id, bytes, spools = () => nodes.empty()) {
    await until("what it was made of is gone", async () =>
        Object.keys(await nodes.inBucket()).length === 1);
    assert.deepEqual(await nodes.inBucket(),
        { [`a/spool/${id}`]: sha256(bytes) });
    assert.equal(await stack.sql("select id, encode(sha256, 'hex'), bytes from "
        + "sluice.media"), `${id}|${sha256(bytes)}|${bytes.length}`);
    assert.equal(await nodes.underWay(), 0);
    await spools();
    await stack.sql("delete from sluice.media");
    await nodes.bucket.python("s3.delete_object(Bucket=bucket, Key="
        + `"a/spool/${id}")`);
}


/* Parts of these sizes, each brought in two requests to two nodes. */
async function partsOf(bytes, sizes) {
    const paths = [];
    let from = 0;

    for (const [n, size] of sizes.entries()) {
        const part = bytes.subarray(from, from += size);
        const path = await mine.at(all[n % 3].url).create(size,
            { "Upload-Concat": "partial" });
        const half = Math.floor(size / 2);

        for (const [i, at] of [0, half].entries()) {
            const { status, text } = await mine.at(all[(n + i) % 3].url)
                .patch(path, at, part.subarray(at, i ? size : half));

            assert.equal(status, 204, text);
        }
        paths.push(path);
    }
    return paths;
}

const join = (where, paths) => mine.at(where.url).request("POST", "/api/uploads",
    { ...NAMED, "Upload-Concat": `final;${paths.join(" ")}` });


describe("parallel parts over three nodes", { timeout }, () => {
    it("become one file, which the bucket copies", async () => {
        const sizes = [PART + 1, 6 * 2 ** 20, 2 * PART];
        const bytes = randomBytes(sizes.reduce((sum, size) => sum + size));
        const paths = await partsOf(bytes, sizes);

        between.clear();
        const answer = await join(two, paths);

        assert.equal(answer.status, 201, answer.text);
        assert.equal(between.asked.filter(({ headers }) =>
            headers["x-amz-copy-source"]).length, 3);
        assert.ok(!between.asked.some(({ method, path }) => method === "GET"
            && path.includes(idOf(paths[0]))), "the first is not read");
        assert.ok(!between.asked.some(({ method, headers }) => method === "PUT"
            && Number(headers["content-length"])), "nothing goes up again");
        await whole(idOf(answer.headers.location), bytes);

        /* whose answer was lost */
        const again = await join(one, paths);

        assert.equal(again.status, 201, again.text);
        assert.equal(again.headers.location, answer.headers.location);
    });

    it("that are too small for a bucket come together", async () => {
        const sizes = [3000, 6 * 2 ** 20, 2 ** 20, 0, 2 ** 20, 9 * 2 ** 20 + 1, 7];
        const bytes = randomBytes(sizes.reduce((sum, size) => sum + size));
        const answer = await join(one, await partsOf(bytes, sizes));

        assert.equal(answer.status, 201, answer.text);
        await whole(idOf(answer.headers.location), bytes);
    });

    it("that are small altogether, too", async () => {
        const bytes = randomBytes(5000);
        const answer = await join(two, await partsOf(bytes, [2000, 2999, 1]));

        assert.equal(answer.status, 201, answer.text);
        await whole(idOf(answer.headers.location), bytes);
    });

    it("are told by any node how far they are, and take no more", async () => {
        const [path] = await partsOf(randomBytes(2000), [2000]);

        for (const { url } of all) {
            assert.equal(await mine.at(url).offset(path), 2000);
            assert.equal((await mine.at(url).patch(path, 2000, "")).status, 204);
            refused(await mine.at(url).patch(path, 2000, "x"), 409, "conflict");
        }
        assert.equal((await mine.at(two.url).request("DELETE", path)).status, 204);
        await until("it is gone", async () =>
            Object.keys(await nodes.inBucket()).length === 0);
    });

    it("of which one is not whole are no file yet", async () => {
        const bytes = randomBytes(2 * PART);
        const [first] = await partsOf(bytes, [PART]);
        const second = await mine.at(two.url).create(PART,
            { "Upload-Concat": "partial" });

        await mine.at(two.url).patch(second, 0, bytes.subarray(PART, PART + 99));
        refused(await join(one, [first, second]), 409, "conflict",
            "Upload-Concat");
        await mine.at(one.url).patch(second, 99, bytes.subarray(PART + 99));
        const answer = await join(two, [first, second]);

        assert.equal(answer.status, 201, answer.text);
        await whole(idOf(answer.headers.location), bytes);
    });

    it("stay what they are when the bucket refuses", async () => {
        const bytes = randomBytes(2 * PART);
        const paths = await partsOf(bytes, [PART, PART]);

        between.on = ({ headers }, answer) => headers["x-amz-copy-source"]
            && answer.writeHead(403).end("<Error><Code>AccessDenied</Code>"
                + "</Error>");
        refused(await join(one, paths), 503, "store-away");
        between.clear();
        await until("what was begun is aborted", async () =>
            await nodes.underWay() === 0);

        const answer = await until("it takes files again", async () => {
            const found = await join(two, paths);

            return found.status === 201 && found;
        });

        await whole(idOf(answer.headers.location), bytes);
    });
});


describe("tus-js-client", { timeout }, () => {
    it("brings parallel parts, each request to another node, of which one is "
       + "lost", async () => {
        const bytes = randomBytes(6 * PART + 4321);
        const httpStack = new Rotating();
        const lost = all[2];
        const sent = bring(bytes, one.url, viewer.token, { httpStack,
            parallelUploads: 3, chunkSize: PART / 2,
            retryDelays: Array(200).fill(250) });

        await until("it has one's turn", async () => Number(await stack.sql(
            "select count(*) from sluice.uploads u join sluice.parts p on "
            + "p.upload = u.id where u.turn_until > now() and u.node = '"
            + `${stack.text("spool-3", ".node").trim()}'`)) > 0);
        nodes.kill(lost, "spool-3");
        const { media } = await sent;

        all = all.filter((node) => node !== lost);
        assert.ok(httpStack.taken - bytes.length <= 3 * PART,
            `${httpStack.taken - bytes.length} bytes came again`);
        await whole(media, bytes);
    });
});


describe("what goes wrong in the midst", { timeout }, () => {
    let four, mounted;
    const disk = () => stack.path("spool-4");
    const unmount = () => spawnSync("umount", ["-l", disk()]);

    before(async () => {
        mkdirSync(disk());
        mounted = await run("mount", ["-t", "tmpfs", "-o",
            "size=2m,mode=1777", "tmpfs", disk()])
            .then(() => true, ({ stderr }) => stderr.trim());
        process.on("exit", unmount);
        four = await nodes.node("spool-4");
    }, { timeout });

    after(() => {
        nodes.names = nodes.names.filter((name) => name !== "spool-4");
        unmount();
    });

    it("a disk that has no room for what came elsewhere costs nothing of it",
        async (t) => {
            if (mounted !== true) {
                return t.skip(mounted);
            }
            const bytes = randomBytes(PART - 1);
            const path = await mine.at(two.url).create(bytes.length, NAMED);

            await mine.at(two.url).patch(path, 0, bytes.subarray(0, PART / 2));
            refused(await mine.at(four.url).patch(path, PART / 2,
                bytes.subarray(PART / 2)), 507, "no-space");
            assert.equal((await mine.at(four.url).head(path)).status, 507);
            assert.equal(await mine.at(one.url).offset(path), PART / 2);
            assert.equal((await mine.at(two.url).patch(path, PART / 2,
                bytes.subarray(PART / 2))).status, 204);
            await whole(idOf(path), bytes);
        });

    it("the record, while parts go up, costs those that it did not hear of",
        async () => {
            const bytes = randomBytes(4 * PART + 9);
            const path = await mine.at(one.url).create(bytes.length, NAMED);
            let go;
            const gone = new Promise((done) => { go = done; });

            between.clear();
            between.on = ({ url }) => /\?partNumber=2&/.test(url)
                && gone.then(() => false);
            const sent = mine.at(one.url).patch(path, 0, bytes);

            await until("one is safe, and others are under way", async () =>
                await stack.sql("select count(*) from sluice.parts where upload "
                    + `= '${idOf(path)}'`) === "1");
            await stack.stopPostgres();
            go();
            between.clear();
            assert.equal((await sent).status, 503);
            await stack.startPostgres();

            const at = await until("any node goes on", async () => {
                const { status, headers } = await mine.at(two.url).head(path);

                return status === 200 && headers["upload-offset"];
            });

            assert.ok(at >= PART, `${at} bytes are there`);
            const rest = () => mine.at(two.url).patch(path, at,
                bytes.subarray(Number(at)));

            await until("its turn is over", async () =>
                (await rest()).status === 204);
            /* nobody came back to the node that it was on */
            await whole(idOf(path), bytes, () => stack.asServer("rm",
                stack.path("spool-1", `${idOf(path)}.part`),
                stack.path("spool-1", `${idOf(path)}.state`)));
        });
});


describe("a node that leaves", { timeout }, () => {
    it("hands over what comes in, to the last byte", async () => {
        const bytes = randomBytes(2 * PART);
        const path = await mine.at(one.url).create(bytes.length, NAMED);
        const file = stack.path("spool-1", `${idOf(path)}.part`);
        const hung = mine.at(one.url).hang(path, 0, bytes.length,
            bytes.subarray(0, PART + 1000));

        await until("bytes have come", () => existsSync(file)
            && statSync(file).size === PART + 1000);
        writeFileSync(drain(), "");
        const answer = await hung.answer;

        assert.equal(answer.statusCode, 503);
        assert.ok(answer.headers["retry-after"]);
        assert.equal(await mine.at(two.url).offset(path), PART + 1000);
        await nodes.empty();
        rmSync(drain());

        assert.equal((await mine.at(two.url).patch(path, PART + 1000,
            bytes.subarray(PART + 1000))).status, 204);
        await whole(idOf(path), bytes);
    });
});
