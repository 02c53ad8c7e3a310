/* A Redis that asks who one is, and one of its databases: what sluice_redis
   says besides the address. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { request, soon } from "../lib/client.mjs";
import { fresh } from "../lib/files.mjs";
import { run } from "../lib/run.mjs";
import { TOP, alive, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 120_000;
const FILE = "/media/xy/x/film.mp4";
const PASSWORD = "of everyone";
const OTHER = "of media alone";
const DB = "3";

let stack, admin, redis;


before(async () => {
    stack = await startStack();
    admin = await stack.visitor("admin");
    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path(FILE.slice(1)), "bytes");
    writeFileSync(stack.path("password"), `${PASSWORD}\n`);
    writeFileSync(stack.path("other"), `${OTHER}\n`);

    await stack.asServer("redis-server", "--port", "0",
        "--unixsocket", stack.path("run/asks.sock"),
        "--requirepass", PASSWORD, "--save", "", "--appendonly", "no",
        "--daemonize", "yes", "--dir", stack.path("redis"),
        "--pidfile", stack.path("run/asks.pid"),
        "--logfile", stack.path("logs/asks.log"));
    await until("it answers", () => asks("PING")
        .then((word) => word === "PONG", () => false));
    redis = stack.pid("asks");
    const [, rights] = /sluice_redis_rights: (.*)/.exec(
        readFileSync(join(TOP, "ansible/site.yml"), "utf8"));

    await asks("ACL", "SETUSER", "media", "on", `>${OTHER}`,
        ...rights.split(" "));
}, { timeout });

after(async () => {
    if (redis) {
        process.kill(redis, "SIGTERM");
        await until("it is gone", () => !alive(redis));
    }
    await stack?.stop();
}, { timeout });


async function asks(...words) {
    const { stdout } = await run("redis-cli", ["-s",
        stack.path("run/asks.sock"), "-a", PASSWORD, "--no-auth-warning",
        ...words]);

    return stdout.trimEnd();
}

/* One more nginx, which is somebody in that Redis. */
const nginxAs = (who) => stack.secondNginx((text) => text.replace(
    /sluice_redis [^;]*/,
    `sluice_redis unix:${stack.path("run/asks.sock")} ${who} db=${DB}`));

/* {user, db} of each connection but ours. */
async function connections() {
    return (await asks("CLIENT", "LIST")).split("\n")
        .filter((line) => !/ cmd=client\|list /.test(line))
        .map((line) => ({ user: / user=(\S+)/.exec(line)[1],
                          db: / db=(\d+)/.exec(line)[1] }));
}


const forms = {
    "a password alone": ["default", () =>
        `password_file=${stack.path("password")}`],
    "a user with a password": ["media", () =>
        `user=media password_file=${stack.path("other")}`],
};

for (const [what, [user, who]] of Object.entries(forms)) {
    describe(`nginx that has ${what}`, { timeout }, () => {
        let nginx, client;

        before(async () => {
            nginx = await nginxAs(who());
            client = { headers: admin.headers };
        }, { timeout });

        after(() => nginx?.stop());

        it("is ready", async () => {
            assert.equal((await request(`${nginx.url}/ready`)).status, 200);
        });

        it("is that user in the database that was named", async () => {
            const found = await connections();

            assert.ok(found.length > 0);
            for (const connection of found) {
                assert.deepEqual(connection, { user, db: DB });
            }
        });

        it("announces its jobs there", async () => {
            const announced = async () => Number(
                await asks("-n", DB, "XLEN", "sluice:jobs"));
            const earlier = await announced();
            const { status } = await request(
                `${nginx.url}/api/media?filename=a.mp4`,
                { method: "POST", body: fresh(), ...client });

            assert.equal(status, 201);
            await until("it is announced",
                async () => await announced() === earlier + 1);
            assert.equal(await asks("EXISTS", "sluice:jobs"), "0");
        });

        it("hears and remembers there what is revoked", async () => {
            const { json: link } = await request(`${nginx.url}/api/links`,
                { method: "POST", json: { path: FILE }, ...client });
            const open = () => request(
                `${nginx.url}${FILE}?grant=${link.grant}`);

            assert.equal((await open()).status, 200);
            await request(`${nginx.url}/api/links/${link.jti}`,
                { method: "DELETE", ...client });
            await soon("it is closed", async () =>
                (await open()).status === 403);
            await until("Redis has it", async () => (await asks("-n", DB,
                "ZRANGE", "sluice:revoked", "0", "-1")).includes(link.jti));
        });

        it("counts there what a grant has used", async () => {
            const grant = minter(stack.keys()).grant(
                { path: FILE, uses: 1, jti: `once for ${user}` });
            const open = () => request(`${nginx.url}${FILE}?grant=${grant}`);

            assert.equal((await open()).status, 200);
            assert.equal((await open()).status, 410);
            assert.match(await asks("-n", DB, "KEYS", "sluice:budget:*"),
                new RegExp(`once for ${user}`));
        });
    });
}


describe("a worker that has a user with a password", { timeout }, () => {
    let words;

    before(async () => {
        words = `unix:${stack.path("run/asks.sock")} user=media `
            + `password_file=${stack.path("other")} db=${DB}`;
        await stack.stopWorker();
        writeFileSync(stack.path("worker.conf"), stack.text("worker.conf")
            .replace(/^redis .*$/m, `redis ${words}`));
        await stack.restartWorker();
    }, { timeout });

    it("reads the stream of that database", async () => {
        await until("it listens", async () => (await connections()).some(
            ({ user, db }) => user === "media" && db === DB));
        assert.match(await asks("-n", DB, "XINFO", "GROUPS", "sluice:jobs"),
                     /workers/);
    });

    it("logs no failure of it", () => {
        assert.doesNotMatch(stack.text("logs/worker.log")
            + stack.text("run/worker.out"), /NOAUTH|NOPERM|WRONGPASS/);
    });

    it("is told by sluicectl in the same words", async () => {
        const { email } = await stack.user();
        const { stderr } = await stack.sluicectl("user", "disable", email,
            "--database", `host=${stack.path("run")} dbname=sluice user=sluice`,
            "--redis", words);

        assert.equal(stderr, "");
        assert.equal(await asks("-n", DB, "EXISTS", "sluice:revoked"), "1");
    });
});


describe("nginx that has the wrong password", { timeout }, () => {
    let nginx;

    before(async () => {
        nginx = await nginxAs(`user=media password_file=${
            stack.path("password")}`);
    }, { timeout });

    after(() => nginx?.stop());

    it("is ready, and says what it misses", async () => {
        const answer = await request(`${nginx.url}/ready`);

        assert.equal(answer.status, 200);
        assert.equal(answer.json.redis, "away");
    });

    it("tells its log why, and not the password", async () => {
        const log = () => stack.text(`logs/${nginx.name}.error.log`);

        await until("it is told", () => /WRONGPASS/.test(log()));
        assert.equal(log().includes(PASSWORD), false);
    });
});
