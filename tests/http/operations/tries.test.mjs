/* Wrong passwords: how many, of an account, a client and a network, on all
   machines; and who is not shut out by them. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { request } from "../lib/client.mjs";
import { deviceOf } from "../lib/cookies.mjs";
import { refused } from "../lib/problem.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const PAGE = { "Sec-Fetch-Site": "same-origin" };

let stack, one, other, count = 0;


before(async () => {
    stack = await startStack();
    [one, other] = [await machine(), await machine()];
}, { timeout });

after(() => stack?.stop(), { timeout });


const machine = () => stack.secondNginx((text) => text
    .replace("http {", `http {
        set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;`)
    .replaceAll(/limit_req zone=sign_in .*;/g, ""));

/* An address that nobody had before, in a network of its own. */
const fresh = () => `10.${++count >> 8}.${count & 255}.1`;

const signIn = (user, { password = user.password, machine = one,
    address = fresh(), ...headers } = {}) =>
    request(`${machine.url}/api/sessions`, { method: "POST",
        headers: { "X-Real-IP": address, ...headers },
        json: { email: user.email, password } });
const wrong = (user, more) => signIn(user, { password: "not the one", ...more });

async function fails(user, times, more) {
    for (let i = 0; i < times; i++) {
        refused(await wrong(user, more), 401, "login-failed");
    }
}

/* For how long, in seconds. */
function shut(answer) {
    refused(answer, 429, "too-many");
    return Number(answer.headers["retry-after"]);
}

const key = (kind, name) => `sluice:tries:${kind}:${createHash("sha256")
    .update(Buffer.concat([Buffer.from(kind), Buffer.from(name)]))
    .digest("hex")}`;
const accountOf = ({ email }) => key("a", email.toLowerCase());

/* As if so much time had gone by, or so many had been wrong. */
const set = (user, field, value) =>
    stack.redis("HSET", accountOf(user), field, String(value));
const get = (user, field) => stack.redis("HGET", accountOf(user), field)
    .then(Number);


describe("an account", { timeout }, () => {
    it("is shut from the sixth wrong password on, wherever they come from",
        async () => {
            const user = await stack.user();

            await fails(user, 6);
            const wait = shut(await signIn(user));

            assert.ok(wait >= 1 && wait <= 2, `${wait} s`);
            assert.ok(shut(await signIn({ ...user,
                email: user.email.toUpperCase() })) > 0);
        });

    it("is shut twice as long each time, and never above 15 minutes",
        async () => {
            const user = await stack.user();

            for (const [n, most] of [[6, 4], [7, 8], [10, 64], [13, 512],
                                     [14, 900], [40, 900], [400, 900]]) {
                await set(user, "n", n);
                await set(user, "until", 0);
                await fails(user, 1);
                const wait = shut(await signIn(user));

                assert.ok(wait > most * 0.6 && wait <= most, `${n}: ${wait} s`);
            }
        });

    it("is not shut any longer by what is tried meanwhile", async () => {
        const user = await stack.user();

        await set(user, "n", 9);
        await fails(user, 1);
        const until_ = await get(user, "until");

        for (let i = 0; i < 5; i++) {
            shut(await wrong(user));
        }
        assert.equal(await get(user, "until"), until_);
        assert.equal(await get(user, "n"), 10);
    });

    it("forgets them with the right one", async () => {
        const user = await stack.user();

        await fails(user, 5);
        assert.equal((await signIn(user)).status, 201);
        await until("they are forgotten", async () =>
            await stack.redis("EXISTS", accountOf(user)) === "0");
        await fails(user, 5);
        assert.equal((await signIn(user)).status, 201);
    });

    const atOnce = (user, more) => Promise.all(Array.from({ length: 40 },
        (_, i) => signIn(user, { machine: i % 2 ? one : other, ...more })));

    it("lets many in at once who know it", async () => {
        assert.ok((await atOnce(await stack.user()))
            .every(({ status }) => status === 201));
    });

    it("is shut as long as can be by many at once who do not", async () => {
        const user = await stack.user();

        await atOnce(user, { password: "not the one" });
        assert.ok(shut(await signIn(user)) > 800);
    });

    it("is tried once at a time after five failures", async () => {
        const user = await stack.user();

        await fails(user, 5);
        const answers = await atOnce(user, { password: "not the one" });

        assert.equal(answers.filter(({ status }) => status === 401).length, 1);
        assert.equal(await get(user, "n"), 6);
    });

    it("that nobody has is shut the same", async () => {
        const user = { email: "nobody.at.all@example.org", password: "x" };

        await fails(user, 6);
        assert.ok(shut(await signIn(user)) <= 2);
    });

    it("is shut on all machines", async () => {
        const user = await stack.user();

        await fails(user, 3);
        await fails(user, 3, { machine: other });
        shut(await signIn(user));
        shut(await signIn(user, { machine: other }));
    });

    it("and no other is", async () => {
        const [user, another] = [await stack.user(), await stack.user()];
        const address = fresh();

        await fails(user, 6, { address });
        assert.equal((await signIn(another, { address })).status, 201);
    });
});


