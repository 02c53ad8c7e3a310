/* Signed links and the gate: what opens, and how all else is refused. */

import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

import { SignJWT } from "jose";

import { request } from "../lib/client.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { hmac, minter, now, token } from "../lib/token.mjs";

const timeout = 120_000;
const FILE = "/media/xy/x/film.mp4";
const FOLDER = "/media/xy/x/";
const BYTES = "not much of a film";

let stack, upstream, mint, viewer, editor;


function extra(state) {
    const app = `proxy_pass http://127.0.0.1:${upstream.address().port};`;

    return `
        location /app/ {
            sluice_gate user grant;
            proxy_set_header X-User $sluice_user;
            proxy_set_header X-Role $sluice_role;
            proxy_set_header X-Grant $sluice_grant;
            ${app}
        }
        location /dead/ { sluice_gate grant;
                          proxy_pass http://unix:${state}/run/nobody.sock; }
        location /links/ { sluice_gate grant; ${app} }
        location /staff/ { sluice_gate user; sluice_role editor; ${app} }
        location /far/ { satisfy any; deny all; sluice_gate grant; ${app} }
        location /near/ { satisfy any; allow 127.0.0.1; deny all;
                          sluice_gate user; ${app} }
        location /asked/ { sluice_gate user; error_page 401 = @door; ${app} }
        location @door { default_type text/plain; return 200 "who is it?"; }`;
}


before(async () => {
    /* an application that tells what it was asked */
    upstream = createServer((asked, answer) => {
        answer.setHeader("Content-Type", "application/json");
        answer.end(JSON.stringify({
            method: asked.method, url: asked.url, headers: asked.headers,
        }));
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");

    stack = await startStack({ extra });
    mint = minter(stack.keys());

    for (const folder of ["x", "xy", "a b"]) {
        mkdirSync(stack.path("media/xy", folder), { recursive: true });
        writeFileSync(stack.path("media/xy", folder, "film.mp4"), BYTES);
    }
    writeFileSync(stack.path("media/xy/a b/été.mp4"), BYTES);

    viewer = await stack.visitor("viewer");
    editor = await stack.visitor("editor");
}, { timeout });

after(async () => {
    upstream.close();
    upstream.closeAllConnections();
    await stack?.stop();
}, { timeout });


const ask = (path, options) => request(stack.url + path, options);
const byQuery = (path, grant) => ask(`${path}?grant=${grant}`);
const byPath = (path, grant) => ask(`/~${grant}${path}`);

function refused(answer, status, word) {
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.headers["content-type"], /^application\/problem\+json/);
    assert.equal(answer.json.type, `urn:sluice:problem:${word}`);
    assert.equal(answer.json.status, status);
    assert.equal(typeof answer.json.title, "string");
}

function opened(answer) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.text, BYTES);
}


describe("a grant opens its path", { timeout }, () => {
    const carriers = {
        "in the query": (grant) => byQuery(FILE, grant),
        "in the query behind other arguments":
            (grant) => ask(`${FILE}?a=1&grant=${grant}&b=2`),
        "in the path": (grant) => byPath(FILE, grant),
        "in the header Sluice-Grant":
            (grant) => ask(FILE, { headers: { "Sluice-Grant": grant } }),
        "in the cookie sluice_grant": (grant) => ask(FILE,
            { headers: { Cookie: `a=b; sluice_grant=${grant}; c=d` } }),
    };

    for (const [where, send] of Object.entries(carriers)) {
        it(`when it comes ${where}`, async () => {
            opened(await send(mint.grant({ path: FILE })));
        });
    }

    it("when it is for a folder above", async () => {
        opened(await byPath(FILE, mint.grant({ path: "/media/xy/" })));
    });

    it("when a JWT library of another language made it", async () => {
        const secret = Buffer.from(mint.secret.k, "base64url");
        const grant = await new SignJWT({ path: FILE })
            .setProtectedHeader({ alg: "HS256", typ: "grant+jwt",
                                  kid: mint.secret.kid })
            .setExpirationTime("1h").sign(secret);

        opened(await byQuery(FILE, grant));
    });

    it("when sluicectl signed it", async () => {
        const { stdout } = await stack.sluicectl("link", "sign", "--keys",
            stack.path("keys.json"), "--path", FILE, "--expires-in", "60",
            "--url", stack.url, "--json");
        const link = JSON.parse(stdout);

        opened(await request(link.url));
        opened(await request(link.path_url));
    });

    it("when its time has begun", async () => {
        opened(await byQuery(FILE, mint.grant({ path: FILE, nbf: now() - 5 })));
    });

    it("again and again", async () => {
        const grant = mint.grant({ path: FILE });

        for (let times = 0; times < 5; times++) {
            opened(await byQuery(FILE, grant));
        }
    });

    it("for HEAD when it allows GET", async () => {
        const grant = mint.grant({ path: FILE, methods: ["GET"] });
        const answer = await ask(`/~${grant}${FILE}`, { method: "HEAD" });

        assert.equal(answer.status, 200);
        assert.equal(Number(answer.headers["content-length"]), BYTES.length);
    });

    it("with a blank or an accent in it, as URLs spell them", async () => {
        opened(await byQuery("/media/xy/a%20b/film.mp4",
            mint.grant({ path: "/media/xy/a b/film.mp4" })));
        opened(await byPath("/media/xy/a%20b/%C3%A9t%C3%A9.mp4",
            mint.grant({ path: "/media/xy/a b/" })));
    });
});


