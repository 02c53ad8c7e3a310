/* Service accounts: keys for a team's own backend, and what each opens. */

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { request, soon } from "../lib/client.mjs";
import { fresh } from "../lib/files.mjs";
import { refused } from "../lib/problem.mjs";
import { runWith } from "../lib/run.mjs";
import { bearer } from "../lib/sessions.mjs";
import { TOP, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 180_000;
const HOUR = 3600;
const YEAR = 366 * 24 * HOUR;
const FORM = /^sluice_key_[A-Za-z0-9_-]{166}[A-Za-z0-9]{6}$/;
const SCOPES = ["links:mint", "media:read", "media:write", "accounts:read",
                "accounts:write", "audit:read"];
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

let stack, second, admin, count = 0;


before(async () => {
    stack = await startStack({ extra: (state) => `
        location /bytes/ { sluice_gate user; sluice_media on;
                           alias ${state}/media/; }
        location /plain/ {
            sluice_gate user;
            alias ${state}/media/;
            add_header Who "$sluice_user $sluice_role $sluice_session";
            location /plain/mint/ { sluice_scope links:mint;
                                    alias ${state}/media/; }
            location /plain/read/ { sluice_scope media:read;
                                    alias ${state}/media/; }
            location /plain/staff/ { sluice_scope media:read;
                                     sluice_role admin;
                                     alias ${state}/media/; }
            location /plain/fresh/ { sluice_scope media:read;
                                     sluice_role viewer fresh=15m;
                                     alias ${state}/media/; }
        }
        location /closed/ { sluice_gate user; sluice_media on;
                            sluice_scope off; alias ${state}/media/; }
        location /either/ { satisfy any; deny all; sluice_gate user;
                            alias ${state}/media/; }
        location /why/ { sluice_gate user; error_page 403 /told;
                         alias ${state}/media/; }
        location = /told { return 200 "$sluice_deny"; }
    ` });
    mkdirSync(stack.path("media"), { recursive: true });
    writeFileSync(stack.path("media/x"), "bytes");
    admin = await stack.visitor("admin");
    second = await stack.secondNginx();
}, { timeout });

after(() => stack?.stop(), { timeout });


const post = (json) => admin.request("POST", "/api/keys", { json });

/* A key of an account of its own, as it is answered. */
async function made(scopes, members = {}) {
    const answer = await post({ name: `backend ${++count}`, scopes,
                                ...members });

    assert.equal(answer.status, 201, answer.text);
    return answer.json;
}

const ask = ({ key }, path, { method = "GET", at = stack, ...options } = {}) =>
    request(at.url + path, { ...options, method,
        headers: { ...bearer(key), ...options.headers } });
const me = (one, at = stack) => ask(one, "/api/me", { at });
const listed = async (path = "/api/keys?limit=200") =>
    (await admin.get(path)).json.items;
const row = async ({ id }) => (await listed()).find((one) => one.id === id);
const noted = async (action, { id }) => JSON.parse(await stack.sql(
    "select coalesce(jsonb_agg(detail), '[]') from sluice.audit where "
    + `action = '${action}' and target = '${id}'`));

/* CRC-32 of what is printable, and the text with it behind. */
function crc32(text) {
    let crc = ~0;

    for (const byte of Buffer.from(text)) {
        crc ^= byte;
        for (let i = 0; i < 8; i++) {
            crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    return ~crc >>> 0;
}

function summed(text) {
    let crc = crc32(text), sum = "";

    for (let i = 0; i < 6; i++, crc = Math.floor(crc / 62)) {
        sum = DIGITS[crc % 62] + sum;
    }
    return text + sum;
}

/* One character is another. */
const slip = (text, at) =>
    text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);

function missing(answer, scope) {
    refused(answer, 403, "scope-missing");
    assert.equal(answer.json.scope, scope);
    assert.equal(answer.headers["www-authenticate"],
        'Bearer realm="sluice", error="insufficient_scope"'
        + (scope ? `, scope="${scope}"` : ""));
    assert.ok(answer.json.detail.includes(scope ?? "No key"));
}


describe("a key", { timeout }, () => {
    it("is told once, and kept as a digest", async () => {
        const one = await made(["media:read"]);

        assert.match(one.key, FORM);
        const { key, ...rest } = one;

        assert.deepEqual(await row(one), rest);
        const record = await stack.sql("select to_jsonb(k) from sluice.keys k "
            + "union all select to_jsonb(a) from sluice.audit a");

        assert.ok(record.includes(createHash("sha256").update(key)
            .digest("hex")));
        assert.ok(!record.includes(key.slice(20, 60)));
    });

    it("names its account, its role and itself", async () => {
        const one = await made(["media:read"], { role: "editor" });
        const { json } = await me(one);

        assert.deepEqual([json.id, json.name, json.role, json.email],
            [one.account, one.name, "editor", null]);
        assert.equal((await ask(one, "/plain/read/x")).headers.who,
            `${one.account} editor ${one.id}`);
    });

    it("is known by how it looks, and a slip by its sum", async () => {
        const { key } = await made(["media:read"]);

        assert.equal(summed(key.slice(0, -6)), key);
        for (const at of [11, 40, 91, 176, 177, 182]) {
            refused(await me({ key: slip(key, at) }), 401, "token-invalid");
        }
    });

    it("that is none is none, in whatever place", async () => {
        const { key } = await made(["media:read"]);
        const flip = (at) => summed(slip(key, at).slice(0, -6));

        for (const wrong of ["sluice_key_", "sluice_key_x", key.slice(0, -1),
                             `${key}0`, key.toUpperCase(), flip(11), flip(14),
                             flip(30), flip(60), flip(75), flip(91),
                             flip(150)]) {
            refused(await me({ key: wrong }), 401, "token-invalid");
        }
        for (const headers of [{ Cookie: `sluice_session=${key}` },
                               { Cookie: `__Host-sluice_session=${key}` },
                               { "Sluice-Grant": key }]) {
            assert.equal((await request(`${stack.url}/api/me`, { headers }))
                .status, 401);
        }
        assert.equal((await request(
            `${stack.url}/media/x?grant=${key}`)).status, 403);
    });

    it("lives until it expires", async () => {
        const one = await made(["media:read"], { expires_in: HOUR });
        const left = (new Date(one.expires_at) - Date.now()) / 1000;

        assert.ok(left > HOUR - 60 && left <= HOUR + 1, one.expires_at);
        assert.equal((await me(one)).status, 200);

        /* one whose hour was over before it began */
        const sql = readFileSync(join(TOP, "sql/api/keys.sql"), "utf8")
            + "select sluice.grant_rights()";

        await stack.sql(sql.replace("floor(extract(epoch from now()))",
            `floor(extract(epoch from now()) - ${HOUR})`));
        refused(await me(await made(["media:read"], { expires_in: HOUR })), 401,
            "token-expired");
        await stack.sql(sql);
    });

    it("says when it was used last, to the minute", async () => {
        const one = await made(["media:read"]);

        assert.equal((await row(one)).last_used_at, null);
        await me(one);
        const first = await until("it is written down",
            async () => (await row(one)).last_used_at ?? undefined);

        await ask(one, "/bytes/x");
        await me(one, second);
        await stack.sql(`update sluice.keys set last_used_at = last_used_at
            - interval '2 minutes' where id = '${one.id}'`);
        const before = (await row(one)).last_used_at;

        /* a process writes it down once a minute, the other one may */
        assert.ok(before < first);
        const other = await stack.secondNginx();

        await me(one, other);
        await until("another machine writes it down",
            async () => (await row(one)).last_used_at > before);
    });

    it("is not proof enough for what is dangerous", async () => {
        const one = await made(["media:read"], { role: "admin" });

        assert.equal((await ask(one, "/plain/staff/x")).status, 200);
        refused(await ask(one, "/plain/fresh/x"), 401,
            "authentication-too-old");
    });

    it("has the role of its account, and no more", async () => {
        const one = await made(["media:read", "media:write"]);

        refused(await ask(one, "/plain/staff/x"), 403, "role-too-low");
        refused(await ask(one, "/api/media?filename=a.mp3&visibility=library",
            { method: "POST", body: fresh() }), 403, "role-too-low",
        "visibility");
    });

    it("brings media that its account owns, whichever key it was",
        async () => {
            const one = await made(["media:write"]);
            const { json } = await ask(one, "/api/media?filename=a.mp3",
                { method: "POST", body: fresh() });

            assert.equal(await stack.sql("select owner from sluice.media "
                + `where id = '${json.id}'`), one.account);

            const other = (await post({ name: one.name,
                scopes: ["media:read"] })).json;

            assert.equal(other.account, one.account);
            assert.equal((await admin.delete(`/api/keys/${one.id}`)).status,
                204);
            assert.equal((await ask(other, `/api/media/${json.id}`)).json.id,
                json.id);
        });
});


/* What each endpoint needs: a scope, null for none that opens it, "any" for
   each, or "anyone" where nobody is asked. */
const OPENS = {
    "POST /api/accounts": "anyone",
    "GET /api/accounts": "accounts:read",
    "GET /api/accounts/{id}": "accounts:read",
    "PATCH /api/accounts/{id}": "accounts:write",
    "DELETE /api/accounts/{id}": "accounts:write",
    "GET /api/accounts/{id}/sessions": "accounts:read",
    "DELETE /api/accounts/{id}/sessions": "accounts:write",
    "DELETE /api/accounts/{id}/factors": "accounts:write",
    "GET /api/audit": "audit:read",
    "POST /api/email-verifications/{token}": "anyone",
    "POST /api/password-resets": "anyone",
    "GET /api/password-resets/{token}": "anyone",
    "POST /api/password-resets/{token}": "anyone",
    "GET /api/invitations": "accounts:read",
    "POST /api/invitations": "accounts:write",
    "DELETE /api/invitations/{id}": "accounts:write",
    "GET /api/invitations/{token}": "anyone",
    "POST /api/invitations/{token}": "anyone",
    "GET /api/sessions": null,
    "POST /api/sessions": "anyone",
    "DELETE /api/sessions": null,
    "POST /api/sessions/challenge": "anyone",
    "POST /api/sessions/refresh": "anyone",
    "POST /api/sessions/passkey-options": "anyone",
    "POST /api/sessions/current/passkey-options": null,
    "DELETE /api/sessions/current": null,
    "POST /api/sessions/current/authenticate": null,
    "DELETE /api/sessions/{id}": null,
    "GET /api/me": "any",
    "PATCH /api/me": null,
    "DELETE /api/me": null,
    "POST /api/me/password": null,
    "POST /api/me/email": null,
    "POST /api/me/totp": null,
    "DELETE /api/me/totp": null,
    "POST /api/me/totp/confirm": null,
    "POST /api/me/recovery-codes": null,
    "GET /api/me/passkeys": null,
    "POST /api/me/passkeys": null,
    "POST /api/me/passkeys/options": null,
    "PATCH /api/me/passkeys/{id}": null,
    "DELETE /api/me/passkeys/{id}": null,
    "GET /api/me/export": null,
    "POST /api/me/export": null,
    "DELETE /api/me/export": null,
    "GET /api/keys": null,
    "POST /api/keys": null,
    "DELETE /api/keys/{id}": null,
    "GET /api/media": "media:read",
    "POST /api/media": "media:write",
    "GET /api/media/{id}": "media:read",
    "PATCH /api/media/{id}": "media:write",
    "DELETE /api/media/{id}": "media:write",
    "POST /api/media/{id}/downloads": "media:read",
    "GET /api/media/{id}/downloads/{download}": "media:read",
    "DELETE /api/media/{id}/downloads/{download}": "media:read",
    "PATCH /api/media/{id}/attachments/{attachment}": "media:write",
    "DELETE /api/media/{id}/attachments/{attachment}": "media:write",
    "OPTIONS /api/uploads": "anyone",
    "POST /api/uploads": "media:write",
    "OPTIONS /api/uploads/{id}": "anyone",
    "HEAD /api/uploads/{id}": "media:write",
    "POST /api/uploads/{id}": "media:write",
    "PATCH /api/uploads/{id}": "media:write",
    "DELETE /api/uploads/{id}": "media:write",
    "POST /api/links": "links:mint",
    "DELETE /api/links/{jti}": "links:mint",
    "GET /api/jobs/{id}": "media:read",
    "DELETE /api/jobs/{id}": "media:write",
    "POST /api/jobs/{id}/retry": "media:write",
    "GET /api/jobs/{id}/events": "media:read",
};

const openapi = JSON.parse(readFileSync(join(TOP, "web/openapi.json")));
const endpoints = Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.keys(methods).filter((method) => method !== "parameters")
        .map((method) => `${method.toUpperCase()} ${path}`))
    .filter((name) => name.includes(" /api/"));


describe("a scope", { timeout }, () => {
    it("is declared of each endpoint, and described", () => {
        assert.deepEqual(endpoints.toSorted(), Object.keys(OPENS).toSorted());

        for (const [name, scope] of Object.entries(OPENS)) {
            const [method, path] = name.split(" ");
            const { security } = openapi.paths[path][method.toLowerCase()];
            const described = (security ?? openapi.security)
                .find((one) => one.key)?.key;

            assert.deepEqual(described, SCOPES.includes(scope) ? [scope]
                : scope === "any" ? [] : undefined, name);
        }
    });

    for (const scope of SCOPES) {
        it(`${scope} opens what it says, and nothing else`, async () => {
            const one = await made([scope], { role: "admin" });

            for (const [name, needs] of Object.entries(OPENS)) {
                const [method, path] = name.split(" ");
                const answer = await ask(one, path
                    .replace("{token}", "x".repeat(60))
                    .replaceAll(/\{[^}]+\}/g, randomUUID()), { method });

                if (needs === null || (SCOPES.includes(needs)
                                       && needs !== scope)) {
                    if (method === "HEAD") {
                        assert.equal(answer.status, 403, name);
                    } else {
                        missing(answer, needs ?? undefined);
                    }
                } else {
                    assert.notEqual(answer.json?.type,
                        "urn:sluice:problem:scope-missing", name);
                    assert.ok(needs === "anyone" || answer.status !== 401,
                        `${name}: ${answer.text}`);
                }
            }
        });
    }

    it("of some opens what each of them does", async () => {
        const one = await made(["links:mint", "media:read"]);

        assert.equal((await ask(one, "/api/media")).status, 200);
        assert.equal((await ask(one, "/api/links", { method: "POST",
            json: {} })).status, 422);
        missing(await ask(one, "/api/media", { method: "POST" }),
            "media:write");
    });

    it("media:read opens bytes; other places say what they need", async () => {
        const reads = await made(["media:read"]);
        const mints = await made(["links:mint"]);

        assert.equal((await ask(reads, "/bytes/x")).text, "bytes");
        missing(await ask(mints, "/bytes/x"), "media:read");
        missing(await ask(reads, "/plain/x"));
        missing(await ask(reads, "/plain/mint/x"), "links:mint");
        missing(await ask(reads, "/closed/x"));
        assert.equal((await ask(mints, "/plain/mint/x")).status, 200);
        assert.equal((await ask(reads, "/plain/read/x")).status, 200);
        assert.equal((await ask(reads, "/either/x")).status, 403);
        assert.equal((await ask(reads, "/why/x")).text, "scope-missing");
        assert.equal((await admin.get("/closed/x")).status, 200);
        assert.equal((await admin.get("/plain/x")).status, 200);
    });

    it("is not asked where nobody is known", async () => {
        assert.equal((await ask(await made(["audit:read"],
            { role: "admin" }), "/health")).status, 200);
    });
});


