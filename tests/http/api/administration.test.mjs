/* What admins see of users and do to them, and who did what. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { Client, request, soon } from "../lib/client.mjs";
import { fresh } from "../lib/files.mjs";
import { mailed } from "../lib/mails.mjs";
import { refused } from "../lib/problem.mjs";
import { sessions } from "../lib/sessions.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { enrol } from "../lib/totp.mjs";

const timeout = 180_000;
const MANY = Number(process.env.SLUICE_LISTS ?? 20_000);
const MOST_BLOCKS = 2000;   /* of 8 KiB: so many rows of an audit */

let stack, second, admin, count = 0;

const { signIn } = sessions(() => stack.url);


before(async () => {
    stack = await startStack();
    admin = await stack.visitor("admin");
    second = await stack.secondNginx();
}, { timeout });

after(() => stack?.stop(), { timeout });


const get = (path, who = admin) => who.get(`/api/accounts${path}`);
const patch = ({ id }, json, who = admin) =>
    who.request("PATCH", `/api/accounts/${id}`, { json });
const remove = ({ id }, what = "", who = admin) =>
    who.delete(`/api/accounts/${id}${what}`);
const account = async ({ id }) => (await get(`/${id}`)).json;

/* All pages of a list, each with at most `limit` items. */
async function pages(path, limit = 2, who = admin) {
    const seen = [];
    let cursor = "";

    do {
        const { status, json, text } = await who.get(`${path}${
            path.includes("?") ? "&" : "?"}limit=${limit}&cursor=${
            encodeURIComponent(cursor)}`);

        assert.equal(status, 200, text);
        assert.ok(json.items.length <= limit);
        seen.push(...json.items);
        cursor = json.next;
    } while (cursor !== null);
    return seen;
}

const noted = async (action, { id }) => JSON.parse(await stack.sql(
    "select coalesce(jsonb_agg(jsonb_build_object('actor', actor, 'detail', "
    + "detail) order by id), '[]') from sluice.audit where "
    + `action = '${action}' and target = '${id}'`));

/* Another issuer's user: as its tokens make one. */
const foreigner = async (role = "viewer") => {
    const id = randomUUID();

    await stack.sql(`insert into sluice.users (id, issuer, subject, name, role)
        values ('${id}', 'https://op.example', '${id}', 'Ana', '${role}')`);
    return { id };
};

/* A token of his is refused by both machines. */
async function isOut(client) {
    for (const at of [stack, second]) {
        await soon(`${at.url} knows`, async () => (await request(
            `${at.url}/api/media`, { headers: client.headers })).status === 401,
        { seconds: 2 });
    }
}


describe("an account", { timeout }, () => {
    it("is seen whole", async () => {
        const one = await stack.visitor("editor");

        await one.bring(fresh(), "a.mp3");
        const seen = await account(one.user);

        assert.deepEqual({ ...seen, created_at: 0, signed_in_at: 0, bytes: 0 },
            { id: one.user.id, email: one.user.email, name: null,
              role: "editor", plan: null, locale: null, issuer: null,
              created_at: 0, disabled: false, verified: false, bounced: false,
              leaves_at: null, second_factor: false, signed_in_at: 0, files: 1,
              bytes: 0 });
        assert.ok(seen.bytes > 0);
        assert.ok(Math.abs(new Date(seen.signed_in_at) - Date.now()) < 60_000);
        await enrol(one);
        assert.equal((await account(one.user)).second_factor, true);
    });

    it("tells when one signed in last, though the session is gone", async () => {
        const one = await stack.visitor("viewer");
        const { signed_in_at: at } = await account(one.user);

        await stack.sql("delete from sluice.sessions where user_id = "
            + `'${one.user.id}'`);
        assert.equal((await account(one.user)).signed_in_at, at);
        assert.equal((await account(await stack.user())).signed_in_at, null);
    });

    it("that is none is not found", async () => {
        for (const answer of [await get(`/${randomUUID()}`),
                              await get(`/${randomUUID()}/sessions`),
                              await patch({ id: randomUUID() }, { name: "x" }),
                              await remove({ id: randomUUID() }),
                              await remove({ id: randomUUID() }, "/sessions"),
                              await remove({ id: randomUUID() }, "/factors")]) {
            refused(answer, 404, "not-found");
        }
    });

    it("is for admins alone", async () => {
        for (const role of ["viewer", "editor"]) {
            const one = await stack.visitor(role);
            const { user } = one;

            for (const answer of [await get("", one),
                                  await get(`/${user.id}`, one),
                                  await get(`/${user.id}/sessions`, one),
                                  await patch(user, { role: "admin" }, one),
                                  await remove(user, "", one),
                                  await remove(user, "/sessions", one),
                                  await remove(user, "/factors", one),
                                  await one.get("/api/audit")]) {
                refused(answer, 403, "role-too-low");
            }
        }
    });
});


