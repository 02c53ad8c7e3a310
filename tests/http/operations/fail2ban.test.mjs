/* Who tries passwords is seen in the log, and shut out: fail2ban's filter, and a
   real fail2ban that bans by a file of nginx's geo. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
    cpSync, existsSync, mkdirSync, readFileSync, writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { request } from "../lib/client.mjs";
import { refused } from "../lib/problem.mjs";
import { run } from "../lib/run.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 120_000;
const CONF = fileURLToPath(new URL("../../../conf/fail2ban", import.meta.url));


const [scanned] = /location ~ \^\/\(\?!media[^]*?\n {8}\}/.exec(
    readFileSync(join(CONF, "../production.conf"), "utf8"));

let stack, machine, folder, count = 0;


before(async () => {
    stack = await startStack();
    folder = stack.path("fail2ban");
    mkdirSync(folder);
    writeFileSync(join(folder, "banned.conf"), "");
    machine = await stack.secondNginx((text) => text.replace("http {",
        `http {
            set_real_ip_from 127.0.0.1;
            real_ip_header X-Forwarded-For;
            geo $banned { default 0; include ${folder}/banned.conf; }`)
        .replace("server {", () => "server { if ($banned) { return 403; }"
            + scanned));
}, { timeout });

after(() => stack?.stop(), { timeout });


const log = () => stack.path(`logs/${machine.name}.access.log`);
const from = (address) => ({ "X-Forwarded-For": address,
    "User-Agent": "\",\"deny\":\"login-failed\",\"agent\":\"" });
const post = (path, address, json) => request(machine.url + path,
    { method: "POST", headers: from(address), json });
const wrong = (address) => post("/api/sessions", address,
    { email: `someone-${++count}@sluice.example`, password: "not the one" });

/* How many lines are failures of this address. */
async function failures(address) {
    const { stdout } = await run("fail2ban-regex", ["-o",
        "<ip> <F-MLFGAINED>", log(), join(CONF, "filter.d/sluice.conf")]);

    return stdout.split("\n").filter((line) => line.startsWith(`${address} `))
        .length;
}


describe("a failure", { timeout }, () => {
    it("is one line of the log, by its word", async () => {
        refused(await wrong("192.0.2.7"), 401, "login-failed");
        refused(await post("/api/sessions/challenge", "192.0.2.7",
            { challenge: "x", code: "123456" }), 401, "challenge-invalid");
        refused(await post("/api/sessions/refresh", "192.0.2.7",
            { refresh_token: "x" }), 401, "token-invalid");
        refused(await wrong("2001:db8::7"), 401, "login-failed");

        await until("all is in the log", () => readFileSync(log(), "utf8")
            .includes("2001:db8::7"));
        const words = readFileSync(log(), "utf8").trim().split("\n")
            .map((line) => JSON.parse(line))
            .filter((line) => line.remote_addr === "192.0.2.7")
            .map((line) => line.deny);

        assert.deepEqual(words, ["login-failed", "challenge-invalid",
            "token-invalid"]);
        assert.equal(await failures("192.0.2.7"), 3);
        assert.equal(await failures("2001:db8::7"), 1);
    });

    it("is none that a client writes about itself, or runs into", async () => {
        const { user, password } = await stack.visitor("viewer");

        assert.equal((await post("/api/sessions", "192.0.2.8",
            { email: user.email, password })).status, 201);
        refused(await request(`${machine.url}/api/me`,
            { headers: from("192.0.2.8") }), 401, "unauthenticated");
        await request(`${machine.url}/api/sessions?x="login-failed"`,
            { headers: { ...from("192.0.2.8"),
                Range: "\",\"deny\":\"login-failed\"" } });
        await until("all is in the log", () => readFileSync(log(), "utf8")
            .split("\"192.0.2.8\"").length === 4);
        assert.equal(await failures("192.0.2.8"), 0);
    });

    it("is counted", async () => {
        const { text } = await request(`${machine.url}/metrics`);

        assert.match(text, /denied_total\{reason="login-failed"\} [1-9]/);
    });
});