describe("no credentials", { timeout }, () => {
    it("are answered with 401 and a challenge", async () => {
        const answer = await ask(FILE);

        refused(answer, 401, "unauthenticated");
        assert.equal(answer.headers["www-authenticate"],
            'Bearer realm="sluice"');
    });

    it("are answered the same whether the file is there or not", async () => {
        const there = await ask(FILE);
        const nowhere = await ask("/media/xy/x/nowhere.mp4");

        assert.equal(nowhere.status, there.status);
        assert.equal(nowhere.text, there.text);
    });

    it("are what an access token is where only links open", async () => {
        refused(await ask(FILE, { headers: viewer.headers }), 401,
            "unauthenticated");
    });
});


describe("a tampered grant", { timeout }, () => {
    it("is refused whichever character was changed", async () => {
        const grant = mint.grant({ path: FILE });
        const changed = [...grant].map((letter, at) => grant.slice(0, at)
            + (letter === "A" ? "B" : "A") + grant.slice(at + 1));

        for (let at = 0; at < changed.length; at += 16) {
            await Promise.all(changed.slice(at, at + 16).map(
                async (bad) => refused(await byQuery(FILE, bad), 403,
                    "grant-invalid")));
        }
    });

    it("is refused in every carrier", async () => {
        const bad = mint.grant({ path: FILE }).slice(0, -4) + "AAAA";

        refused(await byPath(FILE, bad), 403, "grant-invalid");
        refused(await ask(FILE, { headers: { "Sluice-Grant": bad } }), 403,
            "grant-invalid");
        refused(await ask(FILE, { headers: { Cookie: `sluice_grant=${bad}` } }),
            403, "grant-invalid");
    });

    const spoilt = {
        "without its signature": (grant) => grant.replace(/[^.]*$/, ""),
        "cut short": (grant) => grant.slice(0, -1),
        "with something behind it": (grant) => `${grant}A`,
        "with a fourth part": (grant) => `${grant}.AAAA`,
        "of two parts": (grant) => grant.split(".").slice(0, 2).join("."),
        "with padding": (grant) => `${grant}=`,
        "with one part of another grant": (grant) => [
            ...mint.grant({ path: "/media/" }).split(".").slice(0, 2),
            grant.split(".")[2]].join("."),
        "that is no token at all": () => "grant",
        "of 5,000 characters": (grant) => `${grant}${"A".repeat(5000)}`,
    };

    for (const [how, spoil] of Object.entries(spoilt)) {
        it(`is refused ${how}`, async () => {
            refused(await byQuery(FILE, spoil(mint.grant({ path: FILE }))), 403,
                "grant-invalid");
        });
    }
});


describe("a grant in time", { timeout }, () => {
    it("is gone when it has expired", async () => {
        refused(await byQuery(FILE, mint.grant({ path: FILE, exp: now() - 1 })),
            410, "grant-expired");
    });

    it("is gone after it opened, once it has expired", async () => {
        const grant = mint.grant({ path: FILE, exp: now() + 3 });

        opened(await byQuery(FILE, grant));
        const answer = await until("the grant expires", async () => {
            const late = await byQuery(FILE, grant);
            return late.status !== 200 && late;
        });
        refused(answer, 410, "grant-expired");
    });

    it("is refused before its time", async () => {
        refused(await byQuery(FILE,
            mint.grant({ path: FILE, nbf: now() + 600 })), 403,
        "grant-not-yet");
    });
});


