import assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { cutter } from "../http/lib/cutter.mjs";
import { until } from "../http/lib/stack.mjs";
import { after, before, test } from "../http/lib/test.mjs";
import { enter, film, folder, open, score } from "./harness.mjs";

const SLOW = 400_000;       /* bytes a second */
const CUTS = 8;             /* a browser hides some of them, and tries again */

let house, files;

before(async () => {
    house = await open();
    files = folder();
});

after(async () => {
    files?.remove();
    await house?.close();
});


test("a film uploads with progress to be seen, and then it plays", async () => {
    const page = await house.page();
    const path = film(join(files.path, "Sea_and_sky.mp4"),
                      { seconds: 12, bitrate: 1500 });
    const row = page.locator(".upload-row");

    await slow(page, SLOW);
    await page.goto("/upload");
    await page.getByLabel("Choose files").setInputFiles(path);

    await page.waitForFunction(() => {
        const { value } = document.querySelector(
            ".upload-row[data-state=sending] progress") ?? {};
        return value > 0 && value < 100;
    });
    assert.match(await row.locator(".upload-status").innerText(),
                 /^\d+% of \d/);

    await page.getByRole("link", { name: "Watch: Sea and sky" })
        .click({ timeout: 90_000 });
    await page.locator("video").waitFor();
    await slow(page, -1);
    await page.keyboard.press("k");
    await page.waitForFunction(
        () => document.querySelector("video").currentTime > 1);

    const seen = await page.locator("video").evaluate((video) => ({
        error: video.error, width: video.videoWidth,
        duration: Math.round(video.duration),
    }));
    assert.deepEqual(seen, { error: null, width: 320, duration: 12 });
    assert.deepEqual(page.problems, []);
});


test("a film that is broken ends with a reason, and is tried again as one",
     async () => {
    const page = await house.page();
    const path = join(files.path, "wreck.mp4");
    const failed = page.locator(".upload-row[data-state=failed]");

    writeFileSync(path, Buffer.concat([
        Buffer.from("\x00\x00\x00\x14ftypisom\x00\x00\x02\x00isom", "latin1"),
        Buffer.alloc(5000, 0xa5)]));
    await page.goto("/upload");
    await page.getByLabel("Choose files").setInputFiles(path);

    await failed.waitFor({ timeout: 90_000 });
    assert.match(await page.locator(".upload-status").innerText(), /\w+ \w+/);
    await page.getByRole("button", { name: "Try wreck.mp4 again" }).click();
    await page.locator(".upload-row[data-state=preparing]").waitFor();
    await failed.waitFor({ timeout: 90_000 });

    await page.goto("/?q=wreck");
    await page.getByRole("link", { name: /wreck/ }).click();
    await page.getByText("could not be made playable").waitFor();
    await page.goBack();
    await page.locator(".count", { hasText: "1 title found" }).waitFor();
});


for (const [what, content, reason] of [
    ["an empty file", "", "This file is empty"],
    ["a text", "Dear all, this is not a film.\n", "This is a text"],
]) {
    test(`${what} is refused before anything is sent`, async () => {
        const page = await house.page();
        const path = join(files.path, "letter.mp4");
        const sent = [];

        writeFileSync(path, content);
        await page.goto("/upload");
        page.on("request", (request) => request.method() === "GET"
            || sent.push(request.url()));
        await page.getByLabel("Choose files").setInputFiles(path);

        await status(page, reason);
        assert.deepEqual(sent, []);
    });
}


test("a file that one has already is shown as that, and leads to it",
     async () => {
    const page = await house.page();
    const paths = ["once.pdf", "twice.pdf"].map((name) => join(files.path,
                                                               name));
    const known = page.locator(".upload-row[data-state=duplicate]");

    paths.forEach((path) => writeFileSync(path, Buffer.concat([
        score(1), Buffer.from("\n% brought twice")])));
    await page.goto("/upload");
    await page.getByLabel("Choose files").setInputFiles(paths[0]);
    await page.getByRole("link", { name: "Read: once" })
        .waitFor({ timeout: 90_000 });
    await page.getByLabel("Choose files").setInputFiles(paths[1]);

    await known.getByText("Already in your library").waitFor();
    await known.getByRole("link", { name: "Read: once" }).click();
    await page.getByRole("img", { name: "Page 1 of 1" }).waitFor();
});


