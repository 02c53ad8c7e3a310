/* The worker's process that keeps issuers' keys fresh, with issuers of our own
   on https and a Redis, and without database and nginx. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import {
    mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync,
    writeFileSync,
} from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";

import { run } from "../lib/run.mjs";
import { TOP, alive, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const CHANNEL = "sluice:issuers";
const ARN = "arn:aws:elasticloadbalancing:eu-west-3:1:loadbalancer/app/";
const LONG_AGO = new Date("2024-01-01T00:00:00Z");
const BODY_MAX = 65536;

const folder = mkdtempSync("/tmp/sl-keys-");
const socket = join(folder, "redis.sock");
const log = join(folder, "worker.log");
const conf = join(folder, "worker.conf");
const answers = new Map();      /* path → what the server says to it */
const asked = [];               /* paths, in the order of the requests */

let server, origin, redis, worker;


/* ---- keys ---- */

function pair(kid) {
    const { publicKey, privateKey } =
        generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwk = (key) => ({ ...key.export({ format: "jwk" }), kid });

    return {
        jwk: jwk(publicKey), secret: jwk(privateKey),
        pem: publicKey.export({ type: "spki", format: "pem" }),
    };
}

const GOOD = pair("good");
const NEXT = pair("next");
const ALB = pair("alb-1");
const set = (...keys) => JSON.stringify({ keys });


/* ---- what is started ---- */

function certificates() {
    const openssl = (...words) =>
        execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
        "/CN=Test CA", "-days", "2", "-keyout", "ca.key", "-out", "ca.pem");
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=issuer",
        "-keyout", "server.key", "-out", "server.csr");
    writeFileSync(join(folder, "san"),
        "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey",
        "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "san",
        "-out", "server.pem");
}


async function startServer() {
    server = createServer({
        key: readFileSync(join(folder, "server.key")),
        cert: readFileSync(join(folder, "server.pem")),
    }, (request, response) => {
        const answer = answers.get(request.url);

        asked.push(request.url);
        if (typeof answer === "function") {
            answer(response);
        } else if (answer === undefined) {
            response.writeHead(404).end();
        } else {
            response.end(answer);
        }
    }).listen(0, "127.0.0.1");

    await once(server, "listening");
    origin = `https://127.0.0.1:${server.address().port}`;
}


async function startRedis() {
    redis = spawn("redis-server", ["--port", "0", "--unixsocket", socket,
        "--save", "", "--appendonly", "no", "--dir", folder],
        { stdio: "ignore" });
    await until("Redis answers", () => command("PING")
        .then((word) => word === "PONG", () => false));
}


async function command(...words) {
    const { stdout } = await run("redis-cli", ["-s", socket, ...words]);

    return stdout.trimEnd();
}


/* The database is away: this process must not need it. */
function configure(lines) {
    for (const name of ["media", "spool", "work"]) {
        mkdirSync(join(folder, name), { recursive: true });
    }
    writeFileSync(conf, `
        database host=${folder}/nobody dbname=sluice
        redis unix:${socket}
        media ${folder}/media\n spool ${folder}/spool\n work ${folder}/work
        log ${log}
        ${lines.join("\n")}\n`);
}


/* Through the proxy of this environment nothing would come. */
function startWorker() {
    const proxy = "http://127.0.0.1:1";

    worker = spawn(join(TOP, "build/sluice-worker"), ["-c", conf], {
        stdio: ["ignore", "ignore", "inherit"],
        env: { ...process.env, HTTPS_PROXY: proxy, ALL_PROXY: proxy,
               https_proxy: proxy, all_proxy: proxy },
    });
}


async function stop(child) {
    if (child?.exitCode === null && child.signalCode === null) {
        const gone = once(child, "exit");
        child.kill("SIGTERM");
        await gone;
    }
}


/* ---- what is looked at ---- */

const lines = () => readFileSync(log, "utf8").split("\n");
const requests = (path) => asked.filter((one) => one === path).length;
const path = (name) => join(folder, `${name}.json`);
const kids = (name) =>
    JSON.parse(readFileSync(path(name), "utf8")).keys.map(({ kid }) => kid);
const isThere = (name) => {
    try {
        return statSync(path(name)).isFile();
    } catch {
        return false;
    }
};

/* The first line of the log, past `from`, that has all of these in it. */
const said = (parts, from = 0) => until(`the log says ${parts.join(", ")}`,
    () => lines().slice(from).find((line) =>
        parts.every((part) => line.includes(part))));


