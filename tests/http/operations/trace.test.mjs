/* What is done for a request is known by the request's trace (W3C Trace
   Context): at an application behind the gate, in jobs and what follows on them,
   in mails, and in the worker's log. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { readFileSync, writeFileSync } from "node:fs";

import { request } from "../lib/client.mjs";
import { film, pdf } from "../lib/files.mjs";
import { freePort } from "../lib/ports.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 180_000;
const ID = "0af7651916cd43dd8448eb211c80319c";
const PARENT = `00-${ID}-b7ad6b7169203331-01`;
const FORM = /^00-(?<id>[0-9a-f]{32})-(?<span>[0-9a-f]{16})-01$/;

let application, asked, stack, viewer;


before(async () => {
    const port = await freePort();

    application = createServer((message, answer) => {
        asked = message.headers;
        answer.end();
    });
    await new Promise((done) => {
        application.listen(port, "127.0.0.1", done);
    });
    stack = await startStack({ extra: () => `
        location /application {
            proxy_pass http://127.0.0.1:${port};
            proxy_set_header traceparent $sluice_traceparent;
            proxy_set_header X-Request $request_id;
            proxy_set_header X-Trace $sluice_trace;
        }` });
    await stack.stopWorker();
    writeFileSync(stack.path("worker.conf"),
        `${stack.text("worker.conf")}\nlog_json on\n`);
    await stack.restartWorker();
    viewer = await stack.visitor("viewer");
}, { timeout });

after(async () => {
    application?.close();
    await stack?.stop();
}, { timeout });


const seen = async (headers = {}) => {
    await request(`${stack.url}/application`, { headers });
    return { ...FORM.exec(asked.traceparent).groups, ...asked };
};

const jobs = async (media) => JSON.parse(await stack.sql(
    "select json_agg(json_build_object('id', id, 'kind', kind, 'trace', trace) "
        + `order by id) from sluice.jobs where media = '${media}'`));

/* The worker's log, a line an object. */
const log = () => stack.text("logs/worker.log").trim().split("\n")
    .filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));


describe("an application behind", { timeout }, () => {
    it("gets the client's trace, and this request as what it is below",
        async () => {
            const found = await seen({ traceparent: PARENT });

            assert.equal(found.id, ID);
            assert.equal(found["x-trace"], ID);
            assert.equal(found.span, found["x-request"].slice(0, 16));
        });

    for (const [what, headers] of [
        ["where the client names none", {}],
        ["where the client's is none", { traceparent: `00-${ID}-01` }],
        ["where the client names two", { traceparent: [PARENT, PARENT] }],
    ]) {
        it(`gets a trace that begins here ${what}`, async () => {
            const found = await seen(headers);

            assert.notEqual(found.id, ID);
            assert.equal(found.id, found["x-request"]);
        });
    }
});


describe("a job", { timeout }, () => {
    let media;

    before(async () => {
        const path = stack.path("a.mp4");

        await film(path, { seconds: 2 });
        media = (await viewer.bring(readFileSync(path), "a.mp4",
            { headers: { traceparent: PARENT } })).id;
        await viewer.ready(media);
        await until("all is made of it", async () => (await stack.sql(
            "select count(*) from sluice.jobs where state in ('queued', "
                + `'running') and media = '${media}'`)) === "0");
    }, { timeout });

    it("has the trace of the request, and what follows has it, too",
        async () => {
            const all = await jobs(media);

            assert.ok(all.length > 1, JSON.stringify(all));
            for (const { trace } of all) {
                assert.equal(trace, all[0].trace);
                assert.equal(FORM.exec(trace).groups.id, ID);
            }
        });

    it("tells its owner", async () => {
        const [{ id, trace }] = await jobs(media);

        assert.equal((await viewer.get(`/api/jobs/${id}`)).json.trace, trace);
    });

    it("is found in the worker's log by it", async () => {
        const [{ id }] = await jobs(media);
        const lines = log().filter(({ trace }) => trace === ID);

        assert.ok(lines.some(({ job, message, level, program }) => job === id
            && level === "info" && program === "sluice-worker"
            && /begun$/.test(message)));
    });

    it("of another request has another one, and one of nobody's none",
        async () => {
            const { id } = await viewer.bring(pdf(), "b.pdf");
            const [{ trace }] = await jobs(id);

            assert.notEqual(FORM.exec(trace).groups.id, ID);
            assert.equal(await stack.sql("select count(*) from sluice.jobs "
                + "where kind in ('prune', 'scrub') and trace is not null"),
            "0");
        });
});


describe("a mail", { timeout }, () => {
    it("that is asked for has the trace of who asked", async () => {
        await request(`${stack.url}/api/password-resets`, { method: "POST",
            headers: { traceparent: PARENT },
            json: { email: viewer.user.email } });

        await until("it is there", async () => (await stack.sql(
            "select trace from sluice.jobs where kind = 'mail' "
                + "order by id desc limit 1")).startsWith(`00-${ID}-`));
    });
});


describe("what a client writes into a call", { timeout }, () => {
    it("is no trace", async () => {
        const { status } = await viewer.request("POST", "/api/me/export",
            { json: { trace: PARENT } });

        assert.equal(status, 202);
        assert.equal(await stack.sql("select count(*) from sluice.jobs where "
            + `kind = 'export' and trace like '00-${ID}-%'`), "0");
    });
});
