/* Fair use of media: bytes of a user in a month, and streams at once, counted
   for all machines, and held to what his plan says. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import http from "node:http";

import { request, until } from "../lib/client.mjs";
import { refused } from "../lib/problem.mjs";
import { samples } from "../lib/prometheus.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 240_000;
const SIZE = 10_000;
const HUGE = 200_000_000;    /* more than sockets hold */
const title = (n) => `/media/c${n}/01890000-0000-7000-8000-0000000000c${n}/`;
const FILM = `${title(1)}a.mp4`;
const OTHER = `${title(2)}a.mp4`;
const LONG = `${title(1)}long.mp4`;

let stack, second, mint;


before(async () => {
    stack = await startStack({ extra: (state) => `
        location /page/ { alias ${state}/media/; sluice_gate user;
            sluice_media on; }
        location /plain/ { alias ${state}/media/; sluice_gate grant; }
        location /strict/ { alias ${state}/media/; sluice_gate grant;
            sluice_media on; sluice_grant_offline deny; }` });
    await stack.stopWorker();
    second = await stack.secondNginx((text) => text
        .replace("    server {", "    sluice_media on;\n    server {"));
    mint = minter(stack.keys());

    for (const n of [1, 2, 3]) {
        mkdirSync(stack.path(title(n)), { recursive: true });
        writeFileSync(stack.path(title(n), "a.mp4"), Buffer.alloc(SIZE));
        writeFileSync(stack.path(title(n), "a.jpg"), Buffer.alloc(SIZE));
        writeFileSync(stack.path(title(n), "long.mp4"), "");
        truncateSync(stack.path(title(n), "long.mp4"), HUGE);
    }
}, { timeout });

after(() => stack?.stop({ but: /exited on signal 9|could not be written/ }),
    { timeout });


/* One of the record's, with his link for everything; `sid` names a device. */
async function someone(plan) {
    const user = await stack.visitor("viewer");

    user.id = user.user.id;
    user.link = (path, { url = stack.url, headers, method, ...claims } = {}) =>
        request(`${url}/~${mint.grant({ path: "/", sub: user.id, ...claims })}`
            + path, { headers, method });
    if (plan) {
        await has(user, plan);
    }
    return user;
}

const database = () => ["--database",
    `host=${stack.path("run")} dbname=sluice user=sluice`];

/* A plan of his own. */
async function has(user, options) {
    const name = `of-${user.id}`;

    await stack.sluicectl("plan", "set", name,
        ...Object.entries(options).flatMap(([key, value]) =>
            [`--${key}`, String(value)]), ...database());
    await stack.sluicectl("user", "plan", user.id, name, ...database());
}

const sent = async ({ id }) => Number(await stack.sql(
    `select coalesce(sum(bytes), 0) from sluice.sent where user_id = '${id}'`));

/* What is in the zones has been written. */
const written = async (user, bytes) => {
    await until(`${bytes} are in the record`,
        async () => await sent(user) >= bytes)
        .catch(async () => assert.equal(await sent(user), bytes));
    assert.equal(await sent(user), bytes);
};

/* Asked again and again until this is the answer's status. */
const becomes = (status, ask) => until(`it becomes ${status}`, async () => {
    const answer = await ask();

    return answer.status === status && answer;
});


/* A download that is begun and not read; {status, close()}. */
function held(user, { url = stack.url, path = LONG, ...claims } = {}) {
    const grant = mint.grant({ path: "/", sub: user.id, ...claims });

    return new Promise((resolve, reject) => {
        http.get(`${url}/~${grant}${path}`, { agent: false }, (answer) => {
            answer.on("error", () => {});
            resolve({ status: answer.statusCode,
                      close: () => answer.destroy() });
        }).on("error", reject);
    });
}


