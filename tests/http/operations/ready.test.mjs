/* What the balancer is told: alive, can serve links, can write. */

import assert from "node:assert/strict";
import { createServer } from "node:net";

import { request } from "../lib/client.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;

let stack;


before(async () => {
    stack = await startStack();
}, { timeout });

after(() => stack?.stop({ but: /postgresql: 25006/ }), { timeout });


const ask = (path, { url } = stack) => request(url + path);

/* The reason of a 503. */
function reason(answer, word) {
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.json.type, `urn:sluice:problem:${word}`);
    return answer.json.detail ?? "";
}

/* nginx's connections begin anew with what its role is set to. */
async function set(value) {
    await stack.sql("alter role sluice_app set default_transaction_read_only "
        + `= ${value}; select pg_terminate_backend(pid) `
        + "from pg_stat_activity where usename = 'sluice_app'");
}


it("all three are well where nothing is amiss", async () => {
    assert.deepEqual((await ask("/health")).json, { status: "ok" });
    assert.deepEqual((await ask("/ready/bytes")).json, { status: "ready" });
    assert.deepEqual((await ask("/ready")).json,
                     { status: "ready", redis: "ok" });
});


describe("a record that takes no writes", { timeout }, () => {
    before(() => set("on"), { timeout });
    after(() => set("off"), { timeout });

    it("is not ready, and says why", async () => {
        const answer = await until("it is told", async () => {
            const told = await ask("/ready");
            return /standby/.test(told.json.detail) && told;
        });

        assert.match(reason(answer, "database-away"), /takes no writes/);
    });

    it("keeps nobody from bytes", async () => {
        assert.equal((await ask("/ready/bytes")).status, 200);
    });

    it("is away for those who sign in", async () => {
        const answer = await until("the processes know", async () => {
            const told = await request(`${stack.url}/api/sessions`, {
                method: "POST",
                json: { email: stack.email, password: stack.password },
            });
            return told.status !== 201 && told;
        });

        reason(answer, "database-away");
    });
});


describe("an older schema", { timeout }, () => {
    const move = (from, to) => stack.sql("update public.sluice_migrations "
        + `set name = '${to}_initial.sql' where name = '${from}_initial.sql'`);

    before(() => move("0001", "gone"), { timeout });
    after(() => move("gone", "0001"), { timeout });

    it("is not ready, and tells what is there and what is wanted", async () => {
        const answer = await until("the database is back", async () => {
            const told = await ask("/ready");
            return /schema/.test(told.json.detail) && told;
        });
        const [, has, wants] = /has schema (\d+), this nginx wants (\d+)/
            .exec(reason(answer, "database-away"));

        assert.equal(Number(wants), Number(has) + 1);
    });
});


describe("a database that takes connections and says nothing", { timeout },
         () => {
             let hole, nginx;

             before(async () => {
                 hole = createServer();
                 await new Promise((done) => {
                     hole.listen(0, "127.0.0.1", done);
                 });
                 nginx = await stack.secondNginx((text) => text.replace(
                     /sluice_database [^;]*/, 'sluice_database "host=127.0.0.1 '
                     + `port=${hole.address().port} dbname=x" timeout=1h`),
                     { ready: false });
             }, { timeout });

             after(async () => {
                 await nginx?.stop();
                 hole?.close();
             });

             it("is told to Prometheus before it gives up", async () => {
                 const answer = await ask("/metrics", nginx);

                 assert.match(answer.text, /^sluice_record_up 0$/m);
             });

             it("is told to the balancer before it gives up", async () => {
                 assert.match(
                     reason(await ask("/ready", nginx), "database-away"),
                     /does not answer/);
             });

             it("is not well for links, since nobody knows what was revoked",
                async () => {
                    reason(await ask("/ready/bytes", nginx),
                           "revocations-unknown");
                });

             it("leaves nginx alive", async () => {
                 assert.equal((await ask("/health", nginx)).status, 200);
             });
         });
