/* Tokens made to be taken for something they are not: RFC 8725, section 2. */

import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes, sign }
    from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync }
    from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { request, until } from "./client.mjs";
import { freePort, startStack } from "./stack.mjs";
import { hmac, now } from "./token.mjs";

const timeout = 120_000;
const FILE = "/media/ab/x/film.mp4";
const PAGE = "/app/page";
const BYTES = "what the gate keeps";
const ISSUER = "https://id.example";
const MAX = 8192;               /* characters of a token: core/jwt.h */
const DEPTH = 32;               /* of its JSON: core/json_strict.h */
const MIB = 2 ** 20;

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const attacker = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsaJwk = { ...rsa.publicKey.export({ format: "jwk" }), kid: "rsa-1" };

let stack, folder, web, other, otherPort, asked = 0, workers;


before(async () => {
    /* where an attacker's keys are */
    web = createServer((_, answer) => {
        asked++;
        answer.end(JSON.stringify({ keys: [attackersJwk()] }));
    }).listen(0, "127.0.0.1");
    await once(web, "listening");

    folder = mkdtempSync("/tmp/sl-conf-");
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "page"), BYTES);
    writeFileSync(join(folder, "issuer.json"),
        JSON.stringify({ keys: [rsaJwk] }), { mode: 0o644 });

    stack = await startStack({ extra: `
        large_client_header_buffers 4 2m;
        sluice_issuer ${ISSUER} jwks=${folder}/issuer.json audience=sluice;
        location /app/ { sluice_gate user; alias ${folder}/; }` });

    for (const name of ["media/ab/x", "media/ab/y"]) {
        mkdirSync(stack.path(name), { recursive: true });
        writeFileSync(stack.path(name, "film.mp4"), BYTES);
    }
    workers = stack.workers().sort();
}, { timeout });

after(async () => {
    web.close();
    web.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
    await stack?.stop();
}, { timeout });


const base64url = (value) => Buffer.from(value).toString("base64url");
const json = (value) =>
    typeof value === "string" ? value : JSON.stringify(value);
const ask = (path, headers = {}) => request(stack.url + path, { headers });
const key = (kty) => stack.keys().find((each) => each.kty === kty);
const byEc = (secret, format) => (input) => sign("sha256",
    Buffer.from(input), { key: secret, format, dsaEncoding: "ieee-p1363" });
const attackersJwk = () => ({
    ...attacker.publicKey.export({ format: "jwk" }), kid: "attacker",
    use: "sig", alg: "ES256" });

/* Three parts, of which the first two are taken as they are. */
const sealed = (header, payload, signer) => `${header}.${payload}.${
    base64url(signer(`${header}.${payload}`))}`;
const made = (header, claims, signer) =>
    sealed(base64url(json(header)), base64url(json(claims)), signer);


/* The two kinds of token: what is in a good one, who signs it, how it is sent,
   and how a bad one is answered. */

const grant = {
    name: "grant",
    path: FILE,
    header: () => ({ alg: "HS256", typ: "grant+jwt", kid: key("oct").kid }),
    claims: () => ({ path: FILE, exp: now() + 600 }),
    signer: () => hmac(Buffer.from(key("oct").k, "base64url")),
    send: (token) => ask(FILE, { "Sluice-Grant": token }),
    carriers: {
        "the path": (token) => [`/~${token}${FILE}`],
        "the query": (token) => [`${FILE}?grant=${token}`],
        "the header": (token) => [FILE, `Sluice-Grant: ${token}`],
        "the cookie": (token) => [FILE, `Cookie: sluice_grant=${token}`],
    },
    status: 403,
    word: "grant-invalid",
};

const access = {
    name: "access token",
    path: PAGE,
    header: () => ({ alg: "ES256", typ: "at+jwt", kid: key("EC").kid }),
    claims: () => ({
        iss: stack.url, aud: "sluice", role: "admin", jti: "x",
        sub: "0190a0a0-0000-7000-8000-000000000001",
        sid: "0190a0a0-0000-7000-8000-000000000002",
        iat: now(), exp: now() + 600,
    }),
    signer: () => byEc(key("EC"), "jwk"),
    send: (token) => ask(PAGE, { Authorization: `Bearer ${token}` }),
    carriers: {
        "Authorization": (token) => [PAGE, `Authorization: Bearer ${token}`],
        "the cookie": (token) => [PAGE, `Cookie: sluice_session=${token}`],
    },
    status: 401,
    word: "token-invalid",
};

