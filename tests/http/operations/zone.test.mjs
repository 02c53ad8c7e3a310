/* The zone: what the processes of nginx count together, and sluice_metrics. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";

import { request } from "../lib/client.mjs";
import { HELP, SAMPLE, TYPE, lines, samples } from "../lib/prometheus.mjs";
import { TOP, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter, now } from "../lib/token.mjs";

const timeout = 120_000;
const METRICS = "/numbers";

let stack, mint, viewer;


before(async () => {
    stack = await startStack({ extra: `
        location = ${METRICS} { sluice_metrics; }
        location /gated/ { sluice_gate grant; alias /nowhere/; }
        location /staff/ { sluice_gate user; sluice_role admin;
                           alias /nowhere/; }
        location /users/ { sluice_gate user; alias /nowhere/; }` });
    mint = minter(stack.keys());
    viewer = await stack.visitor("viewer");
}, { timeout });

after(() => stack?.stop(), { timeout });


const ask = (path, options) => request(stack.url + path, options);

/* {sample with its labels: number} */
async function metrics() {
    const answer = await ask(METRICS);

    assert.equal(answer.status, 200, answer.text);
    return samples(answer.text);
}

const denied = (word) => `sluice_gate_denied_total{reason="${word}"}`;
const passed = (by) => `sluice_gate_passed_total{by="${by}"}`;

/* What `act` changes: {sample: by how much}. */
async function changes(act) {
    const old = await metrics();

    await act();

    return Object.fromEntries(Object.entries(await metrics())
        .map(([name, value]) => [name, value - old[name]])
        .filter(([name, by]) => by !== 0 && name.startsWith("sluice_gate_")));
}


describe("the metrics", { timeout }, () => {
    let answer;

    before(async () => {
        answer = await ask(METRICS);
    });

    it("are Prometheus' text format 0.0.4", () => {
        assert.equal(answer.status, 200);
        assert.match(answer.headers["content-type"],
            /^text\/plain; version=0\.0\.4(;|$)/);
    });

    it("have valid lines only, and no sample twice", () => {
        samples(answer.text);
    });

    it("explain each metric once, before its samples", () => {
        const seen = new Map();

        for (const line of lines(answer.text)) {
            const name = [HELP, TYPE, SAMPLE]
                .map((form) => form.exec(line)?.[1]).find(Boolean);
            const kind = HELP.test(line) ? "help"
                : TYPE.test(line) ? "type" : "sample";
            const order = [...seen.get(name) ?? [], kind];

            assert.match(order.join(" "), /^help( type( sample)*)?$/, line);
            seen.set(name, order);
        }
    });

    it("call counters _total and nothing else", () => {
        for (const line of lines(answer.text).filter((text) =>
            TYPE.test(text))) {
            const [, name, type] = TYPE.exec(line);
            assert.equal(name.endsWith("_total"), type === "counter", line);
        }
    });

    it("name the version that the API's description has", () => {
        const { info } = JSON.parse(readFileSync(
            join(TOP, "web/openapi.json")));
        const [, version] =
            /^sluice_build_info\{version="([^"]+)"/m.exec(answer.text);

        assert.equal(version, info.version);
    });

    it("show words that never came up as 0", async () => {
        const found = await metrics();

        for (const word of ["token-revoked", "grant-revoked", "grant-address",
            "grant-used", "grant-budget", "revocations-unknown",
            "grant-not-yet"]) {
            assert.equal(found[denied(word)], 0, word);
        }
    });

    it("show no word that a gate does not say", async () => {
        const found = await metrics();

        for (const word of ["ok", "not-found", "body-invalid"]) {
            assert.equal(found[denied(word)], undefined, word);
        }
    });

    it("tell how much room there is", async () => {
        const found = await metrics();

        assert.equal(found.sluice_revocations, 0);
        assert.ok(found.sluice_revocations_capacity > 10_000);
        assert.ok(found.sluice_budgets_capacity > 1_000);
    });

    it("are the same for HEAD, without a body", async () => {
        const head = await ask(METRICS, { method: "HEAD" });

        assert.equal(head.status, 200);
        assert.equal(head.text, "");
        assert.equal(head.headers["content-type"],
            answer.headers["content-type"]);
        assert.ok(Number(head.headers["content-length"]) > 1000);
    });

    it("come one after another on one connection", async () => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const ports = [];

        for (const method of ["GET", "HEAD", "GET"]) {
            ports.push(await new Promise((resolve, reject) => {
                http.request(stack.url + METRICS, { agent, method },
                    (incoming) => {
                        const { localPort } = incoming.socket;
                        incoming.resume().on("end", () => resolve(localPort));
                    }).on("error", reject).end();
            }));
        }
        agent.destroy();
        assert.equal(new Set(ports).size, 1);
    });

    it("take no other method", async () => {
        for (const method of ["POST", "PUT", "DELETE"]) {
            const other = await ask(METRICS, { method, body: "x" });
            assert.equal(other.status, 405, other.text);
        }
    });
});


