/* sluicectl user import and export. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { request } from "../lib/client.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { base32, codeOf, enrol } from "../lib/totp.mjs";

const timeout = 180_000;
const HASH = "$2b$05$eE9F92FaO87JHDT4KqT41ebc8C5UC/gOdhdIYiNAiyT2dnPdLt9Tm";
const PASSWORD = "correct horse";

let stack, count = 0;


before(async () => {
    stack = await startStack();
    await stack.stopWorker();
}, { timeout });

after(() => stack?.stop(), { timeout });


const lines = (users) => users.map((user) =>
    typeof user === "string" ? user : JSON.stringify(user)).join("\n") + "\n";
const address = () => `mover-${++count}@sluice.example`;
const users = () => stack.sql("select count(*) from sluice.users").then(Number);

function ctl(words, input = "", on = stack) {
    const { status, stdout, stderr } = spawnSync(stack.path("bin/sluicectl"),
        ["user", ...words, "--database", `host=${on.path("run")} `
            + "dbname=sluice user=sluice"], { input, encoding: "utf8", maxBuffer: 1 << 28 });

    return { status, stdout, stderr };
}
const taken = (input, ...more) => {
    const result = ctl(["import", ...more], input);

    assert.deepEqual([result.status, result.stderr], [0, ""]);
    return result.stdout;
};
const exported = (...more) => ctl(["export", ...more]).stdout.trimEnd()
    .split("\n").map((line) => JSON.parse(line));


describe("an import", { timeout }, () => {
    it("lets users in with the hashes that they had", async () => {
        const email = address();

        assert.match(taken(lines([{ email, name: "Ida", role: "editor",
            locale: "fr-CA", password: HASH }])), /^1 users were taken/);
        const answer = await request(`${stack.url}/api/sessions`, {
            method: "POST", json: { email, password: PASSWORD } });

        assert.equal(answer.status, 201);
        assert.deepEqual([answer.json.user.name, answer.json.user.role],
            ["Ida", "editor"]);
    });

    it("takes who has no hash, and lets nobody in as him", async () => {
        const email = address();

        taken(lines([{ email }]));
        for (const password of ["", "x", "null"]) {
            assert.notEqual((await request(`${stack.url}/api/sessions`, {
                method: "POST", json: { email, password } })).status, 201);
        }
    });

    it("keeps ids, times and who is disabled", async () => {
        const [id, email] = ["01890000-0000-7000-8000-0000000abcde", address()];

        taken(lines([{ id, email, disabled: true, password: HASH,
            created_at: "2020-02-03T04:05:06Z" }]));
        const [user] = exported().filter((one) => one.email === email);
        assert.equal(user.id, id);
        assert.equal(user.disabled, true);
        assert.equal(Date.parse(user.created_at),
            Date.parse("2020-02-03T04:05:06Z"));
    });

    const wrong = {
        "no JSON": ["{", /line 2: /],
        "a list": ["[]", /line 2: a line is an object/],
        "no address": [{ name: "x" }, /line 2: "email"/],
        "an address that is none": [{ email: "x" }, /line 2: "email"/],
        "another role": [{ email: "a@b.example", role: "root" },
                         /line 2: "role" is viewer/],
        "a number as name": [{ email: "a@b.example", name: 7 },
                             /line 2: "name"/],
        "a locale that is none": [{ email: "a@b.example", locale: "fr_FR" },
                                  /line 2: .*locale/],
        "a plan that is not there": [{ email: "a@b.example", plan: "gold" },
                                     /line 2: .*plan/],
        "an id that is none": [{ email: "a@b.example", id: "7" },
                               /line 2: "id"/],
        "a password in the clear": [{ email: "a@b.example",
                                      password: "secret" },
                                    /line 2: "password" is a hash/],
        "a hash that costs too much": [{ email: "a@b.example",
            password: HASH.replace("$05$", "$31$") }, /line 2: "password"/],
        "a time that is none": [{ email: "a@b.example",
                                  created_at: "yesterday-ish" }, /line 2: /],
        "a member of another name": [{ email: "a@b.example", admin: true },
                                     /line 2: there is a member/],
        "a line without end": [`{"email": "${"x".repeat(70_000)}"}`,
                               /line 2: a line has 65,536 bytes/],
        "two of one member": ['{"email": "a@b.example", "email": "c@d.example"}',
                              /line 2: /],
        "NUL": ['{"email": "a\\u0000@b.example"}', /line 2: /],
    };

    for (const [what, [line, told]] of Object.entries(wrong)) {
        it(`of ${what} takes nothing, and tells the line`, async () => {
            const before = await users();
            const { status, stderr } = ctl(["import"],
                lines([{ email: address() }, line, { email: address() }]));

            assert.equal(status, 1);
            assert.match(stderr, told);
            assert.match(stderr, /--from 1$/m);
            assert.equal(await users(), before);
        });
    }

    it("of an address that is there tells the line", async () => {
        const email = address();

        taken(lines([{ email }]));
        const { status, stderr } = ctl(["import"],
            lines([{ email: address() }, { email: email.toUpperCase() }]));
        assert.equal(status, 1);
        assert.match(stderr, /line 2: there is a user with this address/);
    });

    it("stops at the batch with the fault, and goes on from there",
        async () => {
            const many = Array.from({ length: 2500 },
                () => ({ email: address() }));
            const before = await users();
            const file = join(stack.folder, "users.jsonl");

            writeFileSync(file, lines(many.with(1700, { email: "x" })));
            const { status, stderr } = ctl(["import", file]);
            assert.equal(status, 1);
            assert.match(stderr, /line 1701: .* 1000 users before were/);
            assert.match(stderr, /--from 1001$/m);
            assert.equal(await users(), before + 1000);

            writeFileSync(file, lines(many));
            const result = ctl(["import", file, "--from", "1001"]);
            assert.deepEqual([result.status, result.stderr], [0, ""]);
            assert.equal(await users(), before + 2500);
        });

    it("is in the audit", async () => {
        const before = Number(await stack.sql("select count(*) from "
            + "sluice.audit where action = 'users-imported'"));

        taken(lines([{ email: address() }]));
        assert.equal(Number(await stack.sql("select count(*) from "
            + "sluice.audit where action = 'users-imported'")), before + 1);
    });

    it("of a file that is not there says so", () => {
        const { status, stderr } = ctl(["import", "/nowhere/users.jsonl"]);

        assert.equal(status, 1);
        assert.match(stderr, /cannot be opened/);
    });
});


describe("an export", { timeout }, () => {
    it("has all users, and no hash", async () => {
        const all = exported();

        assert.equal(all.length, await users());
        assert.ok(all.every((user) => !("password" in user)));
        assert.deepEqual(all.map(({ id }) => id).sort(),
            all.map(({ id }) => id));
    });

    it("has hashes on request, and can be imported", async () => {
        const email = address();

        taken(lines([{ email, password: HASH, name: "Ida", locale: "de" }]));
        const [user] = exported("--hashes").filter((one) =>
            one.email === email);

        assert.equal(user.password, HASH);
        await stack.sql(`delete from sluice.users where email = '${email}'`);
        taken(lines([user]));
        assert.deepEqual(exported("--hashes").filter((one) =>
            one.email === email), [user]);
    });
});


describe("second factors", { timeout }, () => {
    const SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let there, one, enrolled, line;

    /* Where somebody comes from, with an authenticator and codes on paper. */
    before(async () => {
        there = await startStack();
        await there.stopWorker();
        one = await there.visitor("viewer");
        enrolled = await enrol(one);
        const { status, stdout, stderr } = ctl(["export", "--hashes",
            "--factors", "--keys", there.path("keys.json")], "", there);

        assert.deepEqual([status, stderr], [0, ""]);
        line = stdout.split("\n").find((text) =>
            text.includes(one.user.email));
    }, { timeout });

    after(() => there?.stop(), { timeout });

    const keys = () => ["--keys", stack.path("keys.json")];
    const signIn = async (json) => (await request(`${stack.url}/api/sessions`, {
        method: "POST", json })).json;
    const goOn = (json) => request(`${stack.url}/api/sessions/challenge`, {
        method: "POST", json });
    const wrong = (user, told) => {
        const { status, stderr } = ctl(["import", "--factors", ...keys(),
            saved(lines([{ email: address() }, user]))]);

        assert.equal(status, 1);
        assert.match(stderr, told);
    };
    const saved = (text) => {
        const file = join(stack.folder, "moving.jsonl");

        writeFileSync(file, text);
        return file;
    };

    it("are told as others have them, and codes as digests", () => {
        const user = JSON.parse(line);

        assert.deepEqual(user.totp, [{ secret: enrolled.secret, digits: 6,
            period: 30, algorithm: "SHA1" }]);
        assert.equal(user.recovery_codes.length, 10);
        user.recovery_codes.forEach((code) =>
            assert.match(code, /^[0-9a-f]{64}$/));
        assert.ok(!("sealed" in user));
        for (const code of enrolled.codes) {
            assert.ok(!line.includes(code));
        }
    });

    it("go along, and the old authenticator's code opens the new place",
        async () => {
            taken("", "--factors", ...keys(), saved(`${line}\n`));
            const half = await signIn({ email: one.user.email,
                password: one.password });

            assert.match(half.type, /second-factor-needed$/);
            assert.equal((await goOn({ challenge: half.challenge,
                code: codeOf(enrolled.secret, 1) })).status, 201);
            const again = await signIn({ email: one.user.email,
                password: one.password });
            assert.equal((await goOn({ challenge: again.challenge,
                recovery_code: enrolled.codes[0] })).status, 201);
            assert.ok(!(await stack.sql("select sealed from sluice.factors"))
                .includes(enrolled.secret));
        });

    it("of another place come with their secret alone", async () => {
        const email = address();

        taken(lines([{ email, password: HASH, totp: [{ name: "phone",
            secret: `${SECRET.toLowerCase()}====` }] }]),
        "--factors", ...keys(), "-");
        const half = await signIn({ email, password: PASSWORD });
        assert.equal((await goOn({ challenge: half.challenge,
            code: codeOf(SECRET) })).status, 201);
        assert.equal(base32(SECRET).length, 20);
    });

    it("stay behind unless they are asked for, and then with the hashes", () => {
        assert.ok(exported("--hashes").every((user) => !("totp" in user)
            && !("sealed" in user) && !("recovery_codes" in user)));
        const { status, stderr } = ctl(["export", "--factors", ...keys()]);

        assert.equal(status, 2);
        assert.match(stderr, /--factors goes with --hashes/);
    });

    it("that the key set cannot open are counted, and the users come without",
        () => {
            const { status, stdout, stderr } = ctl(["export", "--hashes",
                "--factors", ...keys()], "", there);

            assert.equal(status, 1);
            assert.match(stderr, /second factors of 1 users cannot be read/);
            const user = stdout.trimEnd().split("\n").map((text) =>
                JSON.parse(text)).find(({ email }) => email === one.user.email);
            assert.ok(user && !("totp" in user) && !("recovery_codes" in user));
        });

    it("take the key set from standard input, as others do", () => {
        const { status, stdout } = ctl(["export", "--hashes", "--factors"],
            there.text("keys.json"), there);

        assert.equal(status, 0);
        assert.ok(stdout.includes(enrolled.secret));
        const both = ctl(["import", "--factors"], line);
        assert.equal(both.status, 2);
        assert.match(both.stderr, /--factors needs --keys/);
    });

    const faults = {
        "no list": ["x", /"totp" is a list of one/],
        "two": [[{ secret: SECRET }, { secret: SECRET }], /a list of one/],
        "no secret": [[{}], /objects with a "secret"/],
        "no base32": [[{ secret: "01890189018901890189" }], /is base32 of 10/],
        "a short secret": [[{ secret: "JBSWY3DP" }], /is base32 of 10/],
        "a secret that is too long": [[{ secret: "A".repeat(112) }],
                                      /is base32 of 10/],
        "eight digits": [[{ secret: SECRET, digits: 8 }], /6 digits every 30/],
        "a minute": [[{ secret: SECRET, period: 60 }], /6 digits every 30/],
        "SHA-256": [[{ secret: SECRET, algorithm: "SHA256" }],
                    /6 digits every 30/],
        "a number as name": [[{ secret: SECRET, name: 7 }], /"name" in "totp"/],
    };

    for (const [what, [totp, told]] of Object.entries(faults)) {
        it(`of ${what} tell the line`, () => {
            wrong({ email: address(), totp }, /line 2: /);
            wrong({ email: address(), totp }, told);
        });
    }

    it("of who signs in elsewhere, without a factor or an id, tell the line",
        () => {
            const totp = [{ secret: SECRET }], codes = ["a".repeat(64)];
            const id = "01890000-0000-7000-8000-0000000abcdf";

            wrong({ issuer: "https://id.example", subject: "x", totp },
                /line 2: .*where users sign in/);
            wrong({ email: address(), totp, recovery_codes: codes },
                /line 2: .*those of an "id"/);
            wrong({ email: address(), id, recovery_codes: codes },
                /line 2: .*beside "totp"/);
            wrong({ email: address(), id, totp, recovery_codes: ["x"] },
                /line 2: .*SHA-256 digests/);
            wrong({ email: address(), id, totp,
                recovery_codes: Array(11).fill(codes[0]) }, /10 digests/);
            wrong({ email: address(), id, totp,
                recovery_codes: [codes[0], codes[0]] }, /line 2: /);
        });

    it("are refused where nobody asked for them", () => {
        const { status, stderr } = ctl(["import"], `${line}\n`);

        assert.equal(status, 1);
        assert.match(stderr, /line 1: .*taken with --factors/);
    });
});
