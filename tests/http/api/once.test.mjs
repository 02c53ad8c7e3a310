/* Idempotency-Key: a POST that comes again has the first one's answer, and no
   second effect. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { Readable } from "node:stream";

import { request, sendPart } from "../lib/client.mjs";
import { fresh } from "../lib/files.mjs";
import { refused } from "../lib/problem.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { Tus, base64 } from "../lib/tus.mjs";

const timeout = 180_000;
const MANY = 10;
const GATE = 4711;              /* where answers wait, when a test says so */

let stack, count = 0;


/* No worker: what comes in stays as it came. */
before(async () => {
    stack = await startStack();
    await stack.stopWorker();
}, { timeout });

after(() => stack?.stop({ but: /exited on signal 9/ }), { timeout });


const newKey = () => `key-${++count}`;
const keyed = (key) => ({ "Idempotency-Key": key });
const tus = { "Tus-Resumable": "1.0.0" };
const number = (sql) => stack.sql(sql).then(Number);
const owned = (table, { user }) =>
    number(`select count(*) from sluice.${table} where owner = '${user.id}'`);


/* A cancelled job of somebody's. */
async function cancelled(who) {
    const { job } = await who.bring(fresh(), "a.mp3");

    assert.equal((await who.delete(`/api/jobs/${job.id}`)).status, 200);
    return job.id;
}

/*
 * Each POST that takes a key. prepare(): what all requests of a test share;
 * ask(): {path, headers, body, json} of one; other(): the same with another
 * body, or what stands for it; said(): what must be the same in both answers;
 * effects(): how many there were.
 */
const ROUTES = {
    "POST /api/media": {
        prepare: () => fresh(),
        ask: (bytes) => ({ path: "/api/media?filename=a.mp3", body: bytes }),
        other: (bytes) => ({ path: "/api/media?filename=a.mp3",
                             body: bytes.replace(/.$/, "x") }),
        said: ({ json, headers }) => [json.id, json.job.id, headers.location],
        effects: (who) => owned("media", who),
    },
    "POST /api/media, of no length": {
        prepare: () => fresh(),
        ask: (bytes) => ({ path: "/api/media?filename=a.mp3",
                           body: Readable.from([bytes]) }),
        other: (bytes) => ({ path: "/api/media?filename=a.mp3",
                             body: Readable.from([bytes, " and more"]) }),
        said: ({ json, headers }) => [json.id, json.job.id, headers.location],
        effects: (who) => owned("media", who),
    },
    "POST /api/links": {
        prepare: async (who) => (await who.bring(fresh(), "a.mp3")).id,
        ask: (media) => ({ path: "/api/links", json: { links: [
            { media, expires_in: 3600, uses: 3 }, { media }] } }),
        other: (media) => ({ path: "/api/links", json: { media } }),
        said: ({ json: { links } }) => links.map(({ jti, expires_at: at }) =>
            [jti, at]),
        effects: ({ user }) => number(
            "select coalesce(sum(many), 0) from sluice.counted_links "
            + `where user_id = '${user.id}'`),
    },
    "POST /api/jobs/{id}/retry": {
        prepare: cancelled,
        ask: (job) => ({ path: `/api/jobs/${job}/retry`, json: {} }),
        other: (job) => ({ path: `/api/jobs/${job}/retry`,
                           json: { other: true } }),
        said: ({ json }) => json,
        effects: ({ user }) => number(
            "select count(*) from sluice.audit where action = 'job-retried' "
            + `and actor = '${user.id}'`),
    },
    "POST /api/media/{id}/downloads": {
        prepare: async (who) => {
            const { id } = await who.bring(fresh(), "a.mp3");

            /* ready, without a worker */
            await stack.sql(`update sluice.media set state = 'ready' where id = `
                + `'${id}'; insert into sluice.renditions (media, name, kind, `
                + `folder, about, bytes) values ('${id}', 'a1', 'audio', 'x', `
                + "'{}', 1)");
            return id;
        },
        ask: (media) => ({ path: `/api/media/${media}/downloads`,
                           json: { sound: "a1" } }),
        other: (media) => ({ path: `/api/media/${media}/downloads`,
                             json: { sound: "a1", other: true } }),
        said: ({ json: { id, job } }) => [id, job],
        effects: ({ user }) => number("select count(*) from sluice.downloads "
            + `where user_id = '${user.id}'`),
    },
    "POST /api/uploads": {
        prepare: () => ({ ...tus, "Upload-Length": "9",
                          "Upload-Metadata": `filename ${base64("a.mp3")}` }),
        ask: (headers) => ({ path: "/api/uploads", headers }),
        other: (headers) => ({ path: "/api/uploads",
                               headers: { ...headers, "Upload-Length": "8" } }),
        said: ({ headers }) => [headers.location, headers["upload-offset"]],
        effects: (who) => owned("uploads", who),
    },
};

