/* What one user may bring: his own bounds and those of his plan. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";

import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { Tus, base64, refused } from "../lib/tus.mjs";

const timeout = 120_000;

let stack;


/* No worker: what comes in stays as it came. */
before(async () => {
    stack = await startStack();
    await stack.stopWorker();
}, { timeout });

after(() => stack?.stop(), { timeout });


describe("a user's own bounds", { timeout }, () => {
    it("hold for the uploads of a user at once", async () => {
        const other = new Tus(stack, await stack.visitor("viewer"));

        await stack.sql("update sluice.users set uploads_max = 2 where id = "
            + `'${other.who.user.id}'`);
        await other.create(5);
        const path = await other.create(5);

        refused(await other.request("POST", "/api/uploads",
            { "Upload-Length": "5" }), 429, "too-many");
        await other.patch(path, 0, "abcde");
        await other.create(5);
    });

    it("hold for a user's quota, with what is announced", async () => {
        const other = new Tus(stack, await stack.visitor("viewer"));

        await stack.sql("update sluice.users set quota_bytes = 10 where id = "
            + `'${other.who.user.id}'`);
        const path = await other.create(7);

        refused(await other.request("POST", "/api/uploads",
            { "Upload-Length": "4" }), 413, "quota-exceeded");
        await other.patch(path, 0, "qwertyu");
        refused(await other.request("POST", "/api/uploads",
            { "Upload-Length": "4" }), 413, "quota-exceeded");
        await other.create(3);
        assert.equal((await other.who.upload("1234", "a.mp4")).status, 413);
    });

    it("hold for a quota when no length is said", async () => {
        const other = new Tus(stack, await stack.visitor("viewer"));

        await stack.sql("update sluice.users set quota_bytes = 10 where id = "
            + `'${other.who.user.id}'`);
        const path = await other.create(null);

        refused(await other.patch(path, 0, Readable.from(["12345678901"])),
            413, "quota-exceeded");
        refused(await other.patch(path, 0, "1", { "Upload-Length": 11 }), 413,
            "quota-exceeded");
    });
});


