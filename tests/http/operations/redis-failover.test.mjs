/* Redis moves: Sentinels promote a replica, an address becomes a replica's, a
   Redis falls silent, a name is not known yet. What users see of it, and that
   no link opens once more than it says. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
    chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { request } from "../lib/client.mjs";
import { pdf } from "../lib/files.mjs";
import { freePort } from "../lib/ports.mjs";
import { startRedis, startSentinels } from "../lib/redis.mjs";
import { run } from "../lib/run.mjs";
import { TOP, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 180_000;
const FILE = "/media/xy/x/film.mp4";
const SIZE = 1000;
const SOON = { seconds: 30 };
const SILENCE = { seconds: 5 };     /* 2 s, and a busy machine */

let stack, mint, folder, names;


before(async () => {
    folder = mkdtempSync(join(tmpdir(), "sluice-names-"));
    names = join(folder, "names");
    writeFileSync(names, "");
    chmodSync(folder, 0o755);
    await run("gcc", ["-std=gnu11", "-O2", "-fPIC", "-shared", "-o",
        join(folder, "names.so"), join(TOP, "tests/http/lib/names.c"), "-ldl"]);
    stack = await startStack({ environment: {
        LD_PRELOAD: join(folder, "names.so"), SLUICE_NAMES: names,
    } });
    mint = minter(stack.keys());
    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path(FILE.slice(1)), "x".repeat(SIZE));
}, { timeout });

after(async () => {
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
}, { timeout });


const nginxWith = (words) => stack.secondNginx((text) =>
    text.replace(/sluice_redis [^;]*/, `sluice_redis ${words}`));

const limited = (claims) => mint.grant({ path: FILE, jti: randomUUID(),
                                         ...claims });
const claims = (grant) => JSON.parse(
    Buffer.from(grant.split(".")[1], "base64url"));
const open = (nginx, grant, headers = {}) =>
    request(`${nginx.url}${FILE}?grant=${grant}`, { headers });
const ready = async (nginx) => (await request(`${nginx.url}/ready`)).json;
const log = (nginx) => readFileSync(
    stack.path(`logs/${nginx.name}.error.log`), "utf8");

function away(answer) {
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.json.type, "urn:sluice:problem:redis-away");
}

/* A link that opens once does so; each try has one of its own. Several times in
   a row: each process of nginx is meant. */
async function counts(nginx) {
    let well = 0;

    await until(`${nginx.name} counts uses`, async () => {
        const { status } = await open(nginx, limited({ uses: 1 }));

        well = status === 200 ? well + 1 : 0;
        return well === 10;
    }, SOON);
}


