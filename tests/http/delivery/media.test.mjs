/* What sluice_media serves: ranges, conditions, caching, types. RFC 9110. */

import assert from "node:assert/strict";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";

import { request, until } from "../lib/client.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 120_000;
const SIZE = 100_000;
const GIB = 2 ** 30;
const ID = "01890000-0000-7000-8000-0000000000cd";
const FOLDER = `/media/cd/${ID}/`;
const BYTES = Buffer.from(Uint8Array.from({ length: SIZE },
    (_, at) => (at * 7 + (at >> 8)) & 255));

/* The contract's table of types. */
const TYPES = {
    mp4: "video/mp4", m4s: "video/iso.segment",
    m3u8: "application/vnd.apple.mpegurl", mpd: "application/dash+xml",
    vtt: "text/vtt", pdf: "application/pdf",
    musicxml: "application/vnd.recordare.musicxml+xml", mid: "audio/midi",
    jpg: "image/jpeg", png: "image/png", avi: "video/x-msvideo",
    flv: "video/x-flv", "3gp": "video/3gpp", mpg: "video/mpeg",
};

let stack, grant, whole;


before(async () => {
    stack = await startStack({ extra: (state) => `
        location /open/ { alias ${state}/media/; sluice_media on; }` });

    const folder = stack.path(FOLDER.slice(1));

    mkdirSync(folder, { recursive: true });
    for (const extension of [...Object.keys(TYPES), "unknown", "svg", "html"]) {
        writeFileSync(`${folder}file.${extension}`, BYTES);
    }
    writeFileSync(`${folder}empty.mp4`, "");
    writeFileSync(`${folder}large.mp4`, "");
    truncateSync(`${folder}large.mp4`, 5 * GIB);

    grant = minter(stack.keys()).grant({ path: FOLDER });
    whole = await get("file.mp4");
}, { timeout });

after(() => stack?.stop(), { timeout });


function get(name, headers = {}, method = "GET") {
    return request(`${stack.url}${FOLDER}${name}?grant=${grant}`,
        { headers, method });
}

/* The part of the file, from 206. */
function part(answer, from, to) {
    assert.equal(answer.status, 206);
    assert.equal(answer.headers["content-range"],
        `bytes ${from}-${to}/${SIZE}`);
    assert.equal(Number(answer.headers["content-length"]), to - from + 1);
    assert.ok(answer.body.equals(BYTES.subarray(from, to + 1)));
}


describe("a range", { timeout }, () => {
    const ranges = {
        "of the first two bytes, as Safari asks": ["0-1", 0, 1],
        "at the beginning": ["0-99", 0, 99],
        "in the middle": ["4096-69631", 4096, 69631],
        "of one byte": ["500-500", 500, 500],
        "that is open": ["99900-", 99900, SIZE - 1],
        "that is open from the start": ["0-", 0, SIZE - 1],
        "of the last bytes": ["-100", SIZE - 100, SIZE - 1],
        "that ends behind the end": ["99990-200000", 99990, SIZE - 1],
        "of more last bytes than there are": ["-200000", 0, SIZE - 1],
    };

    for (const [what, [range, from, to]] of Object.entries(ranges)) {
        it(`${what} is answered with 206 and those bytes`, async () => {
            part(await get("file.mp4", { Range: `bytes=${range}` }), from, to);
        });
    }

    for (const range of ["100000-", "200000-300000", "5-2", "-0"]) {
        it(`of ${range} is answered with 416 and the size`, async () => {
            const answer = await get("file.mp4", { Range: `bytes=${range}` });

            assert.equal(answer.status, 416);
            assert.equal(answer.headers["content-range"], `bytes */${SIZE}`);
        });
    }

    it("in two parts comes as multipart/byteranges", async () => {
        const answer = await get("file.mp4", { Range: "bytes=0-9,500-509" });
        const [, boundary] = /^multipart\/byteranges; boundary=(\S+)$/
            .exec(answer.headers["content-type"]);
        const parts = answer.body.toString("latin1").split(`--${boundary}`)
            .slice(1, -1).map((text) => text.split("\r\n\r\n"));

        assert.equal(answer.status, 206);
        assert.equal(parts.length, 2);
        for (const [[head, body], from] of [[parts[0], 0], [parts[1], 500]]) {
            assert.match(head, new RegExp(
                `Content-Range: bytes ${from}-${from + 9}/${SIZE}`));
            assert.match(head, /Content-Type: video\/mp4/);
            assert.equal(body.slice(0, 10), BYTES.subarray(from, from + 10)
                .toString("latin1"));
        }
    });

    it("in a unit that nobody knows is ignored", async () => {
        const answer = await get("file.mp4", { Range: "frames=0-1" });

        assert.equal(answer.status, 200);
        assert.equal(answer.body.length, SIZE);
    });

    it("beyond 4 GiB is answered with 206", async () => {
        const from = 4 * GIB + 5;
        const answer = await get("large.mp4",
            { Range: `bytes=${from}-${from + 9}` });

        assert.equal(answer.status, 206);
        assert.equal(answer.headers["content-range"],
            `bytes ${from}-${from + 9}/${5 * GIB}`);
        assert.ok(answer.body.equals(Buffer.alloc(10)));
    });

    it("on HEAD is ignored", async () => {
        const answer = await get("file.mp4", { Range: "bytes=0-9" }, "HEAD");

        assert.equal(answer.status, 200);
        assert.equal(answer.body.length, 0);
        assert.equal(answer.headers["content-length"], String(SIZE));
    });
});


