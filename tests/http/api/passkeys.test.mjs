/* Passkeys: added, shown in place of a password or beside one, taken away. */

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";

import {
    verifyAuthenticationResponse, verifyRegistrationResponse,
} from "@simplewebauthn/server";

import { Authenticator, cbor, pairOf } from "../lib/authenticator.mjs";
import { request } from "../lib/client.mjs";
import { claimsOf } from "../lib/cookies.mjs";
import { mailed } from "../lib/mails.mjs";
import { refused } from "../lib/problem.mjs";
import { bearer, sessions } from "../lib/sessions.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { codeOf, enrol } from "../lib/totp.mjs";

const timeout = 120_000;
const FRESH = 15 * 60;      /* seconds */

let stack, origin;

const { post, signIn, refresh } = sessions(() => stack.url);


before(async () => {
    stack = await startStack({
        extra: (state, port) => `sluice_public_url http://localhost:${port};`,
    });
    origin = `http://localhost:${stack.port}`;
}, { timeout });

after(() => stack?.stop(), { timeout });


const ask = async (client, path, json) => {
    const answer = await client.request("POST", path, { json });

    assert.equal(answer.status, 200, answer.text);
    return answer.json;
};
const creation = (client) => ask(client, "/api/me/passkeys/options");
const again = (client) =>
    ask(client, "/api/sessions/current/passkey-options");
const anybodys = async () => {
    const answer = await post("/api/sessions/passkey-options");

    assert.equal(answer.status, 200, answer.text);
    return answer.json;
};
const add = (client, passkey, name = "A phone") => client.request("POST",
    "/api/me/passkeys", { json: { name, passkey } });
const list = async (client) =>
    (await client.get("/api/me/passkeys")).json.items;
const state = async (client) =>
    (await client.get("/api/me")).json.second_factor;
const authenticate = (client, json) => client.request("POST",
    "/api/sessions/current/authenticate", { json });
const goOn = (challenge, json) =>
    post("/api/sessions/challenge", { json: { challenge, ...json } });
const noted = async (action, { id }) => Number(await stack.sql(
    "select count(*) from sluice.audit where "
    + `action = '${action}' and actor = '${id}'`));
const grewOld = ({ id }, seconds = FRESH + 1) => stack.sql(`
    update sluice.sessions
    set authenticated_at = now() - ${seconds} * interval '1 s'
    where user_id = '${id}'`);


/* Someone who has a passkey: {client, key, user, codes, answer}. */
async function holder(options, role = "viewer") {
    const client = await stack.visitor(role);
    const key = new Authenticator(origin, options);
    const answer = await add(client, key.create(await creation(client)));

    assert.equal(answer.status, 201, answer.text);
    client.token = answer.json.access_token;
    return { client, key, answer, codes: answer.json.recovery_codes,
             user: { ...client.user, password: client.password } };
}

/* A sign-in with it. */
const enter = async (key, wrong, json = {}) => post("/api/sessions", {
    json: { passkey: key.get(await anybodys(), wrong), ...json } });

/* With a password, as far as the challenge. */
async function half({ user }) {
    const answer = await signIn(user);

    refused(answer, 401, "second-factor-needed");
    return answer.json;
}


