/* A film of which a track is damaged, and another takes its place while somebody
   watches. */

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { after, before, test } from "../http/lib/test.mjs";
import { film, folder, open, place, pretend } from "./harness.mjs";
import { describe, reel } from "./reel.mjs";

const EVERY = 1000;         /* answers: all that come */
const FRAGMENT = 6, LAST = 9;       /* of those that have zeros in them */
const BEFORE = 18, BEYOND = 28;     /* seconds: between them they are played */
const LATE = 3000;          /* ms until the API answers: it fails on meanwhile */

let house, files, media;

before(async () => {
    house = await open();
    files = folder();
    media = await house.upload(film(join(files.path, "Tides.mp4"),
                                    { seconds: 40 }));
    await reel(house.stack, media);
    const top = house.stack.path("media", media.id.slice(-2), media.id, "hls");

    /* what the decoder fails at, and what cannot even be appended */
    hurt(top, "hurt", 3, { track: "a1", last: LAST, at: 4000, bytes: 3000 });
    hurt(top, "lost", 4, { track: "v180", last: LAST, at: 20_000,
                           bytes: 30_000 });
});

after(async () => {
    files?.remove();
    await house?.close();
});


/* The same tracks in another folder, of which one is damaged. */
function hurt(top, name, number, { track, last, at, bytes: many }) {
    const file = join(top, name, `${track}.mp4`);

    cpSync(join(top, "reel"), join(top, name), { recursive: true });
    const bytes = readFileSync(file);
    let from = -1;

    for (let n = 0; n <= last; n++) {
        from = bytes.indexOf("mdat", from + 1);
        if (n >= FRAGMENT) {
            bytes.fill(0, from + at, from + at + many);
        }
    }
    writeFileSync(file, bytes);
    writeFileSync(join(top, `master.${number}.m3u8`),
        readFileSync(join(top, "master.1.m3u8"), "utf8")
            .replaceAll("reel/", `${name}/`));
}


/* The film's page: it plays the damaged one until told.mended is set. */
async function watching(told) {
    const page = await house.page();

    await pretend(page, `/api/media/${media.id}`, EVERY, (found) => {
        describe(found, { rungs: [180] });
        found.making = told.made ? [] : [
            { name: "v360", kind: "video", lines: 360, progress: 40 }];
        if (!told.mended) {
            found.links.play = found.links.play.replace("master.1", `master.${
                told.lost ? 4 : 3}`);
        }
    });
    await page.goto(place(media));
    await page.waitForFunction(
        () => document.querySelector("video")?.readyState > 1);
    await page.evaluate(() => {
        const video = document.querySelector("video");

        globalThis.breaks = [];
        for (const name of ["emptied", "pause", "seeking", "loadstart",
                            "error"]) {
            video.addEventListener(name, () => globalThis.breaks.push(name));
        }
    });
    return page;
}

const seen = (page, look, value) => page.waitForFunction(look, value);
const now = (page, look, value) => page.locator("video").evaluate(look, value);
const buffered = (page, to) => seen(page, (wanted) => {
    const { buffered } = document.querySelector("video");
    return buffered.length > 0 && buffered.end(buffered.length - 1) > wanted;
}, to);

const go = (page, at) => now(page, (video, to) => {
    video.currentTime = to;
}, at);
const past = (page, at) => seen(page, (to) => {
    const video = document.querySelector("video");
    return video.currentTime > to && !video.paused;
}, at);


test("a film goes on past the damage, without a break, when another track takes "
    + "the place of the damaged one", async () => {
    const told = {};
    const page = await watching(told);

    await go(page, BEFORE);
    await buffered(page, BEYOND);
    await now(page, (video) => {
        video.defaultPlaybackRate = video.playbackRate = 0.75;
        video.volume = 0.25;
    });
    await page.keyboard.press("c");
    await page.keyboard.press("k");
    await past(page, BEFORE);
    await page.evaluate(() => { globalThis.breaks = []; });
    const came = page.waitForRequest(/reel\/a1\.mp4/);
    Object.assign(told, { mended: true, made: true });
    await came;
    await past(page, BEYOND);

    assert.deepEqual(await page.evaluate(() => globalThis.breaks), []);
    assert.deepEqual(await now(page, ({ playbackRate, volume, textTracks }) => [
        playbackRate, volume,
        [...textTracks].filter(({ mode }) => mode === "showing").length]),
    [0.75, 0.25, 1]);
});


test("what cannot be decoded is asked for anew, once, and goes on where it is "
    + "mended", async () => {
    const told = { made: true, lost: true };
    const page = await watching(told);
    let asked = 0;

    told.mended = true;
    await page.route((url) => url.pathname === `/api/media/${media.id}`,
        async (route) => {
            asked++;
            await delay(LATE);
            await route.fallback();
        });
    await go(page, BEFORE);
    await now(page, (video) => video.addEventListener("timeupdate", () => {
        if (video.readyState > 2 && !video.seeking) {
            globalThis.least = Math.min(globalThis.least ?? Infinity,
                                        video.currentTime);
        }
    }));
    await page.keyboard.press("k");
    await past(page, BEYOND);

    assert.equal(asked, 1);
    assert.equal(await page.getByText("Playing stopped").count(), 0);
    assert.ok(await page.evaluate(() => globalThis.least) > BEFORE - 1,
        "it went on at another place");
});


test("what stays damaged is said, and tried again at its place", async () => {
    const told = { made: true, lost: true };
    const page = await watching(told);

    await go(page, BEFORE);
    await page.keyboard.press("k");
    await page.getByText("Playing stopped: this browser cannot decode it")
        .waitFor();
    told.mended = true;
    await page.getByRole("button", { name: "Try again" }).click();
    await past(page, BEYOND);

    assert.equal(await page.getByText("Playing stopped").count(), 0);
});
