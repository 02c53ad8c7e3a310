import assert from "node:assert/strict";
import { join } from "node:path";

import { after, before, test } from "../http/lib/test.mjs";
import { DESK, enter, film, folder, open, ownHls, place, pretend } from
    "./harness.mjs";

let house, files, media;

before(async () => {
    house = await open();
    files = folder();
    media = await house.upload(film(join(files.path, "Tides.mp4"),
                                    { seconds: 40 }));
});

after(async () => {
    files?.remove();
    await house?.close();
});


test("the browser's own HLS plays where there is no other", async (context) => {
    const page = await house.page();

    if (!await ownHls(page)) {
        context.skip("this browser has none");
        return;
    }
    await plays(page);

    assert.equal(await page.evaluate(() => "Hls" in globalThis), false);
    assert.deepEqual(page.problems, []);
});


test("hls.js plays where the browser's own has no choice of sounds",
     async () => {
    const page = await house.page();

    await plays(page);

    assert.equal(await page.evaluate(() => "Hls" in globalThis), true);
    assert.deepEqual(page.problems, []);
});


for (const own of [true, false]) {
    const player = own ? "the browser's own HLS" : "hls.js";

    test(`a link that has ended is replaced for ${player}`, async (context) => {
        const page = await house.page();
        let refused = 0;

        if (own && !await ownHls(page)) {
            context.skip("this browser has none");
            return;
        }
        await page.route(master, (route) => {
            refused++;
            return route.fulfill({ status: 410 });
        }, { times: 1 });
        await plays(page);

        assert.equal(refused, 1);
        assert.equal(await page.evaluate(() => "Hls" in globalThis), !own);
    });
}


test("a film that cannot be loaded says so and can be tried again",
     async () => {
    const page = await house.page();

    await page.route(master, (route) => route.fulfill({ status: 404 }));
    await page.goto(place(media));
    await page.getByText("Playing stopped").waitFor({ timeout: 60_000 });
    await page.unroute(master);
    await page.getByRole("button", { name: "Try again" }).click();

    await advances(page, 0.5);
});


test("a film that is still being made starts when it is ready", async () => {
    const page = await house.page();

    await pretend(page, `/api/media/${media.id}`, 1, (found) => {
        found.state = "processing";
        found.links = {};
        Object.assign(found.job, { kind: "package", state: "running",
                                   progress: 40 });
    });
    await page.goto(place(media));

    await page.getByText("Making it playable, 40%").waitFor();
    await page.waitForFunction(
        () => document.querySelector("video")?.readyState > 0);
});


test("keys play, seek, mute and jump", async () => {
    const page = await house.page();
    const video = page.locator("video");
    const at = (seconds) => page.waitForFunction((wanted) => {
        const { currentTime } = document.querySelector("video");
        return Math.abs(currentTime - wanted) < 0.5;
    }, seconds);

    await page.goto(place(media));
    await page.waitForFunction(
        () => document.querySelector("video")?.readyState > 0);
    await page.keyboard.press("5");
    await at(20);
    await page.keyboard.press("ArrowRight");
    await at(30);
    await page.keyboard.press("j");
    await at(20);
    await page.keyboard.press("m");
    await page.waitForFunction(() => document.querySelector("video").muted);
    await page.keyboard.press("Space");
    await page.waitForFunction(() => !document.querySelector("video").paused);
    await page.keyboard.press("k");
    await page.waitForFunction(() => document.querySelector("video").paused);

    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await page.getByLabel("Use these shortcuts").uncheck();
    await page.getByRole("button", { name: "Close" }).click();
    await page.keyboard.press("m");
    assert.equal(await video.evaluate((element) => element.muted), true);
});