describe("a passkey is added", { timeout }, () => {
    it("with options that any browser understands", async () => {
        const one = await stack.visitor("viewer");
        const options = await creation(one);

        assert.deepEqual(options.rp, { id: "localhost", name: "localhost" });
        assert.equal(Buffer.from(options.user.id, "base64url").toString("hex"),
            one.user.id.replaceAll("-", ""));
        assert.equal(options.user.name, one.user.email);
        assert.deepEqual(options.pubKeyCredParams.map(({ alg }) => alg),
            [-8, -7, -257]);
        assert.equal(options.attestation, "none");
        assert.equal(options.timeout, 300_000);
        assert.deepEqual(options.excludeCredentials, []);
        assert.ok(Buffer.from(options.challenge, "base64url").length >= 16);
        assert.notEqual(options.challenge, (await creation(one)).challenge);
    });

    for (const algorithm of ["ES256", "EdDSA", "RS256"]) {
        it(`of ${algorithm}, and signs in without a password`, async () => {
            const { client, key, user } = await holder({ algorithm });
            const answer = await enter(key);

            assert.equal(answer.status, 201, answer.text);
            assert.equal(answer.json.user.id, user.id);

            const claims = claimsOf(answer.json.access_token);

            assert.deepEqual([[...claims.amr].sort(), claims.acr],
                [["hwk", "mfa", "user"], "aal2"]);
            assert.equal((await refresh(answer.json.refresh_token)).status,
                         200);

            const [item] = await list(client);

            assert.equal(item.name, "A phone");
            assert.ok(Date.parse(item.last_used_at) > 0);
            assert.deepEqual(item.transports, ["hybrid", "internal"]);
        });
    }

    it("as a factor: ten codes on paper come with the first", async () => {
        const { client, key, answer, user } = await holder({ synced: true });
        const { json } = answer;

        assert.equal(json.recovery_codes.length, 10);
        assert.equal(json.passkey.credential, key.id.toString("base64url"));
        assert.deepEqual([json.passkey.synced, json.passkey.backed_up],
            [true, true]);
        assert.deepEqual([...claimsOf(json.access_token).amr].sort(),
            ["mfa", "pwd", "swk", "user"]);
        assert.equal(claimsOf(json.access_token).acr, "aal2");
        assert.deepEqual(await state(client), { passkeys: 1, required: false,
            totp: false, recovery_codes: 10 });
        assert.equal(await noted("passkey-added", user), 1);

        const second = new Authenticator(origin);
        const options = await creation(client);
        const more = await add(client, second.create(options), "Une clé");

        assert.deepEqual(options.excludeCredentials.map(({ id }) => id),
            [key.id.toString("base64url")]);
        assert.equal(more.status, 201, more.text);
        assert.equal(more.json.recovery_codes, undefined);
        assert.equal((await enter(second)).status, 201);
        assert.equal((await list(client)).length, 2);
    });

    it("and its owner is told by mail", async () => {
        const { user } = await holder();
        const { subject, text } = await mailed(stack, user.email);

        assert.match(subject, /passkey/);
        assert.match(text, /"A phone"/);
    });

    it("by who has shown lately who he is alone", async () => {
        const one = await stack.visitor("viewer");
        const options = await creation(one);
        const key = new Authenticator(origin);

        await grewOld(one.user);
        refused(await one.request("POST", "/api/me/passkeys/options"), 401,
            "authentication-too-old");
        refused(await add(one, key.create(options)), 401,
            "authentication-too-old");
        assert.deepEqual(await list(one), []);
    });

    it("once with one challenge, even when it was removed meanwhile",
        async () => {
            const { client, answer } = await holder();
            const key = new Authenticator(origin);
            const options = await creation(client);
            const made = key.create(options);

            const added = await add(client, made);
            assert.equal(added.status, 201);
            refused(await add(client, made), 401, "challenge-invalid");
            refused(await add(client, new Authenticator(origin)
                .create(options)), 401, "challenge-invalid");

            await client.request("DELETE",
                `/api/me/passkeys/${added.json.passkey.id}`);
            refused(await add(client, made), 401, "challenge-invalid");
            assert.equal(answer.status, 201);
        });

    it("of one account alone", async () => {
        const { key } = await holder();
        const other = await stack.visitor("viewer");

        refused(await add(other, key.create(await creation(other))), 409,
            "conflict", "passkey.id");
    });

    it("for the one who asked", async () => {
        const [one, other] = [await stack.visitor("viewer"),
                              await stack.visitor("viewer")];
        const key = new Authenticator(origin);

        refused(await add(other, key.create(await creation(one))), 401,
            "challenge-invalid");
    });

    it("under a name", async () => {
        const one = await stack.visitor("viewer");
        const options = await creation(one);

        for (const name of [undefined, null, 7, "", "  ", "a\u0007b",
                            "x".repeat(101)]) {
            refused(await one.request("POST", "/api/me/passkeys", { json: {
                name, passkey: new Authenticator(origin).create(options) } }),
                422, "field-invalid", "name");
        }
        refused(await one.request("POST", "/api/me/passkeys", {
            json: { name: "x" } }), 422, "field-invalid", "passkey");
    });

    it("twenty times at most", async () => {
        const { client, user } = await holder();

        await stack.sql(`insert into sluice.passkeys
            (id, user_id, credential, key, name, eligible, backed_up)
            select sluice.uuid_v7(), '${user.id}', '${randomUUID()}' || n, '{}',
                'x', false, false from generate_series(1, 19) n`);
        refused(await client.request("POST", "/api/me/passkeys/options"), 429,
            "too-many");
    });

    it("by an app, or on another page, where the operator names them",
        async () => {
            const app = "android:apk-key-hash:gx7sq_pxhxhrIQdLyfG0pxKwiJ7h";
            const machine = await stack.secondNginx((text) =>
                text.replace("sluice_registration open;",
                    `sluice_registration open; sluice_passkeys origin=${app};`));
            const one = await stack.visitor("viewer");
            const call = (path, json) => request(machine.url + path, {
                method: "POST", headers: bearer(one.token), json });
            const key = new Authenticator(app);
            const made = key.create(
                (await call("/api/me/passkeys/options")).json);

            refused(await add(one, made), 422, "field-invalid",
                "passkey.response.clientDataJSON");
            const added = await call("/api/me/passkeys",
                { name: "An app", passkey: made });

            assert.equal(added.status, 201, added.text);
            await machine.stop();
        });

    it("by nobody on a machine's address",
        async () => {
            const machine = await stack.secondNginx((text) =>
                text.replaceAll(/include .*extra\.conf;/g, ""));
            const answer = await request(
                `${machine.url}/api/sessions/passkey-options`,
                { method: "POST" });

            refused(answer, 409, "conflict");
            refused(await request(`${machine.url}/api/sessions`, {
                method: "POST", json: { passkey: {} } }), 409, "conflict");
            await machine.stop();
        });
});


