/* What is under way counts before a byte is reserved, however it comes, and no
   longer than somebody brings it. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, statfsSync, unlinkSync, watch } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";

import { meanwhile, request, sendPart } from "../lib/client.mjs";
import { fresh } from "../lib/files.mjs";
import { run } from "../lib/run.mjs";
import { alive, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";
import { Tus, base64, refused } from "../lib/tus.mjs";

const timeout = 180_000;
const MIB = 2 ** 20;
const KEPT = 16 * MIB;          /* keep_free of the small disk */
const PIECE = 4 * MIB;
const MANY = 24;

let stack, disk, mounted;


/* No worker: what comes in stays as it came. */
before(async () => {
    stack = await startStack({ extra: (state) => `
        location /tiny {
            sluice_gate user;
            sluice_upload ${state}/tiny keep_free=${KEPT};
            rewrite ^/tiny/uploads(.*) /api/uploads$1 break;
            rewrite ^/tiny/media /api/media break;
        }` });
    await stack.stopWorker();
    disk = stack.path("tiny");
    mkdirSync(disk);
    mounted = await run("mount", ["-t", "tmpfs", "-o",
        `size=${KEPT + 6 * PIECE + PIECE / 2},mode=1777`, "tmpfs", disk])
        .then(() => true, ({ stderr }) => stderr.trim());
}, { timeout });

/* What is mounted outlives a test that fails. */
const unmount = () => mounted === true && spawnSync("umount", ["-l", disk]);

process.on("exit", unmount);
after(async () => {
    unmount();
    mounted = false;
    await stack?.stop({ but: /exited on signal 9/ });
}, { timeout });


/* Somebody new, with these bounds. */
async function bounded(bounds) {
    const who = await stack.visitor("viewer");

    await stack.sql(`update sluice.users set ${bounds} where id = `
                    + `'${who.user.id}'`);
    return who;
}

const rows = (who) => stack.sql("select count(*) from sluice.uploads where "
    + `owner = '${who.user.id}' and state <> 'done'`).then(Number);
const gone = (who) => until("its row is gone",
    async () => await rows(who) === 0);
const many = (action) => Promise.all(Array.from({ length: MANY }, action));
const statuses = (answers) => answers.map(({ status }) => status);
const url = (path) => `${stack.url}${path}`;

/* A file of which one byte comes. */
const begin = (who, length, headers = {}) => sendPart(
    url("/api/media?filename=film.mp4"),
    { length, body: "x", headers: { ...who.headers, ...headers } });

/* The names that come up in the spool while something is done. */
async function coming(action) {
    const names = new Set();
    const watcher = watch(stack.path("spool"), (_, name) => names.add(name));

    try {
        await action();
        await turn();
    } finally {
        watcher.close();
    }
    return [...names].filter((name) => name !== ".room");
}


describe("who may not bring it", { timeout }, () => {
    const huge = { headers: { "Content-Length": 20 * 2 ** 30,
                              Expect: "100-continue" } };
    let who;

    before(async () => {
        who = await bounded("quota_bytes = 1000, uploads_max = 1");
    });

    const ways = {
        "by tus": () => new Tus(stack, who).request("POST", "/api/uploads",
            { "Upload-Length": 20 * 2 ** 30 }),
        "by POST": () => who.request("POST", "/api/media?filename=a.mp4",
            { body: null, ...huge }),
        "by a link's PUT": () => request(url(`/media/drop/a.mp4?grant=${
            minter(stack.keys()).grant({ path: "/media/drop/",
                methods: ["PUT"], sub: who.user.id })}`),
        { method: "PUT", body: null, ...huge }),
    };

    for (const [name, ask] of Object.entries(ways)) {
        it(`has no space reserved, of ${MANY} at once ${name}`, async () => {
            let answers;
            const names = await coming(async () => {
                answers = await many(ask);
            });

            assert.deepEqual(new Set(statuses(answers)), new Set([413]));
            assert.deepEqual(names, []);
            assert.equal(await rows(who), 0);
        });
    }
});