describe("who was here before with this browser", { timeout }, () => {
    const known = async (user) => {
        const { name, value, ...cookie } = deviceOf(await signIn(user, PAGE));

        return { name, cookie, headers: { ...PAGE, Cookie: `${name}=${value}` } };
    };

    it("comes in while others try", async () => {
        const user = await stack.user();
        const { headers, cookie } = await known(user);

        assert.ok(cookie.httponly && cookie.samesite === "Lax");
        await fails(user, 6);
        shut(await signIn(user));
        assert.equal((await signIn(user, headers)).status, 201);
        shut(await signIn(user));
    });

    it("is told apart by it once, and keeps it", async () => {
        const user = await stack.user();
        const { headers } = await known(user);

        assert.equal(deviceOf(await signIn(user, headers)), undefined);
    });

    it("has tries of his own, and no more", async () => {
        const user = await stack.user();
        const { headers } = await known(user);

        await fails(user, 6, headers);
        shut(await signIn(user, headers));
        assert.equal((await signIn(user)).status, 201);
    });

    it("is not who brings another's, or one of his own making", async () => {
        const [user, another] = [await stack.user(), await stack.user()];
        const { headers, name } = await known(another);

        await fails(user, 6);
        for (const Cookie of [headers.Cookie, `${name}=x`,
                              `${headers.Cookie}x`, `${name}=`]) {
            shut(await signIn(user, { ...headers, Cookie }));
        }
    });
});


describe("a client", { timeout }, () => {
    const now = () => Math.floor(Date.now() / 1000);
    const full = (kind, bytes, seconds) => stack.redis("SET",
        key(kind, bytes), String(now() + seconds));

    it("has a hundred at once, for all accounts, then one in ten seconds",
        async () => {
            const user = await stack.user();
            const address = "192.0.2.7";

            await full("c", [192, 0, 2, 7], 99 * 10 - 5);
            refused(await wrong(user, { address }), 401, "login-failed");
            const wait = shut(await signIn(user, { address }));

            assert.ok(wait > 0 && wait <= 10, `${wait} s`);
            assert.equal((await signIn(user, { address: "192.0.2.8" })).status,
                201);
        });

    it("by IPv6 is a /64", async () => {
        const user = await stack.user();

        await full("c", [0x20, 1, 0xd, 0xb8, 0, 1, 0, 2], 5000);
        shut(await signIn(user, { address: "2001:db8:1:2::1" }));
        shut(await signIn(user, { address: "2001:db8:1:2:3:4:5:6" }));
        assert.equal((await signIn(user, { address: "2001:db8:1:3::1" }))
            .status, 201);
    });

    it("by IPv4 over a socket for both is one of its own", async () => {
        const user = await stack.user();

        await full("c", [0, 0, 0, 0, 0, 0, 0, 0], 5000);
        await full("n", [0, 0, 0, 0, 0, 0], 5000);
        await full("c", [192, 0, 2, 9], 5000);
        shut(await signIn(user, { address: "::ffff:192.0.2.9" }));

        const { status, json } = await signIn(user,
            { address: "::ffff:192.0.2.10" });

        assert.equal(status, 201);
        assert.equal(await stack.sql("select address from sluice.sessions "
            + `where user_id = '${json.user.id}'`), "192.0.2.10");
    });

    it("shares three hundred with its network, then one in three seconds",
        async () => {
            const user = await stack.user();

            await full("n", [198, 51, 100], 5000);
            shut(await signIn(user, { address: "198.51.100.1" }));
            shut(await signIn(user, { address: "198.51.100.200" }));
            assert.equal((await signIn(user, { address: "198.51.101.1" }))
                .status, 201);
        });

    it("pays for nothing that was right", async () => {
        const user = await stack.user();
        const address = "203.0.113.7";

        assert.equal((await signIn(user, { address })).status, 201);
        assert.equal(await stack.redis("EXISTS", key("c", [203, 0, 113, 7])),
            "0");
    });
});


describe("while Redis is away", { timeout }, () => {
    before(() => stack.stopRedis());
    after(() => stack.startRedis());

    it("each machine counts for itself: ten from one client", async () => {
        const user = await stack.user();
        const address = fresh();

        await fails(user, 10, { address });
        const wait = shut(await signIn(user, { address }));

        assert.ok(wait > 0 && wait <= 60, `${wait} s`);
        assert.equal((await signIn(user, { address, machine: other })).status,
            201);
    });

    it("and two hundred from wherever", async () => {
        const user = await stack.user();

        for (let net = 0; net < 26; net++) {
            await Promise.all(Array.from({ length: 10 }, (_, i) => wrong(user,
                { address: `2001:db8:3:${net}::${i + 1}` })));
        }
        shut(await signIn(user));
    });
});