test("one goes on where one stopped, or from the beginning", async () => {
    const page = await house.page();
    const here = () => page.locator("video").evaluate(
        (video) => video.currentTime);

    await page.goto(place(media));
    await page.waitForFunction(
        () => document.querySelector("video")?.readyState > 0);
    await page.keyboard.press("5");
    await page.waitForFunction(() => {
        const video = document.querySelector("video");
        return video.currentTime > 19 && !video.seeking;
    });
    await page.getByRole("link", { name: "Library", exact: true }).click();
    await page.getByRole("link", { name: /Tides/ }).click();

    await page.getByText("Continued at 0:20").waitFor();
    assert.ok(Math.abs(await here() - 20) < 1);
    await page.getByRole("button", { name: "Start from the beginning" })
        .click();
    assert.equal(await here(), 0);
});


test("leaving by the library keeps the place to the second", async () => {
    const page = await house.page();

    await page.goto(place(media));
    await ready(page);
    await page.keyboard.press("5");
    await page.keyboard.press("k");
    await advances(page, 22);
    const left = await page.evaluate(() => {
        const { currentTime } = document.querySelector("video");
        document.querySelector("a.back").click();
        return currentTime;
    });
    await page.getByRole("heading", { name: "Library" }).waitFor();

    assert.ok(Math.abs(await kept(page) - left) < 1);
});


test("a player that loses its film, and then its session, keeps the place",
     async () => {
    const page = await house.visitor();

    await enter(page, house.stack);
    await page.goto(place(media));
    await ready(page);
    await page.keyboard.press("3");
    await page.waitForFunction(() => document.querySelector("video")
        .currentTime > 11 && !document.querySelector("video").seeking);
    await page.reload();
    await page.getByText("Continued at 0:12").waitFor();
    await page.keyboard.press("k");
    await advances(page, 13);
    await page.evaluate(async () => {
        const video = document.querySelector("video");
        video.removeAttribute("src");
        video.load();
        await fetch("/api/sessions/current", { method: "DELETE" });
    });
    await page.getByRole("link", { name: "Library", exact: true }).click();
    await page.getByText("Your session has ended").waitFor();

    assert.ok(await kept(page) > 12);
});


test("a film is as loud as it was left", async () => {
    const page = await house.page();

    await page.goto(place(media));
    await ready(page);
    await page.keyboard.press("m");
    await page.keyboard.press("ArrowDown");
    await page.waitForFunction(() => document.querySelector("video").muted
        && document.querySelector("video").volume < 1);
    await page.reload();
    await ready(page);

    assert.deepEqual(await page.locator("video").evaluate(
        ({ muted, volume }) => [muted, volume.toFixed(1)]), [true, "0.9"]);
});


test("where one goes on is seen without scrolling", async () => {
    const page = await house.page();

    await page.goto(place(media));
    await ready(page);
    await page.keyboard.press("5");
    await page.waitForFunction(
        () => document.querySelector("video").currentTime > 19);
    await page.reload();

    const button = page.getByRole("button",
                                  { name: "Start from the beginning" });
    await button.waitFor();
    const { y, height } = await button.boundingBox();
    assert.ok(y >= 0 && y + height <= DESK.height, String(y));
});


test("on a phone held sideways the film has most of the height", async () => {
    const page = await house.page({ size: { width: 740, height: 360 } });

    await page.goto(place(media));
    await ready(page);
    const { y, height } = await page.locator("video").boundingBox();

    assert.ok(height > 360 * 0.6, String(height));
    assert.ok(y + height <= 360, String(y));
});


/* Seconds, as this device remembers them. */
function kept(page) {
    return page.evaluate(
        () => JSON.parse(localStorage.getItem("sluice.positions"))[0].at);
}


function ready(page) {
    return page.waitForFunction(
        () => document.querySelector("video")?.readyState > 0);
}


function master(url) {
    return /\/hls\/master(\.\d+)?\.m3u8$/.test(url.pathname);
}


async function plays(page) {
    await page.goto(place(media));
    await page.getByRole("heading", { name: "Tides" }).waitFor();
    await page.keyboard.press("k");
    await advances(page, 1);

    const seen = await page.locator("video").evaluate((video) => ({
        error: video.error, width: video.videoWidth,
    }));
    assert.deepEqual(seen, { error: null, width: 320 });
}


function advances(page, seconds) {
    return page.waitForFunction((to) => document.querySelector("video")
        ?.currentTime > to, seconds);
}
