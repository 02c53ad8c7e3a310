/* Accounts that people make themselves: by a mailed link, where they may. */

import assert from "node:assert/strict";

import { request } from "../lib/client.mjs";
import { mailed, mails } from "../lib/mails.mjs";
import { refused } from "../lib/problem.mjs";
import { sessions } from "../lib/sessions.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const GOOD = "neun Katzen auf dem Mond";

let stack, count = 0;


before(async () => {
    stack = await startStack({ extra: (state) => `
        access_log ${state}/logs/access.log sluice;
        access_log ${state}/logs/told.log combined;
        location /dead/ { proxy_pass http://127.0.0.1:1; }` });
}, { timeout });

after(() => stack?.stop(), { timeout });


const { post, signIn } = sessions(() => stack.url);
const fresh = () => `person-${++count}@example.org`;
const signUp = (json) => post("/api/accounts",
    { json: { password: GOOD, ...json } });
const verify = (token) => post(`/api/email-verifications/${token}`);
const tickets = () => stack.sql("select count(*) from sluice.tickets")
    .then(Number);

/* Somebody who has done all that is asked of him. */
async function account(json) {
    assert.equal((await signUp(json)).status, 202);
    const { token } = await mailed(stack, json.email);

    assert.equal((await verify(token)).status, 200);
}


describe("an account", { timeout }, () => {
    it("is there when its mailed link was followed, and not before",
        async () => {
            const email = fresh();
            const answer = await signUp({ email, name: "Ida", locale: "fr-CH" });

            assert.deepEqual([answer.status, answer.json], [202, { email }]);
            refused(await signIn({ email, password: GOOD }), 401,
                    "login-failed");

            const mail = await mailed(stack, email);
            const done = await verify(mail.token);

            assert.deepEqual([done.status, done.json], [200, { email }]);
            const { status, json } = await signIn({ email, password: GOOD });

            assert.equal(status, 201);
            assert.deepEqual([json.user.name, json.user.role],
                             ["Ida", "viewer"]);
        });

    it("is told of in the language of whoever wants it", async () => {
        for (const [locale, language, subject] of [
            ["fr-CH", "fr", "Confirmez votre adresse pour Sluice"],
            ["en", "en", "Confirm your address for Sluice"],
            ["xx", "en", "Confirm your address for Sluice"],
            [undefined, "fr", "Confirmez votre adresse pour Sluice"]]) {
            const email = fresh();

            assert.equal((await post("/api/accounts", {
                headers: { "Accept-Language": "fr;q=0.9, en;q=0.8" },
                json: { email, password: GOOD, locale } })).status, 202);
            const mail = await mailed(stack, email);

            assert.equal(mail.subject, subject);
            assert.equal(mail.headers["content-language"], language);
            assert.ok(mail.html.includes(`<html lang="${language}">`));
        }
    });

    it("is told of by a mail that programs can read, and people", async () => {
        const email = fresh();

        await signUp({ email });
        const { headers, text, html, raw, token } = await mailed(stack, email);

        assert.equal(headers.to, email);
        assert.equal(headers.from, "\"Sluice\" <sluice@localhost.example>");
        assert.equal(headers["auto-submitted"], "auto-generated");
        assert.match(headers["message-id"],
                     /^<[0-9a-f-]{36}@localhost\.example>$/);
        assert.ok(Math.abs(new Date(headers.date) - Date.now()) < 600_000);
        assert.ok(raw.split("\r\n").every((line) => line.length <= 76));
        assert.ok(!/[^\r]\n/.test(raw));

        const link = `${stack.url}/verify#${token}`;

        assert.ok(text.split("\n").includes(link));
        assert.ok(html.includes(`<a href="${link}">${link}</a>`));
        assert.match(html, /color-scheme: light dark/);
    });

    it("has no name in the mail of somebody who may not have asked", async () => {
        const email = fresh();

        await signUp({ email, name: "Win at https://casino.example" });
        assert.ok(!(await mailed(stack, email)).text.includes("casino"));
    });

    it("is one, however its address is written", async () => {
        const email = `Ren\u00e9.${fresh()}`.replace("example.org",
            "b\u00fccher.example");
        const sent = email.replace("b\u00fccher", "xn--bcher-kva");

        assert.deepEqual((await signUp({ email })).json, { email: sent });
        assert.equal((await verify((await mailed(stack, sent)).token)).status,
            200);

        for (const other of [email, sent, email.toUpperCase(),
                             email.normalize("NFD"),
                             sent.replace("xn--", "XN--")]) {
            assert.equal((await signIn({ email: other, password: GOOD }))
                .status, 201, other);
        }
    });

    it("is not made twice", async () => {
        const email = fresh();

        await account({ email });
        const again = await signUp({ email: email.toUpperCase(),
            password: "ganz etwas anderes als zuvor" });

        assert.equal(again.status, 202);
        const mail = await mailed(stack, again.json.email);

        assert.equal(mail.subject, "You have an account at Sluice");
        assert.equal(mail.token, undefined);
        assert.equal((await signIn({ email, password: GOOD })).status, 201);
    });

    it("belongs to whoever followed his link first", async () => {
        const email = fresh();
        const others = "ganz etwas anderes als zuvor";

        await signUp({ email });
        const first = await mailed(stack, email);

        await signUp({ email, password: others });
        const second = await mailed(stack, email);

        assert.equal((await verify(second.token)).status, 200);
        refused(await verify(first.token), 409, "conflict");
        assert.equal((await signIn({ email, password: others })).status, 201);
        refused(await signIn({ email, password: GOOD }), 401, "login-failed");
    });
});