/* One of a kind, with other members; undefined takes one away. */
const token = (kind, header = {}, claims = {}, signer = kind.signer()) =>
    made({ ...kind.header(), ...header }, { ...kind.claims(), ...claims },
        signer);

function opened(answer) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.text, BYTES);
}

/* A path that is no carrier leads elsewhere: to the page, for example. */
function kept(answer, text) {
    assert.notEqual(answer.text, BYTES, text);
}

function refused(answer, { status, word }) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json?.type, `urn:sluice:problem:${word}`);
}

const refuses = async (kind, text) => refused(await kind.send(text), kind);

/* All ways to write a word in small and large letters. */
const casings = (word) => Array.from({ length: 2 ** word.length }, (_, bits) =>
    [...word].map((letter, at) => bits >> at & 1 ? letter.toUpperCase()
        : letter).join(""));

/* Bytes as they are, on a connection of their own; answers {status, text}, and
   status 0 when nginx hangs up without a word. */
function raw(text, port = stack.port) {
    return new Promise((resolve) => {
        let said = "";
        const socket = connect(port, "127.0.0.1", () => socket.write(text));
        const end = () => {
            const [head, ...body] = said.split("\r\n\r\n");

            resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0),
                      text: body.join("\r\n\r\n") });
        };

        socket.on("data", (part) => { said += part; });
        socket.on("end", end);
        socket.on("error", end);
    });
}

const message = ([path, ...headers]) => [`GET ${path} HTTP/1.1`, "Host: x",
    "Connection: close", ...headers, "", ""].join("\r\n");


