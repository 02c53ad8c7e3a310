/* sluicectl token and keys, with jose as the second opinion both ways. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
    chmodSync, lstatSync, mkdtempSync, readFileSync, rmSync, statSync,
    symlinkSync, writeFileSync,
} from "node:fs";
import { join } from "node:path";

import {
    CompactSign, SignJWT, base64url, compactVerify, exportJWK, generateKeyPair,
    importJWK, jwtVerify,
} from "jose";

import { TOP } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { hmac, now, token } from "../lib/token.mjs";

const SLUICECTL = join(TOP, "build/sluicectl");
const PAIRS = ["ES256", "ES384", "EdDSA", "RS256", "RS384", "RS512", "PS256"];

let folder, pairs;


before(async () => {
    folder = mkdtempSync("/tmp/sl-jose-");
    pairs = new Map(await Promise.all(PAIRS.map(async (alg) => [
        alg, await generateKeyPair(alg, { extractable: true }),
    ])));
});

after(() => rmSync(folder, { recursive: true, force: true }));


/* Answers {status, stdout, stderr}; stdout is a Buffer. */
function sluicectl(words, input = "") {
    const { status, stdout, stderr } = spawnSync(SLUICECTL, words, {
        input, env: { PATH: process.env.PATH },
    });

    return { status, stdout, stderr: stderr.toString() };
}


function file(name, keys) {
    const path = join(folder, name);

    writeFileSync(path, JSON.stringify({ keys }), { mode: 0o600 });
    return path;
}


const verify = (jwks, jwt, ...words) =>
    sluicectl(["token", "verify", "--jwks", jwks, ...words], jwt);


/* A file with one public key, and what signs with it. */
async function published(alg, members = {}) {
    const { publicKey, privateKey } = pairs.get(alg);
    const jwk = { ...await exportJWK(publicKey), kid: "one", ...members };

    return { jwks: file(`${alg}.json`, [jwk]), jwk, privateKey };
}


const sign = (alg, key, claims = {}, header = {}) =>
    new SignJWT({ path: "/a", exp: now() + 600, ...claims })
        .setProtectedHeader({ alg, kid: "one", ...header }).sign(key);


function refused(answer, why) {
    assert.equal(answer.status, 1, answer.stderr);
    assert.match(answer.stderr, why);
    assert.equal(answer.stdout.length, 0);
}


describe("what jose signs is verified", () => {
    for (const alg of PAIRS) {
        it(`with ${alg}`, async () => {
            const { jwks, privateKey } = await published(alg, { alg });
            const answer = verify(jwks, await sign(alg, privateKey));

            assert.equal(answer.status, 0, answer.stderr);
            assert.equal(JSON.parse(answer.stdout).path, "/a");
        });

        it(`with ${alg}, but not when it was changed`, async () => {
            const { jwks, privateKey } = await published(alg, { alg });
            const [header, , signature] = (await sign(alg, privateKey))
                .split(".");
            const claims = base64url.encode('{"path":"/b"}');

            refused(verify(jwks, `${header}.${claims}.${signature}`),
                    /bad_signature/);
        });

        it(`with ${alg}, but not by another key`, async () => {
            const { jwks } = await published(alg);
            const { privateKey } = await generateKeyPair(alg);

            refused(verify(jwks, await sign(alg, privateKey)),
                    /bad_signature/);
        });
    }

    it("with HS256", async () => {
        const secret = Buffer.alloc(32, 7);
        const jwks = file("oct.json", [
            { kty: "oct", kid: "one", k: base64url.encode(secret) },
        ]);

        assert.equal(verify(jwks, await sign("HS256", secret)).status, 0);
    });

    it("when the key file has private halves", async () => {
        const { privateKey } = pairs.get("ES256");
        const jwks = file("private.json", [
            { ...await exportJWK(privateKey), kid: "one" },
        ]);

        assert.equal(verify(jwks, await sign("ES256", privateKey)).status, 0);
    });

    it("when neither token nor keys have a kid", async () => {
        const { privateKey } = pairs.get("ES256");
        const jwks = file("nameless.json", await Promise.all(
            [...pairs.values()].map((pair) => exportJWK(pair.publicKey))));
        const jwt = await sign("ES256", privateKey, {}, { kid: undefined });

        assert.equal(verify(jwks, jwt).status, 0);
    });
});