describe("a link", { timeout }, () => {
    let token, email;

    before(async () => {
        email = fresh();
        await signUp({ email });
        token = (await mailed(stack, email)).token;
    });

    it("of another form, or changed, is none", async () => {
        for (const other of [token.slice(1), `${token}A`, "x",
                             token.replace(/.$/, (c) => c === "A" ? "E" : "A"),
                             "A".repeat(token.length)]) {
            refused(await verify(other), 404, "not-found");
        }
    });

    it("is good for what it was made for alone", async () => {
        for (const path of ["password-resets", "invitations"]) {
            refused(await post(`/api/${path}/${token}`,
                { json: { password: GOOD } }), 404, "not-found");
            refused(await request(`${stack.url}/api/${path}/${token}`), 404,
                    "not-found");
        }
    });

    it("is no token of a session", async () => {
        refused(await request(`${stack.url}/api/me`,
            { headers: { Authorization: `Bearer ${token}` } }), 401,
                "token-invalid");
        refused(await post("/api/sessions/refresh",
            { json: { refresh_token: token } }), 401, "token-invalid");
    });

    it("ends after a day", async () => {
        const set = (time) => stack.sql("update sluice.tickets set expires_at "
            + `= now() + interval '${time}' where email = '${email}'`);

        await set("-1 s");
        refused(await verify(token), 410, "link-ended");
        await set("1 hour");
        assert.equal((await verify(token)).status, 200);
    });

    it("is used once", async () => {
        refused(await verify(token), 410, "link-ended");
    });

    it("shows in no log", async () => {
        const path = `/dead/api/invitations/${token}`;
        const lines = (name) => stack.text(`logs/${name}.log`).split("\n")
            .filter((line) => line.includes("/dead/"));

        assert.equal((await request(`${stack.url}${path}`,
            { headers: { Referer: `${stack.url}${path}` } })).status, 502);
        await until("nginx has told of it", () => lines("told").length > 0);

        for (const name of ["error", "told"]) {
            assert.equal(lines(name)[0].split(`/api/invitations/${"*".repeat(66)}`)
                .length, name === "error" ? 4 : 3, lines(name)[0]);
        }
        for (const name of ["access", "error", "told"]) {
            assert.ok(!stack.text(`logs/${name}.log`).includes(token), name);
        }
        assert.ok(stack.text("logs/access.log")
            .includes("\"/api/email-verifications/\""));
    });

    it("stands nowhere in the record when it was sent", async () => {
        assert.equal(await stack.sql("select count(*) from sluice.jobs "
            + `where params::text like '%${token}%'`), "0");
        assert.equal(await stack.sql("select count(*) from sluice.tickets t "
            + `where t::text like '%${token}%'`), "0");
    });
});


