/* A key put in front and a reload: nobody notices. A key taken out: what it
   signed is over. */

import assert from "node:assert/strict";
import {
    chownSync, mkdirSync, readFileSync, statSync, writeFileSync,
} from "node:fs";

import { Client, meanwhile, request } from "../lib/client.mjs";
import { refused } from "../lib/problem.mjs";
import { alive, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 180_000;
const FILE = "/media/xy/x/film.mp4";
const PAGE = "/page/film.mp4";
const BYTES = "some bytes";
const ROTATIONS = 5;
const LOOPS = 2;                /* of each kind of request */

const failures = [], kids = new Set();
let stack, admin, mint, original, answered = {};


before(async () => {
    stack = await startStack({ extra: (state) => `
        location /page/ { alias ${state}/media/xy/x/; sluice_gate user; }` });
    mint = minter(stack.keys());
    original = stack.keys();
    admin = await stack.visitor("admin");

    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path(FILE.slice(1)), BYTES);
    await stack.stopWorker();
}, { timeout });

after(() => stack?.stop(), { timeout });


const headerOf = (token) => JSON.parse(
    Buffer.from(token.split(".")[0], "base64url"));
const open = (grant) => request(`${stack.url}/~${grant}${FILE}`);
const page = (token) => request(stack.url + PAGE,
    { headers: { Authorization: `Bearer ${token}` } });

const signIn = () => Client.signIn(stack.url, admin.user.email,
    admin.password);

async function minted(client = admin) {
    const answer = await client.request("POST", "/api/links",
        { json: { path: FILE } });

    assert.equal(answer.status, 201, answer.text);
    return answer.json.grant;
}

function opened(answer) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.text, BYTES);
}

/* Written over, so that it keeps its owner and who may read it. */
function writeKeys(keys) {
    const path = stack.path("keys.json");
    const { mode } = statSync(path);

    writeFileSync(path, JSON.stringify({ keys }), { mode });
}

const rotate = () => stack.asServer(stack.path("bin/sluicectl"), "keys",
    "rotate", stack.path("keys.json"));

/* A reload, and all processes of the old keys are gone. */
async function reload() {
    const old = stack.workers();

    await stack.reload();
    await until("new processes are there",
        () => stack.workers().some((pid) => !old.includes(pid)));
    await until("the old processes are gone", () => !old.some(alive));
}


describe("a rotation under load", { timeout }, () => {
    let old, oldGrant, olderMint;

    before(async () => {
        old = await signIn();
        oldGrant = await minted();
        olderMint = mint.grant({ path: FILE });

        const kinds = {
            "a link from before": async () => opened(await open(oldGrant)),
            "a link made elsewhere": async () => opened(await open(olderMint)),
            "an access token from before":
                async () => opened(await page(old.token)),
            "a link made now": async () => {
                const grant = await minted();

                kids.add(headerOf(grant).kid);
                opened(await open(grant));
                opened(await open(grant));
            },
            "a sign-in": async () => {
                const client = await signIn();

                kids.add(headerOf(client.token).kid);
                opened(await page(client.token));
                opened(await page(client.token));
                opened(await open(await minted(client)));
            },
        };

        const loops = Object.entries(kinds).flatMap(([kind, ask]) => {
            answered[kind] = 0;
            return Array(LOOPS).fill(async () => {
                try {
                    await ask();
                    answered[kind]++;
                } catch (error) {
                    failures.push(`${kind}: ${error.message}`);
                }
            });
        });

        await meanwhile(loops, async () => {
            for (let times = 0; times < ROTATIONS; times++) {
                const before = { ...answered };

                await rotate();
                await reload();
                await until("each was answered since", () => Object.keys(kinds)
                    .every((kind) => answered[kind] > before[kind]
                        || failures.length > 50));
            }
        });
    }, { timeout });

    it("fails no request", () => {
        assert.deepEqual(failures.slice(0, 9), []);
    });

    it("signs with the newest keys", async () => {
        const [oct, ec] = ["oct", "EC"].map((kty) =>
            stack.keys().find((key) => key.kty === kty).kid);

        assert.equal(stack.keys().length, original.length * (ROTATIONS + 1));
        await until("links have the new key",
            async () => headerOf(await minted()).kid === oct);
        await until("access tokens have the new key",
            async () => headerOf((await signIn()).token).kid === ec);
    });

    it("signed with each of them meanwhile", () => {
        assert.ok(kids.size > 2, [...kids].join());
    });

    it("leaves what the oldest keys signed", async () => {
        opened(await open(oldGrant));
        opened(await page(old.token));
    });
});


