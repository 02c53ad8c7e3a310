/* What a page of another host can do in a browser that holds our cookie. Over
   plain http Chromium sends no Sec-Fetch-Site. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";

import { after, before, test } from "../http/lib/test.mjs";
import { enter, open } from "./harness.mjs";

let house, media, evil;

const FORM = (path, type) => `<!doctype html>
    <form method=post action="${media}${path}" enctype="${type}">
    <input name='{"email":"EMAIL","password":"PASSWORD","x":"' value='"}'>
    </form><script>document.forms[0].submit()</script>`;


before(async () => {
    house = await open({
        hosts: ["media.test", "evil.test", "evil.media.test"],
        extra: (state, port) => `
            sluice_public_url http://media.test:${port};
            location /evil/ { alias ${state}/evil/; }`,
    });
    const { port, email, password } = house.stack;
    const pages = house.stack.path("evil");

    media = `http://media.test:${port}`;
    evil = (host, page) => `http://${host}:${port}/evil/${page}.html`;
    mkdirSync(pages);
    for (const [name, text] of [
        ["sign_in", FORM("/api/sessions", "text/plain")],
        ["upload", FORM("/api/media?filename=a.mp4", "text/plain")],
    ]) {
        writeFileSync(`${pages}/${name}.html`, text
            .replace("EMAIL", email).replace("PASSWORD", password));
    }
});

after(() => house?.close());


/* What the form was answered that the page sends by itself. */
async function sent(page, url, path) {
    const [answer] = await Promise.all([
        page.waitForResponse((response) => response.request().method()
            === "POST" && new URL(response.url()).pathname === path),
        page.goto(url),
    ]);
    const { type } = await answer.json();

    return [answer.status(), type];
}


test("another host's page signs nobody in", async () => {
    const page = await house.visitor();

    assert.deepEqual(
        await sent(page, evil("evil.test", "sign_in"), "/api/sessions"),
        [403, "urn:sluice:problem:cross-site"]);
    assert.deepEqual(await page.context().cookies(media), []);
});


test("a sibling host's page uploads nothing as its visitor", async () => {
    const page = await house.visitor({ baseURL: media });

    await enter(page, house.stack);
    assert.deepEqual(
        await sent(page, evil("evil.media.test", "upload"), "/api/media"),
        [403, "urn:sluice:problem:cross-site"]);
});


test("our own page signs in where the browser tells its origin alone",
     async () => {
         const page = await house.visitor({ baseURL: media });

         await enter(page, house.stack);
         assert.deepEqual((await page.context().cookies(media))
             .map(({ name }) => name).sort(),
         ["sluice_device", "sluice_session"]);
     });
