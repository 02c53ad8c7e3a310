/* sluice_cors: what pages of other origins may ask and see. Fetch Standard. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import http2 from "node:http2";

import { request } from "../lib/client.mjs";
import { freePort } from "../lib/ports.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 120_000;
const SIZE = 1000;
const APP = "https://app.example.org";
const OTHER = "http://other.example.org";
const EVIL = "https://evil.example.org";
const PATH = "/media/cd/01890000-0000-7000-8000-0000000000cd/";

let stack, mint, grant, port2, user;


before(async () => {
    port2 = await freePort();
    stack = await startStack({ extra: (state) => `
        listen 127.0.0.1:${port2} http2;
        sluice_cors ${APP} HTTP://Other.example.org:80;
        location /any/ {
            alias ${state}/media/;
            sluice_gate grant;
            sluice_media on;
            sluice_cors *;
        }
        location /off/ {
            alias ${state}/media/;
            sluice_gate grant;
            sluice_media on;
            sluice_cors off;
        }
        location /plain/ { alias ${state}/media/; }` });
    mint = minter(stack.keys());
    grant = mint.grant({ path: "/" });
    user = await stack.visitor("viewer");

    mkdirSync(stack.path(PATH), { recursive: true });
    writeFileSync(stack.path(PATH, "a.mp4"), Buffer.alloc(SIZE));
    writeFileSync(stack.path("media/a.mp4"), Buffer.alloc(SIZE));
}, { timeout });

after(() => stack?.stop(), { timeout });


const ask = (path, { origin = APP, headers = {}, ...options } = {}) =>
    request(`${stack.url}${path}`, {
        headers: { ...(origin ? { Origin: origin } : {}), ...headers },
        ...options,
    });

const film = (options) => ask(`/~${grant}${PATH}a.mp4`, options);

const preflight = (path, method, { origin = APP, wanted = "" } = {}) =>
    ask(path, { origin, method: "OPTIONS", headers: {
        "Access-Control-Request-Method": method,
        ...(wanted ? { "Access-Control-Request-Headers": wanted } : {}),
    } });

const cors = (answer) => Object.keys(answer.headers).filter((name) =>
    /^access-control-|^timing-allow|^cross-origin-resource/.test(name));

const list = (answer, name) => answer.headers[`access-control-${name}`]
    .split(", ").map((word) => word.toLowerCase());

/* A browser shows it to a page of this origin, with cookies or without. */
function shown(answer, origin = APP) {
    const { headers } = answer;

    assert.equal(headers["access-control-allow-origin"], origin);
    assert.equal(headers["access-control-allow-credentials"], "true");
    assert.equal(headers["timing-allow-origin"], origin);
    assert.equal(headers["cross-origin-resource-policy"], "cross-origin");
    assert.equal(headers.vary, "Origin");
}

/* No page sees it, but of a cache's doing. */
function hidden(answer) {
    assert.deepEqual(cors(answer), []);
    assert.equal(answer.headers.vary, "Origin");
}


