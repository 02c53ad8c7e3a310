/* One round of some faults of `make faults`, and what a failing disk may not do
   to an upload. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { before, test } from "node:test";

import { power } from "../faults/kinds.mjs";
import { rounds } from "../faults/rounds.mjs";
import { until } from "../http/lib/stack.mjs";
import { Tus } from "../http/lib/tus.mjs";
import { environment, run } from "./tree.mjs";

const timeout = 300_000;
const MIB = 2 ** 20;

const sha256 = (bytes, form = "hex") =>
    createHash("sha256").update(bytes).digest(form);
const summed = (bytes) => ({
    "Upload-Checksum": `sha256 ${sha256(bytes, "base64")}` });

before(async () => {
    const { code, output } = await run("make",
        ["-s", "build", "build/faults/shim.so"], { env: environment() });
    assert.equal(code, 0, output);
}, { timeout });


/* What the later tests need is in the same stack. */
test("what was accepted outlasts faults, and takes effect once", { timeout },
    async (t) => {
        const said = await rounds({
            seed: 1, rounds: 3, soon: Infinity,
            only: ["redis-empty", "postgres-kill", "disk-full"],
            say: (line) => t.diagnostic(line),
            inspect: (stack, shim) => syncs(t, stack, shim),
        });

        assert.deepEqual([...said.lost, ...said.doubled], []);
        assert.deepEqual(said.idle, []);
        assert.ok(said.brought > 0 && said.enqueued > 0);
    });


async function syncs(t, stack, shim) {
    const viewer = await stack.visitor("viewer");
    const mine = new Tus(stack, viewer);

    await t.test("a sync that fails leaves an upload what was durable",
        async () => {
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

            const { headers } = await mine.patch(path, MIB,
                bytes.subarray(MIB));
            const media = await viewer.media(headers["sluice-media"]);

            assert.equal(media.sha256, sha256(bytes));
        });

    await t.test("an upload that cannot begin leaves nothing", async () => {
        const left = () => readdirSync(stack.path("spool"))
            .filter((name) => name.endsWith(".part"));
        const earlier = left();

        shim.set({ sync_errno: "EIO" });
        const { status } = await mine.request("POST", "/api/uploads",
            { "Upload-Length": 10 });
        shim.heal();

        assert.equal(status, 500);
        assert.deepEqual(left(), earlier);
    });

    await t.test("a chunk with a checksum is not begun before it is durable "
        + "that nobody has judged it", async () => {
        const path = await mine.create(10);
        const sum = summed("abc");

        shim.set({ folder_errno: "EIO" });
        assert.equal((await mine.patch(path, 0, "abc", sum)).status, 500);
        shim.heal();

        assert.equal(await mine.offset(path), 0);
        assert.equal((await mine.patch(path, 0, "abc", sum)).status, 204);
    });

    await t.test("a power cut leaves an upload what answers told of, whatever "
        + "was judged", async () => {
        const path = await mine.create(9);
        const patch = async (at, bytes, sum) =>
            (await mine.patch(path, at, bytes, sum)).status;
        const cut = async () => {
            await power.begin({ stack, shim });
            await power.end({ stack });
            return until("it is served again", async () => {
                const { status, headers } = await mine.head(path);

                return status === 200 && headers["upload-offset"];
            });
        };

        assert.equal(await patch(0, "abc", summed("abc")), 204);
        assert.equal(await cut(), "3");

        assert.equal(await patch(3, "xyz", summed("def")), 460);
        assert.equal(await cut(), "3");

        assert.equal(await patch(3, "def"), 204);
        assert.equal(await cut(), "6");

        assert.equal(await patch(6, "ghi"), 204);
        assert.equal(sha256(readFileSync(mine.file(path, ""))),
            sha256("abcdefghi"));
    });

    await t.test("an upload is not done before its folder is synced, which "
        + "who repeats it does", async () => {
        const bytes = randomBytes(3 * MIB);
        const path = await mine.create(bytes.length);
        const end = () => mine.patch(path, bytes.length, Buffer.alloc(0));

        shim.set({ folder_errno: "EIO" });
        assert.equal((await mine.patch(path, 0, bytes)).status, 500);
        assert.deepEqual(readFileSync(mine.file(path, "")), bytes);
        assert.equal((await end()).status, 500);
        assert.equal((await end()).status, 500);
        shim.heal();

        const { status, headers } = await end();
        const media = await viewer.media(headers["sluice-media"]);

        assert.equal(status, 204);
        assert.equal(media.sha256, sha256(bytes));
    });
}
