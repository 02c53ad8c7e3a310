/* The second factor: how it is set up and taken away, and what it stands in
   front of. */

import assert from "node:assert/strict";
import { createHash, createHmac, randomUUID } from "node:crypto";

import { Client, request } from "../lib/client.mjs";
import { claimsOf, cookiesOf } from "../lib/cookies.mjs";
import { mailed, mails } from "../lib/mails.mjs";
import { refused } from "../lib/problem.mjs";
import { runWith } from "../lib/run.mjs";
import { bearer, sessions } from "../lib/sessions.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter, now } from "../lib/token.mjs";
import { base32, codeOf, enrol, wrongCode } from "../lib/totp.mjs";

const timeout = 120_000;
const FRESH = 15 * 60;      /* seconds */

let stack, other;

const { post, signIn, refresh, me } = sessions(() => stack.url);


before(async () => {
    stack = await startStack();
    other = await stack.secondNginx();
}, { timeout });

after(() => stack?.stop(), { timeout });


/* Someone who has an authenticator: {client, user, secret, codes}. */
async function enrolled(role = "viewer") {
    const client = await stack.visitor(role);
    const { secret, codes } = await enrol(client);

    return { client, user: { ...client.user, password: client.password },
             secret, codes };
}

/* His sign-in, as far as the challenge. */
async function half({ user }, options) {
    const answer = await post("/api/sessions", { json: {
        email: user.email, password: user.password, ...options } });

    refused(answer, 401, "second-factor-needed");
    return answer.json.challenge;
}

const goOn = (challenge, json, url = stack.url) =>
    request(`${url}/api/sessions/challenge`, { method: "POST",
        json: { challenge, ...json } });
const authenticate = (client, json) =>
    client.request("POST", "/api/sessions/current/authenticate", { json });
const state = async (client) =>
    (await client.get("/api/me")).json.second_factor;
const noted = async (action, { id }) => Number(await stack.sql(
    "select count(*) from sluice.audit where "
    + `action = '${action}' and target = '${id}'`));

/* Codes of before may be shown again, and tries are those of long ago. */
const timePasses = ({ id }) => stack.sql(`
    update sluice.factors set last_step = last_step - 10
    where user_id = '${id}';
    update sluice.code_tries set at = array(
        select t - interval '301 s' from unnest(at) t)
    where user_id = '${id}'`);
const grewOld = ({ id }, seconds = FRESH + 1) => stack.sql(`
    update sluice.sessions
    set authenticated_at = now() - ${seconds} * interval '1 s'
    where user_id = '${id}'`);

const tooOld = (answer) => {
    refused(answer, 401, "authentication-too-old");
    assert.match(answer.headers["www-authenticate"],
        /^Bearer .*error="insufficient_user_authentication", max_age=900$/);
};


describe("an authenticator", { timeout }, () => {
    it("is told as text, as URI and as picture, and counts for nothing yet",
        async () => {
            const one = await stack.visitor("viewer");
            const { status, json } = await one.request("POST", "/api/me/totp");

            assert.equal(status, 201);
            assert.deepEqual(Object.keys(json).sort(), ["qr", "secret", "uri"]);
            assert.equal(base32(json.secret).length, 20);
            assert.equal(json.uri, "otpauth://totp/127.0.0.1:"
                + `${encodeURIComponent(one.user.email)}?secret=${json.secret}`
                + "&issuer=127.0.0.1&algorithm=SHA1&digits=6&period=30");
            assert.match(json.qr, /^<svg xmlns="[^"]+" viewBox="0 0 \d+ \d+" /);
            assert.equal((await state(one)).totp, false);
            assert.equal((await signIn({ email: one.user.email,
                password: one.password })).status, 201);
        });

    it("counts once a code was shown, and ten codes on paper come with it",
        async () => {
            const one = await stack.visitor("viewer");

            assert.equal(claimsOf(one.token).acr, "aal1");
            const { codes, answer } = await enrol(one);

            assert.equal(new Set(codes).size, 10);
            codes.forEach((code) =>
                assert.match(code, /^([A-Z2-7]{4}-){5}[A-Z2-7]{4}$/));
            assert.deepEqual(await state(one),
                { totp: true, passkeys: null, required: false,
                  recovery_codes: 10 });
            assert.equal(await noted("factor-added", one.user), 1);

            const claims = claimsOf(answer.json.access_token);
            assert.deepEqual([claims.amr, claims.acr, claims.sid],
                [["pwd", "otp", "mfa"], "aal2", claimsOf(one.token).sid]);
            assert.equal(answer.json.refresh_token, undefined);
        });

    it("stands in the record so that nobody reads it there", async () => {
        const one = await stack.visitor("viewer");
        const { secret, codes } = await enrol(one);
        const record = await stack.sql("select * from sluice.factors, "
            + "sluice.recovery_codes, sluice.audit");

        assert.ok(record.includes("totp"));
        for (const text of [secret, base32(secret).toString("hex"),
                            base32(secret).toString("base64url"),
                            base32(secret).toString("base64"), ...codes,
                            ...codes.map((code) => base32(code
                                .replaceAll("-", "")).toString("hex"))]) {
            assert.ok(!record.includes(text), text);
        }
    });

    it("copied into another's row is nobody's", async () => {
        const [one, thief] = [await enrolled(), await enrolled()];

        await stack.sql(`update sluice.factors set sealed = (
            select sealed from sluice.factors where user_id = '${thief.user.id}')
            where user_id = '${one.user.id}'`);
        refused(await goOn(await half(one), { code: codeOf(thief.secret, 1) }),
            401, "code-wrong", "code");
    });

    it("does not count for a wrong code", async () => {
        const one = await stack.visitor("viewer");
        const { json } = await one.request("POST", "/api/me/totp");

        refused(await one.request("POST", "/api/me/totp/confirm", { json: {
            code: wrongCode(json.secret) } }), 422, "field-invalid", "code");
        assert.equal((await state(one)).totp, false);
        assert.equal((await state(one)).recovery_codes, 0);
    });

    it("is not confirmed by a code on paper", async () => {
        const one = await enrolled();

        await one.client.request("POST", "/api/me/totp");
        refused(await one.client.request("POST", "/api/me/totp/confirm",
            { json: { recovery_code: one.codes[0] } }), 422, "field-invalid",
        "code");
        assert.equal((await state(one.client)).recovery_codes, 10);
    });

    it("that nobody began, or an hour ago, is not confirmed", async () => {
        const one = await stack.visitor("viewer");
        const confirm = (code) => one.request("POST", "/api/me/totp/confirm",
            { json: { code } });

        refused(await confirm("123456"), 409, "conflict");
        const { json } = await one.request("POST", "/api/me/totp");
        await stack.sql("update sluice.factors set created_at = now() - "
            + `interval '61 min' where user_id = '${one.user.id}'`);
        refused(await confirm(codeOf(json.secret)), 409, "conflict");
    });

    it("that was begun anew forgets what was begun before", async () => {
        const one = await stack.visitor("viewer");
        const { json: first } = await one.request("POST", "/api/me/totp");
        const { json: next } = await one.request("POST", "/api/me/totp");
        const confirm = (secret) => one.request("POST", "/api/me/totp/confirm",
            { json: { code: codeOf(secret) } });

        refused(await confirm(first.secret), 422, "field-invalid", "code");
        assert.equal((await confirm(next.secret)).status, 200);
    });

    it("takes the place of another one when it is confirmed", async () => {
        const one = await enrolled();
        const { json: next } = await one.client.request("POST", "/api/me/totp");

        assert.equal((await goOn(await half(one),
            { code: codeOf(one.secret, 1) })).status, 201);
        const { json } = await one.client.request("POST",
            "/api/me/totp/confirm", { json: { code: codeOf(next.secret) } });
        refused(await goOn(await half(one), { recovery_code: one.codes[0] }),
            401, "code-wrong", "recovery_code");
        assert.equal((await goOn(await half(one),
            { recovery_code: json.recovery_codes[0] })).status, 201);
        await timePasses(one.user);
        refused(await goOn(await half(one), { code: codeOf(one.secret) }),
            401, "code-wrong", "code");
        assert.equal((await goOn(await half(one),
            { code: codeOf(next.secret) })).status, 201);
    });

    it("is for who signs in here", async () => {
        const [one, id] = [await stack.visitor("viewer"), randomUUID()];

        await stack.sql("insert into sluice.users (id, issuer, subject, role) "
            + `values ('${id}', 'https://id.example.org', '${id}', 'viewer')`);
        const token = minter(stack.keys()).access({
            ...claimsOf(one.token), sub: id, iat: now(), exp: now() + 60 });
        refused(await post("/api/me/totp", { headers: bearer(token) }), 409,
            "conflict");
        refused(await post("/api/me/totp"), 401, "unauthenticated");
        refused(await post("/api/me/totp/confirm", { json: {} }), 401,
            "unauthenticated");
    });
});