describe("token verify", () => {
    it("takes off the newline behind the token", async () => {
        const { jwks, privateKey } = await published("ES256");
        const jwt = await sign("ES256", privateKey);

        assert.equal(verify(jwks, `${jwt}\n`).status, 0);
        refused(verify(jwks, `${jwt}\n\n`), /malformed/);
        refused(verify(jwks, ` ${jwt}`), /malformed/);
    });

    it("refuses what is over, and what has not begun", async () => {
        const { jwks, privateKey } = await published("ES256");
        const signed = (claims) => sign("ES256", privateKey, claims);

        refused(verify(jwks, await signed({ exp: now() })), /expired/);
        refused(verify(jwks, await signed({ nbf: now() + 300 })),
                /not_yet_valid/);
        assert.equal(verify(jwks, await signed({ nbf: now() })).status, 0);
    });

    it("refuses a time that is none", async () => {
        const { jwks, privateKey } = await published("ES256");

        refused(verify(jwks, await sign("ES256", privateKey, { nbf: "soon" })),
                /no time/);
    });

    it("takes a token without times", async () => {
        const { jwks, privateKey } = await published("ES256");

        assert.equal(verify(jwks, await sign("ES256", privateKey, {
            exp: undefined,
        })).status, 0);
    });

    it("refuses claims that are no object", async () => {
        const { jwks, privateKey } = await published("ES256");
        const jws = await new CompactSign(Buffer.from("[1]"))
            .setProtectedHeader({ alg: "ES256", kid: "one" }).sign(privateKey);

        refused(verify(jwks, jws), /malformed/);
    });

    it("--raw writes the payload byte by byte, whatever it is", async () => {
        const { jwks, privateKey } = await published("ES256");

        for (const payload of [Buffer.from([0, 255, 10, 13, 0]),
                               Buffer.from(""), Buffer.from("[1]")]) {
            const jws = await new CompactSign(payload)
                .setProtectedHeader({ alg: "ES256", kid: "one" })
                .sign(privateKey);
            const answer = verify(jwks, jws, "--raw");

            assert.equal(answer.status, 0, answer.stderr);
            assert.deepEqual(answer.stdout, payload);
        }
    });

    it("--raw does not look at times", async () => {
        const { jwks, privateKey } = await published("ES256");
        const jwt = await sign("ES256", privateKey, { exp: 1 });

        assert.equal(verify(jwks, jwt, "--raw").status, 0);
    });

    it("refuses a mebibyte", async () => {
        const { jwks } = await published("ES256");

        refused(verify(jwks, "A".repeat(1 << 20)), /too_long/);
        refused(verify(jwks, "A".repeat(1 << 20), "--raw"), /too_long/);
    });

    it("refuses a public key used as a secret", async () => {
        const { jwks, jwk } = await published("RS256");
        const pem = Buffer.from(JSON.stringify(jwk));

        for (const secret of [pem, base64url.decode(jwk.n)]) {
            refused(verify(jwks, token({ alg: "HS256", kid: "one" },
                                       { path: "/" }, hmac(secret))),
                    /wrong_type/);
        }
    });

    it("refuses alg none", async () => {
        const { jwks } = await published("RS256");

        for (const alg of ["none", "None", "nOnE", "NONE"]) {
            refused(verify(jwks, token({ alg, kid: "one" }, { path: "/" },
                                       () => Buffer.alloc(0))),
                    /wrong_type/);
        }
    });

    it("refuses a key that the token brings along", async () => {
        const { jwks } = await published("ES256");
        const { publicKey, privateKey } = await generateKeyPair("ES256", {
            extractable: true,
        });
        const jwk = await exportJWK(publicKey);

        refused(verify(jwks, await sign("ES256", privateKey, {}, { jwk })),
                /bad_signature/);
        refused(verify(jwks, await sign("ES256", privateKey, {}, {
            jwk, kid: "two",
        })), /unknown_key/);
    });

    it("refuses a set with a reason", () => {
        const n = base64url.encode(Buffer.alloc(128, 0xff));
        const jwks = file("weak.json", [{ kty: "RSA", n, e: "AQAB" }]);

        refused(verify(jwks, "a.b.c"), /2048/);
        refused(verify(join(folder, "missing.json"), "a.b.c"), /No such file/);
    });

    it("ends with 2 when the command line is wrong", () => {
        assert.equal(sluicectl(["token", "verify"]).status, 2);
        assert.equal(sluicectl(["token", "verify", "--jwks"]).status, 2);
        assert.equal(sluicectl(["token", "check"]).status, 2);
    });
});


