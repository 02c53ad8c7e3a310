/* Who did what: sluice.audit, as sluicectl shows it. */

import assert from "node:assert/strict";

import { pdf } from "../lib/files.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;

let stack, viewer, database;


before(async () => {
    stack = await startStack();
    viewer = await stack.visitor("viewer");
    database = ["--database",
        `host=${stack.path("run")} dbname=sluice user=sluice`];
}, { timeout });

after(() => stack?.stop(), { timeout });


describe("the audit", { timeout }, () => {
    const list = async (...words) => JSON.parse((await stack.sluicectl("audit",
        "list", "--json", ...words, ...database)).stdout);
    const last = async (action) => (await list("--action", action,
        "--limit", "1"))[0];
    const change = (...words) => stack.sluicectl("user", ...words, "--redis",
        `unix:${stack.path("run/redis.sock")}`, ...database);

    it("tells what was done to users", async () => {
        const { id, email } = await stack.user("viewer");

        await change("role", email, "editor");
        await change("role", email, "editor");
        await change("disable", email);
        await change("disable", email);
        await change("enable", email);
        await change("enable", email);
        const told = (await list()).filter(({ target }) => target === id);
        assert.deepEqual(told.map(({ action }) => action), ["user-enabled",
            "user-disabled", "user-role", "user-added"]);
        assert.deepEqual(told[2].detail, { from: "viewer", to: "editor" });
    });

    it("tells when sessions begin and end", async () => {
        const visitor = await stack.visitor("viewer");
        const { sid } = JSON.parse(Buffer.from(
            visitor.token.split(".")[1], "base64url"));
        let told = await last("session-begun");

        assert.equal(told.target, sid);
        assert.equal(told.actor, visitor.user.id);
        assert.equal(told.detail.address, "127.0.0.1");

        await visitor.delete("/api/sessions/current");
        told = await last("session-ended");
        assert.equal(told.target, sid);
    });

    it("tells who deleted a media file and took back a link", async () => {
        const { id } = await viewer.bring(pdf(), "score.pdf");
        const { json } = await viewer.request("POST", "/api/links",
            { json: { media: id, expires_in: 60 } });

        assert.equal((await viewer.delete(`/api/links/${json.jti}`)).status,
            204);
        assert.equal((await last("link-revoked")).target, json.jti);

        await viewer.delete(`/api/media/${id}`);
        const told = await last("media-deleted");
        assert.equal(told.target, id);
        assert.equal(told.actor, viewer.user.id);
        assert.equal(told.detail.title, "score");
    });

    it("tells who cancelled a job and began it anew", async () => {
        const id = await stack.sql("select queue.enqueue('noop', "
            + `owner => '${viewer.user.id}', run_at => 'tomorrow')`);

        await viewer.delete(`/api/jobs/${id}`);
        await viewer.delete(`/api/jobs/${id}`);
        await viewer.request("POST", `/api/jobs/${id}/retry`);
        const told = (await list()).filter(({ target }) => target === id);
        assert.deepEqual(told.map(({ action, actor }) => [action, actor]), [
            ["job-retried", viewer.user.id], ["job-cancelled", viewer.user.id]]);
    });

    it("is refused with a limit that is none", async () => {
        for (const limit of ["0", "10001", "99999999999", "5k", "+5", " 5"]) {
            await assert.rejects(list("--limit", limit),
                ({ code, stderr }) => code === 2
                    && /--limit is a number from 1 to 10000 /.test(stderr)
                    && stderr.includes(`not "${limit}"`), limit);
        }
    });
});