describe("a condition", { timeout }, () => {
    const etag = () => whole.headers.etag;
    const date = () => whole.headers["last-modified"];
    const shifted = (seconds) =>
        new Date(Date.parse(date()) + seconds * 1000).toUTCString();

    it("If-Range holds with the ETag", async () => {
        part(await get("file.mp4",
            { Range: "bytes=5-9", "If-Range": etag() }), 5, 9);
    });

    it("If-Range holds with the date", async () => {
        part(await get("file.mp4",
            { Range: "bytes=5-9", "If-Range": date() }), 5, 9);
    });

    it("If-Range that fails brings the whole file", async () => {
        for (const other of ['"other"', shifted(-3600)]) {
            const answer = await get("file.mp4",
                { Range: "bytes=5-9", "If-Range": other });

            assert.equal(answer.status, 200);
            assert.equal(answer.body.length, SIZE);
        }
    });

    it("If-None-Match with the ETag is answered with 304", async () => {
        for (const value of [etag(), `W/${etag()}`, `"a", ${etag()}`, "*"]) {
            const answer = await get("file.mp4", { "If-None-Match": value });

            assert.equal(answer.status, 304, value);
            assert.equal(answer.body.length, 0);
            assert.equal(answer.headers.etag, etag());
        }
    });

    it("If-None-Match with another ETag brings the file", async () => {
        const answer = await get("file.mp4", { "If-None-Match": '"other"' });
        assert.equal(answer.status, 200);
    });

    it("If-None-Match goes before If-Modified-Since", async () => {
        const answer = await get("file.mp4", {
            "If-None-Match": '"other"', "If-Modified-Since": date(),
        });
        assert.equal(answer.status, 200);
    });

    it("If-Modified-Since with the date is answered with 304", async () => {
        assert.equal((await get("file.mp4",
            { "If-Modified-Since": date() })).status, 304);
    });

    it("If-Modified-Since with an earlier date brings the file", async () => {
        assert.equal((await get("file.mp4",
            { "If-Modified-Since": shifted(-60) })).status, 200);
    });

    it("If-Match that fails is answered with 412", async () => {
        assert.equal((await get("file.mp4",
            { "If-Match": '"other"' })).status, 412);
        assert.equal((await get("file.mp4",
            { "If-Match": etag() })).status, 200);
    });

    it("If-Unmodified-Since that fails is answered with 412", async () => {
        assert.equal((await get("file.mp4",
            { "If-Unmodified-Since": shifted(-60) })).status, 412);
    });
});