describe("a preflight", { timeout }, () => {
    for (const [what, path] of [
        ["of media by a link in the path", () => `/~${grant}${PATH}a.mp4`],
        ["of media without a link", () => `${PATH}a.mp4`],
        ["of media by a link that is none", () => `/~a.b.c${PATH}a.mp4`],
        ["of media that is not there", () => `${PATH}none.mp4`],
    ]) {
        it(`${what} is answered, with what is taken there`, async () => {
            const answer = await preflight(path(), "GET",
                { wanted: "range" });

            assert.equal(answer.status, 204);
            assert.equal(answer.text, "");
            shown(answer);
            assert.deepEqual(list(answer, "allow-methods"), ["get", "head"]);
            assert.deepEqual(list(answer, "allow-headers"), [
                "authorization", "sluice-grant", "range", "if-range",
                "if-match", "if-none-match", "if-modified-since",
                "if-unmodified-since", "traceparent", "tracestate"]);
            assert.match(answer.headers["access-control-max-age"], /^\d+$/);
        });
    }

    it("of the API needs no token", async () => {
        const answer = await preflight("/api/media/x", "PATCH",
            { wanted: "authorization,if-match,content-type" });

        assert.equal(answer.status, 204);
        shown(answer);
        for (const method of ["get", "post", "put", "patch", "delete"]) {
            assert.ok(list(answer, "allow-methods").includes(method), method);
        }
        for (const name of ["authorization", "content-type", "if-match",
                            "idempotency-key", "last-event-id", "traceparent",
                            "tracestate"]) {
            assert.ok(list(answer, "allow-headers").includes(name), name);
        }
        assert.ok(!list(answer, "allow-headers").includes("upload-offset"));
    });

    it("of an upload names what tus sends", async () => {
        const answer = await preflight("/api/uploads/x", "PATCH");

        assert.equal(answer.status, 204);
        for (const name of ["authorization", "content-type", "tus-resumable",
                            "upload-length", "upload-offset", "upload-concat",
                            "upload-metadata", "upload-checksum",
                            "upload-defer-length", "idempotency-key",
                            "x-http-method-override", "traceparent"]) {
            assert.ok(list(answer, "allow-headers").includes(name), name);
        }
        for (const method of ["post", "head", "patch", "delete"]) {
            assert.ok(list(answer, "allow-methods").includes(method), method);
        }
    });

    it("of a link that takes a file in names PUT", async () => {
        assert.ok(list(await preflight("/media/drop/a.mp4", "PUT"),
            "allow-methods").includes("put"));
    });

    for (const origin of [EVIL, "null", "https://app.example.org.evil.test",
                          "http://app.example.org", `${APP}:444`,
                          "https://example.org"]) {
        it(`of ${origin} allows nothing`, async () => {
            const answer = await preflight(`${PATH}a.mp4`, "GET", { origin });

            assert.equal(answer.status, 204);
            hidden(answer);
        });
    }

    it("is what it is by its two headers alone", async () => {
        const tus = await ask("/api/uploads", { method: "OPTIONS" });

        assert.equal(tus.headers["tus-version"], "1.0.0");
        shown(tus);
        assert.equal((await ask(`${PATH}a.mp4`, { method: "OPTIONS",
            origin: null,
            headers: { "Access-Control-Request-Method": "GET" },
        })).status, 401);
    });
});


describe("an answer to a page of a listed origin", { timeout }, () => {
    it("shows a film's bytes, and where they are", async () => {
        for (const [status, headers] of [[200, {}],
                                         [206, { Range: "bytes=0-9" }]]) {
            const answer = await film({ headers });

            assert.equal(answer.status, status);
            shown(answer);
            for (const name of ["content-range", "content-length", "etag",
                                "accept-ranges", "retry-after",
                                "content-disposition"]) {
                assert.ok(list(answer, "expose-headers").includes(name), name);
            }
        }
    });

    it("names the origin as browsers write it", async () => {
        shown(await film({ origin: OTHER }), OTHER);
    });

    /* its headers, and its path */
    const refusals = {
        304: () => [{ "If-None-Match": "*" }],
        412: () => [{ "If-Match": '"other"' }],
        416: () => [{ Range: "bytes=5000-" }],
        404: () => [{}, `/~${grant}${PATH}none.mp4`],
        401: () => [{}, `${PATH}a.mp4`],
        403: () => [{}, linked({ path: "/x/" })],
        410: () => [{}, linked({ path: "/", exp: 1 })],
        429: () => [{}, linked({ path: "/", bytes: 0 })],
    };
    const linked = (claims) => `/~${mint.grant(claims)}${PATH}a.mp4`;

    for (const [status, how] of Object.entries(refusals)) {
        it(`says it of a ${status}, too, and once`, async () => {
            const [headers, path = `/~${grant}${PATH}a.mp4`] = how();
            const answer = await ask(path, { headers });

            assert.equal(answer.status, Number(status));
            shown(answer);
        });
    }

    it("says it of the API's, with and without a token", async () => {
        const own = await ask("/api/me", { headers: user.headers });
        const none = await ask("/api/me");

        assert.equal(own.status, 200);
        assert.equal(none.status, 401);
        for (const answer of [own, none]) {
            shown(answer);
            assert.ok(list(answer, "expose-headers").includes("location"));
            assert.ok(list(answer, "expose-headers")
                .includes("www-authenticate"));
        }
    });

    it("says it over HTTP/2", async () => {
        const session = http2.connect(`http://127.0.0.1:${port2}`);
        const stream = session.request({
            ":path": `/~${grant}${PATH}a.mp4`, origin: APP,
            range: "bytes=0-9",
        });
        const [headers] = await once(stream, "response");

        stream.resume();
        await once(stream, "end");
        session.destroy();
        assert.equal(headers[":status"], 206);
        shown({ headers });
    });

    it("says it where only a part of us is there", async () => {
        await stack.stopRedis();
        try {
            const answer = await ask(linked({ path: "/", uses: 1 }));

            assert.equal(answer.status, 503);
            shown(answer);
            assert.ok(answer.headers["retry-after"]);
        } finally {
            await stack.startRedis();
        }
    });
});