describe("a gate counts", { timeout }, () => {
    it("each grant that passes", async () => {
        const grant = mint.grant({ path: "/gated/" });

        assert.deepEqual(await changes(async () => {
            for (let times = 0; times < 5; times++) {
                await ask(`/gated/a?grant=${grant}`);
            }
        }), { [passed("grant")]: 5 });
    });

    it("each user who passes", async () => {
        assert.deepEqual(await changes(async () => {
            for (let times = 0; times < 3; times++) {
                await ask("/users/a", { headers: viewer.headers });
            }
        }), { [passed("user")]: 3 });
    });

    const reasons = {
        "unauthenticated": () => ask("/gated/a"),
        "grant-invalid": () => ask("/gated/a?grant=x"),
        "grant-expired": () => ask("/gated/a?grant="
            + mint.grant({ path: "/gated/", exp: now() - 1 })),
        "grant-not-yet": () => ask("/gated/a?grant="
            + mint.grant({ path: "/gated/", nbf: now() + 600 })),
        "grant-path": () => ask("/gated/a?grant="
            + mint.grant({ path: "/other/" })),
        "grant-method": () => ask("/gated/a?grant="
            + mint.grant({ path: "/gated/", methods: ["PUT"] })),
        "token-invalid": () => ask("/users/a",
            { headers: { Authorization: "Bearer x" } }),
        "role-too-low": () => ask("/staff/a", { headers: viewer.headers }),
    };

    for (const [word, send] of Object.entries(reasons)) {
        it(`each request that it denies: ${word}`, async () => {
            assert.deepEqual(await changes(async () => {
                await send();
                await send();
            }), { [denied(word)]: 2 });
        });
    }

    it("nothing where there is no gate", async () => {
        assert.deepEqual(await changes(() => ask("/")), {});
    });
});


/* Once each worker is a new one: {sample: number} */
async function afterReload() {
    const old = stack.workers();

    await stack.reload();
    await until("the workers are new", () => {
        const found = stack.workers();
        return found.length > 0 && found.every((pid) => !old.includes(pid));
    });

    return metrics();
}


/* Without what the record tells each time it is asked, which others change. */
const counted = (found) => Object.fromEntries(Object.entries(found).filter(
    ([name]) => !/^sluice_(jobs|media|record|slots|uploads)/.test(name)));


describe("a reload", { timeout }, () => {
    it("keeps what was counted", async () => {
        await ask("/gated/a");
        const old = counted(await metrics());

        assert.ok(old[denied("unauthenticated")] > 0);
        assert.deepEqual(counted(await afterReload()), old);
    });

    it("with another size starts a new zone, and says so", async () => {
        const file = stack.path("nginx.conf");
        const old = await metrics();

        writeFileSync(file, readFileSync(file, "utf8")
            .replace(/(error_log \S+) warn;/, "$1 notice;")
            .replace("http {", "http {\nsluice_zone sluice:1m;"));
        const found = await afterReload();

        assert.equal(found[denied("unauthenticated")], 0);
        assert.ok(found.sluice_revocations_capacity
            < old.sluice_revocations_capacity);
        assert.match(stack.text("logs/error.log"),
            /\[notice\].*sluice_zone "sluice".* starts anew/);
    });
});
