/* PostgreSQL's primary goes, and a standby takes its place: what users see of
   it, and that nothing is lost that was answered. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { Client, meanwhile, request } from "../lib/client.mjs";
import { pdf } from "../lib/files.mjs";
import { freeAddress } from "../lib/ports.mjs";
import { TOP, preload, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 180_000;


/*
 * A stack whose primary is at an address, {stack, first, second, standby};
 * `host` makes of both addresses what nginx and the worker are told. `nginx` is
 * the one that knows it, with one process.
 */
async function pair(host, environment = {}) {
    const [first, second] = [await freeAddress(), await freeAddress()];
    const stack = await startStack({ environment });
    const found = { stack, first, second };

    try {
        await stack.stopPostgres();
        appendFileSync(stack.path("pg/pg_hba.conf"),
            "host all all 127.0.0.0/8 trust\n");
        await stack.startPostgres(first);
        found.standby = await stack.follower(second);
        found.user = await stack.user("editor");
        found.host = host(first, second);
        await workerWith(stack, found.host);
        found.nginx = await nginxWith(stack, found.host);
    } catch (error) {
        await stack.stop();
        throw error;
    }
    return found;
}

/* An nginx of one process that has nothing but these hosts, not all of which
   are known. */
const nginxWith = (stack, host) => stack.secondNginx((text) => text
    .replace(/^worker_processes .*/m, "worker_processes 1;")
    .replace(/sluice_database "host=\S+/, `sluice_database "${host}`),
{ ready: false });

async function workerWith(stack, host) {
    const path = stack.path("worker.conf");

    await stack.stopWorker();
    writeFileSync(path, readFileSync(path, "utf8")
        .replace(/^(database +)host=\S+/m, `$1${host}`));
    await stack.restartWorker();
}

const signIn = ({ nginx, user }) => until("he can sign in", async () => {
    const answer = await request(`${nginx.url}/api/sessions`, {
        method: "POST",
        json: { email: user.email, password: user.password } });

    return answer.status === 201
        && new Client(nginx.url, answer.json, user.password);
});

const ready = ({ nginx }) => request(`${nginx.url}/ready`);

const readyAgain = (all) => until("it is ready", async () =>
    (await ready(all)).status === 200);

/* Of statuses, how many there were of each. */
const tally = (seen) => seen.reduce((counts, status) => ({
    ...counts, [status]: (counts[status] ?? 0) + 1 }), {});


/*
 * Two who read and two who upload, until work() has ended: {read, brought},
 * statuses of each; `accepted` are the ids that were told.
 */
async function underLoad(editor, work) {
    const read = [], brought = [], accepted = [];
    const away = (answer) => {
        if (answer.status === 503) {
            assert.match(answer.json.type, /:database-away$/);
            assert.ok(Number(answer.headers["retry-after"]) > 0);
        }
        return answer.status;
    };
    const reads = async () => {
        read.push(away(await editor.get("/api/media")));
    };
    const brings = async () => {
        const answer = await editor.upload(pdf(), "score.pdf");

        brought.push(away(answer));
        if (answer.status === 201) {
            accepted.push(answer.json.id);
        }
    };

    await meanwhile([reads, reads, brings, brings], work);
    return { read, brought, accepted };
}

function onlyThese(seen, ...statuses) {
    assert.deepEqual(seen.filter((status) => !statuses.includes(status)), [],
        JSON.stringify(tally(seen)));
}


describe("a primary that is killed under load", { timeout }, () => {
    let all, editor, seen, why;

    before(async () => {
        all = await pair((first, second) => `host=${second},${first}`);
        await readyAgain(all);
        editor = await signIn(all);

        const { stack, standby } = all;

        seen = await underLoad(editor, async () => {
            await editor.bring(pdf(), "before.pdf");
            await stack.stopPostgres();
            why = await until("only a standby is left", async () => {
                const answer = await ready(all);

                return /standby/.test(answer.json.detail) && answer;
            });
            await standby.promote();
            await readyAgain(all);
            await editor.bring(pdf(), "after.pdf");
        });
    }, { timeout });

    after(() => all?.stack.stop(), { timeout });

    it("is a 503 for who reads, and for who brings something", () => {
        onlyThese(seen.read, 200, 503);
        onlyThese(seen.brought, 201, 503);
        assert.ok(tally(seen.read)[200] > 0 && tally(seen.brought)[201] > 0);
    });

    it("is told truthfully to the balancer: a standby is no primary", () => {
        assert.equal(why.status, 503);
        assert.match(why.json.detail, /takes no writes/);
    });

    it("loses nothing that was accepted", async () => {
        const kept = await all.standby.sql("select id from sluice.media");

        for (const id of seen.accepted) {
            assert.ok(kept.includes(id), `${id} is lost`);
        }
    });

    it("has the worker do what was accepted, before and after", async () => {
        for (const id of seen.accepted) {
            assert.equal((await editor.ready(id)).pages, 1);
        }
    });

    it("does nothing twice", async () => {
        assert.equal(await all.standby.sql(
            `select count(*) from (select from sluice.jobs
             where kind = 'score' group by media having count(*) > 1) q`),
        "0");
    });
});


describe("a primary that takes no writes any more", { timeout }, () => {
    let all, editor, seen;

    const connections = () => all.stack.sql(
        `select count(*) from pg_stat_activity where application_name = 'sluice'
         and client_addr is not null and state = 'idle'`);

    before(async () => {
        all = await pair((first, second) => `host=${first},${second} `
            + "target_session_attrs=read-write");
        editor = await signIn(all);

        const { stack, standby } = all;

        await Promise.all(Array.from({ length: 8 },
            () => editor.get("/api/media")));
        assert.notEqual(await connections(), "0");
        await stack.setting("synchronous_standby_names", "");
        await standby.promote();
        seen = await underLoad(editor, async () => {
            await editor.bring(pdf(), "before.pdf");
            await stack.setting("default_transaction_read_only", "on");
            await until("the new one has something", async () =>
                await standby.sql("select count(*) from sluice.media "
                    + "where created_at > now() - interval '1 second'")
                    !== "0");
        });
    }, { timeout });

    after(() => all?.stack.stop({ but: /25006/ }), { timeout });

    it("is left by all connections", async () => {
        await until("none is left", async () => await connections() === "0");
    });

    it("is not noticed by those who ask meanwhile", () => {
        onlyThese(seen.read, 200);
        onlyThese(seen.brought, 201);
    });
});


describe("a first host whose packets vanish", { timeout }, () => {
    let all, hole;

    before(async () => {
        const address = await freeAddress();

        hole = spawn("python3", [join(TOP, "tests/http/lib/hole.py"), address,
                                 "5432"], { stdio: ["ignore", "pipe",
                                                    "inherit"] });
        await once(hole.stdout, "data");
        all = await pair((first) => `host=${address},${first}`);
    }, { timeout });

    after(async () => {
        hole?.kill();
        await all?.stack.stop();
    }, { timeout });

    it("does not keep nginx from the next one, not even once", async () => {
        const { host, stack, user } = all;
        const fresh = await nginxWith(stack, host);
        const answer = await request(`${fresh.url}/api/sessions`, {
            method: "POST",
            json: { email: user.email, password: user.password } });

        assert.equal(answer.status, 201, answer.text);
    });

    it("does not keep Prometheus waiting, nor the balancer", async () => {
        await readyAgain(all);
        assert.match((await request(`${all.nginx.url}/metrics`)).text,
            /^sluice_record_up 1$/m);
    });

    it("does not keep the worker from its jobs", async () => {
        const editor = await signIn(all);
        const { id } = await editor.bring(pdf(), "score.pdf");

        assert.equal((await editor.ready(id)).pages, 1);
    });

    it("does not keep sluicectl", async () => {
        const { stdout } = await all.stack.sluicectl("user", "list",
            "--database", `${all.host} dbname=sluice user=sluice`);

        assert.match(stdout, /sluice\.example/);
    });
});


describe("a server that takes connections and says nothing", { timeout },
    () => {
        let all, silent, address;

        before(async () => {
            address = await freeAddress();
            silent = createServer().listen(5432, address);
            await once(silent, "listening");
            all = await pair((first) => `host=${address},${first}`);
        }, { timeout });

        after(async () => {
            silent?.close();
            await all?.stack.stop();
        }, { timeout });

        it("does not keep nginx from the next one", async () => {
            assert.equal((await (await signIn(all)).get("/api/media")).status,
                200);
        });
    });


describe("a name that moves", { timeout }, () => {
    const name = "db.test";
    let all, names, editor;

    const move = (address) => writeFileSync(names, address
        ? `${name} ${address}\n` : "");

    before(async () => {
        const folder = await freeAddress();

        names = `/tmp/sl-names-${folder}`;
        move(null);
        all = await pair(() => `host=${name}`, {
            SLUICE_NAMES: names, LD_PRELOAD: preload("names") });
    }, { timeout });

    after(async () => {
        rmSync(names, { force: true });
        await all?.stack.stop();
    }, { timeout });

    it("keeps nginx from nothing while it is not known", async () => {
        assert.equal((await request(`${all.nginx.url}/health`)).status, 200);
        assert.equal((await ready(all)).status, 503);
    });

    it("is found as soon as it is there", async () => {
        move(all.first);
        editor = await signIn(all);

        const { id } = await editor.bring(pdf(), "score.pdf");

        assert.equal((await editor.ready(id)).pages, 1);
    });

    it("is followed without a reload, by nginx and the worker", async () => {
        const workers = all.nginx.workers();
        const seen = await underLoad(editor, async () => {
            await all.stack.stopPostgres();
            await all.standby.promote();
            move(all.second);
            await readyAgain(all);
            await editor.bring(pdf(), "after.pdf");
        });

        onlyThese(seen.read, 200, 503);
        onlyThese(seen.brought, 201, 503);
        for (const id of seen.accepted) {
            assert.equal((await editor.ready(id)).pages, 1);
        }
        assert.deepEqual(all.nginx.workers(), workers);
    });
});


describe("pgbouncer in transaction mode", { timeout }, () => {
    let stack, nginx, user, pid;

    before(async () => {
        stack = await startStack();
        user = await stack.user("editor");

        const sockets = stack.path("run/pooler");
        const file = (name, lines) => stack.asServer("sh", "-c",
            'printf "%s\\n" "$@" > "$0"', `${sockets}/${name}`, ...lines);

        await stack.asServer("mkdir", sockets);
        await file("users", ['"sluice_app" ""']);
        await file("ini", [
            "[databases]", `sluice = host=${stack.path("run")}`,
            "[pgbouncer]", "listen_addr =", `unix_socket_dir = ${sockets}`,
            "listen_port = 5432", "auth_type = trust",
            `auth_file = ${sockets}/users`, "pool_mode = transaction",
            "default_pool_size = 2", `logfile = ${sockets}/log`,
            `pidfile = ${sockets}/pid`,
        ]);
        await stack.asServer("pgbouncer", "-q", "-d", `${sockets}/ini`);
        pid = await until("pgbouncer runs", () =>
            Number(stack.text("run/pooler/pid")) || undefined);

        await workerWith(stack, `host=${sockets}`);
        nginx = await nginxWith(stack, `host=${sockets}`);
    }, { timeout });

    after(async () => {
        if (pid) {
            process.kill(pid, "SIGTERM");
        }
        await stack?.stop();
    }, { timeout });

    it("serves many at once, whoever's session each of them has", async () => {
        const editor = await signIn({ nginx, user });
        const answers = await Promise.all(Array.from({ length: 80 },
            (_, n) => editor.get(n % 2 ? "/api/me" : "/api/media")));

        onlyThese(answers.map(({ status }) => status), 200);
        assert.equal((await ready({ nginx })).status, 200);
    });

    it("has what is brought done by the worker", async () => {
        const editor = await signIn({ nginx, user });
        const brought = await Promise.all(["a.pdf", "b.pdf", "c.pdf"].map(
            (name) => editor.bring(pdf(), name)));

        for (const { id } of brought) {
            assert.equal((await editor.ready(id)).pages, 1);
        }
    });

    it("is told in the log, with what to do about it", () => {
        assert.match(stack.text(`logs/${nginx.name}.error.log`),
            /"sluice_database" names a pooler.*statement_timeout/);
    });

    it("is left with no settings of ours in its sessions", async () => {
        const { stdout } = await stack.asServer("psql", "-X", "-At",
            "-h", stack.path("run/pooler"), "-U", "sluice_app", "sluice",
            "-c", "show statement_timeout", "-c", "show lock_timeout");

        assert.deepEqual(stdout.trim().split("\n"), ["0", "0"]);
    });
});