for (const kind of [grant, access]) {
    const kid = () => kind.header().kid;

    describe(`a good ${kind.name}`, { timeout }, () => {
        for (const [where, carry] of Object.entries(kind.carriers)) {
            it(`opens in ${where}`, async () => {
                opened(await raw(message(carry(token(kind)))));
            });
        }
    });

    describe(`a ${kind.name} without a signature`, { timeout }, () => {
        for (const alg of casings("none")) {
            it(`is refused with alg ${alg}`, async () => {
                const signed = token(kind, { alg });
                const [header, payload] = signed.split(".");

                await refuses(kind, signed);
                await refuses(kind, `${header}.${payload}.`);
                await refuses(kind, `${header}.${payload}`);
            });
        }

        for (const alg of ["", " none", "none\t", "NONE\0", null, 0, [], {},
                           ["none"], undefined]) {
            it(`is refused with alg ${JSON.stringify(alg)}`, async () => {
                const signed = token(kind, { alg });

                await refuses(kind, signed);
                await refuses(kind, signed.replace(/[^.]*$/, ""));
            });
        }

        it("is refused with its own alg", async () => {
            await refuses(kind, token(kind).replace(/[^.]*$/, ""));
        });
    });

    describe(`a ${kind.name} signed with a public key as the secret`,
        { timeout }, () => {
            const secrets = {
                "as PEM": () =>
                    rsa.publicKey.export({ type: "spki", format: "pem" }),
                "as PEM without the last line's end": () => rsa.publicKey
                    .export({ type: "spki", format: "pem" }).trimEnd(),
                "as PEM of PKCS #1": () =>
                    rsa.publicKey.export({ type: "pkcs1", format: "pem" }),
                "as DER": () =>
                    rsa.publicKey.export({ type: "spki", format: "der" }),
                "as DER of PKCS #1": () =>
                    rsa.publicKey.export({ type: "pkcs1", format: "der" }),
                "by its modulus": () => Buffer.from(rsaJwk.n, "base64url"),
                "by its modulus in base64url": () => rsaJwk.n,
                "as JWK": () => JSON.stringify(rsaJwk),
            };

            for (const [how, secret] of Object.entries(secrets)) {
                it(`is refused: RSA ${how}`, async () => {
                    for (const name of [rsaJwk.kid, kid()]) {
                        await refuses(kind, token(kind,
                            { alg: "HS256", kid: name }, {}, hmac(secret())));
                    }
                });

                it(`is refused as another issuer's: RSA ${how}`, async () => {
                    for (const typ of ["JWT", "at+jwt", undefined]) {
                        await refuses(kind, token(kind,
                            { alg: "HS256", kid: rsaJwk.kid, typ },
                            { iss: ISSUER }, hmac(secret())));
                    }
                });
            }
        });

    describe(`the kid of a ${kind.name}`, { timeout }, () => {
        const kids = {
            "a path": ["../../../../../../dev/null", ""],
            "a path from the root": ["/dev/null", ""],
            "a URL": ["file:///dev/null", ""],
            "SQL": ["x' union select 'secret", "secret"],
            "SQL that ends a statement": ["'; drop table sluice.users; --", ""],
            "a command": ["$(id)", ""],
            "empty": ["", ""],
            "of 129 characters": ["k".repeat(129), ""],
            "a number": [1, ""],
            "true": [true, ""],
            "null": [null, ""],
            "a list": [["k"], ""],
            "an object": [{ k: "" }, ""],
        };

        for (const [what, [name, secret]] of Object.entries(kids)) {
            it(`opens nothing when it is ${what}`, async () => {
                await refuses(kind, token(kind, { kid: name }));
                await refuses(kind, token(kind, { kid: name }, {},
                    hmac(secret)));
            });
        }

        for (const [what, change] of Object.entries({
            "in a list": (name) => [name],
            "with a NUL and more behind it": (name) => `${name}\0x`,
            "with a blank behind it": (name) => `${name} `,
            "cut short": (name) => name.slice(0, -1),
        })) {
            it(`opens nothing when it is ours ${what}`, async () => {
                await refuses(kind, token(kind, { kid: change(kid()) }));
            });
        }
    });

    describe(`a key that a ${kind.name} brings itself`, { timeout }, () => {
        const url = () => `http://127.0.0.1:${web.address().port}/keys`;
        const members = {
            jku: () => ({ jku: url() }),
            x5u: () => ({ x5u: url() }),
            x5c: () => ({ x5c: [attacker.publicKey
                .export({ type: "spki", format: "der" }).toString("base64")] }),
            x5t: () => ({ x5t: base64url(randomBytes(20)) }),
            jwk: () => ({ jwk: attackersJwk() }),
            "jwk of a secret": () => ({ jwk: { kty: "oct", k: "c2VjcmV0",
                                               kid: kid(), alg: "HS256" } }),
        };

        for (const [what, header] of Object.entries(members)) {
            it(`is not the one it is checked with: ${what}`, async () => {
                const byAttacker = byEc(attacker.privateKey);

                for (const name of [kid(), "attacker"]) {
                    await refuses(kind, token(kind,
                        { ...header(), kid: name }, {}, byAttacker));
                    await refuses(kind, token(kind,
                        { ...header(), kid: name, alg: "ES256" }, {},
                        byAttacker));
                    await refuses(kind, token(kind,
                        { ...header(), kid: name, alg: "HS256" }, {},
                        hmac("secret")));
                }
            });

            it(`changes nothing in what we signed: ${what}`, async () => {
                opened(await kind.send(token(kind, header())));
            });
        }

        it("is not asked for", () => {
            assert.equal(asked, 0);
        });
    });

    describe(`the header of a ${kind.name}`, { timeout }, () => {
        const odd = {
            "an unknown critical extension":
                { crit: ["example"], example: true },
            "a critical extension that is known to nobody here":
                { crit: ["exp"], exp: 9999999999 },
            "an empty list of critical extensions": { crit: [] },
            "a critical extension that is no list": { crit: "exp" },
            "no list of critical extensions but null": { crit: null },
            "b64 false": { b64: false, crit: ["b64"] },
            "b64 false that is not critical": { b64: false },
            "b64 true that is critical": { b64: true, crit: ["b64"] },
            "the typ of the other kind":
                { typ: kind === grant ? "at+jwt" : "grant+jwt" },
            "typ JWT": { typ: "JWT" },
            "an empty typ": { typ: "" },
            "a list as typ": { typ: [kind === grant ? "grant+jwt" : "at+jwt"] },
            "no typ": { typ: undefined },
            "the alg of the other kind":
                { alg: kind === grant ? "ES256" : "HS256" },
            "HS512": { alg: "HS512" },
            "RS256": { alg: "RS256" },
            "its alg in other letters":
                { alg: kind === grant ? "hs256" : "es256" },
        };

        for (const [what, header] of Object.entries(odd)) {
            it(`is refused with ${what}`, async () => {
                await refuses(kind, token(kind, header));
            });
        }

        it("is refused for the other kind's key", async () => {
            const wrong = kind === grant ? access : grant;

            await refuses(kind, token(kind,
                { alg: wrong.header().alg, kid: wrong.header().kid }, {},
                wrong.signer()));
        });

        it("is refused with the unencoded payload of RFC 7797", async () => {
            const header = base64url(json({ ...kind.header(), b64: false }));

            await refuses(kind,
                sealed(header, json(kind.claims()), kind.signer()));
        });
    });

    describe(`a ${kind.name} within another`, { timeout }, () => {
        it("is refused", async () => {
            for (const header of [{ cty: "JWT" }, { cty: "jwt" }, {}]) {
                await refuses(kind, made({ ...kind.header(), ...header },
                    token(kind), kind.signer()));
                await refuses(kind, made({ ...kind.header(), ...header },
                    json(token(kind)), kind.signer()));
            }
        });
    });

    describe(`a ${kind.name} that says something twice`, { timeout }, () => {
        /* {"a":1} and "a":2 make {"a":1,"a":2} */
        const twice = (object, name, value) => json(object).replace(/\}$/,
            `,"${name}":${JSON.stringify(value)}}`);

        for (const name of ["alg", "typ", "kid", "\\u0061lg"]) {
            it(`is refused: ${name} in the header`, async () => {
                const header = kind.header();

                await refuses(kind, made(
                    twice(header, name, header[name] ?? header.alg),
                    kind.claims(), kind.signer()));
            });
        }

        for (const name of ["exp", "path", "role", "iss", "\\u0065xp"]) {
            it(`is refused: ${name} in the claims`, async () => {
                const claims = { role: "admin", iss: stack.url, path: FILE,
                                 ...kind.claims() };

                await refuses(kind, made(kind.header(),
                    twice(claims, name, claims[name] ?? claims.exp),
                    kind.signer()));
            });
        }
    });

    describe(`the base64url of a ${kind.name}`, { timeout }, () => {
        /* a text whose base64url has '-', '_' and bits to spare */
        const text = (value) => {
            const odd = json({ ...value, zz: "~~~???>>>~" });
            const spare = " ".repeat((4 - Buffer.byteLength(odd) % 3) % 3);

            return base64url(odd + spare);
        };
        const changes = {
            "padding": (part) => `${part}=`,
            "all of its padding": (part) =>
                part + "=".repeat((4 - part.length % 4) % 4),
            "two signs of padding in front": (part) => `==${part}`,
            "stray bits": (part) => part.slice(0, -1)
                + (part.endsWith("A") ? "B" : String.fromCharCode(
                    part.charCodeAt(part.length - 1) + 1)),
            "a blank in it": (part) => `${part.slice(0, 9)} ${part.slice(9)}`,
            "a blank behind it": (part) => `${part} `,
            "a tab in it": (part) => `${part.slice(0, 9)}\t${part.slice(9)}`,
            "'+' for '-'": (part) => part.replaceAll("-", "+"),
            "'/' for '_'": (part) => part.replaceAll("_", "/"),
            "one character more": (part) => `${part}A`,
            "nothing in it": () => "",
        };

        for (const [what, change] of Object.entries(changes)) {
            it(`is refused with ${what} in the header`, async () => {
                const header = change(text(kind.header()));

                await refuses(kind, sealed(header, base64url(json(
                    kind.claims())), kind.signer()));
            });

            it(`is refused with ${what} in the claims`, async () => {
                const claims = change(text(kind.claims()));

                await refuses(kind, sealed(base64url(json(kind.header())),
                    claims, kind.signer()));
            });

            it(`is refused with ${what} in the signature`, async () => {
                let good;

                /* until all that a change looks for is in it */
                do {
                    good = token(kind, { n: randomBytes(6).toString("hex") });
                } while (!["-", "_"].every((sign) =>
                    good.split(".")[2].includes(sign)) || good.endsWith("A"));

                const at = good.lastIndexOf(".") + 1;
                const bad = good.slice(0, at) + change(good.slice(at));

                opened(await kind.send(good));
                if (bad.trimEnd() === good) {
                    return;    /* blanks around a header's value are none */
                }
                await refuses(kind, bad);
            });
        }

        it("is read with '-' and '_'", async () => {
            opened(await kind.send(sealed(text(kind.header()),
                text(kind.claims()), kind.signer())));
        });

        for (const part of ["", ".", "..", "...", "a", "a.b", "a.b.c.d",
                            ".".repeat(8000)]) {
            it(`is refused: ${JSON.stringify(part.slice(0, 9))}`, async () => {
                /* an empty one is none at all where only blanks are left */
                refused(await kind.send(part || ".."), kind);
            });
        }
    });

    describe(`the size of a ${kind.name}`, { timeout }, () => {
        /* one of so many characters; its header takes what base64url cannot */
        function sized(length) {
            for (let odd = 0; odd < 4; odd++) {
                const header = { n: "n".repeat(odd) };
                const bare = token(kind, header, { x: "" }).length;
                const about = Math.floor((length - bare) * 3 / 4);

                for (let fill = about - 3; fill < about + 4; fill++) {
                    const text = token(kind, header, { x: "x".repeat(fill) });

                    if (text.length === length) {
                        return text;
                    }
                }
            }
        }

        it(`may be ${MAX} characters`, async () => {
            opened(await kind.send(sized(MAX)));
        });

        it(`may not be ${MAX + 1}`, async () => {
            await refuses(kind, sized(MAX + 1));
        });

        for (const [where, carry] of Object.entries(kind.carriers)) {
            it(`of 1 MiB is refused in ${where}, and no more`, async () => {
                for (const text of [
                    token(kind, {}, { x: "x".repeat(MIB) }),
                    `${token(kind)}${"A".repeat(MIB)}`,
                    `${".".repeat(MIB)}`,
                    "A".repeat(MIB),
                ]) {
                    kept(await raw(message(carry(text))));
                    opened(await kind.send(token(kind)));
                }
            });
        }
    });

    describe(`the depth of a ${kind.name}`, { timeout }, () => {
        const deep = (levels, open = "[", close = "]") =>
            open.repeat(levels) + close.repeat(levels);
        const within = (object, text) =>
            json(object).replace(/\}$/, `,"x":${text}}`);
        const objects = (levels) => `${'{"x":'.repeat(levels)}0${
            "}".repeat(levels)}`;

        it(`may be ${DEPTH}`, async () => {
            opened(await kind.send(made(
                within(kind.header(), deep(DEPTH - 1)),
                within(kind.claims(), deep(DEPTH - 1)), kind.signer())));
        });

        for (const [what, text] of Object.entries({
            [`${DEPTH + 1}`]: deep(DEPTH),
            "2,000": deep(2000),
            "500 objects": objects(500),
            "10,000": deep(10_000),
            "10,000 objects": objects(10_000),
            "4,000 that nothing closes": "[".repeat(4000),
        })) {
            it(`may not be ${what} in the header`, async () => {
                await refuses(kind, made(within(kind.header(), text),
                    kind.claims(), kind.signer()));
            });

            it(`may not be ${what} in the claims`, async () => {
                await refuses(kind, made(kind.header(),
                    within(kind.claims(), text), kind.signer()));
            });
        }
    });

    describe(`bytes that are no characters in a ${kind.name}`, { timeout },
        () => {
            const inserts = ["\0", "\n", "\r", "%00", "%0a", "%0d%0a", "\x7f",
                             "\xff", "%", "%2"];

            for (const [where, carry] of Object.entries(kind.carriers)) {
                it(`open nothing in ${where}`, async () => {
                    const good = token(kind);

                    for (const insert of inserts) {
                        for (const at of [0, 9, good.length]) {
                            const bad = good.slice(0, at) + insert
                                + good.slice(at);

                            /* a line's end behind a header's value is one */
                            if (at === good.length && /[\r\n]$/.test(insert)) {
                                continue;
                            }
                            kept(await raw(Buffer.from(message(carry(bad)),
                                "latin1")), JSON.stringify([insert, at]));
                        }
                    }
                });
            }

            it("open nothing within its JSON", async () => {
                for (const odd of ["\0", "\x01", "\xff"]) {
                    const claims = Buffer.from(json(kind.claims())
                        .replace("{", `{"x":"${odd}",`), "latin1");

                    await refuses(kind, sealed(base64url(json(kind.header())),
                        base64url(claims), kind.signer()));
                }
                await refuses(kind, made(kind.header(),
                    json(kind.claims()).replace("{", '{"x":"\\u0000",'),
                    kind.signer()));
            });
        });
}