describe("a list of accounts", { timeout }, () => {
    it("has all of them, the newest first", async () => {
        await foreigner();
        await foreigner("editor");
        const all = await pages("/api/accounts", 3);
        const times = all.map(({ created_at: at }) => at);

        assert.equal(all.length, Number(await stack.sql(
            "select count(*) from sluice.users")));
        assert.deepEqual(times, times.toSorted().reverse());
        assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
        assert.deepEqual(await account(all[0]), all[0]);
    });

    it("of one role has those of that role", async () => {
        for (const role of ["viewer", "editor", "admin"]) {
            const some = await pages(`/api/accounts?role=${role}`, 1);

            assert.ok(some.every((one) => one.role === role));
            assert.equal(some.length, Number(await stack.sql(
                `select count(*) from sluice.users where role = '${role}'`)));
        }
    });

    it("goes on where many were made in one moment", async () => {
        await stack.sql("insert into sluice.users (id, email, created_at) "
            + "select gen_random_uuid(), 'moment-' || n || '@example.org', "
            + "'2001-01-01' from generate_series(1, 7) n");
        const some = (await pages("/api/accounts", 3))
            .filter(({ email }) => email?.startsWith("moment-"));

        assert.equal(some.length, 7);
    });

    it("finds addresses by how they begin, in their order", async () => {
        await stack.sql(`insert into sluice.users (id, email, email_key, role)
            select gen_random_uuid(), e, k, r from (values
                ('Zoe@example.org', null, 'viewer'),
                ('zoe.b@example.org', null, 'editor'),
                ('zoe_c@example.org', null, 'viewer'),
                ('zof@example.org', null, 'viewer'),
                ('zo%@example.org', null, 'viewer'),
                ('Zoë@example.org', 'zoë@example.org', 'admin'),
                ('ZÉBRA@example.org', 'zébra@example.org', 'viewer')
            ) x(e, k, r)`);
        const find = async (q, limit, more = "") => (await pages(
            `/api/accounts?q=${encodeURIComponent(q)}${more}`, limit))
            .map(({ email }) => email);

        assert.deepEqual(await find("ZOE", 1), ["zoe.b@example.org",
            "Zoe@example.org", "zoe_c@example.org"]);
        assert.deepEqual(await find("zoe", 2, "&role=viewer"),
            ["Zoe@example.org", "zoe_c@example.org"]);
        assert.deepEqual(await find("zoe@example.org"), ["Zoe@example.org"]);
        assert.deepEqual(await find("zo%"), ["zo%@example.org"]);
        assert.deepEqual(await find("zoe_"), ["zoe_c@example.org"]);
        assert.deepEqual(await find("zo\u0308E".normalize("NFD")), []);
        assert.deepEqual(await find("zoe\u0308"), ["Zoë@example.org"]);
        assert.deepEqual(await find("zÉb"), ["ZÉBRA@example.org"]);
        assert.deepEqual(await find("nobody"), []);
        assert.deepEqual(await find("x".repeat(300)), []);
        assert.deepEqual(await find("' or true --"), []);
    });

    it("finds one by its id", async () => {
        const one = await foreigner("editor");

        assert.deepEqual((await pages(`/api/accounts?q=${one.id}`))
            .map(({ id }) => id), [one.id]);
        assert.deepEqual(await pages(
            `/api/accounts?q=${one.id}&role=viewer`), []);
    });

    it("refuses what is no page", async () => {
        for (const [field, query] of [
            ["limit", "limit=0"], ["limit", "limit=201"], ["limit", "limit=x"],
            ["role", "role=owner"], ["role", "role=enrolling"],
            ["cursor", "cursor=x"], ["cursor", `cursor=${randomUUID()}`],
            ["cursor", `cursor=${"9".repeat(18)}.${randomUUID()}`],
        ]) {
            refused(await get(`?${query}`), 422, "field-invalid", field);
        }
    });
});