test("all that can be uploaded is named", async () => {
    for (const locale of ["en-GB", "fr-FR"]) {
        const page = await house.page({ locale });

        await page.goto("/upload");
        for (const kind of ["PDF", "TIFF", "HEIC", "MusicXML", "MIDI"]) {
            await page.getByText(kind).first().waitFor();
        }
    }
});


test("an upload goes on where it was cut off", async () => {
    const path = film(join(files.path, "Cut_off.mp4"),
                      { seconds: 16, bitrate: 1500 });
    const { size } = statSync(path);
    const wire = await cutter(house.stack.port, {
        cuts: CUTS, least: size / 32, bytes: size / 32, seed: 7,
    });
    const page = await house.visitor({ baseURL: wire.url });
    const offsets = carried(page);

    try {
        await enter(page, house.stack);
        await page.goto("/upload");
        await page.getByLabel("Choose files").setInputFiles(path);
        await status(page, "No connection");
        await page.getByRole("link", { name: "Watch: Cut off" })
            .waitFor({ timeout: 90_000 });
    } finally {
        wire.close();
    }
    assert.equal(wire.cuts(), CUTS);
    assert.ok(offsets.at(-1) > 0, String(offsets));
});


test("an upload outlives a reload, and goes on once its file is chosen again",
     async () => {
    const page = await house.page();
    const path = film(join(files.path, "Come_back.mp4"),
                      { seconds: 16, bitrate: 1600 });
    const offsets = carried(page);

    page.on("dialog", (dialog) => dialog.accept());
    await slow(page, SLOW / 4);
    await page.goto("/upload");
    await page.getByLabel("Choose files").setInputFiles(path);
    await there(0.1 * statSync(path).size);
    await page.reload();

    await status(page, /^Stopped at \d+%/);
    await slow(page, -1);
    const [chooser] = await Promise.all([
        page.waitForEvent("filechooser"),
        page.getByRole("button", { name: "Choose Come_back.mp4 again" })
            .click(),
    ]);
    await chooser.setFiles(path);

    await page.getByRole("link", { name: "Watch: Come back" })
        .waitFor({ timeout: 90_000 });
    assert.equal(await page.locator(".upload-row").count(), 1);
    assert.ok(offsets[1] > 0.1 * statSync(path).size, String(offsets));
});


test("an upload asks with one key until it is answered", async () => {
    const page = await house.page();
    const path = join(files.path, "One_key.pdf");
    const keys = [];

    writeFileSync(path, Buffer.concat([score(1), Buffer.from("\n% key")]));
    await page.route("**/api/media?filename=*", async (route) => {
        keys.push(route.request().headers()["idempotency-key"]);
        await (keys.length < 3 ? route.abort() : route.continue());
    });
    await page.goto("/upload");
    await page.getByLabel("Choose files").setInputFiles(path);
    await page.getByRole("link", { name: "Read: One key" })
        .waitFor({ timeout: 90_000 });

    assert.equal(keys.length, 3);
    assert.equal(new Set(keys).size, 1);
    assert.match(keys[0], /^[0-9a-f]{32}$/);
});


test("an upload whose answer was lost is no file that was there before",
    async () => {
        const page = await house.page();
        const path = join(files.path, "lost.pdf");

        writeFileSync(path, Buffer.concat([score(1), Buffer.from("\n% lost")]));
        await page.goto("/upload");
        await loseAnswer(page, "*/api/media?*");
        await page.getByLabel("Choose files").setInputFiles(path);

        await page.getByRole("link", { name: "Read: lost" })
            .waitFor({ timeout: 90_000 });
        await page.locator(".upload-row[data-state=ready]").waitFor();
    });