describe("what is sent", { timeout }, () => {
    it("by a link counts for whom it names", async () => {
        const user = await someone();

        for (const headers of [{}, { Range: "bytes=0-99" },
                               { Range: "bytes=5-5" }]) {
            await user.link(FILM, { headers });
        }
        await written(user, SIZE + 100 + 1);
    });

    it("counts bodies alone, and what is refused not at all", async () => {
        const user = await someone();

        assert.equal((await user.link(FILM, { method: "HEAD" })).status, 200);
        assert.equal((await user.link(FILM,
            { headers: { "If-None-Match": "*" } })).status, 304);
        assert.equal((await user.link(FILM, { exp: 1 })).status, 410);
        assert.equal((await user.link(FILM, { path: "/x/" })).status, 403);
        await user.link(FILM, { headers: { Range: "bytes=0-6" } });
        await written(user, 7);
    });

    it("to who signed in counts for him", async () => {
        const user = await someone();

        assert.equal((await user.get(`/page/${FILM.slice(7)}`)).status, 200);
        await written(user, SIZE);
    });

    it("counts where media are served, and for users of ours", async () => {
        const user = await someone();
        const before = await stack.sql("select count(*) from sluice.sent");

        await user.get("/api/me");
        await user.link("/plain/c1/none.mp4");
        await user.link(`/plain/${FILM.slice(7)}`);
        await user.link(FILM, { sub: randomUUID() });
        await user.link(FILM, { sub: "a customer" });
        await user.link(FILM, { sub: undefined });
        await user.link(FILM, { headers: { Range: "bytes=0-0" } });
        await written(user, 1);
        assert.equal(await stack.sql("select count(*) from sluice.sent"),
            String(Number(before) + 1));
    });

    it("to many by two machines is all counted, in few statements",
       async () => {
           const users = await Promise.all([0, 1, 2, 3, 4].map(() =>
               someone()));
           const batches = () => stack.sql(
               "select sum(batch) from sluice.meters").then(Number);
           const before = await batches();

           await Promise.all(Array.from({ length: 400 }, (_, n) =>
               users[n % 5].link(FILM, { url: [stack, second][n & 1].url })));
           for (const user of users) {
               await written(user, 80 * SIZE);
           }
           assert.ok(await batches() - before < 40);
       });

    it("is not lost when nginx reloads", async () => {
        const user = await someone();

        for (let n = 0; n < 3; n++) {
            await Promise.all(Array.from({ length: 20 }, () =>
                user.link(FILM)));
            await stack.reload();
        }
        await written(user, 60 * SIZE);
    });

    it("is not lost when a process is killed", async () => {
        const user = await someone();

        await Promise.all(Array.from({ length: 10 }, () => user.link(FILM)));
        stack.workers().forEach((pid) => process.kill(pid, "SIGKILL"));
        await until("others have come", async () => (await user.link(FILM,
            { headers: { Range: "bytes=0-0" } }).catch(() => ({}))).status
                === 206);
        await written(user, 10 * SIZE + 1);
    });

    it("is not lost when nginx ends", async () => {
        const user = await someone();
        const machine = await stack.secondNginx();
        const pid = stack.pid(machine.name);

        await user.link(FILM, { url: machine.url });
        await machine.nginx("-s", "quit");
        await until("it has ended", () => {
            try {
                process.kill(pid, 0);
                return false;
            } catch {
                return true;
            }
        });
        assert.equal(await sent(user), SIZE);
    });

    it("is not lost while the record is away", async () => {
        const user = await someone();

        await stack.stopPostgres();
        try {
            for (let n = 0; n < 20; n++) {
                assert.equal((await user.link(FILM)).status, 200);
            }
        } finally {
            await stack.startPostgres();
        }
        await written(user, 20 * SIZE);
    });

    it("is told in the metrics", async () => {
        const user = await someone();
        const told = async () => samples((await request(
            `${stack.url}/metrics`)).text);
        const before = await told();

        await user.link(FILM);
        assert.equal((await told()).sluice_metered_bytes_total
            - before.sluice_metered_bytes_total, SIZE);
        assert.equal(before.sluice_metered_lost_bytes_total, 0);
        assert.ok(before.sluice_metered_users_capacity > 500);
    });
});


