/* What a failing disk may not do to an upload. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { after, before, describe, it } from "node:test";

import { Shim } from "../faults/shim.mjs";
import { startStack } from "../http/stack.mjs";
import { Tus } from "../http/tus.mjs";
import { environment, run } from "./tree.mjs";

const timeout = 300_000;
const MIB = 2 ** 20;

before(async () => {
    const { code, output } = await run("make",
        ["-s", "build", "build/faults/shim.so"], { env: environment() });
    assert.equal(code, 0, output);
}, { timeout });


describe("while the disk cannot sync", { timeout }, () => {
    let shim, stack, viewer, mine;

    before(async () => {
        shim = new Shim();
        stack = await startStack({ environment: shim.environment });
        await stack.stopWorker();
        viewer = await stack.visitor("viewer");
        mine = new Tus(stack, viewer);
    }, { timeout });

    after(async () => {
        await stack?.stop({ but: /Input\/output error/ });
        shim?.close();
    }, { timeout });

    it("an upload keeps what was durable, and comes out whole", async () => {
        const bytes = randomBytes(3 * MIB);
        const path = await mine.create(bytes.length);

        await mine.patch(path, 0, bytes.subarray(0, MIB));

        const begun = mine.hang(path, MIB, MIB,
            bytes.subarray(MIB, 2 * MIB - 1));

        await mine.arrived(path, MIB + 1);
        shim.set({ sync_errno: "EIO" });
        begun.end(bytes.subarray(2 * MIB - 1, 2 * MIB));

        assert.equal((await begun.answer).statusCode, 500);
        shim.heal();
        assert.equal(await mine.offset(path), MIB);

        const { headers } = await mine.patch(path, MIB, bytes.subarray(MIB));
        const { sha256 } = await viewer.media(headers["sluice-media"]);

        assert.equal(sha256, createHash("sha256").update(bytes).digest("hex"));
    });

    it("an upload that cannot begin leaves nothing", async () => {
        const before = readdirSync(stack.path("spool"));

        shim.set({ sync_errno: "EIO" });
        const { status } = await mine.request("POST", "/api/uploads",
            { "Upload-Length": 10 });
        shim.heal();

        assert.equal(status, 500);
        assert.deepEqual(readdirSync(stack.path("spool")), before);
    });
});