test("an upload can be cancelled while it is sent", async () => {
    const page = await house.page();
    const path = film(join(files.path, "regret.mp4"),
                      { seconds: 12, bitrate: 1500 });

    await slow(page, SLOW / 4);
    await page.goto("/upload");
    await page.getByLabel("Choose files").setInputFiles(path);
    await page.locator(".upload-row[data-state=sending]").waitFor();
    await page.getByRole("button", { name: "Cancel regret.mp4" }).click();
    await page.getByText("Cancelled", { exact: true }).waitFor();
    await slow(page, -1);
    await page.goto("/?q=regret");

    await page.getByText("Nothing matches").waitFor();
});


test("a busy server is waited for", async () => {
    const page = await house.page();
    const path = join(files.path, "patience.pdf");

    writeFileSync(path, score(1));
    await page.route("**/api/media?filename=*", (route) => route.fulfill({
        status: 503,
        headers: { "Retry-After": "1" },
        contentType: "application/problem+json",
        body: JSON.stringify({ type: "urn:sluice:problem:busy", status: 503,
                               title: "Busy" }),
    }), { times: 1 });
    await page.goto("/upload");
    await page.getByLabel("Choose files").setInputFiles(path);

    await page.getByText("The server is busy").waitFor();
    await page.getByRole("link", { name: "Read: patience" })
        .waitFor({ timeout: 90_000 });
});


test("a file may be dropped on the library", async () => {
    const page = await house.page();

    await page.goto("/");
    await page.getByRole("heading", { name: "Library" }).waitFor();
    await page.evaluate((bytes) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([new Uint8Array(bytes)], "drop.pdf"));
        document.querySelector("main").dispatchEvent(new DragEvent("drop", {
            dataTransfer, bubbles: true, cancelable: true,
        }));
    }, [...score(1), ...Buffer.from("\n% not brought before")]);

    await page.getByRole("heading", { name: "Upload", exact: true }).waitFor();
    await page.getByRole("link", { name: "Read: drop" })
        .waitFor({ timeout: 90_000 });
});


/* The offsets of the tus requests that a page sends from now on. */
function carried(page) {
    const offsets = [];

    page.on("request", (request) => {
        if (request.method() === "PATCH") {
            offsets.push(Number(request.headers()["upload-offset"]));
        }
    });
    return offsets;
}


function status(page, hasText) {
    return page.locator(".upload-status", { hasText }).waitFor();
}


/* The server has more than so many bytes of an upload. */
function there(bytes) {
    const spool = house.stack.path("spool");
    const size = (name) => statSync(join(spool, name)).size;

    return until(`${bytes} bytes are there`, () => readdirSync(spool)
        .some((name) => name.endsWith(".part") && size(name) > bytes),
    { seconds: 60 });
}


/* The server has answered the next POST to that address, and nobody hears. */
async function loseAnswer(page, urlPattern) {
    const wire = await page.context().newCDPSession(page);

    wire.on("Fetch.requestPaused", async ({ requestId, request }) => {
        if (request.method !== "POST") {
            await wire.send("Fetch.continueRequest", { requestId });
            return;
        }
        await wire.send("Fetch.failRequest",
            { requestId, errorReason: "ConnectionReset" });
        await wire.send("Fetch.disable");
    });
    await wire.send("Fetch.enable",
        { patterns: [{ urlPattern, requestStage: "Response" }] });
}


/* bytes a second upwards; -1 for no bound */
async function slow(page, upwards) {
    page.wire ??= await page.context().newCDPSession(page);
    await page.wire.send("Network.enable");
    await page.wire.send("Network.emulateNetworkConditions", {
        offline: false, latency: 0, downloadThroughput: -1,
        uploadThroughput: upwards,
    });
}
