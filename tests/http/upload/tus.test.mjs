/* tus 1.0.0 at /api/uploads, with requests as they go over the wire. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, readdirSync, unlinkSync } from "node:fs";
import { Readable } from "node:stream";

import { Client, request } from "../lib/client.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";
import { TYPE, Tus, base64, idOf, refused } from "../lib/tus.mjs";

const timeout = 120_000;

let stack, viewer, mine;


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
    await stack.sql("update sluice.users set uploads_max = 1000 where id = "
        + `'${viewer.user.id}'`);
    mine = new Tus(stack, viewer);
}, { timeout });

after(() => stack?.stop(), { timeout });


const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const tus = (...words) => mine.request(...words);
const create = (...words) => mine.create(...words);
const patch = (...words) => mine.patch(...words);
const offset = (path) => mine.offset(path);


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
        assert.equal(readFileSync(mine.file(path), "latin1"), "abc");
    });

    it("that is the last makes the media file", async () => {
        const bytes = randomBytes(300_000);
        const path = await create(bytes.length, { "Upload-Metadata":
            `filename ${base64("film.mp4")},title ${base64("Ein Stück")}` });

        await patch(path, 0, bytes.subarray(0, 100_001));
        const answer = await patch(path, 100_001, bytes.subarray(100_001));
        const id = answer.headers["sluice-media"];

        assert.equal(answer.status, 204);
        assert.ok(readFileSync(stack.path("spool", id)).equals(bytes));

        const media = await viewer.media(id);
        assert.equal(media.sha256, sha256(bytes));
        assert.equal(media.bytes, bytes.length);
        assert.equal(media.filename, "film.mp4");
        assert.equal(media.title, "Ein Stück");
        assert.equal(media.job.kind, "probe");
        await stack.inSpool([idOf(path)],
            (name) => name.startsWith(idOf(path)));
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
        const other = new Tus(stack, await stack.visitor("admin"));

        refused(await other.patch(await create(4), 0, "ab"), 404,
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

    it("is held to the bound, too", async () => {
        const answer = await tus("POST", "/small",
            { "Upload-Defer-Length": "1" });
        const path = answer.headers.location.replace("/api/uploads", "/small");

        refused(await patch(path, 0, "a", { "Upload-Length": 65537 }), 413,
            "too-large");
    });
});


describe("DELETE", { timeout }, () => {
    it("ends an upload and takes its files away", async () => {
        const path = await create(6);

        await patch(path, 0, "abc");
        assert.equal((await tus("DELETE", path)).status, 204);
        assert.equal(existsSync(mine.file(path)), false);
        assert.equal(existsSync(mine.file(path, ".state")), false);
        refused(await patch(path, 3, "def"), 404, "not-found");
        assert.equal((await tus("HEAD", path)).status, 404);
    });

    it("of a done upload leaves the media file", async () => {
        const path = await create(4);
        const id = (await patch(path, 0, "qrst")).headers["sluice-media"];

        assert.equal((await tus("DELETE", path)).status, 204);
        assert.equal((await viewer.media(id)).bytes, 4);
        assert.equal(readFileSync(stack.path("spool", id), "latin1"), "qrst");
    });
});


describe("a checksum", { timeout }, () => {
    const sums = {
        sha1: (bytes) => createHash("sha1").update(bytes).digest("base64"),
        sha256: (bytes) => createHash("sha256").update(bytes).digest("base64"),
        crc32: () => "y/Q5Jg==",        /* of 123456789 */
    };

    for (const [name, sum] of Object.entries(sums)) {
        it(`by ${name} that is right lets a chunk in`, async () => {
            const path = await create(20);
            const answer = await patch(path, 0, "123456789",
                { "Upload-Checksum": `${name} ${sum("123456789")}` });

            assert.equal(answer.status, 204);
            assert.equal(await offset(path), 9);
        });

        it(`by ${name} that is wrong keeps a chunk out`, async () => {
            const path = await create(20);

            await patch(path, 0, "abc");
            refused(await patch(path, 3, "123456780",
                { "Upload-Checksum": `${name} ${sum("123456789")}` }),
            460, "upload-checksum");
            assert.equal(await offset(path), 3);
            assert.equal(readFileSync(mine.file(path), "latin1"), "abc");
        });
    }

    it("that was wrong does not spoil the hash of the whole", async () => {
        const path = await create(9);

        await patch(path, 0, "abc");
        await patch(path, 3, "xyz", { "Upload-Checksum": "crc32 y/Q5Jg==" });
        await patch(path, 3, "def",
            { "Upload-Checksum": `sha1 ${sums.sha1("def")}` });
        const answer = await patch(path, 6, "ghi");
        const media = await viewer.media(answer.headers["sluice-media"]);

        assert.equal(media.sha256, sha256("abcdefghi"));
    });

    it("of an unknown algorithm is refused", async () => {
        refused(await patch(await create(4), 0, "ab",
            { "Upload-Checksum": "md5 Zm9v" }), 400, "header-invalid",
        "Upload-Checksum");
    });

    it("keeps a chunk out that was cut before its end", async () => {
        const path = await create(100);

        await patch(path, 0, "abc");
        const hung = mine.hang(path, 3, 50, "1234",
            { "Upload-Checksum": `sha1 ${sums.sha1("1234")}` });
        await mine.arrived(path, 7);
        hung.destroy();
        assert.equal(await offset(path), 3);
    });
});