function post(who, key, { path, headers, ...options }) {
    return who.request("POST", path,
                       { ...options, headers: { ...headers, ...keyed(key) } });
}

const done = ({ status }) => status >= 200 && status < 300;

const used = (answer) => refused(answer, 409, "key-used", "Idempotency-Key");

function busy(answer) {
    refused(answer, 409, "key-busy");
    assert.match(answer.headers["retry-after"], /^[1-9]\d*$/);
}


for (const [name, route] of Object.entries(ROUTES)) {
    describe(name, { timeout }, () => {
        let who, key, shared, first, effects;

        before(async () => {
            who = await stack.visitor("viewer");
            key = newKey();
            shared = await route.prepare(who);
            effects = -await route.effects(who);
            first = await post(who, key, route.ask(shared));
            assert.ok(done(first), first.text);
            effects += await route.effects(who);
        });

        const unchanged = async (action) => {
            const before = await route.effects(who);
            await action();
            assert.equal(await route.effects(who), before);
        };

        it("has an effect", () => assert.ok(effects > 0));

        it("has the first answer when it comes again", () => unchanged(
            async () => {
                const again = await post(who, key, route.ask(shared));

                assert.equal(again.status, first.status, again.text);
                assert.deepEqual(route.said(again), route.said(first));
            }));

        it("is refused with another body", () => unchanged(async () => {
            used(await post(who, key, route.other(shared)));
        }));

        it("is refused where another route had the key", () => unchanged(
            async () => {
                const other = route.ask(shared).path === "/api/uploads"
                    ? "POST /api/media" : "POST /api/uploads";

                used(await post(who, key, ROUTES[other].ask(
                    await ROUTES[other].prepare(who))));
            }));

        it("is another user's own with the same key", async () => {
            const other = await stack.visitor("viewer");
            const theirs = await route.prepare(other);
            const answer = await post(other, key, route.ask(theirs));

            assert.equal(answer.status, first.status, answer.text);
            assert.notDeepEqual(route.said(answer), route.said(first));
        });

        it(`happens once when ${MANY} come at once`, async () => {
            const other = await stack.visitor("viewer");
            const at = newKey();
            const theirs = await route.prepare(other);
            const before = await route.effects(other);
            const answers = await Promise.all(Array.from({ length: MANY },
                () => post(other, at, route.ask(theirs))));
            const good = answers.filter(done);

            answers.filter((answer) => !done(answer)).forEach(busy);
            assert.ok(good.length > 0);
            good.push(await post(other, at, route.ask(theirs)));
            for (const answer of good) {
                assert.deepEqual(route.said(answer), route.said(good[0]));
            }
            assert.equal(await route.effects(other) - before, effects);
        });

        it("has the first answer when nginx was killed before it was told",
            async () => {
                const other = await stack.visitor("viewer");
                const at = newKey();
                const theirs = await route.prepare(other);
                const before = await route.effects(other);

                await lost(other, at, route.ask(theirs));
                assert.equal(await route.effects(other) - before, effects);

                const answer = await post(other, at, route.ask(theirs));
                assert.equal(answer.status, first.status, answer.text);
                assert.equal(await route.effects(other) - before, effects);
            });

        it("begins anew when its day is over", async () => {
            await stack.sql("update sluice.answers set expires_at = now() "
                + `where owner = '${who.user.id}'`);
            const answer = await post(who, key, route.other(shared));

            assert.notEqual(answer.json?.type, "urn:sluice:problem:key-used");
        });
    });
}


/* Sends it, and kills nginx when the effect is there and before it says so. */
async function lost(who, key, ask) {
    await stack.sql(`create or replace function sluice.wait() returns trigger
        language plpgsql as 'begin perform pg_advisory_xact_lock(${GATE});
        return new; end'`);
    await stack.sql("create or replace trigger wait before insert on "
        + "sluice.answers for each row execute function sluice.wait()");

    const open = await stack.hold(`select pg_advisory_xact_lock(${GATE})`);
    const answer = post(who, key, ask).then(() => "an answer", () => "none");

    await until("the effect waits", async () => await number("select count(*) "
        + "from pg_locks where locktype = 'advisory' and not granted "
        + `and objid = ${GATE}`) > 0);

    const processes = stack.workers();
    const all = (signal) => execFileSync("kill", [signal, ...processes]);

    all("-STOP");
    await open();
    await until("the effect is there",
        async () => await owned("answers", who) > 0);
    all("-KILL");
    assert.equal(await answer, "none");
    await stack.sql("drop trigger wait on sluice.answers");
    await until("nginx is back", () => who.get("/api/me")
        .then(({ status }) => status === 200, () => false));
}


