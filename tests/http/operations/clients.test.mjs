/* Clients that leave, dawdle, crowd or send nonsense; and a slow database. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

import { request } from "../lib/client.mjs";
import { fresh } from "../lib/files.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 90_000;
const FILE = "/media/xy/x/film.mp4";

let stack, viewer, grant, nginx;


before(async () => {
    stack = await startStack();
    await stack.stopWorker();
    viewer = await stack.visitor("viewer");
    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path(FILE.slice(1)), randomBytes(2_000_000));
    grant = minter(stack.keys()).grant({ path: FILE });
    nginx = stack.workers();
}, { timeout });

after(() => stack?.stop(), { timeout });


const bearer = () => `Authorization: Bearer ${viewer.token}\r\n`;
const login = () => JSON.stringify({ email: stack.email,
                                     password: stack.password });

/* The text of one request of each kind. */
const kinds = {
    "a list": () => `GET /api/media HTTP/1.1\r\nHost: x\r\n${bearer()}\r\n`,
    "readiness": () => "GET /ready HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes": () => `GET ${FILE}?grant=${grant} HTTP/1.1\r\nHost: x\r\n\r\n`,
    "signing in": () => "POST /api/sessions HTTP/1.1\r\nHost: x\r\n"
        + "Content-Type: application/json\r\n"
        + `Content-Length: ${login().length}\r\n\r\n${login()}`,
    "refreshing": () => "POST /api/sessions/refresh HTTP/1.1\r\nHost: x\r\n"
        + "Content-Type: application/json\r\n"
        + 'Content-Length: 23\r\n\r\n{"refresh_token":"abc"}',
    "an upload": () => "POST /api/media?filename=left.mp4 HTTP/1.1\r\n"
        + `Host: x\r\n${bearer()}Content-Length: 30000\r\n\r\n`
        + fresh().padEnd(30_000, "y"),
};

/* Sends the text and answers all that comes until the server closes. */
async function talk(text, { chunk } = {}) {
    const socket = connect(stack.port, "127.0.0.1").setNoDelay();
    let received = "";

    socket.setEncoding("latin1").on("data", (part) => { received += part; });
    for (let at = 0; at < text.length; at += chunk ?? text.length) {
        socket.write(text.slice(at, at + (chunk ?? text.length)));
        await new Promise(setImmediate);
    }
    await once(socket, "close");
    return received;
}

async function allIsWell() {
    assert.equal((await viewer.get("/api/me")).status, 200);
    assert.equal((await request(`${stack.url}${FILE}?grant=${grant}`)).status,
        200);
    assert.equal((await viewer.upload(fresh(), "a.mp4")).status, 201);
    assert.deepEqual(stack.workers(), nginx, "a worker process died");
}


describe("clients that leave", { timeout }, () => {
    for (const [what, text] of Object.entries(kinds)) {
        it(`at any moment of ${what} harm nobody`, async () => {
            const bytes = text();

            for (let at = 0; at < 60; at++) {
                const socket = connect(stack.port, "127.0.0.1");
                const length = at % 2 ? bytes.length
                    : Math.ceil(bytes.length * at / 60);

                socket.on("error", () => {});
                socket.write(bytes.slice(0, length));
                /* at once, or some turns of nginx's loop later */
                for (let turn = 0; turn < at % 7; turn++) {
                    await new Promise(setImmediate);
                }
                await pause(at % 3);
                socket.resetAndDestroy();
            }
            /* each has a place among the user's uploads until it has ended */
            await until("no upload is under way", async () => await stack.sql(
                "select count(*) from sluice.uploads where state <> 'done'")
                    === "0", { every: 100 });
            await allIsWell();
        });
    }

    it("leave nothing unfinished in the spool", async () => {
        await until("no part is left", () => !readdirSync(stack.path("spool"))
            .some((name) => name.endsWith(".part")));
    });
});


describe("clients that dawdle", { timeout }, () => {
    it("are answered when they sign in byte by byte", async () => {
        const text = kinds["signing in"]().replace("Host: x",
            "Host: x\r\nConnection: close");
        assert.match(await talk(text, { chunk: 1 }), /^HTTP\/1\.1 201/);
    });

    it("can upload in pieces of a hundred bytes", async () => {
        const text = kinds["an upload"]().replace("Host: x",
            "Host: x\r\nConnection: close");
        assert.match(await talk(text, { chunk: 100 }), /^HTTP\/1\.1 201/);
    });
});


describe("a connection", { timeout }, () => {
    const close = "Connection: close\r\n";

    it("carries requests of all kinds, one behind the other", async () => {
        const texts = ["a list", "readiness", "signing in", "an upload",
                       "a list", "refreshing"].map((kind) => kinds[kind]());
        const last = "GET /api/me HTTP/1.1\r\nHost: x\r\n"
            + `${bearer()}${close}\r\n`;
        const received = await talk(texts.join("") + last);
        const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+) /g)]
            .map(([, status]) => status);

        assert.deepEqual(statuses,
            ["200", "200", "201", "201", "200", "401", "200"]);
    });

    it("goes on after a body that was refused unread", async () => {
        const body = "z".repeat(5000);
        const received = await talk(
            "POST /api/media?filename=a.mp4 HTTP/1.1\r\nHost: x\r\n"
            + `Content-Length: ${body.length}\r\n\r\n${body}`
            + `GET /health HTTP/1.1\r\nHost: x\r\n${close}\r\n`);
        const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+) /g)]
            .map(([, status]) => status);

        assert.deepEqual(statuses, ["401", "200"]);
    });

    it("of HTTP/1.0 is answered and closed", async () => {
        const received = await talk(
            `GET /api/me HTTP/1.0\r\n${bearer()}\r\n`);

        assert.match(received, /^HTTP\/1\.1 200/);
        assert.match(received, /"id"/);
    });
});


