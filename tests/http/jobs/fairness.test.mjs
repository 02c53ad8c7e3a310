/* One hostile user, with every trick of those that strangers found, against two
   honest ones on one small stack: their requests and their jobs take no more
   than twice the time that they take without him, before he came or after he
   left, and nothing of theirs is lost. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { request, until } from "../lib/client.mjs";
import { pdf } from "../lib/files.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, it } from "../lib/test.mjs";

const timeout = 300_000;
const TRIES = 7;                /* of which the median counts */
const ATTEMPTS = 4;             /* the machine has other things to do, too */
const FACTOR = 2;

const HOSTILE = fileURLToPath(new URL("../lib/hostile.mjs", import.meta.url));

let stack, alice, bob, mallory, hostile, link, brought = [];


before(async () => {
    stack = await startStack();
    [alice, bob, mallory] = [await stack.visitor("viewer"),
        await stack.visitor("viewer"), await stack.visitor("viewer")];

    const score = await bob.ready((await bob.bring(pdf(), "first.pdf")).id);
    link = score.links.original;
    brought.push([bob, score.id]);
}, { timeout });

after(async () => {
    hostile?.kill("SIGKILL");
    await stack?.stop();
}, { timeout });


const median = (values) => [...values].sort((a, b) => a - b)[
    Math.floor(values.length / 2)];

async function timed(work) {
    const from = performance.now();

    await work();
    return performance.now() - from;
}

const fine = async (answer) => assert.equal((await answer).status, 200);

/* What somebody does who looks at his library. */
async function looks() {
    await fine(alice.get("/api/me"));
    await fine(alice.get("/api/media"));
    await fine(request(link, { headers: { Range: "bytes=0-99" } }).then(
        (answer) => ({ status: answer.status === 206 ? 200 : answer.status })));
    await fine(bob.get("/api/media"));
}

/* Both bring a score, and wait until it is ready. */
async function brings() {
    await Promise.all([alice, bob].map(async (user) => {
        const title = `${user.user.id} ${brought.length} ${Math.random()}`;
        const bytes = pdf({ info: `/Title (${title})` });
        const { id } = await user.bring(bytes, "score.pdf");

        brought.push([user, id]);
        await user.ready(id);
    }));
}

async function measure() {
    const requests = [], jobs = [];

    for (let i = 0; i < TRIES; i++) {
        requests.push(await timed(looks));
        jobs.push(await timed(brings));
    }
    return { requests: median(requests), jobs: median(jobs) };
}

async function begin(picture) {
    const { url, user: { email }, password } = mallory;

    hostile = spawn("nice", ["-n", "10", process.execPath, HOSTILE,
        JSON.stringify({ url, email, password, picture })],
        { stdio: ["ignore", "pipe", "inherit"] });
    await once(hostile.stdout, "data");
}

/* He is gone, and what he had asked for is done. */
async function end() {
    assert.equal(hostile.exitCode, null, "he went on until now");
    hostile.kill("SIGKILL");
    await once(hostile, "exit");
    await until("his jobs have ended", async () => Number(await stack.sql(
        `select count(*) from sluice.jobs where finished_at is null
            and owner = '${mallory.user.id}'`)) === 0);
}

async function attempt(picture) {
    const was = await measure();

    await begin(picture);
    const beside = await measure();

    await end();
    const is = await measure();
    const without = { requests: Math.max(was.requests, is.requests),
        jobs: Math.max(was.jobs, is.jobs) };

    return { without, beside };
}

const fair = ({ without, beside }) => beside.requests <= FACTOR * without.requests
    && beside.jobs <= FACTOR * without.jobs;


it("a hostile user costs others no more than twice their time, and nothing else",
    { timeout }, async (t) => {
        const picture = execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi",
            "-i", "testsrc2=size=640x360", "-frames:v", "1", "-q:v", "8", "-f",
            "mjpeg", "-"]).toString("base64");
        const seen = [];

        do {
            seen.push(await attempt(picture));
            t.diagnostic(JSON.stringify(seen.at(-1)));
        } while (!fair(seen.at(-1)) && seen.length < ATTEMPTS);
        assert.ok(fair(seen.at(-1)), JSON.stringify(seen));

        for (const [user, id] of brought) {
            const media = await user.media(id);

            assert.equal(media.state, "ready");
            assert.equal((await request(media.links.original)).status, 200);
        }
        for (const user of [alice, bob]) {
            await fine(user.get("/api/media"));
        }
    });
