/* Passwords: which are taken, how they are changed, and those that came from
   elsewhere. */

import assert from "node:assert/strict";

import lists from "zxcvbn/lib/frequency_lists.js";

import { request } from "../lib/client.mjs";
import { claimsOf } from "../lib/cookies.mjs";
import { refused } from "../lib/problem.mjs";
import { runWith } from "../lib/run.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter, now } from "../lib/token.mjs";

const timeout = 120_000;
const GOOD = "neun Katzen auf dem Mond";

let stack;


before(async () => {
    stack = await startStack();
}, { timeout });

after(() => stack?.stop(), { timeout });


const post = (path, options) =>
    request(stack.url + path, { method: "POST", ...options });
const signIn = (email, password) =>
    post("/api/sessions", { json: { email, password } });
const hashOf = ({ id }) =>
    stack.sql(`select password from sluice.users where id = '${id}'`);
const change = (client, json) =>
    client.request("POST", "/api/me/password", { json });
const noted = ({ id }) => stack.sql("select count(*) from sluice.audit where "
    + `action = 'password-changed' and actor = '${id}'`).then(Number);


describe("a change of password", { timeout }, () => {
    it("takes the old one, and lets the new one in alone", async () => {
        const one = await stack.visitor("viewer");
        const { user, password } = one;

        assert.equal((await change(one, { password, new_password: GOOD }))
            .status, 204);
        refused(await signIn(user.email, password), 401, "login-failed");
        assert.equal((await signIn(user.email, GOOD)).status, 201);
        assert.match(await hashOf(user), /^\$argon2id\$v=19\$m=19456,t=2,p=1/);
        assert.equal(await noted(user), 1);
    });

    it("ends all other sessions, and this one goes on", async () => {
        const one = await stack.visitor("viewer");
        const { user, password } = one;
        const { json: other } = await signIn(user.email, password);
        const me = () => request(`${stack.url}/api/me`, { headers: {
            Authorization: `Bearer ${other.access_token}` } });

        assert.equal((await change(one, { password, new_password: GOOD }))
            .status, 204);
        await until("the other has ended", async () =>
            (await me()).status === 401);
        refused(await post("/api/sessions/refresh", { json: {
            refresh_token: other.refresh_token } }), 401, "token-invalid");
        assert.equal((await one.get("/api/me")).status, 200);
    });

    it("with a wrong one changes nothing", async () => {
        const one = await stack.visitor("viewer");
        const before = await hashOf(one.user);

        refused(await change(one, { password: "not the one",
            new_password: GOOD }), 422, "field-invalid", "password");
        assert.equal(await hashOf(one.user), before);
        assert.equal(await noted(one.user), 0);
    });

    it("counts wrong ones as a sign-in does", async () => {
        const one = await stack.visitor("viewer");

        for (let i = 0; i < 6; i++) {
            refused(await change(one, { password: "not the one",
                new_password: GOOD }), 422, "field-invalid", "password");
        }
        const full = await change(one, { password: one.password,
            new_password: GOOD });
        refused(full, 429, "too-many");
        assert.match(full.headers["retry-after"], /^[12]$/);
    });

    it("is not for whom signs in elsewhere", async () => {
        const [one, id] = [await stack.visitor("viewer"),
                           "01890000-0000-7000-8000-00000000cafe"];

        await stack.sql("insert into sluice.users (id, issuer, subject, role) "
            + `values ('${id}', 'https://id.example.org', 'x', 'viewer')`);
        const token = minter(stack.keys()).access({
            ...claimsOf(one.token), sub: id, iat: now(), exp: now() + 60 });
        refused(await request(`${stack.url}/api/me/password`, {
            method: "POST", headers: { Authorization: `Bearer ${token}` },
            json: { password: "x", new_password: GOOD } }), 409, "conflict");
    });

    it("is not undone by a sign-in with the old one that is under way",
        async () => {
            const waits = async (lock) => await stack.sql("select count(*) "
                + `from pg_locks where locktype = '${lock}' and not granted`)
                === "1";

            for (const old of ["$2b$05$eE9F92FaO87JHDT4KqT41ebc8C5UC/gOdhdIYi"
                               + "NAiyT2dnPdLt9Tm", null]) {
                const one = await stack.user();
                const hash = await hashOf(await stack.user());
                const password = old ? "correct horse" : one.password;

                await stack.sql("update sluice.users set password = "
                    + `coalesce(${old ? `'${old}'` : "null"}, password) `
                    + `where id = '${one.id}'`);
                const release = await stack.hold("select pg_advisory_lock(7)");
                const changed = stack.sql("begin; update sluice.users set "
                    + `password = '${hash}' where id = '${one.id}'; `
                    + "select pg_advisory_xact_lock(7); commit");

                await until("it is changed", () => waits("advisory"));
                const late = signIn(one.email, password);

                await until("it waits", () => waits("transactionid"));
                await release();
                await changed;
                refused(await late, 401, "login-failed");
                assert.equal(await hashOf(one), hash);
            }
        });

    it("needs someone who is signed in", async () => {
        refused(await post("/api/me/password", { json: {
            password: "x", new_password: GOOD } }), 401, "unauthenticated");
    });

    const weak = {
        "of seven characters": "xK9#qLz",
        "that many have": "password1",
        "of one row of keys": "qwertyuiop",
        "of its owner's address": ({ email }) => email,
        "of the front of it": ({ email }) => `${email.split("@")[0]}!`,
        "of its owner's name": () => "Lovelace1",
        "of this place's name": () => stack.url,
    };

    for (const [what, password] of Object.entries(weak)) {
        it(`to one ${what} is refused, and says why`, async () => {
            const one = await stack.visitor("viewer");
            const before = await hashOf(one.user);

            await stack.sql("update sluice.users set name = 'Ada Lovelace' "
                + `where id = '${one.user.id}'`);
            const answer = await change(one, { password: one.password,
                new_password: typeof password === "string" ? password
                    : password(one.user) });
            refused(answer, 422, "field-invalid", "new_password");
            assert.match(answer.json.detail, /8 characters|guessed early/);
            assert.equal(await hashOf(one.user), before);
        });
    }

    const fields = {
        "without the old one": [{ new_password: GOOD }, "password"],
        "without a new one": [{ password: true }, "new_password"],
        "with a number": [{ password: true, new_password: 12345678 },
                          "new_password"],
        "with null": [{ password: true, new_password: null }, "new_password"],
        "with an endless one": [{ password: true,
                                  new_password: "x".repeat(1025) },
                                "new_password"],
        "with a list as the old one": [{ password: [], new_password: GOOD },
                                       "password"],
    };

    for (const [what, [json, field]] of Object.entries(fields)) {
        it(`${what} names the field`, async () => {
            const one = await stack.visitor("viewer");

            if (json.password === true) {
                json.password = one.password;
            }
            refused(await change(one, json), 422, "field-invalid", field);
        });
    }

    it("of 1024 bytes takes all of them", async () => {
        const one = await stack.visitor("viewer");
        const long = "é".repeat(100) + "correct horse ".repeat(58)
            + "battery 1234";

        assert.equal(Buffer.byteLength(long), 1024);
        assert.equal((await change(one, { password: one.password,
            new_password: long })).status, 204);
        refused(await signIn(one.user.email, `${long.slice(0, -1)}5`), 401,
            "login-failed");
        assert.equal((await signIn(one.user.email, long)).status, 201);
    });
});


