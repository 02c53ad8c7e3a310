/* Other issuers' access tokens: whom they let in, and as whom. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, sign } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync,
    writeFileSync } from "node:fs";
import { join } from "node:path";

import { SignJWT, exportJWK, generateKeyPair } from "jose";

import { request, until } from "../lib/client.mjs";
import { pdf } from "../lib/files.mjs";
import { refused } from "../lib/problem.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter, now, token } from "../lib/token.mjs";

const timeout = 120_000;
const POOL = "https://cognito-idp.eu-west-3.amazonaws.com/eu-west-3_Ab1";
const REALM = "https://id.example/realms/films";
const TWIN = "https://id.example/realms/twin";
const LATE = "https://late.example";
const QUIET = "https://quiet.example";
const CLIENT = "1example23456789";
const BALANCER = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:"
    + "loadbalancer/app/films/1";
const SUB = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

let stack, folder;
const keys = {};


/* A key pair that a set can show: {kid, alg, privateKey, jwk}. */
async function makeKey(kid, alg) {
    const { publicKey, privateKey } = await generateKeyPair(alg,
        { extractable: true });
    const jwk = { ...await exportJWK(publicKey), kid, alg, use: "sig" };

    return { kid, alg, privateKey, jwk };
}

/* As the worker does it: a file appears whole or not at all. */
function publish(name, text) {
    const part = join(folder, `${name}.part`);

    writeFileSync(part, text, { mode: 0o644 });
    renameSync(part, join(folder, name));
}

const set = (...shown) => JSON.stringify({ keys: shown.map((key) => key.jwk) });


before(async () => {
    folder = mkdtempSync("/tmp/sl-iss-");
    chmodSync(folder, 0o755);

    keys.cognito = await makeKey("pool/1+a=", "RS256");
    keys.next = await makeKey("pool-2", "RS256");
    keys.extra = await makeKey("pool-4", "ES256");
    keys.realm = await makeKey("realm-1", "ES256");
    keys.late = await makeKey("late-1", "EdDSA");
    keys.balancer = await makeKey("4e5f", "ES256");
    keys.stranger = await makeKey("stranger", "RS256");

    publish("cognito.json", set(keys.cognito));
    publish("realm.json", set(keys.realm));
    publish("balancer.json", set(keys.balancer));
    mkdirSync(join(folder, "app"));
    writeFileSync(join(folder, "app/page"), "a page");

    stack = await startStack({ extra: () => `
        sluice_issuer ${POOL} jwks=${folder}/cognito.json audience=${CLIENT};
        sluice_issuer ${REALM} jwks=${folder}/realm.json audience=sluice
                      roles_claim=realm_access.roles admin=boss editor=staff;
        sluice_issuer ${TWIN} jwks=${folder}/realm.json audience=sluice;
        sluice_issuer ${QUIET} jwks=${folder}/realm.json audience=sluice;
        sluice_issuer ${LATE} jwks=${folder}/late.json audience=sluice;
        sluice_issuer ${POOL} jwks=${folder}/balancer.json audience=${CLIENT}
                      signer=${BALANCER};
        location /app/ {
            sluice_gate user;
            alias ${folder}/app/;
            add_header X-Who "$sluice_user $sluice_role [$sluice_session]";
            add_header X-Process $pid always;
        }
        location /staff/ {
            sluice_gate user;
            sluice_role editor;
            alias ${folder}/app/;
        }` });
}, { timeout });

after(async () => {
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
}, { timeout });


/* Tokens; a claim that is undefined is left out. */

const jwt = (claims, key, header = {}) =>
    new SignJWT(JSON.parse(JSON.stringify(claims)))
        .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
        .sign(key.privateKey);

let serial = 0;

const cognito = (claims = {}, key = keys.cognito, header = {}) => jwt({
    iss: POOL, sub: SUB, client_id: CLIENT, token_use: "access",
    origin_jti: "o-1", username: "ana", iat: now(), exp: now() + 600,
    jti: `j-${++serial}`, ...claims,
}, key, header);

