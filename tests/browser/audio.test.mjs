/* Recordings: their player, and the queue that plays on from page to page. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { after, before, test } from "../http/lib/test.mjs";
import { complaints, enter, film, folder, open, PHONE, place, pretend } from
    "./harness.mjs";

const EVERY = 1000;         /* answers: all that come */
const SECONDS = 30;
const CHAPTERS = [{ start: 0, end: 10, title: "Dawn" },
                  { start: 10, end: 20, title: "שחר" },
                  { start: 20, end: SECONDS, title: "Day" }];

let house, files, songs, movie;

before(async () => {
    house = await open();
    files = folder();
    songs = [];
    for (const [title, tone] of [["Morning", 220], ["Noon", 440],
                                 ["Night", 880]]) {
        const path = join(files.path, `${title}.mp3`);

        execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i",
            `sine=frequency=${tone}:duration=${SECONDS}`, path]);
        songs.push(await house.upload(path));
    }
    movie = await house.upload(film(join(files.path, "Tides.mp4"),
                                    { seconds: 3 }));
});

after(async () => {
    files?.remove();
    await house?.close();
});


/* A song's page, with all that the API may tell of one. */
async function listening(options = {}, song = songs[0]) {
    const page = await house.page(options);

    await page.route("**/waveform.json", (route) => route.fulfill({ json: {
        version: 1, duration: SECONDS,
        peaks: Array.from({ length: 600 }, (_, n) => n % 256),
    } }));
    await page.route("**/cover.svg", (route) => route.fulfill({
        contentType: "image/svg+xml",
        body: "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'>"
            + "<rect width='1' height='1' fill='teal'/></svg>" }));
    await pretend(page, `/api/media/${songs[1].id}`, EVERY, (found) => {
        delete found.links.waveform;
    });
    await pretend(page, `/api/media/${songs[0].id}`, EVERY, (found) => {
        found.author = "Ida Lomé";
        found.links.waveform = "/waveform.json";
        found.links.cover = "/cover.svg";
        found.chapters = CHAPTERS;
        found.recording = { album: "Tides", track: 3, year: 2024, loudness:
            { integrated: -14.2, range: 6.1, peak: -1.04 } };
    });
    await page.goto(place(song));
    await page.getByRole("heading", { name: song.title }).waitFor();
    await seen(page, () => document.querySelector("audio").readyState > 0);
    return page;
}

const seen = (page, look, value) => page.waitForFunction(look, value);
const sound = (page, look) => page.locator("body > audio").evaluate(look);
const at = (page, seconds) => seen(page, (to) => {
    const audio = document.querySelector("body > audio");
    return Math.abs(audio.currentTime - to) < 0.5 && !audio.seeking;
}, seconds);
const playing = (page) => seen(page, () => {
    const audio = document.querySelector("body > audio");
    return !audio.paused && audio.currentTime > 0;
});
const slider = (page) => page.getByRole("slider",
                                        { name: "Place in the recording" });
const bar = (page) => page.getByRole("region", { name: "What you listen to" });
const queued = (page) => page.locator(".queue-name:visible").allInnerTexts();

async function toLibrary(page) {
    await page.getByRole("link", { name: "Library", exact: true }).click();
    await page.getByRole("link", { name: /Tides/ }).waitFor();
}

/* All three are in the queue, seen in the bar of the library. */
async function queueing(options) {
    const page = await listening(options);

    await toLibrary(page);
    for (const { title } of songs.slice(1)) {
        await page.getByRole("link", { name: new RegExp(title) }).hover();
        await page.getByRole("button",
                             { name: `Add ${title} to the queue` }).click();
    }
    await bar(page).getByRole("button", { name: "Queue", exact: true }).click();
    return page;
}


test("a recording shows what is known of it", async () => {
    const page = await listening();

    await page.getByText("Ida Lomé – Tides").waitFor();
    assert.deepEqual(await page.locator(".facts div").allInnerTexts(), [
        "Album\nTides", "Track\n3", "Year\n2024",
        "Loudness\n-14.2 LUFS · range 6.1 LU · peak -1.0 dBTP"]);
    await seen(page, () => document.querySelector(".listen-cover img")
        .naturalWidth > 0);
    assert.deepEqual(page.problems, []);
});


