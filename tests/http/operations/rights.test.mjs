/* As whom nginx and the worker come, and what the record lets them do: what they
   call, and nothing else. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { run } from "../lib/run.mjs";
import { TOP, startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;

let stack, admin;


before(async () => {
    stack = await startStack();
    admin = await stack.visitor("admin");
}, { timeout });

after(() => stack?.stop(), { timeout });


const database = (user) =>
    `host=${stack.path("run")} dbname=sluice user=${user}`;

/* What a statement says to the application's role. */
const asApplication = async (statement) => (await run("psql", ["-X", "-q", "-A",
    "-t", "-v", "ON_ERROR_STOP=1", "-d", database("sluice_app"), "-c",
    statement])).stdout.trimEnd();
const denied = (statement, what = /permission denied|must be owner/) =>
    assert.rejects(asApplication(statement), { stderr: what }, statement);
const ctl = (...words) => stack.sluicectl(...words, "--database",
    database("sluice"));


/* The files of C below these. */
const sources = (folder) => readdirSync(join(TOP, folder),
    { withFileTypes: true }).flatMap((entry) => {
    const name = join(folder, entry.name);

    return entry.isDirectory() ? sources(name)
        : name.endsWith(".c") ? [readFileSync(join(TOP, name), "utf8")] : [];
});


describe("the application's role", { timeout }, () => {
    it("is that of nginx and the worker", async () => {
        await admin.get("/api/me");
        assert.equal(await stack.sql("select string_agg(distinct usename, ' ')"
            + " from pg_stat_activity where datname = 'sluice' "
            + "and pid <> pg_backend_pid()"), "sluice_app");
    });

    it("sees no table, and changes none", async () => {
        const tables = (await stack.sql("select string_agg(c.oid::regclass"
            + "::text, ' ') from pg_class c where relkind in ('r', 'S') "
            + "and relnamespace = 'sluice'::regnamespace")).split(" ");

        assert.ok(tables.includes("sluice.audit"));
        for (const table of tables) {
            await denied(`select * from ${table}`);
        }
        for (const statement of [
            "select password from sluice.users",
            "update sluice.users set role = 'admin'",
            "update sluice.audit set actor = null", "delete from sluice.audit",
            "truncate sluice.audit", "drop table sluice.audit",
            "insert into sluice.audit (action, target) values ('x', 'y')",
            "alter table sluice.audit disable trigger all",
            "update public.sluice_migrations set digest = ''",
            "create table sluice.mine (x integer)",
            "create function api.mine() returns integer language sql "
                + "as 'select 1'",
        ]) {
            await denied(statement);
        }
    });

    it("calls what it must, and nothing else", async () => {
        assert.match(await asApplication("select count(*) from api.metrics()"),
            /^\d+$/);
        for (const call of [
            "api.set_role('x', 'admin')", "api.disable_user('x')",
            "api.export_users(null, true, 1)", "api.import_users('[]')",
            "api.make_plan(null)", "queue.enqueue('noop')",
            "sluice.note(null, 'x', 'y')", "sluice.grant_rights()",
            "sluice.add_application('postgres')",
        ]) {
            await denied(`select ${call}`);
        }

        const open = (await stack.sql("select string_agg(n.nspname || '.' || "
            + "p.proname, ' ') from pg_proc p join pg_namespace n "
            + "on n.oid = p.pronamespace where n.nspname in ('api', 'queue', "
            + "'sluice') and has_function_privilege('sluice_app', p.oid, "
            + "'execute')")).split(" ");

        assert.deepEqual([...new Set(open)].sort(), (await stack.sql(
            "select unnest(sluice.called())")).split("\n").sort());
    });

    it("leaves no younger rows of the audit out than the schedule",
        async () => {
            await stack.sql("insert into sluice.audit (at, action, target) "
                + "values (now() - interval '399 days', 'young', 'x')");
            await asApplication(
                "select queue.prune('{\"audit_days\": 1}', 1000)");
            assert.equal(await stack.sql("select count(*) from sluice.audit "
                + "where action = 'young'"), "1");
        });

    it("may call what the sources call", async () => {
        const called = (await stack.sql("select unnest(sluice.called())"))
            .split("\n");
        const text = [...sources("ngx_module"), ...sources("worker/queue"),
                      ...sources("worker/jobs")].join("\n");
        const house = readFileSync(join(TOP, "sql/house/before.sql"), "utf8");
        const names = (pattern, from) =>
            [...from.matchAll(pattern)].map((match) => match.at(-1));
        const found = new Set([
            ...[...text.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].flatMap(([, string]) =>
                names(/\b((?:api|queue)\.[a-z_]+)\(/g, string)),
            ...names(/\b(?:SQL|READ)\(([a-z_]+)\)/g, text)
                .filter((name) => name !== "name").map((name) => `api.${name}`),
            ...names(/create or replace function ((?:api|queue)\.[a-z_]+)/g,
                house),
        ]);

        assert.deepEqual([...found].sort(), [...called].sort());
    });
});


describe("rights", { timeout }, () => {
    const definer = () => stack.sql("select prosecdef from pg_proc "
        + "where oid = 'api.create_key(uuid, jsonb)'::regprocedure");

    it("hold when functions are made anew", async () => {
        await stack.sql("delete from public.sluice_migrations "
            + "where name = 'api_keys.sql'");
        assert.match((await ctl("db", "migrate")).stdout, /applied api_keys/);
        assert.equal(await definer(), "t");
        assert.equal((await admin.get("/api/keys")).status, 200);
    });

    it("are not given to whom nobody knows, nor to the owner", async () => {
        await assert.rejects(ctl("db", "grant", "nobody_here"),
            { stderr: /there is no role nobody_here/ });
        for (const role of ["sluice", "postgres"]) {
            await assert.rejects(ctl("db", "grant", role),
                { stderr: /can be the owner of the record/ });
        }
    });

    it("part a role that was both, as docs/operating.md says", async () => {
        const [part, close] = [...readFileSync(join(TOP, "docs/operating.md"),
            "utf8").matchAll(/```sql\n([^]*?)```/g)].map(([, block]) =>
            block.replaceAll("www-data", "both_once"));
        const as = (user) => `host=${stack.path("run")} dbname=once user=${user}`;
        const psql = (user, ...words) => run("psql", ["-X", "-q", "-A", "-t",
            "-v", "ON_ERROR_STOP=1", "-d", as(user), ...words]);
        const migrate = (user, options = "") => stack.sluicectl("db",
            "migrate", "--database", `${as(user)}${options}`);

        await stack.sql("create role both_once login");
        await stack.sql("create database once owner both_once");
        await migrate("both_once");
        await psql("postgres", "-c", part);
        await psql("both_once", "-c", "select count(*) from sluice.users");
        await migrate("postgres", " options='-c role=sluice_owner'");
        await psql("postgres", "-c", close);

        await psql("both_once", "-c", "select api.metrics()");
        await assert.rejects(psql("both_once", "-c",
            "select count(*) from sluice.users"),
        { stderr: /permission denied/ });
    });

    it("may be given to some, and again", async () => {
        await stack.sql("create role another_app login");
        for (const role of ["another_app", "sluice_app", "another_app"]) {
            await ctl("db", "grant", role);
        }
        assert.equal(await stack.sql("select has_function_privilege("
            + "'another_app', 'api.metrics()', 'execute') and "
            + "has_function_privilege('sluice_app', 'api.metrics()', "
            + "'execute')"), "t");
    });
});