describe("a primary with a replica and three Sentinels", { timeout }, () => {
    let primary, replica, sentinels, machines, words;

    before(async () => {
        primary = await startRedis(stack, "primary");
        replica = await startRedis(stack, "replica", primary);
        sentinels = await startSentinels(stack, primary);
        /* the first one is none, and one has a name */
        words = `sentinel://127.0.0.1:1,localhost:${sentinels[0].port},`
            + sentinels.slice(1).map(({ port }) => `127.0.0.1:${port}`)
                .join(",") + "/media";
        machines = [await nginxWith(words), await nginxWith(words)];

        await stack.stopWorker();
        writeFileSync(stack.path("worker.conf"), stack.text("worker.conf")
            .replace(/^redis .*$/m, `redis ${words}`));
        await stack.restartWorker();
        await Promise.all(machines.map(counts));
    }, { timeout });

    after(async () => {
        replica?.signal("SIGCONT");
        await Promise.all(machines?.map((nginx) => nginx.stop()) ?? []);
        for (const server of [...sentinels ?? [], replica, primary]) {
            await server?.stop();
        }
    }, { timeout });

    it("is found by nginx and the worker", async () => {
        assert.deepEqual(await ready(machines[0]),
                         { status: "ready", redis: "ok" });
        await until("the worker reads its stream", async () =>
            /cmd=xreadgroup/.test(await primary.ask("CLIENT", "LIST")));
    });

    it("is found by sluicectl", async () => {
        const { email } = await stack.user();
        const { stderr } = await stack.sluicectl("user", "disable", email,
            "--database", `host=${stack.path("run")} dbname=sluice user=sluice`,
            "--redis", words);

        assert.equal(stderr, "");
        assert.equal(await primary.ask("EXISTS", "sluice:revoked"), "1");
    });

    describe("whose replica says nothing", { timeout }, () => {
        const once = [], bytes = [];

        before(async () => {
            replica.signal("SIGSTOP");
            once.push(limited({ uses: 1 }), limited({ uses: 1 }));
            bytes.push(limited({ bytes: SIZE }), limited({ bytes: SIZE }));
        });

        after(() => replica.signal("SIGCONT"));

        it("opens no link for a use that it alone would know of", async () => {
            for (const grant of once) {
                away(await open(machines[0], grant));
            }
        });

        it("opens links without uses as ever", async () => {
            for (const grant of bytes) {
                assert.equal((await open(machines[0], grant)).status, 200);
            }
        });

        it("has taken those uses back when it speaks again", async () => {
            replica.signal("SIGCONT");
            await counts(machines[1]);
            for (const grant of once) {
                assert.equal((await open(machines[1], grant)).status, 200);
                assert.equal((await open(machines[0], grant)).status, 410);
            }
        });
    });

    describe("that is killed under load", { timeout }, () => {
        const USES = 2;
        const seen = { uses: {}, range: {}, job: {} };
        const links = [], media = [];
        let stopped = false, loads, viewer;

        const note = (what, { status }) => {
            seen[what][status] = (seen[what][status] ?? 0) + 1;
            return status;
        };

        async function spend(link, nginx) {
            if (note("uses", await open(nginx, link.grant)) === 200) {
                link.opened++;
            }
        }

        /* Each link is asked for by both machines at once, one too often. */
        async function uses() {
            while (!stopped) {
                const link = { grant: limited({ uses: USES }), opened: 0 };

                links.push(link);
                await Promise.all([0, 1, 0].map((n) =>
                    spend(link, machines[n])));
            }
        }

        async function ranges() {
            const grant = limited({});

            for (let n = 0; !stopped; n++) {
                note("range", await open(machines[n % 2], grant,
                                         { Range: "bytes=0-99" }));
            }
        }

        async function jobs() {
            while (!stopped) {
                const answer = await request(
                    `${machines[0].url}/api/media?filename=a.pdf`,
                    { method: "POST", body: pdf(), ...viewer });

                if (note("job", answer) === 201) {
                    media.push(answer.json.id);
                    await done(SOON);
                }
            }
        }

        const done = (patience) => until("all jobs are done", async () =>
            await stack.sql("select count(*) from sluice.jobs "
                + "where state <> 'done'") === "0", patience);

        before(async () => {
            viewer = { headers: (await stack.visitor("viewer")).headers };
            loads = [uses(), uses(), ranges(), jobs()];
            await until("there is load", () => links.length > 50);
            await primary.stop();
            await until("the replica was promoted",
                async () => await replica.role() === "master", SOON);
            /* one replica, as before */
            primary = await startRedis(stack, "primary2", replica);
            await Promise.all(machines.map(counts));
            stopped = true;
            await Promise.all(loads);
        }, { timeout });

        it("interrupts uses alone, with 503", () => {
            assert.deepEqual(
                Object.keys(seen.uses).filter((status) =>
                    !["200", "410", "503"].includes(status)), []);
            assert.ok(seen.uses[503] > 0, JSON.stringify(seen));
            assert.deepEqual(Object.keys(seen.range), ["206"]);
            assert.deepEqual(Object.keys(seen.job), ["201"]);
        });

        it("opens no link more often than it says", async () => {
            for (const link of links) {
                await spend(link, machines[0]);
                await spend(link, machines[1]);
            }
            assert.deepEqual(links.filter(({ opened }) => opened > USES), []);
            assert.ok(links.some(({ opened }) => opened === USES));
        });

        it("leaves no job undone", async () => {
            assert.ok(media.length > 0);
            await done({ seconds: 60 });
        });

        it("is followed by the worker", async () => {
            await until("it reads the new primary's stream", async () =>
                /cmd=xreadgroup/.test(await replica.ask("CLIENT", "LIST")));
        });

        it("is followed by who listens", async () => {
            await until("every process listens at the new primary", async () => {
                const count = machines.flatMap((nginx) => nginx.workers())
                    .length;
                const answer = await replica.ask("PUBSUB", "NUMSUB",
                    "sluice:revocations");

                return Number(answer.split("\n")[1]) === count;
            });
        });
    });
});