describe("a sign-in of who has one", { timeout }, () => {
    it("comes half way, and begins with a code", async () => {
        const one = await enrolled();
        const count = () => stack.sql("select count(*) from sluice.sessions "
            + `where user_id = '${one.user.id}'`);
        const before = await count();
        const first = await signIn(one.user);

        refused(first, 401, "second-factor-needed");
        assert.equal(first.headers["www-authenticate"],
            'Bearer realm="sluice"');
        assert.deepEqual([first.json.expires_in, first.json.methods],
            [300, ["totp", "recovery_code"]]);
        assert.deepEqual(cookiesOf(first), []);
        assert.equal(await count(), before);

        const { status, json } = await goOn(first.json.challenge,
            { code: codeOf(one.secret, 1) });
        assert.equal(status, 201);
        const claims = claimsOf(json.access_token);
        assert.deepEqual([claims.amr, claims.acr],
            [["pwd", "otp", "mfa"], "aal2"]);
        assert.ok(Math.abs(claims.auth_time - now()) < 60);
        assert.equal((await me(bearer(json.access_token))).status, 200);

        const next = await refresh(json.refresh_token);
        const later = claimsOf(next.json.access_token);
        assert.deepEqual([later.amr, later.acr, later.auth_time],
            [claims.amr, claims.acr, claims.auth_time]);
    });

    it("keeps what was asked of it", async () => {
        const one = await enrolled();
        const asked = { remember: false, cookies: true };
        const answer = await goOn(await half(one, asked), {
            code: codeOf(one.secret, 1), remember: true, cookies: false });

        assert.equal(answer.status, 201);
        assert.equal(answer.json.access_token, undefined);
        assert.equal(answer.json.refresh_token, undefined);

        const page = await request(`${stack.url}/api/sessions/challenge`, {
            method: "POST", headers: { Origin: stack.url },
            json: { challenge: await half(one, asked),
                    recovery_code: one.codes[0] } });
        const cookies = cookiesOf(page);
        assert.deepEqual(cookies.map(({ name }) => name),
            ["sluice_session", "sluice_refresh"]);
        cookies.forEach((cookie) => assert.equal(cookie["max-age"], undefined));
    });

    it("does not tell of it to who has a wrong password", async () => {
        const one = await enrolled();

        refused(await signIn({ ...one.user, password: "not the one" }), 401,
            "login-failed");
    });

    it("takes a code once, and none that is older", async () => {
        const one = await enrolled();
        const [earlier, code] = [codeOf(one.secret), codeOf(one.secret, 1)];

        assert.equal((await goOn(await half(one), { code })).status, 201);
        refused(await goOn(await half(one), { code }), 401, "code-wrong",
            "code");
        refused(await goOn(await half(one), { code: earlier }), 401,
            "code-wrong", "code");
    });

    it("takes the code that set it up no second time", async () => {
        const client = await stack.visitor("viewer");
        const { json } = await client.request("POST", "/api/me/totp");
        const code = codeOf(json.secret);

        assert.equal((await client.request("POST", "/api/me/totp/confirm",
            { json: { code } })).status, 200);
        refused(await goOn(await half({ user: { ...client.user,
            password: client.password } }), { code }), 401, "code-wrong",
        "code");
    });

    it("takes one of many that come at once, on two machines", async () => {
        const one = await enrolled();
        const halves = await Promise.all(
            Array.from({ length: 4 }, () => half(one)));
        const code = codeOf(one.secret, 1);
        const answers = await Promise.all(halves.map((challenge, i) =>
            goOn(challenge, { code }, [stack.url, other.url][i % 2])));

        assert.deepEqual(answers.map(({ status }) => status).sort(),
            [201, 401, 401, 401]);
    });

    /* each has looked at the code before the other was done */
    it("takes it once in the record, whoever has found it to be right",
        async () => {
            const one = await enrolled();
            const print = await stack.sql("select api.password_print(u) from "
                + `sluice.users u where id = '${one.user.id}'`);
            const step = Math.floor(now() / 30) + 1;
            const found = (facts) => stack.sql("select (api.answer_challenge("
                + `null, '${JSON.stringify({ nginx: { brought: ["code",
                    "recovery_code"], seconds: 60, signs: 60, ...facts,
                challenge: { session: randomUUID(), user: one.user.id, print,
                             remember: true } } })}')).status`);
            const digest = await stack.sql("select encode(digest, 'hex') from "
                + `sluice.recovery_codes where user_id = '${one.user.id}' `
                + "limit 1");

            assert.deepEqual([await found({ step }), await found({ step }),
                              await found({ step: step - 1 })],
            ["201", "400", "400"]);
            const paper = { brought: ["recovery_code"], recovered: digest };
            assert.deepEqual([await found(paper), await found(paper)],
                ["201", "400"]);
        });

    it("takes blanks in a code, and small letters on paper", async () => {
        const one = await enrolled();

        assert.equal((await goOn(await half(one), { code: codeOf(one.secret, 1)
            .replace(/(...)/, "$1 ") })).status, 201);
        assert.equal((await goOn(await half(one), { recovery_code: one.codes[0]
            .toLowerCase().replaceAll("-", "") })).status, 201);
    });

    it("takes a code on paper in place of the other, once", async () => {
        const one = await enrolled();
        const answer = await goOn(await half(one),
            { recovery_code: one.codes[3] });

        assert.equal(answer.status, 201);
        assert.equal(claimsOf(answer.json.access_token).acr, "aal2");
        refused(await goOn(await half(one), { recovery_code: one.codes[3] }),
            401, "code-wrong", "recovery_code");
        assert.equal((await state(one.client)).recovery_codes, 9);
        assert.equal(await noted("recovery-code-used", one.user), 1);
    });

    it("takes one of before, which was shorter", async () => {
        const one = await enrolled();
        const digest = createHash("sha256").update(`${one.user.id}\0`)
            .update(base32("ABCDEFGHIJKLMNOP")).digest("hex");

        await stack.sql("insert into sluice.recovery_codes (user_id, digest) "
            + `values ('${one.user.id}', '\\x${digest}')`);
        assert.equal((await goOn(await half(one),
            { recovery_code: "ABCD-EFGH-IJKL-MNOP" })).status, 201);
    });

    it("takes nobody else's code on paper", async () => {
        const [one, another] = [await enrolled(), await enrolled()];

        refused(await goOn(await half(one),
            { recovery_code: another.codes[0] }), 401, "code-wrong",
        "recovery_code");
        assert.equal((await state(another.client)).recovery_codes, 10);
    });

    it("wants one of them", async () => {
        const one = await enrolled();

        refused(await goOn(await half(one), {}), 422, "field-invalid", "code");
    });
});