describe("what is asked for", { timeout }, () => {
    const good = { name: "a name", scopes: ["media:read"] };

    it("is refused where it makes no sense", async () => {
        for (const [field, bad] of [
            ["name", { name: undefined }], ["name", { name: 7 }],
            ["name", { name: "" }], ["name", { name: "x".repeat(61) }],
            ["name", { name: "a\nb" }], ["name", { name: null }],
            ["scopes", { scopes: undefined }], ["scopes", { scopes: [] }],
            ["scopes", { scopes: "media:read" }], ["scopes", { scopes: {} }],
            ["scopes", { scopes: Array(51).fill("media:read") }],
            ["scopes[1]", { scopes: ["media:read", "media"] }],
            ["scopes[0]", { scopes: [null] }],
            ["scopes[0]", { scopes: ["MEDIA:READ"] }],
            ["scopes[0]", { scopes: [["media:read"]] }],
            ["role", { role: "owner" }], ["role", { role: null }],
            ["role", { role: 1 }],
            ["role", { scopes: ["accounts:read"] }],
            ["role", { scopes: ["accounts:write"], role: "editor" }],
            ["role", { scopes: ["media:read", "audit:read"] }],
            ["expires_in", { expires_in: HOUR - 1 }],
            ["expires_in", { expires_in: YEAR + 1 }],
            ["expires_in", { expires_in: "3600" }],
            ["expires_in", { expires_in: 3600.5 }],
            ["expires_in", { expires_in: null }],
            ["expires_in", { expires_in: -3600 }],
        ]) {
            refused(await post({ ...good, ...bad }), 422, "field-invalid",
                field);
        }
        assert.equal(await stack.sql("select count(*) from sluice.users "
            + "where subject = 'a name'"), "0");
    });

    it("may be the least and the most", async () => {
        const name = "é".repeat(60);

        assert.equal((await made(SCOPES, { name, role: "admin",
            expires_in: YEAR })).name, name);
        assert.deepEqual((await made(["media:read", "links:mint",
                                      "media:read"])).scopes,
            ["links:mint", "media:read"]);
    });

    it("what nginx makes of it, no client says", async () => {
        const one = await made(["media:read"], { nginx: { key: { made: {
            id: randomUUID(), user: admin.user.id }, digest: "00" } },
            key: "mine" });

        assert.match(one.key, FORM);
        assert.notEqual(one.account, admin.user.id);
    });

    it("another role of an account that is there is refused", async () => {
        const { name } = await made(["media:read"]);

        refused(await post({ name, scopes: ["media:read"], role: "editor" }),
            409, "conflict", "role");
    });

    it("is an admin's", async () => {
        const editor = await stack.visitor("editor");

        refused(await editor.request("POST", "/api/keys", { json: good }), 403,
            "role-too-low");
        refused(await editor.get("/api/keys"), 403, "role-too-low");
        refused(await editor.delete(`/api/keys/${randomUUID()}`), 403,
            "role-too-low");
        refused(await request(`${stack.url}/api/keys`), 401, "unauthenticated");
    });

    it("stands in the audit", async () => {
        const one = await made(["media:read"]);
        const [detail] = await noted("key-added", one);

        assert.deepEqual([detail.account, detail.name, detail.scopes],
            [one.account, one.name, one.scopes]);
        await admin.delete(`/api/keys/${one.id}`);
        assert.equal((await noted("key-removed", one)).length, 1);
    });
});