describe("what is under way", { timeout }, () => {
    it("counts for the number at once, also by POST", async () => {
        const who = await bounded("uploads_max = 2");
        const held = [begin(who, 10), begin(who, 10)];

        await until("both have begun", async () => await rows(who) === 2);
        assert.equal((await who.upload(fresh(), "a.mp4")).status, 429);
        refused(await new Tus(stack, who).request("POST", "/api/uploads",
            { "Upload-Length": 3 }), 429, "too-many");

        held.forEach((each) => each.destroy());
        await gone(who);
        await who.bring(fresh(), "a.mp4");
        assert.equal(await rows(who), 0);
    });

    it("counts for a quota with what it has announced", async () => {
        const who = await bounded("quota_bytes = 50000000");
        const held = begin(who, 49_000_000);

        await until("it has begun", async () => await rows(who) === 1);
        for (const answer of await many(() => who.request("POST",
            "/api/media?filename=a.mp4", { body: null, headers: {
                "Content-Length": 49_000_000, Expect: "100-continue" } }))) {
            assert.equal(answer.status, 413);
            assert.equal(answer.json.type, "urn:sluice:problem:quota-exceeded");
        }
        held.destroy();
        await gone(who);
    });

    it("counts for a quota when it has announced nothing", async () => {
        const who = await bounded("quota_bytes = 1000000");
        const body = new PassThrough();
        const first = who.upload(body, "a.mp4");

        body.write("x");
        await until("it has begun", async () => await rows(who) === 1);
        assert.equal((await who.upload(Readable.from(["y"]), "b.mp4")).status,
            413);

        body.end();
        assert.equal((await first).status, 201);
        await who.bring(Readable.from(["y"]), "b.mp4");
    });

    it("counts for a quota when its length comes later", async () => {
        const who = await bounded("quota_bytes = 1000000");
        const tus = new Tus(stack, who);
        const paths = await Promise.all(Array.from({ length: 6 },
            () => tus.create(null)));
        const answers = await Promise.all(paths.map((path, n) =>
            tus.patch(path, 0, n % 2 ? randomBytes(900_000)
                : Readable.from([randomBytes(900_000)]))));

        assert.equal(answers.filter(({ status }) => status === 204).length, 1);
        assert.equal(answers.filter(({ status }) => status === 413).length, 5);
    });

    it("gives back what it was granted and did not bring", async () => {
        const who = await bounded("quota_bytes = 1000000");
        const tus = new Tus(stack, who);

        await tus.patch(await tus.create(null), 0, Readable.from(["abc"]));
        assert.equal(await stack.sql("select bytes from sluice.uploads where "
            + `owner = '${who.user.id}'`), "3");
    });

    it("may bring as much as there is, step by step", async () => {
        const bytes = randomBytes(3_000_000);
        const who = await bounded("quota_bytes = 3000000");

        await stack.sql("create or replace function api.upload_step() returns "
            + "bigint language sql immutable as $$ select 100000::bigint $$");
        try {
            const media = await who.bring(Readable.from([
                bytes.subarray(0, 5), bytes.subarray(5)]), "a.mp4");

            assert.equal(media.bytes, bytes.length);
            assert.equal((await who.upload(Readable.from(["x"]), "b.mp4"))
                .status, 413);
        } finally {
            await stack.sql("create or replace function api.upload_step() "
                + "returns bigint language sql immutable as $$ "
                + "select 67108864::bigint $$");
        }
    });
});


describe("parts that are put together", { timeout }, () => {
    it("are no more than they were for their user's bounds", async () => {
        const who = await bounded("quota_bytes = 10, uploads_max = 2");
        const tus = new Tus(stack, who);
        const made = [];

        for (const text of ["12345", "67890"]) {
            const path = await tus.create(5, { "Upload-Concat": "partial" });

            await tus.patch(path, 0, text);
            made.push(path);
        }
        const answer = await tus.request("POST", "/api/uploads", {
            "Upload-Concat": `final;${made.join(" ")}`,
            "Upload-Metadata": `filename ${base64("a.mp4")}` });

        assert.equal(answer.status, 201, answer.text);
        assert.equal(await rows(who), 0);
    });
});


