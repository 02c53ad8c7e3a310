/* sluicectl db migrate beside those who are at work. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";

import { request } from "../lib/client.mjs";
import { fresh, pdf } from "../lib/files.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;

let stack, end;


before(async () => {
    stack = await startStack();
    await stack.sql("update public.sluice_migrations set digest = 'other' "
        + "where name = 'api_metrics.sql'");
}, { timeout });

after(() => stack?.stop(), { timeout });


/* It runs; `said` and `exit` are what it told. */
function migrate(...words) {
    const migration = spawn(stack.path("bin/sluicectl"), ["db", "migrate",
        ...words, "--database", `host=${stack.path("run")} dbname=sluice user=sluice`]);

    migration.said = "";
    for (const stream of [migration.stdout, migration.stderr]) {
        stream.on("data", (text) => { migration.said += text; });
    }
    migration.exit = once(migration, "exit");

    return migration;
}


it("a migration steps back from what others hold, and comes again",
   { timeout }, async () => {
       end = await stack.hold("select from public.sluice_migrations "
           + "where name = 'api_metrics.sql' for update");

       const migration = migrate();

       await until("it has stepped back",
                   () => /trying again/.test(migration.said));
       assert.equal(migration.exitCode, null);
       await end();

       assert.deepEqual(await migration.exit, [0, null], migration.said);
       assert.match(migration.said, /applied api_metrics\.sql/);
   });


it("a new record has nobody in it who could sign in", { timeout }, async () => {
    await stack.sql("create database empty owner sluice");
    const { stdout } = await stack.sluicectl("db", "migrate", "--database",
        `host=${stack.path("run")} dbname=empty user=sluice`);

    assert.match(stdout, /applied 0001_initial\.sql/);
    for (const what of ["user", "key"]) {
        assert.equal((await stack.sluicectl(what, "list", "--json",
            "--database", `host=${stack.path("run")} dbname=empty user=sluice`))
            .stdout.trim(), "[]");
    }
});


describe("an index of a large table", { timeout }, () => {
    const pending = () => stack.sql("delete from public.sluice_migrations "
        + "where name = '0016_upload_keys.sql'");
    const index = (what) => stack.sql(`select ${what} from pg_index where `
        + "indexrelid = 'sluice.uploads_key'::regclass");

    it("is built while others write", async () => {
        await pending();
        await stack.sql("drop index sluice.uploads_key");
        end = await stack.hold("lock table sluice.uploads in row exclusive "
            + "mode");
        const migration = migrate();

        await until("it waits for who is at work", async () =>
            await stack.sql("select count(*) from "
                + "pg_stat_progress_create_index") === "1");
        await stack.sql("update sluice.uploads set key = null");
        await end();

        assert.deepEqual(await migration.exit, [0, null], migration.said);
        assert.equal(await index("indisvalid"), "t");
    });

    it("is built anew where that was interrupted", async () => {
        const before = await index("indexrelid::oid");

        await pending();
        await stack.sql("update pg_index set indisvalid = false where "
            + "indexrelid = 'sluice.uploads_key'::regclass");
        const migration = migrate();

        assert.deepEqual(await migration.exit, [0, null], migration.said);
        assert.match(migration.said, /applied 0016_upload_keys\.sql/);
        assert.equal(await index("indisvalid"), "t");
        assert.notEqual(await index("indexrelid::oid"), before);
    });
});