describe("parts", { timeout }, () => {
    const partial = { "Upload-Concat": "partial" };
    const final = (...paths) => tus("POST", "/api/uploads", {
        "Upload-Concat": `final;${paths.join(" ")}`,
        "Upload-Metadata": `filename ${base64("whole.mp4")}` });

    async function part(bytes) {
        const path = await create(bytes.length, partial);

        assert.equal((await patch(path, 0, bytes)).status, 204);
        return path;
    }

    it("need no metadata to become a whole", async () => {
        const paths = [await part(randomBytes(30)), await part("bc")];
        const answer = await tus("POST", "/api/uploads",
            { "Upload-Concat": `final;${paths.join(" ")}` });

        assert.equal(answer.status, 201, answer.text);
        assert.equal((await viewer.media(answer.headers["sluice-media"]))
            .filename, "unnamed");
    });

    it("are no media files", async () => {
        const path = await part("part alone");
        const { headers } = await tus("HEAD", path);

        assert.equal(headers["upload-concat"], "partial");
        assert.equal(headers["upload-offset"], "10");
        assert.equal(headers["sluice-media"], undefined);
    });

    it("are put together in the order in which they are named", async () => {
        const bytes = [70_000, 1, 2_000_000].map((size) => randomBytes(size));
        const paths = await Promise.all(bytes.map(part));
        const answer = await final(...paths.map((path, at) =>
            (at ? "" : stack.url) + path));
        const media = await viewer.media(answer.headers["sluice-media"]);

        assert.equal(answer.status, 201);
        assert.equal(answer.headers.location, `/api/uploads/${media.id}`);
        assert.equal(media.filename, "whole.mp4");
        assert.equal(media.sha256, sha256(Buffer.concat(bytes)));
        assert.ok(readFileSync(stack.path("spool", media.id))
            .equals(Buffer.concat(bytes)));
        for (const path of paths) {
            assert.equal(existsSync(mine.file(path)), false);
        }
        assert.equal((await tus("HEAD", answer.headers.location))
            .headers["sluice-media"], media.id);
    });

    it("put together again are what they were", async () => {
        const paths = await Promise.all(["ab1", "cd1"].map(part));
        const first = await final(...paths);
        const again = await final(...paths);

        assert.equal(again.status, 201);
        assert.equal(again.headers.location, first.headers.location);
    });

    it("that are not whole are a conflict", async () => {
        const path = await create(5, partial);

        await patch(path, 0, "abc");
        refused(await final(path), 409, "conflict");
        assert.equal(await offset(path), 3);
    });

    it("that are whole uploads, or nobody's, are not found", async () => {
        refused(await final(await create(5)), 404, "not-found",
            "Upload-Concat");
        refused(await final(
            "/api/uploads/01999999-9999-7999-8999-999999999999"), 404,
        "not-found", "Upload-Concat");
    });

    it("that are somebody else's are not found", async () => {
        const other = new Tus(stack, await stack.visitor("viewer"));
        const path = await other.create(1, partial);

        await other.patch(path, 0, "x");
        refused(await final(path), 404, "not-found", "Upload-Concat");
    });
});


describe("an upload's end", { timeout }, () => {
    it("is told when it has expired", async () => {
        const path = await create(5);

        await stack.sql("update sluice.uploads set expires_at = now() - "
            + `interval '1 second' where id = '${idOf(path)}'`);
        refused(await patch(path, 0, "abc"), 410, "upload-expired");
    });

    it("does not come while a request is at it, however late", async () => {
        const path = await create(8);
        const hung = mine.hang(path, 0, 8, "abcd");

        await mine.arrived(path, 4);
        await stack.sql("update sluice.uploads set expires_at = now() - "
            + `interval '1 second' where id = '${idOf(path)}'`);
        await create(5);
        hung.end("efgh");
        assert.equal((await hung.answer).statusCode, 204);
    });

    it("moves on while somebody comes", async () => {
        const path = await create(5);

        await stack.sql("update sluice.uploads set expires_at = now() + "
            + `interval '1 hour' where id = '${idOf(path)}'`);
        const { headers } = await patch(path, 0, "abc");
        assert.ok(Date.parse(headers["upload-expires"])
            > Date.now() + 23 * 3600_000);
    });

    it("is 404 when its file was lost", async () => {
        const path = await create(5);

        unlinkSync(mine.file(path));
        assert.equal((await tus("HEAD", path)).status, 404);
    });

    it("comes when the user was disabled meanwhile", async () => {
        const { email, password } = await stack.user();
        const other = new Tus(stack, await Client.signIn(stack.url, email,
            password));
        const path = await other.create(8);
        const hung = other.hang(path, 0, 8, "abcd");

        await other.arrived(path, 4);
        await stack.sql("update sluice.users set disabled_at = now() where "
            + `id = '${other.who.user.id}'`);
        hung.end("efgh");
        const { statusCode } = await hung.answer;

        assert.equal(statusCode, 403);
        await stack.inSpool([], (name) => name.startsWith(idOf(path)));
        assert.equal(await stack.sql("select count(*) from sluice.uploads "
            + `where id = '${idOf(path)}'`), "0");
    });
});


