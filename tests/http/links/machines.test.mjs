/* Two machines behind one name, each an nginx of its own, on one Redis and one
   PostgreSQL: what is counted or taken back holds on both. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import http from "node:http";

import { request, soon } from "../lib/client.mjs";
import { alive, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 180_000;
const FOLDER = "/media/xy/x/";
const FILE = `${FOLDER}film.mp4`;
const LARGE = `${FOLDER}large.mp4`;
const PAGE = "/page/film.mp4";
const SIZE = 1000;
const LARGE_SIZE = 300_000;
/* the record is read each second while Redis is away */
const BY_RECORD = { seconds: 2 };

let stack, second, machines, mint, admin;


before(async () => {
    stack = await startStack({ extra: (state) => `
        location /page/ { alias ${state}/media/xy/x/; sluice_gate user; }` });
    mint = minter(stack.keys());

    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path(FILE.slice(1)), "x".repeat(SIZE));
    writeFileSync(stack.path(LARGE.slice(1)), "x".repeat(LARGE_SIZE));

    second = await stack.secondNginx();
    machines = [stack, second];
    admin = await stack.visitor("admin");
    await allListen();
}, { timeout });

after(() => stack?.stop(), { timeout });


async function allListen() {
    await until("every process of nginx listens", async () => {
        const count = machines.flatMap((machine) => machine.workers()).length;
        const answer = await stack.redis("PUBSUB", "NUMSUB",
            "sluice:revocations").catch(() => "");

        return Number(answer.split("\n")[1]) === count;
    });
}

const either = (n) => machines[n % 2];
const open = (machine, grant, path = FILE) =>
    request(`${machine.url}${path}?grant=${grant}`);
const page = (machine, { headers }) =>
    request(machine.url + PAGE, { headers });
const limited = (claims) =>
    mint.grant({ path: FOLDER, jti: randomUUID(), ...claims });

const times = (count, send) => Promise.all(
    Array.from({ length: count }, (_, n) => send(n)));

function refused(answer, status, word) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json?.type, `urn:sluice:problem:${word}`);
}

async function closes(ask, status, word, options) {
    for (const machine of machines) {
        const answer = await soon(`${machine.name ?? "the first"} knows`,
            async () => {
                const found = await ask(machine);
                return found.status === status && found;
            }, options);

        refused(answer, status, word);
    }
}

/* {status, bytes}: what came, also of an answer that was cut */
const fetched = (machine, path) => new Promise((resolve) => {
    http.get(machine.url + path, { agent: false }, (incoming) => {
        let bytes = 0;
        const end = () => resolve({ status: incoming.statusCode, bytes });

        incoming.on("data", (part) => { bytes += part.length; })
            .on("end", end).on("error", end);
    }).on("error", () => resolve({ status: 0, bytes: 0 }));
});

const jtiOf = (grant) => JSON.parse(Buffer.from(grant.split(".")[1],
    "base64url")).jti;

async function minted() {
    const { json } = await admin.request("POST", "/api/links",
        { json: { path: FILE } });

    return json;
}


describe("a grant with uses", { timeout }, () => {
    for (const uses of [1, 7]) {
        it(`opens ${uses} times of 200 that ask both at once`, async () => {
            const grant = limited({ uses });
            const statuses = (await times(200, (n) => open(either(n), grant)))
                .map(({ status }) => status);

            assert.equal(statuses.filter((status) => status === 200).length,
                uses);
            assert.equal(statuses.filter((status) => status === 410).length,
                200 - uses);
        });
    }

    it("that is used up at one is used up at the other", async () => {
        const grant = limited({ uses: 1 });

        assert.equal((await open(stack, grant)).status, 200);
        refused(await open(second, grant), 410, "grant-used");
    });
});


describe("a grant with bytes", { timeout }, () => {
    it("sends no more by both than by one", async () => {
        const budget = 4.5 * LARGE_SIZE;
        const grant = limited({ bytes: budget });
        const came = await times(40,
            (n) => fetched(either(n), `${LARGE}?grant=${grant}`));
        const sum = came.filter(({ status }) => status === 200)
            .reduce((total, { bytes }) => total + bytes, 0);

        assert.ok(sum <= budget, `${sum} of ${budget}`);
        assert.ok(sum > 0);
    });

    it("sends each of them, one request after the other", async () => {
        const grant = limited({ bytes: 3 * SIZE });
        const came = [];

        for (let n = 0; n < 3; n++) {
            came.push(await fetched(either(n), `${FILE}?grant=${grant}`));
            /* what a request did not need comes back when it has ended */
            await until("the rest is back", async () => Number(await
            stack.redis("GET", (await stack.redis("KEYS",
                `sluice:budget:b:${jtiOf(grant)}`)))) === (n + 1) * SIZE);
        }
        assert.deepEqual(came.map(({ bytes }) => bytes), [SIZE, SIZE, SIZE]);
        for (const machine of machines) {
            refused(await open(machine, grant), 429, "grant-budget");
        }
    });
});