describe("a release beside the one before", { timeout }, () => {
    /* The record is the one before's, of which nginx and workers call this, too;
       `before` says that they did not any more. */
    const calls = async (before) => {
        await stack.sql("delete from public.sluice_migrations where name = "
            + "'house_rights.sql'");
        await stack.sql("create or replace function api.older(actor uuid, "
            + "args jsonb, out status integer) language sql as 'select 200'");
        for (const [list, body] of [
            ["called_before", before ? "array[''api.older'']" : "array[]::text[]"],
            ["called", "array[''api.older'', ''api.get_me''] "
                + "|| sluice.called_before()"]]) {
            await stack.sql(`create or replace function sluice.${list}() `
                + `returns text[] language sql immutable as 'select ${body}'`);
        }
    };
    const promised = () => stack.sql("select 'api.older' = any "
        + "(sluice.called())");

    it("is told to go on, and does", async () => {
        await stack.sql("update public.sluice_migrations set digest = 'other' "
            + "where name = 'api_metrics.sql'");
        const migration = migrate();

        assert.deepEqual(await migration.exit, [0, null], migration.said);
        assert.match(migration.said, /workers of the release before go on/);
    });

    it("keeps what that calls, or is refused, and nothing is changed",
        async () => {
            await calls(false);
            const migration = migrate();

            assert.deepEqual(await migration.exit, [1, null], migration.said);
            assert.match(migration.said,
                /^api\.older\(uuid, jsonb\) goes, or is called otherwise$/m);
            assert.match(migration.said, /nothing was changed.*--alone/);
            assert.equal(await promised(), "t");
        });

    it("may take what that left already", async () => {
        await calls(true);
        const migration = migrate();

        assert.deepEqual(await migration.exit, [0, null], migration.said);
        assert.equal(await promised(), "f");
    });

    it("may take all where nobody runs", async () => {
        await calls(false);
        const migration = migrate("--alone");

        assert.deepEqual(await migration.exit, [0, null], migration.said);
        assert.equal(await promised(), "f");
    });

    it("may not call otherwise what stays", async () => {
        await calls(false);
        await stack.sql("create or replace function sluice.called() "
            + "returns text[] language sql immutable as "
            + "'select array[''api.metrics'', ''api.get_me'']'");
        await stack.sql("create or replace function api.get_me(integer) "
            + "returns integer language sql as 'select 1'");
        await stack.sql("create or replace function public.drop_it() returns "
            + "event_trigger language plpgsql security definer as $$ begin if tg_tag = "
            + "'CREATE FUNCTION' then drop function if exists "
            + "api.get_me(integer); end if; end $$");
        await stack.sql("create event trigger drop_it on ddl_command_end "
            + "execute function public.drop_it()");
        try {
            const migration = migrate();

            assert.deepEqual(await migration.exit, [1, null], migration.said);
            assert.match(migration.said, /^api\.get_me\(integer\) goes/m);
        } finally {
            await stack.sql("drop event trigger drop_it");
            await stack.sql("drop function api.get_me(integer)");
        }
        await (migrate("--alone")).exit;
    });
});


describe("the way back to the release before", { timeout }, () => {
    /* The record has had what a release to come adds. */
    before(async () => {
        await stack.sql("insert into public.sluice_migrations (name, digest) "
            + "values ('9999_to_come.sql', 'x')");
        await stack.sql("alter table sluice.media add column to_come text "
            + "not null default 'x'");
        await stack.sql("create table sluice.to_come (id uuid primary key)");
        await stack.stopWorker();
        await stack.restartWorker();
        await stack.reload();
    });

    after(async () => {
        await stack.sql("delete from public.sluice_migrations "
            + "where name = '9999_to_come.sql'");
        await stack.sql("alter table sluice.media drop column to_come");
    });

    it("is open: nginx and the worker do their work", async () => {
        assert.equal((await request(`${stack.url}/ready`)).status, 200);

        const who = await stack.visitor("viewer");
        const { id } = await who.bring(pdf(), "b.pdf");

        await who.ready(id);
    });

    it("is not for sluicectl to undo", async () => {
        const migration = migrate();

        assert.deepEqual(await migration.exit, [1, null], migration.said);
        assert.match(migration.said, /newer than this sluicectl: it has 9999/);
    });
});


it("a worker waits for a schema that it can work with, and says who helps",
   { timeout }, async () => {
       await stack.sql("alter table public.sluice_migrations rename to hidden");
       await stack.sql("select pg_terminate_backend(pid) from "
           + "pg_stat_activity where application_name = 'sluice-worker'");
       await until("it says so", () => stack.text("logs/worker.log").includes(
           'it has schema 0, this worker wants'));
       assert.match(stack.text("logs/worker.log"),
                    /run "sluicectl db migrate"/);

       await stack.sql("alter table public.hidden rename to sluice_migrations");
       const who = await stack.visitor("viewer");
       const { job } = await who.bring(fresh(), "a.mp3");

       await until("it works", async () => !["queued", "running"].includes(
           (await who.get(`/api/jobs/${job.id}`)).json.state));
   });


it("a program tells its version", async () => {
    const { stdout } = await stack.sluicectl("--version");
    const worker = await stack.asServer(stack.path("bin/sluice-worker"),
        "--version");

    assert.match(stdout, /^sluicectl \d+\.\d+\.\d+\n$/);
    assert.match(worker.stdout, /^sluice-worker \d+\.\d+\.\d+\n$/);
});
