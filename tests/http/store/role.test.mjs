/* The credentials of a machine's role: a process of the worker's fetches them
   into a file. Who is asked for them answers as AWS documents it; there is
   neither a database nor nginx. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync,
         writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "node:test";

import { inSeconds, startMetadata } from "../lib/metadata.mjs";
import { run } from "../lib/run.mjs";
import { TOP, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const WORKER = join(TOP, "build/sluice-worker");

const folder = mkdtempSync("/tmp/sl-role-");
const file = join(folder, "role");
const log = join(folder, "worker.log");
const conf = join(folder, "worker.conf");

let metadata, worker;


before(async () => {
    metadata = await startMetadata();
    for (const name of ["spool", "work"]) {
        mkdirSync(join(folder, name));
    }
    writeFileSync(conf, `database host=${folder}/nobody dbname=sluice
        redis unix:${folder}/nobody
        store s3://films region=x endpoint=http://127.0.0.1:1 credentials=role:${
    file}
        spool ${folder}/spool\n work ${folder}/work\n log ${log}\n`);
}, { timeout });

afterEach(async () => {
    if (worker?.exitCode === null) {
        const gone = once(worker, "exit");

        worker.kill("SIGTERM");
        await gone;
    }
    metadata.clear();
    metadata.role = "films";
    rmSync(file, { force: true });
    rmSync(log, { force: true });
}, { timeout });

after(() => {
    metadata?.stop();
    rmSync(folder, { recursive: true, force: true });
});


const environment = (more = {}) => ({ ...process.env,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url, http_proxy: "http://[::]",
    ...more });

function start(more) {
    worker = spawn(WORKER, ["-c", conf], { env: environment(more),
        stdio: ["ignore", "ignore", "inherit"] });
}

/* The file's lines: an id, a secret, a token, when they end. */
const lines = () => readFileSync(file, "utf8").split("\n");
const has = (id) => until(`the file has ${id}`, () => {
    try {
        return lines()[0] === id;
    } catch {
        return false;
    }
});
const said = (pattern) => until(`the log says ${pattern}`, () =>
    existsSync(log) && pattern.test(readFileSync(log, "utf8")));

/* What sluice-worker -t has to say. */
async function tried(more, word = "-t") {
    try {
        return (await run(WORKER, ["-c", conf, word], { env: environment(more) }))
            .stdout;
    } catch ({ stderr }) {
        return stderr;
    }
}


describe("an instance's role", { timeout }, () => {
    it("has its credentials in a file that its group may read", async () => {
        metadata.gives("ASIAONE");
        start();
        await has("ASIAONE");

        assert.deepEqual(lines(), ["ASIAONE", "secret/ASIAONE",
            "token-of-ASIAONE==", metadata.has.Expiration, ""]);
        assert.equal(statSync(file).mode & 0o7777, 0o640);
    });

    it("is asked for by IMDSv2 alone, and by no proxy", async () => {
        metadata.gives("ASIAONE");
        start();
        await has("ASIAONE");

        assert.deepEqual(metadata.asked.map(({ method, path }) =>
            `${method} ${path}`), ["PUT /latest/api/token",
            "GET /latest/meta-data/iam/security-credentials/",
            "GET /latest/meta-data/iam/security-credentials/films"]);
        assert.ok(metadata.asked.slice(1).every(({ headers }) =>
            metadata.tokens.has(headers["x-aws-ec2-metadata-token"])));
    });

    it("is renewed before they end", async () => {
        metadata.gives("ASIAONE", 14);
        const end = Date.now() + 14_000;

        start();
        await has("ASIAONE");
        metadata.gives("ASIATWO");
        await has("ASIATWO");
        assert.ok(Date.now() < end);
    });

    it("keeps what is good while nobody answers well, and goes on behind it",
        async () => {
            metadata.gives("ASIAONE", 14);
            start();
            await has("ASIAONE");
            for (const status of [503, 429]) {
                metadata.on = (_, answer) => answer.writeHead(status).end();
                await said(new RegExp(`answered ${status}: it is asked too often`
                    + ".*those at hand are good for \\d+ s"));
                assert.equal(lines()[0], "ASIAONE");
            }
            metadata.clear();
            metadata.gives("ASIATWO");
            await has("ASIATWO");
        });

    it("is asked for by a new token where the first is not known any more",
        async () => {
            let times = 0;

            metadata.gives("ASIAONE");
            metadata.on = ({ method }, answer) => method === "GET"
                && times++ === 0 && answer.writeHead(401).end();
            start();
            await has("ASIAONE");
            assert.equal(metadata.asked.filter(({ method }) =>
                method === "PUT").length, 2);
            assert.equal(new Set(metadata.asked.map(({ headers }) =>
                headers["x-aws-ec2-metadata-token"])).size, 3);
        });

    it("is given up where the second is not, either", async () => {
        metadata.on = ({ method }, answer) => method === "GET"
            && answer.writeHead(401).end();
        assert.match(await tried(), /security-credentials\/ answered 401/);
        assert.equal(metadata.asked.length, 4);
    });
});


