/* Tokens of both kinds as a forger makes them, and the stack that they are sent
   to. */

import assert from "node:assert/strict";
import { sign } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync }
    from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

import { request } from "./client.mjs";
import { startStack } from "./stack.mjs";
import { describe, exchanged, it } from "./test.mjs";
import { hmac, now } from "./token.mjs";

export const FILE = "/media/xy/x/film.mp4";
export const BYTES = "what the gate keeps";

const PAGE = "/app/page";

let stack, folder, workers;


/* Answers {stack, folder}; the folder has the page. `extra` makes text for
   nginx's server block from it. */
export async function startForge(extra = () => "") {
    folder = mkdtempSync("/tmp/sl-conf-");
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "page"), BYTES);

    stack = await startStack({ extra: `
        large_client_header_buffers 4 2m;
        ${extra(folder)}
        location /app/ { sluice_gate user; alias ${folder}/; }` });

    for (const name of ["media/xy/x", "media/xy/y"]) {
        mkdirSync(stack.path(name), { recursive: true });
        writeFileSync(stack.path(name, "film.mp4"), BYTES);
    }
    workers = stack.workers().sort();

    return { stack, folder };
}


export async function stopForge() {
    rmSync(folder, { recursive: true, force: true });
    await stack?.stop();
}


export const base64url = (value) => Buffer.from(value).toString("base64url");
export const json = (value) =>
    typeof value === "string" ? value : JSON.stringify(value);
export const ask = (path, headers = {}) =>
    request(stack.url + path, { headers });
const key = (kty) => stack.keys().find((each) => each.kty === kty);
export const byEc = (secret, format) => (input) => sign("sha256",
    Buffer.from(input), { key: secret, format, dsaEncoding: "ieee-p1363" });

/* Three parts, of which the first two are taken as they are. */
export const sealed = (header, payload, signer) => `${header}.${payload}.${
    base64url(signer(`${header}.${payload}`))}`;
export const made = (header, claims, signer) =>
    sealed(base64url(json(header)), base64url(json(claims)), signer);


/* The two kinds of token: what is in a good one, who signs it, how it is sent,
   and how a bad one is answered. */

export const grant = {
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

export const access = {
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
export const token = (kind, header = {}, claims = {}, signer = kind.signer()) =>
    made({ ...kind.header(), ...header }, { ...kind.claims(), ...claims },
        signer);

export function opened(answer) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.text, BYTES);
}

/* A path that is no carrier leads elsewhere: to the page, for example. */
export function kept(answer, text) {
    assert.notEqual(answer.text, BYTES, text);
}

export function refused(answer, { status, word }) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json?.type, `urn:sluice:problem:${word}`);
}

export const refuses = async (kind, text) =>
    refused(await kind.send(text), kind);

/* Bytes as they are, on a connection of their own; answers {status, text}, and
   status 0 when nginx hangs up without a word. */
export function raw(text, port = stack.port) {
    return new Promise((resolve) => {
        let said = "";
        const socket = connect(port, "127.0.0.1", () => socket.write(text));
        const end = () => {
            const [head, ...body] = said.split("\r\n\r\n");

            exchanged({ method: "raw", url: port, body: text }, said);
            resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0),
                      text: body.join("\r\n\r\n") });
        };

        socket.on("data", (part) => { said += part; });
        socket.on("end", end);
        socket.on("error", end);
    });
}

export const message = ([path, ...headers]) => [
    `GET ${path} HTTP/1.1`, "Host: x", "Connection: close", ...headers, "", "",
].join("\r\n");


/* The last tests of a file. */
export const outlasted = () => describe("after all of this", () => {
    it("nginx's processes are those it began with", () => {
        assert.deepEqual(stack.workers().sort(), workers);
    });

    it("the error log has no alert and nothing worse", () => {
        assert.doesNotMatch(stack.text("logs/error.log"),
            /\[(crit|alert|emerg)\]/);
    });
});