describe("an upload's row", { timeout }, () => {
    const lease = (text) => stack.sql("create or replace function "
        + "api.upload_lease() returns interval language sql immutable as "
        + `$$ select interval '${text}' $$`);

    after(() => lease("5 minutes"));

    it("is renewed for as long as it lasts", async () => {
        const who = await bounded("uploads_max = 1");
        const expiry = () => stack.sql("select extract(epoch from "
            + `expires_at) from sluice.uploads where owner = '${who.user.id}'`)
            .then(Number);

        await lease("30 seconds");
        const held = begin(who, 10);

        await until("it has begun", async () => await rows(who) === 1);
        await stack.sql("update sluice.uploads set expires_at = now() where "
            + `owner = '${who.user.id}'`);
        const then = await expiry();

        await until("it is renewed", async () => await expiry() > then,
            { seconds: 60 });
        held.destroy();
        await gone(who);
    });

    it("is a short lease where parts are put together, since who asks again "
        + "waits for it", async () => {
        const who = await bounded("uploads_max = 2");
        const tus = new Tus(stack, who);
        const part = await tus.create(5, { "Upload-Concat": "partial" });

        await lease("5 minutes");
        await tus.patch(part, 0, randomBytes(5));
        const end = await stack.hold("lock table sluice.media in share mode");
        const answer = tus.request("POST", "/api/uploads", {
            "Upload-Concat": `final;${part}`,
            "Upload-Metadata": `filename ${base64("a.mp4")}` });
        const seconds = await until("they are put together", () => stack.sql(
            "select extract(epoch from expires_at - now()) from sluice.uploads "
            + `where owner = '${who.user.id}' and parts is not null`));

        await end();
        assert.equal((await answer).status, 201);
        assert.ok(Number(seconds) <= 20, seconds);
    });

    it("goes with the file when its nginx has died", async () => {
        const who = await bounded("uploads_max = 1");
        const held = begin(who, 10);

        await until("it has begun", async () => await rows(who) === 1);
        const id = await stack.sql("select id from sluice.uploads where "
            + `owner = '${who.user.id}'`);
        const file = stack.path("spool", `${id}.part`);

        await until("there is a file", () => existsSync(file));
        const pids = [stack.pid("nginx"), ...stack.workers()];

        pids.forEach((pid) => process.kill(pid, "SIGKILL"));
        await until("nginx is dead", () => !pids.some(alive));
        held.destroy();
        unlinkSync(stack.path("run/nginx.pid"));
        await until("nginx serves again", () => stack.nginx().then(
            () => true, () => false));

        assert.equal(await rows(who), 1);
        await stack.sql("update sluice.uploads set expires_at = now() where "
            + `owner = '${who.user.id}'`);
        await until("nginx lets users pass", async () =>
            (await who.upload(fresh(), "a.mp4")).status === 201);

        await stack.sql("insert into sluice.jobs (id, kind) values "
            + "(sluice.uuid_v7(), 'expire')");
        await stack.restartWorker();
        await gone(who);
        await until("its file is gone", () => !existsSync(file));
        await stack.stopWorker();
    });
});


describe("space that is to be kept free", { timeout }, () => {
    it("is kept at every moment, whoever reserves beside", async (t) => {
        if (mounted !== true) {
            t.skip(`no tmpfs: ${mounted}`);
            return;
        }

        const who = await bounded("uploads_max = 100");
        const other = await stack.secondNginx();
        let least = Infinity;

        const answers = await meanwhile([async () => {
            const { bavail, bsize } = statfsSync(disk);

            least = Math.min(least, bavail * bsize);
            await turn();
        }], () => Promise.all(Array.from({ length: MANY },
            (_, n) => new Tus(stack, who, n % 2 ? stack.url : other.url)
                .request("POST", "/tiny/uploads", { "Upload-Length": PIECE }))));

        assert.ok(least >= KEPT, `${least} of ${KEPT} bytes were free`);
        assert.equal(answers.filter(({ status }) => status === 201).length, 6);
        assert.equal(answers.filter(({ status }) => status === 507).length,
            MANY - 6);
        assert.equal(await rows(who), 6);
    });
});