describe("a plan", { timeout }, () => {
    let tus, user;

    const ctl = (...words) => stack.sluicectl(...words, "--json", "--database",
        `host=${stack.path("run")} dbname=sluice user=sluice`)
        .then(({ stdout }) => JSON.parse(stdout));
    const announce = (length) => tus.request("POST", "/api/uploads",
        { "Upload-Length": length });

    before(async () => {
        tus = new Tus(stack, await stack.visitor("viewer"));
        user = tus.who.user;
    });

    it("is made, changed and listed by sluicectl", async () => {
        await ctl("plan", "set", "small", "--quota", "1g");
        await ctl("plan", "set", "small", "--quota", "1k", "--uploads", "2",
            "--upload-size", "500");
        assert.equal((await ctl("user", "plan", user.email, "small")).plan,
            "small");
        assert.deepEqual(await ctl("plan", "list"), [{ name: "small",
            quota_bytes: 1024, uploads_max: 2, upload_bytes_max: 500,
            files_max: null, sessions_max: null, bytes_month: null,
            streams_max: null, users: 1 }]);
        assert.equal((await ctl("user", "list"))
            .find(({ id }) => id === user.id).plan, "small");
    });

    it("that is not there is given to nobody", async () => {
        await assert.rejects(ctl("user", "plan", user.email, "large"),
            ({ code, stderr }) => code === 1 && /no plan large/.test(stderr));
    });

    const rejects = (option, value, wants) => assert.rejects(
        ctl("plan", "set", "odd", option, value),
        ({ code, stderr }) => code === 2
            && stderr.includes(`${option} is ${wants}`)
            && stderr.includes(`not "${value}"`), value);

    it("has no size that is none", async () => {
        for (const size of ["-1", "1x", "1gg", "", " 1", "99999999t"]) {
            await rejects("--quota", size, "a size of up to ");
            await rejects("--upload-size", size, "a size of up to ");
        }
    });

    it("has no number of uploads that is none", async () => {
        for (const many of ["4k", "-1", "+1", " 1", "1.5", "", "2147483648",
            "99999999999", "99999999999999999999"]) {
            await rejects("--uploads", many, "a number from 0 to 2147483647 ");
        }
        await ctl("plan", "set", "huge", "--uploads", "2147483647");
        assert.equal((await ctl("plan", "list"))
            .find(({ name }) => name === "huge").uploads_max, 2147483647);
    });

    it("has no name that is none", async () => {
        for (const name of ["", "_big", ".", "a b", "é", "a/b", "x".repeat(65)]) {
            await assert.rejects(ctl("plan", "set", name),
                ({ code, stderr }) => code === 2
                    && stderr.includes("NAME is 1 to 64 letters")
                    && stderr.includes(`not "${name}"`), name);
        }
        await ctl("plan", "set", "x".repeat(64));
    });

    it("bounds one upload, however it comes", async () => {
        const part = { "Upload-Concat": "partial" };
        const parts = [await tus.create(300, part), await tus.create(300, part)];

        for (const path of parts) {
            await tus.patch(path, 0, randomBytes(300));
        }
        refused(await tus.request("POST", "/api/uploads",
            { "Upload-Concat": `final;${parts.join(" ")}` }), 413, "too-large");
        for (const path of parts) {
            await tus.request("DELETE", path);
        }

        refused(await announce(501), 413, "too-large");
        assert.equal((await tus.who.upload(randomBytes(501), "a.mp4")).status,
            413);
        assert.equal((await tus.who.upload(Readable.from([randomBytes(501)]),
            "a.mp4")).status, 413);
        const path = await tus.create(null);
        refused(await tus.patch(path, 0, "1", { "Upload-Length": 501 }), 413,
            "too-large");
        await tus.request("DELETE", path);
    });

    it("bounds the uploads at once, and all that is kept", async () => {
        await tus.create(400);
        const path = await tus.create(500);

        refused(await announce(1), 429, "too-many");
        await tus.request("DELETE", path);
        await tus.who.bring(randomBytes(500), "a.mp4");
        refused(await announce(125), 413, "quota-exceeded");
    });

    it("gives way to what the user's own row says", async () => {
        await stack.sql("update sluice.users set quota_bytes = 2048, "
            + `upload_bytes_max = 1000 where id = '${user.id}'`);
        const path = await tus.create(1000);

        await tus.request("DELETE", path);
        refused(await announce(1001), 413, "too-large");
    });

    it("may be taken away", async () => {
        await stack.sql("update sluice.users set quota_bytes = null, "
            + `upload_bytes_max = null where id = '${user.id}'`);
        assert.equal((await ctl("user", "plan", user.email)).plan, null);
        assert.equal((await announce(2 ** 20)).status, 201);
    });
});


describe("a quota that is used up meanwhile", { timeout }, () => {
    let who;

    before(async () => {
        who = await stack.visitor("viewer");
        await stack.sql("update sluice.users set quota_bytes = 1000 where id = "
            + `'${who.user.id}'`);
    });

    const kept = () => stack.sql("select coalesce(sum(bytes), 0) from "
        + `sluice.media where owner = '${who.user.id}'`).then(Number);

    it("lets in no more than it has, of many at once", async () => {
        const answers = await Promise.all(Array.from({ length: 6 }, () =>
            who.upload(randomBytes(400), "a.mp4")));
        const statuses = answers.map(({ status }) => status).sort();

        assert.deepEqual(statuses, [201, 201, 413, 413, 413, 413]);
        assert.equal(await kept(), 800);
    });

    it("ends a tus upload when it was lowered", async () => {
        const tus = new Tus(stack, who);
        const path = await tus.create(100, { "Upload-Metadata":
            `filename ${base64("a.mp4")}` });

        await stack.sql("update sluice.users set quota_bytes = 850 where id = "
            + `'${who.user.id}'`);
        refused(await tus.patch(path, 0, randomBytes(100)), 413,
            "quota-exceeded");
        assert.equal((await tus.head(path)).status, 404);
        assert.equal(await kept(), 800);
    });
});