describe("a challenge", { timeout }, () => {
    /* As the server makes them: core/account/challenge.h */
    const made = ({ session = randomUUID(), user, print = "00".repeat(16),
                    expires = now() + 300, key, label = " sluice challenge" }) => {
        const bytes = Buffer.concat([Buffer.from([1]),
            ...[session, user].map((id) =>
                Buffer.from(id.replaceAll("-", ""), "hex")),
            Buffer.from(print, "hex"), Buffer.alloc(8), Buffer.from([1])]);

        bytes.writeBigInt64BE(BigInt(expires), 49);
        return Buffer.concat([bytes, createHmac("sha256", key)
            .update(label).update(bytes).digest()]).toString("base64url");
    };
    const secret = () => Buffer.from(
        stack.keys().find(({ kty }) => kty === "oct").k, "base64url");
    const printOf = ({ id }) => stack.sql("select left(encode(sha256(convert_to("
        + `password, 'UTF8')), 'hex'), 32) from sluice.users where id = '${id}'`);
    const over = (answer) => refused(answer, 401, "challenge-invalid");

    it("begins one session, and no second one", async () => {
        const one = await enrolled();
        const challenge = await half(one);

        assert.equal((await goOn(challenge,
            { recovery_code: one.codes[0] })).status, 201);
        over(await goOn(challenge, { recovery_code: one.codes[1] }));
        over(await goOn(challenge, { code: codeOf(one.secret, 1) }));
        assert.equal((await state(one.client)).recovery_codes, 9);
    });

    it("begins one session when two codes come for it at once", async () => {
        const one = await enrolled();
        const challenge = await half(one);
        const answers = await Promise.all(one.codes.slice(0, 4)
            .map((recovery_code, i) => goOn(challenge, { recovery_code },
                [stack.url, other.url][i % 2])));

        assert.deepEqual(answers.map(({ status }) => status).sort(),
            [201, 401, 401, 401]);
    });

    it("is good after a wrong code", async () => {
        const one = await enrolled();
        const challenge = await half(one);

        refused(await goOn(challenge, { code: wrongCode(one.secret) }), 401,
            "code-wrong", "code");
        assert.equal((await goOn(challenge,
            { code: codeOf(one.secret, 1) })).status, 201);
    });

    it("is for who has the password that he had", async () => {
        const one = await enrolled();
        const challenge = await half(one);

        assert.equal((await one.client.request("POST", "/api/me/password", {
            json: { password: one.user.password,
                    new_password: "neun Katzen auf dem Mond" } })).status, 204);
        over(await goOn(challenge, { code: codeOf(one.secret, 1) }));
    });

    it("is for who is not locked out", async () => {
        const one = await enrolled();
        const challenge = await half(one);

        await stack.sluicectl("user", "disable", one.user.id, "--database",
            `host=${stack.path("run")} dbname=sluice user=sluice`);
        over(await goOn(challenge, { code: codeOf(one.secret, 1) }));
    });

    it("ends with the second factor", async () => {
        const one = await enrolled();
        const challenge = await half(one);

        assert.equal((await one.client.delete("/api/me/totp")).status, 204);
        over(await goOn(challenge, { code: codeOf(one.secret, 1) }));
    });

    it("lives for five minutes", async () => {
        const one = await enrolled();
        const parts = { user: one.user.id, key: secret(),
                        print: await printOf(one.user) };

        over(await goOn(made({ ...parts, expires: now() - 1 }),
            { recovery_code: one.codes[0] }));
        assert.equal((await goOn(made(parts),
            { recovery_code: one.codes[0] })).status, 201);
    });

    it("that somebody else made, or for something else, is none", async () => {
        const one = await enrolled();
        const parts = { user: one.user.id, key: secret(),
                        print: await printOf(one.user) };
        const session = await signIn({ email: stack.email,
                                       password: stack.password });

        for (const challenge of [
            made({ ...parts, key: Buffer.alloc(32) }),
            made({ ...parts, label: " sluice refresh" }),
            made({ ...parts, label: "" }),
            made({ ...parts, user: randomUUID() }),
            made({ ...parts, print: "ff".repeat(16) }),
            session.json.refresh_token, "x", "A".repeat(120),
        ]) {
            over(await goOn(challenge, { recovery_code: one.codes[0] }));
        }
        assert.equal((await state(one.client)).recovery_codes, 10);
    });

    it("is not gone on with by the page of another site", async () => {
        const one = await enrolled();

        refused(await post("/api/sessions/challenge", {
            headers: { Origin: "https://evil.example" },
            json: { challenge: await half(one),
                    code: codeOf(one.secret, 1) } }), 403, "cross-site");
    });

    it("opens nothing by itself", async () => {
        const one = await enrolled("admin");
        const challenge = await half(one);
        const path = "/media/xy/x/film.mp4";

        refused(await me(bearer(challenge)), 401, "token-invalid");
        refused(await me({ Cookie: `sluice_session=${challenge}` }), 401,
            "token-invalid");
        refused(await refresh(challenge.slice(0, 71)), 401, "token-invalid");
        refused(await refresh(challenge), 422, "field-invalid",
            "refresh_token");
        refused(await request(`${stack.url}${path}?grant=${challenge}`), 403,
            "grant-invalid");
        refused(await request(stack.url + path, {
            headers: { "Sluice-Grant": challenge } }), 403, "grant-invalid");
        refused(await post("/api/sessions/current/authenticate", {
            headers: bearer(challenge), json: {} }), 401, "token-invalid");
    });
});