describe("a change", { timeout }, () => {
    it("of the role ends tokens with the old one, and is noted", async () => {
        const one = await stack.visitor("viewer");
        const { status, json } = await patch(one.user, { role: "editor" });

        assert.equal(status, 200);
        assert.equal(json.role, "editor");
        assert.equal(json.revoked, undefined);
        await isOut(one);
        assert.deepEqual(await noted("user-role", one.user), [{
            actor: admin.user.id, detail: { from: "viewer", to: "editor" } }]);
        assert.equal((await signIn({ ...one.user, password: one.password }))
            .json.user.role, "editor");
    });

    it("of plan and name is noted, and none where nothing changes",
        async () => {
            const one = await stack.user();

            await stack.sql("insert into sluice.plans (name) values ('gold')");
            for (let i = 0; i < 2; i++) {
                const { json } = await patch(one, { plan: "gold",
                                                    name: "Ida" });

                assert.deepEqual([json.plan, json.name], ["gold", "Ida"]);
            }
            const { json } = await patch(one, { plan: null, name: null });

            assert.deepEqual([json.plan, json.name], [null, null]);
            assert.deepEqual((await noted("user-plan", one))
                .map(({ detail }) => detail), [{ to: "gold" },
                                               { from: "gold" }]);
            assert.equal((await noted("user-name", one)).length, 2);
        });

    it("locks out and lets in again", async () => {
        const one = await stack.visitor("viewer");

        assert.equal((await patch(one.user, { disabled: true })).json.disabled,
            true);
        await isOut(one);
        refused(await signIn({ ...one.user, password: one.password }), 401,
            "login-failed");
        assert.equal((await patch(one.user, { disabled: false })).json.disabled,
            false);
        assert.equal((await signIn({ ...one.user, password: one.password }))
            .status, 201);
        assert.equal((await noted("user-disabled", one.user))[0].actor,
            admin.user.id);
        assert.equal((await noted("user-enabled", one.user))[0].actor,
            admin.user.id);
    });

    it("is refused where it makes no sense", async () => {
        const one = await stack.user();

        for (const [field, json] of [
            [undefined, {}], [undefined, { email: "a@example.org" }],
            ["role", { role: "owner" }], ["role", { role: null }],
            ["role", { role: "enrolling" }], ["plan", { plan: "none such" }],
            ["plan", { plan: 7 }], ["disabled", { disabled: "true" }],
            ["disabled", { disabled: null }], ["name", { name: "" }],
            ["name", { name: "x".repeat(201) }], ["name", { name: 1 }],
        ]) {
            refused(await patch(one, json), 422, "field-invalid", field);
        }
        refused(await patch(one, { role: "editor", name: "" }), 422,
            "field-invalid", "name");
        assert.equal((await account(one)).role, "viewer");
    });

    it("of what comes from elsewhere is refused", async () => {
        const one = await foreigner();

        refused(await patch(one, { role: "admin" }), 409, "conflict", "role");
        refused(await patch(one, { name: "Other" }), 409, "conflict", "name");
        assert.equal((await patch(one, { role: "viewer", name: "Ana",
            disabled: true })).json.disabled, true);
        assert.equal((await patch(one, { plan: null })).status, 200);

        const { json: key } = await admin.request("POST", "/api/keys", { json: {
            name: "backend", scopes: ["media:read"] } });

        refused(await patch({ id: key.account }, { role: "admin" }), 409,
            "conflict", "role");
    });

    it("is asked for in vain by who is no admin by the time it is done",
        async () => {
            for (const [json, undo] of [[{ role: "viewer" }, { role: "admin" }],
                [{ disabled: true }, { disabled: false }]]) {
                const other = await stack.visitor("admin");
                const one = await stack.user();
                const waiting = async (many) => await stack.sql("select "
                    + "count(*) from pg_locks where locktype = 'advisory' "
                    + "and not granted") === String(many);
                const release = await stack.hold("select api.admins_lock()");
                const first = patch(other.user, json);

                await until("it waits", () => waiting(1));
                const rest = [patch(other.user, undo, other),
                              remove(one, "", other)];

                await until("all wait", () => waiting(3));
                await release();
                assert.equal((await first).status, 200);
                for (const answer of await Promise.all(rest)) {
                    refused(answer, 403, "role-too-low");
                }
                const { role, disabled } = await account(other.user);

                assert.deepEqual([role, disabled],
                    [json.role ?? "admin", json.disabled ?? false]);
            }
        });

    it("of oneself is no lock-out", async () => {
        refused(await patch(admin.user, { disabled: true }), 409, "conflict",
            "disabled");
        refused(await remove(admin.user), 409, "conflict");
    });
});