describe("a key", { timeout }, () => {
    let who;
    const ask = (headers, bytes = fresh()) => who.request("POST",
        "/api/media?filename=a.mp3", { headers, body: bytes });

    before(async () => { who = await stack.visitor("viewer"); });

    const wrong = {
        "that is empty": "", "in quotes without anything": '""',
        "with a blank": "a b", "with a quote": 'a"b',
        "with a backslash": "a\\b", "that is not closed": '"a',
        "of other than ASCII": "cl\u00e9", "of 256 characters": "k".repeat(256),
    };

    for (const [what, key] of Object.entries(wrong)) {
        for (const path of ["/api/media?filename=a.mp3", "/api/links",
                            "/api/uploads"]) {
            it(`${what} is refused by POST ${path}`, async () => {
                refused(await who.request("POST", path, {
                    headers: { ...keyed(key), ...tus, "Upload-Length": "1" },
                    json: {},
                }), 400, "header-invalid", "Idempotency-Key");
            });
        }
    }

    it("that comes twice is refused", async () => {
        refused(await ask({ "Idempotency-Key": ["a", "b"] }), 400,
            "header-invalid", "Idempotency-Key");
    });

    it("may have 255 characters", async () => {
        assert.equal((await ask(keyed("k".repeat(255)))).status, 201);
    });

    it("is the same with and without quotes", async () => {
        const bytes = fresh();
        const [bare, quoted] = [await ask(keyed("same"), bytes),
                                await ask(keyed('"same"'), bytes)];

        assert.deepEqual([bare.status, quoted.status], [201, 201]);
        assert.equal(quoted.json.id, bare.json.id);
    });

    it("of what was refused can be used", async () => {
        const key = newKey();

        assert.equal((await who.request("POST", "/api/links", {
            headers: keyed(key), json: {} })).status, 422);
        assert.equal((await ask(keyed(key))).status, 201);
    });

    it("is not kept of a sign-in", async () => {
        const { password, user } = who;
        const sign = () => request(`${stack.url}/api/sessions`, {
            method: "POST", headers: keyed("sign-in"),
            json: { email: user.email, password } });
        const [one, two] = [await sign(), await sign()];

        assert.deepEqual([one.status, two.status], [201, 201]);
        assert.notEqual(one.json.refresh_token, two.json.refresh_token);
    });

    it("is not kept, and its answer without signatures", async () => {
        const bytes = fresh();
        const media = await who.bring(bytes, "a.mp3");

        await stack.sql("update sluice.media set state = 'ready', "
            + `extension = 'mp3' where id = '${media.id}'`);
        const { status, json } = await ask(keyed("in-the-clear"), bytes);
        const kept = await stack.sql("select coalesce(string_agg(a::text, ' ')"
            + `, '') from sluice.answers a where owner = '${who.user.id}'`);

        assert.deepEqual([status, json.duplicate], [200, true]);
        assert.match(json.links.original, /grant=|\/~/);
        assert.ok(kept.includes(media.id));
        assert.doesNotMatch(kept, /in-the-clear|grant=|\/~/);
    });

    it("more than a user may have is refused before anything is done",
        async () => {
            const other = await stack.visitor("viewer");
            const others = (key, client = other) => client.request("POST",
                "/api/media?filename=a.mp3",
                { headers: keyed(key), body: fresh() });

            await stack.sql("create or replace function api.answers_max() "
                + "returns integer language sql immutable as 'select 2'");
            try {
                assert.equal((await others("one")).status, 201);
                assert.equal((await others("two")).status, 201);
                refused(await others("three"), 429, "too-many",
                    "Idempotency-Key");
                assert.equal(await owned("media", other), 2);
                assert.equal((await others("one",
                    await stack.visitor("viewer"))).status, 201);
            } finally {
                await stack.sql("create or replace function api.answers_max() "
                    + "returns integer language sql immutable as "
                    + "'select 10000'");
            }
        });

    it("that is over is pruned", async () => {
        await stack.sql("update sluice.answers set expires_at = now() "
            + `where owner = '${who.user.id}'`);
        const pruned = JSON.parse(await stack.sql(
            "select queue.prune('{}', 1000)"));

        assert.ok(pruned.answers > 0);
        assert.equal(await owned("answers", who), 0);
    });
});