/* Each field that may be wrong of a new one, and of one that is shown. */
describe("what is not right of a passkey is refused", { timeout }, () => {
    const client = "passkey.response.clientDataJSON";
    const data = "passkey.response.authenticatorData";
    const object = "passkey.response.attestationObject";
    const p384 = () => {
        const { publicKey } = pairOf(["ec", { namedCurve: "P-384" }]);

        return new Map([[1, 2], [3, -35], [-1, 2],
                        [-2, publicKey.subarray(-96, -48)],
                        [-3, publicKey.subarray(-48)]]);
    };
    const both = [
        ["of another purpose", { client: { type: "payment.get" } }, client],
        ["of another site", { client: { origin: "http://localhost" } }, client],
        ["of a subdomain", { client: { origin: "http://a.localhost" } },
         client],
        ["in another's frame", { client: { crossOrigin: true } }, client],
        ["under another's page", { client: { topOrigin: "https://x.example" } },
         client],
        ["with no JSON", { clientText: "{" }, client],
        ["with two origins", { clientText: "{\"origin\":\"a\",\"origin\":\"b\"}" },
         client],
        ["without client data", { response: { clientDataJSON: undefined } },
         client],
        ["with padding", { response: { clientDataJSON: "AA==" } }, client],
        ["of another type", { frame: { type: "password" } }, "passkey.type"],
        ["without an id", { frame: { id: "" } }, "passkey.id"],
        ["of two ids", { frame: { rawId: "AAAA" } }, "passkey.rawId"],
        ["without a response", { frame: { response: 7 } }, "passkey.response"],
    ];
    const made = [
        ["for another domain", { rpId: "example.org" }],
        ["that nobody touched", { flags: 0x44 }],
        ["that is backed up and cannot be", { flags: 0x55 }],
        ["without a key", { flags: 0x05 }],
        ["with something behind it", { behind: Buffer.from([0]) }],
        ["with extensions that are none", { flags: 0xc5,
                                            behind: Buffer.from([0xa1]) }],
        ["of another id", { id: randomBytes(32) }],
        ["of no id", { id: Buffer.alloc(0) }],
        ["of an id that is too long", { id: randomBytes(1024) }],
        ["of another algorithm", { key: p384() }],
        ["of a point off its curve", { key: new Map([[1, 2], [3, -7], [-1, 1],
            [-2, Buffer.alloc(32, 1)], [-3, Buffer.alloc(32, 2)]]) }],
        ["of no key", { key: new Map() }],
        ["of no object", { object: cbor(new Map([["fmt", "none"]])) }],
        ["of no CBOR", { object: Buffer.from([0xff]) }],
        ["of an object that is too long", { object: randomBytes(20_000) }],
    ];
    const shown = [
        ["for another domain", { rpId: "example.org" }, data],
        ["that nobody touched", { flags: 0x04 }, data],
        ["whose holder was not verified", { flags: 0x01 }, data],
        ["that is backed up and cannot be", { flags: 0x15 }, data],
        ["with a key", { flags: 0x45 }, data],
        ["with something behind it", { behind: Buffer.from([0]) }, data],
        ["without data", { response: { authenticatorData: null } }, data],
        ["without a signature", { response: { signature: "" } },
         "passkey.response.signature"],
        ["of nobody", { response: { userHandle: "AAAA" } },
         "passkey.response.userHandle"],
    ];

    for (const [what, wrong, field] of [
        ...both, ...made.map((row) => [...row, object])]) {
        it(`a new one ${what}`, async () => {
            const one = await stack.visitor("viewer");
            const passkey = new Authenticator(origin)
                .create(await creation(one), wrong);

            refused(await add(one, passkey), 422, "field-invalid", field);
            assert.deepEqual(await list(one), []);
        });
    }

    for (const [what, wrong, field] of [...both, ...shown]) {
        it(`one that is shown ${what}`, async () => {
            const { key } = await holder();

            refused(await enter(key, wrong), 422, "field-invalid", field);
        });
    }

    it("one that is no object", async () => {
        for (const passkey of [null, 7, "x", []]) {
            refused(await post("/api/sessions", { json: { passkey } }), 422,
                "field-invalid", "passkey");
        }
    });

    it("one that another key has signed, or that has signed something else",
        async () => {
            const { key, user } = await holder();
            const other = new Authenticator(origin);

            refused(await enter(key, { by: other }), 401, "passkey-wrong");
            refused(await enter(key, { signed: Buffer.from("x") }), 401,
                "passkey-wrong");
            await until("the log has it", () => stack.text("logs/access.log")
                .includes("\"deny\":\"passkey-wrong\""));
            assert.equal((await enter(key)).status, 201);
            assert.equal(await noted("session-begun", user), 2);
        });

    it("one that is nobody's, or says that it is another's", async () => {
        const { key } = await holder();
        const { user: other } = await holder();
        const unknown = new Authenticator(origin);

        unknown.user = key.user;
        refused(await enter(unknown), 401, "passkey-wrong");
        refused(await enter(key, { response: { userHandle: Buffer.from(
            other.id.replaceAll("-", ""), "hex").toString("base64url") } }),
            401, "passkey-wrong");
        refused(await enter(key, { response: { userHandle: undefined } }), 401,
            "passkey-wrong");
    });

    it("one that could not be copied, and now can", async () => {
        const { key } = await holder();

        refused(await enter(key, { flags: 0x0d }), 401, "passkey-wrong");
    });

    it("one whose user is disabled", async () => {
        const { key, user } = await holder();

        await stack.sql(`update sluice.users set disabled_at = now()
            where id = '${user.id}'`);
        refused(await enter(key), 401, "passkey-wrong");
    });

    it("beside a password or an address", async () => {
        const { key, user } = await holder();

        refused(await enter(key, {}, { email: user.email }), 422,
            "field-invalid", "passkey");
        refused(await enter(key, {}, { password: user.password }), 422,
            "field-invalid", "passkey");
    });
});