describe("wrong codes", { timeout }, () => {
    const wait = (answer) => {
        refused(answer, 429, "too-many");
        const seconds = Number(answer.headers["retry-after"]);
        assert.ok(seconds > 0 && seconds <= 300, String(seconds));
    };

    it("are five within five minutes, on all machines together", async () => {
        const one = await enrolled();
        const challenge = await half(one);

        for (let i = 0; i < 5; i++) {
            refused(await goOn(challenge, { code: wrongCode(one.secret) },
                [stack.url, other.url][i % 2]), 401, "code-wrong", "code");
        }
        const good = { code: codeOf(one.secret, 1) };
        wait(await goOn(challenge, good));
        wait(await goOn(challenge, good, other.url));
        wait(await authenticate(one.client,
            { password: one.user.password, ...good }));
        assert.equal(await noted("second-factor-failed", one.user), 5);

        await timePasses(one.user);
        assert.equal((await goOn(challenge,
            { code: codeOf(one.secret, 1) })).status, 201);
    });

    it("are no more when they come at once", async () => {
        const one = await enrolled();
        const challenge = await half(one);
        const code = wrongCode(one.secret);
        const answers = await Promise.all(Array.from({ length: 20 }, (_, i) =>
            goOn(challenge, { code }, [stack.url, other.url][i % 2])));

        assert.equal(answers.filter(({ status }) => status === 401).length, 5);
        assert.equal(answers.filter(({ status }) => status === 429).length, 15);
    });

    it("of one kind keep nobody from the other", async () => {
        const one = await enrolled();
        const challenge = await half(one);

        for (let i = 0; i < 5; i++) {
            await goOn(challenge, { code: wrongCode(one.secret) });
        }
        wait(await goOn(challenge, { code: codeOf(one.secret, 1) }));
        assert.equal((await goOn(challenge,
            { recovery_code: one.codes[0] })).status, 201);
    });

    it("on paper are five, too", async () => {
        const one = await enrolled();
        const challenge = await half(one);

        for (let i = 0; i < 5; i++) {
            refused(await goOn(challenge,
                { recovery_code: "AAAA-BBBB-CCCC-DDDD" }), 401, "code-wrong",
            "recovery_code");
        }
        wait(await goOn(challenge, { recovery_code: one.codes[0] }));
        assert.equal((await state(one.client)).recovery_codes, 10);
    });

    it("that cannot be codes are none", async () => {
        const one = await enrolled();
        const challenge = await half(one);

        for (let i = 0; i < 6; i++) {
            refused(await goOn(challenge, { code: "12345" }), 422,
                "field-invalid", "code");
        }
        assert.equal((await goOn(challenge,
            { code: codeOf(one.secret, 1) })).status, 201);
    });

    it("are those of an account, not of all", async () => {
        const [one, another] = [await enrolled(), await enrolled()];
        const challenge = await half(one);

        for (let i = 0; i < 6; i++) {
            await goOn(challenge, { code: wrongCode(one.secret) });
        }
        assert.equal((await goOn(await half(another),
            { code: codeOf(another.secret, 1) })).status, 201);
    });

    it("while it is set up count as well", async () => {
        const one = await stack.visitor("viewer");
        const { json } = await one.request("POST", "/api/me/totp");
        const confirm = (code) => one.request("POST", "/api/me/totp/confirm",
            { json: { code } });

        for (let i = 0; i < 5; i++) {
            refused(await confirm(wrongCode(json.secret)), 422,
                "field-invalid", "code");
        }
        wait(await confirm(codeOf(json.secret)));
    });
});


