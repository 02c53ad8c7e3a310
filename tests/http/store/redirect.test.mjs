/* sluice_media on delivery=redirect: signed URLs of the bucket, opened by curl at
   a real gateway. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { startBucket } from "../lib/ceph.mjs";
import { request, until } from "../lib/client.mjs";
import { overBucket } from "../lib/over_bucket.mjs";
import { run } from "../lib/run.mjs";
import { TOP, startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter, now } from "../lib/token.mjs";

const timeout = 240_000;
const ID = "01890000-0000-7000-8000-0000000000cd";
const FOLDER = `/media/cd/${ID}/`;
const BYTES = randomBytes(300_000);
const DAY = 86400;

let bucket, stack, node, mint;

const over = (text, more = {}) => overBucket(text, {
    words: bucket.words, port: bucket.port, cache: `${stack.state}/cache`,
    media: "on delivery=redirect", ...more,
});

before(async () => {
    bucket = await startBucket();
    stack = await startStack();
    const file = join(stack.folder, "a.mp4");

    writeFileSync(file, BYTES);
    for (const name of ["a.mp4", "original.mkv", "master.m3u8", "poster.jpg"]) {
        await bucket.put(`${FOLDER.slice(1)}${name}`, file, "text/html");
    }
    await stack.asServer("mkdir", stack.path("cache"));
    node = await stack.secondNginx((text) => over(text));
    mint = minter(stack.keys());
}, { timeout });

after(async () => {
    bucket?.stop();
    await stack?.stop({ but: /bucket|sluice_(store|media)/ });
}, { timeout });


/* By a link with these claims besides. */
function get(name, claims = {}, method = "GET", headers = {}) {
    const grant = mint.grant({ path: FOLDER, ...claims });

    return request(`${node.url}${FOLDER}${name}?grant=${grant}`,
        { method, headers });
}

const location = async (name, claims, method) => {
    const { status, headers } = await get(name, claims, method);

    assert.equal(status, 302);
    return headers.location;
};

/* What curl gets of a URL: {status, headers, body}. */
async function curl(url, ...words) {
    const out = join(stack.folder, "curl.out");
    const { stdout } = await run("curl", ["-sS", "-D", "-", "-o", out, "-w",
        "\n%{http_code}", ...words, url]);
    const last = stdout.slice(0, stdout.lastIndexOf("\n"))
        .split("\r\n\r\n").filter((part) => part.startsWith("HTTP/")).at(-1);

    return { status: Number(/\d+$/.exec(stdout)[0]),
             headers: Object.fromEntries(last.split("\r\n").slice(1)
                 .map((line) => /^([^:]+): (.*)$/.exec(line))
                 .map(([, key, value]) => [key.toLowerCase(), value])),
             body: words.includes("-I") ? null : readFileSync(out) };
}