describe("a batch", { timeout }, () => {
    const zone = randomUUID();
    const batch = (number, user, bytes) => stack.sql("select streams, over "
        + `from api.count_bytes('${zone}', ${number}, '{${user.id}}', `
        + `'{${bytes}}')`);

    it("that comes again is counted once", async () => {
        const user = await someone();

        await batch(1, user, 100);
        await batch(1, user, 100);
        await batch(2, user, 11);
        await batch(1, user, 100);
        assert.equal(await sent(user), 111);
    });

    it("is answered with what is known of its users", async () => {
        const user = await someone({ "bytes-month": 500, streams: 3 });

        assert.equal(await batch(10, user, 499), "3|");
        assert.match(await batch(11, user, 1), /^3\|\d{10}$/);
    });

    it("counts for the month in which it comes", async () => {
        const user = await someone({ "bytes-month": 500 });

        await stack.sql(`insert into sluice.sent values ('${user.id}', `
            + "api.this_month() - 40, 1000)");
        assert.equal(await batch(20, user, 1), "|");
    });

    it("is forgotten with its zone, and months after a year", async () => {
        const user = await someone();

        for (const months of [0, 11, 12, 13, 30]) {
            await stack.sql(`insert into sluice.sent values ('${user.id}', `
                + `api.this_month() - interval '${months} months', ${months})`);
        }
        await stack.sql(`update sluice.meters set at = now() - interval '25 h' `
            + `where id = '${zone}'`);
        await stack.sql("select queue.prune('{}', 1000)");
        assert.equal(await stack.sql("select string_agg(bytes::text, ',' order "
            + `by bytes) from sluice.sent where user_id = '${user.id}'`),
        "0,11,12");
        assert.equal(await stack.sql(
            `select count(*) from sluice.meters where id = '${zone}'`), "0");
    });
});


describe("who has used up his month", { timeout }, () => {
    let user;

    before(async () => {
        user = await someone({ "bytes-month": 2 * SIZE });
        await user.link(FILM);
        await user.link(FILM);
        await becomes(429, () => user.link(FILM));
    }, { timeout });

    it("is refused until the next one", async () => {
        const answer = await user.link(FILM);
        const next = new Date();

        next.setUTCMonth(next.getUTCMonth() + 1, 1);
        next.setUTCHours(0, 0, 0, 0);
        refused(answer, 429, "transfer-exceeded");
        assert.ok(Math.abs(Number(answer.headers["retry-after"])
            - (next - Date.now()) / 1000) < 60);
    });

    it("is refused on the other machine, too", async () => {
        refused(await becomes(429, () => user.link(FILM,
            { url: second.url, headers: { Range: "bytes=0-0" } })),
        429, "transfer-exceeded");
    });

    it("is refused with his token", async () => {
        refused(await user.get(`/page/${FILM.slice(7)}`), 429,
            "transfer-exceeded");
    });

    it("keeps nobody else out", async () => {
        const other = await someone({ "bytes-month": 2 * SIZE });

        assert.equal((await other.link(FILM)).status, 200);
    });

    it("loses no use of a link", async () => {
        const grant = mint.grant({ path: "/", sub: user.id, uses: 1,
                                   jti: "once" });

        refused(await request(`${stack.url}/~${grant}${FILM}`), 429,
            "transfer-exceeded");
        assert.equal(await stack.redis("EXISTS", "sluice:budget:u:once"), "0");
    });

    it("gets no links", async () => {
        const media = await user.bring("RIFF....AVI LIST", "a.avi");
        const answer = await user.request("POST", "/api/links",
            { json: { media: media.id } });
        const list = await user.request("POST", "/api/links",
            { json: { links: [{ media: media.id }] } });

        refused(answer, 429, "transfer-exceeded", "sub");
        refused(list, 429, "transfer-exceeded", "links[0].sub");
        assert.match(answer.json.detail, /month/);
    });

    it("uses the rest, and is told how it stands", async () => {
        const { month, streams_max } = (await user.get("/api/me")).json;

        assert.equal(month.bytes, await sent(user));
        assert.equal(month.bytes_max, 2 * SIZE);
        assert.ok(Date.parse(month.until) > Date.now());
        assert.equal(streams_max, null);
        for (const { url } of [stack, second]) {
            assert.equal((await request(`${url}/api/media`,
                { headers: user.headers })).status, 200);
            assert.equal((await request(`${url}/api/media?filename=b.avi`,
                { method: "POST", headers: user.headers, body: url }))
                .status, 201);
        }
    });

    it("goes on when he may have more", async () => {
        await has(user, { "bytes-month": 900 * SIZE });

        for (const url of [stack.url, second.url]) {
            assert.equal((await becomes(200, () => user.link(FILM, { url })))
                .status, 200);
        }
        assert.equal((await user.request("POST", "/api/links",
            { json: { path: FILM } })).status, 403);
    });
});