describe("the same file", { timeout }, () => {
    const rows = (bytes) => stack.sql("select count(*) from sluice.media "
        + `where sha256 = '\\x${sha256(bytes)}'`);

    it("of the same owner is one original", async () => {
        const bytes = randomBytes(5000);
        const first = await viewer.bring(bytes, "first.mp4");
        const answer = await viewer.upload(bytes, "second.mp4");

        assert.equal(answer.status, 200);
        assert.equal(answer.json.id, first.id);
        assert.equal(answer.json.duplicate, true);
        assert.equal(answer.headers.location, `/api/media/${first.id}`);
        assert.equal(await rows(bytes), "1");

        const path = await create(5000);
        const { headers } = await patch(path, 0, bytes);

        assert.equal(headers["sluice-media"], first.id);
        assert.equal((await tus("HEAD", path)).headers["sluice-media"],
            first.id);
        assert.equal(await rows(bytes), "1");
        await stack.inSpool([], (name) => name.startsWith(idOf(path)));
        assert.ok(readFileSync(stack.path("spool", first.id)).equals(bytes));
    });

    it("brought many times at once is one original", async () => {
        const bytes = randomBytes(5000);
        const ids = await Promise.all(Array.from({ length: 8 }, (_, at) =>
            viewer.upload(bytes, `${at}.mp4`).then(({ json }) => json.id)));

        assert.equal(new Set(ids).size, 1);
        assert.equal(await rows(bytes), "1");
    });

    it("of another owner is another", async () => {
        const bytes = randomBytes(5000);
        const other = await stack.visitor("viewer");

        await viewer.bring(bytes, "a.mp4");
        await other.bring(bytes, "a.mp4");
        assert.equal(await rows(bytes), "2");
    });

    it("is taken again after it failed or was deleted", async () => {
        const bytes = randomBytes(5000);
        const { id } = await viewer.bring(bytes, "a.mp4");

        await stack.sql("update sluice.media set state = 'failed' where id = "
            + `'${id}'`);
        const again = await viewer.bring(bytes, "a.mp4");
        await viewer.delete(`/api/media/${again.id}`);
        await viewer.bring(bytes, "a.mp4");
    });
});


describe("a link for PUT", { timeout }, () => {
    const put = (claims, body, name = "film.mp4") => request(
        `${stack.url}/media/drop/${name}?grant=${minter(stack.keys()).grant({
            path: "/media/drop/", methods: ["PUT"], sub: viewer.user.id,
            ...claims })}`, { method: "PUT", body });

    it("takes a file in for the user whom it names", async () => {
        const answer = await put({}, randomBytes(3000), "%C3%A9t%C3%A9.mp4");

        assert.equal(answer.status, 201, answer.text);
        assert.equal(answer.json.owner, viewer.user.id);
        assert.equal(answer.json.filename, "été.mp4");
    });

    it("that names nobody is refused", async () => {
        for (const sub of [undefined, "nobody"]) {
            assert.equal((await put({ sub }, "x")).status, 403, sub);
        }
        const sub = "01999999-9999-7999-8999-999999999999";
        assert.equal((await put({ sub }, "x")).status, 401);
    });

    it("that names a disabled user is refused", async () => {
        const { id } = await stack.user();

        await stack.sql("update sluice.users set disabled_at = now() where "
            + `id = '${id}'`);
        assert.equal((await put({ sub: id }, "x")).status, 401);
    });

    it("is for one file when it has one use", async () => {
        const claims = { uses: 1, jti: `once-${Date.now()}`, path:
            "/media/drop/once.mp4" };

        assert.equal((await put(claims, randomBytes(9), "once.mp4")).status,
            201);
        assert.equal((await put(claims, randomBytes(9), "once.mp4")).status,
            410);
    });

    it("is no link for GET, nor one for GET for PUT", async () => {
        assert.equal((await put({ methods: ["GET"] }, "x")).status, 403);
    });
});