const keycloak = (claims = {}, key = keys.realm) => jwt({
    iss: REALM, sub: "ana", aud: ["account", "sluice"], typ: "Bearer",
    azp: "web", sid: "s-1", realm_access: { roles: ["staff"] },
    iat: now(), exp: now() + 600, jti: `j-${++serial}`, ...claims,
}, key, { typ: "JWT" });

/* With '=', as AWS writes it. */
function balanced(header = {}, claims = {}, key = keys.balancer) {
    const part = (bytes) => {
        const text = Buffer.from(bytes).toString("base64url");
        return text + "=".repeat((4 - text.length % 4) % 4);
    };
    const input = [
        { typ: "JWT", alg: "ES256", kid: key.kid, iss: POOL, client: CLIENT,
          signer: BALANCER, exp: now() + 120, ...header },
        { sub: SUB, email: "ana@films.example", exp: now() + 120, ...claims },
    ].map((value) => part(JSON.stringify(value))).join(".");

    return `${input}.${part(sign("sha256", Buffer.from(input),
        { key: key.privateKey, dsaEncoding: "ieee-p1363" }))}`;
}

const bearer = (text) => ({ Authorization: `Bearer ${text}` });
const from = (text) => ({ "X-Amzn-Oidc-Data": text });
const page = (headers, path = "/app/page") =>
    request(stack.url + path, { headers });
const api = (text, path, options = {}) => request(stack.url + path,
    { ...options, headers: { ...bearer(text), ...options.headers } });
const whose = (answer) => answer.headers["x-who"].split(" ")[0];

