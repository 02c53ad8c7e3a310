/* One of each kind of the matrix of sources; `make films` has them all. */

import assert from "node:assert/strict";

import { tried } from "../../films/matrix.mjs";
import { sources } from "../../films/sources.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;

let stack, client;

before(async () => {
    stack = await startStack();
    client = await stack.visitor("viewer");
}, { timeout });

after(() => stack?.stop(), { timeout });


describe("what must come of a source does", { timeout }, () => {
    for (const row of sources.filter(({ out }) => out.quick)) {
        it(`${row.name}: ${row.odd || "nothing odd"}`, async () => {
            assert.deepEqual((await tried(stack, client, row)).faulty, []);
        });
    }
});