/* A new set of our own, and its keys. */
function ownSet(name, ...words) {
    const path = join(folder, name);
    const { status, stderr } = sluicectl(["keys", "init", ...words, path]);

    assert.equal(status, 0, stderr);
    return path;
}

const keysOf = (path) => JSON.parse(readFileSync(path)).keys;


/* A grant as text. */
function link(path) {
    const { status, stdout, stderr } = sluicectl([
        "link", "sign", "--keys", path, "--path", "/a/", "--json",
    ]);

    assert.equal(status, 0, stderr);
    return JSON.parse(stdout).grant;
}


describe("what sluicectl makes, jose takes", () => {
    it("a link", async () => {
        const path = ownSet("link.json");
        const secret = await importJWK(keysOf(path)[0]);
        const { payload, protectedHeader } = await jwtVerify(link(path), secret,
            { typ: "grant+jwt", algorithms: ["HS256"] });

        assert.equal(payload.path, "/a/");
        assert.equal(protectedHeader.kid, keysOf(path)[0].kid);
    });

    for (const alg of ["ES256", "EdDSA"]) {
        it(`a key for access tokens with ${alg}`, async () => {
            const path = ownSet(`${alg}-own.json`, "--alg", alg);
            const { d, ...publicHalf } = keysOf(path)[1];
            const jws = await new CompactSign(Buffer.from("{}"))
                .setProtectedHeader({ alg, kid: publicHalf.kid })
                .sign(await importJWK({ ...publicHalf, d }));

            await compactVerify(jws, await importJWK(publicHalf));
            assert.equal(verify(path, jws).status, 0);
        });
    }
});


describe("keys rotate", () => {
    it("puts new keys in front, and tells their kids", () => {
        const path = ownSet("rotate.json");
        const old = keysOf(path);
        const { status, stdout, stderr } = sluicectl([
            "keys", "rotate", "--keys", path, "--json",
        ]);
        const fresh = keysOf(path);

        assert.equal(status, 0, stderr);
        assert.deepEqual(fresh.slice(2), old);
        assert.deepEqual(JSON.parse(stdout).map(({ kid }) => kid),
                         fresh.slice(0, 2).map(({ kid }) => kid));
    });

    it("leaves old links good, and signs new ones with the new key", () => {
        const path = ownSet("hold.json");
        const before = link(path);

        sluicectl(["keys", "rotate", path]);
        const after = link(path);

        assert.equal(verify(path, before).status, 0);
        assert.equal(verify(path, after).status, 0);
        assert.notEqual(before.split(".")[0], after.split(".")[0]);
    });

    it("keeps the file to its owner, and a symbolic link a link", () => {
        const path = ownSet("target.json");
        const name = join(folder, "name.json");

        symlinkSync(path, name);
        assert.equal(sluicectl(["keys", "rotate", name]).status, 0);
        assert.ok(lstatSync(name).isSymbolicLink());
        assert.equal(statSync(path).mode & 0o777, 0o600);
        assert.equal(keysOf(path).length, 4);
    });

    it("leaves a bad set as it is", () => {
        const path = file("bad.json", [{ kty: "oct" }]);
        const text = readFileSync(path, "utf8");

        refused(sluicectl(["keys", "rotate", path]), /"kid" is missing/);
        assert.equal(readFileSync(path, "utf8"), text);
        assert.throws(() => statSync(`${path}.new`));
    });

    it("leaves a set that others may read as it is", () => {
        const path = ownSet("open.json");

        chmodSync(path, 0o644);
        refused(sluicectl(["keys", "rotate", path]), /chmod 600/);
        assert.equal(keysOf(path).length, 2);
    });

    it("gives way to a change that is under way", () => {
        const path = ownSet("busy.json");

        writeFileSync(`${path}.new`, "");
        refused(sluicectl(["keys", "rotate", path]), /another change/);
        assert.equal(keysOf(path).length, 2);
        assert.equal(readFileSync(`${path}.new`, "utf8"), "");
    });
});


