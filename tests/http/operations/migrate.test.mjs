/* sluicectl db migrate beside those who are at work. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";

import { startStack, until } from "../lib/stack.mjs";
import { after, before, it } from "../lib/test.mjs";

const timeout = 120_000;

let stack, end;


before(async () => {
    stack = await startStack();
    await stack.sql("update public.sluice_migrations set digest = 'other' "
        + "where name = 'api_metrics.sql'");
}, { timeout });

after(() => stack?.stop(), { timeout });


it("a migration steps back from what others hold, and comes again",
   { timeout }, async () => {
       end = await stack.hold("select from public.sluice_migrations "
           + "where name = 'api_metrics.sql' for update");

       const migrate = spawn(stack.path("bin/sluicectl"), ["db", "migrate",
           "--database", `host=${stack.path("run")} dbname=sluice user=sluice`]);
       let said = "";

       for (const stream of [migrate.stdout, migrate.stderr]) {
           stream.on("data", (text) => { said += text; });
       }
       const exit = once(migrate, "exit");

       await until("it has stepped back", () => /trying again/.test(said));
       assert.equal(migrate.exitCode, null);
       await end();

       assert.deepEqual(await exit, [0, null], said);
       assert.match(said, /applied api_metrics\.sql/);
   });


it("a program tells its version", async () => {
    const { stdout } = await stack.sluicectl("--version");
    const worker = await stack.asServer(stack.path("bin/sluice-worker"),
        "--version");

    assert.match(stdout, /^sluicectl \d+\.\d+\.\d+\n$/);
    assert.match(worker.stdout, /^sluice-worker \d+\.\d+\.\d+\n$/);
});
