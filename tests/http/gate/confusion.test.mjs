/* Tokens made to be taken for something they are not: RFC 8725, section 2. */

import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { until } from "../lib/client.mjs";
import {
    BYTES, FILE, access, ask, base64url, byEc, grant, json, kept, made, message,
    opened, outlasted, raw, refused, refuses, sealed, startForge, stopForge,
    token,
} from "../lib/forge.mjs";
import { freePort } from "../lib/ports.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { hmac } from "../lib/token.mjs";

const timeout = 120_000;
const ISSUER = "https://id.example";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const attacker = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsaJwk = { ...rsa.publicKey.export({ format: "jwk" }), kid: "rsa-1" };

let stack, folder, web, other, otherPort, asked = 0;


before(async () => {
    /* where an attacker's keys are */
    web = createServer((_, answer) => {
        asked++;
        answer.end(JSON.stringify({ keys: [attackersJwk()] }));
    }).listen(0, "127.0.0.1");
    await once(web, "listening");

    ({ stack, folder } = await startForge((path) => {
        writeFileSync(join(path, "issuer.json"),
            JSON.stringify({ keys: [rsaJwk] }), { mode: 0o644 });
        return `sluice_issuer ${ISSUER} jwks=${path}/issuer.json `
            + "audience=sluice;";
    }));
}, { timeout });

after(async () => {
    web.close();
    web.closeAllConnections();
    await stopForge();
}, { timeout });


const attackersJwk = () => ({
    ...attacker.publicKey.export({ format: "jwk" }), kid: "attacker",
    use: "sig", alg: "ES256" });

/* All ways to write a word in small and large letters. */
const casings = (word) => Array.from({ length: 2 ** word.length }, (_, bits) =>
    [...word].map((letter, at) => bits >> at & 1 ? letter.toUpperCase()
        : letter).join(""));


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

    it("in cookies: the one that is good counts", async () => {
        opened(await ask(FILE, { Cookie:
            `sluice_grant=${good()}; sluice_grant=${forged()}` }));
        opened(await ask(FILE, { Cookie:
            `sluice_grant=${forged()}; sluice_grant=${good()}` }));
        refused(await ask(FILE, { Cookie:
            `sluice_grant=${forged()}; sluice_grant=${forged()}` }), grant);
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
            { path: "/media/xy/y/film.mp4" })].map((text) => text.split("."));
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


outlasted();
