/* web/openapi.json describes the API as it is: every answer fits its schema. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import Ajv from "ajv/dist/2020.js";
import formats from "ajv-formats";

import { request } from "../lib/client.mjs";
import { fresh, pdf } from "../lib/files.mjs";
import { TOP, startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { codeOf, enrol } from "../lib/totp.mjs";

const timeout = 90_000;
const NOBODY = "01890000-0000-7000-8000-000000000000";
const file = join(TOP, "web/openapi.json");
const openapi = JSON.parse(readFileSync(file));

const ajv = formats(new Ajv({ strict: false, allErrors: true }));
ajv.addSchema(openapi, "openapi");

let stack, user, media;


before(async () => {
    stack = await startStack();
    user = await stack.visitor("viewer");
    media = await user.bring(score, "score.pdf");
    media = await user.settled(media.id);
}, { timeout });

after(() => stack?.stop(), { timeout });


function pointer(...parts) {
    return parts.map((part) =>
        String(part).replaceAll("~", "~0").replaceAll("/", "~1"))
        .map(encodeURIComponent).join("/");
}

/* The description of an answer, and where it stands. */
function described(path, method, status) {
    const parts = ["paths", path, method, "responses", String(status)];
    let answer = parts.reduce((at, part) => at?.[part], openapi);

    assert.ok(answer, `${method} ${path} ${status} is not described`);
    if (answer.$ref) {
        parts.splice(0, parts.length, ...answer.$ref.slice(2).split("/"));
        answer = parts.reduce((at, part) => at[part], openapi);
    }
    return { answer, parts };
}

function fits(answer, path, method) {
    const { answer: expected, parts } =
        described(path, method, answer.status);
    const [type] = (answer.headers["content-type"] ?? "").split(";");

    for (const header of Object.keys(expected.headers ?? {})) {
        assert.ok(answer.headers[header.toLowerCase()],
                  `${method} ${path} ${answer.status} lacks ${header}`);
    }
    if (!expected.content) {
        return;
    }

    assert.ok(expected.content[type], `${type} is not described`);
    const place = pointer(...parts, "content", type, "schema");
    const valid = ajv.validate({ $ref: `openapi#/${place}` }, answer.json);
    assert.ok(valid, `${method} ${path} ${answer.status}: `
                     + ajv.errorsText() + answer.text);
}


const id = () => media.id;

const attached = async () => (await user.media(id())).attachments.at(-1).id;

const score = pdf();
const TUS = { "Tus-Resumable": "1.0.0", "Upload-Length": "9",
              "Upload-Offset": "0",
              "Content-Type": "application/offset+octet-stream" };

/* Someone who has an authenticator, and his sign-in. */
const holder = async () => {
    const client = await stack.visitor("viewer");

    return { client, ...await enrol(client) };
};
const halfWay = ({ client }) => request(`${stack.url}/api/sessions`, {
    method: "POST", json: { email: client.user.email,
                            password: client.password } });
const goOn = async (one) => request(`${stack.url}/api/sessions/challenge`, {
    method: "POST", json: { challenge: (await halfWay(one)).json.challenge,
                            code: codeOf(one.secret, 1) } });

/* Somebody who may do everything, and a key that he makes. */
let who;
const admin = () => (who ??= stack.visitor("admin"));
const key = async (members) => (await admin()).request("POST", "/api/keys",
    { json: { name: "a name", scopes: ["media:read"], ...members } });

const change = async (json, one = user) => (await admin()).request("PATCH",
    `/api/accounts/${one.user.id}`, { json });

/* A fresh tus upload's path. */
const begun = () => user.request("POST", "/api/uploads", { headers: TUS })
    .then(({ headers }) => headers.location);

