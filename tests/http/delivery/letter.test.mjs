/* Ranges and conditions of media, rule by rule (RFC 9110, 13 and 14), over each
   version of HTTP that this nginx speaks. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import http2 from "node:http2";
import { connect } from "node:net";

import { request } from "../lib/client.mjs";
import { freePort } from "../lib/ports.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 120_000;
const SIZE = 1000;
const HUGE = "9".repeat(30);
const ID = "01890000-0000-7000-8000-0000000000cd";
const FOLDER = `/media/cd/${ID}/`;
const TIME = Date.parse("2026-03-01T12:00:00Z");
const BYTES = Buffer.from(Uint8Array.from({ length: SIZE },
    (_, at) => (at * 7 + (at >> 3)) & 255));

let stack, grant, other, session, tag;


before(async () => {
    stack = await startStack({ extra: (state) => `
        location /few/ {
            alias ${state}/media/cd/${ID}/;
            sluice_media on;
            max_ranges 3;
        }
        location /one/ {
            alias ${state}/media/cd/${ID}/;
            sluice_media on;
            max_ranges 0;
            etag off;
        }` });
    mkdirSync(stack.path(FOLDER), { recursive: true });
    put(stack.path(FOLDER), "a.mp4", BYTES, TIME);
    put(stack.path(FOLDER), "empty.mp4", "", TIME);

    cpSync(stack.path("media"), stack.path("copy/media"), { recursive: true });
    put(stack.path(`copy${FOLDER}`), "a.mp4", BYTES, TIME + 86_400_000);
    other = await stack.secondNginx((text) => text
        .replace(`root ${stack.state};`, `root ${stack.state}/copy;`));

    const port2 = await freePort();

    await stack.secondNginx((text) => text.replace("location /media/",
        `listen 127.0.0.1:${port2} http2; location /media/`));

    grant = minter(stack.keys()).grant({ path: "/" });
    session = http2.connect(`http://127.0.0.1:${port2}`);
    tag = (await ask["HTTP/1.1"]("GET", {})).headers.etag;
}, { timeout });

after(async () => {
    session?.destroy();
    await stack?.stop();
}, { timeout });


function put(folder, name, bytes, time) {
    writeFileSync(`${folder}/${name}`, bytes);
    utimesSync(`${folder}/${name}`, time / 1000, time / 1000);
}

const path = (name = "a.mp4") => `${FOLDER}${name}?grant=${grant}`;

const text = (headers) => Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");

/* Each answers {status, headers, body}. */
const ask = {
    "HTTP/1.1": (method, headers, name) =>
        request(`${stack.url}${path(name)}`, { method, headers }),

    async "HTTP/1.0"(method, headers, name) {
        const socket = connect(stack.port, "127.0.0.1");
        const parts = [];

        socket.on("data", (part) => parts.push(part));
        socket.write(`${method} ${path(name)} HTTP/1.0\r\n${text(headers)}\r\n`);
        await once(socket, "close");

        const answer = Buffer.concat(parts);
        const end = answer.indexOf("\r\n\r\n");
        const [first, ...lines] = answer.subarray(0, end).toString()
            .split("\r\n");

        return {
            status: Number(first.split(" ")[1]),
            headers: Object.fromEntries(lines.map((line) => {
                const [key, ...value] = line.split(": ");
                return [key.toLowerCase(), value.join(": ")];
            })),
            body: answer.subarray(end + 4),
        };
    },

    async "HTTP/2"(method, headers, name) {
        const stream = session.request({
            ":path": path(name), ":method": method,
            ...Object.fromEntries(Object.entries(headers)
                .map(([key, value]) => [key.toLowerCase(), value])),
        });
        const parts = [];

        stream.on("data", (part) => parts.push(part));
        const [[answer]] = await Promise.all([once(stream, "response"),
                                              once(stream, "close")]);

        return { status: answer[":status"], headers: answer,
                 body: Buffer.concat(parts) };
    },
};


/* what an answer must be */