describe("keys add", () => {
    it("puts new keys behind, which verify and do not sign", () => {
        const path = ownSet("add.json");
        const old = keysOf(path);
        const before = link(path);
        const { status, stdout, stderr } = sluicectl([
            "keys", "add", path, "--json",
        ]);

        assert.equal(status, 0, stderr);
        assert.deepEqual(keysOf(path).slice(0, 2), old);
        assert.deepEqual(JSON.parse(stdout).map(({ signs }) => signs),
                         [true, true, false, false]);
        assert.equal(link(path).split(".")[0], before.split(".")[0]);
    });
});


describe("keys promote", () => {
    it("lets the keys sign that were added", () => {
        const path = ownSet("promote.json");

        sluicectl(["keys", "add", path]);
        const waiting = keysOf(path).slice(2).map(({ kid }) => kid);
        const before = link(path);
        const { status, stdout, stderr } = sluicectl([
            "keys", "promote", path, "--json",
        ]);

        assert.equal(status, 0, stderr);
        assert.deepEqual(JSON.parse(stdout).filter(({ signs }) => signs)
            .map(({ kid }) => kid).sort(), waiting.sort());
        assert.notEqual(link(path).split(".")[0], before.split(".")[0]);
        assert.equal(verify(path, before).status, 0);
    });

    it("does nothing where no key waits", () => {
        const path = ownSet("no-key-waits.json");
        const old = keysOf(path);

        refused(sluicectl(["keys", "promote", path]), /no key waits/);
        assert.deepEqual(keysOf(path), old);
    });
});


describe("keys remove", () => {
    it("ends the links of a key", () => {
        const path = ownSet("remove.json");
        const [{ kid }] = keysOf(path);
        const before = link(path);

        sluicectl(["keys", "rotate", path]);
        assert.equal(sluicectl(["keys", "remove", "--keys", path, kid]).status,
                     0);
        refused(verify(path, before), /unknown_key/);
        assert.equal(keysOf(path).length, 3);
    });

    it("keeps the only key that signs", () => {
        const path = ownSet("last.json");
        const [{ kid }] = keysOf(path);

        refused(sluicectl(["keys", "remove", "--keys", path, kid]),
                /rotate first/);
        assert.equal(keysOf(path).length, 2);
    });

    it("tells a key that is not there", () => {
        const path = ownSet("no-such-key.json");

        refused(sluicectl(["keys", "remove", "--keys", path, "x"]),
                /no key "x"/);
    });
});


describe("keys list", () => {
    it("tells which key signs what, and no secret", () => {
        const path = ownSet("list.json", "--alg", "EdDSA");

        sluicectl(["keys", "rotate", path]);
        const { stdout } = sluicectl(["keys", "list", "--keys", path,
                                      "--json"]);

        assert.deepEqual(
            JSON.parse(stdout).map(({ kid, ...row }) => row),
            [true, true, false, false].map((signs, i) => ({
                alg: ["HS256", "EdDSA"][i % 2],
                use: ["grants", "access tokens"][i % 2], signs,
            })));
        for (const { k, d } of keysOf(path)) {
            assert.ok(!stdout.includes(k ?? d));
        }
    });
});