async function announce(issuer, kid) {
    await publish(JSON.stringify({ v: 1, issuer, kid }));
}


async function publish(text) {
    await until("the worker listens",
        async () => await command("PUBLISH", CHANNEL, text) === "1");
}


/* All that was published is dealt with, and what came of it is done. */
async function quiet() {
    for (let i = 0; i < 2; i++) {
        const from = lines().length - 1;

        await publish("nonsense");
        await said(["makes no sense"], from);
    }
}


function discovery(name, { issuer = `${origin}/${name}`,
                           jwks = `${origin}/${name}/keys` } = {}) {
    answers.set(`/${name}/.well-known/openid-configuration`,
        JSON.stringify({ issuer, jwks_uri: jwks, extra: [1, 2] }));
}


/* ---- issuers ---- */

/* Each has a last good file, from long ago, and a reason in the log. */
const BAD = {
    broken: {
        why: "the answer is 500",
        keys: (response) => response.writeHead(500).end(),
    },
    large: {
        why: `larger than ${BODY_MAX} bytes`,
        keys: (response) =>
            response.end(set(NEXT.jwk) + " ".repeat(BODY_MAX)),
    },
    secret: { why: "must not be published",
              keys: (response) => response.end(set(NEXT.secret)) },
    empty: { why: "no key that we can use",
             keys: (response) => response.end(set()) },
    nothing: { why: "not strict JSON",
               keys: (response) => response.end("<html>") },
    redirect: {
        why: "no redirect is followed",
        keys: (response) => response.writeHead(302,
            { Location: `${origin}/good/keys` }).end(),
    },
    plain: {
        why: "\"jwks_uri\" is not an https URL",
        document: () => ({ jwks: `${origin.replace("https", "http")}/a` }),
    },
    elsewhere: {
        why: "does not allow",
        document: () => ({
            jwks: `${origin.replace("127.0.0.1", "localhost")}/good/keys`,
        }),
    },
    impostor: {
        why: "\"issuer\" is not the issuer's URL",
        document: () => ({ issuer: `${origin}/good` }),
    },
    untrusted: { why: "certificate", ca: false },
};


function prepareBad(name) {
    const { keys, document = () => ({}), ca = true } = BAD[name];

    discovery(name, document());
    answers.set(`/${name}/keys`, keys);
    writeFileSync(path(name), set(GOOD.jwk));
    utimesSync(path(name), LONG_AGO, LONG_AGO);

    return `issuer ${origin}/${name} ${path(name)} `
        + (ca ? `ca=${folder}/ca.pem` : "");
}


before(async () => {
    certificates();
    await startServer();
    await startRedis();

    const ca = `ca=${folder}/ca.pem`;
    const other = origin.replace("127.0.0.1", "localhost");

    discovery("good");
    answers.set("/good/keys", set(GOOD.jwk));
    discovery("allowed", { jwks: `${other}/good/keys` });
    answers.set("/set", set(GOOD.jwk));
    answers.set("/alb/alb-1", ALB.pem);

    configure([
        `issuer ${origin}/good ${path("good")} ${ca}`,
        `issuer ${origin}/allowed ${path("allowed")} ${ca} host=${
            other.slice("https://".length)}`,
        `issuer ${origin}/direct ${path("direct")} ${ca} keys=${origin}/set`,
        `load_balancer ${ARN}one ${path("alb")} ${ca} keys=${origin}/alb/`,
        `load_balancer ${ARN}two ${path("alb2")} ${ca} keys=${origin}/alb/`,
        ...Object.keys(BAD).map(prepareBad),
    ]);
    startWorker();
}, { timeout });

after(async () => {
    await stop(worker);
    await stop(redis);
    server?.closeAllConnections();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
}, { timeout });


describe("keys that are missing", { timeout }, () => {
    it("are found by discovery", async () => {
        await until("the file is there", () => isThere("good"));
        assert.deepEqual(kids("good"), ["good"]);
    });

    it("are fetched from a host that the line allows", async () => {
        await until("the file is there", () => isThere("allowed"));
        assert.deepEqual(kids("allowed"), ["good"]);
    });

    it("are fetched from the URL that the line names", async () => {
        await until("the file is there", () => isThere("direct"));
        assert.equal(requests("/direct/.well-known/openid-configuration"), 0);
    });

    it("are written for all to read", () => {
        assert.equal(statSync(path("good")).mode & 0o777, 0o644);
    });
});


