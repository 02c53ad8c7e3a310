/* tus 1.0.0 at /api/uploads, with requests as they go over the wire. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import {
    existsSync, readFileSync, readdirSync, statSync, truncateSync, unlinkSync,
    writeFileSync,
} from "node:fs";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";

import { request, sendPart } from "./client.mjs";
import { startStack, until } from "./stack.mjs";

const timeout = 60_000;
const TYPE = "application/offset+octet-stream";

let stack, viewer;


/* No worker: what comes in stays as it came. */
before(async () => {
    stack = await startStack({ extra: (state) => `
        location /small {
            sluice_gate user;
            sluice_upload ${state}/spool max_size=64k keep_free=1m;
            sluice_api;
            rewrite ^/small(.*) /api/uploads$1 break;
        }
        location /full {
            sluice_gate user;
            sluice_upload ${state}/spool keep_free=1000000g;
            sluice_api;
            rewrite ^/full(.*) /api/uploads$1 break;
        }` });
    await stack.stopWorker();
    viewer = await stack.visitor("viewer");
}, { timeout });

after(() => stack?.stop(), { timeout });


const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const base64 = (text) => Buffer.from(text).toString("base64");
const file = (id, end = ".part") => stack.path("spool", `${id}${end}`);
const idOf = (location) => location.slice("/api/uploads/".length);

function tus(method, path, headers = {}, body = undefined, who = viewer) {
    return request(`${stack.url}${path}`, {
        method, body,
        headers: { ...who.headers, "Tus-Resumable": "1.0.0", ...headers },
    });
}

/* A fresh upload's path. */
async function create(length, headers = {}, who = viewer) {
    const answer = await tus("POST", "/api/uploads",
        { ...(length === null ? { "Upload-Defer-Length": "1" }
            : { "Upload-Length": length }), ...headers }, undefined, who);

    assert.equal(answer.status, 201, answer.text);
    return answer.headers.location;
}

function patch(path, offset, body, headers = {}, who = viewer) {
    return tus("PATCH", path, { "Upload-Offset": offset, "Content-Type": TYPE,
                                ...headers }, body, who);
}

async function offset(path, who = viewer) {
    const answer = await tus("HEAD", path, {}, undefined, who);

    assert.equal(answer.status, 200);
    return Number(answer.headers["upload-offset"]);
}

function refused(answer, status, word, field) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.type, `urn:sluice:problem:${word}`);
    assert.equal(answer.json.field, field);
    assert.equal(answer.headers["tus-resumable"], "1.0.0");
}

/* A PATCH of which only `body` is sent, and which stays open. */
function hang(path, at, length, body, url = stack.url) {
    const outgoing = sendPart(`${url}${path}`, {
        length, body, method: "PATCH",
        headers: { ...viewer.headers, "Tus-Resumable": "1.0.0",
                   "Upload-Offset": at, "Content-Type": TYPE },
    });

    outgoing.answer = new Promise((resolve) => {
        outgoing.on("response", resolve);
        outgoing.on("error", resolve);
    });
    return outgoing;
}

const arrived = (path, size) => until(`${size} bytes have arrived`,
    () => statSync(file(idOf(path))).size >= size);


describe("OPTIONS", { timeout }, () => {
    it("tells the version and the extensions", async () => {
        const answer = await request(`${stack.url}/api/uploads`,
            { method: "OPTIONS", headers: viewer.headers });

        assert.equal(answer.status, 204);
        assert.equal(answer.headers["tus-version"], "1.0.0");
        assert.equal(answer.headers["tus-extension"], "creation,"
            + "creation-with-upload,creation-defer-length,termination,"
            + "checksum,expiration,concatenation");
        assert.equal(answer.headers["tus-checksum-algorithm"],
            "sha1,sha256,crc32");
        assert.equal(answer.headers["tus-max-size"], String(20 * 2 ** 30));
    });
});


describe("a version", { timeout }, () => {
    for (const version of ["0.2.2", "1.0.1", "1.0", undefined]) {
        it(`${version} is answered with 412 and ours`, async () => {
            const answer = await request(`${stack.url}/api/uploads`, {
                method: "POST",
                headers: { ...viewer.headers, "Upload-Length": "1",
                           ...(version ? { "Tus-Resumable": version } : {}) },
            });
            refused(answer, 412, "upload-version");
            assert.equal(answer.headers["tus-version"], "1.0.0");
        });
    }
});