describe("an upload with a key", { timeout }, () => {
    const path = "/api/media?filename=a.mp3";
    let who;

    before(async () => { who = await stack.visitor("viewer"); });

    const part = (key, bytes) => sendPart(`${stack.url}${path}`, {
        headers: { ...who.headers, ...keyed(key) }, length: bytes.length,
        body: bytes.slice(0, 3) });
    const held = (many) => until(`${many} are held`, async () => await number(
        "select count(*) from sluice.uploads where state = 'held' and owner = "
        + `'${who.user.id}'`) === many);
    const whole = (key, bytes) => who.request("POST", path,
        { headers: keyed(key), body: bytes });

    it("keeps another one waiting while it comes", async () => {
        const [key, bytes] = [newKey(), fresh()];
        const first = part(key, bytes);
        const answered = new Promise((resolve) => {
            first.on("response", ({ statusCode }) => resolve(statusCode));
        });

        await held(1);
        busy(await whole(key, bytes));
        used(await who.request("POST", `${path}&title=other`,
            { headers: keyed(key), body: bytes }));
        first.end(bytes.slice(3));
        assert.equal(await answered, 201);
        assert.equal((await whole(key, bytes)).status, 201);
        assert.equal(await owned("media", who), 1);
    });

    /* Its bytes are not thrown away for it. */
    it("waits for whoever looks at its key when it ends", async () => {
        const [key, bytes] = [newKey(), fresh()];
        const first = part(key, bytes);
        const answered = new Promise((resolve) => {
            first.on("response", ({ statusCode }) => resolve(statusCode));
        });

        await held(1);
        const looked = await stack.hold("select pg_advisory_xact_lock("
            + "api.key_lock(u.owner, jsonb_build_object('key', "
            + "encode(u.key, 'hex')))) from sluice.uploads u "
            + `where u.owner = '${who.user.id}' and u.state = 'held'`);

        first.end(bytes.slice(3));
        await until("it waits", async () => await number("select count(*) from "
            + "pg_locks where locktype = 'advisory' and not granted") > 0);
        await looked();
        assert.equal(await answered, 201);
    });

    it("gives the key back when its client leaves", async () => {
        const [key, bytes] = [newKey(), fresh()];
        const first = part(key, bytes);

        await held(1);
        first.destroy();
        await held(0);
        assert.equal((await whole(key, bytes)).status, 201);
    });

    it("is known though there is no room for it any more", async () => {
        const [key, bytes] = [newKey(), fresh()];
        const first = await whole(key, bytes);

        await stack.sql("update sluice.users set quota_bytes = 1 "
            + `where id = '${who.user.id}'`);
        const again = await whole(key, bytes);
        await stack.sql("update sluice.users set quota_bytes = null "
            + `where id = '${who.user.id}'`);

        assert.deepEqual([again.status, again.json?.id], [201, first.json.id]);
    });

    it("leaves nothing in the spool when it comes again", async () => {
        const [key, bytes] = [newKey(), fresh()];
        const first = await whole(key, bytes);
        const before = readdirSync(stack.path("spool"));

        assert.equal((await whole(key, bytes)).status, 201);
        used(await whole(key, bytes.replace(/.$/, "x")));
        await stack.inSpool([], (name) => !before.includes(name));
        assert.ok(before.some((name) => name.startsWith(first.json.id)));
    });

    it("goes on where it was when tus begins it again", async () => {
        const upload = new Tus(stack, who);
        const begin = () => upload.request("POST", "/api/uploads", {
            ...keyed("goes-on"), "Upload-Length": "9" });
        const { location } = (await begin()).headers;

        assert.equal((await upload.patch(location, 0, "abc")).status, 204);
        const again = await begin();
        assert.deepEqual([again.status, again.headers.location,
                          again.headers["upload-offset"]],
                         [201, location, "3"]);
        await upload.patch(location, 3, "defghi");
        assert.equal((await begin()).headers["upload-offset"], "9");
    });
});


it("links that are asked for again ask again who may have them", { timeout },
    async () => {
        const who = await stack.visitor("viewer");
        const { id } = await who.bring(fresh(), "a.mp3");
        const mint = () => who.request("POST", "/api/links",
            { headers: keyed("again"), json: { media: id } });

        assert.equal((await mint()).status, 201);
        await who.delete(`/api/media/${id}`);
        refused(await mint(), 404, "not-found", "media");
    });


it("links live from when they were first asked for", { timeout }, async () => {
    const who = await stack.visitor("viewer");
    const { id } = await who.bring(fresh(), "a.mp3");
    const mint = () => who.request("POST", "/api/links",
        { headers: keyed("later"), json: { media: id } });
    const first = await mint();

    await stack.sql("update sluice.answers set body = jsonb_build_object('at',"
        + " (body->>'at')::bigint - 7200) where owner = "
        + `'${who.user.id}'`);
    const again = await mint();
    const hours = (Date.parse(first.json.expires_at)
        - Date.parse(again.json.expires_at)) / 3_600_000;

    assert.deepEqual([again.status, hours], [201, 2]);
});