test("its waveform is a seek bar, for pointers and for keys", async () => {
    const page = await listening();
    const { x, y, width, height } = await slider(page).boundingBox();
    const path = await page.locator(".wave-all path").getAttribute("d");

    assert.ok(path.split("M").length > 100, "it is drawn");
    await page.mouse.click(x + width * 0.5, y + height / 2);
    await at(page, 15);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await at(page, 5);
    await page.keyboard.press("PageUp");

    await at(page, 30);
    assert.equal(await slider(page).getAttribute("aria-valuetext"),
                 "0:30 of 0:30, Day");
});


test("without a waveform there is a seek bar all the same", async () => {
    const page = await listening({}, songs[1]);
    const { x, y, width, height } = await slider(page).boundingBox();

    await page.locator(".wave.flat").waitFor();
    await page.mouse.click(x + width * 0.5, y + height / 2);
    await at(page, 15);
});


test("chapters of a recording are gone to, and told where one is", async () => {
    const page = await listening();
    const chapters = page.getByRole("region", { name: "Chapters" });

    await chapters.getByRole("button", { name: /Day/ }).click();
    await at(page, 20);
    await chapters.locator("[aria-current=true]", { hasText: "Day" }).waitFor();
    await page.keyboard.press("p");
    await at(page, 10);
    await chapters.locator("[aria-current=true]", { hasText: "שחר" }).waitFor();
});


test("it plays on while one looks through the library, and has its bar there",
    async () => {
        const page = await listening();

        await page.keyboard.press("k");
        await playing(page);
        assert.equal(await bar(page).count(), 0);
        await toLibrary(page);
        await bar(page).waitFor();
        const from = await sound(page, (audio) => audio.currentTime);
        await seen(page, (to) => document.querySelector("body > audio")
            .currentTime > to, from + 0.5);
        await bar(page).getByRole("button", { name: "Pause" }).click();
        await seen(page, () => document.querySelector("body > audio").paused);
        await bar(page).getByRole("link", { name: /Morning/ }).click();

        await page.getByRole("heading", { name: "Morning" }).waitFor();
        assert.equal(await bar(page).count(), 0);
        assert.deepEqual(page.problems, []);
    });


test("the next one of the queue follows by itself", async () => {
    const page = await queueing();

    assert.deepEqual(await queued(page), ["Morning", "Noon", "Night"]);
    await page.keyboard.press("Escape");
    await bar(page).getByRole("button", { name: "Play" }).click();
    await playing(page);
    await sound(page, (audio) => {
        audio.currentTime = audio.duration - 0.3;
    });

    await bar(page).getByRole("link", { name: /Noon/ }).waitFor();
    await playing(page);
    await bar(page).getByRole("button", { name: "Next in the queue" }).click();
    await bar(page).getByRole("link", { name: /Night/ }).waitFor();
    await playing(page);
    await bar(page).getByRole("button", { name: "Previous in the queue" })
        .click();
    await bar(page).getByRole("link", { name: /Noon/ }).waitFor();
    assert.deepEqual(page.problems, []);
});


test("the queue is put in another order by keys", async () => {
    const page = await queueing();

    await page.getByRole("button", { name: "Move Night" }).focus();
    await page.keyboard.press("ArrowUp");
    assert.deepEqual(await queued(page), ["Morning", "Night", "Noon"]);
    await page.keyboard.press("ArrowUp");
    assert.deepEqual(await queued(page), ["Night", "Morning", "Noon"]);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowDown");
    assert.deepEqual(await queued(page), ["Morning", "Night", "Noon"]);

    assert.equal(await page.evaluate(
        () => document.activeElement.getAttribute("aria-label")), "Move Night");
    assert.equal(await page.locator(".queue-item[data-current]:visible")
        .innerText(),
                 "Morning\nIda Lomé · 0:30");
});


