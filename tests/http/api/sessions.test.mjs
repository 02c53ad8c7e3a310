/* Signing in, staying signed in, signing out. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";

import { createLocalJWKSet, jwtVerify } from "jose";

import { Client, request, soon } from "../lib/client.mjs";
import { cookieOf } from "../lib/cookies.mjs";
import { refused } from "../lib/problem.mjs";
import { bearer, sessions } from "../lib/sessions.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter, now } from "../lib/token.mjs";
import { Tus } from "../lib/tus.mjs";

const timeout = 120_000;

let stack, user, session, answer;


before(async () => {
    stack = await startStack();
    user = await stack.user("editor");
    answer = await signIn(user);
    session = answer.json;
}, { timeout });

after(() => stack?.stop(), { timeout });


const { post, signIn, refresh, me } = sessions(() => stack.url);


describe("the right password", { timeout }, () => {
    it("opens a session with tokens and the user", () => {
        assert.equal(answer.status, 201);
        assert.equal(session.token_type, "Bearer");
        assert.ok(session.expires_in > 0);
        assert.ok(session.refresh_token.length >= 32);
        assert.equal(session.user.id, user.id);
        assert.equal(session.user.email, user.email);
        assert.equal(session.user.role, "editor");
    });

    it("is answered with what nobody may keep", () => {
        assert.match(answer.headers["cache-control"] ?? "", /no-store/);
    });

    it("opens it however the address is written", async () => {
        const reply = await signIn({ ...user,
                                     email: user.email.toUpperCase() });
        assert.equal(reply.status, 201);
    });

    it("never comes back in the answer", () => {
        assert.equal(answer.text.includes(user.password), false);
        assert.equal(answer.text.includes("argon2"), false);
    });
});


describe("the access token", { timeout }, () => {
    const publicSet = () => createLocalJWKSet({
        keys: stack.keys().filter((key) => key.kty === "EC")
            .map(({ d, ...key }) => key),
    });

    it("is an at+jwt that another library verifies", async () => {
        const { payload, protectedHeader } = await jwtVerify(
            session.access_token, publicSet(),
            { issuer: stack.url, audience: "sluice", typ: "at+jwt",
              algorithms: ["ES256"] });

        assert.equal(protectedHeader.alg, "ES256");
        assert.equal(payload.sub, user.id);
        assert.equal(payload.role, "editor");
        assert.equal(payload.exp - payload.iat, session.expires_in);
        assert.ok(Math.abs(payload.iat - now()) < 60);
        assert.ok(payload.sid);
        assert.ok(payload.jti);
    });

    it("opens the API as a bearer token and as the cookie", async () => {
        const first = await me(bearer(session.access_token));
        const second = await me({
            Cookie: `sluice_session=${session.access_token}` });

        assert.equal(first.status, 200);
        assert.equal(first.json.id, user.id);
        assert.equal(first.json.email, user.email);
        assert.deepEqual(second.json, first.json);
    });

    it("is refused when a character was changed", async () => {
        const [header, claims, signature] = session.access_token.split(".");
        const turn = (text) => (text[9] === "A" ? "B" : "A");
        const spoil = (text) => text.slice(0, 9) + turn(text) + text.slice(10);

        for (const bad of [[spoil(header), claims, signature],
                           [header, spoil(claims), signature],
                           [header, claims, spoil(signature)]]) {
            refused(await me(bearer(bad.join("."))), 401, "token-invalid");
        }
    });

    const claims = () => ({ iss: stack.url, aud: "sluice", sub: user.id,
                            sid: user.id, role: "admin", jti: "1" });
    const wrong = {
        "of another issuer": { iss: "http://elsewhere.example" },
        "for another audience": { aud: "somebody" },
        "without a role": { role: undefined },
        "of an unknown role": { role: "root" },
        "without a subject": { sub: undefined },
        "without an expiry": { exp: undefined },
        "from the future": { nbf: now() + 600 },
    };

    it("opens when it was made with the set's key", async () => {
        const token = minter(stack.keys()).access(claims());
        assert.equal((await me(bearer(token))).status, 200);
    });

    for (const [what, change] of Object.entries(wrong)) {
        it(`is refused ${what}`, async () => {
            const token = minter(stack.keys())
                .access({ ...claims(), ...change });
            refused(await me(bearer(token)), 401, "token-invalid");
        });
    }

    it("is refused with alg none", async () => {
        const token = minter(stack.keys()).access(claims(), { alg: "none" });

        refused(await me(bearer(token)), 401, "token-invalid");
        refused(await me(bearer(token.replace(/[^.]*$/, ""))), 401,
            "token-invalid");
    });

    it("is refused with the typ of any other JWT", async () => {
        for (const typ of ["JWT", "grant+jwt", undefined]) {
            const token = minter(stack.keys()).access(claims(), { typ });
            refused(await me(bearer(token)), 401, "token-invalid");
        }
    });

    it("that has expired is refused by that name", async () => {
        const token = minter(stack.keys())
            .access({ ...claims(), iat: now() - 20, exp: now() - 10 });
        const reply = await me(bearer(token));

        refused(reply, 401, "token-expired");
        assert.match(reply.headers["www-authenticate"],
            /error="invalid_token"/);
    });

    it("is asked for where none came", async () => {
        const reply = await me();

        assert.equal(reply.headers["x-content-type-options"], "nosniff");

        refused(reply, 401, "unauthenticated");
        assert.equal(reply.headers["www-authenticate"],
            'Bearer realm="sluice"');
    });
});


describe("the cookie", { timeout }, () => {
    it("is the access token, for this site's own requests alone", () => {
        const cookie = cookieOf(answer);

        assert.equal(cookie.name, "sluice_session");
        assert.equal(cookie.value, session.access_token);
        assert.equal(cookie.httponly, true);
        assert.equal(cookie.samesite, "Lax");
        assert.equal(cookie.path, "/");
        assert.equal(Number(cookie["max-age"]), session.expires_in);
        assert.equal(cookie.domain, undefined);
    });

    it("does not ask for TLS where the public URL has none", () => {
        assert.equal(cookieOf(answer).secure, undefined);
    });
});


describe("a failed sign-in", { timeout }, () => {
    it("is answered the same for a wrong password and an unknown user",
        async () => {
            const wrong = await signIn({ ...user, password: "not the one" });
            const unknown = await signIn({ email: "nobody@sluice.example",
                                           password: "not the one" });

            refused(wrong, 401, "login-failed");
            assert.equal(unknown.status, 401);
            assert.deepEqual(unknown.json, wrong.json);
            assert.equal(wrong.headers["set-cookie"], undefined);
        });

    it("is what a disabled user sees", async () => {
        const gone = await stack.user();

        await stack.sql("update sluice.users set disabled_at = now() "
                        + `where id = '${gone.id}'`);
        refused(await signIn(gone), 401, "login-failed");
    });

    it("does not let SQL or odd addresses through", async () => {
        for (const email of ["'or'1'='1@b.org", "%@%", "é@日本.jp"]) {
            refused(await signIn({ email, password: "not the one" }),
                email === "%@%" ? 422 : 401,
                ...email === "%@%" ? ["field-invalid", "email"]
                    : ["login-failed"]);
        }
        refused(await signIn({ email: "a@b.c\u0000", password: "not the one" }),
            400, "body-invalid");
    });

    const bodies = {
        "no JSON": "email=a", "half a JSON": '{"email":', "a list": "[1]",
        "a text": '"email"', "a member twice":
            '{"email":"a@b.example","email":"c@d.example","password":"x"}',
        "text that is not UTF-8": Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    };

    for (const [what, body] of Object.entries(bodies)) {
        it(`with a body of ${what} is refused as a body`, async () => {
            refused(await post("/api/sessions", {
                body, headers: { "Content-Type": "application/json" },
            }), 400, "body-invalid");
        });
    }

    const fields = {
        "without an address": [{ password: "x" }, "email"],
        "without a password": [{ email: "a@b.example" }, "password"],
        "with a number as password":
            [{ email: "a@b.example", password: 12345678 }, "password"],
        "with null as address": [{ email: null, password: "x" }, "email"],
        "with an endless address":
            [{ email: `${"a".repeat(300)}@b.example`, password: "x" }, "email"],
        "with an endless password":
            [{ email: "a@b.example", password: "x".repeat(1025) }, "password"],
        "with nothing at all": [{}, "email"],
    };

    for (const [what, [json, field]] of Object.entries(fields)) {
        it(`${what} names the field`, async () => {
            refused(await post("/api/sessions", { json }), 422,
                "field-invalid", field);
        });
    }

    it("with no body names the field", async () => {
        refused(await post("/api/sessions"), 422, "field-invalid", "email");
    });

    it("with a huge body is refused for that", async () => {
        refused(await post("/api/sessions",
            { json: { email: "a".repeat(100_000), password: "x" } }), 413,
        "too-large");
    });

    it("with a huge body in chunks is refused for that", async () => {
        const body = Readable.from(Array(20).fill(Buffer.alloc(8192, "a")));

        refused(await post("/api/sessions",
            { body, headers: { "Transfer-Encoding": "chunked" } }), 413,
        "too-large");
    });
});


describe("signing out", { timeout }, () => {
    it("takes the cookie away and ends the session", async () => {
        const { json } = await signIn(user);
        const reply = await request(`${stack.url}/api/sessions/current`, {
            method: "DELETE", headers: bearer(json.access_token),
        });
        const cookie = cookieOf(reply);

        assert.equal(reply.status, 204);
        assert.equal(reply.body.length, 0);
        assert.deepEqual([cookie.name, cookie.value, cookie["max-age"]],
            ["sluice_session", "", "0"]);
        refused(await refresh(json.refresh_token), 401, "token-invalid");
    });

    it("leaves the user's other sessions alone", async () => {
        const { json: one } = await signIn(user);
        const { json: two } = await signIn(user);

        await request(`${stack.url}/api/sessions/current`, {
            method: "DELETE", headers: bearer(one.access_token),
        });
        assert.equal((await refresh(two.refresh_token)).status, 200);
    });

    it("needs someone who is signed in", async () => {
        refused(await request(`${stack.url}/api/sessions/current`,
            { method: "DELETE" }), 401, "unauthenticated");
    });
});


describe("a plan's bound of sessions", { timeout }, () => {
    const plan = (...words) => stack.sluicectl(...words, "--database",
        `host=${stack.path("run")} dbname=sluice user=sluice`);
    const open = async (who) => (await signIn(who)).json;
    const ended = async (one) => {
        await soon("its access token is revoked", async () =>
            (await me(bearer(one.access_token))).status === 401);
        refused(await refresh(one.refresh_token), 401, "token-invalid");
    };
    const goesOn = async (one) =>
        assert.equal((await me(bearer(one.access_token))).status, 200);

    it("ends the oldest when one more begins", async () => {
        const who = await stack.user("viewer");

        await plan("plan", "set", "two", "--sessions", "2");
        await plan("user", "plan", who.email, "two");

        const [first, second] = [await open(who), await open(who)];

        await request(`${stack.url}/api/sessions/current`, {
            method: "DELETE", headers: bearer(second.access_token),
        });
        const third = await open(who);      /* the second one is over */

        await goesOn(first);
        const fourth = await open(who);

        await ended(first);
        await goesOn(third);

        await plan("plan", "set", "two", "--sessions", "1");
        const fifth = await open(who);

        await ended(third);
        await ended(fourth);
        await goesOn(fifth);
    });

    it("is a number from 1", async () => {
        await assert.rejects(plan("plan", "set", "none", "--sessions", "0"),
            { code: 2, stderr: /--sessions/ });
    });
});