describe("an address that becomes a replica's", { timeout }, () => {
    let redis, other, nginx;

    before(async () => {
        redis = await startRedis(stack, "direct");
        other = await startRedis(stack, "other");
        nginx = await nginxWith(`localhost:${redis.port}`);
        await counts(nginx);
        await redis.ask("REPLICAOF", "127.0.0.1", String(other.port));
    }, { timeout });

    after(async () => {
        await nginx?.stop();
        await redis?.stop();
        await other?.stop();
    }, { timeout });

    it("is away for links with uses", async () => {
        away(await open(nginx, limited({ uses: 1 })));
    });

    it("is away for the balancer, which is told why", async () => {
        for (let n = 0; n < 10; n++) {
            assert.deepEqual(await ready(nginx), {
                status: "ready", redis: "away",
                reasons: ["Redis takes no writes: it is a replica."],
            });
        }
    });

    it("is asked again, and counts when it is a primary", async () => {
        await redis.ask("REPLICAOF", "NO", "ONE");
        await counts(nginx);
        await until("every process has found it", async () => {
            const told = await Promise.all(Array.from({ length: 10 },
                () => ready(nginx)));

            return told.every(({ redis: word }) => word === "ok");
        });
    });
});


/* As a balancer in front of Redis, or a name that moves: new connections go to
   another one, and those that stand stay where they are. While it is `cut`,
   what the server says is lost. */
class Relay {
    constructor(to) {
        this.to = to;
        this.cut = false;
        this.sockets = new Set();
        this.server = createServer((client) => this.carry(client));
    }

    carry(client) {
        const server = connect(this.to.port, "127.0.0.1");

        for (const socket of [client, server]) {
            this.sockets.add(socket);
            socket.on("error", () => {});
            socket.on("close", () => {
                client.destroy();
                server.destroy();
            });
        }
        client.pipe(server);
        server.on("data", (part) => this.cut || client.write(part));
    }

    async start() {
        this.server.listen(0, "127.0.0.1");
        await once(this.server, "listening");
        this.port = this.server.address().port;
        return this;
    }

    stop() {
        this.server.close();
        this.sockets.forEach((socket) => socket.destroy());
    }
}


describe("an address that leads elsewhere from now on", { timeout }, () => {
    let first, second, nginx, front;

    before(async () => {
        first = await startRedis(stack, "first");
        second = await startRedis(stack, "second", first);
        front = await new Relay(first).start();
        nginx = await nginxWith(`127.0.0.1:${front.port}`);
        await counts(nginx);

        await second.ask("REPLICAOF", "NO", "ONE");
        front.to = second;
        await first.ask("REPLICAOF", "127.0.0.1", String(second.port));
    }, { timeout });

    after(async () => {
        await nginx?.stop();
        front?.stop();
        await first?.stop();
        await second?.stop();
    }, { timeout });

    it("is asked anew by who meets a replica", async () => {
        await counts(nginx);
    });

    it("counts there", async () => {
        const grant = limited({ uses: 1 });

        assert.equal((await open(nginx, grant)).status, 200);
        assert.equal((await open(nginx, grant)).status, 410);
        assert.match(await second.ask("KEYS", "sluice:budget:*"),
            new RegExp(claims(grant).jti));
    });
});