describe("showing again who one is", { timeout }, () => {
    it("takes the password, and makes the session's tokens fresh", async () => {
        const user = await stack.user();
        const { json: begun } = await signIn(user);
        const before = claimsOf(begun.access_token);

        await grewOld(user, 1000);
        const answer = await post("/api/sessions/current/authenticate", {
            headers: bearer(begun.access_token),
            json: { password: user.password } });
        assert.equal(answer.status, 200);
        assert.equal(answer.json.refresh_token, undefined);

        const claims = claimsOf(answer.json.access_token);
        assert.equal(claims.sid, before.sid);
        assert.ok(now() - claims.auth_time < 60);
        assert.deepEqual([claims.amr, claims.acr], [["pwd"], "aal1"]);

        const { json } = await refresh(begun.refresh_token);
        assert.equal(claimsOf(json.access_token).auth_time, claims.auth_time);
        assert.equal(await noted("session-authenticated",
            { id: before.sid }), 1);
    });

    it("counts wrong passwords as a sign-in does, however the address is written",
        async () => {
            const user = await stack.user();
            const email = "ÄRGER.straße@example.org";

            await stack.sql(`update sluice.users set email = '${email}', `
                + `email_key = 'ärger.strasse@example.org' where id = '${user.id}'`);
            const client = await Client.signIn(stack.url, email, user.password);

            for (let i = 0; i < 6; i++) {
                refused(await authenticate(client, { password: "not the one" }),
                    422, "field-invalid", "password");
            }
            refused(await signIn({ ...user, email }), 429, "too-many");
        });

    it("takes a code, too, from who has a second factor", async () => {
        const one = await enrolled();
        const { password } = one.user;

        refused(await authenticate(one.client, { password }), 422,
            "field-invalid", "code");
        refused(await authenticate(one.client,
            { code: codeOf(one.secret, 1) }), 422, "field-invalid",
        "password");
        refused(await authenticate(one.client,
            { password, code: wrongCode(one.secret) }), 422, "field-invalid",
        "code");
        refused(await authenticate(one.client,
            { password: "not the one", code: codeOf(one.secret, 1) }), 422,
        "field-invalid", "password");
        const { status, json } = await authenticate(one.client,
            { password, code: codeOf(one.secret, 1) });
        assert.equal(status, 200);
        assert.equal(claimsOf(json.access_token).acr, "aal2");
    });

    it("is for a session that goes on", async () => {
        const one = await stack.visitor("viewer");

        await stack.sql("update sluice.sessions set ended_at = now() "
            + `where user_id = '${one.user.id}'`);
        refused(await authenticate(one, { password: one.password }), 401,
            "token-invalid");
        refused(await post("/api/sessions/current/authenticate",
            { json: { password: "x" } }), 401, "unauthenticated");
    });

    const dangerous = {
        "setting it up": ["POST", "/api/me/totp", 201],
        "taking it away": ["DELETE", "/api/me/totp", 204],
        "new codes on paper": ["POST", "/api/me/recovery-codes", 201],
    };

    for (const [what, [method, path, status]] of Object.entries(dangerous)) {
        it(`is asked for by ${what}`, async () => {
            const one = await enrolled();
            const ask = (json) =>
                one.client.request(method, path, json && { json });

            await grewOld(one.user);
            tooOld(await ask());
            refused(await ask({ code: codeOf(one.secret, 1) }), 422,
                "field-invalid", "password");
            refused(await ask({ password: one.user.password }), 422,
                "field-invalid", "code");
            refused(await ask({ password: "not the one",
                code: codeOf(one.secret, 1) }), 422, "field-invalid",
            "password");
            assert.equal((await state(one.client)).totp, true);

            assert.equal((await authenticate(one.client, {
                password: one.user.password,
                code: codeOf(one.secret, 1) })).status, 200);
            assert.equal((await ask()).status, status);
        });

        it(`is enough beside ${what}`, async () => {
            const one = await enrolled();

            await grewOld(one.user);
            assert.equal((await one.client.request(method, path, { json: {
                password: one.user.password,
                code: codeOf(one.secret, 1) } })).status, status);
        });

        it(`is asked for by ${what} in a session without the factor`,
            async () => {
                const client = await stack.visitor("viewer");
                const { json: begun } = await signIn({
                    email: client.user.email, password: client.password });

                await enrol(client);
                tooOld(await request(stack.url + path, { method,
                    headers: bearer(begun.access_token) }));
            });

        it(`that is wrong is not passed over by ${what}`, async () => {
            const one = await enrolled();

            refused(await one.client.request(method, path, { json: {
                password: "not the one" } }), 422, "field-invalid",
            "password");
            refused(await one.client.request(method, path, { json: {
                code: wrongCode(one.secret) } }), 422, "field-invalid",
            "code");
            assert.equal((await state(one.client)).totp, true);
        });
    }
});


describe("a change of who one is", { timeout }, () => {
    const own = {
        "another password": ["POST", "/api/me/password",
            { new_password: "neun Katzen auf dem Mond" }, 204],
        "another address": ["POST", "/api/me/email",
            { email: `${randomUUID()}@example.org` }, 202],
        "leaving": ["DELETE", "/api/me", {}, 202],
    };

    for (const [what, [method, path, json, status]] of Object.entries(own)) {
        it(`(${what}) takes the password and a code of lately`, async () => {
            const one = await enrolled();
            const { password } = one.user;
            const ask = () => one.client.request(method, path,
                { json: { password, ...json } });

            await grewOld(one.user);
            tooOld(await ask());
            await stack.sql("update sluice.sessions set amr = '{pwd}', "
                + `authenticated_at = now() where user_id = '${one.user.id}'`);
            tooOld(await ask());
            assert.equal((await authenticate(one.client,
                { password, code: codeOf(one.secret, 1) })).status, 200);
            assert.equal((await ask()).status, status);
        });

        it(`(${what}) takes the password alone of who has no other factor`,
            async () => {
                const one = await stack.visitor("viewer");

                await grewOld(one.user);
                assert.equal((await one.request(method, path, { json: {
                    password: one.password, ...json,
                    ...path.endsWith("email")
                        ? { email: `${randomUUID()}@example.org` } : {},
                } })).status, status);
            });
    }
});


describe("taking it away", { timeout }, () => {
    it("lets the password in alone, and ends codes on paper", async () => {
        const one = await enrolled();

        assert.equal((await one.client.delete("/api/me/totp")).status, 204);
        assert.equal((await signIn(one.user)).status, 201);
        assert.deepEqual(await state(one.client),
            { passkeys: null, totp: false, required: false, recovery_codes: 0 });
        assert.equal(await noted("factor-removed", one.user), 1);
        refused(await one.client.delete("/api/me/totp"), 404, "not-found");
        refused(await one.client.request("POST", "/api/me/recovery-codes"),
            409, "conflict");
    });

    it("ends one that has only begun", async () => {
        const one = await stack.visitor("viewer");
        const { json } = await one.request("POST", "/api/me/totp");

        assert.equal((await one.delete("/api/me/totp")).status, 204);
        refused(await one.request("POST", "/api/me/totp/confirm",
            { json: { code: codeOf(json.secret) } }), 409, "conflict");
    });

    it("is sluicectl's for who has lost all", async () => {
        const one = await enrolled();
        const database =
            `host=${stack.path("run")} dbname=sluice user=sluice`;
        const { stdout } = await stack.sluicectl("user", "reset-factors",
            one.user.email, "--database", database, "--json");

        assert.equal(JSON.parse(stdout).id, one.user.id);
        assert.equal((await signIn(one.user)).status, 201);
        assert.equal((await state(one.client)).recovery_codes, 0);
        assert.equal(await noted("factors-reset", one.user), 1);
        await assert.rejects(stack.sluicectl("user", "reset-factors",
            "nobody@sluice.example", "--database", database),
        /there is no user/);
    });
});


