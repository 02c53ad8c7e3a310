/* No end of an upload holds up the loop that others are served from: closing
   and removing is for threads. What stands still is told when the stack stops:
   ../lib/loop.c. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";

import { sendPart } from "../lib/client.mjs";
import { fresh } from "../lib/files.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { Tus, base64 } from "../lib/tus.mjs";

const timeout = 120_000;

let stack, viewer, mine;


/* No worker: what comes in stays as it came. */
before(async () => {
    stack = await startStack();
    await stack.stopWorker();
    viewer = await stack.visitor("viewer");
    mine = new Tus(stack, viewer);
}, { timeout });

after(() => stack?.stop(), { timeout });


const left = () => readdirSync(stack.path("spool"))
    .filter((name) => name.endsWith(".part"));
const unmoved = () => assert.equal(stack.text("logs/loop"), "");

async function finished(bytes, headers = {}) {
    const path = await mine.create(bytes.length, headers);

    return mine.patch(path, 0, bytes);
}


describe("nginx's loop goes on", { timeout }, () => {
    it("when a client leaves in the middle", async () => {
        const outgoing = sendPart(`${stack.url}/api/media?filename=a.mp4`, {
            length: 10_000_000, body: randomBytes(100_000),
            headers: viewer.headers });

        await until("it has begun", () => left().length === 1);
        outgoing.destroy();
        await until("its file is gone", () => left().length === 0);
        unmoved();
    });

    it("when a file was there before", async () => {
        const bytes = randomBytes(50_000);
        const { id } = await viewer.bring(bytes, "a.mp4");
        const again = await viewer.upload(bytes, "b.mp4");
        const third = await finished(bytes);

        assert.equal(again.json.id, id);
        assert.equal(third.headers["sluice-media"], id);
        await until("only one is left", () => readdirSync(stack.path("spool"))
            .filter((name) => name !== ".room").length === 1);
        unmoved();
    });

    it("when a file is refused at its end", async () => {
        const who = await stack.visitor("viewer");
        const other = new Tus(stack, who);
        const path = await other.create(100);

        await stack.sql("update sluice.users set quota_bytes = 5 where id = "
            + `'${who.user.id}'`);
        assert.equal((await other.patch(path, 0, randomBytes(100))).status, 413);
        await until("its file is gone", () => left().length === 0);
        unmoved();
    });

    it("when an upload is asked for, goes on, and ends", async () => {
        const path = await mine.create(10);

        await mine.patch(path, 0, "12345");
        assert.equal(await mine.offset(path), 5);
        await mine.patch(path, 5, "67890");
        const other = await mine.create(10);

        await mine.patch(other, 0, "123");
        assert.equal((await mine.request("DELETE", other)).status, 204);
        unmoved();
    });

    it("when parts are put together", async () => {
        const paths = [];

        for (const text of [fresh(), fresh()]) {
            const path = await mine.create(text.length,
                { "Upload-Concat": "partial" });

            await mine.patch(path, 0, text);
            paths.push(path);
        }
        const answer = await mine.request("POST", "/api/uploads", {
            "Upload-Concat": `final;${paths.join(" ")}`,
            "Upload-Metadata": `filename ${base64("a.mp4")}` });

        assert.equal(answer.status, 201);
        unmoved();
    });
});
