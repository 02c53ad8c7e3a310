/* sluicectl db migrate beside those who are at work. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";

import { fresh } from "../lib/files.mjs";
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
function migrate() {
    const migration = spawn(stack.path("bin/sluicectl"), ["db", "migrate",
        "--database", `host=${stack.path("run")} dbname=sluice user=sluice`]);

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