function whole({ status, headers, body }) {
    assert.equal(status, 200);
    assert.equal(headers["content-length"], String(SIZE));
    assert.equal(headers["content-range"], undefined);
    assert.equal(headers["accept-ranges"], "bytes");
    assert.ok(body.equals(BYTES));
}

const part = (first, last) => ({ status, headers, body }) => {
    assert.equal(status, 206);
    assert.equal(headers["content-range"], `bytes ${first}-${last}/${SIZE}`);
    assert.equal(headers["content-length"], String(last - first + 1));
    assert.equal(headers["content-type"], "video/mp4");
    assert.equal(headers.etag, tag);
    assert.ok(body.equals(BYTES.subarray(first, last + 1)));
};

/* multipart/byteranges: 14.6 */
const parts = (...ranges) => ({ status, headers, body }) => {
    assert.equal(status, 206);
    assert.equal(headers["content-range"], undefined);
    assert.equal(headers["content-length"], String(body.length));

    const [, boundary] = /^multipart\/byteranges; boundary=(\S+)$/
        .exec(headers["content-type"]);
    const found = body.toString("latin1").split(`\r\n--${boundary}`);

    assert.equal(found.shift(), "");
    assert.equal(found.pop(), "--\r\n");
    assert.deepEqual(found.map((one) => {
        const end = one.indexOf("\r\n\r\n");

        assert.match(one.slice(0, end), /^\r\nContent-Type: video\/mp4\r\n/);
        return [/Content-Range: (.*)$/m.exec(one.slice(0, end))[1].trim(),
                one.slice(end + 4)];
    }), ranges.map(([first, last]) => [`bytes ${first}-${last}/${SIZE}`,
        BYTES.subarray(first, last + 1).toString("latin1")]));
};

function unsatisfiable({ status, headers }) {
    assert.equal(status, 416);
    assert.equal(headers["content-range"], `bytes */${SIZE}`);
    assert.equal(headers["cache-control"], "no-store");
}

function unchanged({ status, headers, body }) {
    assert.equal(status, 304);
    assert.equal(headers.etag, tag);
    assert.match(headers["cache-control"], /immutable/);
    assert.equal(body.length, 0);
}

function failed({ status, headers }) {
    assert.equal(status, 412);
    assert.equal(headers["content-range"], undefined);
    assert.equal(headers["cache-control"], "no-store");
}


const at = (shift) => new Date(TIME + shift * 1000).toUTCString();
const LATER = at(60), EARLIER = at(-60), SAME = at(0);
const rfc850 = `Sunday, 01-Mar-26 12:00:00 GMT`;
const asctime = "Sun Mar  1 12:00:00 2026";
const range = (list) => ({ Range: `bytes=${list}` });

