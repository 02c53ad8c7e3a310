/* Links as clients spell them: names with every character that a path may
   have, and cookies as browsers send them. */

import assert from "node:assert/strict";
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";

import { request } from "../lib/client.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter, now } from "../lib/token.mjs";

const timeout = 120_000;
const FOLDER = "/media/xy/x/";
const NAMES = ["100% live.mp4", "a%2Fb.mp4", "a%2e%2e.mp4", "a\\b.mp4",
               "a#b?c.mp4", "a;b,c=d&e+f.mp4", "~home.mp4", "été.mp4",
               "[a] {b}|c^d`e.mp4", "..a.mp4", "a..mp4", "%", "a'\"b<c>.mp4"];
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" } });

let stack, mint, admin, viewer;


before(async () => {
    stack = await startStack({ extra: (state) => {
        writeFileSync(`${state}/rsa.pem`, rsa.publicKey, { mode: 0o644 });
        return `
        sluice_cloudfront_key KRSA ${state}/rsa.pem;
        location /files/ { alias ${state}/media/xy/x/; sluice_gate grant; }
        location /users/ { alias ${state}/media/xy/x/; sluice_gate user; }
        location /any/ {
            satisfy any; allow 127.0.0.1; deny all;
            alias ${state}/media/xy/x/; sluice_gate user grant;
            add_header X-Who "[$sluice_user]";
        }`;
    } });
    mint = minter(stack.keys());
    admin = await stack.visitor("admin");
    viewer = await stack.visitor("viewer");
    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    for (const name of NAMES.filter((each) => !each.includes("/"))) {
        writeFileSync(stack.path("media/xy/x", name), name);
    }
}, { timeout });

after(() => stack?.stop(), { timeout });


const ask = (path, headers = {}) => request(stack.url + path, { headers });
const encoded = (name) => encodeURIComponent(name);

/* A signed URL with a custom policy, as AWS's SDK makes it. */
function cloudfront(path) {
    const code = (bytes) => Buffer.from(bytes).toString("base64")
        .replaceAll("+", "-").replaceAll("=", "_").replaceAll("/", "~");
    const policy = JSON.stringify({ Statement: [{ Resource: stack.url + path,
        Condition: { DateLessThan: { "AWS:EpochTime": now() + 900 } } }] });

    return `${path}?Policy=${code(policy)}&Signature=${code(sign("sha1",
        Buffer.from(policy), rsa.privateKey))}&Key-Pair-Id=KRSA`;
}


describe("a file that is called", { timeout }, () => {
    for (const name of NAMES) {
        const path = `${FOLDER}${encoded(name)}`;

        it(`${name} opens by a link that was minted for it`, async () => {
            const { json } = await admin.request("POST", "/api/links",
                { json: { path: FOLDER + name } });

            for (const url of [json.url, json.path_url]) {
                const answer = await request(url);
                assert.equal(answer.text, name, url);
            }
        });

        it(`${name} opens by a link for its folder, however it is carried`,
            async () => {
                const grant = mint.grant({ path: FOLDER });

                for (const [where, headers] of [
                    [`/~${grant}${path}`], [`${path}?grant=${grant}`],
                    [path, { "Sluice-Grant": grant }],
                    [path, { Cookie: `sluice_grant=${grant}` }]]) {
                    assert.equal((await ask(where, headers)).text, name);
                }
            });

        it(`${name} opens by CloudFront's link`, async () => {
            assert.equal((await ask(cloudfront(path))).text, name);
        });
    }
});


describe("a link does not open by another spelling", { timeout }, () => {
    for (const rest of ["y/../100%25%20live.mp4", "y%2f..%2fa%5Cb.mp4",
                        "y/%2e%2e/a%5Cb.mp4", "./a%5Cb.mp4", "/a%5Cb.mp4",
                        "y%5C..%5Ca%5Cb.mp4", "y\\..\\a%5Cb.mp4",
                        "..%5Cx%5C100%25%20live.mp4", "a%5Cb%2emp4"]) {
        it(`of dots and slashes: ${rest}`, async () => {
            const grant = mint.grant({ path: FOLDER });
            const { status } = await ask(`/~${grant}${FOLDER}${rest}`);

            assert.ok(status === 403 || status === 400, `${status}`);
        });
    }

    it("with a NUL", async () => {
        const grant = mint.grant({ path: FOLDER });

        assert.equal((await ask(`/~${grant}${FOLDER}a%00`)).status, 400);
    });
});


describe("a cookie", { timeout }, () => {
    const file = `/files/${encoded("été.mp4")}`;
    const good = (claims) => mint.grant({ path: "/files/", jti: randomUUID(),
                                          ...claims });
    const stale = () => good({ exp: now() - 5 });
    const status = async (cookie, path = file) =>
        (await ask(path, { Cookie: cookie })).status;

    it("of a path of its own does not hide the one that is good", async () => {
        assert.equal(await status(`sluice_grant=${stale()}; sluice_grant=${
            good()}`), 200);
        assert.equal(await status(`sluice_grant=${good()}; sluice_grant=${
            stale()}`), 200);
        assert.equal(await status("a=b; sluice_grant=x; sluice_grant=y.y.y; "
            + `sluice_grant=${good({ path: "/other/" })}; sluice_grant=${
                good()}`), 200);
    });

    it("of a session is not hidden either", async () => {
        assert.equal(await status(`sluice_session=old; sluice_session=${
            viewer.token}`, `/users/${encoded("été.mp4")}`), 200);
    });

    it("tells of the first why it does not open", async () => {
        assert.equal(await status(`sluice_grant=${stale()}; sluice_grant=${
            good({ path: "/other/" })}`), 410);
    });

    it("is tried four times, and no more", async () => {
        const old = `sluice_grant=${stale()}; `;

        assert.equal(await status(`${old.repeat(3)}sluice_grant=${good()}`),
            200);
        assert.equal(await status(`${old.repeat(4)}sluice_grant=${good()}`),
            410);
    });

    it("that is counted is counted once, beside one that is used up",
        async () => {
            const used = good({ uses: 1 }), twice = good({ uses: 2 });
            const both = `sluice_grant=${used}; sluice_grant=${twice}`;

            assert.equal(await status(`sluice_grant=${used}`), 200);
            assert.equal(await status(both), 200);
            assert.equal(await status(both), 200);
            assert.equal(await status(both), 410);
        });

    it("may be quoted, with blanks around it", async () => {
        assert.equal(await status(`a=b;  sluice_grant="${good()}" ; c=d`), 200);
        assert.equal(await status(`sluice_grant=${good()} \t; c=d`), 200);
        assert.equal(await status(`sluice_grant=${good()}`), 200);
    });
});


describe("with satisfy any", { timeout }, () => {
    it("a link that was taken back names nobody", async () => {
        const file = `/any/${encoded("été.mp4")}`;
        const jti = `taken-${randomUUID()}`;
        const grant = mint.grant({ path: "/any/", jti, sub: viewer.user.id });
        const who = async () =>
            (await ask(`${file}?grant=${grant}`)).headers["x-who"];

        assert.equal(await who(), `[${viewer.user.id}]`);
        assert.equal((await admin.delete(`/api/links/${jti}`)).status, 204);
        assert.equal(await who(), "[]");
    });
});
