/* Reads that a replica answers: who asks sees what he was told, whatever the
   replica lacks. */

import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Client, request } from "../lib/client.mjs";
import { fresh } from "../lib/files.mjs";
import { freeAddress } from "../lib/ports.mjs";
import { samples } from "../lib/prometheus.mjs";
import { TOP, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;

let stack, standby, node, other, admin, there;


before(async () => {
    const [first, second] = [await freeAddress(), await freeAddress()];
    const hosts = `host=${second},${first}`;

    stack = await startStack();
    await stack.stopPostgres();
    appendFileSync(stack.path("pg/pg_hba.conf"),
        "host all all 127.0.0.0/8 trust\n");
    await stack.startPostgres(first);
    standby = await stack.follower(second);
    node = await stack.secondNginx((text) => withReplica(text, hosts));
    other = await stack.secondNginx();

    const { email, password } = await stack.user("admin");

    admin = await Client.signIn(node.url, email, password);
    there = await admin.bring(fresh(), "there.mp3");
    await admin.settled(there.id);
}, { timeout });

after(() => stack?.stop(), { timeout });


const withReplica = (text, hosts) => text
    .replace(/^worker_processes .*/m, "worker_processes 1;")
    .replace(/^( *sluice_database) "host=\S+ (.*)";$/m,
        `$1 "${hosts} $2";\n$1_replica "${hosts} $2";`);

/* How many reads went where, by names of metrics without what they share. */
async function counts() {
    const found = samples((await request(`${node.url}/metrics`)).text);

    return Object.fromEntries(["reads_total", "behind_total", "away_total",
        "behind_bytes"].map((name) => [name, found[`sluice_replica_${name}`]]));
}

/* By how much they grew while work() was done. */
async function counted(work) {
    const old = await counts();

    await work();

    const now = await counts();

    return { replica: now.reads_total - old.reads_total,
             behind: now.behind_total - old.behind_total,
             away: now.away_total - old.away_total };
}

const listed = async (client = admin) => (await client.get("/api/media"))
    .json.items.map(({ id }) => id);

const readsThere = () => until("the replica answers", async () =>
    (await counted(() => admin.get("/api/media"))).replica === 1);

const replay = (what) => standby.sql(`select pg_wal_replay_${what}()`);


describe("a replica that follows", { timeout }, () => {
    /* {path with somebody's id: function} of what the table says. */
    const rows = () => [...readFileSync(join(TOP,
        "ngx_module/api/ngx_http_sluice_routes.c"), "utf8").matchAll(
        /ROUTE\(GET, +"([^"]+)",\s.*?READ\((\w+)\), (.*)\),$/gm)]
        .filter(([,,, around]) => /\bREPLICA\b/.test(around))
        .map(([, path, name]) => [path.replace("{id}", there.id), name]);

    it("answers what is said to go there, as the primary does", async () => {
        await readsThere();
        for (const [path] of rows()) {
            const without = (text) => text.replaceAll(/grant=[^"]*|~[^/"]+/g, "");
            const here = await request(`${other.url}${path}`,
                { headers: admin.headers });
            let answer;

            await until(`${path} is answered there`, async () =>
                (await counted(async () => {
                    answer = await admin.get(path);
                })).replica === 1);
            assert.equal(answer.status, 200, answer.text);
            assert.equal(without(answer.text), without(here.text), path);
        }
    });

    it("gets functions that change nothing alone", async () => {
        const names = rows().map(([, name]) => name).sort();

        assert.deepEqual(names, ["get_media", "list_accounts", "list_audit",
                                 "list_media"]);
        assert.equal(await stack.sql("select string_agg(distinct provolatile"
            + "::text, '') from pg_proc where pronamespace = 'api'"
            + `::regnamespace and proname in ('${names.join("', '")}')`), "s");
    });

    it("shows who wrote at another node what he wrote", async () => {
        const elsewhere = new Client(other.url, admin.session, admin.password);

        for (let n = 0; n < 20; n++) {
            const { id } = await elsewhere.bring(fresh(), "elsewhere.mp3");

            assert.ok((await listed()).includes(id));
        }
    });
});


describe("a replica that is behind", { timeout }, () => {
    before(async () => {
        await readsThere();
        await replay("pause");
    });

    after(() => replay("resume"));

    it("answers nobody what he knows better", async () => {
        const { id } = await admin.bring(fresh(), "behind.mp3");
        const seen = await counted(async () => {
            assert.ok((await listed()).includes(id));
            assert.equal((await admin.get(`/api/media/${id}`)).status, 200);
        });

        assert.deepEqual(seen, { replica: 0, behind: 2, away: 0 });
        assert.ok((await counts()).behind_bytes > 0);
    });

    it("answers again when it has caught up", async () => {
        await replay("resume");
        await readsThere();
        assert.equal((await counts()).behind_bytes, 0);
    });
});


describe("a replica that says nothing", { timeout }, () => {
    let sessions;

    const signal = (name) => sessions.forEach((pid) => process.kill(pid, name));

    before(async () => {
        await readsThere();
        sessions = (await standby.sql("select pid from pg_stat_activity "
            + "where application_name = 'sluice'")).split("\n").map(Number);
        signal("SIGSTOP");
    });

    after(() => signal("SIGCONT"));

    it("keeps nobody from an answer, and is left alone", async () => {
        const seen = await counted(async () => {
            for (let n = 0; n < 5; n++) {
                assert.ok((await listed()).includes(there.id));
            }
        });

        assert.deepEqual(seen, { replica: 0, behind: 0, away: 5 });
    });

    it("is asked again later", async () => {
        signal("SIGCONT");
        await readsThere();
    });
});


describe("a replica that was promoted", { timeout }, () => {
    before(async () => {
        await readsThere();
        await stack.setting("synchronous_standby_names", "");
        await standby.promote();
    });

    it("is none: the primary answers", async () => {
        const { id } = await admin.bring(fresh(), "promoted.mp3");
        const seen = await counted(async () => {
            assert.ok((await listed()).includes(id));
        });

        assert.equal(seen.replica, 0);
    });
});