/* RFC 9562, 5.5, in the namespace of URLs */
function uuid5(name) {
    const hash = createHash("sha1")
        .update(Buffer.from("6ba7b8119dad11d180b400c04fd430c8", "hex"))
        .update(name).digest();

    hash[6] = hash[6] & 0x0f | 0x50;
    hash[8] = hash[8] & 0x3f | 0x80;
    return hash.toString("hex", 0, 16)
        .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/* The last that each process of nginx said has this status. Requests at once
   spread over the processes. */
function settles(what, headers, status) {
    const last = new Map();

    return until(`${what}: ${status}`, async () => {
        const answers = await Promise.all(Array.from({ length: 8 },
            () => page(headers)));

        for (const answer of answers) {
            last.set(Number(answer.headers["x-process"]), answer.status);
        }
        return stack.workers().every((pid) => last.get(pid) === status);
    }, { every: 100 });
}


describe("a token of Cognito", { timeout }, () => {
    it("passes the gate, as a user of its issuer", async () => {
        const answer = await page(bearer(await cognito()));

        assert.equal(answer.text, "a page");
        assert.equal(answer.headers["x-who"], `${uuid5(`${POOL} ${SUB}`)} `
            + `viewer [${uuid5(`${POOL} o-1`)}]`);
    });

    it("passes again and again", async () => {
        const text = await cognito();

        for (let times = 0; times < 6; times++) {
            const answer = await page(bearer(text));

            assert.equal(answer.status, 200, answer.text);
            assert.equal(whose(answer), uuid5(`${POOL} ${SUB}`));
        }
    });

    it("passes in the cookie", async () => {
        const answer = await page({
            Cookie: `sluice_session=${await cognito()}` });

        assert.equal(answer.status, 200, answer.text);
    });

    it("has the highest role of its groups", async () => {
        const groups = { "cognito:groups": ["x", "editor", "admin"] };
        const answer = await page(bearer(await cognito(groups)), "/staff/page");

        assert.equal(answer.status, 200, answer.text);
    });

    it("is a viewer's without groups", async () => {
        refused(await page(bearer(await cognito()), "/staff/page"), 403,
            "role-too-low");
    });

    it("is refused when it has expired", async () => {
        refused(await page(bearer(await cognito({ exp: now() - 1 }))), 401,
            "token-expired");
    });

    it("passes a minute before its time, for clocks that differ", async () => {
        assert.equal((await page(bearer(await cognito({ nbf: now() + 30 }))))
            .status, 200);
    });

    it("of ours passes not a second before", async () => {
        const own = await stack.visitor();
        const [, claims] = own.token.split(".");

        refused(await page(bearer(minter(stack.keys()).access({
            ...JSON.parse(Buffer.from(claims, "base64url")),
            nbf: now() + 30 }))), 401, "token-invalid");
    });

    it("is refused before its time", async () => {
        refused(await page(bearer(await cognito({ nbf: now() + 600 }))), 401,
            "token-invalid");
    });

    const wrong = {
        "for another client": { client_id: "other" },
        "of another issuer": { iss: `${POOL}x` },
        "that is an ID token": { token_use: "id" },
        "without an end": { exp: undefined },
        "without a subject": { sub: undefined },
        "with a subject of 256 bytes": { sub: "x".repeat(256) },
        "with our issuer's name": { iss: "http://127.0.0.1" },
    };

    for (const [what, claims] of Object.entries(wrong)) {
        it(`is refused when it is one ${what}`, async () => {
            refused(await page(bearer(await cognito(claims))), 401,
                "token-invalid");
        });
    }

    it("is refused when its signature is another's", async () => {
        refused(await page(bearer(await cognito({}, keys.stranger,
            { kid: keys.cognito.kid }))), 401, "token-invalid");
    });

    it("is refused when it is changed after it passed", async () => {
        const text = await cognito();
        const [header, , signature] = text.split(".");
        const claims = Buffer.from(JSON.stringify({
            iss: POOL, sub: "boss", client_id: CLIENT, token_use: "access",
            "cognito:groups": ["admin"], exp: now() + 600,
        })).toString("base64url");

        assert.equal((await page(bearer(text))).status, 200);
        refused(await page(bearer(`${header}.${claims}.${signature}`)), 401,
            "token-invalid");
    });

    it("is refused when its key's public half made a MAC", async () => {
        const text = await new SignJWT({
            iss: POOL, sub: SUB, client_id: CLIENT, token_use: "access",
            exp: now() + 600 })
            .setProtectedHeader({ alg: "HS256", kid: keys.cognito.kid })
            .sign(Buffer.from(JSON.stringify(keys.cognito.jwk)));

        refused(await page(bearer(text)), 401, "token-invalid");
    });

    it("is refused with the padding of a load balancer", async () => {
        refused(await page(bearer(`${await cognito()}==`)), 401,
            "token-invalid");
    });
});


describe("a token of Keycloak", { timeout }, () => {
    it("has the role that the operator's words name", async () => {
        const answer = await page(bearer(await keycloak()), "/staff/page");

        assert.equal(answer.status, 200, answer.text);
    });

    it("is refused for another audience", async () => {
        refused(await page(bearer(await keycloak({ aud: "account" }))), 401,
            "token-invalid");
    });

    it("is refused when it is an ID token", async () => {
        refused(await page(bearer(await keycloak({ typ: "ID" }))), 401,
            "token-invalid");
    });
});


describe("of several issuers", { timeout }, () => {
    it("one's key does not sign for another", async () => {
        refused(await page(bearer(await cognito({ iss: REALM, aud: "sluice" }))),
            401, "token-invalid");
        refused(await page(bearer(await keycloak({
            iss: POOL, token_use: "access", client_id: CLIENT,
            typ: undefined }))), 401, "token-invalid");
    });

    it("those that share a key set each have users of their own", async () => {
        const one = await page(bearer(await keycloak()));
        const other = await page(bearer(await keycloak({ iss: TWIN })));

        assert.equal(whose(one), uuid5(`${REALM} ana`));
        assert.equal(whose(other), uuid5(`${TWIN} ana`));
    });

    it("ours stays the one it was", async () => {
        const user = await stack.visitor("editor");
        const answer = await page(user.headers, "/staff/page");

        assert.equal(answer.status, 200, answer.text);
    });

    it("none can name a user of ours", async () => {
        const user = await stack.user("admin");
        const text = await cognito({ sub: user.id });

        assert.equal(whose(await page(bearer(text))),
            uuid5(`${POOL} ${user.id}`));
        assert.notEqual((await api(text, "/api/me")).json.id, user.id);
    });

    it("none of their keys signs as one of ours", async () => {
        const ours = minter(stack.keys());
        const text = token({ alg: "ES256", typ: "at+jwt", kid: ours.ec.kid },
            { iss: stack.url, aud: "sluice", sub: SUB, sid: SUB, role: "admin",
              jti: "j", iat: now(), exp: now() + 600 },
            (input) => sign("sha256", Buffer.from(input),
                { key: keys.realm.privateKey, dsaEncoding: "ieee-p1363" }));

        refused(await page(bearer(text)), 401, "token-invalid");
    });
});


describe("at the API", { timeout }, () => {
    it("one is a user from the first call on", async () => {
        const text = await cognito({ sub: "first",
            "cognito:groups": ["editor"] });
        const answer = await api(text, "/api/me");

        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.id, uuid5(`${POOL} first`));
        assert.equal(answer.json.role, "editor");
        assert.equal(answer.json.email, null);
    });

    it("twenty first calls at once are one user's", async () => {
        const text = await cognito({ sub: "crowd" });
        const answers = await Promise.all(Array.from({ length: 20 },
            () => api(text, "/api/me")));

        assert.deepEqual([...new Set(answers.map(({ status }) => status))],
            [200]);
    });

    it("name, address and role are as the last token says", async () => {
        const first = await keycloak({ sub: "eva", name: "Eva",
            email: "eva@films.example", exp: now() + 500 });
        const second = await keycloak({ sub: "eva", name: "Eva Lima",
            realm_access: { roles: ["boss"] } });

        const before = (await api(first, "/api/me")).json;
        assert.deepEqual([before.name, before.email, before.role],
            ["Eva", "eva@films.example", "editor"]);
        const now_ = (await api(second, "/api/me")).json;
        assert.deepEqual([now_.name, now_.email, now_.role],
            ["Eva Lima", "eva@films.example", "admin"]);
    });

    it("an address that is ours is not theirs", async () => {
        const user = await stack.user("viewer");
        const text = await keycloak({ sub: "thief",
            email: user.email.toUpperCase() });

        assert.equal((await api(text, "/api/me")).json.email, null);
    });

    it("an address that we want is ours again", async () => {
        const next = `user-${stack.users + 1}@sluice.example`;
        const text = await keycloak({ sub: "early", email: next });

        assert.equal((await api(text, "/api/me")).json.email, next);
        assert.equal((await stack.user("viewer")).email, next);
        assert.equal((await api(text, "/api/me")).json.email, null);
    });

    it("nobody signs in with the address of a foreign user", async () => {
        const email = "door@films.example";
        const text = await keycloak({ sub: "door", email });

        assert.equal((await api(text, "/api/me")).json.email, email);
        refused(await request(`${stack.url}/api/sessions`,
            { method: "POST", json: { email, password: "x" } }), 401,
            "login-failed");
    });

    it("the first call may bring a file, and the next take it away",
        async () => {
            const text = await cognito({ sub: "musician" });
            const answer = await api(text, "/api/media?filename=score.pdf",
                { method: "POST", body: pdf() });

            assert.equal(answer.status, 201, answer.text);
            assert.equal(answer.json.owner, uuid5(`${POOL} musician`));
            assert.equal((await api(text, `/api/media/${answer.json.id}`,
                { method: "DELETE" })).status, 204);
        });

    it("one whose user was disabled is refused", async () => {
        const claims = { sub: "gone" };

        assert.equal((await api(await cognito(claims), "/api/media")).status,
            200);
        await stack.sql("update sluice.users set disabled_at = now() "
            + `where id = '${uuid5(`${POOL} gone`)}'`);
        refused(await api(await cognito({ ...claims, exp: now() + 500 }),
            "/api/media"), 401, "token-invalid");
    });

    it("one who was disabled does not pass with what is issued later either",
        async () => {
            const id = uuid5(`${POOL} leaver`);
            const later = { sub: "leaver", iat: now() + 30 };

            assert.equal((await api(await cognito({ sub: "leaver" }),
                "/api/me")).status, 200);
            await stack.sluicectl("user", "disable", id,
                "--redis", `unix:${stack.path("run/redis.sock")}`,
                "--database", `host=${stack.path("run")} dbname=sluice `
                + "user=sluice");
            refused(await until("it is known", async () => {
                const answer = await page(bearer(await cognito(later)));
                return answer.status !== 200 && answer;
            }), 401, "token-revoked");

            /* and what the processes read again says so for ever */
            await stack.sql("update sluice.revocations set expires_at = now(), "
                + `before = now() where id = '${id}'`);
            const [, before, exp] = (await stack.sql(
                `select * from api.revocations() where id = '${id}'`))
                .match(/\|(\d+)\|(\d+)$/);
            assert.ok(Number(before) >= now() + 60);
            assert.ok(Number(exp) > now() + 86400);
        });

    it("to sign out ends nothing here", async () => {
        const answer = await api(await cognito(), "/api/sessions/current",
            { method: "DELETE" });

        assert.equal(answer.status, 204, answer.text);
        assert.equal(answer.headers["set-cookie"], undefined);
    });

    it("a request of a foreign page with the cookie is refused", async () => {
        refused(await request(`${stack.url}/api/sessions/current`, {
            method: "DELETE",
            headers: { Cookie: `sluice_session=${await cognito()}`,
                       "Sec-Fetch-Site": "cross-site" },
        }), 403, "cross-site");
    });
});


