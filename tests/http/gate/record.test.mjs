/* Who passes the gate asks no server: PostgreSQL and Redis tell what they were
   asked meanwhile. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";

import { request } from "../lib/client.mjs";
import { alive, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 120_000;
const FILE = "/media/xy/x/film.mp4";
const BYTES = "x".repeat(100);
const TIMES = 300;

/* What nginx asks on its own, whoever comes: it reads what was revoked, writes
   about once a second what all users were sent, and greets a server that it has
   connected to. */
const BACKGROUND =
    /api\.(?:revocations|revoked_since|count_bytes)\(|pg_is_in_recovery\(|^(?:ping|hello|auth|role|subscribe|zadd|zrem|zrange)/i;

let stack, monitor, mint, viewer, marks = 0;


/* Redis' own account of the commands it is given; what scripts call is part of
   the command that runs them. */
class Monitor {
    constructor(path) {
        this.text = "";
        this.socket = connect(path);
        this.socket.setEncoding("utf8")
            .on("data", (part) => { this.text += part; });
    }

    async start() {
        this.socket.write("MONITOR\r\n");
        await until("Redis tells its commands",
            () => this.text.includes("+OK"));
    }

    /* Words as redis-cli prints them: EVAL "…" "1" "sluice:budget:…" */
    commands() {
        return [...this.text.matchAll(/^\+[\d.]+ \[\d+ (\S+)\] (.*)$/gm)]
            .filter(([, from]) => from !== "lua")
            .map(([, , words]) => words.replace(/^"(\w+)"/, "$1").trim());
    }
}


before(async () => {
    stack = await startStack({ extra: (state) => `
        location /both/ { alias ${state}/media/xy/; sluice_gate user grant; }`,
    });
    mint = minter(stack.keys());
    viewer = await stack.visitor("viewer");

    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path(FILE.slice(1)), BYTES);

    await stack.stopWorker();    /* it has work of its own */
    await stack.sql("alter system set log_statement = 'all'");
    await stack.sql("select pg_reload_conf()");
    await until("PostgreSQL logs", async () =>
        await stack.sql("show log_statement") === "all");

    const old = stack.workers();
    await stack.reload();
    await until("the old processes are gone", () => !old.some(alive));
    await until("each process listens", async () => Number((await stack.redis(
        "PUBSUB", "NUMSUB", "sluice:revocations")).split("\n")[1])
            === stack.workers().length);

    monitor = new Monitor(stack.path("run/redis.sock"));
    await monitor.start();
}, { timeout });

after(async () => {
    monitor?.socket.destroy();
    await stack?.stop();
}, { timeout });


const ask = (path, headers) => request(stack.url + path, { headers });

/* What both servers were asked while `work` was done. */
async function askedOf(work) {
    const from = `mark-${++marks}`, to = `mark-${++marks}`;
    const told = () => stack.text("logs/postgresql.log");
    const between = (lines) => lines.slice(
        lines.findIndex((line) => line.includes(from)) + 1,
        lines.findLastIndex((line) => line.includes(to)));

    const mark = async (name) => {
        await stack.redis("ECHO", name);
        await stack.sql(`select '${name}'`);
        await until("both have told it", () => told().includes(name)
            && monitor.text.includes(name));
    };

    await mark(from);
    await work();
    await mark(to);

    const statements = told().split("\n").map((line) =>
        /(?:statement|execute [^:]*): (.*)/.exec(line)?.[1])
        .filter((text) => text !== undefined);

    return {
        sql: between(statements).filter((text) => !BACKGROUND.test(text)),
        redis: between(monitor.commands())
            .filter((text) => !BACKGROUND.test(text)),
    };
}

async function times(count, send) {
    for (let done = 0; done < count; done += 20) {
        const answers = await Promise.all(Array.from(
            { length: Math.min(20, count - done) }, send));

        for (const { status, text } of answers) {
            assert.equal(status, 200, text);
        }
    }
}

const nothing = (asked) => assert.deepEqual(asked, { sql: [], redis: [] });


describe("no server is asked", { timeout }, () => {
    it("by a grant that is sent again and again", async () => {
        const grant = mint.grant({ path: FILE, jti: "again" });

        nothing(await askedOf(() =>
            times(TIMES, () => ask(`${FILE}?grant=${grant}`))));
    });

    it("by grants that nobody saw before", async () => {
        nothing(await askedOf(() => times(TIMES, () => ask(`/~${mint.grant(
            { path: FILE, jti: randomUUID() })}${FILE}`))));
    });

    it("by grants for an address, with a name, a type and a rate", async () => {
        nothing(await askedOf(() => times(TIMES, () => ask(`/~${mint.grant({
            path: FILE, ip: ["127.0.0.0/8"], filename: "a.mp4",
            type: "video/mp4", rate: 10_000_000, sid: randomUUID(),
            sub: randomUUID() })}${FILE}`))));
    });

    it("by an access token that is sent again and again", async () => {
        nothing(await askedOf(() => times(TIMES,
            () => ask("/both/x/film.mp4", viewer.headers))));
    });

    it("by access tokens that nobody saw before", async () => {
        const [, claims] = viewer.token.split(".");
        const known = JSON.parse(Buffer.from(claims, "base64url"));

        nothing(await askedOf(() => times(TIMES, () =>
            ask("/both/x/film.mp4", { Authorization: `Bearer ${
                mint.access({ ...known, jti: randomUUID() })}` }))));
    });

    it("by what is refused", async () => {
        nothing(await askedOf(() => Promise.all(Array.from({ length: 50 },
            async (_, n) => {
                await ask(`${FILE}?grant=${mint.grant({ path: `/${n}` })}`);
                await ask(`${FILE}?grant=x.y.z`);
                await ask(FILE);
                await ask(`${FILE}?grant=${mint.grant(
                    { path: `/${n}`, uses: 1, bytes: 9 })}`);
                await ask(`${FILE}?grant=${mint.grant(
                    { path: FILE, uses: 0, n })}`);
            }))));
    });
});


describe("one command of Redis is sent", { timeout }, () => {
    const one = async (claims, headers, send = ask) => {
        const asked = await askedOf(async () => {
            await send(`${FILE}?grant=${mint.grant(
                { path: FILE, jti: randomUUID(), ...claims })}`, headers);
        });

        assert.deepEqual(asked.sql, []);
        assert.equal(asked.redis.length, 1, asked.redis.join("\n"));
        assert.match(asked.redis[0], /^EVAL .*"sluice:budget:/);
    };

    it("for a grant with uses", () => one({ uses: 3 }));

    it("for a grant with bytes that end with the answer",
        () => one({ bytes: BYTES.length }));

    it("for a grant with bytes and a range of them",
        () => one({ bytes: 1000 }, { Range: "bytes=10-19" }));

    it("for each of many requests", async () => {
        const grant = mint.grant({ path: FILE, jti: "many", uses: TIMES });
        const asked = await askedOf(() =>
            times(TIMES, () => ask(`${FILE}?grant=${grant}`)));

        assert.deepEqual(asked.sql, []);
        assert.equal(asked.redis.filter((line) => /^EVAL /.test(line)).length,
                     TIMES);
    });

    it("for the last use, and the machines are told that it was",
        async () => {
            const asked = await askedOf(() => ask(`${FILE}?grant=${mint.grant(
                { path: FILE, jti: randomUUID(), uses: 1 })}`));

            assert.deepEqual(asked.redis.map((line) => line.split(" ")[0]),
                             ["EVAL", "PUBLISH"]);
        });
});


describe("two commands of Redis are sent", { timeout }, () => {
    it("for a grant with more bytes than the answer has: the rest goes back",
        async () => {
            const jti = randomUUID();
            const asked = await askedOf(async () => {
                await ask(`${FILE}?grant=${mint.grant(
                    { path: FILE, jti, bytes: 100_000 })}`);
                await until("the rest goes back", () => monitor.commands()
                    .filter((words) => words.includes(jti)).length === 2);
            });

            assert.deepEqual(asked.sql, []);
            assert.equal(asked.redis.length, 2, asked.redis.join("\n"));
        });
});


describe("what is counted here", { timeout }, () => {
    it("has the statements of a request that does ask", async () => {
        const { sql } = await askedOf(() => viewer.get("/api/me"));

        assert.ok(sql.some((text) => /get_me/.test(text)), sql.join("\n"));
    });
});