/* The stack's own admin, and whoever tests before made one, step back. */
describe("the last admin", { timeout }, () => {
    it("stays, whoever asks", async () => {
        const { json: key } = await admin.request("POST", "/api/keys", { json: {
            name: "manager", role: "admin",
            scopes: ["accounts:read", "accounts:write"] } });
        const manager = new Client(stack.url, { access_token: key.key });

        await stack.sql("update sluice.users set disabled_at = now() "
            + "where role = 'admin' and issuer is null "
            + `and id <> '${admin.user.id}'`);

        refused(await patch(admin.user, { role: "editor" }), 409, "conflict");
        refused(await patch(admin.user, { role: "editor" }, manager), 409,
            "conflict");
        refused(await patch(admin.user, { disabled: true }, manager), 409,
            "conflict");
        refused(await remove(admin.user, "", manager), 409, "conflict");
        refused(await admin.request("DELETE", "/api/me",
            { json: { password: admin.password } }), 409, "conflict");

        /* with another one he may go; of two at once one stays */
        const others = [await stack.visitor("admin"),
                        await stack.visitor("admin")];
        const answers = await Promise.all([
            ...others.map(({ user }) => patch(user, { role: "viewer" },
                manager)),
            patch(admin.user, { role: "viewer" }, manager)]);

        assert.deepEqual(answers.map(({ status }) => status).sort(),
            [200, 200, 409]);
        await stack.sql("update sluice.users set disabled_at = null, "
            + `role = 'admin' where id = '${admin.user.id}'`);
        admin = await Client.signIn(stack.url, admin.user.email,
            admin.password);
    });
});


describe("somebody who is removed", { timeout }, () => {
    it("is out at once, is told, and goes in seven days", async () => {
        const one = await stack.visitor("viewer");
        const { status, json } = await remove(one.user);
        const days = (new Date(json.leaves_at) - Date.now()) / 86_400_000;

        assert.equal(status, 202);
        assert.ok(days > 6.9 && days <= 7, json.leaves_at);
        await isOut(one);
        assert.equal((await account(one.user)).leaves_at, json.leaves_at);
        assert.equal((await noted("user-leaves", one.user))[0].actor,
            admin.user.id);
        assert.equal((await noted("sessions-ended", one.user))[0].actor,
            admin.user.id);
        await mailed(stack, one.user.email);

        /* again is the same */
        assert.deepEqual((await remove(one.user)).json, json);
        assert.equal((await noted("user-leaves", one.user)).length, 1);

        await stack.sql("update sluice.users set leaves_at = now() "
            + `where id = '${one.user.id}'`);
        await stack.sql(`select queue.leave('${one.user.id}', 10)`);
        refused(await get(`/${one.user.id}`), 404, "not-found");
    });

    it("stays if he signs in, unless he is locked out", async () => {
        const one = await stack.visitor("viewer");
        const again = () => signIn({ ...one.user, password: one.password });

        await remove(one.user);
        assert.equal((await again()).status, 201);
        assert.equal((await account(one.user)).leaves_at, null);
        await remove(one.user);
        await patch(one.user, { disabled: true });
        refused(await again(), 401, "login-failed");
        assert.notEqual((await account(one.user)).leaves_at, null);
    });

    it("may be another issuer's user, or a program whose keys end",
        async () => {
            const one = await foreigner();

            assert.equal((await remove(one)).status, 202);
            assert.equal(await stack.sql("select count(*) from "
                + `sluice.revocations where kind = 'sub' and id = '${one.id}'`),
            "1");

            const { json: key } = await admin.request("POST", "/api/keys",
                { json: { name: `backend ${++count}`,
                          scopes: ["media:read"] } });
            const program = new Client(stack.url, { access_token: key.key });

            assert.equal((await program.get("/api/media")).status, 200);
            assert.equal((await remove({ id: key.account })).status, 202);
            await isOut(program);
        });
});