describe("codes on paper", { timeout }, () => {
    it("that are made anew end those of before", async () => {
        const one = await enrolled();
        const { status, json } = await one.client.request("POST",
            "/api/me/recovery-codes");

        assert.equal(status, 201);
        assert.equal(new Set([...json.recovery_codes, ...one.codes]).size, 20);
        refused(await goOn(await half(one), { recovery_code: one.codes[0] }),
            401, "code-wrong", "recovery_code");
        assert.equal((await goOn(await half(one),
            { recovery_code: json.recovery_codes[9] })).status, 201);
        assert.equal((await state(one.client)).recovery_codes, 9);
        assert.equal(await noted("recovery-codes-made", one.user), 2);
    });
});


describe("whoever must have one", { timeout }, () => {
    let strict, off;

    before(async () => {
        const say = (words) => (text) => text.replace("http {",
            `http {\n    sluice_second_factor ${words};`);

        strict = await stack.secondNginx((text) =>
            say("required role=editor")(text).replace("location /api/ {",
                "location /behind/ { sluice_gate user; return 204; }\n"
                + "        location /page/ { sluice_gate user grant; "
                + "root /nowhere; }\n        location /api/ {"));
        off = await stack.secondNginx(say("off"));
    }, { timeout });

    const on = (machine, method, path, token, options = {}) =>
        request(machine.url + path, { method, ...options,
            headers: { ...bearer(token), ...options.headers } });
    const signInOn = (machine, { email, password }) =>
        request(`${machine.url}/api/sessions`, { method: "POST",
            json: { email, password } });

    /* Someone who has only signed in there: {user, token, json}. */
    const unready = async (role = "admin") => {
        const user = await stack.user(role);
        const { status, json } = await signInOn(strict, user);

        assert.equal(status, 201);
        return { user, token: json.access_token, json };
    };

    it("and has none, is told so with a token of no role", async () => {
        const { json, token } = await unready();

        assert.equal(json.second_factor_required, true);
        assert.equal(json.user.role, "admin");
        assert.equal(claimsOf(token).role, "enrolling");
    });

    const shut = {
        "the library": ["GET", "/api/media"],
        "an upload": ["POST", "/api/media?filename=a.mp3"],
        "tus": ["POST", "/api/uploads"],
        "links": ["POST", "/api/links"],
        "sessions": ["GET", "/api/sessions"],
        "the end of all sessions": ["DELETE", "/api/sessions"],
        "the name": ["PATCH", "/api/me"],
        "the password": ["POST", "/api/me/password"],
        "taking one away": ["DELETE", "/api/me/totp"],
        "codes on paper": ["POST", "/api/me/recovery-codes"],
        "a job": ["GET", `/api/jobs/${randomUUID()}/events`],
        "what is not there": ["GET", "/api/nothing"],
        "files": ["GET", "/page/x"],
        "media": ["DELETE", `/api/media/${randomUUID()}`],
    };

    for (const [what, [method, path]] of Object.entries(shut)) {
        it(`is kept from ${what}`, async () => {
            const { token } = await unready();

            refused(await on(strict, method, path, token), 403,
                "second-factor-required");
            refused(await request(strict.url + path, { method, headers: {
                Cookie: `sluice_session=${token}` } }), 403,
            "second-factor-required");
        });
    }

    it("sees who he is, signs out, and sets one up", async () => {
        const { token, json: begun } = await unready();
        const { json: self } = await on(strict, "GET", "/api/me", token);

        assert.deepEqual([self.role, self.second_factor], ["admin",
            { required: true, totp: false, passkeys: null,
              recovery_codes: 0 }]);
        assert.equal((await on(strict, "HEAD", "/api/me", token)).status, 200);

        const { json } = await on(strict, "POST", "/api/me/totp", token);
        const confirmed = await on(strict, "POST", "/api/me/totp/confirm",
            token, { json: { code: codeOf(json.secret) } });
        assert.equal(confirmed.json.second_factor_required, undefined);
        const whole = confirmed.json.access_token;
        assert.equal(claimsOf(whole).role, "admin");
        assert.equal((await on(strict, "GET", "/api/media", whole)).status,
            200);

        const { json: next } = await request(
            `${strict.url}/api/sessions/refresh`, { method: "POST",
                json: { refresh_token: begun.refresh_token } });
        assert.equal(claimsOf(next.access_token).role, "admin");
    });

    it("may leave without one", async () => {
        const { token } = await unready();

        assert.equal((await on(strict, "DELETE", "/api/sessions/current",
            token)).status, 204);
    });

    it("is of this role, or above", async () => {
        assert.equal(claimsOf((await unready("editor")).token).role,
            "enrolling");
        assert.equal(claimsOf((await unready("viewer")).token).role, "viewer");
    });

    it("must set one up with the next refresh of a session of before",
        async () => {
            const { email, password } = await stack.user("admin");
            const { json } = await signIn({ email, password });

            assert.equal(claimsOf(json.access_token).role, "admin");
            const next = await request(`${strict.url}/api/sessions/refresh`, {
                method: "POST", json: { refresh_token: json.refresh_token } });
            assert.equal(claimsOf(next.json.access_token).role, "enrolling");
            assert.equal(next.json.second_factor_required, true);
        });

    it("shows it in a session that has not seen it, and cannot replace it",
        async () => {
            const client = await stack.visitor("admin");
            const { json: before } = await signIn({
                email: client.user.email, password: client.password });
            const { secret } = await enrol(client);
            const { json: next } = await request(
                `${strict.url}/api/sessions/refresh`, { method: "POST",
                    json: { refresh_token: before.refresh_token } });
            const token = next.access_token;

            assert.equal(claimsOf(token).role, "enrolling");
            tooOld(await on(strict, "POST", "/api/me/totp", token));
            refused(await on(strict, "POST", "/api/me/totp", token, { json: {
                password: client.password } }), 422, "field-invalid", "code");
            const { json } = await on(strict, "POST",
                "/api/sessions/current/authenticate", token, { json: {
                    password: client.password, code: codeOf(secret, 1) } });
            assert.equal(claimsOf(json.access_token).role, "admin");
        });

    it("must set one up again once it was taken away", async () => {
        const client = await stack.visitor("admin");
        const { answer } = await enrol(client);
        const token = answer.json.access_token;

        assert.equal((await on(strict, "DELETE", "/api/me/totp", token))
            .status, 204);
        const next = await request(`${strict.url}/api/sessions/refresh`, {
            method: "POST", json: {
                refresh_token: client.session.refresh_token } });
        assert.equal(claimsOf(next.json.access_token).role, "enrolling");
        const { json } = await signInOn(strict, { email: client.user.email,
            password: client.password });
        assert.equal(json.second_factor_required, true);
    });

    it("is nobody where there is none", async () => {
        const one = await enrolled();

        assert.equal((await signInOn(off, one.user)).status, 201);
        refused(await on(off, "POST", "/api/me/totp", one.client.token), 409,
            "conflict");
        assert.equal((await on(off, "DELETE", "/api/me/totp",
            one.client.token)).status, 204);
    });
});


