/* A session from its first refresh token to its end, on all devices. */

import assert from "node:assert/strict";

import { request } from "../lib/client.mjs";
import { claimsOf, cookieOf, cookiesOf } from "../lib/cookies.mjs";
import { refused } from "../lib/problem.mjs";
import { bearer, sessions } from "../lib/sessions.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;

let stack, user, session;


before(async () => {
    stack = await startStack();
    user = await stack.user("editor");
    session = (await signIn(user)).json;
}, { timeout });

after(() => stack?.stop(), { timeout });


const { post, signIn, refresh, me } = sessions(() => stack.url);
const sidOf = ({ access_token: token }) => claimsOf(token).sid;


describe("a refresh token", { timeout }, () => {
    const inRecord = (json) => stack.sql("select refreshes from sluice.sessions "
        + `where id = '${sidOf(json)}'`).then(Number);
    const passed = (json, seconds) => stack.sql("update sluice.sessions set "
        + `used_at = used_at - interval '${seconds} seconds' `
        + `where id = '${sidOf(json)}'`);
    const reused = ({ user: { id } }) => stack.sql("select count(*) from "
        + "sluice.audit where action = 'refresh-reused' and actor = "
        + `'${id}'`).then(Number);

    it("brings a new access token for the same session", async () => {
        const { json: first } = await signIn(user);
        const reply = await refresh(first.refresh_token);

        assert.equal(reply.status, 200);
        assert.notEqual(reply.json.access_token, first.access_token);
        assert.equal(sidOf(reply.json), sidOf(first));
        assert.equal((await me(bearer(reply.json.access_token))).status, 200);
        assert.equal(cookieOf(reply).value, reply.json.access_token);
    });

    it("brings its successor, and that one the next", async () => {
        const seen = new Set();
        let { json } = await signIn(user);

        for (let i = 0; i < 5; i++) {
            seen.add(json.refresh_token);
            json = (await refresh(json.refresh_token)).json;
        }
        assert.equal(seen.size, 5);
        assert.ok(!seen.has(json.refresh_token));
        assert.equal(await inRecord(json), 5);
    });

    it("brings one successor to twenty who ask at once, on two machines",
        async () => {
            const other = await stack.secondNginx();
            const { json } = await signIn(user);

            const replies = await Promise.all(Array.from({ length: 20 },
                (_, i) => request(`${i % 2 ? stack.url : other.url}`
                    + "/api/sessions/refresh", { method: "POST",
                    json: { refresh_token: json.refresh_token } })));

            assert.deepEqual(new Set(replies.map(({ status }) => status)),
                new Set([200]));
            assert.equal(new Set(replies.map((reply) =>
                reply.json.refresh_token)).size, 1);
            assert.equal(await inRecord(json), 1);
        });

    it("that was used brings its successor for ten seconds", async () => {
        const { json } = await signIn(user);
        const next = await refresh(json.refresh_token);

        await passed(json, 9);
        const again = await refresh(json.refresh_token);
        assert.equal(again.status, 200);
        assert.equal(again.json.refresh_token, next.json.refresh_token);
    });

    const stolen = {
        "after that": async (json) => {
            const { json: next } = await refresh(json.refresh_token);

            await passed(json, 11);
            return next;
        },
        "when its successor was used, too": async (json) =>
            (await refresh((await refresh(json.refresh_token)).json
                .refresh_token)).json,
    };

    for (const [when, use] of Object.entries(stolen)) {
        it(`ends the session for all ${when}, and is audited`, async () => {
            const thief = await stack.user();
            const { json } = await signIn(thief);
            const next = await use(json);

            assert.equal((await me(bearer(next.access_token))).status, 200);
            const reply = await refresh(json.refresh_token);
            refused(reply, 401, "token-invalid");
            assert.match(reply.json.detail, /used before/);
            assert.equal(reply.headers["set-cookie"], undefined);
            refused(await refresh(next.refresh_token), 401, "token-invalid");
            await until("its access tokens are refused", async () =>
                (await me(bearer(next.access_token))).status === 401);
            assert.equal(await reused(json), 1);
        });
    }

    it("that the record has never given is refused", async () => {
        const { json } = await signIn(user);
        const { json: next } = await refresh(json.refresh_token);

        /* as if the record were one of an hour ago */
        await stack.sql("update sluice.sessions set refreshes = 0 "
            + `where id = '${sidOf(json)}'`);
        refused(await refresh(next.refresh_token), 401, "token-invalid");
        assert.equal((await refresh(json.refresh_token)).status, 200);
    });

    it("of before, which never changed, is exchanged", async () => {
        const { json } = await signIn(user);
        const old = "A".repeat(43);

        await stack.sql("update sluice.sessions set refresh_digest = "
            + `sha256('${old}') where id = '${sidOf(json)}'`);
        const first = await refresh(old);
        const second = await refresh(old);

        assert.deepEqual([first.status, second.status], [200, 200]);
        assert.equal(sidOf(first.json), sidOf(json));
        assert.equal(first.json.refresh_token, second.json.refresh_token);
        assert.equal((await refresh(first.json.refresh_token)).status, 200);
        refused(await refresh(old), 401, "token-invalid");
    });

    it("is not kept in the database as it is", async () => {
        const found = await stack.sql("select count(*) from sluice.sessions s "
            + `where s::text like '%${session.refresh_token}%'`);
        assert.equal(found, "0");
    });

    it("that is wrong is refused, and ends nothing", async () => {
        const { json } = await signIn(user);
        const token = json.refresh_token;
        const turn = (at) => token.slice(0, at)
            + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);

        for (const wrong of ["x", "A".repeat(43), "A".repeat(71), turn(5),
                             turn(25), turn(60), token.slice(1),
                             session.access_token.slice(0, 71)]) {
            refused(await refresh(wrong), 401, "token-invalid");
        }
        refused(await refresh(`${token}A`), 422, "field-invalid",
            "refresh_token");
        assert.equal((await refresh(token)).status, 200);
    });

    it("that is missing is named", async () => {
        refused(await post("/api/sessions/refresh", { json: {} }), 422,
            "field-invalid", "refresh_token");
    });

    it("of a disabled user is refused", async () => {
        const gone = await stack.user();
        const { json } = await signIn(gone);

        await stack.sql("update sluice.users set disabled_at = now() "
                        + `where id = '${gone.id}'`);
        refused(await refresh(json.refresh_token), 401, "token-invalid");
    });

    it("that has expired is refused", async () => {
        const late = await stack.user();
        const { json } = await signIn(late);

        await stack.sql("update sluice.sessions set expires_at = now() "
                        + `where user_id = '${late.id}'`);
        refused(await refresh(json.refresh_token), 401, "token-invalid");
    });

    it("brings the role that the user has by now", async () => {
        const risen = await stack.user("viewer");
        const { json } = await signIn(risen);

        await stack.sql("update sluice.users set role = 'admin' "
                        + `where id = '${risen.id}'`);
        const reply = await refresh(json.refresh_token);
        assert.equal(reply.json.user.role, "admin");
    });

    it("is no access token", async () => {
        refused(await me(bearer(session.refresh_token)), 401, "token-invalid");
    });
});