for (const [name, { why }] of Object.entries(BAD)) {
    describe(`an issuer that is "${name}"`, { timeout }, () => {
        it("has the reason told", async () => {
            await said([`issuer ${origin}/${name}:`, why,
                        "the last good keys stay"]);
        });

        it("keeps its last good file", () => {
            assert.equal(readFileSync(path(name), "utf8"), set(GOOD.jwk));
        });
    });
}


it("the log shows nothing of a secret that an issuer published", () => {
    assert.ok(!lines().join("\n").includes(NEXT.secret.d));
});


describe("an unknown kid", { timeout }, () => {
    it("does not count when it is known", async () => {
        const before = requests("/good/keys");

        await announce(`${origin}/good`, "good");
        await quiet();
        assert.equal(requests("/good/keys"), before);
    });

    it("brings the new keys", async () => {
        answers.set("/good/keys", set(NEXT.jwk, GOOD.jwk));
        await announce(`${origin}/good`, "next");
        await until("the new key is there", () => kids("good").length === 2);
    });

    it("does not bring a fetch so soon after another", async () => {
        const before = requests("/good/keys");

        await announce(`${origin}/good`, "stranger");
        await said([`issuer ${origin}/good: kid "stranger" is unknown; `
                    + "the next fetch for such is in"]);
        await quiet();
        assert.equal(requests("/good/keys"), before);
    });

    it("of an issuer that nobody configured is passed over", async () => {
        await announce("https://127.0.0.1:1", "next");
        await quiet();
        /* one that was asked in vain would be told of */
        assert.ok(!lines().some((line) => line.includes("https://127.0.0.1:1")));
    });
});


describe("a load balancer", { timeout }, () => {
    it("is not asked for a kid that could leave its folder", async () => {
        await announce(`${ARN}one`, "../good/keys");
        await quiet();
        /* others are fetched meanwhile, as they are due */
        assert.deepEqual(asked.filter((one) => /^\/alb\/|\.\./.test(one)), []);
    });

    it("has the key of a kid fetched", async () => {
        await announce(`${ARN}one`, "alb-1");
        await until("the file is there", () => isThere("alb"));

        const [key] = JSON.parse(readFileSync(path("alb"), "utf8")).keys;
        assert.deepEqual([key.kid, key.x, key.y],
            ["alb-1", ALB.jwk.x, ALB.jwk.y]);
    });

    it("that does not have a kid is not asked again", async () => {
        await announce(`${ARN}two`, "alb-9");
        await said([`${ARN}two: there is no kid "alb-9"`]);
        await announce(`${ARN}two`, "alb-9");
        await quiet();
        assert.equal(requests("/alb/alb-9"), 1);
    });
});


describe("the process", { timeout }, () => {
    const pidOf = (line) => Number(line.split(" ")[2]);

    it("listens again when Redis was away", async () => {
        redis.kill("SIGKILL");
        await once(redis, "exit");
        await startRedis();
        await quiet();
    });

    it("is replaced when it dies, and old keys are asked for", async () => {
        const old = pidOf(await said(["issuer", "new keys"]));
        const from = lines().length - 1;

        utimesSync(path("good"), LONG_AGO, LONG_AGO);
        process.kill(old, "SIGKILL");
        const line = await said([`issuer ${origin}/good: the same keys`], from);
        assert.notEqual(pidOf(line), old);
    });

    it("renews the time of a file whose keys are the same", () => {
        assert.ok(statSync(path("good")).mtime > LONG_AGO);
    });

    it("gives an issuer up that says nothing", async () => {
        const from = lines().length - 1;

        discovery("silent");
        answers.set("/silent/keys", () => {});
        configure([`issuer ${origin}/silent ${path("silent")} `
                   + `ca=${folder}/ca.pem`]);
        worker.kill("SIGHUP");
        await said([`issuer ${origin}/silent:`, "timed out",
                    "there are no good keys yet"], from);
    });

    /* a fetch would take 10 s by itself */
    it("leaves in the middle of a fetch", async () => {
        const before = requests("/silent/keys");

        await until("it tries again",
            () => requests("/silent/keys") > before);
        worker.kill("SIGTERM");
        await until("the worker is gone", () => !alive(worker.pid),
            { seconds: 5 });
    });
});