describe("what is wrong", { timeout }, () => {
    const long = `${"x".repeat(250)}@example.org`;
    const bodies = {
        "no address": [{ email: undefined }, "email"],
        "an address that is none": [{ email: "ida" }, "email"],
        "an address of two": [{ email: "a@b.org,c@d.org" }, "email"],
        "an address with a line": [{ email: "a@b.org\nBcc: c@d.org" }, "email"],
        "an address that is too long": [{ email: long }, "email"],
        "an address that is a number": [{ email: 1 }, "email"],
        "no password": [{ password: undefined }, "password"],
        "a short password": [{ password: "short" }, "password"],
        "a password that many have": [{ password: "password123" }, "password"],
        "a password that is the address": [
            { email: "lovelace.ada@example.org",
              password: "lovelace.ada@example.org" }, "password"],
        "a password that is the name": [{ name: "Ada Lovelace",
            password: "adalovelace" }, "password"],
        "a password that is too long": [{ password: "x".repeat(1025) },
                                        "password"],
        "a password that is null": [{ password: null }, "password"],
        "a name that is a number": [{ name: 1 }, "name"],
        "a name of 201 characters": [{ name: "x".repeat(201) }, "name"],
        "a name with a line": [{ name: "a\nb" }, "name"],
        "a locale that is none": [{ locale: "francais!" }, "locale"],
    };

    for (const [what, [json, field]] of Object.entries(bodies)) {
        it(`${what} is refused, and nothing is kept`, async () => {
            const were = await tickets();

            refused(await signUp({ email: fresh(), ...json }), 422,
                    "field-invalid", field);
            assert.equal(await tickets(), were);
        });
    }

    for (const [what, body, status, word] of [
        ["a NUL", "{\"email\":\"a\\u0000b@example.org\"}", 400, "body-invalid"],
        ["half a surrogate", "{\"email\":\"\\ud800@example.org\"}", 400,
         "body-invalid"],
        ["the same member twice", "{\"email\":\"a@b.org\",\"email\":\"c@d.org\"}",
         400, "body-invalid"],
        ["no JSON", "email=a@b.org", 400, "body-invalid"],
        ["a list", "[]", 400, "body-invalid"],
        ["a mebibyte", `{"email":"${"a".repeat(1 << 20)}"}`, 413, "too-large"],
    ]) {
        it(`${what} is refused`, async () => {
            refused(await post("/api/accounts", { body,
                headers: { "Content-Type": "application/json" } }), status,
                    word);
        });
    }

    it("a form is refused", async () => {
        refused(await post("/api/accounts", { body: "email=a@b.org",
            headers: { "Content-Type": "application/x-www-form-urlencoded" } }),
                415, "type-unsupported", "Content-Type");
    });

    it("a password in the query is none", async () => {
        refused(await post(`/api/accounts?password=${encodeURIComponent(GOOD)}`,
            { json: { email: fresh() } }), 422, "field-invalid", "password");
    });

    it("a page of another site signs nobody up", async () => {
        refused(await post("/api/accounts", {
            headers: { "Sec-Fetch-Site": "cross-site" },
            json: { email: fresh(), password: GOOD } }), 403, "cross-site");
    });
});


describe("how much is mailed", { timeout }, () => {
    it("to one address: three mails an hour, and nobody can tell", async () => {
        const [known, unknown] = [fresh(), fresh()];

        await account({ email: known });
        for (const email of [known, unknown]) {
            for (let i = 0; i < 5; i++) {
                const { status, json } = await signUp({ email });

                assert.deepEqual([status, json], [202, { email }]);
            }
        }
        /* one made the account */
        assert.equal(await mails(stack, known), 2);
        assert.equal(await mails(stack, unknown), 3);
    });

    it("in all for one network: a hundred an hour", async () => {
        await stack.sql("insert into sluice.tickets (id, purpose, email, "
            + "email_key, network, expires_at) select sluice.uuid_v7(), 'reset', "
            + "'x@example.org', 'x' || n, '127.0.0.0/24', now() "
            + "from generate_series(1, 100) n");

        for (const path of ["accounts", "password-resets"]) {
            const full = await post(`/api/${path}`,
                { json: { email: fresh(), password: GOOD } });

            refused(full, 429, "too-many");
            const wait = Number(full.headers["retry-after"]);

            assert.ok(wait > 3000 && wait <= 3601, `${wait} s`);
        }

        /* before its password is looked at, which takes longest */
        refused(await signUp({ email: fresh(), password: "password1" }), 429,
                "too-many");
        await stack.sql("delete from sluice.tickets "
            + "where email = 'x@example.org'");
        assert.equal((await signUp({ email: fresh() })).status, 202);
    });
});


describe("where the operator wants no accounts", { timeout }, () => {
    for (const [word, problem] of [["closed", /not made here/],
                                   ["invited", /by an invitation/]]) {
        it(`none is made: ${word}`, async () => {
            const other = await stack.secondNginx((text) => text.replace(
                "sluice_registration open;", `sluice_registration ${word};`));
            const were = await tickets();
            const answer = await request(`${other.url}/api/accounts`, {
                method: "POST", json: { email: fresh(), password: GOOD } });

            refused(answer, 403, "registration-closed");
            assert.match(answer.json.detail ?? answer.json.title, problem);
            assert.equal(await tickets(), were);
            await other.stop();
        });
    }
});