describe("a load balancer's word", { timeout }, () => {
    it("lets its user in", async () => {
        const answer = await page(from(balanced()));

        assert.equal(answer.status, 200, answer.text);
        assert.equal(whose(answer), uuid5(`${POOL} ${SUB}`));
    });

    it("makes the user a row", async () => {
        const answer = await request(`${stack.url}/api/me`, {
            headers: from(balanced({}, { sub: "balanced", email_verified: "true",
                                         email: "bal@films.example" })) });

        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.email, "bal@films.example");
    });

    it("gives way to a token", async () => {
        refused(await page({ ...from(balanced()),
            ...bearer(await cognito({ exp: now() - 1 })) }), 401,
            "token-expired");
    });

    const wrong = {
        "by another signer": [{ signer: `${BALANCER}2` }],
        "without a signer": [{ signer: undefined }],
        "for another client": [{ client: "other" }],
        "of another issuer": [{ iss: REALM }],
        "without a subject": [{}, { sub: undefined }],
    };

    for (const [what, [header, claims]] of Object.entries(wrong)) {
        it(`is refused ${what}`, async () => {
            refused(await page(from(balanced(header, claims))), 401,
                "token-invalid");
        });
    }

    it("is refused when its header has expired", async () => {
        refused(await page(from(balanced({ exp: now() - 1 }))), 401,
            "token-expired");
    });

    it("is refused when its claims have expired", async () => {
        refused(await page(from(balanced({}, { exp: now() - 1 }))), 401,
            "token-expired");
    });

    it("is refused when another key signed it", async () => {
        refused(await page(from(balanced({ kid: keys.balancer.kid }, {},
            keys.realm))), 401, "token-invalid");
    });

    it("is refused in Authorization, also where it passed", async () => {
        const text = balanced();

        await settles("the header", from(text), 200);
        await settles("the same in Authorization", bearer(text), 401);
    });

    it("is refused beside another one", async () => {
        refused(await page({ "X-Amzn-Oidc-Data": [balanced(), balanced()] }),
            401, "token-invalid");
    });

    it("is nothing that an issuer's own token could say", async () => {
        refused(await page(from(await cognito())), 401, "token-invalid");
    });
});


