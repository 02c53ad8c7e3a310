/* A round of some faults of a fleet: all of them are `make faults`. */

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { drill } from "../faults/fleet/drill.mjs";
import { environment, run } from "./tree.mjs";

const timeout = 300_000;

before(async () => {
    const { code, output } = await run("make",
        ["-s", "build", "build/faults/detour.so"], { env: environment() });
    assert.equal(code, 0, output);
}, { timeout });


test("a fleet keeps what it accepted, answers rightly, and opens links once",
    { timeout }, async (t) => {
        const said = await drill({
            seed: 1, rounds: 2, soon: Infinity,
            only: ["postgres-lost", "cut-off-redis"],
            say: (line) => t.diagnostic(line),
        });

        assert.deepEqual(said.bad, []);
        assert.deepEqual(said.idle, []);
        assert.ok(said.brought > 0 && said.enqueued > 0);
    });