describe("two grants in one request", { timeout }, () => {
    const good = () => token(grant, { n: 1 });
    const forged = () => token(grant, { n: 2 }, {}, hmac("x"));

    it("in the header: the first counts", async () => {
        const send = (...tokens) => raw(message([FILE,
            ...tokens.map((text) => `Sluice-Grant: ${text}`)]));

        opened(await send(good(), forged()));
        kept(await send(forged(), good()));
    });

    it("in the query: the first counts", async () => {
        opened(await ask(`${FILE}?grant=${good()}&grant=${forged()}`));
        refused(await ask(`${FILE}?grant=${forged()}&grant=${good()}`), grant);
    });

    it("in cookies: the first counts", async () => {
        opened(await ask(FILE, { Cookie:
            `sluice_grant=${good()}; sluice_grant=${forged()}` }));
        refused(await ask(FILE, { Cookie:
            `sluice_grant=${forged()}; sluice_grant=${good()}` }), grant);
    });

    it("in path and query: that of the path counts", async () => {
        opened(await ask(`/~${good()}${FILE}?grant=${forged()}`));
        refused(await ask(`/~${forged()}${FILE}?grant=${good()}`), grant);
    });

    it("in query and header: that of the query counts", async () => {
        opened(await ask(`${FILE}?grant=${good()}`,
            { "Sluice-Grant": forged() }));
        refused(await ask(`${FILE}?grant=${forged()}`,
            { "Sluice-Grant": good() }), grant);
    });

    it("in the path, one in the other: neither opens", async () => {
        kept(await ask(`/~${good()}/~${good()}${FILE}`));
    });

    it("that share a signature are two", async () => {
        const [first, second] = [good(), token(grant, { n: 1 },
            { path: "/media/ab/y/film.mp4" })].map((text) => text.split("."));
        const spliced = [second[0], second[1], first[2]].join(".");

        /* in every process's table */
        for (let times = 0; times < 12; times++) {
            opened(await grant.send(first.join(".")));
        }
        for (let times = 0; times < 12; times++) {
            refused(await grant.send(spliced), grant);
        }
    });
});