/* As others have found them in what was stolen elsewhere. */
it("the passwords that most people choose are refused, three thousand of them",
    { timeout }, async () => {
        const often = lists.passwords.filter(({ length }) => length >= 8)
            .slice(0, 3000);
        const taken = [];
        const unhurried = await stack.secondNginx((text) =>
            text.replace(/limit_req zone=\w+ [^;]*;/g, ""));

        assert.equal(often.length, 3000);
        await Promise.all(Array.from({ length: 16 }, async () => {
            for (let one = often.pop(); one; one = often.pop()) {
                const { status } = await request(
                    `${unhurried.url}/api/accounts`, { method: "POST", json: {
                        email: "somebody@example.org", password: one } });

                if (status !== 422) {
                    taken.push(`${one}: ${status}`);
                }
            }
        }));
        assert.deepEqual(taken, []);
    });


describe("a password", { timeout }, () => {
    it("counts as it is: case, blanks and how its letters are composed",
        async () => {
            const one = await stack.visitor("viewer");
            const own = " Neun K\u00e4ters auf dem Mond ";

            assert.equal((await change(one, { password: one.password,
                new_password: own })).status, 204);
            for (const other of [own.toLowerCase(), own.trim(),
                                 own.normalize("NFD")]) {
                refused(await signIn(one.user.email, other), 401,
                    "login-failed");
            }
            assert.equal((await signIn(one.user.email, own)).status, 201);
        });

    it("is good until its owner changes it, after years, too", async () => {
        const one = await stack.visitor("viewer");

        await stack.sql("update sluice.users set created_at = now() - "
            + "interval '20 years', verified_at = now() - interval '20 years', "
            + "signed_in_at = now() - interval '10 years' "
            + `where id = '${one.user.id}'`);
        const { status, json } = await signIn(one.user.email, one.password);

        assert.equal(status, 201);
        assert.equal(claimsOf(json.access_token).role, "viewer");
    });

    it("is judged from a shell, too", async () => {
        const add = (email, password, ...words) => runWith(`${password}\n`,
            stack.path("bin/sluicectl"),
            ["user", "add", email, "--password-stdin", ...words, "--database",
             `host=${stack.path("run")} dbname=sluice user=sluice`]);

        for (const [password, why] of [["short", /8 characters/], ["", /8 /],
            ["password1", /guessed early/], ["Lovelace1", /guessed early/],
            ["shell.words", /guessed early/]]) {
            await assert.rejects(add("shell.words@example.org", password,
                "--name", "Ada Lovelace"), { code: 1, stderr: why });
        }
        await add("shell.words@example.org", GOOD);
        assert.equal((await signIn("shell.words@example.org", GOOD)).status,
            201);
    });
});