it("a disabled user's access token no longer brings anything in", { timeout },
    async () => {
        const gone = await stack.user();
        const client = await Client.signIn(stack.url, gone.email,
            gone.password);

        await stack.sql("update sluice.users set disabled_at = now() "
                        + `where id = '${gone.id}'`);
        assert.equal((await client.get("/api/me")).status, 401);
        assert.equal((await client.upload("x", "x.mp4")).status, 401);
    });


it("forty sign-ins at once are all answered", { timeout }, async () => {
    const replies = await Promise.all(Array.from({ length: 40 },
        () => signIn(user)));

    /* the pool of threads has places for 64 in each process */
    for (const { status, text } of replies) {
        assert.equal(status, 201, text);
    }
});


it("sign-in waits for no upload, however many fill the pool of threads",
    { timeout }, async (t) => {
        const machine = await stack.secondNginx((text) => text
            .replace(/^worker_processes .*;/m, "worker_processes 1;")
            .replace(/^thread_pool .*;/m,
                     "thread_pool sluice threads=1 max_queue=1;"));
        const mine = new Tus(stack, await stack.visitor("viewer"));
        const other = mine.at(machine.url);

        /* whoever reserves waits for who has this lock */
        await mine.create(1);
        const python = spawn("python3", ["-c", `import fcntl, sys
room = open(sys.argv[1], "r+")
fcntl.lockf(room, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()`, stack.path("spool/.room")]);

        t.after(() => python.kill());
        await once(python.stdout, "data");
        const uploads = Array.from({ length: 4 }, () => other.create(2));

        await until("they wait", async () => await stack.sql(
            "select count(*) from sluice.uploads where state = 'held'") === "4");
        const { email, password } = user;
        const replies = await Promise.all(Array.from({ length: 3 }, () =>
            request(`${machine.url}/api/sessions`, { method: "POST",
                json: { email, password } })));

        assert.deepEqual(replies.map(({ status }) => status), [201, 201, 201]);
        python.stdin.end();
        await Promise.all(uploads);
        await machine.stop();
    });