describe("a grant for one path", { timeout }, () => {
    it("does not open another", async () => {
        refused(await byQuery("/media/xy/xy/film.mp4",
            mint.grant({ path: FILE })), 403, "grant-path");
    });

    it("does not open what only begins like its folder", async () => {
        refused(await byQuery("/media/xy/xy/film.mp4",
            mint.grant({ path: FOLDER })), 403, "grant-path");
        refused(await byQuery("/media/xy/x",
            mint.grant({ path: FOLDER })), 403, "grant-path");
    });

    it("does not open what is below it when it does not end in a slash",
        async () => {
            refused(await byQuery(FILE, mint.grant({ path: "/media/xy/x" })),
                403, "grant-path");
        });

    it("does not open it in capitals", async () => {
        refused(await byQuery("/media/xy/x/FILM.mp4",
            mint.grant({ path: FILE })), 403,
        "grant-path");
    });

    const spellings = [
        "/media/xy/x/../x/film.mp4", "/media/xy/x/../xy/film.mp4",
        "/media/xy/x/..%2fxy/film.mp4", "/media/xy/x/%2e%2e/xy/film.mp4",
        "/media/xy/x/%2E%2E/xy/film.mp4", "/media/xy/x/%2e%2e%2fxy/film.mp4",
        "/media/xy/x/.%2e/xy/film.mp4", "/media/xy/x/./film.mp4",
        "/media/xy/x/%2e/film.mp4", "/media/xy/xy/../x/film.mp4",
        "//media/xy/x/film.mp4", "/media//xy/x/film.mp4",
        "/media/xy/x//film.mp4", "/media/xy/x%2ffilm.mp4",
        "/media/xy/x%2Ffilm.mp4", "/media%2fab/x/film.mp4",
        "/media/xy/x/y/../film.mp4", "/media/xy/x/film%2emp4",
    ];

    for (const spelling of spellings) {
        it(`does not open ${spelling}`, async () => {
            for (const path of [FILE, FOLDER]) {
                const grant = mint.grant({ path });

                refused(await byQuery(spelling, grant), 403, "grant-path");
                refused(await byPath(spelling, grant), 403, "grant-path");
            }
        });
    }

    it("never opens what is above the root", async () => {
        const grant = mint.grant({ path: "/" });

        for (const path of ["/../../../etc/passwd",
                            "/media/../../../../etc/passwd",
                            "/media/%2e%2e/%2e%2e/%2e%2e/etc/passwd"]) {
            assert.equal((await byQuery(path, grant)).status, 400, path);
        }
    });

    it("is not read from the middle of a path", async () => {
        const grant = mint.grant({ path: FILE });

        refused(await ask(`/media/~${grant}/xy/x/film.mp4`), 401,
            "unauthenticated");
    });
});


describe("a grant for one method", { timeout }, () => {
    it("does not open another", async () => {
        const grant = mint.grant({ path: FILE, methods: ["HEAD"] });
        refused(await byQuery(FILE, grant), 403, "grant-method");
    });

    it("is for GET unless it says more", async () => {
        const grant = mint.grant({ path: "/links/a" });
        refused(await ask(`/links/a?grant=${grant}`, { method: "POST" }), 403,
            "grant-method");
    });

    it("opens the methods it names", async () => {
        const grant = mint.grant({ path: "/links/a",
                                   methods: ["POST", "PUT"] });
        const answer = await ask(`/links/a?grant=${grant}`, { method: "PUT" });

        assert.equal(answer.status, 200);
        assert.equal(answer.json.method, "PUT");
    });
});