describe("fail2ban", { timeout }, () => {
    let server;

    const client = (...words) => run("fail2ban-client",
        ["-s", join(folder, "sock"), ...words]);

    before(async () => {
        cpSync(CONF, folder, { recursive: true });
        writeFileSync(join(folder, "fail2ban.conf"), "[Definition]\n"
            + "loglevel = INFO\nsyslogsocket = auto\ndbfile = :memory:\n"
            + `logtarget = ${folder}/log\nsocket = ${folder}/sock\n`
            + `pidfile = ${folder}/pid\ndbpurgeage = 1d\ndbmaxmatches = 10\n`);
        writeFileSync(join(folder, "jail.conf"), "[DEFAULT]\n");
        writeFileSync(join(folder, "jail.local"), ["sluice", "sluice-gate",
            "sluice-scanner"].map((jail) => `[${jail}]\n`
            + `logpath = ${log()}\nignoreip =\nmaxretry = 4\n`
            + `action = sluice-geo[file=${folder}/banned.conf, renew="kill `
            + `-HUP $(cat ${stack.path(`run/${machine.name}.pid`)})"]\n`)
            .join("\n"));
        server = spawn("fail2ban-server", ["-c", folder, "-s",
            join(folder, "sock"), "-p", join(folder, "pid"), "-xf", "start"],
        { stdio: "inherit" });
        await until("it answers", () => existsSync(join(folder, "sock"))
            && client("ping").then(() => true, () => false));
    }, { timeout });

    after(async () => {
        server?.kill();
        await once(server, "exit");
    }, { timeout });

    it("shuts out who failed too often, and nobody else", async () => {
        for (let i = 0; i < 4; i++) {
            assert.equal((await wrong("192.0.2.66")).status, 401);
        }
        await until("he is banned", async () =>
            (await wrong("192.0.2.66")).status === 403);
        assert.equal((await wrong("192.0.2.67")).status, 401);
        assert.match((await client("status", "sluice")).stdout,
            /Banned IP list:\s+192\.0\.2\.66/);
    });

    it("lets him in again when his time is over", async () => {
        await client("set", "sluice", "unbanip", "192.0.2.66");
        await until("he may try again", async () =>
            (await wrong("192.0.2.66")).status === 401);
    });

    const get = (address, path) => request(machine.url + path,
        { headers: from(address) });
    const banned = async (jail) => /Banned IP list:\s*(.*)/.exec(
        (await client("status", jail)).stdout)[1].split(" ").filter(Boolean);

    for (const [jail, address, paths] of [
        ["sluice-gate", "192.0.2.70", ["~link~/media/00/x/file.mp4"]],
        ["sluice-scanner", "192.0.2.71", ["/wp-login.php", "/.env",
            "/a/.git/config", "/cgi-bin/x"]],
    ]) {
        it(`shuts out who is a case for ${jail}`, async () => {
            /* of another file */
            const link = `/~${minter(stack.keys()).grant(
                { path: "/media/00/y/" })}`;

            assert.equal((await get(address, "/health")).status, 200);
            for (let i = 0; i < 4; i++) {
                await get(address, paths[i % paths.length]
                    .replace("~link~", link));
            }
            await until("he is banned", async () =>
                (await get(address, "/health")).status === 403);
            assert.deepEqual(await banned(jail), [address]);
        });
    }

    it("lets a listener and a reader be", async () => {
        for (const path of ["/", "/js/main.js", "/api/me", "/api/x.php",
            "/media/00/x/install.php", "/health"]) {
            for (let i = 0; i < 6; i++) {
                await get("192.0.2.72", path);
            }
        }
        await get("192.0.2.73", "/.env");
        await until("all of it was read", async () =>
            /Currently failed:\s*[1-9]/.test((await client("status",
                "sluice-scanner")).stdout));
        assert.equal((await get("192.0.2.72", "/health")).status, 200);
    });

    it("ends one jail's bans, and leaves the others'", async () => {
        await client("stop", "sluice-scanner");
        await until("the one may come again", async () =>
            (await get("192.0.2.71", "/health")).status === 200);
        assert.equal((await get("192.0.2.70", "/health")).status, 403);
    });
});
