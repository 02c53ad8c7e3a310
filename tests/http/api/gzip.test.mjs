/* JSON goes compressed to whoever takes it, and is the same. */

import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";

import { request } from "../lib/client.mjs";
import { fresh } from "../lib/files.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 90_000;
const MANY = 20;
const GZIP = { "Accept-Encoding": "gzip" };

let stack, who;


before(async () => {
    stack = await startStack();
    await stack.stopWorker();
    who = await stack.visitor("viewer");
    for (let at = 0; at < MANY; at++) {
        await who.bring(fresh(), `${at}.mp3`);
    }
}, { timeout });

after(() => stack?.stop(), { timeout });


/* Links are signed anew for each answer. */
const unsigned = (text) => text.replace(/~[^/]+/g, "~");

async function compressed(path) {
    const answer = await who.get(path, { headers: GZIP });

    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers["content-encoding"], "gzip");
    return { ...answer, text: gunzipSync(answer.body).toString() };
}


describe("gzip", { timeout }, () => {
    it("makes a list a third of its size at most, and the same", async () => {
        const plain = await who.get("/api/media");
        const small = await compressed("/api/media");

        assert.equal(unsigned(small.text), unsigned(plain.text));
        assert.ok(small.body.length * 3 < plain.body.length);
        assert.equal(plain.headers["content-encoding"], undefined);
    });

    it("leaves a list its tag", async () => {
        const { headers: { etag } } = await compressed("/api/media");
        const again = await who.get("/api/media",
            { headers: { ...GZIP, "If-None-Match": etag } });

        assert.match(etag, /^(W\/)?".+"$/);
        assert.equal(again.status, 304);
    });

    it("leaves the tag of a media object one for If-Match", async () => {
        const [item] = (await who.get("/api/media")).json.items;
        const path = `/api/media/${item.id}`;
        const { headers: { etag } } = await who.get(path, { headers: GZIP });
        const change = (tag) => who.request("PATCH", path, {
            headers: { ...GZIP, "If-Match": tag }, json: { title: "other" } });

        assert.equal((await change('"of-another"')).status, 412);
        assert.equal((await change(etag)).status, 200);
    });

    it("is not for what a sign-in answers", async () => {
        const { password, user } = who;
        const answer = await request(`${stack.url}/api/sessions`, {
            method: "POST", headers: GZIP,
            json: { email: user.email, password } });
        const { refresh_token: token } = answer.json;
        const again = await request(`${stack.url}/api/sessions/refresh`, {
            method: "POST", headers: GZIP, json: { refresh_token: token } });

        for (const { status, headers } of [answer, again]) {
            assert.ok(status < 300);
            assert.equal(headers["content-encoding"], undefined);
        }
    });
});