/* What a browser does: it keeps the cookies, and sends each where it belongs. */
describe("a page that asks for cookies", { timeout }, () => {
    const PAGE = { "Sec-Fetch-Site": "same-origin" };
    const enter = (more) => post("/api/sessions", { headers: PAGE, json: {
        email: user.email, password: user.password, cookies: true, ...more } });
    const header = (...cookies) => ({ Cookie: cookies.map(({ name, value }) =>
        `${name}=${value}`).join("; ") });
    const again = (cookie, headers = PAGE) => post("/api/sessions/refresh",
        { headers: { ...headers, ...header(cookie) } });

    it("gets its tokens in cookies, and none in the body", async () => {
        const reply = await enter();
        const [access, refreshing] = cookiesOf(reply);

        assert.equal(reply.status, 201);
        assert.deepEqual(Object.keys(reply.json).sort(),
            ["expires_in", "user"]);
        assert.deepEqual([access.name, access.path, access.httponly,
                          access.samesite],
            ["sluice_session", "/", true, "Lax"]);
        assert.deepEqual([refreshing.name, refreshing.path,
                          refreshing.httponly, refreshing.samesite],
            ["sluice_refresh", "/api/sessions/refresh", true, "Lax"]);
        assert.ok(Number(refreshing["max-age"]) > Number(access["max-age"]));
        assert.equal((await me({ ...PAGE, ...header(access) })).status, 200);
    });

    it("goes on by them", async () => {
        const [, first] = cookiesOf(await enter());
        const reply = await again(first);
        const [access, second] = cookiesOf(reply);

        assert.equal(reply.status, 200);
        assert.deepEqual(Object.keys(reply.json).sort(),
            ["expires_in", "user"]);
        assert.notEqual(second.value, first.value);
        assert.equal((await me({ ...PAGE, ...header(access) })).status, 200);
        assert.equal((await again(second)).status, 200);
    });

    it("goes on by its own, whatever else has the name", async () => {
        const [, old] = cookiesOf(await enter());
        const [, first] = cookiesOf(await enter());
        const [, second] = cookiesOf(await again(first));
        const none = { name: old.name, value: "none-of-ours" };
        let cookie = second;

        for (const others of [[none], [old], [first], [none, old, first]]) {
            for (const place of [0, others.length]) {
                const all = others.toSpliced(place, 0, cookie);
                const reply = await post("/api/sessions/refresh",
                    { headers: { ...PAGE, ...header(...all) } });

                assert.equal(reply.status, 200, JSON.stringify([others, place]));
                cookie = cookiesOf(reply)[1];
            }
        }
        assert.equal((await again(old)).status, 200, "it was left alone");
    });

    it("is forgotten with its browser when it is not to be remembered",
        async () => {
            const reply = await enter({ remember: false });
            const next = await again(cookiesOf(reply)[1]);

            for (const cookie of [...cookiesOf(reply), ...cookiesOf(next)]) {
                assert.equal(cookie["max-age"], undefined, cookie.name);
            }
        });

    it("may give a token of its own for cookies", async () => {
        const { json } = await signIn(user);
        const reply = await post("/api/sessions/refresh", { headers: PAGE,
            json: { refresh_token: json.refresh_token, cookies: true } });

        assert.deepEqual(Object.keys(reply.json).sort(),
            ["expires_in", "user"]);
        assert.equal((await again(cookiesOf(reply)[1])).status, 200);
    });

    it("of another site goes on by nobody's", async () => {
        const [, cookie] = cookiesOf(await enter());

        for (const headers of [{ "Sec-Fetch-Site": "cross-site" },
                               { "Sec-Fetch-Site": "same-site" },
                               { Origin: "https://elsewhere.example" }]) {
            refused(await again(cookie, headers), 403, "cross-site");
        }
        assert.equal((await again(cookie)).status, 200);
    });

    it("signs out of both", async () => {
        const [access, cookie] = cookiesOf(await enter());
        const reply = await request(`${stack.url}/api/sessions/current`, {
            method: "DELETE", headers: { ...PAGE, ...header(access) } });

        assert.equal(reply.status, 204);
        assert.deepEqual(cookiesOf(reply).map((gone) =>
            [gone.name, gone.value, gone["max-age"], gone.path]),
        [["sluice_session", "", "0", "/"],
         ["sluice_refresh", "", "0", "/api/sessions/refresh"]]);
        refused(await again(cookie), 401, "token-invalid");
    });

    it("enters though it has the cookie of a session that is over", async () => {
        const [access] = cookiesOf(await enter());

        await request(`${stack.url}/api/sessions/current`, {
            method: "DELETE", headers: { ...PAGE, ...header(access) } });
        await until("it is refused", async () =>
            (await me({ ...PAGE, ...header(access) })).status === 401);
        assert.equal((await post("/api/sessions", {
            headers: { ...PAGE, ...header(access) },
            json: { email: user.email, password: user.password,
                    cookies: true } })).status, 201);
    });

    for (const name of ["cookies", "remember"]) {
        for (const value of [1, "true", null, []]) {
            it(`has to say true or false of "${name}", not `
                + JSON.stringify(value), async () => {
                refused(await enter({ [name]: value }), 422, "field-invalid",
                    name);
            });
        }
    }
});