describe("a new upload", { timeout }, () => {
    it("is answered with its address, offset 0 and when it ends", async () => {
        const answer = await tus("POST", "/api/uploads",
            { "Upload-Length": "5" });

        assert.equal(answer.status, 201);
        assert.match(answer.headers.location, /^\/api\/uploads\/[0-9a-f-]{36}$/);
        assert.equal(answer.headers["upload-offset"], "0");
        assert.ok(Date.parse(answer.headers["upload-expires"])
            > Date.now() + 23 * 3600_000);
    });

    it("is there for HEAD with all that was said", async () => {
        const metadata = `filename ${base64("film.mp4")},empty`;
        const path = await create(5, { "Upload-Metadata": metadata });
        const { status, headers } = await tus("HEAD", path);

        assert.equal(status, 200);
        assert.equal(headers["upload-offset"], "0");
        assert.equal(headers["upload-length"], "5");
        assert.equal(headers["upload-metadata"], metadata);
        assert.equal(headers["cache-control"], "no-store");
        assert.equal(headers["upload-concat"], undefined);
    });

    const bad = {
        "no length": [{}, "Upload-Length"],
        "a length and none": [{ "Upload-Length": "1",
                                "Upload-Defer-Length": "1" }, "Upload-Length"],
        "a negative length": [{ "Upload-Length": "-1" }, "Upload-Length"],
        "a length beyond all": [{ "Upload-Length": "9".repeat(40) },
                                "Upload-Length"],
        "metadata that is no base64": [{ "Upload-Length": "1",
            "Upload-Metadata": "filename ä" }, "Upload-Metadata"],
        "a key that stands twice": [{ "Upload-Length": "1",
            "Upload-Metadata": "a Yg==,a Yg==" }, "Upload-Metadata"],
        "a foreign word for its parts": [{ "Upload-Length": "1",
            "Upload-Concat": "final" }, "Upload-Concat"],
    };

    for (const [what, [headers, field]] of Object.entries(bad)) {
        it(`with ${what} is refused`, async () => {
            refused(await tus("POST", "/api/uploads", headers), 400,
                "header-invalid", field);
        });
    }

    it("with a file name that is none is refused", async () => {
        refused(await tus("POST", "/api/uploads", { "Upload-Length": "1",
            "Upload-Metadata": `filename ${base64("a\nb")}` }),
            422, "field-invalid", "filename");
    });

    it("larger than may be is refused with the bound", async () => {
        const answer = await tus("POST", "/small", { "Upload-Length": "65537" });

        refused(answer, 413, "too-large");
        assert.equal(answer.headers["tus-max-size"], "65536");
    });

    it("for which there is no space is refused before", async () => {
        const files = readdirSync(stack.path("spool")).length;

        refused(await tus("POST", "/full", { "Upload-Length": "1" }), 507,
            "no-space");
        assert.equal(readdirSync(stack.path("spool")).length, files);
    });

    it("may bring its bytes along", async () => {
        const answer = await tus("POST", "/api/uploads",
            { "Upload-Length": "6", "Content-Type": TYPE }, "abc");

        assert.equal(answer.status, 201);
        assert.equal(answer.headers["upload-offset"], "3");
        assert.equal(await offset(answer.headers.location), 3);
    });

    it("of no bytes at all is done at once", async () => {
        const answer = await tus("POST", "/api/uploads",
            { "Upload-Length": "0" });

        assert.equal(answer.status, 201);
        assert.match(answer.headers["sluice-media"], /^[0-9a-f-]{36}$/);
    });
});