describe("a key that is taken out", { timeout }, () => {
    let grant, user, later, laterUser;

    before(async () => {
        grant = mint.grant({ path: FILE });
        user = { token: mint.access({ ...JSON.parse(Buffer.from(
            admin.token.split(".")[1], "base64url")), jti: "by the oldest" }) };

        /* in each process's table, and in the zone */
        for (let times = 0; times < 12; times++) {
            opened(await open(grant));
            opened(await page(user.token));
        }
        later = await minted();
        laterUser = await signIn();

        const gone = original.map(({ kid }) => kid);

        writeKeys(stack.keys().filter(({ kid }) => !gone.includes(kid)));
        await reload();
    }, { timeout });

    it("opens none of its links", async () => {
        for (let times = 0; times < 12; times++) {
            refused(await open(grant), 403, "grant-invalid");
        }
    });

    it("opens to none of its access tokens", async () => {
        for (let times = 0; times < 12; times++) {
            refused(await page(user.token), 401, "token-invalid");
        }
    });

    it("leaves what the others signed", async () => {
        opened(await open(later));
        opened(await page(laterUser.token));
    });

    it("opens again when it is put back", async () => {
        writeKeys([...stack.keys(), ...original]);
        await reload();
        opened(await open(grant));
        opened(await page(user.token));
    });
});


describe("another key under the same kid", { timeout }, () => {
    let grant, token;

    before(async () => {
        grant = mint.grant({ path: FILE, n: 1 });
        token = mint.access({ ...JSON.parse(Buffer.from(
            admin.token.split(".")[1], "base64url")), jti: "another" });
        opened(await open(grant));
        opened(await page(token));

        await stack.asServer(stack.path("bin/sluicectl"), "keys", "init",
            stack.path("other.json"));

        const others = JSON.parse(readFileSync(stack.path("other.json")));

        writeKeys(stack.keys().map((key) => {
            const at = original.findIndex(({ kid }) => kid === key.kid);
            const found = others.keys.find(({ kty }) => kty === key.kty);

            return at === -1 ? key : { ...found, kid: key.kid };
        }));
        await reload();
    }, { timeout });

    it("opens nothing that the first one signed", async () => {
        refused(await open(grant), 403, "grant-invalid");
        refused(await page(token), 401, "token-invalid");
    });

    it("opens what it signs itself", async () => {
        const kids = original.map(({ kid }) => kid);
        const own = minter(stack.keys().filter(({ kid }) =>
            kids.includes(kid)));

        opened(await open(own.grant({ path: FILE })));
        opened(await page(own.access(JSON.parse(Buffer.from(
            admin.token.split(".")[1], "base64url")))));
    });
});


describe("keys that come to one machine after the other", { timeout }, () => {
    let other, first, then;

    const reached = (grant, { url }) => request(`${url}/~${grant}${FILE}`);

    /* The other machine has a file of its own, which is copied. */
    async function copy() {
        const old = other.workers();

        writeFileSync(stack.path("other-keys.json"), stack.text("keys.json"));
        await other.reload();
        await until("its old processes are gone", () => !old.some(alive));
    }

    before(async () => {
        writeFileSync(stack.path("other-keys.json"), stack.text("keys.json"),
                      { mode: 0o600 });
        if (process.getuid() === 0) {
            const { uid, gid } = statSync(stack.path("keys.json"));

            chownSync(stack.path("other-keys.json"), uid, gid);
        }
        other = await stack.secondNginx((text) => text.replace(
            /sluice_keys .*;/,
            `sluice_keys ${stack.path("other-keys.json")};`));

        await keys("add");
        await reload();
        first = await minted(await signIn());
        await copy();
        await keys("promote");
        await reload();
        then = await minted(await signIn());
    }, { timeout });

    const keys = (verb) => stack.asServer(stack.path("bin/sluicectl"), "keys",
        verb, stack.path("keys.json"));

    it("sign nothing before they are promoted", async () => {
        assert.notEqual(headerOf(first).kid, headerOf(then).kid);
        opened(await reached(first, other));
    });

    it("open at a machine that does not sign with them yet", async () => {
        opened(await reached(then, other));
    });
});