describe("a container's role", { timeout }, () => {
    it("is asked for with what a file has at that time", async () => {
        const token = join(folder, "token");
        const container = { AWS_CONTAINER_CREDENTIALS_FULL_URI:
            `${metadata.url}/container`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token };

        writeFileSync(token, "one\n");
        metadata.gives("ASIAONE", 14);
        start(container);
        await has("ASIAONE");
        assert.equal(metadata.asked[0].headers.authorization, "one");

        writeFileSync(token, "two\n");
        metadata.clear();
        metadata.gives("ASIATWO");
        await has("ASIATWO");
        assert.deepEqual(metadata.asked.map(({ path, headers }) =>
            [path, headers.authorization]), [["/container", "two"]]);
    });

    it("that shows the wrong token is said", async () => {
        metadata.on = (_, answer) => answer.writeHead(403).end();
        assert.match(await tried({ AWS_CONTAINER_CREDENTIALS_FULL_URI:
            `${metadata.url}/container`, AWS_CONTAINER_AUTHORIZATION_TOKEN: "x" }),
        /answered 403: has the task or pod a role, and is its authorization token/);
    });

    it("is not asked for of strangers", async () => {
        assert.match(await tried({ AWS_CONTAINER_CREDENTIALS_FULL_URI:
            "http://creds.example.org/" }),
        /FULL_URI is https, or http on loopback, .* not "http:\/\/creds/);
    });
});


describe("sluice-worker -t says in a sentence", { timeout }, () => {
    const json = (what) => (_, answer) => {
        if (!_.url.endsWith("/films")) {
            return false;
        }
        answer.end(JSON.stringify(what));
        return true;
    };

    for (const [what, on, pattern] of [
        ["that no role is attached", () => { metadata.role = null; },
         /no role is attached to this instance: attach one/],
        ["that the role may not be taken on", () => {
            metadata.on = json({ Code: "AssumeRoleUnauthorizedAccess" });
        }, /gives none \(AssumeRoleUnauthorizedAccess\): see its trust policy/],
        ["that metadata are off", () => {
            metadata.on = (_, answer) => answer.writeHead(403).end();
        }, /answered 403: turn the instance's metadata on/],
        ["that the answer to a token does not come as far", () => {
            metadata.on = () => true;
        }, /does not answer, though it is there .* a hop limit of 2/],
        ["that the clock is off", () => {
            metadata.on = (_, answer) => {
                answer.setHeader("Date", new Date(Date.now() + 3_600_000)
                    .toUTCString());
            };
        }, /clock goes 3\d\d\d s behind that of who knows its role: set it/],
        ["that they have ended", () => metadata.gives("ASIAONE", -5),
         /credentials have ended already: is this machine's clock right/],
        ["that it is no JSON", () => {
            metadata.on = ({ url }, answer) => url.endsWith("/films")
                && answer.end("<html>");
        }, /the answer is no JSON object/],
        ["that a member is missing", () => {
            metadata.on = json({ ...metadata.has, Token: "" });
        }, /the answer has no Token that could be one/],
        ["that the answer is too large", () => {
            metadata.on = ({ url }, answer) => url.endsWith("/films")
                && answer.end(Buffer.alloc(2 ** 20));
        }, /the answer is larger than 16384 bytes/],
        ["that the role's name is none", () => { metadata.role = "../../a"; },
         /name a role by what is no name/],
    ]) {
        it(what, async () => {
            metadata.gives("ASIAONE");
            on();
            const text = await tried();

            assert.match(text, pattern);
            assert.equal(text.trim().split("\n").length, 1);
            assert.doesNotMatch(text, /secret\/|token-of/);
        });
    }

    it("that nobody is there", async () => {
        assert.match(await tried({ AWS_EC2_METADATA_SERVICE_ENDPOINT:
            "http://127.0.0.1:1" }), /cannot be reached .*credentials=<file>/);
        assert.match(await tried({ AWS_EC2_METADATA_DISABLED: "true" }),
            /AWS_EC2_METADATA_DISABLED keeps the machine's role/);
    });

    it("and asks the bucket by those that it got, which it does not keep",
        async () => {
            metadata.gives("ASIAONE");
            assert.match(await tried(), /127\.0\.0\.1: Failed to connect/);
            assert.throws(() => statSync(file), /ENOENT/);
        });

    it("that the file has no folder", async () => {
        const other = join(folder, "other.conf");

        writeFileSync(other, readFileSync(conf, "utf8").replace(file,
            "/nowhere/role"));
        await assert.rejects(run(WORKER, ["-c", other, "-t"]),
            /the file \/nowhere\/role .* cannot be written/);
    });

    it("also behind what --check tries", async () => {
        metadata.gives("ASIAONE");
        assert.match(await tried({}, "--check"), /Failed to connect/);
    });
});


describe("the log", { timeout }, () => {
    it("says what is wrong, and that there are none", async () => {
        metadata.role = null;
        start();
        await said(/role: no role is attached.*there are no good credentials/);
        metadata.role = "films";
        metadata.gives("ASIAONE", 600, { Expiration: inSeconds(600) });
        await has("ASIAONE");
        await said(/role films: credentials for \d+ s/);
        assert.doesNotMatch(readFileSync(log, "utf8"), /secret\/|token-of/);
    });
});