describe("on both machines", { timeout }, () => {
    it("a link that DELETE /api/links takes back stops", async () => {
        const { grant, jti } = await minted();

        for (const machine of machines) {
            assert.equal((await open(machine, grant)).status, 200);
        }
        assert.ok((await admin.delete(`/api/links/${jti}`)).status < 300);
        await closes((machine) => open(machine, grant), 403, "grant-revoked");
    });

    it("an access token stops when its session ends", async () => {
        const user = await stack.visitor();

        for (const machine of machines) {
            assert.equal((await page(machine, user)).status, 200);
        }
        assert.ok((await user.delete("/api/sessions/current")).status < 300);
        await closes((machine) => page(machine, user), 401, "token-revoked");
    });

    it("a link of a session stops when it ends", async () => {
        const user = await stack.visitor();
        const { sid } = JSON.parse(Buffer.from(user.token.split(".")[1],
            "base64url"));
        const grant = mint.grant({ path: FILE, sid });

        for (const machine of machines) {
            assert.equal((await open(machine, grant)).status, 200);
        }
        await user.delete("/api/sessions/current");
        await closes((machine) => open(machine, grant), 403, "grant-revoked");
    });

    it("an access token stops when its user is disabled", async () => {
        const user = await stack.visitor();

        for (const machine of machines) {
            assert.equal((await page(machine, user)).status, 200);
        }
        await stack.sluicectl("user", "disable", user.user.email,
            "--redis", `unix:${stack.path("run/redis.sock")}`, "--database",
            `host=${stack.path("run")} dbname=sluice user=sluice`);
        await closes((machine) => page(machine, user), 401, "token-revoked");
    });

    it("others stay", async () => {
        const { grant } = await minted();

        for (const machine of machines) {
            assert.equal((await open(machine, grant)).status, 200);
            assert.equal((await page(machine, admin)).status, 200);
        }
    });
});


describe("when Redis was killed", { timeout }, () => {
    let revoked, during, used, spent, user;

    before(async () => {
        revoked = await minted();
        await admin.delete(`/api/links/${revoked.jti}`);
        await closes((machine) => open(machine, revoked.grant), 403,
            "grant-revoked");

        used = limited({ uses: 1 });
        await open(stack, used);
        await closes((machine) => open(machine, used), 410, "grant-used");
        spent = limited({ bytes: SIZE });
        await open(stack, spent);
        user = await stack.visitor();

        await stack.stopRedis();
    }, { timeout });

    it("what was revoked stays so", async () => {
        await closes((machine) => open(machine, revoked.grant), 403,
            "grant-revoked");
    });

    it("a link that is taken back then stops", async () => {
        during = await minted();
        await admin.delete(`/api/links/${during.jti}`);
        await closes((machine) => open(machine, during.grant), 403,
            "grant-revoked", BY_RECORD);
    });

    it("a session that ends then ends on both", async () => {
        await user.delete("/api/sessions/current");
        await closes((machine) => page(machine, user), 401, "token-revoked",
            BY_RECORD);
    });

    it("what was used up does not open", async () => {
        for (const machine of machines) {
            refused(await open(machine, used), 410, "grant-used");
        }
    });

    describe("and is back, and empty", { timeout }, () => {
        before(async () => {
            await stack.startRedis();
            await allListen();
            await until("both count again", async () => {
                for (const machine of machines) {
                    if ((await open(machine, limited({ uses: 1 }))).status
                        !== 200) {
                        return false;
                    }
                }
                return true;
            });
        }, { timeout });

        it("no link that was revoked opens", async () => {
            for (const machine of machines) {
                for (const { grant } of [revoked, during]) {
                    refused(await open(machine, grant), 403, "grant-revoked");
                }
            }
        });

        it("no session that has ended opens", async () => {
            for (const machine of machines) {
                refused(await page(machine, user), 401, "token-revoked");
            }
        });

        it("nothing that was used up opens", async () => {
            for (const machine of machines) {
                refused(await open(machine, used), 410, "grant-used");
            }
        });

        it("nothing whose bytes were sent opens where they were", async () => {
            refused(await open(stack, spent), 429, "grant-budget");
        });
    });
});


describe("a machine that starts anew", { timeout }, () => {
    let link, user;

    before(async () => {
        link = await minted();
        user = await stack.visitor();
        await admin.delete(`/api/links/${link.jti}`);
        await user.delete("/api/sessions/current");

        const old = second.workers();
        await second.stop();
        await until("all of it is gone", () => !old.some(alive));
        await second.start();
    }, { timeout });

    /* never open: not known yet is 503 */
    const learns = (ask, status, word) => until("it knows", async () => {
        const answer = await ask();

        if (answer.status === 503) {
            refused(answer, 503, "revocations-unknown");
            return false;
        }
        refused(answer, status, word);
        return true;
    });

    it("opens no link that was revoked", () =>
        learns(() => open(second, link.grant), 403, "grant-revoked"));

    it("opens to no session that has ended", () =>
        learns(() => page(second, user), 401, "token-revoked"));

    it("opens what is good", async () => {
        assert.equal((await page(second, admin)).status, 200);
    });
});