/* What a client writes for nginx is not nginx's. */
describe("what only nginx may say", { timeout }, () => {
    it("lets nobody in without a password", async () => {
        const one = await stack.visitor("viewer");
        const hash = await hashOf(one.user);

        for (const facts of [{ verified: hash }, { verified: true },
                             { verified: hash, rehashed: "x", hash: "x" }]) {
            refused(await post("/api/sessions", { json: {
                email: one.user.email, password: "not the one",
                nginx: facts } }), 401, "login-failed");
            refused(await change(one, { password: "not the one",
                new_password: GOOD, nginx: facts }), 422, "field-invalid",
            "password");
        }
        refused(await post("/api/sessions", { json: { email: one.user.email,
            nginx: { verified: hash } } }), 422, "field-invalid", "password");
        refused(await request(`${stack.url}/api/sessions?nginx=1`,
            { method: "POST", json: { email: one.user.email } }), 422,
        "field-invalid", "password");
        assert.equal(await hashOf(one.user), hash);
    });
});


/* "correct horse", hashed by Python's hashlib and crypt(3). */
const HASHES = {
    bcrypt: "$2b$05$eE9F92FaO87JHDT4KqT41ebc8C5UC/gOdhdIYiNAiyT2dnPdLt9Tm",
    "SHA-crypt": "$5$PPo6fwHVVoJzXaaK$8lWb2heRmEobe4r2SMludXVlo7OeGZ1fMV1oYp"
        + "ug5o.",
    yescrypt: "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$zwtVrjrUCmXcyLTs6oxLTQlzifSUkF8"
        + "RHJ./tK5KU79",
    "PBKDF2 of Django": "pbkdf2_sha256$1000$NaClNaClNaClNaCl$nZQjQjg4q0dZ/pB"
        + "o6BL7fH3xyVgqXnGIhmjBlaahFNw=",
    "PBKDF2 of passlib": "$pbkdf2-sha256$1000$c2FsdHNhbHRzYWx0c2FsdA$BBs.1.P"
        + "aslLtBPULUr8/lQicvVuHiEPMz0i8MjLCbzM",
    scrypt: "$scrypt$ln=10,r=8,p=2$c2FsdHNhbHRzYWx0c2FsdA$jEgpCUtvA44HVzfVdP"
        + "MA8tfAzsWE0hBy4rqSqDwK5Z8",
    "argon2id with less": "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgL"
        + "rQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
};

describe("a hash of another place", { timeout }, () => {
    for (const [kind, hash] of Object.entries(HASHES)) {
        const right = kind.startsWith("argon2") ? "password" : "correct horse";

        it(`(${kind}) lets its password in, and is replaced`, async () => {
            const user = await stack.user();

            await stack.sql(`update sluice.users set password = '${hash}' `
                + `where id = '${user.id}'`);
            refused(await signIn(user.email, "not the one"), 401,
                "login-failed");
            assert.equal(await hashOf(user), hash);
            assert.equal((await signIn(user.email, right)).status, 201);
            assert.match(await hashOf(user),
                /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
            assert.equal((await signIn(user.email, right)).status, 201);
            refused(await signIn(user.email, "not the one"), 401,
                "login-failed");
        });
    }

    it("that is none lets nobody in", async () => {
        const user = await stack.user();

        await stack.sql("update sluice.users set password = 'correct horse' "
            + `where id = '${user.id}'`);
        refused(await signIn(user.email, "correct horse"), 401,
            "login-failed");
    });
});


describe("PATCH /api/me", { timeout }, () => {
    const patch = (client, json) =>
        client.request("PATCH", "/api/me", { json });

    it("changes what it names, and nothing else", async () => {
        const one = await stack.visitor("viewer");

        assert.deepEqual([(await patch(one, { name: "Ida" })).json.name,
                          (await patch(one, { locale: "fr" })).json.name],
        ["Ida", "Ida"]);
        const { json } = await one.get("/api/me");
        assert.deepEqual([json.name, json.locale, json.email, json.role],
            ["Ida", "fr", one.user.email, "viewer"]);
        assert.equal((await patch(one, { name: null })).json.name, null);
    });

    it("changes neither role nor address nor password", async () => {
        const one = await stack.visitor("viewer");
        const before = await hashOf(one.user);

        const { status, json } = await patch(one, { role: "admin",
            email: "x@y.example", password: "x", id: "x" });
        assert.equal(status, 200);
        assert.deepEqual([json.role, json.email],
            ["viewer", one.user.email]);
        assert.equal(await hashOf(one.user), before);
    });

    for (const [field, values] of Object.entries({
        name: ["", " ", 7, [], "a\nb", "x".repeat(201)],
        locale: ["", "f", "fr_FR", 7, "fr-", "x".repeat(40), "fr FR"],
    })) {
        for (const value of values) {
            it(`refuses ${JSON.stringify(value).slice(0, 20)} as ${field}`,
                async () => {
                    const one = await stack.visitor("viewer");

                    refused(await patch(one, { [field]: value }), 422,
                        "field-invalid", field);
                });
        }
    }
});
