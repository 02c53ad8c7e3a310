/* What a grant limits beyond path and time: address, uses, bytes, rate; and
   what it says of the answer. */

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

import { request } from "../lib/client.mjs";
import { refused } from "../lib/problem.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 180_000;
const FOLDER = "/media/xy/x/";
const FILE = `${FOLDER}film.mp4`;
const LARGE = `${FOLDER}large.mp4`;
const HUGE = `${FOLDER}huge.mp4`;
const HUGE_SIZE = 200_000_000;   /* more than sockets hold */
const SMALL_BYTES = randomBytes(1000);
const LARGE_BYTES = randomBytes(5_000_000);
const PLAIN = Buffer.alloc(2_000_000, "as good as nothing when it is packed ");

let stack, upstream, mint;


function extra(state) {
    return `
        location /real/ {
            set_real_ip_from 127.0.0.1;
            real_ip_header X-Forwarded-For;
            sluice_gate grant;
            proxy_pass http://127.0.0.1:${upstream.address().port};
        }
        location /memory/ {
            alias ${state}/media/xy/x/;
            sendfile off;
            output_buffers 2 16k;
            sluice_gate grant;
        }
        location /packed/ {
            alias ${state}/media/xy/x/;
            gzip on;
            gzip_types video/mp4;
            types { video/mp4 mp4; }
            sluice_gate grant;
        }
        location /unpacked/ {
            gunzip on;
            gzip on;
            gzip_types video/mp4 text/html;
            sluice_gate grant;
            proxy_pass http://127.0.0.1:${upstream.address().port};
        }
        location /app/ {
            sluice_gate grant;
            proxy_pass http://127.0.0.1:${upstream.address().port};
        }
        location /rated/ {
            alias ${state}/media/xy/;
            sluice_gate grant;
            add_header X-Rate $limit_rate;
        }
        location /twice/ {
            sluice_gate grant;
            try_files /nothing /media/xy/x/film.mp4;
        }
        location /moved/ {
            sluice_gate grant;
            rewrite ^/moved/(.*) /media/xy/x/$1;
        }
        location /alone/ {
            alias ${state}/media/xy/x/;
            sluice_gate grant;
            sluice_grant_offline allow;
        }
        location /never/ {
            alias ${state}/media/xy/x/;
            sluice_gate grant;
            sluice_grant_offline deny;
        }`;
}