describe("one's sessions", { timeout }, () => {
    const list = async (token, query = "") => {
        const reply = await request(`${stack.url}/api/sessions${query}`,
            { headers: bearer(token) });

        assert.equal(reply.status, 200, reply.text);
        return reply.json;
    };
    const end = (token, path) => request(`${stack.url}/api/sessions${path}`,
        { method: "DELETE", headers: bearer(token) });
    const many = async (count) => {
        const person = await stack.user();
        const made = [];

        for (let i = 0; i < count; i++) {
            const { json } = await post("/api/sessions", {
                headers: { "User-Agent": `Player/${i}` },
                json: { email: person.email, password: person.password },
            });

            made.push({ ...json, password: person.password });
        }
        return made;
    };

    it("are told with device, address and time, the newest first", async () => {
        const [one, two] = await many(2);

        await refresh(one.refresh_token);
        const { items, next } = await list(two.access_token);

        assert.equal(next, null);
        assert.deepEqual(items.map(({ id }) => id), [sidOf(two), sidOf(one)]);
        assert.deepEqual(items.map(({ current }) => current), [true, false]);
        assert.deepEqual(items.map((item) => item.user_agent),
            ["Player/1", "Player/0"]);
        for (const { address, created_at: created, used_at: used,
                     expires_at: expires } of items) {
            assert.equal(address, "127.0.0.1");
            assert.ok(Date.parse(created) <= Date.parse(used));
            assert.ok(Date.parse(expires) > Date.now());
        }
        assert.equal(items[1].used_from, "127.0.0.1");
        assert.ok(Date.parse(items[1].used_at)
            > Date.parse(items[1].created_at));
    });

    it("come page by page", async () => {
        const made = await many(5);
        const token = made[0].access_token;
        const seen = [];
        let cursor = "";

        do {
            const page = await list(token, `?limit=2&cursor=${cursor}`);

            seen.push(...page.items.map(({ id }) => id));
            cursor = page.next;
        } while (cursor);
        assert.deepEqual(seen, made.map(sidOf).reverse());
    });

    for (const [query, field] of [["limit=0", "limit"], ["limit=201", "limit"],
                                  ["limit=x", "limit"], ["limit=", "limit"],
                                  ["cursor=1", "cursor"],
                                  ["cursor='", "cursor"]]) {
        it(`are not told for ${query}`, async () => {
            refused(await request(`${stack.url}/api/sessions?${query}`,
                { headers: bearer(session.access_token) }), 422,
            "field-invalid", field);
        });
    }

    it("are those of nobody else, and not those that are over", async () => {
        const [one, two, three] = await many(3);

        await end(two.access_token, "/current");
        await stack.sql("update sluice.sessions set expires_at = now() "
            + `where id = '${sidOf(three)}'`);
        const { items } = await list(one.access_token);
        assert.deepEqual(items.map(({ id }) => id), [sidOf(one)]);
    });

    const gone = (json) => until("it is over", async () =>
        (await me(bearer(json.access_token))).status === 401);

    it("end one by one", async () => {
        const [one, two, three] = await many(3);

        assert.equal((await end(one.access_token, `/${sidOf(two)}`)).status,
            204);
        await gone(two);
        refused(await refresh(two.refresh_token), 401, "token-invalid");
        assert.equal((await refresh(three.refresh_token)).status, 200);
        refused(await end(one.access_token, `/${sidOf(two)}`), 404,
            "not-found");
    });

    it("of others are not one's to end", async () => {
        const [one] = await many(1);

        refused(await end(session.access_token, `/${sidOf(one)}`), 404,
            "not-found");
        assert.equal((await refresh(one.refresh_token)).status, 200);
    });

    it("end but for this one", async () => {
        const [one, two, three] = await many(3);

        assert.equal((await end(two.access_token, "?others=true")).status, 204);
        await gone(one);
        await gone(three);
        assert.equal((await me(bearer(two.access_token))).status, 200);
        assert.equal((await refresh(two.refresh_token)).status, 200);
    });

    it("end for who has shown lately who he is", async () => {
        const [one, two, three] = await many(3);

        await stack.sql("update sluice.sessions set authenticated_at = now() "
            + `- interval '901 s' where user_id = '${one.user.id}'`);
        for (const path of [`/${sidOf(two)}`, "?others=true", ""]) {
            const answer = await end(one.access_token, path);

            refused(answer, 401, "authentication-too-old");
            assert.match(answer.headers["www-authenticate"], /max_age=900$/);
        }
        assert.equal((await refresh(two.refresh_token)).status, 200);
        assert.equal((await end(three.access_token, "/current")).status, 204);

        assert.equal((await post("/api/sessions/current/authenticate", {
            headers: bearer(one.access_token),
            json: { password: one.password } })).status, 200);
        assert.equal((await end(one.access_token, `/${sidOf(two)}`)).status,
            204);
        assert.equal((await end(one.access_token, "")).status, 204);
    });

    it("end all", async () => {
        const made = await many(3);

        assert.equal((await end(made[1].access_token, "")).status, 204);
        await Promise.all(made.map(gone));
        for (const { refresh_token: token } of made) {
            refused(await refresh(token), 401, "token-invalid");
        }
    });

    it("end all for a value of \"others\" that is none: neither", async () => {
        const [one] = await many(1);

        refused(await end(one.access_token, "?others=yes"), 422,
            "field-invalid", "others");
        assert.equal((await me(bearer(one.access_token))).status, 200);
    });

    it("more than may be taken back one by one end with what was made for the "
        + "user, and this one goes on", async () => {
        const [one] = await many(1);
        const id = one.user.id;

        await stack.sql(`insert into sluice.sessions (id, user_id, expires_at)
            select gen_random_uuid(), '${id}', now() + interval '1 day'
            from generate_series(1, 1001) n`);
        assert.equal((await end(one.access_token, "?others=true")).status, 204);
        assert.ok(await stack.sql("select count(*) from sluice.revocations "
            + `where revoked_by = '${id}'`).then(Number) <= 1000);
        await gone(one);
        const next = await refresh(one.refresh_token);
        assert.equal(next.status, 200);
        assert.equal((await me(bearer(next.json.access_token))).status, 200);
        assert.equal(await stack.sql("select count(*) from sluice.sessions "
            + `where user_id = '${id}' and ended_at is null`), "1");
    });

    it("need someone who is signed in", async () => {
        for (const method of ["GET", "DELETE"]) {
            refused(await request(`${stack.url}/api/sessions`, { method }), 401,
                "unauthenticated");
        }
    });
});
