/* What others need to check our access tokens: RFC 7517 and RFC 8414. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";

import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from "jose";

import { request } from "../lib/client.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const KEYS = "/.well-known/jwks.json";
const METADATA = "/.well-known/oauth-authorization-server";

let stack, viewer;


before(async () => {
    stack = await startStack();
    viewer = await stack.visitor("viewer");
}, { timeout });

after(() => stack?.stop(), { timeout });


const ask = (path, options) => request(stack.url + path, options);
const shown = async () => (await ask(KEYS)).json.keys;
const rotate = () => stack.asServer(stack.path("bin/sluicectl"), "keys",
    "rotate", "--keys", stack.path("keys.json"));


describe("the key set", { timeout }, () => {
    it("has the public half of each key that signs access tokens", async () => {
        const ours = stack.keys().filter(({ kty }) => kty !== "oct")
            .map(({ kid, kty, crv, x, y }) => ({ kid, kty, crv, x, y }));

        assert.deepEqual((await shown()).map(
            ({ kid, kty, crv, x, y }) => ({ kid, kty, crv, x, y })), ours);
    });

    it("says what each is for", async () => {
        for (const key of await shown()) {
            assert.equal(key.use, "sig");
            assert.match(key.alg, /^(ES256|EdDSA)$/);
        }
    });

    it("has no secret, and not a half of one", async () => {
        const { text } = await ask(KEYS);

        for (const key of await shown()) {
            assert.notEqual(key.kty, "oct");
            for (const member of ["d", "k", "p", "q", "dp", "dq", "qi"]) {
                assert.equal(key[member], undefined, member);
            }
        }
        for (const { kid, d, k } of stack.keys()) {
            assert.equal(text.includes(d ?? k), false, kid);
        }
    });

    it("does not name the keys of links", async () => {
        const { text } = await ask(KEYS);

        for (const { kid, kty } of stack.keys()) {
            assert.equal(text.includes(kid), kty !== "oct");
        }
    });

    it("is of its type, and may be kept for a while by anyone", async () => {
        const { headers } = await ask(KEYS);

        assert.match(headers["content-type"], /^application\/jwk-set\+json/);
        assert.match(headers["cache-control"], /^public, max-age=\d+$/);
        assert.equal(headers["access-control-allow-origin"], "*");
    });
});


describe("an access token of the API", { timeout }, () => {
    const expected = () => ({ issuer: stack.url, audience: "sluice",
                              typ: "at+jwt" });

    it("is verified by a library that fetches the set", async () => {
        const { payload } = await jwtVerify(viewer.token,
            createRemoteJWKSet(new URL(stack.url + KEYS)), expected());

        assert.equal(payload.sub, viewer.user.id);
        assert.equal(payload.role, "viewer");
    });

    it("is verified by the set as a text", async () => {
        const set = createLocalJWKSet({ keys: await shown() });

        assert.equal((await jwtVerify(viewer.token, set, expected()))
            .payload.sub, viewer.user.id);
    });

    it("is not when it was tampered with", async () => {
        const set = createLocalJWKSet({ keys: await shown() });
        const [header, , signature] = viewer.token.split(".");
        const claims = Buffer.from(JSON.stringify({ role: "admin" }))
            .toString("base64url");

        await assert.rejects(
            jwtVerify(`${header}.${claims}.${signature}`, set));
    });

    it("is verified after a rotation, as is one from before it", async () => {
        const before = (await shown())[0].kid;

        await rotate();
        await stack.reload();
        await until("the new key is shown",
            async () => (await shown()).length === 2);
        await until("the new key signs", async () => {
            const { token } = await stack.visitor("viewer");
            const set = createLocalJWKSet({ keys: await shown() });
            const { protectedHeader } = await jwtVerify(token, set, expected());

            await jwtVerify(viewer.token, set, expected());
            return protectedHeader.kid !== before;
        });
    });
});


describe("the metadata of RFC 8414", { timeout }, () => {
    it("name the issuer as its tokens do", async () => {
        const { json } = await ask(METADATA);
        const claims = JSON.parse(Buffer.from(viewer.token.split(".")[1],
            "base64url"));

        assert.equal(json.issuer, claims.iss);
    });

    it("name the key set where it is", async () => {
        const { json } = await ask(METADATA);

        assert.equal((await request(json.jwks_uri)).status, 200);
        assert.equal(json.jwks_uri, stack.url + KEYS);
    });

    it("have the lists that the RFC wants, of what there is", async () => {
        const { json } = await ask(METADATA);

        assert.deepEqual(json.response_types_supported, []);
        assert.deepEqual(json.grant_types_supported, []);
        assert.equal(json.authorization_endpoint, undefined);
    });

    it("are JSON that may be kept for a while by anyone", async () => {
        const { headers } = await ask(METADATA);

        assert.match(headers["content-type"], /^application\/json/);
        assert.match(headers["cache-control"], /^public, max-age=\d+$/);
        assert.equal(headers["access-control-allow-origin"], "*");
    });
});


describe("the folder of both", { timeout }, () => {
    for (const path of [KEYS, METADATA]) {
        it(`answers HEAD as GET, without a body: ${path}`, async () => {
            const get = await ask(path);
            const head = await ask(path, { method: "HEAD" });

            assert.equal(head.status, 200);
            assert.equal(head.text, "");
            assert.equal(head.headers["content-length"],
                get.headers["content-length"]);
        });

        for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
            it(`has no ${method}: ${path}`, async () => {
                assert.equal((await ask(path, { method, body: "{}" })).status,
                    405);
            });
        }

        it(`asks nobody who he is: ${path}`, async () => {
            assert.equal((await ask(path,
                { headers: { Authorization: "Bearer x" } })).status, 200);
        });
    }

    for (const path of ["/.well-known/", "/.well-known/x",
                        "/.well-known/jwks.json/x", "/.well-known/jwks",
                        "/.well-known/xjwks.json",
                        "/.well-known/x/jwks.json"]) {
        it(`has nothing else: ${path}`, async () => {
            assert.equal((await ask(path)).status, 404);
        });
    }
});


describe("sluice_well_known", { timeout }, () => {
    /* What nginx -t says of a configuration that was changed. */
    async function said(change) {
        const file = stack.path("tried.conf");

        writeFileSync(file, change(stack.text("nginx.conf"))
            .replaceAll("/logs/error.log", "/logs/tried.log"));
        try {
            return (await stack.nginx("-t", "-c", file,
                "-e", stack.path("logs/tried.log"))).stderr;
        } catch (error) {
            return error.stderr;
        }
    }

    const server = (text) => (conf) => conf.replace(/\}\s*$/,
        `server { listen unix:${stack.path("run/tried.sock")};
                  ${text} location /x/ { sluice_well_known; } }\n}`);

    it("wants keys and an origin", async () => {
        for (const name of ["sluice_keys", "sluice_public_url"]) {
            const told = await said((conf) => server("")(conf.replace(
                new RegExp(`^\\s*${name} .*;`, "m"), "")
                .replace(/location (~ \^)?\/(api|mail\/|media\/drop)[^]*?\n        \}\n/g,
                         "")
                .replace(/sluice_gate [^;]*;/g, "")
                .replace(/location = \/api[^]*?\n        \}\n/g, "")));

            assert.match(told, new RegExp("\\[emerg\\].*sluice_well_known"
                + `.*write.*${name}.*tried\\.conf:\\d+`));
        }
    });

    it("stands once in a location", async () => {
        assert.match(await said((conf) => conf.replace("sluice_well_known;",
            "sluice_well_known; sluice_well_known;")), /is duplicate/);
    });

    it("has no parameter", async () => {
        assert.match(await said((conf) => conf.replace("sluice_well_known;",
            "sluice_well_known on;")), /invalid number of arguments/);
    });

    it("tells of the server that it stands in", async () => {
        assert.match(await said(server("sluice_public_url https://a.example;")),
            /test is successful/);
    });
});