before(async () => {
    upstream = createServer((asked, answer) => {
        if (asked.url.startsWith("/unpacked/")) {
            answer.setHeader("Content-Type", "video/mp4");
            if (asked.url.endsWith("gz")) {
                answer.setHeader("Content-Encoding", "gzip");
            }
            answer.end(asked.url.endsWith("gz") ? gzipSync(PLAIN) : PLAIN);
            return;
        }
        answer.setHeader("Content-Type", "text/html");
        answer.setHeader("Content-Disposition", "inline");
        answer.end(asked.url.startsWith("/app/large")
            ? LARGE_BYTES : "from the application");
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");

    stack = await startStack({ extra });
    mint = minter(stack.keys());

    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path("media/xy/x/film.mp4"), SMALL_BYTES);
    writeFileSync(stack.path("media/xy/x/large.mp4"), LARGE_BYTES);
    writeFileSync(stack.path("media/xy/x/huge.mp4"), "");
    truncateSync(stack.path("media/xy/x/huge.mp4"), HUGE_SIZE);
}, { timeout });

after(async () => {
    upstream.close();
    upstream.closeAllConnections();
    await stack?.stop();
}, { timeout });


const ask = (path, options) => request(stack.url + path, options);
/* Each process of nginx finds Redis again in its own time. */
const counted = (path) => until("Redis counts", async () => {
    const answer = await ask(path);

    return answer.status !== 503 && answer;
});
const limited = (claims) => mint.grant({ jti: randomUUID(), ...claims });


/* {status, bytes, whole}: what came, also of an answer that was cut */
function fetched(path, headers = {}) {
    return new Promise((resolve, reject) => {
        const outgoing = http.get(stack.url + path, { headers, agent: false },
            (incoming) => {
                let bytes = 0;
                const end = (whole) => resolve({
                    status: incoming.statusCode, bytes, whole,
                    announced: Number(incoming.headers["content-length"]),
                });

                incoming.on("data", (part) => { bytes += part.length; });
                incoming.on("end", () => end(true));
                incoming.on("error", () => end(false));
            });
        outgoing.on("error", reject);
    });
}


/* A client that leaves when the answer begins. */
function abandoned(path) {
    return new Promise((resolve, reject) => {
        const outgoing = http.get(stack.url + path, { agent: false },
            (incoming) => incoming.once("data", () => {
                outgoing.destroy();
                resolve();
            }));
        outgoing.on("error", reject);
    });
}


describe("a grant for addresses", { timeout }, () => {
    const from = (ip, address) => ask(`/real/x?grant=${
        mint.grant({ path: "/real/x", ip })}`,
        { headers: { "X-Forwarded-For": address } });

    const opens = [
        [["192.0.2.0/24"], "192.0.2.255"],
        [["192.0.2.7"], "192.0.2.7"],
        ["192.0.2.7", "192.0.2.7"],
        [["198.51.100.0/24", "192.0.2.0/24"], "192.0.2.1"],
        [["2001:db8::/32"], "2001:db8:1::7"],
        [["::ffff:192.0.2.0/120"], "192.0.2.9"],
        [["192.0.2.0/24"], "::ffff:192.0.2.9"],
        [["0.0.0.0/0"], "203.0.113.1"],
    ];
    const keeps = [
        [["192.0.2.0/24"], "192.0.3.0"],
        [["192.0.2.7"], "192.0.2.8"],
        [["2001:db8::/32"], "2001:db9::1"],
        [["192.0.2.0/24"], "2001:db8::1"],
        [["::/0"], "192.0.2.1"],
    ];

    for (const [ip, address] of opens) {
        it(`${ip} opens to ${address}`, async () => {
            assert.equal((await from(ip, address)).status, 200);
        });
    }
    for (const [ip, address] of keeps) {
        it(`${ip} does not open to ${address}`, async () => {
            refused(await from(ip, address), 403, "grant-address");
        });
    }

    for (const ip of [[], ["192.0.2.0/33"], ["example.org"], [7], "",
                      ["192.0.2.1/"], Array(9).fill("192.0.2.1")]) {
        it(`${JSON.stringify(ip)} is no grant`, async () => {
            refused(await from(ip, "192.0.2.1"), 403, "grant-invalid");
        });
    }
});


describe("a grant for a number of uses", { timeout }, () => {
    it("opens so often and is gone then", async () => {
        const grant = limited({ path: FILE, uses: 3 });

        for (let i = 0; i < 3; i++) {
            const answer = await ask(`${FILE}?grant=${grant}`);
            assert.deepEqual(answer.body, SMALL_BYTES);
        }
        refused(await ask(`${FILE}?grant=${grant}`), 410, "grant-used");
        refused(await ask(`/~${grant}${FILE}`), 410, "grant-used");
    });

    it("never opens with none", async () => {
        refused(await ask(`${FILE}?grant=${limited({ path: FILE, uses: 0 })}`),
                410, "grant-used");
    });

    it("is counted by its signature when it has no id", async () => {
        const one = mint.grant({ path: FILE, uses: 1, nbf: 1 });
        const other = mint.grant({ path: FILE, uses: 1, nbf: 2 });

        assert.equal((await ask(`${FILE}?grant=${one}`)).status, 200);
        refused(await ask(`${FILE}?grant=${one}`), 410, "grant-used");
        assert.equal((await ask(`${FILE}?grant=${other}`)).status, 200);
    });

    it("is not used by what is refused for another reason", async () => {
        const grant = limited({ path: FOLDER, uses: 1 });

        refused(await ask(`${FILE}?grant=${grant}`, { method: "DELETE" }), 403,
                "grant-method");
        refused(await ask(`/media/xy/y?grant=${grant}`), 403, "grant-path");
        assert.equal((await ask(`${FILE}?grant=${grant}`)).status, 200);
    });

    it("is used once by a request that nginx redirects within", async () => {
        for (const path of ["/twice/x", "/moved/film.mp4"]) {
            const grant = limited({ path, uses: 2 });

            for (let i = 0; i < 2; i++) {
                const answer = await ask(`${path}?grant=${grant}`);
                assert.deepEqual(answer.body, SMALL_BYTES);
            }
            refused(await ask(`${path}?grant=${grant}`), 410, "grant-used");
        }
    });

    it("is not lost to a client that left while it was counted", async () => {
        const single = (text) => text
            .replace(/worker_processes .*;/, "worker_processes 1;")
            .replace(/sluice_redis [^;]*/, "$& timeout=30s");
        const fresh = () =>
            `${FILE}?grant=${limited({ path: FILE, uses: 1 })}`;

        /* Redis's connections: {id: command that is held, or undefined} */
        const clients = async () => Object.fromEntries(
            (await stack.redis("CLIENT", "LIST")).trim().split("\n")
                .map((client) => [client.match(/^id=(\d+)/)[1],
                    /flags=\w*b/.test(client)
                        ? client.match(/cmd=(\S+)/)[1] : undefined]));
        /* An nginx, and those of them that are its own. */
        const serving = async () => {
            const before = await clients();
            const machine = await stack.secondNginx(single);
            const first = machine.url + fresh();

            await until("it serves", async () =>
                (await request(first)).status === 200);
            machine.own = Object.keys(await clients())
                .filter((id) => !(id in before));
            return machine;
        };
        /* Those who wait are served in the order in which they were heard, but
           for what stands behind a command that nginx sends by itself. */
        const heard = ({ own }) => until("Redis has heard it", async () => {
            const now = await clients();
            return own.map((id) => now[id]).find((command) => command);
        });
        /* a turn of its loop for what was asked before, and one to end it */
        const seen = async ({ url }) => {
            for (let i = 0; i < 3; i++) {
                await request(`${url}/health`);
            }
        };
        const one = await serving();
        const other = await serving();
        /* Resolves to null if something else was held. */
        const leftBehind = async (path) => {
            await stack.redis("CLIENT", "PAUSE", "60000", "WRITE");

            const leaving = http.get(one.url + path, { agent: false })
                .on("error", () => {});
            await once(leaving, "finish");
            const held = [await heard(one)];
            const second = request(other.url + path);
            held.push(await heard(other));
            leaving.destroy();
            await seen(one);
            await stack.redis("CLIENT", "UNPAUSE");

            const answer = await second;
            return held.every((command) => command === "eval") ? answer : null;
        };
        let path, answer;

        do {
            path = fresh();
            answer = await leftBehind(path);
        } while (answer === null);
        refused(answer, 410, "grant-used");

        const answered = (status) => async () =>
            (await request(one.url + path)).status === status;
        await until("it is there again", answered(200));
        await until("it is gone", answered(410));
        await one.stop();
        await other.stop();
    });

    it("is refused with a number that is none", async () => {
        for (const uses of [-1, 1.5, "1", null, true, 2 ** 60]) {
            refused(await ask(`${FILE}?grant=${limited({ path: FILE, uses })}`),
                    403, "grant-invalid");
        }
    });

    it("opens to one of 50 that ask at once", async () => {
        const grant = limited({ path: FILE, uses: 1 });
        const answers = await Promise.all(Array.from({ length: 50 },
            () => ask(`${FILE}?grant=${grant}`)));
        const statuses = answers.map((answer) => answer.status);

        assert.equal(statuses.filter((status) => status === 200).length, 1);
        assert.equal(statuses.filter((status) => status === 410).length, 49);
    });
});


describe("a grant for a number of bytes", { timeout }, () => {
    it("ends within the answer that goes beyond it", async () => {
        const grant = limited({ path: FILE, bytes: 2500 });
        const url = `${FILE}?grant=${grant}`;

        assert.equal((await fetched(url)).bytes, 1000);
        assert.equal((await fetched(url)).bytes, 1000);

        const cut = await fetched(url);
        assert.equal(cut.status, 200);
        assert.equal(cut.announced, 1000);
        assert.equal(cut.bytes, 500);
        assert.equal(cut.whole, false);

        refused(await ask(url), 429, "grant-budget");
    });

    it("is spent to the last byte and no further", async () => {
        const url = `${FILE}?grant=${limited({ path: FILE, bytes: 1000 })}`;

        assert.equal((await fetched(url)).whole, true);
        refused(await ask(url), 429, "grant-budget");
    });

    it("counts of a range what was sent of it", async () => {
        const url = `${LARGE}?grant=${limited({ path: LARGE, bytes: 3000 })}`;

        for (let i = 0; i < 3; i++) {
            const part = await fetched(url, { Range: "bytes=4000-4999" });
            assert.equal(part.status, 206);
            assert.equal(part.bytes, 1000);
        }
        refused(await ask(url), 429, "grant-budget");
    });

    it("sends nothing for none", async () => {
        refused(await ask(`${FILE}?grant=${limited({ path: FILE, bytes: 0 })}`),
                429, "grant-budget");
    });

    it("is not spent by HEAD", async () => {
        const url = `${FILE}?grant=${limited({ path: FILE, bytes: 1000 })}`;

        for (let i = 0; i < 3; i++) {
            assert.equal((await ask(url, { method: "HEAD" })).status, 200);
        }
        assert.equal((await fetched(url)).whole, true);
    });

    it("lasts for a file that is larger than what is asked for at once",
        async () => {
            const url = `${LARGE}?grant=${
                limited({ path: LARGE, bytes: 2 * LARGE_BYTES.length })}`;

            for (let i = 0; i < 2; i++) {
                assert.deepEqual((await ask(url)).body, LARGE_BYTES);
            }
            refused(await ask(url), 429, "grant-budget");
        });

    it("gives back what a client that left did not take", async () => {
        const url = `${LARGE}?grant=${
            limited({ path: LARGE, bytes: LARGE_BYTES.length })}`;

        refused(await ask(`/app/x?grant=${
            limited({ path: "/app/y", bytes: 5 })}`), 403, "grant-path");
        assert.equal((await ask(url, { headers: {
            "If-Match": "\"another\"" } })).status, 412);
        await until("all of it is there again",
            async () => (await fetched(url)).whole);
    });

    for (const path of ["/app/large", "/memory/large.mp4",
                        "/packed/large.mp4"]) {
        it(`lasts for ${path}, which comes in parts`, async () => {
            const url = `${path}?grant=${
                limited({ path, bytes: LARGE_BYTES.length })}`;

            assert.deepEqual((await ask(url)).body, LARGE_BYTES);
            refused(await ask(url), 429, "grant-budget");
        });
    }

    it("ends an answer that gzip packs", async () => {
        const path = "/packed/large.mp4";
        const part = await fetched(`${path}?grant=${
            limited({ path, bytes: 100_000 })}`,
            { "Accept-Encoding": "gzip" });

        assert.equal(part.whole, false);
        assert.ok(part.bytes <= 101_000, `${part.bytes} bytes`);
    });

    it("is for what comes out of gunzip", async () => {
        const path = "/unpacked/gz";
        const url = `${path}?grant=${limited({ path, bytes: 100_000 })}`;
        const part = await fetched(url);

        assert.equal(part.bytes, 100_000);
        assert.equal(part.whole, false);
        refused(await ask(url), 429, "grant-budget");
    });

    it("lasts for as much as gzip makes of it", async () => {
        const path = "/unpacked/plain";
        const url = `${path}?grant=${limited({ path, bytes: 100_000 })}`;
        const packed = { "Accept-Encoding": "gzip" };
        const sizes = [];

        for (let n = 0; n < 3; n++) {
            const answer = await fetched(url, packed);
            assert.equal(answer.whole, true);
            sizes.push(answer.bytes);
        }
        assert.ok(sizes[0] < 30_000 && sizes[0] === sizes[2], `${sizes}`);
        assert.equal((await fetched(url)).bytes,
            100_000 - 3 * sizes[0]);
    });

    it("is charged for what was sent, not for what was asked", async () => {
        const grant = limited({ path: HUGE, bytes: 2 * HUGE_SIZE });
        const url = `${HUGE}?grant=${grant}`;

        for (let i = 0; i < 4; i++) {
            await abandoned(url);
        }
        await until("most of it is there again", async () => {
            const { jti } = JSON.parse(Buffer.from(grant.split(".")[1],
                "base64url"));
            const taken = await stack.redis("GET", `sluice:budget:b:${jti}`);

            return Number(taken) < HUGE_SIZE;
        });
    });

    it("is never exceeded by many at once", async () => {
        const url = `${FILE}?grant=${limited({ path: FILE, bytes: 10_300 })}`;
        const parts = await Promise.all(Array.from({ length: 40 },
            () => fetched(url).catch(() => ({ bytes: 0 }))));
        const sum = parts.filter((part) => part.status === 200)
            .reduce((total, part) => total + part.bytes, 0);

        assert.ok(sum <= 10_300, `${sum} bytes left`);
        assert.ok(sum >= 1000, `only ${sum} bytes left`);
    });

    it("holds for what an application sends", async () => {
        const url = `/app/x?grant=${limited({ path: "/app/x", bytes: 4 })}`;

        assert.equal((await fetched(url)).bytes, 4);
        refused(await ask(url), 429, "grant-budget");
    });
});


describe("a grant tells of the answer", { timeout }, () => {
    it("how quickly it is sent", async () => {
        const answer = await ask(`/rated/x/film.mp4?grant=${
            mint.grant({ path: "/rated/", rate: 7_000_000 })}`);

        assert.equal(answer.headers["x-rate"], "7000000");
        assert.deepEqual(answer.body, SMALL_BYTES);
    });

    it("the name to save it under", async () => {
        const answer = await ask(`${FILE}?grant=${
            mint.grant({ path: FILE, filename: "Boléro \"1\".mp4" })}`);

        assert.equal(answer.headers["content-disposition"],
            "attachment; filename=\"Bol_ro _1_.mp4\"; "
            + "filename*=UTF-8''Bol%C3%A9ro%20%221%22.mp4");
    });

    it("its type", async () => {
        const answer = await ask(`${FILE}?grant=${
            mint.grant({ path: FILE, type: "application/x-film" })}`);

        assert.equal(answer.headers["content-type"], "application/x-film");
    });

    it("both for what an application sends", async () => {
        const answer = await ask(`/app/x?grant=${mint.grant({
            path: "/app/x", filename: "a.txt",
            type: "text/plain; charset=utf-8" })}`);

        assert.equal(answer.headers["content-type"],
                     "text/plain; charset=utf-8");
        assert.equal(answer.headers["content-disposition"],
                     "attachment; filename=\"a.txt\"");
        assert.equal(answer.text, "from the application");
    });

    it("on ranges, too", async () => {
        const answer = await ask(`${FILE}?grant=${
            mint.grant({ path: FILE, filename: "a.mp4" })}`,
            { headers: { Range: "bytes=0-1" } });

        assert.equal(answer.status, 206);
        assert.equal(answer.headers["content-disposition"],
                     "attachment; filename=\"a.mp4\"");
    });

    it("but not of a refusal", async () => {
        const answer = await ask(`/app/x?grant=${mint.grant({
            path: "/app/x", filename: "a.txt", uses: 0 })}`);

        refused(answer, 410, "grant-used");
        assert.equal(answer.headers["content-disposition"], undefined);
    });
});


describe("while Redis is away", { timeout }, () => {
    const once = limited;
    const alone = `/alone/film.mp4?grant=`;
    let twice;

    before(() => stack.stopRedis(), { timeout });
    after(async () => {
        await stack.startRedis();
        refused(await counted(alone + twice), 410, "grant-used");
    }, { timeout });

    it("a grant with uses does not open", async () => {
        refused(await ask(`${FILE}?grant=${once({ path: FILE, uses: 5 })}`),
                503, "redis-away");
    });

    it("this machine counts alone where the operator allows it", async () => {
        twice = once({ path: "/alone/", uses: 2 });

        assert.equal((await ask(alone + twice)).status, 200);
        assert.equal((await ask(alone + twice)).status, 200);
        refused(await ask(alone + twice), 410, "grant-used");
    });

    it("bytes are counted by this machine for what comes in parts, too",
        async () => {
            for (const path of ["/app/large", "/memory/large.mp4"]) {
                const url = `${path}?grant=${
                    once({ path, bytes: LARGE_BYTES.length + 1 })}`;

                assert.deepEqual((await ask(url)).body, LARGE_BYTES);
                assert.equal((await fetched(url)).bytes, 1);
                refused(await ask(url), 429, "grant-budget");
            }
        });

    it("bytes are counted by this machine", async () => {
        const url = `${FILE}?grant=${once({ path: FILE, bytes: 1500 })}`;

        assert.equal((await fetched(url)).bytes, 1000);
        assert.equal((await fetched(url)).bytes, 500);
        refused(await ask(url), 429, "grant-budget");
    });

    it("or refused where the operator wants that", async () => {
        refused(await ask(`/never/film.mp4?grant=${
            once({ path: "/never/", bytes: 1500 })}`), 503, "redis-away");
    });

    it("a plain grant opens", async () => {
        assert.equal((await ask(`${FILE}?grant=${
            mint.grant({ path: FILE })}`)).status, 200);
    });
});


describe("what was used up", { timeout }, () => {
    it("stays so when Redis comes back without its data", async () => {
        const url = `${FILE}?grant=${limited({ path: FILE, uses: 1 })}`;

        assert.equal((await counted(url)).status, 200);
        await stack.stopRedis();
        await stack.startRedis();
        refused(await counted(url), 410, "grant-used");
    });

    it("is kept in Redis until the grant ends, and no longer", async () => {
        const exp = Math.floor(Date.now() / 1000) + 1000;
        const jti = randomUUID();

        await counted(`${FILE}?grant=${
            mint.grant({ path: FILE, uses: 3, jti, exp })}`);
        const left = Number(await stack.redis("TTL", `sluice:budget:u:${jti}`));

        assert.ok(left > 900 && left <= 1100, `${left} s`);
    });
});