describe("a challenge", { timeout }, () => {
    it("signs in once", async () => {
        const { key } = await holder();
        const options = await anybodys();

        assert.deepEqual([options.rpId, options.userVerification,
                          options.allowCredentials],
            ["localhost", "required", []]);
        assert.equal((await post("/api/sessions", { json: {
            passkey: key.get(options) } })).status, 201);
        refused(await post("/api/sessions", { json: {
            passkey: key.get(options) } }), 401, "challenge-invalid");
    });

    it("is good for what it was made for", async () => {
        const { client, key } = await holder();
        const challenges = {
            in: (await anybodys()).challenge,
            again: (await again(client)).challenge,
            add: (await creation(client)).challenge,
            none: randomBytes(74).toString("base64url"),
        };
        const shown = (challenge) =>
            key.get({ challenge, rpId: "localhost" });

        for (const name of ["again", "add", "none"]) {
            refused(await post("/api/sessions", { json: {
                passkey: shown(challenges[name]) } }), 401,
                "challenge-invalid");
        }
        for (const name of ["in", "add", "none"]) {
            refused(await authenticate(client, {
                passkey: shown(challenges[name]) }), 401, "challenge-invalid");
        }
        for (const name of ["in", "again", "none"]) {
            refused(await add(client, new Authenticator(origin).create({
                challenge: challenges[name], rp: { id: "localhost" },
                user: { id: key.user } })), 401, "challenge-invalid");
        }
    });

    it("is another's, or of another session, and so none here", async () => {
        const { client, key } = await holder();
        const { client: other } = await holder();
        const answer = await enter(key);

        refused(await authenticate(client, {
            passkey: key.get({ ...await again(other) }) }), 401,
            "challenge-invalid");
        client.token = answer.json.access_token;
        assert.equal((await authenticate(client, {
            passkey: key.get(await again(client)) })).status, 200);
    });
});


