/* POST /api/links and DELETE /api/links/{jti}; what ends with a session, a
   role or a user. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";

import { Client, request, until } from "../lib/client.mjs";
import { pdf } from "../lib/files.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter, now } from "../lib/token.mjs";

const timeout = 90_000;
const NOBODY = "01890000-0000-7000-8000-000000000000";
const FILM = "01890000-0000-7000-8000-0000000000f1";

let stack, viewer, stranger, editor, admin, own, shared;


before(async () => {
    stack = await startStack();
    [viewer, stranger, editor, admin] = await Promise.all(
        ["viewer", "viewer", "editor", "admin"].map((role) =>
            stack.visitor(role)));

    own = await viewer.bring(pdf(), "own.pdf");
    shared = await editor.bring(pdf(), "shared.pdf");
    await Promise.all([viewer.ready(own.id), editor.ready(shared.id)]);

    await stack.sql(`insert into sluice.media (id, owner, kind, state, title,
        filename, extension, bytes, sha256) values ('${FILM}',
        '${viewer.user.id}', 'video', 'ready', 'film', 'f', 'mp4', 1,
        sha256('x'))`);
}, { timeout });

after(() => stack?.stop(), { timeout });


const folder = (id) => `/media/${id.slice(-2)}/${id}/`;
const mint = (client, json) =>
    client.request("POST", "/api/links", { json });
const revoke = (client, jti, query = "") =>
    client.delete(`/api/links/${encodeURIComponent(jti)}${query}`);
const claimsOf = (token) =>
    JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
const rows = (kind, id) => stack.sql(
    "select floor(extract(epoch from before)), "
    + "ceil(extract(epoch from expires_at)) from sluice.revocations "
    + `where kind = '${kind}' and id = '${id}'`);

async function minted(client, json) {
    const answer = await mint(client, json);

    assert.equal(answer.status, 201, answer.text);
    return answer.json;
}

function refused(reply, status, word, field) {
    assert.equal(reply.status, status, reply.text);
    assert.equal(reply.json.type, `urn:sluice:problem:${word}`);
    assert.equal(reply.json.field, field);
}


describe("a link to a media object", { timeout }, () => {
    it("opens its folder, with the grant in query and path", async () => {
        const link = await minted(viewer, { media: own.id });
        const file = `${folder(own.id)}original.pdf`;

        assert.equal(link.url, `${stack.url}${file}?grant=${link.grant}`);
        assert.equal(link.path_url, `${stack.url}/~${link.grant}${file}`);
        assert.equal(claimsOf(link.grant).path, folder(own.id));
        assert.equal((await request(link.url)).status, 200);
        assert.equal((await request(link.path_url)).status, 200);
    });

    it("shows the playlist of what plays", async () => {
        const link = await minted(viewer, { media: FILM });

        assert.equal(link.path_url,
            `${stack.url}/~${link.grant}${folder(FILM)}hls/master.m3u8`);
        assert.equal(link.url, link.path_url);
    });

    it("is a grant with an id and an expiry", async () => {
        const link = await minted(viewer, { media: own.id, expires_in: 100 });
        const claims = claimsOf(link.grant);

        assert.deepEqual(Object.keys(claims).sort(),
            ["exp", "iat", "jti", "path", "sub"]);
        assert.equal(claims.sub, viewer.user.id);
        assert.equal(claims.jti, link.jti);
        assert.equal(Date.parse(link.expires_at), claims.exp * 1000);
        assert.match(link.expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        assert.ok(Math.abs(claims.exp - now() - 100) < 30);
    });

    it("lives for sluice_link_ttl unless told", async () => {
        const link = await minted(viewer, { media: own.id });

        assert.ok(Math.abs(claimsOf(link.grant).exp - now() - 4 * 3600) < 60);
    });
});


describe("minting", { timeout }, () => {
    const told = async ({ user }) => JSON.parse(await stack.sql(
        "select jsonb_agg(jsonb_build_object('target', target, 'detail', "
        + "detail) order by id) from sluice.audit where action = "
        + `'links-minted' and actor = '${user.id}'`) || "null");

    it("names who minted, unless he is an admin", async () => {
        const path = folder(shared.id);

        for (const client of [viewer, editor]) {
            const { grant } = await minted(client, { path });
            assert.equal(claimsOf(grant).sub, client.user.id);
        }
        assert.equal(claimsOf((await minted(admin, { path })).grant).sub,
            undefined);
    });

    it("is written down: which, how many, and until when", async () => {
        const client = await stack.visitor();
        const one = { media: shared.id, expires_in: 100 };

        const { jti } = await minted(client, one);
        const { links } = await minted(client, { links: [
            one, { ...one, expires_in: 5000 }] });
        const [single, list] = await told(client);

        assert.equal(single.target, jti);
        assert.equal(single.detail.many, 1);
        assert.equal(single.detail.path, folder(shared.id));
        assert.deepEqual(list.detail.ids, links.map((link) => link.jti));
        assert.equal(list.detail.many, 2);
        assert.equal(Date.parse(list.detail.until),
            Date.parse(links[1].expires_at));
    });

    it("that is refused is not", async () => {
        const client = await stack.visitor();

        await mint(client, { media: NOBODY });
        assert.equal(await told(client), null);
    });

    it("for a session is not for longer than one lives", async () => {
        const { sid } = claimsOf(viewer.token);
        const asked = { media: own.id, sid };

        refused(await mint(viewer, { ...asked, expires_in: 30 * 86400 + 1 }),
            422, "field-invalid", "expires_in");
        await minted(viewer, { ...asked, expires_in: 30 * 86400 });
    });

    it("links that are counted ends at 10,000 of a user's", async () => {
        const client = await stack.visitor();
        const counted = { media: shared.id, uses: 1 };

        await stack.sql("insert into sluice.counted_links values "
            + `('${client.user.id}', current_date + 3, 9998), `
            + `('${client.user.id}', current_date - 1, 5000)`);
        await minted(client, { links: [counted, counted,
            { media: shared.id }] });
        refused(await mint(client, { ...counted, uses: undefined, bytes: 5 }),
            429, "too-many");
        await minted(client, { media: shared.id });
        await minted(admin, counted);
    });
});


describe("who may mint", { timeout }, () => {
    it("a viewer for a path in a folder that he may see", async () => {
        for (const path of [folder(own.id), `${folder(own.id)}pages/`,
                            `${folder(shared.id)}original.pdf`]) {
            const link = await minted(viewer, { path });
            assert.equal(claimsOf(link.grant).path, path);
        }
    });

    it("a viewer not for another's media", async () => {
        refused(await mint(stranger, { media: own.id }), 404, "not-found",
            "media");
    });

    it("nobody for media that is not there", async () => {
        refused(await mint(admin, { media: NOBODY }), 404, "not-found",
            "media");
    });

    it("a viewer not for paths beside the folders he may see", async () => {
        const shard = own.id.slice(-2);

        for (const path of ["/", "/media/", `/media/${shard}/`,
                            folder(own.id).slice(0, -1),
                            folder(own.id).replace(`/${shard}/`, "/zz/"),
                            folder(NOBODY), "/api/media",
                            `/x${folder(own.id)}`]) {
            refused(await mint(viewer, { path }), 403, "role-too-low", "path");
        }
        refused(await mint(stranger, { path: folder(own.id) }), 403,
            "role-too-low", "path");
    });

    it("nobody but an admin for what a browser would run", async () => {
        for (const type of ["text/html", "image/svg+xml", "Text/HTML; x=y"]) {
            for (const person of [viewer, editor]) {
                refused(await mint(person, { media: own.id, type }), 403,
                    "role-too-low", "type");
            }
            const link = await minted(admin, { media: own.id, type });
            assert.equal(claimsOf(link.grant).type, type);
        }
        await minted(viewer, { media: own.id, type: "image/png" });
    });

    it("an editor for all media, and for nothing else", async () => {
        await minted(editor, { media: own.id });
        await minted(editor, { path: folder(own.id) });
        refused(await mint(editor, { path: "/app/" }), 403, "role-too-low",
            "path");
    });

    it("an admin for any path", async () => {
        const path = "/app/a b/%é\"\\?#.txt";
        const link = await minted(admin, { path });
        const encoded = "/app/a%20b/%25%C3%A9%22%5C%3F%23.txt";

        assert.equal(claimsOf(link.grant).path, path);
        assert.equal(link.url, `${stack.url}${encoded}?grant=${link.grant}`);
        assert.equal(link.path_url, `${stack.url}/~${link.grant}${encoded}`);
    });

    it("only an admin for methods that write", async () => {
        for (const methods of [["POST"], ["GET", "DELETE"]]) {
            refused(await mint(editor, { media: own.id, methods }), 403,
                "role-too-low", "methods");
            await minted(admin, { media: own.id, methods });
        }
        await minted(viewer, { media: own.id, methods: ["GET", "HEAD"] });
    });

    it("only an admin for another's sub and sid", async () => {
        const { sid, sub } = claimsOf(viewer.token);

        for (const claim of [{ sub }, { sid }]) {
            await minted(viewer, { media: shared.id, ...claim });
            refused(await mint(stranger, { media: shared.id, ...claim }), 403,
                "role-too-low", Object.keys(claim)[0]);
            await minted(admin, { media: shared.id, ...claim });
        }
    });

    it("nobody who is not signed in", async () => {
        const reply = await request(`${stack.url}/api/links`, {
            method: "POST", json: { path: "/x" },
        });
        refused(reply, 401, "unauthenticated");
    });

    it("nobody who was disabled behind our back", async () => {
        const gone = await stack.visitor("admin");

        await stack.sql("update sluice.users set disabled_at = now() "
                        + `where id = '${gone.user.id}'`);
        refused(await mint(gone, { path: "/x" }), 401, "token-invalid");
    });
});


describe("a claim that was asked for lands in the token", { timeout }, () => {
    const claims = {
        nbf: now() + 60, methods: ["POST", "PUT"], uses: 0, bytes: 2 ** 53,
        ip: ["192.0.2.0/24", "2001:db8::1"], rate: 1, filename: "Noël.pdf",
        type: "application/pdf", sub: "somebody else", sid: "s-1",
    };

    for (const [name, value] of Object.entries(claims)) {
        it(name, async () => {
            const link = await minted(admin, { path: "/x", [name]: value });
            assert.deepEqual(claimsOf(link.grant)[name], value);
        });
    }

    it("ip as one text", async () => {
        const link = await minted(admin, { path: "/x", ip: "192.0.2.1" });
        assert.deepEqual([claimsOf(link.grant).ip].flat(), ["192.0.2.1"]);
    });

    it("sub brings the time of issue along", async () => {
        const { sub } = claimsOf(viewer.token);
        const link = await minted(viewer, { media: own.id, sub });

        assert.ok(Math.abs(claimsOf(link.grant).iat - now()) < 30);
    });
});


describe("a refusal names the field", { timeout }, () => {
    const cases = [
        ["neither path nor media", {}, "path"],
        ["path and media", { path: "/x", media: NOBODY }, "path"],
        ["a path that is not normalized", { path: "/a/../b" }, "path"],
        ["a path without a slash", { path: "x" }, "path"],
        ["a number as path", { path: 1 }, "path"],
        ["an endless path", { path: `/${"x".repeat(1024)}` }, "path"],
        ["media that is no id", { media: "x" }, "media"],
        ["media in capitals", { media: NOBODY.replaceAll("a", "A") + "A" },
         "media"],
        ["no time to live", { path: "/x", expires_in: 0 }, "expires_in"],
        ["a negative time", { path: "/x", expires_in: -1 }, "expires_in"],
        ["more than 366 days", { path: "/x", expires_in: 31622401 },
         "expires_in"],
        ["half a second", { path: "/x", expires_in: 1.5 }, "expires_in"],
        ["a time as text", { path: "/x", expires_in: "60" }, "expires_in"],
        ["a start that is past", { path: "/x", nbf: now() - 3600 }, "nbf"],
        ["a start at 1970", { path: "/x", nbf: 0 }, "nbf"],
        ["a start behind the end",
         { path: "/x", expires_in: 60, nbf: now() + 600 }, "nbf"],
        ["a start as text", { path: "/x", nbf: "tomorrow" }, "nbf"],
        ["no method", { path: "/x", methods: [] }, "methods"],
        ["an unknown method", { path: "/x", methods: ["BREW"] }, "methods"],
        ["no address", { path: "/x", ip: ["home"] }, "ip"],
        ["too many addresses", { path: "/x", ip: Array(9).fill("::1") }, "ip"],
        ["fewer than no uses", { path: "/x", uses: -1 }, "uses"],
        ["too many bytes", { path: "/x", bytes: 2 ** 53 + 2 }, "bytes"],
        ["no rate", { path: "/x", rate: 0 }, "rate"],
        ["a file name with a slash", { path: "/x", filename: "a/b" },
         "filename"],
        ["a type that is none", { path: "/x", type: "pdf" }, "type"],
        ["an empty sub", { path: "/x", sub: "" }, "sub"],
        ["null as sid", { path: "/x", sid: null }, "sid"],
        ["an id of one's own", { path: "/x", jti: "mine" }, "jti"],
        ["an expiry as a claim", { path: "/x", exp: now() + 60 }, "exp"],
        ["a claim that nobody knows", { path: "/x", usse: 1 }, "usse"],
    ];

    for (const [what, json, field] of cases) {
        it(`for ${what}`, async () => {
            refused(await mint(admin, json), 422, "field-invalid", field);
        });
    }

    it("and the link in a list", async () => {
        const good = { path: "/x" };

        refused(await mint(admin, { links: [good, good, { uses: 1 }] }), 422,
            "field-invalid", "links[2].path");
        refused(await mint(admin, { links: [good, 1] }), 422, "field-invalid",
            "links[1]");
        refused(await mint(viewer, { links: [{ media: own.id }, good] }), 403,
            "role-too-low", "links[1].path");
    });

    it("but not one that is endless", async () => {
        const name = "é".repeat(1000);

        refused(await mint(admin, { path: "/x", [name]: 1 }), 422,
            "field-invalid");
        refused(await mint(admin, { links: [{ path: "/x", [name]: 1 }] }), 422,
            "field-invalid", "links[0]");
    });

    it("for a list that is none", async () => {
        for (const links of [[], {}, "x", 1, null,
                             Array(1001).fill({ path: "/x" })]) {
            refused(await mint(admin, { links }), 422, "field-invalid",
                "links");
        }
        refused(await mint(admin, { links: [{ path: "/x" }], path: "/x" }), 422,
            "field-invalid", "links");
    });
});


describe("a thousand links", { timeout }, () => {
    it("come in order, each with an id of its own", async () => {
        const links = Array.from({ length: 1000 },
            (_, n) => ({ path: `/x/${n}`, expires_in: n + 1 }));
        const answer = await minted(admin, { links });
        const ids = new Set(answer.links.map(({ jti }) => jti));

        assert.deepEqual(Object.keys(answer), ["links"]);
        assert.deepEqual(answer.links.map(({ grant }) => claimsOf(grant).path),
            links.map(({ path }) => path));
        assert.equal(ids.size, 1000);
    });

    it("are all refused when one is", async () => {
        const links = Array(1000).fill({ media: own.id });

        links[999] = { media: NOBODY };
        refused(await mint(viewer, { links }), 404, "not-found",
            "links[999].media");
    });

    it("may take more than the 64 KiB of other bodies", async () => {
        const links = Array(500).fill({ path: `/${"x".repeat(900)}` });

        assert.equal((await minted(admin, { links })).links.length, 500);
    });

    it("may not take more than 1 MiB", async () => {
        const links = Array(1000).fill({ path: `/${"x".repeat(1100)}` });
        const body = Readable.from(Array(20).fill(Buffer.alloc(65536, " ")));

        refused(await mint(admin, { links }), 413, "too-large");
        refused(await admin.request("POST", "/api/links", {
            body, headers: { "Transfer-Encoding": "chunked" },
        }), 413, "too-large");
    });
});


describe("a link is taken back", { timeout }, () => {
    it("by the one who minted it, twice", async () => {
        const { jti, grant } = await minted(viewer, { media: own.id });

        for (let n = 0; n < 2; n++) {
            const reply = await revoke(viewer, jti);
            assert.equal(reply.status, 204, reply.text);
            assert.equal(reply.body.length, 0);
        }

        const [before, exp] = (await rows("jti", jti)).split("|");
        assert.equal(before, "");
        assert.ok(Number(exp) >= claimsOf(grant).exp);
        assert.ok(Number(exp) < claimsOf(grant).exp + 60);
    });

    it("and opens nothing any more", async () => {
        const { jti, url } = await minted(viewer, { media: own.id });

        assert.equal((await request(url)).status, 200);
        await revoke(viewer, jti);
        refused(await until("the link is closed", async () => {
            const answer = await request(url);
            return answer.status !== 200 && answer;
        }), 403, "grant-revoked");
    });

    it("not by a stranger", async () => {
        const { jti } = await minted(viewer, { media: own.id });

        refused(await revoke(stranger, jti), 404, "not-found");
        refused(await revoke(editor, jti), 404, "not-found");
        assert.equal(await rows("jti", jti), "");
    });

    it("by an admin", async () => {
        const { jti, grant } = await minted(viewer, { media: own.id });

        assert.equal((await revoke(admin, jti)).status, 204);
        assert.ok(Math.abs(Number((await rows("jti", jti)).split("|")[1])
                           - claimsOf(grant).exp) <= 60);
    });

    it("by an admin though it was minted elsewhere", async () => {
        const exp = now() + 5000;

        for (const [jti, query, expected] of [
            ["order 66/2".replace("/", "."), `?expires_at=${exp}`, exp],
            ["Gruß", `?expires_at=${new Date(exp * 1000).toISOString()}`, exp],
            ["A".repeat(28), "", now() + 10 * 365.25 * 86400],
            ["b", "", now() + 10 * 365.25 * 86400],
        ]) {
            assert.equal((await revoke(admin, jti, query)).status, 204);
            const [, at] = (await rows("jti", jti)).split("|");
            assert.ok(Math.abs(Number(at) - expected) < 3 * 86400, at);
        }
    });

    it("a thousand times, and no more, while they would be open", async () => {
        const busy = await stack.visitor("viewer");
        const one = await minted(busy, { media: shared.id });
        const another = await minted(busy, { media: shared.id });

        await stack.sql(`insert into sluice.revocations
            (kind, id, expires_at, revoked_by)
            select 'jti', 'busy-' || n, now() + interval '1 hour',
                   '${busy.user.id}' from generate_series(1, 999) n`);
        assert.equal((await revoke(busy, one.jti)).status, 204);
        refused(await revoke(busy, another.jti), 429, "too-many");
        assert.equal((await revoke(admin, another.jti)).status, 204);
    });

    it("not by others when it was minted elsewhere", async () => {
        refused(await revoke(editor, "order-67"), 404, "not-found");
    });

    it("with a time that is one", async () => {
        for (const time of ["tomorrow", "-1", "2026-13-01T00:00:00Z", "now",
                            "infinity", "", "%ff"]) {
            refused(await revoke(admin, "c", `?expires_at=${time}`), 422,
                "field-invalid", "expires_at");
        }
    });

    it("by a name that a link may have", async () => {
        for (const jti of ["x".repeat(64), "a/b", "a\u0001b", ""]) {
            refused(await revoke(admin, jti), 404, "not-found");
        }
        assert.equal((await revoke(admin, "x".repeat(63))).status, 204);
    });

    it("by DELETE, as links are made by POST", async () => {
        const one = await admin.get("/api/links/abc");
        const all = await admin.get("/api/links");

        refused(one, 405, "method-not-allowed");
        assert.equal(one.headers.allow, "DELETE");
        assert.equal(all.headers.allow, "POST");
    });
});


describe("the links of media objects", { timeout }, () => {
    const grantIn = (url) => new URL(url).searchParams.get("grant");

    it("end with the session they were given to", async () => {
        const { links } = await viewer.media(own.id);
        const claims = claimsOf(grantIn(links.original));

        assert.equal(claims.sid, claimsOf(viewer.token).sid);
        assert.match(claims.jti, /^[\w-]{11}$/);
    });

    it("close with it", async () => {
        const client = await stack.visitor();
        const { links } = await client.media(shared.id);

        assert.equal((await request(links.original)).status, 200);
        await client.delete("/api/sessions/current");
        refused(await until("the link is closed", async () => {
            const answer = await request(links.original);
            return answer.status !== 200 && answer;
        }), 403, "grant-revoked");
    });

    it("are the same when asked for again", async () => {
        const first = await viewer.media(own.id);
        const second = await viewer.media(own.id);

        assert.deepEqual(second.links, first.links);
    });

    it("have other ids for another file or session", async () => {
        const other = await Client.signIn(stack.url, viewer.user.email,
            viewer.password);
        const ids = [];

        for (const client of [viewer, other]) {
            const { links } = await client.media(own.id);
            ids.push(...[links.original, links.pages[0]].map(
                (url) => claimsOf(grantIn(url)).jti));
        }
        assert.equal(new Set(ids).size, 4);
    });
});


describe("what ends is recorded", { timeout }, () => {
    it("a session, for as long as anything it signed lives", async () => {
        const client = await stack.visitor();
        const { sid } = claimsOf(client.token);

        assert.equal((await client.delete("/api/sessions/current")).status,
            204);
        const [before, exp] = (await rows("sid", sid)).split("|");

        assert.equal(before, "");
        assert.ok(Math.abs(Number(exp) - now() - 5 * 3600 - 60) < 60, exp);
    });

    it("a session, as long as the links that were minted with it", async () => {
        const client = await stack.visitor();
        const { sid } = claimsOf(client.token);
        const links = [86400, 864000, 60].map((seconds) => ({
            media: shared.id, sid, expires_in: seconds }));

        const { links: [, longest] } = await minted(client, { links });
        await client.delete("/api/sessions/current");
        const [, exp] = (await rows("sid", sid)).split("|");

        assert.equal(Number(exp), claimsOf(longest.grant).exp);
    });

    it("a user, once he has ended 1,000 of which anything may be good",
        async () => {
            const client = await stack.visitor();
            const { sid, sub } = claimsOf(client.token);
            const link = await minted(client, { media: shared.id });
            const { links } = await client.media(shared.id);
            const bare = await minted(admin, { media: shared.id,
                sid: claimsOf((await Client.signIn(stack.url,
                    client.user.email, client.password)).token).sid });

            await stack.sql("insert into sluice.revocations (kind, id, "
                + "expires_at, revoked_by) select 'sid', gen_random_uuid(), "
                + `now() + '1 hour', '${sub}' from generate_series(1, 1000)`);
            await client.delete("/api/sessions/current");

            assert.equal(await rows("sid", sid), "");
            assert.notEqual(await rows("sub", sub), "");
            for (const url of [link.url, links.original]) {
                refused(await request(url), 403, "grant-revoked");
            }
            assert.equal((await request(bare.url)).status, 200);
        });

    it("and no link is minted with a session that has ended", async () => {
        const client = await stack.visitor();
        const { sid } = claimsOf(client.token);

        await client.delete("/api/sessions/current");
        refused(await mint(admin, { path: "/x", sid }), 422, "field-invalid",
            "sid");
    });
});


/* The first `many` messages on the channel after `change` began. */
async function heard(many, change) {
    const listener = spawn("redis-cli", ["-s", stack.path("run/redis.sock"),
                                         "SUBSCRIBE", "sluice:revocations"]);
    let text = "";

    listener.stdout.setEncoding("utf8");
    listener.stdout.on("data", (part) => { text += part; });
    try {
        await until("redis-cli listens", () => /\n1\n/.test(text));
        await change();
        return await until("the messages come", () => {
            const found = text.match(/^\{.*\}\n/gm) ?? [];
            return found.length >= many && found.map((line) => JSON.parse(line));
        });
    } finally {
        listener.kill();
        await once(listener, "exit");
    }
}