/* What clients send, whatever it is, is answered by a problem that names the
   field, and leaves nothing behind. */
describe("what is no code", { timeout }, () => {
    let one, challenge;

    const left = () => stack.sql(`select
        (select count(*) from sluice.factors where user_id = '${one.user.id}'),
        (select count(*) from sluice.recovery_codes
         where user_id = '${one.user.id}' and used_at is null),
        (select coalesce(sum(cardinality(at)), 0) from sluice.code_tries
         where user_id = '${one.user.id}'),
        (select count(*) from sluice.sessions
         where user_id = '${one.user.id}')`);

    before(async () => {
        one = await enrolled();
        challenge = await half(one);
    }, { timeout });

    const paths = {
        challenge: ["POST", "/api/sessions/challenge"],
        authenticate: ["POST", "/api/sessions/current/authenticate"],
        begin: ["POST", "/api/me/totp"],
        confirm: ["POST", "/api/me/totp/confirm"],
        remove: ["DELETE", "/api/me/totp"],
        renew: ["POST", "/api/me/recovery-codes"],
    };
    const ask = ([method, path], options) =>
        one.client.request(method, path, options);

    const texts = { "a number": 123456, null: null, "a list": ["123456"],
                    "an object": {}, true: true, nothing: "",
                    "too long": "1".repeat(33), "letters": "abcdef",
                    "an exponent": "1e5000", "other digits": "١٢٣٤٥٦",
                    "a text behind it": "123456 x",
                    "a long one": "1".repeat(60_000) };

    for (const [name, path] of Object.entries(paths)) {
        for (const [what, code] of Object.entries(texts)) {
            it(`is refused at ${name}: ${what}`, async () => {
                const before = await left();

                refused(await ask(path, { json: { challenge, code } }), 422,
                    "field-invalid", "code");
                assert.equal(await left(), before);
            });
        }

        it(`is refused at ${name} on paper`, async () => {
            const before = await left();

            for (const code of [7, null, [], {}, "", "ABCD", "x".repeat(65),
                                "ABCD-EFGH-IJKL-MNO1",
                                "ABCD-EFGH-IJKL-MNOP-QRST"]) {
                refused(await ask(path, { json: { challenge,
                    recovery_code: code } }), 422, "field-invalid",
                "recovery_code");
            }
            assert.equal(await left(), before);
        });

        it(`is refused at ${name} when it is no JSON of ours`, async () => {
            const before = await left();
            const sent = (type, body) => ask(path, { body,
                headers: { "Content-Type": type } });
            const json = "application/json";
            const bad = (text) => refused(text, 400, "body-invalid");

            refused(await sent("text/plain", '{"code":"123456"}'), 415,
                "type-unsupported", "Content-Type");
            refused(await sent("application/x-www-form-urlencoded", "code=1"),
                415, "type-unsupported", "Content-Type");
            bad(await sent(json, '{"code":"\\ud800"}'));
            bad(await sent(json, '{"recovery_code":"ABCD\\u0000"}'));
            bad(await sent(json, '{"code":"123456","code":"123456"}'));
            bad(await sent(json, "["));
            bad(await sent(json, "[]"));
            bad(await sent(json, Buffer.from('{"code":"\xff"}', "latin1")));
            refused(await sent(json, `{"code":"${"1".repeat(1 << 20)}"}`), 413,
                "too-large");
            assert.equal(await left(), before);
        });
    }

    it("is no challenge either", async () => {
        for (const text of [undefined, null, 7, [], {}, "",
                            "A".repeat(121)]) {
            refused(await post("/api/sessions/challenge", { json: {
                challenge: text, code: "123456" } }), 422, "field-invalid",
            "challenge");
        }
    });

    it("is no flag", async () => {
        for (const cookies of [7, "true", null]) {
            refused(await authenticate(one.client, { cookies }), 422,
                "field-invalid", "cookies");
            refused(await one.client.request("POST", "/api/me/totp/confirm",
                { json: { cookies } }), 422, "field-invalid", "cookies");
        }
    });

    it("is not what nginx alone may say", async () => {
        const before = await left();
        const nginx = { step: 99_999_999, recovered: true, verified: true,
                        brought: [], sealed: "x", digests: [],
                        factors: false, amr: ["mfa"],
                        challenge: { user: one.user.id } };

        refused(await post("/api/sessions", { json: { email: one.user.email,
            password: one.user.password, nginx } }), 401,
        "second-factor-needed");
        refused(await goOn(challenge, { nginx }), 422, "field-invalid", "code");
        refused(await authenticate(one.client, { nginx }), 422,
            "field-invalid", "password");
        refused(await authenticate(one.client, { nginx,
            password: one.user.password }), 422, "field-invalid", "code");
        await grewOld(one.user);
        tooOld(await one.client.request("POST", "/api/me/recovery-codes",
            { json: { nginx } }));
        tooOld(await one.client.request("POST",
            "/api/me/totp?nginx=1&sealed=x", { json: { nginx } }));
        tooOld(await one.client.request("DELETE", "/api/me/totp",
            { json: { nginx } }));
        assert.equal(await left(), before);
    });
});


