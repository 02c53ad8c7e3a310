/* What stands in production.conf for what is in front of it. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { request } from "../lib/client.mjs";
import { startStack, TOP } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const text = readFileSync(join(TOP, "conf/production.conf"), "utf8");
const line = (name) => new RegExp(`^ *${name} .*;$`, "m").exec(text)[0];

let stack, machine;


before(async () => {
    stack = await startStack();
    machine = await stack.secondNginx((own) => own.replace("http {",
        `http {\n${line("large_client_header_buffers")}\n`
        + `${line("absolute_redirect")}\n`));
}, { timeout });

after(() => stack?.stop(), { timeout });


describe("behind a balancer", { timeout }, () => {
    /* Two of the four pieces that an ALB cuts its cookie into. */
    const Cookie = [0, 1].map((n) =>
        `AWSELBAuthSessionCookie-${n}=${"x".repeat(4080)}`).join("; ");

    it("the cookies of one that signs users in pass", async () => {
        const status = async (url) =>
            (await request(`${url}/health`, { headers: { Cookie } })).status;

        assert.deepEqual([await status(machine.url), await status(stack.url)],
            [200, 400]);
    });

    it("a redirect names no port and no scheme of the inside", async () => {
        const { status, headers } = await request(`${machine.url}/js`);

        assert.deepEqual([status, headers.location], [301, "/js/"]);
    });
});