describe("a primary that is lost with what no replica has", { timeout }, () => {
    const USES = 2;
    let lost, replica, front, between, machines;

    before(async () => {
        lost = await startRedis(stack, "lost");
        between = await new Relay(lost).start();
        replica = await startRedis(stack, "left", between);
        front = await new Relay(lost).start();
        machines = [];
        for (let n = 0; n < 2; n++) {
            machines.push(await nginxWith(
                `127.0.0.1:${front.port} min_replicas=1`));
        }
        await Promise.all(machines.map(counts));
    }, { timeout });

    after(async () => {
        await Promise.all(machines?.map((nginx) => nginx.stop()) ?? []);
        front?.stop();
        between?.stop();
        await lost?.stop();
        await replica?.stop();
    }, { timeout });

    it("opens no link more often than it says", async () => {
        const grants = Array.from({ length: 5 },
            () => limited({ uses: USES }));
        const opened = [0, 0, 0, 0, 0];
        const spend = async (nginx) => {
            for (const [n, grant] of grants.entries()) {
                opened[n] += (await open(nginx, grant)).status === 200;
            }
        };

        between.cut = true;
        await spend(machines[0]);

        await lost.stop();
        await replica.ask("REPLICAOF", "NO", "ONE");
        front.to = replica;
        lost = await startRedis(stack, "late", replica);
        await Promise.all(machines.map(counts));
        for (let n = 0; n <= USES; n++) {
            await spend(machines[1]);
        }

        assert.deepEqual(opened, opened.map(() => USES));
    });
});


describe("a Redis that falls silent", { timeout }, () => {
    let redis, nginx;

    before(async () => {
        redis = await startRedis(stack, "silent");
        nginx = await nginxWith(`127.0.0.1:${redis.port}`);
        await counts(nginx);
        await until("it is listened to", async () =>
            await redis.ask("PUBSUB", "CHANNELS", "sluice:revocations") !== "");
        redis.signal("SIGSTOP");
    }, { timeout });

    after(async () => {
        redis?.signal("SIGCONT");
        await nginx?.stop();
        await redis?.stop();
    }, { timeout });

    it("is noticed by who listens, within two seconds", async () => {
        await until("it is told", () =>
            /"sluice:revocations" is not listened to: no answer in time/
                .test(log(nginx)), SILENCE);
    });

    it("is away, and says so", async () => {
        away(await open(nginx, limited({ uses: 1 })));
        assert.deepEqual((await ready(nginx)).reasons,
                         ["Redis does not answer."]);
    });

    it("is found again", async () => {
        redis.signal("SIGCONT");
        await counts(nginx);
    });
});


describe("a name", { timeout }, () => {
    const named = (name, address) => writeFileSync(names,
        `${name} ${address}\n`);
    let redis, nginx;

    before(async () => {
        nginx = await nginxWith(`redis.test:${await freePort()}`);
    }, { timeout });

    after(async () => {
        await nginx?.stop();
        await redis?.stop();
    }, { timeout });

    it("that nobody knows yet lets nginx start, which says so", async () => {
        assert.deepEqual(await ready(nginx), {
            status: "ready", redis: "away",
            reasons: ["Redis does not answer."],
        });
    });

    it("keeps nobody from links that are not counted", async () => {
        assert.equal((await open(nginx, limited({}))).status, 200);
    });

    it("that a silent name server has keeps nobody either", async () => {
        named("redis.test", "silent");
        away(await open(nginx, limited({ uses: 1 })));
        assert.equal((await open(nginx, limited({}))).status, 200);
    });
});


describe("a name that moves", { timeout }, () => {
    let old, other, nginx;

    before(async () => {
        old = await startRedis(stack, "old");
        other = await startRedis(stack, "new", old,
                                 { host: "127.0.0.2", port: old.port });
        writeFileSync(names, "moves.test 127.0.0.1\n");
        nginx = await nginxWith(`moves.test:${old.port}`);
        await counts(nginx);
        assert.equal((await open(nginx, limited({ uses: 1 }))).status, 200);

        await other.ask("REPLICAOF", "NO", "ONE");
        writeFileSync(names, "moves.test 127.0.0.2\n");
        await old.stop();
    }, { timeout });

    after(async () => {
        await nginx?.stop();
        await old?.stop();
        await other?.stop();
    }, { timeout });

    it("is looked up anew, and counts there", async () => {
        await counts(nginx);
        assert.notEqual(await other.ask("KEYS", "sluice:budget:*"), "");
    });

    it("is looked up anew by who listens", async () => {
        await until("every process listens there", async () =>
            Number((await other.ask("PUBSUB", "NUMSUB", "sluice:revocations"))
                .split("\n")[1]) === nginx.workers().length);
    });
});
