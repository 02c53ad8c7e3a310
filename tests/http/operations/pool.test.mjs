/* The connections to PostgreSQL: what nobody waits for any more ends, what is
   given out is not stopped by it, and no user has more than half of them or of
   the line. By an nginx of one process, four connections, and a patience that
   ends nothing by itself. */

import assert from "node:assert/strict";
import http from "node:http";

import { Client, request } from "../lib/client.mjs";
import { samples } from "../lib/prometheus.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, afterEach, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const POOL = 4;
const WAITING = 16;

let stack, machine, greedy, modest, asked = [];

const on = ({ user, session, password }) =>
    new Client(machine.url, { ...session, user }, password);

before(async () => {
    stack = await startStack();
    machine = await stack.secondNginx((text) => text
        .replace(/^worker_processes .*/m, "worker_processes 1;")
        .replace(/sluice_database "[^"]*"/,
            `$& pool=${POOL} waiting=${WAITING} timeout=10m`));
    greedy = on(await stack.visitor("viewer"));
    modest = on(await stack.visitor("viewer"));
}, { timeout });

afterEach(async () => {
    asked.splice(0).forEach((one) => one.destroy());
    await stuckAre(0);
});

after(() => stack?.stop(), { timeout });


/* A request whose client may leave; its answer's status is `answered`. */
function ask(user, path, method = "GET") {
    const one = http.request(user.url + path,
        { method, agent: false, headers: user.headers });

    one.answered = new Promise((resolve) => {
        one.on("response", (answer) => {
            answer.resume();
            resolve(answer.statusCode);
        });
        one.on("error", () => resolve(0));
    });
    asked.push(one);
    one.end();
    return one;
}

const lock = () => stack.hold("lock table sluice.catalogue");

/* Statements that wait for a lock: lists, deletions and sign-ins. */
const stuck = async () => Number(await stack.sql(
    `select count(*) from pg_stat_activity where usename = 'sluice_app'
     and wait_event_type = 'Lock' and state = 'active'
     and query ~ 'list_media|delete_media|sign_in'`));

const stuckAre = (count) =>
    until(`${count} statements wait`, async () => await stuck() === count);

const counted = async (name) =>
    samples((await request(`${machine.url}/metrics`)).text)[name];


describe("when its client leaves", { timeout }, () => {
    it("a statement that reads ends on the server", async () => {
        const before = await counted("sluice_database_stopped_total");
        const release = await lock();
        const one = ask(greedy, "/api/media");

        await stuckAre(1);
        one.destroy();
        await stuckAre(0);
        await release();
        assert.equal(await counted("sluice_database_stopped_total"),
            before + 1);
    });

    it("one that changes something goes on to its end", async () => {
        const { id } = await greedy.bring("%PDF-1.4 of a kind", "a.pdf");
        const release = await lock();
        const one = ask(greedy, `/api/media/${id}`, "DELETE");

        await stuckAre(1);
        one.destroy();
        await greedy.get("/api/me");
        assert.equal(await stuck(), 1);
        await release();
        await until("it is deleted", async () =>
            (await greedy.get(`/api/media/${id}`)).status === 404);
    });

    it("whoever has its connection next is not stopped", async () => {
        for (let round = 0; round < 50; round++) {
            const left = Array.from({ length: POOL },
                () => ask(greedy, "/api/media?q=some"));
            const others = Array.from({ length: POOL },
                () => modest.get("/api/media"));

            await new Promise((done) => { setTimeout(done, round % 10); });
            left.forEach((one) => one.destroy());
            for (const { status, text } of await Promise.all(others)) {
                assert.equal(status, 200, text);
            }
        }
    });

    it("no connection is lost by it", async () => {
        const pids = () => stack.sql(`select array_agg(pid order by pid)
            from pg_stat_activity where usename = 'sluice_app'
            and application_name = 'sluice'`);
        const release = await lock();
        const first = ask(greedy, "/api/media");

        await stuckAre(1);
        first.destroy();
        await stuckAre(0);

        const before = await pids();
        const second = ask(greedy, "/api/media");

        await stuckAre(1);
        second.destroy();
        await stuckAre(0);
        assert.equal(await pids(), before);
        await release();
    });
});


describe("one user", { timeout }, () => {
    let release;

    before(async () => { release = await lock(); });
    after(() => release());

    it("has half of the connections, and others are answered", async () => {
        for (let i = 0; i < POOL; i++) {
            ask(greedy, "/api/media");
        }
        await stuckAre(POOL / 2);
        assert.equal((await modest.get("/api/me")).status, 200);
        assert.equal(await stuck(), POOL / 2);
    });

    it("has half of the line, and is told so", async () => {
        const before = await counted("sluice_database_refused_total");
        const many = Array.from({ length: POOL / 2 + WAITING / 2 + 1 },
            () => ask(greedy, "/api/media"));

        assert.equal(await Promise.race(many.map((one) => one.answered)), 429);

        const refused = await greedy.get("/api/me");

        assert.equal(refused.status, 429);
        assert.match(refused.json.type, /:too-many$/);
        assert.match(refused.json.detail, /wait already/);
        assert.equal(await counted("sluice_database_refused_total"),
            before + 2);
        assert.equal((await modest.get("/api/me")).status, 200);
        assert.equal((await request(`${machine.url}/ready`)).status, 200);
    });

    it("who has left leaves room for who comes", async () => {
        const many = Array.from({ length: POOL / 2 + WAITING / 2 },
            () => ask(greedy, "/api/media"));

        await stuckAre(POOL / 2);
        many.forEach((one) => one.destroy());
        await stuckAre(0);
        assert.equal((await greedy.get("/api/me")).status, 200);
    });
});


it("who is not signed in has the share of his address", { timeout },
    async () => {
        const release = await stack.hold("lock table sluice.users");
        const tries = Array.from({ length: POOL + 1 }, () => request(
            `${machine.url}/api/sessions`,
            { method: "POST", json: { email: "a@b.example", password: "x" } }));

        await stuckAre(POOL / 2);
        await release();
        for (const { status } of await Promise.all(tries)) {
            assert.equal(status, 401);
        }
    });