/* What is asked, in whose headers "TAG" is the file's, and what must come. */
const rules = {
    "a range (14.1.2)": [
        ["0-0", part(0, 0)], ["0-1", part(0, 1)], ["0-999", part(0, 999)],
        ["500-509", part(500, 509)], ["999-999", part(999, 999)],
        ["0-", part(0, 999)], ["990-", part(990, 999)],
        ["990-1000", part(990, 999)], ["990-99999", part(990, 999)],
        ["-1", part(999, 999)], ["-10", part(990, 999)],
        ["-1000", part(0, 999)], ["-1001", part(0, 999)],
        ["0010-0019", part(10, 19)],
        [`0-${HUGE}`, part(0, 999)], [`990-${HUGE}`, part(990, 999)],
        [`-${HUGE}`, part(0, 999)],
        ["1000-", unsatisfiable], ["1000-1000", unsatisfiable],
        [`${HUGE}-`, unsatisfiable], ["-0", unsatisfiable],
    ].map(([list, must]) => [range(list), must]),

    "several ranges (14.1.1, 15.3.7.2)": [
        ["0-9,20-29", parts([0, 9], [20, 29])],
        ["0-9, 20-29", parts([0, 9], [20, 29])],
        ["0-9 ,\t20-29", parts([0, 9], [20, 29])],
        ["0-0,-1", parts([0, 0], [999, 999])],
        ["500-509,0-9", parts([500, 509], [0, 9])],
        ["0-9,10-19", parts([0, 9], [10, 19])],
        ["0-9,1000-1009", part(0, 9)], ["1000-,-0,5-5", part(5, 5)],
        ["1000-,2000-", unsatisfiable],
        [",0-9,,20-29,", parts([0, 9], [20, 29])],
        ["0-9,", part(0, 9)],
    ].map(([list, must]) => [range(list), must]),

    "ranges that overlap (14.2, 17.15)": [
        ["0-9,5-14", parts([0, 9], [5, 14])],
        ["0-,0-", part(0, 999)],
        ["0-,".repeat(64).slice(0, -1), part(0, 999)],
        ["0-699,300-", part(0, 999)],
        ["0-400,300-900,990-", parts([0, 900], [990, 999])],
        [Array.from({ length: 65 }, (_, n) => `${2 * n}-${2 * n}`).join(),
         whole],
        [Array.from({ length: 1500 }, (_, n) => `${n % 100}-`).join(), whole],
    ].map(([list, must]) => [range(list), must]),

    "what is no range (14.1.1)": [
        ["5-2", unsatisfiable], ["0-9,5-2", unsatisfiable],
        ["", unsatisfiable], ["-", unsatisfiable], ["5", unsatisfiable],
        ["a-b", unsatisfiable], ["0-9;20-29", unsatisfiable],
        ["--5", unsatisfiable], ["0-9-12", unsatisfiable],
    ].map(([list, must]) => [range(list), must]),

    "another unit (14.2)": [
        [{ Range: "frames=0-9" }, whole], [{ Range: "BYTES=0-9" }, part(0, 9)],
        [{ Range: "0-9" }, whole], [{ Range: "bytes 0-9" }, whole],
        [{ Range: "none" }, whole],
    ],

    "If-Range (13.1.5)": [
        [{ ...range("5-9"), "If-Range": "TAG" }, part(5, 9)],
        [{ ...range("5-9"), "If-Range": "W/TAG" }, whole],
        [{ ...range("5-9"), "If-Range": '"other"' }, whole],
        [{ ...range("5-9"), "If-Range": '""' }, whole],
        [{ ...range("5-9"), "If-Range": "TAG, TAG" }, whole],
        [{ ...range("5-9"), "If-Range": "*" }, whole],
        [{ ...range("5-9"), "If-Range": SAME }, part(5, 9)],
        [{ ...range("5-9"), "If-Range": rfc850 }, part(5, 9)],
        [{ ...range("5-9"), "If-Range": asctime }, part(5, 9)],
        [{ ...range("5-9"), "If-Range": EARLIER }, whole],
        [{ ...range("5-9"), "If-Range": LATER }, whole],
        [{ ...range("5-9"), "If-Range": "some day" }, whole],
        [{ ...range("0-9,20-29"), "If-Range": "TAG" },
         parts([0, 9], [20, 29])],
        [{ ...range("1000-"), "If-Range": "TAG" }, unsatisfiable],
        [{ ...range("1000-"), "If-Range": '"other"' }, whole],
        [{ ...range("5-2"), "If-Range": '"other"' }, whole],
        [{ "If-Range": "TAG" }, whole], [{ "If-Range": '"other"' }, whole],
    ],

    "If-None-Match (13.1.2)": [
        [{ "If-None-Match": "TAG" }, unchanged],
        [{ "If-None-Match": "W/TAG" }, unchanged],
        [{ "If-None-Match": "*" }, unchanged],
        [{ "If-None-Match": '"other"' }, whole],
        [{ "If-None-Match": '"other", TAG' }, unchanged],
        [{ "If-None-Match": '"a,b" ,W/TAG , "c"' }, unchanged],
        [{ "If-None-Match": ", ,TAG" }, unchanged],
        [{ "If-None-Match": "no tag" }, whole],
    ],

    "If-Modified-Since (13.1.3)": [
        [{ "If-Modified-Since": SAME }, unchanged],
        [{ "If-Modified-Since": rfc850 }, unchanged],
        [{ "If-Modified-Since": asctime }, unchanged],
        [{ "If-Modified-Since": LATER }, unchanged],
        [{ "If-Modified-Since": EARLIER }, whole],
        [{ "If-Modified-Since": "some day" }, whole],
        [{ "If-Modified-Since": "0" }, whole],
    ],

    "If-Match (13.1.1)": [
        [{ "If-Match": "TAG" }, whole], [{ "If-Match": "*" }, whole],
        [{ "If-Match": '"other", TAG' }, whole],
        [{ "If-Match": "W/TAG" }, failed],
        [{ "If-Match": '"other"' }, failed],
        [{ "If-Match": "no tag" }, failed],
    ],

    "If-Unmodified-Since (13.1.4)": [
        [{ "If-Unmodified-Since": SAME }, whole],
        [{ "If-Unmodified-Since": asctime }, whole],
        [{ "If-Unmodified-Since": LATER }, whole],
        [{ "If-Unmodified-Since": EARLIER }, failed],
        [{ "If-Unmodified-Since": "some day" }, whole],
    ],

    "what goes before what (13.2.2)": [
        /* If-Unmodified-Since is not asked where If-Match is */
        [{ "If-Match": "TAG", "If-Unmodified-Since": EARLIER }, whole],
        [{ "If-Match": '"other"', "If-Unmodified-Since": LATER }, failed],
        /* If-Modified-Since is not where If-None-Match is */
        [{ "If-None-Match": "TAG", "If-Modified-Since": EARLIER }, unchanged],
        [{ "If-None-Match": '"other"', "If-Modified-Since": LATER }, whole],
        /* what must hold goes before what is known */
        [{ "If-Match": '"other"', "If-None-Match": "TAG" }, failed],
        [{ "If-Match": "TAG", "If-None-Match": "TAG" }, unchanged],
        [{ "If-Match": "TAG", "If-None-Match": '"other"' }, whole],
        [{ "If-Match": "TAG", "If-Modified-Since": SAME }, unchanged],
        [{ "If-Unmodified-Since": EARLIER, "If-None-Match": "TAG" }, failed],
        [{ "If-Unmodified-Since": SAME, "If-Modified-Since": SAME }, unchanged],
        /* and all of it before a range */
        [{ ...range("5-9"), "If-None-Match": "TAG" }, unchanged],
        [{ ...range("5-9"), "If-Modified-Since": SAME }, unchanged],
        [{ ...range("5-9"), "If-Match": '"other"' }, failed],
        [{ ...range("1000-"), "If-None-Match": "TAG" }, unchanged],
        [{ ...range("1000-"), "If-Match": '"other"' }, failed],
        [{ ...range("5-9"), "If-Match": "TAG" }, part(5, 9)],
        [{ ...range("5-9"), "If-None-Match": '"other"' }, part(5, 9)],
        [{ ...range("5-9"), "If-Unmodified-Since": SAME }, part(5, 9)],
        [{ ...range("5-9"), "If-Match": "TAG", "If-Range": '"other"' }, whole],
        [{ ...range("5-9"), "If-None-Match": "TAG", "If-Range": "TAG" },
         unchanged],
    ],
};

