/* Whose page asked: what a browser sends along by itself opens nothing that
   changes something for the pages of others. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";

import { request } from "../lib/client.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 120_000;
const EVIL = { Origin: "http://evil.test" };
const NULL = { Origin: "null" };
const CROSS = { "Sec-Fetch-Site": "cross-site" };
const SIBLING = { "Sec-Fetch-Site": "same-site" };
const BASIC = { Authorization: "Basic eDp4" };

let stack, user, mint, secure;

const extra = (state, port) => `
    location /app/ {
        sluice_gate user grant;
        proxy_pass http://127.0.0.1:${port}/echo/;
        proxy_set_header Upgrade $http_upgrade;
    }
    location /echo/ { return 200 "application"; }`;


before(async () => {
    stack = await startStack({ extra });
    user = await stack.visitor("viewer");
    mint = minter(stack.keys());
    secure = await stack.secondNginx((text) => text.replace(
        /sluice_public_url .*;/, "sluice_public_url https://media.test;",
    ));
    mkdirSync(stack.path("media/drop"), { recursive: true });
    writeFileSync(stack.path("media/x"), "x");
}, { timeout });

after(() => stack?.stop(), { timeout });


const cookie = (token = user.token) => ({ Cookie: `sluice_session=${token}` });

const app = (headers, method = "POST") =>
    request(`${stack.url}/app/x`, { method, headers });

const upload = (headers) => request(`${stack.url}/api/media?filename=a.mp4`, {
    method: "POST", body: "x", headers,
});

const signIn = (headers, { url = stack.url, ...options } = {}) =>
    request(`${url}/api/sessions`, {
        method: "POST", headers,
        json: { email: stack.email, password: stack.password }, ...options,
    });

function refused(answer) {
    assert.equal(answer.status, 403, answer.text);
    assert.equal(answer.json.type, "urn:sluice:problem:cross-site");
}


describe("with the cookie, a page", { timeout }, () => {
    for (const [what, headers] of [
        ["of another site", CROSS], ["of a sibling host", SIBLING],
        ["whose browser tells its origin alone", EVIL],
        ["without an origin of its own", NULL],
        ["beside a cached password", { ...CROSS, ...BASIC }],
        ["beside a cached password, told by its origin",
         { ...EVIL, ...BASIC }],
    ]) {
        it(`${what} cannot change anything here`, async () => {
            refused(await upload({ ...cookie(), ...headers }));
        });

        it(`${what} cannot change anything in an application behind the gate`,
           async () => {
               refused(await app({ ...cookie(), ...headers }));
           });
    }

    it("of another site may lead here", async () => {
        const answer = await app({ ...cookie(), ...CROSS }, "GET");

        assert.equal(answer.text, "application");
    });

    it("of another site opens no WebSocket", async () => {
        refused(await app({ ...cookie(), ...EVIL, Upgrade: "websocket",
                            Connection: "upgrade" }, "GET"));
    });

    it("of this site may", async () => {
        const own = { "Sec-Fetch-Site": "same-origin", Origin: stack.url };

        assert.equal((await app({ ...cookie(), ...own })).text, "application");
    });

    it("of this site may, by its origin alone", async () => {
        const answer = await app({ ...cookie(), Origin: stack.url });

        assert.equal(answer.text, "application");
    });

    it("is not what a program is", async () => {
        assert.equal((await app(cookie())).text, "application");
    });
});


describe("with a token of its own, a page of another site", { timeout }, () => {
    it("may ask", async () => {
        const answer = await app({ ...user.headers, ...CROSS, ...EVIL });

        assert.equal(answer.text, "application");
    });

    it("may ask beside somebody's cookie", async () => {
        const answer = await app({ ...user.headers, ...cookie(), ...CROSS });

        assert.equal(answer.text, "application");
    });

    it("has the link's in the path", async () => {
        const grant = mint.grant({ path: "/app/", methods: ["POST"] });
        const answer = await request(`${stack.url}/~${grant}/app/x`,
            { method: "POST", headers: CROSS });

        assert.equal(answer.text, "application");
    });
});


it("a link in a cookie changes nothing for another site's page", async () => {
    const grant = mint.grant({ path: "/app/", methods: ["POST"], uses: 1 });
    const headers = { Cookie: `sluice_grant=${grant}` };

    refused(await app({ ...headers, ...CROSS }));
    assert.equal((await app(headers)).text, "application");
});


describe("a sign-in", { timeout }, () => {
    for (const [what, headers] of [
        ["another site", CROSS], ["a sibling host", SIBLING],
        ["another origin", EVIL], ["nowhere", NULL],
        ["another site with a token that is none",
         { ...CROSS, Authorization: "Bearer x" }],
    ]) {
        it(`from a page of ${what} is refused`, async () => {
            refused(await signIn(headers));
        });
    }

    it("from this site's page is none of that", async () => {
        assert.equal((await signIn({ Origin: stack.url })).status, 201);
    });

    for (const type of ["text/plain", "application/x-www-form-urlencoded",
                        "application/jsonp", ""]) {
        it(`of type "${type}" is not read`, async () => {
            const answer = await signIn({ "Content-Type": type });

            assert.equal(answer.status, 415, answer.text);
            assert.equal(answer.json.type,
                         "urn:sluice:problem:type-unsupported");
            assert.match(answer.json.detail, /application\/json/);
        });
    }

    it("may name the charset of its JSON", async () => {
        const answer = await signIn({
            "Content-Type": "Application/JSON ; charset=utf-8" });

        assert.equal(answer.status, 201, answer.text);
    });
});


describe("over https", { timeout }, () => {
    const me = (headers) => request(`${secure.url}/api/me`, { headers });
    const cookies = (answer) => answer.headers["set-cookie"]
        .map((text) => text.replace(/=.*?;/, "=…;"));

    it("the cookie is one that no other host can have set", async () => {
        const answer = await signIn({}, { url: secure.url });

        assert.deepEqual(cookies(answer), ["__Host-sluice_device=…;"
            + " Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax; Secure",
        "__Host-sluice_session=…;"
            + " Max-Age=900; Path=/; HttpOnly; SameSite=Lax; Secure"]);
    });

    it("both names are read, the safe one first", async () => {
        const { json: { access_token: token } } =
            await signIn({}, { url: secure.url });
        const safe = `__Host-sluice_session=${token}`;

        for (const text of [safe, `sluice_session=${token}`,
                            `sluice_session=x; ${safe}`]) {
            assert.equal((await me({ Cookie: text })).status, 200, text);
        }
    });

    it("signing out takes both away", async () => {
        const { json: { access_token: token } } =
            await signIn({}, { url: secure.url });
        const answer = await request(`${secure.url}/api/sessions/current`, {
            method: "DELETE", headers: { Authorization: `Bearer ${token}` },
        });

        assert.deepEqual(cookies(answer).map((text) =>
            text.replace(/; Path.*/, "")), [
            "sluice_session=…; Max-Age=0",
            "__Host-sluice_session=…; Max-Age=0",
            "__Secure-sluice_refresh=…; Max-Age=0"]);
    });
});
