import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { after, before, test } from "../http/lib/test.mjs";
import { film, folder, open, score } from "./harness.mjs";

const SLOW = 400_000;       /* bytes a second */

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


test("what is no film ends with a reason", async () => {
    const page = await house.page();
    const path = join(files.path, "letter.mp4");

    writeFileSync(path, "Dear all, this is not a film.\n".repeat(100));
    await page.goto("/upload");
    await page.getByLabel("Choose files").setInputFiles(path);

    await page.locator(".upload-row[data-state=failed]")
        .waitFor({ timeout: 90_000 });
    assert.match(await page.locator(".upload-status").innerText(), /\w+ \w+/);
    await page.getByRole("button", { name: "Try letter.mp4 again" }).waitFor();

    await page.goto("/");
    await page.getByRole("link", { name: /letter/ }).click();
    await page.getByText("could not be made playable").waitFor();
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


/* bytes a second upwards; -1 for no bound */
async function slow(page, upwards) {
    page.wire ??= await page.context().newCDPSession(page);
    await page.wire.send("Network.enable");
    await page.wire.send("Network.emulateNetworkConditions", {
        offline: false, latency: 0, downloadThroughput: -1,
        uploadThroughput: upwards,
    });
}