describe("a key set", { timeout }, () => {
    it("that comes late is read when it is there", async () => {
        const late = bearer(await jwt({ iss: LATE, sub: "x", aud: "sluice",
                                        exp: now() + 600 }, keys.late));

        refused(await page(late), 401, "token-invalid");
        publish("late.json", set(keys.late));
        await settles("the late key", late, 200);
    });

    it("that is replaced brings the new key and ends the old one", async () => {
        const old = bearer(await cognito());
        const fresh = bearer(await cognito({}, keys.next));

        await settles("the old key", old, 200);
        refused(await page(fresh), 401, "token-invalid");

        publish("cognito.json", set(keys.next));
        await settles("the new key", fresh, 200);
        await settles("the old key's end", old, 401);

        publish("cognito.json", set(keys.cognito, keys.next));
        await settles("the old key's return", old, 200);
    });

    const bad = {
        "no JSON": () => "{",
        "a set with a private key": () => JSON.stringify({ keys: [
            { ...keys.cognito.jwk, d: "AQAB" }] }),
        "more than 64 KiB": () => set(keys.next) + " ".repeat(65536),
    };

    for (const [what, text] of Object.entries(bad)) {
        it(`that becomes ${what} leaves the last good one`, async () => {
            const lines = () => stack.text("logs/error.log").split("\n")
                .filter((line) => line.includes("its last keys are kept"));
            const told = lines().length, processes = stack.workers().length;
            const ours = bearer(await cognito());

            publish("cognito.json", text());
            await until("each process has said so",
                () => lines().length >= told + processes);
            await settles("the last good set", ours, 200);

            publish("cognito.json", set(keys.cognito, keys.extra));
            await settles("a good set",
                bearer(await cognito({}, keys.extra)), 200);
            assert.equal(lines().length, told + processes);

            publish("cognito.json", set(keys.cognito));
            await settles("the end of it",
                bearer(await cognito({}, keys.extra)), 401);
        });
    }

    it("that is taken away stays", async () => {
        unlinkSync(join(folder, "late.json"));
        await until("it is missed", () => /late\.json" failed/.test(
            stack.text("logs/error.log")));

        assert.equal((await page(bearer(await jwt({ iss: LATE, sub: "x",
            aud: "sluice", exp: now() + 600 }, keys.late)))).status, 200);
    });
});