describe("a list", { timeout }, () => {
    it("has those that are there, the newest first, by pages", async () => {
        const three = [await made(["media:read"]), await made(["media:read"]),
                       await made(["media:read"])];
        const all = await listed();
        const seen = [];
        let cursor = "";

        assert.deepEqual(all.slice(0, 3).map(({ id }) => id),
            three.map(({ id }) => id).reverse());
        do {
            const { json } = await admin.get(
                `/api/keys?limit=2&cursor=${cursor}`);

            assert.ok(json.items.length <= 2);
            seen.push(...json.items);
            cursor = json.next;
        } while (cursor);
        assert.deepEqual(seen, all);
        assert.ok(seen.every((one) => !("key" in one)));
    });

    it("refuses what is no page", async () => {
        refused(await admin.get("/api/keys?limit=0"), 422, "field-invalid",
            "limit");
        refused(await admin.get("/api/keys?cursor=x"), 422, "field-invalid",
            "cursor");
    });
});


describe("a key that is taken back", { timeout }, () => {
    const closes = async (one, path = "/api/me") => {
        for (const at of [stack, second]) {
            await soon(`${at.url} knows`, async () =>
                (await ask(one, path, { at })).status === 401, { seconds: 2 });
            refused(await ask(one, path, { at }), 401, "token-invalid");
        }
    };

    it("is refused on each machine, for bytes, too", async () => {
        const one = await made(["media:read"]);

        assert.equal((await ask(one, "/bytes/x", { at: second })).status, 200);
        assert.equal((await admin.delete(`/api/keys/${one.id}`)).status, 204);
        await closes(one);
        await closes(one, "/bytes/x");
        assert.equal(await row(one), undefined);
        refused(await admin.delete(`/api/keys/${one.id}`), 404, "not-found");
        refused(await admin.delete(`/api/keys/${randomUUID()}`), 404,
            "not-found");
    });

    it("takes the links along that were made with it", async () => {
        const one = await made(["links:mint", "media:write"]);
        const { json } = await ask(one, "/api/media?filename=a.mp3",
            { method: "POST", body: fresh() });
        const link = async (key) => (await ask(key, "/api/links", {
            method: "POST", json: { media: json.id, sid: key.id,
                                    expires_in: 30 * 24 * HOUR } })).json;
        const { grant } = await link(one);
        const path = `/media/${json.id.slice(-2)}/${json.id}/x?grant=${grant}`;
        const opens = async (at) => (await request(at.url + path)).json?.type;

        assert.notEqual(await opens(second), "urn:sluice:problem:grant-revoked");
        await stack.sql(`update sluice.keys set expires_at = now()
            where id = '${one.id}'`);
        assert.equal((await admin.delete(`/api/keys/${one.id}`)).status, 204);
        for (const at of [stack, second]) {
            await soon("the link is closed", async () => await opens(at)
                === "urn:sluice:problem:grant-revoked", { seconds: 2 });
        }
        assert.ok(Number(await stack.sql("select extract(day from expires_at "
            + `- now()) from sluice.revocations where id = '${one.id}'`)) >= 29);
        refused(await ask(await made(["links:mint"], { role: "admin" }),
            "/api/links", { method: "POST", json: { path: "/a", sid: one.id,
                                                    expires_in: 60 } }),
        422, "field-invalid", "sid");
    });

    it("ends with its account, and does not come back with it", async () => {
        const one = await made(["media:read"]);

        await stack.sql(`select api.disable_user('${one.account}')`);
        await closes(one);
        refused(await post({ name: one.name, scopes: ["media:read"] }), 409,
            "conflict", "name");
        await stack.sql(`select api.enable_user('${one.account}');
            delete from sluice.revocations where kind = 'sub'`);
        await closes(one);
        assert.equal((await post({ name: one.name,
            scopes: ["media:read"] })).status, 201);
    });

    it("ends for good when its account is signed out", async () => {
        const one = await made(["media:read"]);

        assert.equal((await admin.delete(`/api/accounts/${one.account}/sessions`))
            .status, 204);
        await closes(one);
        assert.equal(await row(one), undefined);
        assert.equal(await stack.sql("select ceil(extract(epoch from k.expires_at"
            + ")) <= extract(epoch from r.expires_at) from sluice.keys k "
            + "join sluice.revocations r on r.kind = 'sid' "
            + `and r.id = k.id::text where k.id = '${one.id}'`), "t");
        assert.equal((await post({ name: one.name,
            scopes: ["media:read"] })).status, 201);
    });

    it("is not made by who is no admin by the time it is done", async () => {
        const other = await stack.visitor("admin");
        const waits = async (lock) => await stack.sql("select count(*) from "
            + `pg_locks where locktype = '${lock}' and not granted`) === "1";
        const release = await stack.hold("select pg_advisory_xact_lock("
            + "hashtextextended('sluice.keys', 0))");
        const late = other.request("POST", "/api/keys", { json: {
            name: "too late", scopes: ["media:read"] } });

        await until("it waits", () => waits("advisory"));
        await stack.sql(`select api.set_role('${other.user.id}', 'viewer')`);
        await release();
        refused(await late, 403, "role-too-low");
    });

    it("is refused on each machine while Redis is away", async () => {
        const [one, other] = [await made(["media:read"]),
                              await made(["media:read"])];

        await stack.stopRedis();
        try {
            for (const at of [stack, second]) {
                assert.equal((await me(one, at)).status, 200);
            }
            assert.equal((await admin.delete(`/api/keys/${one.id}`)).status,
                204);
            await closes(one);
            assert.equal((await me(other)).status, 200);
        } finally {
            await stack.startRedis();
        }
    });
});