/* Last, since it changes the keys. */
describe("keys that change", { timeout }, () => {
    before(() => stack.sql("delete from sluice.factors"), { timeout });

    const kidOf = async ({ id }) => (await stack.sql("select sealed from "
        + `sluice.factors where user_id = '${id}'`)).split(":")[2];
    const newest = () => stack.keys().find(({ kty }) => kty === "oct").kid;
    const reseal = () => new Promise((done) => {
        const words = ["user", "reseal-factors", "--json", "--database",
                       `host=${stack.path("run")} dbname=sluice user=sluice`];

        runWith(stack.text("keys.json"), stack.path("bin/sluicectl"), words)
            .then(({ stdout }) => done({ code: 0, ...JSON.parse(stdout) }),
                ({ code, stdout, stderr }) => done({ code, stderr,
                    ...JSON.parse(stdout || "{}") }));
    });

    it("read what they sealed, and seal it anew when it is used", async () => {
        const one = await enrolled();
        const before = await kidOf(one.user);

        await stack.sluicectl("keys", "rotate", stack.path("keys.json"));
        await stack.reload();
        assert.notEqual(newest(), before);

        /* a new process signs with the key of before for a while */
        await until("it is sealed anew", async () => {
            await timePasses(one.user);
            assert.equal((await goOn(await half(one),
                { code: codeOf(one.secret, 1) })).status, 201);
            return await kidOf(one.user) === newest();
        });
    });

    it("that are to go are replaced by sluicectl", async () => {
        const [one, another] = [await enrolled(), await enrolled()];

        await stack.sluicectl("keys", "rotate", stack.path("keys.json"));
        const { code, resealed, unreadable } = await reseal();
        assert.deepEqual([code, unreadable], [0, 0]);
        assert.ok(resealed >= 2);
        assert.deepEqual([await kidOf(one.user), await kidOf(another.user)],
            [newest(), newest()]);
        assert.deepEqual(await reseal(),
            { code: 0, resealed: 0, unreadable: 0 });

        await stack.reload();
        await until("the new key is known", async () => (await goOn(
            await half(one), { code: codeOf(one.secret, 1) })).status === 201);
    });

    it("that are gone read nothing, and codes on paper are left", async () => {
        const one = await enrolled();

        await stack.sql("update sluice.factors set sealed = sealed || 'x' "
            + `where user_id = '${one.user.id}'`);
        refused(await goOn(await half(one), { code: codeOf(one.secret, 1) }),
            401, "code-wrong", "code");
        const { code, unreadable, stderr } = await reseal();
        assert.deepEqual([code, unreadable], [1, 1]);
        assert.match(stderr, /their key is not in the set/);
        assert.equal((await goOn(await half(one),
            { recovery_code: one.codes[0] })).status, 201);
    });
});


describe("a mail about a second factor", { timeout }, () => {
    const next = async ({ user }) => (await mailed(stack, user.email)).subject;

    it("comes when one is added, codes are made anew, and it is taken away",
        async () => {
            const one = await enrolled();

            assert.match(await next(one), /^A second factor was added at/);
            assert.equal((await one.client.request("POST",
                "/api/me/recovery-codes")).status, 201);
            assert.match(await next(one), /^New recovery codes for/);
            assert.equal((await one.client.delete("/api/me/totp")).status, 204);
            const { subject, text, token } = await mailed(stack,
                one.user.email);

            assert.match(subject, /^A second factor was taken away at/);
            assert.ok(text.includes(`${stack.url}/reset\n`));
            assert.equal(token, undefined);
        });

    it("is in its owner's language", async () => {
        const client = await stack.visitor("viewer");

        await client.request("PATCH", "/api/me", { json: { locale: "fr" } });
        await enrol(client);
        assert.match(await next(client), /^Un second facteur a été ajouté/);
        await client.request("POST", "/api/me/recovery-codes");
        assert.match(await next(client), /^De nouveaux codes de secours/);
        await client.delete("/api/me/totp");
        assert.match(await next(client), /^Un second facteur a été retiré/);
    });

    it("comes when an admin takes it away, and an operator", async () => {
        const admin = await stack.visitor("admin");
        const [one, two] = [await enrolled(), await enrolled()];

        await next(one);
        await next(two);
        assert.equal((await admin.delete(
            `/api/accounts/${one.user.id}/factors`)).status, 204);
        assert.match(await next(one), /^A second factor was taken away at/);

        await stack.sluicectl("user", "reset-factors", two.user.email,
            "--database", `host=${stack.path("run")} dbname=sluice `
            + "user=sluice");
        const { subject, text } = await mailed(stack, two.user.email);

        assert.match(subject, /^A second factor was taken away at/);
        assert.ok(text.includes(`${stack.url}/reset\n`));
    });

    it("does not come where nothing counted", async () => {
        const admin = await stack.visitor("admin");
        const one = await stack.visitor("viewer");

        assert.equal((await one.request("POST", "/api/me/totp")).status, 201);
        assert.equal((await one.delete("/api/me/totp")).status, 204);
        await admin.delete(`/api/accounts/${one.user.id}/factors`);
        assert.equal(await mails(stack, one.user.email), 0);
    });

    it("comes twenty times a day at most", async () => {
        const one = await enrolled();

        await next(one);
        await stack.sql("insert into sluice.tickets (id, purpose, email, "
            + "email_key, expires_at) select sluice.uuid_v7(), 'notice', 'x', "
            + `lower('${one.user.email}'), now() from generate_series(1, 18)`);
        for (let n = 0; n < 2; n++) {
            await one.client.request("POST", "/api/me/recovery-codes");
        }
        assert.equal(await mails(stack, one.user.email), 1);
    });

    it("from a command without a site to lead to is none, and the command "
        + "does what it is for", async () => {
        const one = await enrolled();

        await next(one);
        await stack.sql("delete from sluice.site");
        await stack.sluicectl("user", "reset-factors", one.user.email,
            "--database", `host=${stack.path("run")} dbname=sluice `
            + "user=sluice");
        assert.equal(await mails(stack, one.user.email), 0);
        assert.equal((await state(one.client)).totp, false);
    });
});