describe("a token of the wrong kind", { timeout }, () => {
    it("is refused as a link when it is an access token", async () => {
        refused(await byQuery(FILE, viewer.token), 403, "grant-invalid");
        refused(await byPath(FILE, viewer.token), 403, "grant-invalid");
    });

    it("is refused as an access token when it is a grant", async () => {
        const answer = await ask("/api/me", { headers: {
            Authorization: `Bearer ${mint.grant({ path: "/api/me" })}` } });

        refused(answer, 401, "token-invalid");
        assert.match(answer.headers["www-authenticate"],
            /^Bearer realm="sluice".*error="invalid_token"/);
    });

    it("is refused as the cookie of a session when it is a grant", async () => {
        refused(await ask("/api/me", { headers: {
            Cookie: `sluice_session=${mint.grant({ path: "/api/me" })}` } }),
        401, "token-invalid");
    });

    const headers = {
        "alg none": { alg: "none" },
        "alg None": { alg: "None" },
        "another alg": { alg: "HS512" },
        "the alg of an access token": { alg: "ES256" },
        "typ JWT": { typ: "JWT" },
        "no typ": { typ: undefined },
        "the typ of an access token": { typ: "at+jwt" },
        "an unknown kid": { kid: "nobody" },
        "no kid": { kid: undefined },
        "a kid that is a number": { kid: 1 },
        "a critical extension": { crit: ["exp"] },
        "a critical extension that it names": { crit: ["b64"], b64: false },
    };

    for (const [what, header] of Object.entries(headers)) {
        it(`is refused with ${what}`, async () => {
            refused(await byQuery(FILE, mint.grant({ path: FILE }, header)),
                403, "grant-invalid");
        });
    }

    it("is refused with alg none and no signature", async () => {
        const bare = mint.grant({ path: FILE }, { alg: "none" })
            .replace(/[^.]*$/, "");
        refused(await byQuery(FILE, bare), 403, "grant-invalid");
    });

    it("is refused when the public key served as a secret", async () => {
        const publicKey = createPublicKey({ key: mint.ec, format: "jwk" });
        const { kty, crv, x, y } = mint.ec;
        const secrets = [
            publicKey.export({ type: "spki", format: "pem" }),
            publicKey.export({ type: "spki", format: "der" }),
            JSON.stringify({ kty, crv, x, y }),
            Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"),
                           Buffer.from(y, "base64url")]),
        ];

        for (const secret of secrets) {
            for (const kid of [mint.ec.kid, mint.secret.kid]) {
                refused(await byQuery(FILE, token(
                    { alg: "HS256", typ: "grant+jwt", kid },
                    { path: FILE, exp: now() + 60 }, hmac(secret))), 403,
                "grant-invalid");
            }
        }
    });

    it("is refused as an access token when the public key was the secret",
        async () => {
            const secret = createPublicKey({ key: mint.ec, format: "jwk" })
                .export({ type: "spki", format: "pem" });
            const forged = token(
                { alg: "HS256", typ: "at+jwt", kid: mint.ec.kid },
                { iss: stack.url, aud: "sluice", sub: viewer.user.id,
                  sid: viewer.user.id, role: "admin", iat: now(),
                  exp: now() + 60, jti: "x" }, hmac(secret));

            refused(await ask("/api/me",
                { headers: { Authorization: `Bearer ${forged}` } }), 401,
            "token-invalid");
        });
});


describe("a signed grant that says something strange", { timeout }, () => {
    const claims = {
        "a path twice": `{"path":"${FILE}","path":"/media/","exp":9999999999}`,
        "an expiry twice": `{"path":"${FILE}","exp":1,"exp":9999999999}`,
        "no path": { exp: 9999999999 },
        "no expiry": `{"path":"${FILE}"}`,
        "a list of paths": { path: [FILE] },
        "an expiry in words": { path: FILE, exp: "tomorrow" },
        "a path that is not normalized": { path: "/media/xy/../xy/x/film.mp4" },
        "a relative path": { path: "media/xy/x/film.mp4" },
        "no methods at all": { path: FILE, methods: [] },
        "an unknown method": { path: FILE, methods: ["GET", "FETCH"] },
        "something that is not JSON": "path",
        "a list": "[]",
        "somebody else as its audience": { path: FILE, aud: "another" },
    };

    for (const [what, body] of Object.entries(claims)) {
        it(`is refused with ${what}`, async () => {
            refused(await byQuery(FILE, mint.grant(body)), 403,
                "grant-invalid");
        });
    }
});


