/* sluicectl user import and export. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { request } from "../lib/client.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

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

function ctl(words, input = "") {
    const { status, stdout, stderr } = spawnSync(stack.path("bin/sluicectl"),
        ["user", ...words, "--database", `host=${stack.path("run")} `
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