describe("an unknown key", { timeout }, () => {
    let listener, heard = "";

    before(async () => {
        listener = spawn("redis-cli", ["-s", stack.path("run/redis.sock"),
            "subscribe", "sluice:issuers"]);
        listener.stdout.on("data", (text) => { heard += text; });
        await until("redis-cli listens", () => /subscribe/.test(heard));
    }, { timeout });

    after(() => listener.kill());

    const messages = () => heard.split("\n").slice(0, -1)
        .filter((line) => line.startsWith('{"v":1'))
        .map((line) => JSON.parse(line));

    /* What has been said until now; the mark goes the same way. */
    async function said() {
        const mark = `mark-${++serial}`;

        await stack.redis("publish", "sluice:issuers", mark);
        await until("the mark is heard", () => heard.includes(mark));
        return messages();
    }

    it("is asked for once a process, not with each token", async () => {
        const key = { ...keys.realm, kid: "realm-2" };
        const mine = () => messages().filter(({ issuer }) => issuer === TWIN);

        for (let times = 0; times < 20; times++) {
            refused(await page(bearer(await keycloak({ iss: TWIN }, key))), 401,
                "token-invalid");
        }
        await until("it is asked for", () => mine().length > 0);
        await said();

        assert.ok(mine().length <= stack.workers().length, heard);
        assert.deepEqual(mine()[0], { v: 1, issuer: TWIN, kid: "realm-2" });
    });

    it("is asked for with the load balancer's name", async () => {
        refused(await page(from(balanced({ kid: "77aa" }))), 401,
            "token-invalid");

        const asked = await until("it is asked for", () =>
            messages().find(({ kid }) => kid === "77aa"));
        assert.deepEqual(asked, { v: 1, issuer: BALANCER, kid: "77aa" });
    });

    it("of nobody we know, or with a name that is none, is not asked for",
        async () => {
            const ask = async (iss, kid) => refused(await page(bearer(
                await keycloak({ iss }, { ...keys.realm, kid }))), 401,
            "token-invalid");

            await ask("https://x.example", "x-1");
            await ask(QUIET, 'a "b');
            await ask(QUIET, "quiet-2");
            await until("the right one is asked for", () =>
                messages().some(({ kid }) => kid === "quiet-2"));
            assert.deepEqual(messages().filter(({ issuer, kid }) =>
                issuer === "https://x.example" || kid === 'a "b'), []);
        });
});