describe("with life times of its own", { timeout }, () => {
    const ACCESS = 5 * 60, REFRESH = 7 * 86_400, IDLE = 2 * 86_400;
    let other, reply;

    before(async () => {
        other = await stack.secondNginx((text) => text.replace(
            "sluice_public_url", "sluice_access_ttl 5m; sluice_refresh_ttl 7d; "
            + "sluice_idle_ttl 2d; sluice_public_url"));
        reply = await request(`${other.url}/api/sessions`, { method: "POST",
            json: { email: user.email, password: user.password } });
        assert.equal(reply.status, 201, reply.text);
    }, { timeout });

    const claims = (token) => JSON.parse(
        Buffer.from(token.split(".")[1], "base64url"));

    it("an access token and its cookie live as long as sluice_access_ttl says",
        () => {
            const { exp, iat } = claims(reply.json.access_token);

            assert.equal(exp - iat, ACCESS);
            assert.equal(reply.json.expires_in, ACCESS);
            assert.equal(Number(cookieOf(reply)["max-age"]), ACCESS);
        });

    it("a refreshed one does as well", async () => {
        const { json } = await request(`${other.url}/api/sessions/refresh`, {
            method: "POST",
            json: { refresh_token: reply.json.refresh_token } });
        const { exp, iat } = claims(json.access_token);

        assert.equal(exp - iat, ACCESS);
    });

    /* One that began so many seconds ago, and its refresh now. */
    const grown = async (seconds) => {
        const { json } = await request(`${other.url}/api/sessions`, {
            method: "POST",
            json: { email: user.email, password: user.password } });
        const { sid } = claims(json.access_token);

        await stack.sql("update sluice.sessions set created_at = now() - "
            + `${seconds} * interval '1 s' where id = '${sid}'`);
        const answer = await request(`${other.url}/api/sessions/refresh`, {
            method: "POST", json: { refresh_token: json.refresh_token } });
        const left = Number(await stack.sql("select extract(epoch from "
            + "expires_at - now())::int from sluice.sessions "
            + `where id = '${sid}'`));

        return { answer, left };
    };
    const near = (seconds, expected) => assert.ok(
        seconds <= expected && seconds > expected - 60, String(seconds));

    it("a session lives as long as sluice_refresh_ttl says, refreshed or not",
        async () => {
            near((await grown(REFRESH - 3600)).left, 3600);
            refused((await grown(REFRESH)).answer, 401, "token-invalid");
        });

    it("one that nobody refreshes ends as sluice_idle_ttl says", async () => {
        const { sid } = claims(reply.json.access_token);

        assert.equal(await stack.sql("select extract(epoch from expires_at "
            + "- coalesce(used_at, created_at))::int from sluice.sessions "
            + `where id = '${sid}'`), String(IDLE));
        near((await grown(3600)).left, IDLE);
    });
});


describe("behind TLS", { timeout }, () => {
    const origin = "https://media.example.org";
    let secure, reply;

    before(async () => {
        secure = await startStack({ extra: `sluice_public_url ${origin};` });
        reply = await request(`${secure.url}/api/sessions`, {
            method: "POST",
            json: { email: secure.email, password: secure.password },
        });
    }, { timeout });

    after(() => secure?.stop(), { timeout });

    it("the cookie is for TLS alone", () => {
        assert.equal(cookieOf(reply).secure, true);
    });

    it("tokens name the public URL as their issuer", async () => {
        const [, claims] = reply.json.access_token.split(".");

        assert.equal(JSON.parse(Buffer.from(claims, "base64url")).iss, origin);
    });

    it("tokens of another origin are refused", async () => {
        const token = minter(secure.keys()).access({
            iss: secure.url, aud: "sluice", sub: user.id, sid: user.id,
            role: "admin", jti: "1",
        });

        refused(await request(`${secure.url}/api/me`,
            { headers: bearer(token) }), 401, "token-invalid");
    });
});