/* When it ends, in seconds since 1970. */
function endOf(url) {
    const { searchParams } = new URL(url);
    const date = searchParams.get("X-Amz-Date").replace(
        /(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z");

    return Date.parse(date) / 1000 + Number(searchParams.get("X-Amz-Expires"));
}


describe("a film's bytes", { timeout }, () => {
    it("are had at the bucket, as what they are", async () => {
        for (const [name, type] of [["a.mp4", "video/mp4"],
            ["original.mkv", "video/x-matroska"]]) {
            const answer = await get(name);

            assert.equal(answer.status, 302);
            assert.equal(answer.headers["cache-control"], "no-store");
            assert.ok(answer.headers.location.startsWith(`${bucket.endpoint}/`));

            const film = await curl(answer.headers.location);

            assert.equal(film.status, 200, String(film.body));
            assert.ok(film.body.equals(BYTES));
            assert.equal(film.headers["content-type"], type);
        }
    });

    it("are followed to with ranges and conditions", async () => {
        const url = `${node.url}${FOLDER}a.mp4?grant=${
            mint.grant({ path: FOLDER })}`;
        const part = await curl(url, "-L", "-H", "Range: bytes=5-9");

        assert.equal(part.status, 206);
        assert.ok(part.body.equals(BYTES.subarray(5, 10)));
        assert.equal((await curl(url, "-L", "-H",
            `If-None-Match: ${part.headers.etag}`)).status, 304);
        assert.equal((await curl(url, "-L", "-H",
            'If-Match: "x"')).status, 412);
    });

    it("are told of by HEAD", async () => {
        const head = await curl(await location("a.mp4", {}, "HEAD"), "-I");

        assert.equal(head.status, 200);
        assert.equal(Number(head.headers["content-length"]), BYTES.length);
    });

    it("are called as the link says", async () => {
        const film = await curl(await location("a.mp4", {
            filename: "Été 1.mp4", type: "application/x-film" }));

        assert.equal(film.headers["content-type"], "application/x-film");
        assert.match(film.headers["content-disposition"],
            /^attachment; .*filename\*=UTF-8''%C3%89t%C3%A9%201\.mp4/);
    });

    it("are there for as long as the link, to the second", async () => {
        const exp = now() + 1234;

        assert.equal(endOf(await location("a.mp4", { exp })), exp);
    });

    it("are there for seven days at most", async () => {
        const url = await location("a.mp4", { exp: now() + 30 * DAY });

        assert.equal(new URL(url).searchParams.get("X-Amz-Expires"),
                     String(7 * DAY));
        assert.equal((await curl(url)).status, 200);
    });

    it("end with the link", async () => {
        const url = await location("a.mp4", { exp: now() + 3 });

        assert.equal((await curl(url)).status, 200);
        await until("it has ended", async () =>
            (await curl(url)).status === 403);
    });

    it("are nobody's without a link", async () => {
        const answer = await request(`${node.url}${FOLDER}a.mp4`);

        assert.equal(answer.status, 401);
        assert.equal(answer.headers.location, undefined);
    });

    it("are found missing at the bucket", async () => {
        assert.equal((await curl(await location("none.mp4"))).status, 404);
    });
});


describe("nginx sends", { timeout }, () => {
    const isSent = async (name, claims) => {
        const answer = await get(name, claims);

        assert.equal(answer.status, 200, answer.text);
        assert.ok(answer.body.equals(BYTES));
    };

    for (const name of ["master.m3u8", "poster.jpg"]) {
        it(`what is small: ${name}`, () => isSent(name));
    }

    for (const [what, claims] of [
        ["addresses", { ip: ["127.0.0.0/8"] }],
        ["uses", { uses: 1, jti: "uses" }],
        ["bytes", { bytes: 1e6, jti: "bytes" }],
        ["a rate", { rate: 1e9 }],
    ]) {
        it(`what a link bounds by ${what}`, () => isSent("a.mp4", claims));
    }

    it("what counts for a user's plan, and of no other", async () => {
        const { id } = await stack.user();
        const claims = { sub: id };

        await isSent("a.mp4", claims);     /* nobody has told of him yet */
        await until("the record has told", async () =>
            (await get("a.mp4", claims)).status === 302);

        await stack.sql(`update sluice.users set bytes_month = 1000000000000
                         where id = '${id}'`);
        await until("his months are bounded", async () =>
            (await get("a.mp4", claims)).status === 200);

        await stack.sql(`update sluice.users set bytes_month = null,
                         streams_max = 2 where id = '${id}'`);
        for (let n = 0; n < 5; n++) {
            await isSent("a.mp4", claims);
        }
    });
});


describe("nginx -t", { timeout }, () => {
    const refuses = async (text, said) => {
        const file = stack.path("wrong.conf");

        writeFileSync(file, text);
        await assert.rejects(stack.nginx("-t", "-c", file), (error) => {
            assert.match(error.stderr, said);
            assert.match(error.stderr, /wrong\.conf:\d+/);
            return true;
        });
    };

    it("wants a word that it knows", () => refuses(over(
        stack.text("nginx.conf"), { media: "on delivery=fast" }),
    /"delivery=fast" of "sluice_media on": write .*delivery=redirect/));

    it("wants it where there are media", () => refuses(over(
        stack.text("nginx.conf"), { media: "off delivery=redirect" }),
    /"delivery=redirect" of "sluice_media off"/));

    it("wants on or off", () => refuses(over(stack.text("nginx.conf"),
        { media: "yes" }), /"yes" of "sluice_media": write on or off/));

    it("wants a bucket", () => refuses(over(stack.text("nginx.conf"))
        .replace(/sluice_store .*;/, ""), /no bucket to lead to/));

    it("wants a gate", () => refuses(over(stack.text("nginx.conf"))
        .replace(/(location \/media\/ \{\s*)sluice_gate grant;/,
                 "$1sluice_gate off;"), /sign URLs for anybody/));

    it("wants what sends the rest", () => refuses(over(
        stack.text("nginx.conf"))
        .replace(`include ${join(TOP, "conf/s3/media.conf")};`, ""),
    /leaves playlists and pictures/));
});