describe("who has a passkey", { timeout }, () => {
    it("shows it beside his password", async () => {
        const one = await holder();
        const { challenge, methods, passkey } = await half(one);

        assert.deepEqual(methods, ["passkey", "recovery_code"]);
        assert.equal(passkey.challenge, challenge);
        assert.deepEqual(passkey.allowCredentials, [{ type: "public-key",
            id: one.key.id.toString("base64url"),
            transports: ["hybrid", "internal"] }]);

        const answer = await goOn(challenge, {
            passkey: one.key.get(passkey, { flags: 0x01 }) });

        assert.equal(answer.status, 201, answer.text);
        assert.deepEqual([...claimsOf(answer.json.access_token).amr].sort(),
            ["hwk", "mfa", "pwd", "user"]);
        refused(await goOn(challenge, { passkey: one.key.get(passkey) }), 401,
            "challenge-invalid");
    });

    it("shows it for this sign-in, and his own", async () => {
        const [one, other] = [await holder(), await holder()];
        const [first, second] = [await half(one), await half(one)];

        refused(await goOn(first.challenge, {
            passkey: one.key.get(second.passkey) }), 401, "challenge-invalid");
        refused(await goOn(first.challenge, {
            passkey: one.key.get(await anybodys()) }), 401,
            "challenge-invalid");
        refused(await goOn(first.challenge, {
            passkey: other.key.get(first.passkey) }), 401, "passkey-wrong");
        refused(await goOn(first.challenge, {
            passkey: one.key.get(first.passkey, { by: other.key }) }), 401,
            "passkey-wrong");
        assert.equal(await noted("second-factor-failed", one.user), 2);
        assert.equal((await goOn(first.challenge, {
            passkey: one.key.get(first.passkey) })).status, 201);
    });

    it("may show a code in its place, or one on paper", async () => {
        const one = await holder();
        const { secret } = await enrol(one.client);
        const { challenge, methods } = await half(one);

        assert.deepEqual(methods, ["passkey", "totp", "recovery_code"]);
        assert.equal((await goOn(challenge, { code: codeOf(secret, 1) }))
            .status, 201);
        const codes = (await one.client.request("POST",
            "/api/me/recovery-codes")).json.recovery_codes;
        assert.equal((await goOn((await half(one)).challenge, {
            recovery_code: codes[0] })).status, 201);
    });

    it("has no code where he has no authenticator", async () => {
        const one = await holder();

        refused(await goOn((await half(one)).challenge, { code: "123456" }),
            422, "field-invalid", "code");
    });

    it("is asked no more than five times in five minutes", async () => {
        const [one, other] = [await holder(), new Authenticator(origin)];

        for (let i = 0; i < 5; i++) {
            const { challenge, passkey } = await half(one);

            refused(await goOn(challenge, {
                passkey: one.key.get(passkey, { by: other }) }), 401,
                "passkey-wrong");
        }
        const { challenge, passkey } = await half(one);
        const answer = await goOn(challenge, {
            passkey: one.key.get(passkey) });

        refused(answer, 429, "too-many");
        assert.ok(Number(answer.headers["retry-after"]) > 200);
    });

    it("shows it again, by itself where he was verified", async () => {
        const one = await holder();
        const options = await again(one.client);

        await grewOld(one.user);
        refused(await one.client.request("DELETE", "/api/me/passkeys/"
            + one.answer.json.passkey.id), 401, "authentication-too-old");

        const passkey = one.key.get(options);
        const answer = await authenticate(one.client, { passkey });

        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual([...claimsOf(answer.json.access_token).amr].sort(),
            ["hwk", "mfa", "user"]);
        assert.equal(await noted("session-authenticated", one.user), 1);
        await one.client.request("POST", "/api/me/passkeys/options")
            .then(({ status }) => assert.equal(status, 200));

        /* and once */
        refused(await authenticate(one.client, { passkey }), 401,
            "challenge-invalid");
    });

    it("shows it beside his password where he was not", async () => {
        const one = await holder({ verifies: false });

        refused(await authenticate(one.client, {
            passkey: one.key.get(await again(one.client)) }), 422,
            "field-invalid", "password");
        const answer = await authenticate(one.client, {
            password: one.user.password,
            passkey: one.key.get(await again(one.client)) });
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual([...claimsOf(answer.json.access_token).amr].sort(),
            ["hwk", "mfa", "pwd", "user"]);
        refused(await enter(one.key), 422, "field-invalid",
            "passkey.response.authenticatorData");
    });

    it("changes its name, and no other's", async () => {
        const [one, other] = [await holder(), await holder()];
        const path = `/api/me/passkeys/${one.answer.json.passkey.id}`;
        const answer = await one.client.request("PATCH", path,
            { json: { name: "Mon téléphone" } });

        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.name, "Mon téléphone");
        assert.equal((await list(one.client))[0].name, "Mon téléphone");
        refused(await one.client.request("PATCH", path, { json: {} }), 422,
            "field-invalid", "name");
        refused(await other.client.request("PATCH", path,
            { json: { name: "x" } }), 404, "not-found");
        refused(await other.client.request("DELETE", path), 404, "not-found");
    });

    it("removes it, and with the last factor its codes", async () => {
        const one = await holder();
        const answer = await one.client.request("DELETE",
            `/api/me/passkeys/${one.answer.json.passkey.id}`);

        assert.equal(answer.status, 204, answer.text);
        assert.equal(await noted("passkey-removed", one.user), 1);
        assert.deepEqual(await state(one.client), { passkeys: 0,
            required: false, totp: false, recovery_codes: 0 });
        refused(await enter(one.key), 401, "passkey-wrong");
        assert.equal((await signIn(one.user)).status, 201);
    });

    it("loses it when an admin takes his factors away", async () => {
        const one = await holder();
        const admin = await stack.visitor("admin");

        assert.equal((await admin.request("DELETE",
            `/api/accounts/${one.user.id}/factors`)).status, 204);
        refused(await enter(one.key), 401, "passkey-wrong");
        assert.deepEqual(await list(one.client), []);
        assert.equal((await signIn(one.user)).status, 201);
    });

    it("who signs in with it wrongly too often has to wait, for this passkey",
        async () => {
            const [one, other] = [await holder(), await holder()];
            let answer;

            for (let i = 0; i < 6; i++) {
                answer = await enter(one.key, { by: other.key });
                refused(answer, 401, "passkey-wrong");
            }
            answer = await enter(one.key);
            refused(answer, 429, "too-many");
            assert.ok(Number(answer.headers["retry-after"]) > 0);
            assert.equal((await enter(other.key)).status, 201);
            refused(await signIn(one.user), 401, "second-factor-needed");
        });
});