describe("sessions of somebody", { timeout }, () => {
    it("are seen, and ended all at once", async () => {
        const one = await stack.visitor("viewer");
        const other = await Client.signIn(stack.url, one.user.email,
            one.password);
        const path = `/api/accounts/${one.user.id}/sessions`;
        const all = await pages(path, 1);

        assert.deepEqual(all, (await one.get("/api/sessions")).json.items
            .map((item) => ({ ...item, current: false })));
        assert.equal(all.length, 2);
        assert.equal((await admin.delete(path)).status, 204);
        await isOut(one);
        await isOut(other);
        assert.deepEqual(await pages(path), []);
        assert.equal((await noted("sessions-ended", one.user))[0].actor,
            admin.user.id);
        assert.equal((await signIn({ ...one.user, password: one.password }))
            .status, 201);
        assert.equal((await admin.get("/api/me")).status, 200);
    });

    it("of another issuer's user are his tokens of until now", async () => {
        const one = await foreigner();

        assert.equal((await remove(one, "/sessions")).status, 204);
        assert.equal(await stack.sql("select before is not null from "
            + `sluice.revocations where kind = 'sub' and id = '${one.id}'`),
        "t");
    });

    it("refuse what is no page", async () => {
        refused(await get(`/${admin.user.id}/sessions?cursor=x`), 422,
            "field-invalid", "cursor");
    });
});


describe("factors of somebody", { timeout }, () => {
    it("are taken away from who has lost them", async () => {
        const one = await stack.visitor("viewer");
        const login = { ...one.user, password: one.password };

        await enrol(one);
        refused(await signIn(login), 401, "second-factor-needed");
        assert.equal((await remove(one.user, "/factors")).status, 204);
        assert.equal((await signIn(login)).status, 201);
        assert.deepEqual(await noted("factors-reset", one.user),
            [{ actor: admin.user.id, detail: {} }]);
    });
});


describe("the audit", { timeout }, () => {
    const audit = async (query = "", limit = 3) =>
        pages(`/api/audit?${query}`, limit);

    it("tells who did what to whom, the newest first", async () => {
        const one = await stack.user();

        await patch(one, { role: "editor" });
        const { json } = await admin.get("/api/audit?limit=1");
        const [row] = json.items;

        assert.deepEqual({ ...row, id: 0, at: 0 }, { id: 0, at: 0,
            actor: admin.user.id, action: "user-role", target: one.id,
            detail: { from: "viewer", to: "editor" } });
        assert.equal(json.next, row.id);

        const all = await audit("", 50);

        assert.equal(all.length, Number(await stack.sql(
            "select count(*) from sluice.audit")));
        assert.deepEqual(all.map(({ id }) => id),
            all.map(({ id }) => id).toSorted().reverse());
    });

    it("is filtered, by each and by all together", async () => {
        const all = await audit("", 200);
        const actor = admin.user.id;
        const { target, at } = all.find((row) => row.actor === actor
            && row.action === "user-role");
        const time = at.replace("+", "%2B");
        const filters = [
            [`actor=${actor}`, (row) => row.actor === actor],
            ["action=user-role", (row) => row.action === "user-role"],
            [`target=${target}`, (row) => row.target === target],
            [`from=${time}`, (row) => row.at >= at],
            [`to=${time}`, (row) => row.at < at],
        ];

        for (let bits = 1; bits < 1 << filters.length; bits++) {
            const some = filters.filter((_, i) => bits >> i & 1);
            const fits = all.filter((row) =>
                some.every(([, fit]) => fit(row)));

            assert.deepEqual(await audit(some.map(([query]) => query)
                .join("&"), 7), fits, `filters ${bits}`);
            assert.ok(fits.length < all.length, `filters ${bits}`);
        }
    });

    it("refuses what is no filter", async () => {
        for (const [field, query] of [
            ["actor", "actor=x"], ["action", `action=${"x".repeat(65)}`],
            ["target", `target=${"x".repeat(1001)}`],
            ["from", "from=yesterday"], ["from", "from=2026-02-30T00:00:00Z"],
            ["to", "to=2026-01-01"], ["to", "to=2026-01-01T25:00:00Z"],
            ["limit", "limit=0"], ["cursor", "cursor=x"],
        ]) {
            refused(await admin.get(`/api/audit?${query}`), 422,
                "field-invalid", field);
        }
        assert.deepEqual(await audit("to=1970-01-01T00:00:00Z"), []);
        assert.deepEqual(await audit("from=9999-12-31T23:59:59Z"), []);
        assert.deepEqual(await audit("to=0001-01-01T00:00:00Z"), []);
    });

    it("is kept for 400 days", async () => {
        assert.equal(await stack.sql("select params->>'audit_days' "
            + "from sluice.schedules where name = 'prune'"), "400");
        await stack.sql("insert into sluice.audit (at, action, target) values "
            + "(now() - interval '399 days', 'young', 'x'), "
            + "(now() - interval '401 days', 'old', 'x')");
        await stack.sql("select queue.prune('{}', 1000)");
        assert.equal(await stack.sql("select string_agg(action, ',') from "
            + "sluice.audit where action in ('young', 'old')"), "young");
    });
});