/* These words for a test's name; the tag in these headers. */
const named = (headers) => Object.entries(headers).map(([name, value]) =>
    `${name}: ${value.length > 60 ? `${value.slice(0, 50)}…` : value}`)
    .join(" · ");
const filled = (headers) => Object.fromEntries(Object.entries(headers)
    .map(([name, value]) => [name, value.replaceAll("TAG", tag)]));


for (const version of Object.keys(ask)) {
    for (const [rule, rows] of Object.entries(rules)) {
        describe(`${version}: ${rule}`, { timeout }, () => {
            for (const [headers, must] of rows) {
                it(named(headers), async () => {
                    must(await ask[version]("GET", filled(headers)));
                });
            }
        });
    }

    describe(`${version}: HEAD (9.3.2, 14.2)`, { timeout }, () => {
        it("has the headers of GET, and no body", async () => {
            const got = await ask[version]("GET", {});
            const head = await ask[version]("HEAD", {});

            assert.equal(head.status, 200);
            assert.equal(head.body.length, 0);
            for (const name of ["content-length", "content-type", "etag",
                                "last-modified", "cache-control",
                                "accept-ranges"]) {
                assert.equal(head.headers[name], got.headers[name], name);
            }
        });

        for (const list of ["0-9", "1000-", "0-9,20-29", "x"]) {
            it(`takes no range of ${list}`, async () => {
                const { status, headers } = await ask[version]("HEAD",
                    range(list));

                assert.equal(status, 200);
                assert.equal(headers["content-length"], String(SIZE));
                assert.equal(headers["content-range"], undefined);
            });
        }

        it("is answered by conditions like GET", async () => {
            unchanged(await ask[version]("HEAD", { "If-None-Match": tag }));
            failed(await ask[version]("HEAD", { "If-Match": '"other"' }));
        });
    });

    describe(`${version}: an empty file`, { timeout }, () => {
        for (const [list, status] of [["0-", 200], ["0-9", 200], ["-5", 200],
                                      ["1-", 416], ["-0", 416]]) {
            it(`asked for ${list} is answered with ${status}`, async () => {
                const answer = await ask[version]("GET", range(list),
                    "empty.mp4");

                assert.equal(answer.status, status);
            });
        }
    });
}