describe("nonsense", { timeout }, () => {
    const heads = {
        "a token of blanks": "Authorization: Bearer   ",
        "a token of 6,000 characters":
            `Authorization: Bearer ${"a".repeat(6000)}`,
        "another scheme": "Authorization: Basic YTpi",
        "a scheme alone": "Authorization: Bearer",
        "a cookie without an end": "Cookie: sluice_session=",
        "cookies like ours": "Cookie: xsluice_session=a; sluice_sessionx=b",
        "bytes beyond ASCII": "Authorization: Bearer é\u0080",
    };

    for (const [what, head] of Object.entries(heads)) {
        it(`like ${what} is answered with 401`, async () => {
            const received = await talk("GET /api/me HTTP/1.1\r\nHost: x\r\n"
                + `${head}\r\nConnection: close\r\n\r\n`);
            assert.match(received, /^HTTP\/1\.1 401/);
        });
    }

    /* the page answers for what is no media */
    const paths = { "/~": 200, "/~/": 200, "/~.../": 200, "/~a/": 200,
                    "/~a.b.c": 200, "/~a.b.c/": 200, "/~%00/media/": 400,
                    "/~a.b.c//media/xy": 403 };

    for (const [path, expected] of Object.entries(paths)) {
        it(`like ${path} opens nothing`, async () => {
            const { status } = await request(`${stack.url}${path}`);
            assert.equal(status, expected);
        });
    }

    it("leaves the server as it was", allIsWell);
});


describe("a database that is slow", { timeout }, () => {
    let patient;    /* waits longer than a test is likely to take */

    before(async () => {
        patient = await stack.secondNginx((text) => text.replace(
            /sluice_database "[^"]*"/, "$& timeout=60s"));
    }, { timeout });

    after(() => patient?.stop(), { timeout });

    const list = (who = viewer) => request(`${patient.url}/api/media`,
        { headers: who.headers });

    /* Holds the media table for so many seconds, or until it is cancelled. */
    async function held(seconds, action) {
        const lock = stack.sql("begin; lock table sluice.media; "
            + `select pg_sleep(${seconds}); commit`);

        lock.catch(() => {});

        await until("the table is locked", async () => await stack.sql(
            "select count(*) from pg_locks where granted "
            + "and mode = 'AccessExclusiveLock' "
            + "and relation = 'sluice.media'::regclass") !== "0");
        try {
            return await action();
        } finally {
            await lock.catch(() => {});    /* it may have been cancelled */
        }
    }

    const letGo = () => stack.sql("select pg_cancel_backend(pid) "
        + "from pg_locks where granted and mode = 'AccessExclusiveLock' "
        + "and relation = 'sluice.media'::regclass");

    it("does not hold up bytes", async () => {
        await held(60, async () => {
            const waiting = Array.from({ length: 30 }, list);

            for (let times = 0; times < 20; times++) {
                const answer = await request(
                    `${patient.url}${FILE}?grant=${grant}`);
                assert.equal(answer.status, 200);
            }
            assert.equal(await letGo(), "t");
            for (const { status } of await Promise.all(waiting)) {
                assert.equal(status, 200);
            }
        });
    });

    it("makes a crowd hear 503 and when to come again", async () => {
        /* one alone has no more than half of the line */
        const crowd = await Promise.all([1, 2, 3, 4].map(
            () => stack.visitor("viewer")));
        const answers = await held(60, async () => {
            let full = false;
            const all = Array.from({ length: 800 }, (_, i) =>
                list(crowd[i % crowd.length]).then((answer) => {
                    full ||= answer.status === 503;
                    return answer;
                }));

            await until("the queue is full", () => full);
            await letGo();
            return Promise.all(all);
        });
        const refused = answers.filter(({ status }) => status === 503);

        /* 429: of one user too many wait; 503: of all */
        assert.ok(answers.every(({ status }) =>
            [200, 429, 503].includes(status)));
        assert.ok(refused.length > 0);
        assert.ok(refused.length < answers.length);
        for (const { headers, json } of refused) {
            assert.equal(json.type, "urn:sluice:problem:busy");
            assert.ok(Number(headers["retry-after"]) > 0);
        }
    });

    it("is not waited for without end", async () => {
        await held(8, async () => {
            const answer = await viewer.get("/api/media");
            assert.equal(answer.status, 503);
            assert.ok(Number(answer.headers["retry-after"]) > 0);
        });
        await until("the API answers", async () =>
            (await viewer.get("/api/media")).status === 200);
    });

    it("does not mind clients that leave while they wait", async () => {
        await held(2, async () => {
            for (let times = 0; times < 60; times++) {
                const socket = connect(stack.port, "127.0.0.1");

                socket.on("error", () => {});
                socket.write(kinds[times % 2 ? "a list" : "an upload"]());
                await pause(10);
                socket.resetAndDestroy();
            }
        });
        /* also where the row came after they had left */
        await until("no upload is under way", async () => await stack.sql(
            "select count(*) from sluice.uploads where state <> 'done'")
                === "0", { every: 100 });
        await until("no part is left", () => !readdirSync(stack.path("spool"))
            .some((name) => name.endsWith(".part")));
        await allIsWell();
    });
});


it("no connection to the database is lost by all this", { timeout },
    async () => {
        const count = Number(await stack.sql(
            "select count(*) from pg_stat_activity "
            + "where usename = 'sluice_app'"));
        /* pool=4 in each worker process, and one to stop statements with */
        assert.ok(count <= 5 * nginx.length, `${count} connections`);
    });