describe("a passkey that was copied", { timeout }, () => {
    it("is refused where its count did not go on", async () => {
        const { key, user, client } = await holder();

        assert.equal((await enter(key)).status, 201);
        for (const count of [0, 1, key.count]) {
            refused(await enter(key, { count }), 401, "passkey-cloned");
        }
        assert.equal(await noted("passkey-cloned", user), 3);
        assert.equal(await noted("session-begun", user), 2);

        const options = await again(client);
        refused(await authenticate(client, {
            passkey: key.get(options, { count: 1 }) }), 401, "passkey-cloned");
    });

    it("is not known by one that does not count", async () => {
        const { key } = await holder({ counts: false });

        assert.equal((await enter(key)).status, 201);
        assert.equal((await enter(key)).status, 201);
    });
});


describe("where a second factor is asked for", { timeout }, () => {
    const strict = () => stack.secondNginx((text) =>
        text.replace("sluice_registration open;",
            "sluice_registration open; sluice_second_factor required;"));

    it("a passkey is one", async () => {
        const machine = await strict();
        const user = await stack.user();
        const call = (method, path, token, json) =>
            request(machine.url + path, { method, json,
                                          headers: token ? bearer(token) : {} });
        const first = await call("POST", "/api/sessions", null,
            { email: user.email, password: user.password });
        const token = first.json.access_token;

        assert.equal(first.json.second_factor_required, true);
        refused(await call("GET", "/api/sessions", token), 403,
            "second-factor-required");

        const options = await call("POST", "/api/me/passkeys/options", token);
        const key = new Authenticator(origin);
        const added = await call("POST", "/api/me/passkeys", token,
            { name: "x", passkey: key.create(options.json) });

        assert.equal(added.status, 201, added.text);
        assert.equal(added.json.second_factor_required, undefined);
        assert.equal((await call("GET", "/api/sessions",
            added.json.access_token)).status, 200);

        const again_ = await call("POST", "/api/sessions/passkey-options");
        const entered = await call("POST", "/api/sessions", null,
            { passkey: key.get(again_.json) });

        assert.equal(entered.status, 201, entered.text);
        assert.equal((await call("GET", "/api/sessions",
            entered.json.access_token)).status, 200);
        await machine.stop();
    });

    it("nobody adds one who has not signed in", async () => {
        const answer = await post("/api/me/passkeys/options");

        refused(answer, 401, "unauthenticated");
    });
});


/* @simplewebauthn/server verifies the same. */
describe("a second opinion", { timeout }, () => {
    for (const algorithm of ["ES256", "EdDSA", "RS256"]) {
        it(`finds right what is right here: ${algorithm}`, async () => {
            const client = await stack.visitor("viewer");
            const key = new Authenticator(origin, { algorithm });
            const options = await creation(client);
            const made = key.create(options);
            const { verified, registrationInfo } =
                await verifyRegistrationResponse({
                    response: made, expectedChallenge: options.challenge,
                    expectedOrigin: origin, expectedRPID: options.rp.id });

            assert.ok(verified);
            assert.equal((await add(client, made)).status, 201);

            const wanted = await anybodys();
            const shown = key.get(wanted);
            const other = await verifyAuthenticationResponse({
                response: shown, expectedChallenge: wanted.challenge,
                expectedOrigin: origin, expectedRPID: wanted.rpId,
                credential: registrationInfo.credential });

            assert.ok(other.verified);
            assert.equal((await post("/api/sessions", { json: {
                passkey: shown } })).status, 201);
        });
    }
});