describe("sluicectl", { timeout }, () => {
    const ctl = (verb, ...words) => stack.sluicectl("user", verb, ...words,
        "--database", `host=${stack.path("run")} dbname=sluice user=sluice`);
    const redis = () => ["--redis", `unix:${stack.path("run/redis.sock")}`];

    it("disables a user, and all of his sessions end", async () => {
        const client = await stack.visitor();
        const other = await Client.signIn(stack.url, client.user.email,
            client.password);

        await ctl("disable", client.user.email);
        for (const { token } of [client, other]) {
            assert.notEqual(await rows("sid", claimsOf(token).sid), "");
        }
        const [before] = (await rows("sub", client.user.id)).split("|");
        assert.ok(Math.abs(Number(before) - now()) < 30);

        const reply = await request(`${stack.url}/api/sessions/refresh`, {
            method: "POST",
            json: { refresh_token: client.session.refresh_token },
        });
        refused(reply, 401, "token-invalid");
    });

    it("enables a user again, who has to sign in", async () => {
        const client = await stack.visitor();

        await ctl("disable", client.user.email);
        await assert.rejects(Client.signIn(stack.url, client.user.email,
            client.password));
        await ctl("enable", client.user.email);

        const again = await Client.signIn(stack.url, client.user.email,
            client.password);
        assert.equal((await again.get("/api/me")).status, 200);
    });

    it("changes a role, and what is signed next has the new one", async () => {
        const client = await stack.visitor();

        await ctl("role", client.user.email, "editor");
        const [before] = (await rows("sub", client.user.id)).split("|");
        const reply = await request(`${stack.url}/api/sessions/refresh`, {
            method: "POST",
            json: { refresh_token: client.session.refresh_token },
        });
        const claims = claimsOf(reply.json.access_token);

        assert.ok(claimsOf(client.token).iat <= Number(before));
        assert.ok(claims.iat > Number(before));
        assert.equal(claims.role, "editor");
    });

    it("knows a user by the id, too", async () => {
        const client = await stack.visitor();

        await ctl("role", client.user.id, "editor");
        assert.equal(await stack.sql(`select role from sluice.users
            where id = '${client.user.id}'`), "editor");
    });

    it("leaves the role of another issuer's user to the issuer", async () => {
        const client = await stack.visitor();

        await stack.sql(`update sluice.users set issuer = 'https://idp.example',
            subject = 'x', password = null where id = '${client.user.id}'`);
        await assert.rejects(ctl("role", client.user.id, "admin"),
            /comes from https:\/\/idp\.example/);
    });

    it("revokes nothing when the role is the same", async () => {
        const client = await stack.visitor("editor");

        await ctl("role", client.user.email, "editor");
        assert.equal(await rows("sub", client.user.id), "");
    });

    it("tells nginx at once, when it knows Redis", async () => {
        const client = await stack.visitor();
        const { sid, sub } = claimsOf(client.token);
        const [session, user] = await heard(2,
            () => ctl("disable", client.user.email, ...redis()));

        assert.deepEqual([session.v, session.kind, session.id, session.before],
            [1, "sid", sid, 0]);
        assert.deepEqual([user.v, user.kind, user.id], [1, "sub", sub]);
        assert.ok(Math.abs(user.before - now()) < 30);

        const kept = (await stack.redis("ZRANGE", "sluice:revoked", "0", "-1",
            "WITHSCORES")).split("\n");
        const at = kept.findIndex((line) => line.includes(sid));
        assert.deepEqual(JSON.parse(kept[at]), session);
        assert.equal(Number(kept[at + 1]), session.exp);
    });

    it("says when nginx learns of it otherwise", async () => {
        const client = await stack.visitor();
        const { stderr } = await ctl("role", client.user.email, "admin");

        assert.match(stderr, /within two seconds/);
    });

    it("fails when Redis is not where it was told", async () => {
        const client = await stack.visitor();

        await assert.rejects(
            ctl("role", client.user.email, "admin", "--redis", "unix:/nowhere"),
            ({ code, stderr }) => code === 1 && /within two seconds/.test(stderr));
    });

    it("fails for users that are not there", async () => {
        for (const words of [["disable"], ["enable"], ["role"]]) {
            const role = words[0] === "role" ? ["viewer"] : [];
            await assert.rejects(
                ctl(words[0], "nobody@sluice.example", ...role),
                ({ code, stderr }) => code === 1 && /no user/.test(stderr));
        }
    });

    it("wants what its command line lacks", async () => {
        for (const [words, what] of [
            [["role", "a@b.example"], /ROLE is missing/],
            [["role"], /USER is missing/],
            [["role", "a@b.example", "root"], /viewer, editor or admin/],
            [["role", "a@b.example", "admin", "x"], /one argument too many/],
            [["disable", "somebody"], /no e-mail address and no id/],
            [["disable", "a@b.example", "--redis", "nowhere"], /./],
        ]) {
            await assert.rejects(ctl(...words),
                ({ code, stderr }) => code > 0 && what.test(stderr));
        }
    });
});


it("a token of a session that is not in the record can be ended", { timeout },
    async () => {
        const token = minter(stack.keys()).access({
            iss: stack.url, aud: "sluice", sub: viewer.user.id, sid: NOBODY,
            role: "viewer", jti: "1",
        });
        const reply = await request(`${stack.url}/api/sessions/current`, {
            method: "DELETE", headers: { Authorization: `Bearer ${token}` },
        });

        assert.equal(reply.status, 204);
        assert.notEqual(await rows("sid", NOBODY), "");
    });