/* [name, path as described, method, how to ask, the status that comes] */
const cases = [
    ["the user", "/api/me", "get", () => user.get("/api/me"), 200],
    ["a sign-in", "/api/sessions", "post",
     () => request(`${stack.url}/api/sessions`, { method: "POST", json: {
         email: user.user.email, password: user.password } }), 201],
    ["showing again who one is", "/api/sessions/current/authenticate", "post",
     () => user.request("POST", "/api/sessions/current/authenticate",
         { json: { password: user.password } }), 200],
    ["an authenticator that begins", "/api/me/totp", "post",
     () => user.request("POST", "/api/me/totp"), 201],
    ["an authenticator that is confirmed", "/api/me/totp/confirm", "post",
     async () => (await holder()).answer, 200],
    ["an authenticator that nobody began", "/api/me/totp/confirm", "post",
     async () => (await holder()).client.request("POST",
         "/api/me/totp/confirm", { json: { code: "123456" } }), 409],
    ["a sign-in half way", "/api/sessions", "post",
     async () => halfWay(await holder()), 401],
    ["a sign-in that goes on", "/api/sessions/challenge", "post",
     async () => goOn(await holder()), 201],
    ["a sign-in that is over", "/api/sessions/challenge", "post",
     () => request(`${stack.url}/api/sessions/challenge`, { method: "POST",
         json: { challenge: "x" } }), 401],
    ["new recovery codes", "/api/me/recovery-codes", "post",
     async () => (await holder()).client.request("POST",
         "/api/me/recovery-codes"), 201],
    ["recovery codes of nobody", "/api/me/recovery-codes", "post",
     () => user.request("POST", "/api/me/recovery-codes"), 409],
    ["the end of an authenticator", "/api/me/totp", "delete",
     async () => (await holder()).client.delete("/api/me/totp"), 204],
    ["the end of an authenticator long after a sign-in", "/api/me/totp",
     "delete", async () => {
         const { client } = await holder();

         await stack.sql("update sluice.sessions set authenticated_at = now() "
             + `- interval '1 hour' where user_id = '${client.user.id}'`);
         return client.delete("/api/me/totp");
     }, 401],
    ["a service account's key", "/api/keys", "post",
     () => key({ name: "one" }), 201],
    ["a key of an account of another role", "/api/keys", "post",
     () => key({ name: "one", role: "admin" }), 409],
    ["a key that opens nothing", "/api/keys", "post",
     () => key({ scopes: [] }), 422],
    ["keys", "/api/keys", "get",
     async () => (await admin()).get("/api/keys"), 200],
    ["a key that is taken back", "/api/keys/{id}", "delete",
     async () => (await admin()).delete(
         `/api/keys/${(await key({ name: "two" })).json.id}`), 204],
    ["what no key opens", "/api/keys", "get", async () => request(
        `${stack.url}/api/keys`, { headers: { Authorization:
            `Bearer ${(await key({ name: "three" })).json.key}` } }), 403],
    ["users", "/api/accounts", "get",
     async () => (await admin()).get("/api/accounts?limit=2"), 200],
    ["a wrong role", "/api/accounts", "get",
     async () => (await admin()).get("/api/accounts?role=x"), 422],
    ["a user", "/api/accounts/{id}", "get",
     async () => (await admin()).get(`/api/accounts/${user.user.id}`), 200],
    ["no user", "/api/accounts/{id}", "get",
     async () => (await admin()).get(`/api/accounts/${NOBODY}`), 404],
    ["a user who changes", "/api/accounts/{id}", "patch",
     () => change({ name: "Ida" }), 200],
    ["a user who changes nothing", "/api/accounts/{id}", "patch",
     () => change({}), 422],
    ["an admin who locks himself out", "/api/accounts/{id}", "patch",
     async () => change({ disabled: true }, await admin()), 409],
    ["a user's sessions", "/api/accounts/{id}/sessions", "get",
     async () => (await admin()).get(
         `/api/accounts/${user.user.id}/sessions`), 200],
    ["the end of a user's sessions", "/api/accounts/{id}/sessions", "delete",
     async () => (await admin()).delete(`/api/accounts/${
         (await stack.user()).id}/sessions`), 204],
    ["the end of a user's factors", "/api/accounts/{id}/factors", "delete",
     async () => (await admin()).delete(`/api/accounts/${
         (await stack.user()).id}/factors`), 204],
    ["the end of a user", "/api/accounts/{id}", "delete",
     async () => (await admin()).delete(`/api/accounts/${
         (await stack.user()).id}`), 202],
    ["the end of oneself", "/api/accounts/{id}", "delete", async () =>
        (await admin()).delete(`/api/accounts/${(await admin()).user.id}`), 409],
    ["the audit", "/api/audit", "get",
     async () => (await admin()).get("/api/audit?limit=3"), 200],
    ["a wrong time", "/api/audit", "get",
     async () => (await admin()).get("/api/audit?from=x"), 422],
    ["the library", "/api/media", "get", () => user.get("/api/media"), 200],
    ["a wrong limit", "/api/media", "get",
     () => user.get("/api/media?limit=0"), 422],
    ["nobody's library", "/api/media", "get",
     () => request(`${stack.url}/api/media`), 401],
    ["an upload", "/api/media", "post", () => user.upload(fresh(), "a.mp3"), 201],
    ["an attachment", "/api/media", "post",
     () => user.request("POST",
         `/api/media?filename=a.mid&score=${media.id}`, { body: "x" }), 201],
    ["an attachment of nothing", "/api/media", "post",
     () => user.request("POST",
         `/api/media?filename=a.mid&score=${NOBODY}`, { body: "x" }), 404],
    ["an upload without a name", "/api/media", "post",
     () => user.request("POST", "/api/media", { body: "x" }), 422],
    ["the same upload again", "/api/media", "post",
     () => user.upload(score, "again.pdf"), 200],
    ["an upload with a key that is none", "/api/media", "post",
     () => user.upload(fresh(), "a.mp3",
         { headers: { "Idempotency-Key": "a b" } }), 400],
    ["an upload with a key of another", "/api/media", "post", async () => {
        const headers = { "Idempotency-Key": "of-another" };

        await user.upload(fresh(), "a.mp3", { headers });
        return user.upload(fresh(), "b.mp3", { headers });
    }, 409],
    ["a new tus upload", "/api/uploads", "post",
     () => user.request("POST", "/api/uploads", { headers: TUS }), 201],
    ["a tus upload of another version", "/api/uploads", "post",
     () => user.request("POST", "/api/uploads"), 412],
    ["a tus upload without a length", "/api/uploads", "post",
     () => user.request("POST", "/api/uploads",
         { headers: { ...TUS, "Upload-Length": "-" } }), 400],
    ["what tus can do", "/api/uploads", "options",
     () => user.request("OPTIONS", "/api/uploads"), 204],
    ["a tus upload's state", "/api/uploads/{id}", "head",
     async () => user.request("HEAD", await begun(), { headers: TUS }), 200],
    ["a tus upload's bytes", "/api/uploads/{id}", "patch",
     async () => user.request("PATCH", await begun(), { headers: TUS,
         body: "abc" }), 204],
    ["a tus upload's bytes elsewhere", "/api/uploads/{id}", "patch",
     async () => user.request("PATCH", await begun(), { headers:
         { ...TUS, "Upload-Offset": "2" }, body: "abc" }), 409],
    ["the end of a tus upload", "/api/uploads/{id}", "delete",
     async () => user.request("DELETE", await begun(), { headers: TUS }), 204],
    ["a media object", "/api/media/{id}", "get",
     () => user.get(`/api/media/${id()}`), 200],
    ["a media object that is not there", "/api/media/{id}", "get",
     () => user.get(`/api/media/${NOBODY}`), 404],
    ["a media object that one has", "/api/media/{id}", "get",
     async () => user.get(`/api/media/${id()}`, { headers: { "If-None-Match":
         (await user.get(`/api/media/${id()}`)).headers.etag } }), 304],
    ["a title that is changed", "/api/media/{id}", "patch",
     () => user.request("PATCH", `/api/media/${id()}`,
         { json: { title: "Changed", tags: ["a"] } }), 200],
    ["a title that somebody else changed", "/api/media/{id}", "patch",
     () => user.request("PATCH", `/api/media/${id()}`,
         { json: { title: "No" }, headers: { "If-Match": '"x"' } }), 412],
    ["a title that is none", "/api/media/{id}", "patch",
     () => user.request("PATCH", `/api/media/${id()}`,
         { json: { title: "" } }), 422],
    ["an attachment that is moved",
     "/api/media/{id}/attachments/{attachment}", "patch",
     async () => user.request("PATCH",
         `/api/media/${id()}/attachments/${await attached()}`,
         { json: { position: 1 } }), 200],
    ["an attachment that is moved nowhere",
     "/api/media/{id}/attachments/{attachment}", "patch",
     async () => user.request("PATCH",
         `/api/media/${id()}/attachments/${await attached()}`,
         { json: { position: 0 } }), 422],
    ["an attachment that is removed",
     "/api/media/{id}/attachments/{attachment}", "delete",
     async () => user.delete(
         `/api/media/${id()}/attachments/${await attached()}`), 204],
    ["an attachment that is not there",
     "/api/media/{id}/attachments/{attachment}", "delete",
     () => user.delete(`/api/media/${id()}/attachments/${NOBODY}`), 404],
    ["a job", "/api/jobs/{id}", "get",
     () => user.get(`/api/jobs/${media.job.id}`), 200],
    ["a job that is not there", "/api/jobs/{id}", "get",
     () => user.get(`/api/jobs/${NOBODY}`), 404],
    ["a link", "/api/links", "post",
     () => user.request("POST", "/api/links", { json: { media: id() } }), 201],
    ["a list of links", "/api/links", "post",
     () => user.request("POST", "/api/links",
         { json: { links: [{ media: id() }] } }), 201],
    ["a link to what one may not see", "/api/links", "post",
     () => user.request("POST", "/api/links", { json: { path: "/x" } }), 403],
    ["a link to nothing", "/api/links", "post",
     () => user.request("POST", "/api/links", { json: {} }), 422],
    ["a link that is taken back", "/api/links/{jti}", "delete",
     async () => {
         const { json: { jti } } = await user.request("POST", "/api/links",
             { json: { media: id() } });
         return user.delete(`/api/links/${jti}`);
     }, 204],
    ["a link of somebody else", "/api/links/{jti}", "delete",
     () => user.delete("/api/links/x"), 404],
    ["a wrong password", "/api/sessions", "post",
     () => request(`${stack.url}/api/sessions`, {
         method: "POST", json: { email: "a@b.example", password: "wrong" },
     }), 401],
    ["a body that is not JSON", "/api/sessions", "post",
     () => request(`${stack.url}/api/sessions`, {
         method: "POST", body: "{",
         headers: { "Content-Type": "application/json" },
     }), 400],
    ["a body that does not say that it is JSON", "/api/sessions", "post",
     () => request(`${stack.url}/api/sessions`, {
         method: "POST", body: "{}",
     }), 415],
    ["a new access token", "/api/sessions/refresh", "post",
     () => request(`${stack.url}/api/sessions/refresh`, {
         method: "POST", json: { refresh_token: user.session.refresh_token },
     }), 200],
    ["one's sessions", "/api/sessions", "get",
     () => user.get("/api/sessions?limit=1"), 200],
    ["the end of the other sessions", "/api/sessions", "delete",
     () => user.delete("/api/sessions?others=true"), 204],
    ["the end of a session that is none", "/api/sessions/{id}", "delete",
     () => user.delete(`/api/sessions/${id()}`), 404],
    ["a password that is guessed early", "/api/me/password", "post",
     () => user.request("POST", "/api/me/password", { json: {
         password: user.password, new_password: "password1" } }), 422],
    ["the health", "/health", "get", () => request(`${stack.url}/health`), 200],
    ["readiness for links", "/ready/bytes", "get",
     () => request(`${stack.url}/ready/bytes`), 200],
    ["readiness", "/ready", "get", () => request(`${stack.url}/ready`), 200],
    ["deletion", "/api/media/{id}", "delete",
     () => user.delete(`/api/media/${id()}`), 204],
    ["the end of a session", "/api/sessions/current", "delete",
     () => user.delete("/api/sessions/current"), 204],
];


describe("the answer is as openapi.json says", { timeout }, () => {
    for (const [name, path, method, ask, status] of cases) {
        it(`for ${name}`, async () => {
            const answer = await ask();

            assert.equal(answer.status, status, answer.text);
            fits(answer, path, method);
        });
    }

    it("and the file itself is served", async () => {
        const answer = await request(`${stack.url}/openapi.json`);

        assert.deepEqual(answer.json, openapi);
    });
});