describe("another server of the same nginx, with keys of its own",
    { timeout }, () => {
        let first;

        before(async () => {
            otherPort = await freePort();
            await stack.asServer(stack.path("bin/sluicectl"), "keys", "init",
                stack.path("other.json"));
            other = await stack.secondNginx((text) => text.replace(
                /\}\s*$/, `server {
                    listen 127.0.0.1:${otherPort};
                    sluice_keys ${stack.path("other.json")};
                    sluice_public_url ${stack.url};
                    location /media/ { root ${stack.state};
                                       sluice_gate grant; }
                    location /app/ { alias ${folder}/; sluice_gate user; }
                }\n}`));
            first = other.workers().sort();
        }, { timeout });

        for (const kind of [grant, access]) {
            it(`refuses a ${kind.name} that opened at the first`, async () => {
                const text = token(kind);
                const [, carry] = Object.entries(kind.carriers)[0];

                await until("it opens at the first", async () =>
                    (await raw(message(carry(text)), other.port)).text
                        === BYTES);
                for (let times = 0; times < 8; times++) {
                    assert.equal((await raw(message(carry(text)), otherPort))
                        .status, kind.status);
                }
            });

            it(`refuses a ${kind.name} of the first's kid and its own secret`,
                async () => {
                    const keys = JSON.parse(stack.text("other.json")).keys;
                    const own = keys.find(({ kty }) => kty
                        === (kind === grant ? "oct" : "EC"));
                    const signer = kind === grant
                        ? hmac(Buffer.from(own.k, "base64url"))
                        : byEc(own, "jwk");
                    const [, carry] = Object.entries(kind.carriers)[0];

                    assert.equal((await raw(message(carry(
                        token(kind, {}, {}, signer))), otherPort)).status,
                    kind.status);
                    opened(await raw(message(carry(
                        token(kind, { kid: own.kid }, {}, signer))),
                    otherPort));
                });
        }

        it("is served by the processes it began with", () => {
            assert.deepEqual(other.workers().sort(), first);
        });
    });


describe("after all of this", { timeout }, () => {
    it("nginx's processes are those it began with", () => {
        assert.deepEqual(stack.workers().sort(), workers);
    });

    it("the error log has no alert and nothing worse", () => {
        assert.doesNotMatch(stack.text("logs/error.log"),
            /\[(crit|alert|emerg)\]/);
    });
});
