/* tus 1.0.0 to the letter, where clients of other servers lean on it. */

import assert from "node:assert/strict";
import { Readable } from "node:stream";

import { request } from "../lib/client.mjs";
import { fresh } from "../lib/files.mjs";
import { raw } from "../lib/forge.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { TYPE, Tus, base64, refused } from "../lib/tus.mjs";

const timeout = 120_000;
const HUGE = "9223372036854775807";

let stack, viewer, mine;


/* No worker: what comes in stays as it came. */
before(async () => {
    stack = await startStack();
    await stack.stopWorker();
    viewer = await stack.visitor("viewer");
    mine = new Tus(stack, viewer);
}, { timeout });

after(() => stack?.stop(), { timeout });


const empty = () => Readable.from([]);

async function part(text) {
    const path = await mine.create(text.length, { "Upload-Concat": "partial" });

    assert.equal((await mine.patch(path, 0, text)).status, 204);
    return path;
}

const final = (...paths) => mine.request("POST", "/api/uploads", {
    "Upload-Concat": `final;${paths.join(" ")}`,
    "Upload-Metadata": `filename ${base64("whole.mp4")}` });


describe("a final upload", { timeout }, () => {
    it("tells by HEAD what it was put together from", async () => {
        const paths = [await part(fresh()), await part(fresh())];
        const { headers } = await final(...paths);
        const head = await mine.head(headers.location);

        assert.equal(head.headers["upload-concat"], `final;${paths.join(" ")}`);
        assert.equal((await mine.head(paths[0])).headers["upload-concat"],
            "partial");
    });

    it("is never what the same parts made in another order", async () => {
        const [a, b] = [fresh(), fresh()];
        const paths = [await part(a), await part(b)];
        const first = await final(...paths);
        const made = await viewer.media(first.headers["sluice-media"]);

        refused(await final(...[...paths].reverse()), 409, "conflict",
            "Upload-Concat");
        assert.equal((await final(...paths)).headers.location,
            first.headers.location);

        const again = await final(await part(b), await part(a));

        assert.equal(again.status, 201);
        assert.notEqual(again.headers["sluice-media"], made.id);
    });
});


describe("a creation", { timeout }, () => {
    it("is taken with a slash behind the path, too", async () => {
        const answer = await mine.request("POST", "/api/uploads/",
            { "Upload-Length": 3 });

        assert.equal(answer.status, 201, answer.text);
        assert.match(answer.headers.location, /^\/api\/uploads\/[^/]+$/);
        assert.equal((await request(`${stack.url}/api/uploads/`,
            { method: "OPTIONS" })).status, 204);
    });

    it("brings nothing with an empty body of unknown length", async () => {
        const answer = await mine.request("POST", "/api/uploads",
            { "Upload-Length": 3 }, empty());

        assert.equal(answer.status, 201, answer.text);
        assert.equal(await mine.offset(answer.headers.location), 0);

        const typed = await mine.request("POST", "/api/uploads",
            { "Upload-Length": 3, "Content-Type": TYPE }, empty());

        assert.equal(typed.status, 201, typed.text);
    });

    it("of a final one may have an empty body of unknown length", async () => {
        const answer = await mine.request("POST", "/api/uploads", {
            "Upload-Concat": `final;${await part(fresh())}` }, empty());

        assert.equal(answer.status, 201, answer.text);
    });
});


describe("a length that comes later", { timeout }, () => {
    it("is not below what is there, and spoils nothing", async () => {
        const path = await mine.create(null);

        await mine.patch(path, 0, "abcdef");
        for (const offset of [6, 0]) {
            const answer = await mine.patch(path, offset, "",
                { "Upload-Length": 3 });

            if (offset === 0) {
                refused(answer, 409, "conflict");
            } else {
                refused(answer, 400, "header-invalid", "Upload-Length");
                assert.equal(answer.headers["tus-max-size"], undefined);
            }
        }
        assert.equal((await mine.head(path)).headers["upload-defer-length"],
            "1");
        assert.equal((await mine.patch(path, 6, "",
            { "Upload-Length": 6 })).status, 204);
    });
});


describe("a body of 2^63 - 1 bytes", { timeout }, () => {
    const send = (method, path, headers) => raw([
        `${method} ${path} HTTP/1.1`, "Host: x", "Connection: close",
        `Authorization: Bearer ${viewer.token}`, "Tus-Resumable: 1.0.0",
        `Content-Length: ${HUGE}`, `Content-Type: ${TYPE}`, ...headers, "", "",
    ].join("\r\n"), stack.port);

    it("is too large, however it is announced", async () => {
        const path = await mine.create(5);

        await mine.patch(path, 0, "abc");
        for (const answer of [
            await send("POST", "/api/media?filename=a.mp4", []),
            await send("PATCH", path, ["Upload-Offset: 3"]),
            await send("POST", "/api/uploads", ["Upload-Length: 5"]),
        ]) {
            assert.equal(answer.status, 413, answer.text);
        }
        assert.equal(await mine.offset(path), 3);
    });
});


describe("OPTIONS", { timeout }, () => {
    it("tells without a token what there is", async () => {
        const answer = await request(`${stack.url}/api/uploads`,
            { method: "OPTIONS" });

        assert.equal(answer.status, 204, answer.text);
        assert.match(answer.headers["tus-extension"], /concatenation/);
    });

    it("opens nothing else", async () => {
        for (const path of ["/api/media", "/api/me"]) {
            const { status } = await request(`${stack.url}${path}`,
                { method: "OPTIONS" });

            assert.ok(status === 401 || status === 405, `${path}: ${status}`);
        }
    });
});