test("the queue is put in another order by hand, or by its menu", async () => {
    const page = await queueing();
    const box = (name) => page.getByRole("button", { name: `Move ${name}` })
        .boundingBox();
    const from = await box("Morning"), to = await box("Night");

    await page.mouse.move(from.x + 10, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(to.x + 10, to.y + 10, { steps: 5 });
    await page.mouse.up();
    assert.deepEqual(await queued(page), ["Noon", "Night", "Morning"]);

    await page.getByRole("button", { name: "What to do with Night" }).click();
    await page.getByRole("menuitem", { name: "Move up" }).click();
    assert.deepEqual(await queued(page), ["Night", "Noon", "Morning"]);
    await page.getByRole("button", { name: "What to do with Noon" }).click();
    await page.getByRole("menuitem", { name: "Take out of the queue" }).click();
    assert.deepEqual(await queued(page), ["Night", "Morning"]);
});


test("the queue is there when the tab is loaded anew, until it is cleared",
    async () => {
        const page = await queueing();

        await page.keyboard.press("Escape");
        await sound(page, (audio) => { audio.currentTime = 12; });
        await at(page, 12);
        await page.reload();
        await bar(page).getByRole("link", { name: /Morning/ }).waitFor();
        await at(page, 12);
        assert.equal(await sound(page, (audio) => audio.paused), true);
        await bar(page).getByRole("button", { name: "Queue", exact: true }).click();
        assert.deepEqual(await queued(page), ["Morning", "Noon", "Night"]);

        await page.getByRole("button", { name: "Clear", exact: true }).click();
        await bar(page).waitFor({ state: "hidden" });
        assert.equal(await page.evaluate(
            () => JSON.parse(sessionStorage.getItem("sluice.queue")).list
                .length), 0);
    });


test("who signs out takes the queue along", async () => {
    const page = await house.visitor();

    await enter(page, house.stack);
    await page.goto(place(songs[1]));
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await playing(page);
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByLabel("Email").waitFor();

    assert.equal(await sound(page, (audio) => audio.paused), true);
    assert.equal(await bar(page).count(), 0);
    assert.doesNotMatch(await page.evaluate(
        () => JSON.stringify(sessionStorage)), /Noon/);
});


test("media keys know what is heard, and go through the queue", async () => {
    const page = await house.page();

    await page.addInitScript(() => {
        const acts = globalThis.acts = {};

        navigator.mediaSession.setActionHandler = (name, act) => {
            acts[name] = act;
        };
    });
    await page.goto(place(songs[1]));
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await playing(page);
    await seen(page, () => navigator.mediaSession.metadata?.title === "Noon"
        && globalThis.acts.nexttrack === null);
    await toLibrary(page);
    await page.getByRole("link", { name: /Night/ }).hover();
    await page.getByRole("button", { name: "Add Night to the queue" }).click();
    await seen(page, () => globalThis.acts.nexttrack);
    await page.evaluate(() => globalThis.acts.nexttrack());

    await seen(page, () => navigator.mediaSession.metadata?.title === "Night");
    await playing(page);
});


test("a film that begins lets what one listens to stop", async () => {
    const page = await listening();

    await page.keyboard.press("k");
    await playing(page);
    await toLibrary(page);
    await page.getByRole("link", { name: /Tides/ }).click();
    await seen(page, () => document.querySelector("video")?.readyState > 1);
    assert.equal(await sound(page, (audio) => audio.paused), false);
    await page.getByRole("button", { name: "Play", exact: true }).first()
        .click();

    await seen(page, () => document.querySelector("body > audio").paused
        && !document.querySelector("video").paused);
    assert.equal(await page.evaluate(() =>
        navigator.mediaSession.metadata.title), "Tides");
    assert.equal(movie.kind, "video");
});


test("another recording's page plays that one when one asks for it", async () => {
    const page = await listening();

    await page.keyboard.press("k");
    await playing(page);
    await toLibrary(page);
    await page.getByRole("link", { name: /Noon/ }).click();
    await page.getByRole("heading", { name: "Noon" }).waitFor();
    await bar(page).getByRole("link", { name: /Morning/ }).waitFor();
    assert.equal(await slider(page).first().getAttribute("aria-valuenow"), "0");
    await page.locator(".listen-controls")
        .getByRole("button", { name: "Play", exact: true }).click();

    await bar(page).waitFor({ state: "hidden" });
    await playing(page);
    assert.deepEqual(await queued(page), ["Morning", "Noon"]);
});


for (const [name, options] of [
    ["on a desk", {}],
    ["on a phone in French", { size: PHONE, locale: "fr-FR",
                               colorScheme: "dark" }],
]) {
    test(`axe finds nothing in what one listens to ${name}`, async () => {
        const page = await listening(options);
        const wide = () => page.evaluate(() =>
            document.documentElement.scrollWidth - innerWidth);

        assert.deepEqual(await complaints(page), []);
        assert.ok(await wide() <= 0);
        await page.locator("a.back").click();
        await page.locator(".card-queue").first().click();
        await page.locator("[popovertarget=queue-panel]").click();
        await page.locator(".queue-panel .queue-item").nth(1).waitFor();
        assert.deepEqual(await complaints(page), []);
        assert.ok(await wide() <= 0);
        assert.deepEqual(page.problems, []);
    });
}