describe("a file", { timeout }, () => {
    it("comes whole with its length and the offer of ranges", () => {
        assert.equal(whole.status, 200);
        assert.ok(whole.body.equals(BYTES));
        assert.equal(Number(whole.headers["content-length"]), SIZE);
        assert.equal(whole.headers["accept-ranges"], "bytes");
    });

    it("answers HEAD like GET, without the bytes", async () => {
        const answer = await get("file.mp4", {}, "HEAD");

        assert.equal(answer.status, 200);
        assert.equal(answer.body.length, 0);
        for (const name of ["content-length", "content-type", "etag",
                            "last-modified", "cache-control"]) {
            assert.equal(answer.headers[name], whole.headers[name], name);
        }
    });

    for (const [extension, type] of Object.entries(TYPES)) {
        it(`named .${extension} is of the type ${type}`, async () => {
            const answer = await get(`file.${extension}`, {}, "HEAD");

            assert.equal(answer.headers["content-type"].split(";")[0], type);
        });
    }

    for (const extension of [...Object.keys(TYPES), "unknown", "svg", "html"]) {
        it(`named .${extension} is for its user alone, and no other type's`,
           async () => {
               const { headers } = await get(`file.${extension}`, {}, "HEAD");

               assert.equal(headers["x-content-type-options"], "nosniff");
               assert.match(headers["cache-control"], /^private(,|$)/);
           });

        it(`named .${extension} runs no script of ours`, async () => {
            const { headers } = await get(`file.${extension}`);

            assert.equal(headers["content-security-policy"],
                /xml|html/.test(headers["content-type"])
                    ? "sandbox" : undefined, headers["content-type"]);
        });
    }

    it("of an unknown kind is not taken for a page or a script", async () => {
        const answer = await get("file.unknown", {}, "HEAD");

        assert.equal(answer.headers["content-type"],
            "application/octet-stream");
    });

    it("that is a page is a site's own where no gate stands", async () => {
        const { headers } = await request(
            `${stack.url}${FOLDER.replace("media", "open")}file.html`);

        assert.equal(headers["content-security-policy"], undefined);
        assert.equal(headers["cache-control"], undefined);
    });

    it("keeps its ETag over a reload", async () => {
        const old = stack.workers();

        await stack.reload();
        await until("new workers are there", () => stack.workers()
            .some((pid) => !old.includes(pid)));
        assert.equal((await get("file.mp4", {}, "HEAD")).headers.etag,
            whole.headers.etag);
    });

    it("without a byte in it is served", async () => {
        const answer = await get("empty.mp4");

        assert.equal(answer.status, 200);
        assert.equal(answer.body.length, 0);
        assert.equal(answer.headers["content-length"], "0");
    });

    it("that is not there is 404", async () => {
        assert.equal((await get("nowhere.mp4")).status, 404);
    });

    it("is never a folder", async () => {
        assert.equal((await get("")).status, 403);
        assert.equal((await get("file.mp4/")).status, 404);
    });

    it("may be kept for ever, by its user's browser alone, behind a grant",
        () => {
            const caching = whole.headers["cache-control"];

            for (const word of ["private", "immutable", "max-age=31536000"]) {
                assert.ok(caching.includes(word), caching);
            }
            assert.equal(caching.includes("public"), false);
        });

    it("may be kept for ever by everyone where no gate stands", async () => {
        const answer = await request(
            `${stack.url}${FOLDER.replace("media", "open")}file.mp4`);
        const caching = answer.headers["cache-control"];

        assert.equal(caching, "max-age=31536000, immutable");
    });

    it("that is refused or missing is not kept for ever", async () => {
        const refused = await request(`${stack.url}${FOLDER}file.mp4`);
        const missing = await get("nowhere.mp4");

        for (const { headers } of [refused, missing]) {
            assert.doesNotMatch(headers["cache-control"] ?? "", /immutable/);
        }
    });

    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
        it(`answers ${method} with 405`, async () => {
            const answer = await request(
                `${stack.url}${FOLDER.replace("media", "open")}file.mp4`,
                { method });
            assert.equal(answer.status, 405);
        });
    }
});