describe("streams at once", { timeout }, () => {
    /* His first bytes tell nginx of his plan. */
    async function limited(streams) {
        const user = await someone({ streams });

        for (const { url } of [stack, second]) {
            await user.link(`${title(1)}a.jpg`, { url });
        }
        await written(user, 2 * SIZE);
        return user;
    }

    const range = { headers: { Range: "bytes=0-0" } };

    it("are as many as the plan says, on all machines", async () => {
        const user = await limited(2);
        const first = await held(user, { sid: "phone" });
        const other = await held(user, { sid: "tv", url: second.url });
        const third = (url) => user.link(FILM, { sid: "pc", url, ...range });

        assert.deepEqual([first.status, other.status], [200, 200]);
        for (const { url } of [stack, second]) {
            const answer = await third(url);

            refused(answer, 429, "streams-exceeded");
            assert.ok(Number(answer.headers["retry-after"]) > 0);
        }
        first.close();
        other.close();
    });

    it("are one for all requests of a device for a film", async () => {
        const user = await limited(1);
        const first = await held(user, { sid: "phone" });

        for (const { url } of [stack, second]) {
            assert.equal((await user.link(FILM,
                { sid: "phone", url, ...range })).status, 206);
        }
        first.close();
    });

    it("are two when a device plays two films", async () => {
        const user = await limited(1);
        const first = await held(user, { sid: "phone" });

        refused(await user.link(OTHER, { sid: "phone", url: second.url }), 429,
            "streams-exceeded");
        first.close();
        assert.equal((await becomes(200, () => user.link(OTHER,
            { sid: "phone", url: second.url }))).status, 200);
    });

    it("go on between two requests", async () => {
        const user = await limited(1);

        assert.equal((await user.link(FILM, { sid: "phone" })).status, 200);
        refused(await user.link(FILM, { sid: "tv", url: second.url }), 429,
            "streams-exceeded");
        assert.equal((await user.link(FILM, { sid: "phone" })).status, 200);
    });

    it("are no pictures", async () => {
        const user = await limited(1);
        const first = await held(user, { sid: "phone" });

        assert.equal((await user.link(`${title(2)}a.jpg`, { sid: "tv" }))
            .status, 200);
        first.close();
    });

    it("of a link without a session are the link's", async () => {
        const user = await limited(1);
        const first = await held(user, { jti: "one" });

        refused(await user.link(FILM, { jti: "two", url: second.url }), 429,
            "streams-exceeded");
        assert.equal((await user.link(FILM, { jti: "one" })).status, 200);
        first.close();
    });

    it("ask nobody where the plan names none", async () => {
        const user = await someone({ "bytes-month": 1e12 });
        const calls = async () => /cmdstat_eval:calls=(\d+)/
            .exec(await stack.redis("INFO", "commandstats"))?.[1];

        await user.link(FILM);
        await written(user, SIZE);

        const before = await calls();

        assert.equal((await user.link(FILM)).status, 200);
        assert.equal(await calls(), before);
    });

    it("are counted by each machine while Redis is away", async () => {
        const user = await limited(1);
        const strict = await limited(1);

        await stack.stopRedis();
        try {
            const first = await held(user, { sid: "phone" });

            assert.equal(first.status, 200);
            refused(await user.link(FILM, { sid: "tv" }), 429,
                "streams-exceeded");
            assert.equal((await user.link(FILM,
                { sid: "tv", url: second.url, ...range })).status, 206);
            refused(await strict.link(`/strict/${FILM.slice(7)}`), 503,
                "redis-away");
            first.close();
        } finally {
            await stack.startRedis();
        }
    });

    it("leave nothing behind in Redis", async () => {
        const user = await limited(3);
        const name = `sluice:streams:${user.id}`;

        await user.link(FILM, { sid: "phone" });
        await until("it is idle", async () =>
            (await stack.redis("ZRANGE", name, "0", "-1")).startsWith("-"));
        assert.ok(Number(await stack.redis("TTL", name)) > 0);
    });

    it("are told of in one's account", async () => {
        const user = await limited(4);

        assert.equal((await user.get("/api/me")).json.streams_max, 4);
    });
});
