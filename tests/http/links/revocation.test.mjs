/* Two machines, each an nginx with processes of its own, on one Redis and one
   PostgreSQL: what is revoked is revoked on both. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";

import { request, soon } from "../lib/client.mjs";
import { alive, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter, now } from "../lib/token.mjs";

const timeout = 180_000;
const FILE = "/media/xy/x/film.mp4";
const CHANNEL = "sluice:revocations";
const SET = "sluice:revoked";

/* While Redis is away, and after it was, the record is read each second: it is
   another until that is begun. */
const BY_RECORD = { seconds: 2 };

let stack, second, machines, mint, viewer, count = 0;


before(async () => {
    stack = await startStack();
    mint = minter(stack.keys());
    viewer = await stack.visitor("viewer");
    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path(FILE.slice(1)), "bytes");

    second = await stack.secondNginx();
    machines = [stack, second];
    await everyProcessListens();
}, { timeout });

after(() => stack?.stop(), { timeout });


/* A link with an id of its own. */
function link() {
    const jti = `link-${++count}`;

    return { jti, grant: mint.grant({ path: FILE, jti }) };
}

const ask = (machine, { grant }) =>
    request(`${machine.url}${FILE}?grant=${grant}`);

const message = ({ jti }, members = {}) => JSON.stringify(
    { v: 1, kind: "jti", id: jti, before: 0, exp: now() + 3600, ...members });

const publish = (text) => stack.redis("PUBLISH", CHANNEL, text);

const record = ({ jti }) => stack.sql("insert into sluice.revocations "
    + `(kind, id, expires_at) values ('jti', '${jti}', now() + '1 hour')`);

async function everyProcessListens() {
    const processes = machines.flatMap((machine) => machine.workers()).length;

    await until("every process of nginx listens", async () => {
        const answer = await stack.redis("PUBSUB", "NUMSUB", CHANNEL);

        return Number(answer.split("\n")[1]) === processes;
    });
}

async function opens(machine, token) {
    const answer = await ask(machine, token);

    assert.equal(answer.status, 200, answer.text);
}

async function closed(machine, token) {
    const answer = await ask(machine, token);

    assert.equal(answer.status, 403, answer.text);
    assert.equal(answer.json.type, "urn:sluice:problem:grant-revoked");
}

/* Whether it does; until then all that could be revoked is put off. */
async function knows(machine, token) {
    const { status, json } = await ask(machine, token);

    assert.equal(json?.type, `urn:sluice:problem:${
        status === 503 ? "revocations-unknown" : "grant-revoked"}`);
    return status === 403;
}

async function closesOnBoth(token, how, options) {
    for (const machine of machines) {
        await soon(`${machine.name ?? "the first nginx"} ${how}`, async () =>
            (await ask(machine, token)).status === 403, options);
        await closed(machine, token);
    }
}

/* What an api.* function tells in `revoked`, as GET /api/me does from now on */
const apiRevokes = (list) => stack.sql(`
    create or replace function api.get_me(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
    language sql as $$ select 200, jsonb_build_object('id', actor, 'revoked',
        '${JSON.stringify(list)}'::jsonb) $$`);


describe("while all is well", { timeout }, () => {

    it("a link that is not revoked opens on both", async () => {
        const token = link();

        for (const machine of machines) {
            await opens(machine, token);
        }
    });

    it("what is published closes a link on both", async () => {
        const token = link();

        await publish(message(token));
        await closesOnBoth(token, "hears of it");
    });

    it("what an API call revokes closes on both", async () => {
        const token = link();

        await apiRevokes([JSON.parse(message(token))]);
        await viewer.get("/api/me");
        await closesOnBoth(token, "is told of it");
    });

    it("what an API call revokes is kept in Redis until it expires",
        async () => {
            const token = link(), exp = now() + 1234;

            await apiRevokes([JSON.parse(message(token, { exp }))]);
            await viewer.get("/api/me");
            await until("Redis has it", async () => Number(await stack.redis(
                "ZSCORE", SET, message(token, { exp }))) === exp);
        });

    it("who calls the API does not see what it revoked", async () => {
        await apiRevokes([JSON.parse(message(link()))]);

        const { json } = await viewer.get("/api/me");
        assert.deepEqual(Object.keys(json), ["id"]);
    });

    it("what is not understood is passed over", async () => {
        const odd = [link(), link(), link()], token = link();

        await publish(message(odd[0], { v: 2 }));
        await publish(message(odd[1], { kind: "key" }));
        await publish(message(odd[2], { exp: "soon" }));
        await publish("x".repeat(100_000));
        await publish(message(token));
        await closesOnBoth(token, "hears what comes after");

        for (const machine of machines) {
            for (const other of odd) {
                await opens(machine, other);
            }
        }
    });

    it("what cannot be published at once is published later", async () => {
        const token = link();

        /* each process has a connection for commands, and loses it */
        await Promise.all(Array.from({ length: 20 },
            () => request(`${stack.url}/ready`)));
        await stack.redis("CLIENT", "KILL", "TYPE", "normal");

        await apiRevokes([JSON.parse(message(token))]);
        await viewer.get("/api/me");
        await closesOnBoth(token, "is told of it");
    });

    it("a subscription that was cut is taken up again, and nothing is missed",
        async () => {
            const token = link();

            await record(token);
            await stack.redis("CLIENT", "KILL", "TYPE", "pubsub");
            await closesOnBoth(token, "reads the record", BY_RECORD);
            await everyProcessListens();
        });
});


