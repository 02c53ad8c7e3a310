/* What was taken back stays closed: every credential that names somebody, and
   everything that may be taken from him, at every machine, whatever it knows of
   Redis. Who takes it tells nobody: the command line has no --redis, and the
   nginx that is asked has none. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync }
    from "node:fs";
import { join } from "node:path";

import { SignJWT, exportJWK, generateKeyPair } from "jose";

import { Client, request, soon, until } from "../lib/client.mjs";
import { pdf } from "../lib/files.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { now } from "../lib/token.mjs";

const timeout = 240_000;
const REALM = "https://id.example/realms/films";
const WITHIN = { seconds: 2 };

let stack, folder, admin, shared, realm, old;
const machines = {};


before(async () => {
    folder = mkdtempSync("/tmp/sl-back-");
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "page"), "a page");

    const { publicKey, privateKey } = await generateKeyPair("ES256");
    realm = privateKey;
    writeFileSync(join(folder, "realm.json"), JSON.stringify({ keys: [{
        ...await exportJWK(publicKey), kid: "r", alg: "ES256", use: "sig" }] }),
    { mode: 0o644 });

    stack = await startStack({ extra: () => `
        sluice_issuer ${REALM} jwks=${folder}/realm.json audience=sluice
                      roles_claim=roles;
        location /page { sluice_gate user; alias ${folder}/page; }` });
    admin = await stack.visitor("admin");
    shared = await admin.bring(pdf(), "shared.pdf");
    await admin.ready(shared.id);
    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path("media/xy/x/film.mp4"), "bytes");

    await startOldRedis();
    Object.assign(machines, {
        "the nginx with Redis": await stack.secondNginx(),
        "the nginx without Redis": await stack.secondNginx(withoutRedis),
        "the nginx at an old Redis": await stack.secondNginx((text) =>
            text.replace(/sluice_redis .*;/,
                         `sluice_redis unix:${folder}/old.sock;`)),
    });
}, { timeout });

after(async () => {
    old?.kill();
    rmSync(folder, { recursive: true, force: true });
    await stack?.stop();
}, { timeout });


const withoutRedis = (text) => text.replace(/sluice_redis .*;/, "");

/* It answers, and nobody tells it anything: a replica that was cut off. */
async function startOldRedis() {
    chmodSync(folder, 0o777);
    old = spawn("redis-server", ["--port", "0", "--save", "", "--unixsocket",
        join(folder, "old.sock"), "--unixsocketperm", "777"],
    { stdio: "ignore" });
    await until("the old Redis is there", () => new Promise((resolve) => {
        spawn("redis-cli", ["-s", join(folder, "old.sock"), "PING"],
            { stdio: "ignore" }).on("exit", (code) => resolve(code === 0));
    }));
}

const claimsOf = (token) =>
    JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

const foreign = (sub, role, iat = now()) => new SignJWT({
    iss: REALM, sub, aud: "sluice", typ: "Bearer", sid: `s-${sub}`,
    roles: [role], iat, exp: iat + 900 })
    .setProtectedHeader({ alg: "ES256", kid: "r", typ: "JWT" }).sign(realm);

const ctl = (...words) => stack.sluicectl("user", ...words, "--database",
    `host=${stack.path("run")} dbname=sluice user=sluice`);

async function minted(client, claims) {
    const answer = await client.request("POST", "/api/links",
        { json: { media: shared.id, expires_in: 86400, ...claims } });

    assert.equal(answer.status, 201, answer.text);
    return answer.json;
}

const at = (url) => (machine) => request(machine.url
    + url.slice(url.indexOf("/", "http://".length)));
const page = (headers) => (machine) =>
    request(`${machine.url}/page`, { headers });


/* Somebody, and what he has: {name: ask(machine)} */

async function ours() {
    const user = await stack.visitor("editor");
    const { sid, sub } = claimsOf(user.token);
    const link = await minted(user);

    return {
        user, id: sub, jti: link.jti,
        has: {
            "an access token": page(user.headers),
            "a cookie": page({ Cookie: `sluice_session=${user.token}` }),
            "a media object's link":
                at((await user.media(shared.id)).links.original),
            "a link": at(link.url),
            "a link of the session": at((await minted(user, { sid })).url),
            "an admin's link for the user":
                at((await minted(admin, { sub })).url),
            "an admin's link for the session":
                at((await minted(admin, { sid })).url),
        },
    };
}

let people = 0;

async function theirs() {
    const name = `ana-${++people}`;
    const token = await foreign(name, "editor", now() - 60);
    const user = new Client(stack.url, { access_token: token, user: {} });
    const link = await minted(user);
    const [id] = (await stack.sql("select id from sluice.users "
        + `where subject = '${name}'`)).split("\n");

    return {
        user, id, name, jti: link.jti, since: now(),
        has: {
            "another issuer's token": page(user.headers),
            "a media object's link of that":
                at((await user.media(shared.id)).links.original),
            "a link of that": at(link.url),
        },
    };
}


/* What is taken, by whom nobody hears, and what of it closes. */

const deaf = (user) => new Client(machines["the nginx without Redis"].url,
    user.session, "");

