/* A node that is to leave, behind the balancer of conf/haproxy.cfg: nobody whom
   it serves notices. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";

import { Balancer } from "../lib/balancer.mjs";
import { request, until } from "../lib/client.mjs";
import { noop } from "../lib/noop.mjs";
import { freePort } from "../lib/ports.mjs";
import { run } from "../lib/run.mjs";
import { startStack, TOP } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 120_000;
const ID = "01890000-0000-7000-8000-0000000000cd";
const SIZE = 64 * 2 ** 20;

let stack, nodes, balancer, plain, secure, file;


const drainOf = (node) => stack.path(`drain-${node}`);

const ctl = (...words) => run(join(TOP, "build/sluicectl"), words);

const servers = () => balancer.servers();
const told = (name, wanted) => balancer.told(name, wanted);


/* An answer over TLS, as a stream. */
async function ask(path, headers = {}) {
    const asked = https.get({ port: secure, host: "127.0.0.1", path, headers,
                              rejectUnauthorized: false, agent: false });
    const [answer] = await once(asked, "response");

    return answer;
}

async function whole(answer) {
    const parts = [];

    for await (const part of answer) {
        parts.push(part);
    }
    return Buffer.concat(parts);
}


before(async () => {
    stack = await startStack();
    nodes = [];
    for (const node of [1, 2]) {
        nodes.push(await stack.secondNginx((conf) => conf.replace(
            /\n    server \{/, `\n    sluice_drain ${drainOf(node)};$&`)));
    }

    const pem = join(stack.folder, "media.pem");

    plain = await freePort();
    secure = await freePort();
    await run("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
        "/CN=localhost", "-keyout", `${pem}.key`, "-out", pem]);
    writeFileSync(pem, readFileSync(pem, "utf8")
        + readFileSync(`${pem}.key`, "utf8"));

    file = randomBytes(SIZE);
    const at = stack.path("media", "cd", ID);

    await stack.asServer("mkdir", "-p", at);
    writeFileSync(join(at, "a.mp4"), file, { mode: 0o644 });

    balancer = new Balancer(stack);
    await balancer.start(nodes, (conf) => conf
        .replace("bind :80", `bind 127.0.0.1:${plain}`)
        .replace("bind :443", `bind 127.0.0.1:${secure}`)
        .replace("/etc/haproxy/media.pem", pem));
}, { timeout });

after(async () => {
    balancer?.stop();
    await stack?.stop();
}, { timeout });


it("the balancer leads to TLS, and the API and media are behind it", { timeout },
    async () => {
        const answer = await request(`http://127.0.0.1:${plain}/x`);

        assert.equal(answer.status, 308);
        assert.match(answer.headers.location, /^https:/);
        assert.equal((await ask("/api/me")).statusCode, 401);
        assert.equal((await ask(`/media/cd/${ID}/a.mp4`)).statusCode, 401);
    });


describe("a node that is drained", { timeout }, () => {
    const path = () => `/media/cd/${ID}/a.mp4?grant=`
        + minter(stack.keys()).grant({ path: `/media/cd/${ID}/` });

    it("gets nothing new, finishes what it has, and nobody gets an error",
        async () => {
            /* both have begun to send, and wait for who reads */
            const slow = [await ask(path()), await ask(path())];
            const wrong = [];
            let over = false, asked = 0;
            const load = (async () => {
                while (!over) {
                    const answer = await ask("/api/me");

                    asked++;
                    answer.resume();
                    if (answer.statusCode !== 401) {
                        wrong.push(answer.statusCode);
                    }
                    const range = await ask(path(), { Range: "bytes=0-99" });

                    if (range.statusCode !== 206
                        || (await whole(range)).length !== 100) {
                        wrong.push(range.statusCode);
                    }
                }
            })();

            for (const node of [1, 2]) {
                await ctl("node", "drain", "--file", drainOf(node));
                await told(`api/node${node}`, "DOWN");
                await told(`media/node${node}`, "DOWN");

                const before = await servers();

                await until("others were asked", async () =>
                    (await servers())[`api/node${3 - node}`].sessions
                        > before[`api/node${3 - node}`].sessions + 5);
                const then = await servers();

                for (const kind of ["api", "media"]) {
                    assert.equal(then[`${kind}/node${node}`].sessions,
                                 before[`${kind}/node${node}`].sessions);
                }

                await ctl("node", "resume", "--file", drainOf(node));
                await told(`api/node${node}`, "UP");
                await told(`media/node${node}`, "UP");
            }
            over = true;
            await load;
            assert.deepEqual(wrong, []);
            assert.ok(asked > 20);
            for (const answer of slow) {
                assert.ok((await whole(answer)).equals(file));
            }
        });

    it("says so itself, and lives", async () => {
        const [node] = nodes;
        const status = async () => (await ctl("node", "status", "--file",
            drainOf(1))).stdout.trim();

        assert.equal(await status(), "taking requests");
        await ctl("node", "drain", "--file", drainOf(1));
        assert.equal(await status(), "draining");
        for (const which of ["/ready", "/ready/bytes"]) {
            const answer = await until("it is told", async () => {
                const one = await request(node.url + which);

                return one.status === 503 && one;
            });

            assert.equal(answer.json.type, "urn:sluice:problem:draining");
            assert.match(answer.json.detail, /sluicectl node resume/);
            assert.ok(answer.headers["retry-after"]);
        }
        assert.equal((await request(`${node.url}/health`)).status, 200);
        await ctl("node", "resume", "--file", drainOf(1));
        await ctl("node", "resume", "--file", drainOf(1));
        await until("it is back", async () =>
            (await request(`${node.url}/ready`)).status === 200);
    });

    it("ends streams of events, which begin anew elsewhere", async () => {
        const client = await stack.visitor("viewer");
        const id = await noop(stack, { ms: 1 }, { owner: client.user.id,
            run_at: new Date(Date.now() + 3_600_000).toISOString() });
        const listen = async (node) => {
            const asked = http.get(`${node.url}/api/jobs/${id}/events`, {
                agent: false,
                headers: { Authorization: `Bearer ${client.token}` } });
            const [answer] = await once(asked, "response");

            assert.equal(answer.statusCode, 200);
            await once(answer, "data");
            return answer;
        };
        const first = await listen(nodes[0]);
        const ended = once(first, "end");

        first.resume();
        await ctl("node", "drain", "--file", drainOf(1));
        await ended;
        (await listen(nodes[1])).destroy();
        await ctl("node", "resume", "--file", drainOf(1));
    });
});


describe("sluicectl node", { timeout }, () => {
    it("says what it cannot do", async () => {
        await assert.rejects(ctl("node", "drain", "--file", "/nowhere/drain"),
            /cannot make \/nowhere\/drain: No such file or directory/);
        await assert.rejects(ctl("node", "drain", "--wait", "x"), /--wait/);
    });
});
