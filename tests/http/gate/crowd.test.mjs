/* Links with uses or bytes, more of them than the zone has places for: what
   one user's do to those of the others, with Redis and without. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";

import { request } from "../lib/client.mjs";
import { samples } from "../lib/prometheus.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 300_000;
const FILE = "/media/xy/x/film.mp4";
const SMALL = "sluice_zone sluice:512k;";
const GREEDY = "01a1b2c3-0000-7000-8000-000000000001";
const AT_ONCE = 50;

let stack, mint;


before(async () => {
    stack = await startStack();
    mint = minter(stack.keys());
    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path(FILE.slice(1)), "bytes");
}, { timeout });

after(() => stack?.stop(), { timeout });


const link = (sub, claims = { uses: 1 }) => mint.grant({
    path: FILE, jti: randomUUID(), ...(sub ? { sub } : {}), ...claims });

const use = async (machine, grant) =>
    (await request(`${machine.url}${FILE}?grant=${grant}`)).status;

const small = (change = (text) => text) => stack.secondNginx((text) =>
    change(text).replace("http {", `http {\n${SMALL}`)
        .replace(/worker_processes .*;/, "worker_processes 1;"));

async function each(grants, act) {
    const found = [];

    for (let i = 0; i < grants.length; i += AT_ONCE) {
        found.push(...await Promise.all(grants.slice(i, i + AT_ONCE).map(act)));
    }
    return found;
}

const numbers = async (machine) =>
    samples((await request(`${machine.url}/metrics`)).text);

/* As many of one user as would fill the zone twice, each used once. */
async function flood(machine, claims) {
    const { sluice_budgets_capacity: room } = await numbers(machine);
    const grants = Array.from({ length: 2 * room },
        () => link(GREEDY, claims));

    return { grants, statuses: await each(grants, (grant) =>
        use(machine, grant)) };
}

const many = (length, sub) => Array.from({ length }, () =>
    link(sub === undefined ? randomUUID() : sub));

const all = (statuses, status) => assert.deepEqual(
    statuses.filter((found) => found !== status), []);


describe("with Redis", { timeout }, () => {
    let machine, greedy;

    before(async () => {
        machine = await small();
        await until("Redis counts", async () =>
            await use(machine, link()) === 200);
        greedy = await flood(machine);
    }, { timeout });

    after(() => machine?.stop());

    it("one user may have more than the zone has places for", () => {
        all(greedy.statuses, 200);
    });

    it("each of them is counted", async () => {
        all(await each(greedy.grants, (grant) => use(machine, grant)), 410);
    });

    it("those of others are, too", async () => {
        for (const sub of [undefined, null]) {
            const grants = many(20, sub);

            all(await each(grants, (grant) => use(machine, grant)), 200);
            all(await each(grants, (grant) => use(machine, grant)), 410);
        }
    });

    it("the metrics tell that the zone is too small", async () => {
        assert.ok((await numbers(machine)).sluice_budgets_overflowed_total > 0);
    });
});


describe("when Redis goes away", { timeout }, () => {
    const bytes = { bytes: 5 };
    let machine, greedy;

    before(async () => {
        machine = await small();
        await until("Redis counts", async () =>
            await use(machine, link()) === 200);
        greedy = await flood(machine, bytes);
        await stack.stopRedis();
    }, { timeout });

    after(async () => {
        await machine?.stop();
        await stack.startRedis();
    });

    it("nothing of a link that only Redis counted is given again",
        async () => {
            const statuses = await each(greedy.grants, (grant) =>
                use(machine, grant));

            assert.deepEqual(statuses.filter((status) =>
                status !== 429 && status !== 503), []);
            assert.ok(statuses.includes(503));
        });

    it("bytes of others are counted here", async () => {
        const grant = link(randomUUID(), bytes);

        assert.equal(await use(machine, grant), 200);
        assert.equal(await use(machine, grant), 429);
    });
});


describe("without Redis", { timeout }, () => {
    let machine, greedy;

    before(async () => {
        machine = await small((text) =>
            text.replace(/sluice_redis .*;/, ""));
        greedy = await flood(machine);
    }, { timeout });

    after(() => machine?.stop());

    it("one user has no more links than the zone has places", () => {
        assert.ok(greedy.statuses.includes(503));
        assert.ok(greedy.statuses.includes(200));
    });

    it("others have places all the same", async () => {
        for (const sub of [undefined, null]) {
            const grants = many(20, sub);

            all(await each(grants, (grant) => use(machine, grant)), 200);
            all(await each(grants, (grant) => use(machine, grant)), 410);
        }
    });

    it("a link that lost its place to them does not open again", async () => {
        const used = greedy.grants.filter((_, i) =>
            greedy.statuses[i] === 200);
        const statuses = await each(used, (grant) => use(machine, grant));

        assert.ok(!statuses.includes(200));
    });
});