const TAKEN = {
    "the link is taken back": {
        take: ({ user, jti }) => deaf(user).delete(`/api/links/${jti}`),
        closes: ["a link", "a link of that"],
    },
    "the session ends": {
        take: ({ user }) => deaf(user).delete("/api/sessions/current"),
        /* another issuer's is not ours to end */
        closes: ["an access token", "a cookie", "a media object's link",
                 "a link of the session", "an admin's link for the session"],
    },
    "the user is disabled": {
        take: ({ id }) => ctl("disable", id),
        closes: ["an access token", "a cookie", "a media object's link",
                 "a link", "a link of the session",
                 "an admin's link for the user",
                 "an admin's link for the session", "another issuer's token",
                 "a media object's link of that", "a link of that"],
    },
    "the role is taken": {
        take: async ({ user, id, name, since }) => {
            if (name === undefined) {
                return ctl("role", id, "viewer");
            }
            /* It was taken between the token that he has and what he made with
               that. */
            return deaf({ session: { ...user.session,
                access_token: await foreign(name, "viewer", since - 30) } })
                .get("/api/me");
        },
        closes: ["an access token", "a cookie", "a media object's link",
                 "a link", "a link of the session",
                 "an admin's link for the user", "another issuer's token",
                 "a media object's link of that", "a link of that"],
    },
};

/* with a link one is not let in, without one nobody is known */
const closed = (name) => name.includes("link") ? 403 : 401;


for (const [what, { take, closes }] of Object.entries(TAKEN)) {
    describe(`when ${what}`, { timeout }, () => {
        let has, fresh;

        before(async () => {
            const both = [await ours(), await theirs()];

            has = Object.assign({}, ...both.map((each) => each.has));
            for (const machine of Object.values(machines)) {
                for (const [name, ask] of Object.entries(has)) {
                    const { status, text } = await ask(machine);
                    assert.equal(status, 200, `${name}: ${text}`);
                }
            }
            for (const each of both) {
                const { status = 200 } = await take(each);
                assert.ok(status < 300, `${status}`);
            }
        }, { timeout });

        after(() => fresh?.stop());

        for (const where of ["the nginx with Redis", "the nginx without Redis",
                             "the nginx at an old Redis"]) {
            it(`what it opened closes at ${where}`, async () => {
                for (const name of closes) {
                    await soon(`${name} closes`, async () => closed(name)
                        === (await has[name](machines[where])).status, WITHIN);
                }
            });

            it(`the rest stays open at ${where}`, async () => {
                for (const name of Object.keys(has)) {
                    if (!closes.includes(name)) {
                        const { status, text } =
                            await has[name](machines[where]);
                        assert.equal(status, 200, `${name}: ${text}`);
                    }
                }
            });
        }

        it("none of it opens at an nginx that was just started", async () => {
            fresh = await stack.secondNginx(withoutRedis, { ready: false });
            for (const name of closes) {
                const status = await until("it knows", async () => {
                    const found = (await has[name](fresh)).status;
                    return found !== 503 && found;
                });
                assert.equal(status, closed(name), name);
            }
        });
    });
}


describe("what is committed late", { timeout }, () => {
    it("is not passed over", async () => {
        const late = await ours(), early = await ours();
        const machine = machines["the nginx without Redis"];
        const release = await stack.hold("select pg_advisory_lock(7)");
        const revoke = ({ jti }) => "insert into sluice.revocations "
            + `(kind, id, expires_at) values ('jti', '${jti}', `
            + "now() + '1 day')";
        const committed = stack.sql(`begin; ${revoke(late)}; `
            + "select pg_advisory_xact_lock(7); commit");

        await until("it waits", async () => await stack.sql("select count(*) "
            + "from pg_locks where locktype = 'advisory' and not granted")
            === "1");
        await stack.sql(revoke(early));
        await soon("the early one closes", async () =>
            (await early.has["a link"](machine)).status === 403, WITHIN);
        assert.equal((await late.has["a link"](machine)).status, 200);

        await release();
        await committed;
        await soon("the late one closes", async () =>
            (await late.has["a link"](machine)).status === 403, WITHIN);
    });
});


describe("reading the record", { timeout }, () => {
    it("costs a page for a page, whatever the planner knows", async () => {
        await stack.sql("alter table sluice.revocations "
            + "set (autovacuum_enabled = off)");
        await stack.sql("insert into sluice.revocations (kind, id, expires_at) "
            + "select 'sid', gen_random_uuid(), now() + '1 hour' "
            + "from generate_series(1, 20000)");

        for (const call of ["revocations('sid', '8', 500)",
                            "revoked_since((select max(tx) "
                            + "from sluice.revocations), 500)"]) {
            const told = await stack.sql("begin; "
                + `select count(*) from api.${call}; `
                + "select seq_tup_read + idx_tup_fetch "
                + "from pg_stat_xact_user_tables "
                + "where relname = 'revocations'; commit");
            const [rows, read] = told.split("\n").map(Number);

            assert.equal(rows, 500, call);
            assert.ok(read < 600, `${call} reads ${read} rows`);
        }
    });
});