describe("a tag (8.8.3)", { timeout }, () => {
    const from = (machine, headers = {}) =>
        request(`${machine.url}${path()}`, { headers });

    it("is the same on a machine to which the file came later", async () => {
        const here = await from(stack);
        const there = await from(other);

        assert.equal(here.status, 200);
        assert.notEqual(there.headers["last-modified"],
            here.headers["last-modified"]);
        assert.equal(there.headers.etag, here.headers.etag);
        assert.match(there.headers.etag, /^"[^"]+"$/);
    });

    it("takes a download up again on another machine", async () => {
        const { headers } = await from(stack, range("0-499"));

        part(500, 999)(await from(other,
            { ...range("500-"), "If-Range": headers.etag }));
    });

    it("is another one for other bytes", async () => {
        put(stack.path(FOLDER), "b.mp4", BYTES, TIME);
        put(stack.path("media"), "a.mp4", BYTES.subarray(1), TIME);
        const tags = await Promise.all([path(), path("b.mp4"),
            `/media/a.mp4?grant=${grant}`].map(async (where) =>
            (await request(`${stack.url}${where}`)).headers.etag));

        assert.equal(new Set(tags).size, 3);
    });

    it("is not there where the operator wants none", async () => {
        const answer = await request(`${stack.url}/one/a.mp4`);

        assert.equal(answer.headers.etag, undefined);
        assert.equal((await request(`${stack.url}/one/a.mp4`,
            { headers: { "If-Match": '"x"' } })).status, 412);
        assert.equal((await request(`${stack.url}/one/a.mp4`,
            { headers: { "If-None-Match": '"x"' } })).status, 200);
    });
});


describe("max_ranges", { timeout }, () => {
    const asked = (place, list) => request(`${stack.url}${place}a.mp4`,
        { headers: range(list) });

    it("is how many one request has", async () => {
        parts([0, 0], [2, 2], [4, 4])(await asked("/few/", "0-0,2-2,4-4"));
        assert.equal((await asked("/few/", "0-0,2-2,4-4,6-6")).status, 200);
    });

    it("counts those alone that are in the file", async () => {
        const answer = await asked("/few/", "0-0,1000-,2000-,3000-");

        assert.equal(answer.status, 206);
        assert.equal(answer.headers["content-range"], `bytes 0-0/${SIZE}`);
    });

    it("of 0 is no ranges at all", async () => {
        assert.equal((await asked("/one/", "0-9")).status, 200);
    });
});