/* Behind all others: it fills the tables. */
describe(`among ${MANY} accounts and as much of an audit, a page`,
    { timeout: timeout + MANY * 3 }, () => {
        const ACTOR = "01890000-0000-7000-8000-000000000001";

        before(async () => {
            await stack.sql(`
                insert into sluice.users (id, email, role, created_at)
                select gen_random_uuid(), 'many-' || n || '@example.org',
                       case n % 1000 when 0 then 'editor' else 'viewer' end,
                       now() - n * interval '1 minute'
                from generate_series(1, ${MANY}) n;
                alter table sluice.audit disable trigger user;
                insert into sluice.audit (actor, action, target)
                select case n % 2 when 0 then '${ACTOR}'::uuid end,
                       'kind-' || n % 3, 'target-' || n % 1000
                from generate_series(1, ${MANY}) n;
                alter table sluice.audit enable trigger user`);
            await stack.sql("vacuum analyze");
        }, { timeout: timeout + MANY * 3 });

        /* {call: blocks}, by plans as they are when a connection has been in
           use for a while; none may scan a table. */
        async function costs(calls) {
            const said = await stack.sql(`
                set plan_cache_mode = force_generic_plan;
                begin;
                ${calls.map((call) => `select 'warm', ${call};
                    explain (analyze, buffers, format json) select ${call};`)
                    .join("")}
                select 'scans', coalesce(string_agg(relname, ' '), '')
                from pg_stat_xact_user_tables where seq_scan > 0;
                commit`);

            assert.equal(/^scans\|(.*)$/m.exec(said)[1], "",
                "tables were scanned");
            const plans = [...said.matchAll(/^\[$[^]*?^\]$/gm)]
                .map(([text]) => JSON.parse(text)[0].Plan);

            return plans.map((plan, i) => [calls[i],
                plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]]);
        }

        it("costs a page, whatever is asked", async (t) => {
            const middle = await stack.sql("select (extract(epoch from "
                + "created_at) * 1000000)::bigint || '.' || id from "
                + "sluice.users order by created_at "
                + `limit 1 offset ${MANY / 2}`);
            const half = await stack.sql("select id from sluice.audit "
                + `order by id limit 1 offset ${MANY / 2}`);
            const accounts = ["", "viewer", "editor", "admin"].flatMap((role) =>
                [{}, { cursor: middle },
                 { nginx: { search: "many-1" } },
                 { nginx: { search: "many-1" }, cursor: "many-15" },
                 { nginx: { search: "nobody" } }, { nginx: { search: "m" } }]
                    .map((args) => `api.list_accounts(null, '${
                        JSON.stringify({ role, ...args })}')`));
            const audits = [{}, { actor: ACTOR }, { action: "kind-1" },
                            { target: "target-7" },
                            { from: new Date(Date.now() - 1000).toISOString() },
                            { to: "2020-01-01T00:00:00Z" },
                            { actor: ACTOR, target: "target-7" },
                            { actor: ACTOR, action: "kind-9" },
                            { action: "kind-1", target: "nothing" }]
                .flatMap((args) => [args, { ...args, cursor: half }])
                .map((args) => `api.list_audit(null, '${
                    JSON.stringify(args)}')`);

            for (const [call, blocks] of await costs([...accounts,
                                                      ...audits])) {
                t.diagnostic(`${call}: ${blocks} blocks`);
                assert.ok(blocks <= MOST_BLOCKS, `${call}: ${blocks} blocks`);
            }
        });

        it("of what is rare among it goes on until there is no next",
            async () => {
                await stack.sql("insert into sluice.audit (id, actor, action, "
                    + "target) values (api.first_id(now() - interval '1 day'), "
                    + `'${ACTOR}', 'rare', 'x')`);
                const { json } = await admin.get(
                    `/api/audit?actor=${ACTOR}&action=rare`);

                assert.equal(json.items.length, 0);
                assert.notEqual(json.next, null);
                assert.equal((await pages(
                    `/api/audit?actor=${ACTOR}&action=rare`, 50)).length, 1);
            });

        it("of changes finds whose it is without looking at all", async () => {
            const [[, blocks]] = await costs([
                "api.user_named('MANY-7@example.org')"]);

            assert.ok(blocks < 20, `${blocks} blocks`);
        });
    });
