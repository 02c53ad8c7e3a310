/* Whatever a request fills has a bound for each user: docs/bounds.md tells all
   of them, and here are those that no other test asks for. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";

import { Client, request } from "../lib/client.mjs";
import { pdf } from "../lib/files.mjs";
import { refused } from "../lib/problem.mjs";
import { startStack, TOP, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;

let stack;

/* No worker: what comes in stays as it came. */
before(async () => {
    stack = await startStack({
        extra: "set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;" });
    await stack.stopWorker();
}, { timeout });

after(() => stack?.stop(), { timeout });


function bounded(answer, status, word, detail = /./) {
    refused(answer, status, word, answer.json?.field);
    assert.match(String(answer.json.detail), detail);
}

const number = async (statement) => Number(await stack.sql(statement));


describe("docs/bounds.md", () => {
    const rows = readFileSync(join(TOP, "docs/bounds.md"), "utf8").split("\n")
        .filter((line) => /^\| [^-]/.test(line))
        .map((line) => line.slice(2, -2).split(" | "));

    it("has a bound, or a reason, for each table of the record", async () => {
        const told = rows.flatMap(([first]) =>
            [...first.matchAll(/`(sluice\.\w+)`/g)].map(([, name]) => name));
        const there = await stack.sql(`select 'sluice.' || relname
            from pg_class where relnamespace = 'sluice'::regnamespace
            and relkind in ('r', 'p')`);

        assert.deepEqual(told.filter((name) => name !== "sluice.bound_audit")
            .sort(), there.split("\n").sort());
    });

    const bounds = rows.filter((row) => row.length === 5 && row[4] !== "test");

    it("names what asks for each, a function or a file", () => {
        const defined = new Set(["sql", "ngx_module"].flatMap((folder) =>
            readdirSync(join(TOP, folder), { recursive: true })
                .filter((name) => /\.(sql|c)$/.test(name))
                .flatMap((name) => [...readFileSync(join(TOP, folder, name),
                    "utf8").matchAll(/(?:^|function )([a-z_.]+)\(/gm)]
                    .map(([, called]) => called))));

        for (const [what, , where] of bounds) {
            for (const [, name, call] of where.matchAll(/`([\w./-]+)(\(\))?`/g)) {
                assert.ok(call ? defined.has(name)
                    : !name.includes("/") || existsSync(join(TOP, name)),
                    `${what}: ${name}`);
            }
        }
    });

    it("names a test for each bound", () => {
        assert.ok(bounds.length > 20);
        for (const [what, , , , tests] of bounds) {
            const names = [...tests.matchAll(/`([^`]+)`/g)];

            assert.ok(names.length, what);
            for (const [, name] of names) {
                assert.ok(existsSync(join(TOP, name)), `${what}: ${name}`);
            }
        }
    });
});


describe("files", { timeout }, () => {
    const bound = (user, many) => stack.sql(`update sluice.users
        set files_max = ${many} where id = '${user.user.id}'`);
    const kept = (user) => stack.sql(`select files, bytes from sluice.kept
        where owner = '${user.user.id}'`);

    it("of a user are as many as he may keep", async () => {
        const user = await stack.visitor("viewer");

        await bound(user, 2);
        const first = await user.bring(pdf({ info: "/Title (1)" }), "1.pdf");
        await user.bring(pdf({ info: "/Title (2)" }), "2.pdf");
        bounded(await user.upload(pdf({ info: "/Title (3)" }), "3.pdf"), 413,
            "quota-exceeded", /2 files/);

        await user.delete(`/api/media/${first.id}`);
        await user.bring(pdf({ info: "/Title (3)" }), "3.pdf");
    });

    it("of a plan are as many as it says", async () => {
        const user = await stack.visitor("viewer");
        const database = ["--database",
            `host=${stack.path("run")} dbname=sluice user=sluice`];

        await stack.sluicectl("plan", "set", "none", "--files", "0",
            ...database);
        await stack.sluicectl("user", "plan", user.user.id, "none",
            ...database);
        bounded(await user.upload(pdf(), "a.pdf"), 413, "quota-exceeded");
    });

    it("count with what belongs to them, until they are deleted", async () => {
        const user = await stack.visitor("viewer");
        const other = await stack.visitor("viewer");
        const bytes = pdf();
        const score = await user.bring(bytes, "s.pdf");
        const add = () => user.request("POST",
            `/api/media?filename=a.pdf&score=${score.id}`, { body: bytes });

        assert.equal((await add()).status, 201);
        assert.equal(await kept(user), `2|${2 * bytes.length}`);

        await stack.sql(`update sluice.media set owner = '${other.user.id}'
            where id = '${score.id}'`);
        assert.equal(await kept(user), "0|0");
        assert.equal(await kept(other), `2|${2 * bytes.length}`);

        await stack.sql(`delete from sluice.attachments
            where media = '${score.id}'`);
        assert.equal(await kept(other), `1|${bytes.length}`);
        await other.delete(`/api/media/${score.id}`);
        assert.equal(await kept(other), "0|0");
        await stack.sql(`delete from sluice.media where id = '${score.id}'`);
        assert.equal(await kept(other), "0|0");
    });

    it("of one score are 600 at most", async () => {
        const user = await stack.visitor("viewer");
        const score = await user.bring(pdf(), "s.pdf");

        await stack.sql(`insert into sluice.attachments (id, media, role,
                position, filename, bytes, sha256)
            select gen_random_uuid(), '${score.id}', 'attachment', n, 'a', 1,
                   sha256('x') from generate_series(1, 600) n`);
        bounded(await user.request("POST",
            `/api/media?filename=a.pdf&score=${score.id}`, { body: pdf() }),
        409, "conflict", /600/);
    });
});


describe("rows", { timeout }, () => {
    it("of sessions are the newest thousand", async () => {
        const user = await stack.visitor("viewer");
        const { id } = user.user;

        await stack.sql(`insert into sluice.sessions (id, user_id,
                refresh_digest, expires_at)
            select sluice.uuid_v7(), '${id}', sha256((n || '${id}')::bytea),
                   now() + interval '1 day' from generate_series(1, 999) n`);
        assert.equal((await user.get("/api/me")).status, 200);

        await Client.signIn(stack.url, await stack.sql(
            `select email from sluice.users where id = '${id}'`),
        user.password);
        assert.equal(await number(`select count(*) from sluice.sessions
            where user_id = '${id}'`), 1000);
        await until("the oldest has ended", async () =>
            (await user.get("/api/me")).status === 401);
    });

    it("of finished uploads are the last thousand", async () => {
        const user = await stack.visitor("viewer");
        const { id } = user.user;

        await stack.sql(`insert into sluice.uploads (id, owner, length, state,
                                                     expires_at)
            select gen_random_uuid(), '${id}', 1, 'done',
                   now() + n * interval '1 second'
            from generate_series(1, 1050) n`);
        await stack.sql(`begin; select api.end_upload('${id}',
            '{"upload": "00000000-0000-4000-8000-000000000000"}', null);
            commit`);
        assert.equal(await number(`select count(*) from sluice.uploads
            where owner = '${id}'`), 1000);
        assert.equal(await number(`select count(*) from sluice.uploads
            where owner = '${id}'
            and expires_at < now() + interval '45 seconds'`), 0);
    });

    it("of the audit are 200 a day of an action, and a count", async () => {
        const { user } = await stack.visitor("viewer");
        const told = (who) => stack.sql(`select count(*),
                sum((detail->>'more')::integer), max(detail->>'last')
            from sluice.audit where actor = '${who}' and action = 'tried'`);
        const notes = (who) => stack.sql(`select
                sluice.note('${who}', 'tried', 'n' || n)
            from generate_series(1, 250) n`);

        await notes(user.id);
        assert.equal(await told(user.id), "200|50|n250");
        assert.equal(await number(`select count(*) from sluice.audit
            where actor = '${user.id}' and action = 'session-begun'`), 1);

        const admin = await stack.user("admin");

        await notes(admin.id);
        assert.equal(await told(admin.id), "250||");
    });

    it("of jobs that are tried again are those that may wait", async () => {
        const { id } = (await stack.visitor("viewer")).user;
        const user = await stack.visitor("viewer");

        await stack.sql(`insert into sluice.jobs (id, kind, owner)
            select gen_random_uuid(), 'noop', '${user.user.id}'
            from generate_series(1, 1000) n;
            insert into sluice.jobs (id, kind, owner, state)
            values ('${id}', 'noop', '${user.user.id}', 'dead')`);
        bounded(await user.request("POST", `/api/jobs/${id}/retry`), 429,
            "too-many", /1,000/);
    });
});


describe("of a process's connections", { timeout }, () => {
    const CONNECTIONS = 64;
    let machine;

    before(async () => {
        machine = await stack.secondNginx((text) => text
            .replace(/^worker_processes .*/m, "worker_processes 1;")
            .replace(/worker_connections .*;/,
                `worker_connections ${CONNECTIONS};`));
    }, { timeout });

    it("no user has more than half for streams of events", async () => {
        const streams = [];
        const user = await stack.visitor("viewer");
        const other = await stack.visitor("viewer");
        const { job } = await user.bring(pdf(), "a.pdf");
        const follow = (who) => new Promise((resolve, reject) => {
            const one = http.get(`${machine.url}/api/jobs/${job.id}/events`,
                { agent: false, headers: who.headers }, resolve);

            one.on("error", reject);
            streams.push(one);
        });

        for (let i = 0; i < CONNECTIONS / 2; i++) {
            assert.equal((await follow(user)).statusCode, 200);
        }
        assert.equal((await follow(user)).statusCode, 429);
        assert.equal((await request(`${machine.url}/api/me`,
            { headers: other.headers })).status, 200);

        streams.pop().destroy();
        streams.pop().destroy();
        await until("there is room again", async () =>
            (await follow(user)).statusCode === 200);
        streams.forEach((one) => one.destroy());
    });
});


describe("production.conf", { timeout }, () => {
    let machine;

    before(async () => {
        const text = readFileSync(join(TOP, "conf/production.conf"), "utf8");
        const [map] = /map \$remote_addr \$client_net \{[^]*?\n {4}\}/
            .exec(text);
        const [zone] = /limit_req_zone \$client_net.*;/.exec(text);

        machine = await stack.secondNginx((own) => own
            .replace(/limit_req_zone .*;/, `${map}\n${zone}
                set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;`)
            .replaceAll("burst=100", "burst=10")
            .replace(/include .*extra.conf;/, `location = /paced {
                limit_req zone=users; sluice_gate user; empty_gif; }`));
    }, { timeout });

    const from = (address) => request(`${machine.url}/api/sessions`, {
        method: "POST", headers: { "X-Real-IP": address }, json: {
            email: `nobody@${address.replace(/[.:]+/g, "-")}.example`,
            password: "wrong" } });
    const many = async (addresses) => (await Promise.all(addresses.map(from)))
        .map(({ status }) => status);
    const numbered = (count, name) => Array.from({ length: count },
        (_, i) => name((i + 1).toString(16)));

    it("counts tries to sign in for the whole of a /64", async () => {
        assert.ok((await many(numbered(30, (n) => `2001:db8:1:2:${n}:${n}::1`)))
            .includes(429));
        assert.ok((await many(numbered(30, (n) => `2001:db8::${n}`)))
            .includes(429));
    });

    it("and for each address apart", async () => {
        for (const name of [(n) => `2001:db8:2:${n}::1`,
                            (n) => `192.0.2.${parseInt(n, 16)}`]) {
            assert.ok(!(await many(numbered(30, name))).includes(429));
        }
    });

    it("paces users wherever they pass, as that of \"make run\" does", () => {
        for (const name of ["production.conf", "nginx.conf"]) {
            const text = readFileSync(join(TOP, "conf", name), "utf8")
                .replaceAll(/^ *#.*\n/gm, "");

            assert.match(text, /limit_req_zone \$sluice_bearer zone=users:/);
            assert.ok(text.match(/sluice_gate user;/g).length >= 3);
            assert.doesNotMatch(text,
                /(?<!limit_req zone=users [^;]*;\n *)sluice_gate user;/, name);
        }
    });

    it("counts a user's requests by his token, and no other's",
        async () => {
            const user = await stack.visitor("viewer");
            const other = await stack.visitor("viewer");
            const [mine, others] = [user, other].map((client) => async () =>
                (await request(`${machine.url}/paced`,
                               { headers: client.headers })).status);
            const forged = async () => (await request(`${machine.url}/paced`, {
                headers: { Authorization: `${user.headers.Authorization}x` } }))
                .status;
            const statuses = async (ask) =>
                new Set(await Promise.all(Array.from({ length: 20 }, ask)));

            assert.deepEqual(await statuses(mine), new Set([200, 429]));
            assert.equal(await others(), 200);
            assert.deepEqual(await statuses(forged), new Set([401]));
        });

    /* Whatever else he brings with it. */
    const bearer = (token) => ({ Authorization: `Bearer ${token}` });
    const cookies = (...pairs) => ({ Cookie: pairs.join("; "),
                                     "Sec-Fetch-Site": "same-origin" });
    const WAYS = {
        "as bearer": (token) => bearer(token),
        "as cookie": (token) => cookies(`sluice_session=${token}`),
        "as cookie of this host": (token) =>
            cookies(`__Host-sluice_session=${token}`),
        "as second cookie": (token) =>
            cookies("sluice_session=x", `sluice_session=${token}`),
        "as fourth cookie": (token) => cookies("sluice_session=x",
            "sluice_session=", `sluice_session=${token}x`,
            `sluice_session=${token}`),
        "as cookie of another name": (token) =>
            cookies("__Host-sluice_session=x", `sluice_session=${token}`),
        "as bearer beside a cookie": (token) =>
            ({ ...cookies("sluice_session=x"), ...bearer(token) }),
        "as cookie beside a bearer": (token) =>
            ({ ...cookies(`sluice_session=${token}`), ...bearer("x") }),
        "as second bearer": (token) =>
            ({ Authorization: ["Bearer x", `Bearer ${token}`] }),
        "as first bearer": (token) =>
            ({ Authorization: [`Bearer ${token}`, "Bearer x"] }),
        "as cookie beside Basic": (token) =>
            ({ ...cookies(`sluice_session=${token}`),
               Authorization: "Basic eDp5" }),
        "as balancer's": (token) => ({ "x-amzn-oidc-data": token }),
        "as cookie beside a balancer's": (token) =>
            ({ ...cookies(`sluice_session=${token}`),
               "x-amzn-oidc-data": "x" }),
    };

    for (const [way, headers] of Object.entries(WAYS)) {
        it(`counts them ${way}, if they pass`, async () => {
            const { token } = await stack.visitor("viewer");
            const statuses = (await Promise.all(Array.from({ length: 20 },
                () => request(`${machine.url}/paced`,
                              { headers: headers(token) }))))
                .map(({ status }) => status);

            assert.ok(!statuses.includes(200) || statuses.includes(429),
                      statuses.join(" "));
        });
    }
});