describe("sluicectl", { timeout }, () => {
    const database = () => ["--database",
        `host=${stack.path("run")} dbname=sluice user=sluice`];
    const redis = () => ["--redis", `unix:${stack.path("run/redis.sock")}`];

    const ctl = (words, input) => runWith(input,
        stack.path("bin/sluicectl"), ["key", ...words, ...database()]);

    const add = async (...words) => JSON.parse((await ctl(
        ["add", ...words, "--json"], stack.text("keys.json"))).stdout);

    it("makes keys with the key set on standard input", async () => {
        const one = await add("by hand", "--scope", "media:read,links:mint",
            "--expires-in", "7200");

        assert.match(one.key, FORM);
        assert.equal((await ask(one, "/bytes/x")).text, "bytes");
        assert.equal((await me(one)).json.id, one.account);
        assert.equal((await row(one)).made_by, null);

        const { stdout } = await ctl(["list", "--json"]);
        const [first] = JSON.parse(stdout);

        assert.deepEqual([first.id, first.name, first.scopes],
            [one.id, "by hand", "links:mint,media:read"]);
    });

    it("says what it does not take", async () => {
        const fails = (words, input, message) =>
            assert.rejects(ctl(words, input), { stderr: message });
        const keys = stack.text("keys.json");

        await fails(["add", "x"], keys, /--scope is missing/);
        await fails(["add", "x", "--scope", "all"], keys,
            /field-invalid: One of links:mint/);
        await fails(["add", "x", "--scope", "audit:read"], keys,
            /field-invalid: Accounts and the audit/);
        await fails(["add", "x", "--scope", "media:read"], "{}",
            /key set on standard input/);
        await fails(["add", "x", "--scope", "media:read", "--expires-in", "60"],
            keys, /--expires-in/);
        await fails(["remove", "x"], "", /neither an id nor the whole text/);
        await fails(["remove", randomUUID()], "", /not-found/);
    });

    it("takes back by id, and by a text that was found", async () => {
        for (const by of ["id", "key"]) {
            const one = await add("found", "--scope", "media:read");

            assert.equal((await me(one)).status, 200);
            await ctl(["remove", one[by], ...redis()]);
            await soon("it is closed",
                async () => (await me(one)).status === 401, { seconds: 2 });
        }
    });
});


describe("how many there are", { timeout }, () => {
    it("is bounded, those among them that were taken back", async () => {
        const last = await made(["media:read"]);

        await stack.sql(`insert into sluice.keys (id, user_id, digest, kid,
                scopes, expires_at, removed_at)
            select gen_random_uuid(), '${last.account}',
                sha256(n::text::bytea), 'x', '{}', now() + interval '1 hour',
                now()
            from generate_series(1, 1000 - (select count(*)::integer
                                            from sluice.keys)) n`);
        refused(await post({ name: "one more", scopes: ["media:read"] }), 429,
            "too-many");

        /* what was over the day before yesterday makes room */
        await stack.sql("update sluice.keys set expires_at = now() "
            + "- interval '25 hours' where kid = 'x'");
        assert.equal((await post({ name: "one more",
            scopes: ["media:read"] })).status, 201);
        assert.equal(await stack.sql("select count(*) from sluice.keys "
            + "where kid = 'x'"), "0");
    });
});