describe("the access log", { timeout }, () => {
    const lines = () => stack.text("logs/access.log").trim().split("\n")
        .map((line) => JSON.parse(line));
    const lineOf = (mark) => until(`${mark} is in the log`,
        () => lines().find((line) => line.agent === mark));

    it("names the grant by its id", async () => {
        const grant = mint.grant({ path: FILE, jti: "link-of-the-log" });

        await ask(`/~${grant}${FILE}`, { headers: { "User-Agent": "log-1" } });
        const line = await lineOf("log-1");
        assert.equal(line.grant, "link-of-the-log");
        assert.equal(line.uri, FILE);
        assert.equal(line.deny, "");
    });

    const reasons = {
        "unauthenticated": () => null,
        "grant-invalid": () => `${mint.grant({ path: FILE })}A`,
        "grant-expired": () => mint.grant({ path: FILE, exp: 1 }),
        "grant-path": () => mint.grant({ path: "/media/a" }),
        "grant-method": () => mint.grant({ path: FILE, methods: ["PUT"] }),
    };

    for (const [word, make] of Object.entries(reasons)) {
        it(`says why something was refused: ${word}`, async () => {
            const grant = make();
            const mark = `log-${word}`;

            await ask(FILE, { headers: {
                "User-Agent": mark,
                ...(grant ? { "Sluice-Grant": grant } : {}),
            } });
            assert.equal((await lineOf(mark)).deny, word);
        });
    }

    it("names the user", async () => {
        await ask("/app/x", { headers: { ...viewer.headers,
                                         "User-Agent": "log-user" } });
        assert.equal((await lineOf("log-user")).user, viewer.user.id);
    });

    it("and the error log never have a whole grant", async () => {
        const path = "/media/xy/x/nowhere.mp4";
        const grants = ["?", "~", "H", "C"].map(
            (jti) => mint.grant({ path, jti }));
        const proxied = mint.grant({ path: "/dead/" });

        await byQuery(path, grants[0]);
        await byPath(path, grants[1]);
        await byPath("/dead/x", proxied);
        await ask("/dead/x", { headers: { "Sluice-Grant": proxied,
            Referer: `${stack.url}/~${proxied}/dead/` } });
        await ask(path, { headers: { "Sluice-Grant": grants[2] } });
        await ask(path, { headers: { Cookie: `sluice_grant=${grants[3]}`,
                                     "User-Agent": "log-whole" } });
        await lineOf("log-whole");

        for (const name of ["logs/access.log", "logs/error.log"]) {
            const log = stack.text(name);

            assert.ok(log.includes("nowhere.mp4"), name);
            for (const grant of [...grants, proxied]) {
                assert.equal(log.includes(grant.split(".")[2]), false, name);
            }
        }
    });
});


describe("in front of an application, the gate", { timeout }, () => {
    it("lets a grant in and hands on the path without it", async () => {
        const grant = mint.grant({ path: "/app/", jti: "link-1" });
        const answer = await byPath("/app/page?x=1", grant);

        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.url, "/app/page?x=1");
        assert.equal(answer.json.headers["x-grant"], "link-1");
    });

    it("lets a user in and says who it is", async () => {
        const answer = await ask("/app/page", { headers: viewer.headers });

        assert.equal(answer.json.headers["x-user"], viewer.user.id);
        assert.equal(answer.json.headers["x-role"], "viewer");
    });

    it("takes the session's cookie for a user's token", async () => {
        const answer = await ask("/app/page",
            { headers: { Cookie: `sluice_session=${viewer.token}` } });

        assert.equal(answer.json.headers["x-user"], viewer.user.id);
    });

    it("does not let clients say who they are", async () => {
        const answer = await byPath("/app/page", mint.grant({ path: "/app/" }));
        assert.equal(answer.json.headers["x-user"], undefined);
    });

    it("keeps out whoever has neither", async () => {
        refused(await ask("/app/page"), 401, "unauthenticated");
        refused(await byQuery("/app/page", mint.grant({ path: "/app/other" })),
            403, "grant-path");
        refused(await ask("/app/page",
            { headers: { Authorization: "Bearer x" } }), 401, "token-invalid");
    });

    it("hands on a path with encoded characters as the client wrote it",
        async () => {
            const answer = await byPath("/app/a%20b%3Fc?x=%26",
                mint.grant({ path: "/app/" }));
            assert.equal(answer.json.url, "/app/a%20b%3Fc?x=%26");
        });

    it("asks for the role that the location wants", async () => {
        refused(await ask("/staff/", { headers: viewer.headers }), 403,
            "role-too-low");
        assert.equal((await ask("/staff/", { headers: editor.headers })).status,
            200);
    });

    it("is one of the ways in with satisfy any", async () => {
        const grant = mint.grant({ path: "/far/" });

        assert.equal((await byPath("/far/x", grant)).status, 200);

        const refusal = await ask("/far/x");
        assert.equal(refusal.status, 401);
        assert.equal(refusal.headers["www-authenticate"],
            'Bearer realm="sluice"');
        assert.equal((await ask("/near/x")).status, 200);
    });

    it("leaves the answer to the operator's error_page", async () => {
        const answer = await ask("/asked/x");

        assert.equal(answer.status, 200);
        assert.equal(answer.text, "who is it?");
    });
});