describe("an answer to others", { timeout }, () => {
    it("of another origin says only that it depends on it", async () => {
        hidden(await film({ origin: EVIL }));
        hidden(await ask("/api/me", { origin: EVIL, headers: user.headers }));
    });

    it("without an origin says the same", async () => {
        hidden(await film({ origin: null }));
    });

    it("is never of two origins", async () => {
        hidden(await film({ origin: [APP, APP] }));
    });

    it("says nothing where it is off, or none of ours", async () => {
        for (const path of [`/~${grant}/off/a.mp4`, "/plain/a.mp4", "/"]) {
            const answer = await ask(path);

            assert.equal(answer.status, 200);
            assert.deepEqual(cors(answer).filter((name) =>
                name !== "cross-origin-resource-policy"), []);
            assert.equal(answer.headers.vary, undefined);
        }
        assert.equal((await preflight(`/~${grant}/off/a.mp4`, "GET")).status,
            403);
    });
});


describe("with *", { timeout }, () => {
    it("every page sees it, without cookies", async () => {
        for (const origin of [EVIL, "null", null]) {
            const answer = await ask(`/~${grant}/any/a.mp4`,
                { origin, headers: { Range: "bytes=0-1" } });

            assert.equal(answer.status, 206);
            assert.equal(answer.headers["access-control-allow-origin"], "*");
            assert.equal(answer.headers["timing-allow-origin"], "*");
            assert.equal(answer.headers["cross-origin-resource-policy"],
                "cross-origin");
            assert.equal(answer.headers["access-control-allow-credentials"],
                undefined);
            assert.equal(answer.headers.vary, undefined);
        }
    });

    it("every page may ask", async () => {
        const answer = await preflight(`/~${grant}/any/a.mp4`, "GET",
            { origin: EVIL, wanted: "range" });

        assert.equal(answer.status, 204);
        assert.equal(answer.headers["access-control-allow-origin"], "*");
        assert.ok(list(answer, "allow-headers").includes("range"));
    });

    it("a link in a cookie opens nothing", async () => {
        const headers = { Cookie: `sluice_grant=${grant}` };

        assert.equal((await ask("/any/a.mp4", { headers })).status, 401);
        assert.equal((await ask("/off/a.mp4", { headers })).status, 200);
    });
});


describe("a page of a listed origin", { timeout }, () => {
    const signIn = (more = {}, origin = APP) => ask("/api/sessions", {
        origin, method: "POST",
        json: { email: stack.email, password: stack.password, ...more },
    });
    const cookie = () => ({ Cookie: `sluice_session=${user.token}` });

    it("signs in, and gets tokens in place of cookies", async () => {
        for (const more of [{}, { cookies: true }]) {
            const answer = await signIn(more);

            assert.equal(answer.status, 201);
            shown(answer);
            assert.ok(answer.json.access_token);
            assert.ok(answer.json.refresh_token);
            assert.equal(answer.headers["set-cookie"], undefined);
        }
    });

    it("refreshes its own session", async () => {
        const { refresh_token } = (await signIn()).json;
        const answer = await ask("/api/sessions/refresh",
            { method: "POST", json: { refresh_token } });

        assert.equal(answer.status, 200);
        assert.ok(answer.json.access_token);
    });

    it("refreshes no session of the browser's", async () => {
        const { refresh_token } = (await signIn()).json;
        const answer = await ask("/api/sessions/refresh", {
            method: "POST", json: {},
            headers: { Cookie: `sluice_refresh=${refresh_token}` },
        });

        assert.equal(answer.status, 422);
        assert.equal(answer.json.access_token, undefined);
    });

    it("reads with the browser's cookie", async () => {
        const answer = await ask("/api/me", { headers: cookie() });

        assert.equal(answer.status, 200);
        shown(answer);
    });

    it("changes nothing with the browser's cookie, and is told", async () => {
        const answer = await ask("/api/me",
            { method: "PATCH", headers: cookie(), json: { name: "Mallory" } });

        assert.equal(answer.status, 403);
        assert.equal(answer.json.type, "urn:sluice:problem:cross-site");
        shown(answer);
    });

    it("changes what its own token may", async () => {
        const answer = await ask("/api/me", { method: "PATCH",
            headers: user.headers, json: { name: "Alice" } });

        assert.equal(answer.status, 200);
    });

    it("is not one of another", async () => {
        const answer = await signIn({}, EVIL);

        assert.equal(answer.status, 403);
        assert.equal(answer.json.type, "urn:sluice:problem:cross-site");
        hidden(answer);
    });
});