describe("PATCH", { timeout }, () => {
    it("brings bytes and tells the new offset", async () => {
        const path = await create(6);
        const answer = await patch(path, 0, "abc");

        assert.equal(answer.status, 204);
        assert.equal(answer.headers["upload-offset"], "3");
        assert.ok(answer.headers["upload-expires"]);
        assert.equal(readFileSync(file(idOf(path)), "latin1"), "abc");
    });

    it("that is the last makes the media file", async () => {
        const bytes = randomBytes(300_000);
        const path = await create(bytes.length, { "Upload-Metadata":
            `filename ${base64("film.mp4")},title ${base64("Ein Stück")}` });

        await patch(path, 0, bytes.subarray(0, 100_001));
        const answer = await patch(path, 100_001, bytes.subarray(100_001));
        const id = answer.headers["sluice-media"];

        assert.equal(answer.status, 204);
        assert.ok(readFileSync(file(id, "")).equals(bytes));

        const media = await viewer.media(id);
        assert.equal(media.sha256, sha256(bytes));
        assert.equal(media.bytes, bytes.length);
        assert.equal(media.filename, "film.mp4");
        assert.equal(media.title, "Ein Stück");
        assert.equal(media.job.kind, "probe");
        assert.deepEqual(readdirSync(stack.path("spool"))
            .filter((name) => name.startsWith(idOf(path))), [idOf(path)]);
    });

    it("at another offset is a conflict and changes nothing", async () => {
        const path = await create(6);

        await patch(path, 0, "abc");
        for (const at of [0, 2, 4]) {
            refused(await patch(path, at, "xyz"), 409, "conflict");
        }
        assert.equal(await offset(path), 3);
    });

    it("beyond the length is refused", async () => {
        const path = await create(4);

        refused(await patch(path, 0, "abcde"), 413, "too-large");
        assert.equal(await offset(path), 0);
    });

    it("beyond the length is refused without a Content-Length, too",
        async () => {
            const path = await create(4);

            refused(await patch(path, 0, Readable.from(["abcde"])), 413,
                "too-large");
            assert.equal(await offset(path), 0);
        });

    it("of another type is refused", async () => {
        refused(await patch(await create(4), 0, "ab",
            { "Content-Type": "text/plain" }), 415, "type-unsupported",
        "Content-Type");
    });

    it("without an offset is refused", async () => {
        const path = await create(4);

        refused(await tus("PATCH", path, { "Content-Type": TYPE }, "ab"), 400,
            "header-invalid", "Upload-Offset");
    });

    it("of an upload that is not there is 404", async () => {
        refused(await patch("/api/uploads/01999999-9999-7999-8999-999999999999",
            0, "ab"), 404, "not-found");
    });

    it("of somebody else's upload is 404", async () => {
        const other = await stack.visitor("admin");

        refused(await patch(await create(4), 0, "ab", {}, other), 404,
            "not-found");
    });

    it("can be sent as POST", async () => {
        const path = await create(4);
        const answer = await tus("POST", path, { "Upload-Offset": 0,
            "Content-Type": TYPE, "X-HTTP-Method-Override": "PATCH" }, "ab");

        assert.equal(answer.status, 204);
        assert.equal(answer.headers["upload-offset"], "2");
    });

    it("at the end of what is done says so again", async () => {
        const path = await create(2);
        const first = await patch(path, 0, "zz");
        const again = await patch(path, 2, "");

        assert.equal(again.status, 204);
        assert.equal(again.headers["sluice-media"],
            first.headers["sluice-media"]);
        refused(await patch(path, 0, "zz"), 409, "conflict");
    });
});


describe("a length that comes later", { timeout }, () => {
    it("is told by HEAD as not known", async () => {
        const path = await create(null);
        const { headers } = await tus("HEAD", path);

        assert.equal(headers["upload-defer-length"], "1");
        assert.equal(headers["upload-length"], undefined);
    });

    it("is taken by a PATCH, and holds", async () => {
        const path = await create(null);

        assert.equal((await patch(path, 0, "abc")).status, 204);
        assert.equal((await patch(path, 3, "de", { "Upload-Length": 6 }))
            .status, 204);
        assert.equal((await tus("HEAD", path)).headers["upload-length"], "6");
        refused(await patch(path, 5, "", { "Upload-Length": 7 }), 409,
            "conflict", "Upload-Length");
        assert.match((await patch(path, 5, "f")).headers["sluice-media"], /./);
    });
});


describe("DELETE", { timeout }, () => {
    it("ends an upload and takes its files away", async () => {
        const path = await create(6);

        await patch(path, 0, "abc");
        assert.equal((await tus("DELETE", path)).status, 204);
        assert.equal(existsSync(file(idOf(path))), false);
        assert.equal(existsSync(file(idOf(path), ".state")), false);
        refused(await patch(path, 3, "def"), 404, "not-found");
        assert.equal((await tus("HEAD", path)).status, 404);
    });

    it("of a done upload leaves the media file", async () => {
        const path = await create(4);
        const id = (await patch(path, 0, "qrst")).headers["sluice-media"];

        assert.equal((await tus("DELETE", path)).status, 204);
        assert.equal((await viewer.media(id)).bytes, 4);
        assert.equal(readFileSync(file(id, ""), "latin1"), "qrst");
    });
});