describe("a reload", { timeout }, () => {
    let token, old;

    before(async () => {
        token = link();
        await publish(message(token));
        await closesOnBoth(token, "hears of it");

        old = second.workers();
        await second.reload();
    });

    it("lets processes leave that listen", () =>
        until("the old processes are gone", () => !old.some(alive)));

    it("forgets nothing", async () => {
        await closed(second, token);
    });

    it("leaves processes that listen", async () => {
        const later = link();

        await everyProcessListens();
        await publish(message(later));
        await closesOnBoth(later, "hears of it");
    });
});


describe("an nginx that starts anew", { timeout }, () => {
    let token, lasting;

    before(async () => {
        token = link();
        lasting = link();
        await record(token);
        await second.stop();
        await second.start();
    });

    it("opens nothing that was revoked before", async () => {
        await until("it knows what was revoked", () => knows(second, token));
    });

    it("opens the rest", async () => {
        await opens(second, lasting);
        await everyProcessListens();
    });
});


describe("while Redis is away", { timeout }, () => {
    const losses = () => stack.text("logs/error.log").split("\n")
        .filter((line) => /sluice:revocations" is not listened to/.test(line)).length;
    let token, during, told;

    before(async () => {
        token = link();
        await publish(message(token));
        await closesOnBoth(token, "hears of it");
        told = losses();
        await stack.stopRedis();
    });

    it("what was revoked stays so", async () => {
        for (const machine of machines) {
            await closed(machine, token);
        }
    });

    it("what the record says closes on both", async () => {
        during = link();
        await record(during);
        await closesOnBoth(during, "reads the record", BY_RECORD);
    });

    it("what an API call revokes is closed here when it is answered",
        async () => {
            const revoked = link();

            await apiRevokes([JSON.parse(message(revoked))]);
            await viewer.get("/api/me");
            await closed(stack, revoked);
        });

    it("what an API call revokes closes on both", async () => {
        const revoked = link();

        await apiRevokes([JSON.parse(message(revoked))]);
        await record(revoked);
        await viewer.get("/api/me");
        await closesOnBoth(revoked, "reads the record", BY_RECORD);
    });

    it("an nginx that starts knows what was revoked", async () => {
        await second.stop();
        await second.start();
        await until("it knows what was revoked", () => knows(second, during));
    });

    describe("and comes back empty", { timeout }, () => {
        before(async () => {
            await stack.startRedis();
            await everyProcessListens();
        });

        it("nothing that was revoked opens", async () => {
            for (const machine of machines) {
                await closed(machine, during);
            }
        });

        it("it gets back what PostgreSQL has", async () => {
            await until("Redis has it", async () => (await stack.redis(
                "ZRANGE", SET, "0", "-1")).includes(`"${during.jti}"`));
        });

        it("news reaches both again", async () => {
            const later = link();

            await publish(message(later));
            await closesOnBoth(later, "hears of it");
        });

        it("each process has told once that it was away", () => {
            assert.equal(losses() - told, stack.workers().length);
        });
    });
});


describe("a Redis that is silent", { timeout }, () => {
    let redis;

    before(() => {
        redis = stack.pid("redis");
        process.kill(redis, "SIGSTOP");
    });

    after(() => process.kill(redis, "SIGCONT"));

    it("is found out, and the record is read instead", async () => {
        const token = link();

        await record(token);
        await until("both have read it", async () => (await Promise.all(
            machines.map((machine) => ask(machine, token))))
            .every(({ status }) => status === 403), { seconds: 45 });
    });
});


describe("an nginx without a database", { timeout }, () => {
    let third, token;

    before(async () => {
        token = link();
        await record(token);
        await stack.redis("CLIENT", "KILL", "TYPE", "pubsub");
        await until("Redis has it", async () => (await stack.redis(
            "ZRANGE", SET, "0", "-1")).includes(`"${token.jti}"`));

        third = await stack.secondNginx((text) => text
            .replace(/sluice_database .*;/, "")
            .replace(/location [=~^ ]*\/(api|ready|media\/drop)[^{]*\{[^}]*\}/g, ""));
    });

    it("reads from Redis what was revoked before", async () => {
        await until("it knows what was revoked", () => knows(third, token));
    });

    it("hears what is revoked later", async () => {
        const later = link();

        await opens(third, later);
        await publish(message(later));
        await soon("it hears of it",
            async () => (await ask(third, later)).status === 403);
    });

    it("knows still what was revoked when Redis comes back empty",
        async () => {
            await stack.stopRedis();
            await stack.startRedis();
            await closed(third, token);
        });
});


describe("many revocations", { timeout }, () => {
    it("are read page by page", async () => {
        const [first, last] = ["many-00001", "many-09999"].map((jti) =>
            ({ jti, grant: mint.grant({ path: FILE, jti }) }));

        await stack.sql("insert into sluice.revocations (kind, id, expires_at) "
            + "select 'jti', 'many-' || to_char(n, 'FM00000'), "
            + "now() + '1 hour' from generate_series(1, 9999) n");
        await second.stop();
        await second.start();

        await until("the last is known", async () =>
            (await ask(second, last)).status === 403);
        await closed(second, first);
    });
});
